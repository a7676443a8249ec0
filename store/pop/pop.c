/*
 * The door of this room: open, info, quit and close, and the table of functions of store/base/maildrop.h. With
 * PIPELINING the CAPA after login, STAT and UIDL leave in one write: a run that finds nothing new costs five turns.
 */
#include "store/pop/pop.h"

#include <poll.h>

#include "store/base/clock.h"
#include "store/pop/client.h"

#define GRACE_MS 5000  /* after the first signal, for what is in flight */
#define PATIENCE_S 15  /* for a mailbox that is in use, all waits together */
#define WAIT_FIRST_S 1 /* then twice as long each time */
#define SLICE_MS 200   /* how long a signal may go unheard while we wait */

/* A signal came. Asked between commands: nothing new is sent from then on. */
static bool
was_stopped(void *context)
{
    struct pop *pop = context;

    if (pop->stopped_at_ms != 0)
        return true;
    if (pop->to->stopped == NULL || !pop->to->stopped(pop->to->stopped_context))
        return false;
    pop->stopped_at_ms = clock_ms();
    return true;
}

/* Asked by the stream at every wait: while commands are in flight a signal interrupts only after their grace. */
static bool
patience_is_over(void *context)
{
    struct pop *pop = context;

    return was_stopped(pop) && (!pop->in_session || clock_ms() - pop->stopped_at_ms >= GRACE_MS);
}

/* ---- open ---- */

static void
close_pop(void *self)
{
    struct pop *pop = self;
    uint64_t up, down;

    if (pop->session == NULL)
        return;
    stream_counts(pop->session->stream, &up, &down);
    pop->up += up;
    pop->down += down;
    pop->in_session = false;
    pop->ahead_count = 0;
    pop->lost_track = pop->pipeline.lost_track;
    pipeline_close(&pop->pipeline);
    pop_session_close(pop->session);
    pop->session = NULL;
}

static bool
out_of_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "talk to the server: out of memory");
    return false;
}

static void
ask_ahead(struct pop *pop, enum pop_question question, const char *command)
{
    pipeline_put(&pop->pipeline, command);
    pop->ahead[pop->ahead_count++] = question;
}

struct renewal { /* of the capabilities, after login */
    struct pop *pop;
    struct pop_capabilities can;
};

static bool
take_capability(void *context, struct text line, struct error *err)
{
    struct renewal *renewal = context;

    (void)err;
    pop_capabilities_add(&renewal->can, line, renewal->pop->to->disable);
    return true;
}

/* A mailbox in use may also be told after the login, to the first question. */
static bool
report_unusable(const struct pop *pop, const struct pop_answer *answer, struct error *err)
{
    error_set(err, ERROR_NETWORK, "open the mailbox on %s", stream_name(pop->session->stream));
    error_answer(err, text_of(answer->words));
    error_hint(err, "Try again later, when no other program reads this mailbox.");
    return false;
}

/* What the server can do now that it knows us. One that had no CAPA before has none now. */
static bool
renew_capabilities(struct pop *pop, int *again_s, struct error *err)
{
    struct renewal renewal = {.pop = pop, .can = pop_capabilities_new()};
    struct pop_answer answer = {.question = QUESTION_CAPA, .line = take_capability, .context = &renewal};
    const int login_delay = pop->can.login_delay;

    if (!pop->can.known)
        return true;
    pop_capabilities_begin(&renewal.can);
    if (!pop_ask(pop, &answer, err)) {
        pop_capabilities_free(&renewal.can);
        return false;
    }
    if (answer.ok) {
        pop_capabilities_free(&pop->can);
        pop->can = renewal.can;
    } else {
        pop_capabilities_free(&renewal.can);
    }
    if (answer.ok || !pop_code_is_busy(answer.code))
        return true;
    *again_s = pop_session_again(answer.code, login_delay);
    return report_unusable(pop, &answer, err);
}

/* The session's fields become ours, and the pipeline takes the stream over. */
static bool
take_over(struct pop *pop, struct error *err)
{
    struct pop_session *session = pop->session;

    pop_capabilities_free(&pop->can);
    pop->can = session->can;
    session->can = pop_capabilities_new();
    memcpy(pop->greeting, session->greeting, sizeof pop->greeting);
    pop->secure = stream_is_secure(session->stream);
    if (!pipeline_open(&pop->pipeline, session->stream))
        return out_of_memory(err);
    pop->pipeline.pipelining = pop->can.pipelining;
    pop->pipeline.wire_log = pop->to->wire_log;
    pop->pipeline.stopped = was_stopped;
    pop->pipeline.overdue = patience_is_over;
    pop->pipeline.stopped_context = pop;
    if (session->unread_len == 0)
        return true;
    error_set(err, ERROR_SERVER, "log in to %s: the server sent more than it was asked for",
              stream_name(session->stream));
    error_answer(err, (struct text){(const char *)session->unread, session->unread_len});
    return false;
}

static bool
begin_session(struct pop *pop, int *again_s, struct error *err)
{
    if (!take_over(pop, err))
        return false;
    pop->in_session = true;
    if (pop->can.pipelining) {
        ask_ahead(pop, QUESTION_CAPA, "CAPA");
        ask_ahead(pop, QUESTION_STAT, "STAT");
        ask_ahead(pop, QUESTION_LIST, "LIST");
        ask_ahead(pop, QUESTION_UIDL, "UIDL");
    }
    if (!renew_capabilities(pop, again_s, err))
        return false;
    pop->pipeline.pipelining = pop->can.pipelining;
    return true;
}

/* @return false: a signal came */
static bool
wait_seconds(const struct pop *pop, int seconds, struct error *err)
{
    const struct connection *to = pop->to;

    for (const int64_t until = clock_ms() + (int64_t)seconds * 1000; clock_ms() < until;) {
        const int64_t left = until - clock_ms();

        if (to->stopped != NULL && to->stopped(to->stopped_context)) {
            error_state(err, ERROR_INTERRUPTED, "stopped while waiting for the server");
            return false;
        }
        (void)poll(NULL, 0, (int)(left < SLICE_MS ? left : SLICE_MS)); /* a signal only makes it shorter */
    }
    return true;
}

static void
say(const struct pop *pop, int seconds, const struct error *why)
{
    char words[700];

    (void)text_print(words, sizeof words, "the server says \"%s\": trying again in %d second%s", why->answer, seconds,
                     seconds == 1 ? "" : "s");
    if (pop->to->said != NULL)
        pop->to->said(pop->to->said_context, words);
    if (pop->to->wire_log >= 2)
        (void)fprintf(stderr, "-: %s\n", words); /* a trace that can't be written is no reason to stop */
}

static bool
open_pop(void *self, struct error *err)
{
    struct pop *pop = self;
    int waited_s = 0;

    close_pop(pop);
    pop->stopped_at_ms = 0;
    pop->top_proven = false;
    for (int wait_s = WAIT_FIRST_S;; wait_s *= 2) {
        int again_s = 0;

        pop->session = pop_session_open(&pop->own, &again_s, err);
        if (pop->session != NULL && begin_session(pop, &again_s, err))
            return true;
        close_pop(pop);
        if (wait_s < again_s)
            wait_s = again_s;
        if (again_s == 0 || wait_s > PATIENCE_S - waited_s)
            return false;
        say(pop, wait_s, err);
        if (!wait_seconds(pop, wait_s, err))
            return false;
        waited_s += wait_s;
    }
}

static void
info(void *self, struct maildrop_info *out)
{
    struct pop *pop = self;
    uint64_t up = 0, down = 0;

    if (pop->session != NULL)
        stream_counts(pop->session->stream, &up, &down);
    *out = (struct maildrop_info){.uidl = pop->can.uidl,
                                  .top = pop->can.top,
                                  .pipelining = pop->can.pipelining,
                                  .resp_codes = pop->can.resp_codes,
                                  .login_delay = pop->can.login_delay,
                                  .expire_days = pop->can.expire_days,
                                  .capabilities = pop->can.lines.len > 0 ? pop->can.lines.at : "",
                                  .secure = pop->secure,
                                  .lost_track = pop->lost_track || pop->pipeline.lost_track,
                                  .bytes_up = pop->up + up,
                                  .bytes_down = pop->down + down};
    (void)text_print(out->server, sizeof out->server, "%s",
                     pop->can.server[0] != '\0' ? pop->can.server : pop->greeting);
}

/* ---- quit ---- */

struct goodbye {
    bool ok;
    char words[512];
};

static void
write_quit(void *self, size_t index, char text[static PIPELINE_COMMAND])
{
    (void)self;
    (void)index;
    (void)text_print(text, PIPELINE_COMMAND, "QUIT");
}

static bool
take_goodbye(void *self, size_t index, bool ok, struct text words)
{
    struct goodbye *goodbye = self;

    (void)index;
    goodbye->ok = ok;
    error_escape(goodbye->words, sizeof goodbye->words, words);
    return true;
}

static bool
quit(void *self, struct error *err)
{
    struct pop *pop = self;
    struct goodbye goodbye = {.ok = false};
    const struct pipeline_batch batch = {
        .count = 1, .self = &goodbye, .command = write_quit, .status = take_goodbye, .when_stopped = true};
    bool done = pop_is_open(pop, err) && pop_drain(pop, err) && pipeline_run(&pop->pipeline, &batch, err);

    if (done && !goodbye.ok) {
        error_set(err, ERROR_SERVER, "end the session with %s: the server did not remove what was marked as deleted",
                  stream_name(pop->session->stream));
        error_answer(err, text_of(goodbye.words));
        done = false;
    }
    close_pop(pop);
    return done;
}

/* ---- the table ---- */

struct pop *
pop_new(const struct connection *to)
{
    struct pop *pop = calloc(1, sizeof *pop);

    if (pop == NULL)
        return NULL;
    pop->to = to;
    pop->own = *to;
    pop->own.stopped = patience_is_over;
    pop->own.stopped_context = pop;
    pop->own.signalled = to->stopped;
    pop->own.signalled_context = to->stopped_context;
    pop->can = pop_capabilities_new();
    return pop;
}

struct maildrop
pop_maildrop(struct pop *pop)
{
    static const struct maildrop_ops ops = {
        .open = open_pop,
        .info = info,
        .stat = pop_stat,
        .uidls = pop_uidls,
        .sizes = pop_sizes,
        .headers = pop_headers,
        .retrieve = pop_retrieve,
        .remove = pop_remove,
        .quit = quit,
        .close = close_pop,
    };

    return (struct maildrop){&ops, pop};
}

void
pop_free(struct pop *pop)
{
    if (pop == NULL)
        return;
    close_pop(pop);
    pop_capabilities_free(&pop->can);
    free(pop);
}
