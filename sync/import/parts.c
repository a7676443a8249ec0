/*
 * Messages of which only a part came, twice, or whose end may be missing: what came is here, and the message stays on the server. A server that was
 * ill then may be well now: once a day each is read again, behind all that is new. Where more comes than is here the row is parted from
 * the message, which is new mail then and comes whole, beside the part. Where the same comes again and is not far short, it was all there is.
 *
 * What came with fewer bytes than LIST says, and not with half of them less, may be cut as well, and where `keep` lets it stay no proof before
 * a removal would find that out. So it is read once more, too, until it is known how far this server's sizes are from the truth (import/proof.c).
 */
#include "sync/base/ids.h"
#include "sync/import/phases.h"
#include "sync/import/proof.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/suspects.h"
#include "sync/import/verdict.h"

#include <inttypes.h>

#define KEY "parts" /* in meta: counted time of the last reading */

struct parts {
    struct import *import;
    uint32_t numbers[LIMIT_BATCH];
    struct journal_pop rows[LIMIT_BATCH];
    size_t count, asked, at;
    struct bytes_reading *reading;
    bool more; /* than is here */
    uint64_t passed;
    uint64_t bytes; /* by LIST, of what came with fewer */
};

/* ... and that is all that is the matter with it. */
static bool
came_with_fewer(const struct journal_pop *row)
{
    return (row->facts & (POP_SHORT | POP_CUT | POP_FEWER)) == POP_FEWER;
}

static bool
on_next(void *context, uint32_t *number)
{
    struct parts *parts = context;

    *number = parts->asked < parts->count ? parts->numbers[parts->asked++] : 0;
    return true;
}

static bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct parts *parts = context;

    (void)number;
    if (parts->more) {
        parts->passed += len;
        return import_pass_over(parts->import, parts->passed);
    }
    if (!bytes_add(parts->reading, bytes, len))
        return import_no_memory(parts->import);
    parts->more = bytes_are_more(parts->reading, &parts->rows[parts->at]);
    return true;
}

/* Read once more, as any whose size is not what LIST says, before it is removed; what came with a little less was just that. */
static bool
all_there_is(struct import *import, struct journal_pop *row)
{
    if (came_with_fewer(row))
        return proof_is_doubted(row) || proof_is_all(import, row);
    if ((row->facts & POP_SHORT) == 0 || is_far_short(row->size, row->listed))
        return true;
    row->facts = (row->facts & ~(unsigned)POP_SHORT) | POP_CONFIRM;
    row->why[0] = '\0';
    return import_save(import, row);
}

/*
 * Is it the whole of what is here? Of what was far short anything that is not, is more. Some servers make a message anew each time, with other bytes,
 * and guess its size: what came with fewer is whole only now if nothing is missing any more, or it ended in its header.
 */
static bool
is_more(struct import *import, const struct journal_pop *row, uint64_t size, uint64_t listed, bool *more)
{
    bool usual = false;

    *more = *more || size > row->size;
    if (!*more || !came_with_fewer(row)) {
        *more = *more && !is_far_short(size, listed);
        return true;
    }
    if (!proof_is_usual(import, size, listed, &usual))
        return false;
    *more = size >= listed || usual || import_has_no_body(row);
    return true;
}

/*
 * More than is here was there once, though not all: a reading that is like what is here proves nothing any more. Whatever its header was: it is not
 * here, and a server may write lines of its own.
 */
static bool
note_larger(struct import *import, struct journal_pop *row, uint64_t size)
{
    return !came_with_fewer(row) || size <= row->size || import_remember_why(import, row, IMPORT_OTHER_BYTES);
}

static bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct parts *parts = context;
    struct import *import = parts->import;
    struct journal_pop *row = &parts->rows[parts->at++];
    const uint64_t came = parts->passed;
    bool more = parts->more;
    struct seen seen;

    (void)words;
    parts->more = false;
    parts->passed = 0;
    if (!bytes_end(parts->reading, &seen) || !bytes_begin(parts->reading))
        return import_no_memory(import);
    if (outcome != MAILDROP_DONE)
        return true; /* its row says what is the matter */
    import->last_row = row->id;
    import->last_number = number;
    /* One that ends in its header has the body of any that has none. */
    if (!more && !proof_is_beginning(row, &seen) && seen_same_body(row, &seen) &&
        import_verdict(row, &seen, import_listed_size(import, number)) == VERDICT_SAME)
        return all_there_is(import, row);
    if (!is_more(import, row, seen.size + came, import_listed_size(import, number), &more))
        return false;
    return more ? import_bury_reused(import, row, number, &seen) : note_larger(import, row, seen.size + came);
}

/* Servers whose sizes are always a little high are not read twice: not for ever, and not all at once. */
static bool
is_worth_reading(struct parts *parts, const struct journal_pop *row, bool *worth)
{
    bool usual = false;

    *worth = true;
    if (!came_with_fewer(row))
        return true;
    if (!proof_is_usual(parts->import, row->size, row->listed, &usual))
        return false;
    *worth = !usual && parts->bytes < LIMIT_BATCH_BYTES;
    if (*worth)
        parts->bytes += row->listed;
    return true;
}

static bool
add_line(struct parts *parts, const struct journal_listed *listed)
{
    struct journal_pop *row = &parts->rows[parts->count];
    bool worth;

    if (!import_load(parts->import, listed->row, row) || !is_worth_reading(parts, row, &worth))
        return false;
    parts->numbers[parts->count] = listed->number;
    parts->count += worth;
    return true;
}

/* Lines of the listing that are theirs. */
static bool
find_lines(struct parts *parts, const int64_t *ids, size_t count)
{
    struct import *import = parts->import;
    const uint64_t most = import->account->import.max_size;
    struct journal_listed page[64];
    uint32_t after = 0;
    char why[SUSPECT_WHY];
    size_t n = 64;

    while (n == 64) {
        if (import_stopped(import))
            return import_interrupted(import);
        if (!journal_listing_page(import->journal, LISTED_KNOWN, false, after, page, 64, &n, &import->err))
            return false;
        for (size_t i = 0; i < n; i++) {
            after = page[i].number;
            if (!ids_have(ids, count, page[i].row) || id_set_has(&import->compared, page[i].row) || page[i].repeated ||
                parts->count == LIMIT_BATCH || (most != 0 && page[i].size > most) ||
                suspects_hold_back(import, after, why))
                continue;
            if (!add_line(parts, &page[i]))
                return false;
        }
    }
    return true;
}

bool
import_parts_are_due(struct import *import, bool *due)
{
    char *text;

    if (!journal_get(import->journal, KEY, &text, &import->err))
        return false;
    *due = text == NULL || import->age.now.counted - strtoll(text, NULL, 10) >= AGE_DAY;
    free(text);
    return true;
}

/* Before they are asked for: where the line breaks at one the next run does not begin with it. */
static bool
note_reading(struct import *import)
{
    char now[32];

    (void)text_print(now, sizeof now, "%" PRId64, import->age.now.counted);
    return journal_begin(import->journal, &import->err) &&
           import_end(import, journal_set(import->journal, KEY, now, &import->err));
}

static bool
read_all(struct parts *parts, const int64_t *ids, size_t count)
{
    struct import *import = parts->import;
    const struct maildrop_taker taker = {.context = parts, .next = on_next, .bytes = on_bytes, .end = on_end};
    bool due = false;

    if (!import_parts_are_due(import, &due))
        return false;
    if (!due)
        return true;
    if (!find_lines(parts, ids, count))
        return false;
    if (parts->count == 0)
        return true;
    if (!note_reading(import))
        return false;
    parts->reading = bytes_new();
    if (parts->reading == NULL)
        return import_no_memory(import);
    return import->maildrop.ops->retrieve(import->maildrop.self, &taker, &import->err);
}

bool
import_parts(struct import *import)
{
    struct parts *parts;
    int64_t *ids;
    size_t count;
    bool ok;

    if (!import->may_fetch || import->dry || import->identity != BY_UIDL || import->throttled)
        return true;
    if (!journal_pop_parts(import->journal, &ids, &count, &import->err))
        return false;
    parts = calloc(1, sizeof *parts);
    ok = parts != NULL || import_no_memory(import);
    if (ok) {
        parts->import = import;
        ok = count == 0 || read_all(parts, ids, count);
        bytes_free(parts->reading);
    }
    free(parts);
    free(ids);
    return ok;
}
