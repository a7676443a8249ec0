/* Folders of the Maildir that can't be entered: nobody knows what is in them, or below them, and nothing of that counts as gone. */
#ifndef SYNC_OBSERVE_CLOSED_H
#define SYNC_OBSERVE_CLOSED_H

#include "sync/run/run.h"

/** Can this folder, or one above it, not be entered? @param err  [out] filled in if so */
bool closed_is(struct run *run, const char *folder, struct error *err);
/** The same of one that no mailbox is known by: it is said, and left alone. @param name  that its mailbox would have */
bool closed_is_strange(struct run *run, const char *name, const char *folder);
/** After the folders were walked over: mailboxes whose folders stand below a closed one are here. */
void closed_see(struct run *run);

#endif
