/* golub adopt: one account goes on from the state that mbsync or OfflineIMAP left. */
#include "config/jobs.h"
#include "config/paths.h"
#include "sync/account.h"
#include "sync/report/report.h"

/* What the user says. @param state [out] allocated; NULL: the usual places */
static bool
find_state(const struct options *options, char **state, struct error *err)
{
    char *here;
    bool ok;

    *state = NULL;
    if (options->state == NULL)
        return true;
    here = getcwd(NULL, 0);
    ok = paths_expand(options->state, here != NULL ? here : "/", state, err);
    free(here);
    return ok;
}

static int
adopt_one(struct job *job)
{
    const struct options *options = job->options;
    struct adopt_options adopt = {.from = options->from};
    struct sync_options how = job_options(job);
    struct error err = {0};
    char *state;
    int status = 2;

    if (find_state(options, &state, &err)) {
        adopt.state = state;
        how.adopt = &adopt;
        status = account_sync(&job->account, &how, job->report);
    } else {
        report_error(job->report, &err);
    }
    free(state);
    return status;
}

static bool
check_kind(const struct jobs *jobs, struct error *err)
{
    const struct account *account = &jobs->list[0].account;

    if (!account_is_pop(account))
        return true;
    error_state(err, ERROR_CONFIG, "account \"%s\" is a POP one", account->name);
    error_hint(err, "What another program has fetched: golub import %s --adopt FILE", account->name);
    return false;
}

int
cmd_adopt(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct jobs jobs;
    int status = 2;

    if (jobs_choose(settings, options, report, &jobs, &err) && check_kind(&jobs, &err))
        status = jobs_run(&jobs, adopt_one, false);
    else
        report_error(report, &err);
    jobs_free(&jobs);
    return status;
}
