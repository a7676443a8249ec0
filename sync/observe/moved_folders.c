/* See moved_folders.h. */
#include "sync/observe/moved_folders.h"

#include "sync/observe/exchanged.h"
#include "sync/observe/left_out.h"
#include "sync/observe/mapped.h"
#include "sync/observe/unused_folders.h"
#include "sync/rows/renaming.h"
#include "sync/rows/unfinished.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/place.h"
#include "sync/run/situation.h"
#include "sync/run/uses.h"

static bool
is_lost(const struct run *run, const struct mailbox *mailbox)
{
    return mailbox->row.id != 0 && !mailbox->folder_here && strcmp(mailbox->row.name, "INBOX") != 0 &&
           uses_choose(run, mailbox->row.name, mailbox->row.attributes) && mailbox->row.state != MAILBOX_NEW_LOCAL &&
           mailbox->row.state != MAILBOX_NEW_REMOTE;
}

static bool
is_found(const struct mailbox *mailbox)
{
    return mailbox->row.id == 0 && mailbox->folder_here && mailbox->row.state == MAILBOX_NEW_LOCAL;
}

static bool
make_room(struct search *search)
{
    search->lost = calloc(search->run->count + 1, sizeof *search->lost);
    search->found =
        calloc(2 * search->run->count + 1, sizeof *search->found); /* what has a second folder may be in neither */
    return (search->lost != NULL && search->found != NULL) || run_no_memory(search->run);
}

/* One that got another name while folders were listed was perhaps under both: it is where it is now. */
static void
look_again(struct run *run)
{
    bool any = false;

    for (size_t i = 0; i < run->count; i++)
        any = any || is_found(&run->mailboxes[i]);
    for (size_t i = 0; any && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        struct local_stamp stamp;
        struct error ignored = {0};
        bool missing;

        if (mailbox->row.id != 0 && mailbox->folder_here &&
            run->local.ops->stamp(run->local.self, mailbox->row.folder, &stamp, &missing, &ignored) && missing)
            mailbox->folder_here = false;
    }
}

static bool
gather(struct search *search)
{
    struct run *run = search->run;

    if (!make_room(search))
        return false;
    look_again(run);
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (is_lost(run, mailbox))
            search->lost[search->lost_count++].mailbox = mailbox;
        if (is_found(mailbox) || mailbox->second != NULL)
            search->found[search->found_count++] =
                (struct found){.mailbox = mailbox,
                               .name = mailbox->row.name,
                               .folder = mailbox->second != NULL ? mailbox->second : mailbox->row.folder};
    }
    return true;
}

/* ---- where the names of what is lost are ---- */

/* Is it the directory that it was? At another one's path it must not be of that one's age, too. */
static bool
is_of_age(struct search *search, size_t lost, size_t found, bool *is)
{
    const struct found *at = &search->found[found];
    bool was = false;

    if (!place_is_of(search->run, search->lost[lost].mailbox, at->folder, is))
        return false;
    if (*is && at->of != 0 && at->of != lost + 1 &&
        !place_is_of(search->run, search->lost[at->of - 1].mailbox, at->folder, &was))
        return false;
    if (*is && at->over && !place_is_of(search->run, at->mailbox, at->folder, &was))
        return false;
    *is = *is && !was;
    return true;
}

/* The mailbox that has the name is gone there, and this is its directory still, into which other mail was moved. */
static bool
is_its_own(struct search *search, size_t lost, size_t found, bool *own)
{
    const struct found *at = &search->found[found];
    bool others = false;

    *own = false;
    if (!at->over)
        return true;
    if (!place_is_of(search->run, at->mailbox, at->folder, own) ||
        !place_is_of(search->run, search->lost[lost].mailbox, at->folder, &others))
        return false;
    *own = *own && !others; /* what is made at once is of one age */
    return true;
}

static bool
add_overlap(struct search *search, size_t lost, size_t found, uint64_t count)
{
    bool same, own;

    if (!is_its_own(search, lost, found, &own))
        return false;
    if (own)
        return true;
    if (!is_of_age(search, lost, found, &same))
        return false;
    if (!array_grow(&search->overlaps, &search->overlaps_size, search->overlaps_count + 1, sizeof *search->overlaps))
        return run_no_memory(search->run);
    search->overlaps[search->overlaps_count++] =
        (struct overlap){.lost = lost,
                         .found = found,
                         .count = count,
                         .strangers = search->strangers,
                         .removed = moved_names_removed(search, &search->lost[lost], search->found[found].name),
                         .same_age = same};
    return true;
}

static bool
count_in_found(struct search *search)
{
    bool ok = true;

    for (size_t f = 0; ok && f < search->found_count; f++) {
        /* What can't be listed may hold all of it: no mailbox is made for such a one. */
        if (!moved_names_count(search, search->found[f].folder) && search->found[f].of == 0 &&
            search->found[f].mailbox->second == NULL)
            run_learn(search->run, search->found[f].mailbox, CAUTION_NOT_MADE);
        for (size_t i = 0; ok && i < search->lost_count; i++)
            ok = search->lost[i].count == 0 || add_overlap(search, i, f, search->lost[i].count);
    }
    return ok;
}

static bool
is_among_found(const struct search *search, const struct mailbox *mailbox)
{
    for (size_t f = 0; f < search->found_count; f++)
        if (search->found[f].of != 0 && search->found[f].mailbox == mailbox)
            return true;
    return false;
}

/* Those of known mailboxes; only where the new ones alone do not tell. */
static void
count_in_known(struct search *search)
{
    struct run *run = search->run;

    for (size_t i = 0; i < run->count; i++) {
        if (run->mailboxes[i].row.id == 0 || !run->mailboxes[i].folder_here ||
            is_among_found(search, &run->mailboxes[i]))
            continue;
        (void)moved_names_count(
            search, run->mailboxes[i].row.folder); /* one that can't be listed holds nothing, as far as anybody knows */
        for (size_t k = 0; k < search->lost_count; k++)
            search->lost[k].other += search->lost[k].count;
    }
}

/* ---- which is which ---- */

/* Names of this one that no folder but this holds. */
static uint64_t
names_left(const struct search *search, const struct overlap *overlap)
{
    const struct lost *lost = &search->lost[overlap->lost];
    uint64_t away = lost->other;

    for (size_t i = 0; i < search->overlaps_count; i++)
        if (search->overlaps[i].lost == overlap->lost && search->overlaps[i].found != overlap->found)
            away += search->overlaps[i].count;
    return lost->names > away ? lost->names - away : 0;
}

/* How many names of some other mailbox that is lost are in it. */
static uint64_t
others_in(const struct search *search, const struct overlap *overlap)
{
    uint64_t most = 0;

    for (size_t i = 0; i < search->overlaps_count; i++) {
        const struct overlap *other = &search->overlaps[i];

        if (other->found == overlap->found && other->lost != overlap->lost && other->count > most)
            most = other->count;
    }
    return most;
}

/*
 * Two thirds of its names. A folder out of a backup lacks those that came since, and has those that were removed since: two thirds of what it holds do for
 * that.
 */
static bool
has_most(const struct search *search, const struct overlap *overlap)
{
    return 3 * overlap->count >= 2 * names_left(search, overlap) ||
           (search->run->maildir_older &&
            overlap->count + overlap->removed >= 2 * (overlap->strangers - overlap->removed));
}

/* A folder that holds more of other mail is another one, into which what is lost was moved. */
static bool
has_its_names(const struct search *search, const struct overlap *overlap)
{
    return has_most(search, overlap) && overlap->count + overlap->removed >= overlap->strangers - overlap->removed &&
           overlap->count >= others_in(search, overlap);
}

/* Are as many of its names in the folder at its own path? Then the others were moved away, and it stands where it stood. */
static bool
is_better_at_home(const struct search *search, const struct overlap *overlap)
{
    for (size_t i = 0; i < search->overlaps_count; i++) {
        const struct overlap *own = &search->overlaps[i];

        if (own->lost == overlap->lost && own != overlap && search->found[own->found].of == own->lost + 1)
            return own->count >= overlap->count && has_its_names(search, own);
    }
    return false;
}

/* @return whether one has names in some folder, and fits none */
static bool
judge(struct search *search)
{
    bool open = false;

    for (size_t i = 0; i < search->lost_count; i++)
        search->lost[i].fitting = 0;
    for (size_t i = 0; i < search->overlaps_count; i++) {
        struct overlap *overlap = &search->overlaps[i];

        overlap->named = has_its_names(search, overlap) && !is_better_at_home(search, overlap);
        overlap->fits = overlap->same_age || overlap->named;
        search->lost[overlap->lost].fitting += overlap->fits;
    }
    for (size_t i = 0; i < search->overlaps_count; i++)
        open = open || search->lost[search->overlaps[i].lost].fitting == 0;
    return open;
}

/* Is there one new folder, and no other, that this may be? Clocks of file systems are coarse: what was made at once is of one age, as that of a mailbox that was left out may be. */
static bool
find_of_age(struct search *search, size_t lost, bool same_level, size_t *found)
{
    const struct mailbox *mailbox = search->lost[lost].mailbox;
    bool ok = true, is = false, noted = false;

    *found = SIZE_MAX;
    for (size_t f = 0; ok && f < search->found_count; f++) {
        const struct found *at = &search->found[f];

        if (at->matched || (same_level && !renaming_is_last_same(at->name, mailbox->row.name)))
            continue;
        ok = left_out_stands(search->run, at->folder, &noted);
        if (!ok || noted)
            continue;
        ok = is_of_age(search, lost, f, &is);
        if (ok && is && *found != SIZE_MAX) {
            *found = SIZE_MAX;
            break;
        }
        *found = ok && is ? f : *found;
    }
    return ok;
}

/*
 * Those without files; then those whose files are in none of these folders. First those whose last level is what it was: they stand below one that was
 * renamed.
 */
static bool
match_empty(struct search *search)
{
    bool ok = true;
    size_t found;

    for (size_t i = 0; i < search->overlaps_count; i++) {
        search->found[search->overlaps[i].found].matched = true;
        search->lost[search->overlaps[i].lost].matched = true;
    }
    for (int pass = 0; pass < 4; pass++)
        for (size_t i = 0; ok && i < search->lost_count; i++) {
            struct lost *lost = &search->lost[i];

            if ((lost->names == 0) != (pass < 2) || lost->matched)
                continue;
            ok = find_of_age(search, i, pass % 2 == 0, &found);
            if (!ok || found == SIZE_MAX)
                continue;
            search->strangers = search->fetched_count = 0;
            ok = add_overlap(search, i, found, 1);
            lost->matched = search->found[found].matched = true;
        }
    return ok;
}

static bool
is_only_one(const struct search *search, const struct overlap *overlap)
{
    for (size_t i = 0; i < search->overlaps_count; i++) {
        const struct overlap *other = &search->overlaps[i];

        if (other == overlap || !other->fits || (overlap->same_age && !other->same_age)) /* a copy of it is younger */
            continue;
        if (overlap->same_age && overlap->named && !other->named) /* what is made at once is of one age */
            continue;
        if (other->lost == overlap->lost || other->found == overlap->found)
            return false;
    }
    return true;
}

/* Whose a mailbox is follows from the name that it has, and not from the one that it is to get. */
static bool
is_chosen(const struct run *run, const struct mailbox *lost, const struct found *found)
{
    return uses_choose(run, found->name, lost->row.attributes & ~(unsigned)REMOTE_SHARED);
}

/* ---- then it is that folder's ---- */

/* What its mailbox is to be called there. A Maildir out of a backup shows the past: its folders get back the names that they have there. */
static bool
set_goals(struct run *run, struct mailbox *lost, const char *name)
{
    struct journal_mailbox *row = &lost->row;
    char folder[LOCAL_FOLDER_MAX + 1];
    struct error ignored = {0};

    /* Between two names there: it gets the one that it was to get, or that of this folder (apply/rename_there.h). */
    if (run->maildir_older && row->goal_there != NULL && aside_is_at(row->name))
        return true;
    free(row->goal_there);
    row->goal_there = NULL;
    if (row->goal != NULL) { /* the server's name for it counts */
        if (strcmp(row->goal, row->folder) == 0) {
            free(row->goal);
            row->goal = NULL;
        }
        return true;
    }
    if (strcmp(name, row->name) == 0)
        return true;
    if (run->maildir_older && names_map_folder(&run->map, row->name, run->account->policy.layout, folder, &ignored)) {
        row->goal = strdup(folder);
        return row->goal != NULL || run_no_memory(run);
    }
    row->goal_there = strdup(name);
    return row->goal_there != NULL || run_no_memory(run);
}

/* Paths change hands: each is taken from who has it before anybody gets one. */
static void
take_folders(struct search *search, char **folders)
{
    for (size_t i = 0; i < search->overlaps_count; i++) {
        struct mailbox *mailbox = search->found[search->overlaps[i].found].mailbox;
        char **from = search->found[search->overlaps[i].found].folder == mailbox->second ? &mailbox->second
                                                                                         : &mailbox->row.folder;

        if (!search->overlaps[i].fits)
            continue;
        folders[i] = *from;
        *from = NULL;
    }
}

/* In the journal too. */
static bool
give_folders(struct search *search, char **folders)
{
    struct run *run = search->run;
    bool ok = true;

    for (size_t i = 0; i < search->overlaps_count; i++) {
        struct mailbox *lost = search->lost[search->overlaps[i].lost].mailbox;

        if (folders[i] == NULL)
            continue;
        free(lost->row.folder);
        lost->row.folder = folders[i];
        lost->folder_here = true;
        ok = ok && (run->move_folders == NULL || journal_mailbox_unname(run->journal, lost->row.id, &run->err)) &&
             set_goals(run, lost, search->found[search->overlaps[i].found].name);
    }
    for (size_t i = 0; ok && run->move_folders != NULL && i < search->overlaps_count; i++)
        if (folders[i] != NULL)
            ok = journal_mailbox_save(run->journal, &search->lost[search->overlaps[i].lost].mailbox->row, &run->err);
    return ok;
}

static bool
was_taken(const struct mailbox *mailbox)
{
    return mailbox->row.folder == NULL;
}

/* Each of those that fit is that folder's, and no other's. @return whether there is any */
static bool
choose(struct search *search)
{
    bool any = false;

    for (size_t i = 0; i < search->overlaps_count; i++) {
        struct overlap *overlap = &search->overlaps[i];

        overlap->fits = overlap->fits &&
                        is_chosen(search->run, search->lost[overlap->lost].mailbox, &search->found[overlap->found]);
    }
    for (size_t i = 0; i < search->overlaps_count; i++)
        search->overlaps[i].only = search->overlaps[i].fits && is_only_one(search, &search->overlaps[i]);
    for (size_t i = 0; i < search->overlaps_count; i++)
        search->overlaps[i].fits = search->overlaps[i].only;
    exchanged_settle(search);
    for (size_t i = 0; i < search->overlaps_count; i++)
        any = any || search->overlaps[i].fits;
    return any;
}

/* What is gone on both sides leaves its name to the folder that has it. */
static bool
forget_gone(struct search *search)
{
    struct run *run = search->run;
    bool ok = true;

    for (size_t i = 0; ok && run->move_folders != NULL && i < search->overlaps_count; i++) {
        const struct found *found = &search->found[search->overlaps[i].found];

        ok = !search->overlaps[i].fits || !found->over || unfinished_forget(run, found->mailbox);
    }
    return ok;
}

static bool
take_all(struct search *search)
{
    struct run *run = search->run;
    char **folders;
    bool ok;

    if (!choose(search))
        return true;
    folders = calloc(search->overlaps_count, sizeof(char *));
    if (folders == NULL)
        return run_no_memory(run);
    ok = run->move_folders == NULL || situation_begin(run); /* an older Maildir has them under their old names */
    if (ok) {
        ok = forget_gone(search);
        take_folders(search, folders);
        ok = ok && give_folders(search, folders);
        if (run->move_folders != NULL)
            ok = run_end(run, ok);
    }
    free(folders);
    run_mailboxes_sift(run, was_taken);
    return ok;
}

bool
moved_folders_map(struct run *run)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct journal_mailbox *row = &run->mailboxes[i].row;

        if (row->goal_there == NULL ||
            !names_map_name(&run->map, row->folder, run->account->policy.layout, name, &ignored) ||
            strcmp(name, row->name) != 0)
            continue;
        free(row->goal_there);
        row->goal_there = NULL;
        ok = run->move_folders == NULL ||
             (run_begin(run) && run_end(run, journal_mailbox_save(run->journal, row, &run->err)));
    }
    return ok;
}

/* Two folders for one name: the one that the journal knows stays. Another map may say that it is its own (mapped_follow). */
static bool
say_seconds(struct run *run)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        if (run->mailboxes[i].second == NULL || (!run->mailboxes[i].folder_here && mapped_is_changed(run)))
            continue;
        run_complain(run, &run->mailboxes[i], "use a second folder for this mailbox", run->mailboxes[i].second,
                     "What is in it is not synced: rename it, and it is a mailbox of its own, or remove it.");
        ok = unused_folders_note(run, run->mailboxes[i].second);
    }
    return ok;
}

/* Who is which, of what was gathered. */
static bool
find(struct search *search)
{
    bool ok = moved_names_read(search) && count_in_found(search);

    if (ok && judge(search)) {
        count_in_known(search);
        (void)judge(search);
    }
    ok = ok && match_empty(search);
    if (ok)
        (void)judge(search);
    if (search->no_memory)
        return run_no_memory(search->run);
    return ok && take_all(search);
}

static void
forget_search(struct search *search)
{
    for (size_t f = 0; search->found != NULL && f < search->found_count; f++)
        free(search->found[f].own);
    free(search->lost);
    free(search->found);
    moved_names_free(search);
    free(search->overlaps);
}

bool
moved_folders_see(struct run *run)
{
    struct search search = {.run = run};
    bool ok = moved_folders_map(run) && gather(&search);

    if (ok && search.lost_count != 0 && search.found_count != 0)
        ok = exchanged_gather(&search) && find(&search);
    forget_search(&search);
    return ok && say_seconds(run);
}

static bool
see_gone(struct run *run)
{
    struct search search = {.run = run};
    const bool ok = make_room(&search) && exchanged_gather_gone(&search) && (search.found_count == 0 || find(&search));

    forget_search(&search);
    return ok;
}

bool
moved_folders_see_exchanged(struct run *run)
{
    struct search search = {.run = run};
    const bool ok = see_gone(run) && make_room(&search) && exchanged_gather_alone(&search) &&
                    (search.found_count < 2 || find(&search));

    forget_search(&search);
    return ok;
}
