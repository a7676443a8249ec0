/*
 * See going.h. Here: most of the mail of a mailbox whose folder is gone stands in another folder here, which golub does not sync: its name is one that
 * `mailboxes` leaves out, or no mailbox can have it, or this layout looks for none there, or it lacks cur/, new/ or tmp/. Whoever renamed it has his mail
 * still, and perhaps does not know that golub takes the mailbox for removed: what it held waits for his word, or stays where no word is asked for. Base
 * names tell: they are unique, and no rename changes them. A folder that had no mail is told by when it was made.
 */
#include "sync/apply/going.h"

#include "sync/observe/exchanged.h"
#include "sync/run/lookup.h"
#include "sync/run/place.h"

struct standing {
    struct run *run;
    struct search search; /* `lost` are those that are to go, `other` how many of its files were found */
    struct place {
        char folder[LOCAL_FOLDER_MAX + 1];
        uint64_t count;
    } * most;                          /* of each: the folder that holds the most of them */
    char folder[LOCAL_FOLDER_MAX + 1]; /* the one that is being listed */
    bool failed;
};

static void
take_count(struct standing *standing, size_t lost, uint64_t count)
{
    struct place *most = &standing->most[lost];

    standing->search.lost[lost].other += count;
    if (count <= most->count)
        return;
    most->count = count;
    (void)text_print(most->folder, sizeof most->folder, "%s", standing->folder);
}

static void
end_folder(struct standing *standing)
{
    for (size_t i = 0; i < standing->search.lost_count; i++) {
        take_count(standing, i, standing->search.lost[i].count);
        standing->search.lost[i].count = 0;
    }
}

/* What stands in the folder of a mailbox that is synced is planned like all else there. */
static bool
see_folder(void *context, const char *folder)
{
    struct standing *standing = context;
    const struct mailbox *of = lookup_folder(standing->run, folder);

    end_folder(standing);
    if (of != NULL && of->folder_here && of->chosen && mailbox_is_usable(of))
        return false;
    (void)text_print(standing->folder, sizeof standing->folder, "%s", folder);
    for (size_t i = 0; of == NULL && !standing->failed && i < standing->search.lost_count; i++) {
        bool same = false;

        if (standing->search.lost[i].names != 0)
            continue;
        standing->failed = !place_is_of(standing->run, standing->search.lost[i].mailbox, folder, &same);
        take_count(standing, i, same);
    }
    return !standing->failed;
}

static void
see_file(void *context, const char *base)
{
    struct standing *standing = context;

    moved_names_see(&standing->search, base);
}

static bool
gather(struct standing *standing)
{
    struct run *run = standing->run;
    struct search *search = &standing->search;

    search->lost = calloc(run->count + 1, sizeof *search->lost);
    for (size_t i = 0; search->lost != NULL && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->going != GOING_THERE || mailbox->going_sought)
            continue;
        mailbox->going_sought = true;
        search->lost[search->lost_count++].mailbox = mailbox;
    }
    standing->most = calloc(search->lost_count + 1, sizeof *standing->most);
    return (search->lost != NULL && standing->most != NULL) || run_no_memory(run);
}

/* What is to be done about it, in words. @return whether it is left out by `mailboxes`: that is the user's wish */
static bool
explain(struct run *run, const struct mailbox *mailbox, const char *folder, bool empty, char why[static GOING_WHY])
{
    const struct mailbox *of = lookup_folder(run, folder);
    const bool left_out = of != NULL && of->folder_here && !of->chosen;
    char path[160];

    error_escape(path, sizeof path, text_of(folder[0] != '\0' ? folder : "."));
    (void)text_print(why, GOING_WHY, "%s \"%s\" here, %s",
                     empty ? "its folder is called" : "most of its mail stands in folder", path,
                     left_out        ? "which `mailboxes` leaves out"
                     : of == mailbox ? "which lacks cur/, new/ or tmp/: make that again, or remove the rest"
                     : of == NULL    ? "which is no mailbox: give it a name that is one, or its old one, or remove it"
                                     : "which is not synced now");
    return left_out;
}

/* Without mail, or without a guard, there is nothing that could wait for a word. */
static bool
judge(struct standing *standing, size_t lost)
{
    struct run *run = standing->run;
    struct mailbox *mailbox = standing->search.lost[lost].mailbox;
    const struct place *most = &standing->most[lost];
    const uint64_t names = standing->search.lost[lost].names, found = standing->search.lost[lost].other;
    char why[GOING_WHY], text[GOING_WHY + 80];
    bool left_out;

    if (found == 0 || 2 * found < names)
        return true;
    left_out = explain(run, mailbox, most->folder, names == 0, why);
    if (names == 0 || (!run->account->policy.guard && !left_out))
        return going_keep(run, mailbox, why);
    mailbox->going_doubted = mailbox->going_had = true;
    if (!run->account->policy.guard)
        return true;
    (void)text_print(text, sizeof text, "%s: what it holds on the server waits for --confirm-deletes", why);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "stands-here", text);
    return true;
}

bool
going_find_standing(struct run *run)
{
    static const struct local_strays strays = {see_folder, see_file};
    struct standing *standing = calloc(1, sizeof *standing);
    struct error err = {0};
    bool ok = standing != NULL || run_no_memory(run), walked = false;

    if (ok)
        *standing = (struct standing){.run = run, .search = {.run = run}};
    ok = ok && gather(standing) && moved_names_read(&standing->search);
    if (ok && standing->search.lost_count != 0) {
        walked = run->local.ops->strays(run->local.self, &strays, standing, &err);
        end_folder(standing);
        ok = !standing->failed;
    }
    for (size_t i = 0; ok && i < standing->search.lost_count; i++)
        ok = walked ? judge(standing, i) : going_keep(run, standing->search.lost[i].mailbox, err.what);
    if (standing != NULL) {
        free(standing->search.lost);
        free(standing->search.names);
        free(standing->most);
    }
    free(standing);
    return ok;
}
