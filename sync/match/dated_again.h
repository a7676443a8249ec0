/*
 * Rows of messages that golub never had a file of, and whose UIDs are not valid any more: what the user, or the program that kept this tree, set
 * apart (FACT_APART), and removals that wait of which nobody could read the header (held_again.h finds the others). Sizes and dates say under which
 * UIDs their messages stand now: nothing is fetched for it.
 */
#ifndef SYNC_MATCH_DATED_AGAIN_H
#define SYNC_MATCH_DATED_AGAIN_H

#include "sync/run/run.h"

/**
 * Of equal size and date, as multisets: none is found where more UIDs than rows are equal by these, since one of them is another message; and a
 * removal only where it is one of each. Inside a transaction.
 *
 * @param removals  those, too: after all files have met their UIDs
 * @return false: run->err
 */
MUST_CHECK bool dated_again_join(struct run *run, const struct mailbox *mailbox, bool removals);

#endif
