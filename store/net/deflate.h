/*
 * Bytes compressed both ways (RFC 4978, RFC 1951) on a line that carries them. Inside store/net only; knows no protocol.
 * Memory is bounded whatever is sent: a block that grows a thousandfold is taken in pieces of the caller's size.
 */
#ifndef STORE_NET_DEFLATE_H
#define STORE_NET_DEFLATE_H

#include "store/net/stream.h"

struct deflate;

struct
    deflate_line { /* what carries the compressed bytes: functions as stream_read and stream_write, which set *moved always */
    enum stream_result (*read)(void *context, void *to, size_t size, size_t *moved, struct error *err);
    enum stream_result (*write)(void *context, const void *from, size_t len, size_t *moved, struct error *err);
    void *context;
    const char *name; /* of the other side, for errors; borrowed */
};

/**
 * @param early  what was read of the line already and belongs behind the switch; copied
 * @return NULL: out of memory
 */
struct deflate *deflate_new(const struct deflate_line *line, const void *early, size_t len);
/** As stream_read. What can't be decompressed is ERROR_NETWORK: nothing that follows on this line can be read. */
MUST_CHECK enum stream_result deflate_read(struct deflate *packing, void *to, size_t size, size_t *moved,
                                           struct error *err);
/** As stream_write: what it says was moved is on its way whole, and the other side can read all of it. */
MUST_CHECK enum stream_result deflate_write(struct deflate *packing, const void *from, size_t len, size_t *moved,
                                            struct error *err);
/** A read may find bytes that came already. */
bool deflate_has_buffered(const struct deflate *packing);
/** Did it fail because what came was no compressed data? */
bool deflate_is_damaged(const struct deflate *packing);
/** NULL-safe. */
void deflate_free(struct deflate *packing);

#endif
