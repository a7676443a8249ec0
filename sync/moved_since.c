/* See moved_since.h. */
#include "sync/moved_since.h"

/* What would be fetched again, since its file is missing, and has these bytes; not in the mailbox of the file. NULL: nothing. @return false: failed */
static bool
find_missed(struct run *run, struct agenda *agenda, const struct journal_message *file, struct todo **missed)
{
    int64_t *ids;
    size_t count;

    *missed = NULL;
    if (!journal_ids_by_wire(run->journal, file->wire, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; i < count && *missed == NULL; i++) {
        if (ids[i] == file->id) /* the only one, nearly always */
            continue;
        for (size_t t = 0; t < agenda->count && *missed == NULL; t++) {
            struct todo *todo = &agenda->todos[t];
            const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

            if (todo->id == ids[i] && todo->step.verb == PLAN_DOWNLOAD && todo->fresh && todo->again &&
                !todo->dropped && mailbox->row.id != file->mailbox && mailbox_is_open(mailbox) && !mailbox->copied)
                *missed = todo;
        }
    }
    free(ids);
    return true;
}

static bool
take_for_moved(struct run *run, struct todo *missed, const struct journal_message *file)
{
    struct journal_message *row = calloc(1, sizeof *row), *other = calloc(1, sizeof *other);
    bool taken = true;
    bool ok = (row != NULL && other != NULL) || run_no_memory(run);

    ok = ok && run_load(run, missed->id, row) &&
         journal_message_by_base(run->journal, row->mailbox, file->base, other, &taken, &run->err);
    if (ok && !taken) {
        memcpy(row->base, file->base, sizeof row->base);
        row->facts |= FACT_GONE_HERE;
        ok = run_begin(run) && journal_message_save(run->journal, row, &run->err) && run_commit(run);
        run->mailboxes[missed->mailbox].moved_since = true;
        missed->dropped = run->replan = true;
    }
    free(row);
    free(other);
    return ok;
}

bool
moved_since(struct run *run, struct agenda *agenda)
{
    bool ok = true;

    if (!run->pair_all || run->maildir_older || run->dry)
        return true;
    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i], *missed;
        struct journal_message *file;

        if (todo->step.verb != PLAN_UPLOAD || !todo->fresh || todo->dropped || todo->unanswered)
            continue;
        file = calloc(1, sizeof *file);
        ok = (file != NULL || run_no_memory(run)) && run_load(run, todo->id, file) &&
             (!file->has_wire || find_missed(run, agenda, file, &missed));
        if (ok && file->has_wire && missed != NULL) {
            ok = take_for_moved(run, missed, file);
            todo->dropped = missed->dropped;
        }
        free(file);
    }
    return ok;
}
