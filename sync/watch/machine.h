/* What the machine itself does: it sleeps and wakes, its clock is set, its network comes and goes. */
#ifndef SYNC_WATCH_MACHINE_H
#define SYNC_WATCH_MACHINE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_MOST 2 /* descriptors */

struct machine;

/** @param slept_ms  clock_slept_ms, or a test's @return NULL: out of memory. What the system does not tell is not told. */
struct machine *machine_new(int64_t (*slept_ms)(void));
void machine_free(struct machine *machine); /* NULL-safe */
/** Descriptors to wait for. @return how many */
size_t machine_poll(const struct machine *machine, struct pollfd fds[static MACHINE_MOST]);
/** Look. @param slept  [out] it slept for seconds: connections are dead, whatever the system says @param network  [out] addresses or routes changed */
void machine_read(struct machine *machine, bool *slept, bool *network);

#endif
