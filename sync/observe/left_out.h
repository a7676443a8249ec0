/*
 * Folders of mailboxes that `mailboxes` leaves out, and that somebody renamed here to a name that it does not leave out. Nothing is known any more of what
 * is in them; but they are no new mail: all of it is on the server, under the mailbox's own name, and would stand there twice. What tells is when the
 * folder, its cur/ and its new/ were made, which is noted when a mailbox is left out. A copy of a folder was made later, and is a new one.
 */
#ifndef SYNC_OBSERVE_LEFT_OUT_H
#define SYNC_OBSERVE_LEFT_OUT_H

#include "sync/run/run.h"

/** It is left out from now on, and its row is about to go. Inside a transaction. */
MUST_CHECK bool left_out_note(struct run *run, const struct mailbox *mailbox);
/** It is met again: what was noted of it means nothing any more. Inside a transaction. */
MUST_CHECK bool left_out_forget(struct run *run, const struct mailbox *mailbox);
/**
 * After the server's list, before states are decided. No mailbox is made for such a folder, which is said; where its mailbox is let in again, the folder
 * is that one's, renamed here. Places in the array of mailboxes are others after this. Inside a transaction.
 */
MUST_CHECK bool left_out_see(struct run *run);

#endif
