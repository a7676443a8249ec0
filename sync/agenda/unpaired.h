/* What becomes of rows whose other half is missing; see rows/missing.c. */
#ifndef SYNC_AGENDA_UNPAIRED_H
#define SYNC_AGENDA_UNPAIRED_H

#include "sync/agenda/agenda.h"

/** May the server still be filling this mailbox, so that what is missing in it waits in this run? */
bool unpaired_waits(const struct run *run, const struct journal_mailbox *row);
/** After moves were paired: what of the rest comes again, what moved elsewhere, what waits. run->replan where rows changed. */
MUST_CHECK bool agenda_unpaired(struct run *run, struct agenda *agenda);

#endif
