/*
 * Removals from the server that need a word. Two kinds: `keep` was tightened since the message was stored, and too many files went missing
 * between two imports for a user's own doing. Each is a list of its own. A message that is held keeps every list that it was shown in; a
 * word releases what stood in the journal before the run, and for a tightened `keep` it holds as long as `keep` is not loosened again.
 */
#include "sync/base/ids.h"
#include "sync/import/held.h"
#include "sync/import/phases.h"
#include "sync/import/run.h"

static bool
is_over(const struct import *import, const struct journal_pop *row, int days)
{
    return days == 0 || (days > 0 && row->since <= import->age.now.counted - (int64_t)days * AGE_DAY);
}

static bool
is_tightened(const struct import *import, const struct journal_pop *row)
{
    return !is_over(import, row, row->keep_days) && !is_over(import, row, row->word);
}

static bool
has_guard(const struct import *import)
{
    return import->account->policy.guard && import->account->policy.max_delete < 100;
}

static bool
went_with_many(const struct journal_pop *row)
{
    return row->missed != 0 && (row->facts & POP_MASS) != 0;
}

bool
held_by_keep(const struct import *import, const struct journal_pop *row)
{
    return has_guard(import) && is_tightened(import, row);
}

bool
held_was_rejected(const struct import *import, const struct journal_pop *row)
{
    return (row->facts & POP_KEPT) != 0 && !is_over(import, row, row->keep_days);
}

bool
held_by_number(const struct import *import, const struct journal_pop *row)
{
    return has_guard(import) && went_with_many(row);
}

/* ---- lists ---- */

static const struct kind {
    const char *reason, *where;
    bool missing;
} kinds[] = {
    {"keep", "the server, by a shorter `keep`", false},
    {"missing", "the server: their files went missing here at once", true},
};

static bool
hold_one(struct import *import, int64_t id, const char *list, const struct kind *kind)
{
    struct journal_pop row;
    struct journal_hold hold = {.message = id, .kind = HOLD_REMOVALS, .since = import->now};

    if (!import_load(import, id, &row))
        return false;
    report_held(import->report, import->account->name,
                &(struct report_held){.mailbox = import_mailbox(import),
                                      .file = row.base[0] != '\0' ? row.base : row.uidl,
                                      .id = list,
                                      .reason = kind->reason});
    if (strcmp(row.hold, list) == 0)
        return true;
    (void)text_print(row.hold, sizeof row.hold, "%s", list);
    (void)text_print(hold.list, sizeof hold.list, "%s", list);
    (void)text_print(hold.reason, sizeof hold.reason, "%s", kind->reason);
    return journal_pop_save(import->journal, &row, &import->err) &&
           journal_hold_add(import->journal, &hold, &import->err);
}

static bool
hold_list(struct import *import, const int64_t *ids, size_t count, const struct kind *kind)
{
    uint64_t all;
    char id[IDS_NAME_SIZE];
    bool ok = true;

    if (count == 0)
        return true;
    if (!ids_name("", ids, count, id))
        return import_no_memory(import);
    if (!journal_pop_count(import->journal, 0, &all, &import->err) || !journal_begin(import->journal, &import->err))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = hold_one(import, ids[i], id, kind);
    if (!import_end(import, ok))
        return false;
    import->held = true;
    import->counts.held += count;
    report_guard(
        import->report, import->account->name,
        &(struct report_list){.id = id, .reason = kind->reason, .where = kind->where, .count = count, .of = all});
    return true;
}

bool
held_hold(struct import *import, const int64_t *ids, size_t count)
{
    int64_t *some = calloc(count + 1, sizeof *some);
    bool ok = some != NULL || import_no_memory(import);

    for (size_t k = 0; ok && k < sizeof kinds / sizeof kinds[0]; k++) {
        size_t n = 0;

        for (size_t i = 0; ok && i < count; i++) {
            struct journal_pop row;

            ok = import_load(import, ids[i], &row);
            if (ok && went_with_many(&row) == kinds[k].missing)
                some[n++] = ids[i];
        }
        ok = ok && hold_list(import, some, n, &kinds[k]);
    }
    free(some);
    return ok;
}

/* ---- words ---- */

/* The list that the user released must be one that golub showed. */
bool
import_confirmed(struct import *import)
{
    const char *wanted = import->options->deletes_id;
    int64_t *ids;
    size_t count;

    if (wanted == NULL)
        return true;
    if (!journal_hold_ids(import->journal, HOLD_REMOVALS, wanted, &ids, &count, &import->err))
        return false;
    free(ids);
    if (count > 0)
        return true;
    error_set(&import->err, ERROR_CONFIG, "%s the held removals of list %s",
              import->options->reject ? "reject" : "release", wanted);
    error_hint(&import->err, "There is no such list; `golub status %s` shows what is held.", import->account->name);
    return false;
}

/* The word is written down before anything rests on it: it holds for a next run, too, should this one not get there. */
bool
held_release(struct import *import)
{
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok;

    if (!import->options->confirm || import->released)
        return true;
    import->released = true;
    if (!journal_hold_ids(import->journal, HOLD_REMOVALS, import->options->deletes_id, &ids, &count, &import->err))
        return false;
    ok = journal_begin(import->journal, &import->err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = import_load(import, ids[i], &row);
        if (!ok || row.hold[0] == '\0')
            continue;
        if (is_tightened(import, &row))
            row.word = import->account->import.keep_days;
        row.facts &= ~(unsigned)POP_MASS;
        row.hold[0] = '\0';
        ok = journal_pop_save(import->journal, &row, &import->err);
    }
    free(ids);
    return import_end(import, ok);
}

/* What went missing here comes again; what a shorter `keep` would remove stays there. */
static bool
reject_one(struct import *import, int64_t id)
{
    struct journal_pop row;

    if (!import_load(import, id, &row))
        return false;
    if (row.hold[0] == '\0')
        return true;
    if (went_with_many(&row)) {
        row.state = POP_FETCHING;
        row.facts = (row.facts & ~(unsigned)POP_MASS) | POP_LOST;
        row.base[0] = '\0';
        row.missed = 0;
    } else {
        row.facts |= POP_KEPT;
    }
    row.hold[0] = '\0';
    return journal_pop_save(import->journal, &row, &import->err);
}

bool
held_reject(struct import *import)
{
    int64_t *ids;
    size_t count;
    bool ok;

    if (!import->options->reject)
        return true;
    if (!journal_hold_ids(import->journal, HOLD_REMOVALS, import->options->deletes_id, &ids, &count, &import->err))
        return false;
    ok = journal_begin(import->journal, &import->err);
    for (size_t i = 0; ok && i < count; i++)
        ok = reject_one(import, ids[i]);
    free(ids);
    return import_end(import, ok);
}
