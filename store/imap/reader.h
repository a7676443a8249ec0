/*
 * The lexer of an IMAP connection: bytes come through a 64 KiB buffer, tokens leave it. Constant memory whatever the
 * server sends: sequence sets are handed out range by range, literals piece by piece, nesting is a counter. It pulls:
 * when its buffer is empty it calls `fill`, which may wait (and may write meanwhile; the queue's does).
 *
 * Every function that can fail fills in reader->err and returns false (or -1); after that the reader is of no use any
 * more, unless what failed was only the form of an answer: reader_recover. A struct text that is handed out lives in the
 * reader's token buffer until the next token is read. Rests on RFC 9051 section 9; where real servers are sloppier than
 * that, so is this (each place says how).
 */
#ifndef STORE_IMAP_READER_H
#define STORE_IMAP_READER_H

#include "store/base/error.h"
#include "store/base/limits.h"

#define READER_BUFFER (64 * 1024)
#define READER_HEAD 512 /* bytes of an answer that are remembered for error messages and for the server's words */

struct reader_source {
    /** Get at least one byte, waiting as long as it takes. @return false: err is filled in (end of stream included) */
    bool (*fill)(void *context, void *to, size_t size, size_t *got, struct error *err);
    void *context;
};

struct reader {
    struct reader_source source;
    struct error *err;    /* where failures go; set by whoever reads */
    unsigned char *bytes; /* READER_BUFFER of them */
    size_t at, end;
    bool dead;      /* the source failed */
    bool malformed; /* the last failure was an answer's form */
    bool unsafe;    /* where this answer ends is in doubt, should its form be wrong: it has a literal, or no end */
    struct buffer token;
    uint64_t line;          /* bytes of this answer so far, literals not counted */
    char head[READER_HEAD]; /* its first ones */
    size_t head_len;
    bool log; /* answers to standard error as "S: ...", literals as <N bytes> */
    size_t log_len;
    char log_line[1024];
};

/** @return false: out of memory; reader_free is allowed all the same */
MUST_CHECK bool reader_init(struct reader *reader, struct reader_source source);
void reader_free(struct reader *reader);
/** Bytes that were read already by somebody else: they come first. @return false: more than the buffer holds */
MUST_CHECK bool reader_preload(struct reader *reader, const void *bytes, size_t len);
/*
 * For who must not wait (reader_ahead.c): bytes are added behind the unread ones, and an answer is begun when all of it is there.
 */
/** Is a whole answer there, as far as line ends and announced literals tell? Also true where it is larger than the buffer. */
bool reader_has_answer(const struct reader *reader);
/** Where the next bytes go, and how many there may be: at least one, unless reader_has_answer. Moves what is unread. */
unsigned char *reader_room(struct reader *reader, size_t *size);
/** So many were put there. */
void reader_added(struct reader *reader, size_t len);

/** What was read behind the last answer, which is no answer any more: taken out; lives until the next read. */
struct text reader_take_rest(struct reader *reader);

/** A new answer begins here: counters and head start over. */
void reader_begin(struct reader *reader);

/** The next byte without taking it; -1: failed. Waits if there is none. */
int reader_more(struct reader *reader);
static inline int
reader_peek(struct reader *reader)
{
    return reader->at < reader->end ? reader->bytes[reader->at] : reader_more(reader);
}
/** Take the byte that was peeked. */
MUST_CHECK bool reader_take(struct reader *reader);
/** Take the next byte, which must be c. */
MUST_CHECK bool reader_expect(struct reader *reader, char c);
/** Any number of blanks, none included. */
MUST_CHECK bool reader_blanks(struct reader *reader);
/** The end of an answer: blanks that should not be there, then CR LF (or LF alone). */
MUST_CHECK bool reader_end(struct reader *reader);

/** A decimal number up to max, whole: what follows is no digit. */
MUST_CHECK bool reader_number(struct reader *reader, uint64_t max, uint64_t *out);
/** A value that should be a number up to max; whatever else a server sends in its place (hoodiecrow: NIL) is skipped: not known. */
MUST_CHECK bool reader_count(struct reader *reader, uint64_t max, uint64_t *out, bool *known);
/** Bytes up to a blank, CR, LF, '(' , ')' or `stop` (0: none); may be empty. */
MUST_CHECK bool reader_word(struct reader *reader, char stop, struct text *out);
/** A flag: bytes up to a blank, CR, LF or ')'; servers put the oddest things into keywords. */
MUST_CHECK bool reader_flag(struct reader *reader, struct text *out);
/** A quoted string with its quotes. */
MUST_CHECK bool reader_quoted(struct reader *reader, struct text *out);
/** {n}, {n+} or ~{n} and the line end behind; n bytes follow, at most LIMIT_MESSAGE. */
MUST_CHECK bool reader_literal(struct reader *reader, uint64_t *size);
/** Exactly `size` bytes, in pieces; `data` may be NULL (drained). A false of data ends it without touching err. */
MUST_CHECK bool reader_bytes(struct reader *reader, uint64_t size,
                             bool (*data)(void *context, const void *bytes, size_t len), void *context);
/**
 * Quoted, literal (at most LIMIT_LITERAL_KEPT) or bare word.
 * @param nil  [out] it was the word NIL; may be NULL: then NIL is a word
 */
MUST_CHECK bool reader_string(struct reader *reader, struct text *out, bool *nil);
/** A sequence set of numbers 1 ... 2^32-1, range by range (first <= last; `reversed`: it came the other way round). */
MUST_CHECK bool reader_set(struct reader *reader,
                           bool (*range)(void *context, uint32_t first, uint32_t last, bool reversed), void *context);
/** Skip one value of any form: word, string, literal, parenthesised list of such. */
MUST_CHECK bool reader_skip_value(struct reader *reader);
/** Skip the rest of an answer whose form is not known, literals included, with its line end. */
MUST_CHECK bool reader_skip_answer(struct reader *reader);
/** Skip the rest of a line of text for people (no literals in there), with its line end. */
MUST_CHECK bool reader_skip_text(struct reader *reader);

/** Up to the line end, which is taken: the rest of an answer that has no literals any more. Malformed if it announces one. */
MUST_CHECK bool reader_rest(struct reader *reader, struct text *out);

/** Fill in err: ERROR_SERVER, with what has come of this answer. @return false, always */
bool reader_malformed(struct reader *reader, const char *what);
/** The same of an answer that goes on for ever: it is not skipped, either. @return false, always */
bool reader_endless(struct reader *reader, const char *what);
/**
 * After a failure: was it only the form of an answer, and is its end certain? Then the rest of it may be skipped, and
 * err is empty again. Never behind a literal: had its size been a lie, what follows would be bytes of a message, and
 * who wrote that message would write the server's answers.
 */
MUST_CHECK bool reader_recover(struct reader *reader);

#endif
