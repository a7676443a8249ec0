/*
 * A journal that is older than the Maildir does not know what was moved here since. What is missing is fetched again, since nothing is
 * removed until both are of one run: a file that moved would be in both places. Where the bytes of a known message that is missing, and is
 * on the server where it was, are new in another folder, it waits as one that vanished here: the next run sees the move.
 */
#ifndef SYNC_MOVED_SINCE_H
#define SYNC_MOVED_SINCE_H

#include "sync/agenda.h"

/** Of a plan, before anything in it is paired: those that moved are neither fetched nor sent in this run. */
MUST_CHECK bool moved_since(struct run *run, struct agenda *agenda);

#endif
