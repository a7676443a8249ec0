/* golub import: POP accounts alone, one way, all at once. */
#include "config/jobs.h"
#include "sync/account.h"
#include "sync/report/report.h"

int
job_import(struct job *job)
{
    const struct sync_options options = job_options(job);

    return account_import(&job->account, &options, job->report);
}

/* Leave the POP accounts. Without a name the others are not meant; with one they are a mistake. */
static bool
keep_pop(struct settings *settings, const struct options *options, struct jobs *jobs, struct jobs *pop,
         struct error *err)
{
    *pop = (struct jobs){jobs->list, jobs_pop_first(jobs)};
    if (options->name_count > 0 && pop->count < jobs->count) {
        const char *name = jobs->list[pop->count].account.name;

        error_state(err, ERROR_CONFIG, "account \"%s\" is not a POP one", name);
        error_hint(err, "An import pulls from POP servers alone. Both ways: golub sync %s", name);
        return false;
    }
    if (pop->count == 0) {
        error_state(err, ERROR_CONFIG, "there is no POP account in %s", settings->file);
        error_hint(err, "One begins with server = \"pop3s://HOST\"; golub.conf(5) shows it.");
        return false;
    }
    return true;
}

int
cmd_import(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct jobs jobs, pop;
    int status = 2;

    if (jobs_choose(settings, options, report, &jobs, &err) && keep_pop(settings, options, &jobs, &pop, &err) &&
        jobs_check_id(&pop, options, "import", &err))
        status = jobs_run(&pop, job_import, true);
    else
        report_error(report, &err);
    jobs_free(&jobs);
    return status;
}
