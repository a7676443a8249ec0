/* Of `golub check`: a tree that no sync has met yet, and one that another program keeps. What a sync says of both. */
#include "sync/base/state.h"
#include "sync/inspect/check_private.h"
#include "sync/run/situation.h"
#include "sync/run/traces.h"

bool
check_is_first(const struct account *account, bool *first, struct error *err)
{
    char path[4096], *known = NULL;
    bool missing = false, ok;
    struct journal *journal;

    *first = false;
    if (account_is_pop(account))
        return true;
    if (!state_path(account, "journal.db", path, sizeof path, err))
        return false;
    journal = journal_open_read(path, &missing, err);
    *first = journal == NULL && missing;
    if (journal == NULL)
        return missing;
    ok = journal_get(journal, "account", &known, err);
    *first = ok && known == NULL; /* a run that ended before it did anything */
    free(known);
    journal_close(journal);
    return ok;
}

struct looking {
    const struct local *local;
    struct traces traces;
    bool found; /* a name that tells */
};

static bool
see_file(void *context, const char *base, const char *info)
{
    struct looking *looking = context;

    (void)info;
    traces_of_name(base, &looking->traces);
    return looking->traces.offlineimap == 0; /* one is enough */
}

static bool
see_folder(void *context, const char *folder)
{
    static const struct local_scanner scanner = {.file = see_file};
    struct looking *looking = context;
    struct local_stamp stamp;
    struct error ignored = {0}; /* a sync says what can't be read */
    bool stable;

    traces_of_folder(looking->local, folder, &looking->traces);
    if (looking->traces.offlineimap == 0)
        (void)looking->local->ops->scan(looking->local->self, folder, &scanner, looking, &stamp, &stable, &ignored);
    return true;
}

bool
check_tree(const struct account *account, struct report *report, const struct local *local, bool first,
           struct shapes *shapes, struct error *err)
{
    struct looking looking = {.local = local};
    struct local_mark mark = {0};

    if (!local->ops->all_folders(local->self, see_folder, &looking, err) ||
        !local->ops->read_mark(local->self, &mark, err))
        return false;
    traces_tell(&looking.traces, report, account->name);
    if (first && mark.present)
        report_line(report, account->name, "journal", SITUATION_JOURNAL_LOST);
    return shapes == NULL || shapes_check(shapes, account, local, err);
}
