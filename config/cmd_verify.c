/* golub verify: both sides of an account against its journal; one account after the other, so that each is a paragraph. */
#include "config/jobs.h"
#include "sync/account.h"
#include "sync/report/report.h"

static int
verify_one(struct job *job)
{
    const struct options *options = job->options;
    const struct verify_options verify = {.bytes = options->bytes,
                                          .server = options->server,
                                          .all = options->name_count == 0,
                                          .part = options->part,
                                          .parts = options->parts};
    struct sync_options how = job_options(job);

    how.verify = &verify;
    return account_verify(&job->account, &how, job->report);
}

/* What an import brought has left the journal's hands: where the files go is nobody's fault. */
static bool
leave_out_pop(const struct options *options, struct jobs *jobs, struct jobs *others, struct error *err)
{
    const size_t pop = jobs_pop_first(jobs);

    *others = (struct jobs){jobs->list + pop, jobs->count - pop};
    if (pop > 0 && options->name_count > 0) {
        error_state(err, ERROR_CONFIG,
                    "account \"%s\" is a POP one: it goes one way, and its two sides need not be equal",
                    jobs->list[0].account.name);
        error_hint(err, "Name IMAP accounts: golub verify ACCOUNT");
        return false;
    }
    for (size_t i = 0; i < pop; i++)
        report_line(jobs->list[i].report, jobs->list[i].account.name, "left-out",
                    "a POP account goes one way: there are no two sides to compare");
    return true;
}

int
cmd_verify(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct jobs jobs, others;
    int status = 2;

    if (jobs_choose(settings, options, report, &jobs, &err) && leave_out_pop(options, &jobs, &others, &err))
        status = others.count == 0 ? 0 : jobs_run(&others, verify_one, false);
    else
        report_error(report, &err);
    jobs_free(&jobs);
    return status;
}
