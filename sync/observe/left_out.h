/*
 * Mailboxes that `mailboxes` leaves out for a while, and their folders. Nothing is known any more of what is in them; but they are no new mail: all of it is
 * on the server, and would stand there twice, or in another mailbox. So it is noted what tells the mailbox and its folder (left_notes.h), and looked at once
 * something has a name that is chosen.
 *
 * Which mailbox it is now: the one of that name, or what the server says that it is. Which folder is its: the one at the path that was noted, or any other
 * that is of its age; of several of one age the one that holds its files. A copy of a folder was made later, and is a new one.
 *
 *   the folder is elsewhere           it was renamed here: so is the mailbox on the server
 *   the mailbox has another name      it was renamed there: so is the folder here
 *   the folder is where it stood, and `map` has another place for it      it goes there
 *   another one's folder stands there, or nothing tells                   both wait, and a person is asked
 */
#ifndef SYNC_OBSERVE_LEFT_OUT_H
#define SYNC_OBSERVE_LEFT_OUT_H

#include "sync/run/run.h"

/** It is left out from now on, and its row is about to go. Inside a transaction. */
MUST_CHECK bool left_out_note(struct run *run, const struct mailbox *mailbox);
/** *is: where one that was left out stood when that was noted. `map` may give that place to nobody by now. */
MUST_CHECK bool left_out_stands(struct run *run, const char *folder, bool *is);
/** It is met again: what was noted of it means nothing any more. Inside a transaction. */
MUST_CHECK bool left_out_forget(struct run *run, const struct mailbox *mailbox);
/**
 * After the server's list, before states are decided. No mailbox is made for such a folder, which is said; where its mailbox is let in again, the folder
 * is that one's. Places in the array of mailboxes are others after this. Inside a transaction.
 *
 * @param goals  [out] some of these folders are to go elsewhere: once the transaction is over (apply/rename_here.h)
 */
MUST_CHECK bool left_out_see(struct run *run, bool *goals);

#endif
