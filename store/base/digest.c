/*
 * SHA-256 of a message while it streams by, in one pass: two running digests, because the header's is the state of the
 * wire digest at the end of the header block.
 */
#include "store/base/digest.h"

#include "store/base/placeholder.h"

/*
 * EVP would load OpenSSL's providers: 3 MB resident and two milliseconds before the first connection, and with each short text more time
 * than its digest takes. What is digested here is named, not guarded.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

struct digest {
    SHA256_CTX wire, canonical;
    bool wants_canonical;
    uint64_t size;
    bool has_nul;
    struct placeholder placeholder;
    bool header_done;
    enum { LINE_START, LINE_START_CR, LINE_INSIDE } line; /* of the header block */
    unsigned char header[DIGEST_SIZE];
    uint64_t trailing_lf, trailing_cr; /* canonical: line ends, then CRs, that count only if something follows */
    size_t used;
    unsigned char gathered[4096]; /* canonical bytes on their way to OpenSSL: a line alone is not worth a call */
};

struct digest *
digest_new(void)
{
    struct digest *digest = calloc(1, sizeof *digest);

    if (digest == NULL)
        return NULL;
    if (!digest_reset(digest, true)) {
        digest_free(digest);
        return NULL;
    }
    return digest;
}

bool
digest_reset(struct digest *digest, bool canonical)
{
    digest->wants_canonical = canonical;
    digest->size = 0;
    digest->has_nul = false;
    digest->placeholder = (struct placeholder){.len = 0};
    digest->header_done = false;
    digest->line = LINE_START;
    digest->trailing_lf = 0;
    digest->trailing_cr = 0;
    digest->used = 0;
    return SHA256_Init(&digest->wire) == 1 && (!canonical || SHA256_Init(&digest->canonical) == 1);
}

static bool
finish_header(struct digest *digest)
{
    SHA256_CTX copy = digest->wire;

    digest->header_done = SHA256_Final(digest->header, &copy) == 1;
    return digest->header_done;
}

/* How many of these bytes belong to the header block; *end: its empty line is among them. */
static size_t
header_length(struct digest *digest, const unsigned char *bytes, size_t len, bool *end)
{
    size_t i = 0;

    *end = false;
    while (i < len) {
        if (digest->line == LINE_INSIDE) {
            const unsigned char *lf = memchr(bytes + i, '\n', len - i);

            if (lf == NULL)
                return len;
            i = (size_t)(lf - bytes) + 1;
            digest->line = LINE_START;
        } else if (bytes[i] == '\n') {
            *end = true;
            return i + 1;
        } else {
            digest->line = bytes[i] == '\r' && digest->line == LINE_START ? LINE_START_CR : LINE_INSIDE;
            i++;
        }
    }
    return len;
}

static bool
add_wire(struct digest *digest, const unsigned char *bytes, size_t len)
{
    size_t header = 0;
    bool end;

    if (!digest->header_done) {
        header = header_length(digest, bytes, len, &end);
        if (SHA256_Update(&digest->wire, bytes, header) != 1 || (end && !finish_header(digest)))
            return false;
    }
    return SHA256_Update(&digest->wire, bytes + header, len - header) == 1;
}

static bool
flush(struct digest *digest)
{
    size_t used = digest->used;

    digest->used = 0;
    return SHA256_Update(&digest->canonical, digest->gathered, used) == 1;
}

static bool
gather(struct digest *digest, const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        size_t room = sizeof digest->gathered - digest->used;
        size_t some = len < room ? len : room;

        memcpy(digest->gathered + digest->used, bytes, some);
        digest->used += some;
        bytes += some;
        len -= some;
        if (digest->used == sizeof digest->gathered && !flush(digest))
            return false;
    }
    return true;
}

static bool
gather_many(struct digest *digest, unsigned char byte, uint64_t times)
{
    for (; times > 0; times--)
        if (!gather(digest, &byte, 1))
            return false;
    return true;
}

static bool
add_trailing(struct digest *digest)
{
    uint64_t lf = digest->trailing_lf, cr = digest->trailing_cr;

    digest->trailing_lf = 0;
    digest->trailing_cr = 0;
    return gather_many(digest, '\n', lf) && gather_many(digest, '\r', cr);
}

static bool
finish_canonical(struct digest *digest, unsigned char out[static DIGEST_SIZE])
{
    /* Line ends at the end are trimmed; a CR there belongs to no line end, so what stands before it counts. */
    return (digest->trailing_cr == 0 || add_trailing(digest)) && flush(digest) &&
           SHA256_Final(out, &digest->canonical) == 1;
}

static bool
add_canonical(struct digest *digest, const unsigned char *bytes, size_t len)
{
    static const unsigned char nul = 0x80;
    size_t i = 0;

    while (i < len) {
        size_t run = i;

        if (bytes[i] == '\r') {
            digest->trailing_cr++;
            i++;
            continue;
        }
        if (bytes[i] == '\n') {
            digest->trailing_cr = 0;
            digest->trailing_lf++;
            i++;
            continue;
        }
        while (run < len && bytes[run] != '\r' && bytes[run] != '\n' && bytes[run] != '\0')
            run++;
        if (!add_trailing(digest) || !gather(digest, bytes + i, run - i))
            return false;
        i = run;
        if (i < len && bytes[i] == '\0') {
            digest->has_nul = true;
            if (!gather(digest, &nul, 1))
                return false;
            i++;
        }
    }
    return true;
}

bool
digest_add(struct digest *digest, const void *bytes, size_t len)
{
    if (len == 0)
        return true;
    if (__builtin_add_overflow(digest->size, (uint64_t)len, &digest->size))
        return false;
    placeholder_add(&digest->placeholder, bytes, len);
    if (digest->wants_canonical)
        return add_wire(digest, bytes, len) && add_canonical(digest, bytes, len);
    digest->has_nul = digest->has_nul || memchr(bytes, '\0', len) != NULL;
    return add_wire(digest, bytes, len);
}

bool
digest_so_far(const struct digest *digest, unsigned char out[static DIGEST_SIZE])
{
    SHA256_CTX copy = digest->wire;

    return SHA256_Final(out, &copy) == 1;
}

bool
digest_finish(struct digest *digest, struct digests *out)
{
    struct digests result = {.size = digest->size,
                             .whole_header = digest->header_done,
                             .has_nul = digest->has_nul,
                             .placeholder = placeholder_is(&digest->placeholder)};

    if (!digest->header_done && !finish_header(digest))
        return false;
    memcpy(result.header, digest->header, DIGEST_SIZE);
    if (SHA256_Final(result.wire, &digest->wire) != 1 ||
        (digest->wants_canonical && !finish_canonical(digest, result.canonical)))
        return false;
    *out = result;
    return true;
}

void
digest_free(struct digest *digest)
{
    free(digest);
}

bool
digest_bytes(const void *bytes, size_t len, unsigned char out[static DIGEST_SIZE])
{
    SHA256_CTX sha256;

    return SHA256_Init(&sha256) == 1 && SHA256_Update(&sha256, bytes, len) == 1 && SHA256_Final(out, &sha256) == 1;
}

void
digest_base32(const unsigned char *bytes, size_t len, char *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned bits = 0, have = 0;

    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8 | bytes[i]) & 0xfff;
        for (have += 8; have >= 5; have -= 5)
            *out++ = letters[bits >> (have - 5) & 31];
    }
    if (have > 0)
        *out++ = letters[bits << (5 - have) & 31];
    *out = '\0';
}
