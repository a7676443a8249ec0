/* The lines of a POP3 session's prologue; see driver.h. */
#include "store/pop/driver.h"

#include "store/net/login.h"

#define CHALLENGE_MAX 400 /* base64; libetpan's answer to a longer one of SCRAM could be more than it can send */

static bool
nonsense(const struct pop_driver *driver, struct text line, struct error *err)
{
    return dialogue_nonsense(&driver->talk, "an answer that makes no sense", line, err);
}

/* What the line begins with, and what follows it. */
static enum pop_status
split(struct text line, struct text *rest)
{
    static const struct {
        const char *word;
        enum pop_status status;
    } known[] = {{"+OK", POP_OK}, {"-ERR", POP_ERR}, {"+", POP_CONTINUE}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const size_t len = strlen(known[i].word);

        if (line.len < len || !text_is_nocase((struct text){line.at, len}, known[i].word))
            continue;
        if (line.len > len && line.at[len] != ' ' && line.at[len] != '\t')
            continue;
        *rest = line.len > len ? (struct text){line.at + len + 1, line.len - len - 1} : TEXT("");
        return known[i].status;
    }
    return POP_NONE;
}

/*
 * "<process-ID.clock@hostname>" in a greeting. Printable ASCII alone, with one '@': an attacker in the middle who may
 * choose any bytes learns the password's first letters from the digest of what he chose.
 */
static void
note_timestamp(struct pop_driver *driver, struct text words)
{
    const char *from = words.len == 0 ? NULL : memchr(words.at, '<', words.len);
    const char *to = from == NULL ? NULL : memchr(from, '>', words.len - (size_t)(from - words.at));
    unsigned ats = 0;

    if (to == NULL ||
        !text_copy((struct text){from, (size_t)(to - from) + 1}, driver->timestamp, sizeof driver->timestamp))
        return;
    for (const char *at = driver->timestamp; *at != '\0'; at++) {
        ats += *at == '@';
        if (*at <= ' ' || *at >= 127 || (*at == '<' && at != driver->timestamp)) {
            driver->timestamp[0] = '\0';
            return;
        }
    }
    if (ats != 1)
        driver->timestamp[0] = '\0';
}

static bool
see_greeting(struct pop_driver *driver, struct text line, struct text rest, struct error *err)
{
    driver->greeted = true;
    if (driver->status == POP_OK)
        note_timestamp(driver, rest);
    if (driver->status == POP_OK || driver->status == POP_ERR)
        return true;
    return login_refuse_greeting(driver->talk.stream, "a POP3", line, err);
}

bool
pop_driver_line(struct pop_driver *driver, struct error *err)
{
    struct text line, rest = TEXT("");

    if (!dialogue_line(&driver->talk, &line, err))
        return false;
    driver->status = split(line, &rest);
    if (!driver->greeted)
        if (!see_greeting(driver, line, rest, err))
            return false;
    if (driver->status == POP_NONE || memchr(line.at, '\0', line.len) != NULL) {
        driver->status = POP_NONE;
        return nonsense(driver, line, err);
    }
    if (driver->status == POP_CONTINUE) {
        buffer_clear(&driver->challenge);
        driver->proofs += sasl_is_base64(rest);
        if (buffer_add(&driver->challenge, rest.at, rest.len))
            return true;
        error_set(err, ERROR_LOCAL, "read from %s: out of memory", stream_name(driver->talk.stream));
        return false;
    }
    dialogue_hide(&driver->talk, rest, &driver->words);
    pop_code(rest, driver->code);
    return true;
}

bool
pop_driver_capa(struct pop_driver *driver, struct pop_capabilities *can, const char *const *disable, struct error *err)
{
    struct text line;

    pop_driver_begin(driver, NULL);
    if (!dialogue_send_line(&driver->talk, "CAPA", "", err) || !pop_driver_line(driver, err))
        return false;
    pop_capabilities_free(can);
    *can = pop_capabilities_new();
    if (driver->status == POP_CONTINUE)
        return nonsense(driver, TEXT("+"), err);
    if (driver->status != POP_OK)
        return true;
    pop_capabilities_begin(can);
    for (;;) {
        if (!dialogue_line(&driver->talk, &line, err))
            return false;
        if (text_is(line, "."))
            return true;
        if (line.len > 0 && line.at[0] == '.')
            line = (struct text){line.at + 1, line.len - 1};
        pop_capabilities_add(can, line, disable);
    }
}

/* libetpan's side */

static bool
next_skeleton(void *context, struct buffer *ready, struct error *err)
{
    struct pop_driver *driver = context;
    struct text challenge;
    bool made;

    if (!pop_driver_line(driver, err))
        return false;
    challenge = (struct text){driver->challenge.at, driver->challenge.len};
    if (driver->status == POP_CONTINUE && challenge.len > CHALLENGE_MAX)
        return dialogue_nonsense(&driver->talk, "a challenge that is too long", challenge, err);
    if (driver->status == POP_CONTINUE)
        made = buffer_addf(ready, "+ %s\r\n", sasl_is_base64(challenge) ? driver->challenge.at : "");
    else
        made = buffer_adds(ready, driver->status == POP_OK ? "+OK x\r\n" : "-ERR x\r\n");
    if (!made)
        error_set(err, ERROR_LOCAL, "read from %s: out of memory", stream_name(driver->talk.stream));
    return made;
}

struct pop_driver *
pop_driver_new(struct stream *stream, int wire_log)
{
    struct pop_driver *driver = calloc(1, sizeof *driver);

    if (driver == NULL)
        return NULL;
    driver->words = buffer_new(DIALOGUE_WORDS_MAX);
    driver->challenge = buffer_new(LIMIT_PROLOGUE);
    driver->feed = feed_new(&driver->talk, next_skeleton, driver);
    if (!dialogue_init(&driver->talk, stream, wire_log, false)) {
        pop_driver_free(driver);
        return NULL;
    }
    return driver;
}

void
pop_driver_begin(struct pop_driver *driver, const char *shown)
{
    dialogue_begin(&driver->talk, shown);
    feed_watch(&driver->feed);
    driver->status = POP_NONE;
    driver->code[0] = '\0';
    driver->proofs = 0;
    buffer_clear(&driver->words);
    buffer_clear(&driver->challenge);
}

void
pop_driver_free(struct pop_driver *driver)
{
    if (driver == NULL)
        return;
    buffer_free(&driver->words);
    buffer_free(&driver->challenge);
    feed_free(&driver->feed);
    dialogue_end(&driver->talk);
    free(driver);
}
