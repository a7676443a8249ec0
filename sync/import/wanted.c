/*
 * Which messages are fetched, and in which order: what is larger than max-size is left with a row that says so, what max-messages leaves has
 * none; for all others the rows, with the names of their files, are committed before the first byte is asked for.
 */
#include <inttypes.h>

#include "sync/import/batch.h"
#include "sync/import/fetch.h"
#include "sync/import/run.h"

#define PAGE 64

/* By LIST, or by what came of it when it was asked for. */
bool
fetch_too_large(struct import *import, const struct journal_listed *listed, uint64_t *size)
{
    uint64_t most = import->account->import.max_size;
    struct journal_pop row;

    *size = listed->size;
    if (most == 0 || listed->size > most)
        return most != 0;
    if (listed->row == 0 || !import_load(import, listed->row, &row)) /* the caller meets that error, too */
        return false;
    if ((row.state != POP_FETCHING && (row.facts & POP_DOUBT) == 0) || row.listed != listed->size || row.size <= most)
        return false;
    *size = row.size;
    return true;
}

void
fetch_leave(struct import *import, const struct journal_listed *listed, uint64_t size, char why[static WHY_LEFT])
{
    (void)text_print(why, WHY_LEFT, "larger than max-size: %" PRIu64 " bytes", size);
    import->counts.too_large++;
    import_say(import, "too-large",
               "message %" PRIu32 " (UIDL %s, %s%" PRIu64 " bytes) is larger than max-size: it stays on the server",
               listed->number, listed->uidl, size > listed->size ? "at least " : "", size);
}

/* What was doubtful has its row now. */
static bool
save_begun(struct import *import, const struct journal_listed *listed, struct journal_pop *row)
{
    if (!journal_pop_save(import->journal, row, &import->err))
        return false;
    return listed->row != 0 || import->doubtful == 0 ||
           journal_listing_pair(import->journal, listed->number, row->id, false, &import->err);
}

/* The journal knows why it is not here, for `status`. */
static bool
leave(struct import *import, const struct journal_listed *listed, uint64_t size, const char *why)
{
    struct journal_pop row;

    if (listed->row == 0 ? !import_begin_row(import, listed, &row) : !import_load(import, listed->row, &row))
        return false;
    if (listed->row != 0 && strcmp(row.why, why) == 0)
        return true;
    (void)text_print(row.why, sizeof row.why, "%s", why);
    row.size = size;
    row.listed = listed->size;
    row.base[0] = '\0';
    return save_begun(import, listed, &row);
}

static bool
take(struct fetching *fetching, const struct journal_listed *listed)
{
    struct import *import = fetching->import;
    struct arrival *arrival = arrival_at(fetching, fetching->count);
    bool changed = listed->row == 0;

    *arrival = (struct arrival){.number = listed->number, .repeated = listed->repeated, .known = !changed};
    if (changed ? !import_begin_row(import, listed, &arrival->row) : !import_load(import, listed->row, &arrival->row))
        return false;
    if (!array_grow(&fetching->sizes, &fetching->size_room, fetching->size_count + 1, sizeof *fetching->sizes))
        return import_no_memory(import);
    fetching->sizes[fetching->size_count++] = listed->size;
    if (import->handover == NULL && arrival->row.base[0] == '\0') {
        changed = true;
        arrival->fresh = true;
        if (!import_choose_base(import, &arrival->row))
            return false;
    }
    changed = changed || arrival->row.why[0] != '\0' || arrival->row.listed != listed->size;
    arrival->row.why[0] = '\0';
    arrival->row.size = arrival->row.listed = listed->size;
    fetching->count++;
    return !changed || save_begun(import, listed, &arrival->row);
}

/* It is fetched once max-size allows it. */
static bool
leave_large(struct import *import, const struct journal_listed *listed, uint64_t size)
{
    char why[WHY_LEFT];

    fetch_leave(import, listed, size, why);
    return leave(import, listed, size, why);
}

static bool
take_or_leave(struct fetching *fetching, const struct journal_listed *listed, bool only_leave)
{
    struct import *import = fetching->import;
    char why[SUSPECT_WHY];
    uint64_t size;
    bool over;

    if (suspects_pass_over(import, listed->number))
        return true;
    if (!throttle_pass_over(import, listed, &over))
        return false;
    if (over)
        return true;
    if (fetch_too_large(import, listed, &size))
        return leave_large(import, listed, size);
    if (suspects_hold_back(import, listed->number, why))
        return leave(import, listed, listed->size, why);
    if (!only_leave)
        return take(fetching, listed);
    import->counts.kept_by_policy++;
    return true;
}

/* How many more rows may be made now. */
size_t
wanted_room(const struct fetching *fetching)
{
    const struct import *import = fetching->import;
    uint64_t most = import->account->import.max_messages, left = IMPORT_RING - (fetching->count - fetching->delivered);
    uint64_t taken = import->counts.done[DID_DOWNLOAD];

    left = left < LIMIT_BATCH ? left : LIMIT_BATCH;
    if (most == 0)
        return (size_t)left;
    for (size_t i = fetching->delivered; i < fetching->count; i++)
        taken += !arrival_at(fetching, i)->refused;
    most = most > taken ? most - taken : 0;
    return (size_t)(most < left ? most : left);
}

static bool
next_page(struct fetching *fetching, struct journal_listed *page, size_t size, size_t *count)
{
    struct import *import = fetching->import;
    bool descending = import->account->import.order == ORDER_NEWEST;

    if (!journal_listing_page(import->journal, LISTED_NEW, descending, fetching->after, page, size, count,
                              &import->err))
        return false;
    fetching->ended = *count < size;
    if (*count > 0)
        fetching->after = page[*count - 1].number;
    return true;
}

/* Rows of messages that are asked for next. */
static bool
refill(struct fetching *fetching)
{
    struct import *import = fetching->import;
    struct journal_listed page[PAGE];
    size_t left = wanted_room(fetching);
    bool ok;

    if (left == 0 || fetching->ended || import_stopped(import))
        return true;
    if (!journal_begin(import->journal, &import->err))
        return false;
    ok = true;
    while (ok && !fetching->ended && left > 0) {
        size_t before = fetching->count, count;

        ok = next_page(fetching, page, left < PAGE ? left : PAGE, &count);
        for (size_t i = 0; ok && i < count; i++)
            ok = take_or_leave(fetching, &page[i], false);
        left -= fetching->count - before;
    }
    return import_end(import, ok);
}

/* Of those whose rows are made the one that is furthest from what was refused; none where there is no other. */
static void
jump(struct fetching *fetching)
{
    struct arrival *next = arrival_at(fetching, fetching->asked), *last = arrival_at(fetching, fetching->count - 1);
    const struct arrival swapped = *next;

    *next = *last;
    *last = swapped;
    fetching->import->jumped = true;
}

bool
wanted_next(void *context, uint32_t *number)
{
    struct fetching *fetching = context;
    struct import *import = fetching->import;

    *number = 0;
    if (import->throttled ? !throttle_may_be_damage(import) : step_is_enough(fetching))
        return true;
    if (fetching->asked == fetching->count && !refill(fetching))
        return false;
    if (import->throttled && fetching->asked < fetching->count)
        jump(fetching);
    *number = fetching->asked < fetching->count ? arrival_at(fetching, fetching->asked++)->number : 0;
    return true;
}

/* What max-messages leaves for a later run. */
bool
wanted_count_left(struct fetching *fetching)
{
    struct import *import = fetching->import;
    struct journal_listed page[PAGE];
    bool ok = true;

    if (fetching->ended || !journal_begin(import->journal, &import->err))
        return fetching->ended;
    while (ok && !fetching->ended) {
        size_t count;

        ok = next_page(fetching, page, PAGE, &count);
        for (size_t i = 0; ok && i < count; i++)
            ok = take_or_leave(fetching, &page[i], true);
    }
    return import_end(import, ok);
}

static int
compare_sizes(const void *a, const void *b)
{
    const uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return (one > other) - (one < other);
}

/*
 * Of two that are equal in all one came, and may be removed by this very run. The next one would take what is left for it, under another name,
 * and remove that, too: two messages, one file. With a row it is known by its own name, and comes.
 */
bool
wanted_note_alike(struct fetching *fetching)
{
    struct import *import = fetching->import;
    const bool descending = import->account->import.order == ORDER_NEWEST;
    struct journal_listed page[PAGE];
    uint32_t after = fetching->after;
    size_t count = PAGE;
    bool ok = true;

    if (fetching->ended || fetching->size_count == 0)
        return true;
    qsort(fetching->sizes, fetching->size_count, sizeof *fetching->sizes, compare_sizes);
    if (!journal_begin(import->journal, &import->err))
        return false;
    while (ok && count == PAGE) {
        ok = journal_listing_page(import->journal, LISTED_NEW, descending, after, page, PAGE, &count, &import->err);
        for (size_t i = 0; ok && i < count; i++) {
            after = page[i].number;
            if (page[i].row == 0 && bsearch(&page[i].size, fetching->sizes, fetching->size_count,
                                            sizeof *fetching->sizes, compare_sizes) != NULL)
                ok = leave(import, &page[i], page[i].size, "left for a later run");
        }
    }
    return import_end(import, ok);
}

/* ---- a dry run ---- */

static bool
print_one(struct import *import, const struct journal_listed *listed)
{
    const struct arrival would = {
        .number = listed->number, .repeated = listed->repeated, .row = {.size = listed->size}};
    uint64_t most = import->account->import.max_messages, bytes;
    char size[32], why[WHY_LEFT];

    if (fetch_too_large(import, listed, &bytes)) {
        fetch_leave(import, listed, bytes, why);
        return true;
    }
    if (most != 0 && import->counts.done[DID_DOWNLOAD] == most) {
        import->counts.kept_by_policy++;
        return true;
    }
    (void)text_print(size, sizeof size, "%" PRIu64 " bytes", listed->size);
    import_did(import,
               (struct report_done){.act = DID_DOWNLOAD, .file = listed->uidl, .detail = size, .bytes = listed->size});
    return fetch_mark(import, &would);
}

bool
wanted_print(struct fetching *fetching)
{
    struct journal_listed page[PAGE];

    while (!fetching->ended) {
        size_t count;

        if (!next_page(fetching, page, PAGE, &count))
            return false;
        for (size_t i = 0; i < count; i++)
            if (!print_one(fetching->import, &page[i]))
                return false;
    }
    return true;
}
