/*
 * The files of one folder against the journal's rows: names alone. They come first, as eight bytes each; then the rows go by, and where each of them
 * meets its name the folder is as the journal has it. Where not, it is listed once more, since a mail reader that renames a file makes it invisible
 * for a moment, and what that listing does not show either is missing only if the folder stood still meanwhile.
 *
 * Nothing is said before the rows are through: a mailbox whose listing on the server was disturbed is looked at from its beginning.
 */
#include "sync/inspect/verify_private.h"

#define LISTINGS 3 /* of a folder that changes all the time, after the first one */

static struct run *
run_of(struct verify_folder *folder)
{
    return &folder->verifying->run;
}

void
verify_folder_free(struct verify_folder *folder)
{
    verify_names_free(&folder->names);
    free(folder->unmet);
    *folder = (struct verify_folder){0};
}

static bool
add_name(void *context, const char *base, const char *info)
{
    struct verify_folder *folder = context;

    return verify_names_add(&folder->names, base, info) || run_no_memory(run_of(folder));
}

static bool
count_odd(void *context, const char *name, const char *why)
{
    struct verify_folder *folder = context;

    (void)name;
    (void)why;
    folder->odd++;
    return true;
}

/* A folder that can't be read is not compared, which verify_folder_end says. */
static bool
scan(struct verify_folder *folder, const struct local_scanner *to)
{
    struct run *run = run_of(folder);
    struct local_stamp stamp;

    folder->err = (struct error){0};
    folder->readable = run->local.ops->scan(run->local.self, folder->mailbox->row.folder, to, folder, &stamp,
                                            &folder->stable, &folder->err);
    return folder->readable || run->err.kind == ERROR_NONE;
}

bool
verify_folder_begin(struct verify_folder *folder, struct verifying *verifying, const struct mailbox *mailbox)
{
    static const struct local_scanner scanner = {add_name, count_odd};

    verify_folder_free(folder);
    folder->verifying = verifying;
    folder->mailbox = mailbox;
    return scan(folder, &scanner) && (verify_names_end(&folder->names) || run_no_memory(run_of(folder)));
}

bool
verify_folder_row(struct verify_folder *folder, const struct journal_message *row, enum verify_there there, bool *later)
{
    const bool here = verify_is_here(row);
    enum verify_what what[VERIFY_MOST];

    *later = false;
    if (!folder->readable || row->base[0] == '\0')
        return true;
    if (verify_names_meet(&folder->names, row->base, row->info)) {
        *later = !here; /* it is back, and nothing that the row says by itself is true any more */
        return here || verify_find(folder->verifying, row->id, row->uid, VERIFY_BACK_HERE);
    }
    *later = true;
    if (!array_grow(&folder->unmet, &folder->size, folder->count + 1, sizeof *folder->unmet))
        return run_no_memory(run_of(folder));
    folder->expected += here;
    folder->unmet[folder->count++] = (struct verify_unmet){
        .row = row->id, .uid = row->uid, .here = here, .missing = verify_here(row, NULL, what) != 0, .there = there};
    return true;
}

static int
compare_unmet(const void *pa, const void *pb)
{
    const struct verify_unmet *a = pa, *b = pb;

    return a->row < b->row ? -1 : a->row > b->row;
}

static struct verify_unmet *
find_unmet(struct verify_folder *folder, int64_t row)
{
    const struct verify_unmet key = {.row = row};

    return folder->count == 0 ? NULL : bsearch(&key, folder->unmet, folder->count, sizeof key, compare_unmet);
}

/* Its file has another info than the journal knows, or is back. */
static bool
meet(struct verify_folder *folder, struct verify_unmet *unmet, const struct journal_message *row, const char *info)
{
    enum verify_what what[VERIFY_MOST];

    unmet->met = true;
    if (unmet->here && unmet->there == VERIFY_THERE_AS_KNOWN &&
        !verify_find_all(folder->verifying, row, what, verify_row(row, what)))
        return false;
    return verify_find_all(folder->verifying, row, what, verify_here(row, info, what));
}

static void
say_stranger(struct verify_folder *folder, const char *name, enum verify_what what, const char *why)
{
    struct journal_message named = {0};

    (void)text_print(named.base, sizeof named.base, "%s", name);
    verify_say(folder->verifying, folder->mailbox, what, &named, why);
}

static bool
is_there(struct verify_folder *folder, const char *base, const char *info)
{
    struct run *run = run_of(folder);
    const struct local_file file = {folder->mailbox->row.folder, base, info};
    struct local_print print;
    struct error err = {0};
    bool missing = true;

    return run->local.ops->look(run->local.self, &file, &print, &missing, &err) && !missing;
}

/* The first listing showed its own name: it was renamed since, or there are two of it. */
static bool
see_other_name(struct verify_folder *folder, const struct journal_message *row, const char *info)
{
    enum verify_what what[VERIFY_MOST];

    if (!is_there(folder, row->base, row->info) || !is_there(folder, row->base, info))
        return verify_find_all(folder->verifying, row, what, verify_here(row, info, what));
    say_stranger(folder, row->base, VERIFY_SECOND_NAME, NULL);
    return true;
}

/* The second listing, of what the first one did not explain. */
static bool
see_again(void *context, const char *base, const char *info)
{
    struct verify_folder *folder = context;
    struct run *run = run_of(folder);
    struct verify_unmet *unmet;
    struct journal_message row;
    bool found;

    if (verify_names_is_met(&folder->names, base, info))
        return true;
    if (!journal_message_by_base(run->journal, folder->mailbox->row.id, base, &row, &found, &run->err))
        return false;
    unmet = found ? find_unmet(folder, row.id) : NULL;
    if (!found)
        say_stranger(folder, base, VERIFY_NEW_HERE, NULL);
    else if (unmet == NULL)
        return see_other_name(folder, &row, info);
    else if (!unmet->met)
        return meet(folder, unmet, &row, info);
    else
        unmet->twice = true;
    return true;
}

static bool
say_odd(void *context, const char *name, const char *why)
{
    say_stranger(context, name, VERIFY_ODD_NAME, why);
    return true;
}

/* A further one: only what is still missing. */
static bool
see_missing(void *context, const char *base, const char *info)
{
    struct verify_folder *folder = context;
    struct run *run = run_of(folder);
    struct verify_unmet *unmet;
    struct journal_message row;
    bool found;

    if (verify_names_is_met(&folder->names, base, info))
        return true;
    if (!journal_message_by_base(run->journal, folder->mailbox->row.id, base, &row, &found, &run->err))
        return false;
    unmet = found ? find_unmet(folder, row.id) : NULL;
    return unmet == NULL || unmet->met || meet(folder, unmet, &row, info);
}

static bool
is_complete(const struct verify_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        if (folder->unmet[i].missing && !folder->unmet[i].met)
            return false;
    return true;
}

/* Two names in one listing: that one of them became the other meanwhile was ruled out. */
static bool
say_twice(struct verify_folder *folder)
{
    struct journal_message row;

    for (size_t i = 0; i < folder->count; i++) {
        if (!folder->unmet[i].twice)
            continue;
        if (!run_load(run_of(folder), folder->unmet[i].row, &row))
            return false;
        say_stranger(folder, row.base, VERIFY_SECOND_NAME, NULL);
    }
    return true;
}

bool
verify_folder_look_again(struct verify_folder *folder)
{
    static const struct local_scanner again = {see_again, say_odd}, missing = {see_missing, NULL};

    if (folder->count > 1)
        qsort(folder->unmet, folder->count, sizeof *folder->unmet, compare_unmet);
    if (!folder->readable || (folder->expected == 0 && folder->odd == 0 && verify_names_left(&folder->names) == 0))
        return true;
    if (!scan(folder, &again) || (folder->readable && folder->stable && !say_twice(folder)))
        return false;
    for (int i = 2; i <= LISTINGS && folder->readable && !folder->stable && !is_complete(folder); i++)
        if (!scan(folder, &missing))
            return false;
    return true;
}

bool
verify_folder_lacks(struct verify_folder *folder, int64_t row)
{
    const struct verify_unmet *unmet = folder->readable && folder->stable ? find_unmet(folder, row) : NULL;

    return unmet != NULL && unmet->here && !unmet->met;
}

bool
verify_folder_forget(struct verify_folder *folder, int64_t row)
{
    struct verify_unmet *unmet = find_unmet(folder, row);

    if (!verify_folder_lacks(folder, row))
        return false;
    unmet->there = VERIFY_THERE_NOT;
    return true;
}

/* What is said of one whose file no listing showed. A file that never went up, or whose message is gone as well, is nowhere: no difference. */
static bool
find_absent(struct verify_folder *folder, const struct verify_unmet *unmet)
{
    enum verify_what what[VERIFY_MOST];
    struct journal_message row;

    if (unmet->there == VERIFY_THERE_NOT)
        return true;
    if (unmet->here)
        return !unmet->missing || verify_find(folder->verifying, unmet->row, unmet->uid, VERIFY_GONE_HERE);
    return run_load(run_of(folder), unmet->row, &row) &&
           verify_find_all(folder->verifying, &row, what, verify_row(&row, what));
}

bool
verify_folder_end(struct verify_folder *folder)
{
    uint64_t unsure = 0;

    if (!folder->readable) {
        run_problem(run_of(folder), folder->mailbox, &folder->err);
        verify_say_many(folder->verifying, folder->mailbox, CLASS_BUSY, true, 0,
                        "its folder can't be read, and was not compared: the error about it says why");
        return true;
    }
    for (size_t i = 0; i < folder->count; i++) {
        if (folder->unmet[i].met)
            continue;
        if (folder->unmet[i].here && !folder->stable)
            unsure += folder->unmet[i].missing;
        else if (!find_absent(folder, &folder->unmet[i]))
            return false;
    }
    if (unsure != 0)
        verify_say_many(folder->verifying, folder->mailbox, CLASS_BUSY, true, unsure,
                        "their files were not seen in a folder that changes all the time: try again");
    return true;
}
