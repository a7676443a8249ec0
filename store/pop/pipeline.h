/*
 * Commands and answers of a POP3 session: a bounded window of commands in flight where the server offers PIPELINING,
 * one at a time elsewhere. Reads and writes at once, so that two full buffers are never a deadlock. Bodies go straight
 * from a 64 KiB buffer to whoever asked.
 *
 * An answer that is lost track of (cut, too late, nonsense, given up by a callback) breaks the pipeline: no answer that
 * came after it could be told from another, so every later call fails.
 */
#ifndef STORE_POP_PIPELINE_H
#define STORE_POP_PIPELINE_H

#include "store/net/stream.h"
#include "store/pop/multiline.h"

#define PIPELINE_BUFFER (64 * 1024)
#define PIPELINE_WINDOW 256  /* commands in flight */
#define PIPELINE_COMMAND 32  /* bytes of one: "TOP 4294967295 0" and a line end */
#define PIPELINE_TAIL 6      /* bytes: one less than a dot between two line feeds and "-ERR" */
#define PIPELINE_STATUS 2048 /* bytes of a status line: four times what RFC 2449 allows */
#define PIPELINE_OUT ((PIPELINE_WINDOW + 4) * PIPELINE_COMMAND)

struct pipeline_batch { /* commands of one kind */
    size_t count;       /* so many; where there is `more`: so many at first */
    void *self;
    /** There is room for another command: raise count by one if there is one. NULL: count is all. Asked again, as long as
     *  anything is in flight, where there was none. A false ends it: see pipeline_run */
    bool (*more)(void *self, size_t *count);
    /** The text of a command, without line end. */
    void (*command)(void *self, size_t index, char text[static PIPELINE_COMMAND]);
    /** The status. @param words  what follows "+OK " or "-ERR ", borrowed. A false ends it: see pipeline_run */
    bool (*status)(void *self, size_t index, bool ok, struct text words);
    /** +OK brings a body: its bytes, then its end. NULL both: a single line. */
    bool (*data)(void *self, size_t index, const char *bytes, size_t len);
    bool (*end)(void *self, size_t index);
    bool list;         /* that body is one of lines, and not a message */
    bool log_body;     /* lines of it belong into the wire log; else their number of bytes */
    bool sent;         /* count is 1, and pipeline_put has sent it */
    bool when_stopped; /* also after a signal asked to stop: QUIT */
};

struct pipeline {
    struct stream *stream;
    bool pipelining; /* more than one in flight */
    int wire_log;
    /** A signal asked to stop: nothing new is sent. May be NULL. */
    bool (*stopped)(void *context);
    /** So long ago that what is in flight is given up, too: asked also where there is always something to read. */
    bool (*overdue)(void *context);
    void *stopped_context;

    /* Private to pipeline.c. */
    bool broken;
    bool
        lost_track; /* what should have been an answer was none: the body before it may not have ended where it seemed to */
    struct error why; /* it broke */
    char *in;         /* PIPELINE_BUFFER */
    size_t in_at, in_len;
    size_t odd_at;            /* in it: an answer seems to begin behind a dot between two line feeds; SIZE_MAX: none */
    char tail[PIPELINE_TAIL]; /* the last bytes of the buffer before */
    char out[PIPELINE_OUT];
    size_t out_at, out_len;
    size_t ahead;               /* commands that pipeline_put sent and no batch took up yet */
    char line[PIPELINE_STATUS]; /* a status, as far as it came */
    size_t line_len;
    /* of the running batch */
    const struct pipeline_batch *batch;
    size_t count, sent, answered;
    bool halted; /* a signal kept something from being sent */
    bool in_body;
    struct multiline body;
    uint64_t body_len;
    struct error *err;
};

/** @param stream  borrowed; nothing in flight. @return false: out of memory; pipeline_close is allowed all the same */
MUST_CHECK bool pipeline_open(struct pipeline *pipeline, struct stream *stream);
void pipeline_close(struct pipeline *pipeline);
/** Send along with what comes next; its answer is read by a batch that is `sent`. Short, and only a few. */
void pipeline_put(struct pipeline *pipeline, const char *command);
/**
 * Send all commands and report every answer, in order.
 * @return false: broken, with err as why; or a callback returned false (err is the callback's business then; broken too,
 *         save where the callback had its answer's end and nothing else was in flight); or ERROR_INTERRUPTED: what was in
 *         flight was reported, the rest was not sent, and the pipeline is whole
 */
MUST_CHECK bool pipeline_run(struct pipeline *pipeline, const struct pipeline_batch *batch, struct error *err);
/** For a callback: the answer makes no sense. Fills in err: ERROR_SERVER. @return false, always */
bool pipeline_nonsense(struct pipeline *pipeline, const char *what, struct text said);
/** A line of a body for the wire log, where the batch has log_body. */
void pipeline_log(const struct pipeline *pipeline, struct text line);
/** Nothing that comes from the server is of use any more. */
void pipeline_break(struct pipeline *pipeline, const struct error *why);

#endif
