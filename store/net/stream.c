/*
 * The public face of the room: one stream, whatever carries it. Plain bytes go through recv and send here, those of TLS
 * through tls.c; waiting is one poll for both directions, so that two full sockets are never a deadlock.
 */
#include "store/net/stream.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

#include "store/base/child.h"
#include "store/base/clock.h"
#include "store/net/deflate.h"
#include "store/net/resolve.h"
#include "store/net/socket.h"
#include "store/net/tls.h"
#include "store/net/tunnel.h"
#include "store/net/wait.h"

#define BRIEFLY_MS 3000
#define GREETING_MS 15000      /* a server that says nothing for so long may wait for TLS */
#define RATE_STEP (128 * 1024) /* bytes after which the clock is looked at */
#define RATE_STEPS 64
#define RATE_LEAST 4  /* steps that tell how fast a line is */
#define STEP_LIMITS 5 /* time limits that a whole step before login may take */

struct stream {
    const struct connection *to;
    char name[280]; /* a host name and a port */
    int fd;
    struct tunnel tunnel;
    bool loopback;
    struct tls *tls;         /* NULL: plain; also while the handshake runs */
    bool secure;             /* handshake done */
    struct deflate *deflate; /* NULL: nothing is compressed */
    bool said_silent;
    uint64_t up, down;
    uint64_t rate_from;          /* `down` when rate_at[0] was taken */
    int64_t rate_at[RATE_STEPS]; /* times of clock_ms, each RATE_STEP bytes after the one before */
    size_t rate_count;
};

/* imaps:// and pop3s:// */
static bool
begins_with_tls(const struct connection *to)
{
    return to->scheme == SCHEME_IMAPS || to->scheme == SCHEME_POP3S;
}

static bool
connect_socket(struct stream *stream, struct error *err)
{
    const struct connection *to = stream->to;
    const bool loopback_only = to->tls == TLS_NONE && !to->allow_plaintext;
    struct addrinfo *addresses;

    if (begins_with_tls(to) && to->tls == TLS_NONE) {
        const char *plain = to->scheme == SCHEME_IMAPS ? "imap" : "pop3";

        error_state(err, ERROR_CONFIG, "`server` is %ss://, but `tls` is \"none\"", plain);
        error_hint(err, "Use %s:// for plain text, or leave `tls` at \"yes\".", plain);
        return false;
    }
    addresses = resolve(to, err);
    if (addresses == NULL)
        return false;
    stream->fd = socket_connect(to, stream->name, addresses, loopback_only, &stream->loopback, err);
    freeaddrinfo(addresses);
    return stream->fd >= 0;
}

/* Connect, and begin TLS where nothing comes before it. */
static bool
open_line(struct stream *stream, struct error *err)
{
    const struct connection *to = stream->to;

    if (to->tunnel != NULL)
        stream->fd = tunnel_start(&stream->tunnel, to->tunnel, err);
    else if (!connect_socket(stream, err))
        return false;
    return stream->fd >= 0 && (!begins_with_tls(to) || to->tls == TLS_NONE || stream_start_tls(stream, err));
}

static void
close_line(struct stream *stream)
{
    tls_free(stream->tls);
    stream->tls = NULL;
    if (stream->fd >= 0)
        (void)close(stream->fd); /* what was not answered is not promised, so a failure says nothing new */
    stream->fd = -1;
    tunnel_end(&stream->tunnel);
    stream->tunnel = (struct tunnel){0};
}

struct stream *
stream_open(const struct connection *to, struct error *err)
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL) {
        error_set(err, ERROR_LOCAL, "connect: out of memory");
        return NULL;
    }
    stream->to = to;
    stream->fd = -1;
    if (to->tunnel != NULL)
        (void)text_print(stream->name, sizeof stream->name, "the tunnel");
    else
        (void)text_print(stream->name, sizeof stream->name, "%s:%u", to->host != NULL ? to->host : "",
                         (unsigned)to->port); /* a name that is cut here does not resolve either */
    if (open_line(stream, err))
        return stream;
    if (err->kind != ERROR_INTERRUPTED && stream_lost_by_ticket(stream)) {
        close_line(stream);
        *err = (struct error){0};
        if (open_line(stream, err))
            return stream;
    }
    stream_close(stream);
    return NULL;
}

/*
 * The line broke. Where a signal came as well, or comes with the one that ended the tunnel's command, it is no error of the line.
 */
static enum stream_result
judge_break(const struct stream *stream, enum stream_result result, struct error *err)
{
    const struct connection *to = stream->to;
    bool (*const signalled)(void *context) = to->signalled != NULL ? to->signalled : to->stopped;
    void *const context = to->signalled != NULL ? to->signalled_context : to->stopped_context;

    if (result == STREAM_DONE || result == STREAM_AGAIN || signalled == NULL)
        return result;
    if (stream->tunnel.shell > 0 ? !child_ends_with_us(signalled, context) : !signalled(context))
        return result;
    *err = (struct error){0};
    error_state(err, ERROR_INTERRUPTED, "stopped while the server was talking");
    return STREAM_FAILED;
}

bool
stream_start_tls(struct stream *stream, struct error *err)
{
    const int64_t since = clock_ms();

    stream->tls = tls_new(stream->to, stream->name, stream->fd, err);
    if (stream->tls == NULL)
        return false;
    for (;;) {
        switch (tls_handshake(stream->tls, err)) {
        case STREAM_DONE:
            stream->secure = true;
            return true;
        case STREAM_AGAIN:
            if (stream_wait_since(stream, STREAM_WANT_READ, since, err))
                break;
            if (err->kind == ERROR_INTERRUPTED)
                tls_was_stopped(stream->tls);
            return false;
        default:
            (void)judge_break(stream, STREAM_FAILED, err);
            if (err->kind == ERROR_INTERRUPTED)
                tls_was_stopped(stream->tls);
            return false;
        }
    }
}

bool
stream_lost_by_ticket(const struct stream *stream)
{
    return stream->tls != NULL && !stream->secure && tls_showed_ticket(stream->tls);
}

bool
stream_is_secure(const struct stream *stream)
{
    return stream->secure;
}

bool
stream_is_private(const struct stream *stream)
{
    return stream->secure || stream->loopback || stream->tunnel.shell > 0;
}

const char *
stream_name(const struct stream *stream)
{
    return stream->name;
}

void
stream_ended(const struct stream *stream, struct error *err)
{
    char words[128] = "the server closed the connection";

    if (stream->tunnel.shell > 0)
        tunnel_last_words(&stream->tunnel, words, sizeof words);
    error_set(err, ERROR_NETWORK, "read from %s", stream->name);
    error_answer(err, text_of(words));
}

static enum stream_result
fail(const struct stream *stream, const char *what, struct error *err)
{
    const int number = errno;

    error_sys(err, number, "%s %s", what, stream->name);
    err->kind = ERROR_NETWORK;
    return STREAM_FAILED;
}

static enum stream_result
read_plain(struct stream *stream, void *to, size_t size, size_t *moved, struct error *err)
{
    ssize_t got;

    do
        got = recv(stream->fd, to, size, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? STREAM_AGAIN : fail(stream, "read from", err);
    *moved = (size_t)got;
    return got > 0 ? STREAM_DONE : STREAM_END;
}

static enum stream_result
write_plain(struct stream *stream, const void *from, size_t len, size_t *moved, struct error *err)
{
    ssize_t sent;

    do
        sent = send(stream->fd, from, len, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? STREAM_AGAIN : fail(stream, "write to", err);
    *moved = (size_t)sent;
    return STREAM_DONE;
}

/* Asked at every step, not only where it waits: a server that never stops talking never lets it wait. */
static bool
is_stopped(const struct stream *stream, struct error *err)
{
    if (stream->to->stopped == NULL || !stream->to->stopped(stream->to->stopped_context))
        return false;
    error_state(err, ERROR_INTERRUPTED, "stopped while the server was talking");
    return true;
}

/* As the line carries them: TLS or plain. */
static enum stream_result
read_line(void *context, void *to, size_t size, size_t *moved, struct error *err)
{
    struct stream *stream = context;
    enum stream_result result;

    *moved = 0;
    result =
        stream->tls != NULL ? tls_read(stream->tls, to, size, moved, err) : read_plain(stream, to, size, moved, err);
    stream->down += *moved;
    if (*moved > 0 && stream->rate_count < RATE_STEPS &&
        stream->down - stream->rate_from >= stream->rate_count * (uint64_t)RATE_STEP)
        stream->rate_at[stream->rate_count++] = clock_ms();
    return result;
}

static enum stream_result
write_line(void *context, const void *from, size_t len, size_t *moved, struct error *err)
{
    struct stream *stream = context;
    enum stream_result result;

    *moved = 0;
    result = stream->tls != NULL ? tls_write(stream->tls, from, len, moved, err)
                                 : write_plain(stream, from, len, moved, err);
    stream->up += *moved;
    return result;
}

bool
stream_compress(struct stream *stream, const void *early, size_t len, struct error *err)
{
    const struct deflate_line line = {read_line, write_line, stream, stream->name};

    assert(stream->deflate == NULL);
    stream->deflate = deflate_new(&line, early, len);
    if (stream->deflate == NULL)
        error_set(err, ERROR_LOCAL, "compress what goes to %s: out of memory", stream->name);
    return stream->deflate != NULL;
}

bool
stream_is_damaged(const struct stream *stream)
{
    return stream->deflate != NULL && deflate_is_damaged(stream->deflate);
}

enum stream_result
stream_read(struct stream *stream, void *to, size_t size, size_t *moved, struct error *err)
{
    enum stream_result result;

    assert(size > 0); /* 0 would look like the end */
    *moved = 0;
    if (is_stopped(stream, err))
        return STREAM_FAILED;
    result = stream->deflate != NULL ? deflate_read(stream->deflate, to, size, moved, err)
                                     : read_line(stream, to, size, moved, err);
    return judge_break(stream, result, err);
}

enum stream_result
stream_write(struct stream *stream, const void *from, size_t len, size_t *moved, struct error *err)
{
    enum stream_result result;

    assert(len > 0);
    *moved = 0;
    if (is_stopped(stream, err))
        return STREAM_FAILED;
    result = stream->deflate != NULL ? deflate_write(stream->deflate, from, len, moved, err)
                                     : write_line(stream, from, len, moved, err);
    return judge_break(stream, result, err);
}

static enum wait_result
wait_until(struct stream *stream, unsigned want, int64_t until, struct error *err)
{
    struct pollfd fd = {.fd = stream->fd};

    if ((want & STREAM_WANT_READ) != 0 && stream_has_buffered(stream))
        return WAIT_READY;
    if ((want & STREAM_WANT_READ) != 0)
        fd.events |= stream->tls != NULL ? tls_events(stream->tls, STREAM_WANT_READ) : POLLIN;
    if ((want & STREAM_WANT_WRITE) != 0)
        fd.events |= stream->tls != NULL ? tls_events(stream->tls, STREAM_WANT_WRITE) : POLLOUT;
    return wait_for(stream->to, &fd, 1, until, err);
}

static bool
wait_or_fail(struct stream *stream, unsigned want, int64_t until, struct error *err)
{
    char words[64];

    switch (wait_until(stream, want, until, err)) {
    case WAIT_READY:
        return true; /* an error or a hang-up too: the next read or write says which */
    case WAIT_LATE:
        error_set(err, ERROR_NETWORK, "%s %s", (want & STREAM_WANT_WRITE) != 0 ? "write to" : "read from",
                  stream->name);
        (void)text_print(words, sizeof words, "nothing moved for %d seconds", (int)(wait_limit(stream->to) / 1000));
        error_answer(err, text_of(words));
        return false;
    case WAIT_FAILED:
        break;
    }
    return false;
}

enum stream_result
stream_wait_briefly(struct stream *stream, struct error *err)
{
    struct pollfd fd = {.fd = stream->fd,
                        .events = stream->tls != NULL ? tls_events(stream->tls, STREAM_WANT_READ) : POLLIN};
    const int64_t limit = wait_limit(stream->to) / 2;

    if (stream_has_buffered(stream))
        return STREAM_DONE;
    switch (wait_for(stream->to, &fd, 1, clock_ms() + (limit < BRIEFLY_MS ? limit : BRIEFLY_MS), err)) {
    case WAIT_READY:
        return STREAM_DONE;
    case WAIT_LATE:
        return STREAM_AGAIN;
    case WAIT_FAILED:
        break;
    }
    return STREAM_FAILED;
}

bool
stream_wait(struct stream *stream, unsigned want, struct error *err)
{
    return wait_or_fail(stream, want, clock_ms() + wait_limit(stream->to), err);
}

bool
stream_wait_until(struct stream *stream, unsigned want, int64_t until, struct error *err)
{
    switch (wait_until(stream, want, until, err)) {
    case WAIT_READY:
        return true;
    case WAIT_LATE:
        error_set(err, ERROR_NETWORK, "%s %s", (want & STREAM_WANT_WRITE) != 0 ? "write to" : "read from",
                  stream->name);
        error_answer(err, TEXT("no answer in time"));
        return false;
    case WAIT_FAILED:
        break;
    }
    return false;
}

int
stream_descriptor(const struct stream *stream)
{
    return stream->fd;
}

bool
stream_has_buffered(const struct stream *stream)
{
    return (stream->deflate != NULL && deflate_has_buffered(stream->deflate)) ||
           (stream->secure && tls_has_buffered(stream->tls));
}

bool
stream_wait_since(struct stream *stream, unsigned want, int64_t since, struct error *err)
{
    if (clock_ms() - since < STEP_LIMITS * wait_limit(stream->to))
        return stream_wait(stream, want, err);
    error_set(err, ERROR_NETWORK, "read from %s", stream->name);
    error_answer(err, TEXT("its answer comes too slowly"));
    return false;
}

bool
stream_wait_greeting(struct stream *stream, int64_t since, struct error *err)
{
    const struct connection *to = stream->to;
    const char *scheme = to->scheme == SCHEME_IMAP ? "imaps" : "pop3s";
    char words[128];
    bool ready;

    if (stream->said_silent || stream->tls != NULL || to->tunnel != NULL)
        return stream_wait_since(stream, STREAM_WANT_READ, since, err);
    if (wait_limit(to) > GREETING_MS) {
        switch (wait_until(stream, STREAM_WANT_READ, since + GREETING_MS, err)) {
        case WAIT_READY:
            return true;
        case WAIT_FAILED:
            return false;
        case WAIT_LATE:
            break;
        }
        stream->said_silent = true;
        (void)text_print(words, sizeof words, "%s has said nothing for %d seconds: does this port expect %s://?",
                         stream->name, GREETING_MS / 1000, scheme);
        if (to->said != NULL)
            to->said(to->said_context, words);
    }
    ready = wait_or_fail(stream, STREAM_WANT_READ, since + wait_limit(to), err);
    if (!ready && err->kind == ERROR_NETWORK)
        error_hint(err, "Does this port expect %s://?", scheme);
    return ready;
}

void
stream_counts(const struct stream *stream, uint64_t *up, uint64_t *down)
{
    *up = stream->up;
    *down = stream->down;
}

void
stream_rate_begin(struct stream *stream)
{
    stream->rate_from = stream->down;
    stream->rate_count = 0;
}

/* Of the second half: a line that is far away begins slowly. */
uint64_t
stream_rate(const struct stream *stream)
{
    const size_t last = stream->rate_count > 0 ? stream->rate_count - 1 : 0, half = last / 2;
    int64_t ms;

    if (last < RATE_LEAST)
        return 0;
    ms = stream->rate_at[last] - stream->rate_at[half];
    return (uint64_t)(last - half) * RATE_STEP * 1000 / (uint64_t)(ms > 0 ? ms : 1);
}

void
stream_close(struct stream *stream)
{
    if (stream == NULL)
        return;
    deflate_free(stream->deflate);
    close_line(stream);
    free(stream);
}
