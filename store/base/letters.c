/* See letters.h. */
#include "store/base/letters.h"

#define FIRST ((unsigned)'a')
#define NO_KEYWORD "\\" /* of a line that has none that a server could have; nor is this one */

/* "3 $Junk" */
static void
take_line(struct letters *to, struct text line)
{
    size_t digits = 0;
    uint64_t number;

    while (digits < line.len && line.at[digits] >= '0' && line.at[digits] <= '9')
        digits++;
    if (digits + 1 >= line.len || line.at[digits] != ' ' ||
        !text_number((struct text){line.at, digits}, LETTERS_COUNT - 1, &number) || (to->taken & 1u << number) != 0)
        return;
    const struct text word = {line.at + digits + 1, line.len - digits - 1};

    to->taken |= 1u << number;
    if (keyword_is_legal(word) && word.at[0] != '\\')
        memcpy(to->word[number], word.at, word.len); /* the rest is zero */
}

/* Where a name stands twice the lowest number is meant. */
static void
drop_doubles(struct letters *letters)
{
    for (size_t i = 0; i < LETTERS_COUNT; i++) {
        if (letters->word[i][0] != '\0' && letters_of_word(letters, text_of(letters->word[i])) != (int)i)
            letters->word[i][0] = '\0';
    }
}

void
letters_parse(struct text bytes, struct letters *to)
{
    memset(to, 0, sizeof *to);
    for (size_t at = 0; at < bytes.len;) {
        const char *end = memchr(bytes.at + at, '\n', bytes.len - at);

        if (end == NULL)
            break;
        take_line(to, (struct text){bytes.at + at, (size_t)(end - bytes.at) - at});
        at = (size_t)(end - bytes.at) + 1;
    }
    drop_doubles(to);
}

void
letters_print(const struct letters *letters, char to[static LETTERS_TEXT])
{
    size_t used = 0;

    to[0] = '\0';
    for (unsigned i = 0; i < LETTERS_COUNT; i++) {
        if ((letters->taken & 1u << i) == 0)
            continue;
        (void)text_print(to + used, LETTERS_TEXT - used, "%u %s\n", i,
                         letters->word[i][0] != '\0' ? letters->word[i] : NO_KEYWORD);
        used += strlen(to + used);
    }
}

int
letters_of_word(const struct letters *letters, struct text word)
{
    for (int i = 0; word.len != 0 && i < LETTERS_COUNT; i++) {
        if (text_is_nocase(word, letters->word[i]))
            return i;
    }
    return -1;
}

size_t
letters_give(struct letters *letters, const char *const *words, size_t count, unsigned avoid)
{
    size_t given = 0;

    for (size_t i = 0; i < count; i++) {
        unsigned free = 0;

        if (letters_of_word(letters, text_of(words[i])) >= 0 || !keyword_is_legal(text_of(words[i])))
            continue;
        while (free < LETTERS_COUNT && ((letters->taken | avoid) & 1u << free) != 0)
            free++;
        if (free == LETTERS_COUNT)
            break;
        letters->taken |= 1u << free;
        given += text_print(letters->word[free], sizeof letters->word[free], "%s", words[i]);
    }
    return given;
}

/* Behind the last ":2,", up to a comma. */
static struct text
letters_text(const char *info)
{
    static const char kind[] = ":2,";
    const char *from = NULL;

    for (const char *at = strstr(info, kind); at != NULL; at = strstr(from, kind))
        from = at + sizeof kind - 1;
    return from == NULL ? (struct text){NULL, 0} : (struct text){from, strcspn(from, ",")};
}

unsigned
letters_of_info(const char *info)
{
    const struct text shown = letters_text(info);
    unsigned bits = 0;

    for (size_t i = 0; i < shown.len; i++) {
        if (shown.at[i] >= 'a' && shown.at[i] <= 'z')
            bits |= 1u << ((unsigned char)shown.at[i] - FIRST);
    }
    return bits;
}

/* In the order that Maildir wants: by their bytes, which puts A to Z before a to z, and whatever else there is where it belongs. */
bool
letters_in_info(const char *info, unsigned letters, char *out, size_t size)
{
    const struct text shown = letters_text(info);
    char with[256];
    size_t len = 0;

    if (shown.at == NULL)
        return text_print(out, size, "%s", info) && letters == 0;
    for (size_t i = 0; i <= shown.len && len + LETTERS_COUNT + 1 < sizeof with; i++) {
        const bool last = i == shown.len;
        const unsigned char c = last ? 0 : (unsigned char)shown.at[i];

        if (!last && c >= 'a' && c <= 'z')
            continue;
        if (last || c > 'z') { /* here the small ones belong */
            for (unsigned k = 0; k < LETTERS_COUNT; k++)
                if ((letters & 1u << k) != 0)
                    with[len++] = (char)(FIRST + k);
            letters = 0;
        }
        if (!last)
            with[len++] = (char)c;
    }
    with[len] = '\0';
    return text_print(out, size, "%.*s%s%s", (int)(shown.at - info), info, with, shown.at + shown.len) ||
           (text_print(out, size, "%s", info) && false);
}
