/* Before anything destructive goes to the server on a pair that rests on its header alone, its body is read. */
#ifndef SYNC_MATCH_PROOF_H
#define SYNC_MATCH_PROOF_H

#include "sync/run/run.h"

/**
 * What would get \Deleted, or be removed, there: the body must be the file's. Where it is not they are two messages, and both stay.
 * Of what would be removed there also where its bytes are in another file here.
 *
 * @param removals  judge those; else only what would get \Deleted. run->replan where pairs came apart
 */
MUST_CHECK bool proof_read(struct run *run, struct agenda *agenda, bool removals);

#endif
