/* See seqset.h. */
#include "store/imap/seqset.h"

#define RANGE_MAX 24 /* ",4294967295:4294967295" and NUL */

/* The run of consecutive UIDs that begins at `at`, as text; returns the index behind it. */
static size_t
next_run(const uint32_t *uids, size_t count, size_t at, char text[static RANGE_MAX])
{
    size_t last = at;

    while (last + 1 < count && uids[last] != UINT32_MAX && uids[last + 1] == uids[last] + 1)
        last++;
    if (last == at)
        (void)text_print(text, RANGE_MAX, "%s%u", at ? "," : "", uids[at]);
    else
        (void)text_print(text, RANGE_MAX, "%s%u:%u", at ? "," : "", uids[at], uids[last]);
    return last + 1;
}

size_t
seqset_add(struct buffer *to, const uint32_t *uids, size_t count, size_t max)
{
    size_t used = 0, len = 0;
    char text[RANGE_MAX];

    while (used < count) {
        size_t next = next_run(uids, count, used, text);
        size_t more = strlen(text);
        if (len + more > max)
            break;
        if (!buffer_add(to, text, more))
            return 0;
        len += more;
        used = next;
    }
    return used;
}

bool
seqset_find(const uint32_t *uids, size_t count, uint32_t uid, size_t *at)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (uids[middle] < uid)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == count || uids[low] != uid)
        return false;
    if (at != NULL)
        *at = low;
    return true;
}
