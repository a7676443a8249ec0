/* What a copy that golub had made on the server came with: the flags that its source had at that moment, which nobody sees. */
#ifndef SYNC_ROWS_COPIED_H
#define SYNC_ROWS_COPIED_H

#include "sync/run/run.h"

/**
 * Was the source of this COPY without \\Deleted when it was copied? Only a look at it after that tells: another client may have marked it a moment
 * before, and then its copy is marked without anybody's wish.
 *
 * @param looked  its mailbox was listed in this run after the COPY; else this is known from an earlier run's
 */
MUST_CHECK bool copied_unmarked(struct run *run, const struct journal_op *op, bool looked, bool *unmarked);

#endif
