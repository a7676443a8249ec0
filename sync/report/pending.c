/* What waits, as `status` tells it. */
#include "sync/report/private.h"

void
report_pending(struct report *report, const char *account, const struct report_pending *pending, const char *text)
{
    const struct report_place place = {account, NULL};

    if (report->settings.quiet)
        return;
    report_lock(report);
    if (report->settings.json)
        report_json_pending(report, account, pending, text);
    else
        report_text_line(report, report->out, &place, text);
    report_unlock(report);
}
