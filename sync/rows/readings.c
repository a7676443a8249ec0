/* See readings.h. */
#include "sync/base/ids.h"
#include "sync/rows/readings.h"
#include "sync/run/attempts.h"

#include <inttypes.h>

#define LEARNED 8 /* bodies of a mailbox that were equal at the second reading */
#define SHARE UINT64_C(1000000)

static uint64_t
share_of(uint64_t size, uint64_t literal)
{
    return (uint64_t)((double)(size - literal) / (double)size * (double)SHARE);
}

bool
reading_learned(const struct journal_mailbox *row)
{
    return row->short_count >= LEARNED;
}

void
reading_learn(struct journal_mailbox *row, uint64_t size, uint64_t literal)
{
    uint64_t share = share_of(size, literal);

    if (row->short_count < UINT32_MAX)
        row->short_count++;
    if (size - literal > row->short_bytes)
        row->short_bytes = size - literal;
    if (share > row->short_share)
        row->short_share = (uint32_t)share;
}

bool
reading_take(struct reading *reading, const struct mailbox *mailbox, uint64_t size, uint64_t literal,
             const struct digests *digests, bool again, bool *confirmed)
{
    const struct journal_mailbox *row = &mailbox->row;
    bool same = again && reading->read && literal > 0 && reading->literal == literal &&
                memcmp(reading->wire, digests->wire, DIGEST_SIZE) == 0;

    *confirmed = same && literal < size && size != READING_UNTOLD;
    if (literal >= size || same)
        return true;
    if (reading_learned(row) && literal >= size - literal &&
        (size - literal <= row->short_bytes || share_of(size, literal) <= row->short_share))
        return true;
    reading->read = true;
    reading->size = size;
    reading->literal = literal;
    memcpy(reading->wire, digests->wire, DIGEST_SIZE);
    return false;
}

static bool
add_given_up(struct run *run, int64_t id, bool said, bool late)
{
    if (!array_grow(&run->given_up, &run->given_up_size, run->given_up_count + 1, sizeof *run->given_up))
        return run_no_memory(run);
    run->given_up[run->given_up_count++] = (struct given_up){id, said, late};
    return true;
}

bool
reading_refused(struct run *run, int64_t id)
{
    return add_given_up(run, id, true, false);
}

bool
reading_give_up(struct run *run, const struct mailbox *mailbox, const struct reading *reading,
                const struct journal_message *message)
{
    char why[200];

    if (reading->no_room)
        (void)text_print(why, sizeof why,
                         "the server announces %" PRIu64 " bytes and sends %" PRIu64 ": there is no room for them",
                         message->size, reading->literal);
    else if (!reading->read)
        (void)text_print(why, sizeof why, "the server says OK and sends no body, twice");
    else if (reading->size == READING_UNTOLD)
        (void)text_print(why, sizeof why,
                         "the server tells no size and sends %" PRIu64 " bytes, and not the same twice",
                         reading->literal);
    else if (reading->literal == 0)
        (void)text_print(why, sizeof why, "the server announces %" PRIu64 " bytes and sends an empty body, twice",
                         reading->size);
    else
        (void)text_print(why, sizeof why,
                         "the server announces %" PRIu64 " bytes and sends %" PRIu64 ", and not the same twice",
                         reading->size, reading->literal);
    return reading_missed(run, mailbox, message, why);
}

bool
reading_missed(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, const char *why)
{
    if ((mailbox->over & WORK_FETCH) != 0) /* that was said */
        return reading_refused(run, message->id);
    if (attempts_waits(run, mailbox, ATTEMPT_BODY, message->uid)) /* its turn comes, or that was said as well */
        return add_given_up(run, message->id, true, !run->attempts.last);
    return run_pending(run, mailbox, message->id, PENDING_FAILED, "download", why, NULL) &&
           add_given_up(run, message->id, false, false);
}

void
reading_begin(struct run *run)
{
    if (run->given_up_count > 1)
        qsort(run->given_up, run->given_up_count, sizeof *run->given_up, ids_compare);
}

bool
reading_given_up(const struct run *run, int64_t id)
{
    const struct given_up key = {.id = id};

    return run->given_up_count != 0 &&
           bsearch(&key, run->given_up, run->given_up_count, sizeof key, ids_compare) != NULL;
}

/* Perhaps another client removed it meanwhile: then there is nothing to say. */
bool
reading_say(struct run *run)
{
    struct journal_message message;
    struct journal_pending pending;
    char what[64];
    bool found;

    for (size_t i = 0; i < run->given_up_count; i++) {
        if (run->given_up[i].said)
            continue;
        if (!journal_message_get(run->journal, run->given_up[i].id, &message, &found, &run->err))
            return false;
        if (!found || (message.facts & FACT_GONE_THERE) != 0 || message.base[0] != '\0')
            continue;
        if (!journal_pending_get(run->journal, message.mailbox, message.id, &pending, &found, &run->err))
            return false;
        if (found && pending.kind == PENDING_HELD) /* that was said, and what to do */
            continue;
        (void)text_print(what, sizeof what, "fetch the message of UID %" PRIu32, message.uid);
        run_complain(run, run_mailbox_by_id(run, message.mailbox), what, found ? pending.why : "",
                     "The next run tries again.");
    }
    return true;
}

bool
reading_delay_file(struct run *run, int64_t id)
{
    if (!array_grow(&run->unproven, &run->unproven_size, run->unproven_count + 1, sizeof *run->unproven))
        return run_no_memory(run);
    run->unproven[run->unproven_count++] = id;
    return true;
}

void
reading_begin_files(struct run *run)
{
    run->unproven_count = 0;
    reading_begin(run);
}

void
reading_end_files(struct run *run)
{
    if (run->unproven_count > 1)
        qsort(run->unproven, run->unproven_count, sizeof *run->unproven, ids_compare);
}

static bool
is_unproven(const struct run *run, int64_t id)
{
    return ids_have(run->unproven, run->unproven_count, id);
}

void
reading_drop_unpaired(const struct run *run, struct agenda *agenda)
{
    for (size_t i = 0; run->unproven_count != 0 && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        todo->dropped = todo->dropped || (todo->unpaired && is_unproven(run, todo->id));
    }
}

void
reading_drop_files(const struct run *run, struct agenda *agenda)
{
    for (size_t i = 0; run->unproven_count != 0 && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (todo->step.verb == PLAN_UPLOAD && is_unproven(run, todo->id))
            todo->dropped = true;
    }
}
