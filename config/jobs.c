/* From names on the command line to accounts at work. A thread an account, where descriptors reach: one that waits or fails
 * holds up no other. */
#include "config/jobs.h"
#include "config/paths.h"
#include "store/base/descriptors.h"
#include "sync/report/report.h"

#include "config/signals.h"

#define STACK_SIZE (16 * 1024 * 1024) /* bytes; the prologue's parser recurses as deep as a server's answer is nested */

#define JOBS_AT_ONCE 8 /* accounts, where nobody said how many */

struct crew { /* threads that take one job after the other */
    struct jobs *jobs;
    int (*run)(struct job *job);
    pthread_mutex_t lock;
    size_t taken; /* under the lock */
};

int
jobs_worse(int a, int b)
{
    static const int order[] = {2, 4, 5, 1, 3, 6};

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (a == order[i] || b == order[i])
            return order[i];
    }
    return a != 0 || b != 0 ? 1 : 0;
}

/* An account of the configuration as a job: what the options say is worked into its connection and policy. */
static bool
fill_job(struct job *job, const struct configured *c, const struct options *options, struct report *report)
{
    const struct secret_settings secret = {
        .command = c->password_command, .refresh = c->refresh_command, .stopped = signals_stopped};
    struct error ignored = {0};

    *job = (struct job){
        .account = c->account,
        .secret = secret_new(&secret),
        .options = options,
        .report = report,
        .mailboxes = calloc(options->name_count + 1, sizeof job->mailboxes[0]),
    };
    if (!paths_expand("~", "/", &job->home, &ignored))
        job->home = NULL;
    if (!paths_state_home(&job->state_home, &ignored))
        job->state_home = NULL;
    job->account.connection.secret = secret_get;
    job->account.connection.refresh = c->refresh_command != NULL ? secret_refresh : NULL;
    job->account.connection.secret_context = job->secret;
    job->account.connection.stopped = signals_stopped;
    job->account.connection.wire_log = options->verbose;
    if (options->pull)
        job->account.policy.push = (struct direction){0};
    if (options->push)
        job->account.policy.pull = (struct direction){0};
    return job->secret != NULL && job->mailboxes != NULL;
}

static void
free_job(struct job *job)
{
    secret_free(job->secret);
    free(job->mailboxes);
    free(job->home);
    free(job->state_home);
}

/* Is the account named? Its mailboxes are collected, unless it is named as a whole, too. */
static bool
is_named(const struct options *options, struct job *job)
{
    bool named = options->name_count == 0, whole = named;
    size_t len = strlen(job->account.name);

    for (size_t i = 0; i < options->name_count; i++) {
        const char *name = options->names[i];

        if (strncmp(name, job->account.name, len) != 0 || (name[len] != '\0' && name[len] != '/'))
            continue;
        named = true;
        if (name[len] == '/')
            job->mailboxes[job->mailbox_count++] = name + len + 1;
        else
            whole = true;
    }
    if (whole)
        job->mailbox_count = 0;
    job->mailboxes[job->mailbox_count] = NULL;
    return named;
}

static bool
check_known(struct settings *settings, const struct options *options, struct error *err)
{
    for (size_t i = 0; i < options->name_count; i++) {
        size_t len = strcspn(options->names[i], "/");
        char name[64];

        if (text_copy((struct text){options->names[i], len}, name, sizeof name) &&
            settings_find(settings, name) != NULL)
            continue;
        error_state(err, ERROR_CONFIG, "unknown account: %.*s", (int)(len < 200 ? len : 200), options->names[i]);
        error_hint(err, "%s has: %s%s", settings->file, settings->accounts[0].account.name,
                   settings->count > 1 ? ", ..." : "");
        return false;
    }
    return true;
}

bool
jobs_choose(struct settings *settings, const struct options *options, struct report *report, struct jobs *jobs,
            struct error *err)
{
    *jobs = (struct jobs){0};
    if (!check_known(settings, options, err))
        return false;
    jobs->list = calloc(settings->count, sizeof jobs->list[0]);
    if (jobs->list == NULL)
        goto no_memory;
    for (size_t i = 0; i < settings->count; i++) {
        struct job *job = &jobs->list[jobs->count++]; /* counted at once: jobs_free takes a half-filled one */

        if (!fill_job(job, &settings->accounts[i], options, report))
            goto no_memory;
        if (is_named(options, job)) {
            if (account_is_pop(&job->account))
                report_import(report, job->account.name);
            continue;
        }
        jobs->count--;
        free_job(job);
    }
    return true;
no_memory:
    error_set(err, ERROR_LOCAL, "begin");
    error_answer(err, TEXT("out of memory"));
    return false;
}

size_t
jobs_pop_first(struct jobs *jobs)
{
    size_t count = 0;

    for (size_t i = 0; i < jobs->count; i++) {
        const struct job job = jobs->list[i];

        if (!account_is_pop(&job.account))
            continue;
        memmove(&jobs->list[count + 1], &jobs->list[count], (i - count) * sizeof jobs->list[0]);
        jobs->list[count++] = job;
    }
    return count;
}

bool
jobs_check_id(const struct jobs *jobs, const struct options *options, const char *command, struct error *err)
{
    if (jobs->count > 1 && options->additions_id != NULL) {
        error_state(err, ERROR_CONFIG, "the list %s belongs to one account", options->additions_id);
        error_hint(err, "Name it: golub sync --%s-additions=%s ACCOUNT",
                   options->confirm_additions ? "confirm" : "reject", options->additions_id);
        return false;
    }
    if (options->deletes_id == NULL || jobs->count <= 1)
        return true;
    error_state(err, ERROR_CONFIG, "the list %s belongs to one account", options->deletes_id);
    error_hint(err, "Name it: golub %s --%s-deletes=%s ACCOUNT", command, options->reject ? "reject" : "confirm",
               options->deletes_id);
    return false;
}

struct sync_options
job_options(const struct job *job)
{
    return (struct sync_options){
        .dry_run = job->options->dry_run,
        .wait_for_lock = job->options->wait,
        .wait_s = job->options->wait_s,
        .one_way = job->options->pull || job->options->push,
        .confirm = job->options->confirm,
        .reject = job->options->reject,
        .deletes_id = job->options->deletes_id,
        .confirm_additions = job->options->confirm_additions,
        .reject_additions = job->options->reject_additions,
        .additions_id = job->options->additions_id,
        .mailboxes = job->mailbox_count > 0 ? job->mailboxes : NULL,
        .stopped = signals_stopped,
        .descriptors = job->descriptors,
        .skip_existing = job->options->skip_existing,
        .adopt_list = job->options->adopt,
        .adopt_as = job->options->adopt_as,
        .home = job->home,
        .state_home = job->state_home,
    };
}

static void *
work(void *context)
{
    struct crew *crew = context;

    for (;;) {
        struct job *job = NULL;

        pthread_mutex_lock(&crew->lock);
        if (crew->taken < crew->jobs->count)
            job = &crew->jobs->list[crew->taken++];
        pthread_mutex_unlock(&crew->lock);
        if (job == NULL)
            return NULL;
        job->status = crew->run(job);
    }
}

/* @return 0 or an errno */
static int
start_thread(struct crew *crew, pthread_t *thread)
{
    pthread_attr_t attributes;
    int failed = pthread_attr_init(&attributes);

    if (failed == 0) {
        failed = pthread_attr_setstacksize(&attributes, STACK_SIZE);
        if (failed == 0)
            failed = pthread_create(thread, &attributes, work, crew);
        pthread_attr_destroy(&attributes);
    }
    return failed;
}

/* Not one thread: nothing was done. */
static void
say_not_started(struct jobs *jobs, int number)
{
    for (size_t i = 0; i < jobs->count; i++) {
        struct error err = {0};

        error_sys(&err, number, "start a thread");
        (void)text_print(err.account, sizeof err.account, "%s", jobs->list[i].account.name);
        report_error(jobs->list[i].report, &err);
        jobs->list[i].status = 1;
    }
}

int
jobs_run(struct jobs *jobs, int (*run)(struct job *job), bool at_once)
{
    struct crew crew = {.jobs = jobs, .run = run, .lock = PTHREAD_MUTEX_INITIALIZER};
    const size_t wanted = jobs->list[0].options->jobs != 0 ? jobs->list[0].options->jobs : JOBS_AT_ONCE;
    const size_t most = at_once ? descriptors_at_once(jobs->count < wanted ? jobs->count : wanted) : 1;
    pthread_t *threads = calloc(most, sizeof threads[0]);
    struct error err = {0};
    size_t started = 0;
    int status = 0, failed = 0;

    if (threads == NULL) {
        error_set(&err, ERROR_LOCAL, "get memory");
        report_error(jobs->list[0].report, &err);
        return error_status(err.kind);
    }
    for (size_t i = 0; i < jobs->count; i++)
        jobs->list[i].descriptors = descriptors_share(most);
    while (started < most && (failed = start_thread(&crew, &threads[started])) == 0)
        started++;
    if (started == 0)
        say_not_started(jobs, failed);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < jobs->count; i++) {
        report_account_end(jobs->list[i].report, jobs->list[i].account.name, jobs->list[i].status);
        status = jobs_worse(status, jobs->list[i].status);
    }
    free(threads);
    return status;
}

void
jobs_free(struct jobs *jobs)
{
    if (jobs == NULL)
        return;
    for (size_t i = 0; i < jobs->count; i++)
        free_job(&jobs->list[i]);
    free(jobs->list);
    *jobs = (struct jobs){0};
}
