/*
 * An APPENDUID may be the UID of another message, of one that came at the same moment. A message that has not the date that was sent
 * gives it away: either this server sets dates of its own, or the one that was sent is beside it under a UID that nobody knows.
 */
#ifndef SYNC_OBSERVE_SAID_UID_H
#define SYNC_OBSERVE_SAID_UID_H

#include "sync/run/run.h"

struct said_uid { /* a row that waits for its echo, and what the UID showed instead */
    int64_t id;
    uint64_t size;
    int64_t date;
    unsigned flags;
};

struct said_uids {
    struct said_uid *list;
    size_t count, size;
};

/**
 * After APPEND: for the flags that were sent, what the server shows becomes its base. One that it does not show counts
 * as set here since: it is stored once more (some servers forget flags of APPEND and take them by STORE); all else is
 * somebody's change. If the message does not have the date that was sent, it is remembered until the mailbox is listed.
 */
MUST_CHECK bool said_uid_echo(struct run *run, struct said_uids *said, struct journal_message *message,
                              const struct remote_message *seen);
/** All of the mailbox is listed: who is which? In the transaction of the listing. */
MUST_CHECK bool said_uid_resolve(struct run *run, struct said_uids *said);

#endif
