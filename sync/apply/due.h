/* Which downloads are asked for, and in which order: the newest mail first, and what a server refused before behind all others. */
#ifndef SYNC_APPLY_DUE_H
#define SYNC_APPLY_DUE_H

#include "sync/agenda/fresh.h"

struct due {
    struct todo **todos; /* the piece that is asked for now */
    size_t count;        /* of it; 0: nothing is left */
    /* of all pieces, as far as it is known before they come; what is not asked for after all is among them */
    uint64_t messages;
    uint64_t most;  /* never more than that */
    uint64_t bytes; /* that are still to be asked for: the caller counts them down */
    uint64_t room;  /* where each counts as ROOM_MOST at most */

    /* due.c's own */
    struct run *run;
    struct agenda *agenda;
    size_t size;
    struct agenda piece;
    struct fresh_walk walk;
    uint64_t chosen, chosen_bytes, before, before_bytes;
    bool walked, over;
    uint32_t written; /* one more than the mailbox whose folder was last found to be writable */
};

/** How much is to come, which the run's progress counts, too. due_free is allowed in any case. */
MUST_CHECK bool due_begin(struct due *due, struct run *run, struct agenda *agenda);
/** The next piece; the one before it is forgotten. Outside of a transaction. */
MUST_CHECK bool due_next(struct due *due);
/** What due_begin got. Nothing of the agenda. */
void due_free(struct due *due);

/** Sizes are what servers say, and may add up to more than a number holds: a sum stays at its end then. */
static inline uint64_t
due_sum(uint64_t bytes, uint64_t more)
{
    return more < UINT64_MAX - bytes ? bytes + more : UINT64_MAX;
}

#endif
