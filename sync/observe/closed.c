/* See closed.h. */
#include "sync/observe/closed.h"

#include "sync/run/uses.h"

bool
closed_is(struct run *run, const char *folder, struct error *err)
{
    return run->local.ops->closed != NULL && run->local.ops->closed(run->local.self, folder, err);
}

bool
closed_is_strange(struct run *run, const char *name, const char *folder)
{
    struct error err = {0};

    if (!closed_is(run, folder, &err))
        return false;
    error_hint(&err, RIGHTS_HINT);
    if (uses_choose(run, name, 0))
        run_problem(run, NULL, &err);
    return true;
}

void
closed_see(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        struct error ignored = {0};

        if (!mailbox->folder_here && mailbox->row.id != 0 && mailbox->row.state != MAILBOX_NEW_REMOTE &&
            mailbox->row.state != MAILBOX_GONE_LOCAL)
            mailbox->folder_here = closed_is(run, mailbox->row.folder, &ignored);
    }
}
