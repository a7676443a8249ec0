/* See doubled.h. */
#include "sync/agenda/doubled.h"

#include "sync/agenda/additions.h"
#include "sync/base/ids.h"

static const char reason[] = "doubling";

struct doubled {
    struct run *run;
    struct agenda *agenda;
    int64_t *held; /* rows that an earlier run held, for whatever reason, ascending */
    size_t held_count;
    struct todo **todos; /* of the mailbox at hand: to be held */
    size_t count;
    struct journal_message message;
};

static bool
is_new(const struct todo *todo)
{
    return todo->fresh && !todo->dropped && todo->partner == 0 &&
           (todo->step.verb == PLAN_UPLOAD || todo->step.verb == PLAN_DOWNLOAD);
}

/* What this run's options keep back goes with another run. */
static bool
may_go(const struct run *run, const struct todo *todo)
{
    return is_new(todo) && (!todo->step.kept_back || !run->account->policy.one_way);
}

/* *held: an earlier run did, for this reason. */
static bool
was_held(struct doubled *doubled, int64_t message, bool *held)
{
    *held = false;
    return !ids_have(doubled->held, doubled->held_count, message) ||
           additions_kept(doubled->run, message, reason, held);
}

/* Released for good, or set apart for good. */
static bool
take_word(struct doubled *doubled, struct todo *todo)
{
    struct run *run = doubled->run;

    if (!run_load(run, todo->id, &doubled->message) ||
        !journal_pending_clear(run->journal, doubled->message.mailbox, todo->id, &run->err))
        return false;
    if (!run->options->reject_additions)
        return true;
    todo->dropped = true;
    return additions_set_apart(run, &doubled->message);
}

/*
 * Where the configuration lets new mail go one way alone, what goes doubles nothing on the side that it comes from, and nobody is asked. Should what
 * stays back be let go one day, that is the question.
 */
static bool
keep_question(struct doubled *doubled, const struct mailbox *mailbox, size_t first, size_t end)
{
    doubled->count = 0;
    for (size_t i = first; i < end; i++) {
        struct todo *todo = &doubled->agenda->todos[i];

        if (is_new(todo) && todo->step.kept_back && mailbox_is_open(mailbox))
            doubled->todos[doubled->count++] = todo;
    }
    return additions_keep(doubled->run, doubled->todos, doubled->count, reason);
}

static bool
judge_mailbox(struct doubled *doubled, struct mailbox *mailbox, size_t first, size_t end)
{
    struct run *run = doubled->run;
    struct additions_why why = {.reason = reason,
                                .note = "they would go both up and down: are these the same messages in other bytes?",
                                .pending = "a message that may be the same is on the other side: waits for "
                                           "--confirm-additions or --reject-additions",
                                .both = true};
    uint64_t here = 0, there = 0;
    const bool asks = mailbox->doubled != 0 && !run->account->policy.one_way;
    bool ok = mailbox->doubled == 0 || asks || keep_question(doubled, mailbox, first, end);

    doubled->count = 0;
    for (size_t i = first; ok && i < end; i++) {
        struct todo *todo = &doubled->agenda->todos[i];
        bool held = false;

        if (!may_go(run, todo) || !mailbox_is_open(mailbox))
            continue;
        ok = was_held(doubled, todo->id, &held);
        if (ok && held && additions_have_word(run, todo->id))
            ok = take_word(doubled, todo);
        else if (ok && (held || asks))
            doubled->todos[doubled->count++] = todo;
    }
    for (size_t i = 0; i < doubled->count; i++)
        doubled->todos[i]->dropped = true;
    if (!ok || doubled->count == 0)
        return ok;
    ok = journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_BASE, &here, &run->err) &&
         journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_UID, &there, &run->err);
    why.of = here + there;
    return ok && additions_hold(run, mailbox, doubled->todos, doubled->count, &why);
}

bool
agenda_doubled(struct run *run, struct agenda *agenda)
{
    struct doubled doubled = {.run = run, .agenda = agenda};
    size_t at = 0;
    bool ok, any = false;

    for (size_t m = 0; m < run->count; m++)
        any = any || run->mailboxes[m].doubled != 0;
    ok = journal_hold_ids(run->journal, HOLD_ADDITIONS, NULL, &doubled.held, &doubled.held_count, &run->err);
    if (!ok || (!any && doubled.held_count == 0)) {
        free(doubled.held);
        return ok;
    }
    doubled.todos = calloc(agenda->count + 1, sizeof *doubled.todos);
    ok = (doubled.todos != NULL || run_no_memory(run)) && run_begin(run);
    for (uint32_t m = 0; ok && m < run->count; m++) { /* the agenda is ordered by mailbox */
        const size_t first = at;

        while (at < agenda->count && agenda->todos[at].mailbox == m)
            at++;
        ok = judge_mailbox(&doubled, &run->mailboxes[m], first, at);
    }
    ok = run_end(run, ok);
    free(doubled.todos);
    free(doubled.held);
    return ok;
}
