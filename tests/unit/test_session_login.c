/* How a session logs in: which mechanism, in how many turns, with which bytes, and what follows a refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/session_scene.h"

/* Mechanisms */

static void
the_strongest_mechanism_that_both_know_is_taken(void **state)
{
    static const char *const scram[] = {"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=SCRAM-SHA-256] ready",
                                        "C:1 AUTHENTICATE SCRAM-SHA-256", "S:1 NO no", NULL};
    static const char *const plain[] = {"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=CRAM-MD5 AUTH=PLAIN] ready",
                                        "C:L1 AUTHENTICATE PLAIN " ANA_PW, "S:L1 OK in", NULL};
    static const char *const login[] = {"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=CRAM-MD5 AUTH=XOAUTH2] ready",
                                        "C:1 LOGIN ana pw", "S:1 OK in", NULL};
    static const char *const cram[] = {"S:* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=CRAM-MD5 AUTH=XOAUTH2] ready",
                                       "C:1 AUTHENTICATE CRAM-MD5", "S:1 NO no", NULL};

    assert_fails(given_plain(state, scram), ERROR_LOGIN);
    assert_opens(given_plain(state, plain));
    assert_opens(given_plain(state, login));
    assert_fails(given_plain(state, cram), ERROR_LOGIN);
}

static void
cram_md5_answers_the_challenge(void **state)
{
    /* The example of RFC 2195 section 2. */
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5] ready",
                                         "C:1 AUTHENTICATE CRAM-MD5",
                                         "S:+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
                                         "C:dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw",
                                         "S:1 OK [CAPABILITY IMAP4rev1 X] in",
                                         NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->to.user = "tim";
    fixture->to.auth = AUTH_CRAM_MD5;
    fixture->secrets[0] = "tanstaaftanstaaf";

    struct session *session = opened(fixture);

    assert_string_equal(session->capabilities, "IMAP4rev1 X");
    close_all(fixture, session);
}

static void
scram_is_not_over_before_the_server_has_proved_itself(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256] ready",
                                         "C:1 AUTHENTICATE SCRAM-SHA-256",
                                         "S:+ ",
                                         "C:biwsb*",
                                         "S:1 OK trust me",
                                         "HANG",
                                         NULL};
    struct fixture *fixture = given_plain(state, script);

    assert_fails(fixture, ERROR_LOGIN);

    assert_has(fixture->err.what, "did not prove");
}

static void
what_libetpan_does_not_get_to_see_is_no_proof_of_scram(void **state)
{
    static const char *const words[] = {"S:+ go ahead!", "S:+ go", "S:+ ====", "S:+ g==o"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256] ready",
                                      "C:1 AUTHENTICATE SCRAM-SHA-256",
                                      words[i],
                                      "C:biwsb*",
                                      "SCRAM",
                                      "C:Yz1iaXdz*",
                                      "S:1 OK trust me",
                                      "HANG",
                                      NULL};
        struct fixture *fixture = given_plain(state, script);

        assert_fails(fixture, ERROR_LOGIN);

        assert_has(fixture->err.what, "did not prove");
    }
}

static void
a_token_that_comes_back_as_a_challenge_is_not_told(void **state)
{
    /* {"token":"hunter22"} */
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] ready",
                                         "C:L1 AUTHENTICATE XOAUTH2",
                                         "S:+ ",
                                         "C:dXNl*",
                                         "S:+ eyJ0b2tlbiI6Imh1bnRlcjIyIn0=",
                                         "C:",
                                         "S:L1 NO no",
                                         NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->to.auth = AUTH_XOAUTH2;
    fixture->secrets[0] = fixture->secrets[1] = "hunter22";

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "no {\"token\":\"<secret>\"}");
}

static void
the_mechanism_login_serves_where_the_command_is_disabled(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 LOGINDISABLED SASL-IR AUTH=LOGIN] ready",
                                         "C:L1 AUTHENTICATE LOGIN",
                                         "S:+ VXNlcm5hbWU6",
                                         "C:YW5h",
                                         "S:+ UGFzc3dvcmQ6",
                                         "C:cHc=",
                                         "S:L1 OK in",
                                         NULL};

    assert_opens(given_plain(state, script));
}

static void
logindisabled_is_respected(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=GSSAPI] ready", "HANG", NULL};
    static const char *const disable[] = {"LOGINDISABLED", NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->to.disable = disable;

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "LOGINDISABLED AUTH=GSSAPI");
    assert_int_equal(fixture->asked, 0);
}

static void
only_named_mechanisms_are_used_where_some_are_named(void **state)
{
    static const char *const script[] = {READY, "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->to.auth = AUTH_XOAUTH2 | AUTH_SCRAM_SHA_256;

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "AUTH=PLAIN");
}

static void
external_sends_the_user_or_nothing(void **state)
{
    static const char *const named[] = {"TLS", "S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=EXTERNAL] ready",
                                        "C:L1 AUTHENTICATE EXTERNAL YW5h", "S:L1 OK in", NULL};
    static const char *const unnamed[] = {"TLS", "S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=EXTERNAL] ready",
                                          "C:L1 AUTHENTICATE EXTERNAL =", "S:L1 OK in", NULL};
    struct fixture *fixture = given_imaps(state, named);
    fixture->to.auth = AUTH_EXTERNAL;
    assert_opens(fixture);
    fixture = given_imaps(state, unnamed);
    fixture->to.auth = AUTH_EXTERNAL;
    fixture->to.user = NULL;

    assert_opens(fixture);

    assert_int_equal(fixture->asked, 0);
}

/* Tokens */

static void
oauthbearer_is_spelled_as_rfc_7628_says(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] ready",
                                         "C:L1 AUTHENTICATE OAUTHBEARER *", "S:L1 OK in", NULL};
    struct fixture *fixture = given_plain(state, script);
    char expected[200], encoded[400] = "", line[500];
    fixture->to.auth = AUTH_OAUTHBEARER;
    fixture->to.user = "a=n,a";
    fixture->secrets[0] = "t0ken";
    text_print(expected, sizeof expected, "n,a=a=3Dn=2Ca,\001host=localhost\001port=%u\001auth=Bearer t0ken\001\001",
               (unsigned)fixture->server->port);
    EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)expected, (int)strlen(expected));
    text_print(line, sizeof line, "L1 AUTHENTICATE OAUTHBEARER %s", encoded);

    struct session *session = opened(fixture);

    assert_string_equal(fixture->server->line, line);
    close_all(fixture, session);
}

static void
a_token_of_8_kib_waits_for_the_continuation_and_goes_whole(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready",
                                         "C:L1 AUTHENTICATE XOAUTH2",
                                         "S:+ ",
                                         "C:dXNlcj1hbmEBYXV0aD1CZWFyZXIg*",
                                         "S:L1 OK in",
                                         NULL};
    struct fixture *fixture = given_plain(state, script);
    static char token[8193];
    memset(token, 't', sizeof token - 1);
    fixture->to.auth = AUTH_XOAUTH2;
    fixture->secrets[0] = token;

    struct session *session = opened(fixture);

    /* user=ana ^A auth=Bearer <token> ^A ^A */
    assert_int_equal(strlen(fixture->server->line), (9 + 12 + 8192 + 2 + 2) / 3 * 4);
    close_all(fixture, session);
}

static void
what_is_wrong_with_a_token_is_told_in_clear(void **state)
{
    /* {"status":"400","schemes":"Bearer"} */
#define JSON "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0="
    static const char *const xoauth2[] = {"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready",
                                          "C:L1 AUTHENTICATE XOAUTH2 *",
                                          "S:+ " JSON,
                                          "C:",
                                          "S:L1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
                                          NULL};
    static const char *const bearer[] = {"S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=OAUTHBEARER] ready",
                                         "C:L1 AUTHENTICATE OAUTHBEARER *",
                                         "S:+ " JSON,
                                         "C:AQ==",
                                         "S:L1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
                                         NULL};
    const char *told =
        "[AUTHENTICATIONFAILED] Invalid credentials (Failure) {\"status\":\"400\",\"schemes\":\"Bearer\"}";
    struct fixture *fixture = given_plain(state, xoauth2);
    fixture->to.auth = AUTH_XOAUTH2;
    assert_fails(fixture, ERROR_LOGIN);
    assert_string_equal(fixture->err.answer, told);
    fixture = given_plain(state, bearer);
    fixture->to.auth = AUTH_OAUTHBEARER;

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, told);
    assert_has(fixture->err.hint, "new token");
}

/* LOGIN */

static void
quotes_and_blanks_in_a_password_are_quoted(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1] ready", "C:1 LOGIN \"ana@x\" \"a b\\\"c\\\\d\"",
                                         "S:1 OK in", NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->to.user = "ana@x";
    fixture->secrets[0] = "a b\"c\\d";

    assert_opens(fixture);
}

static void
bytes_above_127_go_as_literals(void **state)
{
    static const char *const synchronizing[] = {"S:* OK [CAPABILITY IMAP4rev1] ready",
                                                "C:L1 LOGIN {3}",
                                                "S:+ go",
                                                "C:ana {3}",
                                                "S:* OK wait",
                                                "S:+",
                                                "C:p\xc3\xa9",
                                                "S:L1 OK in",
                                                NULL};
    static const char *const at_once[] = {"S:* OK [CAPABILITY IMAP4rev1 LITERAL-] ready",
                                          "C:L1 LOGIN {3+}",
                                          "C:ana {3+}",
                                          "C:p\xc3\xa9",
                                          "S:L1 OK in",
                                          NULL};
    struct fixture *fixture = given_plain(state, synchronizing);
    fixture->secrets[0] = "p\xc3\xa9";
    assert_opens(fixture);
    fixture = given_plain(state, at_once);
    fixture->secrets[0] = "p\xc3\xa9";

    assert_opens(fixture);
}

static void
a_refused_literal_is_a_refused_login(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1] ready", "C:L1 LOGIN {3}", "S:L1 NO never",
                                         NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->secrets[0] = fixture->secrets[1] = "p\xc3\xa9";

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "never");
}

static void
a_line_end_in_user_or_password_is_never_sent(void **state)
{
    static const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1] ready", "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->secrets[0] = "pw\r\n1 DELETE INBOX";
    assert_fails(fixture, ERROR_LOGIN);
    fixture = given_plain(state, script);
    fixture->to.user = "ana\nx";

    assert_fails(fixture, ERROR_CONFIG);
}

/* Refusals */

static void
after_a_refusal_a_new_secret_is_tried_once(void **state)
{
    static const char *const script[] = {READY,
                                         "C:L1 AUTHENTICATE PLAIN *",
                                         "S:L1 NO [AUTHENTICATIONFAILED] no",
                                         "NEXT",
                                         READY,
                                         "C:L1 AUTHENTICATE PLAIN " ANA_PW,
                                         "S:L1 OK in",
                                         NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->secrets[0] = "old";

    assert_opens(fixture);

    assert_int_equal(fixture->asked, 2);
}

static void
a_second_refusal_is_the_last(void **state)
{
    static const char *const script[] = {
        READY, "C:L1 AUTHENTICATE PLAIN *", "S:L1 NO [AUTHENTICATIONFAILED] no",       "NEXT",
        READY, "C:L1 AUTHENTICATE PLAIN *", "S:L1 NO [AUTHENTICATIONFAILED] still no", NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->secrets[0] = "old";

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "[AUTHENTICATIONFAILED] still no");
    assert_has(fixture->err.hint, "password-command");
    assert_int_equal(fixture->asked, 2);
}

static void
the_same_secret_is_not_tried_twice(void **state)
{
    static const char *const script[] = {READY, "C:L1 AUTHENTICATE PLAIN *", "S:L1 NO [AUTHENTICATIONFAILED] no",
                                         "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);

    assert_fails(fixture, ERROR_LOGIN);

    assert_int_equal(fixture->asked, 2);
    assert_string_equal(fixture->err.answer, "[AUTHENTICATIONFAILED] no");
}

static void
a_server_that_has_no_room_is_no_wrong_password(void **state)
{
    static const char *const coded[] = {READY, "C:L1 AUTHENTICATE PLAIN *", "S:L1 NO [UNAVAILABLE] database down",
                                        NULL};
    static const char *const gmail[] = {READY, "C:L1 AUTHENTICATE PLAIN *",
                                        "S:L1 NO [ALERT] Too many simultaneous connections. (Failure)", NULL};
    static const char *const libetpan[] = {"S:* OK [CAPABILITY IMAP4rev1] ready", "C:1 LOGIN ana pw",
                                           "S:1 NO [INUSE] locked", NULL};
    static const char *const said[] = {"S:L1 NO Server Unavailable. 15",
                                       "S:L1 BAD Server Unavailable. 15",
                                       "S:L1 NO [ALERT] Account exceeded command or bandwidth limits. (Failure)",
                                       "S:L1 NO Mailbox is locked by another session",
                                       "S:L1 NO Too many connections for this user",
                                       "S:L1 NO [LOGIN-DELAY] not so often",
                                       "S:L1 NO [SYS/TEMP] later"};
    struct fixture *fixture = given_plain(state, coded);

    assert_fails(fixture, ERROR_NETWORK);
    assert_string_equal(fixture->err.answer, "[UNAVAILABLE] database down");
    assert_fails(given_plain(state, gmail), ERROR_NETWORK);
    assert_fails(given_plain(state, libetpan), ERROR_NETWORK);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        const char *const script[] = {READY, "C:L1 AUTHENTICATE PLAIN *", said[i], NULL};

        assert_fails(given_plain(state, script), ERROR_NETWORK);
    }

    assert_int_equal(fixture->asked, 10);
}

#define BOTH "S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=SCRAM-SHA-256] ready"

static void
a_scram_of_our_choice_that_is_refused_is_followed_by_plain_once(void **state)
{
    static const char *const knows[] = {BOTH,
                                        "C:1 AUTHENTICATE SCRAM-SHA-256",
                                        "S:1 NO no such secret",
                                        "C:L1 AUTHENTICATE PLAIN " ANA_PW,
                                        "S:L1 OK in",
                                        NULL};
    static const char *const not [] = {BOTH,
                                       "C:1 AUTHENTICATE SCRAM-SHA-256",
                                       "S:1 NO no such secret",
                                       "C:L1 AUTHENTICATE PLAIN " ANA_PW,
                                       "S:L1 NO wrong",
                                       NULL};
    static const char *const hangs_up[] = {BOTH, "C:1 AUTHENTICATE SCRAM-SHA-256", "S:1 NO no such secret", NULL};
    struct fixture *fixture = given_plain(state, knows);

    assert_opens(fixture);
    assert_fails(given_plain(state, not ), ERROR_LOGIN);
    assert_string_equal(fixture->err.answer, "wrong");
    assert_fails(given_plain(state, hangs_up), ERROR_LOGIN);
    assert_string_equal(fixture->err.answer, "no such secret");
}

static void
a_scram_that_was_named_is_not_followed_by_plain(void **state)
{
    static const char *const named[] = {
        BOTH, "C:1 AUTHENTICATE SCRAM-SHA-256", "S:1 NO no such secret", "S:L1 NO said to plain", "HANG", NULL};
    struct fixture *fixture = given_plain(state, named);

    fixture->to.auth = AUTH_SCRAM_SHA_256 | AUTH_PLAIN;
    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "no such secret");
}

static void
a_password_command_that_fails_is_told(void **state)
{
    static const char *const script[] = {READY, "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->secrets[0] = NULL;

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.what, "the password command failed");
}

static void
a_secret_that_the_server_repeats_is_cut_out_of_its_words(void **state)
{
    static const char *const login[] = {"S:* OK [CAPABILITY IMAP4rev1] ready", "C:1 LOGIN *",
                                        "S:1 BAD cannot do LOGIN ana hunter22 today", NULL};
    static const char *const sasl[] = {READY, "C:L1 AUTHENTICATE PLAIN *",
                                       "S:L1 BAD cannot do AUTHENTICATE PLAIN AGFuYQBodW50ZXIyMg== today", NULL};
    struct fixture *fixture = given_plain(state, login);
    fixture->secrets[0] = "hunter22";
    assert_fails(fixture, ERROR_LOGIN);
    assert_string_equal(fixture->err.answer, "cannot do LOGIN ana <secret> today");
    fixture = given_plain(state, sasl);
    fixture->secrets[0] = "hunter22";

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "cannot do AUTHENTICATE PLAIN <secret> today");
}

static void
a_quoted_or_short_secret_that_the_server_repeats_is_cut_out_too(void **state)
{
    static const struct {
        const char *secret, *said, *shown;
    } rows[] = {
        {"pa\"s\\w", "S:1 BAD no LOGIN \"ana\" \"pa\\\"s\\\\w\" here", "no LOGIN \"ana\" \"<secret>\" here"},
        {"pa\"s\\w", "S:1 BAD no LOGIN ana pa\"s\\w", "no LOGIN ana <secret>"},
        {"x1", "S:1 BAD no LOGIN \"ana\" \"x1\" x10", "no LOGIN \"ana\" \"<secret>\" x10"},
        {"7", "S:1 BAD 17 7", "17 <secret>"},
        {"\"", "S:1 BAD LOGIN ana \"\\\"\"", "LOGIN ana <secret><secret><secret>"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const script[] = {"S:* OK [CAPABILITY IMAP4rev1] ready", "C:1 LOGIN *", rows[i].said, NULL};
        struct fixture *fixture = given_plain(state, script);
        fixture->secrets[0] = rows[i].secret;
        assert_fails(fixture, ERROR_LOGIN);
        assert_string_equal(fixture->err.answer, rows[i].shown);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_strongest_mechanism_that_both_know_is_taken),
        CASE(cram_md5_answers_the_challenge),
        CASE(scram_is_not_over_before_the_server_has_proved_itself),
        CASE(what_libetpan_does_not_get_to_see_is_no_proof_of_scram),
        CASE(a_token_that_comes_back_as_a_challenge_is_not_told),
        CASE(the_mechanism_login_serves_where_the_command_is_disabled),
        CASE(logindisabled_is_respected),
        CASE(only_named_mechanisms_are_used_where_some_are_named),
        CASE(external_sends_the_user_or_nothing),
        CASE(oauthbearer_is_spelled_as_rfc_7628_says),
        CASE(a_token_of_8_kib_waits_for_the_continuation_and_goes_whole),
        CASE(what_is_wrong_with_a_token_is_told_in_clear),
        CASE(quotes_and_blanks_in_a_password_are_quoted),
        CASE(bytes_above_127_go_as_literals),
        CASE(a_refused_literal_is_a_refused_login),
        CASE(a_line_end_in_user_or_password_is_never_sent),
        CASE(after_a_refusal_a_new_secret_is_tried_once),
        CASE(a_second_refusal_is_the_last),
        CASE(the_same_secret_is_not_tried_twice),
        CASE(a_server_that_has_no_room_is_no_wrong_password),
        CASE(a_scram_of_our_choice_that_is_refused_is_followed_by_plain_once),
        CASE(a_scram_that_was_named_is_not_followed_by_plain),
        CASE(a_password_command_that_fails_is_told),
        CASE(a_secret_that_the_server_repeats_is_cut_out_of_its_words),
        CASE(a_quoted_or_short_secret_that_the_server_repeats_is_cut_out_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
