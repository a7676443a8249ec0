/* See left_since.h. */
#include "sync/agenda/left_since.h"

#include "sync/agenda/candidates.h"

/* It stood there when its folder was listed, and its name is not there any more; nor can anybody say so of what can't be looked at. */
static bool
has_left(struct run *run, const struct journal_message *other, struct mailbox *mailbox)
{
    const unsigned gone = FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALIAS;
    struct local_print print;
    struct error ignored = {0};
    bool missing = false;

    if (mailbox == NULL || !mailbox->folder_here || other->uid == 0 || other->base[0] == '\0' ||
        (other->facts & gone) != 0)
        return false;
    const struct local_file file = run_file(mailbox, other);

    if (!run->local.ops->look(run->local.self, &file, &print, &missing, &ignored))
        return true;
    if (missing && !run_learned(mailbox, CAUTION_UNREAD_FOLDER))
        mailbox->look_here = true;
    return missing;
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
        todo->dropped = has_left(run, other, run_mailbox_by_id(run, other->mailbox));
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
