/* See arrivals.h. */
#include "sync/apply/arrivals.h"

#include "store/base/clock.h"
#include "store/base/descriptors.h"
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
                                  .at = arena_array(arena, room + 1, sizeof *arrivals->at),
                                  .items = arena_array(arena, room, sizeof *arrivals->items)};
}

struct arrival *
arrivals_next(struct arrivals *arrivals)
{
    return &arrivals->at[arrivals->count];
}

void
arrivals_add(struct arrivals *arrivals)
{
    if (arrivals->count == 0)
        arrivals->since = clock_ms();
    arrivals->bytes += arrivals->at[arrivals->count++].literal;
}

bool
arrivals_are_due(const struct arrivals *arrivals)
{
    return arrivals->count >= arrivals->most || arrivals->bytes >= LIMIT_BATCH_BYTES ||
           clock_ms() - arrivals->since >= BATCH_MS;
}

/* The file is durable: the row may say so. */
static bool
record(struct arrivals *arrivals, struct arrival *arrival, const struct local_delivery *item)
{
    struct run *run = arrivals->run;
    struct journal_message *message = &arrival->message;
    struct mailbox *mailbox = &run->mailboxes[arrival->mailbox];

    refusal_end(run, mailbox, message->id, WORK_FETCH);
    (void)text_print(message->info, sizeof message->info, "%s", item->info);
    message->has_wire = message->has_header = true;
    memcpy(message->wire, arrival->digests.wire, DIGEST_SIZE);
    memcpy(message->header, arrival->digests.header, DIGEST_SIZE);
    message->facts &= ~(unsigned)(FACT_GONE_HERE | FACT_LACKED | FACT_UNPAIRED | FACT_ALTERED | FACT_REFUSED |
                                  FACT_MOVED | FACT_AGAIN | FACT_BY_HEADER | FACT_VAGUE | FACT_FOREIGN | FACT_ADOPTED);
    message->facts |= FACT_ITS_BYTES | FACT_FETCHED;
    if ((message->facts & FACT_REPLACED) != 0) { /* somebody wants the old version: both stay */
        message->facts &= ~(unsigned)FACT_REPLACED;
        message->refers_to = 0;
    }
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
    return run_pending(run, mailbox, arrival->message.id, PENDING_FAILED, "download",
                       "a file of that name is there already", NULL);
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
    struct local_delivery *items = arrivals->items;
    size_t count = arrivals->count;
    bool ok;

    if (count == 0)
        return true;
    if (!situation_mark(run)) {
        arrivals_drop(arrivals);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct arrival *arrival = &arrivals->at[i];

        items[i] = (struct local_delivery){.draft = arrival->draft,
                                           .base = arrival->message.base,
                                           .flags = arrival->message.flags.rseen,
                                           .unlisted = arrival->unlisted,
                                           .date = arrival->message.date};
    }
    arrivals->count = 0;
    arrivals->bytes = 0;
    ok = run->local.ops->deliver(run->local.self, items, count, &run->err) && run_begin(run);
    if (ok) {
        for (size_t i = 0; ok && i < count; i++) {
            struct arrival *arrival = &arrivals->at[i];
            struct mailbox *mailbox = &run->mailboxes[arrival->mailbox];

            if (items[i].ok) {
                attempts_folder_written(run, mailbox);
                ok = flushed_note(run, mailbox, arrival->message.id, false) && record(arrivals, arrival, &items[i]);
            } else if (items[i].taken)
                ok = record_taken(arrivals, arrival);
            else {
                if (error_no_rights(&items[i].err))
                    attempts_folder_unwritten(run, mailbox);
                run_problem_here(run, mailbox, &items[i].err);
            }
        }
        ok = run_end(run, ok && situation_mark_commit(run));
    }
    return ok;
}
