/*
 * Waiting for descriptors: poll in slices of at most a second, so that a signal or the engine's `stopped` is never
 * unheard for longer. Inside store/net only.
 */
#ifndef STORE_NET_WAIT_H
#define STORE_NET_WAIT_H

#include <poll.h>

#include "store/net/connection.h"

enum wait_result {
    WAIT_READY, /* at least one revents is set */
    WAIT_LATE,  /* the time has come; err untouched */
    WAIT_FAILED /* stopped, or poll failed: err says so */
};

/** The time limit of a connection in milliseconds. */
int64_t wait_limit(const struct connection *to);
/** @param until  a time of clock_ms */
MUST_CHECK enum wait_result wait_for(const struct connection *to, struct pollfd *fds, nfds_t count, int64_t until,
                                     struct error *err);

#endif
