/* See tuid.h. */
#include "sync/adopt/tuid.h"

static const char name[] = "X-TUID: ";

#define LENGTH (sizeof name - 1 + 12 + 2) /* of the line, with CR LF */

static bool
is_tuid(struct text line)
{
    if (line.len != LENGTH || memcmp(line.at, name, sizeof name - 1) != 0)
        return false;
    for (size_t i = sizeof name - 1; i < LENGTH - 2; i++) {
        const char c = line.at[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/'))
            return false;
    }
    return true;
}

/* @return length of the block with its empty line; 0: it does not end, or has not exactly one such line. *at: where that begins */
static size_t
find_line(struct text header, size_t *at)
{
    size_t found = 0;

    for (size_t from = 0; from < header.len;) {
        const char *end = memchr(header.at + from, '\n', header.len - from);
        const size_t len = end != NULL ? (size_t)(end - header.at) + 1 - from : 0;

        if (len == 0)
            return 0;
        if (len == 2 && header.at[from] == '\r')
            return found == 1 ? from + len : 0;
        if (is_tuid((struct text){header.at + from, len})) {
            found++;
            *at = from;
        }
        from += len;
    }
    return 0;
}

bool
tuid_header_without(struct text header, unsigned char digest[static DIGEST_SIZE])
{
    size_t at = 0;
    const size_t length = find_line(header, &at);
    struct buffer rest = buffer_new(TUID_HEADER_MAX);
    bool ok = length != 0 && buffer_add(&rest, header.at, at) &&
              buffer_add(&rest, header.at + at + LENGTH, length - at - LENGTH) &&
              digest_bytes(rest.at, rest.len, digest);

    buffer_free(&rest);
    return ok;
}
