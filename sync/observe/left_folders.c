/* See left_folders.h. */
#include "sync/observe/left_folders.h"

#include "sync/rows/renaming.h"
#include "sync/run/lookup.h"

/* ---- which mailbox each is ---- */

static int
compare_objectids(const void *pa, const void *pb)
{
    const struct mailbox *a = *(struct mailbox *const *)pa, *b = *(struct mailbox *const *)pb;

    return strcmp(a->row.objectid, b->row.objectid);
}

static int
compare_objectid(const void *key, const void *item)
{
    return strcmp(key, (*(struct mailbox *const *)item)->row.objectid);
}

/* The one of the list that the server says it is; NULL: none, or two */
static struct mailbox *
find_objectid(struct mailbox **listed, size_t count, const char *objectid)
{
    struct mailbox **found = objectid[0] == '\0' || count == 0
                                 ? NULL
                                 : bsearch(objectid, listed, count, sizeof(struct mailbox *), compare_objectid);

    if (found == NULL || (found > listed && compare_objectid(objectid, found - 1) == 0) ||
        (found + 1 < listed + count && compare_objectid(objectid, found + 1) == 0))
        return NULL;
    return *found;
}

static bool
fits(const struct looking *looking, const struct left_note *note, const struct mailbox *mailbox)
{
    const struct left_note *own = left_notes_find(&looking->notes, mailbox->row.name);

    return left_is_unknown(mailbox) && mailbox->messages != 0 && mailbox->uidnext >= note->uidnext &&
           (note->objectid[0] == '\0' || mailbox->row.objectid[0] == '\0') &&
           (own == NULL || !left_notes_may_be(own, mailbox->row.objectid, mailbox->uidvalidity));
}

/* What has its UIDVALIDITY is it perhaps, where no other mailbox has that; NULL: nothing is. */
static struct mailbox *
find_numbers(const struct looking *looking, const struct left_note *note)
{
    struct mailbox *found = NULL;

    for (size_t i = 0; note->uidvalidity != 0 && i < looking->run->count; i++) {
        struct mailbox *mailbox = &looking->run->mailboxes[i];

        if (!mailbox->listed || !mailbox->has_status || mailbox->uidvalidity != note->uidvalidity)
            continue;
        if (found != NULL)
            return NULL;
        found = mailbox;
    }
    return found;
}

/* A server that numbers its mailboxes in the order of its list would seem to rename them all: where the old name is there, too, the numbers must fit. */
static bool
is_believed(const struct left_note *note, const struct mailbox *same, const struct mailbox *named)
{
    return named == NULL || named == same ||
           (same->has_status && note->uidvalidity != 0 && same->uidvalidity == note->uidvalidity &&
            same->uidnext >= note->uidnext);
}

/* Is something there that has its number and is no mailbox of this run, since another one has its name or its folder? */
static bool
is_stranger(const struct run *run, const struct left_note *note)
{
    bool is = false;

    for (size_t i = 0; note->uidvalidity != 0 && i < run->strangers_count; i++)
        is = is || run->strangers[i] == note->uidvalidity;
    return is;
}

/* In sync, and not in the folder that was noted. */
static bool
is_settled(const struct left_note *note, const struct mailbox *mailbox)
{
    return mailbox != NULL && !left_is_unknown(mailbox) && mailbox->folder_here &&
           strcmp(mailbox->row.folder, note->folder) != 0;
}

static void
find_now(const struct looking *looking, struct mailbox **listed, size_t count, const struct left_note *note)
{
    struct now *now = left_now(looking, note);
    struct mailbox *named = lookup_name(looking->run, note->name), *same = find_objectid(listed, count, note->objectid);
    struct mailbox *numbers;
    bool away; /* another one has got its name, perhaps */

    named = named != NULL && named->listed ? named : NULL;
    away = named == NULL || !left_notes_may_be(note, named->row.objectid, named->has_status ? named->uidvalidity : 0);
    numbers = away ? find_numbers(looking, note) : NULL;
    away = away && (named == NULL || numbers != named);
    now->stranger = away && ((named != NULL && numbers != NULL) || is_stranger(looking->run, note));
    if (same != NULL && is_believed(note, same, named))
        now->mailbox = same;
    else if (named != NULL && same == NULL && note->objectid[0] != '\0' && named->row.objectid[0] != '\0')
        now->mailbox = NULL; /* another one that got its name */
    else if (named != NULL && note->objectid[0] != '\0' && looking->run->info.avoided[0] != '\0')
        now->stranger = now->unsaid = true; /* a line broke, and it was asked with less */
    else if (numbers != NULL && fits(looking, note, numbers))
        now->mailbox = numbers;
    else
        now->mailbox = now->stranger ? NULL : named;
    now->perhaps = now->mailbox != NULL && now->mailbox != named && now->mailbox != same;
    now->stranger = now->stranger && now->mailbox == NULL;
    now->settled = now->stranger && !now->unsaid && is_settled(note, numbers) ? numbers : NULL;
}

bool
left_folders_name(struct looking *looking)
{
    struct run *run = looking->run;
    struct mailbox **listed = calloc(run->count + 1, sizeof(struct mailbox *));
    size_t count = 0;

    if (listed == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < run->count; i++)
        if (run->mailboxes[i].listed && run->mailboxes[i].row.objectid[0] != '\0')
            listed[count++] = &run->mailboxes[i];
    qsort(listed, count, sizeof(struct mailbox *), compare_objectids);
    for (size_t i = 0; i < looking->notes.count; i++)
        find_now(looking, listed, count, &looking->notes.at[i]);
    free(listed);
    return true;
}

/* ---- which folders there are ---- */

static bool
add_if_there(struct looking *looking, struct mailbox *mailbox, const char *folder)
{
    struct run *run = looking->run;
    struct local_stamp stamp;
    struct error ignored = {0};
    bool missing = true;

    return !run->local.ops->stamp(run->local.self, folder, &stamp, &missing, &ignored) || missing ||
           left_add_spot(looking, mailbox, folder, &stamp) != NULL;
}

static bool
is_of_age(const struct left_note *note, const struct spot *spot)
{
    return spot->born[0] != '\0' && strcmp(note->born, spot->born) == 0;
}

/* Another `map` may give that path to nobody; or a mailbox in sync was found elsewhere, and left it in this run to what stands there now. */
static bool
add_nameless(void *context, const char *folder)
{
    struct looking *looking = context;
    const size_t before = looking->spots_count;
    char *path;
    bool ok;

    if (lookup_folder(looking->run, folder) != NULL)
        return true;
    path = strdup(folder);
    ok = path != NULL ? add_if_there(looking, NULL, path) : run_no_memory(looking->run);
    if (looking->spots_count != before)
        looking->spots[before].path = path;
    else
        free(path);
    return ok;
}

/* Under the names that they have here, and under none. */
static bool
gather(struct looking *looking)
{
    struct run *run = looking->run;
    const size_t before = looking->spots_count;
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->folder_here && left_is_unknown(mailbox) && mailbox->second == NULL &&
            strcmp(mailbox->row.name, "INBOX") != 0)
            ok = add_if_there(looking, mailbox, mailbox->row.folder);
    }
    if (ok && !run->local.ops->folders(run->local.self, add_nameless, looking, &run->err))
        return false;
    for (size_t s = before; s < looking->spots_count; s++) {
        struct spot *spot = &looking->spots[s];

        for (size_t i = 0; i < looking->notes.count; i++) {
            struct left_note *note = &looking->notes.at[i];

            if (left_is_its_path(note, spot) && (spot->own == NULL || is_of_age(note, spot)))
                spot->own = note;
        }
    }
    return ok;
}

/* ---- whose each is ---- */

static size_t
count_of_age(const struct looking *looking, const struct spot *spot, struct left_note **first)
{
    size_t count = 0;

    for (size_t i = 0; i < looking->notes.count; i++) {
        if (!is_of_age(&looking->notes.at[i], spot))
            continue;
        *first = count == 0 ? &looking->notes.at[i] : *first;
        count++;
    }
    return count;
}

/* The only one whose files are there, of those of its age, or of all where none is. */
static struct left_note *
find_named(struct looking *looking, const struct spot *spot, bool of_age)
{
    struct left_note *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < looking->notes.count; i++) {
        struct left_note *note = &looking->notes.at[i];

        if (!left_notes_are_in(note) || (of_age && !is_of_age(note, spot) && note != spot->own))
            continue;
        found = note;
        count++;
    }
    return count == 1 ? found : NULL;
}

static void
give_to(struct looking *looking, struct spot *spot, struct left_note *note, bool told)
{
    spot->of = note;
    spot->sure = true;
    spot->told = told;
    spot->open = false;
    left_now(looking, note)->found = left_now(looking, note)->found || told;
}

/* A known mailbox has one of this age: is it that? None of the files is there that were noted of those of its age, and of what was noted to stand there. */
static bool
is_anothers(struct looking *looking, const struct spot *spot)
{
    left_notes_look(looking->run, &looking->notes, spot->folder);
    for (size_t i = 0; i < looking->notes.count; i++) {
        const struct left_note *note = &looking->notes.at[i];

        if ((note == spot->own || is_of_age(note, spot)) && (note->names_count == 0 || note->seen != 0))
            return false;
    }
    return true;
}

static void
judge(struct looking *looking, struct spot *spot)
{
    struct left_note *aged = NULL, *named;
    const size_t of_age = count_of_age(looking, spot, &aged);

    if (of_age == 0 && spot->own == NULL) /* a copy, or none of them */
        return;
    if (left_births_count(looking, spot->born) != 0 && is_anothers(looking, spot))
        return;
    if (of_age == 1 && spot->own == NULL &&
        left_now(looking, aged)->found) /* it is elsewhere, and this one of its age */
        return;
    if (of_age == 1 && (spot->own == NULL || spot->own == aged)) {
        give_to(looking, spot, aged, true);
        return;
    }
    left_notes_look(looking->run, &looking->notes, spot->folder);
    named = find_named(looking, spot, of_age != 0);
    if (named != NULL)
        give_to(looking, spot, named, true);
    else if (spot->own != NULL && of_age == 0)
        spot->alone = true;
    else if (spot->own != NULL && is_of_age(spot->own, spot))
        give_to(looking, spot, spot->own, true);
    else if (of_age == 1)
        give_to(looking, spot, aged, true);
    else
        spot->open = true;
}

/* ---- of those of one age, whose files do not tell ---- */

static bool
may_be(const struct looking *looking, const struct left_note *note, const struct spot *spot)
{
    const struct now *now = left_now(looking, note);

    return is_of_age(note, spot) && now->mailbox != NULL && !now->mailbox->folder_here && !now->found;
}

/* More folders of one age than mailboxes that they may be: nothing tells which of them is none. */
static bool
are_fewer(const struct looking *looking, const struct spot *spot)
{
    size_t notes = 0, spots = 0;

    for (size_t s = 0; s < looking->spots_count; s++)
        spots += looking->spots[s].open && strcmp(looking->spots[s].born, spot->born) == 0;
    for (size_t i = 0; i < looking->notes.count; i++)
        notes += may_be(looking, &looking->notes.at[i], spot);
    return notes < spots;
}

/* Of several the one whose last level is the same is it: it stands below one that was renamed. */
static void
judge_open(struct looking *looking, struct spot *spot)
{
    struct left_note *found = NULL, *same = NULL;
    size_t count = 0, of_level = 0;

    if (are_fewer(looking, spot))
        return;
    for (size_t i = 0; i < looking->notes.count; i++) {
        struct left_note *note = &looking->notes.at[i];

        if (!may_be(looking, note, spot))
            continue;
        found = found == NULL ? note : found;
        count++;
        if (spot->mailbox == NULL || !renaming_is_last_same(note->name, spot->mailbox->row.name))
            continue;
        same = note;
        of_level++;
    }
    if (of_level == 1 || count == 1)
        give_to(looking, spot, of_level == 1 ? same : found, true);
    else
        spot->of = found;
}

bool
left_folders_find(struct looking *looking)
{
    const size_t before = looking->spots_count;

    if (!gather(looking))
        return false;
    for (size_t s = before; s < looking->spots_count; s++)
        judge(looking, &looking->spots[s]);
    for (size_t s = before; s < looking->spots_count; s++)
        if (looking->spots[s].open)
            judge_open(looking, &looking->spots[s]);
    for (size_t s = before; s < looking->spots_count; s++)
        if (looking->spots[s].alone && !left_now(looking, looking->spots[s].own)->found)
            give_to(looking, &looking->spots[s], looking->spots[s].own, false);
    return true;
}
