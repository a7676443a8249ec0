/*
 * See labels.h. What Gmail calls a message is in the journal beside its UID. Rows of an earlier version lack it: equal bytes say what may be the same
 * message, and Gmail is asked.
 */
#include "sync/apply/labels.h"

#include "sync/apply/removals.h"

struct finding {    /* of the other places of one message */
    uint64_t msgid; /* X-GM-MSGID; 0: not known */
    bool by_name;   /* they are found by that; else by their bytes */
    bool stays, taken;
};

bool
labels_begin(struct labels *labels, struct run *run, const struct agenda *agenda)
{
    bool ok = true;

    *labels = (struct labels){.run = run};
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

static bool
stands(struct labels *labels, const struct journal_message *other)
{
    const struct mailbox *mailbox = run_mailbox_by_id(labels->run, other->mailbox);

    return mailbox != NULL && mailbox->chosen && mailbox->listed && mailbox->row.state == MAILBOX_ACTIVE &&
           (mailbox->uses & (REMOTE_TRASH | REMOTE_JUNK)) == 0 && other->uid != 0 &&
           (other->facts & (FACT_GONE_THERE | FACT_ALIAS)) == 0;
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
    if (finding->by_name)
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

/* Does it stay there, or does that one go, and take it along? */
static bool
judge(struct labels *labels, struct finding *finding, const int64_t *ids, size_t count)
{
    bool ok = true, same;

    for (size_t i = 0; ok && !finding->stays && i < count; i++) {
        if (ids[i] == labels->row.id)
            continue;
        ok = run_load(labels->run, ids[i], &labels->other);
        if (!ok || (!id_set_has(&labels->last, ids[i]) &&
                    (labels->other.mailbox == labels->row.mailbox || id_set_has(&labels->going, ids[i]) ||
                     !stands(labels, &labels->other))))
            continue;
        ok = is_same(labels, finding, &same);
        if (!ok || !same)
            continue;
        if (id_set_has(&labels->last, ids[i]))
            finding->taken = true;
        else if (run_is_unseen(run_mailbox_by_id(labels->run, labels->other.mailbox)))
            labels->unseen = true;
        else
            finding->stays = true;
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

    if (finding->stays || finding->taken || !labels->row.has_wire)
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
    if ((run->mailboxes[todo->mailbox].uses & REMOTE_ALL) != 0)
        return true;
    if (!run_load(run, todo->id, &labels->row) ||
        !journal_gmail_get(run->journal, labels->row.mailbox, labels->row.uid, &finding.msgid, &run->err) ||
        !find_by_name(labels, &finding) || !find_by_bytes(labels, &finding))
        return false;
    *only = !labels->asks && (finding.stays || finding.taken);
    labels->unseen = labels->unseen && !*only;
    return labels->asks || labels->unseen || *only || id_set_add(&labels->last, todo->id) || run_no_memory(run);
}
