/*
 * The tunnel command gets one socket as standard input and output. A socket pair and no pipes: one descriptor for both
 * directions, and writing to a command that is gone is an error, not a SIGPIPE.
 */
#include "store/net/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define PATIENCE_MS 1000 /* for leaving after end of input, and again after SIGTERM */
#define LOOK_MS 10

extern char **environ;

/* Only the command's own mask, dispositions and group: nothing that we ignore or block is its business. */
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
        (failed = posix_spawnattr_setsigmask(attributes, &none)) != 0 ||
        (failed = posix_spawnattr_setsigdefault(attributes, &all)) != 0)
        return failed;
    return 0;
}

/* posix_spawn and no fork: other accounts' threads may hold any lock right now. @return 0 or an errno */
static int
spawn_shell(const char *command, int fd, pid_t *shell)
{
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)command, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed;

    failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed == 0) {
        if ((failed = set_attributes(&attributes)) == 0 &&
            (failed = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO)) == 0 &&
            (failed = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO)) == 0)
            failed = posix_spawn(shell, "/bin/sh", &actions, &attributes, argv, environ);
        (void)posix_spawnattr_destroy(&attributes); /* only frees */
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

int
tunnel_start(struct tunnel *tunnel, const char *command, struct error *err)
{
    int ends[2] = {-1, -1};
    int failed = 0;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        failed = errno;
    else if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) /* our end only: the command's stays as commands expect it */
        failed = errno;
    else
        failed = spawn_shell(command, ends[1], &tunnel->shell);
    if (ends[1] >= 0)
        (void)close(ends[1]);
    if (failed == 0)
        return ends[0];
    error_sys(err, failed, "start the tunnel command");
    err->kind = ERROR_NETWORK;
    if (ends[0] >= 0)
        (void)close(ends[0]);
    return -1;
}

/* Has the shell ended? It stays a zombie, so that its number can't become somebody else's process group. */
static bool
has_ended(pid_t shell, siginfo_t *how)
{
    memset(how, 0, sizeof *how);
    while (waitid(P_PID, (id_t)shell, how, WEXITED | WNOHANG | WNOWAIT) != 0)
        if (errno != EINTR)
            return true; /* ECHILD: we were started with SIGCHLD ignored, and it is gone */
    return how->si_pid == shell;
}

static bool
has_ended_within(pid_t shell, int limit_ms, siginfo_t *how)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};

    for (int waited = 0;; waited += LOOK_MS) {
        if (has_ended(shell, how))
            return true;
        if (waited >= limit_ms)
            return false;
        (void)nanosleep(&pause, NULL); /* woken early: just looks again */
    }
}

void
tunnel_last_words(const struct tunnel *tunnel, char *words, size_t size)
{
    siginfo_t how;

    /* The end of its output comes a moment before its exit. */
    if (!has_ended_within(tunnel->shell, 200, &how) || how.si_pid != tunnel->shell)
        (void)text_print(words, size, "the tunnel command closed its output");
    else if (how.si_code == CLD_EXITED)
        (void)text_print(words, size, "the tunnel command ended with status %d", how.si_status);
    else
        (void)text_print(words, size, "the tunnel command was ended by signal %d", how.si_status);
}

void
tunnel_end(struct tunnel *tunnel)
{
    const pid_t shell = tunnel->shell;
    siginfo_t how;

    if (shell <= 0)
        return;
    tunnel->shell = 0;
    if (!has_ended_within(shell, PATIENCE_MS, &how)) {
        (void)kill(-shell, SIGTERM);
        if (!has_ended_within(shell, PATIENCE_MS, &how)) {
            (void)kill(-shell, SIGKILL);
            (void)has_ended_within(shell, PATIENCE_MS, &how); /* one that is stuck in the kernel is left to init */
        }
    } else if (how.si_pid == shell) {
        (void)kill(-shell, SIGTERM); /* what the shell left behind in its group; usually nobody */
    }
    while (waitpid(shell, NULL, WNOHANG) < 0 && errno == EINTR)
        continue;
}
