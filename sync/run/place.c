/*
 * A Maildir that is still being copied to a new machine, or that a backup program read while golub worked, lacks files that nobody removed.
 * Its mark and its names can't tell: they may be newer than what is missing. Two things can.
 *
 *   birth times      of the root and of the mark (all folders are in doubt), of a folder, its cur/ and its new/ (that folder is): a copy is
 *                    born when it is made. Another than in the last run is a sign; in two runs on end it is none: a file system that makes
 *                    them up. Where the last run has stored none there is no sign.
 *   times of change  of cur/ and new/, as golub left them: a folder that changed for the last time before golub saw or wrote its names is
 *                    not the one that held them. They are stored with the names, in one transaction.
 *
 * A folder with the birth time of another one that is known is that one under a new name, and no copy. Nor is one whose cur/ and new/ are
 * the same, which went to another directory.
 *
 * What is missing in a folder that is in doubt, and anything else to be removed from its mailbox in that run, is held whatever its number
 * (hold.c). The doubt is in the journal until a run has listed the folder whole and held what was to be held. What is on no list then - it is
 * out of the server's view, waits for an answer, or is to be fetched again by a later run - is noted (FACT_LACKED), and held if it is to go.
 */
#include "sync/run/place.h"

#include <inttypes.h>

#define CHANGES_MAX 2 /* runs on end with another birth time: no sign any more */

#define ROOT_KEY "root-born"
#define MARK_KEY "mark-born"

struct birth {
    char text[32]; /* "": not told */
    int changes;
};

static bool
is_another(const char *known, const char *now, int *changes)
{
    if (known[0] == '\0' || strcmp(known, now) == 0) {
        *changes = 0;
        return false;
    }
    *changes += *changes < CHANGES_MAX;
    return *changes == 1;
}

/* "1732612345000000000 0" */
static bool
load_birth(struct journal *journal, const char *key, struct birth *birth, struct error *err)
{
    char *text;

    *birth = (struct birth){0};
    if (!journal_get(journal, key, &text, err))
        return false;
    if (text != NULL && text[0] != '\0' && strlen(text) < sizeof birth->text) {
        size_t last = strlen(text) - 1;

        birth->changes = text[last] == '0' ? 0 : text[last] == '1' ? 1 : CHANGES_MAX;
        (void)text_print(birth->text, sizeof birth->text, "%.*s", last != 0 ? (int)last - 1 : 0, text);
    }
    free(text);
    return true;
}

static bool
save_birth(struct run *run, const char *key, const struct birth *birth)
{
    char text[64];

    (void)text_print(text, sizeof text, "%s %d", birth->text, birth->changes);
    return journal_set(run->journal, key, text, &run->err);
}

static struct birth
birth_now(int64_t born, int changes)
{
    struct birth birth = {.changes = changes};

    if (born != 0)
        (void)text_print(birth.text, sizeof birth.text, "%" PRId64, born);
    return birth;
}

/* ---- the mark ---- */

bool
place_check_mark(struct run *run)
{
    struct birth known, now;

    if (!load_birth(run->journal, MARK_KEY, &known, &run->err))
        return false;
    now = birth_now(run->mark.born, 0);
    run->copied = is_another(known.text, now.text, &known.changes) || run->copied;
    run->mark_changes = known.changes;
    run->mark_checked = true;
    return true;
}

bool
place_store_mark(struct run *run)
{
    struct birth now = birth_now(run->mark.born, run->mark_changes);

    return save_birth(run, MARK_KEY, &now);
}

bool
place_is_restless(struct journal *journal, bool *restless, struct error *err)
{
    struct birth root, mark;

    if (!load_birth(journal, ROOT_KEY, &root, err) || !load_birth(journal, MARK_KEY, &mark, err))
        return false;
    *restless = root.changes == CHANGES_MAX || mark.changes == CHANGES_MAX;
    return true;
}

/* ---- root and folders ---- */

static bool
check_root(struct run *run)
{
    struct birth known, now;
    int64_t born;

    if (!load_birth(run->journal, ROOT_KEY, &known, &run->err))
        return false;
    run->local.ops->birth(run->local.self, NULL, &born);
    now = birth_now(born, known.changes);
    run->copied = is_another(known.text, now.text, &now.changes) || run->copied;
    return save_birth(run, ROOT_KEY, &now) && (!run->mark_checked || place_store_mark(run));
}

struct places { /* of all mailboxes, in the run's order, and by what is looked for */
    struct run *run;
    struct journal_place *known; /* as the journal has them */
    uint32_t *by_known;          /* by birth, then times of change, as the journal has them */
    uint32_t *by_birth;          /* by birth as it is now */
};

static int
compare_known(const struct journal_place *a, const struct journal_place *b)
{
    int order = strcmp(a->born, b->born);

    if (order != 0)
        return order;
    if (a->cur_changed != b->cur_changed)
        return a->cur_changed < b->cur_changed ? -1 : 1;
    return a->new_changed < b->new_changed ? -1 : a->new_changed > b->new_changed;
}

static int
compare_by_known(const void *pa, const void *pb, void *context)
{
    const struct places *places = context;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    int order = compare_known(&places->known[a], &places->known[b]);

    return order != 0 ? order : a < b ? -1 : 1;
}

static int
compare_by_birth(const void *pa, const void *pb, void *context)
{
    const struct places *places = context;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    int order = strcmp(places->run->mailboxes[a].stamp.born, places->run->mailboxes[b].stamp.born);

    return order != 0 ? order : a < b ? -1 : 1;
}

/* The first place in by_known that is not before this one. */
static size_t
find_known(const struct places *places, const struct journal_place *wanted)
{
    size_t low = 0, high = places->run->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_known(&places->known[places->by_known[middle]], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t
find_birth(const struct places *places, const char *born)
{
    size_t low = 0, high = places->run->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(places->run->mailboxes[places->by_birth[middle]].stamp.born, born) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/*
 * The place of another folder that had this birth; NULL: none. Of several, which were made at once, it is the one that changed first: a folder
 * that may be any of them is in doubt where it is older than all.
 */
static const struct journal_place *
find_place(const struct places *places, size_t at, const char *born)
{
    struct journal_place wanted = {.cur_changed = INT64_MIN, .new_changed = INT64_MIN};

    (void)text_print(wanted.born, sizeof wanted.born, "%s", born);
    for (size_t i = find_known(places, &wanted); born[0] != '\0' && i < places->run->count; i++) {
        const struct journal_place *known = &places->known[places->by_known[i]];

        if (strcmp(known->born, born) != 0)
            break;
        if (places->by_known[i] != at)
            return known;
    }
    return NULL;
}

/* Does a folder have this birth now that had another one before? Not one that had it then, too: folders that are made at once have one. */
static bool
is_elsewhere(const struct places *places, size_t at, const char *born)
{
    for (size_t i = find_birth(places, born); i < places->run->count; i++) {
        uint32_t other = places->by_birth[i];
        const struct mailbox *mailbox = &places->run->mailboxes[other];

        if (strcmp(mailbox->stamp.born, born) != 0)
            break;
        if (other != at && mailbox->chosen && mailbox->folder_here && strcmp(places->known[other].born, born) != 0)
            return true;
    }
    return false;
}

/*
 * Another birth than in the last run, and it is no copy: it is the folder of another mailbox under a new name (*is: what was known of that one);
 * or the folder that was here has a new name, and took its files along.
 */
static bool
is_renamed(const struct places *places, size_t at, const struct journal_place **is)
{
    *is = find_place(places, at, places->run->mailboxes[at].stamp.born);
    return *is != NULL || is_elsewhere(places, at, places->known[at].born);
}

/* Folders that were made at once have one birth time: then it is another one where nothing has changed in it since. */
static bool
is_as_known(const struct places *places, size_t at, const struct local_stamp *stamp)
{
    struct journal_place wanted = {.cur_changed = stamp->cur_changed, .new_changed = stamp->new_changed};

    (void)text_print(wanted.born, sizeof wanted.born, "%s", stamp->born);
    for (size_t i = find_known(places, &wanted); i < places->run->count; i++) {
        const struct journal_place *known = &places->known[places->by_known[i]];

        if (compare_known(known, &wanted) != 0)
            break;
        if (places->by_known[i] != at && known->mailbox != 0)
            return true;
    }
    return false;
}

/* Its cur/ and new/ are those that were here: a copy has others. They went to another directory, as where one stands above other folders already. */
static bool
holds_the_same(const char *born, const char *born_now)
{
    const char *const then = strchr(born, ','), *const now = strchr(born_now, ',');

    return then != NULL && now != NULL && strcmp(then, now) == 0;
}

static bool
check_folder(const struct places *places, size_t at)
{
    struct run *run = places->run;
    const struct journal_place *known = places->known;
    struct mailbox *mailbox = &run->mailboxes[at];
    struct journal_place *place = &mailbox->place;
    const struct local_stamp *stamp = &mailbox->stamp;
    const struct journal_place *is = &known[at];

    *place = known[at];
    if (place->mailbox == 0) {
        *place = (struct journal_place){
            .mailbox = mailbox->row.id, .cur_changed = stamp->cur_changed, .new_changed = stamp->new_changed};
    } else {
        const bool went = strcmp(place->born, stamp->born) != 0 && holds_the_same(place->born, stamp->born);
        bool another = !went && is_another(place->born, stamp->born, &place->changes) && !is_renamed(places, at, &is);

        if (went)
            place->changes = 0;

        if (is == &known[at] && is_as_known(places, at, stamp))
            is = NULL;
        if (another || run->copied ||
            (is != NULL && (stamp->cur_changed < is->cur_changed || stamp->new_changed < is->new_changed)))
            place->doubted = true;
        if (is != &known[at] && !another) { /* another folder: its times, not those of the one before */
            place->changes = 0;
            place->cur_changed = stamp->cur_changed;
            place->new_changed = stamp->new_changed;
        }
    }
    (void)text_print(place->born, sizeof place->born, "%s", stamp->born);
    mailbox->copied = place->doubted;
    mailbox->look_here = mailbox->look_here || place->doubted;
    return journal_place_save(run->journal, place, &run->err);
}

/* What can't be looked at, or is another one's folder, is not what is known by its age from now on. */
static bool
is_surveyed(const struct mailbox *mailbox)
{
    return mailbox->chosen && mailbox->folder_here && mailbox->row.id != 0 && mailbox->stamp.text[0] != '\0' &&
           !run_learned(mailbox, CAUTION_UNREAD_FOLDER);
}

static bool
load_places(struct run *run, struct arena *arena, struct places *places)
{
    bool found, ok;

    *places = (struct places){.run = run,
                              .known = arena_array(arena, run->count + 1, sizeof *places->known),
                              .by_known = arena_array(arena, run->count + 1, sizeof *places->by_known),
                              .by_birth = arena_array(arena, run->count + 1, sizeof *places->by_birth)};
    ok = run_has(run, arena);
    for (size_t i = 0; ok && i < run->count; i++) {
        ok = run->mailboxes[i].row.id == 0 ||
             journal_place_get(run->journal, run->mailboxes[i].row.id, &places->known[i], &found, &run->err);
        if (ok && (run->mailboxes[i].row.id == 0 || !found))
            places->known[i] = (struct journal_place){0};
        places->by_known[i] = places->by_birth[i] = (uint32_t)i;
    }
    if (ok) {
        qsort_r(places->by_known, run->count, sizeof *places->by_known, compare_by_known, places);
        qsort_r(places->by_birth, run->count, sizeof *places->by_birth, compare_by_birth, places);
    }
    return ok;
}

bool
place_survey(struct run *run)
{
    struct arena arena = {0};
    struct places places;
    bool ok;

    if (run->no_root)
        return true;
    ok = load_places(run, &arena, &places) && run_begin(run) && check_root(run);
    for (size_t i = 0; ok && i < run->count; i++) {
        if (is_surveyed(&run->mailboxes[i]))
            ok = check_folder(&places, i);
    }
    arena_free(&arena);
    return run_end(run, ok);
}

/* Missing here, and on no list of what is held: out of the server's view, waiting for an answer, or to come again in another run. */
static bool
is_lacked(struct run *run, const struct journal_message *message, bool *lacked)
{
    struct journal_hold *lists = NULL;
    size_t count = 0;

    *lacked = false;
    if ((message->facts & FACT_GONE_HERE) == 0)
        return true;
    if (!journal_holds_of(run->journal, message->id, &lists, &count, &run->err))
        return false;
    free(lists);
    *lacked = count == 0;
    return true;
}

static bool
note_lacked(struct run *run, const struct mailbox *mailbox)
{
    struct journal_message message;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_message_ids(run->journal, mailbox->row.id, WHICH_DIRTY, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        bool lacked = false;

        ok = run_load(run, ids[i], &message) && is_lacked(run, &message, &lacked);
        if (!lacked)
            continue;
        message.facts |= FACT_LACKED;
        ok = journal_message_save(run->journal, &message, &run->err);
    }
    free(ids);
    return ok;
}

bool
place_is_of(struct run *run, const struct mailbox *mailbox, const char *folder, bool *is)
{
    struct journal_place place;
    struct local_stamp stamp;
    struct error ignored = {0};
    bool found, missing = true;

    *is = false;
    if (!journal_place_get(run->journal, mailbox->row.id, &place, &found, &run->err))
        return false;
    *is = found && place.born[0] != '\0' &&
          run->local.ops->stamp(run->local.self, folder, &stamp, &missing, &ignored) && !missing &&
          strcmp(stamp.born, place.born) == 0;
    return true;
}

bool
place_close(struct run *run)
{
    bool ok = true, begun = false;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (!mailbox->place.doubted || !mailbox->seen_whole || !mailbox->judged)
            continue;
        mailbox->place.doubted = false;
        ok = (begun || run_begin(run)) && note_lacked(run, mailbox) &&
             journal_place_save(run->journal, &mailbox->place, &run->err);
        begun = true;
    }
    if (!begun)
        return true;
    return run_end(run, ok);
}
