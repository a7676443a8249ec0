/* A file that has other bytes than its row knows, under its own name: another program may have written lines of its own into it. */
#ifndef SYNC_MATCH_IN_PLACE_H
#define SYNC_MATCH_IN_PLACE_H

#include "sync/run/run.h"

/**
 * Is the file the row's message still, but for such lines (kinship_was)? Then the row has the file's bytes from here on, beside the server's
 * (FACT_FOREIGN). Or has a file with such lines other ones now, or lost them (foreign_take_own)? In both cases it is saved in a transaction of its own. Not inside one.
 *
 * @param same [out] false: it is not, or could not be read
 */
MUST_CHECK bool in_place_take(struct run *run, struct mailbox *mailbox, struct journal_message *message, bool *same);

#endif
