/*
 * Lines between us and a server before login: read one at a time within limits, written whole, shown in the wire log
 * with every secret cut out. What the lines mean is the protocol's business (store/imap/driver.c, store/pop/driver.c);
 * once the session stands its stream goes to an engine with a reader of its own. Belongs to one thread.
 */
#ifndef STORE_NET_DIALOGUE_H
#define STORE_NET_DIALOGUE_H

#include "store/base/limits.h"
#include "store/net/stream.h"

#define DIALOGUE_READ 4096                      /* bytes asked for at once */
#define DIALOGUE_WORDS_MAX (2 * LIMIT_PROLOGUE) /* what dialogue_hide makes of one answer */

struct dialogue {
    struct stream *stream;
    int wire_log;

    /* Written by whoever speaks. */
    const char *hide[3]; /* secrets that a server might repeat in its words, borrowed; NULL: none */

    uint64_t sent; /* bytes of commands, ever */

    /* Private to dialogue.c. */
    bool tagged;      /* a command begins with a tag, which is shown also where the rest is not */
    char shown[64];   /* what the log shows of the running command; "": what is written */
    bool first_write; /* since dialogue_begin */
    bool greeted;     /* the first byte came: a slow greeting has the time of any answer */
    size_t answered;  /* bytes of the answer so far */
    int64_t since_ms; /* by clock_ms: dialogue_begin */
    struct buffer in; /* read from the stream */
    size_t in_at;     /* and looked at */
};

/** @param stream  borrowed. @return false: out of memory; dialogue_end is allowed all the same */
MUST_CHECK bool dialogue_init(struct dialogue *dialogue, struct stream *stream, int wire_log, bool tagged);
void dialogue_end(struct dialogue *dialogue);
/**
 * A command is about to be sent: its answer may have LIMIT_PROLOGUE bytes.
 * @param shown  NULL, or the command carries a secret: how the wire log shows it, "LOGIN <secret>"
 */
void dialogue_begin(struct dialogue *dialogue, const char *shown);
/** Write all of it. @return false: err is ERROR_NETWORK or ERROR_INTERRUPTED */
MUST_CHECK bool dialogue_send(struct dialogue *dialogue, struct text bytes, struct error *err);
/** One line: `command`, a blank and `rest` where both are not empty. The copy that is made is wiped. */
MUST_CHECK bool dialogue_send_line(struct dialogue *dialogue, const char *command, const char *rest, struct error *err);
/**
 * The server's next line.
 * @param line [out] without its end, borrowed until the next call
 * @return false: err is ERROR_NETWORK (closed), ERROR_SERVER (a line or an answer that is too long) or
 *         ERROR_INTERRUPTED
 */
MUST_CHECK bool dialogue_line(struct dialogue *dialogue, struct text *line, struct error *err);
/** Fill in err: ERROR_SERVER, the server sent `what`. @return false, always */
bool dialogue_nonsense(const struct dialogue *dialogue, const char *what, struct text line, struct error *err);
/** A server's words with the secrets cut out; what does not fit into `to` is left out whole. */
void dialogue_hide(const struct dialogue *dialogue, struct text from, struct buffer *to);
/** The same for what was taken out of an answer, in place: decoded words may hold a secret, too. */
void dialogue_hide_in(const struct dialogue *dialogue, struct buffer *words);
/** Bytes that were read and not looked at; borrowed until the next call. */
struct text dialogue_unread(const struct dialogue *dialogue);

#endif
