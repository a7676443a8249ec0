/* The lines of a session's prologue; see driver.h. */
#include "store/imap/driver.h"

#include <ctype.h>

#define READ_SIZE 4096
#define STREAM_BUFFER 8192 /* libetpan's; a longer command goes through in pieces */
#define LOG_MAX 1000       /* of one line in the wire log */
#define HIDE_LEAST 4       /* a shorter secret is not looked for: it would be found everywhere */

/* Wire log */

static struct text
without_line_end(struct text line)
{
    while (line.len > 0 && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static void
log_line(const struct driver *driver, char who, struct text line)
{
    char shown[LOG_MAX];

    if (driver->wire_log < 2)
        return;
    error_escape(shown, sizeof shown, without_line_end(line));
    (void)fprintf(stderr, "%c: %s\n", who, shown); /* a trace that can't be written is no reason to stop */
}

static void
log_sent(struct driver *driver, struct text bytes)
{
    const char *blank = memchr(bytes.at, ' ', bytes.len);
    const bool first = driver->first_write;
    char line[LOG_MAX];

    driver->first_write = false;
    if (driver->shown[0] == '\0' || without_line_end(bytes).len == 0) {
        log_line(driver, 'C', bytes);
    } else if (first && blank != NULL && blank - bytes.at < 16) {
        (void)text_print(line, sizeof line, "%.*s %s", (int)(blank - bytes.at), bytes.at, driver->shown);
        log_line(driver, 'C', text_of(line));
    } else {
        log_line(driver, 'C', TEXT("<secret>"));
    }
}

/* The secret that begins at `at`, if one does. */
static size_t
secret_length(const struct driver *driver, struct text rest)
{
    for (size_t i = 0; i < sizeof driver->hide / sizeof driver->hide[0]; i++) {
        const size_t len = driver->hide[i] == NULL ? 0 : strlen(driver->hide[i]);

        if (len >= HIDE_LEAST && len <= rest.len && memcmp(rest.at, driver->hide[i], len) == 0)
            return len;
    }
    return 0;
}

/* Some servers repeat a command they did not like. A copy that does not fit is left out, never half secret. */
static void
copy_hidden(const struct driver *driver, struct text from, struct buffer *to)
{
    buffer_clear(to);
    for (size_t i = 0; i < from.len;) {
        const size_t secret = secret_length(driver, (struct text){from.at + i, from.len - i});

        if (!(secret > 0 ? buffer_adds(to, "<secret>") : buffer_add(to, from.at + i, 1))) {
            buffer_clear(to);
            return;
        }
        i += secret > 0 ? secret : 1;
    }
}

static void
log_received(struct driver *driver, struct text line)
{
    if (driver->wire_log < 2)
        return;
    /* With the challenges of a mechanism that hides the password it can still be guessed, at leisure. */
    if (driver->shown[0] != '\0' && line.len > 2 && line.at[0] == '+') {
        log_line(driver, 'S', TEXT("+ <secret>"));
        return;
    }
    struct buffer shown = buffer_new(2 * LIMIT_PROLOGUE);

    copy_hidden(driver, line, &shown);
    log_line(driver, 'S', (struct text){shown.at != NULL ? shown.at : "", shown.len});
    buffer_free(&shown);
}

/* Reading */

static bool
nonsense(const struct driver *driver, const char *what, struct text line, struct error *err)
{
    struct buffer shown = buffer_new(2 * LIMIT_PROLOGUE);

    copy_hidden(driver, line, &shown);
    error_set(err, ERROR_SERVER, "log in to %s: the server sent %s", stream_name(driver->stream), what);
    error_answer(err, (struct text){shown.at, shown.len});
    buffer_free(&shown);
    return false;
}

/* The connection is at its end; a BYE that came before says more about why. */
static bool
ended(const struct driver *driver, struct error *err)
{
    if (err->kind == ERROR_NETWORK && driver->bye.len > 0)
        error_answer(err, (struct text){driver->bye.at, driver->bye.len});
    return false;
}

static bool
read_more(struct driver *driver, struct error *err)
{
    char bytes[READ_SIZE];
    size_t moved;

    if (driver->in_at > 0) {
        memmove(driver->in.at, driver->in.at + driver->in_at, driver->in.len - driver->in_at);
        driver->in.len -= driver->in_at;
        driver->in_at = 0;
    }
    if (driver->in.len > LIMIT_PROLOGUE)
        return nonsense(driver, "a line without end", (struct text){driver->in.at, 100}, err);
    for (;;) {
        switch (stream_read(driver->stream, bytes, sizeof bytes, &moved, err)) {
        case STREAM_DONE:
            if (!buffer_add(&driver->in, bytes, moved)) {
                error_set(err, ERROR_LOCAL, "read from %s: out of memory", stream_name(driver->stream));
                return false;
            }
            return true;
        case STREAM_AGAIN:
            if (!stream_wait(driver->stream, STREAM_WANT_READ, err))
                return ended(driver, err);
            break;
        case STREAM_END:
            stream_ended(driver->stream, err);
            return ended(driver, err);
        case STREAM_FAILED:
            return ended(driver, err);
        }
    }
}

/* @param line [out] without its end, borrowed until the next one */
static bool
take_line(struct driver *driver, struct text *line, struct error *err)
{
    size_t looked = 0;

    for (;;) {
        const size_t unread = driver->in.len - driver->in_at;
        const char *at = driver->in.at + driver->in_at;
        const char *end = unread == looked ? NULL : memchr(at + looked, '\n', unread - looked);

        if (end != NULL) {
            const size_t len = (size_t)(end - at) + 1;

            driver->in_at += len;
            driver->answered += len;
            *line = without_line_end((struct text){at, len});
            if (driver->answered > LIMIT_PROLOGUE)
                return nonsense(driver, "an answer that is too long", (struct text){at, len < 100 ? len : 100}, err);
            return true;
        }
        looked = unread;
        if (!read_more(driver, err))
            return false;
    }
}

/* Understanding */

/* The part up to a blank; text loses it and the blank. */
static struct text
take_word(struct text *text)
{
    const char *blank = text->len == 0 ? NULL : memchr(text->at, ' ', text->len);
    const size_t len = blank == NULL ? text->len : (size_t)(blank - text->at);
    const struct text word = {text->at, len};

    text->at += blank == NULL ? len : len + 1;
    text->len -= blank == NULL ? len : len + 1;
    return word;
}

static bool
is_atom(struct text word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] <= ' ' || word.at[i] >= 127 || strchr("(){%*\"\\]", word.at[i]) != NULL)
            return false;
    return word.len > 0;
}

/* A list of capabilities replaces the one before; what is no atom is no capability. */
static bool
note_capabilities(struct driver *driver, struct text list, struct error *err)
{
    struct buffer *to = &driver->capabilities;

    buffer_clear(to);
    while (list.len > 0) {
        const struct text atom = take_word(&list);

        if (is_atom(atom) && !((to->len == 0 || buffer_add(to, " ", 1)) && buffer_add(to, atom.at, atom.len))) {
            error_set(err, ERROR_LOCAL, "read the capabilities of %s: out of memory", stream_name(driver->stream));
            return false;
        }
    }
    return true;
}

/* The code of a status text, "[CODE arguments] words". @return false: out of memory */
static bool
note_code(struct driver *driver, struct text words, bool believed, struct error *err)
{
    const char *end = words.len == 0 || words.at[0] != '[' ? NULL : memchr(words.at, ']', words.len);
    struct text inside, name;

    if (end == NULL)
        return true;
    inside = (struct text){words.at + 1, (size_t)(end - words.at) - 1};
    name = take_word(&inside);
    if (text_is_nocase(name, "CAPABILITY"))
        return !believed || note_capabilities(driver, inside, err);
    if (!text_copy(name, driver->code, sizeof driver->code))
        driver->code[0] = '\0'; /* a code of that length is none that we know */
    return true;
}

static enum driver_status
status_of(struct text word)
{
    return text_is_nocase(word, "OK")        ? STATUS_OK
           : text_is_nocase(word, "PREAUTH") ? STATUS_PREAUTH
           : text_is_nocase(word, "NO")      ? STATUS_NO
           : text_is_nocase(word, "BAD")     ? STATUS_BAD
                                             : STATUS_NONE;
}

static bool
see_greeting(struct driver *driver, struct text line, struct error *err)
{
    struct text rest = line;
    const struct text star = take_word(&rest), word = take_word(&rest);

    driver->status = status_of(word);
    driver->greeted = true;
    if (text_is(star, "*") && text_is_nocase(word, "BYE")) {
        error_set(err, ERROR_NETWORK, "connect to %s", stream_name(driver->stream));
        error_answer(err, rest);
        return false;
    }
    if (!text_is(star, "*") || (driver->status != STATUS_OK && driver->status != STATUS_PREAUTH)) {
        error_set(err, ERROR_SERVER, "connect to %s: this is not the greeting of an IMAP server",
                  stream_name(driver->stream));
        error_answer(err, line);
        return false;
    }
    copy_hidden(driver, rest, &driver->words);
    return note_code(driver, rest, true, err);
}

static bool
see_challenge(struct driver *driver, struct text line, struct error *err)
{
    const size_t skip = line.len > 1 && line.at[1] == ' ' ? 2 : 1;

    buffer_clear(&driver->challenge);
    if (!buffer_add(&driver->challenge, line.at + skip, line.len - skip)) {
        error_set(err, ERROR_LOCAL, "read from %s: out of memory", stream_name(driver->stream));
        return false;
    }
    driver->proofs += driver->challenge.len > 0;
    return true;
}

static bool
see_untagged(struct driver *driver, struct text rest, struct error *err)
{
    const struct text word = take_word(&rest);

    if (text_is_nocase(word, "CAPABILITY"))
        return note_capabilities(driver, rest, err);
    if (text_is_nocase(word, "BYE")) /* a tagged answer may still follow, and then says what matters */
        copy_hidden(driver, rest, &driver->bye);
    return true; /* what else a server tells before login is nothing to us */
}

static bool
see_tagged(struct driver *driver, struct text line, struct error *err)
{
    struct text rest = line;
    const struct text tag = take_word(&rest), word = take_word(&rest);

    driver->status = status_of(word);
    if (driver->status == STATUS_NONE || driver->status == STATUS_PREAUTH || !is_atom(tag) ||
        !text_copy(tag, driver->tag, sizeof driver->tag))
        return nonsense(driver, "an answer that makes no sense", line, err);
    copy_hidden(driver, rest, &driver->words);
    return note_code(driver, rest, driver->status == STATUS_OK, err);
}

/* A literal has no place before login, and libetpan would allocate whatever size it announces. */
static bool
announces_literal(struct text line)
{
    size_t digits = 0;

    if (line.len < 3 || line.at[line.len - 1] != '}')
        return false;
    while (digits + 2 < line.len &&
           (isdigit((unsigned char)line.at[line.len - 2 - digits]) || line.at[line.len - 2 - digits] == '+'))
        digits++;
    return digits > 0 && line.at[line.len - 2 - digits] == '{';
}

bool
driver_line(struct driver *driver, enum driver_line_kind *kind, struct error *err)
{
    struct text line;

    if (!take_line(driver, &line, err))
        return false;
    log_received(driver, line);
    if (memchr(line.at, '\0', line.len) != NULL || announces_literal(line))
        return nonsense(driver, "an answer that has no place there", line, err);
    if (!driver->greeted) {
        *kind = LINE_GREETING;
        return see_greeting(driver, line, err);
    }
    if (line.len > 0 && line.at[0] == '+') {
        *kind = LINE_CONTINUE;
        return see_challenge(driver, line, err);
    }
    if (line.len > 1 && line.at[0] == '*' && line.at[1] == ' ') {
        *kind = LINE_OTHER;
        return see_untagged(driver, (struct text){line.at + 2, line.len - 2}, err);
    }
    *kind = LINE_TAGGED;
    return see_tagged(driver, line, err);
}

/* libetpan's side: the eleven functions of a mailstream_low. It calls some of them without looking, so none is NULL. */

static bool
is_base64(const struct buffer *text)
{
    for (size_t i = 0; i < text->len; i++)
        if (!isalnum((unsigned char)text->at[i]) && strchr("+/=", text->at[i]) == NULL)
            return false;
    return true;
}

static bool
make_skeleton(struct driver *driver, enum driver_line_kind kind)
{
    switch (kind) {
    case LINE_GREETING:
        return buffer_adds(&driver->ready, driver->status == STATUS_OK ? "* OK x\r\n" : "* PREAUTH x\r\n");
    case LINE_CONTINUE:
        return buffer_addf(&driver->ready, "+ %s\r\n",
                           driver->challenge.len > 0 && is_base64(&driver->challenge) ? driver->challenge.at : "");
    case LINE_TAGGED:
        /* After OK to CAPABILITY it copies a list without asking whether there is one. */
        return buffer_addf(&driver->ready, "%s%s %s x\r\n",
                           driver->status == STATUS_OK ? "* CAPABILITY IMAP4rev1\r\n" : "", driver->tag,
                           driver->status == STATUS_OK   ? "OK"
                           : driver->status == STATUS_NO ? "NO"
                                                         : "BAD");
    case LINE_OTHER:
        return true;
    }
    return false;
}

static ssize_t
low_read(mailstream_low *low, void *to, size_t size)
{
    struct driver *driver = low->data;
    struct buffer *ready = &driver->ready;
    enum driver_line_kind kind;
    size_t len;

    /* -1 also at the end: at 0 libetpan would ask again, for ever. */
    while (driver->ready_at == ready->len) {
        buffer_clear(ready);
        driver->ready_at = 0;
        if (driver->err.kind != ERROR_NONE || !driver_line(driver, &kind, &driver->err))
            return -1;
        if (!make_skeleton(driver, kind)) {
            error_set(&driver->err, ERROR_LOCAL, "read from %s: out of memory", stream_name(driver->stream));
            return -1;
        }
    }
    len = ready->len - driver->ready_at < size ? ready->len - driver->ready_at : size;
    memcpy(to, ready->at + driver->ready_at, len);
    driver->ready_at += len;
    return (ssize_t)len;
}

static ssize_t
low_write(mailstream_low *low, const void *from, size_t len)
{
    struct driver *driver = low->data;

    if (driver->err.kind != ERROR_NONE || !driver_send(driver, (struct text){from, len}, &driver->err))
        return -1;
    return (ssize_t)len;
}

static int
low_close(mailstream_low *low)
{
    (void)low; /* the stream is not libetpan's to close */
    return 0;
}

static int
low_get_fd(mailstream_low *low)
{
    (void)low;
    return -1;
}

static void
low_free(mailstream_low *low)
{
    free(low);
}

static void
low_cancel(mailstream_low *low)
{
    (void)low; /* `stopped` of the connection does that */
}

static struct mailstream_cancel *
low_get_cancel(mailstream_low *low)
{
    (void)low;
    return NULL;
}

static carray *
low_get_certificate_chain(mailstream_low *low)
{
    (void)low;
    return NULL;
}

static int
low_idle(mailstream_low *low)
{
    (void)low; /* -1 is "can't", and it never idles here */
    return -1;
}

mailstream *
driver_mailstream(struct driver *driver)
{
    static mailstream_low_driver functions = {
        .mailstream_read = low_read,
        .mailstream_write = low_write,
        .mailstream_close = low_close,
        .mailstream_get_fd = low_get_fd,
        .mailstream_free = low_free,
        .mailstream_cancel = low_cancel,
        .mailstream_get_cancel = low_get_cancel,
        .mailstream_get_certificate_chain = low_get_certificate_chain,
        .mailstream_setup_idle = low_idle,
        .mailstream_unsetup_idle = low_idle,
        .mailstream_interrupt_idle = low_idle,
    };
    mailstream_low *low = mailstream_low_new(driver, &functions);
    mailstream *made;

    if (low == NULL)
        return NULL;
    made = mailstream_new(low, STREAM_BUFFER);
    if (made == NULL)
        mailstream_low_free(low);
    return made;
}

/* Our side */

struct driver *
driver_new(struct stream *stream, int wire_log)
{
    struct driver *driver = calloc(1, sizeof *driver);

    if (driver == NULL)
        return NULL;
    driver->stream = stream;
    driver->wire_log = wire_log;
    driver->words = buffer_new(2 * LIMIT_PROLOGUE);
    driver->bye = buffer_new(2 * LIMIT_PROLOGUE);
    driver->challenge = buffer_new(LIMIT_PROLOGUE);
    driver->capabilities = buffer_new(LIMIT_PROLOGUE);
    driver->in = buffer_new(LIMIT_PROLOGUE + READ_SIZE);
    driver->ready = buffer_new(LIMIT_PROLOGUE + 64);
    if (!buffer_add(&driver->in, "", 0)) { /* never NULL from here on */
        driver_free(driver);
        return NULL;
    }
    return driver;
}

void
driver_begin(struct driver *driver, const char *shown)
{
    (void)text_print(driver->shown, sizeof driver->shown, "%s", shown != NULL ? shown : "");
    driver->first_write = true;
    driver->answered = 0;
    driver->status = STATUS_NONE;
    driver->tag[0] = driver->code[0] = '\0';
    driver->proofs = 0;
    buffer_clear(&driver->words);
    buffer_clear(&driver->challenge);
}

bool
driver_send(struct driver *driver, struct text bytes, struct error *err)
{
    size_t moved;

    if (bytes.len > 0)
        log_sent(driver, bytes);
    for (size_t done = 0; done < bytes.len; done += moved) {
        switch (stream_write(driver->stream, bytes.at + done, bytes.len - done, &moved, err)) {
        case STREAM_DONE:
            driver->sent += moved;
            break;
        case STREAM_AGAIN:
            if (!stream_wait(driver->stream, STREAM_WANT_WRITE, err))
                return ended(driver, err);
            break;
        default:
            return ended(driver, err);
        }
    }
    return true;
}

bool
driver_offers(const char *capabilities, const char *const *disable, const char *name)
{
    const char *at = capabilities;

    for (; disable != NULL && *disable != NULL; disable++)
        if (text_is_nocase(text_of(*disable), name))
            return false;
    while (*at != '\0') {
        const size_t len = strcspn(at, " ");

        if (text_is_nocase((struct text){at, len}, name))
            return true;
        at += len + strspn(at + len, " ");
    }
    return false;
}

struct text
driver_unread(const struct driver *driver)
{
    return (struct text){driver->in.at + driver->in_at, driver->in.len - driver->in_at};
}

void
driver_free(struct driver *driver)
{
    if (driver == NULL)
        return;
    buffer_free(&driver->words);
    buffer_free(&driver->bye);
    buffer_free(&driver->challenge);
    buffer_free(&driver->capabilities);
    buffer_free(&driver->in);
    buffer_free(&driver->ready);
    free(driver);
}
