/*
 * Whose bytes are these? A message was read to its end, and may be that of a row that no other message is: by its name, by its header, by
 * what of its header no program adds. import/compare.c asks, and pairs the line with the row that is found.
 */
#include "sync/import/bytes.h"
#include "sync/import/candidates.h"
#include "sync/import/proof.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

/*
 * A part may be that of any message, and nothing at all is: it is a row's that came so, too, only where LIST says of it what it said of that.
 */
static bool
is_any_part(const struct journal_pop *row, const struct seen *seen, const struct journal_listed *listed)
{
    return row->listed != listed->size && is_far_short(seen->size, listed->size);
}

/*
 * The same bytes; where only the header of a row is known, the same header.
 *
 * What golub removed is told by its exact header: copies that are delivered once more differ above their common lines. One that was listed
 * until now may be there still: QUIT was not answered.
 */
static bool
fits(const struct import *import, const struct journal_pop *row, const struct seen *seen,
     const struct journal_listed *listed)
{
    const bool removed = row->state == POP_REMOVING && row->absent != 0 && row->absent != import_stamp(import) &&
                         strcmp(row->uidl, listed->uidl) != 0;
    struct seen known;

    if (row->has_body && !seen_same_body(row, seen))
        return false;
    if (!row->has_body && row->state == POP_HAD && !candidates_may_be_had(import, row, listed, seen))
        return false;
    if ((row->facts & POP_SHORT) != 0 && is_any_part(row, seen, listed))
        return false;
    if (proof_is_beginning(row, seen))
        return false;
    seen_of_row(row, &known);
    return (row->has_header && memcmp(row->header, seen->header, DIGEST_SIZE) == 0) ||
           (!removed && row->has_kin && kin_same(&known.kin, &seen->kin));
}

/*
 * Of what golub removed: was this line listed beside it? So it was where a part of the line's own message, by its name and header, was stored
 * before that went: it is no copy that came back, but a twin. Not so where the part itself came back under this name.
 */
static bool
stood_beside(struct import *import, const struct journal_pop *removed, const struct journal_listed *listed,
             const struct seen *seen, bool *beside)
{
    struct journal_pop part;
    int64_t *ids;
    size_t count;
    bool ok = true;

    *beside = false;
    if (removed->state != POP_REMOVING || removed->absent == 0 || import->identity != BY_UIDL || listed->repeated ||
        strcmp(removed->uidl, listed->uidl) == 0)
        return true;
    if (!journal_pop_by_uidl(import->journal, listed->uidl, &ids, &count, &import->err))
        return false;
    for (size_t i = 0; ok && !*beside && i < count; i++) {
        ok = import_load(import, ids[i], &part);
        /* Where names are used again the size is to be what it was, too. */
        *beside = ok && (!import->reused || part.listed == listed->size) && part.state == POP_STORED &&
                  part.absent == import_stamp(import) && part.has_header && part.has_body &&
                  (part.facts & POP_RETURNED) == 0 && memcmp(part.header, seen->header, DIGEST_SIZE) == 0 &&
                  part.size < seen->size && part.since <= removed->absent;
    }
    free(ids);
    return ok;
}

struct search { /* for the row whose message was read */
    struct import *import;
    const struct id_set *taken_rows;
    const struct journal_listed *listed;
    const struct seen *seen;
    bool certain;              /* only those whose bytes are known */
    struct journal_pop unsure; /* the first that fits of those whose bytes are not; id 0: none */
};

/* It fits, and no other message is it. */
static bool
is_found(const struct search *search, int64_t id, struct journal_pop *row, bool *found)
{
    struct import *import = search->import;
    bool taken, beside;

    *found = false;
    if (id_set_has(search->taken_rows, id))
        return true;
    if (!journal_listing_is_taken(import->journal, id, &taken, &import->err))
        return false;
    if (taken)
        return true;
    if (!import_load(import, id, row))
        return false;
    if ((row->facts & POP_DOUBT) != 0 || (!row->has_body && (search->certain || search->unsure.id != 0)) ||
        !fits(import, row, search->seen, search->listed))
        return true;
    if (!stood_beside(import, row, search->listed, search->seen, &beside))
        return false;
    *found = !beside;
    return true;
}

/* The first of these whose bytes are known; id 0: none. */
static bool
choose(struct search *search, const int64_t *ids, size_t count, struct journal_pop *row)
{
    bool found;

    for (size_t i = 0; i < count; i++) {
        if (!is_found(search, ids[i], row, &found))
            return false;
        if (found && row->has_body)
            return true;
        if (found)
            search->unsure = *row;
    }
    row->id = 0;
    return true;
}

/*
 * Of its name first, then of others; last those whose name a line has of which nobody knows yet which message it is. Those whose bytes are known
 * come before the others of their place.
 *
 * @param certain  the others are none
 */
static bool
find_among(struct import *import, const struct id_set *taken_rows, const struct journal_listed *listed,
           const struct seen *seen, bool certain, struct journal_pop *row)
{
    struct search search = {
        .import = import, .taken_rows = taken_rows, .listed = listed, .seen = seen, .certain = certain};
    bool ok = true;

    row->id = 0;
    for (enum candidates_place place = ROWS_OF_NAME; ok && row->id == 0 && place < ROWS_PLACES; place++) {
        int64_t after = 0;

        while (ok && row->id == 0 && after != CANDIDATES_END) {
            int64_t *ids;
            size_t count;

            ok = candidates_from(import, place, listed->uidl, seen, true, &after, &ids, &count) &&
                 choose(&search, ids, count, row);
            free(ids);
        }
        if (row->id == 0)
            *row = search.unsure;
    }
    return ok;
}

/*
 * No row has these bytes. But of what was recorded as had, and never read, nobody knows any: its name and size say that this is it, as they do
 * where nothing is in doubt, unless a name is proven to be another message's now.
 */
static bool
find_unread(struct import *import, const struct id_set *taken_rows, const struct journal_listed *listed,
            struct journal_pop *row)
{
    int64_t *ids;
    size_t count;
    bool ok, taken, found = false;

    row->id = 0;
    if (import->identity != BY_UIDL || import->reused || listed->repeated)
        return true;
    ok = journal_pop_by_uidl(import->journal, listed->uidl, &ids, &count, &import->err);
    if (!ok)
        return false;
    for (size_t i = 0; ok && !found && i < count; i++) {
        ok =
            import_load(import, ids[i], row) && journal_listing_is_taken(import->journal, ids[i], &taken, &import->err);
        found = ok && !taken && !id_set_has(taken_rows, ids[i]) && row->state == POP_HAD && !row->has_header &&
                !row->has_kin && !row->has_body && (row->facts & POP_DOUBT) == 0 &&
                (row->listed == 0 || listed->size == 0 || row->listed == listed->size);
    }
    free(ids);
    if (!found)
        row->id = 0;
    return ok;
}

/* Where names moved on, the row of this one is rather another's, unless its bytes say that it is not: others that have them come first. */
bool
bytes_find_row(struct import *import, const struct id_set *taken_rows, const struct journal_listed *listed,
               const struct seen *seen, struct journal_pop *row)
{
    const bool moved = import->reused;

    return find_among(import, taken_rows, listed, seen, moved, row) &&
           (row->id != 0 || !moved || find_among(import, taken_rows, listed, seen, false, row)) &&
           (row->id != 0 || candidates_begun(import, listed, seen, taken_rows, false, row)) &&
           (row->id != 0 || find_unread(import, taken_rows, listed, row));
}

/* What came ends in its header, perhaps, and so has the body of any that has none: more is another message than that, and comes whole. */
static bool
is_more_of_it(const struct journal_pop *row, const struct seen *seen)
{
    return (row->facts & (POP_SHORT | POP_FEWER)) != 0 && seen->size > row->size;
}

/* Nothing of the header is what it was, and the body is: it may be either. */
bool
bytes_find_unsure(struct import *import, const struct id_set *taken_rows, const struct journal_listed *listed,
                  const struct seen *seen, struct journal_pop *row)
{
    int64_t *ids;
    size_t count;
    bool ok, taken, found = false;

    row->id = 0;
    if (import->identity != BY_UIDL || listed->repeated)
        return true;
    ok = journal_pop_by_uidl(import->journal, listed->uidl, &ids, &count, &import->err);
    if (!ok)
        return false;
    for (size_t i = 0; ok && !found && i < count; i++) {
        ok =
            import_load(import, ids[i], row) && journal_listing_is_taken(import->journal, ids[i], &taken, &import->err);
        found = ok && !taken && !id_set_has(taken_rows, ids[i]) && row->state != POP_FETCHING &&
                seen_same_body(row, seen) && !is_any_part(row, seen, listed) && !is_more_of_it(row, seen);
    }
    free(ids);
    if (!found)
        row->id = 0;
    return ok;
}
