/*
 * What comes down in the Trash may be a message that was removed here before, since it was gone from where it stood: its bytes are in the
 * quarantine then.
 */
#ifndef SYNC_APPLY_QUARANTINED_BYTES_H
#define SYNC_APPLY_QUARANTINED_BYTES_H

#include "sync/apply/downloading.h"

/**
 * Those are copied from there instead of fetched, where size, date and header say that they are it, and the header is one that one message alone
 * has (Received, Message-ID). A turn for the headers, only where there is one of that size and date. The pair rests on its header. What is left of
 * down->asked is to be fetched. Outside a transaction.
 */
MUST_CHECK bool quarantined_bytes_take(struct downloading *down);

#endif
