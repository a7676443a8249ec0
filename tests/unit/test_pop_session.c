/* The prologue of a POP3 session, against scripted servers: what is sent, what is refused, what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "store/pop/session.h"

#include "fake_server.h"

#define DAY 86400L
#define ANA_PW "AGFuYQBwdw==" /* "\0ana\0pw" */
#define GREETING "S:+OK Fake ready <1896.697170952@dbc.mtview.ca.us>"
#define CAPA(words) "C:CAPA", "S:+OK list follows", words, "S:."
#define SASL_PLAIN CAPA("s:UIDL\r\nTOP\r\nSASL PLAIN\r\n")

struct fixture {
    struct certificate certificate;
    const char *secrets[2]; /* the first answer, and the one after a refusal */
    int asked;
    int again_s;
    struct connection to;
    struct fake_server *server;
    struct error err;
};

static bool
give_secret(void *context, bool again, char **secret, struct error *err)
{
    struct fixture *fixture = context;
    const char *answer = fixture->secrets[again ? 1 : 0];

    fixture->asked++;
    if (answer == NULL) {
        error_set(err, ERROR_LOGIN, "the password command failed");
        return false;
    }
    *secret = strdup(answer);
    return *secret != NULL;
}

static int
set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    given_certificate(&fixture->certificate, "DNS:localhost,IP:127.0.0.1", -DAY, DAY);
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    drop_certificate(&fixture->certificate);
    free(fixture);
    return 0;
}

/* A server and a connection to it: plain text, the user ana with the password pw, AUTH_AUTO. */
static struct fixture *
given_plain(void **state, const char *const *script)
{
    struct fixture *fixture = *state;

    fixture->server = given_server(&fixture->certificate, script);
    fixture->secrets[0] = fixture->secrets[1] = "pw";
    fixture->asked = 0;
    fixture->err = (struct error){.kind = ERROR_NONE};
    fixture->to = (struct connection){.scheme = SCHEME_POP3,
                                      .host = "127.0.0.1",
                                      .port = fixture->server->port,
                                      .user = "ana",
                                      .tls = TLS_NONE,
                                      .timeout_s = 10,
                                      .ca_file = fixture->certificate.file,
                                      .secret = give_secret,
                                      .secret_context = fixture};
    return fixture;
}

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

static struct fixture *
given_mechanism(void **state, const char *const *script, unsigned mechanism, const char *secret)
{
    struct fixture *fixture = given_plain(state, script);

    fixture->to.auth = mechanism;
    fixture->secrets[0] = fixture->secrets[1] = secret;
    return fixture;
}

static struct pop_session *
opened(struct fixture *fixture)
{
    struct pop_session *session = pop_session_open(&fixture->to, &fixture->again_s, &fixture->err);

    if (session == NULL) {
        print_error("%s: %s; server: %s\n", fixture->err.what, fixture->err.answer, fixture->server->complaint);
        fail();
    }
    return session;
}

static void
close_all(struct fixture *fixture, struct pop_session *session)
{
    pop_session_close(session);
    end_server(fixture->server);
}

static void
assert_opens(struct fixture *fixture)
{
    close_all(fixture, opened(fixture));
}

static void
assert_fails(struct fixture *fixture, enum error_kind kind)
{
    assert_null(pop_session_open(&fixture->to, &fixture->again_s, &fixture->err));
    if (fixture->err.kind != kind)
        print_error("%s: %s; server: %s\n", fixture->err.what, fixture->err.answer, fixture->server->complaint);
    assert_int_equal(fixture->err.kind, kind);
    end_server(fixture->server);
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

    assert_fails(given_mechanism(state, script, AUTH_CRAM_MD5, "pw"), ERROR_SERVER);
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

static void
a_plain_port_behind_pop3s_is_told(void **state)
{
    static const char *const script[] = {GREETING, "HANG", NULL};
    struct fixture *fixture = given_pop3s(state, script);

    assert_fails(fixture, ERROR_NETWORK);

    assert_has(fixture->err.hint, "pop3s:// 995");
}

static void
an_answer_in_drops_is_not_waited_for_without_end(void **state)
{
    static const char *const script[] = {"s:+OK ", "DRIP", "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);
    const time_t before = time(NULL);
    fixture->to.timeout_s = 1;

    assert_fails(fixture, ERROR_NETWORK);

    assert_in_range(time(NULL) - before, 4, 8);
    assert_has(fixture->err.answer, "too slowly");
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

    assert_fails(fixture, ERROR_SERVER);

    assert_null(strstr(fixture->err.answer, "hunter"));
    assert_has(fixture->err.answer, "<secret>");
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

/* Nonsense */

static void
another_protocol_is_no_pop3(void **state)
{
    static const char *const script[] = {"S:* OK IMAP ready", "HANG", NULL};
    struct fixture *fixture = given_plain(state, script);

    assert_fails(fixture, ERROR_SERVER);

    assert_has(fixture->err.what, "not the greeting of a POP3 server");
}

static void
lines_and_lists_without_end_end_the_session(void **state)
{
    static const char *const line[] = {"s:+OK ", "FLOOD", NULL};
    static const char *const capa[] = {GREETING, "C:CAPA", "s:+OK\r\nX", "FLOOD", NULL};
    static const char *const plus[] = {
        GREETING, CAPA("s:SASL XOAUTH2\r\n"), "C:AUTH XOAUTH2", "S:+ ", "C:dXNl*", "S:+ ", "C:", "S:+ ", "HANG", NULL};
    assert_fails(given_plain(state, line), ERROR_SERVER);
    assert_fails(given_plain(state, capa), ERROR_SERVER);

    assert_fails(given_mechanism(state, plus, AUTH_XOAUTH2, "tok"), ERROR_SERVER);
}

static void
an_answer_that_is_neither_yes_nor_no_ends_the_session(void **state)
{
    static const char *const script[] = {GREETING, CAPA("s:USER\r\n"), "C:USER ana", "S:+OKAY", "HANG", NULL};

    assert_fails(given_plain(state, script), ERROR_SERVER);
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

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

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
        CASE(the_strongest_mechanism_that_both_know_is_taken),
        CASE(token_kinds_and_apop_are_used_only_when_named),
        CASE(apop_answers_the_timestamp),
        CASE(a_timestamp_that_is_none_is_not_answered),
        CASE(cram_md5_answers_the_challenge),
        CASE(scram_is_not_over_before_the_server_has_proved_itself),
        CASE(what_libetpan_does_not_get_to_see_is_no_proof_of_scram),
        CASE(a_token_that_comes_back_as_a_challenge_is_not_told),
        CASE(a_plain_port_behind_pop3s_is_told),
        CASE(an_answer_in_drops_is_not_waited_for_without_end),
        CASE(a_line_that_is_cut_for_an_error_is_cut_behind_its_secrets),
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
        CASE(a_greeting_may_refuse_too),
        CASE(a_line_end_in_user_or_password_is_never_sent),
        CASE(a_secret_that_the_server_repeats_is_cut_out_of_its_words),
        CASE(another_protocol_is_no_pop3),
        CASE(lines_and_lists_without_end_end_the_session),
        CASE(an_answer_that_is_neither_yes_nor_no_ends_the_session),
        CASE(a_connection_that_ends_is_no_endless_loop),
        CASE(the_wire_log_shows_no_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
