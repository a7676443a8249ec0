/*
 * What the server made of a message that golub sent: it said under which UID it has it, and lists as many bytes. Where its header is another one all
 * the same, the server wrote it anew (a date in another zone), or the UID is another message by now.
 */
#ifndef SYNC_MATCH_SENT_BYTES_H
#define SYNC_MATCH_SENT_BYTES_H

#include "sync/match/probe.h"

/**
 * Is the body that came that of a file here: the row's own, one of the same bytes, or one that is new in the agenda? Its header is to be kin, or to name
 * the same message. Then the row is one in other bytes (FACT_FOREIGN), of which the server's are known, and what was to be done waits for the
 * next pass. Not inside a transaction.
 *
 * @param probe  of the body, with its kinship
 */
MUST_CHECK bool sent_bytes_take(struct run *run, const struct agenda *agenda, const struct journal_message *message,
                                const struct probe *probe, bool *is);

#endif
