/*
 * The body of a multi-line answer (RFC 1939 section 3), byte for byte, whatever pieces it comes in. Pure: no input or
 * output, constant memory, no limit of its own.
 *
 *     "\r\n.\r\n"  ends it (or ".\r\n" at its very begin); the first CR LF of the five belongs to the answer
 *     "\r\n..x"    a line that begins with a dot, which was doubled: one is taken away
 *     "\r\n.x"     a server that doubles none: it stays
 *     all else     stays as it is: NUL, bare CR, bare LF, 8-bit. After a bare LF a dot is a dot; "\n.\n" ends nothing
 *
 * And the same cut into lines, for the answers that are lists.
 */
#ifndef STORE_POP_MULTILINE_H
#define STORE_POP_MULTILINE_H

#include "store/base/text.h"

#define MULTILINE_LINE_MAX 4096        /* of a list, without its end, are kept: RFC 2449 section 4 allows 512 */
#define MULTILINE_PASSED_MAX (1 << 20) /* more of one line is no list */

struct multiline {
    enum {
        MULTILINE_START, /* of a line */
        MULTILINE_DOT,   /* a dot began the line */
        MULTILINE_DOT_CR,
        MULTILINE_TEXT,
        MULTILINE_CR, /* the last byte was CR */
        MULTILINE_END /* the terminator was taken */
    } state;
    bool list; /* LF alone ends a line, too */
};

/** @param list  of lines, and not a message: a server that ends them with LF alone ends it with a dot between two of these */
void multiline_begin(struct multiline *body, bool list);
/**
 * Take as many bytes as give one run of the body.
 * @param in   not empty; body not at its end
 * @param run  [out] bytes of the body, may be empty; in `in` or, where a CR had waited for its successor, constant
 * @return bytes taken, may be 0 (with a run that is not empty). Never takes what follows the terminator.
 */
size_t multiline_take(struct multiline *body, const char *in, size_t len, struct text *run);
bool multiline_ended(const struct multiline *body);

struct list_lines { /* of a body */
    char at[MULTILINE_LINE_MAX + 2];
    size_t len;
    size_t passed; /* of the line that is coming, behind what is kept of it */
};

/**
 * Add a run of a body; call again with what is left until nothing is.
 * @param line [out] where true is returned: a line without its end (CR LF or LF), borrowed until the next call, and no longer than the run
 *                   Of a longer one it has the first MULTILINE_LINE_MAX bytes: that is one message's trouble, and not the list's
 * @param too_long [out] it has more than MULTILINE_PASSED_MAX bytes: nothing more is to be had from these lines
 * @return false: no whole line yet, run is used up; or too_long, and line is what there is of it
 */
bool list_lines_next(struct list_lines *lines, struct text *run, struct text *line, bool *too_long);

#endif
