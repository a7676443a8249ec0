/* See id_set.h. */
#include "sync/base/id_set.h"

#include <stdlib.h>
#include <string.h>

bool
id_set_add(struct id_set *set, int64_t id)
{
    const size_t before = set->size, byte = (size_t)(id / 8);

    if (!array_grow(&set->bits, &set->size, byte + 1, 1))
        return false;
    if (set->size > before)
        memset(set->bits + before, 0, set->size - before);
    set->bits[byte] |= (unsigned char)(1u << (id % 8));
    return true;
}

void
id_set_remove(struct id_set *set, int64_t id)
{
    if ((size_t)(id / 8) < set->size)
        set->bits[id / 8] &= (unsigned char)~(1u << (id % 8));
}

bool
id_set_has(const struct id_set *set, int64_t id)
{
    return (size_t)(id / 8) < set->size && (set->bits[id / 8] >> (id % 8) & 1) != 0;
}

void
id_set_free(struct id_set *set)
{
    free(set->bits);
    *set = (struct id_set){0};
}
