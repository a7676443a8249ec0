/*
 * The folder of a mailbox that is gone on the server makes way for another one that has its name now (sync/observe/way.h). It goes as any that is gone there
 * goes (going_end.c), and by the same intent:
 *
 *   the intent | tmp/, new/, cur/ by rmdir, what is known to stand beside them, the directory | its row and the intent go, with the new names
 */
#ifndef SYNC_APPLY_CLEAR_WAY_H
#define SYNC_APPLY_CLEAR_WAY_H

#include "sync/run/run.h"

/**
 * Its row is the caller's to forget. A dry run says that it would go. Outside a transaction.
 * @param gone  [out] false: something came into it, or it can't be removed, which was said
 */
MUST_CHECK bool clear_way(struct run *run, struct mailbox *mailbox, bool *gone);

#endif
