/* A connection to a server of the test's own: what the tests of streams share. Included after cmocka.h. */
#ifndef TESTS_UNIT_STREAM_SCENE_H
#define TESTS_UNIT_STREAM_SCENE_H

#include <stdint.h>
#include <netdb.h>
#include <sys/resource.h>

#include "store/net/socket.h"
#include "store/net/stream.h"
#include "store/base/clock.h"
#include "store/net/wait.h"
#include "fake_server.h"

#define DAY 86400L

static inline struct connection
connection_to(const struct fake_server *server, const char *host, enum connection_scheme scheme)
{
    return (struct connection){.scheme = scheme, .host = host, .port = server->port, .timeout_s = 10};
}

static inline struct connection
plain_to(const struct fake_server *server)
{
    struct connection to = connection_to(server, "127.0.0.1", SCHEME_IMAP);

    to.tls = TLS_NONE;
    return to;
}

static inline struct connection
through(const char *tunnel)
{
    return (struct connection){.scheme = SCHEME_IMAP, .tls = TLS_NONE, .tunnel = tunnel, .timeout_s = 10};
}

/* Read until there are `size` bytes or the stream is at its end. */
static inline enum stream_result
read_all(struct stream *stream, char *to, size_t size, size_t *have, struct error *err)
{
    enum stream_result result = STREAM_DONE;
    size_t moved;

    for (*have = 0; *have < size; *have += moved) {
        result = stream_read(stream, to + *have, size - *have, &moved, err);
        if (result == STREAM_AGAIN && !stream_wait(stream, STREAM_WANT_READ, err))
            return STREAM_FAILED;
        if (result == STREAM_END || result == STREAM_FAILED)
            return result;
    }
    return STREAM_DONE;
}

static inline void
assert_reads(struct stream *stream, const char *expected)
{
    char got[256] = "";
    struct error err = {0};
    size_t have;

    if (read_all(stream, got, strlen(expected), &have, &err) != STREAM_DONE)
        fail_msg("%s: %s (have \"%s\")", err.what, err.answer, got);
    assert_string_equal(got, expected);
}

static inline struct error
assert_refused(const struct connection *to, enum error_kind kind)
{
    struct error err = {0};

    assert_null(stream_open(to, &err));
    assert_int_equal(err.kind, kind);
    return err;
}

#endif
