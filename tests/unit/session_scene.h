/* An IMAP session with a scripted server: what the tests of greeting, TLS and login share. Included after cmocka.h. */
#ifndef TESTS_UNIT_SESSION_SCENE_H
#define TESTS_UNIT_SESSION_SCENE_H

#include <stdint.h>
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

static inline bool
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

static inline int
set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    given_certificate(&fixture->certificate, "DNS:localhost,IP:127.0.0.1", -DAY, DAY);
    *state = fixture;
    return 0;
}

static inline int
tear_down(void **state)
{
    struct fixture *fixture = *state;

    drop_certificate(&fixture->certificate);
    free(fixture);
    return 0;
}

/* A server and a connection to it: plain text, the user ana with the password pw, AUTH_AUTO. */
static inline struct fixture *
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

static inline struct fixture *
given_starttls(void **state, const char *const *script)
{
    struct fixture *fixture = given_plain(state, script);

    fixture->to.tls = TLS_REQUIRED;
    return fixture;
}

static inline struct fixture *
given_imaps(void **state, const char *const *script)
{
    struct fixture *fixture = given_starttls(state, script);

    fixture->to.scheme = SCHEME_IMAPS;
    return fixture;
}

static inline struct session *
opened(struct fixture *fixture)
{
    struct session *session = session_open(&fixture->to, NULL, &fixture->err);

    if (session == NULL) {
        print_error("%s: %s; server: %s\n", fixture->err.what, fixture->err.answer, fixture->server->complaint);
        fail();
    }
    return session;
}

static inline void
close_all(struct fixture *fixture, struct session *session)
{
    session_close(session);
    end_server(fixture->server);
}

static inline void
assert_opens(struct fixture *fixture)
{
    close_all(fixture, opened(fixture));
}

static inline void
assert_fails(struct fixture *fixture, enum error_kind kind)
{
    assert_null(session_open(&fixture->to, NULL, &fixture->err));
    if (fixture->err.kind != kind)
        print_error("%s: %s; server: %s\n", fixture->err.what, fixture->err.answer, fixture->server->complaint);
    assert_int_equal(fixture->err.kind, kind);
    end_server(fixture->server);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
