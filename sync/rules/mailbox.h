/*
 * What becomes of a mailbox: a pure function of what is there, what is here and what the journal knew. No I/O, no clock, no store: who calls
 * it loads what it asks for, and does what it answers.
 */
#ifndef SYNC_MAILBOX_H
#define SYNC_MAILBOX_H

#include "store/base/mailbox_state.h"
#include "sync/rules/policy.h"

enum mailbox_side { SIDE_HERE, SIDE_THERE };

struct mailbox_sight { /* one mailbox in the survey */
    enum mailbox_state
        was;    /* as the journal has it; of one that it does not know: where it was met, NEW_LOCAL or NEW_REMOTE */
    bool known; /* the journal has a row of it */
    bool there, here; /* the list of the server names it; its folder stands in the Maildir */
    bool chosen;      /* by the patterns */
    bool restored;    /* the Maildir is older than the journal */
};

enum mailbox_turn {
    TURN_NONE,       /* as it was */
    TURN_MET,        /* on both sides for the first time: paired by content */
    TURN_BACK,       /* it was gone on one side, and is on both again */
    TURN_GONE,       /* on the side that the state says, from now on or since long */
    TURN_MADE_AGAIN, /* its folder is not in the Maildir that was restored: it is made again */
    TURN_LEFT_OUT,   /* out of the patterns, and the journal knew it */
    TURN_OVER,       /* on neither side */
};

struct mailbox_next {
    enum mailbox_turn turn;
    enum mailbox_state state; /* from now on */
    bool forget; /* its rows: what a file, or a UID, that is missing was before must not count as a removal */
};

/**
 * CORRECTNESS: a mailbox that is on one side alone is made on the other only if it never was there; gone, it is left alone, and nothing in it
 * is removed; once it is back no row of it counts for a removal.
 */
struct mailbox_next mailbox_next(const struct mailbox_sight *sight);

#endif
