/* wcwidth() knows how wide a character is, and asks the locale. golub has none; for this thread it gets one for as long as it takes. */
#include "store/base/columns.h"

#include <locale.h>
#include <pthread.h>
#include <string.h>
#include <wchar.h>

#include "store/base/utf8.h"

static const char middle[] = "..";

static locale_t utf8_locale; /* (locale_t)0: the system has none */
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void
make_locale(void)
{
    utf8_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* The character at `text`. @param width  [out] columns @return bytes, never 0 */
static size_t
next(struct text text, size_t *width)
{
    uint32_t point = 0;
    const size_t len = utf8_next(text, &point);
    int wide = 1;

    if (len > 0 && point >= 0x80 && utf8_locale != (locale_t)0)
        wide = wcwidth((wchar_t)point);
    *width = wide >= 0 ? (size_t)wide : 1;
    return len > 0 ? len : 1;
}

static size_t
measure(struct text text)
{
    size_t columns = 0, width;

    for (size_t len; text.len > 0; text = (struct text){text.at + len, text.len - len}) {
        len = next(text, &width);
        columns += width;
    }
    return columns;
}

/* Bytes of the longest beginning that is no wider. */
static size_t
head(struct text text, size_t columns)
{
    size_t bytes = 0, used = 0, width;

    while (bytes < text.len) {
        const size_t len = next((struct text){text.at + bytes, text.len - bytes}, &width);

        if (used + width > columns)
            break;
        used += width;
        bytes += len;
    }
    return bytes;
}

/* Where the longest end begins that is no wider. An accent is not torn from the letter before it. */
static size_t
tail(struct text text, size_t columns)
{
    size_t at = 0, left = measure(text), width, len;

    for (; at < text.len; at += len, left -= width) {
        len = next((struct text){text.at + at, text.len - at}, &width);
        if (left <= columns && width > 0)
            break;
    }
    return at;
}

static void
cut(struct text text, size_t columns, char *to, size_t size)
{
    const size_t dots = columns > sizeof middle - 1 ? sizeof middle - 1 : 0;
    const size_t begin = head(text, dots != 0 ? (columns - dots + 1) / 2 : columns);
    const size_t end = dots != 0 ? tail(text, (columns - dots) / 2) : text.len;

    (void)text_print(to, size, "%.*s%s%.*s", (int)begin, text.at, dots != 0 ? middle : "", (int)(text.len - end),
                     text.at + end);
}

/* Run with a locale that knows how wide characters are. */
static locale_t
enter(void)
{
    (void)pthread_once(&made, make_locale);
    return utf8_locale != (locale_t)0 ? uselocale(utf8_locale) : (locale_t)0;
}

static void
leave(locale_t before)
{
    if (before != (locale_t)0)
        (void)uselocale(before);
}

size_t
columns_of(const char *text)
{
    const locale_t before = enter();
    const size_t columns = measure(text_of(text));

    leave(before);
    return columns;
}

void
columns_shorten(const char *text, size_t columns, char *to, size_t size)
{
    const locale_t before = enter();
    const struct text all = text_of(text);

    if (measure(all) <= columns)
        (void)text_print(to, size, "%s", text);
    else
        cut(all, columns, to, size);
    leave(before);
}
