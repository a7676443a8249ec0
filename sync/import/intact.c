/*
 * Is the file of a message still what came? A name says that it is here (import/here.c); a copy onto a full disk and a repaired file system
 * leave names without their bytes. So before a message of an earlier session goes from the server its file is read, once: what is cut,
 * empty or damaged keeps its message there, and is named. A file whose body a mail reader changed in its place counts as damaged, too.
 *
 * A bare LF that came is a line end here, and CR LF when the file is read back. So a file may be longer than its message, with another body;
 * then its header must be the one that is known.
 */
#include "sync/import/here.h"
#include "sync/import/intact.h"
#include "sync/import/read.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

static bool
is_what_came(const struct journal_pop *row, const struct seen *seen)
{
    struct seen known;

    seen_of_row(row, &known);
    if (seen->size < row->size)
        return seen_same_body(row, seen) && row->has_kin && kin_same(&known.kin, &seen->kin);
    return !row->has_body || seen_same_body(row, seen) ||
           (seen->size > row->size && row->has_kin && kin_same(&known.kin, &seen->kin));
}

enum here { NOWHERE, NOT_WHAT_CAME, INTACT };

/* One that can't be read is not here for certain. */
static bool
read_one(struct import *import, struct bytes_reading *reading, const struct journal_pop *row,
         const struct journal_here_file *file, enum here *here)
{
    const struct local_file at = {file->folder, file->base, file->info};
    struct seen seen;
    bool missing = false, ok = bytes_of_file(import, reading, &at, true, &seen, &missing);

    if (!ok && import->err.kind == ERROR_INTERRUPTED)
        return false;
    import->err = (struct error){0};
    if (ok && !missing && is_what_came(row, &seen))
        *here = INTACT;
    else if (!missing)
        *here = NOT_WHAT_CAME;
    return true;
}

/* Any file of its name will do: a copy of the whole folder is as good. */
static bool
look(struct import *import, struct bytes_reading *reading, const struct journal_pop *row, enum here *here)
{
    struct journal_here_file file = {.id = 0};
    bool more = true;

    *here = NOWHERE;
    while (more && *here != INTACT) {
        if (!journal_here_named(import->journal, row->base, file.id, &file, &more, &import->err) ||
            (more && !read_one(import, reading, row, &file, here)))
            return false;
    }
    return true;
}

/* Names are listed once; where a mail reader gave the file another one since then, once more. */
static bool
find(struct import *import, struct bytes_reading *reading, const struct journal_pop *row, enum here *here)
{
    if (import->named && !look(import, reading, row, here))
        return false;
    if (*here != NOWHERE)
        return true;
    import->named = import_here_names(import);
    return import->named && look(import, reading, row, here);
}

static bool
name_it(struct import *import, struct journal_pop *row)
{
    struct error err = {0};

    error_set(&err, ERROR_LOCAL, "remove message %s from the server: its file here, %s, is not what came", row->uidl,
              row->base);
    error_hint(&err, "It stays on the server; a file that is whole again, from a backup, lets it go.");
    import->counts.pending++;
    import_problem_of(import, "remove from the server, since their files here are not what came,", &err);
    return import_remember_why(import, row, "its file here is not what came: it stays there");
}

bool
import_is_damaged(struct import *import, const struct journal_pop *row, bool *damaged)
{
    struct bytes_reading *reading = bytes_new();
    enum here here = NOWHERE;
    bool ok = (reading != NULL || import_no_memory(import)) && look(import, reading, row, &here);

    bytes_free(reading);
    *damaged = here == NOT_WHAT_CAME;
    return ok;
}

bool
import_is_intact(struct import *import, struct journal_pop *row, bool *intact)
{
    struct bytes_reading *reading;
    enum here here = NOWHERE;
    bool ok;

    *intact = true;
    /* What was missed for long is gone by the user's wish, and a command has no file. */
    if (import->handover != NULL || row->base[0] == '\0' || row->missed != 0)
        return true;
    reading = bytes_new();
    ok = (reading != NULL || import_no_memory(import)) && find(import, reading, row, &here);
    bytes_free(reading);
    *intact = here == INTACT;
    if (here == NOWHERE)
        import_here_doubt(import);
    return ok && (here != NOT_WHAT_CAME || name_it(import, row));
}
