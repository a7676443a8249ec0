/*
 * golub watch: a thread for each account, until a signal. This thread tells the system's service manager that they live, and ends all of them
 * where none can go on without a person.
 */
#include "config/jobs.h"
#include "config/signals.h"
#include "store/base/clock.h"
#include "store/base/descriptors.h"
#include "sync/account.h"
#include "sync/report/report.h"
#include "sync/watch/service.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#define STACK_SIZE (1024 * 1024)

struct crew;
struct watching {
    struct crew *crew;
    struct job *job;
    pthread_t thread;
    int wake;
    atomic_uint asked;  /* how often somebody asked, as far as this account has heard */
    atomic_bool ready;  /* it watches, or has ended */
    atomic_bool turned; /* since the service manager was told last */
    atomic_int stands;  /* as in struct watcher; -1: not told yet */
    atomic_bool over;   /* its thread has ended */
    char words[256];    /* how it is watched; behind the crew's lock */
};

struct crew {
    struct service *service; /* NULL: nobody listens */
    struct watching *list;
    size_t count;
    int wake; /* of this thread */
    atomic_bool ending;
    atomic_size_t readied; /* so many are ready */
    pthread_mutex_t lock;
};

static void
wake(int fd)
{
    const uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);

    (void)written; /* it can be full only where it is awake already */
}

/* The manager is told when all of them watch; not when they are online, which can take hours. */
static void
it_is_ready(void *context)
{
    struct watching *watching = context;
    struct crew *crew = watching->crew;
    char words[64];

    if (atomic_exchange(&watching->ready, true) || atomic_fetch_add(&crew->readied, 1) + 1 < crew->count)
        return;
    (void)text_print(words, sizeof words, "watching %zu account%s", crew->count, crew->count == 1 ? "" : "s");
    service_ready(crew->service, words);
}

static bool
was_asked(void *context)
{
    struct watching *watching = context;
    const unsigned asked = signals_asked();

    return atomic_exchange(&watching->asked, asked) != asked;
}

static bool
was_stopped(void *context)
{
    struct watching *watching = context;

    atomic_store(&watching->turned, true); /* whoever asks this lives */
    return signals_stopped(NULL) || atomic_load(&watching->crew->ending);
}

static void
has_turned(void *context)
{
    struct watching *watching = context;

    atomic_store(&watching->turned, true);
}

/* Nobody can go on without a person: then all end, each with what it stands at. */
static bool
it_stands(void *context, int status)
{
    struct watching *watching = context;
    struct crew *crew = watching->crew;
    bool all = true;

    atomic_store(&watching->stands, status);
    for (size_t i = 0; i < crew->count; i++)
        all = all && (atomic_load(&crew->list[i].over) || atomic_load(&crew->list[i].stands) > 0);
    if (!all)
        return false;
    atomic_store(&crew->ending, true);
    for (size_t i = 0; i < crew->count; i++)
        wake(crew->list[i].wake);
    return true;
}

/* The service manager has one line for all of them. */
static void
it_said(void *context, const char *words)
{
    struct watching *watching = context;
    struct crew *crew = watching->crew;
    char line[1024] = "";

    pthread_mutex_lock(&crew->lock);
    (void)text_print(watching->words, sizeof watching->words, "%s", words);
    for (size_t i = 0; i < crew->count; i++) {
        const struct watching *at = &crew->list[i];
        const size_t used = strlen(line);

        if (at->words[0] != '\0')
            (void)text_print(line + used, sizeof line - used, "%s%s: %s", used != 0 ? "; " : "", at->job->account.name,
                             at->words);
    }
    service_status(crew->service, line);
    pthread_mutex_unlock(&crew->lock);
}

static void *
watch_one(void *context)
{
    struct watching *watching = context;
    struct job *job = watching->job;
    struct sync_options options = job_options(job);
    const int64_t each_ms = service_alive_ms(watching->crew->service);
    const struct watcher watcher = {.wake = watching->wake,
                                    .turn_ms = each_ms > 0 ? (int)(each_ms / 2) : 0,
                                    .ready = it_is_ready,
                                    .asked = was_asked,
                                    .turned = has_turned,
                                    .stands = it_stands,
                                    .said = it_said,
                                    .context = watching};
    int status;

    options.stopped = was_stopped;
    options.stopped_context = watching;
    job->account.connection.stopped = was_stopped;
    job->account.connection.stopped_context = watching;
    secret_stopped_by(job->secret, was_stopped, watching);
    report_quarantine(job->report, job->account.name, job->account.policy.quarantine_days);
    status = account_watch(&job->account, &options, &watcher, job->report);
    job->status = status == 0 && atomic_load(&watching->stands) > 0 && atomic_load(&watching->crew->ending)
                      ? atomic_load(&watching->stands)
                      : status;
    atomic_store(&watching->over, true);
    it_is_ready(watching);
    wake(watching->crew->wake);
    return NULL;
}

/* @return an errno, or 0 */
static int
start(struct watching *watching)
{
    pthread_attr_t attributes;
    int failed = pthread_attr_init(&attributes);

    if (failed != 0)
        return failed;
    failed = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (failed == 0)
        failed = pthread_create(&watching->thread, &attributes, watch_one, watching);
    pthread_attr_destroy(&attributes);
    return failed;
}

static bool
are_over(const struct crew *crew)
{
    for (size_t i = 0; i < crew->count; i++)
        if (!atomic_load(&crew->list[i].over))
            return false;
    return true;
}

/* Each loop has turned since this was asked last. */
static bool
live(struct crew *crew)
{
    bool all = true;

    for (size_t i = 0; i < crew->count; i++)
        all = (atomic_exchange(&crew->list[i].turned, false) || atomic_load(&crew->list[i].over)) && all;
    return all;
}

static void
stand_by(struct crew *crew)
{
    const int64_t each_ms = service_alive_ms(crew->service);
    int64_t next = clock_ms() + each_ms;
    bool stopping = false;

    while (!are_over(crew)) {
        struct pollfd fd = {.fd = crew->wake, .events = POLLIN};
        const int64_t left = next - clock_ms();
        uint64_t times;

        (void)poll(&fd, 1, each_ms <= 0 ? -1 : left < 0 ? 0 : (int)left);
        while (read(crew->wake, &times, sizeof times) > 0)
            ;
        if (!stopping && (signals_stopped(NULL) || atomic_load(&crew->ending))) {
            stopping = true;
            service_stopping(crew->service);
        }
        if (each_ms <= 0 || clock_ms() < next)
            continue;
        if (live(crew))
            service_alive(crew->service);
        next = clock_ms() + each_ms;
    }
    if (!stopping)
        service_stopping(crew->service);
}

static bool
make(struct crew *crew, struct jobs *jobs, struct error *err)
{
    crew->service = service_new();
    crew->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    crew->list = calloc(jobs->count, sizeof crew->list[0]);
    crew->count = crew->list != NULL ? jobs->count : 0;
    for (size_t i = 0; i < crew->count; i++) {
        struct watching *watching = &crew->list[i];

        *watching =
            (struct watching){.crew = crew, .job = &jobs->list[i], .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
        atomic_store(&watching->stands, -1);
        watching->job->descriptors = descriptors_share(jobs->count);
    }
    for (size_t i = 0; i < crew->count; i++)
        if (crew->list[i].wake < 0) {
            error_sys(err, EMFILE, "watch so many accounts");
            return false;
        }
    if (crew->list != NULL && crew->wake >= 0)
        return true;
    error_set(err, ERROR_LOCAL, "get memory");
    return false;
}

static int
watch_all(struct crew *crew, struct jobs *jobs, struct report *report)
{
    size_t started = 0;
    int status = 0, failed = 0;

    while (started < crew->count && (failed = start(&crew->list[started])) == 0)
        started++;
    for (size_t i = started; i < crew->count; i++) {
        struct error err = {0};

        error_sys(&err, failed, "start a thread");
        (void)text_print(err.account, sizeof err.account, "%s", jobs->list[i].account.name);
        report_error(report, &err);
        jobs->list[i].status = 1;
        atomic_store(&crew->list[i].over, true);
    }
    stand_by(crew);
    for (size_t i = 0; i < started; i++)
        pthread_join(crew->list[i].thread, NULL);
    for (size_t i = 0; i < jobs->count; i++) {
        report_account_end(report, jobs->list[i].account.name, jobs->list[i].status);
        status = jobs_worse(status, jobs->list[i].status);
    }
    return status;
}

static void
release(struct crew *crew)
{
    signals_wake(NULL, 0);
    for (size_t i = 0; i < crew->count; i++)
        (void)close(crew->list[i].wake);
    if (crew->wake >= 0)
        (void)close(crew->wake);
    free(crew->list);
    service_free(crew->service);
}

int
cmd_watch(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct crew crew = {.wake = -1, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct jobs jobs;
    int *wakes = NULL;
    int status = 2;

    if (!jobs_choose(settings, options, report, &jobs, &err) || !make(&crew, &jobs, &err)) {
        report_error(report, &err);
        status = error_status(err.kind);
        goto out;
    }
    wakes = calloc(crew.count + 1, sizeof wakes[0]);
    for (size_t i = 0; wakes != NULL && i < crew.count; i++)
        wakes[i] = crew.list[i].wake;
    if (wakes == NULL) {
        error_set(&err, ERROR_LOCAL, "get memory");
        report_error(report, &err);
        status = 1;
        goto out;
    }
    wakes[crew.count] = crew.wake;
    signals_wake(wakes, crew.count + 1);
    status = watch_all(&crew, &jobs, report);
out:
    release(&crew);
    free(wakes);
    jobs_free(&jobs);
    return status;
}
