/* --skip-existing: what is on the server is recorded as had; nothing of it is fetched. */
#include "sync/import/candidates.h"
#include "sync/import/phases.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

/* Was what has this name fetched? */
static bool
is_name_of_fetched(struct import *import, const char *uidl, bool *fetched)
{
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok = journal_pop_by_uidl(import->journal, uidl, &ids, &count, &import->err);

    *fetched = false;
    if (!ok)
        return false;
    for (size_t i = 0; ok && !*fetched && i < count; i++) {
        ok = import_load(import, ids[i], &row);
        *fetched = ok && (row.state == POP_STORED || row.state == POP_REMOVING);
    }
    free(ids);
    return ok;
}

/* ... or what has its header, and no other size, and is absent, or whose name a line has that is not decided? A row that was begun in doubt knows the header, too. */
static bool
is_like_fetched(struct import *import, const struct journal_listed *listed, const struct journal_pop *begun,
                bool *fetched)
{
    struct journal_pop header;
    struct candidates rows;
    struct seen seen;
    bool found;

    *fetched = false;
    if (!journal_listing_top_of(import->journal, listed->number, &header, &found, &import->err))
        return false;
    if (!found && !begun->has_header)
        return true;
    seen_of_row(found ? &header : begun, &seen);
    for (int by_header = 1; !*fetched && by_header >= 0; by_header--) {
        if (!candidates_absent(import, listed, &seen, by_header == 1, false, SIZE_MAX, &rows))
            return false;
        *fetched = rows.fetched;
    }
    return true;
}

static bool
is_perhaps_fetched(struct import *import, const struct journal_listed *listed, const struct journal_pop *begun,
                   bool *fetched)
{
    return is_name_of_fetched(import, listed->uidl, fetched) &&
           (*fetched || is_like_fetched(import, listed, begun, fetched));
}

/*
 * Of a doubtful one its header is known already; the others are read bit by bit in later runs (import/keep.c). One that is perhaps what was
 * fetched, under its name or another, gets a row beside that: a later run compares it.
 */
static bool
record_had(struct import *import, const struct journal_listed *listed, bool undecided)
{
    struct journal_pop row = {0};
    bool doubt;

    if (listed->row != 0 && !import_load(import, listed->row, &row))
        return false;
    doubt = undecided || (row.facts & POP_DOUBT) != 0;
    if (doubt && !is_perhaps_fetched(import, listed, &row, &doubt))
        return false;
    if (row.state != POP_FETCHING && row.state != POP_HAD && !import_begin_row(import, listed, &row))
        return false;
    row.facts = doubt ? row.facts | POP_DOUBT : row.facts & ~(unsigned)POP_DOUBT;
    row.state = POP_HAD;
    row.since = import_stamp(import);
    row.listed = listed->size;
    row.base[0] = row.why[0] = '\0';
    import->counts.had++;
    if (!journal_pop_save(import->journal, &row, &import->err))
        return false;
    if (undecided && doubt)
        return journal_listing_leave(import->journal, listed->number, &import->err);
    return import->doubtful == 0 || journal_listing_pair(import->journal, listed->number, row.id, false, &import->err);
}

/* All lines of a kind, but those whose names are equal. */
static bool
record_all(struct import *import, enum journal_listing_which which)
{
    struct journal_listed page[LIMIT_BATCH];
    size_t count = LIMIT_BATCH;
    uint32_t after = 0;

    while (count == LIMIT_BATCH && !import_stopped(import)) {
        bool ok;

        if (!journal_listing_page(import->journal, which, false, after, page, LIMIT_BATCH, &count, &import->err))
            return false;
        if (count == 0)
            break;
        ok = journal_begin(import->journal, &import->err);
        if (!ok)
            return false;
        for (size_t i = 0; ok && i < count; i++) {
            after = page[i].number;
            if (which == LISTED_NEW || !page[i].repeated)
                ok = record_had(import, &page[i], which == LISTED_COMPARE);
        }
        if (!import_end(import, ok))
            return false;
    }
    return true;
}

/*
 * What a UIDL names is recorded under it, whichever row's message it may be: nothing of it is read, and nothing is removed. Where nothing has
 * a name, and where names are equal, it must be fetched to be known.
 */
bool
import_skip(struct import *import)
{
    if (import->identity != BY_BODY && !record_all(import, LISTED_NEW))
        return false;
    if (import->identity == BY_UIDL && import->doubtful > 0 &&
        (!record_all(import, LISTED_COMPARE) || !import_bury_rest(import)))
        return false;
    return import_compare(import);
}
