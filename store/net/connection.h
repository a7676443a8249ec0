/*
 * What it takes to reach one server and log in. Plain data: config fills it, store/net and store/imap read it.
 * Strings are owned by whoever filled it in and outlive every connection made from it.
 */
#ifndef STORE_NET_CONNECTION_H
#define STORE_NET_CONNECTION_H

#include "store/base/error.h"

enum connection_scheme { SCHEME_IMAP, SCHEME_IMAPS, SCHEME_POP3, SCHEME_POP3S };
enum connection_tls { TLS_REQUIRED, TLS_NONE };
enum connection_compress { COMPRESS_AUTO, COMPRESS_YES, COMPRESS_NO }; /* IMAP's COMPRESS=DEFLATE */

enum auth_mechanism { /* bits of connection.auth */
                      AUTH_SCRAM_SHA_256 = 1,
                      AUTH_PLAIN = 2,
                      AUTH_LOGIN = 4, /* the LOGIN command, or the mechanism of that name; POP: USER and PASS */
                      AUTH_XOAUTH2 = 8,
                      AUTH_OAUTHBEARER = 16,
                      AUTH_EXTERNAL = 32,
                      AUTH_CRAM_MD5 = 64,
                      AUTH_APOP = 128, /* POP only, and only when named */
};
#define AUTH_AUTO                                                                                                      \
    0u /* the strongest of scram-sha-256, plain over TLS, login, cram-md5 that both know; never a token kind */

struct connection {
    enum connection_scheme scheme;
    const char *host; /* NULL with a tunnel that names none */
    uint16_t port;
    const char *user; /* NULL: needless (tunnel already logged in, external) */
    unsigned auth;    /* AUTH_AUTO or bits of enum auth_mechanism */
    enum connection_tls tls;
    bool allow_plaintext;
    enum connection_compress compress;
    const char *ca_file;     /* PEM, NULL: the system's */
    const char *client_cert; /* PEM, may be NULL */
    const char *client_key;  /* PEM, NULL: in client_cert */
    const char *const
        *fingerprints;          /* SHA-256 of the SPKI, 64 lower-case hex digits each, NULL at the end; may be NULL */
    const char *tls_session;    /* a file for the ticket by which TLS is taken up again, 0600; NULL: none is kept */
    const char *tunnel;         /* command for /bin/sh, may be NULL */
    int timeout_s;              /* without any progress, at every wait */
    const char *const *disable; /* capabilities not to be used, NULL at the end; may be NULL */
    int wire_log;               /* >= 2: the dialogue to standard error, with secrets and bodies cut out */

    /**
     * Ask for the password or token. Called at a login only.
     * @param again  the last one was refused: ask anew, don't answer from memory
     * @param secret [out] NUL-terminated, at most LIMIT_SECRET bytes, without line end; the caller wipes and frees it
     * @return false: the command failed; err is ERROR_LOGIN
     */
    bool (*secret)(void *context, bool again, char **secret, struct error *err);
    /**
     * Have a new token made, once, before `secret` is asked again for a token that was refused. NULL: nothing can be done.
     * @param context  secret_context
     * @return false: it failed; err is ERROR_LOGIN or ERROR_INTERRUPTED
     */
    bool (*refresh)(void *context, struct error *err);
    void *secret_context;

    /** What the user should know while we wait: "the mailbox is in use: trying again in 2 seconds". May be NULL. */
    void (*said)(void *context, const char *words);
    void *said_context;

    /** Asked at every read, write and wait and at least once a second: true stops it with ERROR_INTERRUPTED. May be NULL. */
    bool (*stopped)(void *context);
    void *stopped_context;
    /**
     * Was a signal sent, though `stopped` may still give time to what is in flight? Asked where the line broke: that is no error then, but
     * ERROR_INTERRUPTED. NULL: `stopped` says it.
     */
    bool (*signalled)(void *context);
    void *signalled_context;
};

#endif
