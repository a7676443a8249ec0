/*
 * Keyword letters: in a Maildir name behind ":2," the letters a to z stand for keywords, and a file of the folder says which is which. It is Dovecot's
 * `dovecot-keywords`:
 *
 *     0 later          a letter's number, 0 is a; a blank; the keyword
 *     1 $Junk
 *
 * Names are compared without case; where one stands twice the lowest number is meant, where a number stands twice the first line. Pure.
 */
#ifndef STORE_BASE_LETTERS_H
#define STORE_BASE_LETTERS_H

#include "store/base/flags.h"

#define LETTERS_COUNT 26

struct letters {
    unsigned taken;                            /* bit i: the letter 'a' + i has a line */
    char word[LETTERS_COUNT][KEYWORD_MAX + 1]; /* ""; it has none, or one that is no keyword a server could have */
};

/** Its bit, in sets of letters. */
static inline unsigned
letter_bit(int letter)
{
    return 1u << (unsigned)letter;
}

/** What is no line of the file counts as nothing; so does what stands behind the last end of a line. */
void letters_parse(struct text bytes, struct letters *to);
/** Lines as in the file; one without a keyword says that its letter is taken. Inside what LETTERS_TEXT holds. */
#define LETTERS_TEXT (LETTERS_COUNT * (KEYWORD_MAX + 4) + 1)
void letters_print(const struct letters *letters, char to[static LETTERS_TEXT]);
/** The letter of a keyword, as a number; -1: it has none. */
int letters_of_word(const struct letters *letters, struct text word);
/**
 * Give each of these words a letter, if it has none, the lowest that is free.
 * @param avoid  letters that are not to be given, bits
 * @return so many were given; the others find none
 */
size_t letters_give(struct letters *letters, const char *const *words, size_t count, unsigned avoid);
/** The letters that a name's info shows, bits. */
unsigned letters_of_info(const char *info);
/** The info with these of the letters a to z and no others; all else stays. Without ":2," it stays as it is. @return false: no room, it stays as it is */
bool letters_in_info(const char *info, unsigned letters, char *out, size_t size);

#endif
