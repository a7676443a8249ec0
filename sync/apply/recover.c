/*
 * Intents of an earlier run that was cut off. Their mailboxes are looked at first (survey.c); what is left to do here is little,
 * because a row that differs is planned again anyway, and new UIDs are paired with unconfirmed files by content (identify.c):
 *
 *   REMOVE_REMOTE  our \Deleted comes off what is still there, all in one turn; what is still gone here is planned again. One that we took off, to
 *                  move or copy the message without it, is nobody's wish to keep that.
 *                  Without a row, since its mailbox was forgotten (unfinished.c): the same, by name and UID.
 *   REMOVE_LOCAL   the file is in the quarantine: the row and the quarantine's index are finished. Else it is planned again.
 *                  Second names and second files were settled before anything was looked at (linked.h).
 *   UPLOAD, COPY, MOVE  paired by content; or planned again once the unanswered command can't be running any more. Where its time can't be
 *                  right, it has its full time from now on: it lies ahead, or before that of a run which was over when it was begun.
 *                  Without a row: forgotten by then.
 */
#include "sync/apply/recover.h"

#include "sync/apply/linked.h"
#include "sync/apply/undelete.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"

/* A slow line, and a slow server: so long, and `timeout`, it may take from the intents of a batch until the last of it is stored */
#define SENDING_BASE_S 30
#define SENDING_RATE (32 * 1024) /* bytes a second */
#define SENDING_COUNT 10         /* messages a second */
/* So long, beside the settle time of the last one, it may take to store what had come when the line ended */
#define STORING_RATE (1024 * 1024)
#define STORING_COUNT 50
#define STORING_MOST_S 30

static bool
finish_local(struct run *run, const struct journal_op *op, struct journal_message *message, bool found)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);
    bool done;

    if (!found || mailbox == NULL)
        return journal_op_delete(run->journal, op->id, &run->err);
    if (linked_is(op)) /* left by a dry run, or where a folder could not be listed */
        return true;
    if (!unfinished_index(run, mailbox, op, message, &done))
        return false;
    if (!done) /* planned again under the same intent; an altered file stays, until it is asked for again */
        return (message->facts & FACT_ALTERED) == 0 || journal_op_delete(run->journal, op->id, &run->err);
    if ((message->facts & FACT_GONE_HERE) ==
        0) /* cut off between the copy and the removal of its source, about which a new plan decides */
        return journal_op_delete(run->journal, op->id, &run->err);
    if ((message->facts & FACT_GONE_THERE) != 0 || message->uid == 0)
        return journal_message_delete(run->journal, message->id, &run->err);
    /* The server has it again meanwhile: it was golub that removed the file, not the user. */
    message->base[0] = message->info[0] = '\0';
    message->facts &= ~(unsigned)(FACT_GONE_HERE | FACT_ALTERED | FACT_ITS_BYTES | FACT_FETCHED);
    message->flags = merge_without_file(message->flags);
    return journal_op_delete(run->journal, op->id, &run->err) && journal_message_save(run->journal, message, &run->err);
}

/*
 * A copy of it was begun in the \Trash, and it is still to be removed: what is known of the copy stays, or there would be a second one. Where
 * nobody removes it any more that is forgotten: by the time when somebody does, the copy may be gone.
 */
static bool
is_copied(const struct run *run, const struct journal_op *op, const struct journal_message *message)
{
    const bool deleted = run->account->policy.expunge && merge_still_shows(message->flags, FLAG_DELETED);

    return op->name[0] != '\0' && ((message->facts & FACT_GONE_HERE) != 0 || deleted);
}

/* It lost \Deleted, and that was the removal itself: nobody wants it for that. A file that shows it sets it there once more. */
static bool
take_unmarked(struct run *run, const struct journal_op *op, struct journal_message *message)
{
    const unsigned off = merge_change(message->flags, false).del & FLAG_DELETED;

    if (off == 0 || !unfinished_unmarks(op))
        return true;
    message->flags = merge_unsaid(message->flags, off);
    return journal_message_save(run->journal, message, &run->err);
}

static bool
finish_remote(struct run *run, struct undelete *undelete, const struct journal_op *op, struct journal_message *message,
              bool found)
{
    const struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);

    /* Under another UIDVALIDITY: known by the message, when that is found again. */
    if (found && message->uid == 0 && (message->facts & FACT_UNPAIRED) != 0)
        return true;
    if (!found || mailbox == NULL || (message->facts & FACT_GONE_THERE) != 0 || message->uid == 0)
        return journal_op_delete(run->journal, op->id, &run->err);
    if (!mailbox_is_open(mailbox) || mailbox->row.wire == NULL)
        return true;
    if (!take_unmarked(run, op, message))
        return false;
    const bool copied = is_copied(run, op, message);

    if (!merge_is_own_deleted(message->flags, message->flags.rseen))
        return copied || journal_op_delete(run->journal, op->id, &run->err);
    if (!attempts_waits(run, mailbox, ATTEMPT_STORE, message->uid)) /* else once the server can be asked for it */
        undelete_add(undelete, op, mailbox, message->uid, copied);
    return true;
}

static bool
doubt_time(struct run *run, struct journal_op *op)
{
    const bool was_seen = op->seen > 0;
    const int64_t from = was_seen ? op->seen : op->since;

    if (from <= run->looked && (was_seen || !run->age.known || from >= run->age.last.clock))
        return true;
    op->seen = run->looked;
    return journal_op_save(run->journal, op, &run->err);
}

/* What went out together and was not answered, as far as the intents tell. */
struct unanswered {
    size_t count;
    uint64_t bytes;
};

/* A removal whose message is copied to the \Trash first? */
static bool
is_copying(const struct journal_op *op)
{
    return op->kind == OP_REMOVE_REMOTE && op->name[0] != '\0' && !undelete_is_forgotten(op);
}

static struct unanswered
count_unanswered(const struct journal_op *ops, size_t count)
{
    struct unanswered unanswered = {0};

    for (size_t i = 0; i < count; i++) {
        const bool is = (unfinished_is_sending(&ops[i]) || is_copying(&ops[i])) && ops[i].seen <= 0;

        unanswered.count += is;
        unanswered.bytes += is ? ops[i].size : 0;
    }
    return unanswered;
}

/*
 * Nobody knows when a run that was killed sent the last of it, or how long it waited for an answer, and the server stores one after the other: where it
 * may have been at work a moment ago the settle time counts from the first look that finds it unanswered.
 */
static bool
doubt_sending(struct run *run, struct journal_op *op, const struct unanswered *unanswered)
{
    const int64_t slow = (int64_t)(unanswered->bytes / SENDING_RATE) + (int64_t)(unanswered->count / SENDING_COUNT);
    const int64_t most = op->seen < 0 ? SENDING_BASE_S + run->account->connection.timeout_s + slow : STORING_MOST_S;
    const int64_t rest = (int64_t)(unanswered->bytes / STORING_RATE) + (int64_t)(unanswered->count / STORING_COUNT);

    if (op->seen > 0 ? op->seen <= run->looked + STORING_MOST_S
                     : op->since < run->looked && op->since + most <= run->looked)
        return op->seen > 0 || doubt_time(run, op);
    op->seen = run->looked + (rest < STORING_MOST_S ? rest : STORING_MOST_S);
    return journal_op_save(run->journal, op, &run->err);
}

/* What was answered, or was on a line that ended, is as old as that. */
static bool
doubt_copying(struct run *run, struct journal_op *op, const struct unanswered *unanswered)
{
    return op->seen == 0 ? doubt_time(run, op) : doubt_sending(run, op, unanswered);
}

bool
recover_intents(struct run *run)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct journal_op *ops = NULL;
    struct undelete *undelete;
    size_t count = 0;
    bool ok = message != NULL || run_no_memory(run);

    ok = ok && journal_ops(run->journal, &ops, &count, &run->err);
    if (!ok || count == 0) {
        free(ops);
        free(message);
        return ok;
    }
    const struct unanswered unanswered = count_unanswered(ops, count);
    undelete = undelete_new(run, count);
    ok = undelete != NULL && run_begin(run);
    for (size_t i = 0; ok && i < count; i++) {
        bool found;

        ok = journal_message_get(run->journal, ops[i].message, message, &found, &run->err);
        if (ok && ops[i].kind == OP_REMOVE_LOCAL)
            ok = finish_local(run, &ops[i], message, found);
        else if (ok && ops[i].kind == OP_REMOVE_REMOTE)
            ok = (!is_copying(&ops[i]) || doubt_copying(run, &ops[i], &unanswered)) &&
                 (undelete_is_forgotten(&ops[i]) ? undelete_add_forgotten(undelete, &ops[i])
                                                 : finish_remote(run, undelete, &ops[i], message, found));
        else if (ok && unfinished_is_sending(&ops[i]))
            ok = doubt_sending(run, &ops[i], &unanswered) &&
                 (!unfinished_is_sent(&ops[i]) || unfinished_end_sent(run, &ops[i]));
    }
    ok = ok && undelete_run(undelete);
    ok = run_end(run, ok);
    undelete_free(undelete);
    free(ops);
    free(message);
    return ok;
}
