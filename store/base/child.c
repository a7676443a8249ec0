/* See child.h. posix_spawn and no fork: other accounts' threads may hold any lock right now. */
#include "store/base/child.h"

#include "store/base/clock.h"
#include "store/base/descriptors.h"
#include "store/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 100     /* how often a signal is looked for */
#define TOGETHER_MS 200 /* between the first and the last process of a group that is sent a signal */

extern char **environ;

static int
set_attributes(posix_spawnattr_t *attributes)
{
    const short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none, all;
    int failed;

    sigemptyset(&none);
    sigfillset(&all);
    if ((failed = posix_spawnattr_setflags(attributes, flags)) != 0 ||
        (failed = posix_spawnattr_setpgroup(attributes, 0)) != 0 ||
        (failed = posix_spawnattr_setsigmask(attributes, &none)) != 0)
        return failed;
    return posix_spawnattr_setsigdefault(attributes, &all);
}

static int
set_files(posix_spawn_file_actions_t *files, int in, int out)
{
    int failed = in == CHILD_NOTHING ? posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
                                     : posix_spawn_file_actions_adddup2(files, in, STDIN_FILENO);

    return failed != 0 ? failed : posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
}

/* With the limit of open files that golub was started with: there are programs that close as many as they may have. */
static char *
script_of(const char *command)
{
    const size_t limit = descriptors_found(), size = strlen(command) + 64;
    char *script = malloc(size);

    if (script != NULL && limit != 0)
        (void)text_print(script, size, "ulimit -Sn %zu; %s", limit, command);
    else if (script != NULL)
        (void)text_print(script, size, "%s", command);
    return script;
}

static bool
is_named(const char *variable, const char *const *more)
{
    const size_t len = strcspn(variable, "=") + 1;

    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        if (strncmp(more[i], variable, len) == 0)
            return true;
    return false;
}

/* The strings stay those of their owners. @return NULL: out of memory */
static char **
environment_with(const char *const *more)
{
    size_t count = 0, kept = 0;
    char **all;

    for (size_t i = 0; environ[i] != NULL; i++)
        count++;
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        count++;
    all = calloc(count + 1, sizeof all[0]);
    if (all == NULL)
        return NULL;
    for (size_t i = 0; environ[i] != NULL; i++)
        if (!is_named(environ[i], more))
            all[kept++] = environ[i];
    for (size_t i = 0; more != NULL && more[i] != NULL; i++)
        all[kept++] = (char *)more[i];
    return all;
}

int
child_start(const char *command, int in, int out, const char *const *more, pid_t *pid)
{
    char *script = script_of(command);
    char **environment = environment_with(more);
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, script, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int failed = script != NULL && environment != NULL ? posix_spawn_file_actions_init(&files) : ENOMEM;

    if (failed != 0)
        goto out;
    failed = posix_spawnattr_init(&attributes);
    if (failed == 0) {
        if ((failed = set_attributes(&attributes)) == 0 && (failed = set_files(&files, in, out)) == 0)
            failed = posix_spawn(pid, "/bin/sh", &files, &attributes, argv, environment);
        (void)posix_spawnattr_destroy(&attributes); /* only frees */
    }
    (void)posix_spawn_file_actions_destroy(&files);
out:
    free(environment);
    free(script);
    return failed;
}

/* Until the command ended, or a moment is over. */
static void
wait_a_moment(int pidfd)
{
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};

    (void)poll(&wait, 1, pidfd >= 0 ? TICK_MS : TICK_MS / 10); /* EINTR: a signal, looked for by the caller */
}

/* Why the command is not waited for any longer; CHILD_ENDED: it is. */
static enum child_end
is_over(const struct child_patience *patience, int64_t begun)
{
    if (patience->stopped != NULL && patience->stopped(patience->stopped_context))
        return CHILD_STOPPED;
    return patience->limit_ms > 0 && clock_ms() - begun >= patience->limit_ms ? CHILD_LATE : CHILD_ENDED;
}

bool
child_ends_with_us(bool (*stopped)(void *context), void *context)
{
    const struct timespec pause = {.tv_nsec = TICK_MS / 20 * 1000000L};
    const int64_t until = clock_ms() + TOGETHER_MS;

    while (stopped != NULL) {
        if (stopped(context))
            return true;
        if (clock_ms() >= until)
            break;
        (void)nanosleep(&pause, NULL); /* woken early: just looks again */
    }
    return false;
}

/* A status of its own is its answer, whenever it comes; a shell says 128 + number where a signal ended its last command. */
static bool
ended_with_us(const struct child_patience *patience, int status)
{
    return (WIFSIGNALED(status) || WEXITSTATUS(status) > 128) &&
           child_ends_with_us(patience->stopped, patience->stopped_context);
}

enum child_end
child_wait(pid_t pid, const struct child_patience *patience, int *status)
{
    const int64_t begun = clock_ms();
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* a kernel without it: looked for more often */
    enum child_end over = CHILD_ENDED;
    int64_t killed_at = 0;
    bool killed = false;
    pid_t seen;

    while ((seen = waitpid(pid, status, WNOHANG)) != pid) {
        if (seen < 0 && errno != EINTR) {
            over = CHILD_LOST; /* SIGCHLD was ignored when golub was started */
            break;
        }
        if (over == CHILD_ENDED && (over = is_over(patience, begun)) != CHILD_ENDED) {
            killed_at = clock_ms() + patience->grace_ms;
            if (patience->ask != 0)
                (void)kill(-pid, patience->ask);
        }
        if (!killed && over != CHILD_ENDED && clock_ms() >= killed_at)
            killed = kill(-pid, SIGKILL) == 0;
        wait_a_moment(pidfd);
    }
    if (pidfd >= 0) {
        const int number = errno;

        (void)close(pidfd);
        errno = number;
    }
    if (over == CHILD_LOST || killed || (over != CHILD_ENDED && patience->ask != 0))
        return over;
    return ended_with_us(patience, *status) ? CHILD_STOPPED : CHILD_ENDED;
}
