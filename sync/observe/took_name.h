/*
 * A mailbox whose folder was renamed here, and that is in the server's list under that name already: golub's own RENAME was carried out and its answer
 * lost, or somebody did the same there. Asked before the list is compared with what the journal knows of names.
 */
#ifndef SYNC_OBSERVE_TOOK_NAME_H
#define SYNC_OBSERVE_TOOK_NAME_H

#include "sync/observe/renamed.h"

/** Those get the names that they have there. One that is another mailbox by now is paired with it anew, and nothing of it counts as removed. */
MUST_CHECK bool took_name_find(struct run *run, const struct renamed_item *items, size_t count);

#endif
