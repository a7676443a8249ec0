/*
 * Commands of the queue: put together, and taken back as long as nothing of them was sent. What a user's mailbox name
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

void
queue_stream(struct queue *queue, size_t index, uint64_t size, bool asked)
{
    announce_literal(queue, size, asked);
    add_segment(queue,
                (struct segment){.kind = SEGMENT_STREAM, .command = queue->last_number, .left = size, .index = index});
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
queue_take_back(struct queue *queue, struct command *out)
{
    struct command *last;

    if (queue->flight_len == 0)
        return false;
    last = &queue->flight[(queue->flight_head + queue->flight_len - 1) % QUEUE_RING];
    if (last->number <= queue->started)
        return false;
    *out = *last;
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
    if (queue->failed) {
        queue->broken = true;
        error_set(err, ERROR_LOCAL,
                  "put a command to the server together: out of memory, or a name that can't be sent");
        return false;
    }
    command = &queue->flight[(queue->flight_head + queue->flight_len - 1) % QUEUE_RING];
    command->bytes = queue->text.len - queue->command_at;
    name_verb(queue, command->verb, sizeof command->verb);
    queue->unanswered++;
    queue->unanswered_bytes += command->bytes;
    if (queue->log)
        log_command(queue);
    return true;
}
