/* What uploads, copies and moves to the server share; see apply.h for the calls that the engine makes. */
#ifndef SYNC_APPLY_UP_H
#define SYNC_APPLY_UP_H

#include "sync/run/run.h"

/** May a command whose answer was lost be given up by then? (It may still be running on the server for a while.) */
bool upload_is_settled(const struct journal_op *op, int64_t now);
/**
 * Give a row the UID that the server said; where another file of the same bytes stands for that UID already, the row becomes its alias.
 *
 * @param uid  in: what the server said; out: 0 where it can't be true, and the row is to be found by content
 */
MUST_CHECK bool upload_take_uid(struct run *run, struct journal_message *message, uint32_t *uid, bool *alias);
/** Uploads whose bytes the server has in some mailbox: UID COPY. Those it could not copy stay in the agenda as uploads. */
MUST_CHECK bool apply_copies_there(struct run *run, struct agenda *agenda, bool *did);

#endif
