/*
 * Pipelined commands on a logged-in stream: many are sent before the first is answered, and an answer belongs to its
 * tag, not to its place. Reads and writes at once, so that full sockets on both sides are never a deadlock.
 *
 * An operation (survey, fetch, append, ...) is a table of functions: `next` queues one more command when the window has
 * room, the others are told what came. queue_run returns when everything was answered.
 *
 * The window: at most LIMIT_UNANSWERED commands and LIMIT_UNANSWERED_BYTES of command text, filled up again in one go
 * when half is answered: a window that slides by single answers was measured to cost ten times the turns. After a
 * failure the queue is broken: every later run fails, only queue_close is of use.
 *
 * IDLE (RFC 2177) is a command that stays unanswered: queue_idle, any number of queue_poll, queue_done, and a run that waits for its answer.
 */
#ifndef STORE_IMAP_QUEUE_H
#define STORE_IMAP_QUEUE_H

#include "store/imap/response.h"
#include "store/net/stream.h"

#define QUEUE_CHUNK (64 * 1024)
#define QUEUE_RING 1024 /* commands between the oldest unanswered one and the newest */

struct command {
    uint32_t number;            /* of its tag */
    int kind;                   /* what the operation calls it */
    size_t index, first, count; /* the operation's own */
    size_t bytes;               /* of command text, up to the first message that it carries */
    char verb[16];              /* "SELECT", "UID FETCH": for people, when the line breaks before its answer */
    bool answered;
    struct deferred *deferred; /* a refusal that came before the answers to earlier commands; owned by the queue */
};

struct deferred {
    enum response_state state;
    enum response_code code;
    size_t len;
    char said[READER_HEAD];
};

struct operation {
    void *self;
    /** Queue one more command (or two); *more = false when there will be none. NULL: what was queued before is all. */
    bool (*next)(void *self, bool *more);
    /** An untagged answer. @param oldest  the oldest command that is not answered; NULL if all are */
    bool (*untagged)(void *self, const struct response *response, const struct command *oldest);
    /** A tagged answer. Refusals come in the order of the commands, whatever the server's was. */
    bool (*answered)(void *self, const struct command *command, const struct response *response);
    struct fetch_sink sink;
    /** The bytes of a queue_stream. */
    bool (*rewind)(void *self, size_t index);
    bool (*read)(void *self, size_t index, void *to, size_t size, size_t *got);
};

struct segment { /* a piece of what is still to be written */
    enum { SEGMENT_TEXT, SEGMENT_WAIT, SEGMENT_STREAM } kind;
    bool begun;
    uint32_t command;
    uint64_t left;
    size_t index;
};

struct queue {
    struct stream *stream;
    struct reader reader;
    struct response response;
    const struct operation *operation; /* while one runs */
    struct error *err;                 /* while one runs */

    /**
     * Told of every untagged answer, and of the tagged one of every command whose kind is negative: those concern the
     * connection and not the operation. @param command  NULL: untagged. May be NULL.
     */
    bool (*global)(void *context, const struct command *command, const struct response *response);
    void *global_context;
    /** True once a signal came: nothing new is sent, what is in flight is waited for. May be NULL. */
    bool (*stopped)(void *context);
    void *stopped_context;

    bool literal_plus, literal_minus, utf8; /* as the owner found out */
    bool serial;                            /* one command at a time: the server cannot stand more */
    bool log;
    bool broken;
    bool throttled;        /* ... because the server asks to come back later */
    struct buffer *alerts; /* where what the user must be shown goes (alerts.h); may be NULL */

    /** Does a command of this kind change nothing? May be NULL: none does. */
    bool (*only_reads)(int kind);
    size_t blamed; /* BADs without a tag: each of them is the answer to some command */
    char blamed_words[READER_HEAD];

    int64_t deadline; /* a time of clock_ms, when a run must be over; 0: the stream's own limit for each wait */
    uint32_t idle;    /* number of the IDLE that is not answered; 0: none */
    bool idles;       /* the last one had its "+" */
    bool said_done;

    uint32_t last_number, started; /* the newest command; the newest of which a byte was handed to the stream */
    struct command flight[QUEUE_RING];
    size_t flight_head, flight_len;
    size_t unanswered, unanswered_bytes;
    uint64_t answers; /* tagged ones */

    struct buffer text; /* command text, from text_at on not yet in the chunk */
    size_t text_at, command_at;
    struct segment *segments;
    size_t segments_head, segments_len, segments_size;
    unsigned char *chunk; /* bytes on their way out */
    size_t chunk_at, chunk_len;
    bool failed; /* the command that is being put together could not be */
};

/** Take over a stream. @return false: out of memory; queue_close is allowed all the same */
MUST_CHECK bool queue_open(struct queue *queue, struct stream *stream);
/** Free; the stream is the caller's. */
void queue_close(struct queue *queue);

/* One command: queue_begin, any number of the middle ones, queue_end. Nothing is written before the next run. */
void queue_begin(struct queue *queue, int kind, size_t index, size_t first, size_t count);
void queue_print(struct queue *queue, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A mailbox name: quoted, or a literal where it holds what can't be quoted. Never a way to a second line. */
void queue_name(struct queue *queue, struct text name);
/** UIDs as a set; the caller has made sure that they fit a command line (JOB_MAX). */
void queue_set(struct queue *queue, const uint32_t *uids, size_t count);
/** A literal whose bytes come from operation->read(index). @param asked  not before the server asks for them, whatever it offers */
void queue_stream(struct queue *queue, size_t index, uint64_t size, bool asked);
/** @return false: no memory, or a name with NUL; err is filled in */
MUST_CHECK bool queue_end(struct queue *queue, struct error *err);
/** A command that is this line. */
MUST_CHECK bool queue_line(struct queue *queue, int kind, const char *line, struct error *err);

/**
 * Send what is queued and what operation->next adds, and read until all of it is answered.
 * @return false: err is filled in (by the operation's callback, if that said no); ERROR_INTERRUPTED if something was
 *         left unsent after a signal
 */
MUST_CHECK bool queue_run(struct queue *queue, const struct operation *operation, struct error *err);
/** Queue IDLE as a command of this kind. Nothing else is queued before queue_done. */
MUST_CHECK bool queue_idle(struct queue *queue, int kind, struct error *err);
/** End it, once the server has said "+". Nothing where it was answered already. @return false: out of memory */
MUST_CHECK bool queue_done(struct queue *queue, struct error *err);
/**
 * Send what is queued as far as it goes, and take the answers that are there whole, without waiting: so many that a server which never stops
 * does not keep us. (For an answer larger than the reader's buffer it does wait.)
 * @return false: as queue_run
 */
MUST_CHECK bool queue_poll(struct queue *queue, const struct operation *operation, struct error *err);
/** Would queue_poll find something that poll(2) does not know of? */
bool queue_has_unread(const struct queue *queue);
/** Take back the newest command if nothing of it was sent yet. @return false: there is none such */
bool queue_take_back(struct queue *queue, struct command *out);
/** The oldest command without its answer; NULL if there is none. */
const struct command *queue_oldest(const struct queue *queue);
/** Write what is queued as far as the socket takes it without waiting, during a run. @return false: queue->err is filled in */
MUST_CHECK bool queue_pump(struct queue *queue);
/** Write what is queued as far as the socket takes it without waiting. */
void queue_flush_once(struct queue *queue);

#endif
