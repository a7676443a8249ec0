/*
 * The line between a client and a server, for measuring: adds latency and counts turns and bytes, on plain text.
 *
 *     relay TARGET DELAY_MS [LOG]      prints "ready PORT", then obeys lines on standard input until its end:
 *         reset                        counts begin anew
 *         stats                        prints {"conns":…,"turns":…,"up":…,"down":…}
 *
 * A turn: the client speaks after the server spoke, LOGOUT included; judged as the bytes reach the relay, before the delay, so
 * both ends of a full pipe that talk at once count as turns, too. tests/rig/proxy.py counts the same way; this one is for
 * hundreds of megabytes: what waits is never copied, and reading goes on while bytes wait for their time.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (256 * 1024)             /* read at once, as tests/rig/proxy.py does */
#define WAITING_MAX (64 * 1024 * 1024) /* bytes of one way that may wait for their time; then the sender waits */
#define LINKS_MAX 64

struct chunk {
    struct chunk *next;
    int64_t due; /* nanoseconds, monotonic */
    size_t len, at;
    char bytes[];
};

enum way { UP, DOWN };

struct pipe {
    struct chunk *first, **last;
    size_t waiting;
    bool ended, closed; /* nothing more to read; the end was passed on */
};

struct link { /* client and server of one connection; fd[UP] is read for what goes up */
    int fd[2];
    unsigned number;
    enum way last;
    struct pipe pipe[2];
};

static struct link links[LINKS_MAX];
static size_t links_len;
static struct {
    uint64_t conns, turns, bytes[2];
} stats;
static int64_t delay_ns;
static FILE *dialogue;
static char buffer[CHUNK];

static int64_t
now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
die(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in
loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void
prepare(int fd)
{
    int yes = 1;

    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        die("prepare a socket");
}

static void
accept_link(int listener, int target)
{
    struct sockaddr_in to = loopback(target);
    int client = accept(listener, NULL, NULL), server;
    struct link *link = &links[links_len];

    if (client < 0)
        return;
    server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (links_len == LINKS_MAX || server < 0 || connect(server, (struct sockaddr *)&to, sizeof to) != 0) {
        (void)close(client); /* the client is told by the end of the stream */
        (void)close(server);
        return;
    }
    prepare(client);
    prepare(server);
    *link = (struct link){.fd = {client, server}, .number = (unsigned)++stats.conns};
    for (enum way way = UP; way <= DOWN; way++)
        link->pipe[way].last = &link->pipe[way].first;
    links_len++;
}

static void
note(const struct link *link, enum way way, size_t len)
{
    stats.turns += way == UP && link->last == DOWN;
    stats.bytes[way] += len;
    if (dialogue == NULL)
        return;
    fprintf(dialogue, "\n--- %.4f %u %s %zu bytes\n", (double)now_ns() / 1e9, link->number, way == UP ? "up" : "down",
            len);
    (void)fwrite(buffer, 1, len < 4000 ? len : 4000, dialogue);
    (void)fflush(dialogue);
}

/* Take what came and put it where it waits. */
static void
take(struct link *link, enum way way)
{
    struct pipe *pipe = &link->pipe[way];
    ssize_t len = read(link->fd[way], buffer, sizeof buffer);
    struct chunk *chunk;

    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        pipe->ended = true;
        return;
    }
    note(link, way, (size_t)len);
    link->last = way;
    chunk = malloc(sizeof *chunk + (size_t)len);
    if (chunk == NULL)
        die("get memory");
    *chunk = (struct chunk){.due = now_ns() + delay_ns, .len = (size_t)len};
    memcpy(chunk->bytes, buffer, (size_t)len);
    *pipe->last = chunk;
    pipe->last = &chunk->next;
    pipe->waiting += (size_t)len;
}

static void
drop_first(struct pipe *pipe)
{
    struct chunk *chunk = pipe->first;

    pipe->waiting -= chunk->len;
    pipe->first = chunk->next;
    if (pipe->first == NULL)
        pipe->last = &pipe->first;
    free(chunk);
}

/* Pass on what is due, as far as the socket takes it; after the last byte the end of the stream. */
static void
give(struct link *link, enum way way)
{
    struct pipe *pipe = &link->pipe[way];
    int to = link->fd[way == UP ? DOWN : UP];

    while (pipe->first != NULL && pipe->first->due <= now_ns()) {
        struct chunk *chunk = pipe->first;
        ssize_t len = send(to, chunk->bytes + chunk->at, chunk->len - chunk->at, MSG_NOSIGNAL);

        if (len < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (len < 0) { /* nobody listens any more */
            while (pipe->first != NULL)
                drop_first(pipe);
            pipe->ended = true;
            break;
        }
        chunk->at += (size_t)len;
        if (chunk->at == chunk->len)
            drop_first(pipe);
    }
    if (pipe->ended && pipe->first == NULL && !pipe->closed) {
        (void)shutdown(to, SHUT_WR); /* the other end may be gone already */
        pipe->closed = true;
    }
}

static void
drop_ended(void)
{
    for (size_t i = 0; i < links_len;) {
        if (!links[i].pipe[UP].closed || !links[i].pipe[DOWN].closed) {
            i++;
            continue;
        }
        (void)close(links[i].fd[UP]);
        (void)close(links[i].fd[DOWN]);
        links[i] = links[--links_len];
        for (enum way way = UP; way <= DOWN; way++) /* the list of the link that took the place ends in itself */
            if (links[i].pipe[way].first == NULL)
                links[i].pipe[way].last = &links[i].pipe[way].first;
    }
}

/* @return false: standard input ended */
static bool
obey(void)
{
    char line[64];
    ssize_t len = read(STDIN_FILENO, line, sizeof line - 1);

    if (len <= 0)
        return false;
    line[len] = '\0';
    if (strncmp(line, "reset", 5) == 0)
        memset(&stats, 0, sizeof stats);
    printf("{\"conns\":%llu,\"turns\":%llu,\"up\":%llu,\"down\":%llu}\n", (unsigned long long)stats.conns,
           (unsigned long long)stats.turns, (unsigned long long)stats.bytes[UP], (unsigned long long)stats.bytes[DOWN]);
    (void)fflush(stdout);
    return true;
}

/* What to wait for on each socket, and how long at most. @return nanoseconds, -1: for ever */
static int64_t
fill_polls(struct pollfd *polls)
{
    int64_t now = now_ns(), wait = -1;

    for (size_t i = 0; i < links_len; i++) {
        for (enum way way = UP; way <= DOWN; way++)
            polls[2 * i + way] = (struct pollfd){.fd = links[i].fd[way]};
        for (enum way way = UP; way <= DOWN; way++) {
            const struct pipe *pipe = &links[i].pipe[way];

            if (!pipe->ended && pipe->waiting < WAITING_MAX)
                polls[2 * i + way].events |= POLLIN;
            if (pipe->first == NULL)
                continue;
            if (pipe->first->due <= now)
                polls[2 * i + (way == UP ? DOWN : UP)].events |= POLLOUT;
            else if (wait < 0 || pipe->first->due - now < wait)
                wait = pipe->first->due - now;
        }
        for (enum way way = UP; way <= DOWN; way++)
            if (polls[2 * i + way].events == 0)
                polls[2 * i + way].fd = -1; /* a hang-up that is known already would wake us for ever */
    }
    return wait;
}

static void
serve(int listener, int target)
{
    struct pollfd polls[2 * LINKS_MAX + 2];

    for (;;) {
        int64_t wait = fill_polls(polls);
        size_t n = 2 * links_len;
        struct timespec timeout = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};

        polls[n] = (struct pollfd){.fd = listener, .events = POLLIN};
        polls[n + 1] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
        if (ppoll(polls, n + 2, wait < 0 ? NULL : &timeout, NULL) < 0 && errno != EINTR)
            die("poll");
        for (size_t i = 0; i < n / 2; i++) {
            for (enum way way = UP; way <= DOWN; way++)
                if (polls[2 * i + way].fd >= 0 && (polls[2 * i + way].revents & ~POLLOUT) != 0 &&
                    !links[i].pipe[way].ended)
                    take(&links[i], way);
            for (enum way way = UP; way <= DOWN; way++)
                give(&links[i], way);
        }
        if (polls[n].revents != 0)
            accept_link(listener, target);
        if (polls[n + 1].revents != 0 && !obey())
            return;
        drop_ended();
    }
}

int
main(int argc, char **argv)
{
    struct sockaddr_in here = loopback(0);
    socklen_t size = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (argc < 3) {
        fprintf(stderr, "usage: %s TARGET DELAY_MS [LOG]\n", argv[0]);
        return 2;
    }
    delay_ns = (int64_t)(strtod(argv[2], NULL) * 1e6);
    dialogue = argc > 3 ? fopen(argv[3], "w") : NULL;
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&here, &size) != 0)
        die("listen");
    printf("ready %d\n", ntohs(here.sin_port));
    (void)fflush(stdout);
    serve(listener, (int)strtol(argv[1], NULL, 10));
    return 0;
}
