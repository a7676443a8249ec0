/* From a row to what there is to do about it: each through the pure planner. Which rows are looked at says make.c. */
#include "sync/agenda/agenda.h"

#include "sync/rows/alias.h"
#include "sync/rows/missing.h"
#include "sync/rows/moved_out.h"
#include "sync/rows/own_name.h"
#include "sync/rows/refusals.h"
#include "sync/rules/merge.h"

void
agenda_free(struct agenda *agenda)
{
    free(agenda->todos);
    *agenda = (struct agenda){0};
}

bool
agenda_is_untold(const struct journal_message *message)
{
    return missing_is_adopted(message) && message->uid != 0 && !message->has_header;
}

/* The planner's view of a row. */
static struct plan_message
make_input(const struct mailbox *mailbox, const struct journal_message *message)
{
    struct plan_message input = {
        .flags = message->flags,
        .permanent = mailbox->row.permanent,
        .altered = (message->facts & FACT_ALTERED) != 0,
        .refused = (message->facts & (FACT_REFUSED | FACT_APART)) != 0,
        .apart = (message->facts & FACT_APART) != 0,
        .unpaired = (message->facts & FACT_UNPAIRED) != 0,
        .alias = (message->facts & FACT_ALIAS) != 0 && message->refers_to != 0,
    };

    if (message->uid != 0 || (message->facts & FACT_GONE_THERE) != 0) /* a UID that means nothing any more is 0 */
        input.there = (message->facts & FACT_GONE_THERE) != 0 ? PLAN_GONE : PLAN_HERE;
    if (message->base[0] != '\0' || (message->facts & FACT_REPLACED) != 0 || missing_is_adopted(message))
        input.here = (message->facts & FACT_GONE_HERE) != 0 ? PLAN_GONE : PLAN_HERE;
    return input;
}

static bool
add_todo(struct run *run, struct agenda *agenda, const struct todo *todo)
{
    if (!array_grow(&agenda->todos, &agenda->size, agenda->count + 1, sizeof *agenda->todos))
        return run_no_memory(run);
    agenda->todos[agenda->count++] = *todo;
    return true;
}

bool
agenda_add(struct run *run, struct agenda *agenda, const struct todo *todo)
{
    return add_todo(run, agenda, todo);
}

/*
 * Write down for `status` why nothing is done about this row. A run that fetches altered files again does nothing else, whatever the
 * configuration allows: what it leaves is no policy's doing.
 */
static bool
explain(struct run *run, struct mailbox *mailbox, const struct journal_message *message, const struct plan_step *step,
        const char *why)
{
    if (run->altering != NULL)
        return true;
    if (step->kept_back) {
        run->counts.kept_by_policy++;
        return run_pending(run, mailbox, message->id, PENDING_POLICY, plan_verb_word(step->verb), why, NULL);
    }
    if ((message->facts & FACT_ALTERED) != 0) {
        run->counts.altered++;
        run->partial = true;
        return run_pending(run, mailbox, message->id, PENDING_ALTERED, "altered", RUN_WHY_ALTERED, NULL);
    }
    if ((message->facts & FACT_REFUSED) != 0) {
        run->counts.refused++;
        run->partial = true;
    }
    return true;
}

static bool
update_aliases(struct run *run, const struct journal_message *message)
{
    bool done;

    if ((message->facts & FACT_GONE_THERE) != 0)
        return alias_lose_uid(run, message);
    return (message->facts & FACT_GONE_HERE) == 0 || alias_hand_over(run, message, NULL, &done);
}

static const char by_configuration[] = "the configuration keeps it back";
static const char marked_here[] =
    "what is marked as deleted here (T) is not marked there: at Gmail that may take a label "
    "off; remove the file, or set `expunge`";

/* The first time that this row is kept back for that. */
static bool
say_mark(struct run *run, const struct mailbox *mailbox, int64_t id)
{
    struct journal_pending pending;
    bool found;

    if (run->said_mark)
        return true;
    if (!journal_pending_get(run->journal, mailbox->row.id, id, &pending, &found, &run->err))
        return false;
    if (found && strcmp(pending.why, marked_here) == 0)
        return true;
    report_mailbox(run->report, run->account->name, run_called(mailbox), "deleted", marked_here);
    run->said_mark = true;
    return true;
}

/*
 * At Gmail \Deleted alone may take a label off at once (auto-expunge), and is never given as a flag: it waits here, as what a policy keeps back. With
 * `expunge`, perhaps later, it is a removal, and carried as one.
 */
static bool
keep_mark_back(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
               struct plan_step *step, const char **why)
{
    struct merge_step *flags = &step->flags;
    const struct policy *policy = &run->account->policy;

    if (!run->info.labels || step->verb != PLAN_FLAGS || (flags->there_add & FLAG_DELETED) == 0)
        return true;
    if (policy->expunge && policy->push.deletes && (message->facts & FACT_ALTERED) == 0) {
        *step = (struct plan_step){.verb = PLAN_REMOVE_THERE, .reason = PLAN_DELETED};
        return true;
    }
    flags->there_add &= ~(unsigned)FLAG_DELETED;
    step->kept_back = true;
    *why = marked_here;
    return say_mark(run, mailbox, message->id);
}

void
agenda_say_unproven(const struct run *run, char why[static AGENDA_WHY])
{
    const char *reason = NULL;

    (void)removals_allowed(SIDE_THERE, run->cautions, 0, &reason);
    (void)text_print(why, AGENDA_WHY,
                     "it may be here all the same, since %s: the line about that says more, and this goes on once that "
                     "is over",
                     reason != NULL ? reason : "not all could be read");
}

bool
agenda_is_closed(const struct mailbox *mailbox)
{
    return !mailbox_is_usable(mailbox) || mailbox->moved_out;
}

/* Its file went before the server showed it. It may have been sent: what arrives then is removed by itself. */
static bool
never_goes_up(const struct journal_message *newer)
{
    return newer->uid == 0 && (newer->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALIAS)) == FACT_GONE_HERE;
}

/*
 * The old version of a file that was saved again goes when the new one is there, and only then. Where the new one never was there (its file was removed),
 * it is a message whose file is gone, like any other: at once, while a still newer one can be told for new (drafts_gone.c).
 */
static bool
check_replaced(struct run *run, const struct journal_message *message, bool *replaced, bool *waits)
{
    struct journal_message *newer;
    struct journal_op op;
    bool found = false, sent = false, ok;

    *replaced = *waits = false;
    if ((message->facts & FACT_REPLACED) == 0 || (message->facts & FACT_GONE_THERE) != 0 || message->refers_to == 0)
        return true;
    newer = calloc(1, sizeof *newer);
    ok = (newer != NULL || run_no_memory(run)) &&
         journal_message_get(run->journal, message->refers_to, newer, &found, &run->err) &&
         (!found || journal_op_of(run->journal, newer->id, &op, &sent, &run->err));
    *replaced = ok && found && !never_goes_up(newer);
    *waits = *replaced &&
             (sent || (newer->facts & FACT_GONE_THERE) != 0 || (newer->uid == 0 && (newer->facts & FACT_ALIAS) == 0));
    free(newer);
    return ok;
}

/*
 * Golub's own file of a message that another file stands for now (filed_before.c) goes, if that one is here: else it will be the message's again
 * (alias.h). Nobody removed it.
 */
static bool
plan_superseded(struct run *run, const struct journal_message *message, struct todo *todo)
{
    const unsigned sought = FACT_ALIAS | FACT_REPLACED;
    struct journal_message *newer;
    bool found = false, superseded, ok;

    if ((message->facts & (sought | FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED)) != sought ||
        message->refers_to == 0)
        return true;
    newer = calloc(1, sizeof *newer);
    ok = (newer != NULL || run_no_memory(run)) &&
         journal_message_get(run->journal, message->refers_to, newer, &found, &run->err);
    superseded = ok && found && newer->base[0] != '\0' && newer->uid != 0 &&
                 (newer->facts & (FACT_GONE_HERE | FACT_GONE_THERE)) == 0;
    if (superseded) {
        todo->step = (struct plan_step){.verb = PLAN_REMOVE_HERE, .kept_back = !run->account->policy.pull.deletes};
        todo->replaced = true;
        todo->fresh = false;
    }
    free(newer);
    return ok;
}

/* What the row says of it, whatever is to be done. */
static void
describe(struct todo *todo, const struct journal_message *message)
{
    todo->uid = message->uid;
    todo->size = message->size;
    todo->own_name = own_name_is_ours(message->base);
    todo->fresh = (message->uid == 0 && (message->facts & (FACT_GONE_THERE | FACT_APART)) == 0) ||
                  (message->base[0] == '\0' && message->uid != 0 && (message->facts & FACT_REPLACED) == 0 &&
                   !missing_is_adopted(message));
    todo->placeholder = todo->fresh && (message->facts & FACT_PLACEHOLDER) != 0;
    todo->unpaired = (message->facts & FACT_UNPAIRED) != 0;
    todo->again = (message->facts & FACT_AGAIN) != 0;
    todo->overwritten = (message->facts & (FACT_REPLACED | FACT_FOREIGN)) != 0 || missing_is_adopted(message);
}

/* The server shows after all what was sent to it. */
static bool
end_unshown(struct run *run, struct journal_message *message)
{
    if ((message->facts & FACT_UNSHOWN) == 0)
        return true;
    message->facts &= ~(unsigned)FACT_UNSHOWN;
    return journal_message_save(run->journal, message, &run->err);
}

/* What is to go up, or to be forgotten, may have been sent without an answer. */
static bool
plan_sent(struct run *run, struct mailbox *mailbox, const struct journal_message *message, struct todo *todo)
{
    if (todo->step.verb == PLAN_UPLOAD && message->has_wire && todo->fresh &&
        !agenda_was_sent(run, mailbox, message, &todo->unanswered, &todo->arrived))
        return false;
    if (todo->step.verb == PLAN_UPLOAD)
        return !refusal_is_known(run, message->id, WORK_APPEND) || agenda_end_refused(run, mailbox, message);
    return todo->step.verb != PLAN_FORGET || agenda_check_unanswered(run, mailbox, message, &todo->waits);
}

bool
agenda_plan(struct run *run, struct agenda *agenda, int64_t id)
{
    struct journal_message message;
    struct mailbox *mailbox;
    struct plan_message input;
    struct todo todo = {.id = id};
    const char *why = by_configuration;
    bool waits = false;

    if (!run_load(run, id, &message))
        return false;
    if ((message.facts & FACT_OUT_OF_VIEW) != 0)
        return true;
    if (message.uid != 0 && (message.facts & (FACT_GONE_HERE | FACT_GONE_THERE)) != 0) {
        bool found;

        if (!update_aliases(run, &message) || !journal_message_get(run->journal, id, &message, &found, &run->err))
            return false;
        if (!found) /* another file stands for the UID now */
            return true;
    }
    mailbox = run_mailbox_by_id(run, message.mailbox);
    if (mailbox == NULL || !mailbox->chosen)
        return true;
    run->untold = run->untold || agenda_is_untold(&message);
    if (!check_replaced(run, &message, &todo.replaced, &waits))
        return false;
    if (waits)
        return true;
    input = make_input(mailbox, &message);
    todo.mailbox = (uint32_t)(mailbox - run->mailboxes);
    describe(&todo, &message);
    todo.step = plan_message(&input, &run->account->policy);
    if (!plan_superseded(run, &message, &todo) || !keep_mark_back(run, mailbox, &message, &todo.step, &why))
        return false;
    todo.deleted = todo.step.verb == PLAN_REMOVE_THERE && input.here == PLAN_HERE;
    if (todo.step.verb == PLAN_NOTHING && !end_unshown(run, &message))
        return false;
    if (mailbox->moved_out && todo.step.verb == PLAN_DOWNLOAD && todo.fresh) {
        todo.step.kept_back = true;
        return add_todo(run, agenda, &todo);
    }
    if (agenda_is_closed(mailbox) &&
        !moved_out_is_rest(run, mailbox,
                           &message)) /* what is new may have vanished elsewhere: its old place waits for it */
        return todo.step.verb != PLAN_UPLOAD || !todo.fresh || !message.has_wire || add_todo(run, agenda, &todo);
    if (todo.step.kept_back || todo.step.verb == PLAN_NOTHING) {
        if (mailbox->asked && !explain(run, mailbox, &message, &todo.step, why))
            return false;
        /* A flag that is kept back does not keep back the others; a candidate of a move is looked at all the same. */
        if (todo.step.verb == PLAN_NOTHING)
            return true;
    }
    /* What is unreadable, or gone again, does not go up. */
    return plan_sent(run, mailbox, &message, &todo) &&
           ((todo.step.verb == PLAN_UPLOAD && !message.has_wire) || add_todo(run, agenda, &todo));
}

static int
compare_todos(const void *pa, const void *pb)
{
    const struct todo *a = pa, *b = pb;

    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    if (a->uid != b->uid)
        return a->uid < b->uid ? -1 : 1;
    return a->id == b->id ? 0 : a->id < b->id ? -1 : 1;
}

void
agenda_drop_moved_out(struct agenda *agenda)
{
    for (size_t i = 0; i < agenda->count; i++)
        if (agenda->todos[i].moved_out && agenda->todos[i].partner == 0)
            agenda->todos[i].dropped = true;
}

void
agenda_sort(struct agenda *agenda)
{
    if (agenda->count > 1)
        qsort(agenda->todos, agenda->count, sizeof *agenda->todos, compare_todos);
}

/* What this row is once its flags are carried. @return false: nobody expunges that */
static bool
carry(struct journal_message *message, struct merge_step step)
{
    const unsigned shown = (message->flags.rseen | step.there_add) & ~step.there_del;
    bool unshown;

    if ((step.there_add | step.there_del) != 0)
        message->flags = merge_stored(message->flags, step, shown, false, &unshown);
    message->flags = merge_renamed(message->flags, step);
    message->flags = merge_agree(message->flags, step.agreed);
    return merge_both_show(message->flags, FLAG_DELETED);
}

/* Its flags are given to the message that stays, and then it goes: as in the next pass of a run that changes something. */
static bool
foresee_given(struct run *run, struct agenda *agenda, const struct todo *todo)
{
    const bool here = todo->step.verb == PLAN_UPLOAD || todo->step.verb == PLAN_REMOVE_HERE;
    struct journal_message message;

    if (!run_load(run, todo->id, &message))
        return false;
    message.flags = merge_unchanged(message.flags, here);
    return journal_message_save(run->journal, &message, &run->err) && agenda_plan(run, agenda, todo->id);
}

bool
agenda_foresee(struct run *run, struct agenda *agenda)
{
    const size_t count = agenda->count;
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < count; i++) {
        const struct todo todo = agenda->todos[i];
        struct journal_message message;

        if (todo.given)
            ok = foresee_given(run, agenda, &todo);
        if (!run->account->policy.expunge || todo.dropped || todo.step.verb != PLAN_FLAGS || todo.partner != 0)
            continue;
        const size_t before = agenda->count;

        ok = run_load(run, todo.id, &message);
        if (!ok || !carry(&message, todo.step.flags))
            continue;
        ok = journal_message_save(run->journal, &message, &run->err) && agenda_plan(run, agenda, todo.id);
        if (ok && agenda->count > before && agenda->todos[agenda->count - 1].step.verb == PLAN_FLAGS)
            agenda->count--; /* some of its flags may not be carried, and were planned already */
    }
    ok = run_end(run, ok);
    agenda_sort(agenda);
    return ok;
}
