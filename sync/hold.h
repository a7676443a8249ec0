/* What waits for the user's word, and what his word releases. */
#ifndef SYNC_HOLD_H
#define SYNC_HOLD_H

#include "sync/run.h"

/**
 * Before the run does anything: write down what --confirm-deletes releases, which is what the journal holds now (with =ID: of that list) and
 * nothing that comes later, in this run neither.
 * @return false: also where there is no such list (ERROR_CONFIG)
 */
MUST_CHECK bool hold_release(struct run *run);

#endif
