/*
 * What mbsync leaves instead of a message that is larger than its MaxSize: the message's header, "[placeholder] " before the subject (or a
 * subject of that alone), and two fixed lines that say so (isync 1.2 to 1.5, copy_msg_convert in its sync.c). It is nobody's mail.
 */
#ifndef STORE_BASE_PLACEHOLDER_H
#define STORE_BASE_PLACEHOLDER_H

#include "store/base/text.h"

#define PLACEHOLDER_LINE 128 /* of a line so much is looked at */

struct placeholder { /* a message streaming by; zeros at its start */
    char line[PLACEHOLDER_LINE];
    size_t len; /* of the line, as far as it is kept */
    enum { PLACEHOLDER_HEADER, PLACEHOLDER_SIZE, PLACEHOLDER_FLAG, PLACEHOLDER_END, PLACEHOLDER_NOT } at;
    bool subject;
};

/** Bytes with any line ends, split anywhere. Costs nothing any more once it is no placeholder. */
void placeholder_add(struct placeholder *placeholder, const char *bytes, size_t len);
/** All of it was added: is it one? */
bool placeholder_is(const struct placeholder *placeholder);

#endif
