/*
 * The tunnel command gets one socket as standard input and output. A socket pair and no pipes: one descriptor for both
 * directions, and writing to a command that is gone is an error, not a SIGPIPE.
 */
#include "store/net/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "store/base/child.h"

#define PATIENCE_MS 1000 /* for leaving after end of input, and again after SIGTERM */
#define LOOK_MS 10

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
        failed = child_start(command, ends[1], ends[1], NULL, &tunnel->shell);
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
