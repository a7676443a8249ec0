/* The end of a run: rows of `pending` whose reason is over are deleted, and old mail leaves the quarantine. */
#include "sync/apply/apply.h"
#include "store/journal/quarantine.h"
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

/* Of a mailbox: it can be worked in again; or its folder could not be read, and is gone by now, which is another matter. */
static bool
is_over_there(const struct run *run, const struct journal_pending *pending, const struct mailbox *mailbox)
{
    if (mailbox == NULL)
        return true;
    if (mailbox->row.state == MAILBOX_GONE_LOCAL)
        return pending->kind == PENDING_FAILED && strcmp(pending->detail, "read") == 0;
    if (mailbox->name_waits || mailbox->stuck || mailbox->undecided)
        return false;
    return mailbox->row.state == MAILBOX_ACTIVE && !mailbox_is_refused(mailbox->cautions) &&
           !attempts_is_unreadable(run, mailbox);
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

        if (list[i].message == 0)
            over = is_over_there(run, &list[i], run_mailbox_by_id(run, list[i].mailbox));
        else {
            ok = journal_message_get(run->journal, list[i].message, message, &found, &run->err);
            over = !found || (is_over(run, &list[i], message) &&
                              attempts_find(run, message->mailbox, ATTEMPT_MEASURE, message->uid) == NULL);
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

bool
close_gmail(struct run *run)
{
    return !run->info.labels || report_acts(&run->counts) == 0 ||
           (run_begin(run) && run_end(run, journal_gmail_sweep(run->journal, &run->err)));
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

/* They are gone for good, or go with the next run: then their rows may go, in one commit. */
static bool
forget(struct run *run, const int64_t *ids, size_t count)
{
    struct error err = {0};
    bool ok;

    if (count == 0)
        return true;
    if (!run->local.ops->quarantine_flush(run->local.self, &err)) {
        run_problem(run, NULL, &err);
        return true;
    }
    ok = run_begin(run);
    for (size_t i = 0; ok && i < count; i++)
        ok = journal_quarantine_delete(run->journal, ids[i], &run->err);
    return run_end(run, ok);
}

/*
 * Files leave the quarantine, the first ones of the list, until that many bytes are free. The journal says that a file is gone when that is on
 * the disk, not before: all files, one flush of their directory, and then all rows. The other way round a power cut could bring a file back of
 * which no row tells, and it would stay for ever. A cut before the rows went leaves rows whose files are gone, and the next run removes those
 * files once more, which does nothing and needs no intent.
 *
 * @param gone  [out] how many went; their ids come first in the list then
 */
static bool
let_go(struct run *run, int64_t *ids, size_t count, uint64_t bytes, size_t *gone)
{
    struct journal_quarantined *row = calloc(1, sizeof *row);
    bool ok = row != NULL || run_no_memory(run), found;
    uint64_t freed = 0;

    *gone = 0;
    for (size_t i = 0; ok && i < count && freed < bytes && !run_stopped(run); i++) {
        struct error err = {0};

        ok = journal_quarantine_get(run->journal, ids[i], row, &found, &run->err);
        if (!ok || !found)
            continue;
        if (!run->local.ops->quarantine_drop(run->local.self, row->name, &err)) {
            run_problem(run, NULL, &err);
            continue;
        }
        freed += row->size;
        ids[(*gone)++] = row->id;
    }
    free(row);
    return ok && forget(run, ids, *gone);
}

#define YOUNG_DAYS 1 /* that old what is removed here is kept in any case */

/* Beyond its size the quarantine loses what came first. */
static bool
let_go_beyond_size(struct run *run)
{
    const uint64_t most = run->account->policy.quarantine_size;
    struct journal_quarantine_sum sum;
    int64_t *ids = NULL;
    size_t count = 0, gone;
    bool ok;

    if (most == 0)
        return true;
    if (!journal_quarantine_sum(run->journal, &sum, &run->err))
        return false;
    if (sum.bytes <= most)
        return true;
    ok = journal_quarantine_ids(run->journal, age_bound(&run->age.now, YOUNG_DAYS), &ids, &count, &run->err) &&
         let_go(run, ids, count, sum.bytes - most, &gone);
    if (ok)
        run->counts.let_go += gone;
    free(ids);
    return ok;
}

/* The row says by the clock when a file came; its days are counted as sync/base/age.h says. */
bool
close_quarantine(struct run *run)
{
    int64_t *ids = NULL;
    size_t count = 0, gone;
    bool ok = count_time(run) &&
              journal_quarantine_ids(run->journal, age_bound(&run->age.now, run->account->policy.quarantine_days), &ids,
                                     &count, &run->err) &&
              let_go(run, ids, count, UINT64_MAX, &gone) && let_go_beyond_size(run);

    free(ids);
    return ok;
}
