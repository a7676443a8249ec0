/* See view.h. */
#include "sync/observe/view.h"

#include "sync/rows/own_name.h"

#include <inttypes.h>

#define ROUND 50        /* every known limit is a multiple of it */
#define WELL_KNOWN 1000 /* ... and those of the large providers are multiples of this */

static const char *
offers(const struct run *run, const char *what)
{
    return run->info.capabilities != NULL ? strstr(run->info.capabilities, what) : NULL;
}

static bool
is_announced(const struct run *run, uint32_t exists)
{
    const char *limit = offers(run, "MESSAGELIMIT=");

    return exists != 0 && limit != NULL && strtoul(limit + strlen("MESSAGELIMIT="), NULL, 10) == exists;
}

static bool
is_multiple(uint32_t exists, uint32_t of)
{
    return exists != 0 && exists % of == 0;
}

/* May a view end at this number? */
static bool
is_round(const struct run *run, uint32_t exists)
{
    return is_multiple(exists, ROUND) || offers(run, "MESSAGELIMIT") != NULL || offers(run, "UIDONLY") != NULL;
}

/*
 * If the server stops at this number in one mailbox, it does so in all. A server that announces limits makes a view of
 * any other number, too.
 */
static bool
is_limit_elsewhere(const struct run *run, uint32_t exists)
{
    const bool may_be = is_multiple(exists, ROUND) || is_announced(run, exists);

    for (size_t i = 0; may_be && i < run->count; i++)
        if (run->mailboxes[i].row.view == exists)
            return true;
    return false;
}

static bool
is_at_limit(const struct mailbox *mailbox)
{
    return mailbox->row.view != 0 && mailbox->row.view == mailbox->row.messages;
}

void
view_set(struct run *run, struct mailbox *mailbox, uint32_t exists)
{
    char text[120];

    if (mailbox->row.view == exists)
        return;
    mailbox->row.view = exists;
    (void)text_print(text, sizeof text, "the server shows only the newest %" PRIu32 " messages: older ones stay here",
                     exists);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "view", text);
}

void
view_learn(struct run *run, struct mailbox *mailbox, const struct view *view)
{
    const uint32_t before = mailbox->row.messages;

    /* The mailbox lost rows when its folder came back, so a message that no row knows may be an old one. */
    if (view->slid == 0 || mailbox->row.state == MAILBOX_REPAIR)
        return;
    if (view->exists < before && is_multiple(before, ROUND)) /* it ended at a limit, and perhaps does not any more */
        view_set(run, mailbox, before);
    else if (view->exists >= before && is_multiple(view->exists, ROUND))
        view_set(run, mailbox, view->exists);
}

/* Was the message sent or moved to this mailbox, without an answer that told its UID? */
static bool
is_unnamed_in(struct run *run, const struct journal_op *op, const struct mailbox *mailbox, bool *is)
{
    const int64_t id = op->kind == OP_UPLOAD ? op->message : op->target;
    struct journal_message message;
    bool found;

    *is = false;
    if (id == 0 || (op->kind != OP_UPLOAD && op->kind != OP_COPY && op->kind != OP_MOVE))
        return true;
    if (!journal_message_get(run->journal, id, &message, &found, &run->err))
        return false;
    *is = found && message.mailbox == mailbox->row.id && message.uid == 0;
    return true;
}

bool
view_count_sent(struct run *run, const struct mailbox *mailbox, struct view *view)
{
    struct journal_op *ops;
    size_t count;
    bool ok = true, unnamed;

    if (view->vanished == 0 || view->ours >= view->arrived)
        return true;
    if (!journal_ops(run->journal, &ops, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count && view->ours < view->arrived; i++) {
        ok = is_unnamed_in(run, &ops[i], mailbox, &unnamed);
        view->ours += ok && unnamed;
    }
    free(ops);
    return ok;
}

bool
view_is_cut(const struct run *run, const struct mailbox *mailbox, const struct view *view)
{
    const struct journal_mailbox *row = &mailbox->row;

    if (view->vanished == 0 || view->exists == 0 || view->lowest == 0 || (row->uidnext == 0 && !view->uneven))
        return false;
    if (row->view == view->exists || is_announced(run, view->exists))
        return true;
    if (view->uneven)
        return is_round(run, view->exists);
    if (view->arrived < view->vanished)
        return false;
    /*
     * It grew by less than the number of messages that were sent to it: for each of the others the oldest one left the
     * view.
     */
    if (view->ours >= view->vanished && is_multiple(view->exists, ROUND))
        return true;
    if (view->exists == row->messages)
        return is_round(run, view->exists);
    return is_multiple(view->exists, WELL_KNOWN); /* it grew up to that number */
}

bool
view_hides_changes(const struct run *run, const struct mailbox *mailbox)
{
    const struct journal_mailbox *row = &mailbox->row;

    /*
     * As many messages as before although one is missing: an older one came into view for it. VANISHED would have named
     * it.
     */
    return is_at_limit(mailbox) || (!run->info.qresync && is_multiple(row->messages, ROUND));
}

void
view_begin(struct run *run, struct mailbox *mailbox, const struct view *view)
{
    char text[160];

    if (mailbox->row.uidnext != 0)
        return;
    if (is_announced(run, view->exists))
        view_set(run, mailbox, view->exists);
    /* The first message ever is still there: nothing is cut off. */
    else if (mailbox->row.view == 0 && is_multiple(view->exists, WELL_KNOWN) && view->lowest > 1) {
        (void)text_print(text, sizeof text,
                         "the server shows %" PRIu32
                         " messages: if that is all it ever shows of a mailbox, older ones stay where they are",
                         view->exists);
        report_mailbox(run->report, run->account->name, run_called(mailbox), "view", text);
    }
    mailbox->perhaps_cut = !run_learned(mailbox, CAUTION_REPAIRED) && view->lowest > 1 &&
                           (is_multiple(view->exists, ROUND) || is_announced(run, view->exists));
}

bool
view_may_hide(const struct mailbox *mailbox)
{
    return mailbox->perhaps_cut || is_at_limit(mailbox);
}

static void
leave_out(struct journal_message *message)
{
    message->facts |= FACT_GONE_THERE; /* without a file the planner forgets the row */
    if (message->base[0] != '\0')
        message->facts |= FACT_OUT_OF_VIEW;
    message->facts &= ~(unsigned)FACT_ECHO;
    if ((message->facts & FACT_GONE_HERE) == 0 || message->uid == 0) /* else its file is fetched once it is seen */
        message->facts &= ~(unsigned)FACT_UNPAIRED;
}

bool
view_leave_out(struct run *run, struct journal_message *message)
{
    leave_out(message);
    return journal_message_save(run->journal, message, &run->err);
}

/* Rows that `change` changes are saved. *changed: there were any. */
static bool
change_each(struct run *run, const struct mailbox *mailbox, enum journal_which which,
            bool (*change)(struct journal_message *message, uint32_t uid), uint32_t uid, bool *changed)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    *changed = false;
    if (!journal_message_ids(run->journal, mailbox->row.id, which, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (!ok || !change(&message, uid))
            continue;
        *changed = true;
        ok = journal_message_save(run->journal, &message, &run->err);
    }
    free(ids);
    return ok;
}

static bool
recall(struct journal_message *message, uint32_t lowest)
{
    if (message->uid == 0 || message->uid >= lowest || (message->facts & FACT_GONE_THERE) == 0)
        return false;
    leave_out(message);
    return true;
}

bool
view_recall(struct run *run, struct mailbox *mailbox, uint32_t lowest)
{
    bool changed;

    return change_each(run, mailbox, WHICH_DIRTY, recall, lowest, &changed);
}

bool
view_recall_limit(struct run *run, struct mailbox *mailbox, const struct view *view)
{
    if (view->vanished == 0 || view->arrived < view->vanished || view->lowest == 0 ||
        mailbox->row.view == view->exists || !is_limit_elsewhere(run, view->exists))
        return true;
    view_set(run, mailbox, view->exists);
    return view_recall(run, mailbox, view->lowest) && journal_mailbox_save(run->journal, &mailbox->row, &run->err);
}

static bool
bring_into_view(struct journal_message *message, uint32_t above)
{
    if (above != 0 && message->uid <= above)
        return false;
    message->facts &= ~(unsigned)(FACT_OUT_OF_VIEW | FACT_UNPAIRED);
    if (message->uid == 0)
        message->facts |= FACT_UNPAIRED;
    return true;
}

/* Judged like any that is missing: those above this UID. */
static bool
judge(struct run *run, struct mailbox *mailbox, uint32_t above)
{
    bool changed, ok = change_each(run, mailbox, WHICH_OUT_OF_VIEW, bring_into_view, above, &changed);

    run->vanished = run->vanished || changed;
    return ok;
}

bool
view_reaches(struct run *run, struct mailbox *mailbox, uint32_t lowest)
{
    return lowest == 0 || judge(run, mailbox, lowest);
}

bool
view_end(struct run *run, struct mailbox *mailbox, const struct view *view)
{
    bool ok;

    if (view->exists > mailbox->row.view &&
        (is_announced(run, view->exists) || is_multiple(view->exists, WELL_KNOWN))) {
        view_set(run, mailbox, view->exists);
        return view_reaches(run, mailbox, view->lowest);
    }
    ok = judge(run, mailbox, 0);
    if (mailbox->row.view < view->exists) /* else it is known where the server stops should it grow again */
        mailbox->row.view = 0;
    return ok;
}

bool
view_spare(struct run *run, struct mailbox *mailbox, int64_t id)
{
    const unsigned lost = FACT_UNPAIRED | FACT_GONE_THERE | FACT_GONE_HERE;
    struct journal_message message;
    bool had_uid;

    if (!run_load(run, id, &message))
        return false;
    had_uid = (message.facts & lost) == (FACT_UNPAIRED | FACT_GONE_THERE);
    if (mailbox_is_unsure(mailbox->cautions) ||
        !(had_uid ? is_at_limit(mailbox)
                  : (message.facts & ~(unsigned)FACT_AGAIN) == 0 && own_name_is_ours(message.base)))
        return true;
    if (!had_uid && !mailbox->perhaps_cut) /* perhaps a copy of a message that is somewhere else */
        return true;
    view_set(run, mailbox, mailbox->row.messages);
    return view_leave_out(run, &message);
}
