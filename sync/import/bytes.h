/* Whose message has these bytes? */
#ifndef SYNC_IMPORT_BYTES_H
#define SYNC_IMPORT_BYTES_H

#include "sync/import/private.h"

struct seen;

/** Which row's message has these bytes, under the UIDL of its line or any other? row->id 0: none, of those that no line and none of `taken` has. */
MUST_CHECK bool bytes_find_row(struct import *import, const struct id_set *taken, const struct journal_listed *listed,
                               const struct seen *seen, struct journal_pop *row);
/** The row of its UIDL that has its body and nothing of its header: it may be either. row->id 0: none */
MUST_CHECK bool bytes_find_unsure(struct import *import, const struct id_set *taken,
                                  const struct journal_listed *listed, const struct seen *seen,
                                  struct journal_pop *row);

#endif
