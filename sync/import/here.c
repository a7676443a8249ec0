/*
 * Which files of the import are here. Names below the root are compared with the rows' base names; a folder whose times did not move since
 * the last look is not listed. What is missed is noted with the time: nobody can tell a removal by the user from an older backup, a lost disk
 * or a repair of the file system, so what is missed goes from the server only after it was missed for long (import/keep.c), and with a word
 * where many went missing between two looks.
 *
 * While files may be here whose rows were lost every folder is listed in each run: import/meeting.c wants their names.
 *
 * Where something is missed every folder is listed once more: a mail reader's rename between two listings looks like a removal, and a
 * file may have come into a folder that was not listed.
 */
#include "sync/import/here.h"
#include "sync/import/phases.h"
#include "sync/import/run.h"
#include "sync/import/seen.h"

struct look {
    struct import *import;
    struct import_folders *folders; /* by name */
    size_t seen_size;
    bool all;       /* folders that did not move, too */
    bool unstable;  /* one of them changed while it was listed: absence proves nothing */
    bool delivered; /* some row's file was in the deliver folder */
    bool again;     /* before the first DELE */
    const char *folder;
};

static int
compare_names(const void *a, const void *b)
{
    return strcmp(((const struct journal_pop_folder *)a)->name, ((const struct journal_pop_folder *)b)->name);
}

static struct journal_pop_folder *
find(struct journal_pop_folder *list, size_t count, const char *name)
{
    for (size_t low = 0, high = count; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(list[middle].name, name);

        if (order == 0)
            return &list[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool
on_file(void *context, const char *base, const char *info)
{
    struct look *look = context;

    return journal_here_name(look->import->journal, look->folder, base, info, &look->import->err);
}

bool
import_scan(struct import *import, const char *folder, import_file_item *item, void *context, struct local_stamp *stamp,
            bool *stable)
{
    const struct local_scanner scanner = {.file = item};

    return import->local.ops->scan(import->local.self, folder, &scanner, context, stamp, stable, &import->err);
}

/* Its names, and the stamp that they were taken under; "" where that can't be trusted. */
static bool
list_folder(struct look *look, struct journal_pop_folder *folder)
{
    struct import *import = look->import;
    struct local_stamp stamp;
    bool stable;

    look->folder = folder->name;
    if (!journal_here_folder(import->journal, folder->name, &import->err) ||
        !import_scan(import, folder->name, on_file, look, &stamp, &stable))
        return false;
    look->unstable = look->unstable || !stable;
    (void)text_print(folder->stamp, sizeof folder->stamp, "%s", stable && !stamp.racy ? stamp.text : "");
    return true;
}

static bool
on_folder(void *context, const char *name)
{
    struct look *look = context;
    struct import *import = look->import;
    const struct journal_pop_folder *known = find(look->folders->known, look->folders->known_count, name);
    struct journal_pop_folder *seen;
    struct local_stamp stamp;
    bool missing;

    if (!import->local.ops->stamp(import->local.self, name, &stamp, &missing, &import->err))
        return false;
    if (missing)
        return true;
    if (!array_grow(&look->folders->seen, &look->seen_size, look->folders->seen_count + 1, sizeof *look->folders->seen))
        return import_no_memory(import);
    seen = &look->folders->seen[look->folders->seen_count++];
    *seen = (struct journal_pop_folder){.born = known != NULL ? known->born : 0};
    (void)text_print(seen->name, sizeof seen->name, "%s", name);
    (void)text_print(seen->stamp, sizeof seen->stamp, "%s", known != NULL ? known->stamp : "");
    if (!look->all && known != NULL && known->stamp[0] != '\0' && !stamp.racy && strcmp(stamp.text, known->stamp) == 0)
        return true;
    if (!list_folder(look, seen))
        return false;
    look->folders->moved = look->folders->moved || known == NULL || strcmp(known->stamp, seen->stamp) != 0;
    return true;
}

/* The same for those of a run that delivered into them, and did not come to its end: only rows know of them. */
static bool
note_gone_of_rows(struct look *look)
{
    struct import *import = look->import;
    struct journal_pop_folder *list;
    size_t count;
    bool ok = journal_pop_row_folders(import->journal, &list, &count, &import->err);

    if (!ok)
        return false;
    look->delivered = false;
    for (size_t i = 0; ok && i < count; i++) {
        look->delivered = look->delivered || strcmp(list[i].name, import->folder) == 0;
        if (find(look->folders->seen, look->folders->seen_count, list[i].name) == NULL)
            ok = journal_here_folder(import->journal, list[i].name, &import->err);
    }
    free(list);
    return ok;
}

/* A folder that is gone has no names. */
static bool
note_gone(struct look *look)
{
    struct import *import = look->import;

    if (look->folders->seen_count > 1)
        qsort(look->folders->seen, look->folders->seen_count, sizeof *look->folders->seen, compare_names);
    for (size_t i = 0; i < look->folders->known_count; i++) {
        if (find(look->folders->seen, look->folders->seen_count, look->folders->known[i].name) != NULL)
            continue;
        look->folders->moved = true;
        if (!journal_here_folder(import->journal, look->folders->known[i].name, &import->err))
            return false;
    }
    return note_gone_of_rows(look);
}

static bool
list_all(struct look *look, bool all)
{
    struct import *import = look->import;

    look->all = all;
    look->unstable = false;
    look->folders->seen_count = 0;
    return journal_here_begin(import->journal, &import->err) &&
           import->local.ops->folders(import->local.self, on_folder, look, &import->err) && note_gone(look);
}

/* ---- the folder that mail is delivered into ---- */

static bool
refuse_removals(struct import *import, const char *what)
{
    import->may_remove = false;
    import_left_undone(import, "the folder that mail is delivered into is another one, or gone: nothing was removed "
                               "from the server");
    import_say(import, "deliver",
               "the folder %s of %s %s: mail is fetched, and nothing is removed from the server in this run",
               import->account->import.deliver_to, import->account->maildir, what);
    return true;
}

/* Made anew by hand, or copied back from somewhere: what the rows say of its files may be of another time. */
static bool
check_birth(struct look *look)
{
    struct import *import = look->import;
    struct journal_pop_folder *known = find(look->folders->known, look->folders->known_count, import->folder);
    struct journal_pop_folder *seen = find(look->folders->seen, look->folders->seen_count, import->folder);
    int64_t born = 0;

    if (known == NULL)
        look->folders->moved = true;
    if (seen == NULL) /* it was there in an earlier run: a root without it may be another one */
        return (known == NULL && !look->delivered) ||
               refuse_removals(import, look->again
                                           ? "is not there any more: it was removed, or moved, during this import"
                                           : "is not there any more: it was removed, or moved, since the last import");
    import->local.ops->birth(import->local.self, import->folder, &born);
    look->folders->moved = look->folders->moved || born != seen->born;
    seen->born = born;
    if (known == NULL || known->born == 0 || born == 0 || known->born == born)
        return true;
    return refuse_removals(import, look->again ? "was made anew, or copied, during this import"
                                               : "was made anew, or copied, since the last import");
}

/* ---- all of it ---- */

/* Of what may be removed from the server: mail that is not there any more is nobody's removal. */
static bool
is_mass(struct import *import, bool *mass)
{
    const struct policy *policy = &import->account->policy;
    uint64_t here, missed;

    if (!journal_here_count_there(import->journal, &here, &missed, &import->err))
        return false;
    *mass = policy->guard && policy->max_delete < 100 && missed > 20 && missed * 100 > here * policy->max_delete;
    return true;
}

static bool
write_down(struct import *import)
{
    bool mass;

    if (!is_mass(import, &mass) || !journal_begin(import->journal, &import->err))
        return false;
    if (import->cut && !journal_here_fetch_missed(import->journal, &import->err))
        return import_end(import, false);
    return import_end(import, journal_here_apply(import->journal, import_stamp(import), mass, &import->err));
}

static bool
compare(struct look *look)
{
    struct import *import = look->import;
    uint64_t missed, other;

    /* What a power cut took went without moving the times of its folder, perhaps. */
    if (!list_all(look, import->wide || import->later_known || import->cut) ||
        !journal_here_count(import->journal, &missed, &other, &import->err))
        return false;
    if (missed > 0 && (!list_all(look, true) || !journal_here_count(import->journal, &missed, &other, &import->err)))
        return false;
    if (look->unstable && missed > 0) { /* missed, or merely not seen: neither is proven */
        import->may_remove = false;
        report_note(
            import->report, import->account->name,
            "%llu files of this import were not seen while folders change: nothing is removed from the server in "
            "this run",
            (unsigned long long)missed);
        missed = 0;
    }
    if (missed > 0)
        report_note(import->report, import->account->name, "%llu files of this import are missed here",
                    (unsigned long long)missed);
    if (!check_birth(look))
        return false;
    if (look->unstable && import->cut) {
        error_set(&import->err, ERROR_LOCAL, "look for mail that a power cut may have taken: folders change meanwhile");
        error_hint(&import->err, "Run golub again; nothing was touched.");
        return false;
    }
    if (look->unstable) { /* the next run looks again */
        import->unmet = true;
        look->folders->moved = false;
        return true;
    }
    if (look->again) /* how many went missing is judged from one import to the next, by its first look */
        return true;
    return missed + other == 0 || write_down(import);
}

bool
import_here(struct import *import)
{
    struct import_folders *folders = &import->folders;
    struct look look = {.import = import, .folders = folders};

    if (import->handover != NULL || import->no_root)
        return true;
    return journal_pop_folders(import->journal, &folders->known, &folders->known_count, &import->err) && compare(&look);
}

bool
import_here_names(struct import *import)
{
    struct import_folders unused = {.known = import->folders.known, .known_count = import->folders.known_count};
    struct look look = {.import = import, .folders = &unused};
    bool ok = list_all(&look, true);

    free(unused.seen);
    return ok;
}

/*
 * By the first DELE the look is as old as all that was fetched since, and a backup may have been put into its place. Folders that did
 * not move meanwhile are not listed. What is missed now is not removed in this session (journal_here_misses), and nothing of that is written
 * down: the next import misses it, together with all else that went missing since this one's first look.
 */
bool
import_look_again(struct import *import)
{
    struct import_folders again = {.known = import->folders.seen, .known_count = import->folders.seen_count};
    struct look look = {.import = import, .folders = &again, .again = true};
    const bool unmet = import->unmet;
    bool ok;

    if (import->handover != NULL)
        return true;
    if (!import->local.ops->stands(import->local.self)) {
        import->may_remove = false;
        import_left_undone(import, "the Maildir was replaced meanwhile: nothing was removed from the server");
        import_say(import, "deliver",
                   "%s is not the Maildir any more that this import began with: nothing is removed from the server in "
                   "this run",
                   import->account->maildir);
        return true;
    }
    ok = compare(&look);
    free(again.seen);
    import->unmet = unmet;
    return ok;
}

/*
 * Not before the run has come to its end: files that no row knows of are met with what is listed (import/meeting.c), and a run that broke
 * off before that must leave them to the next one, which would not list a folder that did not move since.
 */
bool
import_here_save(struct import *import)
{
    const struct import_folders *folders = &import->folders;
    bool ok = true;

    for (size_t i = 0; ok && i < folders->seen_count; i++)
        ok = journal_pop_folder_save(import->journal, &folders->seen[i], &import->err);
    for (size_t i = 0; ok && i < folders->known_count; i++)
        if (find(folders->seen, folders->seen_count, folders->known[i].name) == NULL)
            ok = journal_pop_folder_delete(import->journal, folders->known[i].name, &import->err);
    return ok;
}

/*
 * A folder that was set back to how it was before an import, with its times, seems not to have moved since this import looked at it: what the
 * import delivered would never be missed.
 */
void
import_here_doubt(struct import *import)
{
    for (size_t i = 0; i < import->folders.seen_count; i++)
        import->folders.seen[i].stamp[0] = '\0';
    import->folders.moved = true;
}

void
import_here_free(struct import *import)
{
    free(import->folders.known);
    free(import->folders.seen);
}
