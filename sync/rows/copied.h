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
/** What is a copy, or a new version, moves on to another row: what was before it, and is still to go, refers to that one. Inside a transaction. */
MUST_CHECK bool copied_on(struct run *run, int64_t from, int64_t to);
/**
 * Its file is the other row's now, in another folder, and nothing may be removed in its old place: what is left there is no deletion, whenever it may go.
 * Where that is known already, it stays so. Inside a transaction.
 */
MUST_CHECK bool copied_left(struct run *run, int64_t from, int64_t to);
/** Its file stands in its old place again. What it had moved to last, and has no file any more, moved back here. Before that is written. */
MUST_CHECK bool copied_back(struct run *run, const struct journal_message *message);
/** The same of all of these, which had moved (FACT_MOVED) and still refer to where, once all folders were looked at. In a transaction. */
MUST_CHECK bool copied_returned(struct run *run, const struct id_set *rows);
/**
 * This row, whose message was there, is about to go. What it was before it was saved again, and is still to go, stays an old version all the same. Inside a
 * transaction.
 * @param trashed  its message went into the Trash, since it was deleted here, or out of it: so did what it was before it moved
 */
MUST_CHECK bool copied_ends(struct run *run, int64_t row, bool trashed);
/** Did the copy of what is to go for it (FACT_MOVED) go into the Trash since? */
static inline bool
copied_is_trashed(const struct journal_message *moved)
{
    return (moved->facts & FACT_MOVED) != 0 && moved->refers_to == moved->id;
}
/**
 * Where is the copy of what is to go for it (FACT_MOVED) by now?
 *
 * @param copy   [out] its row; one that has no copy of its own, if it was copied in turn, or whose copy is in the Trash
 * @param known  [out] false: the journal does not say, or its row is gone, and *copy is not filled in
 */
MUST_CHECK bool copied_to(struct run *run, const struct journal_message *source, struct journal_message *copy,
                          bool *known);

#endif
