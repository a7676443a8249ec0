/* See ids.h. */
#include "sync/base/ids.h"

#include <stdlib.h>

#include "store/base/digest.h"

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

bool
ids_name(const char *kind, const int64_t *ids, size_t count, char name[static IDS_NAME_SIZE])
{
    struct buffer list = buffer_new(SIZE_MAX);
    unsigned char digest[DIGEST_SIZE];
    bool ok = (kind[0] == '\0' || buffer_add(&list, kind, strlen(kind) + 1)) &&
              buffer_add(&list, ids, count * sizeof *ids) && digest_bytes(list.at, list.len, digest);

    buffer_free(&list);
    if (ok)
        digest_base32(digest, 5, name); /* eight characters */
    return ok;
}
