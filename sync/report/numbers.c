/* Numbers and dates as people read them. */
#include "sync/report/private.h"

#include <inttypes.h>
#include <time.h>

void
report_date(int64_t when, char *to, size_t size)
{
    const time_t seconds = (time_t)when;
    struct tm parts;

    to[0] = '\0';
    if (localtime_r(&seconds, &parts) != NULL)
        (void)strftime(to, size, "%Y-%m-%d %H:%M", &parts);
}

void
report_number(uint64_t number, char to[static REPORT_NUMBER_SIZE])
{
    char digits[32];
    size_t len, out = 0;

    (void)text_print(digits, sizeof digits, "%" PRIu64, number);
    len = strlen(digits);
    for (size_t i = 0; i < len; i++) {
        if (i != 0 && (len - i) % 3 == 0)
            to[out++] = ',';
        to[out++] = digits[i];
    }
    to[out] = '\0';
}
