/* Which message on the server has the bytes of a file, so that it is copied there and no bytes travel. */
#ifndef SYNC_APPLY_COPIED_FROM_H
#define SYNC_APPLY_COPIED_FROM_H

#include "sync/run/run.h"

/** A row of the account whose message has the bytes of `wanted`, in a mailbox that can be read now. @param from [out] that mailbox; NULL: there is none */
MUST_CHECK bool copied_from(struct run *run, const struct journal_message *wanted, struct journal_message *source,
                            struct mailbox **from);

#endif
