/* A loosened `keep`: what is not due any more is neither held nor about to be removed. */
#include "sync/base/ids.h"
#include "sync/import/phases.h"
#include "sync/import/run.h"

struct due {
    const int64_t *ids; /* ascending */
    size_t count;
};

/* The list lacks it, or it is one that could not be read and that nothing else tells from others. */
static bool
may_be_unread(struct import *import, const struct journal_pop *row, bool *may)
{
    *may = false;
    return row->absent == 0 || !row->has_header ||
           journal_listing_has_unread_twin(import->journal, row->header, row->listed, may, &import->err);
}

/* What is not due any more is neither held nor about to be removed. */
static bool
let_stay(struct import *import, const struct due *due, const int64_t *ids, size_t count)
{
    struct journal_pop row;
    bool ok = true, begun = false, waits;

    for (size_t i = 0; ok && i < count; i++) {
        if (ids_have(due->ids, due->count, ids[i]))
            continue;
        ok = import_load(import, ids[i], &row) && may_be_unread(import, &row, &waits);
        if (!ok || waits)
            continue;
        if (!begun && !journal_begin(import->journal, &import->err))
            return false;
        begun = true;
        row.hold[0] = row.why[0] = '\0';
        if (ok && row.state == POP_REMOVING && row.absent == 0)
            row.state = POP_STORED;
        ok = ok && journal_pop_save(import->journal, &row, &import->err);
    }
    return begun ? import_end(import, ok) : ok;
}

/* Words for a shorter `keep` than this one end, too. */
bool
import_loosen(struct import *import, const int64_t *due_ids, size_t due_count)
{
    const struct due due = {due_ids, due_count};
    int64_t *ids;
    size_t count;
    bool ok;

    if (!journal_begin(import->journal, &import->err) ||
        !import_end(import, journal_pop_end_words(import->journal, import->account->import.keep_days, &import->err)) ||
        !journal_pop_held(import->journal, &ids, &count, &import->err))
        return false;
    ok = let_stay(import, &due, ids, count);
    free(ids);
    if (!ok || !journal_pop_ids(import->journal, POP_REMOVING, &ids, &count, &import->err))
        return false;
    ok = let_stay(import, &due, ids, count);
    free(ids);
    return ok;
}
