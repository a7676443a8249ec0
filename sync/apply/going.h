/*
 * Mailboxes that are gone on one side, and go on the other, where `pull` or `push` names "mailbox-deletes".
 *
 * Such a mailbox is open in the run, with a side that holds nothing: what it held there is planned, judged by the guard, followed where it moved to,
 * and removed like any mail. Only what is empty then goes itself:
 *
 *   there   C{intent: the other name} | RENAME to a name that no mail can come to, a look, DELETE, UNSUBSCRIBE, a look | C{its rows and intent gone}
 *   here    mark | C{intent} | tmp/, new/, cur/, each only if it is empty, and what is known to stand beside them | parent durable | C{likewise}
 *
 * What is not as it was when both sides last agreed keeps it: mail there that was never here brings its folder back, where nothing counts as removed
 * (TURN_BACK of rules/mailbox.h); mail here that was never there, an altered file, or anything else in its folder leaves that as it is.
 *
 * That a list does not name a mailbox is little: the rights to see it may be gone for a moment, or what it lies on. So a folder goes in a later run than
 * the one that missed the mailbox first, after a second list, and after the server was asked for it by its name. Where nothing but INBOX is left of
 * several mailboxes, what they held waits for the user's word in any case; and so does what stands here in a folder that golub does not sync.
 */
#ifndef SYNC_APPLY_GOING_H
#define SYNC_APPLY_GOING_H

#include "sync/run/run.h"

#define GOING_WAITS_HERE "delete-here" /* what is pending of a mailbox that is to go, and does not yet */
#define GOING_WAITS_THERE "delete-there"
#define GOING_KEPT_BACK " kept back" /* ... behind it: going_kept_back */

/** Before folders are listed: what a run that was cut off had begun. */
MUST_CHECK bool going_recover_here(struct run *run);
/** On each line, before the server is asked for its list: likewise. */
MUST_CHECK bool going_recover_there(struct run *run);
/** Once it is known what each mailbox is: which ones are to go. */
MUST_CHECK bool going_begin(struct run *run);
/**
 * Both sides were looked at, and nothing is planned yet: what is not there on the side that lost the mailbox is written down as gone, or it stays.
 * @param again  [out] something has to be looked at before anything is planned; true stays
 */
MUST_CHECK bool going_look(struct run *run, bool *again);
/** What was planned may want the mailbox back. @param again  likewise */
MUST_CHECK bool going_judge(struct run *run, const struct agenda *agenda, bool *again);
/** All is done that this run can do: what is empty goes. */
MUST_CHECK bool going_finish(struct run *run);
/** What a dry run would do with it, once the guard has judged. */
MUST_CHECK bool going_foresee(struct run *run, const struct agenda *agenda);

/* ---- for these files alone ---- */
#define GOING_WHY 300
/** What is pending of it while it waits. */
const char *going_waits_word(const struct mailbox *mailbox);
/** It stays in this run, and `status` says why. Outside a transaction. */
MUST_CHECK bool going_keep(struct run *run, struct mailbox *mailbox, const char *why);
/** Likewise, of one that is gone there and whose folder stays until a person does something: what is held in it is said, too, and the way out. */
MUST_CHECK bool going_keep_folder(struct run *run, struct mailbox *mailbox, const char *why);
/** Those that are to go there, and most of whose files stand in a folder that golub does not sync: what they held waits for the user's word. Outside a transaction. */
MUST_CHECK bool going_find_standing(struct run *run);
/** Does it stand below that one on the server? */
bool going_is_below(const struct mailbox *mailbox, const struct mailbox *above);

#endif
