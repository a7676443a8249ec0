/*
 * Which messages are moved or copied on the server without their bytes: the source may be touched, no earlier attempt is under way, and the one or
 * the other command does it. How: transfer.h.
 */
#include "sync/apply/apply.h"
#include "sync/apply/copied_from.h"
#include "sync/apply/transfer.h"
#include "sync/match/given_again.h"
#include "sync/observe/uneven.h"
#include "sync/rows/astray.h"
#include "sync/rows/foreign.h"
#include "sync/rows/refusals.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"

#define MOVES_IN_VAIN 2

/* Is an earlier attempt for this file still in doubt? */
static bool
check_intent(const struct transferring *transferring, struct todo *todo, const struct mailbox *from,
             struct journal_op *op, bool *wait)
{
    struct run *run = transferring->run;
    char why[LIMIT_MAILBOX_NAME + 200];
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    bool found, hides = false, ok;

    *wait = false;
    if (!unfinished_find(run, mailbox, &transferring->target, op, &found))
        return false;
    if (!found) {
        *op = (struct journal_op){.attempt = 0};
        return true;
    }
    /* What is still where it was, was not moved; of a copy that says nothing, also where it is the first half of a move. */
    if (!transferring->move && !uneven_may_hide(run, mailbox, op, &hides))
        return false;
    if (!hides && !unfinished_is_sent(op) && unfinished_is_settled(op, run->looked))
        return true;
    *wait = todo->dropped = true;
    run->partial = true;
    run->counts.pending++;
    if (unfinished_is_astray(op))
        astray_say(run, op, why, sizeof why);
    else
        (void)text_print(why, sizeof why, "%s%s%s", from != NULL ? "from " : "", from != NULL ? from->row.name : "",
                         from != NULL
                             ? ": an earlier attempt was not answered, or not shown, and may still be under way"
                             : "an earlier attempt was not answered and may still be under way");
    ok = run_begin(run) && run_pending(run, mailbox, todo->id, PENDING_SETTLE, "move", why, NULL);
    return ok && run_commit(run);
}

/* Or is it copied, and its removal is another matter: the server has no MOVE, or nothing may be taken from there? */
static bool
is_moved(const struct run *run, const struct mailbox *from)
{
    return run->info.move && (from->over & WORK_MOVE) == 0 && !refusal_denies(run, from, WORK_REMOVE);
}

/*
 * Was a MOVE of it sent MOVES_IN_VAIN times without an answer and without effect? Then it may be this command that ends the line, and the
 * message is copied. The first one may have been lost with its line; a copy is settled like each attempt before it.
 */
static bool
ends_in_vain(struct run *run, const struct journal_message *wanted, bool *vain)
{
    struct journal_op op;
    bool found;

    if (!journal_op_of(run->journal, wanted->id, &op, &found, &run->err))
        return false;
    *vain = found && op.kind == OP_MOVE && op.attempt >= MOVES_IN_VAIN;
    return true;
}

/* Does our own \Deleted stand on it, of a removal that was begun? It would go along, and nobody could tell whose it is. */
static bool
is_being_removed(struct run *run, const struct journal_message *source, bool *is)
{
    struct journal_op op;

    *is = merge_is_own_deleted(source->flags, source->flags.rseen);
    if (*is && !journal_op_of(run->journal, source->id, &op, is, &run->err))
        return false;
    *is = *is && op.kind == OP_REMOVE_REMOTE;
    return true;
}

/* Those of the agenda that go this way. */
static bool
move_there(struct run *run, struct agenda *agenda, bool move)
{
    struct transferring transferring;
    struct journal_message *const source = &transferring.source;
    bool ok = transfer_begin(&transferring, run, agenda, move);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        struct journal_op op;
        struct mailbox *from;
        bool wait, goes = false, vain = false;

        if (todo->dropped || todo->partner == 0 || !todo->fresh || todo->step.verb != PLAN_UPLOAD ||
            !mailbox_is_open(&run->mailboxes[todo->mailbox]))
            continue;
        if (run->mailboxes[todo->mailbox].full_up) {
            todo->dropped = true;
            continue;
        }
        ok = run_load(run, todo->partner, source) && run_load(run, todo->id, &transferring.target) &&
             ends_in_vain(run, &transferring.target, &vain);
        from = ok ? run_mailbox_by_id(run, source->mailbox) : NULL;
        if (!ok || (from != NULL && (is_moved(run, from) && !vain) != move))
            continue;
        ok = check_intent(&transferring, todo, from, &op, &wait);
        ok = ok && is_being_removed(run, source, &goes);
        if (!ok || wait)
            continue;
        if (goes || from == NULL || !mailbox_is_open(from) || !moves_allowed(SIDE_THERE, run->cautions, false)) {
            run->partial = true; /* waits: the source can't be touched in this run */
            todo->dropped = true;
            continue;
        }
        transfer_add(&transferring, todo, from, &op, false); /* given_again_read has judged it */
    }
    return transfer_end(&transferring, ok);
}

bool
apply_moves_there(struct run *run, struct agenda *agenda)
{
    return move_there(run, agenda, true) && move_there(run, agenda, false);
}

bool
apply_copies_there(struct run *run, struct agenda *agenda)
{
    struct transferring transferring;
    struct journal_message *const wanted = &transferring.target;
    bool ok = transfer_begin(&transferring, run, agenda, false);
    struct kinship kinship;

    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        struct journal_op op;
        struct mailbox *from;
        bool wait;

        ok = copied_instead(run, todo, wanted, &transferring.source, &kinship, &from);
        if (!ok || from == NULL)
            continue;
        ok = check_intent(&transferring, todo, NULL, &op, &wait);
        if (!ok || wait || op.id != 0) /* what failed once is uploaded */
            continue;
        ok = !kinship.is_saved || foreign_mark(run, transferring.source.id, wanted->id, kinship.body);
        transfer_add(&transferring, todo, from, &op, given_again_tells(run, from, &transferring.source));
    }
    return transfer_end(&transferring, ok);
}
