/*
 * Questions about the maildrop as a whole: CAPA, STAT, UIDL, LIST. With PIPELINING some of them are sent ahead, in one
 * write, and are taken up when somebody wants to know.
 */
#include "store/pop/client.h"

#define MESSAGES_MAX (UINT32_C(1) << 24) /* in one list: more is no maildrop */

static const struct {
    const char *command;
    bool has_body;
    uint32_t lines; /* at most */
} questions[QUESTIONS] = {
    [QUESTION_CAPA] = {"CAPA", true, 1000},
    [QUESTION_STAT] = {"STAT", false, 0},
    [QUESTION_UIDL] = {"UIDL", true, MESSAGES_MAX},
    [QUESTION_LIST] = {"LIST", true, MESSAGES_MAX},
};

struct asking {
    struct pop *pop;
    struct pop_answer *answer;
    struct list_lines lines;
    uint32_t count; /* of them */
    bool drop;      /* nobody wants to know */
};

static void
write_question(void *self, size_t index, char text[static PIPELINE_COMMAND])
{
    const struct asking *asking = self;

    (void)index;
    (void)text_print(text, PIPELINE_COMMAND, "%s", questions[asking->answer->question].command);
}

static bool
take_status(void *self, size_t index, bool ok, struct text words)
{
    struct pop_answer *answer = ((struct asking *)self)->answer;

    (void)index;
    answer->ok = ok;
    error_escape(answer->words, sizeof answer->words, words);
    pop_code(ok ? TEXT("") : words, answer->code);
    return true;
}

static bool
take_run(void *self, size_t index, const char *bytes, size_t len)
{
    struct asking *asking = self;
    struct pipeline *pipeline = &asking->pop->pipeline;
    struct text run = {bytes, len}, line;
    bool too_long;

    (void)index;
    while (list_lines_next(&asking->lines, &run, &line, &too_long)) {
        if (asking->count++ == questions[asking->answer->question].lines)
            return pipeline_nonsense(pipeline, "a list without end", line);
        if (asking->drop)
            continue;
        if (asking->answer->question == QUESTION_CAPA)
            pipeline_log(pipeline, line);
        if (!asking->answer->line(asking->answer->context, line, pipeline->err))
            return false;
    }
    if (too_long)
        return pipeline_nonsense(pipeline, "a line that is too long", (struct text){asking->lines.at, 100});
    return true;
}

static bool
take_end(void *self, size_t index)
{
    (void)self;
    (void)index;
    return true;
}

/* The question that was sent first. */
static void
take_up(struct pop *pop)
{
    pop->ahead_count--;
    memmove(pop->ahead, pop->ahead + 1, pop->ahead_count * sizeof pop->ahead[0]);
}

static bool
ask(struct pop *pop, struct pop_answer *answer, bool sent, bool drop, struct error *err)
{
    struct asking asking = {.pop = pop, .answer = answer, .drop = drop};
    struct pipeline_batch batch = {.count = 1,
                                   .self = &asking,
                                   .command = write_question,
                                   .status = take_status,
                                   .log_body = answer->question == QUESTION_CAPA,
                                   .sent = sent};

    if (questions[answer->question].has_body) {
        batch.data = take_run;
        batch.end = take_end;
    }
    if (sent)
        take_up(pop);
    return pipeline_run(&pop->pipeline, &batch, err);
}

bool
pop_settle(struct pop *pop, struct error *err)
{
    while (pop->ahead_count > 0) {
        struct pop_answer forgotten = {.question = pop->ahead[0]};

        if (!ask(pop, &forgotten, true, true, err))
            return false;
    }
    return true;
}

bool
pop_ask(struct pop *pop, struct pop_answer *answer, struct error *err)
{
    bool sent = false;

    for (size_t i = 0; i < pop->ahead_count; i++)
        sent = sent || pop->ahead[i] == answer->question;
    while (sent && pop->ahead[0] != answer->question) {
        struct pop_answer forgotten = {.question = pop->ahead[0]};

        if (!ask(pop, &forgotten, true, true, err))
            return false;
    }
    if (!sent && !pop_settle(pop, err))
        return false;
    return ask(pop, answer, sent, false, err);
}

/* ---- STAT ---- */

static bool
refused(const struct pop *pop, const struct pop_answer *answer, struct error *err)
{
    error_set(err, ERROR_SERVER, "ask %s with %s", stream_name(pop->session->stream),
              questions[answer->question].command);
    error_answer(err, text_of(answer->words));
    return false;
}

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
        return refused(pop, &answer, err);
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
take_uidl(void *self, struct text line, struct error *err)
{
    const struct listing *listing = self;
    struct text rest = line;
    char uidl[MAILDROP_UIDL_MAX + 1];
    uint32_t number;

    if (!take_number(&line, &number))
        return senseless("UIDL lists what is no message number", rest, err);
    const struct text word = pop_take_word(&line);
    bool legal = word.len > 0 && line.len == 0 && text_copy(word, uidl, sizeof uidl);
    for (size_t i = 0; legal && i < word.len; i++)
        legal = word.at[i] > ' ' && word.at[i] < 127;
    return listing->uidl(listing->context, number, legal ? uidl : ""); /* one message's trouble, and not the others' */
}

static bool
take_size(void *self, struct text line, struct error *err)
{
    const struct listing *listing = self;
    const struct text whole = line;
    uint32_t number;
    uint64_t size;

    if (!take_number(&line, &number) || !text_number(pop_take_word(&line), INT64_MAX, &size))
        return senseless("LIST lists what is no message number and size", whole, err);
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
        return refused(pop, &answer, err);
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
    return answer.ok || refused(pop, &answer, err);
}
