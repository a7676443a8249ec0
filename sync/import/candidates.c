/* Rows that a line of the listing may be, by its UIDL or by its header (import/decide.c says which it is). */
#include "sync/import/candidates.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/verdict.h"

#define CANDIDATES_PAGE 64 /* rows: thousands may have one header, and one of the first is it */

static bool
is_free(struct import *import, int64_t id, bool *free_row)
{
    bool taken;

    if (!journal_listing_is_taken(import->journal, id, &taken, &import->err))
        return false;
    *free_row = !taken;
    return true;
}

/*
 * Of what was recorded as had there are no bytes to compare: where a list lacked it, another header under its name is another message's. So is
 * another size under a header that names nothing: what comes twice is the lesser evil.
 */
static bool
is_none_of_had(const struct journal_pop *row, const struct seen *seen, const struct journal_listed *listed,
               enum verdict verdict)
{
    const bool resized = row->listed != 0 && listed->size != 0 && row->listed != listed->size;

    if (row->state != POP_HAD)
        return false;
    if (verdict == VERDICT_UNPROVEN)
        return row->absent != 0;
    return row->has_header && !seen->kin.names && resized;
}

/*
 * Of what was recorded as had, and never read, name and size are all that is known. Where names moved on they say nothing, and what comes twice is the
 * lesser evil.
 */
static bool
is_a_guess(const struct import *import, const struct journal_pop *row)
{
    return import->reused && row->state == POP_HAD && !row->has_header && !row->has_kin;
}

static bool
judge_named(struct import *import, const struct journal_listed *listed, const struct seen *seen, int64_t id,
            struct candidates *to)
{
    struct journal_pop row;
    enum verdict verdict;

    if (!import_load(import, id, &row))
        return false;
    verdict = import_verdict(&row, seen, listed->size);
    to->named += row.absent == 0;
    if ((row.facts & POP_DOUBT) != 0) { /* it is its own only if it is no other's */
        to->begun = true;
        /* A size that happens to be equal does not say that this was recorded as had. */
        to->own = to->own || (row.absent == 0 && verdict == VERDICT_SAME && (row.state != POP_HAD || row.has_header));
        return true;
    }
    /*
     * Of equal names, and of those that moved on, a row that was begun and knows no header is nobody's: what is new gets one anew. Nor does a
     * size that happens to be equal say which of equal names was recorded as had.
     */
    if (!row.has_header && !row.has_kin &&
        (((listed->repeated || import->reused) && row.state == POP_FETCHING) ||
         (listed->repeated && row.state == POP_HAD)))
        return true;
    /* Of one that never came whole nothing is certain. */
    if (row.state == POP_FETCHING && (verdict == VERDICT_UNPROVEN || (row.facts & POP_SHORT) != 0) &&
        verdict != VERDICT_SAME)
        return true;
    if (is_a_guess(import, &row) || is_none_of_had(&row, seen, listed, verdict))
        return true;
    to->another = to->another || (verdict == VERDICT_ANOTHER && (row.has_header || row.has_kin));
    to->left = to->left || (verdict == VERDICT_ANOTHER && (row.has_header || row.has_kin) && row.absent == 0);
    to->resized = to->resized || (verdict == VERDICT_ANOTHER && !row.has_header && !row.has_kin);
    if (verdict == VERDICT_UNPROVEN && !to->any_unproven) {
        to->unproven = row;
        to->any_unproven = true;
    }
    if (verdict == VERDICT_SAME && to->count++ == 0)
        to->first = row;
    return true;
}

bool
candidates_named(struct import *import, const struct journal_listed *listed, const struct seen *seen,
                 struct candidates *to)
{
    int64_t *ids;
    size_t count;
    bool ok = journal_pop_by_uidl(import->journal, listed->uidl, &ids, &count, &import->err), unused;

    *to = (struct candidates){.count = 0};
    if (!ok)
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = is_free(import, ids[i], &unused) && (!unused || judge_named(import, listed, seen, ids[i], to));
    free(ids);
    return ok;
}

/*
 * Has LIST said of this row what it says now? Of a file found here LIST's size is not known. For others "not told" proves nothing, but where
 * nothing but its header ever was known of a message, nothing more can be asked for.
 */
static bool
has_size(const struct journal_pop *row, const struct journal_listed *listed)
{
    if (strcmp(row->uidl, IMPORT_FILE_UIDL) == 0)
        return true;
    if (row->state == POP_HAD && (row->listed == 0 || listed->size == 0))
        return true;
    return row->listed != 0 && row->listed == listed->size;
}

/* Does no size say that it is another? */
static bool
may_have_size(const struct journal_pop *row, const struct journal_listed *listed)
{
    return row->listed == 0 || listed->size == 0 || row->listed == listed->size;
}

/* Is it all the same which of these two it is? */
static bool
same_body(const struct journal_pop *a, const struct journal_pop *b)
{
    return a->has_body == b->has_body && (!a->has_body || memcmp(a->body, b->body, DIGEST_SIZE) == 0);
}

/* One of those that are absent: of the same size, or where that is not asked for of any. */
static bool
judge_absent(struct import *import, const struct journal_listed *listed, const struct seen *seen, int64_t id,
             bool same_size, struct candidates *to)
{
    struct journal_pop row;
    struct seen known;

    if (!import_load(import, id, &row))
        return false;
    if (strcmp(row.uidl, listed->uidl) == 0) /* it was judged by its name */
        return true;
    if (same_size && !has_size(&row, listed))
        return true;
    seen_of_row(&row, &known);
    if (row.has_kin ? !kin_same(&known.kin, &seen->kin) : memcmp(row.header, seen->header, DIGEST_SIZE) != 0)
        return true;
    to->mixed = to->mixed || (to->count > 0 && !same_body(&to->first, &row));
    to->fetched =
        to->fetched || ((row.state == POP_STORED || row.state == POP_REMOVING) && may_have_size(&row, listed));
    if (to->count++ == 0)
        to->first = row;
    return true;
}

/* Of other bodies: where it makes a difference which of them it is, it makes none how many more there are. Who wants all of them says SIZE_MAX. */
static bool
is_enough(const struct candidates *to, size_t most)
{
    return to->count >= most || (to->mixed && most != SIZE_MAX);
}

static bool
judge_these(struct import *import, const struct journal_listed *listed, const struct seen *seen, const int64_t *ids,
            size_t count, bool same_size, size_t most, struct candidates *to)
{
    bool ok = true, unused;

    for (size_t i = 0; ok && i < count && !is_enough(to, most); i++)
        ok = is_free(import, ids[i], &unused) && (!unused || judge_absent(import, listed, seen, ids[i], same_size, to));
    return ok;
}

bool
candidates_from(struct import *import, enum candidates_place place, const char *uidl, const struct seen *seen,
                bool of_body, int64_t *after, int64_t **ids, size_t *count)
{
    const struct journal_pop_body body = {.came = of_body ? seen->body : NULL,
                                          .wire = of_body ? seen->wire : NULL,
                                          .parts = of_body && seen->has_parts ? seen->parts : NULL};
    const struct journal_pop_page page = {*after, CANDIDATES_PAGE};
    const bool listed = import->identity != BY_BODY; /* else the listing holds numbers alone */
    bool ok = true;

    *ids = NULL;
    *count = 0;
    *after = CANDIDATES_END;
    switch (place) {
    case ROWS_OF_NAME:
        return of_body ? journal_pop_by_uidl_and_body(import->journal, uidl, body, ids, count, &import->err)
                       : journal_pop_by_uidl(import->journal, uidl, ids, count, &import->err);
    case ROWS_OF_HEADER:
        ok = journal_pop_absent_by_header(import->journal, seen->header, body, page, ids, count, &import->err);
        break;
    case ROWS_OF_KIN:
        ok = journal_pop_absent_by_kin(import->journal, seen->kin.rest, body, page, ids, count, &import->err);
        break;
    case ROWS_LACKED:
        return !listed || import->complete ||
               journal_listing_gone_like(import->journal, seen->header, seen->kin.rest, body, ids, count, &import->err);
    case ROWS_LOOSE:
        return !listed || journal_listing_loose_like(import->journal, seen->header, seen->kin.rest, body, ids, count,
                                                     &import->err);
    case ROWS_PLACES:
        break;
    }
    if (ok && *count == CANDIDATES_PAGE)
        *after = (*ids)[*count - 1];
    return ok;
}

bool
candidates_absent(struct import *import, const struct journal_listed *listed, const struct seen *seen, bool by_header,
                  bool same_size, size_t most, struct candidates *to)
{
    bool ok = true;

    *to = (struct candidates){.count = 0};
    for (enum candidates_place place = by_header ? ROWS_OF_HEADER : ROWS_OF_KIN;
         ok && place < ROWS_PLACES && !is_enough(to, most); place++) {
        const size_t before = to->count;
        int64_t after = by_header && place == ROWS_OF_KIN ? CANDIDATES_END : 0;

        while (ok && after != CANDIDATES_END && !is_enough(to, most)) {
            int64_t *ids;
            size_t count;

            ok = candidates_from(import, place, listed->uidl, seen, false, &after, &ids, &count) &&
                 judge_these(import, listed, seen, ids, count, same_size, most, to);
            free(ids);
        }
        to->loose = place == ROWS_LOOSE && to->count > before;
    }
    return ok;
}

bool
candidates_may_be_had(const struct import *import, const struct journal_pop *row, const struct journal_listed *listed,
                      const struct seen *seen)
{
    const bool resized = row->listed != 0 && listed->size != 0 && row->listed != listed->size;

    return strcmp(row->uidl, listed->uidl) == 0 &&
           !(resized && (import->reused || listed->repeated || !seen->kin.names));
}

/* What was recorded as had is never fetched: by its header, and its size where that counts, it is this message, or it is nobody's. */
static bool
may_be_begun(const struct import *import, const struct journal_pop *row, const struct journal_listed *listed,
             const struct seen *seen)
{
    return (row->facts & POP_DOUBT) != 0 &&
           (row->state != POP_HAD ||
            (import_verdict(row, seen, 0) == VERDICT_SAME && candidates_may_be_had(import, row, listed, seen)));
}

bool
candidates_begun(struct import *import, const struct journal_listed *listed, const struct seen *seen,
                 const struct id_set *taken, bool certain, struct journal_pop *row)
{
    int64_t *ids;
    size_t count;
    bool ok = journal_pop_by_uidl(import->journal, listed->uidl, &ids, &count, &import->err), free_row, found = false;

    if (!ok)
        return false;
    for (size_t i = 0; ok && !found && i < count; i++) {
        ok = is_free(import, ids[i], &free_row) && import_load(import, ids[i], row);
        found = ok && free_row && (taken == NULL || !id_set_has(taken, ids[i])) &&
                may_be_begun(import, row, listed, seen) &&
                (!certain || import_verdict(row, seen, listed->size) == VERDICT_SAME);
    }
    free(ids);
    if (!found)
        row->id = 0;
    return ok;
}

/*
 * New mail stands at the end of a list. Where names moved on among what is known, one there with a name that no row has may be new, and the
 * row's message gone. So few are looked at that a list in which most names are new is not read for it.
 */
bool
candidates_note_newest(struct import *import)
{
    struct journal_listed last[IMPORT_NEWEST];
    const uint32_t after = import->messages > IMPORT_NEWEST ? (uint32_t)(import->messages - IMPORT_NEWEST) : 0;
    size_t lines, rows;
    int64_t *ids;

    import->newest = 0;
    if (!journal_listing_page(import->journal, LISTED_ALL, false, after, last, IMPORT_NEWEST, &lines, &import->err))
        return false;
    for (size_t i = 0; i < lines; i++) {
        if (!journal_pop_by_uidl(import->journal, last[i].uidl, &ids, &rows, &import->err))
            return false;
        free(ids);
        import->newest |= (rows == 0 ? 1U : 0U) << (last[i].number % IMPORT_NEWEST);
    }
    return true;
}

/* New mail stands there, and a report is small: to read so few once costs nothing, whatever else the list has to say. */
static bool
is_small_at_the_end(const struct import *import, const struct journal_listed *listed)
{
    return listed->number + IMPORT_NEWEST > import->messages && listed->size != 0 && listed->size <= IMPORT_SMALL;
}

/*
 * The very header under its own name and another size, while others have the sizes that they had: the name may be used again, for another
 * report. Its bytes say it, once. Where none has its size sizes are perhaps counted anew, and only what may be new is read, or has a header that
 * many messages may have.
 */
bool
candidates_resized(const struct import *import, const struct journal_pop *row, const struct journal_listed *listed,
                   const struct seen *seen)
{
    /* Of a part nothing is learned so: another part may be like it. It is read once a day anyway (import/parts.c). */
    const bool nameless = !seen->kin.names && (row->facts & POP_SHORT) == 0;

    return (import->steady > 0 || is_small_at_the_end(import, listed) || nameless || listed->repeated) &&
           import->may_fetch && row->has_body && row->has_header && row->listed != 0 && listed->size != 0 &&
           row->listed != listed->size && memcmp(row->header, seen->header, DIGEST_SIZE) == 0;
}

/* Where all names changed none of them tells which is new: of the last lines the small ones are read. */
static bool
may_be_new(const struct import *import, const struct journal_listed *listed, bool renumbered)
{
    if ((!import->reused && !renumbered) || listed->number + IMPORT_NEWEST <= import->messages)
        return false;
    return (import->reused && (import->newest >> (listed->number % IMPORT_NEWEST) & 1U) != 0) ||
           is_small_at_the_end(import, listed);
}

/*
 * Is it so plainly this row's message under a new name that nothing of it is read? Many lost theirs in this run; or its file was found
 * here without a row, and has as many bytes as are listed, and after a first meeting the line is none of those that may be new; or nothing
 * but its header ever was known. Not so while it may be another's: one whose header can't be read now, or one that was asked for and never
 * came; nor where a line that is not decided has the row's name, or where it may be new. What was about to be removed is rather gone.
 */
bool
candidates_plain(struct import *import, const struct candidates *rows, const struct journal_listed *listed,
                 const struct seen *seen, bool same_size, bool renumbered, bool *plain)
{
    const struct journal_pop *row = &rows->first;
    bool may_be = false;

    *plain = false;
    if (!seen->kin.names || rows->loose)
        return true;
    *plain = row->state == POP_HAD;
    if (*plain)
        return true;
    if (strcmp(row->uidl, IMPORT_FILE_UIDL) == 0)
        *plain = row->size == listed->size && (import->first || !is_small_at_the_end(import, listed));
    else
        *plain = row->state != POP_REMOVING && (renumbered || import->reused) && row->absent == import_stamp(import);
    *plain = *plain && !may_be_new(import, listed, renumbered);
    if (*plain && !journal_listing_may_be_anothers(import->journal, seen->header, same_size ? listed->size : 0, &may_be,
                                                   &import->err))
        return false;
    *plain = *plain && !may_be;
    return true;
}

/*
 * What LIST says of the message of a file nobody knows: no other line may be kin of it at all, nor two of two files, which are perhaps
 * copies that the user made of one.
 */
bool
candidates_only_line(struct import *import, const struct journal_pop *row, const struct seen *seen, bool *only)
{
    uint64_t all = 1;
    bool kin = false;

    if (strcmp(row->uidl, IMPORT_FILE_UIDL) == 0) {
        if (!journal_listing_count_kin(import->journal, seen->kin.rest, 2, &all, &import->err))
            return false;
    } else if (row->state != POP_HAD) {
        if (!journal_listing_has_kin(import->journal, seen->header, seen->kin.rest, &kin, &import->err))
            return false;
    }
    *only = all == 1 && !kin;
    return true;
}
