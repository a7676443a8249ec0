/*
 * The numbers of a mailbox do not mean any more what they meant: its UIDVALIDITY changed, its UIDNEXT or its MODSEQ went back, a known UID is another
 * message. It is unpaired (MAILBOX_REPAIR) and paired again by content, or its rows are believed less; nothing is removed. For remote.c
 * alone, which asks the server; but for repair_unpair.
 */
#ifndef SYNC_OBSERVE_REPAIR_H
#define SYNC_OBSERVE_REPAIR_H

#include "sync/observe/gone.h"

#define REPAIR_WENT_BACK "the server went back in time: both sides are paired again by content, nothing is deleted"
#define REPAIR_IS_ANOTHER                                                                                              \
    "a UID is another message than it was: both sides are paired again by content, nothing is deleted"

/**
 * Unpair it, and list all of it in the next look. In the transaction of the listing.
 *
 * @param back  it tells that the server went back in time: other mailboxes may have, too
 * @param why   what is said of it, once a run
 */
MUST_CHECK bool repair_begin(struct run *run, struct sight *sight, bool back, const char *why);
/**
 * The UIDs are not valid any more: rows keep what they know, and are found again by content (sync/rows/missing.h). The cursor is the caller's. In a transaction.
 *
 * @param past  the server shows the past, under the UIDVALIDITY that it had
 */
MUST_CHECK bool repair_unpair(struct run *run, struct mailbox *mailbox, bool past);
/** Its change numbers went back, and UIDNEXT did not: what it shows as it was is that, and all that was given before, too. */
MUST_CHECK bool repair_doubt(struct run *run, struct sight *sight);
/**
 * Is UIDNEXT not above the highest UID that is known? A run that was killed after an APPEND knows a UID that is above its cursor. Once a listing
 * has shown that UID, a UIDNEXT that is not above it proves nothing: some servers' UIDNEXT lags behind.
 *
 * @param ahead  [out] it is not, and that UID was sent and never shown
 */
MUST_CHECK bool repair_is_ahead(struct run *run, const struct sight *sight, const struct said_ops *said, bool *ahead);
/**
 * A UID that is known here is not below the UIDNEXT that STATUS says, and no such UID is shown. So that number does not lag behind: the server
 * has not given these UIDs yet, it went back. STATUS is asked only where SELECT can't tell: where it says no UIDNEXT (Courier), and where the
 * last listing did not add up, since our cursor then stayed below messages that came all the same.
 */
bool repair_is_given_back(const struct sight *sight);

#endif
