/* Removals that wait for the user's word, as the journal has them. agenda/hold.c decides which do. */
#ifndef SYNC_ROWS_HELD_H
#define SYNC_ROWS_HELD_H

#include "sync/run/run.h"

struct held_reason {
    const char *word; /* the reason in the journal and in JSON: never renamed */
    const char *why;  /* why one removal waits, in `status` */
    const char *note; /* why a list is held, for people; "": the usual reason */
};

extern const struct held_reason held_reasons[HOLD_REASONS];
/**
 * The list and the reason of a removal that the user released and the other side refused: the guard does not judge it
 * again.
 */
extern const char held_let_go[];

/** How `pending` calls such a removal (its `detail`). */
const char *held_word(bool here);
/**
 * The reason that its removal was held for by an earlier run or pass; HOLD_NOT: it was not, or the user let it go (*word) and the server
 * refused it. It stands on its lists as long as it is to be removed, whatever else kept it back since: the configuration of a run, a
 * mailbox that it left alone.
 */
MUST_CHECK bool held_before(struct run *run, const struct mailbox *mailbox, int64_t message, bool here,
                            enum hold_reason *reason, bool *word);
/** The file is here again: a confirmation that was given does not count for a later removal. Inside a transaction. */
MUST_CHECK bool held_end_word(struct run *run, const struct mailbox *mailbox, int64_t message);

/**
 * Is a file that is missing here perhaps neither removed nor moved by anybody? Its folder was copied or restored since the last run, or its
 * removal is held since that was so.
 * @param mailbox  its index
 */
MUST_CHECK bool held_is_doubted(struct run *run, uint32_t mailbox, int64_t message, bool *doubted);

#endif
