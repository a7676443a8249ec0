/*
 * See late.h. The line broke where a mailbox was listed: it is listed again, last and alone. Or it can't be read in this run, or its UIDs are others since it
 * was listed (another mailbox has its name), which may be over in the next one. A file that moved out of its folder is new elsewhere, and nothing is known yet of what other clients did to the message. Sent as new
 * mail it would be there without their flags, and the message would be removed behind it. So it waits: it is a move then, or, where the mailbox
 * can't be read in the second run on end either, new mail.
 */
#include "sync/agenda/late.h"

static bool
is_late(const struct mailbox *mailbox)
{
    return mailbox->late || run_learned(mailbox, CAUTION_UNREADABLE) || run_learned(mailbox, CAUTION_UNLISTED) ||
           run_learned(mailbox, CAUTION_RENUMBERED);
}

static bool
is_any_late(const struct run *run)
{
    bool late = false;

    for (size_t i = 0; !late && i < run->count; i++)
        late = is_late(&run->mailboxes[i]);
    return late;
}

static bool
has_left(struct run *run, const struct journal_message *message)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, message->mailbox);

    return mailbox != NULL && is_late(mailbox) && message->uid != 0 &&
           (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE)) == FACT_GONE_HERE;
}

/* Has a row of a late mailbox the same bytes, and no file any more? */
static bool
may_come_from(struct run *run, const struct todo *todo, struct journal_message *message, bool *may)
{
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = run_load(run, todo->id, message);

    *may = false;
    if (!ok || !message->has_wire)
        return ok;
    ok = journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);
    for (size_t i = 0; ok && !*may && i < count; i++) {
        ok = run_load(run, ids[i], message);
        *may = ok && has_left(run, message);
    }
    free(ids);
    return ok;
}

bool
agenda_late(struct run *run, struct agenda *agenda)
{
    struct journal_message *message;
    bool ok, may = false;

    if (!is_any_late(run))
        return true;
    message = calloc(1, sizeof *message);
    ok = message != NULL || run_no_memory(run);
    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (todo->dropped || todo->partner != 0 || !todo->fresh || todo->step.verb != PLAN_UPLOAD)
            continue;
        ok = may_come_from(run, todo, message, &may);
        todo->dropped = ok && may;
    }
    free(message);
    return ok;
}
