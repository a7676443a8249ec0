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

/* Two digits or four, and nothing else. */
static bool
take_digits(const char *value, size_t at, size_t len, int *number)
{
    *number = 0;
    for (size_t i = at; i < at + len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return false;
        *number = 10 * *number + (value[i] - '0');
    }
    return true;
}

bool
options_since(const char *value, int64_t now, int64_t *moment)
{
    struct tm day = {.tm_isdst = -1}, asked;
    int64_t ago;
    time_t seconds;

    if (options_time(value, &ago)) {
        *moment = now - ago;
        return true;
    }
    if (strlen(value) != 10 || value[4] != '-' || value[7] != '-' || !take_digits(value, 0, 4, &day.tm_year) ||
        !take_digits(value, 5, 2, &day.tm_mon) || !take_digits(value, 8, 2, &day.tm_mday))
        return false;
    day.tm_year -= 1900;
    day.tm_mon -= 1;
    asked = day;
    seconds = mktime(&day); /* it makes the 30th of February a day of March */
    if (seconds == (time_t)-1 || day.tm_year != asked.tm_year || day.tm_mon != asked.tm_mon ||
        day.tm_mday != asked.tm_mday)
        return false;
    *moment = (int64_t)seconds;
    return true;
}
