/*
 * The engine under every operation after login; see pipeline.h. The loop is: fill the window, take what is buffered,
 * and only when the buffer is empty write, read and wait.
 */
#include "store/pop/pipeline.h"

#include <assert.h>

#define LOG_MAX 600 /* of one line in the wire log */

bool
pipeline_open(struct pipeline *pipeline, struct stream *stream)
{
    *pipeline = (struct pipeline){.stream = stream, .in = malloc(PIPELINE_BUFFER), .odd_at = SIZE_MAX};
    return pipeline->in != NULL;
}

void
pipeline_close(struct pipeline *pipeline)
{
    free(pipeline->in);
    pipeline->in = NULL;
    pipeline->stream = NULL;
    pipeline->broken = true;
}

void
pipeline_break(struct pipeline *pipeline, const struct error *why)
{
    if (pipeline->broken)
        return;
    pipeline->broken = true;
    pipeline->why = *why;
}

bool
pipeline_nonsense(struct pipeline *pipeline, const char *what, struct text said)
{
    error_set(pipeline->err, ERROR_SERVER, "read the answer of %s: %s", stream_name(pipeline->stream), what);
    error_answer(pipeline->err, (struct text){said.at, said.len < 200 ? said.len : 200});
    return false;
}

static void
log_line(const struct pipeline *pipeline, char who, struct text line)
{
    char shown[LOG_MAX];

    if (pipeline->wire_log < 2)
        return;
    error_escape(shown, sizeof shown, line);
    (void)fprintf(stderr, "%c: %s\n", who, shown); /* a trace that can't be written is no reason to stop */
}

void
pipeline_log(const struct pipeline *pipeline, struct text line)
{
    log_line(pipeline, 'S', line);
}

/* ---- the way out ---- */

/* Room was made sure of. */
static void
put(struct pipeline *pipeline, const char *command)
{
    const size_t len = strlen(command);

    log_line(pipeline, 'C', (struct text){command, len});
    memcpy(pipeline->out + pipeline->out_len, command, len);
    memcpy(pipeline->out + pipeline->out_len + len, "\r\n", 2);
    pipeline->out_len += len + 2;
}

void
pipeline_put(struct pipeline *pipeline, const char *command)
{
    assert(pipeline->out_len + PIPELINE_COMMAND <= sizeof pipeline->out && strlen(command) + 2 < PIPELINE_COMMAND);
    put(pipeline, command);
    pipeline->ahead++;
}

static bool
is_stopped(const struct pipeline *pipeline)
{
    return !pipeline->batch->when_stopped && pipeline->stopped != NULL && pipeline->stopped(pipeline->stopped_context);
}

static bool
find_more(struct pipeline *pipeline)
{
    const struct pipeline_batch *batch = pipeline->batch;

    return pipeline->sent < pipeline->count || batch->more == NULL || batch->more(batch->self, &pipeline->count);
}

static void
make_room(struct pipeline *pipeline)
{
    if (pipeline->out_at == 0)
        return;
    memmove(pipeline->out, pipeline->out + pipeline->out_at, pipeline->out_len - pipeline->out_at);
    pipeline->out_len -= pipeline->out_at;
    pipeline->out_at = 0;
}

/* Commands up to the window. It is filled again when half of it is answered: one write for many. */
static bool
fill_window(struct pipeline *pipeline)
{
    const struct pipeline_batch *batch = pipeline->batch;
    const size_t window = pipeline->pipelining ? PIPELINE_WINDOW : 1;
    size_t flying = pipeline->sent - pipeline->answered;
    char text[PIPELINE_COMMAND];

    if (flying > window / 2 || (pipeline->sent == pipeline->count && batch->more == NULL))
        return true;
    if (is_stopped(pipeline)) {
        pipeline->halted = true;
        return true;
    }
    make_room(pipeline);
    for (; flying < window && pipeline->out_len + PIPELINE_COMMAND <= sizeof pipeline->out; flying++) {
        if (!find_more(pipeline))
            return false;
        if (pipeline->sent == pipeline->count)
            break;
        batch->command(batch->self, pipeline->sent, text);
        put(pipeline, text);
        pipeline->sent++;
    }
    return true;
}

/* Write as much as the socket takes. */
static bool
pump(struct pipeline *pipeline)
{
    while (pipeline->out_at < pipeline->out_len) {
        size_t moved;

        switch (stream_write(pipeline->stream, pipeline->out + pipeline->out_at, pipeline->out_len - pipeline->out_at,
                             &moved, pipeline->err)) {
        case STREAM_DONE:
            pipeline->out_at += moved;
            break;
        case STREAM_AGAIN:
            return true;
        default:
            return false;
        }
    }
    pipeline->out_at = pipeline->out_len = 0;
    return true;
}

static const char *
find_answer(const char *at, size_t len)
{
    const char *ok = memmem(at, len, "\n.\n+OK", 6), *refusal = memmem(at, len, "\n.\n-ERR", 7);

    return ok != NULL && (refusal == NULL || ok < refusal) ? ok : refusal;
}

/*
 * Behind a line that ends in LF alone a dot ends no message (RFC 1939 section 3). Where a server ends one so, all answers behind it would
 * become a part of it.
 */
static void
look_for_answers(struct pipeline *pipeline, size_t len)
{
    char seam[2 * PIPELINE_TAIL];
    const size_t more = len < PIPELINE_TAIL ? len : PIPELINE_TAIL;
    const char *found = find_answer(pipeline->in, len);

    memcpy(seam, pipeline->tail, PIPELINE_TAIL);
    memcpy(seam + PIPELINE_TAIL, pipeline->in, more);
    pipeline->odd_at = find_answer(seam, PIPELINE_TAIL + more) != NULL ? 0
                       : found != NULL                                 ? (size_t)(found - pipeline->in)
                                                                       : SIZE_MAX;
    memmove(pipeline->tail, seam + more, PIPELINE_TAIL);
    if (len >= PIPELINE_TAIL)
        memcpy(pipeline->tail, pipeline->in + len - PIPELINE_TAIL, PIPELINE_TAIL);
}

/* The buffer is empty: write what waits, and read at least one byte. */
static bool
fill(struct pipeline *pipeline)
{
    size_t moved;

    for (;;) {
        if (!pump(pipeline))
            return false;
        if (pipeline->overdue != NULL && pipeline->overdue(pipeline->stopped_context)) {
            error_state(pipeline->err, ERROR_INTERRUPTED, "stopped in the middle of an answer");
            return false;
        }
        switch (stream_read(pipeline->stream, pipeline->in, PIPELINE_BUFFER, &moved, pipeline->err)) {
        case STREAM_DONE:
            pipeline->in_at = 0;
            pipeline->in_len = moved;
            look_for_answers(pipeline, moved);
            return true;
        case STREAM_AGAIN:
            break;
        case STREAM_END:
            stream_ended(pipeline->stream, pipeline->err);
            return false;
        case STREAM_FAILED:
            return false;
        }
        if (!stream_wait(pipeline->stream,
                         STREAM_WANT_READ | (pipeline->out_at < pipeline->out_len ? STREAM_WANT_WRITE : 0),
                         pipeline->err))
            return false;
    }
}

/* ---- answers ---- */

/* @param words [out] what follows the blank */
static bool
split_status(struct text line, bool *ok, struct text *words)
{
    size_t len;

    *ok = line.len >= 3 && text_is_nocase((struct text){line.at, 3}, "+OK");
    if (!*ok && (line.len < 4 || !text_is_nocase((struct text){line.at, 4}, "-ERR")))
        return false;
    len = *ok ? 3 : 4;
    if (line.len > len && line.at[len] != ' ' && line.at[len] != '\t')
        return false;
    *words = line.len > len ? (struct text){line.at + len + 1, line.len - len - 1} : TEXT("");
    return true;
}

static bool
take_status(struct pipeline *pipeline, struct text line)
{
    const struct pipeline_batch *batch = pipeline->batch;
    const size_t index = pipeline->answered;
    struct text words;
    bool ok;

    while (line.len > 0 && (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    log_line(pipeline, 'S', line);
    if (!split_status(line, &ok, &words)) {
        pipeline->lost_track = true;
        return pipeline_nonsense(pipeline, "neither +OK nor -ERR", line);
    }
    if (ok && batch->data != NULL) {
        pipeline->in_body = true;
        pipeline->body_len = 0;
        multiline_begin(&pipeline->body, batch->list);
    } else {
        pipeline->answered++;
    }
    return batch->status(batch->self, index, ok, words);
}

/* The line that begins at in_at, as far as it is there. */
static bool
take_line(struct pipeline *pipeline)
{
    const char *at = pipeline->in + pipeline->in_at;
    const size_t have = pipeline->in_len - pipeline->in_at;
    const char *end = memchr(at, '\n', have);
    const size_t len = end != NULL ? (size_t)(end - at) + 1 : have;

    pipeline->in_at += len;
    if (end != NULL && pipeline->line_len == 0 && len <= sizeof pipeline->line)
        return take_status(pipeline, (struct text){at, len});
    if (len > sizeof pipeline->line - pipeline->line_len) {
        pipeline->lost_track = true;
        return pipeline_nonsense(pipeline, "a line without end", (struct text){at, len});
    }
    memcpy(pipeline->line + pipeline->line_len, at, len);
    pipeline->line_len += len;
    if (end == NULL)
        return true;
    const struct text line = {pipeline->line, pipeline->line_len};
    pipeline->line_len = 0;
    return take_status(pipeline, line);
}

static bool
finish_body(struct pipeline *pipeline)
{
    char shown[64];

    if (!pipeline->batch->log_body) {
        (void)text_print(shown, sizeof shown, "<%llu bytes>", (unsigned long long)pipeline->body_len);
        log_line(pipeline, 'S', text_of(shown));
    }
    pipeline->in_body = false;
    return pipeline->batch->end(pipeline->batch->self, pipeline->answered++);
}

static bool
take_body(struct pipeline *pipeline)
{
    const struct pipeline_batch *batch = pipeline->batch;

    while (pipeline->in_at < pipeline->in_len) {
        struct text run;

        pipeline->in_at +=
            multiline_take(&pipeline->body, pipeline->in + pipeline->in_at, pipeline->in_len - pipeline->in_at, &run);
        pipeline->body_len += run.len;
        if (run.len > 0 && !batch->data(batch->self, pipeline->answered, run.at, run.len))
            return false;
        if (multiline_ended(&pipeline->body))
            return finish_body(pipeline);
        if (pipeline->in_at > pipeline->odd_at && pipeline->sent - pipeline->answered > 1)
            return pipeline_nonsense(pipeline, "its end is a line feed alone, and the next answer is behind it",
                                     TEXT(""));
    }
    return true;
}

/* ---- the run ---- */

/*
 * The server spoke while nothing was asked: "-ERR disconnected for inactivity". Taken as an answer it would put every
 * later answer one command too late, a DELE's among them.
 */
static bool
out_of_turn(struct pipeline *pipeline)
{
    const char *at = pipeline->in + pipeline->in_at;

    /* A server may say goodbye unasked. */
    pipeline->lost_track = pipeline->lost_track || (at[0] != '+' && at[0] != '-');
    error_set(pipeline->err, ERROR_NETWORK, "go on with %s: it spoke without being asked",
              stream_name(pipeline->stream));
    error_answer(pipeline->err, (struct text){pipeline->in + pipeline->in_at, pipeline->in_len - pipeline->in_at});
    return false;
}

/* Nothing is in flight: nothing may have come. */
static bool
is_quiet(struct pipeline *pipeline)
{
    if (pipeline->ahead > 0)
        return true;
    if (pipeline->in_at < pipeline->in_len)
        return out_of_turn(pipeline);
    pipeline->in_at = pipeline->in_len = 0;
    switch (stream_read(pipeline->stream, pipeline->in, PIPELINE_BUFFER, &pipeline->in_len, pipeline->err)) {
    case STREAM_DONE:
        return out_of_turn(pipeline);
    case STREAM_END:
        stream_ended(pipeline->stream, pipeline->err);
        return false;
    case STREAM_FAILED:
        return false;
    case STREAM_AGAIN:
        break;
    }
    return true;
}

static bool
run(struct pipeline *pipeline)
{
    if (pipeline->sent == 0 && !is_quiet(pipeline))
        return false;
    for (;;) {
        if (pipeline->answered == pipeline->sent && pipeline->in_at < pipeline->in_len && pipeline->ahead == 0)
            return out_of_turn(pipeline);
        if (!fill_window(pipeline))
            return false;
        if (pipeline->answered == pipeline->sent)
            return true; /* all, or a signal came */
        if (pipeline->in_at == pipeline->in_len && !fill(pipeline))
            return false;
        if (!(pipeline->in_body ? take_body(pipeline) : take_line(pipeline)))
            return false;
        assert(pipeline->answered <= pipeline->sent && pipeline->sent <= pipeline->count);
    }
}

/* After a callback gave up, or an interruption: are question and answer still in step? */
static bool
is_in_step(const struct pipeline *pipeline)
{
    return pipeline->answered == pipeline->sent && !pipeline->in_body && pipeline->line_len == 0 &&
           pipeline->err->kind != ERROR_SERVER && pipeline->err->kind != ERROR_NETWORK;
}

bool
pipeline_run(struct pipeline *pipeline, const struct pipeline_batch *batch, struct error *err)
{
    bool done;

    if (pipeline->broken) {
        error_set(err, pipeline->why.kind == ERROR_SERVER ? ERROR_SERVER : ERROR_NETWORK,
                  "go on: the connection was given up");
        error_answer(err, text_of(pipeline->why.answer[0] != '\0' ? pipeline->why.answer : pipeline->why.what));
        return false;
    }
    pipeline->batch = batch;
    pipeline->err = err;
    assert(!batch->sent || (batch->count == 1 && pipeline->ahead > 0));
    pipeline->sent = batch->sent ? 1 : 0;
    pipeline->ahead -= pipeline->sent;
    pipeline->answered = 0;
    pipeline->count = batch->count;
    pipeline->halted = false;
    done = run(pipeline);
    if (!done && !is_in_step(pipeline))
        pipeline_break(pipeline, err);
    if (done && pipeline->halted) {
        error_set(err, ERROR_INTERRUPTED, "go on: a signal asked to stop");
        done = false;
    }
    pipeline->batch = NULL;
    pipeline->err = NULL;
    return done;
}
