/* See after.h. One command at a time for an account: a lock of its own, which dies with the process that holds it. */
#include "sync/after/after.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "store/base/child.h"
#include "store/base/clock.h"
#include "sync/base/state.h"

#define LOCK_FILE "after-sync.lock"
#define WAIT_NS 100000000 /* between two looks at a lock that another golub has: a tenth of a second */
#define GRACE_MS 2000     /* between SIGTERM and SIGKILL */
#define VARIABLES 3
#define VARIABLE_ACCOUNT "GOLUB_ACCOUNT"
#define VARIABLE_CHANGES "GOLUB_CHANGES"

static bool
is_stopped(const struct sync_options *options)
{
    return options->stopped != NULL && options->stopped(options->stopped_context);
}

/* The command itself runs golub: it would wait for its own end. */
static bool
is_inside(const struct account *account)
{
    const char *inside = getenv(VARIABLE_ACCOUNT);

    return inside != NULL && strcmp(inside, account->name) == 0 && getenv(VARIABLE_CHANGES) != NULL;
}

void
after_begin(const struct account *account, const struct sync_options *options, struct report *report)
{
    if (account->after_sync != NULL && !options->dry_run && !is_inside(account))
        report_changes(report, account->name, account->state);
}

static void
say(const struct account *account, struct report *report, struct error *err)
{
    (void)text_print(err->account, sizeof err->account, "%s", account->name);
    error_hint(err, "The mail is not affected.");
    report_error(report, err);
}

/* @return the lock; -1: a signal came, or err says why not */
static int
take_turn(const struct account *account, const struct sync_options *options, struct error *err)
{
    const int64_t until = clock_ms() + AFTER_LIMIT_MS + GRACE_MS;
    char path[4096];
    int lock;

    if (!state_path(account, LOCK_FILE, path, sizeof path, err))
        return -1;
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) {
        error_sys(err, errno, "open the lock %s", path);
        return -1;
    }
    while (flock(lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        if (is_stopped(options) || clock_ms() >= until) {
            if (!is_stopped(options))
                error_state(err, ERROR_LOCAL, "after-sync was not run: that of another golub does not end");
            (void)close(lock);
            return -1;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
    }
    return lock; /* where files can't be locked there are two at a time, at worst */
}

/* What is wrong with what came of it, if anything. */
static void
judge(enum child_end end, int status, struct error *err)
{
    switch (end) {
    case CHILD_STOPPED: /* the user knows */
        break;
    case CHILD_LATE:
        error_state(err, ERROR_LOCAL, "after-sync did not end within %d minutes and was ended", AFTER_LIMIT_MS / 60000);
        break;
    case CHILD_LOST:
        error_sys(err, errno, "wait for after-sync");
        break;
    case CHILD_ENDED:
        if (WIFSIGNALED(status))
            error_state(err, ERROR_LOCAL, "after-sync was ended by signal %d", WTERMSIG(status));
        else if (WEXITSTATUS(status) != 0)
            error_state(err, ERROR_LOCAL, "after-sync ended with status %d", WEXITSTATUS(status));
    }
}

static char *
make_variable(const char *name, const char *value)
{
    const size_t size = strlen(name) + strlen(value) + 2;
    char *variable = malloc(size);

    if (variable != NULL)
        (void)text_print(variable, size, "%s=%s", name, value);
    return variable;
}

static void
run_command(const struct account *account, const struct sync_options *options, const struct report_changed *changed,
            struct error *err)
{
    const struct child_patience patience = {.limit_ms = AFTER_LIMIT_MS,
                                            .grace_ms = GRACE_MS,
                                            .ask = SIGTERM,
                                            .stopped = options->stopped,
                                            .stopped_context = options->stopped_context};
    char *variables[VARIABLES + 1] = {
        make_variable(VARIABLE_ACCOUNT, account->name),
        make_variable("GOLUB_MAILBOXES", changed->mailboxes != NULL ? changed->mailboxes : ""),
        make_variable(VARIABLE_CHANGES, changed->file != NULL ? changed->file : ""),
    };
    int failed = ENOMEM, status = 0;
    pid_t pid;

    if (variables[0] != NULL && variables[1] != NULL && variables[2] != NULL)
        failed = child_start(account->after_sync, CHILD_NOTHING, STDERR_FILENO, (const char *const *)variables, &pid);
    for (size_t i = 0; i < VARIABLES; i++)
        free(variables[i]);
    if (failed == 0) {
        const enum child_end end = child_wait(pid, &patience, &status);

        judge(end, status, err);
    } else
        error_sys(err, failed, "run after-sync");
}

void
after_run(const struct account *account, const struct sync_options *options, struct report *report)
{
    struct report_changed changed;
    struct error err = {0};
    int lock = -1;

    if (account->after_sync == NULL || is_inside(account))
        return;
    if (!report_changes_take(report, account->name, &changed, &err)) {
        say(account, report, &err);
        err = (struct error){0};
    }
    if (changed.any && !is_stopped(options))
        lock = take_turn(account, options, &err);
    if (lock >= 0) {
        run_command(account, options, &changed, &err);
        (void)close(lock);
    }
    if (err.kind != ERROR_NONE)
        say(account, report, &err);
    report_changed_drop(&changed);
}
