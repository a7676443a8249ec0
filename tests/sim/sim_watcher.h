/* Histories whose runs come from the watcher's own loop: see sim_watcher.c. */
#ifndef TESTS_SIM_SIM_WATCHER_H
#define TESTS_SIM_SIM_WATCHER_H

#include "tests/sim/sim_history.h"

/**
 * All actions of a history, and what the watcher of the first client makes of them, until all is quiet and it only waits for its next poll.
 * @param act    one action of users, or another client's run
 * @param quiet  nothing more happens from now on
 */
void watcher_live(struct sim *sim, struct history *history, void (*act)(void), void (*quiet)(void));
/** The names that the run of the watcher that begins is told. @return false: no such run is under way */
bool watcher_names(const struct sync_named **named, size_t *count);

#endif
