/* Keywords as the server shows them: what a mailbox keeps of them, and what becomes of those of a message that is known. */
#ifndef SYNC_OBSERVE_KEYWORDS_THERE_H
#define SYNC_OBSERVE_KEYWORDS_THERE_H

#include "sync/run/run.h"

/** Which keywords a mailbox keeps, as its SELECT says. */
MUST_CHECK bool keywords_there_selected(struct run *run, struct mailbox *mailbox,
                                        const struct remote_selected *selected);
/**
 * Has it more than golub keeps of a message? Then nobody can tell which are missing, and those that it is known to have stay as they are. It is said once
 * a run.
 */
bool keywords_there_cut(struct run *run, struct mailbox *mailbox, const struct remote_message *seen);
/**
 * The row's keywords become what the server shows. Where another client set one of two that exclude each other, and this side the other one since both were
 * last the same, the server's stays. Inside a transaction.
 * @param first  the message was brought there, and is seen for the first time
 */
MUST_CHECK bool keywords_there_take(struct run *run, struct journal_message *message, const char *shown, bool first);

#endif
