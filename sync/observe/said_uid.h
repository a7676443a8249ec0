/*
 * An APPENDUID may be the UID of another message, of one that came at the same moment. A message that has not the date that was sent
 * gives it away: either this server sets dates of its own, or the one that was sent is beside it under a UID that nobody knows.
 *
 * And an APPENDUID or COPYUID may be the UID of nothing: the server said OK and stored nothing, or stored it under another one. So the intent
 * of what was sent stays until a look at the mailbox has shown its UID, and what is said in a run and was not even given, as UIDNEXT of the next
 * look says, is no removal and no server that went back: the row loses it, and its message is looked for by content, or sent again.
 */
#ifndef SYNC_OBSERVE_SAID_UID_H
#define SYNC_OBSERVE_SAID_UID_H

#include "sync/base/id_set.h"
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

struct said_ops { /* intents of what was sent, of all mailboxes */
    struct journal_op *list;
    size_t count;
};

/** All of the journal. said_ops_free even if it fails. */
MUST_CHECK bool said_ops_load(struct run *run, struct said_ops *ops);
/** Empty afterwards. */
void said_ops_free(struct said_ops *ops);
/** Does this row wait for the first sight of its UID? NULL: no. */
struct journal_op *said_op_of(const struct said_ops *ops, int64_t message);
/** The row's size is told for the first time: another one than that of what was sent says that the server wrote into it. */
MUST_CHECK bool said_uid_size(struct run *run, const struct said_ops *ops, struct journal_message *message,
                              uint64_t size);
/** The UID was seen to be gone: that ends the intent. */
MUST_CHECK bool said_op_end(struct run *run, struct said_ops *ops, int64_t message);
/** This row's UID is shown. If that was waited for: what it shows is remembered until the mailbox is listed. */
MUST_CHECK bool said_uid_claim(struct run *run, const struct said_ops *ops, struct said_uids *claims,
                               const struct journal_message *message, const struct remote_message *seen);
/**
 * The mailbox is listed: is what was said believed? Then it ends the intents; otherwise the rows lose their UIDs, and other rows stand for these.
 * In the transaction of the listing.
 *
 * @param lied  one of them was wrong in any case
 */
MUST_CHECK bool said_uid_judge(struct run *run, struct said_ops *ops, struct said_uids *claims, int64_t mailbox,
                               bool lied);
/** The UID is another message, or none: the row has none any more, its intent stays. */
MUST_CHECK bool said_uid_lose(struct run *run, struct said_ops *ops, struct journal_message *message);
/**
 * What was said in this run, is not in `seen` and is not below `uidnext` (0: not told) was never given. *ahead, a known UID is not below it,
 * becomes false where that was all. *lied, one is wrong: becomes true if there was any.
 */
MUST_CHECK bool said_uid_never_given(struct run *run, struct said_ops *ops, int64_t mailbox, uint32_t uidnext,
                                     const struct id_set *seen, bool *ahead, bool *lied);

#endif
