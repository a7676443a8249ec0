/*
 * fsync = false: a power cut may take mail that a run has delivered, and its rows stay, since the journal is always flushed. It must not look
 * like mail that the user removed, and nothing may go from the server that a cut could still take here.
 *
 * So a run that delivers without flushing notes the boot of the system first, and in each row that it stores that its file was not flushed
 * (POP_UNFLUSHED). The next run of that boot flushes everything before it looks at anything, and takes both back; so does a run before its
 * first DELE. Where a run finds the note of another boot, what is missing of these rows was taken by the cut: it is fetched again. What was
 * flushed before, and is missing, the user removed.
 */
#include "sync/import/private.h"

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

    if (!read_note(import, boot, &note))
        return false;
    import->unflushed = note != NULL && note[0] != '\0';
    import->cut = import->unflushed && (strcmp(note, boot) != 0 || strcmp(note, "?") == 0);
    free(note);
    return !import->unflushed || import->cut || import->dry || flush_this_boot(import);
}

bool
flush_looked(struct import *import)
{
    if (!import->cut)
        return true;
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
