/* Removals of an agenda, on either side: which of them are carried out in this run, and what is done on the server. */
#ifndef SYNC_APPLY_REMOVALS_H
#define SYNC_APPLY_REMOVALS_H

#include "sync/agenda/hold.h"
#include "sync/apply/apply.h"

/** Is it one that this run may carry out? */
bool removal_is_due(const struct run *run, const struct todo *todo, enum mailbox_side side);
/** May anything be removed on this side in this run? If not, and something would be, the reason is told to who asks for it. */
bool removals_may_go(struct run *run, const struct agenda *agenda, enum mailbox_side side);

/* ---- there: what moves into the \Trash is verified, recorded and said as what is expunged ---- */

struct expunging {
    struct run *run;
    struct todo **todos; /* by mailbox and UID, as in the agenda */
    struct remote_change *requests;
    size_t *first;
    uint32_t *uids;
    size_t todo_count, count; /* of requests */
    struct journal_message message;
};

/** Room for all of an agenda. @return false: run->err */
MUST_CHECK bool expunging_begin(struct expunging *expunging, struct run *run, const struct agenda *agenda,
                                struct arena *arena);
/** One more of them, in the order of the agenda. */
void expunging_add(struct expunging *expunging, struct todo *todo);
/** An intent for each that has none. Outside a transaction. @param unmarks  \Deleted is taken off them before they go (unfinished.h) */
MUST_CHECK bool expunging_intend(struct expunging *expunging, bool unmarks);
typedef bool expunging_way(void *remote, const struct remote_change *changes, size_t count,
                           const struct remote_changer *to, void *context, struct error *err);
/** All of them, by one of the server's operations; what is answered is committed. */
MUST_CHECK bool expunging_ask(struct expunging *expunging, expunging_way *way, const struct remote_changer *changer);
/** Is it still the message, unchanged? For struct remote_changer; `context` is a struct expunging. */
bool expunging_verify(void *context, size_t index, size_t item, const struct remote_message *now);
/** What became of it. Likewise; in a transaction. */
bool expunging_done(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome);
/** Its \Deleted was taken off for the sake of the removal, and is not set again: nobody took it off. Likewise. */
MUST_CHECK bool expunging_unmarked(struct run *run, struct journal_message *message);

#endif
