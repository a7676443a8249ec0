/* The only room that changes mail, on the server and in the Maildir: it carries out what the agenda says. */
#ifndef SYNC_APPLY_APPLY_H
#define SYNC_APPLY_APPLY_H

#include "sync/run/run.h"

bool mailboxes_create(struct run *run); /* mailboxes made on the other side */
bool apply_agreed(struct run *run, struct agenda *agenda);
bool apply_downloads(struct run *run, struct agenda *agenda);
bool apply_uploads(struct run *run, struct agenda *agenda);
bool apply_flags_there(struct run *run, struct agenda *agenda);
bool apply_flags_here(struct run *run, struct agenda *agenda);
bool apply_moves_there(struct run *run, struct agenda *agenda);
bool apply_moves_here(struct run *run, struct agenda *agenda);
bool apply_removals_here(struct run *run, struct agenda *agenda);
/** The bytes of what was replaced there are in the quarantine, or its removal is dropped. */
bool apply_keep_there(struct run *run, struct agenda *agenda);
bool apply_removals_there(struct run *run, struct agenda *agenda);
bool close_pending(struct run *run); /* pending rows whose reason is gone */
bool close_quarantine(struct run *run);
bool close_gmail(struct run *run); /* what Gmail calls messages that are gone */
/** The run is partial, and nobody has said why: a line for each mailbox in which something waits. */
void close_say_why(struct run *run);
/** Uploads whose bytes the server has in some mailbox: UID COPY. Those it could not copy stay in the agenda as uploads. */
MUST_CHECK bool apply_copies_there(struct run *run, struct agenda *agenda);
/**
 * Folders that were listed whole (mailbox->proven): files whose contents a power cut took go to the quarantine, and are fetched again; after
 * that nothing there is in doubt any more. In no transaction.
 */
MUST_CHECK bool apply_mend(struct run *run);

#endif
