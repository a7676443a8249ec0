/*
 * See reader.h. Everything here looks at one byte at a time; only literals and the filling of the buffer move blocks.
 * Measured against a reader that memmoves its rest for every line: 64 KiB without moving is the fastest size there is.
 */
#include "store/imap/reader.h"

/* One answer without its literals. A VANISHED of five million scattered UIDs has 40 MB; beyond it somebody plays. */
#define ANSWER_MAX (UINT64_C(256) * 1024 * 1024)

bool
reader_init(struct reader *reader, struct reader_source source)
{
    *reader = (struct reader){.source = source, .token = buffer_new(LIMIT_LITERAL_KEPT + 1)};
    reader->bytes = malloc(READER_BUFFER);
    return reader->bytes != NULL;
}

void
reader_free(struct reader *reader)
{
    free(reader->bytes);
    reader->bytes = NULL;
    reader->at = reader->end = 0;
    buffer_free(&reader->token);
}

bool
reader_preload(struct reader *reader, const void *bytes, size_t len)
{
    if (len > READER_BUFFER)
        return false;
    if (len > 0)
        memcpy(reader->bytes, bytes, len);
    reader->at = 0;
    reader->end = len;
    return true;
}

void
reader_begin(struct reader *reader)
{
    reader->line = 0;
    reader->head_len = 0;
    reader->malformed = reader->unsafe = false;
}

bool
reader_malformed(struct reader *reader, const char *what)
{
    error_set(reader->err, ERROR_SERVER, "understand the server's answer (%s)", what);
    error_answer(reader->err, (struct text){reader->head, reader->head_len});
    reader->malformed = true;
    return false;
}

bool
reader_recover(struct reader *reader)
{
    if (!reader->malformed || reader->unsafe || reader->dead) /* dead: err says how the source failed, after that */
        return false;
    reader->malformed = false;
    reader->err->kind = ERROR_NONE;
    reader->err->what[0] = reader->err->answer[0] = '\0';
    return true;
}

bool
reader_endless(struct reader *reader, const char *what)
{
    reader->unsafe = true;
    return reader_malformed(reader, what);
}

static bool
out_of_memory(struct reader *reader)
{
    error_set(reader->err, ERROR_LOCAL, "read the server's answer: out of memory");
    return false;
}

int
reader_more(struct reader *reader)
{
    size_t got = 0;

    /* Who asks once more after a failure must not get what comes later, nor wait for the time limit again. */
    if (reader->dead)
        return -1;
    reader->dead = !reader->source.fill(reader->source.context, reader->bytes, READER_BUFFER, &got, reader->err);
    if (reader->dead)
        return -1;
    reader->at = 0;
    reader->end = got;
    return reader->bytes[0];
}

static void
log_flush(struct reader *reader, const char *tail)
{
    char line[4 * sizeof reader->log_line + 1];

    error_escape(line, sizeof line, (struct text){reader->log_line, reader->log_len});
    fprintf(stderr, "S: %s%s\n", line, tail);
    reader->log_len = 0;
}

static void
log_byte(struct reader *reader, char c)
{
    if (c == '\n')
        log_flush(reader, "");
    else if (c != '\r' && reader->log_len < sizeof reader->log_line)
        reader->log_line[reader->log_len++] = c;
}

bool
reader_take(struct reader *reader)
{
    char c = (char)reader->bytes[reader->at++];

    if (reader->head_len < sizeof reader->head)
        reader->head[reader->head_len++] = c;
    if (reader->log)
        log_byte(reader, c);
    if (++reader->line > ANSWER_MAX)
        return reader_endless(reader, "an answer without an end");
    return true;
}

bool
reader_expect(struct reader *reader, char c)
{
    int next = reader_peek(reader);
    char what[] = "'?' expected";

    if (next < 0)
        return false;
    if (next == (unsigned char)c)
        return reader_take(reader);
    what[1] = c;
    return reader_malformed(reader, c == '\n' ? "end of line expected" : what);
}

bool
reader_blanks(struct reader *reader)
{
    int c;

    while ((c = reader_peek(reader)) == ' ')
        if (!reader_take(reader))
            return false;
    return c >= 0;
}

bool
reader_end(struct reader *reader)
{
    if (!reader_blanks(reader))
        return false;
    if (reader_peek(reader) == '\r' && !reader_take(reader))
        return false;
    int c = reader_peek(reader);
    if (c < 0)
        return false;
    if (c != '\n')
        return reader_malformed(reader, "end of line expected");
    return reader_take(reader);
}

bool
reader_number(struct reader *reader, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    bool any = false;
    int c;

    while ((c = reader_peek(reader)) >= '0' && c <= '9') {
        uint64_t digit = (uint64_t)(c - '0');
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) || __builtin_add_overflow(value, digit, &value) ||
            value > max)
            return reader_malformed(reader, "number too large");
        any = true;
        if (!reader_take(reader))
            return false;
    }
    if (c < 0)
        return false;
    if (!any)
        return reader_malformed(reader, "number expected");
    *out = value;
    return true;
}

/* Append the peeked byte to the token and take it. */
static bool
keep_byte(struct reader *reader, int c)
{
    char byte = (char)c;

    if (reader->token.len >= LIMIT_LINE)
        return reader_endless(reader, "a text without an end");
    if (!buffer_add(&reader->token, &byte, 1))
        return out_of_memory(reader);
    return reader_take(reader);
}

static struct text
token_text(const struct reader *reader)
{
    return (struct text){reader->token.len ? reader->token.at : "", reader->token.len};
}

/* Behind what the token holds already. */
static bool
read_word(struct reader *reader, char stop, struct text *out)
{
    int c;

    while ((c = reader_peek(reader)) >= 0) {
        if (c == ' ' || c == '\r' || c == '\n' || c == '(' || c == ')' || (stop != 0 && c == (unsigned char)stop)) {
            *out = token_text(reader);
            return true;
        }
        if (!keep_byte(reader, c))
            return false;
    }
    return false;
}

bool
reader_word(struct reader *reader, char stop, struct text *out)
{
    buffer_clear(&reader->token);
    return read_word(reader, stop, out);
}

bool
reader_count(struct reader *reader, uint64_t max, uint64_t *out, bool *known)
{
    const int c = reader_peek(reader);
    struct text word;

    *known = false;
    if (c == '(' || c == '"')
        return reader_skip_value(reader);
    if (c < 0 || !reader_word(reader, 0, &word))
        return false;
    *known = text_number(word, max, out);
    return true;
}

bool
reader_flag(struct reader *reader, struct text *out)
{
    int c;

    buffer_clear(&reader->token);
    while ((c = reader_peek(reader)) >= 0) {
        if (c == ' ' || c == '\r' || c == '\n' || c == ')') {
            *out = token_text(reader);
            return true;
        }
        if (!keep_byte(reader, c))
            return false;
    }
    return false;
}

bool
reader_quoted(struct reader *reader, struct text *out)
{
    int c;

    buffer_clear(&reader->token);
    if (!reader_expect(reader, '"'))
        return false;
    while ((c = reader_peek(reader)) >= 0) {
        if (c == '"') {
            *out = token_text(reader);
            return reader_take(reader);
        }
        if (c == '\r' || c == '\n')
            return reader_malformed(reader, "a quoted string over a line end");
        if (c == '\\') {
            if (!reader_take(reader) || (c = reader_peek(reader)) < 0)
                return false;
            if (c == '\r' || c == '\n')
                return reader_malformed(reader, "a quoted string over a line end");
        }
        if (!keep_byte(reader, c))
            return false;
    }
    return false;
}

bool
reader_literal(struct reader *reader, uint64_t *size)
{
    uint64_t value;

    reader->unsafe = true;
    if (reader_peek(reader) == '~' && !reader_take(reader))
        return false;
    if (!reader_expect(reader, '{') || !reader_number(reader, (uint64_t)LIMIT_MESSAGE, &value))
        return false;
    if (reader_peek(reader) == '+' && !reader_take(reader))
        return false;
    if (!reader_expect(reader, '}'))
        return false;
    if (reader_peek(reader) == '\r' && !reader_take(reader))
        return false;
    if (!reader_expect(reader, '\n'))
        return false;
    if (reader->log) {
        char note[64];
        (void)text_print(note, sizeof note, "<%llu bytes>", (unsigned long long)value);
        fprintf(stderr, "S: %s\n", note);
    }
    *size = value;
    return true;
}

bool
reader_bytes(struct reader *reader, uint64_t size, bool (*data)(void *context, const void *bytes, size_t len),
             void *context)
{
    while (size > 0) {
        if (reader_peek(reader) < 0)
            return false;
        size_t len = reader->end - reader->at;
        if (len > size)
            len = (size_t)size;
        if (data != NULL && !data(context, reader->bytes + reader->at, len))
            return false;
        reader->at += len;
        size -= len;
    }
    return true;
}

static bool
keep_bytes(void *context, const void *bytes, size_t len)
{
    struct reader *reader = context;

    return buffer_add(&reader->token, bytes, len) || out_of_memory(reader);
}

static bool
kept_literal(struct reader *reader, struct text *out)
{
    uint64_t size;

    if (!reader_literal(reader, &size))
        return false;
    if (size > LIMIT_LITERAL_KEPT)
        return reader_malformed(reader, "literal too large for a name");
    buffer_clear(&reader->token);
    if (!reader_bytes(reader, size, keep_bytes, reader))
        return false;
    *out = token_text(reader);
    return true;
}

bool
reader_string(struct reader *reader, struct text *out, bool *nil)
{
    int c = reader_peek(reader);

    if (nil != NULL)
        *nil = false;
    if (c < 0)
        return false;
    if (c == '"')
        return reader_quoted(reader, out);
    buffer_clear(&reader->token);
    if (c == '~') { /* before a literal, or the first byte of an atom: Cyrus sends such names bare */
        if (!keep_byte(reader, c) || (c = reader_peek(reader)) < 0)
            return false;
    }
    if (c == '{')
        return kept_literal(reader, out);
    if (!read_word(reader, 0, out))
        return false;
    if (out->len == 0)
        return reader_malformed(reader, "string expected");
    if (nil != NULL)
        *nil = text_is_nocase(*out, "NIL");
    return true;
}

bool
reader_set(struct reader *reader, bool (*range)(void *context, uint32_t first, uint32_t last, bool reversed),
           void *context)
{
    for (;;) {
        uint64_t first, last;
        if (!reader_number(reader, UINT32_MAX, &first))
            return false;
        last = first;
        int c = reader_peek(reader);
        if (c == ':') {
            if (!reader_take(reader) || !reader_number(reader, UINT32_MAX, &last))
                return false;
            c = reader_peek(reader);
        }
        if (c < 0)
            return false;
        if (first == 0 || last == 0)
            return reader_malformed(reader, "zero in a set");
        bool reversed = first > last;
        if (!range(context, (uint32_t)(reversed ? last : first), (uint32_t)(reversed ? first : last), reversed))
            return false;
        if (c != ',')
            return true;
        if (!reader_take(reader))
            return false;
    }
}

/* A quoted string of any length, thrown away. A line end inside is the end of a string that lost its quote. */
static bool
skip_quoted(struct reader *reader)
{
    int c;

    if (!reader_take(reader)) /* the opening quote */
        return false;
    while ((c = reader_peek(reader)) >= 0) {
        if (c == '\r' || c == '\n')
            return true;
        if (!reader_take(reader))
            return false;
        if (c == '"')
            return true;
        if (c == '\\' && (reader_peek(reader) < 0 || !reader_take(reader)))
            return false;
    }
    return false;
}

/*
 * A run of bytes that are neither blank, parenthesis, quote nor line end. "{12}" at its end, right before the line end,
 * announces a literal, which is skipped too; braces anywhere else mean nothing.
 */
static bool
skip_run(struct reader *reader)
{
    enum { PLAIN, OPEN, DIGITS, CLOSED } state = PLAIN;
    uint64_t size = 0;
    int c;

    while ((c = reader_peek(reader)) >= 0) {
        if (c == '\r' || c == '\n') {
            if (state != CLOSED)
                return true;
            reader->unsafe = true;
            if (size > (uint64_t)LIMIT_MESSAGE)
                return reader_malformed(reader, "number too large");
            return reader_end(reader) && reader_bytes(reader, size, NULL, NULL);
        }
        if (c == ' ' || c == '(' || c == ')' || c == '"')
            return true;
        if (c == '{') {
            state = OPEN;
            size = 0;
        } else if ((state == OPEN || state == DIGITS) && c >= '0' && c <= '9') {
            state = DIGITS;
            if (size <= (uint64_t)LIMIT_MESSAGE)
                size = size * 10 + (uint64_t)(c - '0');
        } else if (state == DIGITS && c == '}') {
            state = CLOSED;
        } else if (!(state == DIGITS && c == '+')) {
            state = PLAIN;
        }
        if (!reader_take(reader))
            return false;
    }
    return false;
}

bool
reader_skip_value(struct reader *reader)
{
    unsigned depth = 0;

    for (;;) {
        int c = reader_peek(reader);
        bool ok;
        if (c < 0)
            return false;
        if (c == '\r' || c == '\n')
            return reader_malformed(reader, depth > 0 ? "a list that is not closed" : "value expected");
        if (c == '(') {
            if (++depth > LIMIT_NESTING)
                return reader_malformed(reader, "nested too deep");
            ok = reader_take(reader);
        } else if (c == ')') {
            if (depth == 0)
                return reader_malformed(reader, "value expected");
            depth--;
            ok = reader_take(reader);
        } else if (c == ' ') {
            ok = reader_take(reader);
            if (ok && depth == 0)
                continue; /* blanks before the value */
        } else {
            ok = c == '"' ? skip_quoted(reader) : skip_run(reader);
        }
        if (!ok)
            return false;
        if (depth == 0)
            return true;
    }
}

bool
reader_skip_answer(struct reader *reader)
{
    int c;

    while ((c = reader_peek(reader)) >= 0) {
        bool ok;
        if (c == '\r' || c == '\n')
            return reader_skip_text(reader);
        if (c == '"')
            ok = skip_quoted(reader);
        else if (c == ' ' || c == '(' || c == ')')
            ok = reader_take(reader);
        else
            ok = skip_run(reader);
        if (!ok)
            return false;
    }
    return false;
}

bool
reader_skip_text(struct reader *reader)
{
    int c;

    for (uint64_t len = 0; (c = reader_peek(reader)) >= 0; len++) {
        if (len > LIMIT_LINE)
            return reader_endless(reader, "a text without an end");
        if (!reader_take(reader))
            return false;
        if (c == '\n')
            return true;
    }
    return false;
}

/* Does it end in "{12}" or "{12+}"? */
static bool
announces_literal(struct text line)
{
    size_t at = line.len;

    if (at == 0 || line.at[--at] != '}')
        return false;
    if (at > 0 && line.at[at - 1] == '+')
        at--;
    size_t end = at;
    while (at > 0 && line.at[at - 1] >= '0' && line.at[at - 1] <= '9')
        at--;
    return at < end && at > 0 && line.at[at - 1] == '{';
}

bool
reader_rest(struct reader *reader, struct text *out)
{
    int c;

    buffer_clear(&reader->token);
    while ((c = reader_peek(reader)) >= 0 && c != '\r' && c != '\n')
        if (!keep_byte(reader, c))
            return false;
    if (c < 0)
        return false;
    *out = token_text(reader);
    if (announces_literal(*out))
        return reader_endless(reader, "a literal where none belongs");
    return reader_end(reader);
}
