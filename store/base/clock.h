/* A clock for waiting and measuring: it never goes back, and says nothing of the day. And times of files, as the system tells them. */
#ifndef STORE_BASE_CLOCK_H
#define STORE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/** Milliseconds since some moment in the past. */
int64_t clock_ms(void);
/** The same in seconds, as exact as the system's clock. */
double clock_seconds(void);
/**
 * How long the machine has slept since it was started, in milliseconds: what the clock that counts sleep is ahead of the one that does not.
 * Where it has grown, connections may be dead though nobody closed them. A difference of some milliseconds is none. To be handed
 * over as a pointer, so that a test can put another one in its place.
 */
int64_t clock_slept_ms(void);
/** Are two times of files the same, to the nanosecond? */
static inline bool
clock_same(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

#endif
