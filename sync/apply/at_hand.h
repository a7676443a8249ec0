/* At Gmail a message stands in several mailboxes. Where its bytes are here already, under another label, they need not travel once more. */
#ifndef SYNC_APPLY_AT_HAND_H
#define SYNC_APPLY_AT_HAND_H

#include "sync/apply/downloading.h"

/** Of a message that is asked for under several labels the first one comes; the others are down->later. */
MUST_CHECK bool at_hand_set_apart(struct downloading *down);
/**
 * Those whose bytes are here are copied; what is left of down->asked is to be fetched. Rows of what came before are written first: they say what is
 * here. Outside a transaction.
 */
MUST_CHECK bool at_hand_take(struct downloading *down);

#endif
