/* See due.h. */
#include "sync/apply/due.h"

#include "sync/apply/room.h"
#include "sync/rows/readings.h"
#include "sync/rows/refusals.h"
#include "sync/run/attempts.h"
#include "sync/run/uses.h"

static bool
is_download(const struct todo *todo)
{
    return todo->step.verb == PLAN_DOWNLOAD && !todo->dropped && !todo->step.kept_back && todo->partner == 0;
}

static bool
is_due(const struct run *run, const struct todo *todo)
{
    return is_download(todo) && !reading_given_up(run, todo->id) &&
           !attempts_waits(run, &run->mailboxes[todo->mailbox], ATTEMPT_BODY, todo->uid) &&
           (run->mailboxes[todo->mailbox].over & WORK_FETCH) == 0 && !refusal_is_known(run, todo->id, WORK_FETCH);
}

/* One folder that can't be written to (its rights, a read-only mount) is found out before a body is asked for, and stops no other. */
static bool
can_write(struct run *run, struct mailbox *mailbox)
{
    struct local_draft *draft;
    struct error err = {0};

    if (run->local.ops->draft_begin(run->local.self, mailbox->row.folder, &draft, &err)) {
        run->local.ops->draft_drop(run->local.self, draft);
        return true;
    }
    attempts_folder_unwritten(run, mailbox); /* a message that was to be fetched may be the one that is to move */
    run_problem_here(run, mailbox, &err);
    return false;
}

static bool
add(struct due *due, struct todo *todo)
{
    if (!array_grow(&due->todos, &due->size, due->count + 1, sizeof *due->todos))
        return run_no_memory(due->run);
    due->todos[due->count++] = todo;
    due->chosen++;
    due->chosen_bytes = due_sum(due->chosen_bytes, todo->size);
    return true;
}

/* Of the mailboxes of one turn. The agenda is ordered by mailbox and UID; pieces of 256 go from its end to its beginning, UIDs inside ascending. */
static bool
add_newest_first(struct due *due, struct agenda *agenda, unsigned turn)
{
    struct run *run = due->run;
    bool ok = true;

    for (size_t end = agenda->count; ok && end > 0;) {
        size_t begin = end, count = 0;
        uint32_t mailbox = agenda->todos[end - 1].mailbox;

        while (begin > 0 && agenda->todos[begin - 1].mailbox == mailbox && count < LIMIT_BATCH)
            count += is_due(run, &agenda->todos[--begin]);
        if (count != 0 && uses_turn(&run->mailboxes[mailbox]) == turn && mailbox_is_open(&run->mailboxes[mailbox]) &&
            (mailbox + 1 == due->written || can_write(run, &run->mailboxes[mailbox]))) {
            due->written = mailbox + 1;
            for (size_t i = begin; ok && i < end; i++)
                ok = !is_due(run, &agenda->todos[i]) || add(due, &agenda->todos[i]);
        }
        end = begin;
    }
    return ok;
}

static bool
choose(struct due *due, struct agenda *agenda)
{
    struct run *run = due->run;
    unsigned turns = 0; /* in which one of them comes */
    bool ok = true;

    for (size_t i = 0; i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];
        struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

        if (!is_download(todo))
            continue;
        turns |= 1u << uses_turn(mailbox);
        if ((mailbox->over & WORK_FETCH) != 0) /* since its messages were read for pairing, or since the piece before */
            attempts_unread(run, mailbox, CAUTION_UNFETCHED);
        if (!attempts_comes_last(run, mailbox, ATTEMPT_BODY, todo->uid))
            continue;
        run->put_off++;
        run->total -= !due->walked; /* of what is new it was counted in one sum with all others */
    }
    for (unsigned turn = 0; ok && turn < SPECIAL_TURNS; turn++)
        ok = (turns >> turn & 1) == 0 || add_newest_first(due, agenda, turn);
    /* What was refused before is asked for behind the others, so that nothing is refused for its sake. */
    for (size_t i = 0; ok && run->refusals_count != 0 && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (is_download(todo) && refusal_is_known(run, todo->id, WORK_FETCH) && !reading_given_up(run, todo->id) &&
            mailbox_is_open(&run->mailboxes[todo->mailbox]))
            ok = add(due, todo);
    }
    return ok;
}

bool
due_begin(struct due *due, struct run *run, struct agenda *agenda)
{
    *due = (struct due){.run = run,
                        .agenda = agenda,
                        .most = agenda->count,
                        .before = run->total,
                        .before_bytes = run->total_bytes,
                        .walked = !agenda->fresh_apart};
    reading_begin(run);
    run->put_off = 0;
    if (agenda->fresh_apart && !fresh_begin(run, ROOM_MOST, &due->walk))
        return false;
    for (size_t i = 0; i < due->walk.count; i++) {
        const struct fresh_of *of = &due->walk.at[i];

        if (!mailbox_is_open(&run->mailboxes[of->mailbox]))
            continue;
        due->messages += of->sum.messages;
        due->bytes = due_sum(due->bytes, of->sum.bytes);
        due->room = due_sum(due->room, of->sum.capped);
    }
    due->most += due->messages;
    run->total += due->messages;
    run->total_bytes = due_sum(run->total_bytes, due->bytes);
    return true;
}

/* All else, behind that. From here on it is known how much is asked for. */
static bool
choose_last(struct due *due)
{
    struct run *run = due->run;
    bool ok = choose(due, due->agenda);

    due->over = true;
    for (size_t i = 0; i < due->count; i++)
        due->bytes = due_sum(due->bytes, due->todos[i]->size);
    due->messages += due->count;
    due->room = due_sum(due->room, room_count(due->todos, due->count));
    run->total = due->before + due->chosen;
    run->total_bytes = due_sum(due->before_bytes, due->chosen_bytes);
    return ok;
}

bool
due_next(struct due *due)
{
    bool ok = true;

    due->count = 0;
    while (ok && due->count == 0 && !due->over) {
        if (due->walked) {
            ok = choose_last(due);
            continue;
        }
        ok = fresh_next(due->run, &due->walk, &due->piece) && choose(due, &due->piece);
        due->walked = due->piece.count == 0;
    }
    return ok;
}

void
due_free(struct due *due)
{
    agenda_free(&due->piece);
    fresh_end(&due->walk);
    free(due->todos);
}
