/* What is new here, and may have come from a mailbox that is read when everything else is done. */
#ifndef SYNC_AGENDA_LATE_H
#define SYNC_AGENDA_LATE_H

#include "sync/run/run.h"

/** Such files wait for that: after agenda_moves. */
MUST_CHECK bool agenda_late(struct run *run, struct agenda *agenda);

#endif
