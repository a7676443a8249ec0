/* UTF-8, strictly: shortest forms, no surrogates, at most U+10FFFF. */
#ifndef STORE_BASE_UTF8_H
#define STORE_BASE_UTF8_H

#include "store/base/text.h"

/** The character that the text begins with. @param point [out] set if there is one; may be NULL @return its bytes; 0: there is none */
size_t utf8_next(struct text text, uint32_t *point);
/** Is all of it UTF-8? */
bool utf8_valid(struct text text);

#endif
