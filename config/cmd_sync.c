/*
 * golub sync: every account both ways, or as far as --pull, --push and the policy let it. POP accounts are imported first, and
 * have ended before the others begin: what they bring into an IMAP account's tree goes up with the same run.
 */
#include "config/jobs.h"
#include "sync/account.h"
#include "sync/report/report.h"

static int
sync_one(struct job *job)
{
    const struct sync_options options = job_options(job);

    report_quarantine(job->report, job->account.name, job->account.policy.quarantine_days);
    return account_sync(&job->account, &options, job->report);
}

static bool
check_mailboxes(struct settings *settings, const struct options *options, struct error *err)
{
    for (size_t i = 0; i < options->name_count; i++) {
        const char *name = options->names[i];
        char account[64];

        /* A name that was not known is refused already. */
        if (name[strcspn(name, "/")] == '\0' ||
            !text_copy((struct text){name, strcspn(name, "/")}, account, sizeof account) ||
            !account_is_pop(&settings_find(settings, account)->account))
            continue;
        error_state(err, ERROR_CONFIG, "a POP account has no mailboxes to choose from: %s", name);
        error_hint(err, "Name the account alone: golub sync %s", account);
        return false;
    }
    return true;
}

/* With --push nothing comes down, and nothing else is what an import does. Who named the account is told in any case. */
static void
skip_imports(struct jobs *pop, const struct options *options, struct report *report)
{
    static const char why[] = "not imported: with --push nothing comes down";

    for (size_t i = 0; i < pop->count; i++) {
        const char *account = pop->list[i].account.name;

        if (options->name_count > 0)
            report_line(report, account, "note", "%s", why);
        else
            report_note(report, account, "%s", why);
        report_account_end(report, account, 0);
    }
}

static int
run_all(struct jobs *jobs, const struct options *options, struct report *report)
{
    struct jobs pop = {jobs->list, jobs_pop_first(jobs)};
    struct jobs others = {jobs->list + pop.count, jobs->count - pop.count};
    int status = 0;

    if (options->push)
        skip_imports(&pop, options, report);
    else if (pop.count > 0)
        status = jobs_run(&pop, job_import, true);
    if (others.count > 0)
        status = jobs_worse(status, jobs_run(&others, sync_one, true));
    return status;
}

int
cmd_sync(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct jobs jobs;
    int status = 2;

    if (jobs_choose(settings, options, report, &jobs, &err) && check_mailboxes(settings, options, &err) &&
        jobs_check_id(&jobs, options, "sync", &err))
        status = run_all(&jobs, options, report);
    else
        report_error(report, &err);
    jobs_free(&jobs);
    return status;
}
