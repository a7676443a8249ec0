/* See arrivals.h. */
#include "sync/apply/arrivals.h"

#include "store/base/clock.h"
#include "sync/rows/flushed.h"
#include "sync/rows/readings.h"
#include "sync/rules/merge.h"
#include "sync/run/situation.h"

#define BATCH_MS 1000 /* what arrived is flushed at least so often, if more arrives */

bool
arrivals_begin(struct arrivals *arrivals, struct run *run, size_t most)
{
    *arrivals = (struct arrivals){.run = run,
                                  .at = calloc((most < LIMIT_BATCH ? most : LIMIT_BATCH) + 1, sizeof *arrivals->at),
                                  .message = calloc(1, sizeof *arrivals->message)};
    return (arrivals->at != NULL && arrivals->message != NULL) || run_no_memory(run);
}

void
arrivals_end(struct arrivals *arrivals)
{
    free(arrivals->at);
    free(arrivals->message);
}

void
arrivals_add(struct arrivals *arrivals, const struct arrival *arrival)
{
    if (arrivals->count == 0)
        arrivals->since = clock_ms();
    arrivals->at[arrivals->count++] = *arrival;
    arrivals->bytes += arrival->literal;
}

bool
arrivals_are_due(const struct arrivals *arrivals)
{
    return arrivals->count >= LIMIT_BATCH || arrivals->bytes >= LIMIT_BATCH_BYTES ||
           clock_ms() - arrivals->since >= BATCH_MS;
}

/* The file is durable: the row may say so. */
static bool
record(struct arrivals *arrivals, const struct arrival *arrival, const struct local_delivery *item)
{
    struct run *run = arrivals->run;
    struct journal_message *message = arrivals->message;
    struct mailbox *mailbox = &run->mailboxes[arrival->mailbox];

    if (!run_load(run, arrival->id, message))
        return false;
    memcpy(message->base, arrival->base, sizeof message->base);
    (void)text_print(message->info, sizeof message->info, "%s", item->info);
    message->has_wire = message->has_header = true;
    memcpy(message->wire, arrival->digests.wire, DIGEST_SIZE);
    memcpy(message->header, arrival->digests.header, DIGEST_SIZE);
    message->facts &= ~(unsigned)(FACT_GONE_HERE | FACT_LACKED | FACT_UNPAIRED | FACT_ALTERED | FACT_REFUSED |
                                  FACT_MOVED | FACT_AGAIN | FACT_BY_HEADER | FACT_VAGUE);
    if ((message->facts & FACT_REPLACED) != 0) { /* somebody wants the old version: both stay */
        message->facts &= ~(unsigned)FACT_REPLACED;
        message->refers_to = 0;
    }
    message->flags = merge_delivered(message->flags, item->flags);
    if (arrival->literal != message->size &&
        !run->sizes_lie) { /* from now on its sizes exclude no candidate for a pair */
        run->sizes_lie = true;
        if (!journal_set(run->journal, "sizes", "wrong", &run->err))
            return false;
    }
    if (arrival->confirmed) {
        reading_learn(&mailbox->row, message->size, arrival->literal);
        if (!journal_mailbox_save(run->journal, &mailbox->row, &run->err))
            return false;
    }
    run_did(run, mailbox,
            (struct report_done){.act = DID_DOWNLOAD,
                                 .uid = message->uid,
                                 .file = message->base,
                                 .why = arrival->why,
                                 .bytes = arrival->digests.size});
    return journal_message_save(run->journal, message, &run->err) &&
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

void
arrivals_drop(struct arrivals *arrivals)
{
    for (size_t i = 0; i < arrivals->count; i++)
        arrivals->run->local.ops->draft_drop(arrivals->run->local.self, arrivals->at[i].draft);
    arrivals->count = 0;
    arrivals->bytes = 0;
}

bool
arrivals_flush(struct arrivals *arrivals)
{
    struct run *run = arrivals->run;
    struct local_delivery *items;
    size_t count = arrivals->count;
    bool ok;

    if (count == 0)
        return true;
    items = calloc(count, sizeof *items);
    if (items == NULL || !situation_mark(run)) {
        free(items);
        arrivals_drop(arrivals);
        return run->err.kind != ERROR_NONE ? false : run_no_memory(run);
    }
    for (size_t i = 0; i < count; i++) {
        if (!run_load(run, arrivals->at[i].id, arrivals->message)) {
            free(items);
            arrivals_drop(arrivals);
            return false;
        }
        items[i] = (struct local_delivery){.draft = arrivals->at[i].draft,
                                           .base = arrivals->at[i].base,
                                           .flags = arrivals->message->flags.rseen,
                                           .date = arrivals->message->date};
    }
    arrivals->count = 0;
    arrivals->bytes = 0;
    ok = run->local.ops->deliver(run->local.self, items, count, &run->err) && run_begin(run);
    if (ok) {
        for (size_t i = 0; ok && i < count; i++) {
            if (items[i].ok)
                ok = flushed_note(run, &run->mailboxes[arrivals->at[i].mailbox], arrivals->at[i].id, false) &&
                     record(arrivals, &arrivals->at[i], &items[i]);
            else if (items[i].taken)
                ok = record_taken(arrivals, &arrivals->at[i]);
            else
                run_problem(run, &run->mailboxes[arrivals->at[i].mailbox], &items[i].err);
        }
        ok = run_end(run, ok && situation_mark_commit(run));
    }
    free(items);
    return ok;
}
