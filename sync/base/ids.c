/* See ids.h. */
#include "sync/base/ids.h"

#include <stdlib.h>

int
ids_compare(const void *pa, const void *pb)
{
    const int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

    return (a > b) - (a < b);
}

bool
ids_have(const int64_t *ids, size_t count, int64_t id)
{
    return count != 0 && bsearch(&id, ids, count, sizeof *ids, ids_compare) != NULL;
}
