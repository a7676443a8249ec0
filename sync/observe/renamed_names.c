/* The rows get their new names, and their folders new places. See renamed.h. */
#include "sync/observe/renamed.h"

#include "sync/observe/exchanged.h"
#include "sync/observe/followed.h"
#include "sync/observe/turned_back.h"
#include "sync/observe/way.h"
#include "sync/rows/renaming.h"
#include "sync/rows/unfinished.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/situation.h"

struct naming { /* a row that has another name there */
    struct mailbox *row;
    const struct renamed_item *item;
    char *name, *folder; /* that it is to have */
    struct way way;      /* what stood there before it */
    struct mailbox *own; /* its folder stands there already, and would be this new one; NULL: else */
    char *left;          /* ... which is called so, where that folder stood before */
    const struct mailbox *
        holder; /* it waits for this one to give up the name or the folder; NULL: for `pull`, or for one that is to have it, too */
};

struct settling {
    struct run *run;
    struct naming *at;
    size_t count;
};

static int
compare_rows(const void *pa, const void *pb)
{
    const struct mailbox *a = ((const struct naming *)pa)->row, *b = ((const struct naming *)pb)->row;

    return a < b ? -1 : a > b;
}

static struct naming *
find_naming(const struct settling *settling, const struct mailbox *row)
{
    const struct naming key = {.row = (struct mailbox *)(uintptr_t)row};

    return bsearch(&key, settling->at, settling->count, sizeof key, compare_rows);
}

/* What had no files is told by its age. */
static bool
is_of_age(struct run *run, const struct mailbox *row, const char *folder)
{
    struct journal_place place;
    struct local_stamp stamp;
    struct error ignored = {0};
    bool known, missing;

    return journal_place_get(run->journal, row->row.id, &place, &known, &ignored) && known && place.born[0] != '\0' &&
           run->local.ops->stamp(run->local.self, folder, &stamp, &missing, &ignored) && !missing &&
           strcmp(place.born, stamp.born) == 0;
}

/* *is: two thirds of its files, of those that are in either, are there. */
static bool
stands_there(struct run *run, struct mailbox *row, const char *folder, bool *is)
{
    struct lost one = {.mailbox = row};
    struct search search = {.run = run, .lost = &one, .lost_count = 1};
    const bool ok = moved_names_read(&search);
    uint64_t home;

    *is = false;
    if (ok && one.names == 0) {
        *is = is_of_age(run, row, folder) && !is_of_age(run, row, row->row.folder);
    } else if (ok && moved_names_count(&search, row->row.folder)) {
        home = one.count;
        *is = moved_names_count(&search, folder) && one.count != 0 && 3 * one.count >= 2 * (home + one.count);
    }
    moved_names_free(&search);
    return ok;
}

/* Somebody has put it there, in the place of one that the journal does not know, which stands where it stood. */
static bool
find_own(struct run *run, struct naming *naming)
{
    struct mailbox *row = naming->row, *at = lookup_folder(run, naming->folder);
    char here[LIMIT_MAILBOX_NAME + 1], name[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};
    const struct mailbox *holder;
    bool is;

    if (at == NULL || at->row.state != MAILBOX_NEW_LOCAL || !at->folder_here || !row->folder_here ||
        row->row.goal != NULL || !names_from_folder(row->row.folder, run->account->policy.layout, here, &ignored) ||
        !names_map_there(&run->map, here, name, &ignored))
        return true;
    holder = lookup_name(run, name);
    if (holder != NULL && holder != row)
        return true;
    if (!stands_there(run, row, naming->folder, &is))
        return false;
    if (!is)
        return true;
    naming->own = at;
    naming->left = strdup(name);
    return naming->left != NULL || run_no_memory(run);
}

static bool
gather(struct settling *settling, const struct renamed_item *items, size_t count)
{
    struct run *run = settling->run;
    char name[LIMIT_MAILBOX_NAME + 1], folder[LOCAL_FOLDER_MAX + 1];
    struct error err = {0};

    settling->at = calloc(count + 1, sizeof *settling->at);
    if (settling->at == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < count; i++) {
        struct naming *naming = &settling->at[settling->count];

        if (items[i].row == NULL || items[i].same || !items_name(run, items[i].seen, false, name) ||
            !names_map_folder(&run->map, name, run->account->policy.layout, folder, &err))
            continue;
        *naming =
            (struct naming){.row = items[i].row, .item = &items[i], .name = strdup(name), .folder = strdup(folder)};
        settling->count++;
        if (naming->name == NULL || naming->folder == NULL)
            return run_no_memory(run);
        if (!find_own(run, naming))
            return false;
        naming->way = way_find(run, items[i].seen, naming->row, folder);
        /* Where its folder has that name already nothing is renamed here. */
        naming->row->name_waits = !run->account->policy.pull.mailboxes && naming->own == NULL &&
                                  strcmp(naming->folder, naming->row->row.folder) != 0;
    }
    if (settling->count > 1)
        qsort(settling->at, settling->count, sizeof *settling->at, compare_rows);
    return true;
}

/* Does it keep the name, or the folder, that another one is to have? */
static bool
is_in_the_way(const struct settling *settling, const struct naming *naming, const struct mailbox *holder)
{
    const struct naming *other;

    if (holder == NULL || holder == naming->row || holder == naming->own ||
        renaming_is_nowhere(settling->run, holder) || (holder == naming->way.of && naming->way.free))
        return false;
    other = find_naming(settling, holder);
    return other == NULL || holder->name_waits || other->own != NULL;
}

static int
compare_names(const void *pa, const void *pb)
{
    return strcmp((*(struct naming *const *)pa)->name, (*(struct naming *const *)pb)->name);
}

/* Where the prefix of the namespace is cut two may come to have one name. */
static bool
find_twins(struct settling *settling)
{
    struct naming **sorted = calloc(settling->count + 1, sizeof(struct naming *));

    if (sorted == NULL)
        return run_no_memory(settling->run);
    for (size_t i = 0; i < settling->count; i++)
        sorted[i] = &settling->at[i];
    if (settling->count > 1)
        qsort(sorted, settling->count, sizeof(struct naming *), compare_names);
    for (size_t i = 1; i < settling->count; i++)
        if (strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
            sorted[i]->row->name_waits = sorted[i - 1]->row->name_waits = true;
    free(sorted);
    return true;
}

/* One that waits keeps its name, for which another one may have to wait. */
static void
find_waiting(struct settling *settling)
{
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < settling->count; i++) {
            struct naming *naming = &settling->at[i];
            const struct mailbox *name = lookup_name(settling->run, naming->name);
            const struct mailbox *folder = lookup_folder(settling->run, naming->folder);

            if (naming->row->name_waits)
                continue;
            naming->holder = is_in_the_way(settling, naming, name) ? name : NULL;
            if (naming->holder == NULL && is_in_the_way(settling, naming, folder) && folder->row.goal == NULL)
                naming->holder = folder;
            naming->row->name_waits = naming->holder != NULL;
            again = again || naming->row->name_waits;
        }
    }
}

/* What is empty, and stands where one of these is to stand, goes. One that does not go after all is in the way. */
static bool
clear_ways(struct settling *settling)
{
    bool ok = true;

    for (size_t i = 0; ok && i < settling->count; i++) {
        struct naming *naming = &settling->at[i];

        if (!naming->way.free || naming->row->name_waits)
            continue;
        ok = settling->run->clear_way(settling->run, naming->way.of, &naming->way.free);
        if (!naming->way.free)
            find_waiting(settling);
    }
    return ok;
}

/* Somebody who asks for what has another name now is told so. */
static bool
check_asked(struct settling *settling)
{
    struct run *run = settling->run;
    const char *const *asked = run->options->mailboxes;

    for (; asked != NULL && *asked != NULL; asked++) {
        for (size_t i = 0; i < settling->count; i++) {
            const struct naming *naming = &settling->at[i];

            if (naming->row->name_waits || naming->item->reborn || strcmp(naming->row->row.name, *asked) != 0)
                continue;
            error_set(&run->err, ERROR_CONFIG, "find mailbox %s", *asked);
            error_hint(&run->err, "It was renamed to %s on the server; `golub sync %s` renames it here, too.",
                       naming->name, run->account->name);
            return false;
        }
    }
    return true;
}

static bool
say_waiting(struct settling *settling, const struct naming *naming)
{
    struct run *run = settling->run;
    struct mailbox *row = naming->row;
    char what[LIMIT_MAILBOX_NAME + 80], why[LIMIT_MAILBOX_NAME + 160];

    (void)text_print(what, sizeof what, "rename this mailbox here to \"%s\", as on the server", naming->name);
    if (!run->account->policy.pull.mailboxes)
        return run_pending(run, row, 0, PENDING_POLICY, RENAMED_WAITS, what, NULL);
    if (naming->holder != NULL)
        (void)text_print(why, sizeof why, "folder \"%s\" here is %s", naming->holder->row.folder,
                         naming->holder->row.state == MAILBOX_NEW_LOCAL ? "in the way"
                         : naming->holder == naming->way.of
                             ? "another mailbox's, which is gone on the server, and is not empty"
                             : "another mailbox's");
    else
        (void)text_print(why, sizeof why, "two mailboxes of the server are to have that name here");
    run_complain(run, row, what, why,
                 naming->holder != NULL
                     ? "Give that folder another name; until then its mail stays in sync where it is."
                     : "Give one of them another name there; until then its mail stays in sync where it is.");
    return run_pending(run, row, 0, PENDING_MAILBOX, RENAMED_WAITS, why, NULL);
}

static bool
clear_waiting(struct run *run, const struct mailbox *row)
{
    struct journal_pending pending;
    bool found;

    return journal_pending_get(run->journal, row->row.id, 0, &pending, &found, &run->err) &&
           (!found || strcmp(pending.detail, RENAMED_WAITS) != 0 ||
            journal_pending_clear(run->journal, row->row.id, 0, &run->err));
}

/* What holds a name or folder of these, and is nowhere, goes. */
static bool
forget_nowhere(struct settling *settling, const struct naming *naming, struct mailbox *holder)
{
    if (holder == NULL || holder == naming->row || find_naming(settling, holder) != NULL ||
        !renaming_is_nowhere(settling->run, holder) || holder->row.id == 0)
        return true;
    return unfinished_forget(settling->run, holder);
}

static bool
was_forgotten(const struct mailbox *mailbox)
{
    return mailbox->row.id == 0 && !mailbox->listed && !mailbox->folder_here;
}

/* The other one has the place that it left. */
static bool
change_places(struct run *run, struct naming *naming)
{
    struct journal_mailbox *row = &naming->row->row, *other = &naming->own->row;
    char *folder = row->folder;

    row->folder = other->folder;
    other->folder = folder;
    free(other->name);
    other->name = naming->left;
    naming->left = NULL;
    lookup_forget(run);
    return other->id == 0 || journal_mailbox_save(run->journal, other, &run->err);
}

static void
name_anew(struct naming *naming)
{
    struct mailbox *row = naming->row;

    free(row->had_name);
    if (aside_is_at(row->row.name) && row->row.goal_there != NULL) { /* as people knew it */
        row->had_name = row->row.goal_there;
        free(row->row.name);
    } else {
        row->had_name = row->row.name;
        free(row->row.goal_there); /* the server's name counts */
    }
    row->row.name = naming->name;
    row->row.goal_there = NULL;
    free(row->row.goal);
    row->row.goal = strcmp(row->row.folder, naming->folder) != 0 ? naming->folder : NULL;
    if (row->row.goal == NULL)
        free(naming->folder);
    naming->name = naming->folder = NULL;
}

static bool
write_names(struct settling *settling)
{
    struct run *run = settling->run;
    bool ok = true;

    for (size_t i = 0; ok && i < settling->count; i++) {
        struct naming *naming = &settling->at[i];

        if (naming->row->name_waits)
            ok = say_waiting(settling, naming);
        else
            ok = forget_nowhere(settling, naming, lookup_name(run, naming->name)) &&
                 forget_nowhere(settling, naming, lookup_folder(run, naming->folder)) &&
                 journal_mailbox_unname(run->journal, naming->row->row.id, &run->err) &&
                 (naming->own == NULL || naming->own->row.id == 0 ||
                  journal_mailbox_unname(run->journal, naming->own->row.id, &run->err));
        if (naming->row->name_waits && naming->holder != NULL && naming->holder->row.state == MAILBOX_NEW_LOCAL)
            run_learn(run, lookup_folder(run, naming->holder->row.folder), CAUTION_NOT_MADE);
    }
    for (size_t i = 0; ok && i < settling->count; i++) {
        struct naming *naming = &settling->at[i];

        if (naming->row->name_waits)
            continue;
        if (naming->own != NULL)
            ok = change_places(run, naming);
        name_anew(naming);
        ok = ok && clear_waiting(run, naming->row) && journal_mailbox_save(run->journal, &naming->row->row, &run->err);
    }
    return ok;
}

/* In a Maildir of before a row got its new name, its folder has the old one: that is nobody's wish. */
static bool
begin(const struct settling *settling)
{
    for (size_t i = 0; i < settling->count; i++)
        if (!settling->at[i].row->name_waits)
            return situation_begin(settling->run);
    return run_begin(settling->run);
}

bool
renamed_settle(struct run *run, const struct renamed_item *items, size_t count)
{
    struct settling settling = {.run = run};
    bool ok = true, any = false;

    for (size_t i = 0; i < count; i++)
        any = any || items[i].row != NULL;
    for (size_t i = 0; i < run->count; i++)
        any = any || run->mailboxes[i].row.goal != NULL || aside_is_at(run->mailboxes[i].row.name);
    if (!any || run->move_folders == NULL)
        return true;
    ok = gather(&settling, items, count) && find_twins(&settling);
    if (ok)
        find_waiting(&settling);
    ok = ok && check_asked(&settling) && clear_ways(&settling) && begin(&settling);
    if (ok)
        ok = run_end(run, write_names(&settling)) && followed_find(run) && turned_back_find(run);
    for (size_t i = 0; i < settling.count; i++) {
        free(settling.at[i].name);
        free(settling.at[i].folder);
        free(settling.at[i].left);
    }
    free(settling.at);
    run_mailboxes_sift(run, was_forgotten);
    return ok && run->move_folders(run);
}
