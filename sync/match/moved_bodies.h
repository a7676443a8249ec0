/* Reads the bodies of messages that arrived, where the header does not tell which of the vanished messages it is. */
#ifndef SYNC_MATCH_MOVED_BODIES_H
#define SYNC_MATCH_MOVED_BODIES_H

#include "sync/match/probe.h"
#include "sync/rules/pair.h"
#include "sync/run/run.h"

/**
 * Read them. What says which message it is goes into the row; what does not is given up in this run (readings.h): neither fetched nor taken for
 * another message.
 *
 * @param gone  what vanished, by header, as sorted by pair_sort
 */
MUST_CHECK bool moved_bodies_read(struct run *run, struct probe *probes, size_t count, const struct pair_item *gone,
                                  size_t gone_count);

#endif
