/* The prologue of a POP3 session, against scripted servers: what is sent, what is refused, what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/pop_session_scene.h"

static struct fixture *
given_stls(void **state, const char *const *script)
{
    struct fixture *fixture = given_plain(state, script);

    fixture->to.tls = TLS_REQUIRED;
    return fixture;
}

static struct fixture *
given_pop3s(void **state, const char *const *script)
{
    struct fixture *fixture = given_stls(state, script);

    fixture->to.scheme = SCHEME_POP3S;
    return fixture;
}

/* Turns */

static void
greeting_capa_and_an_initial_response_are_all_it_takes(void **state)
{
    static const char *const script[] = {
        "TLS",
        "S:+OK Fake ready",
        CAPA("s:UIDL\r\nIMPLEMENTATION Fake 1.0\r\nSASL PLAIN LOGIN\r\nPIPELINING\r\nLOGIN-DELAY 30 USER\r\n"
             "EXPIRE NEVER\r\nRESP-CODES\r\n"),
        "C:AUTH PLAIN " ANA_PW,
        "S:+OK Logged in",
        NULL};
    struct fixture *fixture = given_pop3s(state, script);

    struct pop_session *session = opened(fixture);

    assert_string_equal(session->greeting, "Fake ready");
    assert_string_equal(session->can.server, "Fake 1.0");
    assert_true(session->can.known && session->can.uidl && session->can.pipelining && session->can.resp_codes);
    assert_false(session->can.top);
    assert_int_equal(session->can.login_delay, 30);
    assert_int_equal(session->can.expire_days, -1);
    assert_true(stream_is_secure(session->stream));
    assert_int_equal(session->unread_len, 0);
    close_all(fixture, session);
}

static void
a_server_without_capa_is_logged_into_by_user_and_pass(void **state)
{
    static const char *const script[] = {GREETING, "C:CAPA",    "S:-ERR what?",     "C:USER ana",
                                         "S:+OK",  "C:PASS pw", "S:+OK 3 messages", NULL};
    struct fixture *fixture = given_plain(state, script);

    struct pop_session *session = opened(fixture);

    assert_false(session->can.known);
    assert_true(session->can.uidl && session->can.top);
    assert_false(session->can.pipelining);
    close_all(fixture, session);
}

static void
lines_come_in_any_pieces_and_any_case(void **state)
{
    static const char *const script[] = {"s:+o",         "s:K Fa",       "s:ke\r", "s:\n",       "C:CAPA",
                                         "s:+OK\r\nuse", "s:r\r\n.\r",   "s:\n",   "C:USER ana", "S:+ok",
                                         "C:PASS pw",    "s:+OK in\r\n", NULL};

    assert_opens(given_plain(state, script));
}

/* STLS */

static void
after_stls_capabilities_are_asked_anew(void **state)
{
    static const char *const script[] = {GREETING, "C:STLS", "S:+OK begin", "TLS", SASL_PLAIN, "C:AUTH PLAIN " ANA_PW,
                                         "S:+OK",  NULL};
    struct fixture *fixture = given_stls(state, script);

    struct pop_session *session = opened(fixture);

    assert_true(stream_is_secure(session->stream));
    assert_string_equal(session->can.sasl, "PLAIN");
    close_all(fixture, session);
}

static void
a_missing_stls_ends_the_session_before_anything_secret_is_sent(void **state)
{
    static const char *const script[] = {GREETING, "C:STLS", "S:-ERR Unknown command", "HANG", NULL};
    struct fixture *fixture = given_stls(state, script);

    assert_fails(fixture, ERROR_NETWORK);

    assert_string_equal(fixture->err.answer, "Unknown command");
    assert_has(fixture->err.hint, "pop3s://");
    assert_int_equal(fixture->asked, 0);
}

static void
bytes_put_in_before_tls_are_refused(void **state)
{
    static const char *const script[] = {GREETING, "C:STLS", "s:+OK go\r\n+OK injected\r\n", "HANG", NULL};
    struct fixture *fixture = given_stls(state, script);

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.answer, "before TLS");
    assert_int_equal(fixture->asked, 0);
}

static void
a_certificate_that_fails_after_stls_ends_the_session(void **state)
{
    static const char *const script[] = {GREETING, "C:STLS", "S:+OK go", "TLS", "HANG", NULL};
    struct fixture *fixture = given_stls(state, script);
    fixture->to.ca_file = NULL;

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.hint, fixture->certificate.pin);
    assert_int_equal(fixture->asked, 0);
}

static void
a_timestamp_from_before_tls_is_of_no_use_after_it(void **state)
{
    static const char *const script[] = {GREETING, "C:STLS", "S:+OK go", "TLS", SASL_PLAIN, "HANG", NULL};
    struct fixture *fixture = given_stls(state, script);
    fixture->to.auth = AUTH_APOP;

    assert_fails(fixture, ERROR_LOGIN);

    assert_has(fixture->err.what, "no way to log in");
}

static void
a_tunnel_without_stls_is_private_enough_for_a_login(void **state)
{
    struct fixture fixture = {.secrets = {"pw", NULL}};
    struct connection to = {
        .scheme = SCHEME_POP3,
        .host = "localhost",
        .user = "ana",
        .timeout_s = 10,
        .secret = give_secret,
        .secret_context = &fixture,
        .tunnel = "echo '+OK hello'; read capa; printf '+OK\\r\\nUSER\\r\\n.\\r\\n'; read user; echo '+OK'; "
                  "read pass; test \"$pass\" = \"$(printf 'PASS pw\\r')\" && echo '+OK in'; "
                  "cat >/dev/null"};
    struct error err = {0};
    int again_s;
    (void)state;

    struct pop_session *session = pop_session_open(&to, &again_s, &err);

    if (session == NULL)
        fail_msg("%s: %s", err.what, err.answer);
    pop_session_close(session);
}

static void
a_plain_port_behind_pop3s_is_told(void **state)
{
    static const char *const script[] = {GREETING, "HANG", NULL};
    struct fixture *fixture = given_pop3s(state, script);

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.hint, "pop3s:// 995");
}

static void
a_line_that_is_cut_for_an_error_is_cut_behind_its_secrets(void **state)
{
    static char echo[20000];
    static const char *const script[] = {
        GREETING, CAPA("s:USER\r\n"), "C:USER ana", "S:+OK", "C:PASS hunter22hunter22", echo, "HANG", NULL};
    memset(echo, '.', sizeof echo - 1);
    memcpy(echo, "s:", 2);
    memcpy(echo + 2 + 90, "hunter22hunter22", 16);
    struct fixture *fixture = given_plain(state, script);
    fixture->secrets[0] = fixture->secrets[1] = "hunter22hunter22";

    assert_fails(fixture, ERROR_NETWORK);

    assert_null(strstr(fixture->err.answer, "hunter"));
    assert_has(fixture->err.answer, "<secret>");
}

static void
a_greeting_may_refuse_too(void **state)
{
    static const char *const script[] = {"S:-ERR [IN-USE] come back later", NULL};
    static const char *const words[] = {"S:-ERR no service", NULL};
    struct fixture *fixture = given_plain(state, script);
    assert_fails(fixture, ERROR_NETWORK);
    assert_int_equal(fixture->again_s, 1);
    fixture = given_plain(state, words);

    assert_fails(fixture, ERROR_NETWORK);

    assert_string_equal(fixture->err.answer, "no service");
    assert_int_equal(fixture->again_s, 0);
}

/* Nonsense */

static void
another_protocol_is_no_pop3(void **state)
{
    static const char *const script[] = {"S:* OK IMAP ready", "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.what, "not the greeting of a POP3 server");
    assert_has(fixture->err.hint, "An IMAP server answered");
}

static void
lines_and_lists_without_end_end_the_session(void **state)
{
    static const char *const line[] = {"s:+OK ", "FLOOD", NULL};
    static const char *const capa[] = {GREETING, "C:CAPA", "s:+OK\r\nX", "FLOOD", NULL};
    static const char *const plus[] = {
        GREETING, CAPA("s:SASL XOAUTH2\r\n"), "C:AUTH XOAUTH2", "S:+ ", "C:dXNl*", "S:+ ", "C:", "S:+ ", "HANG", NULL};
    assert_fails(given_plain(state, line), ERROR_NETWORK);
    assert_fails(given_plain(state, capa), ERROR_NETWORK);

    assert_fails(given_mechanism(state, plus, AUTH_XOAUTH2, "tok"), ERROR_NETWORK);
}

static void
an_answer_that_is_neither_yes_nor_no_ends_the_session(void **state)
{
    static const char *const script[] = {GREETING, CAPA("s:USER\r\n"), "C:USER ana", "S:+OKAY", "HANG", NULL};

    assert_fails(given_plain(state, script), ERROR_NETWORK);
}

static void
a_connection_that_ends_is_no_endless_loop(void **state)
{
    static const char *const greeting[] = {"CUT", NULL};
    static const char *const capa[] = {GREETING, "C:CAPA", "S:+OK", "S:USER", "CUT", NULL};
    static const char *const pass[] = {GREETING, CAPA("s:USER\r\n"), "C:USER ana", "S:+OK", "C:PASS pw", "CUT", NULL};

    assert_fails(given_plain(state, greeting), ERROR_NETWORK);
    assert_fails(given_plain(state, capa), ERROR_NETWORK);
    assert_fails(given_plain(state, pass), ERROR_NETWORK);
}

/* The wire log */

static void
the_wire_log_shows_no_secret(void **state)
{
    static const char *const script[] = {
        "S:+OK hi", SASL_PLAIN,        "C:AUTH PLAIN *",   "S:-ERR AGFuYQBodW50ZXIyMg== is hunter22",
        "NEXT",     "S:+OK hi",        CAPA("s:USER\r\n"), "C:USER ana",
        "S:+OK",    "C:PASS hunter33", "S:+OK in",         NULL};
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

    struct pop_session *session = pop_session_open(&fixture->to, &fixture->again_s, &fixture->err);

    (void)fflush(stderr);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    rewind(file);
    assert_true(fread(log, 1, sizeof log - 1, file) > 0);
    (void)fclose(file);
    assert_non_null(session);
    assert_string_equal(log, "S: +OK hi\n"
                             "C: CAPA\nS: +OK list follows\nS: UIDL\nS: TOP\nS: SASL PLAIN\nS: .\n"
                             "C: AUTH PLAIN <secret>\n"
                             "S: -ERR <secret> is <secret>\n"
                             "S: +OK hi\n"
                             "C: CAPA\nS: +OK list follows\nS: USER\nS: .\n"
                             "C: USER ana\nS: +OK\n"
                             "C: PASS <secret>\n"
                             "S: +OK in\n");
    close_all(fixture, session);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(greeting_capa_and_an_initial_response_are_all_it_takes),
        CASE(a_server_without_capa_is_logged_into_by_user_and_pass),
        CASE(lines_come_in_any_pieces_and_any_case),
        CASE(after_stls_capabilities_are_asked_anew),
        CASE(a_missing_stls_ends_the_session_before_anything_secret_is_sent),
        CASE(bytes_put_in_before_tls_are_refused),
        CASE(a_certificate_that_fails_after_stls_ends_the_session),
        CASE(a_timestamp_from_before_tls_is_of_no_use_after_it),
        CASE(a_tunnel_without_stls_is_private_enough_for_a_login),
        CASE(a_plain_port_behind_pop3s_is_told),
        CASE(a_line_that_is_cut_for_an_error_is_cut_behind_its_secrets),
        CASE(a_greeting_may_refuse_too),
        CASE(another_protocol_is_no_pop3),
        CASE(lines_and_lists_without_end_end_the_session),
        CASE(an_answer_that_is_neither_yes_nor_no_ends_the_session),
        CASE(a_connection_that_ends_is_no_endless_loop),
        CASE(the_wire_log_shows_no_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
