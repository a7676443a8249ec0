/* Ids of rows, ascending. */
#ifndef SYNC_BASE_IDS_H
#define SYNC_BASE_IDS_H

#include "store/base/text.h"

#define IDS_NAME_SIZE 16 /* with NUL */

/** For qsort: of ids, or of structs whose first member is one. */
int ids_compare(const void *a, const void *b);
/** Is this one among them? @param ids  ascending; may be NULL where count is 0 */
bool ids_have(const int64_t *ids, size_t count, int64_t id);
/**
 * A short name for a list that people are shown: the same list has the same name.
 * @param kind  tells lists of the same rows apart; ""
 * @return false: out of memory
 */
MUST_CHECK bool ids_name(const char *kind, const int64_t *ids, size_t count, char name[static IDS_NAME_SIZE]);

#endif
