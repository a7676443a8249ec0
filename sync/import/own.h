/* A line that can't be read now. */
#ifndef SYNC_IMPORT_OWN_H
#define SYNC_IMPORT_OWN_H

#include "sync/import/private.h"

/**
 * A line that is to be compared with others can't be read now: it gets a row.
 *
 * @param size  what is known of it: LIST's, or more where more came
 */
MUST_CHECK bool import_put_off(struct import *import, const struct journal_listed *listed, uint64_t size,
                               const char *why);

#endif
