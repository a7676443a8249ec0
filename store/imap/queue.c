/* See queue.h: answers, and the runs. The way out is in queue_write.c. */
#include "store/imap/queue.h"

#include "store/base/clock.h"
#include "store/imap/alerts.h"

#include <inttypes.h>

#define TEXT_MAX (1024 * 1024) /* command text waiting; far above what the window lets in */
#define ROOM_COMMANDS 4        /* that one call of `next` may queue */
#define POLL_READS 16          /* of one queue_poll */

static bool fill(void *context, void *to, size_t size, size_t *got, struct error *err);

bool
queue_open(struct queue *queue, struct stream *stream)
{
    *queue = (struct queue){.stream = stream, .text = buffer_new(TEXT_MAX)};
    response_init(&queue->response);
    queue->chunk = malloc(QUEUE_CHUNK);
    return reader_init(&queue->reader, (struct reader_source){fill, queue}) && queue->chunk != NULL;
}

void
queue_close(struct queue *queue)
{
    for (size_t i = 0; i < queue->flight_len; i++)
        free(queue->flight[(queue->flight_head + i) % QUEUE_RING].deferred);
    queue->flight_len = 0;
    reader_free(&queue->reader);
    response_free(&queue->response);
    buffer_free(&queue->text);
    free(queue->segments);
    free(queue->chunk);
    queue->segments = NULL;
    queue->chunk = NULL;
    queue->stream = NULL;
    queue->broken = true;
}

/* ---- waiting ---- */

/* A server that never stops talking is late, too. */
static bool
is_late(const struct queue *queue, struct error *err)
{
    if (queue->deadline == 0 || clock_ms() < queue->deadline)
        return false;
    error_set(err, ERROR_NETWORK, "read the server's answer: it did not come in time");
    return true;
}

/* @return false, always */
static bool
closed(struct error *err)
{
    error_set(err, ERROR_NETWORK, "read the server's answer: it closed the connection");
    return false;
}

static bool
wait_for_stream(struct queue *queue, unsigned want, struct error *err)
{
    if (queue->deadline == 0)
        return stream_wait(queue->stream, want, err);
    return stream_wait_until(queue->stream, want, queue->deadline, err);
}

/* The reader's buffer is empty: write meanwhile, and wait until something comes. */
static bool
fill(void *context, void *to, size_t size, size_t *got, struct error *err)
{
    struct queue *queue = context;

    for (;;) {
        if (!queue_pump(queue) || is_late(queue, err))
            return false;
        switch (stream_read(queue->stream, to, size, got, err)) {
        case STREAM_DONE:
            return true;
        case STREAM_AGAIN:
            break;
        case STREAM_END:
            return closed(err);
        default:
            return false;
        }
        unsigned want = STREAM_WANT_READ | (queue->chunk_at < queue->chunk_len ? STREAM_WANT_WRITE : 0);
        if (!wait_for_stream(queue, want, err))
            return false;
    }
}

/* ---- answers ---- */

/* Exchange: "BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds". */
static bool
is_throttled(struct queue *queue, struct text said)
{
    static const char words[] = "Suggested Backoff Time:";
    const char *at = said.len > 0 ? memmem(said.at, said.len, words, sizeof words - 1) : NULL;
    uint64_t wait = 0;

    if (at == NULL)
        return false;
    queue->throttled = true;
    error_set(queue->err, ERROR_SERVER, "go on: the server asks us to come back later");
    error_answer(queue->err, said);
    for (at += sizeof words - 1; at < said.at + said.len && (*at == ' ' || (*at >= '0' && *at <= '9')); at++)
        if (*at != ' ' && wait < UINT32_MAX)
            wait = wait * 10 + (uint64_t)(*at - '0');
    error_hint(queue->err, "try again in %" PRIu64 " seconds", wait / 1000 + 1);
    return true;
}

static struct command *
find_command(struct queue *queue, const char *tag)
{
    uint64_t number;

    if (tag[0] != 'g' || !text_number(text_of(tag + 1), UINT32_MAX, &number))
        return NULL;
    for (size_t i = 0; i < queue->flight_len; i++) {
        struct command *command = &queue->flight[(queue->flight_head + i) % QUEUE_RING];
        if (command->number == number)
            return command->answered || command->deferred != NULL || number > queue->started ? NULL : command;
    }
    return NULL;
}

/* A refused command whose literal still waits for a "+" that will not come: the rest of it is not sent. */
static void
drop_waiting(struct queue *queue, uint32_t number)
{
    struct segment *head = &queue->segments[queue->segments_head];

    if (queue->segments_head == queue->segments_len || head->kind != SEGMENT_WAIT || head->command != number)
        return;
    while (queue->segments_head < queue->segments_len && queue->segments[queue->segments_head].command == number) {
        head = &queue->segments[queue->segments_head++];
        if (head->kind == SEGMENT_TEXT)
            queue->text_at += (size_t)head->left;
    }
}

static bool
deliver(struct queue *queue, struct command *command, const struct response *response)
{
    const struct operation *to = queue->operation;
    bool ok = command->kind < 0 ? queue->global == NULL || queue->global(queue->global_context, command, response)
                                : to->answered == NULL || to->answered(to->self, command, response);

    command->answered = true;
    queue->answers++;
    if (command->number == queue->idle)
        queue->idle = 0;
    queue->unanswered--;
    queue->unanswered_bytes -= command->bytes;
    while (queue->flight_len > 0 && queue->flight[queue->flight_head].answered) {
        queue->flight_head = (queue->flight_head + 1) % QUEUE_RING;
        queue->flight_len--;
    }
    return ok;
}

/*
 * A refusal of a later command came first: a server that can't do what it was asked at once may say so before it is
 * done with what it does. It waits for its turn, so that an operation sees SELECT answered before what needs it.
 */
static bool
defer(struct queue *queue, struct command *command, const struct response *response)
{
    struct deferred *deferred = malloc(sizeof *deferred);

    if (deferred == NULL) {
        error_set(queue->err, ERROR_LOCAL, "read the server's answer: out of memory");
        return false;
    }
    deferred->state = response->state;
    deferred->code = response->code;
    deferred->len = response->said.len;
    memcpy(deferred->said, response->said.at, response->said.len);
    command->deferred = deferred;
    return true;
}

static bool
deliver_deferred(struct queue *queue)
{
    struct command *oldest;
    struct response *response = &queue->response;
    bool ok = true;

    while (ok && queue->flight_len > 0 && (oldest = &queue->flight[queue->flight_head])->deferred != NULL) {
        struct deferred *deferred = oldest->deferred;
        oldest->deferred = NULL;
        response->kind = RESPONSE_TAGGED;
        response->state = deferred->state;
        response->code = deferred->code;
        response->from.unusable = true; /* which ones it was about was not kept: all of them */
        response->said = (struct text){deferred->said, deferred->len};
        ok = deliver(queue, oldest, response);
        free(deferred);
    }
    return ok;
}

/* OK to a command that was not even sent whole is a lie: a message of which the end is missing can't be stored. */
static bool
is_sent_whole(const struct queue *queue, uint32_t number)
{
    if (queue->segments_head < queue->segments_len && queue->segments[queue->segments_head].command == number)
        return false;
    return queue->chunk_at == queue->chunk_len || queue->started != number;
}

/*
 * Is this what a BAD without a tag was about? The oldest command is, since those before it were answered; of a later one the same words were
 * said twice. Other words are of what can't be done after the command that has no answer: a FETCH without a mailbox, behind its SELECT.
 */
static bool
is_blamed(const struct queue *queue, const struct command *command, const struct response *response)
{
    return response->state == STATE_BAD &&
           (command == queue_oldest(queue) || text_is(response->said, queue->blamed_words));
}

static bool
take_tagged(struct queue *queue, const struct response *response)
{
    struct command *command = find_command(queue, response->tag);

    if (command == NULL && queue->said_done && text_is_nocase(text_of(response->tag), "DONE"))
        return true; /* the server had ended IDLE itself, and takes our DONE for a command */
    if (command == NULL)
        return reader_malformed(&queue->reader, "an answer to nothing that was asked");
    if (command->number == queue->idle) /* also without its "+": there is nothing to end any more */
        drop_waiting(queue, command->number);
    if (response->state != STATE_OK && is_throttled(queue, response->said))
        return false;
    if (response->state == STATE_OK && !is_sent_whole(queue, command->number))
        return reader_malformed(&queue->reader, "OK to a command that is still being sent");
    if (response->state != STATE_OK) {
        queue->blamed -= queue->blamed > 0 && is_blamed(queue, command, response);
        drop_waiting(queue, command->number);
        if (command != queue_oldest(queue))
            return defer(queue, command, response);
    }
    return deliver(queue, command, response) && deliver_deferred(queue);
}

static bool
take_untagged(struct queue *queue, const struct response *response)
{
    const struct operation *to = queue->operation;

    if (response->kind == RESPONSE_STATE && response->state == STATE_BYE) {
        error_set(queue->err, ERROR_NETWORK, "go on: the server said goodbye");
        error_answer(queue->err, response->said);
        return false;
    }
    if (response->kind == RESPONSE_STATE && response->state == STATE_BAD && is_throttled(queue, response->said))
        return false;
    if (queue->global != NULL && !queue->global(queue->global_context, NULL, response))
        return false;
    return to->untagged == NULL || to->untagged(to->self, response, queue_oldest(queue));
}

static bool
take_answer(struct queue *queue)
{
    if (!response_read(&queue->reader, &queue->operation->sink, &queue->response))
        return false;
    if (queue->response.kind == RESPONSE_TAGGED || queue->response.kind == RESPONSE_STATE)
        alerts_note(queue->alerts, queue->response.said);
    if (queue->response.kind == RESPONSE_STATE && queue->response.state == STATE_BAD) {
        queue->blamed++;
        (void)text_print(queue->blamed_words, sizeof queue->blamed_words, "%.*s", (int)queue->response.said.len,
                         queue->response.said.at);
    }
    if (queue->response.kind == RESPONSE_TAGGED)
        return take_tagged(queue, &queue->response);
    if (queue->response.kind != RESPONSE_CONTINUATION)
        return take_untagged(queue, &queue->response);
    if (queue->segments_head < queue->segments_len && queue->segments[queue->segments_head].kind == SEGMENT_WAIT &&
        queue->chunk_at == queue->chunk_len) {
        queue->idles = queue->segments[queue->segments_head].command == queue->idle;
        queue->segments_head++;
    }
    return true;
}

/* ---- a BAD without a tag ---- */

/*
 * Some servers say BAD without a tag to what they can't parse (RFC 9051 section 7.1.3), and never answer that command: nobody knows
 * which one it was. Once the server is silent the oldest is meant, since the others were answered. One that changes
 * something is not guessed about: then the line is given up, and what became of it is looked up on the next one.
 */
static bool
blame_oldest(struct queue *queue)
{
    struct command *oldest = &queue->flight[queue->flight_head];
    struct response *response = &queue->response;

    if (oldest->number == queue->idle)
        drop_waiting(queue, oldest->number);
    if (oldest->number > queue->started || !is_sent_whole(queue, oldest->number) || queue->only_reads == NULL ||
        !queue->only_reads(oldest->kind)) {
        error_set(queue->err, ERROR_NETWORK, "go on: the server says BAD and not to what");
        error_answer(queue->err, text_of(queue->blamed_words));
        return false;
    }
    queue->blamed--;
    response->kind = RESPONSE_TAGGED;
    response->state = STATE_BAD;
    response->code = CODE_NONE;
    response->from.unusable = true;
    response->said = text_of(queue->blamed_words);
    return deliver(queue, oldest, response) && deliver_deferred(queue);
}

/* Between answers. *silent: nothing came for a while, and something is to blame. */
static bool
is_silent(struct queue *queue, bool *silent)
{
    *silent = false;
    if (queue->blamed == 0 || queue->reader.at < queue->reader.end || queue->chunk_at < queue->chunk_len)
        return true;
    switch (stream_wait_briefly(queue->stream, queue->err)) {
    case STREAM_AGAIN:
        *silent = true;
        return true;
    case STREAM_FAILED:
        return false;
    default:
        return true;
    }
}

/* ---- the run ---- */

static bool
has_room(const struct queue *queue)
{
    if (queue->unanswered == 0)
        return true;
    return !queue->serial && queue->unanswered + ROOM_COMMANDS <= LIMIT_UNANSWERED &&
           queue->flight_len + ROOM_COMMANDS <= QUEUE_RING &&
           queue->unanswered_bytes + LIMIT_COMMAND_LINE <= LIMIT_UNANSWERED_BYTES;
}

static bool
half_is_answered(const struct queue *queue)
{
    return queue->unanswered <= LIMIT_UNANSWERED / 2 && queue->unanswered_bytes <= LIMIT_UNANSWERED_BYTES / 2;
}

/* Everything is answered, but a refused literal is still on its way out: the server counts its bytes. */
static bool
finish_output(struct queue *queue)
{
    for (;;) {
        if (!queue_pump(queue))
            return false;
        if (queue->chunk_at == queue->chunk_len && queue->segments_head == queue->segments_len)
            return true;
        if (!wait_for_stream(queue, STREAM_WANT_WRITE, queue->err))
            return false;
    }
}

static bool
run(struct queue *queue, bool *more, bool *interrupted)
{
    const struct operation *operation = queue->operation;

    for (;;) {
        if (queue->stopped != NULL && !*interrupted && queue->stopped(queue->stopped_context)) {
            struct command dropped;
            *interrupted = *more;
            while (queue_take_back(queue, &dropped))
                *interrupted = true;
            *more = false;
        }
        if (*more && half_is_answered(queue))
            while (*more && has_room(queue))
                if (!operation->next(operation->self, more))
                    return false;
        if (queue->unanswered == 0) {
            queue->blamed = 0; /* it was about nothing that waits */
            if (!finish_output(queue))
                return false;
            if (!*more)
                return true;
            continue;
        }
        bool silent;
        if (!queue_pump(queue) || !is_silent(queue, &silent) || !(silent ? blame_oldest(queue) : take_answer(queue)))
            return false;
    }
}

/* Where the other side ended it: what was asked. */
static void
name_question(const struct queue *queue, struct error *err)
{
    const struct command *oldest = queue_oldest(queue);
    char what[sizeof err->what];

    if ((err->kind != ERROR_NETWORK && err->kind != ERROR_SERVER) || oldest == NULL || oldest->verb[0] == '\0')
        return;
    (void)text_print(what, sizeof what, "%.200s after %s", err->what, oldest->verb);
    memcpy(err->what, what, sizeof what);
}

/* The caller's operation for as long as `steps` take. */
static bool
with_operation(struct queue *queue, const struct operation *operation,
               bool (*steps)(struct queue *queue, void *context), void *context, struct error *err)
{
    if (queue->broken) {
        error_set(err, ERROR_NETWORK, "go on: the connection was given up");
        return false;
    }
    queue->operation = operation;
    queue->err = queue->reader.err = err;
    const bool ok = steps(queue, context);
    queue->operation = NULL;
    queue->err = queue->reader.err = NULL;
    if (!ok) {
        queue->broken = true;
        name_question(queue, err);
    }
    return ok;
}

struct progress {
    bool more, interrupted;
};

static bool
run_through(struct queue *queue, void *context)
{
    struct progress *progress = context;

    return run(queue, &progress->more, &progress->interrupted);
}

bool
queue_run(struct queue *queue, const struct operation *operation, struct error *err)
{
    struct progress progress = {.more = operation->next != NULL};

    if (!with_operation(queue, operation, run_through, &progress, err))
        return false;
    if (progress.interrupted) {
        error_set(err, ERROR_INTERRUPTED, "go on: a signal asked to stop");
        return false;
    }
    return true;
}

/* More bytes, if there are any. */
static bool
read_ahead(struct queue *queue, bool *more)
{
    size_t size, got = 0;
    unsigned char *to = reader_room(&queue->reader, &size);

    *more = false;
    switch (stream_read(queue->stream, to, size, &got, queue->err)) {
    case STREAM_DONE:
        reader_added(&queue->reader, got);
        *more = true;
        return true;
    case STREAM_AGAIN:
        return true;
    case STREAM_END:
        return closed(queue->err);
    default:
        return false;
    }
}

static bool
take_what_is_there(struct queue *queue, void *context)
{
    bool more = true;

    (void)context;
    for (int reads = 0; more; reads++) {
        while (reader_has_answer(&queue->reader))
            if (!take_answer(queue))
                return false;
        if (!queue_pump(queue))
            return false;
        if (reads == POLL_READS)
            return true;
        if (!read_ahead(queue, &more))
            return false;
    }
    return true;
}

bool
queue_poll(struct queue *queue, const struct operation *operation, struct error *err)
{
    return with_operation(queue, operation, take_what_is_there, NULL, err);
}

bool
queue_has_unread(const struct queue *queue)
{
    return !queue->broken && (reader_has_answer(&queue->reader) || stream_has_buffered(queue->stream));
}
