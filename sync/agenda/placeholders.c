/* See placeholders.h. */
#include "sync/agenda/placeholders.h"

/* As with what the configuration keeps back: no reason for exit status 1. */
static bool
drop(struct run *run, struct todo *todo)
{
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

    todo->dropped = true;
    return !mailbox->asked ||
           run_pending(
               run, mailbox, todo->id, PENDING_POLICY, "placeholder",
               "mbsync left it for a message that was too large for its MaxSize: it is not sent, and may be removed",
               NULL);
}

bool
agenda_placeholders(struct run *run, struct agenda *agenda)
{
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (todo->placeholder && !todo->dropped && todo->partner == 0 && todo->step.verb == PLAN_UPLOAD)
            ok = drop(run, todo);
    }
    return run_end(run, ok);
}
