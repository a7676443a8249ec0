/* See loosely.h. */
#include "sync/import/loosely.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

struct loose_line {
    unsigned char loose[DIGEST_SIZE], header[DIGEST_SIZE];
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
    memcpy(line->header, seen->header, DIGEST_SIZE);
    line->number = number;
    loosely->sorted = false;
    return true;
}

static int
compare(const void *a, const void *b)
{
    const struct loose_line *one = a, *other = b;
    const int loose = memcmp(one->loose, other->loose, DIGEST_SIZE);

    return loose != 0 ? loose : memcmp(one->header, other->header, DIGEST_SIZE);
}

/* The place of the first line that is not below it, or that is above it. */
static size_t
find_first(const struct loosely *loosely, const unsigned char *loose, bool above)
{
    size_t from = 0, to = loosely->count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const int compared = memcmp(loosely->lines[middle].loose, loose, DIGEST_SIZE);

        if (compared < 0 || (above && compared == 0))
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
    size_t first, end;

    *found = false;
    if (!seen->kin.names) /* it may be the header of many messages */
        return true;
    if (!loosely->sorted && loosely->count > 1)
        qsort(loosely->lines, loosely->count, sizeof *loosely->lines, compare);
    loosely->sorted = true;
    first = find_first(loosely, seen->loose, false);
    end = find_first(loosely, seen->loose, true);
    /* They stand in the order of their headers: of two nobody knows which it is. */
    if (first == end || memcmp(loosely->lines[first].header, loosely->lines[end - 1].header, DIGEST_SIZE) != 0)
        return true;
    for (; first < end && !*found; first++)
        if (!journal_listing_top_of(import->journal, loosely->lines[first].number, header, found, &import->err))
            return false;
    *found = *found && !is_kin(header, seen);
    return true;
}
