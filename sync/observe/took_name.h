/*
 * A mailbox whose folder was renamed here, and that is in the server's list under that name already: golub's own RENAME was carried out and its answer
 * lost, or somebody did the same there. Asked before the list is compared with what the journal knows of names.
 */
#ifndef SYNC_OBSERVE_TOOK_NAME_H
#define SYNC_OBSERVE_TOOK_NAME_H

#include "sync/observe/renamed.h"

/** Those get the names that they have there. One that is another mailbox by now is paired with it anew, and nothing of it counts as removed. */
MUST_CHECK bool took_name_find(struct run *run, const struct renamed_item *items, size_t count);
/**
 * One that is gone there, and whose folder was renamed here, has its old name in the journal alone. Where the list has another mailbox of that name it is
 * called as its folder is, so that nothing of it goes there. After those that the list names otherwise were found.
 */
MUST_CHECK bool took_name_leave(struct run *run, const struct renamed_item *items, size_t count);

#endif
