/* Borrowed bytes, a growing buffer with a maximum, and array growth with checked multiplication. */
#include "store/base/text.h"

#include <stdarg.h>

struct text
text_of(const char *string)
{
    return (struct text){string != NULL ? string : "", string != NULL ? strlen(string) : 0};
}

bool
text_is(struct text a, const char *b)
{
    return text_same(a, text_of(b));
}

bool
text_same(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

int
text_order(struct text a, struct text b)
{
    const size_t shorter = a.len < b.len ? a.len : b.len;
    const int order = shorter != 0 ? memcmp(a.at, b.at, shorter) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Not tolower(): what a protocol calls equal does not depend on the user's locale. */
unsigned char
text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : (unsigned char)c;
}

bool
text_is_nocase(struct text a, const char *b)
{
    if (a.len != strlen(b))
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (text_lower(a.at[i]) != text_lower(b[i]))
            return false;
    return true;
}

bool
text_has_nocase(struct text text, const char *part)
{
    const size_t len = strlen(part);

    for (size_t i = 0; i + len <= text.len; i++)
        if (text_is_nocase((struct text){text.at + i, len}, part))
            return true;
    return false;
}

bool
text_number(struct text token, uint64_t max, uint64_t *out)
{
    uint64_t number = 0;

    if (token.len == 0)
        return false;
    for (size_t i = 0; i < token.len; i++) {
        if (token.at[i] < '0' || token.at[i] > '9')
            return false;
        if (__builtin_mul_overflow(number, UINT64_C(10), &number) ||
            __builtin_add_overflow(number, (uint64_t)(token.at[i] - '0'), &number) || number > max)
            return false;
    }
    *out = number;
    return true;
}

bool
text_take_number(const char **at, uint64_t *out)
{
    const size_t length = strcspn(*at, " \n");
    const bool is = text_number((struct text){*at, length}, INT64_MAX, out);

    *at += length;
    *at += **at != '\0';
    return is;
}

uint64_t
text_hash_on(uint64_t hash, struct text text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t
text_hash(struct text text)
{
    return text_hash_on(UINT64_C(0xcbf29ce484222325), text);
}

bool
text_copy(struct text from, char *to, size_t size)
{
    if (size == 0)
        return false;
    to[0] = '\0';
    if (from.len >= size || (from.len > 0 && memchr(from.at, '\0', from.len) != NULL))
        return false;
    if (from.len > 0)
        memcpy(to, from.at, from.len);
    to[from.len] = '\0';
    return true;
}

bool
text_print(char *to, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(to, size, format, args);
    va_end(args);
    if (len < 0 && size > 0)
        to[0] = '\0';
    return len >= 0 && (size_t)len < size;
}

void
text_hex(const unsigned char *bytes, size_t len, char *to)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
    to[2 * len] = '\0';
}

struct buffer
buffer_new(size_t max)
{
    return (struct buffer){.max = max};
}

void
buffer_free(struct buffer *buffer)
{
    if (buffer == NULL)
        return;
    free(buffer->at);
    *buffer = buffer_new(buffer->max);
}

void
buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    if (buffer->at != NULL)
        buffer->at[0] = '\0';
}

/* Room for `more` bytes and the NUL behind them. */
static bool
buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t want, size;

    if (__builtin_add_overflow(buffer->len, more, &want) || want > buffer->max || want >= PTRDIFF_MAX)
        return false;
    if (want < buffer->size)
        return true;
    size = buffer->size < 64 ? 64 : buffer->size;
    while (size <= want)
        if (__builtin_mul_overflow(size, (size_t)2, &size))
            size = want + 1;
    if (buffer->max < SIZE_MAX && size > buffer->max + 1)
        size = buffer->max + 1;
    char *at = realloc(buffer->at, size);
    if (at == NULL)
        return false;
    buffer->at = at;
    buffer->size = size;
    return true;
}

bool
buffer_add(struct buffer *buffer, const void *bytes, size_t len)
{
    if (!buffer_reserve(buffer, len))
        return false;
    if (len > 0)
        memcpy(buffer->at + buffer->len, bytes, len);
    buffer->len += len;
    buffer->at[buffer->len] = '\0';
    return true;
}

bool
buffer_adds(struct buffer *buffer, const char *string)
{
    return buffer_add(buffer, string, strlen(string));
}

bool
buffer_addf(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    bool done = false;

    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len >= 0 && buffer_reserve(buffer, (size_t)len)) {
        (void)vsnprintf(buffer->at + buffer->len, (size_t)len + 1, format, again); /* measured above: it fits */
        buffer->len += (size_t)len;
        done = true;
    }
    va_end(again);
    va_end(args);
    return done;
}

bool
array_grow(void *array_pointer, size_t *have, size_t need, size_t each)
{
    size_t want = *have < 16 ? 16 : *have, bytes;
    void *array;

    if (need <= *have)
        return true;
    while (want < need)
        if (__builtin_mul_overflow(want, (size_t)2, &want))
            want = need;
    if (__builtin_mul_overflow(want, each, &bytes) || bytes > PTRDIFF_MAX)
        return false;
    /* The caller's pointer has a type of its own; only its bytes may be copied. */
    memcpy(&array, array_pointer, sizeof array);
    array = realloc(array, bytes);
    if (array == NULL)
        return false;
    memcpy(array_pointer, &array, sizeof array);
    *have = want;
    return true;
}
