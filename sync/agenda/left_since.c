/* See left_since.h. */
#include "sync/agenda/left_since.h"

#include "sync/agenda/candidates.h"

/*
 * It stood there when its folder was listed, and its name is not there any more; nor can anybody say so of a folder that can't be read, unless that has been
 * so for two runs. What can't be looked at in a folder that was read stands there still, for all that is known: nobody would ever say more.
 * *again: the folder is looked at once more in this run. One that never rests tells no more by that.
 */
static bool
has_left(struct run *run, const struct journal_message *other, struct mailbox *mailbox, bool *again)
{
    const unsigned gone = FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALIAS;
    struct local_print print;
    struct error ignored = {0};
    bool missing = false;

    *again = false;
    if (mailbox == NULL || !mailbox->folder_here || other->base[0] == '\0' || (other->facts & gone) != 0 ||
        run_learned(mailbox, CAUTION_STAYS_UNREADABLE))
        return false;
    const struct local_file file = run_file(mailbox, other);

    if (!run->local.ops->look(run->local.self, &file, &print, &missing, &ignored))
        return run_learned(mailbox, CAUTION_UNREAD_FOLDER);
    *again = missing && !run_learned(mailbox, CAUTION_UNREAD_FOLDER) && !run_learned(mailbox, CAUTION_UNSTABLE_FOLDER);
    mailbox->look_here = mailbox->look_here || *again;
    return missing;
}

static bool
wait_for(struct run *run, const struct todo *todo, const struct mailbox *mailbox)
{
    char why[LIMIT_MAILBOX_NAME + 64];

    (void)text_print(why, sizeof why, "it may have moved here from %s, which could not be looked at",
                     mailbox->row.name);
    return run_begin(run) && run_end(run, run_pending(run, &run->mailboxes[todo->mailbox], todo->id, PENDING_SETTLE,
                                                      plan_verb_word(todo->step.verb), why, NULL));
}

static bool
judge(struct run *run, struct todo *todo, struct journal_message *file, struct journal_message *other)
{
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = run_load(run, todo->id, file);

    ok = ok && (!file->has_wire || journal_ids_by_wire(run->journal, file->wire, &ids, &count, &run->err));
    for (size_t i = 0; ok && !todo->dropped && i < count; i++) {
        ok = run_load(run, ids[i], other);
        if (!ok || other->mailbox == file->mailbox)
            continue;
        struct mailbox *mailbox = run_mailbox_by_id(run, other->mailbox);
        bool again;

        todo->dropped = has_left(run, other, mailbox, &again);
        ok = !todo->dropped || again || wait_for(run, todo, mailbox);
    }
    free(ids);
    return ok;
}

bool
agenda_left_since(struct run *run, struct agenda *agenda)
{
    struct journal_message *messages;
    bool ok;

    if (run->dry || candidates_count(agenda, FRESH_HERE) == 0)
        return true;
    messages = calloc(2, sizeof *messages);
    ok = messages != NULL || run_no_memory(run);
    for (size_t i = 0; ok && i < agenda->count; i++) {
        if (candidates_is(&agenda->todos[i], FRESH_HERE))
            ok = judge(run, &agenda->todos[i], &messages[0], &messages[1]);
    }
    free(messages);
    return ok;
}
