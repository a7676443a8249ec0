/*
 * Where a server takes equal messages for one, several files stand for one UID: one row holds it, the others are its
 * aliases. What happens to the UID on the server happens to all of them; here each file can change or be removed by
 * itself.
 */
#ifndef SYNC_ROWS_ALIAS_H
#define SYNC_ROWS_ALIAS_H

#include "sync/run/run.h"

/** The UID is gone there: each alias is a file whose UID is gone. Inside a transaction. */
MUST_CHECK bool alias_lose_uid(struct run *run, const struct journal_message *holder);
/**
 * The file that holds the UID is not that message any more: the next one stands for it, and nothing is removed there. Inside a transaction.
 *
 * @param becomes  what the holder's row is from now on, without that UID; saved only if there is an heir. NULL: the row is deleted
 * @param done     [out] there was one
 */
MUST_CHECK bool alias_hand_over(struct run *run, const struct journal_message *holder, struct journal_message *becomes,
                                bool *done);
/**
 * Give a row the UID that the server said; where another file of the same bytes stands for that UID already, the row becomes its alias.
 *
 * @param uid  in: what the server said; out: 0 where it can't be true, and the row is to be found by content
 */
MUST_CHECK bool alias_take_uid(struct run *run, struct journal_message *message, uint32_t *uid, bool *alias);

#endif
