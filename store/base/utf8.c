/* See utf8.h. */
#include "store/base/utf8.h"

size_t
utf8_next(struct text text, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)text.at;
    uint32_t code;
    size_t len;

    if (text.len == 0)
        return 0;
    len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
    if (len == 0 || len > text.len)
        return 0;
    code = len == 1 ? at[0] : at[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    if (point != NULL)
        *point = code;
    return len;
}

bool
utf8_valid(struct text text)
{
    for (size_t len; text.len > 0; text.at += len, text.len -= len) {
        len = utf8_next(text, NULL);
        if (len == 0)
            return false;
    }
    return true;
}
