/*
 * Authentication in a POP3 session's prologue. USER and PASS, SCRAM-SHA-256 and CRAM-MD5 are libetpan's (the latter two
 * by libsasl2); APOP is our own, and so are PLAIN, EXTERNAL, XOAUTH2 and OAUTHBEARER, with an initial response (RFC
 * 5034) where it fits into a command's 255 octets. XOAUTH2 always waits for the "+", since Office 365 refuses it
 * otherwise.
 */
#ifndef STORE_POP_AUTH_H
#define STORE_POP_AUTH_H

#include "store/net/login.h"
#include "store/pop/driver.h"

struct pop_auth { /* one login; everything borrowed */
    struct pop_driver *driver;
    mailpop3 *pop3;
    const struct connection *to;
    const struct pop_capabilities *can;
    const char *secret; /* NULL with EXTERNAL */
};

/** As sasl_choose. @param private  as there */
unsigned pop_auth_choose(const struct pop_auth *auth, bool private, unsigned without, struct error *err);
/**
 * Log in.
 * @param err [out] filled in unless accepted. The server's code is in driver->code.
 */
enum auth_outcome pop_auth_log_in(const struct pop_auth *auth, unsigned mechanism, struct error *err);
/** ERROR_NETWORK for an -ERR that is about server or mailbox, with what to do. */
void pop_report_busy(const struct pop_driver *driver, const char *what, struct error *err);
/** Is the last -ERR about server or mailbox, and not about the password? Also where a server says so in words, without a code. */
bool pop_is_busy(const struct pop_driver *driver);
/** Is it a mailbox that another session has, so that another try in a moment is of use? */
bool pop_is_locked(const struct pop_driver *driver);

#endif
