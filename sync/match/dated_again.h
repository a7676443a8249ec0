/*
 * Rows of messages that golub never had a file of, and whose UIDs are not valid any more: what the user, or the program that kept this tree, set
 * apart (FACT_APART), and removals that wait of which nobody could read the header (held_again.h finds the others). Sizes and dates say under which
 * UIDs their messages may stand now; headers, where any is known, which of them it is.
 */
#ifndef SYNC_MATCH_DATED_AGAIN_H
#define SYNC_MATCH_DATED_AGAIN_H

#include "sync/run/run.h"

/**
 * Of equal size and date, as multisets. A row whose header is known is found by that alone. One without is found by size and date where no other
 * message may be meant: none is where more UIDs than rows are left, since one of them is another message, and a removal only where it is one of
 * each. Other rows that lost their UIDs count: what is one of theirs is not set apart in its place. Nothing is fetched but headers, of UIDs that
 * have size and date of a row whose header is known. Inside a transaction.
 *
 * @param index     of the mailbox
 * @param removals  those, too: after all files have met their UIDs
 * @return false: run->err
 */
MUST_CHECK bool dated_again_join(struct run *run, uint32_t index, bool removals);

#endif
