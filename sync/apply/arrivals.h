/*
 * A batch of downloads: it is made durable, named and committed, in this order, so that a row is never more durable than its file (a row
 * without a file would read as "the user deleted it").
 */
#ifndef SYNC_APPLY_ARRIVALS_H
#define SYNC_APPLY_ARRIVALS_H

#include "sync/run/run.h"

struct arrival { /* a finished draft that waits for its batch */
    int64_t id;
    uint32_t mailbox;
    const char *why; /* of plan_reason_words */
    struct local_draft *draft;
    uint64_t literal; /* bytes as the server sent them */
    bool confirmed;   /* fewer than it announced, twice the same */
    struct digests digests;
    char base[LOCAL_BASE_MAX + 1];
};

struct arrivals {
    struct run *run;
    struct arrival *at;
    size_t count;
    uint64_t bytes;
    int64_t since;
    struct journal_message *message;
};

/** @param most  that will ever come @return false: out of memory; arrivals_end is allowed all the same */
MUST_CHECK bool arrivals_begin(struct arrivals *arrivals, struct run *run, size_t most);
/** Frees what was allocated; drafts are not waited for (arrivals_flush, arrivals_drop). */
void arrivals_end(struct arrivals *arrivals);
/** There is room for it: what is due was flushed. */
void arrivals_add(struct arrivals *arrivals, const struct arrival *arrival);
/** Is the batch large or old enough? */
bool arrivals_are_due(const struct arrivals *arrivals);
/** The batch becomes mail. Outside of a transaction; without a batch nothing happens. */
MUST_CHECK bool arrivals_flush(struct arrivals *arrivals);
/** The batch is thrown away. */
void arrivals_drop(struct arrivals *arrivals);

#endif
