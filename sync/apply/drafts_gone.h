/* A draft that was edited under a new name: what its old file leaves on the server is no message that a person deleted. */
#ifndef SYNC_APPLY_DRAFTS_GONE_H
#define SYNC_APPLY_DRAFTS_GONE_H

#include "sync/run/run.h"

/**
 * Of what is removed in \Drafts, that of which a file with its Message-ID came later is an old version (todo->replaced); until that one is on the
 * server its removal is dropped. Headers are read for that, a turn, and only where something is removed there. Outside a transaction.
 */
MUST_CHECK bool drafts_gone_judge(struct run *run, struct agenda *agenda);

#endif
