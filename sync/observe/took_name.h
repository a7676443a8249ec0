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

/**
 * Where nobody says what a mailbox is, once those that their mail tells of were found. One whose folder was renamed here, and whose old name is another one's
 * there now, is never paired with that one, nor is that one renamed: it is what the list has under the name of its folder, if that is nobody's, or was that of
 * another such one (a chain, or a circle, that was done on both sides), and is paired with it by content; else it is gone.
 */
MUST_CHECK bool took_name_part(struct run *run, struct renamed_item *items, size_t count);

#endif
