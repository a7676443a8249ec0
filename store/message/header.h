/*
 * Fields of a header block, for telling whether two messages are one: what a server may have rewritten on the way (folding, encoded words,
 * zone of a date) does not count. RFC 5322 2.2, RFC 2047.
 */
#ifndef STORE_MESSAGE_HEADER_H
#define STORE_MESSAGE_HEADER_H

#include "store/base/text.h"

/**
 * The first field of that name in a header block, with its continuation lines.
 *
 * @param header  bytes of the block, line ends LF or CR LF; what follows its empty line is not looked at
 * @param name    without the colon, in any case
 * @param value   [out] borrowed from header: what follows the colon, line ends and blanks inside it included; empty if there is none
 * @return whether there is such a field
 */
bool header_find(struct text header, const char *name, struct text *value);
/**
 * A field's value as people read it: unfolded, encoded words decoded to UTF-8 (RFC 2047), bytes that are no UTF-8 taken for windows-1252,
 * blanks folded into one and none at its ends.
 *
 * @param out [in, out] appended to
 * @return false: out of memory, or longer than the buffer's maximum
 */
MUST_CHECK bool header_decode(struct text value, struct buffer *out);
/** The instant of a Date field's value in seconds UTC. @return false: it says none */
bool header_date(struct text value, int64_t *seconds);

#endif
