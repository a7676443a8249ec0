/* What the mailboxes of a run are for, and which of them the patterns choose by that. */
#ifndef SYNC_RUN_USES_H
#define SYNC_RUN_USES_H

#include "sync/run/run.h"

/** Fills in what each is for, and whether it is chosen. @param listed  the server's list of this run is known */
void uses_note(struct run *run, bool listed);
/** Do the patterns choose a mailbox of this name, of which the server says this? */
bool uses_choose(const struct run *run, const char *name, unsigned attributes);
/** When its new mail is fetched: special_turn, asked once. */
unsigned uses_turn(struct mailbox *mailbox);
/** Is it INBOX, for something by itself, or not only the user's? What is so never goes. */
bool uses_is_special(const struct mailbox *mailbox);
/** Does one pattern, its "!" aside, fit the mailbox? */
bool uses_fit(const struct run *run, const struct mailbox *mailbox, const char *pattern);
/**
 * The mailbox that is the one for this use, once the server's list is known.
 * @param source  [out] who says so; what removes something takes only special_is_certain
 * @return NULL: there is none, or several are for it, or the one that the user names is not there (SPECIAL_UNKNOWN)
 */
struct mailbox *uses_find(struct run *run, unsigned use, enum special_source *source);

#endif
