/*
 * What would be added to a server that perhaps has it already is held like a removal: item by item, under a short ID that stays good
 * when the list grows. The word lets it go up (or come down), or sets it apart for good: then both sides stay as they are.
 */
#include "sync/agenda/additions.h"

#include "sync/agenda/apart.h"

bool
additions_take_word(struct run *run)
{
    const char *list = run->options->additions_id;

    if (!run->options->confirm_additions && !run->options->reject_additions)
        return true;
    if (!journal_hold_ids(run->journal, HOLD_ADDITIONS, list, &run->additions, &run->additions_count, &run->err))
        return false;
    if (list == NULL || run->additions_count != 0)
        return true;
    error_set(&run->err, ERROR_CONFIG, "find the held additions of list %s", list);
    error_hint(&run->err, "There is no such list; `golub status %s` shows what is held.", run->account->name);
    return false;
}

bool
additions_have_word(const struct run *run, int64_t message)
{
    return ids_have(run->additions, run->additions_count, message);
}

bool
additions_set_apart(struct run *run, struct journal_message *message)
{
    message->facts |= FACT_APART;
    return apart_know(run, message) && journal_message_save(run->journal, message, &run->err) &&
           journal_pending_clear(run->journal, message->mailbox, message->id, &run->err);
}

static bool
hold_one(struct run *run, const struct mailbox *filled, const struct todo *todo, const char *id,
         const struct additions_why *why)
{
    struct mailbox *mailbox =
        &run->mailboxes[todo->mailbox]; /* a file that was moved meanwhile stands in another one */
    struct journal_hold hold = {.message = todo->id, .kind = HOLD_ADDITIONS, .since = run->now};
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = message != NULL || run_no_memory(run);

    (void)text_print(hold.list, sizeof hold.list, "%s", id);
    (void)text_print(hold.reason, sizeof hold.reason, "%s", why->reason);
    ok = ok && run_load(run, todo->id, message) && apart_know(run, message) &&
         run_pending(run, mailbox, todo->id, PENDING_HELD, plan_verb_word(todo->step.verb), why->pending, id) &&
         journal_hold_add(run->journal, &hold, &run->err);
    if (ok && !filled->said)
        report_held(run->report, run->account->name,
                    &(struct report_held){.mailbox = mailbox->row.name,
                                          .uid = message->uid,
                                          .file = message->base,
                                          .here = todo->step.verb == PLAN_DOWNLOAD,
                                          .id = id,
                                          .reason = hold.reason,
                                          .addition = true});
    free(message);
    return ok;
}

/* The ID of a list of these. */
static bool
name_list(struct run *run, struct todo *const *todos, size_t count, char id[static IDS_NAME_SIZE])
{
    int64_t *ids = calloc(count + 1, sizeof *ids);
    bool ok = ids != NULL;

    for (size_t i = 0; ok && i < count; i++)
        ids[i] = todos[i]->id;
    ok = (ok && ids_name("additions", ids, count, id)) || run_no_memory(run);
    free(ids);
    return ok;
}

bool
additions_keep(struct run *run, struct todo *const *todos, size_t count, const char *reason)
{
    char id[IDS_NAME_SIZE];
    bool ok = name_list(run, todos, count, id);

    for (size_t i = 0; ok && i < count; i++) {
        struct journal_hold hold = {.message = todos[i]->id, .kind = HOLD_ADDITIONS, .since = run->now};

        (void)text_print(hold.list, sizeof hold.list, "%s", id);
        (void)text_print(hold.reason, sizeof hold.reason, "%s", reason);
        ok = journal_hold_add(run->journal, &hold, &run->err);
    }
    return ok;
}

bool
additions_kept(struct run *run, int64_t message, const char *reason, bool *kept)
{
    struct journal_hold *list = NULL;
    size_t count = 0;

    *kept = false;
    if (!journal_holds_of(run->journal, message, &list, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++)
        *kept = *kept || strcmp(list[i].reason, reason) == 0;
    free(list);
    return true;
}

bool
additions_hold(struct run *run, struct mailbox *mailbox, struct todo *const *todos, size_t count,
               const struct additions_why *why)
{
    struct report_list list = {.reason = why->reason,
                               .note = why->note,
                               .where = mailbox->row.name,
                               .count = count,
                               .of = why->of,
                               .additions = true,
                               .both = why->both};
    char id[IDS_NAME_SIZE];
    bool ok = name_list(run, todos, count, id);

    for (size_t i = 0; ok && i < count; i++)
        ok = hold_one(run, mailbox, todos[i], id, why);
    if (!ok || count == 0)
        return ok;
    run->held = true;
    list.id = id;
    for (size_t i = 0; mailbox->examples != NULL && i < RUN_EXAMPLES && mailbox->examples[i][0] != '\0'; i++)
        list.examples[list.example_count++] = mailbox->examples[i];
    if (!mailbox->said)
        report_guard(run->report, run->account->name, &list);
    mailbox->said = true;
    return true;
}
