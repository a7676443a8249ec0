/*
 * Keyword letters in file names: what the letters of each folder meant when it was last looked at, and the messages whose names say something that the
 * other side does not know yet, or do not show what they should.
 */
#ifndef STORE_JOURNAL_LETTERS_H
#define STORE_JOURNAL_LETTERS_H

#include "store/journal/journal.h"

#define LETTERED_TEXT (LETTERS_TEXT + LETTERS_COUNT)

struct journal_lettered { /* a folder */
    int64_t mailbox;
    bool used; /* its names show keywords */
    int64_t
        stripped; /* when a mail reader was last seen to drop letters that it does not know, seconds UTC; 0: never */
    /* Lines, as letters_print writes them; behind a minus those that the table had once (sync/rows/lettering.c) */
    char letters[LETTERED_TEXT];
};

/** *found false: it was never looked at. */
MUST_CHECK bool journal_lettered_get(struct journal *journal, int64_t mailbox, struct journal_lettered *out,
                                     bool *found, struct error *err);
/** Insert or update; writes nothing if that is known. Goes with its mailbox. */
MUST_CHECK bool journal_lettered_save(struct journal *journal, const struct journal_lettered *row, struct error *err);

enum journal_letter {
    /* Its keywords changed since its name was last made to show them (triggers note that); letters of `info` came from another folder, and are to go */
    LETTER_DUE = 1,
    /*
     * What its name shows, beyond what it showed as `info`, is to be believed, once it is known which message it is and what its letters mean; first in
     * `info`: enum letters_noted (sync/rows/lettering.h)
     */
    LETTER_NEW,
    /* golub is about to give it a name with other letters, `info`: whoever finds that name knows whose doing it is */
    LETTER_BEGUN,
    LETTER_WAITS, /* it is due, and its name can't show it before that is another one */
};

/** Note it; `info` is replaced, if it is one. It goes with its message. @param info  NULL: there is none */
MUST_CHECK bool journal_letter_mark(struct journal *journal, enum journal_letter kind,
                                    const struct journal_message *message, const char *info, struct error *err);
MUST_CHECK bool journal_letter_clear(struct journal *journal, enum journal_letter kind, int64_t mailbox,
                                     int64_t message, struct error *err);
/** It is due, and waits for another name. What it had to wait for already is noted on. */
MUST_CHECK bool journal_letter_wait(struct journal *journal, int64_t mailbox, int64_t message, struct error *err);
/** Its name is another one: what waited for that is due again. */
MUST_CHECK bool journal_letter_again(struct journal *journal, int64_t mailbox, int64_t message, struct error *err);
/** @param info  [out] as it was noted; only where it is found */
MUST_CHECK bool journal_letter_get(struct journal *journal, enum journal_letter kind, int64_t mailbox, int64_t message,
                                   char info[static LOCAL_INFO_MAX + 1], bool *found, struct error *err);
/** Messages of a mailbox that are noted so, ascending, as far as they are in it still; the caller frees. */
MUST_CHECK bool journal_letter_messages(struct journal *journal, enum journal_letter kind, int64_t mailbox,
                                        int64_t **ids, size_t *count, struct error *err);
/** Mailboxes that have some that are new or due, and whose names show keywords, or were never looked at; the caller frees. */
MUST_CHECK bool journal_letter_mailboxes(struct journal *journal, int64_t **ids, size_t *count, struct error *err);
/** Each message of this mailbox that has keywords and a name in cur/ is due. @param count  [out] so many were not before */
MUST_CHECK bool journal_letter_rewrite(struct journal *journal, int64_t mailbox, uint64_t *count, struct error *err);
/** Messages whose names show one of these letters (bits), ascending; the caller frees. */
MUST_CHECK bool journal_letter_shown(struct journal *journal, int64_t mailbox, unsigned letters, int64_t **ids,
                                     size_t *count, struct error *err);

#endif
