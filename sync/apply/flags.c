/*
 * Flags both ways. There: STORE and its echo, and only what was echoed counts. Here: a rename, durable before its row. A flag that
 * both sides show already, or that the server can't store, is agreed on: what is seen is written down as base.
 */
#include "sync/apply/apply.h"
#include "sync/apply/letters.h"
#include "sync/rows/copied.h"
#include "sync/rows/flushed.h"
#include "sync/rows/letters.h"
#include "sync/rows/refusals.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"
#include "sync/run/run.h"
#include "sync/run/situation.h"

#include <inttypes.h>

static bool
is_agreed(const struct todo *todo)
{
    return !todo->dropped && !todo->waits && todo->step.verb != PLAN_FORGET && todo->step.flags.agreed != 0;
}

/* Flags, and letters, that both sides show already: what lacks them in a Maildir of before that nobody took off. */
static bool
begin_agreed(struct run *run, const struct agenda *agenda)
{
    bool any = run->agreed;

    run->agreed = false;
    for (size_t i = 0; i < agenda->count; i++)
        any = any || is_agreed(&agenda->todos[i]);
    return any ? situation_begin(run) : run_begin(run);
}

bool
apply_agreed(struct run *run, struct agenda *agenda)
{
    struct journal_message message;
    bool ok = begin_agreed(run, agenda);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (!is_agreed(todo) && (todo->dropped || todo->waits || todo->step.verb != PLAN_FORGET))
            continue;
        ok = run_load(run, todo->id, &message);
        if (ok && todo->step.verb == PLAN_FORGET) {
            ok = (message.uid == 0 || copied_ends(run, todo->id, false)) &&
                 journal_message_delete(run->journal, todo->id, &run->err);
            todo->dropped = true;
        } else if (ok) {
            message.flags = merge_agree(message.flags, todo->step.flags.agreed);
            /* Both sides set \Deleted: nothing had to be carried, and `expunge` takes it in this run all the same. */
            run->replan = run->replan || (run->account->policy.expunge && merge_both_show(message.flags, FLAG_DELETED));
            ok = journal_message_save(run->journal, &message, &run->err);
        }
    }
    return run_end(run, ok);
}

/* ---- there ---- */

struct storing {
    struct run *run;
    struct todo **todos; /* sorted by mailbox, change, UID */
    struct remote_store *requests;
    size_t *first;
    struct journal_message message;
};

static int
compare_changes(const void *pa, const void *pb)
{
    const struct todo *a = *(struct todo *const *)pa, *b = *(struct todo *const *)pb;
    unsigned ca = a->step.flags.there_add << 8 | a->step.flags.there_del,
             cb = b->step.flags.there_add << 8 | b->step.flags.there_del;

    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    if (ca != cb)
        return ca < cb ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

static struct todo *
find_uid(struct storing *storing, size_t index, uint32_t uid)
{
    size_t low = storing->first[index], high = low + storing->requests[index].count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (storing->todos[middle]->uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < storing->first[index] + storing->requests[index].count && storing->todos[low]->uid == uid
               ? storing->todos[low]
               : NULL;
}

static bool
on_echo(void *context, size_t index, const struct remote_message *seen)
{
    struct storing *storing = context;
    struct run *run = storing->run;
    struct todo *todo = find_uid(storing, index, seen->uid);
    struct journal_message *message = &storing->message;
    bool unshown;

    if (todo == NULL || !seen->has_flags)
        return true;
    if (!run_load(run, todo->id, message))
        return false;
    if (!todo->echoed)
        todo->unshown = (message->facts & FACT_UNSHOWN) != 0;
    message->flags = merge_stored(message->flags, todo->step.flags, seen->flags, todo->unshown, &unshown);
    message->facts &= ~(unsigned)FACT_UNSHOWN;
    if (unshown)
        message->facts |= FACT_UNSHOWN;
    refusal_end(run, &run->mailboxes[todo->mailbox], todo->id, WORK_STORE);
    if (!todo->echoed) { /* a server may show the flags of one message several times: the last one counts */
        todo->echoed = true;
        run_did(run, &run->mailboxes[todo->mailbox],
                (struct report_done){.act = DID_FLAGS_THERE, .uid = seen->uid, .file = message->base});
    }
    return journal_message_save(run->journal, message, &run->err);
}

/* For want of rights: what this side can't hold, which is no trouble of this run. */
static bool
note_refused(struct storing *storing, size_t index, struct mailbox *mailbox, const struct remote_outcome *outcome)
{
    struct run *run = storing->run;
    const size_t count = storing->requests[index].count;
    char what[64] = "change flags on the server";

    if (count == 1)
        (void)text_print(what, sizeof what, "change the flags of UID %" PRIu32 " on the server",
                         storing->requests[index].uids[0]);
    if (!outcome->denied && (mailbox->over & WORK_STORE) == 0)
        run_complain(run, mailbox, what, outcome->answer, refusal_hint(outcome, count == 1));
    if (outcome->throttled)
        mailbox->over |= WORK_STORE;
    for (size_t i = 0; i < count; i++) {
        const int64_t id = storing->todos[storing->first[index] + i]->id;

        if (outcome->gone ? !run_pending(run, mailbox, id, PENDING_FAILED, "flags", outcome->answer, NULL)
                          : !refusal_note(run, mailbox, id, WORK_STORE, count == 1, outcome))
            return false;
    }
    return true;
}

static bool
on_stored(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct storing *storing = context;
    struct run *run = storing->run;
    struct mailbox *mailbox = &run->mailboxes[storing->todos[storing->first[index]]->mailbox];

    for (size_t i = 0; outcome->ok && i < storing->requests[index].count; i++)
        mailbox->full = mailbox->full || !storing->todos[storing->first[index] + i]->echoed; /* perhaps it is gone */
    mailbox->ours_after = outcome->ours_after;
    mailbox->ours_to = outcome->ours_to;
    mailbox->stirred = true;
    if (outcome->ok || outcome->changed)
        return true;
    return note_refused(storing, index, mailbox, outcome);
}

bool
apply_flags_there(struct run *run, struct agenda *agenda)
{
    static const struct remote_observer observer = {.message = on_echo, .done = on_stored};
    struct arena arena = {0};
    struct storing storing = {.run = run,
                              .todos = arena_array(&arena, agenda->count, sizeof *storing.todos),
                              .requests = arena_array(&arena, agenda->count, sizeof *storing.requests),
                              .first = arena_array(&arena, agenda->count, sizeof *storing.first)};
    uint32_t *uids = arena_array(&arena, agenda->count, sizeof *uids);
    size_t n = 0, requests = 0;
    bool ok = run_has(run, &arena);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (!todo->dropped && todo->step.verb == PLAN_FLAGS &&
            (todo->step.flags.there_add | todo->step.flags.there_del) != 0 && todo_is_open(run, todo) &&
            !attempts_waits(run, &run->mailboxes[todo->mailbox], ATTEMPT_STORE, todo->uid))
            storing.todos[n++] = todo;
    }
    if (ok && n > 1)
        qsort(storing.todos, n, sizeof *storing.todos, compare_changes);
    for (size_t i = 0; ok && i < n; i++) {
        const struct todo *todo = storing.todos[i], *last = i != 0 ? storing.todos[i - 1] : NULL;
        const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

        uids[i] = todo->uid;
        if (last == NULL || last->mailbox != todo->mailbox ||
            last->step.flags.there_add != todo->step.flags.there_add ||
            last->step.flags.there_del != todo->step.flags.there_del) {
            storing.first[requests] = i;
            storing.requests[requests++] = (struct remote_store){.mailbox = text_of(mailbox->row.wire),
                                                                 .uidvalidity = mailbox->row.uidvalidity,
                                                                 .uids = &uids[i],
                                                                 .add = todo->step.flags.there_add,
                                                                 .del = todo->step.flags.there_del};
        }
        storing.requests[requests - 1].count++;
    }
    ok = ok && (requests == 0 || (situation_mark(run) && run_begin(run)));
    if (ok && requests != 0) {
        const bool answered =
            run->remote.ops->store(run->remote.self, storing.requests, requests, &observer, &storing, &run->err);
        const struct error why = run->err;

        ok = run_end_answered(run, situation_mark_commit(run), answered, &why);
    }
    arena_free(&arena);
    return ok;
}

/* ---- here ---- */

struct renamed { /* what a name is made of, while it is changed */
    struct todo *todo;
    char base[LOCAL_BASE_MAX + 1], from[LOCAL_INFO_MAX + 1], to[LOCAL_INFO_MAX + 1];
};

struct renaming {
    struct journal_message *row; /* one at a time: the rows of a batch would be 5 MB */
    struct renamed *names;
    struct local_rename *items;
    size_t count;
};

#define RENAME_BATCH                                                                                                   \
    1024 /* names whose folders are flushed together; a crash before that is no harm, both sides show the same then */

static bool
record_renamed(struct run *run, const struct renamed *name, const struct local_rename *item,
               struct journal_message *row)
{
    struct todo *todo = name->todo;
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

    if (!run_load(run, todo->id, row) ||
        !letters_flags_renamed(run, mailbox, row, todo->step.flags.here_add | todo->step.flags.here_del))
        return false;
    if (item->missing) {
        mailbox->look_here = true; /* a mail reader renamed it: looked at again in this run */
        return true;
    }
    if (!item->ok) {
        run_problem_here(run, mailbox, &item->err);
        return run_pending(run, mailbox, row->id, PENDING_FAILED, "flags", item->err.answer, NULL);
    }
    (void)text_print(row->info, sizeof row->info, "%s", name->to);
    row->flags = merge_renamed(row->flags, todo->step.flags);
    run_did(run, mailbox,
            (struct report_done){.act = DID_FLAGS_HERE, .uid = row->uid, .file = row->base, .detail = name->to});
    return flushed_note(run, mailbox, row->id, (todo->step.flags.here_del & FLAG_DELETED) != 0) &&
           journal_message_save(run->journal, row, &run->err);
}

static bool
rename_batch(struct run *run, struct renaming *batch)
{
    bool ok;

    if (batch->count == 0)
        return true;
    ok = situation_mark(run) && run->local.ops->rename(run->local.self, batch->items, batch->count, &run->err) &&
         run_begin(run);
    if (!ok)
        return false;
    for (size_t i = 0; ok && i < batch->count; i++)
        ok = record_renamed(run, &batch->names[i], &batch->items[i], batch->row);
    batch->count = 0;
    return run_end(run, ok && situation_mark_commit(run));
}

static bool
record_unshown(struct run *run, struct todo *todo, struct journal_message *message)
{
    const unsigned changed = todo->step.flags.here_add | todo->step.flags.here_del;

    message->flags = merge_renamed(message->flags, todo->step.flags);
    return run_begin(run) &&
           run_end(run, journal_message_save(run->journal, message, &run->err) &&
                            letters_flags_renamed(run, &run->mailboxes[todo->mailbox], message, changed));
}

bool
apply_flags_here(struct run *run, struct agenda *agenda)
{
    struct arena arena = {0};
    struct renaming batch = {.row = arena_array(&arena, 1, sizeof *batch.row),
                             .names = arena_array(&arena, agenda_room(agenda, RENAME_BATCH), sizeof *batch.names),
                             .items = arena_array(&arena, agenda_room(agenda, RENAME_BATCH), sizeof *batch.items)};
    bool ok = run_has(run, &arena);

    for (size_t i = 0; ok && i < agenda->count && !run_stopped(run); i++) {
        struct todo *todo = &agenda->todos[i];
        struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
        struct renamed *name = &batch.names[batch.count];

        if (todo->dropped || todo->step.verb != PLAN_FLAGS ||
            (todo->step.flags.here_add | todo->step.flags.here_del) == 0 || !todo_is_open(run, todo))
            continue;
        ok = run_load(run, todo->id, batch.row);
        if (!ok)
            break;
        name->todo = todo;
        (void)text_print(name->base, sizeof name->base, "%s", batch.row->base);
        (void)text_print(name->from, sizeof name->from, "%s", batch.row->info);
        local_info_with(name->from, merge_named(batch.row->flags, todo->step.flags), name->to);
        ok = letters_with_flags(run, mailbox, batch.row, merge_named(batch.row->flags, todo->step.flags), name->to);
        if (!ok)
            break;
        if (strcmp(name->to, name->from) == 0) { /* the name shows it already, or can't show it */
            ok = record_unshown(run, todo, batch.row);
            continue;
        }
        batch.items[batch.count] = (struct local_rename){
            .file = {.folder = mailbox->row.folder, .base = name->base, .info = name->from}, .to = name->to};
        if (++batch.count == RENAME_BATCH)
            ok = rename_batch(run, &batch);
    }
    ok = ok && rename_batch(run, &batch);
    arena_free(&arena);
    return ok;
}
