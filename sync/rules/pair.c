/* Matching by sorted keys: n log n for whole accounts, no hashing, no surprises. */
#include "sync/rules/pair.h"

static int
compare_keys(const struct pair_item *a, const struct pair_item *b, bool by_date)
{
    int digest;

    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    digest = memcmp(a->digest, b->digest, DIGEST_SIZE);
    if (digest != 0 || !by_date)
        return digest;
    return a->date == b->date ? 0 : a->date < b->date ? -1 : 1;
}

static int
compare_items(const void *pa, const void *pb)
{
    const struct pair_item *a = pa, *b = pb;
    int keys = compare_keys(a, b, true);

    if (keys != 0)
        return keys;
    if (a->left != b->left)
        return a->left ? 1 : -1;
    if (a->left) /* the higher id first: it may be the copy that replaced the other one */
        return a->id == b->id ? 0 : a->id > b->id ? -1 : 1;
    return a->id == b->id ? 0 : a->id < b->id ? -1 : 1;
}

void
pair_sort(struct pair_item *items, size_t count)
{
    if (count > 1)
        qsort(items, count, sizeof *items, compare_items);
}

/* First index whose key is not below the one of `like`, the date aside: dates sort last, so equal digests stand together. */
static size_t
lower_bound(const struct pair_item *items, size_t count, const struct pair_item *like)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_keys(&items[middle], like, false) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t
pair_count(const struct pair_item *items, size_t count, const struct pair_item *like, bool by_date)
{
    size_t found = 0;

    for (size_t i = lower_bound(items, count, like); i < count && compare_keys(&items[i], like, false) == 0; i++)
        found += compare_keys(&items[i], like, by_date) == 0;
    return found;
}

const struct pair_item *
pair_find(const struct pair_item *items, size_t count, const struct pair_item *like)
{
    size_t at = lower_bound(items, count, like);

    return at < count && compare_keys(&items[at], like, false) == 0 ? &items[at] : NULL;
}

/*
 * Same mailbox, same base name, any; in each of these first what shows the same flags. A whole rank is matched before the next, so that
 * the nearest win.
 */
#define RANKS 6

static bool
is_of_rank(const struct pair_item *gone, const struct pair_item *fresh, int rank)
{
    if (rank % 2 == 0 && gone->flags != fresh->flags)
        return false;
    if (rank / 2 == 0)
        return gone->mailbox == fresh->mailbox;
    if (rank / 2 == 1)
        return gone->base[0] != '\0' && strcmp(gone->base, fresh->base) == 0;
    return true;
}

void
pair_match(struct pair_item *gone, size_t gone_count, struct pair_item *fresh, size_t fresh_count, bool by_date,
           size_t *match, bool *taken)
{
    pair_sort(gone, gone_count);
    pair_sort(fresh, fresh_count);
    for (size_t i = 0; i < gone_count; i++)
        taken[i] = false;
    for (size_t f = 0; f < fresh_count; f++)
        match[f] = PAIR_NONE;
    for (int turn = 0; turn < 2 * RANKS; turn++) {
        const int rank = turn % RANKS;

        for (size_t f = 0; f < fresh_count; f++) {
            if (match[f] != PAIR_NONE || fresh[f].away != (turn >= RANKS))
                continue;
            for (size_t g = lower_bound(gone, gone_count, &fresh[f]); g < gone_count; g++) {
                if (compare_keys(&gone[g], &fresh[f], false) != 0)
                    break;
                if (taken[g] || compare_keys(&gone[g], &fresh[f], by_date) != 0 ||
                    !is_of_rank(&gone[g], &fresh[f], rank))
                    continue;
                match[f] = g;
                taken[g] = true;
                break;
            }
        }
    }
}
