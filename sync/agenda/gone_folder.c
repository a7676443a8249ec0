/* See gone_folder.h. */
#include "sync/agenda/gone_folder.h"

#include "sync/agenda/agenda.h"
#include "sync/agenda/candidates.h"
#include "sync/rows/moved_out.h"

struct gathering {
    struct run *run;
    struct agenda *agenda;
    struct id_set added; /* rows */
    struct journal_message *fresh, *source;
};

static bool
is_any_gone(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (moved_out_is_gone(&run->mailboxes[i]))
            return true;
    return false;
}

/* Has it a file that was in that folder, for all that is known? */
static bool
may_have_moved(const struct journal_message *message)
{
    const unsigned otherwise = FACT_GONE_THERE | FACT_ALTERED | FACT_ALIAS | FACT_REPLACED | FACT_OUT_OF_VIEW |
                               FACT_ADOPTED | FACT_APART | FACT_MOVED | FACT_UNPAIRED;

    return message->uid != 0 && message->base[0] != '\0' && (message->facts & otherwise) == 0;
}

/* The same, and its UID is not valid any more: once that mailbox is looked at it is perhaps paired again, and has moved. */
static bool
may_be_paired(const struct journal_message *message)
{
    const unsigned unpaired = FACT_UNPAIRED | FACT_GONE_THERE;
    const unsigned otherwise = FACT_ALTERED | FACT_ALIAS | FACT_REPLACED | FACT_ADOPTED | FACT_APART | FACT_MOVED;

    return message->uid == 0 && message->base[0] != '\0' && (message->facts & unpaired) == unpaired &&
           (message->facts & otherwise) == 0;
}

/* Nobody can look at it in this run. What stays so is waited for no longer. */
static bool
wait_for(struct gathering *gathering, struct todo *todo, const struct mailbox *mailbox)
{
    struct run *run = gathering->run;
    char why[LIMIT_MAILBOX_NAME + 100];

    if (run_learned(mailbox, CAUTION_STAYS_UNREADABLE))
        return true;
    todo->dropped = run->partial = true;
    (void)text_print(why, sizeof why, "it may have moved from %s, which could not be looked at", mailbox->row.name);
    return run_begin(run) && run_end(run, run_pending(run, &run->mailboxes[todo->mailbox], todo->id, PENDING_SETTLE,
                                                      plan_verb_word(todo->step.verb), why, NULL));
}

/* gathering->source has the bytes of this new file. */
static bool
add_source(struct gathering *gathering, size_t fresh)
{
    struct run *run = gathering->run;
    const struct journal_message *source = gathering->source;
    struct mailbox *mailbox = run_mailbox_by_id(run, source->mailbox);
    struct todo *todo = &gathering->agenda->todos[fresh];
    bool again;

    if (mailbox == NULL || !moved_out_is_gone(mailbox) || (!may_have_moved(source) && !may_be_paired(source)))
        return true;
    again = mailbox->moved_out;
    moved_out_look(run, mailbox);
    if (mailbox_is_unsure(mailbox->cautions) || (again && !mailbox->look_there && !moved_out_is_seen(run, mailbox)))
        return wait_for(gathering, todo, mailbox);
    if (!moved_out_is_seen(run, mailbox)) {
        todo->dropped = true; /* the next pass has seen it */
        return true;
    }
    if (!may_have_moved(source) || id_set_has(&gathering->added, source->id))
        return true;
    return (id_set_add(&gathering->added, source->id) || run_no_memory(run)) &&
           agenda_add(
               run, gathering->agenda,
               &(struct todo){.id = source->id,
                              .mailbox = (uint32_t)(mailbox - run->mailboxes),
                              .uid = source->uid,
                              .size = source->size,
                              .step = {.verb = PLAN_REMOVE_THERE, .kept_back = !run->account->policy.push.deletes},
                              .moved_out = true});
}

/* What both sides lost in this run in the new file's own mailbox, and has its bytes: it may be that under a new name as well. */
static bool
find_left(struct gathering *gathering, const int64_t *ids, size_t count, bool *left)
{
    const unsigned gone = FACT_GONE_HERE | FACT_GONE_THERE;
    struct journal_message *row = gathering->source;
    bool ok = true;

    *left = false;
    for (size_t i = 0; ok && !*left && i < count; i++) {
        ok = run_load(gathering->run, ids[i], row);
        *left = ok && row->mailbox == gathering->fresh->mailbox && row->base[0] != '\0' &&
                (row->facts & (gone | FACT_OUT_OF_VIEW)) == gone;
    }
    return ok;
}

/* Where nobody can tell whether it came out of that folder it is new mail: nothing is removed for it. Its name tells, where it kept that. */
static bool
add_sources(struct gathering *gathering, size_t fresh)
{
    struct run *run = gathering->run;
    const int64_t id = gathering->agenda->todos[fresh].id; /* what is added may move the array */
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = run_load(run, id, gathering->fresh), left = false;

    if (ok && gathering->fresh->has_wire)
        ok = journal_ids_by_wire(run->journal, gathering->fresh->wire, &ids, &count, &run->err) &&
             find_left(gathering, ids, count, &left);
    for (size_t i = 0; ok && i < count; i++)
        ok = ids[i] == id ||
             (run_load(run, ids[i], gathering->source) &&
              ((left && strcmp(gathering->source->base, gathering->fresh->base) != 0) || add_source(gathering, fresh)));
    free(ids);
    return ok;
}

bool
gone_folder_add(struct run *run, struct agenda *agenda, bool *any)
{
    struct gathering gathering = {.run = run, .agenda = agenda};
    struct arena arena = {0};
    const size_t count = agenda->count;
    bool ok;

    *any = false;
    if (!is_any_gone(run) || candidates_count(agenda, FRESH_HERE) == 0)
        return true;
    gathering.fresh = arena_array(&arena, 1, sizeof *gathering.fresh);
    gathering.source = arena_array(&arena, 1, sizeof *gathering.source);
    ok = run_has(run, &arena);
    for (size_t i = 0; ok && i < count; i++) {
        const struct todo *todo = &agenda->todos[i];

        if (candidates_is(todo, FRESH_HERE) && !todo->unanswered && !moved_out_is_gone(&run->mailboxes[todo->mailbox]))
            ok = add_sources(&gathering, i);
    }
    *any = agenda->count != count;
    if (*any)
        agenda_sort(agenda);
    id_set_free(&gathering.added);
    arena_free(&arena);
    return ok;
}
