/* What a watcher tells the engine of the names in its folders: see sim_watched.c. */
#ifndef TESTS_SIM_SIM_WATCHED_H
#define TESTS_SIM_SIM_WATCHED_H

#include "tests/sim/sim_cast.h"

/** A run is about to begin. */
void watched_begin(struct sim *sim, struct client *client, struct sync_options *options);
/** It has ended. @param well  with 0 or 3 */
void watched_end(struct client *client, bool well);

#endif
