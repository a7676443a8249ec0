#include "sync/report/json_object.h"

void
report_init(struct report *report, const char *account, const char *file, bool written)
{
    json_t *object;

    report_lock(report);
    if (report->settings.json) {
        object = json_begin_event("init", account, NULL);
        json_put_string(object, "file", file);
        json_put_bool(object, "written", written);
        json_end_event(report, object, true);
    }
    report_unlock(report);
}
