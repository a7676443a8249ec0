/*
 * See trash.h. The intent of a copy has what its proof needs: the \Trash by its name and UIDVALIDITY, and the UIDNEXT that it had then. It stays until
 * the source is gone: the next run looks for the copy before it makes another one, and removes nothing that the \Trash does not show now. An OK is no
 * proof, nor is the UID that it names: a server that answers and copies nothing would cost the message.
 */
#include "sync/apply/trash.h"

#include "sync/apply/removals.h"
#include "sync/match/probe.h"
#include "sync/rows/unfinished.h"
#include "sync/run/attempts.h"
#include "sync/run/situation.h"

#define COPIES_MAX 3      /* that were answered OK and not shown; after that another one each ... */
#define COPIES_WAIT 86400 /* seconds */

struct copied { /* a removal whose copy in the \Trash is to be proven */
    struct todo *todo;
    struct journal_op op;
    uint32_t uid; /* that the answer names; 0: none */
    uint64_t size;
    int64_t date;
    unsigned char header[DIGEST_SIZE]; /* what the server shows of the source now */
    bool has_header;
    bool refused; /* with others: asked for again with fewer of them */
};

struct seen { /* a message of the \Trash */
    uint32_t uid;
    uint64_t size;
    int64_t date;
    unsigned char header[DIGEST_SIZE];
    bool has_header, taken;
};

struct trashing {
    struct expunging expunging; /* the first: it is the context of what remove.c does */
    struct mailbox *place;
    uint32_t uidvalidity, uidnext; /* of the place, as listed in this run */
    struct copied *copied;
    size_t copied_count;
    struct seen *seen;
    size_t seen_count, seen_size;
    bool memory;        /* there was none */
    bool left;          /* more than were asked for at once */
    bool refused, full; /* a set of more than one; one alone, for want of room */
    struct remote_outcome outcome;
};

/* ---- what the \Trash shows ---- */

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct trashing *trashing = context;

    (void)index;
    trashing->uidvalidity = selected->uidvalidity;
    trashing->uidnext = selected->uidnext;
    return true;
}

static bool
on_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    (void)context;
    (void)index;
    (void)first;
    (void)last;
    return true;
}

/* It came since then, and looks like it. Where the answer named it, its date may be another one: not all servers keep that. */
static bool
may_be(const struct copied *copied, uint32_t uid, uint64_t size, int64_t date)
{
    return uid >= copied->op.uidnext && size == copied->size && (date == copied->date || uid == copied->uid);
}

static bool
is_candidate(const struct trashing *trashing, const struct remote_message *message)
{
    for (size_t i = 0; i < trashing->copied_count; i++) {
        if (may_be(&trashing->copied[i], message->uid, message->size, message->date))
            return true;
    }
    return false;
}

static bool
on_message(void *context, size_t index, const struct remote_message *message)
{
    struct trashing *trashing = context;

    (void)index;
    if (!message->has_meta || !is_candidate(trashing, message))
        return true;
    trashing->memory = array_grow(&trashing->seen, &trashing->seen_size, trashing->seen_count + 1, sizeof(struct seen));
    if (!trashing->memory)
        return false;
    trashing->seen[trashing->seen_count++] =
        (struct seen){.uid = message->uid, .size = message->size, .date = message->date};
    return true;
}

static bool
on_listed(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct trashing *trashing = context;

    (void)index;
    trashing->outcome = *outcome;
    return true;
}

/* What stands there from this UID on and looks like one of the copies; UINT32_MAX: only its numbers are asked for. */
static bool
look(struct trashing *trashing, uint32_t from)
{
    static const struct remote_observer observer = {on_selected, on_vanished, on_message, on_listed};
    struct run *run = trashing->expunging.run;
    const struct remote server = run->attempts.server; /* what breaks here is no mailbox's listing */
    const struct remote_select request = {
        .mailbox = text_of(trashing->place->row.wire), .first = from, .last = UINT32_MAX};

    trashing->seen_count = 0;
    trashing->memory = true;
    trashing->outcome = (struct remote_outcome){0};
    return (server.ops->observe(server.self, &request, 1, &observer, trashing, &run->err) && trashing->memory) ||
           (!trashing->memory && run_no_memory(run));
}

/*
 * The numbers that it has: those of the list, if that told them, and nothing came there since by this run's doing. What did would seem to be a copy of the
 * next one.
 */
static bool
know_place(struct trashing *trashing, bool first)
{
    struct run *run = trashing->expunging.run;
    const struct mailbox *place = trashing->place;
    const bool told = place->has_status && place->uidvalidity != 0 && place->uidnext != 0;

    trashing->uidvalidity = place->uidvalidity;
    trashing->uidnext = place->uidnext;
    return (told && first && report_acts(&run->counts) == 0) || look(trashing, UINT32_MAX);
}

static int
compare_probes(const void *pa, const void *pb)
{
    const struct probe *a = pa, *b = pb;

    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

/* Of what is not proven, and of what proves nothing yet. `id` of a probe: what it is of. Sources are negative. */
static bool
read_headers(struct trashing *trashing)
{
    struct run *run = trashing->expunging.run;
    struct probe *probes = calloc(trashing->copied_count + trashing->seen_count + 1, sizeof *probes);
    bool ok = probes != NULL || run_no_memory(run);
    size_t count = 0;

    if (ok && trashing->place->row.uidvalidity == 0) /* it is not synced: nothing else asks it for anything */
        trashing->place->row.uidvalidity = trashing->uidvalidity;
    for (size_t i = 0; ok && i < trashing->copied_count; i++) {
        const struct todo *todo = trashing->copied[i].todo;

        if (!todo->in_trash)
            probes[count++] = (struct probe){.mailbox = todo->mailbox, .uid = todo->uid, .id = -1 - (int64_t)i};
    }
    if (count == 0) {
        free(probes);
        return ok;
    }
    for (size_t i = 0; ok && i < trashing->seen_count; i++) {
        if (!trashing->seen[i].taken)
            probes[count++] = (struct probe){.mailbox = (uint32_t)(trashing->place - run->mailboxes),
                                             .uid = trashing->seen[i].uid,
                                             .id = (int64_t)i};
    }
    if (ok)
        qsort(probes, count, sizeof *probes, compare_probes);
    ok = ok && probe_remote(run, probes, count, true);
    for (size_t i = 0; ok && i < count; i++) {
        const bool source = probes[i].id < 0;
        const size_t at = (size_t)(source ? -1 - probes[i].id : probes[i].id);

        if (!probes[i].got)
            continue;
        memcpy(source ? trashing->copied[at].header : trashing->seen[at].header, probes[i].digests.header, DIGEST_SIZE);
        *(source ? &trashing->copied[at].has_header : &trashing->seen[at].has_header) = true;
    }
    free(probes);
    return ok;
}

static bool
is_same_header(const struct copied *copied, const struct seen *seen)
{
    return copied->has_header && seen->has_header && memcmp(seen->header, copied->header, DIGEST_SIZE) == 0;
}

/* Each message there proves one copy: that it is named and of the same size and second, or of the same header. */
static void
take_proofs(struct trashing *trashing, bool named)
{
    for (size_t i = 0; i < trashing->copied_count; i++) {
        const struct copied *copied = &trashing->copied[i];

        for (size_t k = 0; !copied->todo->in_trash && k < trashing->seen_count; k++) {
            struct seen *seen = &trashing->seen[k];

            if (seen->taken || copied->op.date != (int64_t)trashing->uidvalidity ||
                !may_be(copied, seen->uid, seen->size, seen->date) ||
                !(named ? seen->uid == copied->uid && seen->date == copied->date : is_same_header(copied, seen)))
                continue;
            seen->taken = copied->todo->in_trash = true;
        }
    }
}

/* Which of them does the \Trash show? They are `in_trash` then. An intent of another UIDVALIDITY proves nothing any more. */
static bool
prove(struct trashing *trashing)
{
    uint32_t from = UINT32_MAX;

    for (size_t i = 0; i < trashing->copied_count; i++)
        from = trashing->copied[i].op.uidnext < from ? trashing->copied[i].op.uidnext : from;
    if (trashing->copied_count == 0)
        return true;
    if (!look(trashing, from != 0 ? from : 1))
        return false;
    if (!trashing->outcome.ok || trashing->seen_count == 0)
        return true;
    take_proofs(trashing, true);
    if (!read_headers(trashing))
        return false;
    take_proofs(trashing, false);
    return true;
}

/* ---- copies ---- */

static bool
wait_for_copy(struct run *run, struct todo *todo, enum journal_pending_kind kind, const char *why)
{
    todo->dropped = run->partial = true;
    return run_pending(run, &run->mailboxes[todo->mailbox], todo->id, kind, plan_verb_word(todo->step.verb), why, NULL);
}

/* Those that an earlier run copied, or this one without hearing of it: they are looked for first. In a transaction. */
static bool
gather_begun(struct trashing *trashing, struct agenda *agenda)
{
    struct run *run = trashing->expunging.run;
    struct journal_message *message = &trashing->expunging.message;
    bool ok = true, found;

    trashing->copied_count = 0;
    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct copied *copied = &trashing->copied[trashing->copied_count];
        struct todo *todo = &agenda->todos[i];

        if (!todo->trashed || todo->in_trash || !removal_is_due(run, todo, SIDE_THERE))
            continue;
        *copied = (struct copied){.todo = todo};
        ok = journal_op_of(run->journal, todo->id, &copied->op, &found, &run->err) &&
             (!found || run_load(run, todo->id, message));
        if (!ok || !found || copied->op.kind != OP_REMOVE_REMOTE || copied->op.name[0] == '\0')
            continue;
        copied->size = message->size;
        copied->date = message->date;
        trashing->copied_count++;
    }
    return ok;
}

/* Something there may be its copy, and the header that would tell did not come. */
static bool
is_unread(const struct trashing *trashing, const struct copied *copied)
{
    for (size_t i = 0; i < trashing->seen_count; i++) {
        const struct seen *seen = &trashing->seen[i];

        if (!seen->taken && may_be(copied, seen->uid, seen->size, seen->date) &&
            (!seen->has_header || !copied->has_header))
            return true;
    }
    return false;
}

/* What was not found is copied again, once the command can't be under way any more; but not for ever. */
static bool
judge_begun(struct trashing *trashing)
{
    struct run *run = trashing->expunging.run;
    bool ok = true;

    for (size_t i = 0; ok && i < trashing->copied_count; i++) {
        const struct copied *copied = &trashing->copied[i];

        if (copied->todo->in_trash)
            continue;
        if (!trashing->outcome.ok || is_unread(trashing, copied))
            ok =
                wait_for_copy(run, copied->todo, PENDING_FAILED, "what may be its copy in the Trash can't be read now");
        else if (copied->op.attempt >= COPIES_MAX && run->now < copied->op.since + COPIES_WAIT)
            ok = wait_for_copy(run, copied->todo, PENDING_FAILED,
                               "the server copied it to the Trash several times and never showed it there; asked again "
                               "in a day, or with delete = \"expunge\"");
        else if (!unfinished_is_settled(&copied->op, run->looked))
            ok = wait_for_copy(run, copied->todo, PENDING_SETTLE,
                               "a copy to the Trash was not answered, or not shown, and may still be under way");
    }
    return ok;
}

static bool
write_copy(struct trashing *trashing, struct copied *copied)
{
    struct run *run = trashing->expunging.run;
    const struct mailbox *mailbox = &run->mailboxes[copied->todo->mailbox];
    struct journal_op *op = &copied->op;
    bool found;

    if (!journal_op_of(run->journal, copied->todo->id, op, &found, &run->err))
        return false;
    if (!found)
        *op = (struct journal_op){.kind = OP_REMOVE_REMOTE, .mailbox = mailbox->row.id, .message = copied->todo->id};
    op->uidvalidity = mailbox->row.uidvalidity;
    op->uidnext = trashing->uidnext;
    op->date = trashing->uidvalidity;
    op->size = copied->size;
    op->since = run_now(run);
    op->seen = 0;
    (void)text_print(op->name, sizeof op->name, "%s", trashing->place->row.wire);
    return found ? journal_op_save(run->journal, op, &run->err) : journal_op_add(run->journal, op, &run->err);
}

static bool
write_copies(struct trashing *trashing)
{
    struct run *run = trashing->expunging.run;
    bool ok = run_begin(run);

    trashing->copied_count = 0;
    for (size_t i = 0; ok && i < trashing->expunging.todo_count; i++) {
        struct copied *copied = &trashing->copied[trashing->copied_count++];

        *copied = (struct copied){.todo = trashing->expunging.todos[i]};
        copied->todo->begun = true; /* the intent stays until the source is gone */
        ok = run_load(run, copied->todo->id, &trashing->expunging.message);
        copied->size = trashing->expunging.message.size;
        copied->date = trashing->expunging.message.date;
        ok = ok && write_copy(trashing, copied);
    }
    return run_end(run, ok && situation_mark_commit(run));
}

/* There may be room for fewer. A COPY that is refused has copied nothing: its intent goes. */
static bool
part(struct trashing *trashing, struct copied *copied)
{
    struct run *run = trashing->expunging.run;

    trashing->refused = copied->refused = true;
    copied->todo->begun = false;
    return journal_op_delete(run->journal, copied->op.id, &run->err);
}

/* Whatever it says, the \Trash is asked. In a transaction. */
static bool
on_copied(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct trashing *trashing = context;
    struct run *run = trashing->expunging.run;
    struct copied *copied = &trashing->copied[trashing->expunging.first[index] + item];

    trashing->place->stirred = trashing->place->chosen;
    if (!outcome->ok) {
        if (outcome->doubtful) /* the intent stays: looked for by the next run */
            return wait_for_copy(run, copied->todo, PENDING_SETTLE, outcome->answer);
        if (outcome->over_quota && trashing->expunging.todo_count > 1)
            return part(trashing, copied);
        copied->todo->begun = false; /* nothing was copied */
        trashing->full = outcome->over_quota;
        if (trashing->full)
            trashing->outcome = *outcome;
        return expunging_done(&trashing->expunging, index, item, 0, outcome);
    }
    run->mailboxes[copied->todo->mailbox].stirred = true;
    copied->uid = uid;
    copied->op.attempt++;
    return journal_op_save(run->journal, &copied->op, &run->err);
}

/* Those that are not proven yet are asked for; what is not shown now waits for the next run. */
static bool
prove_copies(struct trashing *trashing)
{
    struct run *run = trashing->expunging.run;
    size_t left = 0;
    bool ok;

    for (size_t i = 0; i < trashing->copied_count; i++) {
        if (!trashing->copied[i].todo->in_trash && !trashing->copied[i].todo->dropped && !trashing->copied[i].refused)
            trashing->copied[left++] = trashing->copied[i];
    }
    trashing->copied_count = left;
    ok = prove(trashing) && run_begin(run);
    for (size_t i = 0; ok && i < left; i++) {
        struct todo *todo = trashing->copied[i].todo;

        ok = todo->in_trash ||
             wait_for_copy(run, todo, PENDING_SETTLE, "the server does not show its copy in the Trash");
    }
    return run_end(run, ok);
}

static bool
copy(struct trashing *trashing)
{
    static const struct remote_changer changer = {expunging_verify, on_copied};

    return write_copies(trashing) &&
           expunging_ask(&trashing->expunging, trashing->expunging.run->remote.ops->copy, &changer) &&
           prove_copies(trashing);
}

/* ---- moves ---- */

static bool
on_moved(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct trashing *trashing = context;

    trashing->place->stirred = trashing->place->chosen;
    return expunging_done(&trashing->expunging, index, item, uid, outcome);
}

/* A server may offer MOVE and refuse it: the next pass copies. */
static bool
move(struct trashing *trashing)
{
    static const struct remote_changer changer = {expunging_verify, on_moved};
    struct run *run = trashing->expunging.run;
    struct remote_info now;
    bool ok =
        expunging_intend(&trashing->expunging) && expunging_ask(&trashing->expunging, run->remote.ops->move, &changer);

    run->remote.ops->info(run->remote.self, &now);
    run->info.move = now.move;
    return ok;
}

static void
gather(struct trashing *trashing, struct agenda *agenda, size_t most)
{
    struct run *run = trashing->expunging.run;

    trashing->expunging.todo_count = trashing->expunging.count = 0;
    trashing->left = false;
    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (!todo->trashed || todo->in_trash || !removal_is_due(run, todo, SIDE_THERE))
            continue;
        trashing->left = trashing->expunging.todo_count == most;
        if (trashing->left)
            break;
        expunging_add(&trashing->expunging, todo);
    }
    for (size_t i = 0; i < trashing->expunging.count; i++) {
        trashing->expunging.requests[i].target = text_of(trashing->place->row.wire);
        trashing->expunging.requests[i].target_uidvalidity = trashing->uidvalidity;
        trashing->expunging.requests[i].undelete = true;
    }
}

/* Where there is no room for one, there is none for the others: they move nowhere, and are not asked for. */
static bool
give_up(struct trashing *trashing, struct agenda *agenda)
{
    struct run *run = trashing->expunging.run;
    const struct remote_outcome full = trashing->outcome;
    bool ok = run_begin(run);

    gather(trashing, agenda, SIZE_MAX);
    for (size_t i = 0; ok && i < trashing->expunging.count; i++) {
        for (size_t k = 0; ok && k < trashing->expunging.requests[i].count; k++)
            ok = expunging_done(&trashing->expunging, i, k, 0, &full);
    }
    return run_end(run, ok);
}

/* How many at once the next time: half of what was refused, or twice what was not. */
static size_t
next_most(const struct trashing *trashing)
{
    const size_t asked = trashing->expunging.todo_count;

    if (trashing->refused)
        return asked / 2;
    return trashing->left && asked != 0 ? asked * 2 : 0;
}

bool
trash_carry(struct run *run, struct agenda *agenda, size_t *most)
{
    struct trashing trashing = {.place = trash_place(run)};
    const size_t at_once = *most;
    struct arena arena = {0};
    bool any = false, ok;

    *most = 0;
    for (size_t i = 0; !any && i < agenda->count; i++)
        any = agenda->todos[i].trashed && removal_is_due(run, &agenda->todos[i], SIDE_THERE);
    if (!any || trashing.place == NULL)
        return true;
    ok = expunging_begin(&trashing.expunging, run, agenda, &arena);
    trashing.copied = arena_array(&arena, agenda->count, sizeof *trashing.copied);
    ok = ok && run_has(run, &arena) && know_place(&trashing, at_once == SIZE_MAX) && run_begin(run) &&
         run_end(run, gather_begun(&trashing, agenda)) && prove(&trashing) && run_begin(run) &&
         run_end(run, judge_begun(&trashing));
    if (ok)
        gather(&trashing, agenda, run->info.move ? SIZE_MAX : at_once);
    if (ok && trashing.expunging.count != 0)
        ok = situation_mark(run) && (run->info.move ? move(&trashing) : copy(&trashing));
    if (ok && trashing.full)
        ok = give_up(&trashing, agenda);
    else if (ok)
        *most = next_most(&trashing);
    free(trashing.seen);
    arena_free(&arena);
    return ok;
}
