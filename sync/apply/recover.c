/*
 * Intents of an earlier run that was cut off. Their mailboxes are looked at first (survey.c); what is left to do here is little,
 * because a row that differs is planned again anyway, and new UIDs are paired with unconfirmed files by content (identify.c):
 *
 *   REMOVE_REMOTE  our \Deleted comes off what is still there, all in one turn; what is still gone here is planned again.
 *                  Without a row, since its mailbox was forgotten (unfinished.c): the same, by name and UID.
 *   REMOVE_LOCAL   the file is in the quarantine: the row and the quarantine's index are finished. Else it is planned again.
 *                  A second file of one name (twins.c): the same for the index; its row stays.
 *                  The second name of a move here was taken back before anything was looked at (linked.h).
 *   UPLOAD, COPY, MOVE  paired by content; or planned again once the unanswered command can't be running any more. Where its time can't be
 *                  right, it has its full time from now on: it lies ahead, or before that of a run which was over when it was begun.
 *                  Without a row: forgotten by then.
 */
#include "sync/apply/recover.h"

#include "sync/apply/linked.h"
#include "sync/apply/marks.h"
#include "sync/rows/unfinished.h"

static bool
finish_local(struct run *run, const struct journal_op *op, struct journal_message *message, bool found)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);
    bool done;

    if (!found || mailbox == NULL)
        return journal_op_delete(run->journal, op->id, &run->err);
    if (linked_is(op)) /* a dry run takes nothing back */
        return true;
    if (op->target != 0)
        return unfinished_twin(run, op, message);
    if (!unfinished_index(run, mailbox, op, message, &done))
        return false;
    if (!done) /* planned again under the same intent */
        return true;
    if ((message->facts & FACT_GONE_HERE) ==
        0) /* cut off between the copy and its source: whatever is planned for that one now */
        return journal_op_delete(run->journal, op->id, &run->err);
    if ((message->facts & FACT_GONE_THERE) != 0 || message->uid == 0)
        return journal_message_delete(run->journal, message->id, &run->err);
    /* The server has it again meanwhile: it was golub that removed the file, not the user. */
    message->base[0] = message->info[0] = '\0';
    message->facts &= ~(unsigned)FACT_GONE_HERE;
    message->lbase = message->lseen = 0;
    return journal_op_delete(run->journal, op->id, &run->err) && journal_message_save(run->journal, message, &run->err);
}

struct mark { /* our \Deleted on a message, left by a removal that was cut off */
    uint32_t mailbox, uid;
};

struct taking_back {
    struct run *run;
    struct mark *marks; /* by mailbox and UID */
    size_t count;
    uint32_t *uids;
    struct remote_store *requests;
    uint32_t *mailboxes; /* of each request */
};

static bool
on_echo(void *context, size_t index, const struct remote_message *seen)
{
    struct taking_back *back = context;
    struct run *run = back->run;
    struct journal_message message;
    struct journal_op op;
    bool found;

    if (!seen->has_flags || (seen->flags & FLAG_DELETED) != 0)
        return true;
    if (!journal_message_by_uid(run->journal, run->mailboxes[back->mailboxes[index]].row.id, seen->uid, &message,
                                &found, &run->err))
        return false;
    if (!found)
        return true;
    if (!journal_op_of(run->journal, message.id, &op, &found, &run->err))
        return false;
    if (!found || op.kind != OP_REMOVE_REMOTE)
        return true;
    message.rseen = seen->flags;
    return journal_message_save(run->journal, &message, &run->err) && journal_op_delete(run->journal, op.id, &run->err);
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    (void)context;
    (void)index;
    (void)outcome; /* not taken back: the intent stays and the next run tries again */
    return true;
}

/*
 * Is there something to take back? Always where our \Deleted stands, although the file is still gone: the same bytes may come up under
 * another name or in another folder, and the mark would go along with the message, as if somebody had made it.
 */
static bool
finish_remote(struct taking_back *back, const struct journal_op *op, const struct journal_message *message, bool found)
{
    struct run *run = back->run;
    const struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);

    /* Under another UIDVALIDITY: known by the message, when that is found again. */
    if (found && message->uid == 0 && (message->facts & FACT_UNPAIRED) != 0)
        return true;
    if (!found || mailbox == NULL || (message->facts & FACT_GONE_THERE) != 0 || message->uid == 0)
        return journal_op_delete(run->journal, op->id, &run->err);
    if (!mailbox_is_open(mailbox) || mailbox->row.wire == NULL)
        return true;
    if ((message->rseen & FLAG_DELETED) == 0 || (message->rbase & FLAG_DELETED) != 0)
        return journal_op_delete(run->journal, op->id, &run->err);
    if (!run->dry)
        back->marks[back->count++] = (struct mark){(uint32_t)(mailbox - run->mailboxes), message->uid};
    return true;
}

static int
compare_marks(const void *pa, const void *pb)
{
    const struct mark *a = pa, *b = pb;

    if (a->mailbox != b->mailbox)
        return a->mailbox < b->mailbox ? -1 : 1;
    return a->uid == b->uid ? 0 : a->uid < b->uid ? -1 : 1;
}

static bool
take_back(struct taking_back *back)
{
    static const struct remote_observer observer = {.message = on_echo, .done = on_done};
    struct run *run = back->run;
    size_t requests = 0;

    if (back->count == 0)
        return true;
    qsort(back->marks, back->count, sizeof *back->marks, compare_marks);
    for (size_t i = 0; i < back->count; i++) {
        uint32_t index = back->marks[i].mailbox;
        struct mailbox *mailbox = &run->mailboxes[index];

        back->uids[i] = back->marks[i].uid;
        if (i == 0 || back->marks[i - 1].mailbox != index) {
            back->mailboxes[requests] = index;
            back->requests[requests++] = (struct remote_store){.mailbox = text_of(mailbox->row.wire),
                                                               .uidvalidity = mailbox->row.uidvalidity,
                                                               .uids = &back->uids[i],
                                                               .del = FLAG_DELETED};
            mailbox->stirred = true;
        }
        back->requests[requests - 1].count++;
    }
    return run->remote.ops->store(run->remote.self, back->requests, requests, &observer, back, &run->err);
}

static bool
begin_taking_back(struct taking_back *back, struct run *run, size_t count)
{
    *back = (struct taking_back){.run = run,
                                 .marks = calloc(count, sizeof *back->marks),
                                 .uids = calloc(count, sizeof *back->uids),
                                 .requests = calloc(count, sizeof *back->requests),
                                 .mailboxes = calloc(count, sizeof *back->mailboxes)};
    return (back->marks != NULL && back->uids != NULL && back->requests != NULL && back->mailboxes != NULL) ||
           run_no_memory(run);
}

static void
end_taking_back(struct taking_back *back)
{
    free(back->marks);
    free(back->uids);
    free(back->requests);
    free(back->mailboxes);
}

static bool
doubt_time(struct run *run, struct journal_op *op)
{
    int64_t from = op->seen != 0 ? op->seen : op->since;

    if (from <= run->now && (op->seen != 0 || !run->age.known || from >= run->age.last.clock))
        return true;
    op->seen = run->now;
    return journal_op_save(run->journal, op, &run->err);
}

bool
recover_intents(struct run *run)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct journal_op *ops = NULL;
    struct taking_back back;
    size_t count = 0;
    bool ok = message != NULL || run_no_memory(run);

    ok = ok && journal_ops(run->journal, &ops, &count, &run->err);
    if (!ok || count == 0) {
        free(ops);
        free(message);
        return ok;
    }
    ok = begin_taking_back(&back, run, count) && run_begin(run);
    for (size_t i = 0; ok && i < count; i++) {
        bool found;

        ok = journal_message_get(run->journal, ops[i].message, message, &found, &run->err);
        if (ok && ops[i].kind == OP_REMOVE_LOCAL)
            ok = finish_local(run, &ops[i], message, found);
        else if (ok && ops[i].kind == OP_REMOVE_REMOTE && !marks_is(&ops[i]))
            ok = finish_remote(&back, &ops[i], message, found);
        else if (ok && ops[i].kind != OP_REMOVE_REMOTE)
            ok = doubt_time(run, &ops[i]) && (!unfinished_is_sent(&ops[i]) || unfinished_end_sent(run, &ops[i]));
    }
    ok = ok && take_back(&back) && marks_take_back(run, ops, count);
    ok = run_end(run, ok);
    end_taking_back(&back);
    free(ops);
    free(message);
    return ok;
}
