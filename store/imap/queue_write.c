/*
 * Commands of the queue: put together, sent, and taken back as long as nothing of them was sent. The way out:  text and
 * segments -> chunk -> stream.  A segment is a run of command text, a wait for the server's "+" (synchronising literals, IDLE), or a literal
 * that streams from the operation. What a user's mailbox name
 * or a message may hold never becomes a line of its own: names are quoted or literals, messages are literals.
 */
#include "store/imap/queue.h"

#include "store/imap/seqset.h"

#include <stdarg.h>

#define LITERAL_MINUS_MAX 4096 /* RFC 7888: larger ones must synchronise with LITERAL- */
#define SHIFT_AT                                                                                                       \
    (64 * 1024) /* bytes of text, and below that many segments, that were sent before the rest is moved down */

static void
add_segment(struct queue *queue, struct segment segment)
{
    if (queue->segments_head > 0 && queue->segments_head == queue->segments_len)
        queue->segments_head = queue->segments_len = 0;
    if (queue->segments_head > 4096) {
        queue->segments_len -= queue->segments_head;
        memmove(queue->segments, queue->segments + queue->segments_head, queue->segments_len * sizeof segment);
        queue->segments_head = 0;
    }
    if (!array_grow(&queue->segments, &queue->segments_size, queue->segments_len + 1, sizeof segment)) {
        queue->failed = true;
        return;
    }
    queue->segments[queue->segments_len++] = segment;
}

static void
add_text(struct queue *queue, const void *bytes, size_t len)
{
    struct segment *last =
        queue->segments_len > queue->segments_head ? &queue->segments[queue->segments_len - 1] : NULL;

    if (queue->failed || !buffer_add(&queue->text, bytes, len)) {
        queue->failed = true;
        return;
    }
    if (last != NULL && last->kind == SEGMENT_TEXT && last->command == queue->last_number)
        last->left += len;
    else
        add_segment(queue, (struct segment){.kind = SEGMENT_TEXT, .command = queue->last_number, .left = len});
}

void
queue_begin(struct queue *queue, int kind, size_t index, size_t first, size_t count)
{
    struct command *command;

    if (queue->text_at == queue->text.len) {
        buffer_clear(&queue->text);
        queue->text_at = 0;
    } else if (queue->text_at >= SHIFT_AT) {
        memmove(queue->text.at, queue->text.at + queue->text_at, queue->text.len - queue->text_at);
        queue->text.len -= queue->text_at;
        queue->text_at = 0;
    }
    queue->failed = queue->flight_len == QUEUE_RING;
    if (queue->failed)
        return;
    command = &queue->flight[(queue->flight_head + queue->flight_len++) % QUEUE_RING];
    *command =
        (struct command){.number = ++queue->last_number, .kind = kind, .index = index, .first = first, .count = count};
    queue->command_at = queue->text.len;
    queue_print(queue, "g%u ", queue->last_number);
}

void
queue_print(struct queue *queue, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof text)
        queue->failed = true;
    else
        add_text(queue, text, (size_t)len);
}

/* Announce a literal of a size; says WAIT where the server must be asked first. */
static void
announce_literal(struct queue *queue, uint64_t size, bool asked)
{
    bool at_once = !asked && (queue->literal_plus || (queue->literal_minus && size <= LITERAL_MINUS_MAX));

    queue_print(queue, "{%llu%s}\r\n", (unsigned long long)size, at_once ? "+" : "");
    if (!at_once)
        add_segment(queue, (struct segment){.kind = SEGMENT_WAIT, .command = queue->last_number});
}

void
queue_name(struct queue *queue, struct text name)
{
    bool quotable = name.len < 1000;

    if (name.len > 0 && memchr(name.at, '\0', name.len) != NULL) {
        queue->failed = true;
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.at[i];
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !queue->utf8))
            quotable = false;
    }
    if (!quotable) {
        announce_literal(queue, name.len, false);
        add_text(queue, name.at, name.len);
        return;
    }
    add_text(queue, "\"", 1);
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '"' || name.at[i] == '\\')
            add_text(queue, "\\", 1);
        add_text(queue, name.at + i, 1);
    }
    add_text(queue, "\"", 1);
}

void
queue_set(struct queue *queue, const uint32_t *uids, size_t count)
{
    struct buffer set = buffer_new(LIMIT_COMMAND_LINE);

    if (count == 0 || seqset_add(&set, uids, count, LIMIT_COMMAND_LINE) != count)
        queue->failed = true;
    else
        add_text(queue, set.at, set.len);
    buffer_free(&set);
}

static struct command *
newest(struct queue *queue)
{
    return &queue->flight[(queue->flight_head + queue->flight_len - 1) % QUEUE_RING];
}

/* Of what a command counts for in the window: its text up to the first message. What follows is read with that one, in its time. */
static void
count_text(struct queue *queue)
{
    if (!queue->failed && newest(queue)->bytes == 0)
        newest(queue)->bytes = queue->text.len - queue->command_at;
}

void
queue_stream(struct queue *queue, size_t index, uint64_t size, bool asked)
{
    announce_literal(queue, size, asked);
    count_text(queue);
    add_segment(queue,
                (struct segment){.kind = SEGMENT_STREAM, .command = queue->last_number, .left = size, .index = index});
}

/* @return false, always */
static bool
no_memory(struct queue *queue, struct error *err)
{
    queue->broken = true;
    error_set(err, ERROR_LOCAL, "put a command to the server together: out of memory, or a name that can't be sent");
    return false;
}

static void
log_command(const struct queue *queue)
{
    const char *at = queue->text.at + queue->command_at;
    const char *end = queue->text.at + queue->text.len;
    char line[4096];

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop != NULL ? stop : end) - at);
        error_escape(line, sizeof line, (struct text){at, len > 0 && at[len - 1] == '\r' ? len - 1 : len});
        fprintf(stderr, "C: %s\n", line);
        at += len + 1;
    }
    for (size_t i = queue->segments_head; i < queue->segments_len; i++)
        if (queue->segments[i].command == queue->last_number && queue->segments[i].kind == SEGMENT_STREAM)
            fprintf(stderr, "C: <%llu bytes>\n", (unsigned long long)queue->segments[i].left);
}

bool
queue_idle(struct queue *queue, int kind, struct error *err)
{
    queue_begin(queue, kind, 0, 0, 0);
    queue_print(queue, "IDLE");
    if (!queue_end(queue, err))
        return false;
    queue->idle = queue->last_number;
    queue->said_done = queue->idles = false;
    add_segment(queue, (struct segment){.kind = SEGMENT_WAIT, .command = queue->last_number});
    return !queue->failed || no_memory(queue, err);
}

bool
queue_done(struct queue *queue, struct error *err)
{
    if (queue->idle == 0 || queue->said_done)
        return true;
    queue->said_done = true;
    if (queue->log)
        fprintf(stderr, "C: DONE\n");
    add_text(queue, "DONE\r\n", 6);
    return !queue->failed || no_memory(queue, err);
}

bool
queue_take_back(struct queue *queue, struct command *out)
{
    struct command *last;

    if (queue->flight_len == 0)
        return false;
    last = &queue->flight[(queue->flight_head + queue->flight_len - 1) % QUEUE_RING];
    if (last->number <= queue->started)
        return false;
    *out = *last;
    if (out->number == queue->idle)
        queue->idle = 0;
    queue->unanswered--;
    queue->unanswered_bytes -= last->bytes;
    queue->flight_len--;
    while (queue->segments_len > queue->segments_head &&
           queue->segments[queue->segments_len - 1].command == out->number) {
        struct segment *segment = &queue->segments[--queue->segments_len];
        if (segment->kind == SEGMENT_TEXT)
            queue->text.len -= (size_t)segment->left;
    }
    return true;
}

/* What follows the tag: a word, and behind UID another one. */
static void
name_verb(const struct queue *queue, char *to, size_t size)
{
    const char *at = queue->text.at + queue->command_at, *end = queue->text.at + queue->text.len;
    size_t len = 0;

    while (at < end && *at != ' ')
        at++;
    for (at++; at < end && len + 1 < size; at++) {
        const bool second = *at == ' ' && len == 3 && memcmp(to, "UID", 3) == 0;

        if ((*at < 'A' || *at > 'Z') && !second)
            break;
        to[len++] = *at;
    }
    to[len] = '\0';
}

bool
queue_end(struct queue *queue, struct error *err)
{
    struct command *command;

    add_text(queue, "\r\n", 2);
    if (queue->failed)
        return no_memory(queue, err);
    count_text(queue);
    command = newest(queue);
    name_verb(queue, command->verb, sizeof command->verb);
    queue->unanswered++;
    queue->unanswered_bytes += command->bytes;
    if (queue->log)
        log_command(queue);
    return true;
}

/* ---- the way out ---- */

/* Bytes of a literal into the chunk. The size was announced: neither more nor less may come. */
static bool
gather_stream(struct queue *queue, struct segment *segment)
{
    const struct operation *from = queue->operation;
    size_t room = QUEUE_CHUNK - queue->chunk_len, got = 0;
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

const struct command *
queue_oldest(const struct queue *queue)
{
    return queue->flight_len > 0 ? &queue->flight[queue->flight_head] : NULL;
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
    while (queue->chunk_len < QUEUE_CHUNK && queue->segments_head < queue->segments_len) {
        struct segment *segment = &queue->segments[queue->segments_head];
        if (segment->kind == SEGMENT_WAIT || must_wait(queue, segment))
            break;
        queue->started = segment->command;
        if (segment->kind == SEGMENT_TEXT) {
            size_t len = QUEUE_CHUNK - queue->chunk_len;
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

bool
queue_pump(struct queue *queue)
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

void
queue_flush_once(struct queue *queue)
{
    struct error ignored = {0};

    queue->err = &ignored;
    if (!queue->broken && !queue_pump(queue))
        queue->broken = true;
    queue->err = NULL;
}

bool
queue_line(struct queue *queue, int kind, const char *line, struct error *err)
{
    queue_begin(queue, kind, 0, 0, 0);
    queue_print(queue, "%s", line);
    return queue_end(queue, err);
}
