/*
 * Messages that a run was fetching when it ended. Their base names were committed before the first byte was asked for, so a file of that
 * name is the message: it was delivered and the commit is missing. It may stand under any suffix in new/ or cur/, and the user may have
 * moved it to any folder of the tree by now. What is not found is fetched again, under the same name.
 *
 * A file that is nowhere in the tree may have been sent up by the IMAP account whose tree this is, and removed from it since: that account's
 * rows and its quarantine say so, and the message is not fetched again.
 *
 * A row without a base name is known not to be here (the server refused it, or it is too large), or went to a command, which is asked
 * again.
 */
#include "sync/import/beside.h"
#include "sync/import/here.h"
#include "sync/import/phases.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

struct sought {
    char base[LOCAL_BASE_MAX + 1];
    int64_t id;
    bool found, stored;
    char folder[LOCAL_FOLDER_MAX + 1];
    char info[LOCAL_INFO_MAX + 1];
};

struct search {
    struct import *import;
    struct sought *list; /* sorted by base */
    size_t count, open;  /* open: not found yet */
    const char *folder;  /* being listed */
};

static int
compare_bases(const void *a, const void *b)
{
    return strcmp(((const struct sought *)a)->base, ((const struct sought *)b)->base);
}

static int
compare_to_base(const void *base, const void *sought)
{
    return strcmp(base, ((const struct sought *)sought)->base);
}

static bool
on_file(void *context, const char *base, const char *info)
{
    struct search *search = context;
    struct sought *hit = bsearch(base, search->list, search->count, sizeof *search->list, compare_to_base);

    if (hit == NULL || hit->stored)
        return true;
    search->open -= !hit->found;
    hit->found = true;
    (void)text_print(hit->folder, sizeof hit->folder, "%s", search->folder);
    (void)text_print(hit->info, sizeof hit->info, "%s", info);
    return true;
}

static bool
look_into(struct search *search, const char *folder)
{
    struct import *import = search->import;
    struct local_stamp stamp;
    bool stable, missing;

    if (!import->local.ops->stamp(import->local.self, folder, &stamp, &missing, &import->err))
        return false;
    search->folder = folder;
    return missing || import_scan(import, folder, on_file, search, &stamp, &stable);
}

static bool
on_folder(void *context, const char *folder)
{
    struct search *search = context;

    return search->open == 0 || strcmp(folder, search->import->folder) == 0 || look_into(search, folder);
}

/* The place where it was put first: nearly always it is still there. */
static bool
look_everywhere(struct search *search)
{
    struct import *import = search->import;

    if (!look_into(search, import->folder))
        return false;
    return search->open == 0 || import->local.ops->folders(import->local.self, on_folder, search, &import->err);
}

/*
 * It is here: the row says so. *again: it was renamed meanwhile. A file's wire form has no bare LF, so of its header the kin digest alone is
 * taken, which does not tell line ends apart; and its body is read again before the message is removed, since a session that broke
 * may have been a short one.
 */
static bool
take_stored(struct import *import, struct sought *sought, bool *again)
{
    const struct local_file file = {sought->folder, sought->base, sought->info};
    struct bytes_reading *reading = bytes_new();
    struct journal_pop row;
    struct seen seen;
    bool missing, ok;

    if (reading == NULL)
        return import_no_memory(import);
    ok = bytes_of_file(import, reading, &file, true, &seen, &missing);
    bytes_free(reading);
    if (!ok)
        return false;
    *again = missing;
    sought->found = !missing;
    sought->stored = !missing;
    if (missing)
        return true;
    if (!import_load(import, sought->id, &row) || !import_set_stored(import, &row))
        return false;
    seen_header_to_row(&seen, &row);
    row.has_header = false;
    row.size = seen.size;
    if (row.listed > row.size)
        row.facts |= POP_FEWER;
    if (row.size > 0 && row.size >= row.listed / 2) /* an earlier answer was a short one, this one was not */
        row.facts &= ~(unsigned)POP_SHORT;
    memcpy(row.body, seen.body, DIGEST_SIZE);
    row.has_body = true;
    row.folder = sought->folder;
    report_note(import->report, import->account->name, "%s arrived in an earlier run that was cut off", sought->base);
    return import_save(import, &row);
}

/* Those that are nowhere in the tree, and were another account's since. */
static bool
ask_beside(struct search *search)
{
    struct import *import = search->import;
    struct journal_pop row;

    for (size_t k = 0; import_beside_imap(import) && k < search->count; k++) {
        struct sought *sought = &search->list[k];
        bool known;

        if (sought->stored)
            continue;
        if (!import->beside->knows(import->beside->self, sought->base, &known, &import->err))
            return false;
        if (!known)
            continue;
        if (!import_load(import, sought->id, &row))
            return false;
        if ((row.facts & POP_LOST) != 0) /* the other account knows it from the time when its file was here */
            continue;
        if (!import_set_stored(import, &row))
            return false;
        row.missed = import_stamp(import);
        report_note(import->report, import->account->name,
                    "%s arrived in an earlier run that was cut off, and went away through the IMAP account %s",
                    sought->base, import->beside->account);
        if (!import_save(import, &row))
            return false;
    }
    return true;
}

static bool
find_all(struct search *search)
{
    bool again = true;

    for (int i = 0; again && i < 5; i++) { /* each time somebody renamed one between the listing and the reading */
        again = false;
        search->open = 0;
        for (size_t k = 0; k < search->count; k++)
            search->open += !search->list[k].stored;
        if (search->open == 0)
            return true;
        if (!look_everywhere(search))
            return false;
        for (size_t k = 0; k < search->count; k++) {
            struct sought *sought = &search->list[k];
            bool renamed = false;

            if (sought->found && !sought->stored && !take_stored(search->import, sought, &renamed))
                return false;
            again = again || renamed;
        }
    }
    if (!again)
        return true;
    error_set(&search->import->err, ERROR_LOCAL,
              "find the messages of an earlier run: files are renamed faster than they can be read");
    error_hint(&search->import->err, "Run golub again; nothing was fetched.");
    return false;
}

bool
import_recover(struct import *import)
{
    struct search search = {.import = import};
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (import->handover != NULL || import->no_root)
        return true;
    if (!journal_pop_ids(import->journal, POP_FETCHING, &ids, &count, &import->err))
        return false;
    for (size_t i = 0, size = 0; ok && i < count; i++) {
        ok = import_load(import, ids[i], &row);
        if (!ok || row.base[0] == '\0')
            continue;
        ok = array_grow(&search.list, &size, search.count + 1, sizeof *search.list) || import_no_memory(import);
        if (ok)
            search.list[search.count++] = (struct sought){.id = row.id};
        if (ok)
            memcpy(search.list[search.count - 1].base, row.base, sizeof row.base);
    }
    free(ids);
    if (ok && search.count > 0) {
        qsort(search.list, search.count, sizeof *search.list, compare_bases);
        ok = find_all(&search) && ask_beside(&search);
    }
    free(search.list);
    return ok;
}
