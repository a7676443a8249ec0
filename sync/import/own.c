/*
 * Lines that only their bytes tell apart, and whose bytes can't be had now: larger than max-size, or refused. Each gets a row of its own beside
 * that of the message that it may be (POP_DOUBT): so a later run knows it by its name, asks for no header of what is too large, and compares
 * it once it can be read. The other row is absent until then, and is not forgotten.
 */
#include "sync/import/candidates.h"
#include "sync/import/own.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

/* What was recorded as had stays that: nothing of it waits. */
static bool
says_so(const struct journal_pop *row, const struct journal_listed *listed, uint64_t size, const char *why)
{
    return row->id != 0 && row->absent == 0 && row->listed == listed->size && row->size == size &&
           (row->state == POP_HAD || strcmp(row->why, why) == 0);
}

static bool
begin_own(struct import *import, const struct journal_listed *listed, uint64_t size, const char *why)
{
    struct journal_pop row, header;
    struct seen seen = {0};
    bool found;

    if (!journal_listing_top_of(import->journal, listed->number, &header, &found, &import->err))
        return false;
    if (found)
        seen_of_row(&header, &seen);
    /* That of an earlier run: of this name, and of no other header. */
    if (!candidates_begun(import, listed, &seen, NULL, true, &row))
        return false;
    if (says_so(&row, listed, size, why))
        return journal_listing_pair(import->journal, listed->number, row.id, false, &import->err);
    if (row.id == 0 && !import_begin_row(import, listed, &row))
        return false;
    row.facts |= POP_DOUBT;
    row.absent = 0;
    row.listed = listed->size;
    row.size = size;
    row.base[0] = '\0';
    if (row.state != POP_HAD)
        (void)text_print(row.why, sizeof row.why, "%s", why);
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_pop_save(import->journal, &row, &import->err) &&
                                  journal_listing_pair(import->journal, listed->number, row.id, false, &import->err));
}

/* Names that several have are not told apart by their rows; nor is there one in a run that must not make any. */
bool
import_put_off(struct import *import, const struct journal_listed *listed, uint64_t size, const char *why)
{
    if (import->identity == BY_BODY)
        return true;
    if (listed->repeated || import->unseen || import->options->skip_existing)
        return journal_listing_leave(import->journal, listed->number, &import->err);
    return begin_own(import, listed, size, why);
}
