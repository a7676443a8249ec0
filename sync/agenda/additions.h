/* Additions that wait for the user's word: messages that a server perhaps has, or will have, without golub seeing it. */
#ifndef SYNC_AGENDA_ADDITIONS_H
#define SYNC_AGENDA_ADDITIONS_H

#include "sync/base/ids.h"
#include "sync/run/run.h"

/**
 * Before the run does anything: write down which held additions --confirm-additions or --reject-additions is about. What is held later,
 * in this run too, is none of them.
 * @return false: also where there is no such list (ERROR_CONFIG)
 */
MUST_CHECK bool additions_take_word(struct run *run);
/** Did the user confirm or reject this addition? run->options says which of the two. */
bool additions_have_word(const struct run *run, int64_t message);
struct additions_why {
    const char *reason;  /* a word: as in the journal's lists */
    const char *note;    /* for people, beside the mailbox */
    const char *pending; /* for `status`, beside each message */
    uint64_t of;         /* messages that they are some of */
    bool both;           /* they would go both ways */
};

/** Hold these uploads and downloads of one mailbox as one list; inside a transaction. */
MUST_CHECK bool additions_hold(struct run *run, struct mailbox *mailbox, struct todo *const *todos, size_t count,
                               const struct additions_why *why);
/**
 * What the configuration keeps back is no question yet: these will be one, for this reason, should it be let go one day. Nobody is told, nothing is
 * held in this run. Inside a transaction.
 */
MUST_CHECK bool additions_keep(struct run *run, struct todo *const *todos, size_t count, const char *reason);
/** *kept: an earlier run kept this row so, or held it, for this reason. */
MUST_CHECK bool additions_kept(struct run *run, int64_t message, const char *reason, bool *kept);
/** The user said that it is to stay on its side alone: `message` is its row, which is saved. Inside a transaction. */
MUST_CHECK bool additions_set_apart(struct run *run, struct journal_message *message);

#endif
