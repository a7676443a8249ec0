/*
 * A server may number a mailbox anew with its new name (Courier): nothing that was seen under the old one tells then what was removed or changed there since
 * the last run. So where nobody says what a mailbox is, its RENAME comes last in the run: until then all is done under the name that it has, and what has
 * left one side has left the other one, too. Under the new name it is looked at at once, and paired again if it has other numbers. Where the list says what
 * each mailbox is, UIDs stay (Dovecot, Cyrus), and RENAME comes first.
 *
 * Where an earlier run was cut off between two steps, and a mailbox has its temporary name, the next run goes on with them at once.
 *
 * What could not be done in the run keeps the name until it is. What waits for a word, or for the policy, is known to wait under any number (rows/missing.h).
 *
 * A folder that is new in one that was renamed has its mailbox made below the old name, with which it goes along: its server may give no name that
 * others stand below. One whose name is not free yet is made when it is.
 */
#ifndef SYNC_APPLY_RENAME_LAST_H
#define SYNC_APPLY_RENAME_LAST_H

#include "sync/run/run.h"

/** May any that is to be renamed be numbered anew by that, and has none its temporary name? Then all come last: one may wait for the name of another. */
bool rename_last_is_due(const struct run *run);
/** They come last, and mailboxes that are new here are to be made so that nobody is in their way. Once it is known which of them may not be renamed. */
MUST_CHECK bool rename_last_wait(struct run *run);
/** All else is done: those that would bring back what was removed are kept back, and what waited for a name is made there next. */
MUST_CHECK bool rename_last_judge(struct run *run);

/**
 * It is to get a name there, and what stands below it, and is to be deleted (sync/apply/going.h), would go along to the name of another one: that goes first, and this one is
 * renamed by the next run.
 */
bool rename_last_waits(struct run *run, const struct mailbox *mailbox);
/** A new mailbox would stand at or below a name that waits so: made now it would take the name, since some servers make what stands above it, too. */
bool rename_last_makes_later(struct run *run, const struct mailbox *mailbox);

#endif
