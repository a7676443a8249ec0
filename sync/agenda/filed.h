/* What a mail reader saved in \Sent, where the server files sent mail itself (sync/base/filing.h). */
#ifndef SYNC_AGENDA_FILED_H
#define SYNC_AGENDA_FILED_H

#include "sync/run/run.h"

/**
 * Such files wait for the server's copy, which they are paired with when it comes (sync/match/), and go up where none comes in time: after
 * agenda_moves. Outside a transaction.
 */
MUST_CHECK bool agenda_filed(struct run *run, struct agenda *agenda);

#endif
