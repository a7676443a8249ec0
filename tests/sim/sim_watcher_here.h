/* What a watcher is told of a simulated Maildir: see sim_watcher_here.c. */
#ifndef TESTS_SIM_SIM_WATCHER_HERE_H
#define TESTS_SIM_SIM_WATCHER_HERE_H

#include "tests/sim/sim_maildir.h"

/** A history begins. */
void watcher_here_begin(struct maildir_sim *tree);

#endif
