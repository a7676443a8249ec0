/* Pairs whose bytes differ: copies that a mail program made with lines of its own, and messages that a server rewrote. */
#ifndef SYNC_MATCH_RELATED_H
#define SYNC_MATCH_RELATED_H

#include "sync/match/meeting.h"

/**
 * Of what is left when equal bytes were paired: first headers that are kin (store/base/kin.h), then, outside of \Drafts, the same message under
 * another header (kinship.h). A body is read only where the headers do not suffice. Inside a transaction.
 */
MUST_CHECK bool related_join(struct meeting *meeting);
/** May this file be that message, whose body could not be read? */
bool related_may_be(const struct half *file, const struct half *uid);

#endif
