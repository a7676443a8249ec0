/* See clear_way.h. */
#include "sync/apply/clear_way.h"

#include "sync/rows/unfinished.h"
#include "sync/run/situation.h"

bool
clear_way(struct run *run, struct mailbox *mailbox, bool *gone)
{
    struct journal_op op = {.kind = OP_DELETE_HERE};
    struct error err = {0};
    bool holds = false;

    *gone = false;
    if (!run->dry && (!situation_mark(run) || !run_begin(run) ||
                      !run_end(run, situation_mark_commit(run) && unfinished_intend(run, mailbox, &op))))
        return false;
    if (!run->dry && !run->local.ops->remove_folder(run->local.self, mailbox->row.folder, &holds, &err)) {
        run_problem_here(run, mailbox, &err); /* the intent stays: perhaps a part of it went */
        return true;
    }
    if (holds) /* something came into it */
        return unfinished_end(run, op.id);
    *gone = true;
    mailbox->folder_here = mailbox->look_here = false;
    run_did(run, mailbox, (struct report_done){.act = DID_DELETE_HERE});
    return true;
}
