/* Marks (\Deleted) that golub made on the server for a removal that was cut off: they come off again, all in one turn. */
#ifndef SYNC_APPLY_UNDELETE_H
#define SYNC_APPLY_UNDELETE_H

#include "sync/run/run.h"

/** Of a message whose row is forgotten, with its mailbox's; see rows/unfinished.h. */
bool marks_is(const struct journal_op *op);

struct marks;
/** @return NULL: out of memory, run->err says so */
struct marks *marks_new(struct run *run, size_t most);
/** NULL-safe. */
void marks_free(struct marks *marks);
/** The mark on a message that has a row. */
void marks_add(struct marks *marks, const struct journal_op *op, const struct mailbox *mailbox, uint32_t uid);
/** One whose row is forgotten (marks_is): known by name and UID. A mailbox that is gone took it along: then the intent goes, too. */
MUST_CHECK bool marks_add_forgotten(struct marks *marks, const struct journal_op *op);
/** What does not come off keeps its intent, and the next run tries again. Inside a transaction; in a dry run nothing is asked. */
MUST_CHECK bool marks_take_back(struct marks *marks);

#endif
