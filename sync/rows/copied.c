/* See copied.h. */
#include "sync/rows/copied.h"

#include "sync/rules/merge.h"

/* The facts with which a row does not say what its UID shows. */
#define UNSEEN (FACT_GONE_THERE | FACT_UNPAIRED | FACT_ALIAS | FACT_ECHO | FACT_COPIED)

bool
copied_unmarked(struct run *run, const struct journal_op *op, bool looked, bool *unmarked)
{
    struct mailbox *from = op->mailbox != 0 ? run_mailbox_by_id(run, op->mailbox) : NULL;
    struct journal_message *source;
    bool found = false, ok;

    *unmarked = false;
    if (op->message == 0 || from == NULL || !from->current || (!looked && op->since >= run->now) ||
        mailbox_is_unsure(from->cautions) || run_learned(from, CAUTION_REPAIRED))
        return true;
    source = calloc(1, sizeof *source);
    ok = (source != NULL || run_no_memory(run)) &&
         journal_message_get(run->journal, op->message, source, &found, &run->err);
    *unmarked = ok && found && source->uid != 0 && source->mailbox == op->mailbox && (source->facts & UNSEEN) == 0 &&
                !merge_is_marked_there(source->flags);
    free(source);
    return ok;
}
