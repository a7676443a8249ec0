/* The end of a run: rows of `pending` whose reason is over are deleted, and old mail leaves the quarantine. */
#include "sync/apply/apply.h"
#include "sync/rules/merge.h"
#include "sync/run/run.h"

/* What has a clean row may still be held, or kept back: only `expunge` removes what both sides show alike. */
static bool
is_over(const struct run *run, const struct journal_pending *pending, const struct journal_message *message)
{
    bool deleted = run->account->policy.expunge && merge_both_show(message->flags, FLAG_DELETED);

    return journal_message_is_clean(message) &&
           ((pending->kind != PENDING_HELD && pending->kind != PENDING_POLICY) || !deleted);
}

bool
close_pending(struct run *run)
{
    struct journal_pending *list;
    struct journal_message *message = calloc(1, sizeof *message);
    size_t count;
    bool ok = message != NULL || run_no_memory(run);

    if (!ok || !journal_pendings(run->journal, &list, &count, &run->err)) {
        free(message);
        return false;
    }
    ok = count == 0 || run_begin(run);
    for (size_t i = 0; ok && i < count; i++) {
        bool found = false, over;

        if (list[i].message == 0) {
            const struct mailbox *mailbox = run_mailbox_by_id(run, list[i].mailbox);

            over = mailbox == NULL || (mailbox->row.state == MAILBOX_ACTIVE && !mailbox_is_refused(mailbox->cautions));
        } else {
            ok = journal_message_get(run->journal, list[i].message, message, &found, &run->err);
            over = !found || is_over(run, &list[i], message);
        }
        if (ok && over)
            ok = journal_pending_clear(run->journal, list[i].mailbox, list[i].message, &run->err);
    }
    if (count != 0)
        ok = run_end(run, ok);
    free(list);
    free(message);
    return ok;
}

static bool
count_time(struct run *run)
{
    int64_t newest;

    if (!journal_quarantine_newest(run->journal, &newest, &run->err))
        return false;
    if (newest == INT64_MIN ? !age_is_stale(&run->age) : !age_is_due(&run->age))
        return true;
    return run_begin(run) && run_end(run, journal_quarantine_clamp(run->journal, age_stamp(&run->age.now), &run->err) &&
                                              age_save(run->journal, &run->age, &run->err));
}

/* The row says by the clock when a file came; its days are counted as sync/base/age.h says. */
bool
close_quarantine(struct run *run)
{
    struct journal_quarantined *list;
    size_t count;
    bool ok = true;
    if (!count_time(run) ||
        !journal_quarantine_list(run->journal, age_bound(&run->age.now, run->account->policy.quarantine_days), &list,
                                 &count, &run->err))
        return false;
    /* The file first: a row without a file says nothing wrong, a file without a row would stay for ever. */
    for (size_t i = 0; ok && i < count; i++) {
        struct error err = {0};

        if (!run->local.ops->quarantine_drop(run->local.self, list[i].name, &err)) {
            run_problem(run, NULL, &err);
            continue;
        }
        ok = run_begin(run) && journal_quarantine_delete(run->journal, list[i].name, &run->err) && run_commit(run);
    }
    free(list);
    return ok;
}
