/* See arrivals.h. */
#include "sync/apply/arrivals.h"

#include "store/base/clock.h"
#include "store/base/descriptors.h"
#include "sync/apply/letters.h"
#include "sync/rows/letters.h"
#include "sync/rows/refusals.h"
#include "sync/rows/flushed.h"
#include "sync/rows/readings.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"
#include "sync/run/situation.h"

#define BATCH_MS 1000 /* what arrived is flushed at least so often, if more arrives */

void
arrivals_begin(struct arrivals *arrivals, struct run *run, struct arena *arena, size_t most)
{
    const size_t open = descriptors_messages(run->options->descriptors),
                 batch = open < LIMIT_BATCH ? open : LIMIT_BATCH;
    const size_t room = most < batch ? most : batch;

    *arrivals = (struct arrivals){.run = run,
                                  .most = batch,
                                  .coming.at = arena_array(arena, room + 1, sizeof *arrivals->coming.at),
                                  .sent.at = arena_array(arena, room + 1, sizeof *arrivals->sent.at),
                                  .items = arena_array(arena, room, sizeof *arrivals->items),
                                  .letters = arena_array(arena, room, sizeof *arrivals->letters),
                                  .row = arena_array(arena, 1, sizeof *arrivals->row)};
}

struct arrival *
arrivals_next(struct arrivals *arrivals)
{
    return &arrivals->coming.at[arrivals->coming.count];
}

void
arrivals_add(struct arrivals *arrivals)
{
    struct batch *coming = &arrivals->coming;

    if (coming->count == 0)
        coming->since = clock_ms();
    coming->bytes += coming->at[coming->count++].literal;
}

bool
arrivals_wait(const struct arrivals *arrivals)
{
    return arrivals->coming.count != 0 || arrivals->sent.count != 0;
}

uint64_t
arrivals_bytes(const struct arrivals *arrivals)
{
    return arrivals->coming.bytes + arrivals->sent.bytes;
}

/* The file is durable: the row may say so. */
static bool
record(struct arrivals *arrivals, struct arrival *arrival, const struct local_delivery *item)
{
    struct run *run = arrivals->run;
    struct journal_message *message = arrivals->row;
    struct mailbox *mailbox = &run->mailboxes[arrival->mailbox];

    if (!run_load(run, arrival->id, message))
        return false;
    (void)text_print(message->base, sizeof message->base, "%s", arrival->base);
    refusal_end(run, mailbox, message->id, WORK_FETCH);
    (void)text_print(message->info, sizeof message->info, "%s", item->info);
    message->has_wire = message->has_header = true;
    memcpy(message->wire, arrival->digests.wire, DIGEST_SIZE);
    memcpy(message->header, arrival->digests.header, DIGEST_SIZE);
    if ((message->facts & (FACT_REPLACED | FACT_MOVED)) != 0)
        message->refers_to = 0; /* somebody wants the old version, or what is left of a move: both stay */
    message->facts &=
        ~(unsigned)(FACT_GONE_HERE | FACTS_OF_LACK | FACT_UNPAIRED | FACT_ALTERED | FACT_REFUSED | FACT_MOVED |
                    FACT_REPLACED | FACT_AGAIN | FACT_BY_HEADER | FACT_VAGUE | FACT_FOREIGN | FACT_ADOPTED);
    message->facts |= arrival->by_header ? FACT_BY_HEADER : FACT_ITS_BYTES | FACT_FETCHED;
    message->flags = merge_delivered(message->flags, item->flags);
    if (arrival->literal != message->size &&
        !run->sizes_lie) { /* from now on the sizes of this mailbox exclude no file when messages are paired */
        run->sizes_lie = true;
        if (!journal_set(run->journal, "sizes", "wrong", &run->err))
            return false;
    }
    if (arrival->confirmed) {
        reading_learn(&mailbox->row, arrival->announced, arrival->literal);
        if (!journal_mailbox_save(run->journal, &mailbox->row, &run->err))
            return false;
    }
    run_did(run, mailbox,
            (struct report_done){
                .act = DID_DOWNLOAD,
                .uid = message->uid,
                .file = message->base,
                .why = arrival->why,
                .add = run->account->policy.pull.flags && message->keywords[0] != '\0' ? message->keywords : NULL,
                .bytes = arrival->at_hand ? 0 : arrival->digests.size});
    return journal_message_save(run->journal, message, &run->err) &&
           (mailbox->letters == NULL || letters_show_again(run, message)) &&
           journal_pending_clear(run->journal, message->mailbox, message->id, &run->err);
}

/* The name belongs to somebody else's file: it stays, ours gets another one. The draft is gone; the next pass fetches again. */
static bool
record_taken(struct arrivals *arrivals, const struct arrival *arrival)
{
    struct run *run = arrivals->run;
    struct mailbox *mailbox = &run->mailboxes[arrival->mailbox];

    mailbox->look_here = true;
    return run_pending(run, mailbox, arrival->id, PENDING_FAILED, "download", "a file of that name is there already",
                       NULL);
}

static void
drop(struct run *run, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        run->local.ops->draft_drop(run->local.self, batch->at[i].draft);
    batch->count = 0;
    batch->bytes = 0;
}

void
arrivals_drop(struct arrivals *arrivals)
{
    drop(arrivals->run, &arrivals->sent);
    drop(arrivals->run, &arrivals->coming);
}

static bool
record_all(struct arrivals *arrivals, size_t count)
{
    struct run *run = arrivals->run;
    bool ok = run_begin(run);

    if (!ok)
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        struct arrival *arrival = &arrivals->sent.at[i];
        struct local_delivery *item = &arrivals->items[i];
        struct mailbox *mailbox = &run->mailboxes[arrival->mailbox];

        if (item->ok) {
            attempts_folder_written(run, mailbox);
            ok = flushed_note(run, mailbox, arrival->id, false) && record(arrivals, arrival, item);
        } else if (item->taken)
            ok = record_taken(arrivals, arrival);
        else {
            if (error_no_rights(&item->err))
                attempts_folder_unwritten(run, mailbox);
            run_problem_here(run, mailbox, &item->err);
        }
    }
    return run_end(run, ok && situation_mark_commit(run));
}

/* What was sent gets its names, once it is on the disk, and then its rows. */
static bool
deliver_sent(struct arrivals *arrivals)
{
    struct run *run = arrivals->run;
    struct batch *sent = &arrivals->sent;
    const size_t count = sent->count;

    if (count == 0)
        return true;
    if (!situation_mark(run)) {
        drop(run, sent);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct arrival *arrival = &sent->at[i];

        if (!letters_of_delivery(run, &run->mailboxes[arrival->mailbox], arrival->id, arrival->flags,
                                 arrivals->letters[i])) {
            drop(run, sent);
            return false;
        }
        if (arrival->flags == 0) /* unseen mail without flags stays in new/, whatever keywords it has */
            arrivals->letters[i][0] = '\0';
        arrivals->items[i] = (struct local_delivery){.draft = arrival->draft,
                                                     .base = arrival->base,
                                                     .flags = arrival->flags,
                                                     .letters = arrivals->letters[i],
                                                     .unlisted = arrival->unlisted,
                                                     .date = arrival->date};
    }
    sent->count = 0;
    sent->bytes = 0;
    return run->local.ops->deliver(run->local.self, arrivals->items, count, &run->err) && record_all(arrivals, count);
}

/* The batch that has come takes the place of the one before it, which has its names. @return false: nothing is gained by waiting */
static bool
send(struct arrivals *arrivals)
{
    const struct local *local = &arrivals->run->local;
    const struct batch coming = arrivals->coming;
    struct local_draft *drafts[LIMIT_BATCH];
    int64_t dates[LIMIT_BATCH];

    arrivals->coming = (struct batch){.at = arrivals->sent.at};
    arrivals->sent = coming;
    arrivals->sent.since = clock_ms();
    for (size_t i = 0; i < coming.count; i++) {
        drafts[i] = coming.at[i].draft;
        dates[i] = coming.at[i].date;
    }
    return local->ops->deliver_ahead(local->self, drafts, dates, coming.count);
}

bool
arrivals_advance(struct arrivals *arrivals)
{
    const struct batch *coming = &arrivals->coming;
    const int64_t now = clock_ms();

    if (coming->count >= arrivals->most || coming->bytes >= LIMIT_BATCH_BYTES ||
        (coming->count != 0 && now - coming->since >= BATCH_MS))
        return deliver_sent(arrivals) && (send(arrivals) || deliver_sent(arrivals));
    /* A long message is no reason to keep the others from being there. */
    return arrivals->sent.count == 0 || now - arrivals->sent.since < BATCH_MS || deliver_sent(arrivals);
}

bool
arrivals_flush(struct arrivals *arrivals)
{
    bool ok = deliver_sent(arrivals);

    if (ok) {
        (void)send(arrivals);
        ok = deliver_sent(arrivals);
    } else
        arrivals_drop(arrivals);
    return ok;
}
