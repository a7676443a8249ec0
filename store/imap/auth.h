/*
 * Authentication in a session's prologue: which mechanism, and the exchange itself. LOGIN, SCRAM-SHA-256 and CRAM-MD5 are
 * libetpan's (the latter two by libsasl2); PLAIN, EXTERNAL, XOAUTH2 and OAUTHBEARER are our own, with the initial response
 * on the command line where the server offers SASL-IR (one turn instead of two), and so is the LOGIN of what libetpan
 * can't spell.
 */
#ifndef STORE_IMAP_AUTH_H
#define STORE_IMAP_AUTH_H

#include "store/imap/driver.h"
#include "store/net/login.h"

/**
 * The mechanism to use, out of to->auth (or the automatic ones) and the server's list.
 * @param private  nobody on the way can read the line; otherwise readable secrets need allow_plaintext
 * @param without  bits of mechanisms that proved unusable
 * @return one bit of enum auth_mechanism; 0: err is ERROR_LOGIN (none in common) or ERROR_CONFIG (no user)
 */
unsigned auth_choose(const struct connection *to, const char *capabilities, bool private, unsigned without,
                     struct error *err);
struct auth { /* one login; everything borrowed */
    struct driver *driver;
    mailimap *imap;
    const struct connection *to;
    const char *capabilities; /* the server's list before login */
    const char *secret;       /* NULL with EXTERNAL; every copy made here is wiped */
};

/**
 * Log in.
 * @param err [out] filled in unless accepted. Capabilities that come with the answer are in driver->capabilities.
 */
enum auth_outcome auth_log_in(const struct auth *auth, unsigned mechanism, struct error *err);

#endif
