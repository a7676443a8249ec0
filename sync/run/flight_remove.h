/* Removals on the server, as attempts_remote.h asks for them: what was in flight when the line broke is suspected, and suspects go alone. */
#ifndef SYNC_RUN_FLIGHT_REMOVE_H
#define SYNC_RUN_FLIGHT_REMOVE_H

#include "sync/run/run.h"

/** remote_ops' remove. @param self  the run */
MUST_CHECK bool flight_remove(void *self, const struct remote_change *changes, size_t count,
                              const struct remote_changer *to, void *context, struct error *err);

#endif
