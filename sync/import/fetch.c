/*
 * New mail: its rows are committed, then it is asked for, without a pause; bodies stream into drafts while more arrive; a batch that is
 * complete goes to the disk while the next one arrives, then gets its names and is committed, in this order, so that a row is never
 * more durable than its file.
 *
 *     listing ─► rows, FETCHING ─► RETR ... ─► drafts ─► batch ─► deliver ─► rows, STORED
 *
 * A ring of messages holds all that is between the first and the last step:
 *
 *     delivered        flushed         at                asked            count
 *     │ on its way to  │ arrived, the  │ in flight        │ row committed  │
 *     │ the disk       │ next batch    │                  │                │
 */
#include "sync/import/batch.h"
#include "sync/import/fetch.h"
#include "sync/import/hand.h"
#include "sync/import/phases.h"
#include "sync/import/proof.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"
#include "sync/import/step.h"
#include "sync/import/verdict.h"

#include "store/base/clock.h"

#define BATCH_MS 1000 /* what arrived is flushed at least so often; its name comes with what arrives after that */
#define SPACE_MIN (UINT64_C(1) << 20)   /* bytes that must stay free on the file system */
#define SPACE_EVERY (UINT64_C(1) << 20) /* bytes of one message between two looks at it */
#define LARGE 65536                     /* bytes: of a larger message it is told how far it is */

/* ---- batches ---- */

/* The batch that is on its way to the disk: a piece of the ring, since none goes beyond the ring's end. */
static bool
deliver_flushed(struct fetching *fetching)
{
    struct arrival *first = arrival_at(fetching, fetching->delivered);
    size_t count = fetching->flushed - fetching->delivered;

    fetching->delivered = fetching->flushed;
    return count == 0 || fetch_deliver(fetching->import, first, count);
}

/* @return false: nothing is gained by waiting */
static bool
send_ahead(const struct fetching *fetching)
{
    const struct local *local = &fetching->import->local;
    struct local_draft *drafts[LIMIT_BATCH];
    int64_t dates[LIMIT_BATCH];
    size_t count = 0;

    for (size_t i = fetching->delivered; i < fetching->flushed; i++)
        if (arrival_at(fetching, i)->draft != NULL) {
            drafts[count] = arrival_at(fetching, i)->draft;
            dates[count++] = import_now(fetching->import);
        }
    return local->ops->deliver_ahead(local->self, drafts, dates, count);
}

static bool
flush_to(struct fetching *fetching, size_t end)
{
    if (end == fetching->flushed)
        return true;
    if (!deliver_flushed(fetching))
        return false;
    fetching->flushed = end;
    fetching->flushed_since = clock_ms();
    fetching->batch_bytes = 0;
    return send_ahead(fetching) || deliver_flushed(fetching);
}

/*
 * The batch that is complete goes on its way to the disk; the one before it, which had the time of a batch for that, is delivered. What was
 * held behind a refusal may go beyond the ring's end, and be more than a batch.
 */
static bool
flush(struct fetching *fetching)
{
    if (fetching->import->handover != NULL) { /* each is a batch of its own, and is committed */
        fetching->delivered = fetching->flushed = fetching->at;
        fetching->batch_bytes = 0;
    }
    while (fetching->at > fetching->flushed) {
        const size_t ring = (fetching->flushed / IMPORT_RING + 1) * IMPORT_RING,
                     batch = fetching->flushed + LIMIT_BATCH;
        size_t end = ring < batch ? ring : batch;

        end = end < fetching->at ? end : fetching->at;
        if (!flush_to(fetching, end))
            return false;
    }
    return true;
}

static bool
batch_is_complete(const struct fetching *fetching)
{
    return fetching->at - fetching->flushed >= import_batch(fetching->import) || fetching->at % IMPORT_RING == 0 ||
           fetching->batch_bytes >= LIMIT_BATCH_BYTES || clock_ms() - fetching->batch_since >= BATCH_MS;
}

/* A long message is no reason to keep the others from being there. */
static bool
deliver_late(struct fetching *fetching)
{
    if (fetching->delivered == fetching->flushed || clock_ms() - fetching->flushed_since < BATCH_MS)
        return true;
    return deliver_flushed(fetching);
}

/* ---- messages as they come ---- */

/* No descriptor left: what has come is delivered, which closes its files. */
static bool
begin_draft(struct fetching *fetching)
{
    struct import *import = fetching->import;

    if (import->local.ops->draft_begin(import->local.self, import->folder, &fetching->draft, &import->err))
        return true;
    if (!error_no_descriptor(&import->err) || fetching->at == fetching->delivered || fetching->doubt)
        return false;
    import->err = (struct error){0};
    return flush(fetching) && deliver_flushed(fetching) &&
           import->local.ops->draft_begin(import->local.self, import->folder, &fetching->draft, &import->err);
}

static bool
begin_message(struct fetching *fetching)
{
    struct import *import = fetching->import;

    if (fetching->begun)
        return true;
    fetching->begun = true;
    fetching->bytes = 0;
    fetching->dropped = NULL;
    if (!bytes_begin(fetching->reading))
        return import_no_memory(import);
    if (import->handover != NULL)
        return import->handover->begin(import->handover->self, &import->err);
    return begin_draft(fetching);
}

/* Nothing of the message stays. */
static void
abandon(struct fetching *fetching)
{
    struct import *import = fetching->import;

    if (fetching->draft != NULL)
        import->local.ops->draft_drop(import->local.self, fetching->draft);
    if (fetching->begun && import->handover != NULL)
        import->handover->drop(import->handover->self);
    fetching->draft = NULL;
    fetching->begun = false;
    fetching->dropped = NULL;
    fetching->dropped_at = 0;
}

/* No byte of it is kept, and its answer goes on. */
static void
drop_message(struct fetching *fetching)
{
    struct import *import = fetching->import;

    if (fetching->draft != NULL)
        import->local.ops->draft_drop(import->local.self, fetching->draft);
    fetching->draft = NULL;
    fetching->dropped_at = fetching->bytes;
}

bool
fetch_may_go_on(struct import *import, uint64_t before, uint64_t now, const char **why)
{
    uint64_t most = import->account->import.max_size, space;

    *why = NULL;
    if (most != 0 && now > most)
        *why = "larger than max-size, although the server says it is not";
    if (*why != NULL || import->handover != NULL || before / SPACE_EVERY == now / SPACE_EVERY)
        return true;
    if (!import->local.ops->free_space(import->local.self, &space, &import->err))
        return false;
    if (space < SPACE_MIN)
        *why = "there is no more room on the file system of the Maildir";
    return true;
}

static bool
on_bytes(void *context, uint32_t number, const void *bytes, size_t len)
{
    struct fetching *fetching = context;
    struct import *import = fetching->import;

    (void)number;
    if (!begin_message(fetching) || !deliver_late(fetching))
        return false;
    fetching->bytes += len;
    if (fetching->bytes > LARGE) /* of the others it is told when they are whole */
        import_tell_progress(import, fetching->bytes);
    if (fetching->dropped == NULL &&
        !fetch_may_go_on(import, fetching->bytes - len, fetching->bytes, &fetching->dropped))
        return false;
    if (fetching->dropped != NULL) {
        if (fetching->dropped_at == 0)
            drop_message(fetching);
        return import_pass_over(import, fetching->bytes - fetching->dropped_at);
    }
    if (!bytes_add(fetching->reading, bytes, len))
        return import_no_memory(import);
    if (import->handover != NULL)
        return import->handover->write(import->handover->self, bytes, len, &import->err);
    return import->local.ops->draft_write(import->local.self, fetching->draft, bytes, len, &import->err);
}

static bool
save_refused(struct fetching *fetching, struct arrival *arrival)
{
    struct import *import = fetching->import;

    abandon(fetching);
    arrival->refused = true;
    if (import->handover == NULL)
        return true; /* with its batch */
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_pop_save(import->journal, &arrival->row, &import->err));
}

/* What came is not the message, or not wanted: `status` says why. */
static bool
refuse_message(struct fetching *fetching, struct arrival *arrival, const char *why)
{
    (void)text_print(arrival->row.why, sizeof arrival->row.why, "%s", why);
    import_refused(fetching->import, "fetch", arrival->number, arrival->row.uidl, why,
                   "The others are fetched; the next run tries it again.");
    return save_refused(fetching, arrival);
}

/* What was on its way when the server had enough is not named one by one: `status` has its words. */
static bool
take_refusal(struct fetching *fetching, struct arrival *arrival, const char *words)
{
    struct import *import = fetching->import;
    const bool known = import->throttled;
    const char *others = throttle_refused(import, &arrival->row, words);

    if (!known)
        import_refused(import, "fetch", arrival->number, arrival->row.uidl, words, others);
    return save_refused(fetching, arrival);
}

/* What came is the message, as far as it can be told. */
static bool
keep_message(struct fetching *fetching, struct arrival *arrival)
{
    struct import *import = fetching->import;
    struct digests unused;
    bool ok;

    if (import->handover != NULL) {
        ok = hand_over(import, arrival);
        import->handover->drop(import->handover->self);
    } else {
        ok = import->local.ops->draft_finish(import->local.self, fetching->draft, &unused, &import->err);
        if (ok) {
            arrival->draft = fetching->draft;
            fetching->draft = NULL;
        }
    }
    if (ok)
        fetching->begun = false;
    return ok;
}

/*
 * It was new by its name, and its bytes are those of a message that is known by its own name and size alone: it is a copy, or the names moved
 * on, and what has that name now is another one of its size. Both are read and compared behind the new ones (import/compare.c). So is what has
 * the bytes of an absent one: it is back, under another name and with the size of another day, or all have one name now and TOP shows a line that
 * RETR has not. What had a row before is none of those: it was
 * there beside them, unless they had gone by then, or that row knew another header: names moved on.
 */
static bool
leave_equal(struct fetching *fetching, struct arrival *arrival, const struct seen *seen, bool *equal)
{
    struct import *import = fetching->import;
    struct journal_pop message = {.listed = arrival->row.listed};

    const bool was_there = arrival->known && import_verdict(&arrival->row, seen, 0) == VERDICT_SAME;
    const int64_t since = was_there ? arrival->row.since : INT64_MAX - 1;

    *equal = false;
    if (import->identity != BY_UIDL || import->equal == IMPORT_EQUAL_NEW)
        return true;
    seen_to_row(seen, &message);
    if (!journal_listing_doubt_sized(import->journal, arrival->number, &message, seen->wire, since, IMPORT_EQUAL, equal,
                                     &import->err))
        return false;
    if (!*equal)
        return true;
    import->equal++;
    arrival->row.facts |= POP_DOUBT;
    return save_refused(fetching, arrival);
}

static bool
finish_message(struct fetching *fetching, struct arrival *arrival)
{
    struct import *import = fetching->import;
    struct seen seen;
    char why[sizeof arrival->row.why];
    bool equal;

    if (!begin_message(fetching)) /* a message without a byte */
        return false;
    if (fetching->dropped != NULL) {
        arrival->row.size = fetching->bytes;
        return refuse_message(fetching, arrival, fetching->dropped);
    }
    if (!bytes_end(fetching->reading, &seen))
        return import_no_memory(import);
    if (!step_holds(fetching, arrival, &seen)) {
        abandon(fetching);
        return true;
    }
    if (!fetch_is_whole(import, arrival, seen.size)) {
        memcpy(why, arrival->row.why, sizeof why);
        arrival->row.has_body = false;
        return refuse_message(fetching, arrival, why);
    }
    if (!leave_equal(fetching, arrival, &seen, &equal))
        return false;
    if (equal)
        return true;
    seen_to_row(&seen, &arrival->row);
    if (arrival->row.facts & POP_SHORT)
        import_refused(import, "fetch the whole of", arrival->number, arrival->row.uidl, arrival->row.why,
                       "Look at what came, and at the server.");
    arrival->row.size = seen.size;
    return keep_message(fetching, arrival);
}

/* What came before a refusal is what it was asked for as; what comes behind it waits (import/step.c). */
static bool
flush_in_time(struct fetching *fetching, bool refused)
{
    const bool held = fetching->doubt && fetching->sample.number != 0, begins = refused && !fetching->doubt;

    if (begins)
        step_doubt(fetching);
    return held || !(begins || fetching->import->handover != NULL || batch_is_complete(fetching)) || flush(fetching);
}

static bool
on_end(void *context, uint32_t number, enum maildrop_outcome outcome, const char *words)
{
    struct fetching *fetching = context;
    struct import *import = fetching->import;
    struct arrival *arrival = arrival_at(fetching, fetching->at);

    assert(fetching->at < fetching->asked && arrival->number == number);
    if (outcome == MAILDROP_DONE)
        throttle_passed(import);
    if (outcome != MAILDROP_DONE ? !take_refusal(fetching, arrival, words) : !finish_message(fetching, arrival))
        return false;
    if (fetching->flushed == fetching->at)
        fetching->batch_since = clock_ms();
    fetching->at++;
    fetching->batch_bytes += arrival->row.size;
    if (!arrival->again) {
        import->done++;
        import->done_bytes += arrival->row.listed != 0 ? arrival->row.listed : arrival->row.size;
    }
    import_tell_progress(import, 0);
    if (import_stopped(import))
        return import_interrupted(import);
    return flush_in_time(fetching, outcome != MAILDROP_DONE);
}

/* ---- all of it ---- */

/* All there is, or as much as max-messages allows before it is known what the server refuses. */
static bool
fetch_some(struct fetching *fetching)
{
    struct import *import = fetching->import;
    const struct maildrop_taker taker = {.context = fetching, .next = wanted_next, .bytes = on_bytes, .end = on_end};
    bool ok = import->maildrop.ops->retrieve(import->maildrop.self, &taker, &import->err);

    abandon(fetching);
    return ok && step_settle(fetching) && flush(fetching);
}

/* What arrived whole before the connection broke, or the disk was full, is kept if it can be. */
static bool
deliver_all(struct fetching *fetching, bool ok)
{
    struct error *err = &fetching->import->err, why = *err;

    if (ok)
        return deliver_flushed(fetching);
    *err = (struct error){0};
    (void)((fetching->doubt || flush(fetching)) && deliver_flushed(fetching));
    *err = why;
    return false;
}

bool
fetch_prepare(struct import *import)
{
    struct local_draft *draft;
    uint64_t space;

    if (import->handover != NULL)
        return true;
    if (!import->local.ops->create(import->local.self, import->folder, &import->err) ||
        !import->local.ops->free_space(import->local.self, &space, &import->err))
        return false;
    if (space < SPACE_MIN) {
        error_set(&import->err, ERROR_LOCAL, "fetch new mail: the file system of the Maildir is full");
        error_hint(&import->err, "Make room and run golub again; nothing is lost.");
        return false;
    }
    /* A folder that can't be written to is found out before a body is asked for. */
    if (!import->local.ops->draft_begin(import->local.self, import->folder, &draft, &import->err))
        return false;
    import->local.ops->draft_drop(import->local.self, draft);
    return true;
}

static bool
fetch_all(struct fetching *fetching)
{
    struct import *import = fetching->import;
    size_t before;
    bool ok;

    fetching->ring = calloc(IMPORT_RING, sizeof *fetching->ring);
    fetching->reading = bytes_new();
    if (fetching->ring == NULL || fetching->reading == NULL)
        return import_no_memory(import);
    if (!fetch_prepare(import))
        return false;
    do {
        before = fetching->count;
        ok = import_stopped(import) ? import_interrupted(import) : fetch_some(fetching);
    } while (ok && !import->throttled &&
             (fetching->asked < fetching->count ||
              (fetching->count > before && !fetching->ended && wanted_room(fetching) > 0)));
    /* A signal kept rows from being made: what is left is left by nobody's wish. */
    if (ok && !fetching->ended && !import->throttled && import_stopped(import))
        ok = import_interrupted(import);
    return deliver_all(fetching, ok) && wanted_note_alike(fetching) &&
           (import->throttled || wanted_count_left(fetching));
}

static bool
fetch_new(struct import *import)
{
    struct fetching fetching = {.import = import};
    bool ok = import->dry ? wanted_print(&fetching) : fetch_all(&fetching);

    bytes_free(fetching.reading);
    for (size_t i = fetching.delivered; i < fetching.at; i++)
        fetch_drop(import, arrival_at(&fetching, i), 1);
    free(fetching.ring);
    free(fetching.sizes);
    return ok;
}

/* A message at which the line broke goes last; where nothing else gets any further it goes first, so that it is settled. */
static bool
fetch_in_turn(struct import *import)
{
    struct suspects *suspects = import->suspects;

    suspects->turn = suspects->alone != SUSPECT_NONE && !suspects->all_but;
    if (!fetch_new(import))
        return false;
    suspects->turn = !suspects->turn;
    return suspects->alone == SUSPECT_NONE || import->throttled || fetch_new(import);
}

static bool
fetch_refused_last(struct import *import)
{
    if (!fetch_in_turn(import))
        return false;
    if (import->refused_count == 0 || import->throttled)
        return true;
    import->refused_turn = true;
    throttle_passed(import);
    return fetch_in_turn(import);
}

bool
import_fetch(struct import *import)
{
    uint64_t most = import->account->import.max_messages, fresh;

    if (import->identity == BY_BODY)
        return true;
    if (!journal_listing_count(import->journal, LISTED_NEW, &fresh, &import->err))
        return false;
    if (!import->may_fetch)
        import->counts.kept_by_policy = fresh;
    if (fresh == 0 || !import->may_fetch)
        return true;
    if (!import_expect(import, LISTED_NEW, most != 0 && most < fresh ? most : fresh))
        return false;
    return (import->identity != BY_UIDL || import->dry || journal_listing_note_sized(import->journal, &import->err)) &&
           fetch_refused_last(import);
}
