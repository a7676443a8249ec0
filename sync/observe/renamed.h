/*
 * Mailboxes of the list that the journal knows under another name. What the server says a mailbox is (objectid of remote.h) decides, never its
 * UIDVALIDITY alone: such a row takes the new name, and gets a goal: the folder that it is to stand in (apply/rename_here.h). Where it can't have the
 * name here, for that is another mailbox's or `pull` keeps it back, its mail goes on under the old one, and each run tries again.
 */
#ifndef SYNC_OBSERVE_RENAMED_H
#define SYNC_OBSERVE_RENAMED_H

#include "sync/observe/items.h"

#define RENAMED_WAITS "rename-here" /* what is pending of a mailbox whose name is another one there */

/** Nobody renames that one: RENAME takes its mail out of it (RFC 9051 section 6.3.6). */
static inline bool
renamed_is_inbox(struct text wire)
{
    return text_is_nocase(wire, "INBOX");
}

/** After the folders were listed: those with a temporary name, which is no mailbox's, since a run was cut off (apply/rename_here.h). */
MUST_CHECK bool renamed_see_folders(struct run *run);
/** Can that be the row's new name? @param anew  [out] if not: its folder is gone, and the new name has one, so that both are compared as at a first meeting */
bool renamed_may_be(struct run *run, const struct renamed_item *item, const struct mailbox *row, bool *anew);
/** Which rows have another name on the server. Of an identity that the list or the journal has twice nothing is believed. */
MUST_CHECK bool renamed_find(struct run *run, struct renamed_item *items, size_t count);
/**
 * Once all that have their old names were found in the list: new names, in the journal too; then folders move (run->move_folders, without which
 * nothing happens here). Places in the array of mailboxes are others after this. ERROR_CONFIG where the command line asks for an old name.
 */
MUST_CHECK bool renamed_settle(struct run *run, const struct renamed_item *items, size_t count);

#endif
