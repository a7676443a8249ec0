/* Marks (\Deleted) that golub made on the server, whose rows are forgotten; see rows/unfinished.h. */
#ifndef SYNC_APPLY_MARKS_H
#define SYNC_APPLY_MARKS_H

#include "sync/run/run.h"

/** Such a mark without a row? */
bool marks_is(const struct journal_op *op);
/** Take these marks off, all in one turn and only if there are any; intents of other kinds are passed over. Inside a transaction. */
MUST_CHECK bool marks_take_back(struct run *run, const struct journal_op *ops, size_t count);

#endif
