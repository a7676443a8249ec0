/*
 * Mailboxes whose folders were renamed here (observe/moved_folders.h) get their new names on the server, before anything else is asked of it; where that may
 * give them other UIDs, behind all else (rename_last.h).
 *
 *   C{intent: the name} | RENAME, and a look at both names as the proof; subscriptions follow | C{names of it and of all below, intent gone}
 *
 * What is above comes before what is below it, which goes along with it. Where a name is another one's that gives it up, that one comes first; of a
 * circle one goes to a temporary name, and so does what is to stand below its own old name, or what is to differ from it by its case alone and is refused,
 * unless another one has the name that it is to get. What went along on the server and stayed here comes back.
 *
 * What may not go up, or is refused, stays in sync as it is: the folder under its new name, the mailbox under its old one, which it gets back where it has
 * a temporary one by then; both are said. What was refused is asked for again after a day. An answer that was lost: the proof is asked for alone, here or by
 * the next list (observe/took_name.h).
 */
#ifndef SYNC_APPLY_RENAME_THERE_H
#define SYNC_APPLY_RENAME_THERE_H

#include "sync/run/run.h"

/** Once it is known which mailbox is which, and what has become of each. A dry run says what it would do. */
MUST_CHECK bool rename_there(struct run *run);
/** Those that came last (run->renames_last), behind all that was to be done in this run. */
MUST_CHECK bool rename_there_last(struct run *run);
/** On a new line: was what the last one was asked for carried out? Before it is compared with a list. */
MUST_CHECK bool rename_there_settle(struct run *run);

#endif
