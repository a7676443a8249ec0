/* What the survey no longer asks a server for, since it ended the line: kept from run to run, and asked for once a day. */
#ifndef SYNC_RUN_AVOIDED_H
#define SYNC_RUN_AVOIDED_H

#include "sync/run/run.h"

/** Tell the server's object what an earlier run learned. Before the line is opened. */
MUST_CHECK bool avoided_load(struct run *run);
/** Keep what was learned. In no transaction; run->err stays as it is: it may be the break that this was learned from. */
void avoided_write(struct run *run);

#endif
