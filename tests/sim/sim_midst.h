/* What users do once, between two steps of a run of golub that follows from the seed. */
#ifndef TESTS_SIM_SIM_MIDST_H
#define TESTS_SIM_SIM_MIDST_H

#include "tests/sim/sim_events.h"

/**
 * golub runs, and in the midst of it `act` is done.
 * @param act  false: it can't be done now, and is tried at the next step
 * @return     was it done? Else the run was over before
 */
bool midst_run(struct sim *sim, int client, bool (*act)(struct sim *sim, const void *what), const void *what);
/** A folder is renamed here, and two change places, while golub runs: sim_events_renames.c, sim_events_gone.c. */
void event_rename_midst(struct sim *sim);
void event_exchange_midst(struct sim *sim);

#endif
