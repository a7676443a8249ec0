/* Which message on the server has the bytes of a file, so that it is copied there and no bytes travel. */
#ifndef SYNC_APPLY_COPIED_FROM_H
#define SYNC_APPLY_COPIED_FROM_H

#include "sync/match/kinship.h"
#include "sync/run/run.h"

/**
 * A row of the account whose message has the bytes of `wanted`, in a mailbox that can be read now; or the bytes that its file had before a mail
 * reader wrote lines of its own into it: what is saved that way keeps its keywords.
 *
 * @param kinship [out] of that file; is_saved: the server's bytes will be others, and the row is to say so (foreign_mark)
 * @param from    [out] that mailbox; NULL: there is none
 */
MUST_CHECK bool copied_from(struct run *run, const struct journal_message *wanted, struct journal_message *source,
                            struct kinship *kinship, struct mailbox **from);

#endif
