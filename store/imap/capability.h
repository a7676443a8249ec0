/* Capabilities as bits: what the server offers, less what the user switched off and what is known to lie. */
#ifndef STORE_IMAP_CAPABILITY_H
#define STORE_IMAP_CAPABILITY_H

#include "store/net/connection.h"

enum capability {
    CAPABILITY_REV1 = 1,
    CAPABILITY_REV2 = 1 << 1,
    CAPABILITY_ENABLE = 1 << 2,
    CAPABILITY_CONDSTORE = 1 << 3,
    CAPABILITY_QRESYNC = 1 << 4,
    CAPABILITY_UIDPLUS = 1 << 5,
    CAPABILITY_MOVE = 1 << 6,
    CAPABILITY_MULTIAPPEND = 1 << 7,
    CAPABILITY_LITERAL_PLUS = 1 << 8,
    CAPABILITY_LITERAL_MINUS = 1 << 9,
    CAPABILITY_LIST_STATUS = 1 << 10,
    CAPABILITY_LIST_EXTENDED = 1 << 11,
    CAPABILITY_SPECIAL_USE = 1 << 12,
    CAPABILITY_UTF8_ACCEPT = 1 << 13,
    CAPABILITY_OBJECTID = 1 << 14,
    CAPABILITY_NAMESPACE = 1 << 15,
    CAPABILITY_ID = 1 << 16,
    CAPABILITY_UNSELECT = 1 << 17,
    CAPABILITY_STATUS_SIZE = 1 << 19, /* RFC 8438 */
    CAPABILITY_UIDONLY = 1 << 18,     /* and MESSAGELIMIT: without it there is no use for it */
    CAPABILITY_QUOTA = 1 << 20,       /* RFC 9208 */
    CAPABILITY_IDLE = 1 << 21,        /* RFC 2177 */
    CAPABILITY_NOTIFY = 1 << 22,      /* RFC 5465 */
    CAPABILITY_COMPRESS = 1 << 23,    /* RFC 4978, with DEFLATE */
    CAPABILITY_LABELS = 1 << 24,      /* X-GM-EXT-1 */
};

struct capabilities {
    unsigned bits;
    uint64_t append_limit;  /* 0: not said */
    uint64_t message_limit; /* a command is about at most so many messages (RFC 9738); 0: not said */
};

/**
 * Read a list of capabilities, one blank between.
 * @param disable  names that count as not offered, in any case, NULL at the end; may be NULL
 * @param host     servers whose QRESYNC is known to lose mail are recognised by name; may be NULL
 */
struct capabilities capability_parse(const char *list, const char *const *disable, const char *host);

#endif
