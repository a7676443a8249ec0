/* What is in flight: one call of the server, what of it was answered, and what is suspected when the line breaks in it. */
#ifndef SYNC_RUN_FLIGHT_H
#define SYNC_RUN_FLIGHT_H

#include "sync/run/run.h"

#define FLIGHT_MESSAGES LIMIT_BATCH /* that are suspected together */

struct watch { /* one call of the server: what is asked together, or one suspect alone */
    struct run *run;
    const struct remote_observer *observer;
    const struct remote_sink *sink;
    void *context;
    bool failed;         /* the caller's function said no: nothing is to be learned from that */
    const size_t *index; /* the caller's number of each request */
    bool *done;          /* of each request: it was answered whole */
    const uint32_t **uids;
    size_t *counts;
    bool **came; /* of each UID of each request: it came; NULL: mailboxes are asked */
    /* the caller's requests of which suspects are asked alone: their outcome is told after that */
    bool *split;
    struct remote_outcome *outcomes;
    const struct remote_fetch *wanted; /* the caller's fetch; NULL: it is none */
    bool *
        refused; /* of the caller's requests: with header or size something is refused, and the body alone is asked for after that */
    bool bare; /* that is asked for now */
    /* a header that is read from the whole body */
    bool header_only, over;
    enum { IN_LINE, AT_LINE, AT_LINE_CR } at;
};

/** What the server says is noted in a struct watch, which is the context, and told to its observer or sink. */
extern const struct remote_observer flight_observing;
extern const struct remote_sink flight_reading;

/** What the caller's function said. */
bool flight_said(struct watch *watch, bool ok);
/** Did the server, or the way to it, end this call? */
bool flight_is_broken(const struct watch *watch);
/** Is this one that is asked alone? NULL: it is not. @param wire  its mailbox @param uid  0: the mailbox itself */
struct suspect *flight_suspect_of(struct run *run, struct text wire, enum attempt what, uint32_t uid);
/** It was asked alone. The others may have come and gone meanwhile, so that it stands elsewhere. @param broke  and the line broke again */
void flight_settle(struct run *run, struct text wire, enum attempt what, uint32_t uid, bool broke);
/** The first mailbox that was not answered, and those behind it. */
void flight_suspect_mailboxes(struct watch *watch, const struct remote_select *requests, size_t count);
/** The first message that did not come, and those behind it. */
void flight_suspect_messages(struct watch *watch, const struct text *mailboxes, size_t count, enum attempt what);
/** remote_ops' keyword: nobody is suspected for it, what waits for it is no message. */
bool flight_keyword(void *self, const struct remote_keyword *changes, size_t count, const struct remote_keyworder *to,
                    void *context, struct error *err);

#endif
