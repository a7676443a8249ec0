/* What each folder is known by: its times as of the last look, and of what golub itself wrote since. place.c compares them. */
#ifndef SYNC_RUN_STAMPS_H
#define SYNC_RUN_STAMPS_H

#include "sync/run/run.h"

/** A folder was listed; inside the transaction that stores what was seen. complete: a name that was not seen is not there. */
MUST_CHECK bool stamps_seen(struct run *run, struct mailbox *mailbox, const struct local_stamp *stamp, bool complete);
/** Before a commit, inside its transaction: folders that golub wrote into (mailbox->touched) are known as they are now. */
MUST_CHECK bool stamps_note(struct run *run);

#endif
