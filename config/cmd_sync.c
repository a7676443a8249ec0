/* golub sync: every account both ways, or as far as --pull, --push and the policy let it. */
#include "config/commands.h"

#include "config/signals.h"

static int
sync_one(struct job *job)
{
    const struct sync_options options = {
        .dry_run = job->options->dry_run,
        .confirm = job->options->confirm,
        .confirm_id = job->options->confirm_id,
        .mailboxes = job->mailbox_count > 0 ? job->mailboxes : NULL,
        .stopped = signals_stopped,
    };

    report_quarantine(job->report, job->account.name, job->account.policy.quarantine_days);
    return account_sync(&job->account, &options, job->report);
}

int
cmd_sync(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct jobs jobs;
    int status = 2;

    if (!jobs_choose(settings, options, report, &jobs, &err)) {
        report_error(report, &err);
    } else if (options->confirm_id != NULL && jobs.count > 1) {
        error_set(&err, ERROR_CONFIG, "the list %s belongs to one account", options->confirm_id);
        error_hint(&err, "Name it: golub sync --confirm-deletes=%s ACCOUNT", options->confirm_id);
        report_error(report, &err);
    } else {
        status = jobs_run(&jobs, sync_one, true);
    }
    jobs_free(&jobs);
    return status;
}
