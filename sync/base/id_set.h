/* A set of row ids that has no order: one bit each, from 0 to the highest. `(struct id_set){0}` is empty. */
#ifndef SYNC_BASE_ID_SET_H
#define SYNC_BASE_ID_SET_H

#include "store/base/text.h"

struct id_set {
    unsigned char *bits;
    size_t size; /* bytes */
};

/** @return false: out of memory; the set is as before */
MUST_CHECK bool id_set_add(struct id_set *set, int64_t id);
void id_set_remove(struct id_set *set, int64_t id);
/** Is this one in it? */
bool id_set_has(const struct id_set *set, int64_t id);
/** The set is empty after it. */
void id_set_free(struct id_set *set);

#endif
