/* Values of options: a length of time, a moment. */
#ifndef CONFIG_OPTIONS_VALUE_H
#define CONFIG_OPTIONS_VALUE_H

#include "store/base/error.h"

/** "30s", "15m", "36h", "1d" or "2w": a whole number above 0 and its unit. @param seconds  [out] at most a hundred years @return false: no such time */
MUST_CHECK bool options_time(const char *value, int64_t *seconds);

/**
 * When it began: that long before now, or a day as YYYY-MM-DD, from its first moment on in local time.
 * @param moment  [out] seconds UTC @return false: neither
 */
MUST_CHECK bool options_since(const char *value, int64_t now, int64_t *moment);

#endif
