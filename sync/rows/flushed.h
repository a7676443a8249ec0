/* fsync = false and a power cut: what golub wrote and nobody flushed may be gone after it. See flushed.c. */
#ifndef SYNC_ROWS_FLUSHED_H
#define SYNC_ROWS_FLUSHED_H

#include "sync/run/run.h"

/** Before anything is listed: what an earlier run of this boot wrote is flushed; what one of another boot wrote is remembered. */
MUST_CHECK bool flushed_begin(struct run *run);
/**
 * Inside the transaction that stores where this message's file is: golub has given it its name a moment ago.
 * @param undeleted  it took \Deleted off with that
 */
MUST_CHECK bool flushed_note(struct run *run, struct mailbox *mailbox, int64_t message, bool undeleted);
/** A file that is not there: may a power cut have taken it? */
bool flushed_is_doubtful(const struct run *run, int64_t message);
/** What a file shows that a power cut may have given an old name: what it lacks is not taken off, and a \Deleted that golub
 *  took off is not set, by anybody. */
void flushed_doubt_flags(const struct run *run, struct journal_message *message);

#endif
