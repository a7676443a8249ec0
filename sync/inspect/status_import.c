/* `golub status` of a POP account: how many are here and there, what is missing and why, what is held. */
#include <inttypes.h>

#include "store/journal/pop.h"
#include "sync/base/age_journal.h"
#include "sync/inspect/status_private.h"

struct view {
    const struct account *account;
    struct journal *journal;
    struct report *report;
    const struct age *age;
    int64_t now; /* counted */
    struct error *err;
    struct report_drop drop;
};

static bool
show_counts(struct view *view)
{
    uint64_t stored, had, removing, begun;

    if (!journal_pop_count(view->journal, POP_STORED, &stored, view->err) ||
        !journal_pop_count(view->journal, POP_HAD, &had, view->err) ||
        !journal_pop_count(view->journal, POP_REMOVING, &removing, view->err) ||
        !journal_pop_count(view->journal, POP_FETCHING, &begun, view->err))
        return false;
    report_line(view->report, view->account->name, "mail",
                "%" PRIu64 " stored here and still on the server, %" PRIu64 " recorded as had, %" PRIu64 " to fetch",
                stored + removing, had, begun);
    view->drop.stored = stored + removing;
    view->drop.had = had;
    view->drop.to_fetch = begun;
    view->drop.removing = removing;
    if (removing > 0)
        report_line(view->report, view->account->name, "removing",
                    "%" PRIu64 " of them were being removed from the server when a session "
                    "ended without an answer: the next run looks at them",
                    removing);
    return true;
}

/* Files that are not here any more, of messages that still are there. */
static bool
show_missed(struct view *view)
{
    uint64_t missed;

    if (!journal_pop_count_missed(view->journal, &missed, view->err))
        return false;
    view->drop.missing = missed;
    if (missed > 0)
        report_line(view->report, view->account->name, "missing",
                    "%" PRIu64
                    " of them %s not here any more: removed from the server when `keep` is over, and after %d days "
                    "of being missed",
                    missed, missed == 1 ? "is" : "are", view->account->policy.quarantine_days);
    return true;
}

/* What max-messages left for a later run. */
static bool
show_left(struct view *view)
{
    char *left;

    if (!journal_get(view->journal, "left", &left, view->err))
        return false;
    if (left != NULL && !text_number(text_of(left), INT64_MAX, &view->drop.left))
        view->drop.left = 0;
    if (left != NULL && strcmp(left, "0") != 0)
        report_line(view->report, view->account->name, "left", "left on the server for a later run by max-messages: %s",
                    left);
    free(left);
    return true;
}

/* Then it waits, since nobody can tell a file that was removed from one that was lost. */
static bool
is_missed_lately(const struct view *view, const struct journal_pop *row)
{
    const int days = view->account->policy.quarantine_days;

    return row->missed != 0 && days > 0 && row->missed >= age_bound(view->age, days);
}

/* Of those whose days are over: what is held, and what stays for another reason that is known, is told by its own line. */
static bool
count_due(struct view *view, const int64_t *ids, size_t count)
{
    struct journal_pop row;
    bool ok = true, found;

    for (size_t i = 0; ok && i < count; i++) {
        ok = journal_pop_get(view->journal, ids[i], &row, &found, view->err);
        view->drop.due += ok && found && row.hold[0] == '\0' && row.why[0] == '\0' && !is_missed_lately(view, &row);
    }
    return ok;
}

static bool
show_due(struct view *view)
{
    int days = view->account->import.keep_days;
    char *identity;
    int64_t *ids;
    size_t count;
    bool removable, ok;

    if (!journal_get(view->journal, "identity", &identity, view->err))
        return false;
    removable = days >= 0 && (identity == NULL || strcmp(identity, "uidl") == 0); /* without UIDL nothing is removed */
    free(identity);
    if (!removable)
        return true;
    if (!journal_pop_due(view->journal, days, days == 0 ? INT64_MAX : view->now, &ids, &count, view->err))
        return false;
    ok = count_due(view, ids, count);
    free(ids);
    if (ok && view->drop.due > 0)
        report_line(view->report, view->account->name, "due",
                    "%" PRIu64 " %s due to be removed from the server under the `keep` of now", view->drop.due,
                    view->drop.due == 1 ? "is" : "are");
    return ok;
}

static void
show_waiting(struct view *view, const struct journal_pop *row, const char *work, const char *why)
{
    const bool here = row->state != POP_FETCHING;
    const struct report_pending pending = {
        .work = work, .uidl = row->uidl, .file = here ? row->base : NULL, .why = why, .since = row->since};
    char text[4096], when[32];

    report_date(row->since, when, sizeof when);
    (void)text_print(text, sizeof text, "%s: UIDL %s: %s (%ssince %s)", here ? "still on the server" : "not here",
                     row->uidl, why, here ? "here " : "", when);
    report_pending(view->report, view->account->name, &pending, text);
}

/* Everything that is not as it should be. */
static void
show_row(struct view *view, const struct journal_pop *row)
{
    char when[32];

    view->drop.held += row->hold[0] != '\0';
    view->drop.waiting += row->hold[0] == '\0' && (row->state == POP_FETCHING || row->why[0] != '\0');

    report_date(row->since, when, sizeof when);
    if (row->hold[0] != '\0')
        report_line(view->report, view->account->name, "held",
                    "removal from the server held as %s: UIDL %s %s (here since %s)", row->hold, row->uidl, row->base,
                    when);
    if (row->state == POP_FETCHING)
        show_waiting(view, row, "fetch", row->why[0] != '\0' ? row->why : "it was being fetched when a run ended");
    else if (row->why[0] != '\0')
        show_waiting(view, row, "remove", row->why);
}

static bool
show_rows(struct view *view)
{
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok = true, found;

    if (!journal_pop_ids(view->journal, 0, &ids, &count, view->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = journal_pop_get(view->journal, ids[i], &row, &found, view->err);
        if (ok && found)
            show_row(view, &row);
    }
    free(ids);
    return ok;
}

bool
status_import(const struct account *account, struct journal *journal, struct report *report, struct error *err)
{
    struct view view = {.account = account, .journal = journal, .report = report, .err = err};
    struct age_run age;

    if (!age_begin(journal, journal_pop_newest, (int64_t)time(NULL), &age, err))
        return false;
    view.age = &age.now;
    view.now = age.now.counted;
    if (!show_counts(&view) || !show_missed(&view) || !show_left(&view) || !show_due(&view) || !show_rows(&view))
        return false;
    report_drop(report, account->name, &view.drop);
    return true;
}
