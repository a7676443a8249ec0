/* The end of a run. */
#ifndef SYNC_RUN_RELEASE_H
#define SYNC_RUN_RELEASE_H

#include "sync/run/run.h"

/** Free all that a run holds; its stores and the journal are not its own. */
void run_release(struct run *run);

#endif
