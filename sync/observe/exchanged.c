/* See exchanged.h. */
#include "sync/observe/exchanged.h"

#include "sync/observe/mapped.h"
#include "sync/run/uses.h"

static bool
is_in_use(struct run *run, const struct mailbox *mailbox)
{
    const enum mailbox_state state = mailbox->row.state;

    return mailbox->row.id != 0 && mailbox->folder_here && strcmp(mailbox->row.name, "INBOX") != 0 &&
           uses_choose(run, mailbox->row.name, mailbox->row.attributes) &&
           (state == MAILBOX_ACTIVE || state == MAILBOX_REPAIR || state == MAILBOX_GONE_REMOTE);
}

/* @return false: it is as it was when it was listed last, or can't be looked at */
static bool
is_changed(struct run *run, const struct mailbox *mailbox, struct local_stamp *stamp)
{
    struct error ignored = {0};
    bool missing;

    return run->local.ops->stamp(run->local.self, mailbox->row.folder, stamp, &missing, &ignored) && !missing &&
           (stamp->racy || strcmp(stamp->text, mailbox->row.stamp) != 0);
}

/* *born: what it was born then is known, and is another one now. */
static bool
see_birth(struct run *run, const struct mailbox *mailbox, const struct local_stamp *stamp, struct journal_place *place,
          bool *born)
{
    bool known;

    *born = false;
    *place = (struct journal_place){0};
    if (!journal_place_get(run->journal, mailbox->row.id, place, &known, &run->err))
        return false;
    if (!known)
        *place = (struct journal_place){0};
    *born = place->born[0] != '\0' && stamp->born[0] != '\0' && strcmp(place->born, stamp->born) != 0;
    return true;
}

bool
exchanged_is_at_home(struct run *run, struct mailbox *mailbox, bool other, bool *home)
{
    struct lost one = {.mailbox = mailbox};
    struct search search = {.run = run, .lost = &one, .lost_count = 1};
    const bool ok = moved_names_read(&search);

    *home = ok && (one.names == 0 ? !other
                                  : !moved_names_count(&search, mailbox->row.folder) || 3 * one.count >= 2 * one.names);
    moved_names_free(&search);
    return ok;
}

static bool
add(struct search *search, struct mailbox *mailbox)
{
    struct run *run = search->run;
    char here[LIMIT_MAILBOX_NAME + 1], name[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};
    struct found *found = &search->found[search->found_count];

    if (!names_from_folder(mailbox->row.folder, run->account->policy.layout, here, &ignored) ||
        !names_map_there(&run->map, here, name, &ignored))
        return true;
    search->lost[search->lost_count++].mailbox = mailbox;
    *found = (struct found){
        .mailbox = mailbox, .own = strdup(name), .folder = mailbox->row.folder, .of = search->lost_count};
    found->name = found->own;
    search->found_count++;
    return found->own != NULL || run_no_memory(run);
}

/* What is at its path is looked at already. */
static bool
is_over(const struct search *search, const struct mailbox *mailbox)
{
    for (size_t f = 0; f < search->found_count; f++)
        if (search->found[f].over && search->found[f].mailbox == mailbox)
            return true;
    return false;
}

/* Each folder is read once. */
bool
exchanged_gather(struct search *search)
{
    struct run *run = search->run;
    bool ok = true, born, home;

    /* Where the map is another one folders stand elsewhere for that reason. */
    for (size_t i = 0; ok && !mapped_is_changed(run) && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        struct journal_place place;
        struct local_stamp stamp;

        if (!is_in_use(run, mailbox) || is_over(search, mailbox) || !is_changed(run, mailbox, &stamp))
            continue;
        ok = see_birth(run, mailbox, &stamp, &place, &born) && exchanged_is_at_home(run, mailbox, born, &home) &&
             (home || add(search, mailbox));
    }
    return ok;
}

/* ---- where one is gone on both sides ---- */

/* It may be gone there too, or have another name that is not known yet. */
static bool
is_lost_here(struct run *run, const struct mailbox *mailbox)
{
    const enum mailbox_state state = mailbox->row.state;

    return mailbox->row.id != 0 && !mailbox->folder_here && mailbox->row.goal_there == NULL &&
           strcmp(mailbox->row.name, "INBOX") != 0 && uses_choose(run, mailbox->row.name, mailbox->row.attributes) &&
           (state == MAILBOX_ACTIVE || state == MAILBOX_REPAIR || state == MAILBOX_GONE_LOCAL ||
            state == MAILBOX_GONE_REMOTE);
}

/* *gone: the list lacks it, and less than most of its files are at its path. What holds no file of it, since it had none, is told by whose files are there. */
static bool
is_gone(struct run *run, struct mailbox *mailbox, bool *gone)
{
    struct local_stamp stamp;
    bool home = true;

    *gone = false;
    if (mailbox->row.id == 0 || mailbox->listed || !mailbox->folder_here || mailbox->second != NULL ||
        mailbox->row.goal != NULL || mailbox->row.goal_there != NULL || strcmp(mailbox->row.name, "INBOX") == 0 ||
        mailbox->row.state == MAILBOX_NEW_LOCAL || mailbox->row.state == MAILBOX_NEW_REMOTE ||
        !is_changed(run, mailbox, &stamp))
        return true;
    if (!exchanged_is_at_home(run, mailbox, true, &home))
        return false;
    *gone = !home;
    return true;
}

/* Where it is, others may have changed places behind it. */
bool
exchanged_gather_gone(struct search *search)
{
    struct run *run = search->run;
    bool ok = true, gone;

    if (run->no_root || run->info.unlisted[0] != '\0' || mapped_is_changed(run))
        return true;
    for (size_t i = 0; i < run->count; i++)
        if (is_lost_here(run, &run->mailboxes[i]))
            search->lost[search->lost_count++].mailbox = &run->mailboxes[i];
    for (size_t i = 0; ok && search->lost_count != 0 && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        ok = is_gone(run, mailbox, &gone);
        if (ok && gone)
            search->found[search->found_count++] = (struct found){
                .mailbox = mailbox, .name = mailbox->row.name, .folder = mailbox->row.folder, .over = true};
    }
    return ok && (search->found_count == 0 || exchanged_gather(search));
}

/* ---- where none is lost ---- */

struct changed { /* a folder that is not as it was */
    struct mailbox *mailbox;
    char was_born[sizeof((struct journal_place *)NULL)->born];
    bool same;  /* it was born when it is born now, as far as that is known */
    bool other; /* ... and that is known to be otherwise */
};

static int
compare_births(const void *pa, const void *pb)
{
    const struct changed *a = pa, *b = pb;

    return strcmp(a->was_born, b->was_born);
}

/* The server's list lacks it, and may have cut it off; or another mailbox has its name there, as far as its numbers tell: what is here may have followed that. */
static bool
is_doubtful(const struct run *run, const struct mailbox *mailbox)
{
    if (!mailbox->listed)
        return run->info.unlisted[0] != '\0';
    return mailbox->has_status && mailbox->uidvalidity != 0 && mailbox->row.uidvalidity != 0 &&
           mailbox->uidvalidity != mailbox->row.uidvalidity;
}

static bool
find_changed(struct run *run, struct changed *list, size_t *count)
{
    bool ok = true;

    *count = 0;
    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        struct journal_place place;
        struct local_stamp stamp;
        bool born;

        if (!is_in_use(run, mailbox) || is_doubtful(run, mailbox) || !is_changed(run, mailbox, &stamp))
            continue;
        ok = see_birth(run, mailbox, &stamp, &place, &born);
        list[*count] = (struct changed){
            .mailbox = mailbox, .same = place.born[0] != '\0' && strcmp(place.born, stamp.born) == 0, .other = born};
        (void)text_print(list[*count].was_born, sizeof list[*count].was_born, "%s", place.born);
        ++*count;
    }
    return ok;
}

/* The same directory: its files need not be looked at. What is made at once is of one age. */
static bool
has_stayed(const struct changed *list, size_t count, size_t at)
{
    const char *born = list[at].was_born;

    return list[at].same && (at == 0 || strcmp(list[at - 1].was_born, born) != 0) &&
           (at + 1 == count || strcmp(list[at + 1].was_born, born) != 0);
}

bool
exchanged_gather_alone(struct search *search)
{
    struct run *run = search->run;
    struct changed *list;
    size_t count;
    bool ok, home;

    if (run->no_root || mapped_is_changed(run))
        return true;
    list = calloc(run->count + 1, sizeof *list);
    if (list == NULL)
        return run_no_memory(run);
    ok = find_changed(run, list, &count);
    if (ok)
        qsort(list, count, sizeof *list, compare_births);
    for (size_t i = 0; ok && count > 1 && i < count; i++)
        ok = has_stayed(list, count, i) || (exchanged_is_at_home(run, list[i].mailbox, list[i].other, &home) &&
                                            (home || add(search, list[i].mailbox)));
    free(list);
    return ok;
}

/* Is it found in another folder than the one at its path? */
static bool
leaves(const struct search *search, size_t lost)
{
    for (size_t i = 0; i < search->overlaps_count; i++) {
        const struct overlap *overlap = &search->overlaps[i];

        if (overlap->fits && overlap->lost == lost && search->found[overlap->found].of != lost + 1)
            return true;
    }
    return false;
}

void
exchanged_settle(struct search *search)
{
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < search->overlaps_count; i++) {
            struct overlap *overlap = &search->overlaps[i];
            const size_t of = search->found[overlap->found].of;

            if (!overlap->fits || of == 0 || (of != overlap->lost + 1 && leaves(search, of - 1)))
                continue;
            overlap->fits = false; /* or it stands where it stood: there is nothing to be taken */
            again = true;
        }
    }
}
