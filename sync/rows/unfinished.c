/* See unfinished.h. */
#include "sync/rows/unfinished.h"

#define SETTLE_BASE_S 5           /* an unanswered command may still be running */
#define SETTLE_RATE (1024 * 1024) /* bytes a second it may need for its body */
#define SETTLE_MAX_S 30

bool
unfinished_is_settled(const struct journal_op *op, int64_t now)
{
    int64_t wait = SETTLE_BASE_S + (int64_t)(op->size / SETTLE_RATE);

    if (wait > SETTLE_MAX_S)
        wait = SETTLE_MAX_S;
    return now - (op->seen != 0 ? op->seen : op->since) >= wait;
}

bool
unfinished_index_twin(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                      const struct journal_op *op, const char *info)
{
    struct journal_quarantined row = run_quarantined(run, message->uid, op->size);

    (void)text_print(row.name, sizeof row.name, "%s", op->name);
    (void)text_print(row.mailbox, sizeof row.mailbox, "%s", mailbox->row.name);
    (void)text_print(row.base, sizeof row.base, "%s", message->base);
    (void)text_print(row.info, sizeof row.info, "%s", info);
    (void)text_print(row.why, sizeof row.why, "a second file of the same name and the same bytes");
    return journal_quarantine_add(run->journal, &row, &run->err);
}

bool
unfinished_twin(struct run *run, const struct journal_op *op, const struct journal_message *message)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);

    /* Not there: nothing was done. Where both files are still here, the listing that is over by now has settled them. */
    if (mailbox != NULL && run->local.ops->in_quarantine(run->local.self, op->name) &&
        !unfinished_index_twin(run, mailbox, message, op, message->info))
        return false;
    return journal_op_delete(run->journal, op->id, &run->err);
}

bool
unfinished_index(struct run *run, const struct mailbox *mailbox, const struct journal_op *op,
                 const struct journal_message *message, bool *done)
{
    struct journal_quarantined row = run_quarantined(run, message->uid, op->size);

    *done = run->local.ops->in_quarantine(run->local.self, op->name);
    if (!*done)
        return true;
    (void)text_print(row.name, sizeof row.name, "%s", op->name);
    (void)text_print(row.mailbox, sizeof row.mailbox, "%s", mailbox->row.name);
    (void)text_print(row.base, sizeof row.base, "%s", message->base);
    (void)text_print(row.info, sizeof row.info, "%s", message->info);
    (void)text_print(row.why, sizeof row.why, "deleted on the server");
    return journal_quarantine_add(run->journal, &row, &run->err);
}

/*
 * Whether the mark was made is not known, nor looked up first: the mailbox may be out of sight for long. One that somebody else had made before
 * is theirs. What can't be remembered under its name stays as it is.
 */
static bool
remember_mark(struct run *run, const struct mailbox *mailbox, const struct journal_op *op,
              const struct journal_message *message)
{
    struct journal_op mark = {
        .kind = OP_REMOVE_REMOTE, .uidvalidity = op->uidvalidity, .size = message->uid, .since = op->since};

    if (message->uid == 0 || (message->facts & FACT_GONE_THERE) != 0 || (message->rbase & FLAG_DELETED) != 0 ||
        mailbox->row.wire == NULL || strlen(mailbox->row.wire) >= sizeof mark.name)
        return true;
    (void)text_print(mark.name, sizeof mark.name, "%s", mailbox->row.wire);
    return journal_op_add(run->journal, &mark, &run->err);
}

static bool
is_sending(const struct journal_op *op)
{
    return op->kind == OP_UPLOAD || op->kind == OP_COPY || op->kind == OP_MOVE;
}

/* What may still be carried out there would be sent once more by the first meeting, should the mailbox come back before that. */
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
settle(struct run *run, const struct mailbox *mailbox, const struct journal_op *op, struct journal_message *message)
{
    const bool sending = is_sending(op);
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
        return remember_mark(run, mailbox, op, message);
    if (op->target != 0)
        return unfinished_twin(run, op, message);
    return unfinished_index(run, mailbox, op, message, &done);
}

bool
unfinished_forget(struct run *run, const struct mailbox *mailbox)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct journal_op *ops = NULL;
    size_t count = 0;
    bool ok = (message != NULL || run_no_memory(run)) && journal_ops(run->journal, &ops, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++)
        ok = settle(run, mailbox, &ops[i], message);
    free(ops);
    free(message);
    return ok && journal_mailbox_delete(run->journal, mailbox->row.id, &run->err);
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
    *found = *found && !unfinished_is_settled(op, run->now);
    return true;
}

bool
unfinished_end_sent(struct run *run, const struct journal_op *op)
{
    return !unfinished_is_settled(op, run->now) || journal_op_delete(run->journal, op->id, &run->err);
}

/* ---- marks ---- */

bool
unfinished_is_mark(const struct journal_op *op)
{
    return op->kind == OP_REMOVE_REMOTE && op->message == 0;
}

struct mark {
    int64_t id; /* of its intent */
    uint32_t mailbox, uidvalidity, uid;
    bool stands; /* the server shows it after all */
};

struct marks {
    struct run *run;
    struct mark *at; /* by mailbox, UIDVALIDITY and UID */
    size_t count;
    uint32_t *uids;
    struct remote_store *requests; /* of each mailbox and UIDVALIDITY */
    size_t *first;                 /* mark of each request */
};

static struct mailbox *
find_listed(struct run *run, const char *wire)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->listed && mailbox->row.wire != NULL && strcmp(mailbox->row.wire, wire) == 0)
            return mailbox;
    }
    return NULL;
}

static int
compare_marks(const void *pa, const void *pb)
{
    const struct mark *a = pa, *b = pb;

    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    if (a->uidvalidity != b->uidvalidity)
        return a->uidvalidity < b->uidvalidity ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

/* A mailbox that is gone took its marks along. */
static bool
gather(struct marks *marks, const struct journal_op *ops, size_t count)
{
    struct run *run = marks->run;

    for (size_t i = 0; i < count; i++) {
        const struct mailbox *mailbox = unfinished_is_mark(&ops[i]) ? find_listed(run, ops[i].name) : NULL;

        if (mailbox != NULL)
            marks->at[marks->count++] = (struct mark){.id = ops[i].id,
                                                      .mailbox = (uint32_t)(mailbox - run->mailboxes),
                                                      .uidvalidity = ops[i].uidvalidity,
                                                      .uid = (uint32_t)ops[i].size};
        else if (unfinished_is_mark(&ops[i]) && !journal_op_delete(run->journal, ops[i].id, &run->err))
            return false;
    }
    if (marks->count != 0)
        qsort(marks->at, marks->count, sizeof *marks->at, compare_marks);
    return true;
}

static size_t
build(struct marks *marks)
{
    size_t requests = 0;

    for (size_t i = 0; i < marks->count; i++) {
        const struct mark *mark = &marks->at[i], *before = i == 0 ? NULL : &marks->at[i - 1];

        marks->uids[i] = mark->uid;
        if (before == NULL || before->mailbox != mark->mailbox || before->uidvalidity != mark->uidvalidity) {
            marks->first[requests] = i;
            marks->requests[requests++] =
                (struct remote_store){.mailbox = text_of(marks->run->mailboxes[mark->mailbox].row.wire),
                                      .uidvalidity = mark->uidvalidity,
                                      .uids = &marks->uids[i],
                                      .del = FLAG_DELETED};
        }
        marks->requests[requests - 1].count++;
    }
    return requests;
}

/* An OK does not say that the mark is off. */
static void
note_standing(struct marks *marks, size_t index, const struct remote_message *seen)
{
    struct mark *at = &marks->at[marks->first[index]];

    for (size_t i = 0; i < marks->requests[index].count; i++)
        at[i].stands = at[i].stands || (at[i].uid == seen->uid && (seen->flags & FLAG_DELETED) != 0);
}

/* Where it is one of our mailboxes again: its row does not show what was never anybody's wish. */
static bool
on_echo(void *context, size_t index, const struct remote_message *seen)
{
    struct marks *marks = context;
    struct run *run = marks->run;
    struct mailbox *mailbox = &run->mailboxes[marks->at[marks->first[index]].mailbox];
    struct journal_message message;
    bool found;

    if (!seen->has_flags)
        return true;
    note_standing(marks, index, seen);
    if (mailbox->row.id == 0)
        return true;
    mailbox->stirred = true;
    if (!journal_message_by_uid(run->journal, mailbox->row.id, seen->uid, &message, &found, &run->err))
        return false;
    if (!found)
        return true;
    message.rseen = seen->flags;
    return journal_message_save(run->journal, &message, &run->err);
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct marks *marks = context;
    size_t first = marks->first[index];

    if (!outcome->ok && !outcome->gone && !outcome->changed && !outcome->permanent)
        return true; /* the next run tries again */
    for (size_t i = 0; i < marks->requests[index].count; i++)
        if (!marks->at[first + i].stands &&
            !journal_op_delete(marks->run->journal, marks->at[first + i].id, &marks->run->err))
            return false;
    return true;
}

bool
unfinished_take_back(struct run *run, const struct journal_op *ops, size_t count)
{
    static const struct remote_observer observer = {.message = on_echo, .done = on_done};
    struct marks marks = {.run = run,
                          .at = calloc(count + 1, sizeof *marks.at),
                          .uids = calloc(count + 1, sizeof *marks.uids),
                          .requests = calloc(count + 1, sizeof *marks.requests),
                          .first = calloc(count + 1, sizeof *marks.first)};
    bool ok =
        (marks.at != NULL && marks.uids != NULL && marks.requests != NULL && marks.first != NULL) || run_no_memory(run);

    ok = ok && gather(&marks, ops, count);
    if (ok && marks.count != 0 && !run->dry)
        ok = run->remote.ops->store(run->remote.self, marks.requests, build(&marks), &observer, &marks, &run->err);
    free(marks.at);
    free(marks.uids);
    free(marks.requests);
    free(marks.first);
    return ok;
}
