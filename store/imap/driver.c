/* The lines of a session's prologue; see driver.h. */
#include "store/imap/driver.h"

#include "store/imap/alerts.h"

#include <ctype.h>

#include "store/net/login.h"

/* The connection is at its end; a BYE that came before says more about why. */
static bool
ended(const struct driver *driver, struct error *err)
{
    if (err->kind == ERROR_NETWORK && driver->bye.len > 0)
        error_answer(err, (struct text){driver->bye.at, driver->bye.len});
    return false;
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
            error_set(err, ERROR_LOCAL, "read the capabilities of %s: out of memory", stream_name(driver->talk.stream));
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

/* @param said  secrets are cut out of it */
static void
note_alert(struct driver *driver, const struct buffer *said)
{
    alerts_note(driver->alerts, (struct text){said->len > 0 ? said->at : "", said->len});
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
        error_set(err, ERROR_NETWORK, "connect to %s", stream_name(driver->talk.stream));
        error_answer(err, rest);
        return false;
    }
    if (!text_is(star, "*") || (driver->status != STATUS_OK && driver->status != STATUS_PREAUTH)) {
        return login_refuse_greeting(driver->talk.stream, "an IMAP", line, err);
    }
    dialogue_hide(&driver->talk, rest, &driver->words);
    note_alert(driver, &driver->words);
    return note_code(driver, rest, true, err);
}

static bool
see_challenge(struct driver *driver, struct text line, struct error *err)
{
    const size_t skip = line.len > 1 && line.at[1] == ' ' ? 2 : 1;

    buffer_clear(&driver->challenge);
    if (!buffer_add(&driver->challenge, line.at + skip, line.len - skip)) {
        error_set(err, ERROR_LOCAL, "read from %s: out of memory", stream_name(driver->talk.stream));
        return false;
    }
    driver->proofs += sasl_is_base64((struct text){driver->challenge.at, driver->challenge.len});
    return true;
}

static bool
see_untagged(struct driver *driver, struct text rest, struct error *err)
{
    const struct text word = take_word(&rest);

    if (text_is_nocase(word, "CAPABILITY"))
        return note_capabilities(driver, rest, err);
    if (text_is_nocase(word, "BYE")) /* a tagged answer may still follow, and then says what matters */
        dialogue_hide(&driver->talk, rest, &driver->bye);
    if (alerts_has(rest)) {
        struct buffer said = buffer_new(DIALOGUE_WORDS_MAX);
        dialogue_hide(&driver->talk, rest, &said);
        note_alert(driver, &said);
        buffer_free(&said);
    }
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
        return dialogue_nonsense(&driver->talk, "an answer that makes no sense", line, err);
    dialogue_hide(&driver->talk, rest, &driver->words);
    note_alert(driver, &driver->words);
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

    if (!dialogue_line(&driver->talk, &line, err))
        return ended(driver, err);
    if (!driver->greeted && memchr(line.at, '\0', line.len) != NULL)
        return login_refuse_greeting(driver->talk.stream, "an IMAP", line, err);
    if (memchr(line.at, '\0', line.len) != NULL || announces_literal(line))
        return dialogue_nonsense(&driver->talk, "an answer that has no place there", line, err);
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

/* libetpan's side */

static bool
make_skeleton(struct driver *driver, enum driver_line_kind kind, struct buffer *ready)
{
    switch (kind) {
    case LINE_GREETING:
        return buffer_adds(ready, driver->status == STATUS_OK ? "* OK x\r\n" : "* PREAUTH x\r\n");
    case LINE_CONTINUE:
        return buffer_addf(
            ready, "+ %s\r\n",
            sasl_is_base64((struct text){driver->challenge.at, driver->challenge.len}) ? driver->challenge.at : "");
    case LINE_TAGGED:
        /* After OK to CAPABILITY it copies a list without asking whether there is one. */
        return buffer_addf(ready, "%s%s %s x\r\n", driver->status == STATUS_OK ? "* CAPABILITY IMAP4rev1\r\n" : "",
                           driver->tag,
                           driver->status == STATUS_OK   ? "OK"
                           : driver->status == STATUS_NO ? "NO"
                                                         : "BAD");
    case LINE_OTHER:
        return true;
    }
    return false;
}

static bool
next_skeleton(void *context, struct buffer *ready, struct error *err)
{
    struct driver *driver = context;
    enum driver_line_kind kind = LINE_OTHER;

    if (!driver_line(driver, &kind, err))
        return false;
    if (make_skeleton(driver, kind, ready))
        return true;
    error_set(err, ERROR_LOCAL, "read from %s: out of memory", stream_name(driver->talk.stream));
    return false;
}

mailstream *
driver_mailstream(struct driver *driver)
{
    return feed_mailstream(&driver->feed);
}

/* Our side */

struct driver *
driver_new(struct stream *stream, int wire_log)
{
    struct driver *driver = calloc(1, sizeof *driver);

    if (driver == NULL)
        return NULL;
    driver->words = buffer_new(DIALOGUE_WORDS_MAX);
    driver->bye = buffer_new(DIALOGUE_WORDS_MAX);
    driver->challenge = buffer_new(LIMIT_PROLOGUE);
    driver->capabilities = buffer_new(LIMIT_PROLOGUE);
    driver->feed = feed_new(&driver->talk, next_skeleton, driver);
    if (!dialogue_init(&driver->talk, stream, wire_log, true)) {
        driver_free(driver);
        return NULL;
    }
    return driver;
}

void
driver_begin(struct driver *driver, const char *shown)
{
    dialogue_begin(&driver->talk, shown);
    feed_watch(&driver->feed);
    driver->status = STATUS_NONE;
    driver->tag[0] = driver->code[0] = '\0';
    driver->proofs = 0;
    buffer_clear(&driver->words);
    buffer_clear(&driver->challenge);
}

bool
driver_send(struct driver *driver, struct text bytes, struct error *err)
{
    return dialogue_send(&driver->talk, bytes, err) || ended(driver, err);
}

bool
driver_send_line(struct driver *driver, const char *command, const char *rest, struct error *err)
{
    return dialogue_send_line(&driver->talk, command, rest, err) || ended(driver, err);
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
    return dialogue_unread(&driver->talk);
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
    feed_free(&driver->feed);
    dialogue_end(&driver->talk);
    free(driver);
}
