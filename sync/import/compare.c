/*
 * Messages that only their bytes tell apart: all of them where a server has neither UIDL nor TOP, else those whose names and headers are
 * equal to others', or that may be one of several that are known. Each is fetched, digested, and dropped if a row that no other message has
 * taken has the same bytes; what is left is new, and new mail of this kind is not removed in this session.
 *
 * Its row is not known before the bytes are here; so rows are committed as FETCHING after RETR and before delivery, which serves as well: a
 * file of that base name is the message.
 */
#include "sync/import/batch.h"
#include "sync/import/bytes.h"
#include "sync/import/hand.h"
#include "sync/import/own.h"
#include "sync/import/phases.h"
#include "sync/import/proof.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/step.h"
#include "sync/import/verdict.h"

#include <inttypes.h>

struct compare {
    struct import *import;
    enum journal_listing_which which;
    struct arrival batch[LIMIT_BATCH];
    size_t count;
    uint64_t batch_bytes;
    struct journal_listed page[LIMIT_BATCH];
    struct journal_listed wanted[LIMIT_BATCH]; /* of the page; asked: so many were named, at: answered */
    size_t wanted_count, asked, at;
    struct behind behind;
    struct id_set seen; /* rows whose message is on the server */
    struct local_draft *draft;
    bool begun;
    const char *dropped; /* why what comes is not written down; NULL: it is */
    struct bytes_reading *reading;
    uint64_t bytes, passed; /* passed: of these, since nothing of it is written down */
    bool all;               /* every message was looked at */
};

/* ---- delivery ---- */

static bool
pair_line(struct compare *compare, const struct arrival *arrival)
{
    struct import *import = compare->import;

    if (!id_set_add(&compare->seen, arrival->row.id))
        return import_no_memory(import);
    return import->identity == BY_BODY ||
           journal_listing_pair(import->journal, arrival->number, arrival->row.id, false, &import->err);
}

static bool
save_rows(struct compare *compare)
{
    struct import *import = compare->import;
    bool ok = true;

    if (!journal_begin(import->journal, &import->err))
        return false;
    for (size_t i = 0; ok && i < compare->count; i++)
        ok = journal_pop_save(import->journal, &compare->batch[i].row, &import->err) &&
             pair_line(compare, &compare->batch[i]);
    return import_end(import, ok);
}

static bool
flush(struct compare *compare)
{
    size_t count = compare->count;

    if (count == 0)
        return true;
    compare->batch_bytes = 0;
    if (!save_rows(compare)) {
        fetch_drop(compare->import, compare->batch, count);
        compare->count = 0;
        return false;
    }
    compare->count = 0;
    return compare->import->handover != NULL || fetch_deliver(compare->import, compare->batch, count);
}

static void
abandon(struct compare *compare)
{
    struct import *import = compare->import;

    if (compare->draft != NULL)
        import->local.ops->draft_drop(import->local.self, compare->draft);
    if (compare->begun && import->handover != NULL && !import->options->skip_existing)
        import->handover->drop(import->handover->self);
    compare->draft = NULL;
    compare->begun = false;
}

static bool
keep_draft(struct compare *compare, struct arrival *arrival)
{
    struct import *import = compare->import;

    struct digests unused;

    arrival->fresh = arrival->row.base[0] == '\0';
    if (arrival->fresh && !import_choose_base(import, &arrival->row))
        return false;
    if (!import->local.ops->draft_finish(import->local.self, compare->draft, &unused, &import->err))
        return false;
    arrival->draft = compare->draft;
    compare->draft = NULL;
    compare->begun = false;
    compare->batch_bytes += compare->bytes;
    compare->count++;
    return (compare->count < import_batch(compare->import) && compare->batch_bytes < LIMIT_BATCH_BYTES) ||
           flush(compare);
}

/* One row by itself, before anything rests on it. */
static bool
save_alone(struct compare *compare, struct arrival *arrival)
{
    struct import *import = compare->import;

    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import,
                      journal_pop_save(import->journal, &arrival->row, &import->err) && pair_line(compare, arrival));
}

/* The message of a row that is known. */
static bool
take_up(struct compare *compare, const struct journal_listed *listed, struct journal_pop *row, const struct seen *seen)
{
    const struct import *import = compare->import;
    struct arrival arrival = {.number = listed->number};
    const bool returned = row->absent != 0 && row->absent != import_stamp(import) &&
                          strcmp(row->uidl, listed->uidl) != 0 && (row->facts & (POP_SHORT | POP_CUT | POP_FEWER)) != 0;
    bool changed = import_take_up(row, listed, seen) || !row->has_body;

    if (!row->has_body)
        seen_to_row(seen, row);
    row->facts |= returned ? POP_RETURNED : 0U; /* a part: the whole of it went, perhaps */
    arrival.row = *row;
    return changed ? save_alone(compare, &arrival) : pair_line(compare, &arrival);
}

/* Another run looks at it. */
static bool
leave(struct compare *compare, const struct journal_listed *listed)
{
    struct import *import = compare->import;

    compare->all = false;
    return import->identity == BY_BODY || journal_listing_leave(import->journal, listed->number, &import->err);
}

/* A message that is not here. */
static bool
take(struct compare *compare, const struct journal_listed *listed, const struct journal_pop *known,
     const struct seen *seen)
{
    struct import *import = compare->import;
    struct arrival *arrival = &compare->batch[compare->count];
    uint64_t most = import->account->import.max_messages;

    if (most != 0 && import->counts.done[DID_DOWNLOAD] + compare->count >= most) {
        import->counts.kept_by_policy++;
        return leave(compare, listed);
    }
    *arrival = (struct arrival){.number = listed->number, .repeated = true};
    if (known->id != 0)
        arrival->row = *known;
    else
        import_new_row(import, listed->uidl, listed->size, &arrival->row);
    if (known->id != 0 && !(id_set_add(&compare->seen, known->id) ||
                            import_no_memory(import))) /* an equal one of this batch is not it, too */
        return false;
    (void)import_take_up(&arrival->row, listed, NULL);
    arrival->row.why[0] = '\0';
    if (!import->options->skip_existing && !fetch_is_whole(import, arrival, seen->size)) {
        import_refused(import, "fetch", listed->number, listed->uidl, arrival->row.why, "The next run tries it again.");
        /* A part is like no row: whole it may be. */
        arrival->row.has_header = arrival->row.has_kin = arrival->row.has_body = false;
        arrival->row.facts |= POP_DOUBT;
        return save_alone(compare, arrival);
    }
    if (!import->options->skip_existing && (arrival->row.facts & POP_SHORT) != 0)
        import_refused(import, "fetch the whole of", listed->number, listed->uidl, arrival->row.why,
                       "Look at what came, and at the server.");
    seen_to_row(seen, &arrival->row);
    arrival->row.size = seen->size;
    if (import->options->skip_existing) {
        arrival->row.state = POP_HAD;
        import->counts.had++;
        return save_alone(compare, arrival);
    }
    if (import->handover == NULL)
        return keep_draft(compare, arrival);
    return save_alone(compare, arrival) && hand_over(import, arrival);
}

/* ---- messages as they come ---- */

static bool
begin_message(struct compare *compare)
{
    struct import *import = compare->import;

    if (compare->begun)
        return true;
    compare->begun = true;
    compare->bytes = compare->passed = 0;
    compare->dropped = NULL;
    if (!bytes_begin(compare->reading))
        return import_no_memory(import);
    if (import->options->skip_existing)
        return true;
    if (import->handover != NULL)
        return import->handover->begin(import->handover->self, &import->err);
    return import->local.ops->draft_begin(import->local.self, import->folder, &compare->draft, &import->err);
}

static bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct compare *compare = context;
    struct import *import = compare->import;

    (void)number;
    if (!begin_message(compare))
        return false;
    compare->bytes += len;
    if (compare->dropped == NULL && !fetch_may_go_on(import, compare->bytes - len, compare->bytes, &compare->dropped))
        return false;
    if (compare->dropped != NULL) {
        compare->passed += len;
        return import_pass_over(import, compare->passed);
    }
    if (!bytes_add(compare->reading, bytes, len))
        return import_no_memory(import);
    if (import->options->skip_existing)
        return true;
    if (import->handover != NULL)
        return import->handover->write(import->handover->self, bytes, len, &import->err);
    return import->local.ops->draft_write(import->local.self, compare->draft, bytes, len, &import->err);
}

static bool
leave_unsure(struct compare *compare, const struct journal_listed *listed, struct journal_pop *row)
{
    struct arrival arrival = {.number = listed->number};

    (void)import_take_up(row, listed, NULL);
    import_note_unsure(compare->import, row);
    import_name_unsure(compare->import, listed->number, row);
    arrival.row = *row;
    return save_alone(compare, &arrival);
}

static bool
put_off(struct compare *compare, const struct journal_listed *listed, uint64_t size, const char *why)
{
    compare->all = false;
    return import_put_off(compare->import, listed, size, why);
}

static bool
refuse(struct compare *compare, const struct journal_listed *listed, const char *words)
{
    struct import *import = compare->import;
    const uint64_t most = import->account->import.max_size;
    const bool larger = most != 0 && compare->bytes > most;

    import_refused(import, "fetch", listed->number, listed->uidl, words,
                   "The others are fetched; the next run tries it again.");
    return put_off(compare, listed, larger ? compare->bytes : listed->size, words);
}

/*
 * Its bytes are a row's whose name another line has, and nothing but that name says that this line is that row's message: it is a copy, or the
 * names moved on. That line is read, too, and both are compared behind the new ones.
 */
static bool
doubt_equal(struct compare *compare, const struct seen *seen, bool *equal)
{
    struct import *import = compare->import;
    struct journal_pop message = {0};

    *equal = false;
    seen_to_row(seen, &message);
    return import->identity != BY_UIDL || import->options->skip_existing ||
           journal_listing_doubt_equal(import->journal, &message, seen->wire, IMPORT_EQUAL, equal, &import->err);
}

/* Which of the rows it is, or that it is none. */
static bool
finish_message(struct compare *compare, struct journal_listed *listed, const struct seen *seen)
{
    struct import *import = compare->import;
    struct journal_pop row = {0}, unsure = {0};
    bool equal;

    if (import->identity == BY_BODY) {
        listed->uidl[0] = '=';
        digest_base32(seen->header, DIGEST_SIZE, listed->uidl + 1);
    }
    if ((import->identity != BY_BODY && !journal_listing_note_read(import->journal, listed->number, &import->err)) ||
        !bytes_find_row(import, &compare->seen, listed, seen, &row))
        return false;
    if (row.id != 0 && row.state != POP_FETCHING)
        return take_up(compare, listed, &row, seen);
    if (row.id == 0 && !bytes_find_unsure(import, &compare->seen, listed, seen, &unsure))
        return false;
    if (unsure.id != 0)
        return leave_unsure(compare, listed, &unsure);
    /* At a first meeting its file may be one of those that were not seen. */
    if (row.id == 0 && import->unseen)
        return leave(compare, listed);
    if (!doubt_equal(compare, seen, &equal))
        return false;
    if (equal) {
        compare->all = false;
        import->compare_more = true;
        return true;
    }
    return take(compare, listed, &row, seen);
}

/* Not certain to be what it was asked for as: it is the next one, unless others are in flight. */
static void
ask_again(struct compare *compare)
{
    if (!compare->behind.draining)
        compare->asked = --compare->at;
}

static bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct compare *compare = context;
    struct import *import = compare->import;
    struct journal_listed *listed = &compare->wanted[compare->at++];
    const char *why = outcome != MAILDROP_DONE ? words : NULL;
    struct seen seen;
    bool ok, certain = !compare->behind.draining;

    assert(listed->number == number);
    if (outcome == MAILDROP_DONE && !begin_message(compare))
        return false;
    if (outcome == MAILDROP_DONE && compare->dropped == NULL) {
        if (!bytes_end(compare->reading, &seen))
            return import_no_memory(import);
        if (!behind_came(import, &compare->behind, number, &seen, &certain))
            return false;
    } else if (certain) {
        compare->bytes = outcome != MAILDROP_DONE ? 0 : compare->bytes;
        why = outcome != MAILDROP_DONE ? words : compare->dropped;
    }
    if (!certain) {
        abandon(compare);
        ask_again(compare);
        return !import_stopped(import) || import_interrupted(import);
    }
    if (outcome != MAILDROP_DONE)
        behind_refused(&compare->behind, compare->at);
    ok = why != NULL ? refuse(compare, listed, why) : finish_message(compare, listed, &seen);
    abandon(compare);
    import->done++;
    import->done_bytes += listed->size;
    import_tell_progress(import, 0);
    if (ok && import_stopped(import))
        return import_interrupted(import);
    return ok;
}

/* ---- all of it ---- */

static bool
on_next(void *context, uint32_t *number)
{
    struct compare *compare = context;

    *number = compare->asked < compare->wanted_count && behind_may_ask(&compare->behind, compare->asked, compare->at)
                  ? compare->wanted[compare->asked++].number
                  : 0;
    return true;
}

static bool
choose_page(struct compare *compare, size_t count)
{
    uint64_t size;
    char why[WHY_LEFT];

    compare->wanted_count = compare->asked = compare->at = 0;
    for (size_t i = 0; i < count; i++) {
        if (fetch_too_large(compare->import, &compare->page[i], &size)) {
            fetch_leave(compare->import, &compare->page[i], size, why);
            if (!put_off(compare, &compare->page[i], size, why))
                return false;
        } else {
            compare->wanted[compare->wanted_count++] = compare->page[i];
        }
    }
    return true;
}

static bool
fetch_page(struct compare *compare, size_t count)
{
    struct import *import = compare->import;
    const struct maildrop_taker taker = {.context = compare, .next = on_next, .bytes = on_bytes, .end = on_end};
    struct error why;
    bool ok;

    if (!choose_page(compare, count))
        return false;
    if (compare->wanted_count == 0)
        return true;
    do {
        ok = import->maildrop.ops->retrieve(import->maildrop.self, &taker, &import->err);
        behind_go_on(&compare->behind, &compare->asked, &compare->at);
    } while (ok && compare->at < compare->wanted_count);
    why = import->err;
    abandon(compare);
    import->err = (struct error){0};
    if (!flush(compare) && ok)
        return false;
    if (!ok)
        import->err = why;
    return ok;
}

static bool
fetch_pages(struct compare *compare)
{
    struct import *import = compare->import;
    /* Always the oldest first: what is equal in all is told apart by its order alone, which must be that of the rows. */
    const bool descending = false;
    size_t count = LIMIT_BATCH;
    uint32_t after = 0;

    while (count == LIMIT_BATCH) {
        if (import_stopped(import))
            return import_interrupted(import);
        if (!journal_listing_page(import->journal, compare->which, descending, after, compare->page, LIMIT_BATCH,
                                  &count, &import->err))
            return false;
        if (count > 0)
            after = compare->page[count - 1].number;
        if (count > 0 && !fetch_page(compare, count))
            return false;
    }
    return true;
}

/* All were looked at: rows that none of them has are absent. */
static bool
bury_unseen(struct compare *compare)
{
    struct import *import = compare->import;
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (import->identity != BY_BODY || !compare->all ||
        !journal_pop_ids(import->journal, 0, &ids, &count, &import->err))
        return import->identity != BY_BODY || !compare->all;
    if (!journal_begin(import->journal, &import->err)) {
        free(ids);
        return false;
    }
    for (size_t i = 0; ok && i < count; i++) {
        if (id_set_has(&compare->seen, ids[i]))
            continue;
        ok = import_load(import, ids[i], &row);
        row.absent = import_stamp(import);
        if (ok)
            ok = row.state == POP_FETCHING ? journal_pop_delete(import->journal, ids[i], &import->err)
                                           : journal_pop_save(import->journal, &row, &import->err);
    }
    free(ids);
    return import_end(import, ok);
}

bool
import_bury_rest(struct import *import)
{
    if (import->identity == BY_BODY || !import->complete)
        return true;
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_listing_bury_rest(import->journal, import_stamp(import), &import->err));
}

static bool
say_dry(struct import *import, uint64_t count)
{
    if (import->compare_said)
        return true;
    import->compare_said = true;
    import_say(import, "fetch",
               "%" PRIu64
               " messages can be told apart by their bytes alone: they would be fetched and compared, and the new ones "
               "kept",
               count);
    return true;
}

bool
import_compare(struct import *import)
{
    struct compare *compare;
    uint64_t count = import->messages;
    bool ok;

    import->compare_more = false;
    if (import->identity != BY_BODY && !journal_listing_count(import->journal, LISTED_COMPARE, &count, &import->err))
        return false;
    if (count == 0 || !import->may_fetch)
        return true;
    if (import->dry)
        return say_dry(import, count);
    compare = calloc(1, sizeof *compare);
    if (compare == NULL)
        return import_no_memory(import);
    compare->import = import;
    compare->which = import->identity == BY_BODY ? LISTED_ALL : LISTED_COMPARE;
    compare->all = true;
    compare->reading = bytes_new();
    if (import->identity == BY_BODY) { /* no LIST was asked for yet */
        import->total = import->done + import->messages;
        import->sizes_missing = true;
    }
    ok = (import->identity == BY_BODY || import_expect(import, LISTED_COMPARE, count)) &&
         (compare->reading != NULL || import_no_memory(import)) &&
         (import->identity != BY_BODY || import_list_numbers(import)) &&
         (import->options->skip_existing || fetch_prepare(import)) && fetch_pages(compare) && bury_unseen(compare) &&
         import_bury_rest(import) && (import->identity == BY_BODY || import_note_open(import));
    bytes_free(compare->reading);
    id_set_free(&compare->seen);
    free(compare);
    return ok;
}

/* Each round but the last makes one more line doubtful, so they end. */
bool
import_compare_rest(struct import *import)
{
    do {
        if (!import_compare(import))
            return false;
    } while (import->compare_more);
    return true;
}

/*
 * Some names turn out to be used again by the bytes alone, without TOP for one. The rows that had them are absent since then, as those are that
 * the list lacks: what is new and has the size of one is compared with it when it is fetched.
 */
bool
import_compare_new(struct import *import)
{
    return import->doubtful == 0 || !import->may_fetch || import->dry || import->identity != BY_UIDL ||
           journal_listing_compare_new(import->journal, &import->err);
}

/* The same for what a proof found, which comes later: LIST may have said another size of such a row's message meanwhile, so its header counts. */
bool
import_compare_freed(struct import *import)
{
    return !import->freed || !import->may_fetch || import->dry || import->identity != BY_UIDL ||
           (journal_listing_compare_new(import->journal, &import->err) &&
            journal_listing_compare_freed(import->journal, import_stamp(import), &import->err));
}
