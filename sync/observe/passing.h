/*
 * The name that another golub gives a mailbox for a moment, while folders change places there. What the journal knows under another name is followed into it, as
 * into any other name: told by its identity (renamed.h), or by its mail (renamed_mail.h). Any other one with such a name counts as not there, for a day from
 * when it was first seen: taken for a new mailbox it would be fetched, and stay here for ever once it has its own name again. While it does nothing that
 * vanished on the server is removed here, and a mailbox that is gone from the list, and that it may be, is not gone: that is left alone until a run sees its own
 * name. What the journal knows by that name is this account's own.
 */
#ifndef SYNC_OBSERVE_PASSING_H
#define SYNC_OBSERVE_PASSING_H

#include "sync/observe/renamed.h"

/**
 * After those that have another name there were found, and before those that have their old ones: items with a name for a moment, and such as have the name
 * that one of them had, wait (`waits`, `passing`). Outside a transaction.
 */
MUST_CHECK bool passing_find(struct run *run, struct renamed_item *items, size_t count);
/** After all that is in the list was told: what this one, which passing_find made wait, may be is left alone in this run. */
void passing_keep(struct run *run, const struct remote_listed *seen);

#endif
