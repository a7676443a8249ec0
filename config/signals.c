/* The handler touches nothing but one flag and a terminal: it may run in any thread, in the middle of anything. */
#include "config/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

static atomic_int caught;        /* number of the first signal; lock-free, so that a handler may use it */
static atomic_int terminal = -1; /* where it is said */

static _Atomic(const int *) woken; /* who waits for a signal */
static atomic_size_t woken_count;
static atomic_uint asked;

static void
die_of(int number)
{
    sigset_t set;
    struct sigaction action = {.sa_handler = SIG_DFL};

    sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL); /* can't fail for these numbers, and there is nobody to tell */
    sigemptyset(&set);
    sigaddset(&set, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(number);
}

/* Nothing but calls that a handler may make; a terminal that was stopped must not stop golub. */
static void
say_stopping(void)
{
    static const char text[] =
        "\nstopping; once more stops at once\n"; /* behind "^C", or the line that is drawn over */
    struct pollfd out = {.fd = atomic_load(&terminal), .events = POLLOUT};
    const int kept = errno;

    if (out.fd >= 0 && poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0 &&
        write(out.fd, text, sizeof text - 1) < 0)
        atomic_store(&terminal, -1); /* it is gone: there is nobody to tell */
    errno = kept;
}

/* A handler may do this: it writes. */
static void
wake_all(void)
{
    const int *fds = atomic_load(&woken);
    const size_t count = atomic_load(&woken_count);
    const uint64_t one = 1;
    const int kept = errno;

    for (size_t i = 0; fds != NULL && i < count; i++)
        if (write(fds[i], &one, sizeof one) < 0)
            continue; /* full: it is awake */
    errno = kept;
}

static void
catch_question(int number)
{
    (void)number;
    atomic_fetch_add(&asked, 1);
    wake_all();
}

void
signals_wake(const int *fds, size_t count)
{
    struct sigaction action = {.sa_handler = fds != NULL ? catch_question : SIG_DFL};

    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGUSR1, &action, NULL);
    atomic_store(&woken, NULL); /* never a count of one list beside another list */
    atomic_store(&woken_count, count);
    atomic_store(&woken, fds);
}

unsigned
signals_asked(void)
{
    return atomic_load(&asked);
}

static void
catch_signal(int number)
{
    int none = 0;

    if (!atomic_compare_exchange_strong(&caught, &none, number))
        die_of(number);
    wake_all();
    say_stopping();
}

void
signals_speak(bool text)
{
    atomic_store(&terminal, isatty(STDERR_FILENO) ? STDERR_FILENO : text && isatty(STDOUT_FILENO) ? STDOUT_FILENO : -1);
}

void
signals_install(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = catch_signal}, ignore = {.sa_handler = SIG_IGN},
                     usual = {.sa_handler = SIG_DFL}, old;

    /* No SA_RESTART: a wait that was interrupted looks at the flag at once. */
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigemptyset(&usual.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
            continue;
        (void)sigaction(numbers[i], &action, NULL);
    }
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* a limit on the size of files: the write says EFBIG */
    (void)sigaction(SIGCHLD, &usual,
                    NULL); /* ignored, as some starters leave it, the status of a command would be lost */
}

bool
signals_stopped(void *context)
{
    (void)context;
    return atomic_load(&caught) != 0;
}

int
signals_caught(void)
{
    return atomic_load(&caught);
}

void
signals_reraise(void)
{
    int number = atomic_load(&caught);

    if (number != 0)
        die_of(number);
}
