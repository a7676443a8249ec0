/*
 * The exchanges of a login that libetpan has no functions for: SASL mechanisms of a single message (with its initial response on the
 * command line, of any length), the mechanism LOGIN, and the command LOGIN with literals.
 */
#ifndef STORE_IMAP_EXCHANGE_H
#define STORE_IMAP_EXCHANGE_H

#include "store/imap/driver.h"
#include "store/net/sasl.h"

struct exchange {
    /* borrowed */
    struct driver *driver;
    const struct connection *to;
    const char *secret; /* NULL with EXTERNAL */
    unsigned mechanism; /* one bit of enum auth_mechanism */
    /* what the server offers */
    bool sasl_ir, literal_plus, literal_minus;
    /* [out] */
    struct buffer
        details; /* a challenge that can only be an error, decoded: the JSON of a token mechanism; to be freed */
};

/**
 * AUTHENTICATE with PLAIN, LOGIN, EXTERNAL, XOAUTH2 or OAUTHBEARER.
 * @return true: the tagged answer is in the driver, whatever it says; false: there is none, err says why
 */
MUST_CHECK bool exchange_sasl(struct exchange *exchange, struct error *err);
/** LOGIN with both words as literals. @return as exchange_sasl */
MUST_CHECK bool exchange_login(struct exchange *exchange, struct error *err);

#endif
