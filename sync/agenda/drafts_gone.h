/* A draft that was edited under a new name, here or in another folder: what its old file leaves on the server is no message that a person deleted. */
#ifndef SYNC_AGENDA_DRAFTS_GONE_H
#define SYNC_AGENDA_DRAFTS_GONE_H

#include "sync/run/run.h"

/**
 * Where removals go to the Trash: what is removed in \Drafts is an old version (FACT_REPLACED), as one that was saved again under its name, where a new file
 * with its Message-ID stands in its folder, or came into another one in the same moment: planned anew. Headers are read for that, a turn, and only where
 * a draft is removed and something is new. After agenda_moves, outside a transaction.
 */
MUST_CHECK bool agenda_drafts_gone(struct run *run, struct agenda *agenda);

#endif
