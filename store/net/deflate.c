/* See deflate.h: zlib, raw (no header, no checksum), a window of 32 KiB each way. */
#include "store/net/deflate.h"

#define ZLIB_CONST /* zlib changes nothing that it reads */
#include <zlib.h>

#include <limits.h>

#define RAW_WINDOW (-15)
#define MEMORY_LEVEL 8
#define PIECE (32 * 1024)     /* plain bytes that are compressed together */
#define BARREN_MAX 4096       /* bytes that come to nothing, until that is no answer but a way to keep us here */
#define PACKED (PIECE + 1024) /* bytes that they take at most: stored blocks, and the mark behind them */

struct deflate {
    struct deflate_line line;
    z_stream in, out;
    bool in_ready, out_ready; /* to be ended */
    bool more;                /* zlib may hold bytes that had no room in the last piece */
    bool damaged;
    size_t barren; /* bytes that came since the last plain one */

    unsigned char *early; /* read before all else */
    size_t owed;          /* plain bytes of the caller that are in `packed`, and were not said to be moved */
    size_t packed_at, packed_len;
    unsigned char packed[PACKED];
    unsigned char came[PIECE];
};

struct deflate *
deflate_new(const struct deflate_line *line, const void *early, size_t len)
{
    struct deflate *packing = calloc(1, sizeof *packing);

    if (packing == NULL)
        return NULL;
    packing->line = *line;
    packing->in_ready = inflateInit2(&packing->in, RAW_WINDOW) == Z_OK;
    packing->out_ready = deflateInit2(&packing->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW_WINDOW, MEMORY_LEVEL,
                                      Z_DEFAULT_STRATEGY) == Z_OK;
    packing->early = malloc(len > 0 ? len : 1);
    if (!packing->in_ready || !packing->out_ready || packing->early == NULL || len > UINT_MAX) {
        deflate_free(packing);
        return NULL;
    }
    if (len > 0)
        memcpy(packing->early, early, len);
    packing->in.next_in = packing->early;
    packing->in.avail_in = (uInt)len;
    return packing;
}

/* ---- in ---- */

static enum stream_result
refuse(struct deflate *packing, const char *why, struct error *err)
{
    char words[128];

    packing->damaged = true;
    error_set(err, ERROR_NETWORK, "read from %s", packing->line.name);
    (void)text_print(words, sizeof words, "what it sends is not compressed as agreed (%s)", why);
    error_answer(err, text_of(words));
    return STREAM_FAILED;
}

/* More of the line, once all that came is used up. */
static enum stream_result
get_more(struct deflate *packing, struct error *err)
{
    size_t got = 0;
    const enum stream_result result = packing->line.read(packing->line.context, packing->came, PIECE, &got, err);

    if (result == STREAM_DONE) {
        packing->in.next_in = packing->came;
        packing->in.avail_in = (uInt)got;
    }
    return result;
}

enum stream_result
deflate_read(struct deflate *packing, void *to, size_t size, size_t *moved, struct error *err)
{
    z_stream *in = &packing->in;
    const uInt room = size < PIECE ? (uInt)size : PIECE;

    *moved = 0;
    for (;;) {
        if (in->avail_in == 0 && !packing->more) {
            const enum stream_result result = get_more(packing, err);
            if (result != STREAM_DONE)
                return result;
        }
        in->next_out = to;
        in->avail_out = room;
        const uInt came = in->avail_in;
        const int result = inflate(in, Z_SYNC_FLUSH);
        *moved = room - in->avail_out;
        packing->barren = *moved > 0 ? 0 : packing->barren + (came - in->avail_in);
        packing->more = in->avail_out == 0;
        if (result == Z_MEM_ERROR) {
            error_set(err, ERROR_LOCAL, "read from %s: out of memory", packing->line.name);
            return STREAM_FAILED;
        }
        if (*moved > 0)
            return STREAM_DONE; /* what is wrong behind it shows at the next read */
        if (result == Z_STREAM_END)
            return refuse(packing, "it ends", err);
        if (packing->barren > BARREN_MAX)
            return refuse(packing, "it comes to nothing", err);
        if (result != Z_OK && result != Z_BUF_ERROR)
            return refuse(packing, in->msg != NULL ? in->msg : "it makes no sense", err);
    }
}

/* ---- out ---- */

/* So that the other side can read all of it. @return false: no memory can be missing here, so zlib was misused */
static bool
pack(struct deflate *packing, const void *from, size_t len)
{
    z_stream *out = &packing->out;

    out->next_in = from;
    out->avail_in = (uInt)len;
    out->next_out = packing->packed;
    out->avail_out = PACKED;
    if (deflate(out, Z_SYNC_FLUSH) != Z_OK || out->avail_in != 0 || out->avail_out == 0)
        return false;
    packing->packed_at = 0;
    packing->packed_len = PACKED - out->avail_out;
    packing->owed = len;
    return true;
}

enum stream_result
deflate_write(struct deflate *packing, const void *from, size_t len, size_t *moved, struct error *err)
{
    *moved = 0;
    if (packing->owed == 0 && !pack(packing, from, len < PIECE ? len : PIECE)) {
        error_set(err, ERROR_LOCAL, "write to %s: it can't be compressed", packing->line.name);
        return STREAM_FAILED;
    }
    while (packing->packed_at < packing->packed_len) {
        size_t sent = 0;
        const enum stream_result result =
            packing->line.write(packing->line.context, packing->packed + packing->packed_at,
                                packing->packed_len - packing->packed_at, &sent, err);
        if (result != STREAM_DONE)
            return result;
        packing->packed_at += sent;
    }
    *moved = packing->owed;
    packing->owed = 0;
    return STREAM_DONE;
}

bool
deflate_has_buffered(const struct deflate *packing)
{
    return packing->in.avail_in != 0 || packing->more;
}

bool
deflate_is_damaged(const struct deflate *packing)
{
    return packing->damaged;
}

void
deflate_free(struct deflate *packing)
{
    if (packing == NULL)
        return;
    if (packing->in_ready)
        (void)inflateEnd(&packing->in);
    if (packing->out_ready)
        (void)deflateEnd(&packing->out);
    free(packing->early);
    free(packing);
}
