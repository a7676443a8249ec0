/*
 * TLS sessions that are taken up again (RFC 8446 §2.2): who was here lately shows the ticket he got, and no certificate is sent, checked
 * or signed again. That saves both sides processor time, never a turn. Inside store/net only.
 */
#ifndef STORE_NET_RESUME_H
#define STORE_NET_RESUME_H

#include "store/net/trust.h"

struct resume {
    const struct trust *trust;
    unsigned char trusted[DIGEST_SIZE]; /* trust_digest, of the moment before anything was trusted */
    bool able;                          /* a file is named */
    bool offered;                       /* the server was shown a ticket */
    int64_t began;                      /* when the connection did, seconds UTC */
    int64_t shown;                      /* when the certificate behind the ticket that was offered was verified */
    SSL_SESSION *ticket;                /* the last one that came; NULL: none yet */
};

/**
 * Prepare a context for it, where the connection names a file (connection.tls_session). Nothing here is ever an error: without a ticket
 * the handshake is a whole one.
 *
 * @param trust  borrowed, as long as the connection stands
 */
void resume_prepare(struct resume *resume, const struct trust *trust, SSL_CTX *context);
/**
 * Offer the server the ticket of the file, which is removed: each is shown once (RFC 8446 §C.4), and one that a server chokes on can't stop
 * the next connection. It is offered only within a day of the certificate's verification, however often it was renewed by then, while all that decided about trust is as it was (name, pins, CA file, client
 * certificate), and while the certificate that was seen then would still do.
 *
 * A server, or what stands before it, may hang up on who shows one: that a handshake with one failed is written down, and for a month none is
 * shown or kept.
 */
void resume_offer(struct resume *resume, SSL *ssl);
/**
 * The connection ends: write down the last ticket that came, for the next one, in a file with mode 0600.
 *
 * @param up      the handshake was done, or ended from here; where it was not, and a ticket was offered, that may be why
 * @param worked  the connection did not break
 */
void resume_keep(struct resume *resume, const SSL *ssl, bool up, bool worked);

#endif
