/*
 * How a login goes in every mail protocol: TLS before anything secret, one mechanism after the other until the server has an opinion, and
 * what people are told where it goes wrong. The protocols' own part is in store/imap and store/pop: session.c, auth.c.
 */
#ifndef STORE_NET_LOGIN_H
#define STORE_NET_LOGIN_H

#include "store/net/dialogue.h"
#include "store/net/refusal.h"
#include "store/net/sasl.h"

/* TLS */

enum login_tls {
    LOGIN_AS_IT_IS,      /* it is secure, or is not to be */
    LOGIN_START_TLS,     /* whatever the server says of itself */
    LOGIN_TLS_IF_OFFERED /* a tunnel is a private channel */
};

/** Is the protocol's command for TLS to be sent? */
enum login_tls login_wants_tls(const struct connection *to, const struct stream *stream);

struct login_words {
    const char *start_tls; /* "STARTTLS" */
    const char *scheme;    /* "imaps://", of TLS from the start */
};

/** TLS is wanted and not to be had. @return false, with err */
bool login_refuse_plain(const struct stream *stream, const struct login_words *words, struct text answer,
                        struct error *err);
/** Something came along with the answer to that command. @return false, with err */
bool login_refuse_early(const struct stream *stream, const struct login_words *words, struct error *err);

/* Greetings */

/** Another protocol, or none, answers there. @param protocol  "an IMAP". @return false, with err: ERROR_NETWORK and what it may be */
bool login_refuse_greeting(const struct stream *stream, const char *protocol, struct text line, struct error *err);

/* Mechanisms */

struct login_ways {
    /** The best mechanism but those `without`; 0: none, err says why. */
    unsigned (*choose)(void *self, unsigned without, struct error *err);
    /** @param secret  NULL where the mechanism needs none. @return AUTH_REFUSED for a token, too */
    enum auth_outcome (*log_in)(void *self, unsigned mechanism, const char *secret, struct error *err);
};

/**
 * Try them until one is accepted or refused. Never AUTH_UNUSABLE. A token is refused with AUTH_TOKEN_REFUSED.
 * An automatic SCRAM that is refused is followed by PLAIN or LOGIN, once, if `private`.
 * @param private  nobody on the way can read the line
 * @param secret   asked for here where it is not there yet
 */
enum auth_outcome login_by(const struct login_ways *ways, void *self, const struct connection *to, bool private,
                           char **secret, struct error *err);

/* What is told. All fill in err. */

/** The server's words, and what a token mechanism said in JSON. @param details  may be NULL */
void login_answer(const struct buffer *words, const struct buffer *details, struct error *err);
/** libetpan gave up on what the server sent. */
enum auth_outcome login_misunderstood(const struct dialogue *talk, unsigned mechanism, struct error *err);
/**
 * SCRAM is over only when the server, too, has proved that it knows the password: salt and proof are two challenges. libetpan would take an
 * OK before.
 * @return the outcome, or AUTH_FAILED
 */
enum auth_outcome login_check_proof(const struct dialogue *talk, unsigned mechanism, unsigned challenges,
                                    enum auth_outcome outcome, struct error *err);
/** @return false */
bool login_no_memory(struct error *err);

#endif
