/* Inside of `golub status`: what its two forms share. */
#ifndef SYNC_INSPECT_STATUS_PRIVATE_H
#define SYNC_INSPECT_STATUS_PRIVATE_H

#include "store/journal/journal.h"
#include "sync/inspect/inspect.h"

/** What there is to say about a POP account's messages. @return false: the journal failed, err says why */
MUST_CHECK bool status_import(const struct account *account, struct journal *journal, struct report *report,
                              struct error *err);

#endif
