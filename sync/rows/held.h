/* Removals that wait for the user's word, as the journal has them. agenda/hold.c decides which do. */
#ifndef SYNC_ROWS_HELD_H
#define SYNC_ROWS_HELD_H

#include "sync/run/run.h"

struct held_reason {
    const char *word; /* in the journal and in JSON: never renamed */
    const char *why;  /* of one removal, in `status` */
    const char *note; /* of a list, for people; "" */
};

extern const struct held_reason held_reasons[HOLD_REASONS];
/** List and reason, among what is held, of a removal that the user let go and the other side refused: it is not judged again. */
extern const char held_let_go[];

/** The word for such a removal, in `pending`. */
const char *held_word(bool here);
/**
 * The reason that its removal was held for by an earlier run or pass; HOLD_NOT: it was not, or the user let it go (*word) and the server
 * refused it. It stands on its lists as long as it is to be removed, whatever else kept it back since: the configuration of a run, a
 * mailbox that it left alone.
 */
MUST_CHECK bool held_before(struct run *run, const struct mailbox *mailbox, int64_t message, bool here,
                            enum hold_reason *reason, bool *word);
/** The file is here again: no word holds for a later removal. Inside a transaction. */
MUST_CHECK bool held_end_word(struct run *run, const struct mailbox *mailbox, int64_t message);

/**
 * Is a file that is missing here perhaps neither removed nor moved by anybody? Its folder was copied or restored since the last run, or its
 * removal is held since that was so.
 * @param mailbox  its index
 */
MUST_CHECK bool held_is_doubted(struct run *run, uint32_t mailbox, int64_t message, bool *doubted);

#endif
