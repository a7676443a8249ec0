/*
 * The passes of a run: a look at both sides, a plan, and what of it this run can carry out; then again, until nothing is left to do. Private to the
 * engine, which says what comes before and after (engine.c).
 */
#ifndef SYNC_PASSES_H
#define SYNC_PASSES_H

#include "sync/agenda/agenda.h"
#include "sync/run/run.h"

/** What this run changed on the server is to be observed again. */
void passes_look_at_stirred(struct run *run);
/** Is any mailbox or folder to be looked at? */
bool passes_look_due(const struct run *run);
/** Both sides, as far as that is due; once more where something vanished. */
MUST_CHECK bool passes_observe(struct run *run);
/** What is to be done. @param agenda  made anew; the caller frees it, also after a failure */
MUST_CHECK bool passes_plan(struct run *run, struct agenda *agenda);
/** A dry run: look, plan and print; nothing is carried out. */
MUST_CHECK bool passes_foresee(struct run *run);
/** Passes, until there is nothing left to do. */
MUST_CHECK bool passes_do_all(struct run *run);

#endif
