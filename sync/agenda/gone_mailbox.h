/* Messages that went out of a mailbox before somebody deleted that on the server: what is new elsewhere there may be one of them. */
#ifndef SYNC_AGENDA_GONE_MAILBOX_H
#define SYNC_AGENDA_GONE_MAILBOX_H

#include "sync/run/run.h"

/** Is it one that is gone on the server, and whose folder stays here? */
bool gone_mailbox_is_left(const struct mailbox *mailbox);
/** Is anything that is new there (journal_fresh) of the size and date of something in such a mailbox, out of which files may follow? */
MUST_CHECK bool gone_mailbox_any_fresh(struct run *run, bool *any);
/**
 * Of a plan, before what vanished there is paired: rows of mailboxes that are gone on the server, and whose folders stay here, are added where a message that is
 * new there has size and date of theirs, as if they vanished there (todo->moved_out). What is new is marked (todo->sought): its header tells.
 */
MUST_CHECK bool gone_mailbox_add(struct run *run, struct agenda *agenda);

#endif
