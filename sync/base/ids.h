/* Ids of rows, ascending. */
#ifndef GOLUB_SYNC_IDS_H
#define GOLUB_SYNC_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** For qsort: of ids, or of structs whose first member is one. */
int ids_compare(const void *a, const void *b);
/** Is this one among them? @param ids  ascending; may be NULL where count is 0 */
bool ids_have(const int64_t *ids, size_t count, int64_t id);

#endif
