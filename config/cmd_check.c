/* golub check: log in and say what the server and the file system can do; one account after the other, so that each
 * is a paragraph. */
#include "config/jobs.h"
#include "sync/inspect/inspect.h"
#include "sync/report/report.h"

#include "config/signals.h"

static int
check_one(struct job *job)
{
    const struct sync_options options = {.stopped = signals_stopped};

    return account_check(&job->account, &options, job->report);
}

int
cmd_check(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct jobs jobs;
    int status = 2;

    if (jobs_choose(settings, options, report, &jobs, &err))
        status = jobs_run(&jobs, check_one, false);
    else
        report_error(report, &err);
    jobs_free(&jobs);
    return status;
}
