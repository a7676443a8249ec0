/* A mailbox whose folder is gone here, and out of which messages follow on the server to where their files are (mailbox->moved_out): sync/agenda/gone_folder.h. */
#ifndef SYNC_ROWS_MOVED_OUT_H
#define SYNC_ROWS_MOVED_OUT_H

#include "sync/run/run.h"

/** Is it on the server, and its folder not here? */
bool moved_out_is_gone(const struct mailbox *mailbox);
/** From here on messages follow out of it. It is looked at on the server before that; a dry run goes by what is known. */
void moved_out_look(const struct run *run, struct mailbox *mailbox);
/** Was it, or is nothing done in it in this run? */
bool moved_out_is_seen(const struct run *run, const struct mailbox *mailbox);
/** Before what stood there is moved: its folder told nothing of it, and its file is gone. Inside a transaction. */
MUST_CHECK bool moved_out_note(struct run *run, const struct mailbox *mailbox, struct journal_message *message);
/** Is this row of such a mailbox the rest of a move, which goes now? */
bool moved_out_is_rest(const struct run *run, struct mailbox *mailbox, const struct journal_message *message);

#endif
