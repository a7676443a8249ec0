/*
 * What a server, or somebody on the way to it, says from the greeting to the end of the login: IMAP and POP3. Besides memory errors this
 * looks at what a login promises: where TLS is required no secret and no name goes over a plain line in any form, whatever the other side
 * offers, refuses or injects; a failure has its kind; every stream is closed.
 *
 *     byte 0   scheme, tls, a private line, a tunnel      byte 1   mechanisms that the user named      byte 2   how many bytes come at once
 */
#include "tests/fuzz/fuzz_stream.h"

#include "store/imap/session.h"
#include "store/pop/session.h"
#include "tests/rig/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define USER "ana-who-logs-in"
#define SECRET "correct-horse-battery"

/* What may not stand on a plain line: name, secret, and their base64 by themselves and in PLAIN's message. Pieces of the coded ones, so
 * that it does not matter what they begin behind. */
static const char *const secrets[] = {
    USER,
    SECRET,
    "YW5hLXdoby1sb2dzLWlu",         /* base64 of the name */
    "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", /* and of the secret */
    "AGFuYS13aG8tbG9ncy1pbgBjb3Jy", /* of PLAIN's message */
    "29ycmVjdC1ob3JzZS1iYXR0ZXJ",   /* of the secret at other places of a group of three */
    "jb3JyZWN0LWhvcnNlLWJhdHRlcn",
};

static struct {
    char plain[4096]; /* what went over a plain line last: pieces are put together */
    size_t len;
    bool required;
} told;

static void
look_at_what_is_sent(const struct stream *stream, const uint8_t *bytes, size_t len)
{
    if (stream_is_secure(stream) || !told.required)
        return;
    if (len > sizeof told.plain - told.len)
        told.len = 0;
    if (len > sizeof told.plain)
        len = sizeof told.plain;
    memcpy(told.plain + told.len, bytes, len);
    told.len += len;
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        assert(memmem(told.plain, told.len, secrets[i], strlen(secrets[i])) == NULL);
}

static void
log_in_to_imap(const struct connection *to)
{
    struct error err = {0};
    struct session *session = session_open(to, NULL, &err);

    assert(session != NULL || err.kind != ERROR_NONE);
    assert(session == NULL || session->stream != NULL);
    session_close(session);
}

static void
log_in_to_pop(const struct connection *to)
{
    struct error err = {0};
    int again_s = 0;
    struct pop_session *session = pop_session_open(to, &again_s, &err);

    assert(session != NULL || err.kind != ERROR_NONE);
    assert(session == NULL || session->stream != NULL);
    assert(again_s >= 0);
    pop_session_close(session);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum connection_scheme schemes[] = {SCHEME_IMAP, SCHEME_IMAPS, SCHEME_POP3, SCHEME_POP3S};
    struct connection to = {
        .host = "localhost", .user = USER, .timeout_s = 1, .secret = tell_secret, .secret_context = (void *)SECRET};

    if (size < 3)
        return 0;
    to.scheme = schemes[data[0] & 3];
    to.tls = data[0] & 4 && (data[0] & 1) == 0 ? TLS_NONE : TLS_REQUIRED;
    to.tunnel = data[0] & 16 ? "a tunnel" : NULL;
    to.auth = data[1];
    memset(&told, 0, sizeof told);
    told.required = to.tls == TLS_REQUIRED && to.tunnel == NULL;
    wire_begin(data + 3, size - 3, data[2]);
    wire.private = data[0] & 8 || to.tunnel != NULL;
    wire.on_write = look_at_what_is_sent;
    if (to.scheme == SCHEME_IMAP || to.scheme == SCHEME_IMAPS)
        log_in_to_imap(&to);
    else
        log_in_to_pop(&to);
    assert(wire.opened == 0);
    return 0;
}
