/*
 * Removals on the server, as attempts_remote.h asks for them: what was in flight when the line broke is suspected, and suspects go alone. A removal may
 * be a move, or a copy, into the Trash, or a move out of a label.
 */
#ifndef SYNC_RUN_FLIGHT_REMOVE_H
#define SYNC_RUN_FLIGHT_REMOVE_H

#include "sync/run/run.h"

/** remote_ops' remove. @param self  the run */
MUST_CHECK bool flight_remove(void *self, const struct remote_change *changes, size_t count,
                              const struct remote_changer *to, void *context, struct error *err);
/** ... and its move and copy: of what is no removal (undelete) transfer.h finds out by itself what ends the line. */
MUST_CHECK bool flight_move(void *self, const struct remote_change *changes, size_t count,
                            const struct remote_changer *to, void *context, struct error *err);
MUST_CHECK bool flight_copy(void *self, const struct remote_change *changes, size_t count,
                            const struct remote_changer *to, void *context, struct error *err);

#endif
