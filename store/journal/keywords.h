/*
 * Keywords of a message that differ between the two sides, one row for each message and keyword. A file name shows no keyword, so what the user said by
 * `golub keyword` stands here until the server shows it. Where there is no row both sides have what the server last showed (`keywords` of the message).
 */
#ifndef STORE_JOURNAL_KEYWORDS_H
#define STORE_JOURNAL_KEYWORDS_H

#include "store/journal/journal.h"

#define KEYWORD_BIT 1u

struct journal_keyword {
    /* Which message's: where its file stood when that was last looked up, and the bytes in it */
    int64_t mailbox;
    char base[LOCAL_BASE_MAX + 1];
    unsigned char wire[DIGEST_SIZE];
    int64_t message; /* its row then */
    /*
     * The highest row id when the user said so, or when its file was last found elsewhere: a row of these bytes that is no younger, and not its own, is
     * another message
     */
    int64_t newest;
    char word[KEYWORD_MAX + 1];
    struct flag_sides sides; /* of this keyword: KEYWORD_BIT; rseen is not stored, it is the message's */
    bool unshown;            /* it was sent once, and the server did not show it */
    bool unkept;             /* the sides differ because the server's PERMANENTFLAGS leave it out */
    int64_t since;           /* when the user said so, seconds UTC */
    int64_t not_before;      /* it is not sent before; 0: there is no reason to wait */
    char why[256];           /* what the server said when it refused it; "": it did not */
};

/** Insert, or replace what is known of this keyword of this file. */
MUST_CHECK bool journal_keyword_save(struct journal *journal, const struct journal_keyword *row, struct error *err);
MUST_CHECK bool journal_keyword_delete(struct journal *journal, const struct journal_keyword *row, struct error *err);
/** The file stands elsewhere by now, or has other bytes, and is this message's; the row takes it. What is known there of this keyword already is replaced. */
MUST_CHECK bool journal_keyword_move(struct journal *journal, struct journal_keyword *row,
                                     const struct journal_message *to_message, struct error *err);
/** A file was saved again in its place: its keywords are those of its new bytes. @param before  its row as it was, which may know no bytes */
MUST_CHECK bool journal_keyword_rewrite(struct journal *journal, const struct journal_message *before,
                                        const unsigned char wire[static DIGEST_SIZE], struct error *err);
/** All rows, by mailbox, base name and keyword; the caller frees. */
MUST_CHECK bool journal_keywords(struct journal *journal, struct journal_keyword **rows, size_t *count,
                                 struct error *err);
/** Those of one file; the caller frees. */
MUST_CHECK bool journal_keywords_of(struct journal *journal, int64_t mailbox, const char *base,
                                    struct journal_keyword **rows, size_t *count, struct error *err);
/** Which sets of keywords the server shows, and of how many messages each. @param mailbox  0: of all. `each` fills in *err where it says false */
MUST_CHECK bool journal_keyword_sums(struct journal *journal, int64_t mailbox,
                                     bool (*each)(void *context, const char *keywords, uint64_t messages),
                                     void *context, struct error *err);

#endif
