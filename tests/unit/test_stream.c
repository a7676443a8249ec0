/* Streams: sockets, TLS and its trust, tunnels, time limits. Everything on the loopback, certificates made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/stream_scene.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_to_another_machine_is_refused_before_anything_is_sent),
        cmocka_unit_test(imaps_without_tls_is_refused),
        cmocka_unit_test(the_next_address_is_tried_where_one_refuses),
        cmocka_unit_test(two_full_sockets_are_no_deadlock),
        cmocka_unit_test(an_orderly_end_is_told_from_a_cut),
        cmocka_unit_test(writing_to_a_peer_that_is_gone_is_an_error_and_no_signal),
        cmocka_unit_test(a_tunnel_is_a_stream_through_a_command),
        cmocka_unit_test(how_a_tunnel_ended_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
