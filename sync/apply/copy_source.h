/* Of which message on the server a new file is a copy, so that the server can copy it (UID COPY) and nothing travels. */
#ifndef SYNC_APPLY_COPY_SOURCE_H
#define SYNC_APPLY_COPY_SOURCE_H

#include "sync/match/kinship.h"
#include "sync/run/run.h"

/**
 * A row of the account that has the bytes of this file on the server, in a mailbox that can be read now; or the bytes that it had before a
 * mail reader wrote lines of its own into it: what is saved that way keeps its keywords.
 *
 * @param kinship [out]  of the file, for copy_source_mark
 * @param from    [out]  NULL: there is none
 */
MUST_CHECK bool copy_source_find(struct run *run, const struct journal_message *wanted, struct kinship *kinship,
                                 struct journal_message *source, struct mailbox **from);
/** Before the copy is made: where the file has such lines, the row says that the server's bytes will be others. */
MUST_CHECK bool copy_source_mark(struct run *run, struct journal_message *wanted, const struct kinship *kinship,
                                 const struct journal_message *source);

#endif
