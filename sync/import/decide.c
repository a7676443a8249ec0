/*
 * Which row one doubtful line is.
 *
 * A row of the same UIDL means another message only if the kin digest, the Message-ID and the size say so; where they contradict each
 * other the message is neither fetched nor removed. A row of another UIDL means this message if header or kin are equal, as often as both
 * sides have them: k lines and k rows are paired in their order. Where the counts differ, and where nothing but the body can tell (equal
 * headers under a repeated UIDL, no TOP), the message is fetched and compared (import/compare.c).
 *
 * Header and size do not say everything: a program may give each of its reports the same. So they suffice only where many lost their
 * names in this very run (all names are new, or one is proven to be used again), and the body is read before such a message is removed.
 * One that is like a single row, or like one that was absent before, is fetched and compared: what is new must come.
 */
#include "sync/import/candidates.h"
#include "sync/import/match.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/verdict.h"

/* ---- one message, one row ---- */

/*
 * Under the same header there may be another body: the more where the size is another, or the name, or where names moved on, or where a list
 * lacked it and its name may have been given to another since. One that golub removed, that was listed again before, and was the same, is a
 * server's that keeps what it says it removes.
 */
static bool
is_to_be_confirmed(const struct import *import, const struct journal_listed *listed, const struct journal_pop *row)
{
    const bool told = row->listed != 0 && listed->size != 0;

    if (import->reused || strcmp(row->uidl, listed->uidl) != 0 || (told && row->listed != listed->size))
        return true;
    return row->absent != 0 && (!told || row->state != POP_REMOVING || (row->facts & POP_AGAIN) == 0);
}

static bool
pair_line(struct match *match, const struct journal_listed *listed, struct journal_pop *row, const struct seen *seen,
          bool proven)
{
    struct import *import = match->import;
    const bool other_name = strcmp(row->uidl, listed->uidl) != 0;
    const unsigned facts = row->facts;
    bool changed;

    match->renamed += other_name;
    match->revived += !other_name && row->absent != 0;
    import->again += !other_name && row->absent != 0 && row->state == POP_REMOVING;
    if (is_to_be_confirmed(import, listed, row))
        row->facts |= POP_CONFIRM;
    if (proven)
        row->facts &= ~(unsigned)POP_UNSURE;
    changed = import_take_up(row, listed, seen) || row->facts != facts;
    if (changed && !journal_pop_save(import->journal, row, &import->err))
        return false;
    return journal_listing_pair(import->journal, listed->number, row->id, proven, &import->err);
}

/* ---- decisions ---- */

static bool
leave_unproven(struct match *match, const struct journal_listed *listed, struct journal_pop *row,
               const struct seen *seen)
{
    struct import *import = match->import;

    if (import_body_tells(row, seen) && import->may_fetch)
        return journal_listing_compare(import->journal, listed->number, &import->err);
    match->unproven++;
    (void)import_take_up(row, listed, NULL);
    import_note_unsure(import, row);
    return journal_pop_save(import->journal, row, &import->err) &&
           journal_listing_pair(import->journal, listed->number, row->id, false, &import->err);
}

/* Nothing of what is known of it is other than it was. */
static bool
is_unchanged(const struct journal_pop *row, const struct journal_listed *listed, const struct seen *seen)
{
    return (!row->has_header || memcmp(row->header, seen->header, DIGEST_SIZE) == 0) &&
           (row->listed == 0 || listed->size == 0 || row->listed == listed->size);
}

/*
 * Neither its name, where names moved on or several have it of which the list shows one, nor its header says that it is this row's message: its
 * bytes do. Of a part they don't.
 */
static bool
only_bytes_tell(const struct import *import, const struct journal_listed *listed, const struct candidates *rows,
                const struct seen *seen)
{
    return (import->reused || (rows->named > 1 && !listed->repeated)) && !seen->kin.names && rows->first.has_body &&
           (rows->first.facts & POP_SHORT) == 0;
}

/* What was begun under this name, and is not known by any header, may be another message: one that was here under another name, and went, has this header. */
static bool
is_perhaps_gone(struct import *import, const struct journal_listed *listed, const struct candidates *named,
                const struct seen *seen, bool *perhaps)
{
    struct candidates gone;

    *perhaps = false;
    if (named->count != 1 || named->first.state != POP_FETCHING || named->first.has_header || named->first.has_kin)
        return true;
    if (!candidates_absent(import, listed, seen, true, true, 1, &gone))
        return false;
    *perhaps = gone.count != 0;
    return true;
}

/* By its name. Of one to which the server added a line, and one of its header that is new, the new one has the header that is known. */
static bool
decide_named(struct match *match, const struct journal_listed *listed, const struct seen *seen)
{
    struct import *import = match->import;
    struct candidates rows;
    uint64_t alike = 1, named_alike = 1;
    /* Where names moved on, now or in a run that broke off, one of two that are alike may have the other's. */
    const bool moved = import->reused || match->again || match->doubted;
    bool kin = false, perhaps = false;

    if (!candidates_named(import, listed, seen, &rows) || !is_perhaps_gone(import, listed, &rows, seen, &perhaps) ||
        (moved && (!journal_listing_alike(import->journal, NULL, seen->header, listed->size, 2, &alike, &import->err) ||
                   !journal_listing_has_kin(import->journal, seen->header, seen->kin.rest, &kin, &import->err))) ||
        (listed->repeated &&
         !journal_listing_alike(import->journal, listed->uidl, seen->header, 0, 2, &named_alike, &import->err)))
        return false;
    /* ... and what is merely kin of the row of its name may be a copy, and the row another line's; and so may what was begun for the name. */
    if (rows.count == 1 && !rows.begun && !perhaps && alike == 1 && !kin && named_alike == 1 &&
        (!moved || is_unchanged(&rows.first, listed, seen)) && !(import->reused && rows.first.state == POP_FETCHING) &&
        !candidates_resized(import, &rows.first, listed, seen) && !only_bytes_tell(import, listed, &rows, seen))
        return pair_line(match, listed, &rows.first, seen, true);
    /* Of equal names nobody knows whose header it is that contradicts itself: the bytes say it. */
    if (rows.count > 0 || (rows.any_unproven && listed->repeated))
        return journal_listing_compare(import->journal, listed->number, &import->err);
    if (rows.any_unproven)
        return leave_unproven(match, listed, &rows.unproven, seen);
    return true;
}

/* ---- by header ---- */

static struct match_group *
group_of(struct match *match, const struct seen *seen)
{
    return &match->groups[seen->header[0] % MATCH_GROUPS];
}

/* Has no row this name? One that has it is no row that this line is by its header: it was judged by the name. */
static bool
is_name_new(struct import *import, const char *uidl, bool *new)
{
    int64_t *ids;
    size_t count;

    if (!journal_pop_by_uidl(import->journal, uidl, &ids, &count, &import->err))
        return false;
    *new = count == 0;
    free(ids);
    return true;
}

/* What was counted for a line before this one, and the first of the rows that are left. */
static bool
recall_group(struct match *match, const struct journal_listed *listed, const struct seen *seen, uint64_t *alike,
             struct candidates *rows, bool *recalled)
{
    struct import *import = match->import;
    const struct match_group *group = group_of(match, seen);

    *recalled = group->known && group->size == listed->size && group->resizing == match->resizing &&
                memcmp(group->header, seen->header, DIGEST_SIZE) == 0;
    if (!*recalled)
        return true;
    if (!is_name_new(import, listed->uidl, recalled) ||
        (*recalled && !candidates_absent(import, listed, seen, true, true, group->rows > 0 ? 1 : 0, rows)))
        return false;
    *recalled = *recalled && (rows->count == 1 || group->rows == 0);
    *alike = group->lines;
    rows->count = group->rows;
    rows->mixed = group->mixed;
    return true;
}

/* How many lines have its header and size, and which rows they may be. */
static bool
count_group(struct match *match, const struct journal_listed *listed, const struct seen *seen, uint64_t *alike,
            struct candidates *rows)
{
    struct import *import = match->import;
    struct match_group *group = group_of(match, seen);
    bool recalled;

    if (!recall_group(match, listed, seen, alike, rows, &recalled))
        return false;
    if (recalled)
        return true;
    /* What names nothing is compared, however many rows it may be. */
    if (!journal_listing_alike(import->journal, NULL, seen->header, listed->size, SIZE_MAX, alike, &import->err) ||
        !candidates_absent(import, listed, seen, true, true, seen->kin.names ? (size_t)*alike + 1 : 1, rows))
        return false;
    *group = (struct match_group){
        .size = listed->size, .lines = *alike, .rows = rows->count, .mixed = rows->mixed, .resizing = match->resizing};
    memcpy(group->header, seen->header, DIGEST_SIZE);
    /* Others of them are rows of kin, too, and another header may take them. */
    group->known = import->complete && !rows->loose;
    return true;
}

/* A row and a line are no more of their group. */
static bool
pair_of_group(struct match *match, const struct journal_listed *listed, struct journal_pop *row,
              const struct seen *seen)
{
    struct match_group *group = group_of(match, seen);

    match->resizing += row->listed != listed->size;
    group->lines--;
    group->rows--;
    return pair_line(match, listed, row, seen, true);
}

/* By what it is, under whatever name it was known: the same header and size. */
static bool
decide_by_header(struct match *match, const struct journal_listed *listed, const struct seen *seen)
{
    struct import *import = match->import;
    struct candidates rows;
    uint64_t alike;
    bool plain, only;

    if (!count_group(match, listed, seen, &alike, &rows))
        return false;
    if (rows.count == 0)
        return true;
    match->sized = match->sized || (listed->size != 0 && rows.first.listed == listed->size);
    if (!candidates_plain(import, &rows, listed, seen, true, match->renumbered, &plain) ||
        !candidates_only_line(import, &rows.first, seen, &only))
        return false;
    if (rows.count == alike && plain && only && !rows.mixed)
        return pair_of_group(match, listed, &rows.first, seen);
    return journal_listing_compare(import->journal, listed->number, &import->err);
}

/* ---- what is left ---- */

/*
 * New; or what was begun for it while it might have been another row's. A server may show by TOP what RETR has not, so of the Message-ID and size
 * of one that went missing the bytes are compared on their way.
 */
static bool
decide_new(struct match *match, const struct journal_listed *listed, const struct seen *seen)
{
    struct import *import = match->import;
    struct journal_pop begun;
    bool named = false;

    if (!candidates_begun(import, listed, seen, NULL, false, &begun))
        return false;
    if (begun.id != 0)
        return pair_line(match, listed, &begun, seen, true);
    if (seen->kin.has_id && listed->size != 0 &&
        !journal_pop_has_absent_named(import->journal, seen->kin.id, listed->size, &named, &import->err))
        return false;
    if (named)
        return journal_listing_compare(import->journal, listed->number, &import->err);
    return journal_listing_want(import->journal, listed->number, &import->err);
}

/* Another size, or a line more: its body is read again before anything is removed because of it. What is none of that is new. */
static bool
decide_by_kin(struct match *match, const struct journal_listed *listed, const struct seen *seen)
{
    struct import *import = match->import;
    struct candidates rows;
    uint64_t alike;
    bool plain;

    if (!candidates_absent(import, listed, seen, false, false, 2, &rows) ||
        !journal_listing_count_kin(import->journal, seen->kin.rest, 2, &alike, &import->err))
        return false;
    if (rows.count == 0 && !candidates_absent(import, listed, seen, true, false, 2, &rows))
        return false;
    /* At a first meeting its file may be one of those that were not seen. */
    if (rows.count == 0 && import->unseen)
        return journal_listing_leave(import->journal, listed->number, &import->err);
    if (rows.count == 0)
        return decide_new(match, listed, seen);
    if (!candidates_plain(import, &rows, listed, seen, false, match->renumbered, &plain))
        return false;
    /* The very header, and a size that is another while others have theirs still: it has another body. */
    plain =
        plain && !(match->sized && rows.first.listed != 0 && listed->size != 0 && rows.first.listed != listed->size &&
                   rows.first.has_header && memcmp(rows.first.header, seen->header, DIGEST_SIZE) == 0);
    if (rows.count > 1 || alike > 1 || !match->renumbered || !plain)
        return journal_listing_compare(import->journal, listed->number, &import->err);
    rows.first.facts |= POP_CONFIRM;
    return pair_line(match, listed, &rows.first, seen, true);
}

/* Without TOP: UIDL and size, or the bytes. */
static bool
decide_blind(struct match *match, const struct journal_listed *listed)
{
    struct import *import = match->import;
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok, only;

    if (!journal_pop_by_uidl(import->journal, listed->uidl, &ids, &count, &import->err))
        return false;
    only = count == 1 && !listed->repeated;
    ok = !only || import_load(import, ids[0], &row);
    free(ids);
    if (!ok)
        return false;
    if (only && (row.facts & POP_DOUBT) == 0 && (row.listed == 0 || listed->size == 0 || row.listed == listed->size))
        return pair_line(match, listed, &row, NULL, false);
    return journal_listing_compare(import->journal, listed->number, &import->err);
}

static bool
decide(struct match *match, const struct journal_listed *listed, enum decide_pass pass)
{
    struct import *import = match->import;
    struct journal_pop header;
    struct seen seen;
    bool found;

    if (listed->row != 0)
        return true;
    if (!journal_listing_top_of(import->journal, listed->number, &header, &found, &import->err))
        return false;
    if (!found && import->info.top) /* it can't be read: the next run asks again */
        return pass != DECIDE_BY_NAME || journal_listing_leave(import->journal, listed->number, &import->err);
    if (!found)
        return pass != DECIDE_BY_KIN || decide_blind(match, listed);
    seen_of_row(&header, &seen);
    if (pass == DECIDE_BY_NAME)
        return decide_named(match, listed, &seen);
    return pass == DECIDE_BY_HEADER ? decide_by_header(match, listed, &seen) : decide_by_kin(match, listed, &seen);
}

/* It is compared, or left for another run. */
static bool
is_decided(struct import *import, const struct journal_listed *listed, bool *decided)
{
    return journal_listing_is_put_off(import->journal, listed->number, decided, &import->err);
}

bool
decide_lines(struct match *match, enum decide_pass pass)
{
    struct import *import = match->import;
    struct journal_listed page[64];
    size_t count = 64;
    uint32_t after = 0;

    while (count == 64) {
        if (!journal_listing_page(import->journal, LISTED_DOUBT, false, after, page, 64, &count, &import->err))
            return false;
        for (size_t i = 0; i < count; i++) {
            bool decided;

            after = page[i].number;
            if (!is_decided(import, &page[i], &decided) || (!decided && !decide(match, &page[i], pass)))
                return false;
        }
    }
    return true;
}
