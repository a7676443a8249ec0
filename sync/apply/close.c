/* The end of a run: rows of `pending` whose reason is over are deleted, and old mail leaves the quarantine. */
#include "sync/apply/apply.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"
#include "sync/run/run.h"

#include <inttypes.h>

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

            over = mailbox == NULL || (mailbox->row.state == MAILBOX_ACTIVE && !mailbox_is_refused(mailbox->cautions) &&
                                       !attempts_is_unreadable(run, mailbox));
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

/* What a message is called where people read of it. */
static void
print_message(struct run *run, const struct journal_pending *pending, char to[static 160])
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct error ignored = {0};
    bool found = false;

    (void)text_print(to, 160, "%s", pending->message == 0 ? "the mailbox" : "a message");
    if (message != NULL && pending->message != 0 &&
        journal_message_get(run->journal, pending->message, message, &found, &ignored) && found) {
        if (message->uid != 0)
            (void)text_print(to, 160, "UID %" PRIu32, message->uid);
        else
            (void)text_print(to, 160, "%.140s", message->base);
    }
    free(message);
}

/* @param rows  of one mailbox */
static void
say_waiting(struct run *run, const struct mailbox *mailbox, const struct journal_pending *first, size_t rows)
{
    struct error err = {0};
    char name[160], more[48] = "";

    print_message(run, first, name);
    if (rows > 1)
        (void)text_print(more, sizeof more, ", and %zu more", rows - 1);
    error_state(&err, ERROR_SERVER, "%s of %s waits%s", first->detail, name, more);
    error_answer(&err, text_of(first->why));
    error_hint(&err, "`golub status %s` lists what waits.", run->account->name);
    run_problem(run, mailbox, &err);
}

#define SAID_MAILBOXES 20

void
close_say_why(struct run *run)
{
    struct journal_pending *list = NULL;
    struct error err = {0};
    size_t count = 0, said = 0;
    const struct mailbox *forbids = NULL; /* something that was learned of it keeps removals waiting */
    const char *why;

    if (!journal_pendings(run->journal, &list, &count, &err))
        count = 0;
    for (size_t i = 0, next; i < count && said < SAID_MAILBOXES; i = next) { /* they are ordered by mailbox */
        const struct journal_pending *first = NULL;
        const struct mailbox *mailbox = run_mailbox_by_id(run, list[i].mailbox);
        size_t rows = 0;

        for (next = i; next < count && list[next].mailbox == list[i].mailbox; next++) {
            if (list[next].kind == PENDING_POLICY || list[next].kind == PENDING_HELD)
                continue;
            first = first == NULL ? &list[next] : first;
            rows++;
        }
        if (first == NULL || mailbox == NULL)
            continue;
        say_waiting(run, mailbox, first, rows);
        said++;
    }
    free(list);
    if (said != 0)
        return;
    for (size_t i = 0; i < run->count && forbids == NULL; i++) {
        const unsigned cautions = run->mailboxes[i].cautions & run->cautions;

        if (!removals_allowed(SIDE_HERE, cautions, 0, &why) || !removals_allowed(SIDE_THERE, cautions, 0, &why))
            forbids = &run->mailboxes[i];
    }
    err = (struct error){0};
    error_state(&err, ERROR_SERVER, "not all could be done in this run");
    if (forbids != NULL)
        error_answer(&err, text_of(why));
    error_hint(&err, "The next run goes on; `golub status %s` lists what waits.", run->account->name);
    run_problem(run, forbids, &err);
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

/* The file first: a row without a file says nothing wrong, a file without a row would stay for ever. */
static bool
let_go(struct run *run, int64_t id, struct journal_quarantined *row, bool *gone)
{
    struct error err = {0};
    bool found;

    *gone = false;
    if (!journal_quarantine_get(run->journal, id, row, &found, &run->err))
        return false;
    if (found && !run->local.ops->quarantine_drop(run->local.self, row->name, &err)) {
        run_problem(run, NULL, &err);
        return true;
    }
    *gone = found;
    return run_begin(run) && run_end(run, journal_quarantine_delete(run->journal, id, &run->err));
}

#define YOUNG_DAYS 1 /* that old what is removed here is kept in any case */

/* Beyond its size the quarantine loses what came first. */
static bool
let_go_beyond_size(struct run *run, struct journal_quarantined *row)
{
    const uint64_t most = run->account->policy.quarantine_size;
    struct journal_quarantine_sum sum;
    int64_t *ids = NULL;
    size_t count = 0;
    bool gone, ok;

    if (most == 0)
        return true;
    if (!journal_quarantine_sum(run->journal, &sum, &run->err))
        return false;
    ok = sum.bytes <= most ||
         journal_quarantine_ids(run->journal, age_bound(&run->age.now, YOUNG_DAYS), &ids, &count, &run->err);
    for (size_t i = 0; ok && i < count && sum.bytes > most; i++) {
        ok = let_go(run, ids[i], row, &gone);
        if (!gone)
            continue;
        sum.bytes -= row->size < sum.bytes ? row->size : sum.bytes;
        run->counts.let_go++;
    }
    free(ids);
    return ok;
}

/* The row says by the clock when a file came; its days are counted as sync/base/age.h says. */
bool
close_quarantine(struct run *run)
{
    struct journal_quarantined *row = calloc(1, sizeof *row);
    int64_t *ids = NULL;
    size_t count = 0;
    bool gone, ok = (row != NULL || run_no_memory(run)) && count_time(run) &&
                    journal_quarantine_ids(run->journal, age_bound(&run->age.now, run->account->policy.quarantine_days),
                                           &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++)
        ok = let_go(run, ids[i], row, &gone);
    ok = ok && let_go_beyond_size(run, row);
    free(ids);
    free(row);
    return ok;
}
