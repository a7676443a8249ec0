/* The prologue of an IMAP session, against scripted servers: what is sent, what is refused, what is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "store/imap/session.h"

#include "fake_server.h"

#define DAY 86400L
#define READY "S:* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] Fake ready"

/* "\0ana\0pw" and "ana" and "pw" in base64 */
#define ANA_PW "AGFuYQBwdw=="

struct fixture {
    struct certificate certificate;
    const char *secrets[2]; /* the first answer, and the one after a refusal */
    int asked;
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
    fixture->to = (struct connection){.scheme = SCHEME_IMAP,
                                      .host = "localhost",
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
given_starttls(void **state, const char *const *script)
{
    struct fixture *fixture = given_plain(state, script);

    fixture->to.tls = TLS_REQUIRED;
    return fixture;
}

static struct fixture *
given_imaps(void **state, const char *const *script)
{
    struct fixture *fixture = given_starttls(state, script);

    fixture->to.scheme = SCHEME_IMAPS;
    return fixture;
}

static struct session *
opened(struct fixture *fixture)
{
    struct session *session = session_open(&fixture->to, &fixture->err);

    if (session == NULL) {
        print_error("%s: %s; server: %s\n", fixture->err.what, fixture->err.answer, fixture->server->complaint);
        fail();
    }
    return session;
}

static void
close_all(struct fixture *fixture, struct session *session)
{
    session_close(session);
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
    assert_null(session_open(&fixture->to, &fixture->err));
    if (fixture->err.kind != kind)
        print_error("%s: %s; server: %s\n", fixture->err.what, fixture->err.answer, fixture->server->complaint);
    assert_int_equal(fixture->err.kind, kind);
    end_server(fixture->server);
}

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
    assert_int_equal(session->unread_len, 0);
    assert_true(stream_is_secure(session->stream));
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

    struct session *session = session_open(&to, &err);

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

    struct session *session = session_open(&to, &err);

    if (session == NULL)
        fail_msg("%s: %s", err.what, err.answer);
    session_close(session);
}

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
    struct fixture *fixture = given_plain(state, coded);

    assert_fails(fixture, ERROR_NETWORK);
    assert_string_equal(fixture->err.answer, "[UNAVAILABLE] database down");
    assert_fails(given_plain(state, gmail), ERROR_NETWORK);
    assert_fails(given_plain(state, libetpan), ERROR_NETWORK);

    assert_int_equal(fixture->asked, 3);
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

    assert_fails(fixture, ERROR_SERVER);

    assert_string_equal(fixture->err.answer, "+OK POP3 ready");
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

    assert_fails(given_plain(state, too_long), ERROR_SERVER);
    assert_opens(given_plain(state, short_enough));
}

static void
a_line_without_end_ends_the_session(void **state)
{
    static const char *const script[] = {"FLOOD", NULL}, *const later[] = {"S:* OK hi", "C:1 CAPABILITY", "FLOOD",
                                                                           NULL};

    assert_fails(given_plain(state, script), ERROR_SERVER);
    assert_fails(given_plain(state, later), ERROR_SERVER);
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

    assert_fails(fixture, ERROR_SERVER);

    assert_has(fixture->err.what, "too long");
}

static void
a_literal_before_login_is_nonsense(void **state)
{
    static const char *const script[] = {"S:* OK ready", "C:1 CAPABILITY", "S:* LIST () {4294967299}", "HANG", NULL};

    assert_fails(given_plain(state, script), ERROR_SERVER);
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

    assert_fails(given_plain(state, script), ERROR_SERVER);
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

    struct session *session = session_open(&fixture->to, &fixture->err);

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

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_greeting_with_capabilities_and_an_initial_response_make_the_login_one_turn),
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
        CASE(a_password_command_that_fails_is_told),
        CASE(a_secret_that_the_server_repeats_is_cut_out_of_its_words),
        CASE(a_quoted_or_short_secret_that_the_server_repeats_is_cut_out_too),
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
