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

/*
 * Folders that were made at once are of one age: of several the one whose last level is the same is it, which stands below one that was renamed. More
 * folders than mailboxes that they may be: nothing tells which of them is none.
 */
static struct old *
find_old(const struct looking *looking, const struct young *young)
{
    struct old *found = NULL;
    size_t olds = 0, youngs = 0;

    for (size_t i = 0; i < looking->young_count; i++)
        youngs += strcmp(looking->youngs[i].stamp.born, young->stamp.born) == 0;
    for (size_t i = 0; i < looking->old_count; i++) {
        struct old *old = &looking->olds[i];

        if (strcmp(old->born, young->stamp.born) != 0)
            continue;
        olds++;
        if (!old->taken && (found == NULL || renaming_is_last_same(old->mailbox->row.name, young->mailbox->row.name)))
            found = old;
    }
    return youngs <= olds ? found : NULL;
}

static void
hold(struct run *run, struct mailbox *young, const struct mailbox *old)
{
    const struct mailbox_now now = run_mailbox_now(young);
    char why[2 * LIMIT_MAILBOX_NAME], hint[3 * LIMIT_MAILBOX_NAME];

    if (mailbox_may_be_made(SIDE_THERE, &now, &run->account->policy)) {
        (void)text_print(why, sizeof why,
                         "its folder is that of mailbox %s, which `mailboxes` leaves out, renamed here", old->row.name);
        (void)text_print(
            hint, sizeof hint,
            "Name it so that `mailboxes` leaves it out, as it was called or otherwise; or let mailbox %s in.",
            old->row.name);
        run_complain(run, young, "make this mailbox on the server", why, hint);
    }
    run_learn(run, young, CAUTION_NOT_MADE);
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
        struct old *old = find_old(looking, young);

        if (old == NULL)
            continue;
        old->taken = true;
        if (old->mailbox->chosen) {
            ok = give(run, young->mailbox, old->mailbox);
            given = true;
        } else {
            hold(run, young->mailbox, old->mailbox);
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
