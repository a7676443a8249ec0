/* What `golub check` says of a mailbox, and what of an account in JSON: there its lines for people are numbers and names, too. */
#include "sync/report/private.h"

void
report_checked(struct report *report, const char *account, const struct report_checked *checked, const char *amount)
{
    const struct report_place place = {account, checked->mailbox};
    char line[256];

    if (report->settings.quiet)
        return;
    report_lock(report);
    if (report->settings.json) {
        report_json_checked(report, account, checked);
    } else {
        (void)text_print(line, sizeof line, "%s%s%s%s%s", checked->chosen ? "" : "left out, ", amount,
                         checked->special[0] != '\0' ? " (" : "", checked->special,
                         checked->special[0] != '\0' ? ")" : "");
        report_text_line(report, report->out, &place, line);
    }
    report_unlock(report);
}

void
report_facts(struct report *report, const char *account, const struct report_facts *facts)
{
    if (report->settings.quiet || !report->settings.json)
        return;
    report_lock(report);
    report_json_facts(report, account, facts);
    report_unlock(report);
}
