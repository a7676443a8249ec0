/*
 * Both sides renamed mailboxes, and the wishes contradict each other. The server's list counts, since others see it: where a mailbox has a name there that
 * the folder of another one got here, that folder gets back the name that its own mailbox has; and so on, where that is the path of a third one. All other
 * wishes are carried out (apply/rename_there.h).
 */
#ifndef SYNC_OBSERVE_WISHES_H
#define SYNC_OBSERVE_WISHES_H

#include "sync/observe/renamed.h"

/** Once it is known which rows have other names there, and before they get these. In the journal too. */
MUST_CHECK bool wishes_settle(struct run *run, const struct renamed_item *items, size_t count);

#endif
