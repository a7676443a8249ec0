/* What a simulated server tells a watcher: see sim_watcher_there.c. */
#ifndef TESTS_SIM_SIM_WATCHER_THERE_H
#define TESTS_SIM_SIM_WATCHER_THERE_H

#include "sync/watch/there.h"
#include "tests/sim/sim_server.h"

/** A history begins. @param tells  what this server offers; THERE_POLL: nothing */
void watcher_there_begin(const struct server *server, enum there_by tells);
/** Was each change of each mailbox told, and is that believed? */
bool watcher_there_told_all(void);

#endif
