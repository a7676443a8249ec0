/*
 * fsync = false: a power cut may take mail that a run has delivered, and its rows stay, since the journal is always flushed. It must not look
 * like mail that the user removed, and nothing may go from the server that a cut could still take here.
 *
 * So a run that delivers without flushing notes the boot of the system first, and in each row that it stores that its file was not flushed
 * (POP_UNFLUSHED). The next run of that boot flushes everything before it looks at anything, and takes both back; so does a run before its
 * first DELE. Where a run finds the note of another boot, what is missing of these rows, or empty or torn, was taken by the cut: it is
 * fetched again. What was flushed before, and is missing, the user removed.
 */
#include "sync/import/flush.h"
#include "sync/import/intact.h"
#include "sync/import/run.h"

#include <inttypes.h>

#define TORN_SAID 20          /* one by one */
#define UNFLUSHED "unflushed" /* in meta: the boot that mail was delivered in and not flushed; "" none, "?" not told */

static bool
write_note(struct import *import, const char *boot)
{
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_set(import->journal, UNFLUSHED, boot, &import->err));
}

/* *boot: of this run. *note: of the last one that did not come to its flush. */
static bool
read_note(struct import *import, char boot[static LOCAL_BOOT_MAX + 1], char **note)
{
    import->local.ops->boot(import->local.self, boot);
    if (boot[0] == '\0')
        (void)text_print(boot, LOCAL_BOOT_MAX + 1, "?");
    return journal_get(import->journal, UNFLUSHED, note, &import->err);
}

/* What is here now is on the disk. */
static bool
take_back(struct import *import)
{
    if (!journal_begin(import->journal, &import->err))
        return false;
    return import_end(import, journal_pop_flushed(import->journal, &import->err) &&
                                  journal_set(import->journal, UNFLUSHED, "", &import->err));
}

/* What an earlier run of this boot delivered. Where it fails it stays noted, and is tried again before the first DELE. */
static bool
flush_this_boot(struct import *import)
{
    struct error err = {0};

    if (!import->local.ops->flush(import->local.self, &err)) {
        import_problem(import, &err);
        return true;
    }
    import->unflushed = false;
    return take_back(import);
}

bool
flush_begin(struct import *import)
{
    char boot[LOCAL_BOOT_MAX + 1], *note;

    if (import->handover != NULL || import->no_root)
        return true;
    if (!read_note(import, boot, &note))
        return false;
    import->unflushed = note != NULL && note[0] != '\0';
    import->cut = import->unflushed && (strcmp(note, boot) != 0 || strcmp(note, "?") == 0);
    free(note);
    return !import->unflushed || import->cut || import->dry || flush_this_boot(import);
}

static bool
fetch_again(struct import *import, struct journal_pop *row, uint64_t place)
{
    if (place < TORN_SAID)
        import_say(import, "deliver",
                   "the file %s is empty or torn, by a power cut it seems: its message is fetched again, and the file "
                   "stays where it is",
                   row->base);
    row->state = POP_FETCHING;
    row->facts = (row->facts & ~(unsigned)POP_UNFLUSHED) | POP_LOST;
    row->base[0] = '\0';
    return import_save(import, row);
}

/* A cut leaves names without their bytes, too. */
static bool
fetch_torn_again(struct import *import)
{
    struct journal_pop row;
    uint64_t torn = 0;
    int64_t *ids;
    size_t count;
    bool ok = journal_pop_unflushed(import->journal, &ids, &count, &import->err), damaged;

    if (!ok)
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = import_load(import, ids[i], &row) && import_is_damaged(import, &row, &damaged);
        if (ok && damaged)
            ok = fetch_again(import, &row, torn++);
    }
    free(ids);
    if (torn > TORN_SAID)
        import_say(import, "deliver", "so are %" PRIu64 " more", torn - TORN_SAID);
    return ok;
}

bool
flush_looked(struct import *import)
{
    if (!import->cut)
        return true;
    if (!import->dry && !fetch_torn_again(import))
        return false;
    import->cut = import->unflushed = false;
    return import->dry || take_back(import);
}

bool
flush_note(struct import *import)
{
    char boot[LOCAL_BOOT_MAX + 1], *note;
    bool ok;

    if (import->account->fsync || import->handover != NULL || import->unflushed)
        return true;
    if (!read_note(import, boot, &note))
        return false;
    ok = (note != NULL && strcmp(note, boot) == 0) || write_note(import, boot);
    free(note);
    import->unflushed = ok;
    return ok;
}

bool
flush_all(struct import *import)
{
    if (!import->unflushed || import->dry || import->handover != NULL)
        return true;
    if (!import->local.ops->flush(import->local.self, &import->err) || !take_back(import))
        return false;
    import->unflushed = false;
    return true;
}
