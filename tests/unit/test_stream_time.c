/* How long a stream waits, and what ends the wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/stream_scene.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_address_does_not_hold_up_the_next_one),
        cmocka_unit_test(a_name_that_is_none_ends_within_the_time_limit),
        cmocka_unit_test(silence_ends_with_the_time_limit),
        cmocka_unit_test(silence_in_a_handshake_ends_with_the_time_limit),
        cmocka_unit_test(a_wish_to_stop_is_heard_while_waiting),
        cmocka_unit_test(waiting_does_not_spin_on_half_a_tls_record),
        cmocka_unit_test(a_greeting_that_came_along_with_the_handshake_is_not_waited_for),
        cmocka_unit_test(a_tunnel_that_does_not_leave_is_ended_with_all_it_started),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
