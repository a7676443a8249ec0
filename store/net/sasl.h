/*
 * What a login is in every mail protocol: which mechanism, which bytes, and what a refusal means. Nothing is sent from
 * here. SASL is RFC 4422, PLAIN RFC 4616, OAUTHBEARER RFC 7628, XOAUTH2 Google's page of that name.
 */
#ifndef STORE_NET_SASL_H
#define STORE_NET_SASL_H

#include "store/net/connection.h"

/* A piece of memory with a secret in it: allocated once in its full size, so that no realloc leaves a copy behind. */
struct sasl_secret {
    char *at; /* NUL-terminated */
    size_t len, size;
};

/** @return false: out of memory */
MUST_CHECK bool sasl_secret_new(struct sasl_secret *secret, size_t size);
/** What does not fit is left out: callers have counted. */
void sasl_secret_adds(struct sasl_secret *secret, const char *string);
/** Wipes. Also what was never made. */
void sasl_secret_free(struct sasl_secret *secret);

/* What a login came to */

enum auth_outcome {
    AUTH_ACCEPTED,
    AUTH_REFUSED,       /* the credentials: a new secret may help; err is ERROR_LOGIN with the server's words */
    AUTH_TOKEN_REFUSED, /* the same, and they are a token */
    AUTH_UNUSABLE,      /* the mechanism is not there on this machine, nothing was sent; err says so, as ERROR_LOGIN */
    AUTH_FAILED         /* anything else; the connection is of no use any more */
};

/* Which mechanism */

struct sasl_offer {
    /** Does the server know this one? `name`: as SASL spells it; AUTH_LOGIN and AUTH_APOP may be commands instead */
    bool (*offers)(const void *context, unsigned mechanism, const char *name);
    const void *context;
    const char *words; /* what it offers, for an error; "" nothing */
    bool private;      /* nobody on the way can read the line; otherwise readable secrets need allow_plaintext */
};

/**
 * The mechanism to use, out of to->auth (or the automatic ones): the strongest that both know.
 * @param without  bits of mechanisms that proved unusable
 * @return one bit of enum auth_mechanism; 0: err is ERROR_LOGIN (none in common) or ERROR_CONFIG (no user)
 */
unsigned sasl_choose(const struct connection *to, const struct sasl_offer *offer, unsigned without, struct error *err);
/** "SCRAM-SHA-256"; of one bit of enum auth_mechanism. */
const char *sasl_name(unsigned mechanism);
/** Is its secret a token, which some program gets anew from time to time? */
bool sasl_is_token(unsigned mechanism);
/** EXTERNAL knows none. */
bool sasl_needs_secret(unsigned mechanism);
/**
 * What can't be sent: a user or secret with a line end in it, an empty one, one beyond LIMIT_SECRET.
 * @return false: err says which
 */
MUST_CHECK bool sasl_check(const struct connection *to, const char *secret, struct error *err);
/** What the user can do where the server refused the credentials. */
void sasl_hint_refused(unsigned mechanism, struct error *err);
/** libsasl2 lacks the plug-in: ERROR_LOGIN. */
void sasl_report_missing(const char *server, unsigned mechanism, struct error *err);

/* Secrets */

/** The password or token, from the connection's `secret`. @return false: err is ERROR_LOGIN */
MUST_CHECK bool sasl_ask_secret(const struct connection *to, bool again, char **secret, struct error *err);
/**
 * After a login: was the secret refused, and is there another one to try? A second try with the same one would only be counted against the
 * user. Before a token is asked for again the connection's `refresh` runs, once.
 * err, which says why the first was refused, is changed by an interruption, and its hint by a refresh that failed.
 * @param outcome  of the first try; only the two refusals mean a second one
 */
bool sasl_renew_secret(const struct connection *to, enum auth_outcome outcome, char **secret, struct error *err);
/** Wipe, free, NULL. */
void sasl_wipe_secret(char **secret);

/** Not empty, and nothing but whole groups of base64: what libsasl2 gets to see of a challenge. */
bool sasl_is_base64(struct text challenge);

/* The exchange of a mechanism that needs no computing: PLAIN, LOGIN, EXTERNAL, XOAUTH2, OAUTHBEARER */

struct sasl {
    /* Private but for hiding them: base64, NUL-terminated. */
    struct sasl_secret answers[2]; /* the first may go with the command */
    unsigned count;
    /* [out] a challenge that can only be an error, decoded: the JSON of a token mechanism */
    struct buffer details;

    /* Private to sasl.c. */
    const char *resign; /* answer to a challenge that can only be an error, so that the server's last word comes */
    unsigned given;     /* answers */
    bool initial;       /* the first went with the command */
    bool repeated;      /* and was given again */
    bool resigned;
};

/** @param secret  NULL with EXTERNAL. @return false: out of memory; sasl_end is allowed all the same */
MUST_CHECK bool sasl_begin(struct sasl *sasl, const struct connection *to, unsigned mechanism, const char *secret);
/**
 * Bytes that the initial response would add to the command's line, blank included; 0: the mechanism has none (LOGIN).
 */
size_t sasl_initial_length(const struct sasl *sasl);
/** The initial response, in base64 ("=" is the empty one). From now on it counts as given. */
const char *sasl_initial(struct sasl *sasl);
/**
 * The server's challenge, in base64, may be empty.
 * @param answer [out] what to send, without line end; borrowed
 * @return false: it asks without end
 */
MUST_CHECK bool sasl_answer(struct sasl *sasl, struct text challenge, const char **answer);
void sasl_end(struct sasl *sasl);

#endif
