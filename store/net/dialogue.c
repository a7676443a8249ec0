/* Lines before login; see dialogue.h. */
#include "store/net/dialogue.h"

#include "store/base/clock.h"
#include "store/net/wait.h"

#define LOG_MAX 1000 /* of one line in the wire log */
#define HIDE_LEAST 4 /* a shorter secret is looked for as a whole word only: else it would be found everywhere */

/* Wire log */

static struct text
without_line_end(struct text line)
{
    while (line.len > 0 && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static void
log_line(const struct dialogue *dialogue, char who, struct text line)
{
    char shown[LOG_MAX];

    if (dialogue->wire_log < 2)
        return;
    error_escape(shown, sizeof shown, without_line_end(line));
    (void)fprintf(stderr, "%c: %s\n", who, shown); /* a trace that can't be written is no reason to stop */
}

static void
log_sent(struct dialogue *dialogue, struct text bytes)
{
    const char *blank = memchr(bytes.at, ' ', bytes.len);
    const bool first = dialogue->first_write;
    char line[LOG_MAX];

    dialogue->first_write = false;
    if (dialogue->shown[0] == '\0' || without_line_end(bytes).len == 0) {
        log_line(dialogue, 'C', bytes);
    } else if (first && !dialogue->tagged) {
        log_line(dialogue, 'C', text_of(dialogue->shown));
    } else if (first && blank != NULL && blank - bytes.at < 16) {
        (void)text_print(line, sizeof line, "%.*s %s", (int)(blank - bytes.at), bytes.at, dialogue->shown);
        log_line(dialogue, 'C', text_of(line));
    } else {
        log_line(dialogue, 'C', TEXT("<secret>"));
    }
}

/* Bytes of `text` that are this secret: as it is, or with the backslashes of a quoted string (LOGIN "ana" "pa\\"ss"). 0: none. */
static size_t
match_secret(struct text text, const char *secret)
{
    const size_t len = strlen(secret);
    size_t at = 0;

    if (len <= text.len && memcmp(text.at, secret, len) == 0)
        return len;
    for (size_t i = 0; i < len; i++) {
        const bool quoted = secret[i] == '"' || secret[i] == '\\';

        if (quoted && (at == text.len || text.at[at++] != '\\'))
            return 0;
        if (at == text.len || text.at[at++] != secret[i])
            return 0;
    }
    return at;
}

static bool
is_word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

/* The secret that begins at `at`, if one does. */
static size_t
secret_length(const struct dialogue *dialogue, struct text whole, size_t at)
{
    const struct text rest = {whole.at + at, whole.len - at};

    for (size_t i = 0; i < sizeof dialogue->hide / sizeof dialogue->hide[0]; i++) {
        const char *secret = dialogue->hide[i];
        const size_t len = secret == NULL || secret[0] == '\0' ? 0 : match_secret(rest, secret);
        const bool word =
            (at == 0 || !is_word_byte(whole.at[at - 1])) && (len == rest.len || !is_word_byte(rest.at[len]));

        if (len > 0 && (word || strlen(secret) >= HIDE_LEAST))
            return len;
    }
    return 0;
}

/* Some servers repeat a command they did not like. A copy that does not fit is left out, never half secret. */
void
dialogue_hide(const struct dialogue *dialogue, struct text from, struct buffer *to)
{
    buffer_clear(to);
    for (size_t i = 0; i < from.len;) {
        const size_t secret = secret_length(dialogue, from, i);

        if (!(secret > 0 ? buffer_adds(to, "<secret>") : buffer_add(to, from.at + i, 1))) {
            buffer_clear(to);
            return;
        }
        i += secret > 0 ? secret : 1;
    }
}

void
dialogue_hide_in(const struct dialogue *dialogue, struct buffer *words)
{
    struct buffer hidden = buffer_new(DIALOGUE_WORDS_MAX);

    dialogue_hide(dialogue, (struct text){words->at, words->len}, &hidden);
    buffer_free(words);
    *words = hidden;
}

/* "+ Y2hhbGxlbmdl"; without tags "+OK" is none. */
static bool
is_challenge(const struct dialogue *dialogue, struct text line)
{
    return line.len > 2 && line.at[0] == '+' && (dialogue->tagged || !text_is_nocase((struct text){line.at, 3}, "+OK"));
}

static void
log_received(const struct dialogue *dialogue, struct text line)
{
    if (dialogue->wire_log < 2)
        return;
    /* With the challenges of a mechanism that hides the password it can still be guessed, at leisure. */
    if (dialogue->shown[0] != '\0' && is_challenge(dialogue, line)) {
        log_line(dialogue, 'S', TEXT("+ <secret>"));
        return;
    }
    struct buffer shown = buffer_new(DIALOGUE_WORDS_MAX);

    dialogue_hide(dialogue, line, &shown);
    log_line(dialogue, 'S', (struct text){shown.at != NULL ? shown.at : "", shown.len});
    buffer_free(&shown);
}

/* Reading */

bool
dialogue_nonsense(const struct dialogue *dialogue, const char *what, struct text line, struct error *err)
{
    struct buffer shown = buffer_new(DIALOGUE_WORDS_MAX);

    dialogue_hide(dialogue, line, &shown);
    /* What does not get as far as a login is no server of this protocol, as far as anybody can tell. */
    error_set(err, ERROR_NETWORK, "log in to %s: the server sent %s", stream_name(dialogue->stream), what);
    error_answer(err, (struct text){shown.at, shown.len});
    buffer_free(&shown);
    return false;
}

static bool
read_more(struct dialogue *dialogue, struct error *err)
{
    char bytes[DIALOGUE_READ];
    size_t moved;

    if (dialogue->in_at > 0) {
        memmove(dialogue->in.at, dialogue->in.at + dialogue->in_at, dialogue->in.len - dialogue->in_at);
        dialogue->in.len -= dialogue->in_at;
        dialogue->in_at = 0;
    }
    if (dialogue->in.len > LIMIT_PROLOGUE)
        return dialogue_nonsense(dialogue, "a line without end", (struct text){dialogue->in.at, dialogue->in.len}, err);
    for (;;) {
        switch (stream_read(dialogue->stream, bytes, sizeof bytes, &moved, err)) {
        case STREAM_DONE:
            dialogue->greeted = true;
            if (!buffer_add(&dialogue->in, bytes, moved)) {
                error_set(err, ERROR_LOCAL, "read from %s: out of memory", stream_name(dialogue->stream));
                return false;
            }
            return true;
        case STREAM_AGAIN:
            if (!(dialogue->greeted ? stream_wait_since(dialogue->stream, STREAM_WANT_READ, dialogue->since_ms, err)
                                    : stream_wait_greeting(dialogue->stream, dialogue->since_ms, err)))
                return false;
            break;
        case STREAM_END:
            stream_ended(dialogue->stream, err);
            return false;
        case STREAM_FAILED:
            return false;
        }
    }
}

bool
dialogue_line(struct dialogue *dialogue, struct text *line, struct error *err)
{
    size_t looked = 0;

    for (;;) {
        const size_t unread = dialogue->in.len - dialogue->in_at;
        const char *at = dialogue->in.at + dialogue->in_at;
        const char *end = unread == looked ? NULL : memchr(at + looked, '\n', unread - looked);

        if (end != NULL) {
            const size_t len = (size_t)(end - at) + 1;

            dialogue->in_at += len;
            dialogue->answered += len;
            if (dialogue->answered > LIMIT_PROLOGUE)
                return dialogue_nonsense(dialogue, "an answer that is too long", (struct text){at, len}, err);
            *line = without_line_end((struct text){at, len});
            log_received(dialogue, *line);
            return true;
        }
        looked = unread;
        if (!read_more(dialogue, err))
            return false;
    }
}

struct text
dialogue_unread(const struct dialogue *dialogue)
{
    return (struct text){dialogue->in.at + dialogue->in_at, dialogue->in.len - dialogue->in_at};
}

/* Writing */

void
dialogue_begin(struct dialogue *dialogue, const char *shown)
{
    (void)text_print(dialogue->shown, sizeof dialogue->shown, "%s", shown != NULL ? shown : "");
    dialogue->first_write = true;
    dialogue->answered = 0;
    dialogue->since_ms = clock_ms();
}

bool
dialogue_send(struct dialogue *dialogue, struct text bytes, struct error *err)
{
    size_t moved;

    if (bytes.len > 0)
        log_sent(dialogue, bytes);
    for (size_t done = 0; done < bytes.len; done += moved) {
        switch (stream_write(dialogue->stream, bytes.at + done, bytes.len - done, &moved, err)) {
        case STREAM_DONE:
            dialogue->sent += moved;
            break;
        case STREAM_AGAIN:
            if (!stream_wait(dialogue->stream, STREAM_WANT_WRITE, err))
                return false;
            break;
        default:
            return false;
        }
    }
    return true;
}

bool
dialogue_send_line(struct dialogue *dialogue, const char *command, const char *rest, struct error *err)
{
    const size_t size = strlen(command) + strlen(rest) + sizeof " \r\n";
    char *line = malloc(size);
    bool sent;

    if (line == NULL) {
        error_set(err, ERROR_LOCAL, "log in: out of memory");
        return false;
    }
    (void)text_print(line, size, "%s%s%s\r\n", command, command[0] != '\0' && rest[0] != '\0' ? " " : "", rest);
    sent = dialogue_send(dialogue, text_of(line), err);
    explicit_bzero(line, size);
    free(line);
    return sent;
}

bool
dialogue_init(struct dialogue *dialogue, struct stream *stream, int wire_log, bool tagged)
{
    *dialogue = (struct dialogue){
        .stream = stream, .wire_log = wire_log, .tagged = tagged, .in = buffer_new(LIMIT_PROLOGUE + DIALOGUE_READ)};
    return buffer_add(&dialogue->in, "", 0); /* never NULL from here on */
}

void
dialogue_end(struct dialogue *dialogue)
{
    buffer_free(&dialogue->in);
}
