/*
 * Folders that somebody exchanged here as their mailboxes were exchanged on the server: two of them, or a circle. Each row has the folder of another one
 * as its goal by then. Where the names of its files say that this is its folder already, nothing is to be renamed: that would undo it, and each message
 * would seem to be moved back.
 */
#ifndef SYNC_OBSERVE_FOLLOWED_H
#define SYNC_OBSERVE_FOLLOWED_H

#include "sync/run/run.h"

/** Before folders move to their goals (apply/rename_here.h): rows whose folders stand there get them, in the journal too. Outside of a transaction. */
MUST_CHECK bool followed_find(struct run *run);

#endif
