/*
 * A POP3 maildrop after login: every operation, against scripted servers and against one that has as much mail as asked
 * for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/pop_scene.h"

static bool
headers(struct fixture *fixture, size_t count, bool *supported)
{
    const struct maildrop_taker taker = {.context = fixture, .bytes = on_bytes, .end = on_end};

    return fixture->drop.ops->headers(fixture->drop.self, numbers, count, &taker, supported, &fixture->err);
}

/* RETR */

static void
bodies_arrive_byte_for_byte(void **state)
{
    static const char *const script[] = {PIPELINED,
                                         "C:RETR 1",
                                         "C:RETR 2",
                                         "C:RETR 3",
                                         "s:+OK 7 octets\r\n..\r\n..a\r\n\r\n..\r\n",
                                         "s:b\n.\nc\rd\r\n.\r",
                                         "s:\n+OK\r\n.\r\n+OK\r\nwithout\xff\r\n.\r\n",
                                         BYE,
                                         NULL};
    struct fixture *fixture = given(state, script);

    assert_true(retrieve(fixture, 3));

    assert_string_equal(fixture->told, ".\r\n.a\r\n\r\n.\r\nb\n.\nc\rd\r\n<1 done><2 done>without\xff\r\n<3 done>");
    assert_true(quit(fixture));
    end(fixture);
}

static void
a_refusal_in_the_middle_stops_nothing(void **state)
{
    static const char *const script[] = {
        PIPELINED, "C:RETR 1", "C:RETR 2", "C:RETR 3", "s:+OK\r\na\r\n.\r\n-ERR bad\x01 one\r\n-ERR\r\n", BYE, NULL};
    struct fixture *fixture = given(state, script);

    assert_true(retrieve(fixture, 3));

    assert_string_equal(fixture->told, "a\r\n<1 done><2 refused: bad\\x01 one><3 refused: -ERR>");
    assert_true(quit(fixture));
    end(fixture);
}

static void
a_message_that_stops_in_the_middle_has_no_end(void **state)
{
    static const char *const script[] = {PIPELINED, "C:RETR 1", "C:RETR 2", "s:+OK\r\na\r\n.\r\n+OK\r\nhalf\r\n.",
                                         "CUT",     NULL};
    struct fixture *fixture = given(state, script);

    assert_false(retrieve(fixture, 2));

    assert_int_equal(fixture->err.kind, ERROR_NETWORK);
    assert_string_equal(fixture->told, "a\r\n<1 done>half\r\n");
    assert_given_up(fixture);
    end(fixture);
}

static void
a_caller_that_gives_up_ends_the_session_with_its_own_words(void **state)
{
    static const char *const script[] = {PIPELINED, "C:RETR 1", "C:RETR 2", "s:+OK\r\na\r\n.\r\n+OK\r\nb\r\n.\r\n",
                                         "HANG",    NULL};
    struct fixture *fixture = given(state, script);
    fixture->give_up = 3;

    assert_false(retrieve(fixture, 2));

    assert_string_equal(fixture->err.what, "no space left");
    assert_string_equal(fixture->told, "a\r\n<1 done>b\r\n");
    assert_given_up(fixture);
    end(fixture);
}

static void
an_answer_that_is_neither_yes_nor_no_ends_the_session(void **state)
{
    static const char *const script[] = {PIPELINED, "C:RETR 1", "S:OK 3 octets", "HANG", NULL};
    static const char *const endless[] = {PIPELINED, "C:RETR 1", "s:+OK", "FLOOD", NULL};
    struct fixture *fixture = given(state, script);
    assert_false(retrieve(fixture, 1));
    assert_int_equal(fixture->err.kind, ERROR_SERVER);
    assert_given_up(fixture);
    end(fixture);
    fixture = given(state, endless);

    assert_false(retrieve(fixture, 1));

    assert_int_equal(fixture->err.kind, ERROR_SERVER);
    assert_has(fixture->err.what, "without end");
    end(fixture);
}

static void
what_a_server_says_unasked_is_no_answer(void **state)
{
    static const char *const before[] = {OLD, "C:STAT", "S:+OK 1 1", "S:-ERR idle for too long", "HANG", NULL};
    static const char *const behind[] = {OLD, "C:RETR 1", "s:-ERR no\r\n+OK and this\r\n", "HANG", NULL};
    struct fixture *fixture = given(state, before);
    uint64_t messages, bytes;
    if (fixture->drop.ops->stat(fixture->drop.self, &messages, &bytes, &fixture->err)) {
        usleep(100000); /* it did not come together with the answer: let it come */
        assert_false(remove_all(fixture, 1));
    }
    assert_string_equal(fixture->told, "");
    assert_int_equal(fixture->err.kind, ERROR_NETWORK);
    assert_has(fixture->err.answer, "idle for too long");
    assert_given_up(fixture);
    end(fixture);
    fixture = given(state, behind);

    (void)retrieve(fixture, 1);

    assert_string_equal(fixture->told, "<1 refused: no>");
    assert_given_up(fixture);
    end(fixture);
}

/* TOP */

static void
top_gives_the_header(void **state)
{
    static const char *const script[] = {PIPELINED, "C:TOP 1 0", "C:TOP 2 0", "s:+OK\r\nA: b\r\n\r\n.\r\n-ERR no\r\n",
                                         BYE,       NULL};
    struct fixture *fixture = given(state, script);
    bool supported;

    assert_true(headers(fixture, 2, &supported));

    assert_true(supported);
    assert_string_equal(fixture->told, "A: b\r\n\r\n<1 done><2 refused: no>");
    assert_true(quit(fixture));
    end(fixture);
}

static void
a_server_without_top_says_so(void **state)
{
    static const char *const old[] = {OLD, "C:TOP 1 0", "S:-ERR unknown", BYE, NULL};
    static const char *const unnamed[] = {"S:+OK", LIST_OF("s:USER\r\n"), LOGIN, LIST_OF("s:USER\r\n"), BYE, NULL};
    static const char *const has[] = {OLD,         "C:TOP 1 0", "S:+OK",  "S:.", "C:TOP 2 0",
                                      "S:-ERR no", "C:TOP 3 0", "S:-ERR", BYE,   NULL};
    struct fixture *fixture = given(state, old);
    bool supported = true;
    assert_true(headers(fixture, 3, &supported));
    assert_false(supported);
    assert_true(quit(fixture));
    end(fixture);
    fixture = given(state, unnamed);
    supported = true;
    assert_true(headers(fixture, 3, &supported));
    assert_false(supported);
    assert_true(quit(fixture));
    end(fixture);
    fixture = given(state, has);

    assert_true(headers(fixture, 3, &supported));

    assert_true(supported);
    assert_string_equal(fixture->told, "<1 done><2 refused: no><3 refused: -ERR>");
    assert_true(quit(fixture));
    end(fixture);
}

/* DELE and QUIT */

static void
removals_count_with_an_answered_quit(void **state)
{
    static const char *const script[] = {PIPELINED, "C:DELE 1", "C:DELE 2", "s:+OK\r\n-ERR no such message\r\n",
                                         BYE,       NULL};
    struct fixture *fixture = given(state, script);

    assert_true(remove_all(fixture, 2));
    assert_true(quit(fixture));

    assert_string_equal(fixture->told, "<1 done><2 refused: no such message>");
    end(fixture);
}

static void
a_quit_that_is_refused_or_lost_is_no_removal(void **state)
{
    static const char *const refused[] = {OLD, "C:DELE 1", "S:+OK", "C:QUIT", "S:-ERR some were not removed", NULL};
    static const char *const lost[] = {OLD, "C:DELE 1", "S:+OK", "C:QUIT", "CUT", NULL};
    struct fixture *fixture = given(state, refused);
    assert_true(remove_all(fixture, 1));
    assert_false(quit(fixture));
    assert_int_equal(fixture->err.kind, ERROR_SERVER);
    assert_string_equal(fixture->err.answer, "some were not removed");
    end(fixture);
    fixture = given(state, lost);
    assert_true(remove_all(fixture, 1));

    assert_false(quit(fixture));

    assert_int_equal(fixture->err.kind, ERROR_NETWORK);
    assert_false(quit(fixture));
    end(fixture);
}

static void
over_tls_it_is_all_the_same(void **state)
{
    static const char *const script[] = {"TLS", PIPELINED, "C:RETR 1", "s:+OK\r\na\r\n", "s:..\r\n.\r\n", BYE, NULL};
    struct certificate certificate;
    given_certificate(&certificate, "IP:127.0.0.1", -1000, 1000);
    struct fixture *fixture = given_server_with(state, &certificate, script);
    struct maildrop_info info;
    fixture->to.scheme = SCHEME_POP3S;
    fixture->to.tls = TLS_REQUIRED;
    fixture->to.ca_file = certificate.file;
    given_anew(fixture);

    assert_true(retrieve(fixture, 1));

    fixture->drop.ops->info(fixture->drop.self, &info);
    assert_true(info.secure);
    assert_string_equal(fixture->told, "a\r\n.\r\n<1 done>");
    assert_true(quit(fixture));
    end(fixture);
    drop_certificate(&certificate);
}

/* Signals and waits */

static void
after_a_signal_what_is_in_flight_ends_and_quit_is_said(void **state)
{
    static const char *const script[] = {SERIAL, "C:RETR 1", "s:+OK\r\na\r\n", "s:b\r\n.\r\n", BYE, NULL};
    struct fixture *fixture = given(state, script);
    fixture->stop_at = 1;

    assert_false(retrieve(fixture, 3));

    assert_int_equal(fixture->err.kind, ERROR_INTERRUPTED);
    assert_string_equal(fixture->told, "a\r\nb\r\n<1 done>");
    assert_false(remove_all(fixture, 1));
    assert_int_equal(fixture->err.kind, ERROR_INTERRUPTED);
    assert_true(quit(fixture));
    end(fixture);
}

static void
a_wait_that_is_too_long_is_not_waited(void **state)
{
    static const char *const script[] = {"S:+OK hi",  LIST_OF("s:USER\r\nLOGIN-DELAY 16\r\n"), "C:USER ana", "S:+OK",
                                         "C:PASS pw", "S:-ERR [LOGIN-DELAY] too soon",         NULL};
    struct fixture *fixture = given_closed(state, script);

    assert_false(fixture->drop.ops->open(fixture->drop.self, &fixture->err));

    assert_int_equal(fixture->err.kind, ERROR_NETWORK);
    assert_int_equal(fixture->said, 0);
    assert_has(fixture->err.hint, "less often");
    end(fixture);
}

/* Much mail: a server that reads and writes as it likes */

#define MANY 3000
#define LONGEST 20000

struct mill {
    int listener, fd;
    uint16_t port;
    pthread_t thread;
    size_t most; /* commands that came before the first was answered */
    size_t retrieved;
};

/* Body of message n, the same at every asking: lines of all lengths, dots, NUL. */
static size_t
make_body(uint32_t number, char *to, bool stuffed)
{
    uint32_t seed = number * 2654435761u;
    const size_t lines = 1 + seed % 200;
    size_t len = 0;

    for (size_t i = 0; i < lines; i++) {
        const size_t width = (seed = seed * 1664525u + 1013904223u) >> 8 & 0x3f;

        if (i % 7 == 3) {
            to[len++] = '.';
            if (stuffed)
                to[len++] = '.';
        }
        memset(to + len, i % 11 == 5 ? '\0' : 'x', width);
        len += width;
        to[len++] = '\r';
        to[len++] = '\n';
    }
    return len;
}

static bool
mill_send(struct mill *mill, const char *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t sent = send(mill->fd, bytes, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool
mill_answer(struct mill *mill, const char *line)
{
    static char answer[2 * LONGEST + 100];
    size_t len = 5;

    if (strncmp(line, "CAPA", 4) == 0)
        return mill_send(mill, "+OK\r\nUSER\r\nPIPELINING\r\n.\r\n", 26);
    if (strncmp(line, "UIDL", 4) == 0 || strncmp(line, "LIST", 4) == 0)
        return mill_send(mill, "-ERR\r\n", 6);
    if (strncmp(line, "RETR ", 5) != 0)
        return mill_send(mill, "+OK 0 0\r\n", 9);
    memcpy(answer, "+OK\r\n", 5);
    len += make_body((uint32_t)strtoul(line + 5, NULL, 10), answer + 5, true);
    memcpy(answer + len, ".\r\n", 3);
    mill->retrieved++;
    return mill_send(mill, answer, len + 3);
}

static size_t
count_lines(const char *at, size_t len)
{
    size_t lines = 0;

    for (size_t i = 0; i < len; i++)
        lines += at[i] == '\n';
    return lines;
}

static void *
run_mill(void *argument)
{
    struct mill *mill = argument;
    static char in[65536];
    size_t have = 0;

    mill->fd = accept(mill->listener, NULL, NULL);
    for (bool alive = mill_send(mill, "+OK\r\n", 5); alive;) {
        const ssize_t got = recv(mill->fd, in + have, sizeof in - have, 0);
        char *end;

        if (got <= 0)
            break;
        have += (size_t)got;
        if (strncmp(in, "RETR 1\r", 7) == 0) { /* what comes unanswered is the window */
            usleep(100000);
            const ssize_t more = recv(mill->fd, in + have, sizeof in - have, MSG_DONTWAIT);
            have += more > 0 ? (size_t)more : 0;
            mill->most = count_lines(in, have);
        }
        while (alive && (end = memchr(in, '\n', have)) != NULL) {
            const size_t len = (size_t)(end - in) + 1;

            alive = mill_answer(mill, in);
            memmove(in, in + len, have - len);
            have -= len;
        }
    }
    (void)close(mill->fd);
    return NULL;
}

struct check { /* of what comes */
    char expected[LONGEST];
    size_t expected_len, at;
    uint32_t next, asked;
};

static bool
check_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct check *check = context;

    if (check->at == 0)
        check->expected_len = make_body(number, check->expected, false);
    assert_int_equal(number, check->next);
    assert_true(len > 0 && check->at + len <= check->expected_len);
    assert_memory_equal(check->expected + check->at, bytes, len);
    check->at += len;
    return true;
}

static bool
check_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct check *check = context;

    assert_int_equal(outcome, MAILDROP_DONE);
    assert_string_equal(words, "");
    assert_int_equal(number, check->next);
    assert_int_equal(check->at, check->expected_len);
    check->next++;
    check->at = 0;
    return true;
}

static bool
check_next(void *context, uint32_t *number)
{
    struct check *check = context;

    assert_in_range(check->asked, check->next - 1, check->next + 255);
    *number = check->asked < MANY ? ++check->asked : 0;
    return true;
}

static void
thousands_of_messages_come_whole_through_a_bounded_window(void **state)
{
    static struct check check = {.next = 1};
    const struct maildrop_taker taker = {.context = &check, .next = check_next, .bytes = check_bytes, .end = check_end};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    struct mill mill = {.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct error err = {0};
    (void)state;
    assert_int_equal(bind(mill.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(mill.listener, 1), 0);
    assert_int_equal(getsockname(mill.listener, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(pthread_create(&mill.thread, NULL, run_mill, &mill), 0);
    const struct connection to = {.scheme = SCHEME_POP3,
                                  .host = "127.0.0.1",
                                  .port = ntohs(address.sin_port),
                                  .user = "ana",
                                  .tls = TLS_NONE,
                                  .timeout_s = 10,
                                  .secret = tell_secret,
                                  .secret_context = (void *)"pw"};
    struct pop *pop = pop_new(&to);
    struct maildrop drop = pop_maildrop(pop);
    if (!drop.ops->open(drop.self, &err))
        fail_msg("%s: %s", err.what, err.answer);

    assert_true(drop.ops->retrieve(drop.self, &taker, &err));

    assert_true(drop.ops->quit(drop.self, &err));
    pop_free(pop);
    assert_int_equal(pthread_join(mill.thread, NULL), 0);
    (void)close(mill.listener);
    assert_int_equal(check.next, MANY + 1);
    assert_int_equal(mill.retrieved, MANY);
    assert_in_range(mill.most, 2, 256);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_arrive_byte_for_byte),
        cmocka_unit_test(a_refusal_in_the_middle_stops_nothing),
        cmocka_unit_test(a_message_that_stops_in_the_middle_has_no_end),
        cmocka_unit_test(a_caller_that_gives_up_ends_the_session_with_its_own_words),
        cmocka_unit_test(an_answer_that_is_neither_yes_nor_no_ends_the_session),
        cmocka_unit_test(what_a_server_says_unasked_is_no_answer),
        cmocka_unit_test(top_gives_the_header),
        cmocka_unit_test(a_server_without_top_says_so),
        cmocka_unit_test(removals_count_with_an_answered_quit),
        cmocka_unit_test(a_quit_that_is_refused_or_lost_is_no_removal),
        cmocka_unit_test(over_tls_it_is_all_the_same),
        cmocka_unit_test(after_a_signal_what_is_in_flight_ends_and_quit_is_said),
        cmocka_unit_test(a_wait_that_is_too_long_is_not_waited),
        cmocka_unit_test(thousands_of_messages_come_whole_through_a_bounded_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
