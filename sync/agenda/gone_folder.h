/*
 * A mailbox whose folder is gone here stays on the server as it is; but a message whose file stands in another folder now has moved there, and is no new
 * mail: its UID follows. Which it may have been is looked for among its rows as soon as a new file has the bytes of one; the mailbox is looked at
 * on the server before that, and nothing else is done in it (mailbox->moved_out).
 */
#ifndef SYNC_AGENDA_GONE_FOLDER_H
#define SYNC_AGENDA_GONE_FOLDER_H

#include "sync/run/run.h"

/** What may be the sources of new files, beside what vanished from folders that are there. *any: there are some. Outside a transaction. */
MUST_CHECK bool gone_folder_add(struct run *run, struct agenda *agenda, bool *any);
#endif
