/*
 * `map` in a run: which mailboxes its words mean, and what becomes of folders when it says something else than it did.
 *
 * The journal keeps by which words the folders that stand here were named. A word such as special:trash is the mailbox that the server's list says,
 * as long as it says one; where it does not it stays the one that it was, so that no folder goes anywhere because a server was silent.
 */
#ifndef SYNC_OBSERVE_MAPPED_H
#define SYNC_OBSERVE_MAPPED_H

#include "sync/run/run.h"

/** Before folders are looked at: what the journal knows of it. */
MUST_CHECK bool mapped_load(struct run *run);
/** Is it known already that the map is not the journal's? */
bool mapped_is_changed(const struct run *run);
/** The server's list, one mailbox after the other. @return false: no name that can be kept here */
typedef bool mapped_item(void *context, size_t index, char name[static LIMIT_MAILBOX_NAME + 1], unsigned *attributes);
/** Once the list is there: what special uses mean, and which mailboxes the folders are that the journal does not know. */
MUST_CHECK bool mapped_resolve(struct run *run, mapped_item *item, void *context, size_t count);
/** *is: no mailbox's folder, but a directory above folders that golub has, and nothing else. */
MUST_CHECK bool mapped_is_only_above(struct run *run, const char *folder, bool *is);
/**
 * A map that is not the journal's: what has its folder elsewhere by it.
 * @return false: ERROR_CONFIG where something is in the way; nothing was changed then
 */
MUST_CHECK bool mapped_follow(struct run *run);
/**
 * Once it is known which mailbox is which: those that were renamed there have the folders that the map gives to their new names. Where one is gone, the next
 * run looks once more; else the map is the journal's from here on, so that what somebody renames here after that is not taken back.
 */
MUST_CHECK bool mapped_settle(struct run *run);

#endif
