/* What waits for the user's word, and what his word releases. */
#ifndef SYNC_AGENDA_HOLD_H
#define SYNC_AGENDA_HOLD_H

#include "sync/run/run.h"

/**
 * Before the run does anything: write down what --confirm-deletes releases, or --reject-deletes is about, which is what the journal holds now (with =ID: of that list) and
 * nothing that comes later, in this run neither.
 * @return false: also where there is no such list (ERROR_CONFIG)
 */
MUST_CHECK bool hold_release(struct run *run);

/**
 * Once both sides were looked at: of what --reject-deletes is about and what still is held, nothing counts as removed any more. It is planned
 * as what comes back to the side that lost it.
 */
MUST_CHECK bool hold_reject(struct run *run);

/**
 * The other side refused a removal: if the user's word let it go, that holds for the runs that ask again, as long as it is to be removed.
 * After run_pending() said why it waits, inside the same transaction.
 */
MUST_CHECK bool hold_refused(struct run *run, const struct todo *todo);

#endif
