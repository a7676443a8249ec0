/*
 * The prologue of an IMAP session: greeting, STARTTLS, login, capabilities. libetpan speaks it over our own stream (its
 * mailstream_low driver is in driver.c); single-message SASL mechanisms we send ourselves, with the initial response on the
 * AUTHENTICATE line where the server offers SASL-IR (RFC 4959), since libetpan can't. After session_open the stream belongs
 * to the queue of the IMAP engine: libetpan never sees it again.
 */
#ifndef STORE_IMAP_SESSION_H
#define STORE_IMAP_SESSION_H

#include "store/base/limits.h"
#include "store/net/stream.h"

struct session {
    struct stream *stream; /* logged in, nothing in flight; session_close closes it */
    char *capabilities; /* after login: atoms, one blank between, as the server spelled them, `disable` not yet applied;
                                NULL: the server did not volunteer them with its OK: ask */
    bool proxied;       /* imapproxy stands before the server (XIMAPPROXY, which it says before the login alone) */
    char greeting[512]; /* text of the greeting, escaped */
    unsigned char *unread; /* bytes that came after the login's tagged answer and were read already; to be read first */
    size_t unread_len;
};

/**
 * Connect and log in as the connection says. STARTTLS is required on imap:// unless tls = none; nothing from before TLS is
 * accepted after it, capabilities are asked again. PREAUTH is accepted over a tunnel or TLS-from-the-start only (never where
 * STARTTLS is still required). Through a tunnel STARTTLS is used where it is offered and the certificate can be checked
 * (a host or a pin is named), not required. One refused login asks for the secret once more; another one is tried on a
 * connection of its own, then it gives up.
 * @param alerts  what the user must be shown is added (alerts.h), whatever comes of it; NULL: not kept
 * @return NULL: err is ERROR_NETWORK (no connection, TLS, no STARTTLS, BYE, a server that has no room right now),
 *         ERROR_LOGIN (refused, with the server's words, the decoded JSON of XOAUTH2/OAUTHBEARER included; password command
 *         failed; LOGINDISABLED; no common mechanism), ERROR_CONFIG (as stream_open, or no user), ERROR_SERVER (nonsense),
 *         ERROR_LOCAL (no memory) or ERROR_INTERRUPTED
 */
struct session *session_open(const struct connection *to, struct buffer *alerts, struct error *err);
/** Close the stream and free. NULL-safe. Wipes nothing but its own memory: the secret was wiped at login. */
void session_close(struct session *session);

#endif
