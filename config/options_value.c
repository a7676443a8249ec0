/* See options_value.h. */
#include "config/options_value.h"

#define SECONDS_MAX (INT64_C(100) * 366 * 86400)

bool
options_time(const char *value, int64_t *seconds)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
    const size_t len = strlen(value);
    uint64_t number;

    for (size_t i = 0; len > 1 && i < sizeof units / sizeof units[0]; i++) {
        if (value[len - 1] != units[i].letter)
            continue;
        if (!text_number((struct text){value, len - 1}, (uint64_t)(SECONDS_MAX / units[i].seconds), &number) ||
            number == 0)
            return false;
        *seconds = (int64_t)number * units[i].seconds;
        return true;
    }
    return false;
}
