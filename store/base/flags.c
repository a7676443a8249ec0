/* Flags as bits, Maildir letters and IMAP names; a message's other keywords as one sorted string. */
#include "store/base/flags.h"

static const struct {
    enum flag bit;
    char letter;
    const char *imap;
} table[] = {
    /* In the order of the letters, which is the order a file name wants them in. */
    {FLAG_DRAFT, 'D', "\\Draft"},       {FLAG_FLAGGED, 'F', "\\Flagged"}, {FLAG_FORWARDED, 'P', "$Forwarded"},
    {FLAG_ANSWERED, 'R', "\\Answered"}, {FLAG_SEEN, 'S', "\\Seen"},       {FLAG_DELETED, 'T', "\\Deleted"},
};
#define FLAGS (sizeof table / sizeof table[0])

unsigned
flag_from_imap(struct text atom)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (text_is_nocase(atom, table[i].imap))
            return table[i].bit;
    return 0;
}

const char *
flag_to_imap(unsigned bit)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (table[i].bit == bit)
            return table[i].imap;
    return "";
}

unsigned
flag_from_letter(char letter)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (table[i].letter == letter)
            return table[i].bit;
    return 0;
}

void
flags_to_letters(unsigned flags, char letters[static 7])
{
    size_t len = 0;

    for (size_t i = 0; i < FLAGS; i++)
        if ((flags & table[i].bit) != 0)
            letters[len++] = table[i].letter;
    letters[len] = '\0';
}

/* strcmp's answer, ASCII letters in any case, whatever the locale. */
static int
compare(struct text a, struct text b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (text_lower(a.at[i]) != text_lower(b.at[i]))
            return text_lower(a.at[i]) < text_lower(b.at[i]) ? -1 : 1;
    return a.len == b.len ? 0 : (a.len < b.len ? -1 : 1);
}

static bool
is_one_word(struct text keyword)
{
    for (size_t i = 0; i < keyword.len; i++)
        if ((unsigned char)keyword.at[i] <= ' ' || keyword.at[i] == 0x7f)
            return false;
    return keyword.len > 0;
}

bool
keywords_add(char keywords[static KEYWORDS_MAX + 1], struct text keyword)
{
    size_t len = strlen(keywords), place = 0;

    if (flag_from_imap(keyword) != 0)
        return true; /* has a bit of its own */
    if (!is_one_word(keyword))
        return false; /* would be read back as something else */
    while (place < len) {
        struct text word = {keywords + place, strcspn(keywords + place, " ")};
        int order = compare(keyword, word);

        if (order == 0)
            return true;
        if (order < 0)
            break;
        place += word.len + (keywords[place + word.len] == ' ');
    }
    if (keyword.len + (len > 0) > KEYWORDS_MAX - len)
        return false;
    if (place == len) {
        if (len > 0)
            keywords[len++] = ' ';
        memcpy(keywords + len, keyword.at, keyword.len);
        keywords[len + keyword.len] = '\0';
    } else {
        memmove(keywords + place + keyword.len + 1, keywords + place, len - place + 1);
        memcpy(keywords + place, keyword.at, keyword.len);
        keywords[place + keyword.len] = ' ';
    }
    return true;
}

void
keywords_take(char keywords[static KEYWORDS_MAX + 1], struct text keyword)
{
    for (char *at = keywords; *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};
        const size_t gap = word.len + (at[word.len] == ' ');

        if (compare(word, keyword) != 0) {
            at += gap;
            continue;
        }
        memmove(at, at + gap, strlen(at + gap) + 1);
        if (*at == '\0' && at != keywords)
            at[-1] = '\0';
        return;
    }
}

bool
keywords_have(const char *keywords, struct text keyword)
{
    for (const char *at = keywords; *at != '\0';) {
        const struct text word = {at, strcspn(at, " ")};

        if (compare(word, keyword) == 0)
            return true;
        at += word.len + (at[word.len] == ' ');
    }
    return false;
}

bool
keyword_is_legal(struct text keyword)
{
    for (size_t i = 0; i < keyword.len; i++) {
        const unsigned char c = (unsigned char)keyword.at[i];

        if (c <= 0x20 || c >= 0x7f || strchr("(){%*\"\\]", c) != NULL)
            return false;
    }
    return keyword.len > 0 && keyword.len <= KEYWORD_MAX;
}
