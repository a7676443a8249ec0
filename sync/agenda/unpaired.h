/* What becomes of rows whose other half is missing; see rows/missing.c. */
#ifndef SYNC_AGENDA_UNPAIRED_H
#define SYNC_AGENDA_UNPAIRED_H

#include "sync/agenda/agenda.h"

/** After moves were paired: what of the rest comes again, what moved elsewhere, what waits. run->replan where rows changed. */
MUST_CHECK bool agenda_unpaired(struct run *run, struct agenda *agenda);

#endif
