/*
 * A stream whose other side is the fuzzer's input, instead of store/net/stream.c. Reads come in pieces of a size that the input chooses,
 * writes go in pieces of that size, too, and every second one has to wait. What is written is shown to `on_write`, if there is one.
 *
 *     byte 0xfe   here the server stops until it is waited for      byte 0xff   here the line breaks
 */
#ifndef TESTS_FUZZ_FUZZ_STREAM_H
#define TESTS_FUZZ_FUZZ_STREAM_H

#include <assert.h>
#include <string.h>

#include "store/net/stream.h"

#define STOP 0xfe
#define BREAK 0xff

struct stream {
    bool secure;
};

static struct {
    const uint8_t *at;
    size_t left, piece;
    bool silent;  /* nothing more until somebody waits */
    bool full;    /* the next write waits first */
    bool failed;  /* only stream_close is allowed */
    bool private; /* what stream_is_private says of a plain stream */
    int opened;   /* and not closed */
    void (*on_write)(const struct stream *stream, const uint8_t *bytes, size_t len);
} wire;

/* @param piece  bytes that come or go at once; 0: all that there are */
static void
wire_begin(const uint8_t *data, size_t size, uint8_t piece)
{
    memset(&wire, 0, sizeof wire);
    wire.at = data;
    wire.left = size;
    wire.piece = piece == 0 ? SIZE_MAX : piece;
}

static enum stream_result
wire_breaks(struct error *err)
{
    wire.failed = true;
    error_set(err, ERROR_NETWORK, "talk to localhost");
    return STREAM_FAILED;
}

struct stream *
stream_open(const struct connection *to, struct error *err)
{
    struct stream *stream = calloc(1, sizeof *stream);

    (void)err;
    assert(stream != NULL);
    stream->secure = to->scheme == SCHEME_IMAPS || to->scheme == SCHEME_POP3S;
    wire.failed = false;
    wire.opened++;
    return stream;
}

bool
stream_start_tls(struct stream *stream, struct error *err)
{
    (void)err;
    assert(!stream->secure && !wire.failed);
    stream->secure = true;
    return true;
}

bool
stream_lost_by_ticket(const struct stream *stream)
{
    (void)stream;
    return false;
}

bool
stream_is_secure(const struct stream *stream)
{
    return stream != NULL && stream->secure;
}

bool
stream_is_private(const struct stream *stream)
{
    return stream->secure || wire.private;
}

const char *
stream_name(const struct stream *stream)
{
    (void)stream;
    return "localhost";
}

void
stream_ended(const struct stream *stream, struct error *err)
{
    error_set(err, ERROR_NETWORK, "read from %s", stream_name(stream));
}

enum stream_result
stream_read(struct stream *stream, void *to, size_t size, size_t *moved, struct error *err)
{
    size_t len = wire.left < wire.piece ? wire.left : wire.piece;
    size_t plain = 0;

    (void)stream;
    assert(!wire.failed && size > 0);
    if (wire.silent)
        return STREAM_AGAIN;
    if (len == 0)
        return STREAM_END;
    if (len > size)
        len = size;
    while (plain < len && wire.at[plain] < STOP)
        plain++;
    if (plain == 0) {
        const uint8_t what = *wire.at++;
        wire.left--;
        if (what == BREAK)
            return wire_breaks(err);
        wire.silent = true;
        return STREAM_AGAIN;
    }
    memcpy(to, wire.at, plain);
    wire.at += plain;
    wire.left -= plain;
    *moved = plain;
    return STREAM_DONE;
}

enum stream_result
stream_write(struct stream *stream, const void *from, size_t len, size_t *moved, struct error *err)
{
    (void)err;
    assert(!wire.failed && len > 0);
    wire.full = !wire.full && wire.piece != SIZE_MAX;
    if (wire.full)
        return STREAM_AGAIN;
    *moved = len < wire.piece ? len : wire.piece;
    if (wire.on_write != NULL)
        wire.on_write(stream, from, *moved);
    return STREAM_DONE;
}

bool
stream_wait(struct stream *stream, unsigned want, struct error *err)
{
    (void)stream;
    (void)want;
    (void)err;
    assert(!wire.failed);
    wire.silent = false;
    return true;
}

bool
stream_wait_until(struct stream *stream, unsigned want, int64_t until, struct error *err)
{
    (void)until;
    return stream_wait(stream, want, err);
}

int
stream_descriptor(const struct stream *stream)
{
    (void)stream;
    return -1;
}

bool
stream_has_buffered(const struct stream *stream)
{
    (void)stream;
    return !wire.silent && wire.left > 0;
}

enum stream_result
stream_wait_briefly(struct stream *stream, struct error *err)
{
    (void)stream;
    (void)err;
    return STREAM_AGAIN;
}

bool
stream_wait_greeting(struct stream *stream, int64_t since, struct error *err)
{
    (void)since;
    return stream_wait(stream, STREAM_WANT_READ, err);
}

bool
stream_wait_since(struct stream *stream, unsigned want, int64_t since, struct error *err)
{
    (void)since;
    return stream_wait(stream, want, err);
}

void
stream_counts(const struct stream *stream, uint64_t *up, uint64_t *down)
{
    (void)stream;
    *up = *down = 0;
}

bool
stream_compress(struct stream *stream, const void *early, size_t len, struct error *err)
{
    (void)stream;
    (void)early;
    (void)len;
    error_set(err, ERROR_NETWORK, "compress: nothing is agreed here");
    return false;
}

bool
stream_is_damaged(const struct stream *stream)
{
    (void)stream;
    return false;
}

void
stream_rate_begin(struct stream *stream)
{
    (void)stream;
}

uint64_t
stream_rate(const struct stream *stream)
{
    (void)stream;
    return 0;
}

void
stream_close(struct stream *stream)
{
    if (stream != NULL)
        wire.opened--;
    free(stream);
}

#endif
