/*
 * keep = no: what this session fetched goes in this session. Message numbers hold for it, and yet what came as message n may be another one: a
 * server, or what stands before it, may answer a RETR with another message. Then n would be removed, and be nowhere. So before the first DELE each
 * is proven to be what was asked for: as many bytes came as LIST says of it and of no other message, or else its header is asked for (TOP), and
 * is the one that came. What neither proves stays for the next session, which proves it as everything that came earlier (import/keep.c).
 */
#include "sync/import/phases.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/verdict.h"

#define ANOTHER_CAME                                                                                                   \
    "its header on the server is not the one that came with it: it stays there, and the next run looks at it again"

struct proving {
    struct import *import;
    uint64_t *sizes; /* of all that LIST has, ascending */
    size_t sizes_count;
    struct journal_listed page[LIMIT_BATCH];
    struct journal_pop rows[LIMIT_BATCH]; /* those whose header is asked for */
    uint32_t numbers[LIMIT_BATCH];
    size_t count, answered;
};

static int
compare_sizes(const void *a, const void *b)
{
    const uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return one < other ? -1 : one > other;
}

/* Where one has no size in LIST it may have any. */
static bool
sort_sizes(struct proving *proving)
{
    struct import *import = proving->import;

    if (!import->complete)
        return true;
    proving->sizes = calloc(import->sizes_count + 1, sizeof *proving->sizes);
    if (proving->sizes == NULL)
        return import_no_memory(import);
    for (size_t i = 0; i < import->sizes_count; i++)
        if (import->sizes[i] != 0)
            proving->sizes[proving->sizes_count++] = import->sizes[i];
    if (proving->sizes_count != import->messages)
        proving->sizes_count = 0;
    qsort(proving->sizes, proving->sizes_count, sizeof *proving->sizes, compare_sizes);
    return true;
}

static bool
stands_once(const struct proving *proving, uint64_t size)
{
    size_t from = 0, to = proving->sizes_count;

    while (from < to) {
        const size_t middle = from + (to - from) / 2;

        if (proving->sizes[middle] < size)
            from = middle + 1;
        else
            to = middle;
    }
    return from < proving->sizes_count && proving->sizes[from] == size &&
           (from + 1 == proving->sizes_count || proving->sizes[from + 1] != size);
}

static bool
is_by_size(const struct proving *proving, const struct journal_listed *listed, const struct journal_pop *row)
{
    return listed->size != 0 && row->size == listed->size && stands_once(proving, listed->size);
}

/* A gateway makes a message when it is asked for, each time with other boundaries: it has the same name, and came the same way. */
static bool
is_made_anew(const struct kin *one, const struct kin *other)
{
    return kin_same_id(one, other) && one->count > 0 && one->count == other->count &&
           memcmp(one->received, other->received, one->count * sizeof one->received[0]) == 0;
}

static bool
judge(struct import *import, uint32_t number, struct journal_pop *row, const struct seen *seen)
{
    struct seen known;

    seen_of_row(row, &known);
    if (import_verdict(row, seen, import_listed_size(import, number)) == VERDICT_SAME ||
        is_made_anew(&known.kin, &seen->kin)) /* one that names nothing may be that of many messages */
        return !seen->kin.names || journal_listing_allow_removal(import->journal, number, &import->err);
    import->counts.pending++;
    if (!import_remember_why(import, row, ANOTHER_CAME))
        return false;
    import_name_unsure(import, number, row);
    return true;
}

static bool
on_header(void *context, uint32_t number, const struct seen *seen, const char *words)
{
    struct proving *proving = context;

    (void)words; /* the next session asks again */
    while (proving->answered < proving->count && proving->numbers[proving->answered] != number)
        proving->answered++;
    if (proving->answered == proving->count || seen == NULL) /* not asked for, or refused */
        return true;
    return judge(proving->import, number, &proving->rows[proving->answered++], seen);
}

/* By what is known already, or else its header is asked for. */
static bool
prove_one(struct proving *proving, const struct journal_listed *listed)
{
    struct import *import = proving->import;
    struct journal_pop *row = &proving->rows[proving->count], header;
    struct seen seen;
    bool found;

    if (!import_load(import, listed->row, row))
        return false;
    if (is_by_size(proving, listed, row))
        return journal_listing_allow_removal(import->journal, listed->number, &import->err);
    if (!journal_listing_top_of(import->journal, listed->number, &header, &found, &import->err))
        return false;
    if (!found) {
        proving->numbers[proving->count++] = listed->number;
        return true;
    }
    seen_of_row(&header, &seen);
    return judge(import, listed->number, row, &seen);
}

static bool
prove_page(struct proving *proving, size_t count)
{
    proving->count = proving->answered = 0;
    for (size_t i = 0; i < count; i++)
        if (!prove_one(proving, &proving->page[i]))
            return false;
    return import_top(proving->import, proving->numbers, proving->count, on_header, proving);
}

static bool
prove_all(struct proving *proving)
{
    struct import *import = proving->import;
    uint32_t after = 0;
    size_t count = LIMIT_BATCH;

    while (count == LIMIT_BATCH && !import_stopped(import)) { /* what is proven so far goes */
        if (!journal_listing_page(import->journal, LISTED_CAME, false, after, proving->page, LIMIT_BATCH, &count,
                                  &import->err))
            return false;
        if (count > 0)
            after = proving->page[count - 1].number;
        if (!prove_page(proving, count))
            return false;
    }
    return true;
}

bool
import_came(struct import *import)
{
    struct proving *proving;
    uint64_t count;
    bool ok;

    if (!import->may_remove)
        return true;
    if (!journal_listing_count(import->journal, LISTED_CAME, &count, &import->err))
        return false;
    if (count == 0)
        return true;
    proving = calloc(1, sizeof *proving);
    if (proving == NULL)
        return import_no_memory(import);
    proving->import = import;
    ok = sort_sizes(proving) && prove_all(proving);
    free(proving->sizes);
    free(proving);
    return ok;
}
