/* See title.h. */
#include "store/message/title.h"

#include "store/base/utf8.h"
#include "store/message/header.h"

#define SUBJECT_MAX 2000  /* bytes of a decoded one; of longer ones nothing is taken */
#define CHARACTERS_MAX 48 /* a line of `ls` holds the date and the end of the name, too */

/* Of those that are no ASCII: what shows as nothing, as a blank, turns the direction of a line, or is no character. */
static bool
is_odd(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } odd[] = {
        {0x80, 0xa0},     {0xad, 0xad},     {0x034f, 0x034f}, {0x061c, 0x061c},   {0x115f, 0x1160},
        {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x2000, 0x200f},   {0x2028, 0x202f},
        {0x205f, 0x206f}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xd800, 0xf8ff},   {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xffff}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
    };

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        if (point >= odd[i].first && point <= odd[i].last)
            return true;
    }
    return (point & 0xfffe) == 0xfffe;
}

static bool
is_plain(uint32_t point)
{
    if (point >= 0x80)
        return !is_odd(point);
    return (point >= '0' && point <= '9') || (point >= 'A' && point <= 'Z') || (point >= 'a' && point <= 'z') ||
           point == '-' || point == '+' || point == ',' || point == '.';
}

static void
clean(struct text subject, char title[static TITLE_MAX + 1])
{
    size_t len = 0, characters = 0;
    bool gap = false;

    for (size_t i = 0; i < subject.len && characters < CHARACTERS_MAX;) {
        uint32_t point = 0;
        const size_t whole = utf8_next((struct text){subject.at + i, subject.len - i}, &point);

        if (whole == 0 || !is_plain(point)) {
            gap = len != 0;
            i += whole != 0 ? whole : 1;
            continue;
        }
        if (len + gap + whole > TITLE_MAX)
            break;
        if (gap)
            title[len++] = '_';
        memcpy(title + len, subject.at + i, whole);
        len += whole;
        i += whole;
        characters += 1 + gap;
        gap = false;
    }
    title[len] = '\0';
}

void
title_of(struct text header, char title[static TITLE_MAX + 1])
{
    struct buffer subject = buffer_new(SUBJECT_MAX);
    struct text value;

    title[0] = '\0';
    if (header_find(header, "Subject", &value) && header_decode(value, &subject))
        clean((struct text){subject.at, subject.len}, title);
    buffer_free(&subject);
    if (title[0] == '\0')
        (void)text_print(title, TITLE_MAX + 1, "no_subject");
}
