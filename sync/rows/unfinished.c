/* See unfinished.h. */
#include "sync/rows/quarantined.h"
#include "sync/rows/unfinished.h"

#include "sync/rules/merge.h"

#define SETTLE_BASE_S 5           /* an unanswered command may still be running */
#define SETTLE_RATE (1024 * 1024) /* bytes of its body that the server is expected to store each second */
#define SETTLE_MAX_S 30

bool
unfinished_end(struct run *run, int64_t op)
{
    return run_begin(run) && run_end(run, journal_op_delete(run->journal, op, &run->err));
}

bool
unfinished_is_settled(const struct journal_op *op, int64_t now)
{
    int64_t wait = SETTLE_BASE_S + (int64_t)(op->size / SETTLE_RATE);

    if (wait > SETTLE_MAX_S)
        wait = SETTLE_MAX_S;
    if (unfinished_is_astray(op))
        return false;
    return now - (op->seen > 0 ? op->seen : op->since) >= wait;
}

void
unfinished_ended(struct journal_op *op, int64_t now)
{
    op->since = now;
    op->seen = 0;
}

bool
unfinished_index_namesake(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                          const struct journal_op *op, const char *info)
{
    struct quarantined file = quarantined_file(message, op->name, "a second file of the same name and the same bytes");

    file.info = info;
    file.size = op->size;
    return quarantined_add(run, mailbox, &file);
}

bool
unfinished_namesake(struct run *run, const struct journal_op *op, const struct journal_message *message)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);

    /* Not there: nothing was done. Where both files are still here, the listing that follows tells them apart. */
    if (mailbox != NULL && run->local.ops->in_quarantine(run->local.self, op->name) &&
        !unfinished_index_namesake(run, mailbox, message, op, message->info))
        return false;
    return journal_op_delete(run->journal, op->id, &run->err);
}

bool
unfinished_index(struct run *run, const struct mailbox *mailbox, const struct journal_op *op,
                 const struct journal_message *message, bool *done)
{
    struct quarantined file = quarantined_file(message, op->name, quarantined_why(message));

    *done = run->local.ops->in_quarantine(run->local.self, op->name);
    file.size = op->size;
    if ((message->facts & FACT_ALTERED) != 0) /* its row came with the intent: sync/apply/altered.c */
        return *done || quarantined_withdraw(run, op->name);
    return !*done || quarantined_add(run, mailbox, &file);
}

/*
 * Whether \Deleted was set is not known, nor looked up first: the mailbox may be out of sight for long. One that somebody else had set before
 * is theirs. What can't be remembered under its name stays as it is.
 */
static bool
remember_deleted(struct run *run, const struct mailbox *mailbox, const struct journal_op *op,
                 const struct journal_message *message)
{
    struct journal_op deleted = {
        .kind = OP_REMOVE_REMOTE, .uidvalidity = op->uidvalidity, .size = message->uid, .since = op->since};

    if (message->uid == 0 || (message->facts & FACT_GONE_THERE) != 0 ||
        !merge_is_own_deleted(message->flags, FLAG_DELETED) || mailbox->row.wire == NULL ||
        strlen(mailbox->row.wire) >= sizeof deleted.name)
        return true;
    (void)text_print(deleted.name, sizeof deleted.name, "%s", mailbox->row.wire);
    return journal_op_add(run->journal, &deleted, &run->err);
}

bool
unfinished_is_sending(const struct journal_op *op)
{
    return op->kind == OP_UPLOAD || op->kind == OP_COPY || op->kind == OP_MOVE;
}

#define NAME_SENT '\1' /* before the name: it was not answered. No name begins so */

void
unfinished_note_name(struct journal_op *op, const struct mailbox *to)
{
    op->name[0] = '\0';
    if (to->row.wire != NULL && strlen(to->row.wire) + 1 < sizeof op->name)
        (void)text_print(op->name, sizeof op->name, "%c%s", NAME_SENT, to->row.wire);
}

const char *
unfinished_name(const struct journal_op *op)
{
    return unfinished_is_sending(op) && !unfinished_is_sent(op) && op->name[0] == NAME_SENT ? op->name + 1 : NULL;
}

bool
unfinished_unmarks(const struct journal_op *op)
{
    return op->kind == OP_REMOVE_REMOTE && op->message != 0 && (op->name[0] != '\0' || op->attempt == OP_UNMARKS);
}

bool
unfinished_is_astray(const struct journal_op *op)
{
    return unfinished_is_sending(op) && !unfinished_is_sent(op) && op->name[0] != '\0' && op->name[0] != NAME_SENT;
}

/*
 * Remember a command that may still be carried out: should the mailbox come back before that, its first meeting would
 * send the file once more.
 */
static bool
remember_sent(struct run *run, const struct mailbox *mailbox, const struct journal_op *op,
              const struct journal_message *message)
{
    struct journal_op sent = {
        .kind = OP_UPLOAD, .size = op->size, .date = op->date, .since = op->since, .seen = op->seen};

    if (!message->has_wire || mailbox->row.wire == NULL || strlen(mailbox->row.wire) >= sizeof sent.name)
        return true;
    (void)text_print(sent.name, sizeof sent.name, "%s", mailbox->row.wire);
    memcpy(sent.canonical, message->wire, DIGEST_SIZE);
    return journal_op_add(run->journal, &sent, &run->err);
}

static bool
keep_trace(struct run *run, const struct mailbox *mailbox, const struct journal_op *op, struct journal_message *message)
{
    const bool sending = unfinished_is_sending(op);
    bool found, done;

    if (!sending && op->mailbox != mailbox->row.id)
        return true;
    if (!journal_message_get(run->journal, sending && op->target != 0 ? op->target : op->message, message, &found,
                             &run->err))
        return false;
    if (!found)
        return true;
    if (sending)
        return message->mailbox != mailbox->row.id || remember_sent(run, mailbox, op, message);
    if (op->kind == OP_REMOVE_REMOTE)
        return remember_deleted(run, mailbox, op, message);
    if (op->target != 0)
        return unfinished_namesake(run, op, message);
    return unfinished_index(run, mailbox, op, message, &done);
}

/* All that is known of it but its names, and which one the server says that it is: the list of this run may have said it. */
static void
clear(struct journal_mailbox *row)
{
    char objectid[sizeof row->objectid];

    memcpy(objectid, row->objectid, sizeof objectid);
    *row = (struct journal_mailbox){.name = row->name,
                                    .wire = row->wire,
                                    .utf8 = row->utf8,
                                    .folder = row->folder,
                                    .separator = row->separator,
                                    .attributes = row->attributes,
                                    .state = row->state,
                                    .permanent = FLAG_ALL,
                                    .goal = row->goal,
                                    .goal_there = row->goal_there};
    memcpy(row->objectid, objectid, sizeof objectid);
}

bool
unfinished_forget(struct run *run, struct mailbox *mailbox)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct journal_op *ops = NULL;
    size_t count = 0;
    bool ok = (message != NULL || run_no_memory(run)) && journal_ops(run->journal, &ops, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++)
        ok = keep_trace(run, mailbox, &ops[i], message);
    free(ops);
    free(message);
    if (!ok || !journal_mailbox_delete(run->journal, mailbox->row.id, &run->err))
        return false;
    clear(&mailbox->row);
    return true;
}

bool
unfinished_intend(struct run *run, const struct mailbox *mailbox, struct journal_op *op)
{
    struct journal_op *ops = NULL;
    size_t count = 0;

    if (!journal_ops(run->journal, &ops, &count, &run->err))
        return false;
    op->mailbox = mailbox->row.id;
    op->since = run->now;
    for (size_t i = 0; i < count; i++)
        if (ops[i].kind == op->kind && ops[i].mailbox == op->mailbox)
            op->id = ops[i].id;
    free(ops);
    return op->id != 0 ? journal_op_save(run->journal, op, &run->err) : journal_op_add(run->journal, op, &run->err);
}

/* ---- what was sent ---- */

bool
unfinished_is_sent(const struct journal_op *op)
{
    return op->kind == OP_UPLOAD && op->message == 0 && op->target == 0;
}

bool
unfinished_find(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                struct journal_op *op, bool *found)
{
    if (!journal_op_of(run->journal, message->id, op, found, &run->err))
        return false;
    if (*found || !message->has_wire || mailbox->row.wire == NULL)
        return true;
    if (!journal_op_sent(run->journal, mailbox->row.wire, message->wire, op, found, &run->err))
        return false;
    *found = *found && !unfinished_is_settled(op, run->looked);
    return true;
}

bool
unfinished_end_sent(struct run *run, const struct journal_op *op)
{
    return !unfinished_is_settled(op, run->looked) || journal_op_delete(run->journal, op->id, &run->err);
}
