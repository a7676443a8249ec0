/* Intents of an earlier run that was cut off; after the mailboxes were observed, before anything is planned. */
#ifndef SYNC_APPLY_RECOVER_H
#define SYNC_APPLY_RECOVER_H

#include "sync/run/run.h"

/** @return false: the run must end (run->err) */
MUST_CHECK bool recover_intents(struct run *run);

#endif
