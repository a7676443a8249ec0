/*
 * The mass-removal guard. Pure: counts in, verdict out. The caller decides what counts: moves do not, nor what is
 * released; what is held already does.
 */
#ifndef SYNC_RULES_GUARD_H
#define SYNC_RULES_GUARD_H

#include "sync/rules/policy.h"

#define GUARD_MAILBOX_MIN 20  /* removals of one mailbox that never need a word */
#define GUARD_ACCOUNT_MIN 100 /* removals of an account that never need a word */
#define GUARD_EMPTIED_MIN 10  /* a mailbox of this many messages must not become empty without a word */

struct guard_count {
    uint64_t removals; /* judged: planned now, on one side, or gone in this run; moves and released ones left out */
    uint64_t messages; /* that the side had before them */
    bool may_be_empty; /* \Trash and \Junk are emptied every day */
};

/** Must this mailbox's removals be held? */
bool guard_holds_mailbox(const struct guard_count *count, const struct policy *policy);
/** Must all the account's removals be held? */
bool guard_holds_account(const struct guard_count *count, const struct policy *policy);

#endif
