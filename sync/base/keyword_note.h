/*
 * What this side says of a message's keywords, by `golub keyword` or by letters of its name, goes into the journal; the next sync takes it to the server
 * (sync/apply/keywords.h). Inside a transaction.
 */
#ifndef SYNC_BASE_KEYWORD_NOTE_H
#define SYNC_BASE_KEYWORD_NOTE_H

#include "store/journal/journal.h"
#include "store/journal/keywords.h"

struct keyword_word {
    const char *word;
    bool set; /* else it is taken off */
};

/**
 * This side says so of one message, whose row has a file of known bytes.
 * @param changed  [out] it was not so before
 */
MUST_CHECK bool keyword_note(struct journal *journal, const struct journal_message *message,
                             const struct keyword_word *word, int64_t now, bool *changed, struct error *err);
/**
 * The message was brought to where it is now, and came without this keyword, which nobody took off: this side has it still, and the server is to get it.
 * Nothing where something is known of that keyword already.
 * @param kept  false: its mailbox is known to keep no such keyword
 */
MUST_CHECK bool keyword_owe(struct journal *journal, const struct journal_message *message, const char *word, bool kept,
                            int64_t now, struct error *err);
/** That this side has set it is forgotten: somebody chose otherwise on the server. @param yielded  [out] it had */
MUST_CHECK bool keyword_yield(struct journal *journal, const struct journal_message *message, const char *word,
                              bool *yielded, struct error *err);
/** The sides differ in this keyword, and that is nobody's change. Nothing where they don't. */
MUST_CHECK bool keyword_leave(struct journal *journal, const struct journal_message *message,
                              const struct keyword_word *here, int64_t now, struct error *err);
/**
 * What was said of the one message is said of the other, which has its file from now on, in another folder, or in other bytes; its name is to show
 * that. What was said of the other one itself holds. The other one's file has known bytes.
 */
MUST_CHECK bool keyword_carry(struct journal *journal, const struct journal_message *from,
                              const struct journal_message *to, struct error *err);
/**
 * One row of these goes to that message's file, which is to show it. What the sides differ in that nobody changed is over in another folder: there its letters
 * mean something else again.
 * @param went  [out] it is that file's now; else it is over
 */
MUST_CHECK bool keyword_go(struct journal *journal, struct journal_keyword *row, const struct journal_message *to,
                           bool *went, struct error *err);
/** Its file has these bytes now, in its place: what was said of it is said of them. @param before  its row as it was */
MUST_CHECK bool keyword_rewritten(struct journal *journal, const struct journal_message *before,
                                  const unsigned char wire[static DIGEST_SIZE], struct error *err);
/** The keywords that this side has: what the server shows, and what was said here since. */
MUST_CHECK bool keyword_here(struct journal *journal, const struct journal_message *message,
                             char keywords[static KEYWORDS_MAX + 1], struct error *err);
/** The same, without those that its name shows only because its letters mean something else than they did (keyword_leave). */
MUST_CHECK bool keyword_meant(struct journal *journal, const struct journal_message *message,
                              char keywords[static KEYWORDS_MAX + 1], struct error *err);

#endif
