/* Questions about the maildrop as a whole: STAT, UIDL, LIST. */
#include <assert.h>

#include "store/base/digest.h"
#include "store/pop/client.h"

/* ---- STAT ---- */

/* A list or a count that makes no sense. */
static bool
senseless(const char *what, struct text line, struct error *err)
{
    error_set(err, ERROR_SERVER, "read the server's answer: %s", what);
    error_answer(err, line);
    return false;
}

bool
pop_stat(void *self, uint64_t *messages, uint64_t *bytes, struct error *err)
{
    struct pop *pop = self;
    struct pop_answer answer = {.question = QUESTION_STAT};
    uint64_t count, size;
    struct text rest;

    if (!pop_is_open(pop, err) || !pop_ask(pop, &answer, err))
        return false;
    if (!answer.ok)
        return pop_refused(pop, &answer, err);
    rest = text_of(answer.words);
    if (!text_number(pop_take_word(&rest), UINT32_MAX, &count)) {
        (void)senseless("STAT without a count", text_of(answer.words), err);
        pipeline_break(&pop->pipeline, err);
        return false;
    }
    if (!text_number(pop_take_word(&rest), INT64_MAX, &size))
        size = 0; /* a hint, and without it things go on */
    *messages = count;
    *bytes = size;
    return true;
}

/* ---- UIDL and LIST ---- */

static bool
take_number(struct text *line, uint32_t *number)
{
    uint64_t wide;

    if (!text_number(pop_take_word(line), UINT32_MAX, &wide) || wide == 0)
        return false;
    *number = (uint32_t)wide;
    return true;
}

struct listing {
    bool (*uidl)(void *context, uint32_t number, const char *uidl);
    bool (*size)(void *context, uint32_t number, uint64_t size);
    void *context;
};

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct text
without_blanks(struct text line)
{
    while (line.len > 0 && is_blank(line.at[0])) {
        line.at++;
        line.len--;
    }
    while (line.len > 0 && is_blank(line.at[line.len - 1]))
        line.len--;
    return line;
}

static bool
is_legal(struct text uidl)
{
    bool legal = uidl.len > 0 && uidl.len <= MAILDROP_UIDL_MAX;

    for (size_t i = 0; legal && i < uidl.len; i++)
        legal = uidl.at[i] > ' ' && uidl.at[i] < 127;
    return legal;
}

/*
 * UIDLs of 288 bytes were seen, with blanks, and with 8-bit. What the server says each time of a message is as good a name as any; the journal,
 * and what people are told, has a digest of it, behind a blank, which stands in no legal one.
 */
static bool
name_odd(struct text uidl, char name[static MAILDROP_UIDL_MAX + 1], struct error *err)
{
    unsigned char digest[DIGEST_SIZE];
    size_t len;

    if (!digest_bytes(uidl.at, uidl.len, digest)) {
        error_set(err, ERROR_LOCAL, "read the server's list of UIDLs: out of memory");
        return false;
    }
    (void)text_print(name, MAILDROP_UIDL_MAX + 1, "(%zu bytes) ", uidl.len);
    len = strlen(name);
    static_assert(sizeof "(4096 bytes) " + (DIGEST_SIZE * 8 + 4) / 5 <= MAILDROP_UIDL_MAX + 1, "a digest has room");
    digest_base32(digest, DIGEST_SIZE, name + len);
    return true;
}

/* A line that can't be read is one message's trouble, and not the others'. */
static bool
take_uidl(void *self, struct text line, struct error *err)
{
    const struct listing *listing = self;
    char uidl[MAILDROP_UIDL_MAX + 1] = "";
    uint32_t number;

    line = without_blanks(line);
    if (!take_number(&line, &number))
        return listing->uidl(listing->context, 0, "");
    if (line.len > 0 && !(is_legal(line) ? text_copy(line, uidl, sizeof uidl) : name_odd(line, uidl, err)))
        return false;
    return listing->uidl(listing->context, number, uidl);
}

static bool
take_size(void *self, struct text line, struct error *err)
{
    const struct listing *listing = self;
    uint32_t number;
    uint64_t size;

    (void)err;
    line = without_blanks(line);
    if (!take_number(&line, &number))
        return true;
    if (!text_number(pop_take_word(&line), INT64_MAX, &size))
        size = 0;
    return listing->size(listing->context, number, size);
}

bool
pop_uidls(void *self, bool (*item)(void *context, uint32_t number, const char *uidl), void *context, bool *supported,
          struct error *err)
{
    struct pop *pop = self;
    struct listing listing = {.uidl = item, .context = context};
    struct pop_answer answer = {.question = QUESTION_UIDL, .line = take_uidl, .context = &listing};

    if (!pop_is_open(pop, err) || !pop_ask(pop, &answer, err))
        return false;
    /* Where CAPA names it, a refusal is a fault of the moment, and no reason to take all mail for new. */
    if (!answer.ok && ((pop->can.known && pop->can.uidl) || pop_code_is_busy(answer.code)))
        return pop_refused(pop, &answer, err);
    *supported = answer.ok;
    return true;
}

bool
pop_sizes(void *self, bool (*item)(void *context, uint32_t number, uint64_t size), void *context, struct error *err)
{
    struct pop *pop = self;
    struct listing listing = {.size = item, .context = context};
    struct pop_answer answer = {.question = QUESTION_LIST, .line = take_size, .context = &listing};

    if (!pop_is_open(pop, err) || !pop_ask(pop, &answer, err))
        return false;
    return answer.ok || pop_refused(pop, &answer, err);
}
