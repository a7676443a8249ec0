/*
 * A batch of messages that arrived: made durable, then committed as stored, then announced. In this order a row is never more durable
 * than its file.
 */
#include "sync/import/batch.h"
#include "sync/import/flush.h"
#include "sync/import/held.h"
#include "sync/import/run.h"

void
fetch_drop(struct import *import, struct arrival *arrivals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (arrivals[i].draft != NULL)
            import->local.ops->draft_drop(import->local.self, arrivals[i].draft);
        arrivals[i].draft = NULL;
    }
}

/* It is durable, or it is not here for sure: the row says so. What is in doubt keeps its row, and the next run looks for its file. */
static bool
record(struct import *import, struct arrival *arrival, const struct local_delivery *item)
{
    struct journal_pop *row = &arrival->row;

    if (arrival->refused) {
        row->base[0] = '\0';
        return journal_pop_save(import->journal, row, &import->err);
    }
    if (item == NULL)
        return true;
    if (item->ok) {
        row->folder = import->folder;
        return import_set_stored(import, row) && journal_pop_save(import->journal, row, &import->err);
    }
    import->counts.failed++;
    import_problem(import, &item->err);
    return true;
}

bool
fetch_mark(struct import *import, const struct arrival *arrival)
{
    if (import->account->import.keep_days != 0 || !import->may_remove || arrival->repeated ||
        import->identity != BY_UIDL || (arrival->row.facts & (POP_SHORT | POP_CONFIRM | POP_FEWER)) != 0 ||
        held_by_keep(import, &arrival->row))
        return true;
    return import->dry ? journal_listing_allow_removal(import->journal, arrival->number, &import->err)
                       : journal_listing_came(import->journal, arrival->number, &import->err);
}

bool
fetch_announce(struct import *import, const struct arrival *arrival)
{
    if (arrival->row.state != POP_STORED)
        return true;
    if (arrival->repeated && !id_set_add(&import->compared, arrival->row.id))
        return import_no_memory(import);
    import->last_row = arrival->row.id;
    import->last_number = arrival->number;
    import_did(import, (struct report_done){.act = DID_DOWNLOAD,
                                            .file = arrival->row.base,
                                            .detail = arrival->row.uidl,
                                            .bytes = arrival->row.size});
    return fetch_mark(import, arrival);
}

static bool
commit_batch(struct import *import, struct arrival *arrivals, size_t count, const struct local_delivery *items)
{
    bool ok = journal_begin(import->journal, &import->err);

    if (!ok)
        return false;
    for (size_t i = 0, n = 0; ok && i < count; i++)
        ok = record(import, &arrivals[i], arrivals[i].draft != NULL ? &items[n++] : NULL);
    if (!import_end(import, ok))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = fetch_announce(import, &arrivals[i]);
    return ok;
}

bool
fetch_deliver(struct import *import, struct arrival *arrivals, size_t count)
{
    struct local_delivery *items = calloc(count + 1, sizeof *items);
    size_t n = 0;
    bool ok;

    if (items == NULL) {
        fetch_drop(import, arrivals, count);
        return import_no_memory(import);
    }
    for (size_t i = 0; i < count; i++) {
        if (arrivals[i].draft != NULL)
            items[n++] = (struct local_delivery){.draft = arrivals[i].draft,
                                                 .base = arrivals[i].row.base,
                                                 .date = import_now(import),
                                                 .fresh = arrivals[i].fresh};
    }
    if (n > 0 && !flush_note(import)) {
        fetch_drop(import, arrivals, count);
        free(items);
        return false;
    }
    ok = (n == 0 || import->local.ops->deliver(import->local.self, items, n, &import->err)) &&
         commit_batch(import, arrivals, count, items);
    for (size_t i = 0; i < count; i++)
        arrivals[i].draft = NULL; /* consumed, whatever became of them */
    free(items);
    return ok;
}
