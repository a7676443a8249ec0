/* TLS 1.2 or later on a connected socket, by OpenSSL. Inside store/net only. */
#ifndef STORE_NET_TLS_H
#define STORE_NET_TLS_H

#include "store/net/stream.h"

struct tls;

/**
 * Prepare TLS on a descriptor (borrowed): trust, host name, pins, client certificate. Sends nothing.
 * @return NULL: err is ERROR_CONFIG (an unreadable PEM file, no name and no pin to check against) or ERROR_NETWORK
 */
struct tls *tls_new(const struct connection *to, const char *name, int fd, struct error *err);
/** One step of the handshake. STREAM_DONE: up and verified. Never STREAM_END. */
MUST_CHECK enum stream_result tls_handshake(struct tls *tls, struct error *err);
/** As stream_read and stream_write. */
MUST_CHECK enum stream_result tls_read(struct tls *tls, void *to, size_t size, size_t *moved, struct error *err);
MUST_CHECK enum stream_result tls_write(struct tls *tls, const void *from, size_t len, size_t *moved,
                                        struct error *err);
/** The poll events after which what gave STREAM_AGAIN may go on; want is one of STREAM_WANT_READ and _WRITE. */
short tls_events(const struct tls *tls, unsigned want);
/** A read would find bytes that poll does not know of. */
bool tls_has_buffered(const struct tls *tls);
/** Did the handshake begin with the ticket of an earlier connection? Where it fails the next one may do without. */
bool tls_showed_ticket(const struct tls *tls);
/** The handshake was ended from here, by a signal: that says nothing of what the other side makes of a ticket. */
void tls_was_stopped(struct tls *tls);
/** Try close notify (if all went well so far), don't wait for the other side's, free. NULL-safe. */
void tls_free(struct tls *tls);

#endif
