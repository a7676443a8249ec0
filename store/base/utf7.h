/*
 * Mailbox names in modified UTF-7 (RFC 3501 section 5.1.3), strict both ways: a wire name that decodes is exactly the
 * one that encoding gives back. What is not canonical (shifts that were not needed, surrogates alone, bits left over,
 * bytes above 0x7e) does not decode; such a mailbox is still reachable by its wire name.
 */
#ifndef STORE_BASE_UTF7_H
#define STORE_BASE_UTF7_H

#include "store/base/text.h"

/** Wire name to UTF-8, appended. @return false: not canonical, or the buffer refused; `to` is as before */
MUST_CHECK bool utf7_decode(struct text wire, struct buffer *to);
/** UTF-8 to wire name, appended. @return false: not valid UTF-8, or the buffer refused; `to` is as before */
MUST_CHECK bool utf7_encode(struct text utf8, struct buffer *to);

#endif
