/*
 * Downloads: bodies stream into drafts while more arrive; a batch is made durable, named and committed, in this order, so that a
 * row is never more durable than its file (a row without a file would read as "the user deleted it"). Newest mail first.
 */
#include "sync/run.h"

#include <inttypes.h>

#define MIB (1024.0 * 1024.0)
#define ROOM_BATCHES (2 * (uint64_t)LIMIT_BATCH_BYTES) /* one being written, one being made durable */
#define ROOM_RESERVE (UINT64_C(64) << 20) /* left to others, and to the journal where it is on the same disk */
#define ROOM_LEAST (UINT64_C(1) << 20)    /* of the reserve, however little is to come */
#define ROOM_MESSAGE 4096                 /* a file takes whole blocks, and a name */

struct arrival { /* a finished draft that waits for its batch */
    int64_t id;
    uint32_t mailbox;
    struct local_draft *draft;
    uint64_t literal; /* bytes as the server sent them */
    struct digests digests;
    char base[LOCAL_BASE_MAX + 1];
};

struct downloading {
    struct run *run;
    struct todo **todos; /* in the order of the requests */
    struct remote_fetch *requests;
    size_t *first; /* of each request, index into todos */
    size_t request_count;
    struct local_draft *draft; /* being written */
    uint64_t draft_bytes;
    struct arrival *batch;
    size_t batch_count;
    uint64_t batch_bytes;
    int64_t batch_since;
    struct journal_message *message;
    bool *delivered; /* per todo */
    bool did;
};

static int64_t
monotonic_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The file is durable: the row may say so. */
static bool
record(struct downloading *down, const struct arrival *arrival, const struct local_delivery *item)
{
    struct run *run = down->run;
    struct journal_message *message = down->message;
    struct mailbox *mailbox = &run->mailboxes[arrival->mailbox];

    if (!run_load(run, arrival->id, message))
        return false;
    memcpy(message->base, arrival->base, sizeof message->base);
    (void)text_print(message->info, sizeof message->info, "%s", item->info);
    message->has_wire = message->has_header = true;
    memcpy(message->wire, arrival->digests.wire, DIGEST_SIZE);
    memcpy(message->header, arrival->digests.header, DIGEST_SIZE);
    message->facts &= ~(unsigned)(FACT_GONE_HERE | FACT_ALTERED | FACT_REFUSED | FACT_MOVED);
    if ((message->facts & FACT_REPLACED) != 0) { /* somebody wants the old version: both stay */
        message->facts &= ~(unsigned)FACT_REPLACED;
        message->twin = 0;
    }
    message->rbase = message->lbase = message->lseen = item->flags;
    if (arrival->literal != message->size &&
        !run->sizes_lie) { /* from now on its sizes exclude no candidate for a pair */
        run->sizes_lie = true;
        if (!journal_set(run->journal, "sizes", "wrong", &run->err))
            return false;
    }
    run->counts.down_new++;
    run->counts.bytes_down += arrival->digests.size;
    report_message(run->report, run->account->name, mailbox->row.name, "download", message->uid, message->base, "");
    down->did = true;
    return journal_message_save(run->journal, message, &run->err) &&
           journal_pending_clear(run->journal, message->mailbox, message->id, &run->err);
}

/* The name belongs to somebody else's file: it stays, ours gets another one. The draft is gone; the next pass fetches again. */
static bool
record_taken(struct downloading *down, const struct arrival *arrival)
{
    struct run *run = down->run;
    struct mailbox *mailbox = &run->mailboxes[arrival->mailbox];

    mailbox->look_here = true;
    return run_pending(run, mailbox, arrival->id, PENDING_FAILED, "download", "a file of that name is there already",
                       NULL);
}

static void
drop_batch(struct downloading *down)
{
    for (size_t i = 0; i < down->batch_count; i++)
        down->run->local.ops->draft_drop(down->run->local.self, down->batch[i].draft);
    down->batch_count = 0;
    down->batch_bytes = 0;
}

static bool
flush(struct downloading *down)
{
    struct run *run = down->run;
    struct local_delivery *items;
    size_t count = down->batch_count;
    bool ok;

    if (count == 0)
        return true;
    items = calloc(count, sizeof *items);
    if (items == NULL || !situation_mark(run)) {
        free(items);
        drop_batch(down);
        return run->err.kind != ERROR_NONE ? false : run_no_memory(run);
    }
    for (size_t i = 0; i < count; i++) {
        if (!run_load(run, down->batch[i].id, down->message)) {
            free(items);
            drop_batch(down);
            return false;
        }
        items[i] = (struct local_delivery){.draft = down->batch[i].draft,
                                           .base = down->batch[i].base,
                                           .flags = down->message->rseen,
                                           .date = down->message->date};
    }
    down->batch_count = 0;
    down->batch_bytes = 0;
    ok = run->local.ops->deliver(run->local.self, items, count, &run->err) && run_begin(run);
    if (ok) {
        for (size_t i = 0; ok && i < count; i++) {
            if (items[i].ok)
                run_touch(run, &run->mailboxes[down->batch[i].mailbox]);
            if (items[i].ok)
                ok = record(down, &down->batch[i], &items[i]);
            else if (items[i].taken)
                ok = record_taken(down, &down->batch[i]);
            else
                run_problem(run, &run->mailboxes[down->batch[i].mailbox], &items[i].err);
        }
        if (ok)
            ok = situation_mark_commit(run) && run_commit(run);
        else
            journal_rollback(run->journal);
    }
    free(items);
    return ok;
}

static struct mailbox *
mailbox_of(struct downloading *down, size_t index)
{
    return &down->run->mailboxes[down->todos[down->first[index]]->mailbox];
}

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct downloading *down = context;

    (void)size;
    down->draft_bytes = 0;
    return down->run->local.ops->draft_begin(down->run->local.self, mailbox_of(down, index)->row.folder, &down->draft,
                                             &down->run->err);
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct downloading *down = context;

    (void)index;
    down->draft_bytes += len;
    return down->run->local.ops->draft_write(down->run->local.self, down->draft, bytes, len, &down->run->err);
}

static size_t
find_wanted(struct downloading *down, size_t index, uint32_t uid)
{
    const struct remote_fetch *request = &down->requests[index];
    size_t low = 0, high = request->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (request->uids[middle] < uid)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < request->count && request->uids[low] == uid && !down->delivered[down->first[index] + low])
        return down->first[index] + low;
    return SIZE_MAX;
}

/* The deterministic name, or the next free one where the journal knows another message under it. */
static bool
choose_base(struct downloading *down, struct mailbox *mailbox, char base[static LOCAL_BASE_MAX + 1])
{
    struct run *run = down->run;
    struct journal_message *other = calloc(1, sizeof *other);
    bool found = true, ok = other != NULL || run_no_memory(run);

    for (int attempt = 0; ok && found && attempt < 1000; attempt++) {
        run_base_name(run, mailbox, down->message, attempt, base);
        ok = journal_message_by_base(run->journal, mailbox->row.id, base, other, &found, &run->err);
        found = found && other->id != down->message->id;
    }
    free(other);
    return ok;
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct downloading *down = context;
    struct run *run = down->run;
    struct mailbox *mailbox = mailbox_of(down, index);
    struct local_draft *draft = down->draft;
    struct arrival *arrival = &down->batch[down->batch_count];
    size_t wanted = find_wanted(down, index, uid);

    down->draft = NULL;
    if (wanted == SIZE_MAX) {
        run->local.ops->draft_drop(run->local.self, draft);
        return true;
    }
    *arrival = (struct arrival){.id = down->todos[wanted]->id, .mailbox = down->todos[wanted]->mailbox, .draft = draft};
    if (!run->local.ops->draft_finish(run->local.self, draft, &arrival->digests, &run->err) ||
        !run_load(run, arrival->id, down->message) || !choose_base(down, mailbox, arrival->base)) {
        run->local.ops->draft_drop(run->local.self, draft);
        return false;
    }
    arrival->literal = down->draft_bytes;
    down->delivered[wanted] = true;
    if (down->batch_count == 0)
        down->batch_since = monotonic_ms();
    down->batch_count++;
    down->batch_bytes += down->draft_bytes;
    run->done++;
    report_progress(run->report, run->account->name, mailbox->row.name, run->done, run->total,
                    run->counts.bytes_down + down->batch_bytes);
    if (down->batch_count < LIMIT_BATCH && down->batch_bytes < LIMIT_BATCH_BYTES &&
        monotonic_ms() - down->batch_since < 1000)
        return true;
    return flush(down);
}

/* OK without the message is a failure of that message, never a state: it is said, stays pending and is asked for again. */
static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct downloading *down = context;
    struct run *run = down->run;
    struct mailbox *mailbox = mailbox_of(down, index);
    const struct remote_fetch *request = &down->requests[index];
    size_t missing = 0;
    char what[128];

    for (size_t i = 0; i < request->count; i++)
        missing += !down->delivered[down->first[index] + i];
    if (missing == 0)
        return true;
    mailbox->stirred = true; /* perhaps they were removed meanwhile: looked at again */
    if (outcome->ok) {
        for (size_t i = 0; i < request->count; i++)
            down->todos[down->first[index] + i]->dropped = true;
        return true;
    }
    (void)text_print(what, sizeof what, "fetch %zu message%s, from UID %" PRIu32 " on", missing,
                     missing == 1 ? "" : "s", request->uids[0]);
    run->no_removals = true;
    run_complain(run, mailbox, what, outcome->answer, "the next run tries again");
    return true;
}

static bool
is_download(const struct todo *todo)
{
    return todo->step.verb == PLAN_DOWNLOAD && !todo->dropped && !todo->step.kept_back && todo->partner == 0;
}

/* One folder that can't be written to (its rights, a read-only mount) is found out before a body is asked for, and stops no other. */
static bool
can_write(struct run *run, struct mailbox *mailbox)
{
    struct local_draft *draft;
    struct error err = {0};

    if (run->local.ops->draft_begin(run->local.self, mailbox->row.folder, &draft, &err)) {
        run->local.ops->draft_drop(run->local.self, draft);
        return true;
    }
    mailbox->refused = true;
    run->no_removals = true; /* what was to come here may be what is to go elsewhere */
    run_problem(run, mailbox, &err);
    return false;
}

static bool
prepare(struct downloading *down, struct agenda *agenda)
{
    struct run *run = down->run;
    uint32_t tried = UINT32_MAX;
    size_t n = 0;

    down->todos = calloc(agenda->count + 1, sizeof *down->todos);
    down->requests = calloc(agenda->count + 1, sizeof *down->requests);
    down->first = calloc(agenda->count + 1, sizeof *down->first);
    down->delivered = calloc(agenda->count + 1, sizeof *down->delivered);
    down->batch = calloc(LIMIT_BATCH + 1, sizeof *down->batch);
    down->message = calloc(1, sizeof *down->message);
    if (down->todos == NULL || down->requests == NULL || down->first == NULL || down->delivered == NULL ||
        down->batch == NULL || down->message == NULL)
        return run_no_memory(run);
    /* The agenda is ordered by mailbox and UID; requests of 256 go from its end to its beginning, UIDs inside ascending. */
    for (size_t end = agenda->count; end > 0;) {
        size_t begin = end, count = 0;
        uint32_t mailbox = agenda->todos[end - 1].mailbox;

        while (begin > 0 && agenda->todos[begin - 1].mailbox == mailbox && count < LIMIT_BATCH) {
            const struct todo *todo = &agenda->todos[--begin];

            count += is_download(todo);
        }
        if (count != 0 && mailbox_is_open(&run->mailboxes[mailbox]) &&
            (mailbox == tried || can_write(run, &run->mailboxes[mailbox]))) {
            tried = mailbox;
            down->first[down->request_count++] = n;
            for (size_t i = begin; i < end; i++) {
                struct todo *todo = &agenda->todos[i];

                if (is_download(todo))
                    down->todos[n++] = todo;
            }
        }
        end = begin;
    }
    down->first[down->request_count] = n;
    run->total += n;
    return true;
}

static bool
fetch_all(struct downloading *down)
{
    static const struct remote_sink sink = {on_begin, on_data, on_end, on_done};
    struct run *run = down->run;
    size_t n = down->first[down->request_count];
    uint32_t *uids = calloc(n + 1, sizeof *uids);
    bool ok = uids != NULL || run_no_memory(run);
    struct error why;

    for (size_t i = 0; ok && i < n; i++)
        uids[i] = down->todos[i]->uid;
    for (size_t i = 0; ok && i < down->request_count; i++) {
        const struct mailbox *mailbox = mailbox_of(down, i);

        down->requests[i] = (struct remote_fetch){.mailbox = text_of(mailbox->row.wire),
                                                  .uidvalidity = mailbox->row.uidvalidity,
                                                  .uids = uids + down->first[i],
                                                  .count = down->first[i + 1] - down->first[i]};
    }
    ok = ok && run->remote.ops->fetch(run->remote.self, down->requests, down->request_count, &sink, down, &run->err);
    why = run->err;
    if (down->draft != NULL) {
        run->local.ops->draft_drop(run->local.self, down->draft);
        down->draft = NULL;
    }
    /* What arrived whole before the connection broke is kept. */
    if (!ok && why.kind != ERROR_NETWORK && why.kind != ERROR_SERVER && why.kind != ERROR_INTERRUPTED) {
        drop_batch(down);
    } else {
        run->err = (struct error){0};
        if (flush(down))
            run->err = why;
        else
            ok = false;
    }
    free(uids);
    return ok;
}

/* Bytes that are still to come, as far as it matters how many they are. */
static bool
count_bytes(struct downloading *down, uint64_t *bytes)
{
    size_t n = down->first[down->request_count];

    *bytes = 0;
    for (size_t i = 0; i < n && *bytes < ROOM_BATCHES + 4 * ROOM_RESERVE; i++) {
        if (!run_load(down->run, down->todos[i]->id, down->message))
            return false;
        *bytes += (down->message->size < ROOM_BATCHES ? down->message->size : ROOM_BATCHES) + ROOM_MESSAGE;
    }
    return true;
}

/*
 * Room for two batches and a reserve, before a body is asked for. Where less is to come, less is enough: all of it, and a quarter of
 * that as a reserve. What others write meanwhile, or a server that counts sizes wrongly, still ends in an error of writing.
 */
static bool
check_room(struct downloading *down)
{
    struct run *run = down->run;
    uint64_t space, bytes, room, reserve;
    size_t n = down->first[down->request_count];

    if (!run->local.ops->free_space(run->local.self, &space, &run->err) || !count_bytes(down, &bytes))
        return false;
    room = bytes < ROOM_BATCHES ? bytes : ROOM_BATCHES;
    reserve = bytes / 4 + ROOM_LEAST < ROOM_RESERVE ? bytes / 4 + ROOM_LEAST : ROOM_RESERVE;
    if (space >= room + reserve)
        return true;
    error_set(&run->err, ERROR_LOCAL, "fetch %zu new message%s into the Maildir %s", n, n == 1 ? "" : "s",
              run->account->maildir);
    (void)text_print(
        run->err.answer, sizeof run->err.answer,
        "no space on its file system: %.1f MiB are free, and %.1f MiB are needed (%.1f for mail, the rest stays free)",
        (double)space / MIB, (double)(room + reserve) / MIB, (double)room / MIB);
    error_hint(&run->err, "free %.1f MiB more there and run golub again; nothing is lost",
               (double)(room + reserve - space) / MIB + 0.05);
    return false;
}

bool
apply_downloads(struct run *run, struct agenda *agenda, bool *did)
{
    struct downloading down = {.run = run};
    bool ok = prepare(&down, agenda);

    if (ok && down.request_count != 0)
        ok = check_room(&down) && fetch_all(&down);
    *did = *did || down.did;
    free(down.todos);
    free(down.requests);
    free(down.first);
    free(down.delivered);
    free(down.batch);
    free(down.message);
    return ok;
}
