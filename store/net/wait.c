/* Waiting in slices; see wait.h. */
#include "store/net/wait.h"

#include <errno.h>

#include "store/base/clock.h"

#define SLICE_MS 1000      /* how long a wish to stop may go unheard */
#define DEFAULT_LIMIT_S 60 /* for a connection that names no time limit */

int64_t
wait_limit(const struct connection *to)
{
    return (int64_t)(to->timeout_s > 0 ? to->timeout_s : DEFAULT_LIMIT_S) * 1000;
}

enum wait_result
wait_for(const struct connection *to, struct pollfd *fds, nfds_t count, int64_t until, struct error *err)
{
    for (;;) {
        if (to->stopped != NULL && to->stopped(to->stopped_context)) {
            error_state(err, ERROR_INTERRUPTED, "stopped while waiting for the server");
            return WAIT_FAILED;
        }
        const int64_t left = until - clock_ms();
        const int slice = left <= 0 ? 0 : left < SLICE_MS ? (int)left : SLICE_MS;
        const int ready = poll(fds, count, slice);

        if (ready > 0)
            return WAIT_READY;
        if (ready < 0 && errno != EINTR) {
            const int number = errno;

            error_sys(err, number, "wait for the server");
            err->kind = ERROR_NETWORK;
            return WAIT_FAILED;
        }
        if (ready == 0 && left <= SLICE_MS)
            return WAIT_LATE;
    }
}
