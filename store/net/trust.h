/* Whose certificate is trusted, and how it is told when one is not. Inside store/net only. */
#ifndef STORE_NET_TRUST_H
#define STORE_NET_TRUST_H

#include <openssl/ssl.h>

#include "store/base/digest.h"
#include "store/net/connection.h"

#define PIN_SIZE (2 * DIGEST_SIZE + 1)

struct trust {
    const struct connection *to;
    const char *name; /* for errors; the stream's */
    /* of the certificate that was shown; "" none yet */
    char seen_pin[PIN_SIZE];
    char seen_names[256]; /* its DNS names and addresses */
    char seen_dates[64];  /* from when to when the one that was refused counts */
};

/** The context asks `trust`, which lives as long as the context, and knows its CAs. @return false: err is ERROR_CONFIG or ERROR_NETWORK */
MUST_CHECK bool trust_load(struct trust *trust, SSL_CTX *context, struct error *err);
/** Whom the certificate must name, and what the server is told of that (SNI). @return false: err is ERROR_CONFIG */
MUST_CHECK bool trust_set_host(const struct trust *trust, SSL *ssl, struct error *err);
/** Would a certificate that was trusted once still be, by its own pin, or by its name and dates? Who vouched for it is not asked again. */
bool trust_holds(const struct trust *trust, const X509 *certificate);
/**
 * A digest of all that decides whom this connection trusts, and whom it says it is: host, tunnel, pins, CAs and client certificate, the files
 * by their names, times and sizes. @return false: OpenSSL failed
 */
MUST_CHECK bool trust_digest(const struct trust *trust, unsigned char out[static DIGEST_SIZE]);
/** Why it was not trusted. @param result  of SSL_get_verify_result */
void trust_report(const struct trust *trust, long result, struct error *err);

#endif
