/* A mailbox that is gone on the server is made there again where a person says that mail is to be in it: additions were confirmed, or its removal was rejected. */
#ifndef SYNC_APPLY_MADE_AGAIN_H
#define SYNC_APPLY_MADE_AGAIN_H

#include "sync/run/run.h"

/**
 * Before mailboxes are made: which of those that are gone there hold an addition that has its word, or a removal that was rejected (`wanted_there`)? What keeps
 * one from being made is said, and the question stays (sync/agenda/unpaired.c, hold.c). But for a rejected removal where `push` keeps it back: it stays here.
 */
MUST_CHECK bool made_again_find(struct run *run);
/** It is there again: nothing in it counts as removed, and it is paired by content. What nobody removed goes up without another question. Inside a transaction. */
MUST_CHECK bool made_again_return(struct run *run, struct mailbox *mailbox);

#endif
