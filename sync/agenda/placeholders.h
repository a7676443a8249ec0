/* Files that mbsync left for messages which it did not fetch: nobody's mail. */
#ifndef SYNC_AGENDA_PLACEHOLDERS_H
#define SYNC_AGENDA_PLACEHOLDERS_H

#include "sync/run/run.h"

/** Drops the uploads of those that are no message's file, and says so in `pending`. After agenda_moves: one that stands on the server may have moved. */
MUST_CHECK bool agenda_placeholders(struct run *run, struct agenda *agenda);

#endif
