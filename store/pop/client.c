/*
 * What the operations share: questions with one answer, CAPA, STAT, UIDL, LIST. With PIPELINING some of them are sent ahead, in one write,
 * and are taken up when somebody wants to know. See client.h.
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
        return pipeline_nonsense(pipeline, "a line that is too long", line);
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
        batch.list = true;
        batch.data = take_run;
        batch.end = take_end;
    }
    if (sent)
        take_up(pop);
    return pipeline_run(&pop->pipeline, &batch, err);
}

bool
pop_drain(struct pop *pop, struct error *err)
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
    if (!sent && !pop_drain(pop, err))
        return false;
    return ask(pop, answer, sent, false, err);
}

bool
pop_is_open(const struct pop *pop, struct error *err)
{
    if (pop->session != NULL)
        return true;
    error_set(err, ERROR_NETWORK, "go on: the connection is closed");
    return false;
}

bool
pop_refused(const struct pop *pop, const struct pop_answer *answer, struct error *err)
{
    error_set(err, ERROR_SERVER, "ask %s with %s", stream_name(pop->session->stream),
              questions[answer->question].command);
    error_answer(err, text_of(answer->words));
    return false;
}
