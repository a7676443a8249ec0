/*
 * Headers of messages that are on the server alone and that nobody read: under which UID of a new UIDVALIDITY does a message stand that golub never
 * had a file of?
 */
#ifndef SYNC_MATCH_UNREAD_H
#define SYNC_MATCH_UNREAD_H

#include "sync/match/kinship.h"
#include "sync/run/run.h"

struct unread {
    int64_t id;
    uint32_t uid;
    uint64_t size; /* 0: what the server says of sizes is not believed */
    /* [out] */
    bool got;   /* false: it is gone, what came can't be believed, or its header has no end */
    bool doubt; /* it can't be read in this run */
    unsigned char header[DIGEST_SIZE];
    struct kin kin;
};

/** Ask for them, sorted by UID; what comes is written into their rows. Inside a transaction. @return false: run->err */
MUST_CHECK bool unread_ask(struct run *run, uint32_t mailbox, struct unread *at, size_t count);
/**
 * One that could not be read (`doubt`) may be what is still looked for: it is not fetched in this run, and that is said at its end. Before the
 * questions of the next pass: reading_begin.
 */
MUST_CHECK bool unread_hold(struct run *run, const struct mailbox *mailbox, int64_t id, const char *why);

#endif
