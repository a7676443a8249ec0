/*
 * Line ends of a message, both ways. Whole lines are moved with memchr and memcpy; only a line that is split between
 * two pieces is looked at byte by byte.
 */
#include "store/base/lines.h"

#include <string.h>

/* One byte after a CR that waits for its successor, or a lone LF: may a shrunk stream contain it? */
static bool
take_end(struct lines_shrink *state, char byte, char *out, size_t *out_len)
{
    if (!state->cr || byte != '\n')
        return false;
    state->cr = false;
    state->ends++;
    out[(*out_len)++] = '\n';
    return true;
}

size_t
lines_shrink(struct lines_shrink *state, const char *in, size_t len, char *out, size_t *out_len)
{
    size_t at = 0;

    *out_len = 0;
    while (at < len) {
        const char *lf, *cr;
        size_t plain;

        if (state->cr || in[at] == '\n') {
            if (!take_end(state, in[at], out, out_len))
                return at;
            at++;
            continue;
        }
        lf = memchr(in + at, '\n', len - at);
        plain = lf != NULL ? (size_t)(lf - in) - at : len - at;
        cr = memchr(in + at, '\r', plain);
        if (cr != NULL)
            plain = (size_t)(cr - in) - at;
        memcpy(out + *out_len, in + at, plain);
        *out_len += plain;
        at += plain;
        if (cr != NULL) {
            state->cr = true;
            at++;
        }
    }
    return at;
}

size_t
lines_grow(struct lines_grow *state, const char *in, size_t len, char *out, size_t size, size_t *out_len)
{
    size_t at = 0, put = 0;

    while (at < len && put < size) {
        size_t room = len - at < size - put ? len - at : size - put;
        const char *lf = memchr(in + at, '\n', room);
        size_t plain = lf != NULL ? (size_t)(lf - in) - at : room;

        memcpy(out + put, in + at, plain);
        if (plain > 0)
            state->cr = in[at + plain - 1] == '\r';
        put += plain;
        at += plain;
        if (lf == NULL)
            continue;
        if (!state->cr) {
            if (size - put < 2)
                break;
            out[put++] = '\r';
        }
        out[put++] = '\n';
        at++;
        state->cr = false;
    }
    *out_len = put;
    return at;
}
