/* What the answers to a batch of uploads mean, written into the journal. For up.c alone, which sends them. */
#ifndef SYNC_APPLY_ANSWERS_H
#define SYNC_APPLY_ANSWERS_H

#include "sync/agenda/agenda.h"
#include "sync/run/run.h"

struct sending { /* one message of a batch */
    struct todo *todo;
    struct journal_message *message; /* its row, which all of a batch share: while this one is made ready or answered */
    unsigned flags;                  /* that it is sent with, */
    char *keywords;                  /* and keywords, or NULL */
    struct journal_op op;
    struct journal_op before; /* the intent of an earlier attempt; of none its id is 0 */
    void *
        handle; /* open from the intent to the answer: what was digested is what is sent, whatever its name is by now */
    uint64_t wire_size;
    struct journal_print print; /* of the file when it was opened */
    bool eight_bits;            /* in its header, where no such byte may be */
    bool begun;                 /* some of its bytes went out */
    /* answer */
    bool answered;
    uint32_t uid;
    struct remote_outcome outcome;
};

struct uploading {
    struct run *run;
    struct sending *batch;
    struct journal_message *row; /* of the one that is at work */
    size_t count, most;
    uint64_t bytes;
    struct remote_append *requests; /* one for each of batch */
    struct todo **due;              /* in the order in which they are sent */
    size_t due_count;
    size_t answered; /* of all batches */
    bool suspects;   /* those of this batch were sent before, and not answered */
    bool over_quota;
    bool full; /* no descriptor was left for the next one: what is here is sent first */
};

/** The server, or IMAP itself, does not take this message as it is: asked again only when its file changes. Inside a transaction. */
MUST_CHECK bool answers_refuse(struct run *run, struct mailbox *mailbox, struct journal_message *message,
                               const char *why);
/**
 * The server accepted the message twice and does not show it, while another file has a UID of the same bytes there: it keeps only one of equal
 * messages, and this file becomes an alias. *done false: there is none. Inside a transaction.
 */
MUST_CHECK bool answers_become_alias(struct run *run, struct mailbox *mailbox, struct sending *sending, bool *done);
/** All answers of the batch that came, in one transaction. */
MUST_CHECK bool answers_record(struct uploading *up);

#endif
