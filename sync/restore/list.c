/* What is in the quarantine, for people and in JSON. */
#include "sync/restore/private.h"

bool
restore_list(struct restoring *restoring)
{
    const char *name = restoring->account->name;
    uint64_t bytes = 0;

    if (restoring->count != 0)
        report_kept_head(restoring->report, name);
    for (size_t i = 0; i < restoring->count && !restore_stopped(restoring); i++) {
        if (!restore_load(restoring, &restoring->entries[i]))
            return false;
        bytes += restoring->row.size;
        restore_say(restoring, NULL, OUTCOME_NONE);
    }
    report_kept_end(restoring->report, name, restoring->count, bytes, restoring->account->policy.quarantine_days);
    return true;
}
