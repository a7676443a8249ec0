/* What every step of `golub restore` needs. */
#include "sync/restore/private.h"

#include <inttypes.h>

bool
restore_no_memory(struct restoring *restoring)
{
    error_set(&restoring->err, ERROR_LOCAL, "get memory");
    return false;
}

bool
restore_stopped(const struct restoring *restoring)
{
    const struct sync_options *options = restoring->options;

    return options->stopped != NULL && options->stopped(options->stopped_context);
}

void
restore_problem(struct restoring *restoring, const char *mailbox, struct error *err)
{
    if (err->kind == ERROR_INTERRUPTED)
        return;
    (void)text_print(err->account, sizeof err->account, "%s", restoring->account->name);
    (void)text_print(err->mailbox, sizeof err->mailbox, "%s", mailbox);
    restoring->failed++;
    report_error(restoring->report, err);
}

bool
restore_load(struct restoring *restoring, const struct restore_entry *entry)
{
    bool found;

    if (!journal_quarantine_get(restoring->journal, entry->id, &restoring->row, &found, &restoring->err))
        return false;
    if (!found)
        error_set(&restoring->err, ERROR_LOCAL, "read row %" PRIi64 " of the quarantine, which was there a moment ago",
                  entry->id);
    return found;
}
