/* Of `golub status`: what is kept in the quarantine, by the journal, and whether it is there. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "sync/base/state.h"
#include "store/journal/quarantine.h"
#include "sync/inspect/status_private.h"

/* Of those that the journal names, how many have no file. */
static bool
count_missing(struct status_view *view, int folder, uint64_t *missing)
{
    struct journal_quarantined *kept = malloc(sizeof *kept);
    int64_t *ids = NULL;
    size_t count = 0;
    struct stat file;
    bool ok = kept != NULL, found;

    if (!ok)
        error_set(&view->err, ERROR_LOCAL, "get memory");
    ok = ok && journal_quarantine_ids(view->journal, INT64_MAX, &ids, &count, &view->err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = journal_quarantine_get(view->journal, ids[i], kept, &found, &view->err);
        *missing += ok && found && fstatat(folder, kept->name, &file, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
    }
    free(ids);
    free(kept);
    return ok;
}

static void
say_missing(struct status_view *view, uint64_t missing, uint64_t all)
{
    if (missing == all)
        report_line(view->report, view->account->name, "quarantine",
                    "none of these files is in %s/quarantine: is the disk that it is on mounted?",
                    view->account->state);
    else if (missing != 0)
        report_line(view->report, view->account->name, "quarantine",
                    "%" PRIu64 " of these files %s not in %s/quarantine any more: golub verify %s names %s", missing,
                    missing == 1 ? "is" : "are", view->account->state, view->account->name,
                    missing == 1 ? "it" : "them");
}

bool
status_quarantine(struct status_view *view)
{
    const int days = view->account->policy.quarantine_days;
    struct journal_quarantine_sum sum;
    char since[32], path[4096];
    uint64_t missing = 0;
    bool gone = false, ok = true;
    int folder;

    if (!journal_quarantine_sum(view->journal, &sum, &view->err) ||
        !state_path(view->account, "quarantine", path, sizeof path, &view->err))
        return false;
    if (sum.count == 0)
        return true;
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gone = folder < 0 && errno == ENOENT;
    if (folder >= 0) {
        ok = count_missing(view, folder, &missing);
        (void)close(folder);
    }
    if (gone)
        missing = sum.count;
    report_quarantined(
        view->report, view->account->name,
        &(struct report_quarantined){sum.count, sum.bytes, missing, sum.oldest < 0 ? 0 : sum.oldest, days});
    report_date(sum.oldest, since, sizeof since);
    report_line(view->report, view->account->name, "quarantine",
                "%" PRIu64 " message%s (%" PRIu64
                " bytes) kept in %s/quarantine, the oldest since %s, each for %d days",
                sum.count, sum.count == 1 ? "" : "s", sum.bytes, view->account->state, since, days);
    if (gone)
        report_line(view->report, view->account->name, "quarantine", STATE_NO_QUARANTINE, view->account->state);
    else
        say_missing(view, missing, sum.count);
    return ok;
}
