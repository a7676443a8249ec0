/*
 * A folder that was renamed here to a name that is a parent's on the server, and no mailbox's: no RENAME can give it to another one. So the folder is a new
 * mailbox's, which CREATE makes of that parent; what stood in the old one follows, as out of a folder that is gone (agenda/gone_folder.h).
 */
#ifndef SYNC_APPLY_RENAMED_APART_H
#define SYNC_APPLY_RENAMED_APART_H

#include "sync/run/run.h"

/** Is the path of its own name free? */
bool renamed_apart_may_be(struct run *run, const struct mailbox *mailbox);
/** Those that are `apart`, before mailboxes are made. Places in the array may be others after this. */
MUST_CHECK bool renamed_apart(struct run *run);

#endif
