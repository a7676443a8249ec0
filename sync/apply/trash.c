/*
 * See trash.h. The intent of a copy has what its proof needs: the \Trash by its name and UIDVALIDITY, and the UIDNEXT that it had then. It stays until
 * the source is gone: the next run looks for the copy before it makes another one, and removes nothing that the \Trash does not show now. An OK is no
 * proof, nor is the UID that it names: a server that answers and copies nothing would cost the message.
 */
#include "sync/apply/trash.h"

#include "sync/apply/trash_seen.h"
#include "sync/rows/carried.h"
#include "sync/rows/unfinished.h"
#include "sync/run/attempts.h"
#include "sync/run/flight.h"
#include "sync/run/situation.h"

#define COPIES_MAX 3 /* that were answered OK and not shown; after that another one each day */

/*
 * What the Trash does not take of their keywords stays this side's, as in each other place to which golub brings a message. Which message it is there is
 * told by its bytes, once it is fetched from there.
 */
static bool
owe_keywords(struct trashing *trashing)
{
    struct expunging *expunging = &trashing->expunging;
    struct run *run = expunging->run;
    bool ok;

    if (!trashing->place->chosen || trashing->place->keeps_keywords)
        return true;
    ok = run_begin(run);
    for (size_t i = 0; ok && i < expunging->todo_count; i++)
        ok = run_load(run, expunging->todos[i]->id, &expunging->message) &&
             (expunging->message.keywords[0] == '\0' || carried_off(run, &expunging->message));
    return run_end(run, ok);
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

        if (!seen->taken && trash_may_be(copied, seen) && (!seen->has_header || !copied->has_header))
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
        else if (copied->op.attempt >= COPIES_MAX && run_within(run, copied->op.since, AGE_DAY))
            ok = wait_for_copy(run, copied->todo, PENDING_FAILED,
                               "the server copied it to the Trash several times and never showed it there; asked again "
                               "in a day, or with delete = \"expunge\"");
        else if (!unfinished_is_settled(&copied->op, run->looked))
            ok = wait_for_copy(run, copied->todo, PENDING_SETTLE,
                               "a copy to the Trash was not answered, or not shown, and may still be under way");
    }
    return ok;
}

/* What was asked for in an earlier run, and not answered, may be what ended the line: it is asked for alone. So are at most as many as are suspected together. */
static void
suspect_copy(struct trashing *trashing, const struct mailbox *mailbox, const struct journal_op *op)
{
    if (op->attempt != 0 || trashing->suspected == FLIGHT_MESSAGES)
        return;
    trashing->suspected++;
    attempts_suspect(trashing->expunging.run, mailbox, ATTEMPT_REMOVE, trashing->expunging.message.uid);
}

static bool
write_copy(struct trashing *trashing, struct copied *copied)
{
    struct run *run = trashing->expunging.run;
    const struct mailbox *mailbox = &run->mailboxes[copied->todo->mailbox];
    struct journal_op *op = &copied->op;
    bool *found = &copied->earlier;

    if (!journal_op_of(run->journal, copied->todo->id, op, found, &run->err))
        return false;
    copied->since = op->seen > 0 ? op->seen : op->since;
    if (*found && op->name[0] == '\0') /* it was to be moved */
        op->attempt = 0;
    if (*found)
        suspect_copy(trashing, mailbox, op);
    else
        *op = (struct journal_op){.kind = OP_REMOVE_REMOTE, .mailbox = mailbox->row.id, .message = copied->todo->id};
    op->uidvalidity = mailbox->row.uidvalidity;
    op->uidnext = trashing->uidnext;
    op->date = trashing->uidvalidity;
    op->size = copied->size;
    op->since = run_now(run);
    op->seen = OP_UNDER_WAY;
    (void)text_print(op->name, sizeof op->name, "%s", trashing->place->row.wire);
    return *found ? journal_op_save(run->journal, op, &run->err) : journal_op_add(run->journal, op, &run->err);
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

/* It has copied nothing: its intent goes, or is what an earlier run left. */
static bool
take_back(struct trashing *trashing, struct copied *copied)
{
    struct run *run = trashing->expunging.run;

    copied->todo->begun = copied->earlier;
    if (!copied->earlier)
        return journal_op_delete(run->journal, copied->op.id, &run->err);
    copied->op.seen = copied->since; /* what that one asked for was looked for, and is over */
    return journal_op_save(run->journal, &copied->op, &run->err);
}

/*
 * The answer says where it is: in a \Trash that was made, or renamed to be it, since this one was looked at. It is looked for there, and its header
 * proves it: what that number was before the copy nobody knows.
 */
static void
follow(struct copied *copied, const struct remote_outcome *outcome)
{
    if (outcome->came_to == 0)
        return;
    copied->uid = copied->op.uidnext = outcome->came_as;
    copied->op.date = outcome->came_to;
    copied->elsewhere = true;
}

/* Whatever it says, the \Trash is asked. In a transaction. */
static bool
on_copied(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct trashing *trashing = context;
    struct run *run = trashing->expunging.run;
    struct copied *copied = &trashing->copied[trashing->expunging.first[index] + item];

    trashing->place->stirred = trashing->place->chosen;
    copied->answered = true;
    unfinished_ended(&copied->op, run_now(run));
    if (outcome->unmarked && (!run_load(run, copied->todo->id, &trashing->expunging.message) ||
                              !expunging_unmarked(run, &trashing->expunging.message)))
        return false;
    if (!outcome->ok) {
        if (outcome->doubtful) /* the intent stays: looked for by the next run */
            return journal_op_save(run->journal, &copied->op, &run->err) &&
                   wait_for_copy(run, copied->todo, PENDING_SETTLE, outcome->answer);
        if (copied->earlier && copied->op.attempt == 0) /* it ended no line */
            copied->op.attempt = 1;
        if (!take_back(trashing, copied))
            return false;
        copied->refused = outcome->over_quota && trashing->expunging.todo_count > 1;
        trashing->refused = trashing->refused || copied->refused;
        if (copied->refused) /* there may be room for fewer */
            return true;
        trashing->full = outcome->over_quota;
        if (trashing->full)
            trashing->outcome = *outcome;
        return expunging_done(&trashing->expunging, index, item, 0, outcome);
    }
    run->mailboxes[copied->todo->mailbox].stirred = true;
    copied->uid = uid;
    copied->op.attempt++;
    follow(copied, outcome);
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
    ok = trash_prove(trashing) && run_begin(run);
    for (size_t i = 0; ok && i < left; i++) {
        struct todo *todo = trashing->copied[i].todo;

        ok = todo->in_trash ||
             wait_for_copy(run, todo, PENDING_SETTLE, "the server does not show its copy in the Trash");
    }
    return run_end(run, ok);
}

static bool
verify_copy(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct trashing *trashing = context;
    struct copied *copied = &trashing->copied[trashing->expunging.first[index] + item];

    if (!expunging_verify(context, index, item, now))
        return false;
    copied->begun = true;
    return true;
}

/* The line ended: the server may still be copying, and the settle time counts from now. What never went out is not in doubt. */
static bool
record_unanswered(struct trashing *trashing)
{
    struct run *run = trashing->expunging.run;
    const struct error why = run->err;
    bool ok;

    run->err = (struct error){0};
    ok = run_begin(run);
    for (size_t i = 0; ok && i < trashing->copied_count; i++) {
        struct copied *copied = &trashing->copied[i];

        if (copied->answered)
            continue;
        unfinished_ended(&copied->op, run_now(run));
        ok = copied->begun ? journal_op_save(run->journal, &copied->op, &run->err) : take_back(trashing, copied);
    }
    if (run_end(run, ok))
        run->err = why;
    return false;
}

static bool
copy(struct trashing *trashing)
{
    static const struct remote_changer changer = {verify_copy, on_copied};

    if (!owe_keywords(trashing) || !write_copies(trashing))
        return false;
    if (!expunging_ask(&trashing->expunging, trashing->expunging.run->remote.ops->copy, &changer))
        return record_unanswered(trashing);
    return prove_copies(trashing);
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
    bool ok = owe_keywords(trashing) && expunging_intend(&trashing->expunging, true) &&
              expunging_ask(&trashing->expunging, run->remote.ops->move, &changer);

    run->remote.ops->info(run->remote.self, &now);
    run->info.move = now.move;
    return ok;
}

static uint64_t
weight(const struct todo *todo)
{
    return todo->size != 0 ? todo->size : 1;
}

static int
compare_weights(const void *pa, const void *pb)
{
    const struct todo *a = *(struct todo *const *)pa, *b = *(struct todo *const *)pb;

    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return a == b ? 0 : a < b ? -1 : 1;
}

/* As requests want them. */
static int
compare_places(const void *pa, const void *pb)
{
    const struct todo *a = *(struct todo *const *)pa, *b = *(struct todo *const *)pb;

    return a == b ? 0 : a < b ? -1 : 1;
}

/* So many bytes of what is due, and one in any case; the smallest first: where there is no room for that one there is none for the others. */
static void
gather(struct trashing *trashing, struct agenda *agenda, uint64_t most)
{
    struct run *run = trashing->expunging.run;
    size_t count = 0, chosen = 0;

    trashing->expunging.todo_count = trashing->expunging.count = 0;
    trashing->asked = 0;
    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (todo->trashed && !todo->in_trash && removal_is_due(run, todo, SIDE_THERE))
            trashing->order[count++] = todo;
    }
    if (count > 1)
        qsort(trashing->order, count, sizeof(struct todo *), compare_weights);
    while (chosen < count &&
           (chosen == 0 || (trashing->asked <= most && weight(trashing->order[chosen]) <= most - trashing->asked)))
        trashing->asked += weight(trashing->order[chosen++]);
    trashing->left = chosen < count;
    if (chosen > 1)
        qsort(trashing->order, chosen, sizeof(struct todo *), compare_places);
    for (size_t i = 0; i < chosen; i++)
        expunging_add(&trashing->expunging, trashing->order[i]);
    for (size_t i = 0; i < trashing->expunging.count; i++) {
        trashing->expunging.requests[i].target = text_of(trashing->place->row.wire);
        trashing->expunging.requests[i].target_uidvalidity = trashing->uidvalidity;
        trashing->expunging.requests[i].undelete = true;
    }
}

/* Where there is no room for the smallest, there is none for the others: they move nowhere, and are not asked for. */
static bool
give_up(struct trashing *trashing, struct agenda *agenda)
{
    struct run *run = trashing->expunging.run;
    const struct remote_outcome full = trashing->outcome;
    bool ok = run_begin(run);

    gather(trashing, agenda, UINT64_MAX);
    for (size_t i = 0; i < trashing->expunging.todo_count; i++)
        trashing->expunging.todos[i]->begun = true; /* an intent that is there is an earlier run's */
    for (size_t i = 0; ok && i < trashing->expunging.count; i++) {
        for (size_t k = 0; ok && k < trashing->expunging.requests[i].count; k++)
            ok = expunging_done(&trashing->expunging, i, k, 0, &full);
    }
    return run_end(run, ok);
}

/* So many bytes at once the next time: half way between what there was room for and what there was none for. */
static void
learn_room(const struct trashing *trashing, struct trash_room *room)
{
    if (trashing->refused) {
        room->had = room->had < trashing->asked ? room->had : 0; /* somebody else took it since */
        room->had_none = trashing->asked;
    } else if (trashing->asked > room->had) {
        room->had = trashing->asked;
    }
    if (room->had >= room->had_none) { /* one alone, which is asked for in any case: somebody made room since */
        room->had_none = 0;
        room->most = UINT64_MAX;
    }
    if (room->had_none != 0)
        room->most = room->had + (room->had_none - room->had) / 2;
    room->left = trashing->refused || (trashing->left && trashing->expunging.todo_count != 0);
}

bool
trash_carry(struct run *run, struct agenda *agenda, struct trash_room *room)
{
    struct trashing trashing = {.place = trash_place(run)};
    struct arena arena = {0};
    bool any = false, ok;

    room->left = false;
    for (size_t i = 0; !any && i < agenda->count; i++)
        any = agenda->todos[i].trashed && removal_is_due(run, &agenda->todos[i], SIDE_THERE);
    if (!any || trashing.place == NULL)
        return true;
    ok = expunging_begin(&trashing.expunging, run, agenda, &arena);
    trashing.copied = arena_array(&arena, agenda->count, sizeof *trashing.copied);
    trashing.order = arena_array(&arena, agenda->count, sizeof(struct todo *));
    ok = ok && run_has(run, &arena) && trash_know_place(&trashing, room->most == UINT64_MAX) && run_begin(run) &&
         run_end(run, gather_begun(&trashing, agenda)) && trash_prove(&trashing) && run_begin(run) &&
         run_end(run, judge_begun(&trashing));
    if (ok)
        gather(&trashing, agenda, run->info.move ? UINT64_MAX : room->most);
    if (ok && trashing.expunging.count != 0)
        ok = situation_mark(run) && (run->info.move ? move(&trashing) : copy(&trashing));
    if (ok && trashing.full)
        ok = give_up(&trashing, agenda);
    else if (ok)
        learn_room(&trashing, room);
    free(trashing.seen);
    arena_free(&arena);
    return ok;
}
