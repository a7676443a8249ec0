/* Does another mailbox bear this name on the server now? Its UIDVALIDITY went along with it. */
#ifndef SYNC_OBSERVE_RENAMED_THERE_H
#define SYNC_OBSERVE_RENAMED_THERE_H

#include "sync/run/run.h"

/**
 * Was another mailbox perhaps renamed to this name? A UIDVALIDITY stays with a mailbox that is renamed; but servers
 * that take it from the clock give the same one to all mailboxes that are made in one second.
 */
bool renamed_there_perhaps(struct run *run, const struct mailbox *mailbox, const struct remote_selected *selected);
/**
 * Another mailbox had this UIDVALIDITY and does not have it any more: it was renamed to this name, and the server did
 * not go back.
 */
bool renamed_there_was(struct run *run, const struct mailbox *mailbox, uint32_t uidvalidity);
/** Has another mailbox got its name since the mailboxes were listed, as SELECT says? Then nothing that is shown under it is its own. */
bool renamed_there_since(struct run *run, struct mailbox *mailbox, const struct remote_selected *selected);

#endif
