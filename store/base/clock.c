/* The monotonic clock, and the one that goes on while the machine sleeps; see clock.h. Linux has both: reading them can't fail. */
#include "store/base/clock.h"

#include <time.h>

static int64_t
read_ms(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

int64_t
clock_slept_ms(void)
{
    const int64_t awake = read_ms(CLOCK_MONOTONIC); /* first: what passes in between makes it no less */
    const int64_t slept = read_ms(CLOCK_BOOTTIME) - awake;

    return slept > 0 ? slept : 0;
}

double
clock_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
