/*
 * New mail there that nothing else of a plan can have to do with: it is planned piece by piece while it is fetched, so that a first sync of a
 * million messages takes no more memory than one of a thousand.
 */
#ifndef SYNC_AGENDA_FRESH_H
#define SYNC_AGENDA_FRESH_H

#include "sync/agenda/agenda.h"

struct fresh_of {     /* new mail of one mailbox */
    uint32_t mailbox; /* index */
    unsigned turn;    /* its own */
    struct journal_fresh_sum sum;
};
struct fresh_walk {
    struct fresh_of *at; /* the mailboxes that have any; the last one comes first */
    size_t count;
    size_t left;    /* so many of them are not at their end */
    uint64_t below; /* of the last of these so far: UIDs below are left */
};

/** Is this row new mail there, of which nothing is known but that it is there? */
bool fresh_is(const struct journal_message *message);
/**
 * May it be left out of this agenda, which has all else? Only where nothing has come or gone on either side but new mail there and flags, and nothing of
 * it was or may be held, nor is any of it of the size and date of a message whose mailbox is gone there and whose folder is here: then no message of it
 * can be one that moved, or that is here already.
 */
MUST_CHECK bool fresh_stands_apart(struct run *run, const struct agenda *agenda, bool *apart);
/**
 * All of an agenda->fresh_apart, from the last mailbox to the first and from the highest UID to the lowest.
 * @param cap   of what the server says of a message's size, so much counts for sum.capped
 * @param walk  [out] fresh_end is allowed in any case
 */
MUST_CHECK bool fresh_begin(struct run *run, uint64_t cap, struct fresh_walk *walk);
/**
 * The next piece, in the order of an agenda. Outside of a transaction.
 * @param piece  [out] what was in it is freed; count 0: that was all
 */
MUST_CHECK bool fresh_next(struct run *run, struct fresh_walk *walk, struct agenda *piece);
void fresh_end(struct fresh_walk *walk);
/** All of it, where it stands apart from this agenda, piece by piece, in the order of the mailboxes; where nothing is fetched. Outside of a transaction. */
MUST_CHECK bool fresh_each(struct run *run, const struct agenda *agenda,
                           bool (*take)(void *context, struct agenda *piece), void *context);

#endif
