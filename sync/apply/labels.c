/* See labels.h. What Gmail calls a message is in the journal beside its UID; where that is not known, since the row is older, the bytes tell. */
#include "sync/apply/labels.h"

#include "sync/apply/removals.h"

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

/* The same message in another mailbox: does it stay there, or does that one go, and take it along? */
static bool
judge(struct labels *labels, const int64_t *ids, size_t count, bool *stays, bool *taken)
{
    bool ok = true;

    for (size_t i = 0; ok && !*stays && i < count; i++) {
        if (ids[i] == labels->row.id)
            continue;
        *taken = *taken || id_set_has(&labels->last, ids[i]);
        ok = run_load(labels->run, ids[i], &labels->other);
        *stays = ok && labels->other.mailbox != labels->row.mailbox && !id_set_has(&labels->going, ids[i]) &&
                 stands(labels, &labels->other);
        if (*stays && run_is_unseen(run_mailbox_by_id(labels->run, labels->other.mailbox))) {
            labels->unseen = true;
            *stays = false;
        }
    }
    return ok;
}

static bool
find_same(struct labels *labels, uint64_t msgid, int64_t **ids, size_t *count)
{
    struct run *run = labels->run;

    if (msgid != 0)
        return journal_gmail_ids(run->journal, msgid, ids, count, &run->err);
    *ids = NULL;
    *count = 0;
    return !labels->row.has_wire || journal_ids_by_wire(run->journal, labels->row.wire, ids, count, &run->err);
}

bool
labels_only_one(struct labels *labels, const struct todo *todo, bool *only)
{
    struct run *run = labels->run;
    bool stays = false, taken = false, ok;
    uint64_t msgid = 0;
    int64_t *ids = NULL;
    size_t count = 0;

    *only = labels->unseen = false;
    if ((run->mailboxes[todo->mailbox].uses & REMOTE_ALL) != 0)
        return true;
    ok = run_load(run, todo->id, &labels->row) &&
         journal_gmail_get(run->journal, labels->row.mailbox, labels->row.uid, &msgid, &run->err) &&
         find_same(labels, msgid, &ids, &count) && judge(labels, ids, count, &stays, &taken);
    free(ids);
    ids = NULL;
    count = 0;
    if (ok && !stays && !taken && msgid != 0) /* one of them may be older than that */
        ok = find_same(labels, 0, &ids, &count) && judge(labels, ids, count, &stays, &taken);
    free(ids);
    *only = stays || taken;
    labels->unseen = labels->unseen && !*only;
    return ok && (*only || labels->unseen || id_set_add(&labels->last, todo->id) || run_no_memory(run));
}
