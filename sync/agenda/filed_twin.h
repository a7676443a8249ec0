/* Sent mail that stands twice, since its server files it and the user said that it does not (`sent`). */
#ifndef SYNC_AGENDA_FILED_TWIN_H
#define SYNC_AGENDA_FILED_TWIN_H

#include "sync/run/run.h"

/**
 * After all is done: what came into \Sent in this run and is the copy of what went up, or was saved here since the last one, went up, and is what the server
 * filed, is named; never twice, and not always (filed_twin.c).
 */
MUST_CHECK bool filed_twins(struct run *run);

#endif
