/*
 * Removals, last of all, and only what the guard let through. Here: into the quarantine, never away. There: an intent, then
 * \Deleted and expunge of exactly the UIDs that were read again right before and are what we think they are.
 */
#include "sync/agenda/hold.h"
#include "sync/apply/apply.h"
#include "sync/apply/leftovers.h"
#include "sync/match/in_place.h"
#include "sync/rows/quarantined.h"
#include "sync/rows/refusals.h"
#include "sync/rows/twin.h"
#include "sync/rows/unfinished.h"
#include "sync/run/attempts.h"
#include "sync/run/situation.h"

#include <inttypes.h>

static bool
is_planned(const struct run *run, const struct todo *todo, enum mailbox_side side)
{
    return !todo->dropped && todo->partner == 0 && !todo->step.kept_back &&
           todo->step.verb == (side == SIDE_HERE ? PLAN_REMOVE_HERE : PLAN_REMOVE_THERE) &&
           mailbox_is_open(&run->mailboxes[todo->mailbox]);
}

static bool
is_removal(const struct run *run, const struct todo *todo, enum mailbox_side side)
{
    return is_planned(run, todo, side) &&
           (side == SIDE_HERE || (run->mailboxes[todo->mailbox].over & WORK_REMOVE) == 0) &&
           (side == SIDE_HERE || !attempts_waits(run, &run->mailboxes[todo->mailbox], ATTEMPT_REMOVE, todo->uid)) &&
           removals_allowed(side, run->cautions, run->mailboxes[todo->mailbox].cautions, NULL);
}

/* May anything be removed on this side in this run? If not, and something would be, the reason is told to who asks for it. */
static bool
may_remove(struct run *run, const struct agenda *agenda, enum mailbox_side side)
{
    char why[LEFTOVERS_WHY], text[LEFTOVERS_WHY + 64];
    bool any = false;

    if (!leftovers_removals_wait(run, side, NULL, why))
        return true;
    for (size_t i = 0; !any && i < agenda->count; i++)
        any = is_planned(run, &agenda->todos[i], side);
    (void)text_print(text, sizeof text, "nothing is removed %s in this run: %s",
                     side == SIDE_HERE ? "here" : "on the server", why);
    if (any)
        report_reason(run->report, run->account->name, text);
    return false;
}

/* ---- here ---- */

#define REMOVE_BATCH 256

struct removing {
    struct run *run;
    struct todo **todos;
    struct journal_message *messages;
    struct journal_op *ops;
    struct local_removal *items;
    size_t count;
};

static bool
write_intents_here(struct removing *removing)
{
    struct run *run = removing->run;
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < removing->count; i++) {
        struct journal_op *op = &removing->ops[i];
        const struct journal_message *message = &removing->messages[i];
        const struct local_file file = run_file(&run->mailboxes[removing->todos[i]->mailbox], message);
        char name[256];
        bool found;

        ok = journal_op_of(run->journal, message->id, op, &found, &run->err);
        if (!ok || (found && op->kind == OP_REMOVE_LOCAL)) /* an earlier run's: the same name again */
            continue;
        *op = (struct journal_op){.kind = OP_REMOVE_LOCAL,
                                  .mailbox = message->mailbox,
                                  .message = message->id,
                                  .size = message->size,
                                  .since = run->now};
        quarantined_name_of(run, &file, message->id, "removed", name);
        (void)text_print(op->name, sizeof op->name, "%s", name);
        ok = journal_op_add(run->journal, op, &run->err);
    }
    return run_end(run, ok && situation_mark_commit(run));
}

static bool
quarantine_row(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, const char *name)
{
    const struct quarantined file = quarantined_file(message, name, "deleted on the server");

    return quarantined_add(run, mailbox, &file);
}

static bool
record_removed(struct removing *removing, size_t i)
{
    struct run *run = removing->run;
    struct local_removal *item = &removing->items[i];
    struct journal_message *message = &removing->messages[i];
    struct mailbox *mailbox = &run->mailboxes[removing->todos[i]->mailbox];

    if (item->ok) {
        removing->todos[i]->dropped = true;
        mailbox->removed += removing->todos[i]->counted;
        run_did(run, mailbox,
                (struct report_done){.act = DID_REMOVE_HERE,
                                     .uid = message->uid,
                                     .file = message->base,
                                     .why = plan_reason_words(&removing->todos[i]->step)});
        /* The row takes its intent and its pending reason along. */
        return quarantine_row(run, mailbox, message, removing->ops[i].name) &&
               journal_message_delete(run->journal, message->id, &run->err);
    }
    if (!journal_op_delete(run->journal, removing->ops[i].id, &run->err))
        return false;
    if (item->missing) {
        mailbox->look_here = true;
        return true;
    }
    if (item->altered) {
        message->facts |= FACT_ALTERED;
        run->partial = true;
        run_complain(
            run, mailbox, "remove a message that was deleted on the server", message->base,
            "Its file is not what it was, and may be all there is of the message by now: it stays until you decide.");
        return journal_message_save(run->journal, message, &run->err) &&
               run_pending(run, mailbox, message->id, PENDING_ALTERED, "altered",
                           "the file's bytes are not those of the message any more", NULL);
    }
    if (item->err.kind == ERROR_INTERRUPTED) /* the next run goes on here */
        return true;
    run_problem_here(run, mailbox, &item->err);
    return run_pending(run, mailbox, message->id, PENDING_FAILED, "remove-here", item->err.answer, NULL) &&
           hold_refused(run, removing->todos[i]);
}

/* What another program wrote its lines into is the message still: it goes in the next pass. */
static bool
know_altered(struct removing *removing, size_t count)
{
    struct run *run = removing->run;
    bool ok = true, same = false;

    for (size_t i = 0; ok && i < count; i++) {
        struct journal_message *message = &removing->messages[i];

        if (!removing->items[i].altered)
            continue;
        ok = in_place_take(run, &run->mailboxes[removing->todos[i]->mailbox], message, &same);
        removing->items[i].altered = !same;
        removing->items[i].missing = same; /* looked at once more */
        run->replan = run->replan || same;
    }
    return ok;
}

static bool
remove_batch(struct removing *removing)
{
    struct run *run = removing->run;
    size_t count = removing->count;
    bool ok;

    if (count == 0)
        return true;
    if (!situation_mark(run) || !write_intents_here(removing))
        return false;
    for (size_t i = 0; i < count; i++) {
        removing->items[i] = (struct local_removal){
            .file = run_file(&run->mailboxes[removing->todos[i]->mailbox], &removing->messages[i]),
            .quarantine = removing->ops[i].name,
            .wire = removing->messages[i].has_wire ? removing->messages[i].wire : NULL};
    }
    removing->count = 0;
    if (!run->local.ops->remove(run->local.self, removing->items, count, &run->err) || !know_altered(removing, count) ||
        !run_begin(run))
        return false;
    ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = record_removed(removing, i);
    return run_end(run, ok);
}

bool
apply_removals_here(struct run *run, struct agenda *agenda)
{
    struct removing removing = {.run = run};
    struct arena arena = {0};
    bool ok;

    if (!may_remove(run, agenda, SIDE_HERE))
        return true;
    removing.todos = arena_array(&arena, agenda_room(agenda, REMOVE_BATCH), sizeof *removing.todos);
    removing.messages = arena_array(&arena, agenda_room(agenda, REMOVE_BATCH), sizeof *removing.messages);
    removing.ops = arena_array(&arena, agenda_room(agenda, REMOVE_BATCH), sizeof *removing.ops);
    removing.items = arena_array(&arena, agenda_room(agenda, REMOVE_BATCH), sizeof *removing.items);
    ok = run_has(run, &arena);
    for (size_t i = 0; ok && i < agenda->count && !run_stopped(run); i++) {
        if (!is_removal(run, &agenda->todos[i], SIDE_HERE))
            continue;
        removing.todos[removing.count] = &agenda->todos[i];
        ok = run_load(run, agenda->todos[i].id, &removing.messages[removing.count]);
        if (ok && ++removing.count == REMOVE_BATCH)
            ok = remove_batch(&removing);
    }
    ok = ok && remove_batch(&removing);
    arena_free(&arena);
    return ok;
}

/* ---- there ---- */

struct expunging {
    struct run *run;
    struct todo **todos; /* by mailbox and UID, as in the agenda */
    struct remote_change *requests;
    size_t *first;
    struct journal_message message;
};

static bool
on_verify(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct expunging *expunging = context;
    struct run *run = expunging->run;
    struct todo *todo = expunging->todos[expunging->first[index] + item];
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    struct journal_message *message = &expunging->message;
    struct error ignored;
    bool found;

    if (!journal_message_get(run->journal, todo->id, message, &found, &ignored) || !found)
        return false;
    mailbox->stirred = true;
    if (now->has_meta && remote_is_other(now, message->size, message->date)) {
        mailbox->full = true; /* another message under our UID: looked at from scratch */
        return false;
    }
    return !now->has_flags || now->flags == message->flags.rseen;
}

/*
 * It is not shown, and the look that followed did not show that it is gone, either: the server counts it. It waits, and is not asked for again
 * in this run, nor is what stands behind it.
 */
static bool
stays_counted(struct run *run, struct mailbox *mailbox, int64_t message)
{
    if (mailbox->unshown == 0)
        mailbox->unshown = message;
    else if (mailbox->unshown == message)
        mailbox->over |= WORK_REMOVE;
    return (mailbox->over & WORK_REMOVE) == 0 ||
           run_pending(run, mailbox, message, PENDING_FAILED, "remove-there",
                       "the server does not show it, and does not say that it is gone", NULL);
}

/* Of a removal that the server refused. Without UIDPLUS others may stand in its way for ever, and the next run alone does not help. */
static const char *
way_out(const struct run *run, const struct remote_outcome *outcome)
{
    if (!outcome->crowded)
        return "The next run tries again.";
    return run->account->policy.expunge
               ? "Expunge those there, or take \\Deleted off them; each run tries again."
               : "Expunge those there, take \\Deleted off them, or set `expunge = true`; each run tries again.";
}

static bool
on_expunged(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct expunging *expunging = context;
    struct run *run = expunging->run;
    struct todo *todo = expunging->todos[expunging->first[index] + item];
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    struct journal_message *message = &expunging->message;
    struct journal_op op;
    char what[64];
    bool found;

    (void)uid;
    mailbox->stirred = true;
    todo->dropped = true;
    if (outcome->doubtful) {
        run->partial = true;
        return true;
    }
    if (!run_load(run, todo->id, message) || !journal_op_of(run->journal, message->id, &op, &found, &run->err))
        return false;
    /* Where it was begun before, our \Deleted may stand on it: the next run takes it off, or a move would carry it along as somebody's wish. */
    if (found && (outcome->ok || !todo->begun) && !journal_op_delete(run->journal, op.id, &run->err))
        return false;
    if (outcome->ok) {
        refusal_end(run, mailbox, message->id, WORK_REMOVE);
        run_did(run, mailbox,
                (struct report_done){.act = todo->replaced ? DID_REPLACE_THERE : DID_REMOVE_THERE,
                                     .uid = message->uid,
                                     .file = message->base,
                                     .why = todo->replaced ? "" : plan_reason_words(&todo->step)});
        message->facts |= FACT_GONE_THERE;
        if ((message->facts & FACT_GONE_HERE) == 0 && message->base[0] != '\0') /* `expunge`: the file goes next */
            return journal_message_save(run->journal, message, &run->err);
        mailbox->removed += todo->counted;
        return journal_message_delete(run->journal, message->id, &run->err);
    }
    /*
     * The answer did not name the message. Only a whole listing proves that it is gone; the next look lists the
     * mailbox, or tells of changes.
     */
    if (outcome->changed || outcome->gone) {
        /* No change would tell that it is gone; nor what its flags are, where a server came back from a backup or leaves changes out. */
        mailbox->full = mailbox->full || outcome->changed || mailbox->row.uneven != 0;
        /* Most often the next pass knows more; else it is this that keeps it waiting. */
        return outcome->gone
                   ? stays_counted(run, mailbox, message->id)
                   : run_pending(run, mailbox, message->id, PENDING_FAILED, "remove-there", outcome->answer, NULL);
    }
    if (!outcome->denied && !run_learned(mailbox, CAUTION_REMOVAL_REFUSED)) {
        (void)text_print(what, sizeof what, "remove UID %" PRIu32 " on the server", message->uid);
        run_complain(run, mailbox, what, outcome->answer, way_out(run, outcome));
    }
    run_learn(run, mailbox, CAUTION_REMOVAL_REFUSED);
    if (outcome->crowded)
        run_learn(run, mailbox, CAUTION_CROWDED);
    if (outcome->denied) /* what this side can't hold */
        return refusal_note(run, mailbox, message->id, WORK_REMOVE, true, outcome) && hold_refused(run, todo);
    return run_pending(run, mailbox, message->id, PENDING_FAILED, "remove-there", outcome->answer, NULL) &&
           hold_refused(run, todo);
}

/* It was copied to a folder that is gone here since, and its settle time is over: what it became there is not looked at any more. */
static bool
is_over(struct run *run, const struct journal_op *op, bool *over)
{
    struct journal_message *message;
    const struct mailbox *place = NULL;
    bool ok;

    *over = false;
    if (op->target == 0 || op->message == 0 || !unfinished_is_settled(op, run->looked))
        return true;
    message = calloc(1, sizeof *message);
    ok = (message != NULL || run_no_memory(run)) && run_load(run, op->target, message);
    if (ok)
        place = run_mailbox_by_id(run, message->mailbox);
    ok = ok && run_load(run, op->message, message) && twin_of_lost_move(run, message, place, over);
    free(message);
    return ok;
}

/* Where is what this intent sends? NULL: the journal does not know that mailbox. */
static bool
find_place(struct run *run, const struct journal_op *op, struct mailbox **place)
{
    struct journal_message *message;
    bool ok;

    *place = run_mailbox_by_id(run, op->mailbox);
    if (op->target == 0)
        return true;
    message = calloc(1, sizeof *message);
    ok = (message != NULL || run_no_memory(run)) && run_load(run, op->target, message);
    *place = ok ? run_mailbox_by_id(run, message->mailbox) : NULL;
    free(message);
    return ok;
}

/*
 * Half of a move by COPY whose other half the target has not shown yet. Where the command line does not name the target it is looked at all the
 * same. Where nobody can look at it, since it is gone or can't be read, what waits for it says so.
 */
static bool
wait_for_proof(struct run *run, struct todo *todo, const struct journal_op *op)
{
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox], *place;
    char why[LIMIT_MAILBOX_NAME + 64];

    todo->dropped = true;
    if (!find_place(run, op, &place))
        return false;
    if (place != NULL && mailbox_is_usable(place) && run_is_unseen(place) && !run->look_everywhere) {
        run_look_everywhere(run);
        return true;
    }
    if (place != NULL && !mailbox_is_usable(place)) {
        (void)text_print(why, sizeof why, "it moved to %s, which can't be used now", place->row.name);
        return run_pending(run, mailbox, todo->id, PENDING_MAILBOX, plan_verb_word(todo->step.verb), why, NULL);
    }
    run->partial = true;
    return run_pending(run, mailbox, todo->id, PENDING_FAILED, plan_verb_word(todo->step.verb),
                       "the server has not shown yet that it is where it moved to", NULL);
}

/* Halves of a move by COPY whose other half the target has not shown yet; and what was itself sent, and not shown: these wait. */
struct unproven {
    struct journal_op *ops; /* `count` of them */
    size_t count;
    struct id_set ids; /* of rows */
};

static bool
find_unproven(struct run *run, struct unproven *unproven)
{
    size_t count = 0;
    bool ok = journal_ops(run->journal, &unproven->ops, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        const struct journal_op op = unproven->ops[i];
        bool over = false;

        if (!unfinished_is_sending(&op))
            continue;
        ok = is_over(run, &op, &over) &&
             (over || (id_set_add(&unproven->ids, op.message) && id_set_add(&unproven->ids, op.target)) ||
              run_no_memory(run));
        if (ok && !over)
            unproven->ops[unproven->count++] = op;
    }
    return ok;
}

static const struct journal_op *
unproven_op(const struct unproven *unproven, int64_t id)
{
    for (size_t i = 0; id_set_has(&unproven->ids, id) && i < unproven->count; i++) {
        if (unproven->ops[i].message == id || unproven->ops[i].target == id)
            return &unproven->ops[i];
    }
    return NULL;
}

static bool
gather_expunges(struct expunging *expunging, struct agenda *agenda, uint32_t *uids, size_t *requests)
{
    struct run *run = expunging->run;
    struct unproven unproven = {0};
    const struct journal_op *sent;
    size_t n = 0;
    bool ok = run_begin(run) && find_unproven(run, &unproven);

    *requests = 0;
    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
        struct journal_op op;
        bool found;

        if (!is_removal(run, todo, SIDE_THERE))
            continue;
        if ((sent = unproven_op(&unproven, todo->id)) != NULL) {
            ok = wait_for_proof(run, todo, sent);
            continue;
        }
        uids[n] = todo->uid;
        if (n == 0 || expunging->todos[n - 1]->mailbox != todo->mailbox) {
            expunging->first[*requests] = n;
            expunging->requests[(*requests)++] = (struct remote_change){
                .mailbox = text_of(mailbox->row.wire), .uidvalidity = mailbox->row.uidvalidity, .uids = &uids[n]};
        }
        expunging->requests[*requests - 1].count++;
        expunging->todos[n++] = todo;
        ok = journal_op_of(run->journal, todo->id, &op, &found, &run->err);
        todo->begun = ok && found;
        if (!ok || found)
            continue;
        op = (struct journal_op){.kind = OP_REMOVE_REMOTE,
                                 .mailbox = mailbox->row.id,
                                 .message = todo->id,
                                 .uidvalidity = mailbox->row.uidvalidity,
                                 .since = run_now(run)};
        ok = journal_op_add(run->journal, &op, &run->err);
    }
    id_set_free(&unproven.ids);
    free(unproven.ops);
    return run_end(run, ok && situation_mark_commit(run));
}

bool
apply_removals_there(struct run *run, struct agenda *agenda)
{
    static const struct remote_changer changer = {on_verify, on_expunged};
    struct expunging expunging = {.run = run};
    struct arena arena = {0};
    uint32_t *uids;
    size_t requests = 0;
    bool any = false, ok;

    if (run_stopped(run) || !may_remove(run, agenda, SIDE_THERE))
        return true;
    for (size_t i = 0; !any && i < agenda->count; i++)
        any = is_removal(run, &agenda->todos[i], SIDE_THERE);
    if (!any)
        return true;
    expunging.todos = arena_array(&arena, agenda->count, sizeof *expunging.todos);
    expunging.requests = arena_array(&arena, agenda->count, sizeof *expunging.requests);
    expunging.first = arena_array(&arena, agenda->count, sizeof *expunging.first);
    uids = arena_array(&arena, agenda->count, sizeof *uids);
    ok = run_has(run, &arena) && apply_keep_there(run, agenda) && situation_mark(run) &&
         gather_expunges(&expunging, agenda, uids, &requests) && run_begin(run);
    if (ok) {
        const bool answered =
            run->remote.ops->remove(run->remote.self, expunging.requests, requests, &changer, &expunging, &run->err);
        const struct error why = run->err;

        ok = run_end_answered(run, true, answered, &why);
    }
    arena_free(&arena);
    return ok;
}
