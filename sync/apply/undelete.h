/* \Deleted that golub set on the server for a removal which was cut off: it is taken off again, all in one turn. */
#ifndef SYNC_APPLY_UNDELETE_H
#define SYNC_APPLY_UNDELETE_H

#include "sync/run/run.h"

/** Is this the intent of a message whose row was deleted with its mailbox? See rows/unfinished.h. */
bool undelete_is_forgotten(const struct journal_op *op);

struct undelete;
/** @return NULL: out of memory, run->err says so */
struct undelete *undelete_new(struct run *run, size_t most);
/** NULL-safe. */
void undelete_free(struct undelete *undelete);
/** \Deleted on a message that has a row. */
/** @param kept  its intent stays when that is off */
void undelete_add(struct undelete *undelete, const struct journal_op *op, const struct mailbox *mailbox, uint32_t uid,
                  bool kept);
/** \Deleted on a message without a row (undelete_is_forgotten): found by mailbox name and UID. Where the mailbox is gone, the intent is deleted. */
MUST_CHECK bool undelete_add_forgotten(struct undelete *undelete, const struct journal_op *op);
/** Send the STOREs. A message whose \Deleted stays keeps its intent, and the next run tries again. Inside a transaction; a dry run sends nothing. */
MUST_CHECK bool undelete_run(struct undelete *undelete);

#endif
