/*
 * The command runs in a process group of its own, so that all of it can be ended, with the standard error of golub (its
 * questions and complaints are for the user) and nothing to read. Only the first line counts, but the rest is read too:
 * a program that shows more than the password must not fail because nobody listens. A helper that stays behind and
 * holds the pipe open (an agent that was started along the way) is not waited for once the command itself has
 * ended. Of the refresh command's output nothing counts: it is read like the rest of a password command's.
 */
#include "config/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/base/child.h"
#include "store/base/clock.h"
#include "store/net/refusal.h"

#define TICK_MS 50     /* how often the end of the command and a signal are looked for */
#define LAST_TICK_MS 2 /* the same once the output has ended: the command is about to end, too */
#define TURN_S 1       /* how often a signal is looked for while another account's command runs */

struct area { /* memory that is neither swapped nor dumped */
    char *at;
    size_t size;
};

struct secret {
    struct secret_settings settings;
    struct area kept; /* NUL-terminated secret; .at NULL: none */
    int64_t kept_since;
};

struct run { /* one run of a command */
    const char *command;
    const char *what; /* for an error */
    bool kept;        /* its first line is the secret; otherwise nothing that it prints is of use */
    pid_t pid;
    int out;
    bool line_ended, pipe_ended, child_ended;
    int status; /* of waitpid */
    size_t len; /* bytes of the first line */
};

/* One command at a time over all accounts: two questions of a password manager at once confuse people. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

void
secret_harden(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none); /* lowering one's own limit is always allowed */
#ifndef __SANITIZE_ADDRESS__             /* the leak checker looks into its own process as a debugger does */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static bool
area_new(struct area *area, size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at == MAP_FAILED)
        return false;
    (void)mlock(at, size); /* the limit may be low; without it the secret may reach the swap space, no worse */
    (void)madvise(at, size, MADV_DONTDUMP);
    *area = (struct area){at, size};
    return true;
}

static void
area_free(struct area *area)
{
    if (area->at == NULL)
        return;
    explicit_bzero(area->at, area->size);
    (void)munmap(area->at, area->size);
    *area = (struct area){0};
}

static bool
refuse(const struct run *run, struct error *err, const char *answer, const char *hint)
{
    error_set(err, ERROR_LOGIN, "%s", run->what);
    error_answer(err, text_of(answer));
    error_hint(err, "%s", hint);
    err->code = run->kept ? REFUSAL_COMMAND : NULL;
    return false;
}

/* Neither the command nor the password is to blame. */
static bool
no_memory(const struct run *run, struct error *err)
{
    error_set(err, ERROR_LOCAL, "%s: out of memory", run->what);
    return false;
}

static bool
refuse_start(const struct run *run, struct error *err, int number)
{
    char words[128];

    return number == ENOMEM ? no_memory(run, err) : refuse(run, err, strerror_r(number, words, sizeof words), "");
}

static bool
is_stopped(const struct secret *secret)
{
    return secret->settings.stopped != NULL && secret->settings.stopped(secret->settings.stopped_context);
}

static bool
start_command(struct run *run, struct error *err)
{
    int ends[2], failed;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return refuse_start(run, err, errno);
    failed = child_start(run->command, CHILD_NOTHING, ends[1], NULL, &run->pid);
    close(ends[1]);
    if (failed == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0) {
        run->out = ends[0];
        return true;
    }
    failed = failed != 0 ? failed : errno;
    close(ends[0]);
    return refuse_start(run, err, failed);
}

/* Take what the pipe holds: the first line into the area, if it's wanted, what follows into nothing. @return false: too long */
static bool
take_output(struct run *run, struct area *area)
{
    for (;;) {
        const bool wanted = run->kept && !run->line_ended;
        char *to = wanted ? area->at + run->len : NULL;
        char rest[512];
        ssize_t got = !wanted ? read(run->out, rest, sizeof rest) : read(run->out, to, area->size - run->len);
        char *end;

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return true;
        if (got <= 0) {
            run->pipe_ended = true;
            return true;
        }
        if (!wanted) {
            explicit_bzero(rest, sizeof rest);
            continue;
        }
        end = memchr(to, '\n', (size_t)got);
        run->line_ended = end != NULL;
        run->len += end != NULL ? (size_t)(end - to) : (size_t)got;
        if (run->len > LIMIT_SECRET)
            return false;
    }
}

/* Has the command ended, or stopped to ask on the terminal? */
static void
look_for_end(struct run *run)
{
    pid_t seen = run->child_ended ? 0 : waitpid(run->pid, &run->status, WNOHANG | WUNTRACED);

    if (seen == run->pid || (seen < 0 && errno != EINTR))
        run->child_ended = true;
}

/* End the whole group if it is still there, and collect the command. */
static void
end_command(struct run *run)
{
    if (!run->child_ended || WIFSTOPPED(run->status)) {
        (void)kill(-run->pid, SIGKILL);
        while (waitpid(run->pid, &run->status, 0) < 0 && errno == EINTR)
            ;
    }
    close(run->out);
}

/* Read until the command has ended. @return false: err says why it was given up */
static bool
wait_for_line(const struct secret *secret, struct run *run, struct area *area, struct error *err)
{
    int64_t limit = secret->settings.limit_ms > 0 ? secret->settings.limit_ms : SECRET_LIMIT_MS;
    int64_t end = clock_ms() + limit;

    for (;;) {
        struct pollfd wait = {.fd = run->pipe_ended ? -1 : run->out, .events = POLLIN};

        look_for_end(run);
        if (!run->pipe_ended && !take_output(run, area))
            return refuse(run, err, "its first line is longer than 65536 bytes",
                          "It must print the password and nothing else.");
        if (run->child_ended)
            return true;
        if (is_stopped(secret)) {
            error_set(err, ERROR_INTERRUPTED, "%s", run->what);
            return false;
        }
        if (clock_ms() >= end) {
            char said[64];

            (void)text_print(said, sizeof said, "it did not end within %d seconds", (int)((limit + 999) / 1000));
            return refuse(run, err, said, "Does it wait for an answer? Run it by hand.");
        }
        (void)poll(&wait, 1, run->pipe_ended ? LAST_TICK_MS : TICK_MS); /* EINTR: a signal, looked at above */
    }
}

static bool
judge_run(const struct run *run, struct area *area, struct error *err)
{
    static const char by_hand[] = "What it said stands above; run it by hand to see.";
    char said[64];

    if (WIFSTOPPED(run->status))
        return refuse(run, err, "it was stopped because it wanted to use the terminal",
                      "Choose a command that asks in a window, or not at all.");
    if (WIFSIGNALED(run->status)) {
        (void)text_print(said, sizeof said, "it was ended by signal %d", WTERMSIG(run->status));
        return refuse(run, err, said, by_hand);
    }
    if (WEXITSTATUS(run->status) != 0) {
        (void)text_print(said, sizeof said, "it ended with status %d", WEXITSTATUS(run->status));
        return refuse(run, err, said, by_hand);
    }
    if (run->kept && memchr(area->at, '\0', run->len) != NULL)
        return refuse(run, err, "its first line holds a NUL byte", "");
    if (run->kept && run->len == 0)
        return refuse(run, err, "it printed nothing, or an empty first line", by_hand);
    return true;
}

/* @param area  NULL where nothing is kept. @return false: err says why */
static bool
run_command(const struct secret *secret, struct run *run, struct area *area, struct error *err)
{
    bool done;

    if (!start_command(run, err))
        return false;
    done = wait_for_line(secret, run, area, err);
    if (done && run->len > 0 && area->at[run->len - 1] == '\r')
        run->len--;
    done = done && judge_run(run, area, err);
    if (!done && err->kind == ERROR_LOGIN &&
        child_ends_with_us(secret->settings.stopped, secret->settings.stopped_context))
        error_set(err, ERROR_INTERRUPTED, "%s", run->what);
    end_command(run);
    return done;
}

static const char ask[] = "run the password command", refresh[] = "run the refresh command";

/* Run the command; what it printed becomes what is kept. */
static bool
ask_command(struct secret *secret, struct error *err)
{
    struct area area;
    struct run run = {.command = secret->settings.command, .what = ask, .kept = true};
    bool done;

    if (run.command == NULL)
        return refuse(&run, err, "the configuration has none",
                      "Add password-command to the account; see golub.conf(5).");
    if (!area_new(&area, LIMIT_SECRET + 2))
        return no_memory(&run, err);
    done = run_command(secret, &run, &area, err);
    if (done && !area_new(&secret->kept, run.len + 1))
        done = no_memory(&run, err);
    if (done)
        memcpy(secret->kept.at, area.at, run.len);
    area_free(&area);
    return done;
}

struct secret *
secret_new(const struct secret_settings *settings)
{
    struct secret *secret = calloc(1, sizeof *secret);

    if (secret == NULL)
        return NULL;
    secret->settings = *settings;
    if (secret->settings.now_ms == NULL)
        secret->settings.now_ms = clock_ms;
    return secret;
}

void
secret_stopped_by(struct secret *secret, bool (*stopped)(void *context), void *context)
{
    secret->settings.stopped = stopped;
    secret->settings.stopped_context = context;
}

/* Wait for the commands of other accounts, each of which has its time. @return false: a signal came */
static bool
take_turn(const struct secret *secret)
{
    struct timespec until;
    int failed;

    do {
        if (is_stopped(secret))
            return false;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += TURN_S;
        failed = pthread_mutex_clocklock(&one_at_a_time, CLOCK_MONOTONIC, &until);
    } while (failed == ETIMEDOUT);
    assert(failed == 0);
    return true;
}

bool
secret_get(void *context, bool again, char **text, struct error *err)
{
    struct secret *secret = context;
    char *copy = NULL;
    bool done = false;

    if (!take_turn(secret)) {
        error_set(err, ERROR_INTERRUPTED, "%s", ask);
        return false;
    }
    if (again || (secret->kept.at != NULL && secret->settings.now_ms() - secret->kept_since > SECRET_KEPT_MS))
        area_free(&secret->kept);
    if (secret->kept.at == NULL) {
        if (!ask_command(secret, err))
            goto out;
        secret->kept_since = secret->settings.now_ms();
    }
    copy = strdup(secret->kept.at);
    if (copy == NULL) {
        error_set(err, ERROR_LOCAL, "get memory");
        goto out;
    }
    *text = copy;
    done = true;
out:
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

bool
secret_refresh(void *context, struct error *err)
{
    struct secret *secret = context;
    struct run run = {.command = secret->settings.refresh, .what = refresh};
    bool done;

    if (run.command == NULL)
        return true;
    if (!take_turn(secret)) {
        error_set(err, ERROR_INTERRUPTED, "%s", refresh);
        return false;
    }
    done = run_command(secret, &run, NULL, err);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

void
secret_free(struct secret *secret)
{
    if (secret == NULL)
        return;
    area_free(&secret->kept);
    free(secret);
}
