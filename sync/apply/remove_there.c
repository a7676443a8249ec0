/* Removals on the server, in their order: what waits for the other half of a move, what goes to the \Trash, what goes for good. */
#include "sync/apply/labels.h"
#include "sync/apply/removals.h"
#include "sync/apply/trash.h"
#include "sync/rows/twin.h"
#include "sync/rows/unfinished.h"
#include "sync/run/situation.h"

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

/* Is its removal part of a move whose other half is not proven? Then it waits. In a transaction. */
static bool
check_half(struct run *run, struct todo *todo, const struct unproven *unproven)
{
    const struct journal_op *sent = unproven_op(unproven, todo->id);

    return sent == NULL || wait_for_proof(run, todo, sent);
}

static bool
drop_halves(struct run *run, struct agenda *agenda)
{
    struct unproven unproven = {0};
    bool ok = find_unproven(run, &unproven);

    if (ok && unproven.count != 0) {
        ok = run_begin(run);
        for (size_t i = 0; ok && i < agenda->count; i++) {
            if (removal_is_due(run, &agenda->todos[i], SIDE_THERE))
                ok = check_half(run, &agenda->todos[i], &unproven);
        }
        ok = run_end(run, ok);
    }
    id_set_free(&unproven.ids);
    free(unproven.ops);
    return ok;
}

/* What is to go for good; or (in_trash) what has a copy in the \Trash by now. */
static bool
expunge(struct run *run, struct agenda *agenda, bool in_trash)
{
    static const struct remote_changer changer = {expunging_verify, expunging_done};
    struct expunging expunging;
    struct arena arena = {0};
    bool ok = expunging_begin(&expunging, run, agenda, &arena);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (removal_is_due(run, todo, SIDE_THERE) && !todo->archived && todo->taken_by == 0 &&
            todo->trashed == in_trash && todo->in_trash == in_trash)
            expunging_add(&expunging, todo);
    }
    ok = ok && (expunging.count == 0 || (situation_mark(run) && expunging_intend(&expunging, false) &&
                                         expunging_ask(&expunging, run->remote.ops->remove, &changer)));
    arena_free(&arena);
    return ok;
}

static bool
is_any_due(const struct run *run, const struct agenda *agenda)
{
    bool any = false;

    for (size_t i = 0; !any && i < agenda->count; i++)
        any = removal_is_due(run, &agenda->todos[i], SIDE_THERE);
    return any;
}

/* Where the \Trash has room for some copies and not for all, what was copied goes before the next ones are. */
static bool
trash(struct run *run, struct agenda *agenda)
{
    struct trash_room room = {.most = UINT64_MAX};
    bool ok = true;

    do
        ok = trash_carry(run, agenda, &room) && expunge(run, agenda, true);
    while (ok && room.left && !run_stopped(run));
    return ok;
}

bool
apply_removals_there(struct run *run, struct agenda *agenda)
{
    if (run_stopped(run) || !removals_may_go(run, agenda, SIDE_THERE) || !is_any_due(run, agenda))
        return true;
    if (!apply_keep_there(run, agenda) || !drop_halves(run, agenda) || !trash_judge(run, agenda))
        return false;
    return !is_any_due(run, agenda) || (expunge(run, agenda, false) && labels_carry(run, agenda) &&
                                        trash(run, agenda) && labels_after_trash(run, agenda));
}
