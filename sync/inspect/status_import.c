/* `golub status` of a POP account: how many are here and there, what is missing and why, what is held. */
#include <inttypes.h>

#include "store/journal/pop.h"
#include "sync/base/age_journal.h"
#include "sync/inspect/status_private.h"

struct view {
    const struct account *account;
    struct journal *journal;
    struct report *report;
    int64_t now; /* counted */
    struct error *err;
};

static bool
show_counts(const struct view *view)
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
    if (removing > 0)
        report_line(view->report, view->account->name, "removing",
                    "%" PRIu64 " of them were being removed from the server when a session "
                    "ended without an answer: the next run looks at them",
                    removing);
    return true;
}

/* Files that are not here any more, of messages that still are there. */
static bool
show_missed(const struct view *view)
{
    uint64_t missed;

    if (!journal_pop_count_missed(view->journal, &missed, view->err))
        return false;
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
show_left(const struct view *view)
{
    char *left;

    if (!journal_get(view->journal, "left", &left, view->err))
        return false;
    if (left != NULL && strcmp(left, "0") != 0)
        report_line(view->report, view->account->name, "left", "left on the server for a later run by max-messages: %s",
                    left);
    free(left);
    return true;
}

static bool
show_due(const struct view *view)
{
    int days = view->account->import.keep_days;
    char *identity;
    int64_t *ids;
    size_t count;
    bool removable;

    if (!journal_get(view->journal, "identity", &identity, view->err))
        return false;
    removable = days >= 0 && (identity == NULL || strcmp(identity, "uidl") == 0); /* without UIDL nothing is removed */
    free(identity);
    if (!removable)
        return true;
    if (!journal_pop_due(view->journal, days, days == 0 ? INT64_MAX : view->now, &ids, &count, view->err))
        return false;
    free(ids);
    if (count > 0)
        report_line(view->report, view->account->name, "due",
                    "%zu %s due to be removed from the server under the `keep` of now", count,
                    count == 1 ? "is" : "are");
    return true;
}

/* Everything that is not as it should be. */
static void
show_row(const struct view *view, const struct journal_pop *row)
{
    char when[32];

    report_date(row->since, when, sizeof when);
    if (row->hold[0] != '\0')
        report_line(view->report, view->account->name, "held",
                    "removal from the server held as %s: UIDL %s %s (here since %s)", row->hold, row->uidl, row->base,
                    when);
    if (row->state == POP_FETCHING)
        report_line(view->report, view->account->name, "pending", "not here: UIDL %s: %s (since %s)", row->uidl,
                    row->why[0] != '\0' ? row->why : "it was being fetched when a run ended", when);
    else if (row->why[0] != '\0')
        report_line(view->report, view->account->name, "pending", "still on the server: UIDL %s: %s (here since %s)",
                    row->uidl, row->why, when);
}

static bool
show_rows(const struct view *view)
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
    struct view view = {account, journal, report, 0, err};
    struct age_run age;

    if (!age_begin(journal, journal_pop_newest, (int64_t)time(NULL), &age, err))
        return false;
    view.now = age.now.counted;
    return show_counts(&view) && show_missed(&view) && show_left(&view) && show_due(&view) && show_rows(&view);
}
