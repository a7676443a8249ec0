/* See left_out.h. */
#include "sync/observe/left_out.h"

#include "sync/rows/renaming.h"
#include "sync/rows/unfinished.h"
#include "sync/run/lookup.h"

#define KEY "left-out "

struct old { /* a mailbox that was left out, and at whose path there is no folder */
    struct mailbox *mailbox;
    char *born;
    bool taken;
};

struct young { /* a folder that no mailbox has */
    struct mailbox *mailbox;
    struct local_stamp stamp;
};

struct looking {
    struct run *run;
    struct old *olds;
    struct young *youngs;
    size_t old_count, young_count;
};

static const char *
name_key(const struct mailbox *mailbox, char key[LIMIT_MAILBOX_NAME + sizeof KEY])
{
    (void)text_print(key, LIMIT_MAILBOX_NAME + sizeof KEY, KEY "%s", mailbox->row.name);
    return key;
}

static bool
note(struct run *run, const struct mailbox *mailbox, const char *born)
{
    char key[LIMIT_MAILBOX_NAME + sizeof KEY];
    char *before = NULL;
    bool ok = journal_get(run->journal, name_key(mailbox, key), &before, &run->err);

    if (ok && strcmp(before != NULL ? before : "", born) != 0)
        ok = journal_set(run->journal, key, born, &run->err);
    free(before);
    return ok;
}

bool
left_out_note(struct run *run, const struct mailbox *mailbox)
{
    struct journal_place place;
    bool known;

    /* One that was let in, and is left out before it had a folder, is what it was. */
    return journal_place_get(run->journal, mailbox->row.id, &place, &known, &run->err) &&
           (!known || place.born[0] == '\0' || note(run, mailbox, place.born));
}

bool
left_out_forget(struct run *run, const struct mailbox *mailbox)
{
    return note(run, mailbox, "");
}

static bool
is_young(const struct mailbox *mailbox)
{
    return mailbox->row.state == MAILBOX_NEW_LOCAL && mailbox->folder_here && !mailbox->listed && mailbox->chosen &&
           mailbox->second == NULL && mailbox->row.goal_there == NULL;
}

static bool
gather_young(struct looking *looking)
{
    struct run *run = looking->run;

    for (size_t i = 0; i < run->count; i++) {
        struct young *young = &looking->youngs[looking->young_count];
        struct error ignored = {0};
        bool missing = true;

        if (!is_young(&run->mailboxes[i]) ||
            !run->local.ops->stamp(run->local.self, run->mailboxes[i].row.folder, &young->stamp, &missing, &ignored) ||
            missing || young->stamp.born[0] == '\0')
            continue;
        young->mailbox = &run->mailboxes[i];
        looking->young_count++;
    }
    return true;
}

static bool
is_old(const struct mailbox *mailbox)
{
    return mailbox->listed && !mailbox->folder_here && strcmp(mailbox->row.name, "INBOX") != 0 &&
           (mailbox->row.id == 0 || mailbox->row.state == MAILBOX_NEW_REMOTE);
}

static bool
gather_old(struct looking *looking)
{
    struct run *run = looking->run;
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct old *old = &looking->olds[looking->old_count];
        char key[LIMIT_MAILBOX_NAME + sizeof KEY];

        if (!is_old(&run->mailboxes[i]))
            continue;
        ok = journal_get(run->journal, name_key(&run->mailboxes[i], key), &old->born, &run->err);
        if (ok && old->born != NULL && old->born[0] != '\0') {
            old->mailbox = &run->mailboxes[i];
            looking->old_count++;
        } else {
            free(old->born);
            old->born = NULL;
        }
    }
    return ok;
}

static bool
is_of_age(const struct old *old, const struct young *young)
{
    return !old->taken && strcmp(old->born, young->stamp.born) == 0;
}

/* More folders of one age than mailboxes that they may be: nothing tells which of them is none. */
static bool
are_fewer(const struct looking *looking, const struct young *young)
{
    size_t olds = 0, youngs = 0;

    for (size_t i = 0; i < looking->young_count; i++)
        youngs += strcmp(looking->youngs[i].stamp.born, young->stamp.born) == 0;
    for (size_t i = 0; i < looking->old_count; i++)
        olds += strcmp(looking->olds[i].born, young->stamp.born) == 0;
    return olds < youngs;
}

/*
 * Folders that were made at once are of one age, as all of a first sync are: of several the one whose last level is the same is it, which stands below one
 * that was renamed. *sure: no other one may be it.
 */
static struct old *
find_old(const struct looking *looking, const struct young *young, bool *sure)
{
    struct old *found = NULL, *same = NULL;
    size_t count = 0, of_level = 0;

    if (are_fewer(looking, young))
        return NULL;
    for (size_t i = 0; i < looking->old_count; i++) {
        struct old *old = &looking->olds[i];

        if (!is_of_age(old, young))
            continue;
        found = found == NULL ? old : found;
        count++;
        if (!renaming_is_last_same(old->mailbox->row.name, young->mailbox->row.name))
            continue;
        same = old;
        of_level++;
    }
    *sure = of_level == 1 || count == 1;
    return of_level == 1 ? same : found;
}

static void
hold(struct run *run, struct mailbox *young, const struct mailbox *old, bool sure)
{
    const struct mailbox_now now = run_mailbox_now(young);
    char why[2 * LIMIT_MAILBOX_NAME], hint[3 * LIMIT_MAILBOX_NAME];

    run_learn(run, young, CAUTION_NOT_MADE);
    if (!mailbox_may_be_made(SIDE_THERE, &now, &run->account->policy))
        return;
    if (sure) {
        (void)text_print(why, sizeof why,
                         "its folder is that of mailbox %s, which `mailboxes` leaves out, renamed here", old->row.name);
        (void)text_print(
            hint, sizeof hint,
            "Name it so that `mailboxes` leaves it out, as it was called or otherwise; or let mailbox %s in.",
            old->row.name);
    } else {
        (void)text_print(
            why, sizeof why,
            "its folder was renamed here while `mailboxes` left its mailbox out: it is that of mailbox %s, "
            "or of another one that has no folder here, and nothing tells which",
            old->row.name);
        (void)text_print(
            hint, sizeof hint, "%s",
            "Give the folder the name that its mailbox has on the server and let golub sync; after that it "
            "can be renamed. Until then none of these mailboxes gets a folder.");
    }
    run_complain(run, young, "make this mailbox on the server", why, hint);
}

/* Each of them may be it: none gets a folder of its own, into which all of its mail would come a second time. */
static void
leave_all(struct looking *looking, const struct young *young)
{
    for (size_t i = 0; i < looking->old_count; i++)
        if (is_of_age(&looking->olds[i], young))
            looking->olds[i].mailbox->chosen = false;
}

/* It is chosen again: it is met in that folder, and gets its name. */
static bool
give(struct run *run, struct mailbox *young, struct mailbox *old)
{
    if (young->row.id != 0 && !unfinished_forget(run, young))
        return false;
    if (!run->maildir_older) {
        free(old->row.goal_there);
        old->row.goal_there = strdup(young->row.name);
        if (old->row.goal_there == NULL)
            return run_no_memory(run);
    }
    free(old->row.folder);
    old->row.folder = young->row.folder;
    young->row.folder = NULL;
    old->folder_here = true;
    return true;
}

static bool
was_taken(const struct mailbox *mailbox)
{
    return mailbox->row.folder == NULL && is_young(mailbox);
}

static bool
decide(struct looking *looking)
{
    struct run *run = looking->run;
    bool ok = true, given = false;

    for (size_t i = 0; ok && i < looking->young_count; i++) {
        struct young *young = &looking->youngs[i];
        bool sure = false;
        struct old *old = find_old(looking, young, &sure);

        if (old == NULL)
            continue;
        if (!sure)
            leave_all(looking, young);
        old->taken = sure;
        if (sure && old->mailbox->chosen) {
            ok = give(run, young->mailbox, old->mailbox);
            given = true;
        } else {
            hold(run, young->mailbox, old->mailbox, sure);
        }
    }
    if (given)
        run_mailboxes_sift(run, was_taken);
    return ok;
}

bool
left_out_see(struct run *run)
{
    struct looking looking = {.run = run};
    bool ok;

    if (run->no_root)
        return true;
    looking.olds = calloc(run->count + 1, sizeof *looking.olds);
    looking.youngs = calloc(run->count + 1, sizeof *looking.youngs);
    ok = (looking.olds != NULL && looking.youngs != NULL) || run_no_memory(run);
    ok = ok && gather_young(&looking) && (looking.young_count == 0 || gather_old(&looking)) &&
         (looking.old_count == 0 || decide(&looking));
    for (size_t i = 0; looking.olds != NULL && i < looking.old_count; i++)
        free(looking.olds[i].born);
    free(looking.olds);
    free(looking.youngs);
    return ok;
}
