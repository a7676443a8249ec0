/*
 * The name that another golub gives a mailbox for a moment, while folders change places there. Taken for a mailbox it would be fetched, and stay here for
 * ever once it has its own name again. So for a day it counts as not there, and while it does nothing that vanished on the server is removed here. Who told
 * its identity is followed as ever; what the journal knows by that name is this account's own. A mailbox that is gone from the list, and that it may be, is not
 * gone: it is followed by the run that sees its own name.
 */
#ifndef SYNC_OBSERVE_PASSING_H
#define SYNC_OBSERVE_PASSING_H

#include "sync/run/run.h"

/**
 * Is it one? Outside a transaction.
 * @param any      [in, out] true if it may be one, its day over or not
 * @param passing  [out] it counts as not there
 */
MUST_CHECK bool passing_is(struct run *run, const struct remote_listed *seen, bool *any, bool *passing);
/** After all that is in the list was told: what this one may be, which passing_is said, is left alone in this run. */
void passing_keep(struct run *run, const struct remote_listed *seen);
/** The list is over. @param any  of them were in it */
MUST_CHECK bool passing_end(struct run *run, bool any);

#endif
