/* See utf7.h. */
#include "store/base/utf7.h"

#include "store/base/utf8.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
add_point(struct buffer *to, uint32_t point)
{
    char bytes[4];
    size_t len;

    if (point < 0x80) {
        bytes[0] = (char)point;
        len = 1;
    } else if (point < 0x800) {
        bytes[0] = (char)(0xc0 | point >> 6);
        bytes[1] = (char)(0x80 | (point & 0x3f));
        len = 2;
    } else if (point < 0x10000) {
        bytes[0] = (char)(0xe0 | point >> 12);
        bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (point & 0x3f));
        len = 3;
    } else {
        bytes[0] = (char)(0xf0 | point >> 18);
        bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (point & 0x3f));
        len = 4;
    }
    return buffer_add(to, bytes, len);
}

/* One UTF-16 unit of a shifted run. `high` holds a surrogate that waits for its second half. */
static bool
add_unit(struct buffer *to, uint32_t unit, uint32_t *high)
{
    if (*high != 0) {
        if (unit < 0xdc00 || unit > 0xdfff)
            return false;
        uint32_t point = 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00);
        *high = 0;
        return add_point(to, point);
    }
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return false;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        *high = unit;
        return true;
    }
    if (unit >= 0x20 && unit <= 0x7e) /* printable ASCII stands for itself */
        return false;
    return add_point(to, unit);
}

/* "&...-" at text->at[0]; leaves *text behind it. */
static bool
decode_shift(struct text *text, struct buffer *to)
{
    uint32_t bits = 0, high = 0;
    unsigned have = 0;
    size_t i;

    for (i = 1; i < text->len && text->at[i] != '-'; i++) {
        const char *digit = memchr(alphabet, text->at[i], sizeof alphabet - 1);
        if (digit == NULL)
            return false;
        bits = bits << 6 | (uint32_t)(digit - alphabet);
        have += 6;
        if (have >= 16) {
            have -= 16;
            if (!add_unit(to, bits >> have & 0xffff, &high))
                return false;
            bits &= (UINT32_C(1) << have) - 1;
        }
    }
    if (i == text->len || high != 0 || have >= 6 || bits != 0)
        return false;
    if (i == 1 && !buffer_add(to, "&", 1)) /* "&-" */
        return false;
    /* Two shifted runs side by side would have been one. */
    if (i > 1 && i + 2 < text->len && text->at[i + 1] == '&' && text->at[i + 2] != '-')
        return false;
    text->at += i + 1;
    text->len -= i + 1;
    return true;
}

static void
take_back(struct buffer *to, size_t len)
{
    to->len = len;
    if (to->at != NULL)
        to->at[len] = '\0';
}

bool
utf7_decode(struct text wire, struct buffer *to)
{
    size_t before = to->len;

    while (wire.len > 0) {
        unsigned char c = (unsigned char)wire.at[0];
        bool ok = c >= 0x20 && c <= 0x7e;
        if (ok && c == '&') {
            ok = decode_shift(&wire, to);
        } else if (ok) {
            ok = buffer_add(to, wire.at, 1);
            wire.at++;
            wire.len--;
        }
        if (!ok) {
            take_back(to, before);
            return false;
        }
    }
    return true;
}

/* A run of code points outside printable ASCII as "&...-". */
static bool
encode_shift(struct text *utf8, struct buffer *to)
{
    uint64_t bits = 0;
    unsigned have = 0;

    if (!buffer_add(to, "&", 1))
        return false;
    while (utf8->len > 0 && !(utf8->at[0] >= 0x20 && utf8->at[0] <= 0x7e)) {
        uint32_t point;
        size_t len = utf8_next(*utf8, &point);
        if (len == 0)
            return false;
        utf8->at += len;
        utf8->len -= len;
        if (point >= 0x10000) {
            uint32_t rest = point - 0x10000;
            bits = bits << 32 | (uint64_t)(0xd800 + (rest >> 10)) << 16 | (0xdc00 + (rest & 0x3ff));
            have += 32;
        } else {
            bits = bits << 16 | point;
            have += 16;
        }
        for (; have >= 6; have -= 6)
            if (!buffer_add(to, &alphabet[bits >> (have - 6) & 0x3f], 1))
                return false;
        bits &= (UINT64_C(1) << have) - 1;
    }
    if (have > 0 && !buffer_add(to, &alphabet[bits << (6 - have) & 0x3f], 1))
        return false;
    return buffer_add(to, "-", 1);
}

bool
utf7_encode(struct text utf8, struct buffer *to)
{
    size_t before = to->len;

    while (utf8.len > 0) {
        bool ok;
        if (utf8.at[0] == '&') {
            ok = buffer_add(to, "&-", 2);
            utf8.at++;
            utf8.len--;
        } else if (utf8.at[0] >= 0x20 && utf8.at[0] <= 0x7e) {
            ok = buffer_add(to, utf8.at, 1);
            utf8.at++;
            utf8.len--;
        } else {
            ok = encode_shift(&utf8, to);
        }
        if (!ok) {
            take_back(to, before);
            return false;
        }
    }
    return true;
}
