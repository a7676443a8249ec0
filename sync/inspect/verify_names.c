/* See verify_names.h. Two names of one hash would hide that one of them is unknown: 64 bits make that one chance in 10^8 for a million files. */
#include "sync/inspect/verify_names.h"

#include <stdlib.h>
#include <string.h>

/* A NUL stands between the two. */
static uint64_t
hash_of(const char *base, const char *info)
{
    return text_hash_on(text_hash((struct text){base, strlen(base) + 1}), text_of(info));
}

static int
compare(const void *pa, const void *pb)
{
    const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

    return a < b ? -1 : a > b;
}

bool
verify_names_add(struct verify_names *names, const char *base, const char *info)
{
    if (!array_grow(&names->at, &names->size, names->count + 1, sizeof *names->at))
        return false;
    names->at[names->count++] = hash_of(base, info);
    return true;
}

bool
verify_names_end(struct verify_names *names)
{
    if (names->count > 1)
        qsort(names->at, names->count, sizeof *names->at, compare);
    names->met = calloc(names->count / 8 + 1, 1);
    return names->met != NULL;
}

static const uint64_t *
find(const struct verify_names *names, const char *base, const char *info)
{
    const uint64_t hash = hash_of(base, info);

    return names->count == 0 ? NULL : bsearch(&hash, names->at, names->count, sizeof hash, compare);
}

static bool
is_met(const struct verify_names *names, size_t i)
{
    return (names->met[i / 8] >> (i % 8) & 1) != 0;
}

bool
verify_names_meet(struct verify_names *names, const char *base, const char *info)
{
    const uint64_t *found = find(names, base, info);
    const size_t i = found != NULL ? (size_t)(found - names->at) : 0;

    if (found == NULL || is_met(names, i))
        return false;
    names->met[i / 8] |= (unsigned char)(1u << (i % 8));
    names->met_count++;
    return true;
}

bool
verify_names_is_met(const struct verify_names *names, const char *base, const char *info)
{
    const uint64_t *found = find(names, base, info);

    return found != NULL && is_met(names, (size_t)(found - names->at));
}

size_t
verify_names_left(const struct verify_names *names)
{
    return names->count - names->met_count;
}

void
verify_names_free(struct verify_names *names)
{
    free(names->at);
    free(names->met);
    *names = (struct verify_names){0};
}
