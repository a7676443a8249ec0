/* golub status: what the journals say, one account after the other; nothing is connected to, nothing is changed. */
#include "config/jobs.h"
#include "sync/inspect/inspect.h"
#include "sync/report/report.h"

static int
status_of_one(struct job *job)
{
    return account_status(&job->account, job->options->max_age, job->report);
}

int
cmd_status(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct jobs jobs;
    int status = 2;

    if (jobs_choose(settings, options, report, &jobs, &err))
        status = jobs_run(&jobs, status_of_one, false);
    else
        report_error(report, &err);
    jobs_free(&jobs);
    return status;
}
