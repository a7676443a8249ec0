/*
 * Files that the server refused, for good or for now. Under a new name one is a new file and asked about again anyway; one that was
 * changed in its place is told by its mtime, since no directory's time moves with it. They are few, and one stat each.
 */
#include "sync/observe/observe.h"
#include "sync/rows/refusals.h"
#include "sync/run/run.h"

static bool
look_at_file(struct run *run, struct mailbox *mailbox, struct journal_message *message)
{
    struct local_file file = run_file(mailbox, message);
    struct error err = {0};
    bool missing = false;
    struct local_print print;

    if (!run->local.ops->look(run->local.self, &file, &print, &missing, &err)) {
        run_problem(run, mailbox, &err);
        return true;
    }
    if (missing || print.seconds == message->date) /* a name that changed is told by its folder */
        return true;
    refusal_forget(run, message->id, WORK_APPEND);
    message->facts &= ~(unsigned)FACT_REFUSED;
    message->has_wire = message->has_header = false; /* read and digested like a new one */
    return journal_message_save(run->journal, message, &run->err);
}

bool
observe_refused(struct run *run)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct journal_pending *list = NULL;
    size_t count = 0;
    bool ok = (message != NULL || run_no_memory(run)) && journal_pendings(run->journal, &list, &count, &run->err) &&
              run_begin(run);

    for (size_t i = 0; ok && i < count; i++) {
        struct mailbox *mailbox = run_mailbox_by_id(run, list[i].mailbox);
        bool found;

        if ((list[i].kind != PENDING_REFUSED && !refusal_is_known(run, list[i].message, WORK_APPEND)) ||
            list[i].message == 0 || mailbox == NULL || !mailbox_is_open(mailbox))
            continue;
        ok = journal_message_get(run->journal, list[i].message, message, &found, &run->err);
        /* One that was on the server before is another matter: with other bytes it is not that message any more. */
        if (ok && found && message->uid == 0 && message->base[0] != '\0' && (message->facts & FACT_GONE_HERE) == 0)
            ok = look_at_file(run, mailbox, message);
    }
    ok = run_end(run, ok);
    free(list);
    free(message);
    return ok;
}
