/*
 * Connecting: a small race over all addresses of a host, as RFC 8305 has it, because an address that is announced and
 * dead (IPv6 without a route is the usual one) must not cost its full time limit at every sync.
 */
#include "store/net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "store/base/clock.h"
#include "store/net/wait.h"

#define RACE_MAX 16       /* attempts that run at the same time; more addresses wait for one of them to fail */
#define HEAD_START_MS 250 /* before the next address is tried beside a silent one (RFC 8305 section 5) */

struct race {
    const struct connection *to;
    const struct addrinfo *next;
    struct pollfd fds[RACE_MAX];
    const struct addrinfo *address[RACE_MAX];
    nfds_t running;
    int64_t next_start, deadline; /* clock_ms */
    bool loopback_only;
    bool passed_over;   /* an address of another machine, because of loopback_only */
    char failures[400]; /* "192.0.2.1: Connection refused; ..." */
};

static bool
is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;

        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *in = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

        return IN6_IS_ADDR_LOOPBACK(in) || (IN6_IS_ADDR_V4MAPPED(in) && in->s6_addr[12] == 127);
    }
    return false;
}

static void
note_failure(struct race *race, const struct addrinfo *address, int number)
{
    const size_t used = strlen(race->failures);
    char where[64] = "?";

    (void)getnameinfo(address->ai_addr, address->ai_addrlen, where, sizeof where, NULL, 0, NI_NUMERICHOST);
    (void)text_print(race->failures + used, sizeof race->failures - used, "%s%s: %s", used > 0 ? "; " : "", where,
                     strerror(number)); /* cut where a host has very many dead addresses */
}

/* Start with the next address. @return its descriptor if it is connected already, else -1 */
static int
start_next(struct race *race)
{
    const struct addrinfo *address = race->next;
    int fd;

    race->next = address->ai_next;
    if (race->loopback_only && !is_loopback(address->ai_addr)) {
        race->passed_over = true;
        return -1;
    }
    fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) {
        note_failure(race, address, errno);
        return -1;
    }
    race->address[race->running] = address;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    if (errno != EINPROGRESS && errno != EINTR) { /* interrupted: goes on in the background, as POSIX says */
        note_failure(race, address, errno);
        (void)close(fd);
        return -1;
    }
    race->fds[race->running++] = (struct pollfd){.fd = fd, .events = POLLOUT};
    race->next_start = clock_ms() + HEAD_START_MS;
    race->deadline = clock_ms() + wait_limit(race->to);
    return -1;
}

/* After a poll: take the winner, drop the losers. @return -1: nobody has won yet */
static int
take_winner(struct race *race, const struct addrinfo **address)
{
    for (nfds_t i = 0; i < race->running;) {
        int number = 0;
        socklen_t len = sizeof number;
        const int fd = race->fds[i].fd;

        if (race->fds[i].revents == 0) {
            i++;
            continue;
        }
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &len) != 0)
            number = errno;
        *address = race->address[i];
        race->running--;
        race->fds[i] = race->fds[race->running];
        race->address[i] = race->address[race->running];
        if (number == 0)
            return fd;
        note_failure(race, *address, number);
        (void)close(fd);
    }
    return -1;
}

static void
report_loss(const struct race *race, const char *name, struct error *err)
{
    if (race->failures[0] == '\0' && race->running == 0 && race->passed_over) {
        error_state(err, ERROR_CONFIG, "plain text to %s, which is another machine", name);
        error_hint(err,
                   "Use imaps:// or leave `tls` at \"yes\"; allow-plaintext = true sends password and mail readably.");
        return;
    }
    error_set(err, ERROR_NETWORK, "connect to %s", name);
    if (race->failures[0] != '\0')
        error_answer(err, text_of(race->failures));
    else
        error_answer(err, TEXT("no answer"));
}

static int
run_race(struct race *race, const char *name, const struct addrinfo **address, struct error *err)
{
    for (;;) {
        const bool due = race->running == 0 || (race->running < RACE_MAX && clock_ms() >= race->next_start);
        int fd;

        if (race->next != NULL && due) {
            *address = race->next;
            fd = start_next(race);
            if (fd >= 0)
                return fd;
            continue;
        }
        if (race->running == 0)
            break;
        const bool more = race->next != NULL && race->running < RACE_MAX && race->next_start < race->deadline;

        switch (wait_for(race->to, race->fds, race->running, more ? race->next_start : race->deadline, err)) {
        case WAIT_FAILED:
            return -1;
        case WAIT_READY:
            fd = take_winner(race, address);
            if (fd >= 0)
                return fd;
            race->next_start = 0; /* one is out: the next may start at once */
            break;
        case WAIT_LATE:
            if (!more) {
                report_loss(race, name, err);
                return -1;
            }
            break;
        }
    }
    report_loss(race, name, err);
    return -1;
}

/* Failing to set one of these costs speed or notices a dead peer later, no more: not worth an error. */
static void
set_options(int fd, const struct connection *to)
{
    const int on = 1, idle_s = 60, between_s = 30, probes = 4;
    const unsigned limit_ms = (unsigned)wait_limit(to);

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between_s, sizeof between_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof limit_ms);
}

int
socket_connect(const struct connection *to, const char *name, const struct addrinfo *addresses, bool loopback_only,
               bool *loopback, struct error *err)
{
    struct race race = {.to = to, .next = addresses, .loopback_only = loopback_only};
    const struct addrinfo *address = NULL;

    const int fd = run_race(&race, name, &address, err);

    for (nfds_t i = 0; i < race.running; i++)
        (void)close(race.fds[i].fd); /* attempts that came too late: nothing was sent on them */
    if (fd < 0)
        return -1;
    set_options(fd, to);
    *loopback = is_loopback(address->ai_addr);
    return fd;
}
