/* How a POP3 session logs in: which mechanism, in how many turns, with which bytes, and what follows a refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/pop_session_scene.h"

/* Mechanisms */

static void
the_strongest_mechanism_that_both_know_is_taken(void **state)
{
    static const char *const scram[] = {GREETING, CAPA("s:USER\r\nSASL CRAM-MD5 PLAIN SCRAM-SHA-256 XOAUTH2\r\n"),
                                        "C:AUTH SCRAM-SHA-256", "S:-ERR no", NULL};
    static const char *const plain[] = {GREETING, CAPA("s:USER\r\nSASL CRAM-MD5 PLAIN\r\n"), "C:AUTH PLAIN " ANA_PW,
                                        "S:+OK", NULL};
    static const char *const user[] = {
        GREETING, CAPA("s:USER\r\nSASL CRAM-MD5 XOAUTH2\r\n"), "C:USER ana", "S:+OK", "C:PASS pw", "S:+OK", NULL};
    static const char *const cram[] = {GREETING, CAPA("s:SASL CRAM-MD5 XOAUTH2\r\n"), "C:AUTH CRAM-MD5", "S:-ERR no",
                                       NULL};

    assert_fails(given_plain(state, scram), ERROR_LOGIN);
    assert_opens(given_plain(state, plain));
    assert_opens(given_plain(state, user));
    assert_fails(given_plain(state, cram), ERROR_LOGIN);
}

static void
token_kinds_and_apop_are_used_only_when_named(void **state)
{
    static const char *const script[] = {GREETING, CAPA("s:SASL XOAUTH2 OAUTHBEARER EXTERNAL\r\n"), "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "APOP SASL XOAUTH2 OAUTHBEARER EXTERNAL");
    assert_int_equal(fixture->asked, 0);
}

static void
apop_answers_the_timestamp(void **state)
{
    /* The example of RFC 1939 section 7. */
    static const char *const script[] = {GREETING, CAPA("s:USER\r\n"), "C:APOP mrose c4c9334bac560ecc979e58001b3e22fb",
                                         "S:+OK in", NULL};
    struct fixture *fixture = given_mechanism(state, script, AUTH_APOP, "tanstaaf");
    fixture->to.user = "mrose";

    assert_opens(fixture);
}

static void
a_timestamp_that_is_none_is_not_answered(void **state)
{
    static const char *const bad[][8] = {
        {"S:+OK <\x80\x81@x>", CAPA("s:USER\r\n"), "HANG", NULL},
        {"S:+OK <no at sign>", CAPA("s:USER\r\n"), "HANG", NULL},
        {"S:+OK <a@b", CAPA("s:USER\r\n"), "HANG", NULL},
        {"S:+OK <a@b@c>", CAPA("s:USER\r\n"), "HANG", NULL},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_fails(given_mechanism(state, bad[i], AUTH_APOP, "pw"), ERROR_LOGIN);
}

static void
cram_md5_answers_the_challenge(void **state)
{
    /* The example of RFC 2195 section 2. */
    static const char *const script[] = {GREETING,
                                         CAPA("s:SASL CRAM-MD5\r\n"),
                                         "C:AUTH CRAM-MD5",
                                         "S:+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
                                         "C:dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw",
                                         "S:+OK in",
                                         NULL};
    struct fixture *fixture = given_mechanism(state, script, AUTH_CRAM_MD5, "tanstaaftanstaaf");
    fixture->to.user = "tim";

    assert_opens(fixture);
}

static void
scram_is_not_over_before_the_server_has_proved_itself(void **state)
{
    static const char *const script[] = {GREETING,
                                         CAPA("s:SASL SCRAM-SHA-256\r\n"),
                                         "C:AUTH SCRAM-SHA-256",
                                         "S:+ ",
                                         "C:biwsb*",
                                         "S:+OK trust me",
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
        const char *const script[] = {GREETING,
                                      CAPA("s:SASL SCRAM-SHA-256\r\n"),
                                      "C:AUTH SCRAM-SHA-256",
                                      words[i],
                                      "C:biwsb*",
                                      "SCRAM",
                                      "C:Yz1iaXdz*",
                                      "S:+OK trust me",
                                      "HANG",
                                      NULL};
        struct fixture *fixture = given_plain(state, script);

        assert_fails(fixture, ERROR_LOGIN);

        assert_has(fixture->err.what, "did not prove");
    }
}

static void
a_challenge_that_libetpan_has_no_room_for_ends_the_session(void **state)
{
    static char challenge[600] = "S:+ ";
    static const char *const script[] = {GREETING, CAPA("s:SASL CRAM-MD5\r\n"), "C:AUTH CRAM-MD5", challenge, "HANG",
                                         NULL};
    memset(challenge + 4, 'A', sizeof challenge - 5);

    assert_fails(given_mechanism(state, script, AUTH_CRAM_MD5, "pw"), ERROR_NETWORK);
}

static void
user_and_pass_of_any_length_go_whole(void **state)
{
    static char name[2000], user[2010], pass[2010];
    static const char *const script[] = {GREETING, CAPA("s:USER\r\n"), user, "S:+OK", pass, "S:+OK", NULL};
    memset(name, 'n', sizeof name - 1);
    text_print(user, sizeof user, "C:USER %s", name);
    text_print(pass, sizeof pass, "C:PASS %s", name);
    struct fixture *fixture = given_plain(state, script);
    fixture->to.user = name;
    fixture->secrets[0] = name;

    assert_opens(fixture);
}

static void
the_mechanism_login_serves_where_user_is_not_there(void **state)
{
    static const char *const script[] = {GREETING, CAPA("s:SASL LOGIN\r\n"), "C:AUTH LOGIN", "S:+ VXNlcm5hbWU6",
                                         "C:YW5h", "S:+ UGFzc3dvcmQ6",       "C:cHc=",       "S:+OK in",
                                         NULL};

    assert_opens(given_plain(state, script));
}

static void
external_sends_the_user_or_nothing(void **state)
{
    static const char *const named[] = {GREETING, CAPA("s:SASL EXTERNAL\r\n"), "C:AUTH EXTERNAL YW5h", "S:+OK", NULL};
    static const char *const unnamed[] = {GREETING, CAPA("s:SASL EXTERNAL\r\n"), "C:AUTH EXTERNAL =", "S:+OK", NULL};
    assert_opens(given_mechanism(state, named, AUTH_EXTERNAL, NULL));
    struct fixture *fixture = given_mechanism(state, unnamed, AUTH_EXTERNAL, NULL);
    fixture->to.user = NULL;

    assert_opens(fixture);

    assert_int_equal(fixture->asked, 0);
}

static void
an_initial_response_beyond_255_octets_waits_for_the_continuation(void **state)
{
    static const char *const script[] = {
        GREETING, CAPA("s:SASL PLAIN\r\n"), "C:AUTH PLAIN", "S:+", "C:AGFu*", "S:+OK in", NULL};
    static char longer[201];
    memset(longer, 'p', sizeof longer - 1);

    assert_opens(given_mechanism(state, script, AUTH_PLAIN, longer));
}

/* Tokens */

static void
xoauth2_waits_for_the_plus_as_office_365_wants(void **state)
{
    /* user=ana^Aauth=Bearer tok^A^A */
    static const char *const script[] = {GREETING,
                                         CAPA("s:SASL XOAUTH2\r\n"),
                                         "C:AUTH XOAUTH2",
                                         "S:+ ",
                                         "C:dXNlcj1hbmEBYXV0aD1CZWFyZXIgdG9rAQE=",
                                         "S:+OK in",
                                         NULL};

    assert_opens(given_mechanism(state, script, AUTH_XOAUTH2, "tok"));
}

static void
oauthbearer_is_spelled_as_rfc_7628_says(void **state)
{
    static const char *const script[] = {GREETING, CAPA("s:SASL OAUTHBEARER\r\n"), "C:AUTH OAUTHBEARER *", "S:+OK",
                                         NULL};
    struct fixture *fixture = given_mechanism(state, script, AUTH_OAUTHBEARER, "t0ken");
    char expected[200], encoded[400] = "", line[500];
    text_print(expected, sizeof expected, "n,a=ana,\001host=127.0.0.1\001port=%u\001auth=Bearer t0ken\001\001",
               (unsigned)fixture->server->port);
    EVP_EncodeBlock((unsigned char *)encoded, (const unsigned char *)expected, (int)strlen(expected));
    text_print(line, sizeof line, "AUTH OAUTHBEARER %s", encoded);

    struct pop_session *session = opened(fixture);

    assert_string_equal(fixture->server->line, line);
    close_all(fixture, session);
}

static void
what_is_wrong_with_a_token_is_told_in_clear(void **state)
{
    /* {"status":"400","schemes":"Bearer"} */
#define JSON "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0="
    static const char *const xoauth2[] = {GREETING,
                                          CAPA("s:SASL XOAUTH2\r\n"),
                                          "C:AUTH XOAUTH2",
                                          "S:+ ",
                                          "C:dXNl*",
                                          "S:+ " JSON,
                                          "C:",
                                          "S:-ERR [AUTH] Invalid credentials",
                                          NULL};
    static const char *const bearer[] = {GREETING,
                                         CAPA("s:SASL OAUTHBEARER\r\n"),
                                         "C:AUTH OAUTHBEARER *",
                                         "S:+ " JSON,
                                         "C:AQ==",
                                         "S:-ERR [AUTH] Invalid credentials",
                                         NULL};
    const char *told = "[AUTH] Invalid credentials {\"status\":\"400\",\"schemes\":\"Bearer\"}";
    struct fixture *fixture = given_mechanism(state, xoauth2, AUTH_XOAUTH2, "tok");
    assert_fails(fixture, ERROR_LOGIN);
    assert_string_equal(fixture->err.answer, told);
    fixture = given_mechanism(state, bearer, AUTH_OAUTHBEARER, "tok");

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, told);
    assert_has(fixture->err.hint, "new token");
}

static void
a_token_that_comes_back_as_a_challenge_is_not_told(void **state)
{
    /* {"token":"hunter22"} */
    static const char *const script[] = {GREETING,
                                         CAPA("s:SASL XOAUTH2\r\n"),
                                         "C:AUTH XOAUTH2",
                                         "S:+ ",
                                         "C:dXNl*",
                                         "S:+ eyJ0b2tlbiI6Imh1bnRlcjIyIn0=",
                                         "C:",
                                         "S:-ERR no",
                                         NULL};
    struct fixture *fixture = given_mechanism(state, script, AUTH_XOAUTH2, "hunter22");

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "no {\"token\":\"<secret>\"}");
}

/* Refusals */

static void
after_a_refusal_a_new_secret_is_tried_once_on_a_connection_of_its_own(void **state)
{
    static const char *const script[] = {GREETING, SASL_PLAIN, "C:AUTH PLAIN *", "S:-ERR [AUTH] no",
                                         "NEXT",   GREETING,   SASL_PLAIN,       "C:AUTH PLAIN " ANA_PW,
                                         "S:+OK",  NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->secrets[0] = "old";

    assert_opens(fixture);

    assert_int_equal(fixture->asked, 2);
}

static void
the_same_secret_is_not_tried_twice(void **state)
{
    static const char *const script[] = {GREETING, SASL_PLAIN, "C:AUTH PLAIN *", "S:-ERR authentication failed",
                                         "HANG",   NULL};
    struct fixture *fixture = given_plain(state, script);

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "authentication failed");
    assert_int_equal(fixture->again_s, 0);
}

static void
a_mailbox_in_use_or_a_login_too_soon_is_no_wrong_password(void **state)
{
    static const char *const in_use[] = {GREETING, SASL_PLAIN, "C:AUTH PLAIN *", "S:-ERR [IN-USE] locked",
                                         "HANG",   NULL};
    static const char *const words[] = {
        GREETING, CAPA("s:USER\r\n"), "C:USER ana", "S:+OK", "C:PASS pw", "S:-ERR maildrop already locked", "HANG",
        NULL};
    static const char *const delay[] = {GREETING,         CAPA("s:SASL PLAIN\r\nLOGIN-DELAY 900\r\n"),
                                        "C:AUTH PLAIN *", "S:-ERR [LOGIN-DELAY] wait",
                                        "HANG",           NULL};
    static const char *const fault[] = {GREETING, SASL_PLAIN, "C:AUTH PLAIN *", "S:-ERR [SYS/TEMP] disk", "HANG", NULL};
    struct fixture *fixture = given_plain(state, in_use);
    assert_fails(fixture, ERROR_NETWORK);
    assert_string_equal(fixture->err.answer, "[IN-USE] locked");
    assert_int_equal(fixture->again_s, 1);
    assert_int_equal(fixture->asked, 1);
    fixture = given_plain(state, words);
    assert_fails(fixture, ERROR_NETWORK);
    assert_int_equal(fixture->again_s, 1);
    fixture = given_plain(state, delay);
    assert_fails(fixture, ERROR_NETWORK);
    assert_int_equal(fixture->again_s, 900);
    fixture = given_plain(state, fault);

    assert_fails(fixture, ERROR_NETWORK);

    assert_int_equal(fixture->again_s, 0);
}

/* One login that is refused with these words. @return what it is taken for */
static enum error_kind
refused_with(void **state, const char *words, int *again_s)
{
    const char *const script[] = {GREETING, SASL_PLAIN, "C:AUTH PLAIN *", words, "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);

    assert_null(pop_session_open(&fixture->to, &fixture->again_s, &fixture->err));
    end_server(fixture->server);
    *again_s = fixture->again_s;
    return fixture->err.kind;
}

static void
trouble_of_the_server_that_is_said_in_words_is_no_wrong_password(void **state)
{
    static const struct {
        const char *words;
        int again_s;
    } passing[] = {{"S:-ERR [LOGIN-DELAY] minimum time between mail checks violated", 1},
                   {"S:-ERR [LOGIN-DELAY 300] not yet", 1},
                   {"S:-ERR Mailbox is locked by another session", 1},
                   {"S:-ERR [ALERT] Too many simultaneous connections", 0},
                   {"S:-ERR Too many connections from your address", 0},
                   {"S:-ERR Account exceeded command or bandwidth limits", 0},
                   {"S:-ERR Server Unavailable. 15", 0},
                   {"S:-ERR [UNAVAILABLE] no backend", 0},
                   {"S:-ERR [LIMIT] slow down", 0}};
    int again_s;

    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
        assert_int_equal(refused_with(state, passing[i].words, &again_s), ERROR_NETWORK);
        assert_int_equal(again_s, passing[i].again_s);
    }
    assert_int_equal(refused_with(state, "S:-ERR [AUTH] no: the mailbox is locked to you", &again_s), ERROR_LOGIN);
    assert_int_equal(refused_with(state, "S:-ERR invalid user or password", &again_s), ERROR_LOGIN);
}

static void
a_line_end_in_user_or_password_is_never_sent(void **state)
{
    static const char *const script[] = {GREETING, CAPA("s:USER\r\n"), "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->secrets[0] = "pw\r\nDELE 1";
    assert_fails(fixture, ERROR_LOGIN);
    fixture = given_plain(state, script);
    fixture->to.user = "ana\nx";

    assert_fails(fixture, ERROR_CONFIG);
}

static void
a_secret_that_the_server_repeats_is_cut_out_of_its_words(void **state)
{
    static const char *const script[] = {GREETING,
                                         CAPA("s:USER\r\n"),
                                         "C:USER ana",
                                         "S:+OK",
                                         "C:PASS hunter22",
                                         "S:-ERR no \"PASS hunter22\" here",
                                         "HANG",
                                         NULL};
    struct fixture *fixture = given_plain(state, script);
    fixture->secrets[0] = fixture->secrets[1] = "hunter22";

    assert_fails(fixture, ERROR_LOGIN);

    assert_string_equal(fixture->err.answer, "no \"PASS <secret>\" here");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_strongest_mechanism_that_both_know_is_taken),
        CASE(token_kinds_and_apop_are_used_only_when_named),
        CASE(apop_answers_the_timestamp),
        CASE(a_timestamp_that_is_none_is_not_answered),
        CASE(cram_md5_answers_the_challenge),
        CASE(scram_is_not_over_before_the_server_has_proved_itself),
        CASE(what_libetpan_does_not_get_to_see_is_no_proof_of_scram),
        CASE(a_token_that_comes_back_as_a_challenge_is_not_told),
        CASE(a_challenge_that_libetpan_has_no_room_for_ends_the_session),
        CASE(user_and_pass_of_any_length_go_whole),
        CASE(the_mechanism_login_serves_where_user_is_not_there),
        CASE(external_sends_the_user_or_nothing),
        CASE(an_initial_response_beyond_255_octets_waits_for_the_continuation),
        CASE(xoauth2_waits_for_the_plus_as_office_365_wants),
        CASE(oauthbearer_is_spelled_as_rfc_7628_says),
        CASE(what_is_wrong_with_a_token_is_told_in_clear),
        CASE(after_a_refusal_a_new_secret_is_tried_once_on_a_connection_of_its_own),
        CASE(the_same_secret_is_not_tried_twice),
        CASE(a_mailbox_in_use_or_a_login_too_soon_is_no_wrong_password),
        CASE(trouble_of_the_server_that_is_said_in_words_is_no_wrong_password),
        CASE(a_line_end_in_user_or_password_is_never_sent),
        CASE(a_secret_that_the_server_repeats_is_cut_out_of_its_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
