/* What is in the quarantine, for people and in JSON. */
#include "sync/base/state.h"
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
    if (restoring->count != 0 && state_lacks_quarantine(restoring->account))
        report_line(restoring->report, name, "quarantine", STATE_NO_QUARANTINE, restoring->account->state);
    report_kept_end(restoring->report, name,
                    &(struct report_kept_sum){.count = restoring->count,
                                              .all = restoring->kept,
                                              .bytes = bytes,
                                              .days = restoring->account->policy.quarantine_days,
                                              .state = restoring->account->state});
    return true;
}
