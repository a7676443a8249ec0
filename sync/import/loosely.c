/* See loosely.h. */
#include "sync/import/loosely.h"

struct loose_line {
    unsigned char loose[DIGEST_SIZE];
    uint32_t number;
};

struct loosely {
    struct loose_line *lines;
    size_t count, size;
    bool sorted;
};

struct loosely *
loosely_new(void)
{
    return calloc(1, sizeof(struct loosely));
}

void
loosely_free(struct loosely *loosely)
{
    if (loosely == NULL)
        return;
    free(loosely->lines);
    free(loosely);
}

bool
loosely_add(struct import *import, struct loosely *loosely, uint32_t number, const struct seen *seen)
{
    struct loose_line *line;

    if (!array_grow(&loosely->lines, &loosely->size, loosely->count + 1, sizeof *loosely->lines))
        return import_no_memory(import);
    line = &loosely->lines[loosely->count++];
    memcpy(line->loose, seen->loose, DIGEST_SIZE);
    line->number = number;
    loosely->sorted = false;
    return true;
}

static int
compare(const void *a, const void *b)
{
    return memcmp(((const struct loose_line *)a)->loose, ((const struct loose_line *)b)->loose, DIGEST_SIZE);
}

/* The place of the first line that is not below it. */
static size_t
find_first(const struct loosely *loosely, const unsigned char *loose)
{
    size_t from = 0, to = loosely->count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;

        if (memcmp(loosely->lines[middle].loose, loose, DIGEST_SIZE) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static bool
is_kin(const struct journal_pop *header, const struct seen *seen)
{
    struct seen known;

    seen_of_row(header, &known);
    return kin_same(&known.kin, &seen->kin);
}

bool
loosely_find(struct import *import, struct loosely *loosely, const struct seen *seen, struct journal_pop *header,
             bool *found)
{
    *found = false;
    if (!seen->kin.names) /* it may be the header of many messages */
        return true;
    if (!loosely->sorted && loosely->count > 1)
        qsort(loosely->lines, loosely->count, sizeof *loosely->lines, compare);
    loosely->sorted = true;
    for (size_t i = find_first(loosely, seen->loose);
         i < loosely->count && memcmp(loosely->lines[i].loose, seen->loose, DIGEST_SIZE) == 0; i++) {
        struct journal_pop one = {0};
        bool there;

        if (!journal_listing_top_of(import->journal, loosely->lines[i].number, &one, &there, &import->err))
            return false;
        if (!there)
            continue;
        if (*found && memcmp(one.header, header->header, DIGEST_SIZE) != 0) {
            *found = false;
            return true;
        }
        *header = one;
        *found = true;
    }
    *found = *found && !is_kin(header, seen);
    return true;
}
