/*
 * Digests of a message in wire form (every line end CR LF), computed while it streams by:
 *   wire       SHA-256 of every byte as on the wire
 *   header     SHA-256 of the header block on the wire, up to and with the empty line (or all, if there is none)
 *   canonical  SHA-256 with CR* LF folded to LF, other CR kept, NUL as 0x80 and the line ends at the end of the message
 *              trimmed: finds a message that a server rewrote
 */
#ifndef STORE_BASE_DIGEST_H
#define STORE_BASE_DIGEST_H

#include "store/base/error.h"

#define DIGEST_SIZE 32

struct digests {
    uint64_t size; /* bytes on the wire */
    unsigned char wire[DIGEST_SIZE];
    unsigned char header[DIGEST_SIZE];
    unsigned char canonical[DIGEST_SIZE]; /* zeros where it was not wanted */
    bool whole_header;                    /* the empty line behind the header was there */
    bool placeholder;                     /* mbsync's, for a message that it left on the server (placeholder.h) */
    bool has_nul; /* a NUL byte is in it: no server may be sent such a message (RFC 9051 CHAR8) */
};

struct digest; /* a message streaming by */

/** All digests of a first message. @return NULL: out of memory or OpenSSL without SHA-256 */
struct digest *digest_new(void);
/** Start over with the next message. @param canonical  that digest is wanted too: it costs as much as the others together */
MUST_CHECK bool digest_reset(struct digest *digest, bool canonical);
/** Wire-form bytes, split anywhere. @return false: OpenSSL failed */
MUST_CHECK bool digest_add(struct digest *digest, const void *bytes, size_t len);
/** SHA-256 of what was added so far; more may follow. @return false: OpenSSL failed */
MUST_CHECK bool digest_so_far(const struct digest *digest, unsigned char out[static DIGEST_SIZE]);
/** @param out [out] the digests of all that was added; the digest must be reset before it is used again */
MUST_CHECK bool digest_finish(struct digest *digest, struct digests *out);
/** NULL-safe. */
void digest_free(struct digest *digest);

/** SHA-256 of one piece of memory. */
MUST_CHECK bool digest_bytes(const void *bytes, size_t len, unsigned char out[static DIGEST_SIZE]);
/** Lower-case base32 (a-z2-7) without padding; out holds (8*len+4)/5 characters and NUL. */
void digest_base32(const unsigned char *bytes, size_t len, char *out);

#endif
