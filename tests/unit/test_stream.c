/* Streams: sockets, TLS and its trust, tunnels, time limits. Everything on the loopback, certificates made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netdb.h>
#include <sys/resource.h>

#include "store/net/socket.h"
#include "store/net/stream.h"
#include "store/base/clock.h"
#include "store/net/wait.h"

#include "fake_server.h"

#define DAY 86400L

static struct connection
connection_to(const struct fake_server *server, const char *host, enum connection_scheme scheme)
{
    return (struct connection){.scheme = scheme, .host = host, .port = server->port, .timeout_s = 10};
}

static struct connection
plain_to(const struct fake_server *server)
{
    struct connection to = connection_to(server, "127.0.0.1", SCHEME_IMAP);

    to.tls = TLS_NONE;
    return to;
}

static struct connection
through(const char *tunnel)
{
    return (struct connection){.scheme = SCHEME_IMAP, .tls = TLS_NONE, .tunnel = tunnel, .timeout_s = 10};
}

/* Read until there are `size` bytes or the stream is at its end. */
static enum stream_result
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

static void
assert_reads(struct stream *stream, const char *expected)
{
    char got[256] = "";
    struct error err = {0};
    size_t have;

    if (read_all(stream, got, strlen(expected), &have, &err) != STREAM_DONE)
        fail_msg("%s: %s (have \"%s\")", err.what, err.answer, got);
    assert_string_equal(got, expected);
}

static void
assert_opens(const struct connection *to, const char *greeting)
{
    struct error err = {0};
    struct stream *stream = stream_open(to, &err);

    if (stream == NULL)
        fail_msg("%s: %s", err.what, err.answer);
    assert_reads(stream, greeting);
    stream_close(stream);
}

static struct error
assert_refused(const struct connection *to, enum error_kind kind)
{
    struct error err = {0};

    assert_null(stream_open(to, &err));
    assert_int_equal(err.kind, kind);
    return err;
}

static const char *const greet_by_tls[] = {"TLS", "S:* OK hello", NULL};

/* Trust */

static void
a_certificate_that_the_ca_file_holds_and_that_names_the_host_is_trusted(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;

    assert_opens(&to, "* OK hello\r\n");

    end_server(server);
    drop_certificate(&own);
}

static void
an_address_in_figures_is_found_in_the_certificate(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:mail.example,IP:127.0.0.1", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "127.0.0.1", SCHEME_IMAPS);
    to.ca_file = own.file;

    assert_opens(&to, "* OK hello\r\n");

    end_server(server);
    drop_certificate(&own);
}

static void
a_certificate_for_another_host_is_refused_and_its_names_are_told(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:other.example,IP:192.0.2.7", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.answer, "ostname mismatch");
    assert_has(err.answer, "other.example, 192.0.2.7");
    assert_null(strstr(err.hint, own.pin));
    end_server(server);
    drop_certificate(&own);
}

static void
an_expired_certificate_is_refused(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -3 * DAY, -DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.what, "verify the certificate of localhost:");
    assert_has(err.answer, "certificate has expired: it is for 20");
    assert_has(err.answer, "this machine's clock says 20");
    assert_null(strstr(err.hint, own.pin));
    end_server(server);
    drop_certificate(&own);
}

static void
a_self_signed_certificate_is_refused_and_its_pin_is_told(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.answer, "self-signed");
    assert_has(err.hint, own.pin);
    end_server(server);
    drop_certificate(&own);
}

static void
a_pin_alone_suffices(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:other.example", -3 * DAY, -DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    const char *const pins[] = {"00", own.pin, NULL};
    to.fingerprints = pins;

    assert_opens(&to, "* OK hello\r\n");

    end_server(server);
    drop_certificate(&own);
}

static void
a_pin_that_does_not_match_refuses_what_the_ca_vouches_for_and_tells_the_one_seen(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = given_server(&own, greet_by_tls);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    const char *const pins[] = {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", NULL};
    to.fingerprints = pins;
    to.ca_file = own.file;

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.answer, own.pin);
    assert_has(err.hint, own.pin);
    end_server(server);
    drop_certificate(&own);
}

static void
tls_before_1_2_is_refused(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = start_server(&own, greet_by_tls);
    SSL_CTX_set_min_proto_version(server->context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(server->context, TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(server->context, "ALL:@SECLEVEL=0");
    run(server);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.what, "open TLS to localhost:");
    end_server(server);
    drop_certificate(&own);
}

static int
accept_any_client(int verified, X509_STORE_CTX *store)
{
    (void)verified;
    (void)store;
    return 1;
}

static void
a_client_certificate_is_shown_to_the_server(void **state)
{
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = start_server(&own, greet_by_tls);
    SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any_client);
    run(server);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = to.client_cert = own.file;
    to.client_key = own.key;

    assert_opens(&to, "* OK hello\r\n");

    end_server(server);
    drop_certificate(&own);
}

static void
a_server_that_does_not_speak_tls_is_told_from_one_that_is_not_trusted(void **state)
{
    static const char *const script[] = {"S:* OK this is plain text, long enough for a record", "HANG", NULL};
    (void)state;
    struct fake_server *server = given_server(NULL, script);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.what, "open TLS to");
    assert_has(err.hint, "does not speak TLS");
    end_server(server);
}

static void
a_pem_file_that_cannot_be_read_is_an_error_of_the_configuration(void **state)
{
    static const char *const script[] = {"HANG", NULL};
    (void)state;
    struct fake_server *server = given_server(NULL, script);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = "/nonexistent/ca.pem";

    struct error err = assert_refused(&to, ERROR_CONFIG);

    assert_has(err.what, "/nonexistent/ca.pem");
    assert_string_equal(err.answer, "No such file or directory");
    end_server(server);
}

/* Plain text */

static void
plain_text_to_another_machine_is_refused_before_anything_is_sent(void **state)
{
    struct connection to = {.scheme = SCHEME_IMAP, .tls = TLS_NONE, .host = "192.0.2.1", .port = 143, .timeout_s = 5};
    (void)state;

    struct error err = assert_refused(&to, ERROR_CONFIG);

    assert_has(err.hint, "allow-plaintext");
}

static void
imaps_without_tls_is_refused(void **state)
{
    struct connection to = {.scheme = SCHEME_IMAPS, .tls = TLS_NONE, .host = "127.0.0.1", .port = 993, .timeout_s = 5};
    (void)state;

    (void)assert_refused(&to, ERROR_CONFIG);
}

/* Connecting */

static void
the_next_address_is_tried_where_one_refuses(void **state)
{
    static const char *const script[] = {"S:* OK second", NULL};
    (void)state;
    struct fake_server *server = given_server(NULL, script);
    struct fake_server *closed = start_server(NULL, script); /* its port is nobody else's, and nobody's after close */
    (void)close(closed->listener);
    struct sockaddr_in addresses[2] = {
        {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(closed->port)},
        {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(server->port)}};
    struct addrinfo list[2] = {
        {.ai_family = AF_INET,
         .ai_addr = (struct sockaddr *)&addresses[0],
         .ai_addrlen = sizeof addresses[0],
         .ai_next = &list[1]},
        {.ai_family = AF_INET, .ai_addr = (struct sockaddr *)&addresses[1], .ai_addrlen = sizeof addresses[1]}};
    struct connection to = plain_to(server);
    struct error err = {0};
    bool loopback = false;

    const int fd = socket_connect(&to, "test", list, true, &loopback, &err);

    assert_true(fd >= 0);
    assert_true(loopback);
    (void)close(fd);
    list[0].ai_next = NULL;
    assert_int_equal(socket_connect(&to, "test", list, true, &loopback, &err), -1);
    assert_int_equal(err.kind, ERROR_NETWORK);
    assert_string_equal(err.answer, "127.0.0.1: Connection refused");
    end_server(server);
    free(closed);
}

static void
a_silent_address_does_not_hold_up_the_next_one(void **state)
{
    static const char *const script[] = {"HANG", NULL};
    (void)state;
    struct fake_server *server = given_server(NULL, script);
    /* A listener whose queue is full lets a connection attempt hang, as a host behind a silent firewall does. */
    struct fake_server *full = start_server(NULL, script);
    assert_int_equal(listen(full->listener, 0), 0);
    struct sockaddr_in addresses[2] = {
        {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(full->port)},
        {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(server->port)}};
    int fillers[4];
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fillers[i], (struct sockaddr *)&addresses[0], sizeof addresses[0]);
    }
    struct addrinfo list[2] = {
        {.ai_family = AF_INET,
         .ai_addr = (struct sockaddr *)&addresses[0],
         .ai_addrlen = sizeof addresses[0],
         .ai_next = &list[1]},
        {.ai_family = AF_INET, .ai_addr = (struct sockaddr *)&addresses[1], .ai_addrlen = sizeof addresses[1]}};
    struct connection to = plain_to(server);
    struct error err = {0};
    struct sockaddr_in peer = {0};
    socklen_t len = sizeof peer;
    bool loopback;

    const int fd = socket_connect(&to, "test", list, true, &loopback, &err);

    assert_true(fd >= 0);
    assert_int_equal(getpeername(fd, (struct sockaddr *)&peer, &len), 0);
    assert_int_equal(ntohs(peer.sin_port), server->port);
    (void)close(fd);
    for (int i = 0; i < 4; i++)
        (void)close(fillers[i]);
    (void)close(full->listener);
    free(full);
    end_server(server);
}

static void
a_name_that_is_none_ends_within_the_time_limit(void **state)
{
    struct connection to = {.scheme = SCHEME_IMAPS, .host = "no-such-host.invalid", .port = 993, .timeout_s = 2};
    (void)state;
    const int64_t start = clock_ms();

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_true(clock_ms() - start < 5000);
    assert_has(err.what, "no-such-host.invalid");
    assert_true(err.answer[0] != '\0');
}

/* Waiting */

static bool
stop_at_the_second_question(void *context)
{
    int *asked = context;

    return ++*asked >= 2;
}

static void
silence_ends_with_the_time_limit(void **state)
{
    static const char *const script[] = {"HANG", NULL};
    (void)state;
    struct fake_server *server = given_server(NULL, script);
    struct connection to = plain_to(server);
    to.timeout_s = 1;
    struct error err = {0};
    struct stream *stream = stream_open(&to, &err);
    const int64_t start = clock_ms();

    assert_false(stream_wait(stream, STREAM_WANT_READ, &err));

    assert_int_equal(err.kind, ERROR_NETWORK);
    assert_string_equal(err.answer, "nothing moved for 1 seconds");
    assert_true(clock_ms() - start >= 900);
    stream_close(stream);
    end_server(server);
}

static void
silence_in_a_handshake_ends_with_the_time_limit(void **state)
{
    static const char *const script[] = {"HANG", NULL};
    (void)state;
    struct fake_server *server = given_server(NULL, script);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.timeout_s = 1;

    struct error err = assert_refused(&to, ERROR_NETWORK);

    assert_has(err.answer, "nothing moved");
    end_server(server);
}

static void
a_wish_to_stop_is_heard_while_waiting(void **state)
{
    static const char *const script[] = {"HANG", NULL};
    (void)state;
    struct fake_server *server = given_server(NULL, script);
    struct connection to = plain_to(server);
    int asked = -1; /* the connecting asks as well */
    to.stopped = stop_at_the_second_question;
    to.stopped_context = &asked;
    struct error err = {0};
    struct stream *stream = stream_open(&to, &err);
    assert_non_null(stream);

    assert_false(stream_wait(stream, STREAM_WANT_READ, &err));

    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    stream_close(stream);
    end_server(server);
}

/* Both directions */

static void
assert_moves_both_ways(const struct connection *to)
{
    static char block[65536];
    struct error err = {0};
    struct stream *stream = stream_open(to, &err);
    size_t up = 0, down = 0, moved;
    uint64_t counted_up, counted_down;

    assert_non_null(stream);
    while (up < BULK_SIZE || down < BULK_SIZE) {
        unsigned want = 0;

        if (up < BULK_SIZE) {
            const size_t left = BULK_SIZE - up < sizeof block ? BULK_SIZE - up : sizeof block;
            const enum stream_result result = stream_write(stream, block, left, &moved, &err);

            assert_true(result == STREAM_DONE || result == STREAM_AGAIN);
            up += moved;
            want |= up < BULK_SIZE ? STREAM_WANT_WRITE : 0;
        }
        if (down < BULK_SIZE) {
            const enum stream_result result = stream_read(stream, block, sizeof block, &moved, &err);

            assert_true(result == STREAM_DONE || result == STREAM_AGAIN);
            down += moved;
            want |= down < BULK_SIZE ? STREAM_WANT_READ : 0;
        }
        if (want != 0)
            assert_true(stream_wait(stream, want, &err));
    }
    stream_counts(stream, &counted_up, &counted_down);
    assert_int_equal(counted_up, BULK_SIZE);
    assert_int_equal(counted_down, BULK_SIZE);
    stream_close(stream);
}

static void
two_full_sockets_are_no_deadlock(void **state)
{
    static const char *const plain[] = {"BULK", NULL}, *const by_tls[] = {"TLS", "BULK", NULL};
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = given_server(NULL, plain);
    struct connection to = plain_to(server);

    assert_moves_both_ways(&to);

    end_server(server);
    server = given_server(&own, by_tls);
    to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;

    assert_moves_both_ways(&to);

    end_server(server);
    drop_certificate(&own);
}

static void
waiting_does_not_spin_on_half_a_tls_record(void **state)
{
    /* The head of a record and nothing of its body, after the handshake: bytes are there, but none to be read. */
    static const char *const script[] = {"TLS", "S:* OK hello", "HANG", NULL};
    struct certificate own;
    struct rusage before, after;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = given_server(&own, script);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;
    to.timeout_s = 1;
    struct error err = {0};
    struct stream *stream = stream_open(&to, &err);
    char bytes[64];
    size_t have;
    assert_reads(stream, "* OK hello\r\n");
    assert_int_equal(send(server->fd, "\x17\x03\x03\x01\x00half", 9, 0), 9);

    (void)getrusage(RUSAGE_THREAD, &before);
    assert_int_equal(read_all(stream, bytes, sizeof bytes, &have, &err), STREAM_FAILED);
    (void)getrusage(RUSAGE_THREAD, &after);

    assert_string_equal(err.answer, "nothing moved for 1 seconds");
    assert_true(after.ru_utime.tv_sec * 1000000 + after.ru_utime.tv_usec <
                before.ru_utime.tv_sec * 1000000 + before.ru_utime.tv_usec + 500000);
    stream_close(stream);
    end_server(server);
    drop_certificate(&own);
}

static void
a_greeting_that_came_along_with_the_handshake_is_not_waited_for(void **state)
{
    static const char *const script[] = {"CORK", "TLS", "S:* OK hello", "HANG", NULL};
    struct certificate own;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *server = start_server(&own, script);
    SSL_CTX_set_max_proto_version(server->context, TLS1_2_VERSION); /* there the server's Finished is the last word */
    run(server);
    struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
    to.ca_file = own.file;
    to.timeout_s = 2;
    struct error err = {0};
    struct stream *stream = stream_open(&to, &err);
    assert_non_null(stream);

    assert_true(stream_wait(stream, STREAM_WANT_READ, &err));

    assert_reads(stream, "* OK hello\r\n");
    stream_close(stream);
    end_server(server);
    drop_certificate(&own);
}

/* Endings */

static void
an_orderly_end_is_told_from_a_cut(void **state)
{
    static const char *const orderly[] = {"TLS", "S:x", NULL}, *const cut[] = {"TLS", "S:x", "CUT", NULL};
    struct certificate own;
    struct error err = {0};
    char bytes[64];
    size_t have;
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    for (int i = 0; i < 2; i++) {
        struct fake_server *server = given_server(&own, i == 0 ? orderly : cut);
        struct connection to = connection_to(server, "localhost", SCHEME_IMAPS);
        to.ca_file = own.file;
        struct stream *stream = stream_open(&to, &err);
        assert_non_null(stream);

        assert_int_equal(read_all(stream, bytes, sizeof bytes, &have, &err), i == 0 ? STREAM_END : STREAM_FAILED);

        assert_int_equal(have, 3);
        stream_close(stream);
        end_server(server);
    }
    assert_has(err.answer, "cut");
    drop_certificate(&own);
}

/* The default action of SIGPIPE would end this very program. */
static void
assert_writing_fails(struct stream *stream, struct error *err)
{
    char bytes[1024] = {0};
    enum stream_result result = STREAM_DONE;
    size_t moved;

    for (int i = 0; i < 1000 && result != STREAM_FAILED; i++) {
        result = stream_write(stream, bytes, sizeof bytes, &moved, err);
        if (result == STREAM_AGAIN && !stream_wait(stream, STREAM_WANT_WRITE, err))
            break;
        usleep(1000);
    }
    assert_int_equal(result, STREAM_FAILED);
    assert_int_equal(err->kind, ERROR_NETWORK);
}

static void
writing_to_a_peer_that_is_gone_is_an_error_and_no_signal(void **state)
{
    static const char *const plain[] = {"CUT", NULL}, *const by_tls[] = {"TLS", "CUT", NULL};
    struct certificate own;
    struct error err = {0};
    (void)state;
    given_certificate(&own, "DNS:localhost", -DAY, DAY);
    struct fake_server *servers[2] = {given_server(NULL, plain), given_server(&own, by_tls)};
    struct connection to[3] = {plain_to(servers[0]), connection_to(servers[1], "localhost", SCHEME_IMAPS),
                               through("exit 0")};
    to[1].ca_file = own.file;

    for (int i = 0; i < 3; i++) {
        struct stream *stream = stream_open(&to[i], &err);
        assert_non_null(stream);
        assert_writing_fails(stream, &err);
        stream_close(stream);
    }

    end_server(servers[0]);
    end_server(servers[1]);
    drop_certificate(&own);
}

/* Tunnels */

static void
a_tunnel_is_a_stream_through_a_command(void **state)
{
    struct connection to = through("echo hello; read line; echo \"you said $line\"");
    struct error err = {0};
    struct stream *stream = stream_open(&to, &err);
    size_t moved;
    (void)state;

    assert_reads(stream, "hello\n");
    assert_int_equal(stream_write(stream, "ping\n", 5, &moved, &err), STREAM_DONE);
    assert_reads(stream, "you said ping\n");

    assert_false(stream_is_secure(stream));
    assert_true(stream_is_private(stream));
    stream_close(stream);
}

static void
how_a_tunnel_ended_is_told(void **state)
{
    struct connection to = through("exit 7");
    struct error err = {0};
    struct stream *stream = stream_open(&to, &err);
    char byte;
    size_t have;
    (void)state;
    assert_int_equal(read_all(stream, &byte, 1, &have, &err), STREAM_END);

    stream_ended(stream, &err);

    assert_int_equal(err.kind, ERROR_NETWORK);
    assert_string_equal(err.answer, "the tunnel command ended with status 7");
    stream_close(stream);
}

static void
a_tunnel_that_does_not_leave_is_ended_with_all_it_started(void **state)
{
    struct connection to = through("trap '' TERM; sleep 100 & echo $!; sleep 100");
    struct error err = {0};
    struct stream *stream = stream_open(&to, &err);
    char line[32] = "", byte;
    size_t have;
    (void)state;
    for (size_t i = 0; i < sizeof line - 1; i++) {
        assert_int_equal(read_all(stream, &byte, 1, &have, &err), STREAM_DONE);
        if (byte == '\n')
            break;
        line[i] = byte;
    }
    const pid_t grandchild = (pid_t)strtol(line, NULL, 10);
    assert_true(grandchild > 1 && kill(grandchild, 0) == 0);

    stream_close(stream);

    /* An orphan's last moment is init's to reap: dead or a zombie is what counts. */
    char path[64], status[512] = "";
    text_print(path, sizeof path, "/proc/%d/stat", (int)grandchild);
    for (int i = 0; i < 100; i++) {
        FILE *file = fopen(path, "r");
        size_t got = file == NULL ? 0 : fread(status, 1, sizeof status - 1, file);

        if (file != NULL)
            (void)fclose(file);
        status[got] = '\0';
        if (file == NULL || strstr(status, ") Z") != NULL)
            return;
        usleep(10000);
    }
    fail_msg("it still runs: %s", status);
}

static void
tls_through_a_tunnel_needs_a_name_or_a_pin(void **state)
{
    struct connection to = through("cat");
    (void)state;
    to.scheme = SCHEME_IMAPS;
    to.tls = TLS_REQUIRED;

    struct error err = assert_refused(&to, ERROR_CONFIG);

    assert_has(err.what, "no host name");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_that_the_ca_file_holds_and_that_names_the_host_is_trusted),
        cmocka_unit_test(an_address_in_figures_is_found_in_the_certificate),
        cmocka_unit_test(a_certificate_for_another_host_is_refused_and_its_names_are_told),
        cmocka_unit_test(an_expired_certificate_is_refused),
        cmocka_unit_test(a_self_signed_certificate_is_refused_and_its_pin_is_told),
        cmocka_unit_test(a_pin_alone_suffices),
        cmocka_unit_test(a_pin_that_does_not_match_refuses_what_the_ca_vouches_for_and_tells_the_one_seen),
        cmocka_unit_test(tls_before_1_2_is_refused),
        cmocka_unit_test(a_client_certificate_is_shown_to_the_server),
        cmocka_unit_test(a_server_that_does_not_speak_tls_is_told_from_one_that_is_not_trusted),
        cmocka_unit_test(a_pem_file_that_cannot_be_read_is_an_error_of_the_configuration),
        cmocka_unit_test(plain_text_to_another_machine_is_refused_before_anything_is_sent),
        cmocka_unit_test(imaps_without_tls_is_refused),
        cmocka_unit_test(the_next_address_is_tried_where_one_refuses),
        cmocka_unit_test(a_silent_address_does_not_hold_up_the_next_one),
        cmocka_unit_test(a_name_that_is_none_ends_within_the_time_limit),
        cmocka_unit_test(silence_ends_with_the_time_limit),
        cmocka_unit_test(silence_in_a_handshake_ends_with_the_time_limit),
        cmocka_unit_test(a_wish_to_stop_is_heard_while_waiting),
        cmocka_unit_test(two_full_sockets_are_no_deadlock),
        cmocka_unit_test(waiting_does_not_spin_on_half_a_tls_record),
        cmocka_unit_test(a_greeting_that_came_along_with_the_handshake_is_not_waited_for),
        cmocka_unit_test(an_orderly_end_is_told_from_a_cut),
        cmocka_unit_test(writing_to_a_peer_that_is_gone_is_an_error_and_no_signal),
        cmocka_unit_test(a_tunnel_is_a_stream_through_a_command),
        cmocka_unit_test(how_a_tunnel_ended_is_told),
        cmocka_unit_test(a_tunnel_that_does_not_leave_is_ended_with_all_it_started),
        cmocka_unit_test(tls_through_a_tunnel_needs_a_name_or_a_pin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
