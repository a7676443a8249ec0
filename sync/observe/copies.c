/* See copies.h. */
#include "sync/observe/copies.h"

#include "sync/rows/copied.h"
#include "sync/rules/merge.h"

bool
copies_see(struct run *run, struct copies *copies, const struct journal_op *op, struct journal_message *message,
           const struct remote_message *seen)
{
    bool doubt;

    if ((message->facts & FACT_COPIED) == 0 || !seen->has_flags)
        return true;
    doubt = op != NULL && merge_is_own_deleted(message->flags, seen->flags);
    message->flags = merge_copy_seen(message->flags, seen->flags);
    message->facts &= ~(unsigned)FACT_COPIED;
    if (!doubt)
        return true;
    if (!array_grow(&copies->list, &copies->size, copies->count + 1, sizeof *copies->list))
        return run_no_memory(run);
    copies->list[copies->count] = *op;
    copies->list[copies->count++].target = message->id;
    return true;
}

bool
copies_looked(struct run *run, struct copies *copies, const struct mailbox *mailbox)
{
    return id_set_add(&copies->looked, mailbox->row.id) || run_no_memory(run);
}

static bool
settle(struct run *run, const struct journal_op *op, bool looked, struct journal_message *copy)
{
    bool unmarked, found;

    if (!copied_unmarked(run, op, looked, &unmarked))
        return false;
    if (!unmarked)
        return true;
    if (!journal_message_get(run->journal, op->target, copy, &found, &run->err))
        return false;
    if (!found || copy->uid == 0 || (copy->facts & (FACT_GONE_THERE | FACT_UNPAIRED)) != 0)
        return true;
    copy->flags = merge_copy_marked(copy->flags);
    return journal_message_save(run->journal, copy, &run->err);
}

bool
copies_settle(struct run *run, struct copies *copies, bool ok)
{
    if (ok && copies->count != 0) {
        struct journal_message *copy = calloc(1, sizeof *copy);

        ok = (copy != NULL || run_no_memory(run)) && run_begin(run);
        for (size_t i = 0; ok && i < copies->count; i++)
            ok = settle(run, &copies->list[i], id_set_has(&copies->looked, copies->list[i].mailbox), copy);
        ok = copy != NULL && run_end(run, ok);
        free(copy);
    }
    id_set_free(&copies->looked);
    free(copies->list);
    *copies = (struct copies){0};
    return ok;
}
