/* A clock for waiting and measuring: it never goes back, and says nothing of the day. */
#ifndef STORE_BASE_CLOCK_H
#define STORE_BASE_CLOCK_H

#include <stdint.h>

/** Milliseconds since some moment in the past. */
int64_t clock_ms(void);
/** The same in seconds, as exact as the system's clock. */
double clock_seconds(void);

#endif
