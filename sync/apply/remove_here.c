/* Removals here: into the quarantine, never away. */
#include "sync/apply/leftovers.h"
#include "sync/apply/removals.h"
#include "sync/match/in_place.h"
#include "sync/rows/copied.h"
#include "sync/rows/quarantined.h"
#include "sync/run/situation.h"

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
    const struct quarantined file = quarantined_file(message, name, quarantined_why(message));

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
               (message->uid == 0 || copied_ends(run, message->id, false)) &&
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
        run_complain(run, mailbox, "remove a message that was deleted on the server", message->base,
                     "Its file is not what it was, and may be all there is of the message by now: it stays. Give it "
                     "another name to "
                     "send it as new mail, or remove it.");
        return journal_message_save(run->journal, message, &run->err) &&
               run_pending(run, mailbox, message->id, PENDING_ALTERED, "altered", RUN_WHY_ALTERED, NULL);
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

    if (!removals_may_go(run, agenda, SIDE_HERE))
        return true;
    removing.todos = arena_array(&arena, agenda_room(agenda, REMOVE_BATCH), sizeof *removing.todos);
    removing.messages = arena_array(&arena, agenda_room(agenda, REMOVE_BATCH), sizeof *removing.messages);
    removing.ops = arena_array(&arena, agenda_room(agenda, REMOVE_BATCH), sizeof *removing.ops);
    removing.items = arena_array(&arena, agenda_room(agenda, REMOVE_BATCH), sizeof *removing.items);
    ok = run_has(run, &arena);
    for (size_t i = 0; ok && i < agenda->count && !run_stopped(run); i++) {
        if (!removal_is_due(run, &agenda->todos[i], SIDE_HERE))
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
