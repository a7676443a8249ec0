/* Messages that are paired although their bytes differ (FACT_FOREIGN): what the row knows of the server's copy goes along with it. */
#ifndef SYNC_ROWS_FOREIGN_H
#define SYNC_ROWS_FOREIGN_H

#include "sync/run/run.h"

/**
 * The message of `from` is `to` as well from now on (moved, copied, or the next file of its UID): the server's bytes are those of from's.
 * Both have rows; saves neither. Inside a transaction.
 */
MUST_CHECK bool foreign_carry(struct run *run, const struct journal_message *from, struct journal_message *to);
/**
 * The file that `to` has, or is about to get, is the message of `from` in other bytes, with this body: what is known of the server's goes along.
 * They may be one row. In a transaction of its own, not inside one.
 */
MUST_CHECK bool foreign_mark(struct run *run, int64_t from, int64_t to, const unsigned char body[static DIGEST_SIZE]);
/** The same, inside a transaction. */
MUST_CHECK bool foreign_note(struct run *run, int64_t from, int64_t to, const unsigned char body[static DIGEST_SIZE]);
/**
 * Is this body, as the server sends it, that of the row's file?
 *
 * @param known [out] whether anybody knows: of a message that a server rewrote only the fields were compared, and it is the message all the same
 */
MUST_CHECK bool foreign_check(struct run *run, const struct journal_message *message,
                              const unsigned char body[static DIGEST_SIZE], bool *same, bool *known);

/**
 * Has the row's file the header and the size of what the server has? Then it is that message in the server's own bytes, whatever it was when the
 * row was written: the row is changed to that; saves nothing.
 */
bool foreign_take_own(struct journal_message *message, const struct digests *digests);

#endif
