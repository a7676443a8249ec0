/* A clock for waiting and measuring: it never goes back, and says nothing of the day. */
#ifndef STORE_BASE_CLOCK_H
#define STORE_BASE_CLOCK_H

#include <stdint.h>

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

#endif
