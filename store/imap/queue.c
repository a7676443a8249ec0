/*
 * See queue.h. The way out:  text and segments -> chunk -> stream.  A segment is a run of command text, a wait for the
 * server's "+" (synchronising literals only), or a literal that streams from the operation.
 */
#include "store/imap/queue.h"

#include "store/imap/alerts.h"

#include <inttypes.h>

#define CHUNK_SIZE (64 * 1024)
#define TEXT_MAX (1024 * 1024) /* command text waiting; far above what the window lets in */
#define ROOM_COMMANDS 4        /* that one call of `next` may queue */

static bool fill(void *context, void *to, size_t size, size_t *got, struct error *err);

bool
queue_open(struct queue *queue, struct stream *stream)
{
    *queue = (struct queue){.stream = stream, .text = buffer_new(TEXT_MAX)};
    response_init(&queue->response);
    queue->chunk = malloc(CHUNK_SIZE);
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

const struct command *
queue_oldest(const struct queue *queue)
{
    return queue->flight_len > 0 ? &queue->flight[queue->flight_head] : NULL;
}

/* ---- the way out ---- */

/* Bytes of a literal into the chunk. The size was announced: neither more nor less may come. */
static bool
gather_stream(struct queue *queue, struct segment *segment)
{
    const struct operation *from = queue->operation;
    size_t room = CHUNK_SIZE - queue->chunk_len, got = 0;
    char extra;

    if (!segment->begun && !from->rewind(from->self, segment->index))
        return false;
    segment->begun = true;
    if (segment->left > 0) {
        if (room > segment->left)
            room = (size_t)segment->left;
        if (!from->read(from->self, segment->index, queue->chunk + queue->chunk_len, room, &got))
            return false;
        if (got == 0) {
            error_set(queue->err, ERROR_LOCAL, "send a message: it became shorter while it was being read");
            return false;
        }
        queue->chunk_len += got;
        segment->left -= got;
    }
    /* The message ends here on the wire, and the command goes on only if it ends there on disk too: a server does not
     * store what was cut before the last line end of the command. */
    if (segment->left == 0 && (!from->read(from->self, segment->index, &extra, 1, &got) || got != 0)) {
        if (got != 0)
            error_set(queue->err, ERROR_LOCAL, "send a message: it became longer while it was being read");
        return false;
    }
    return true;
}

/* One at a time: a command must wait while an earlier one that was sent is not answered. */
static bool
must_wait(const struct queue *queue, const struct segment *segment)
{
    const struct command *oldest = queue_oldest(queue);

    return queue->serial && segment->command != queue->started && oldest != NULL && oldest->number <= queue->started;
}

/* Fill the chunk with whatever may be sent now. */
static bool
gather(struct queue *queue)
{
    while (queue->chunk_len < CHUNK_SIZE && queue->segments_head < queue->segments_len) {
        struct segment *segment = &queue->segments[queue->segments_head];
        if (segment->kind == SEGMENT_WAIT || must_wait(queue, segment))
            break;
        queue->started = segment->command;
        if (segment->kind == SEGMENT_TEXT) {
            size_t len = CHUNK_SIZE - queue->chunk_len;
            if (len > segment->left)
                len = (size_t)segment->left;
            memcpy(queue->chunk + queue->chunk_len, queue->text.at + queue->text_at, len);
            queue->chunk_len += len;
            queue->text_at += len;
            segment->left -= len;
        } else if (!gather_stream(queue, segment)) {
            return false;
        }
        if (segment->left == 0)
            queue->segments_head++;
    }
    return true;
}

/* Write as much as the socket takes. */
static bool
pump(struct queue *queue)
{
    for (;;) {
        size_t moved = 0;
        if (queue->chunk_at == queue->chunk_len) {
            queue->chunk_at = queue->chunk_len = 0;
            if (!gather(queue))
                return false;
            if (queue->chunk_len == 0)
                return true;
        }
        switch (stream_write(queue->stream, queue->chunk + queue->chunk_at, queue->chunk_len - queue->chunk_at, &moved,
                             queue->err)) {
        case STREAM_DONE:
            queue->chunk_at += moved;
            break;
        case STREAM_AGAIN:
            return true;
        default:
            return false;
        }
    }
}

/* The reader's buffer is empty: write meanwhile, and wait until something comes. */
static bool
fill(void *context, void *to, size_t size, size_t *got, struct error *err)
{
    struct queue *queue = context;

    for (;;) {
        if (!pump(queue))
            return false;
        switch (stream_read(queue->stream, to, size, got, err)) {
        case STREAM_DONE:
            return true;
        case STREAM_AGAIN:
            break;
        case STREAM_END:
            error_set(err, ERROR_NETWORK, "read the server's answer: it closed the connection");
            return false;
        default:
            return false;
        }
        unsigned want = STREAM_WANT_READ | (queue->chunk_at < queue->chunk_len ? STREAM_WANT_WRITE : 0);
        if (!stream_wait(queue->stream, want, err))
            return false;
    }
}

void
queue_flush_once(struct queue *queue)
{
    struct error ignored = {0};

    queue->err = &ignored;
    if (!queue->broken && !pump(queue))
        queue->broken = true;
    queue->err = NULL;
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

    if (command == NULL)
        return reader_malformed(&queue->reader, "an answer to nothing that was asked");
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
        queue->chunk_at == queue->chunk_len)
        queue->segments_head++;
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
        if (!pump(queue))
            return false;
        if (queue->chunk_at == queue->chunk_len && queue->segments_head == queue->segments_len)
            return true;
        if (!stream_wait(queue->stream, STREAM_WANT_WRITE, queue->err))
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
        if (!pump(queue) || !is_silent(queue, &silent) || !(silent ? blame_oldest(queue) : take_answer(queue)))
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

bool
queue_run(struct queue *queue, const struct operation *operation, struct error *err)
{
    bool more = operation->next != NULL, interrupted = false;

    if (queue->broken) {
        error_set(err, ERROR_NETWORK, "go on: the connection was given up");
        return false;
    }
    queue->operation = operation;
    queue->err = queue->reader.err = err;
    bool ok = run(queue, &more, &interrupted);
    queue->operation = NULL;
    queue->err = queue->reader.err = NULL;
    if (!ok) {
        queue->broken = true;
        name_question(queue, err);
        return false;
    }
    if (interrupted) {
        error_set(err, ERROR_INTERRUPTED, "go on: a signal asked to stop");
        return false;
    }
    return true;
}
