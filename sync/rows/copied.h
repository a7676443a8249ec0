/*
 * Copies that golub had made on the server: the flags that their sources had at that moment, which nobody sees; and which row is the copy of one
 * that is to go.
 */
#ifndef SYNC_ROWS_COPIED_H
#define SYNC_ROWS_COPIED_H

#include "sync/run/run.h"

/**
 * Was the source of this COPY without \Deleted when it was copied? Only a look at it after that tells: another client may have marked it a moment
 * before, and then its copy is marked without anybody's wish.
 *
 * @param looked  its mailbox was listed in this run after the COPY; else this is known from an earlier run's
 */
MUST_CHECK bool copied_unmarked(struct run *run, const struct journal_op *op, bool looked, bool *unmarked);
/** Of what golub never had a file of (FACT_ADOPTED) the bytes of its copy are those by which that is known from here on. */
static inline void
copied_know(struct journal_message *source, const struct journal_message *copy)
{
    if (source->has_wire || (source->facts & FACT_ADOPTED) == 0)
        return;
    source->has_wire = copy->has_wire;
    memcpy(source->wire, copy->wire, DIGEST_SIZE);
}
/** The copy of an intent without an answer was found: what was copied is to go for it from here on. Inside a transaction. */
MUST_CHECK bool copied_found(struct run *run, const struct journal_op *op, int64_t copy);
/** What is a copy moves on to another row: what was copied, and is still to go, refers to that one. Inside a transaction. */
MUST_CHECK bool copied_on(struct run *run, int64_t from, int64_t to);
/**
 * Where is the copy of what is to go for it (FACT_MOVED) by now?
 *
 * @param copy   [out] its row; one that has no copy of its own, if it was copied in turn
 * @param known  [out] false: the journal does not say, or its row is gone, and *copy is not filled in
 */
MUST_CHECK bool copied_to(struct run *run, const struct journal_message *source, struct journal_message *copy,
                          bool *known);

#endif
