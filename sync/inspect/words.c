/* Lines and dates that both kinds of accounts are told in. */
#include "sync/inspect/check_private.h"

#include "sync/inspect/status_private.h"

#include <time.h>

void
check_say(struct report *report, const char *account, const char *capability, bool offered, const char *with,
          const char *without)
{
    report_line(report, account, "capability", "%-14s %s: %s", capability, offered ? "yes" : "no ",
                offered ? with : without);
}

void
status_date(int64_t since, char *to, size_t size)
{
    time_t when = (time_t)since;
    struct tm parts;

    to[0] = '\0';
    if (localtime_r(&when, &parts) != NULL)
        (void)strftime(to, size, "%Y-%m-%d %H:%M", &parts);
}
