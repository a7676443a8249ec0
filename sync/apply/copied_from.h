/* Which message on the server has the bytes of a file, so that it is copied there and no bytes travel. */
#ifndef SYNC_APPLY_COPIED_FROM_H
#define SYNC_APPLY_COPIED_FROM_H

#include "sync/match/kinship.h"
#include "sync/run/run.h"

/**
 * Is what is due here, an upload, to be a copy of a row of the account whose message has the bytes of the file, in a mailbox that can be read now; or
 * the bytes that the file had before a mail reader wrote lines of its own into it: what is saved that way keeps its keywords.
 *
 * @param wanted  [out] the file's row, where it is an upload
 * @param kinship [out] of that file; is_saved: the server's bytes will be others, and the row is to say so (foreign_mark)
 * @param from    [out] that mailbox; NULL: it is no upload, or there is none
 */
MUST_CHECK bool copied_instead(struct run *run, const struct todo *todo, struct journal_message *wanted,
                               struct journal_message *source, struct kinship *kinship, struct mailbox **from);
/** A dry run: which uploads will be such copies, as far as that is known before anything is fetched? They are marked. */
MUST_CHECK bool copied_foresee(struct run *run, struct agenda *agenda);

#endif
