/* The prologue of an IMAP session, against scripted servers: what is sent, what is refused, what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/session_scene.h"

/* Turns */

static void
a_greeting_with_capabilities_and_an_initial_response_make_the_login_one_turn(void **state)
{
    static const char *const script[] = {"TLS", READY, "C:L1 AUTHENTICATE PLAIN " ANA_PW,
                                         "S:L1 OK [CAPABILITY IMAP4rev1 IDLE  MOVE] Logged in", NULL};
    struct fixture *fixture = given_imaps(state, script);

    struct session *session = opened(fixture);

    assert_string_equal(session->capabilities, "IMAP4rev1 IDLE MOVE");
    assert_string_equal(session->greeting, "Fake ready");
    assert_false(session->proxied);
    assert_int_equal(session->unread_len, 0);
    assert_true(stream_is_secure(session->stream));
    close_all(fixture, session);
}

static void
a_proxy_that_names_itself_before_the_login_alone_is_remembered(void **state)
{
    static const char *const script[] = {"TLS", "S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN XIMAPPROXY] ready",
                                         "C:L1 AUTHENTICATE PLAIN " ANA_PW, "S:L1 OK [CAPABILITY IMAP4rev1] Logged in",
                                         NULL};
    struct fixture *fixture = given_imaps(state, script);

    struct session *session = opened(fixture);

    assert_true(session->proxied);
    close_all(fixture, session);
}

static void
without_capabilities_in_the_greeting_they_are_asked_for(void **state)
{
    static const char *const script[] = {"S:* OK ready",
                                         "C:1 CAPABILITY",
                                         "S:* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR",
                                         "S:1 OK done",
                                         "C:L1 AUTHENTICATE PLAIN " ANA_PW,
                                         "S:L1 OK in",
                                         NULL};
    struct fixture *fixture = given_plain(state, script);

    struct session *session = opened(fixture);

    assert_null(session->capabilities);
    close_all(fixture, session);
}

static void
without_sasl_ir_the_response_waits_for_a_continuation_even_a_bare_plus(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready",
                                         "C:L1 AUTHENTICATE PLAIN",
                                         "S:+",
                                         "C:" ANA_PW,
                                         "S:L1 OK",
                                         NULL};

    assert_opens(given_plain(state, script));
}

static void
an_initial_response_that_is_overlooked_is_given_again(void **state)
{
    static const char *const script[] = {READY, "C:L1 AUTHENTICATE PLAIN " ANA_PW, "S:+ ", "C:" ANA_PW, "S:L1 OK in",
                                         NULL};

    assert_opens(given_plain(state, script));
}

static void
sasl_ir_can_be_disabled(void **state)
{
    static const char *const script[] = {READY, "C:L1 AUTHENTICATE PLAIN", "S:+ ", "C:" ANA_PW, "S:L1 OK in", NULL};
    static const char *const disable[] = {"sasl-ir", NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->to.disable = disable;

    assert_opens(fixture);
}

static void
an_untagged_capability_after_login_counts_and_what_follows_is_left_unread(void **state)
{
    static const char *const script[] = {
        READY, "C:L1 AUTHENTICATE PLAIN " ANA_PW,
        "s:* CAPABILITY IMAP4rev1 MOVE\r\n* 3 EXISTS\r\nL1 OK in\r\n* 4 EXISTS\r\n* OK st", "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);

    struct session *session = opened(fixture);

    assert_string_equal(session->capabilities, "IMAP4rev1 MOVE");
    assert_int_equal(session->unread_len, strlen("* 4 EXISTS\r\n* OK st"));
    assert_memory_equal(session->unread, "* 4 EXISTS\r\n* OK st", session->unread_len);
    close_all(fixture, session);
}

/* STARTTLS */

static void
after_starttls_everything_is_asked_again(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=EVIL] ready",
                                         "C:1 STARTTLS",
                                         "S:1 OK [CAPABILITY X] go",
                                         "TLS",
                                         "C:2 CAPABILITY",
                                         "S:* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN",
                                         "S:2 OK",
                                         "C:L1 AUTHENTICATE PLAIN " ANA_PW,
                                         "S:L1 OK in",
                                         NULL};
    struct fixture *fixture = given_starttls(state, script);

    struct session *session = opened(fixture);

    assert_true(stream_is_secure(session->stream));
    close_all(fixture, session);
}

static void
starttls_is_sent_without_asking_whether_it_is_there(void **state)
{
    static const char *const script[] = {
        "S:* OK ready", "C:1 STARTTLS",     "S:1 OK go", "TLS", "C:2 CAPABILITY", "S:* CAPABILITY IMAP4rev1",
        "S:2 OK",       "C:3 LOGIN ana pw", "S:3 OK in", NULL};

    assert_opens(given_starttls(state, script));
}

static void
a_stripped_starttls_ends_the_session_before_anything_secret_is_sent(void **state)
{
    static const char *const in_list[] = {"S:* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready", "HANG", NULL};
    static const char *const by_answer[] = {"S:* OK ready", "C:1 STARTTLS", "S:1 BAD unknown command", "HANG", NULL};
    struct fixture *fixture = given_starttls(state, in_list);

    assert_fails(fixture, ERROR_NETWORK);
    assert_has(fixture->err.hint, "imaps://");
    fixture = given_starttls(state, by_answer);
    assert_fails(fixture, ERROR_NETWORK);

    assert_string_equal(fixture->err.answer, "unknown command");
    assert_int_equal(fixture->asked, 0);
}

static void
bytes_put_in_before_tls_are_refused(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 STARTTLS] ready", "C:1 STARTTLS",
                                         "s:1 OK go\r\n2 OK injected\r\n", "HANG", NULL};
    struct fixture *fixture = given_starttls(state, script);

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.answer, "before TLS");
    assert_int_equal(fixture->asked, 0);
}

static void
preauth_is_refused_where_tls_is_still_required(void **state)
{
    static const char *const script[] = {"S:* PREAUTH welcome", "HANG", NULL};
    struct fixture *fixture = given_starttls(state, script);

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.answer, "PREAUTH");
}

static void
preauth_is_accepted_by_tls_from_the_start(void **state)
{
    static const char *const script[] = {"TLS", "S:* PREAUTH [CAPABILITY IMAP4rev1 MOVE] welcome", NULL};
    struct fixture *fixture = given_imaps(state, script);

    struct session *session = opened(fixture);

    assert_string_equal(session->capabilities, "IMAP4rev1 MOVE");
    assert_int_equal(fixture->asked, 0);
    close_all(fixture, session);
}

static void
a_certificate_that_fails_after_starttls_ends_the_session(void **state)
{
    static const char *const script[] = {"S:* OK ready", "C:1 STARTTLS", "S:1 OK go", "TLS", "HANG", NULL};
    struct fixture *fixture = given_starttls(state, script);
    fixture->to.ca_file = NULL;

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.hint, fixture->certificate.pin);
    assert_int_equal(fixture->asked, 0);
}

/* Tunnels */

static void
a_tunnel_that_is_logged_in_needs_no_user(void **state)
{
    struct connection to = {.scheme = SCHEME_IMAP,
                            .timeout_s = 10,
                            .tunnel = "echo '* PREAUTH [CAPABILITY IMAP4rev1] by tunnel'; cat >/dev/null"};
    struct error err = {0};
    (void)state;

    struct session *session = session_open(&to, NULL, &err);

    assert_non_null(session);
    assert_string_equal(session->greeting, "by tunnel");
    assert_string_equal(session->capabilities, "IMAP4rev1");
    session_close(session);
}

static void
a_tunnel_without_starttls_is_private_enough_for_a_login(void **state)
{
    struct fixture fixture = {.secrets = {"pw", NULL}};
    struct connection to = {.scheme = SCHEME_IMAP,
                            .host = "localhost",
                            .user = "ana",
                            .timeout_s = 10,
                            .secret = give_secret,
                            .secret_context = &fixture,
                            .tunnel =
                                "echo '* OK [CAPABILITY IMAP4rev1] hello'; read line; test \"$line\" = \"$(printf "
                                "'1 LOGIN ana pw\\r')\" && echo '1 OK in'; cat >/dev/null"};
    struct error err = {0};
    (void)state;

    struct session *session = session_open(&to, NULL, &err);

    if (session == NULL)
        fail_msg("%s: %s", err.what, err.answer);
    session_close(session);
}

/* Servers that talk nonsense, or nothing */

static void
the_words_of_a_bye_are_told(void **state)
{
    static const char *const greeting[] = {"S:* BYE Too many connections from your address", NULL};
    static const char *const later[] = {READY, "C:L1 AUTHENTICATE PLAIN *", "S:* BYE going down for maintenance", NULL};
    struct fixture *fixture = given_plain(state, greeting);

    assert_fails(fixture, ERROR_NETWORK);
    assert_string_equal(fixture->err.answer, "Too many connections from your address");
    fixture = given_plain(state, later);
    assert_fails(fixture, ERROR_NETWORK);

    assert_string_equal(fixture->err.answer, "going down for maintenance");
}

static void
a_bye_before_the_refusal_does_not_hide_it(void **state)
{
    static const char *const script[] = {READY, "C:L1 AUTHENTICATE PLAIN *", "S:* BYE", "S:L1 NO wrong", NULL};
    struct fixture *fixture = given_plain(state, script);

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "wrong");
}

static void
another_protocol_is_no_imap(void **state)
{
    static const char *const script[] = {"S:+OK POP3 ready", "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);

    assert_fails(fixture, ERROR_NETWORK);

    assert_string_equal(fixture->err.answer, "+OK POP3 ready");
    assert_has(fixture->err.hint, "A POP server answered");
}

static void
deep_nesting_harms_nobody(void **state)
{
    static const char *const too_long[] = {"S:* OK ready", "C:1 CAPABILITY", "DEEP", "HANG", NULL};
    static const char *const short_enough[] = {"S:* OK ready",
                                               "C:1 CAPABILITY",
                                               "S:* 1 FETCH (BODYSTRUCTURE ((((((((((((((((((((((((((((((((",
                                               "S:* OK [BADCHARSET ((((((((((((((((((((((((",
                                               "S:* XNEWS ~{8} (",
                                               "S:* CAPABILITY IMAP4rev1 ((((AUTH=PLAIN",
                                               "S:1 OK",
                                               "C:2 LOGIN ana pw",
                                               "S:2 OK [ALERT]",
                                               NULL};

    assert_fails(given_plain(state, too_long), ERROR_NETWORK);
    assert_opens(given_plain(state, short_enough));
}

static void
a_line_without_end_ends_the_session(void **state)
{
    static const char *const script[] = {"FLOOD", NULL}, *const later[] = {"S:* OK hi", "C:1 CAPABILITY", "FLOOD",
                                                                           NULL};

    assert_fails(given_plain(state, script), ERROR_NETWORK);
    assert_fails(given_plain(state, later), ERROR_NETWORK);
}

static void
answers_without_end_end_the_session(void **state)
{
    static const char *script[1003];
    script[0] = "S:* OK ready";
    script[1] = "C:1 CAPABILITY";
    for (int i = 2; i < 1002; i++)
        script[i] = "S:* OK still thinking about your question";
    struct fixture *fixture = given_plain(state, script);

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.what, "too long");
}

static void
a_literal_before_login_is_nonsense(void **state)
{
    static const char *const script[] = {"S:* OK ready", "C:1 CAPABILITY", "S:* LIST () {4294967299}", "HANG", NULL};

    assert_fails(given_plain(state, script), ERROR_NETWORK);
}

static void
an_ok_without_capabilities_or_for_another_command_is_nonsense(void **state)
{
    static const char *const none[] = {"S:* OK ready", "C:1 CAPABILITY", "S:1 OK done", "HANG", NULL};
    static const char *const other[] = {READY, "C:L1 AUTHENTICATE PLAIN *", "S:9 OK done", "HANG", NULL};
    static const char *const other_login[] = {"S:* OK [CAPABILITY IMAP4rev1] ready", "C:1 LOGIN ana pw", "S:9 OK done",
                                              "HANG", NULL};

    assert_fails(given_plain(state, none), ERROR_SERVER);
    assert_fails(given_plain(state, other), ERROR_SERVER);
    assert_fails(given_plain(state, other_login), ERROR_SERVER);
}

static void
a_server_that_asks_without_end_is_left(void **state)
{
    static const char *const script[] = {
        READY, "C:L1 AUTHENTICATE PLAIN *", "S:+ bW9yZQ==", "C:**", "S:+ bW9yZQ==", "HANG", NULL};

    assert_fails(given_plain(state, script), ERROR_NETWORK);
}

static void
silence_ends_with_the_time_limit(void **state)
{
    static const char *const script[] = {"HANG", NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->to.timeout_s = 1;

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.answer, "nothing moved");
}

static void
a_connection_that_ends_is_no_endless_loop(void **state)
{
    static const char *const at_once[] = {NULL}, *const later[] = {"S:* OK ready", "C:1 CAPABILITY", NULL};
    struct fixture *fixture = given_plain(state, at_once);

    assert_fails(fixture, ERROR_NETWORK);
    assert_has(fixture->err.answer, "closed the connection");
    fixture = given_plain(state, later);

    assert_fails(fixture, ERROR_NETWORK);
}

static void
lines_come_in_any_pieces(void **state)
{
    static const char *const script[] = {"s:* O",
                                         "s:K [CAPABILITY IMAP4rev1",
                                         "s: AUTH=PLAIN] rea",
                                         "s:dy\r",
                                         "s:\n",
                                         "C:L1 AUTHENTICATE PLAIN",
                                         "s:+",
                                         "s: ",
                                         "s:\r\n",
                                         "C:" ANA_PW,
                                         "s:L1 ",
                                         "s:OK in\r\n",
                                         NULL};

    assert_opens(given_plain(state, script));
}

/* The wire log */

static void
the_wire_log_shows_no_secret(void **state)
{
    static const char *const script[] = {READY,
                                         "C:L1 AUTHENTICATE PLAIN *",
                                         "S:L1 NO AGFuYQBodW50ZXIyMg== is hunter22",
                                         "NEXT",
                                         "S:* OK [CAPABILITY IMAP4rev1] hi",
                                         "C:1 LOGIN ana hunter33",
                                         "S:1 OK in",
                                         NULL};
    struct fixture *fixture = given_plain(state, script);
    char log[4096] = "";
    fixture->secrets[0] = "hunter22";
    fixture->secrets[1] = "hunter33";
    fixture->to.wire_log = 2;
    FILE *file = tmpfile();
    assert_non_null(file);
    (void)fflush(stderr);
    const int saved = dup(STDERR_FILENO);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);

    struct session *session = session_open(&fixture->to, NULL, &fixture->err);

    (void)fflush(stderr);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    rewind(file);
    assert_true(fread(log, 1, sizeof log - 1, file) > 0);
    (void)fclose(file);
    assert_non_null(session);
    assert_string_equal(log, "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] Fake ready\n"
                             "C: L1 AUTHENTICATE PLAIN <secret>\n"
                             "S: L1 NO <secret> is <secret>\n"
                             "S: * OK [CAPABILITY IMAP4rev1] hi\n"
                             "C: 1 LOGIN <secret>\n"
                             "S: 1 OK in\n");
    close_all(fixture, session);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_greeting_with_capabilities_and_an_initial_response_make_the_login_one_turn),
        CASE(a_proxy_that_names_itself_before_the_login_alone_is_remembered),
        CASE(without_capabilities_in_the_greeting_they_are_asked_for),
        CASE(without_sasl_ir_the_response_waits_for_a_continuation_even_a_bare_plus),
        CASE(an_initial_response_that_is_overlooked_is_given_again),
        CASE(sasl_ir_can_be_disabled),
        CASE(an_untagged_capability_after_login_counts_and_what_follows_is_left_unread),
        CASE(after_starttls_everything_is_asked_again),
        CASE(starttls_is_sent_without_asking_whether_it_is_there),
        CASE(a_stripped_starttls_ends_the_session_before_anything_secret_is_sent),
        CASE(bytes_put_in_before_tls_are_refused),
        CASE(preauth_is_refused_where_tls_is_still_required),
        CASE(preauth_is_accepted_by_tls_from_the_start),
        CASE(a_certificate_that_fails_after_starttls_ends_the_session),
        CASE(a_tunnel_that_is_logged_in_needs_no_user),
        CASE(a_tunnel_without_starttls_is_private_enough_for_a_login),
        CASE(the_words_of_a_bye_are_told),
        CASE(a_bye_before_the_refusal_does_not_hide_it),
        CASE(another_protocol_is_no_imap),
        CASE(deep_nesting_harms_nobody),
        CASE(a_line_without_end_ends_the_session),
        CASE(answers_without_end_end_the_session),
        CASE(a_literal_before_login_is_nonsense),
        CASE(an_ok_without_capabilities_or_for_another_command_is_nonsense),
        CASE(a_server_that_asks_without_end_is_left),
        CASE(silence_ends_with_the_time_limit),
        CASE(a_connection_that_ends_is_no_endless_loop),
        CASE(lines_come_in_any_pieces),
        CASE(the_wire_log_shows_no_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
