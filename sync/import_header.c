/*
 * The digest of a message's header block, of the bytes as the server sends them: what a later TOP has to give again. A draft's own
 * digests are of what the file gives back, which differs where a line ends in a bare LF.
 *
 * The body is not digested: three digests of everything would cost more than the wire.
 */
#include "sync/import_private.h"

bool
header_begin(struct header_digest *header)
{
    if (header->digest == NULL)
        header->digest = digest_new();
    header->done = false;
    header->line = HEADER_LINE_START;
    return header->digest != NULL && digest_reset(header->digest);
}

/* How many of these bytes belong to the header. */
static size_t
header_part(struct header_digest *header, const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len && !header->done) {
        if (header->line == HEADER_LINE_INSIDE) {
            const char *lf = memchr(bytes + i, '\n', len - i);

            if (lf == NULL)
                return len;
            i = (size_t)(lf - bytes) + 1;
            header->line = HEADER_LINE_START;
            continue;
        }
        header->done = bytes[i] == '\n';
        header->line = bytes[i] == '\r' && header->line == HEADER_LINE_START ? HEADER_LINE_CR : HEADER_LINE_INSIDE;
        i++;
    }
    return i;
}

bool
header_add(struct header_digest *header, const void *bytes, size_t len)
{
    return header->done || digest_add(header->digest, bytes, header_part(header, bytes, len));
}

bool
header_finish(struct header_digest *header, unsigned char out[static DIGEST_SIZE], bool *found)
{
    struct digests digests;

    if (!digest_finish(header->digest, &digests))
        return false;
    memcpy(out, digests.header, DIGEST_SIZE);
    *found = header->done;
    return true;
}
