/* time() with a clock that is GOLUB_RIG_AHEAD seconds ahead, for LD_PRELOAD: what is asked again once a day. rig/ahead.py builds it. */
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

time_t
time(time_t *result)
{
    const char *ahead = getenv("GOLUB_RIG_AHEAD");
    struct timeval now;
    gettimeofday(&now, NULL);
    const time_t shown = now.tv_sec + (ahead != NULL ? atol(ahead) : 0);
    if (result != NULL) {
        *result = shown;
    }
    return shown;
}
