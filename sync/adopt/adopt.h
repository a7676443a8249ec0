/*
 * Another program's state as Base: what it knew of each mailbox when it had last finished is taken over, so that nothing is compared that it
 * proves, and what was removed on a side since then is understood. Its files are read only.
 *
 * Order of calls: adopt_find once the mailboxes are known, adopt_take once both sides were observed and new files read; adopt_say at the end.
 */
#ifndef SYNC_ADOPT_ADOPT_H
#define SYNC_ADOPT_ADOPT_H

#include "sync/run/run.h"

struct adopting;

/**
 * Read what mbsync or OfflineIMAP left for the mailboxes of this run.
 *
 * @param adopting [out] NULL where nothing can be taken over; adopt_free is allowed all the same
 * @return false: ERROR_CONFIG (nothing is there, or what there is fits twice), ERROR_LOCKED (its program is at work), or no memory
 */
MUST_CHECK bool adopt_find(struct run *run, struct adopting **adopting);
/**
 * Rows that the state settles, mailbox by mailbox, a transaction each. What it does not settle is left as it is, to be paired by content.
 * Outside a transaction.
 *
 * @return false: also where no mailbox fits (ERROR_CONFIG): nothing was taken over
 */
MUST_CHECK bool adopt_take(struct run *run, struct adopting *adopting);
/** What became of each mailbox; where it was compared the run is partial. @return false: the journal failed */
MUST_CHECK bool adopt_say(struct run *run, const struct adopting *adopting);
/** NULL-safe. */
void adopt_free(struct adopting *adopting);

#endif
