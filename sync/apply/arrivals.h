/*
 * Batches of downloads: each is made durable, named and committed, in this order, so that a row is never more durable than its file (a row
 * without a file would read as "the user deleted it"). While one goes to the disk the next one comes in.
 */
#ifndef SYNC_APPLY_ARRIVALS_H
#define SYNC_APPLY_ARRIVALS_H

#include "sync/run/run.h"

struct arrival { /* a finished draft that waits for its batch */
    int64_t id;  /* of its row, which is read again when it is written: a row is large, a batch may wait */
    char base[LOCAL_BASE_MAX + 1]; /* the name that its file gets */
    unsigned flags;                /* as the server showed them when it came */
    int64_t date;
    uint32_t mailbox;
    const char *why; /* of plan_reason_words */
    struct local_draft *draft;
    uint64_t literal;   /* bytes as the server sent them */
    uint64_t announced; /* or READING_UNTOLD */
    bool confirmed;     /* fewer than it announced, twice the same */
    bool at_hand;       /* it did not travel: its bytes were here, under another label or in the quarantine */
    bool by_header;     /* ... and that they are its bytes says its header */
    bool unlisted;      /* no file that was listed has its base: each has a row */
    struct digests digests;
};

struct batch {
    struct arrival *at;
    size_t count;
    uint64_t bytes;
    int64_t since; /* its first one came; sent: it was sent */
};

struct arrivals {
    struct run *run;
    struct batch coming, sent; /* sent: on its way to the disk, without names and rows */
    struct local_delivery *items;
    char (*letters)[32];         /* of each item */
    size_t most;                 /* of a batch */
    struct journal_message *row; /* that is written */
};

/** Memory is the arena's, which says whether it came. @param most  messages of one round */
void arrivals_begin(struct arrivals *arrivals, struct run *run, struct arena *arena, size_t most);
/** The place of the next one: there is one, since what is due was flushed. It is no part of the batch before arrivals_add. */
struct arrival *arrivals_next(struct arrivals *arrivals);
/** What arrivals_next gave, filled in by the caller, is part of the batch from here on. */
void arrivals_add(struct arrivals *arrivals);
/** Has any come that has no name yet? */
bool arrivals_wait(const struct arrivals *arrivals);
/** Bytes of those. */
uint64_t arrivals_bytes(const struct arrivals *arrivals);
/**
 * A batch that is large or old enough is sent to the disk; one that was sent long enough ago, or is followed by another, gets its names and rows.
 * Outside of a transaction.
 */
MUST_CHECK bool arrivals_advance(struct arrivals *arrivals);
/** All that came is delivered: flushed, named, committed. Outside of a transaction; that there is none is no error. */
MUST_CHECK bool arrivals_flush(struct arrivals *arrivals);
/** What has no name yet is thrown away. */
void arrivals_drop(struct arrivals *arrivals);

#endif
