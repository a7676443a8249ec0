/* Watching an account: its lock as a watcher, the runs of the loop (sync/watch/watch.h) on the real stores. */
#include "sync/account_private.h"
#include "sync/after/after.h"
#include "sync/base/watched.h"
#include "sync/watch/watch.h"

/* after-sync, beside the loop: what changes while the command is at work is told to the next one. */
struct hook {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started, due, over;
};

struct watching {
    struct hook hook;
    const struct account *account;
    const struct sync_options *options;
    struct report *report;
    const struct watcher *watcher;
};

static void *
run_hook(void *context)
{
    struct watching *watching = context;
    struct hook *hook = &watching->hook;

    pthread_mutex_lock(&hook->lock);
    while (!hook->over) {
        if (!hook->due) {
            pthread_cond_wait(&hook->wake, &hook->lock);
            continue;
        }
        hook->due = false;
        pthread_mutex_unlock(&hook->lock);
        after_run(watching->account, watching->options, watching->report);
        pthread_mutex_lock(&hook->lock);
    }
    pthread_mutex_unlock(&hook->lock);
    return NULL;
}

/* Where there is no thread for it the loop waits for the command. */
static void
begin_hook(struct watching *watching)
{
    struct hook *hook = &watching->hook;

    pthread_mutex_init(&hook->lock, NULL);
    pthread_cond_init(&hook->wake, NULL);
    hook->started =
        watching->account->after_sync != NULL && pthread_create(&hook->thread, NULL, run_hook, watching) == 0;
}

static void
call_hook(struct watching *watching)
{
    struct hook *hook = &watching->hook;

    if (!hook->started) {
        after_run(watching->account, watching->options, watching->report);
        return;
    }
    pthread_mutex_lock(&hook->lock);
    hook->due = true;
    pthread_cond_signal(&hook->wake);
    pthread_mutex_unlock(&hook->lock);
}

/* A command that is at work is ended by what stopped the watcher. */
static void
end_hook(struct watching *watching)
{
    struct hook *hook = &watching->hook;

    pthread_mutex_lock(&hook->lock);
    hook->over = true;
    pthread_cond_signal(&hook->wake);
    pthread_mutex_unlock(&hook->lock);
    if (hook->started)
        pthread_join(hook->thread, NULL);
    pthread_cond_destroy(&hook->wake);
    pthread_mutex_destroy(&hook->lock);
}

static void
it_is_ready(void *context)
{
    const struct watching *watching = context;

    watching->watcher->ready(watching->watcher->context);
}

static bool
was_asked(void *context)
{
    const struct watching *watching = context;

    return watching->watcher->asked(watching->watcher->context);
}

static bool
was_stopped(void *context)
{
    const struct watching *watching = context;

    return watching->options->stopped(watching->options->stopped_context);
}

static void
has_turned(void *context)
{
    const struct watching *watching = context;

    watching->watcher->turned(watching->watcher->context);
}

static bool
it_stands(void *context, int status)
{
    const struct watching *watching = context;

    return watching->watcher->stands(watching->watcher->context, status);
}

static void
it_said(void *context, const char *words)
{
    const struct watching *watching = context;

    watching->watcher->said(watching->watcher->context, words);
}

static void
session_begin(void *context)
{
    watch_began(context);
}

static void
session_end(void *context, struct journal *journal)
{
    watch_ended(context, journal);
}

/* As `golub sync` or `golub import` of this account, but that it waits as long as another golub is at work. */
static int
run_once(void *context, struct watch *watch, struct imap *imap)
{
    struct watching *watching = context;
    const struct account_session session = {.imap = imap, .begin = session_begin, .end = session_end, .context = watch};
    struct sync_options options = *watching->options;
    int status;

    options.wait_for_lock = true;
    options.session = &session;
    watch_names(watch, &options.named, &options.named_count);
    status = account_is_pop(watching->account) ? account_import(watching->account, &options, watching->report)
                                               : account_sync(watching->account, &options, watching->report);
    call_hook(watching);
    return status;
}

int
account_watch(const struct account *account, const struct sync_options *options, const struct watcher *watcher,
              struct report *report)
{
    struct watching watching = {.account = account, .options = options, .report = report, .watcher = watcher};
    struct watch_task task = {.account = account,
                              .report = report,
                              .run = run_once,
                              .ready = it_is_ready,
                              .asked = was_asked,
                              .stopped = was_stopped,
                              .turned = has_turned,
                              .stands = it_stands,
                              .said = it_said,
                              .context = &watching,
                              .wake = watcher->wake,
                              .turn_ms = watcher->turn_ms};
    struct account_line line;
    struct account_tree tree;
    struct error err = {0};
    int lock, status;

    lock = watched_begin(account, &err);
    if (lock < 0)
        return account_fail(account, report, &err);
    if (!account_is_pop(account)) {
        if (!account_tree(account, options, &tree, &err)) {
            (void)close(lock);
            return account_fail(account, report, &err);
        }
        account_line(account, options, report, &line);
        task.connection = &line.connection;
        task.tree = &tree.settings;
    }
    begin_hook(&watching);
    status = watch_account(&task);
    end_hook(&watching);
    (void)close(lock);
    return status;
}
