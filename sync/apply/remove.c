/*
 * Removals, last of all, and only what the guard let through. Here: remove_here.c. There: an intent, then \Deleted and expunge of exactly the UIDs
 * that were read again right before and are what we think they are.
 */
#include "sync/apply/leftovers.h"
#include "sync/apply/removals.h"
#include "sync/rows/copied.h"
#include "sync/rows/refusals.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"
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

bool
removal_is_due(const struct run *run, const struct todo *todo, enum mailbox_side side)
{
    return is_planned(run, todo, side) &&
           (side == SIDE_HERE || (run->mailboxes[todo->mailbox].over & WORK_REMOVE) == 0) &&
           (side == SIDE_HERE || !attempts_waits(run, &run->mailboxes[todo->mailbox], ATTEMPT_REMOVE, todo->uid)) &&
           removals_allowed(side, run->cautions, run->mailboxes[todo->mailbox].cautions, NULL);
}

bool
removals_may_go(struct run *run, const struct agenda *agenda, enum mailbox_side side)
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

bool
expunging_verify(void *context, size_t index, size_t item, const struct remote_message *now)
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
way_out(const struct run *run, const struct todo *todo, const struct remote_outcome *outcome)
{
    if (outcome->over_quota && todo->trashed)
        return "A copy in the Trash needs room: make some there, or set `delete = \"expunge\"`; each run tries again.";
    if (!outcome->crowded)
        return "The next run tries again.";
    return run->account->policy.expunge
               ? "Expunge those there, or take \\Deleted off them; each run tries again."
               : "Expunge those there, take \\Deleted off them, or set `expunge = true`; each run tries again.";
}

/* Where it stands in the Trash, or went out of that, nothing more goes there of what is left in the places that it had before. */
static bool
note_end(struct run *run, const struct todo *todo, const struct mailbox *mailbox)
{
    const bool trashed = todo->trashed || (mailbox->uses & REMOTE_TRASH) != 0;

    return copied_ends(run, todo->id, trashed && !todo->replaced);
}

/* It is gone there. */
static bool
went(struct run *run, const struct todo *todo, struct mailbox *mailbox, struct journal_message *message)
{
    refusal_end(run, mailbox, message->id, WORK_REMOVE);
    run_did(run, mailbox,
            (struct report_done){.act = todo->replaced ? DID_REPLACE_THERE : DID_REMOVE_THERE,
                                 .uid = message->uid,
                                 .file = message->base,
                                 .detail = todo->trashed ? "into the Trash" : NULL,
                                 .why = todo->replaced ? "" : plan_reason_words(&todo->step)});
    message->facts |= FACT_GONE_THERE;
    if (run->info.labels && todo->deleted) /* \Deleted was never a flag there, and goes no further */
        message->flags = merge_taken(message->flags, FLAG_DELETED);
    if ((message->facts & FACT_GONE_HERE) == 0 && message->base[0] != '\0') /* `expunge`: the file goes next */
        return journal_message_save(run->journal, message, &run->err);
    mailbox->removed += todo->counted;
    return note_end(run, todo, mailbox) && journal_message_delete(run->journal, message->id, &run->err);
}

/* It stays there, or nobody says that it went. */
static bool
stays(struct run *run, struct todo *todo, struct mailbox *mailbox, const struct journal_message *message,
      const struct remote_outcome *outcome)
{
    char what[64];

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
    if (outcome->kept) { /* a label that can't be taken off: nothing is lost, and nothing elsewhere waits for it */
        run->partial = true;
        mailbox->over |= WORK_REMOVE;
        return run_pending(run, mailbox, message->id, PENDING_FAILED, "remove-there", "the server kept it", NULL) &&
               hold_refused(run, todo);
    }
    if (!outcome->denied && !run_learned(mailbox, CAUTION_REMOVAL_REFUSED)) {
        (void)text_print(what, sizeof what, "remove UID %" PRIu32 " on the server", message->uid);
        run_complain(run, mailbox, what, outcome->answer, way_out(run, todo, outcome));
    }
    run_learn(run, mailbox, CAUTION_REMOVAL_REFUSED);
    if (outcome->crowded)
        run_learn(run, mailbox, CAUTION_CROWDED);
    if (outcome->denied) /* what this side can't hold */
        return refusal_note(run, mailbox, message->id, WORK_REMOVE, true, outcome) && hold_refused(run, todo);
    return run_pending(run, mailbox, message->id, PENDING_FAILED, "remove-there", outcome->answer, NULL) &&
           hold_refused(run, todo);
}

bool
expunging_unmarked(struct run *run, struct journal_message *message)
{
    message->flags = merge_unsaid(message->flags, FLAG_DELETED);
    return journal_message_save(run->journal, message, &run->err);
}

bool
expunging_done(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct expunging *expunging = context;
    struct run *run = expunging->run;
    struct todo *todo = expunging->todos[expunging->first[index] + item];
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    struct journal_message *message = &expunging->message;
    struct journal_op op;
    bool found;

    (void)uid;
    mailbox->stirred = true;
    todo->dropped = true;
    if (outcome->doubtful) {
        run->partial = true;
        return !outcome->unmarked || (run_load(run, todo->id, message) && expunging_unmarked(run, message));
    }
    if (!run_load(run, todo->id, message) || !journal_op_of(run->journal, message->id, &op, &found, &run->err))
        return false;
    /* Where it was begun before, or now, our \Deleted may stand on it: the next run takes it off, or it would be somebody's wish, which a move carries along. */
    if (found && (outcome->ok || (!todo->begun && !outcome->marked)) &&
        !journal_op_delete(run->journal, op.id, &run->err))
        return false;
    if (!outcome->ok && outcome->unmarked && !expunging_unmarked(run, message))
        return false;
    return outcome->ok ? went(run, todo, mailbox, message) : stays(run, todo, mailbox, message, outcome);
}

bool
expunging_begin(struct expunging *expunging, struct run *run, const struct agenda *agenda, struct arena *arena)
{
    *expunging = (struct expunging){.run = run,
                                    .todos = arena_array(arena, agenda->count, sizeof *expunging->todos),
                                    .requests = arena_array(arena, agenda->count, sizeof *expunging->requests),
                                    .first = arena_array(arena, agenda->count, sizeof *expunging->first),
                                    .uids = arena_array(arena, agenda->count, sizeof *expunging->uids)};
    return run_has(run, arena);
}

void
expunging_add(struct expunging *expunging, struct todo *todo)
{
    const struct mailbox *mailbox = &expunging->run->mailboxes[todo->mailbox];
    const size_t n = expunging->todo_count++;

    expunging->uids[n] = todo->uid;
    if (n == 0 || expunging->todos[n - 1]->mailbox != todo->mailbox) {
        expunging->first[expunging->count] = n;
        expunging->requests[expunging->count++] = (struct remote_change){.mailbox = text_of(mailbox->row.wire),
                                                                         .uidvalidity = mailbox->row.uidvalidity,
                                                                         .uids = &expunging->uids[n]};
    }
    expunging->requests[expunging->count - 1].count++;
    expunging->todos[n] = todo;
}

bool
expunging_intend(struct expunging *expunging, bool unmarks)
{
    const int attempt = unmarks ? OP_UNMARKS : 0;
    struct run *run = expunging->run;
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < expunging->todo_count; i++) {
        struct todo *todo = expunging->todos[i];
        const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
        struct journal_op op;
        bool found;

        ok = journal_op_of(run->journal, todo->id, &op, &found, &run->err);
        todo->begun = ok && found;
        if (ok && found && op.kind == OP_REMOVE_REMOTE && op.name[0] == '\0' && op.attempt != attempt) {
            op.attempt = attempt;
            ok = journal_op_save(run->journal, &op, &run->err);
        }
        if (!ok || found)
            continue;
        op = (struct journal_op){.kind = OP_REMOVE_REMOTE,
                                 .mailbox = mailbox->row.id,
                                 .message = todo->id,
                                 .uidvalidity = mailbox->row.uidvalidity,
                                 .attempt = attempt,
                                 .since = run_now(run)};
        ok = journal_op_add(run->journal, &op, &run->err);
    }
    return run_end(run, ok && situation_mark_commit(run));
}

bool
expunging_ask(struct expunging *expunging, expunging_way *way, const struct remote_changer *changer)
{
    struct run *run = expunging->run;
    bool answered;

    if (!run_begin(run))
        return false;
    answered = way(run->remote.self, expunging->requests, expunging->count, changer, expunging, &run->err);
    const struct error why = run->err;
    return run_end_answered(run, true, answered, &why);
}
