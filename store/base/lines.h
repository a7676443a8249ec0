/*
 * Line ends of a message: CR LF on the wire, LF in a file where nothing is lost by it.
 *
 * Shrinking (wire -> file) is exactly reversible only where every LF has exactly one CR before it and no other CR
 * stands anywhere. Only the end of the stream proves that, so the converter stops at the first byte that breaks it and
 * its caller stores the message as it came. Growing (file -> wire) puts a CR before every LF that has none and changes
 * nothing else; it gives back exactly what was shrunk, and leaves what was stored as it came alone, but for a bare LF.
 *
 * Both work on pieces split anywhere, in constant memory.
 */
#ifndef STORE_BASE_LINES_H
#define STORE_BASE_LINES_H

#include "store/base/text.h"

struct lines_shrink {
    bool cr;       /* a CR was taken and waits until the next byte says what it is */
    uint64_t ends; /* line ends written as LF so far */
};

/**
 * @param out  room for len bytes
 * @return bytes taken; fewer than len: in[return] shows that the stream can't be shrunk. What was written so far grows
 *         back to what was taken, less the CR that state->cr says is waiting.
 */
size_t lines_shrink(struct lines_shrink *state, const char *in, size_t len, char *out, size_t *out_len);

struct lines_grow {
    bool cr; /* the last byte was a CR */
};

/**
 * Take as much as there is room for.
 * @param out  room for at least two bytes
 * @return bytes taken; *out_len: bytes written
 */
size_t lines_grow(struct lines_grow *state, const char *in, size_t len, char *out, size_t size, size_t *out_len);

#endif
