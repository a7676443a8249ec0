/* Lines that both kinds of accounts are told in. */
#include "sync/inspect/check_private.h"

void
check_say(struct report *report, const char *account, const char *capability, bool offered, const char *with,
          const char *without)
{
    report_line(report, account, "capability", "%-14s %s: %s", capability, offered ? "yes" : "no ",
                offered ? with : without);
}
