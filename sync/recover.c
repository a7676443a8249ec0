/*
 * Intents of an earlier run that was cut off. Their mailboxes are looked at first (survey.c); what is left to do here is little,
 * because a row that differs is planned again anyway, and new UIDs are paired with unconfirmed files by content (identify.c):
 *
 *   REMOVE_REMOTE  still there with \Deleted, all else as it was: planned again and done. Otherwise \Deleted comes off.
 *   REMOVE_LOCAL   the file is in the quarantine: the row and the quarantine's index are finished. Else it is planned again.
 *                  A second file of one name (twins.c): the same for the index; its row stays.
 *   UPLOAD, COPY, MOVE  paired by content; or planned again once the unanswered command can't be running any more.
 */
#include "sync/recover.h"
#include "sync/twins.h"

static bool
finish_local(struct run *run, const struct journal_op *op, struct journal_message *message, bool found)
{
    struct journal_quarantined row = run_quarantined(run, 0, op->size);
    struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);

    if (!found || mailbox == NULL)
        return journal_op_delete(run->journal, op->id, &run->err);
    if (op->target != 0)
        return twins_finish(run, op, message);
    if ((message->facts & FACT_GONE_HERE) == 0 || !run->local.ops->in_quarantine(run->local.self, op->name))
        return true; /* still here: planned again under the same intent */
    (void)text_print(row.name, sizeof row.name, "%s", op->name);
    (void)text_print(row.mailbox, sizeof row.mailbox, "%s", mailbox->row.name);
    (void)text_print(row.base, sizeof row.base, "%s", message->base);
    (void)text_print(row.info, sizeof row.info, "%s", message->info);
    (void)text_print(row.why, sizeof row.why, "deleted on the server");
    row.uid = message->uid;
    if (!journal_quarantine_add(run->journal, &row, &run->err))
        return false;
    if ((message->facts & FACT_GONE_THERE) != 0 || message->uid == 0)
        return journal_message_delete(run->journal, message->id, &run->err);
    /* The server has it again meanwhile: it was golub that removed the file, not the user. */
    message->base[0] = message->info[0] = '\0';
    message->facts &= ~(unsigned)FACT_GONE_HERE;
    message->lbase = message->lseen = 0;
    return journal_op_delete(run->journal, op->id, &run->err) && journal_message_save(run->journal, message, &run->err);
}

static bool
no_selected(void *context, size_t index, const struct remote_selected *selected)
{
    (void)context;
    (void)index;
    (void)selected;
    return true;
}

static bool
no_vanish(void *context, size_t index, uint32_t first, uint32_t last)
{
    (void)context;
    (void)index;
    (void)first;
    (void)last;
    return true;
}

struct taking_back {
    struct run *run;
    struct journal_message *message;
    const struct journal_op *op;
};

static bool
on_echo(void *context, size_t index, const struct remote_message *seen)
{
    struct taking_back *back = context;
    struct journal_message *message = back->message;

    (void)index;
    if (seen->uid != message->uid || !seen->has_flags)
        return true;
    message->rseen = seen->flags;
    return journal_message_save(back->run->journal, message, &back->run->err) &&
           journal_op_delete(back->run->journal, back->op->id, &back->run->err);
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    (void)context;
    (void)index;
    (void)outcome; /* not taken back: the intent stays and the next run tries again */
    return true;
}

/* Somebody changed the message since: our \Deleted comes off before it is planned anew. */
static bool
finish_remote(struct run *run, const struct journal_op *op, struct journal_message *message, bool found)
{
    static const struct remote_observer observer = {no_selected, no_vanish, on_echo, on_done};
    struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);
    struct taking_back back = {run, message, op};
    struct remote_store store;

    if (!found || mailbox == NULL || (message->facts & FACT_GONE_THERE) != 0 || message->uid == 0)
        return journal_op_delete(run->journal, op->id, &run->err);
    if (!mailbox_is_open(mailbox) || mailbox->row.wire == NULL)
        return true;
    if ((message->rseen & FLAG_DELETED) == 0 || (message->rbase & FLAG_DELETED) != 0)
        return journal_op_delete(run->journal, op->id, &run->err);
    if ((message->rseen & ~(unsigned)FLAG_DELETED) == message->rbase && (message->facts & FACT_GONE_HERE) != 0)
        return true;
    if (run->dry)
        return true;
    store = (struct remote_store){.mailbox = text_of(mailbox->row.wire),
                                  .uidvalidity = mailbox->row.uidvalidity,
                                  .uids = &message->uid,
                                  .count = 1,
                                  .del = FLAG_DELETED};
    mailbox->stirred = true;
    return run->remote.ops->store(run->remote.self, &store, 1, &observer, &back, &run->err);
}

bool
recover_intents(struct run *run)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct journal_op *ops = NULL;
    size_t count = 0;
    bool ok = message != NULL || run_no_memory(run);

    ok = ok && journal_ops(run->journal, &ops, &count, &run->err);
    if (!ok || count == 0) {
        free(ops);
        free(message);
        return ok;
    }
    ok = run_begin(run);
    for (size_t i = 0; ok && i < count; i++) {
        bool found;

        ok = journal_message_get(run->journal, ops[i].message, message, &found, &run->err);
        if (ok && ops[i].kind == OP_REMOVE_LOCAL)
            ok = finish_local(run, &ops[i], message, found);
        else if (ok && ops[i].kind == OP_REMOVE_REMOTE)
            ok = finish_remote(run, &ops[i], message, found);
    }
    if (ok) {
        ok = run_commit(run);
    } else {
        struct error why = run->err;

        journal_rollback(run->journal);
        run->err = why;
    }
    free(ops);
    free(message);
    return ok;
}
