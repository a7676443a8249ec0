/* See leftovers.h. */
#include "sync/apply/leftovers.h"

#include "sync/agenda/fresh.h"
#include "sync/base/filing.h"
#include "sync/rows/refusals.h"

bool
leftovers_removals_wait(const struct run *run, enum mailbox_side side, const struct mailbox *from,
                        char why[static LEFTOVERS_WHY])
{
    const char *reason, *its;

    if (removals_allowed(side, run->cautions, from != NULL ? from->cautions : 0, &reason))
        return false;
    (void)text_print(why, LEFTOVERS_WHY, "%s", reason);
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];

        if (removals_allowed(side, mailbox->cautions & run->cautions, 0, &its) || its != reason)
            continue;
        (void)text_print(why, LEFTOVERS_WHY, "%s: %s", reason, mailbox->row.name);
        break;
    }
    return true;
}

static bool
is_removal(const struct todo *todo)
{
    return todo->step.verb == PLAN_REMOVE_HERE || todo->step.verb == PLAN_REMOVE_THERE;
}

static bool
is_over_some(const struct run *run)
{
    return run->options->mailboxes != NULL && run->options->mailboxes[0] != NULL;
}

/* Does the message wait for its new place, which the configuration or the state of a mailbox does not allow yet? */
static bool
is_excused(const struct run *run, const struct todo *todo, const struct journal_pending *pending)
{
    /* What was refused for want of rights speaks for all that is to be removed there, too. */
    if (todo->step.verb == PLAN_REMOVE_THERE && refusal_denies(run, &run->mailboxes[todo->mailbox], WORK_REMOVE))
        return true;
    return pending != NULL &&
           (pending->kind == PENDING_POLICY || pending->kind == PENDING_MAILBOX ||
            (pending->kind == PENDING_HELD && (todo->step.verb == PLAN_UPLOAD || todo->step.verb == PLAN_DOWNLOAD)));
}

/* For `status`. What says more of it stays: that it is held, or what the server said of it. */
static bool
note(struct run *run, const struct todo *todo, const struct journal_pending *pending, const char *why)
{
    const char *verb = plan_verb_word(todo->step.verb);

    if (pending != NULL &&
        (pending->kind != PENDING_FAILED || pending->not_before != 0 || strcmp(pending->detail, verb) != 0))
        return true;
    return run_pending(run, &run->mailboxes[todo->mailbox], todo->id, PENDING_FAILED, verb, why, NULL);
}

/*
 * All but flags and new mail. What is held is counted by itself; and in a run over some mailboxes only, a message has perhaps moved to one that
 * the command line does not name, unless it waits for one that this run looked for it in.
 */
static bool
is_left(struct run *run, const struct todo *todo, const struct journal_pending *pending, bool *left)
{
    const enum mailbox_side side = todo->step.verb == PLAN_REMOVE_HERE ? SIDE_HERE : SIDE_THERE;
    const bool known = !todo->unpaired && !todo->fresh;
    char why[LEFTOVERS_WHY];
    bool waits;

    *left = false;
    if ((known && run->held) || is_excused(run, todo, pending))
        return true;
    waits = is_removal(todo) && leftovers_removals_wait(run, side, &run->mailboxes[todo->mailbox], why);
    *left = !known || !is_over_some(run) || waits || (pending != NULL && pending->kind == PENDING_FAILED);
    return !waits || note(run, todo, pending, why);
}

/* Its folder is not here, and it was never sent: no run does anything about it before that is back. */
static bool
went_with_its_folder(const struct todo *todo, const struct mailbox *mailbox)
{
    return !mailbox->folder_here && todo->step.verb == PLAN_UPLOAD && todo->fresh;
}

static bool
judge(struct run *run, const struct todo *todo, bool *left)
{
    const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    const struct merge_step *flags = &todo->step.flags;
    struct journal_pending row, *pending = NULL;
    bool found;

    *left = todo->waits;
    if (*left || todo->step.kept_back || todo->step.verb == PLAN_FORGET || !mailbox_is_open(mailbox) ||
        went_with_its_folder(todo, mailbox))
        return true;
    if (!journal_pending_get(run->journal, mailbox->row.id, todo->id, &row, &found, &run->err))
        return false;
    if (found)
        pending = &row;
    run->counts.kept_by_policy += found && row.kind == PENDING_POLICY && strcmp(row.detail, FILING_WORD) == 0;
    if (todo->step.verb != PLAN_FLAGS && (todo->step.verb != PLAN_DOWNLOAD || !todo->fresh || run->held))
        return is_left(run, todo, pending, left);
    if (todo->step.verb != PLAN_FLAGS || (flags->here_add | flags->here_del) != 0)
        *left = true;
    else if ((flags->there_add | flags->there_del) != 0)
        *left = !is_excused(run, todo, pending);
    return true;
}

static bool
judge_all(struct run *run, const struct agenda *agenda, size_t *count)
{
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        bool left;

        ok = judge(run, &agenda->todos[i], &left);
        *count += ok && left;
    }
    return run_end(run, ok);
}

struct judging {
    struct run *run;
    size_t *count;
};

/* New mail that is no part of the agenda. */
static bool
judge_piece(void *context, struct agenda *piece)
{
    struct judging *judging = context;

    return judge_all(judging->run, piece, judging->count);
}

bool
leftovers_count(struct run *run)
{
    struct agenda agenda = {0};
    size_t count = 0;
    bool ok = agenda_make(run, &agenda) && judge_all(run, &agenda, &count) &&
              fresh_each(run, &agenda, judge_piece, &(struct judging){run, &count});

    agenda_free(&agenda);
    run->counts.pending = count;
    if (count != 0)
        run->partial = true;
    return ok;
}
