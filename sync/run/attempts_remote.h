/* The server as the run sees it: what was in flight when the line broke is noticed (flight.h), and suspects are asked alone (attempts.h). */
#ifndef SYNC_RUN_ATTEMPTS_REMOTE_H
#define SYNC_RUN_ATTEMPTS_REMOTE_H

#include "sync/run/run.h"

/** run->remote becomes one that watches what it was. */
void attempts_watch(struct run *run);

#endif
