/*
 * The body of a multi-line answer; see multiline.h. Dots are looked for and not line ends: there are fewer of them,
 * none at all in base64, and memchr is fast. Whether a dot begins a line is then told by the two bytes before it.
 */
#include "store/pop/multiline.h"

#include <assert.h>

void
multiline_begin(struct multiline *body, bool list)
{
    body->state = MULTILINE_START;
    body->list = list;
}

bool
multiline_ended(const struct multiline *body)
{
    return body->state == MULTILINE_END;
}

/* Does a line begin at in + i? state: as before in[0]. */
static bool
begins_line(const struct multiline *body, const char *in, size_t i)
{
    if (i == 0)
        return body->state == MULTILINE_START;
    if (in[i - 1] != '\n')
        return false;
    if (body->list)
        return true;
    return i == 1 ? body->state == MULTILINE_CR : in[i - 2] == '\r';
}

/* The first dot that begins a line; NULL: none. */
static const char *
find_dot(const struct multiline *body, const char *in, size_t len)
{
    const char *dot = memchr(in, '.', len);

    while (dot != NULL && !begins_line(body, in, (size_t)(dot - in)))
        dot = memchr(dot + 1, '.', len - (size_t)(dot - in) - 1);
    return dot;
}

size_t
multiline_take(struct multiline *body, const char *in, size_t len, struct text *run)
{
    const char *dot;

    assert(len > 0 && body->state != MULTILINE_END);
    *run = (struct text){in, 0};
    if (body->state == MULTILINE_DOT_CR) {
        if (in[0] == '\n') {
            body->state = MULTILINE_END;
            return 1;
        }
        body->state = MULTILINE_CR; /* ".\rx" */
        *run = TEXT(".\r");
        return 0;
    }
    if (body->state == MULTILINE_DOT) {
        if (in[0] == '\r') {
            body->state = MULTILINE_DOT_CR;
            return 1;
        }
        if (body->list && in[0] == '\n') {
            body->state = MULTILINE_END;
            return 1;
        }
        body->state = MULTILINE_TEXT;
        if (in[0] != '.') { /* nobody doubled it: it is the message's own */
            *run = TEXT(".");
            return 0;
        }
    }
    dot = find_dot(body, in, len);
    if (dot != NULL) {
        run->len = (size_t)(dot - in);
        body->state = MULTILINE_DOT;
        return run->len + 1;
    }
    run->len = len;
    body->state = begins_line(body, in, len) ? MULTILINE_START : in[len - 1] == '\r' ? MULTILINE_CR : MULTILINE_TEXT;
    return len;
}

/* @param at  with its line end, which is LF or CR LF */
static void
give_line(const char *at, size_t len, struct text *line)
{
    len--;
    if (len > 0 && at[len - 1] == '\r')
        len--;
    *line = (struct text){at, len < MULTILINE_LINE_MAX ? len : MULTILINE_LINE_MAX};
}

/* Most lines are whole in their run: they are given where they stand. */
bool
list_lines_next(struct list_lines *lines, struct text *run, struct text *line, bool *too_long)
{
    const char *at = run->at, *end = run->len == 0 ? NULL : memchr(at, '\n', run->len);
    const size_t len = end != NULL ? (size_t)(end - at) + 1 : run->len, room = sizeof lines->at - lines->len;
    const size_t kept = len < room ? len : room;

    run->at += len;
    run->len -= len;
    *too_long = false;
    if (end != NULL && lines->len == 0) {
        give_line(at, len, line);
        return true;
    }
    if (kept > 0)
        memcpy(lines->at + lines->len, at, kept);
    lines->len += kept;
    lines->passed += len - kept;
    *line = (struct text){lines->at, lines->len};
    *too_long = lines->passed > MULTILINE_PASSED_MAX;
    if (end == NULL || *too_long)
        return false;
    if (lines->passed > 0)
        line->len = MULTILINE_LINE_MAX;
    else
        give_line(lines->at, lines->len, line);
    lines->len = lines->passed = 0;
    return true;
}
