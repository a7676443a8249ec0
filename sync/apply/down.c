/*
 * Downloads: what is asked for (in which order says due.c), and what of it came. Bodies stream into drafts while more arrive; a batch
 * of them becomes mail in arrivals.c, and room.c looks after the disk.
 */
#include "sync/apply/apply.h"
#include "sync/apply/at_hand.h"
#include "sync/apply/downloading.h"
#include "sync/apply/quarantined_bytes.h"
#include "sync/rows/refusals.h"
#include "sync/run/attempts.h"
#include "sync/run/line.h"

#include <assert.h>
#include <inttypes.h>

#define ROUND                                                                                                          \
    4096 /* messages that are asked for at once: what came short of them is asked for again, and learned from */

static struct mailbox *
mailbox_of(struct downloading *down, size_t index)
{
    return &down->run->mailboxes[down->asked[down->first[index]]->mailbox];
}

/* Somebody removed or renamed the folder a moment ago: what comes for it is thrown away, and the next run looks where it is. */
static bool
lacks_folder(struct downloading *down, struct mailbox *mailbox)
{
    struct run *run = down->run;

    down->no_folder = error_no_folder(&run->err);
    if (!down->no_folder)
        return false;
    mailbox->stirred = true;
    run_problem_here(run, mailbox, &run->err);
    run->err = (struct error){0};
    return true;
}

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct downloading *down = context;

    down->draft_bytes = 0;
    down->told = READING_UNTOLD;
    down->no_folder = false;
    if (!room_look(down->run, &down->room, size, &down->no_room))
        return false;
    return down->no_room || downloading_begin(down, mailbox_of(down, index)) ||
           lacks_folder(down, mailbox_of(down, index));
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct downloading *down = context;

    (void)index;
    down->draft_bytes += len;
    return (down->draft == NULL ||
            down->run->local.ops->draft_write(down->run->local.self, down->draft, bytes, len, &down->run->err)) &&
           arrivals_advance(&down->arrivals);
}

static bool
on_sized(void *context, size_t index, uint64_t size)
{
    struct downloading *down = context;

    (void)index;
    down->told = size;
    return true;
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
    if (low < request->count && request->uids[low] == uid && !down->readings[down->first[index] + low].delivered)
        return down->first[index] + low;
    return SIZE_MAX;
}

/* Why what came was thrown away: the message is longer than announced, or the disk has no room. */
static bool
take_no_room(struct downloading *down, size_t wanted)
{
    down->readings[wanted].no_room = true;
    down->readings[wanted].literal = down->draft_bytes;
    return down->draft_bytes > down->asked[wanted]->size || room_refuse(down->run, &down->room, down->draft_bytes);
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    struct downloading *down = context;
    struct run *run = down->run;
    struct mailbox *mailbox = mailbox_of(down, index);
    struct local_draft *draft = down->draft;
    struct arrival *arrival = arrivals_next(&down->arrivals);
    size_t wanted = find_wanted(down, index, uid);
    bool taken = false, ok = true;

    down->draft = NULL;
    if (draft == NULL && down->no_folder && wanted != SIZE_MAX)
        down->readings[wanted].failed = true;
    else if (draft == NULL && wanted != SIZE_MAX)
        return take_no_room(down, wanted);
    if (draft == NULL)
        return true;
    if (wanted != SIZE_MAX) {
        *arrival = (struct arrival){.why = plan_reason_words(&down->asked[wanted]->step),
                                    .mailbox = down->asked[wanted]->mailbox,
                                    .draft = draft,
                                    .literal = down->draft_bytes};
        ok = downloading_finish(down, mailbox, wanted, arrival, &taken);
    }
    if (!ok || !taken) {
        run->local.ops->draft_drop(run->local.self, draft);
        return ok;
    }
    return downloading_take(down, mailbox, wanted);
}

/* What was said of one message is said of it; `done` says what is true of all that are missing. */
static bool
on_refused(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    struct downloading *down = context;
    struct run *run = down->run;
    struct mailbox *mailbox = mailbox_of(down, index);
    const size_t wanted = find_wanted(down, index, uid);
    char what[64];

    if (wanted == SIZE_MAX || outcome->gone)
        return true;
    down->readings[wanted].failed = true;
    if (!array_grow(&down->refused, &down->refused_size, down->refused_count + 1, sizeof *down->refused))
        return run_no_memory(run);
    down->refused[down->refused_count++] = (struct refused){wanted, *outcome};
    (void)text_print(what, sizeof what, "fetch the message of UID %" PRIu32, uid);
    mailbox->stirred = true;
    /* What vanished may be this one, moved. An earlier run waited for that; what vanished since is another one. */
    if (!refusal_is_known(run, down->asked[wanted]->id, WORK_FETCH))
        run_learn(run, mailbox, CAUTION_UNFETCHED);
    run_complain(run, mailbox, what, outcome->answer, refusal_hint(outcome, true));
    return true;
}

/*
 * The server gives no more now, and does not say of which message: perhaps of the first one that is missing, whose file it can't read. So the next
 * run asks for that one behind all others.
 */
static bool
note_first(struct downloading *down, size_t index, const struct remote_outcome *outcome)
{
    const struct remote_fetch *request = &down->requests[index];
    size_t at = down->first[index];

    while (at < down->first[index] + request->count && down->readings[at].delivered)
        at++;
    if (!outcome->throttled || at == down->first[index] + request->count)
        return true;
    if (!array_grow(&down->refused, &down->refused_size, down->refused_count + 1, sizeof *down->refused))
        return run_no_memory(down->run);
    down->refused[down->refused_count++] = (struct refused){at, *outcome};
    return true;
}

/* OK without the message is no answer; it is asked for again, and perhaps it was removed meanwhile. */
static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct downloading *down = context;
    struct run *run = down->run;
    struct mailbox *mailbox = mailbox_of(down, index);
    const struct remote_fetch *request = &down->requests[index];
    struct reading *readings = &down->readings[down->first[index]];
    const bool over = (mailbox->over & WORK_FETCH) != 0;
    size_t missing = 0;
    char what[128];

    for (size_t i = 0; i < request->count; i++) {
        if (readings[i].delivered || readings[i].failed)
            continue;
        missing++;
        readings[i].failed = !outcome->ok;
    }
    if (outcome->throttled)
        mailbox->over |= WORK_FETCH;
    if (missing == 0)
        return true;
    mailbox->stirred = true;
    if (outcome->ok)
        return true;
    if (!over && !note_first(down, index, outcome))
        return false;
    (void)text_print(what, sizeof what, "fetch %zu message%s", missing, missing == 1 ? "" : "s");
    if (over) /* it was said of those before */
        return true;
    attempts_unread(run, mailbox, CAUTION_UNFETCHED);
    run_complain(run, mailbox, outcome->throttled ? "fetch more mail" : what, outcome->answer,
                 "The next run tries again.");
    return true;
}

static bool
allocate(struct downloading *down)
{
    const size_t at_once = down->due.most < ROUND ? (size_t)down->due.most : ROUND;

    down->at_once = at_once;
    down->readings = arena_array(&down->arena, at_once, sizeof *down->readings);
    down->requests = arena_array(&down->arena, at_once, sizeof *down->requests);
    down->first = arena_array(&down->arena, at_once, sizeof *down->first);
    down->uids = arena_array(&down->arena, at_once, sizeof *down->uids);
    down->row = arena_array(&down->arena, 1, sizeof *down->row);
    down->other = arena_array(&down->arena, 1, sizeof *down->other);
    if (down->run->info.labels) {
        down->names = arena_array(&down->arena, at_once, sizeof *down->names);
        down->later = arena_array(&down->arena, at_once, sizeof *down->later);
    }
    arrivals_begin(&down->arrivals, down->run, &down->arena, at_once);
    return run_has(down->run, &down->arena);
}

/* One request for each run of ascending UIDs of a mailbox. */
static void
make_requests(struct downloading *down)
{
    uint32_t *uids = down->uids;
    struct remote_fetch *request = NULL;
    bool sizes;

    down->request_count = 0;
    for (size_t i = 0; i < down->asked_count; i++) {
        const struct todo *todo = down->asked[i], *last = i > 0 ? down->asked[i - 1] : NULL;
        const struct mailbox *mailbox = &down->run->mailboxes[todo->mailbox];

        sizes = reading_asks_size(&down->readings[i], todo->size);
        uids[i] = todo->uid;
        if (last == NULL || last->mailbox != todo->mailbox || last->uid >= todo->uid || request->sizes != sizes) {
            down->first[down->request_count] = i;
            request = &down->requests[down->request_count++];
            *request = (struct remote_fetch){.mailbox = text_of(mailbox->row.wire),
                                             .uidvalidity = mailbox->row.uidvalidity,
                                             .uids = uids + i,
                                             .sizes = sizes};
        }
        request->count++;
    }
}

/* What arrived whole before the connection broke is kept. @return false, always */
static bool
keep_arrived(struct downloading *down)
{
    struct run *run = down->run;
    const struct error why = run->err;

    if (why.kind != ERROR_NETWORK && why.kind != ERROR_SERVER && why.kind != ERROR_INTERRUPTED)
        return false;
    run->err = (struct error){0};
    if (arrivals_flush(&down->arrivals))
        run->err = why;
    return false;
}

static bool
fetch_asked(struct downloading *down)
{
    static const struct remote_sink sink = {on_begin, on_data, on_end, on_done, on_refused, on_sized};
    struct run *run = down->run;
    bool ok;

    make_requests(down);
    ok = run->remote.ops->fetch(run->remote.self, down->requests, down->request_count, &sink, down, &run->err);
    if (down->draft != NULL) {
        run->local.ops->draft_drop(run->local.self, down->draft);
        down->draft = NULL;
    }
    return ok || keep_arrived(down);
}

/* What is asked for again moves to the front; the others that did not come are given up. */
static bool
sort_out(struct downloading *down)
{
    struct run *run = down->run;
    size_t left = 0;
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < down->asked_count; i++) {
        const struct reading *reading = &down->readings[i];
        const struct todo *todo = down->asked[i];

        if (reading->delivered)
            continue;
        if (reading->failed) {
            ok = reading_refused(run, todo->id);
        } else if (!down->again && !reading->no_room) {
            down->readings[left] = *reading;
            down->asked[left++] = down->asked[i];
        } else {
            ok = run_load(run, todo->id, down->other) &&
                 reading_give_up(run, &run->mailboxes[todo->mailbox], reading, down->other);
        }
    }
    down->asked_count = left;
    return run_end(run, ok);
}

/* Two on end that are refused in the same words are no sign that something is wrong with them. */
static bool
note_refused(struct downloading *down)
{
    struct run *run = down->run;
    bool ok = down->refused_count == 0 || run_begin(run);

    for (size_t i = 0; ok && i < down->refused_count; i++) {
        struct refused *refused = &down->refused[i];
        const struct todo *todo = down->asked[refused->at];
        struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

        refused->outcome.throttled = (mailbox->over & WORK_FETCH) != 0;
        ok = refusal_note(run, mailbox, todo->id, WORK_FETCH, true, &refused->outcome);
    }
    ok = down->refused_count == 0 ? ok : run_end(run, ok);
    down->refused_count = 0;
    return ok;
}

/* The next ROUND of those whose mailboxes are not over; they move together. */
static size_t
next_round(struct downloading *down, size_t at, uint64_t most)
{
    uint64_t bytes = 0;

    down->asked = down->due.todos + at;
    down->asked_count = 0;
    for (; at < down->due.count && down->asked_count < ROUND && bytes < most; at++) {
        bytes = due_sum(bytes, down->due.todos[at]->size);
        if ((down->run->mailboxes[down->due.todos[at]->mailbox].over & WORK_FETCH) != 0)
            continue;
        assert(down->asked_count < down->at_once); /* as many as were due when the arrays were made */
        down->asked[down->asked_count++] = down->due.todos[at];
    }
    down->due.bytes -= bytes < down->due.bytes ? bytes : down->due.bytes;
    return at;
}

static bool
fetch_round(struct downloading *down)
{
    return down->asked_count == 0 || (fetch_asked(down) && note_refused(down) && sort_out(down));
}

/* Those that are asked for, and once more what came short. */
static bool
fetch_twice(struct downloading *down)
{
    bool ok;

    down->again = false;
    memset(down->readings, 0, down->asked_count * sizeof *down->readings);
    ok = at_hand_take(down) && quarantined_bytes_take(down) && fetch_round(down);
    down->again = true;
    return ok && fetch_round(down);
}

static bool
fetch_piece(struct downloading *down)
{
    bool ok = true;

    for (size_t at = 0; ok && at < down->due.count;) {
        uint64_t most;

        ok = line_expect(down->run, down->due.bytes, &most) || keep_arrived(down);
        if (!ok)
            break;
        at = next_round(down, at, most);
        ok = at_hand_set_apart(down) && fetch_twice(down);
        if (ok && down->later_count != 0) {
            down->asked = down->later;
            down->asked_count = down->later_count;
            ok = fetch_twice(down);
        }
    }
    return ok;
}

/* What came stays open from one piece to the next. */
static bool
fetch_all(struct downloading *down)
{
    bool ok = true;

    while (ok && down->due.count != 0)
        ok = fetch_piece(down) && (due_next(&down->due) || keep_arrived(down));
    if (!ok)
        arrivals_drop(&down->arrivals);
    return ok && arrivals_flush(&down->arrivals);
}

bool
apply_downloads(struct run *run, struct agenda *agenda)
{
    struct downloading down = {.run = run};
    bool ok = due_begin(&down.due, run, agenda) && due_next(&down.due);

    if (ok && down.due.count != 0)
        ok = allocate(&down) && room_check(run, &down.room, down.due.messages, down.due.room) && fetch_all(&down);
    due_free(&down.due);
    free(down.refused);
    arena_free(&down.arena);
    return ok;
}
