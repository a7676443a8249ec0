/*
 * See labels.h. What Gmail calls a message is in the journal beside its UID. Rows of an earlier version lack it: equal bytes say what may be the same
 * message, and Gmail is asked.
 */
#include "sync/apply/labels.h"

#include "sync/apply/removals.h"
#include "sync/run/situation.h"
#include "sync/run/uses.h"

struct finding {    /* of the other places of one message */
    uint64_t msgid; /* X-GM-MSGID; 0: not known */
    bool by_name;   /* they are found by that; else by their bytes */
    bool stays;
    int64_t taken_by, refused; /* rows that go to the \Trash, in this pass; when the server lets them */
    bool in_all;               /* it stands in \All */
};

/* Where a MOVE archives to. NULL: nobody says which it is, or nothing can be moved. */
static struct mailbox *
find_all(struct run *run)
{
    enum special_source source;
    struct mailbox *all = uses_find(run, REMOTE_ALL, &source);
    const bool certain = all != NULL && special_is_certain(source) && all->listed && all->row.wire != NULL;

    return certain && run->info.move ? all : NULL;
}

/* ... and what stands there is known. */
static struct mailbox *
find_synced_all(struct run *run)
{
    struct mailbox *all = find_all(run);

    return all != NULL && all->chosen && all->row.state == MAILBOX_ACTIVE ? all : NULL;
}

bool
labels_can_archive(struct run *run)
{
    return find_all(run) != NULL;
}

bool
labels_begin(struct labels *labels, struct run *run, const struct agenda *agenda)
{
    bool ok = true;

    *labels = (struct labels){.run = run, .all = find_synced_all(run)};
    for (size_t i = 0; ok && i < agenda->count; i++)
        ok = !removal_is_due(run, &agenda->todos[i], SIDE_THERE) || id_set_add(&labels->going, agenda->todos[i].id);
    return ok || run_no_memory(run);
}

void
labels_free(struct labels *labels)
{
    id_set_free(&labels->going);
    id_set_free(&labels->last);
}

/* ... for all that is known: in a mailbox that is being paired anew, and was not listed yet, it has no UID. */
static bool
stands(struct labels *labels, const struct journal_message *other)
{
    const struct mailbox *mailbox = run_mailbox_by_id(labels->run, other->mailbox);
    const bool repair = mailbox != NULL && mailbox->row.state == MAILBOX_REPAIR && run_is_unseen(mailbox);

    return mailbox != NULL && mailbox->chosen && mailbox->listed &&
           (repair || (mailbox->row.state == MAILBOX_ACTIVE && other->uid != 0)) &&
           (mailbox->uses & (REMOTE_TRASH | REMOTE_JUNK)) == 0 && (other->facts & (FACT_GONE_THERE | FACT_ALIAS)) == 0;
}

/* ---- the same message in another mailbox ---- */

/* All of this mailbox is listed once in this run, and with it what Gmail calls each. @return false: it was */
static bool
learn_names(struct mailbox *mailbox)
{
    if (mailbox == NULL || mailbox->names_asked)
        return false;
    mailbox->names_asked = mailbox->full = mailbox->stirred = true;
    return true;
}

/* Equal bytes: it is the same unless Gmail calls it otherwise. labels->asks: that is to be found out first. */
static bool
is_same(struct labels *labels, struct finding *finding, bool *same)
{
    struct run *run = labels->run;
    uint64_t msgid;

    *same = true;
    if (finding->by_name || labels->other.uid == 0)
        return true;
    if (!journal_gmail_get(run->journal, labels->other.mailbox, labels->other.uid, &msgid, &run->err))
        return false;
    if (msgid != 0 && finding->msgid != 0)
        *same = msgid == finding->msgid;
    if (msgid == 0 && learn_names(run_mailbox_by_id(run, labels->other.mailbox)))
        labels->asks = true;
    if (finding->msgid == 0 && learn_names(run_mailbox_by_id(run, labels->row.mailbox)))
        labels->asks = true;
    return true;
}

/*
 * What labels->other is to the message. \All is no label: what stands there alone is what Gmail archives, or deletes for ever, as its user has set;
 * and of a second \All nobody knows what a MOVE into it does.
 */
static void
note(struct labels *labels, struct finding *finding, bool last)
{
    const struct mailbox *mailbox = run_mailbox_by_id(labels->run, labels->other.mailbox);

    if (last)
        finding->taken_by = labels->other.id;
    else if (run_is_unseen(mailbox))
        labels->unseen = true;
    else if ((mailbox->uses & REMOTE_ALL) != 0 && mailbox != labels->all)
        return;
    else if (mailbox == labels->all)
        finding->in_all = true;
    else
        finding->stays = true;
}

/* Was labels->other to go in an earlier pass or run, and does it wait since the server refused that? Then it is no label that stays. */
static bool
is_refused(struct labels *labels, bool *refused)
{
    const struct journal_message *other = &labels->other;
    struct journal_pending pending;

    *refused = (other->facts & FACT_GONE_HERE) != 0;
    if (!*refused)
        return true;
    if (!journal_pending_get(labels->run->journal, other->mailbox, other->id, &pending, refused, &labels->run->err))
        return false;
    *refused = *refused && (pending.kind == PENDING_FAILED || pending.kind == PENDING_REFUSED);
    return true;
}

/* Does it stay there, or does that one go, and take it along? */
static bool
judge(struct labels *labels, struct finding *finding, const int64_t *ids, size_t count)
{
    bool ok = true, same, refused;

    for (size_t i = 0; ok && !finding->stays && i < count; i++) {
        if (ids[i] == labels->row.id)
            continue;
        ok = run_load(labels->run, ids[i], &labels->other);
        if (!ok || (!id_set_has(&labels->last, ids[i]) &&
                    (labels->other.mailbox == labels->row.mailbox || id_set_has(&labels->going, ids[i]) ||
                     !stands(labels, &labels->other))))
            continue;
        ok = is_same(labels, finding, &same);
        ok = ok && is_refused(labels, &refused);
        if (!ok || !same)
            continue;
        if (refused)
            finding->refused = ids[i];
        else
            note(labels, finding, id_set_has(&labels->last, ids[i]));
    }
    return ok;
}

static bool
find_by_name(struct labels *labels, struct finding *finding)
{
    struct run *run = labels->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok;

    if (finding->msgid == 0)
        return true;
    finding->by_name = true;
    ok = journal_gmail_ids(run->journal, finding->msgid, &ids, &count, &run->err) && judge(labels, finding, ids, count);
    free(ids);
    return ok;
}

static bool
find_by_bytes(struct labels *labels, struct finding *finding)
{
    struct run *run = labels->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok;

    if (finding->stays || finding->taken_by != 0 || !labels->row.has_wire)
        return true;
    finding->by_name = false;
    ok = journal_ids_by_wire(run->journal, labels->row.wire, &ids, &count, &run->err) &&
         judge(labels, finding, ids, count);
    free(ids);
    return ok;
}

bool
labels_only_one(struct labels *labels, const struct todo *todo, bool *only)
{
    struct run *run = labels->run;
    struct finding finding = {0};

    *only = labels->unseen = labels->asks = false;
    labels->taken_by = 0;
    if ((run->mailboxes[todo->mailbox].uses & REMOTE_ALL) != 0)
        return true;
    if (!run_load(run, todo->id, &labels->row) ||
        !journal_gmail_get(run->journal, labels->row.mailbox, labels->row.uid, &finding.msgid, &run->err) ||
        !find_by_name(labels, &finding) || !find_by_bytes(labels, &finding))
        return false;
    if (finding.taken_by == 0 && !finding.in_all)
        finding.taken_by = finding.refused;
    *only = !labels->asks && (finding.stays || finding.taken_by != 0 || finding.in_all);
    labels->taken_by = *only && !finding.stays ? finding.taken_by : 0;
    labels->unseen = labels->unseen && !*only;
    return labels->asks || labels->unseen || *only || id_set_add(&labels->last, todo->id) || run_no_memory(run);
}

/* ---- archived ---- */

struct archiving {
    struct expunging expunging; /* the first: it is the context of what remove.c does */
    struct mailbox *all;
};

static bool
on_archived(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct archiving *archiving = context;

    archiving->all->stirred = archiving->all->chosen; /* the next look shows whether it stands there still */
    return expunging_done(&archiving->expunging, index, item, uid, outcome);
}

bool
labels_carry(struct run *run, struct agenda *agenda)
{
    static const struct remote_changer changer = {expunging_verify, on_archived};
    struct archiving archiving = {.all = find_all(run)};
    struct expunging *expunging = &archiving.expunging;
    struct remote_info now;
    struct arena arena = {0};
    bool any = false, ok;

    for (size_t i = 0; !any && i < agenda->count; i++)
        any = agenda->todos[i].archived && removal_is_due(run, &agenda->todos[i], SIDE_THERE);
    if (!any || archiving.all == NULL)
        return true;
    ok = expunging_begin(expunging, run, agenda, &arena);
    for (size_t i = 0; ok && i < agenda->count; i++) {
        if (agenda->todos[i].archived && removal_is_due(run, &agenda->todos[i], SIDE_THERE))
            expunging_add(expunging, &agenda->todos[i]);
    }
    for (size_t i = 0; ok && i < expunging->count; i++) {
        expunging->requests[i].target = text_of(archiving.all->row.wire);
        expunging->requests[i].target_uidvalidity = archiving.all->row.uidvalidity;
        expunging->requests[i].undelete = true;
    }
    ok = ok && situation_mark(run) && expunging_intend(expunging, true) &&
         expunging_ask(expunging, run->remote.ops->move, &changer);
    run->remote.ops->info(run->remote.self, &now);
    run->info.move = now.move; /* a server may offer MOVE and refuse it: the next pass moves these into the \Trash */
    arena_free(&arena);
    return ok;
}

/* ---- taken along ---- */

/* Is that label in the \Trash now, and its message with it? Then the next look shows it gone here as well. In a transaction. */
static bool
follow(struct run *run, struct todo *todo, struct journal_message *message)
{
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    bool found;

    todo->dropped = true;
    if (!journal_message_get(run->journal, todo->taken_by, message, &found, &run->err))
        return false;
    if (!found || (message->facts & FACT_GONE_THERE) != 0) {
        mailbox->stirred = run->replan = true;
        return true;
    }
    run->partial = true;
    return run_pending(run, mailbox, todo->id, PENDING_FAILED, plan_verb_word(todo->step.verb),
                       "another label of its message goes to the Trash first", NULL);
}

bool
labels_after_trash(struct run *run, struct agenda *agenda)
{
    struct journal_message *message = NULL;
    bool any = false, ok;

    for (size_t i = 0; !any && i < agenda->count; i++)
        any = agenda->todos[i].taken_by != 0 && removal_is_due(run, &agenda->todos[i], SIDE_THERE);
    if (!any)
        return true;
    message = calloc(1, sizeof *message);
    ok = (message != NULL || run_no_memory(run)) && run_begin(run);
    if (ok) {
        for (size_t i = 0; ok && i < agenda->count; i++)
            ok = agenda->todos[i].taken_by == 0 || !removal_is_due(run, &agenda->todos[i], SIDE_THERE) ||
                 follow(run, &agenda->todos[i], message);
        ok = run_end(run, ok);
    }
    free(message);
    return ok;
}
