/* A mailbox that is gone on the server is made there again where a person confirmed that mail is to be added to it. */
#ifndef SYNC_APPLY_MADE_AGAIN_H
#define SYNC_APPLY_MADE_AGAIN_H

#include "sync/run/run.h"

/**
 * Before mailboxes are made: which of those that are gone there hold an addition that has its word (`wanted_there`)? What keeps one from being made is said, and
 * the question stays (sync/agenda/unpaired.c).
 */
MUST_CHECK bool made_again_find(struct run *run);
/** It is there again: nothing in it counts as removed, and it is paired by content. Inside a transaction. */
MUST_CHECK bool made_again_return(struct run *run, struct mailbox *mailbox);

#endif
