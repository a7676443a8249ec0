/* See exchanged.h. */
#include "sync/observe/exchanged.h"

#include "sync/observe/mapped.h"
#include "sync/run/uses.h"

static bool
is_in_use(struct run *run, const struct mailbox *mailbox)
{
    const enum mailbox_state state = mailbox->row.state;

    return mailbox->row.id != 0 && mailbox->folder_here && mailbox->second == NULL &&
           strcmp(mailbox->row.name, "INBOX") != 0 && uses_choose(run, mailbox->row.name, mailbox->row.attributes) &&
           (state == MAILBOX_ACTIVE || state == MAILBOX_REPAIR || state == MAILBOX_GONE_REMOTE);
}

/* *born: what it was born then is known, and is another one now. @return false: it is as it was when it was listed last, or can't be looked at */
static bool
is_changed(struct run *run, const struct mailbox *mailbox, bool *born, bool *ok)
{
    struct journal_place place;
    struct local_stamp stamp;
    struct error ignored = {0};
    bool missing, known;

    *born = false;
    if (!run->local.ops->stamp(run->local.self, mailbox->row.folder, &stamp, &missing, &ignored) || missing ||
        (!stamp.racy && strcmp(stamp.text, mailbox->row.stamp) == 0))
        return false;
    *ok = journal_place_get(run->journal, mailbox->row.id, &place, &known, &run->err);
    *born = *ok && known && place.born[0] != '\0' && stamp.born[0] != '\0' && strcmp(place.born, stamp.born) != 0;
    return *ok;
}

/* Are most of its files in the folder that is there? Where it had none, its age tells. */
static bool
is_at_home(struct run *run, struct mailbox *mailbox, bool born, bool *home)
{
    struct lost one = {.mailbox = mailbox};
    struct search search = {.run = run, .lost = &one, .lost_count = 1};
    const bool ok = moved_names_read(&search);

    *home = ok && (one.names == 0 ? !born
                                  : !moved_names_count(&search, mailbox->row.folder) || 3 * one.count >= 2 * one.names);
    free(search.names);
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

/* The server's list lacks it, as far as this run knows. */
static bool
is_gone(const struct mailbox *mailbox)
{
    return !mailbox->listed && !mailbox->undecided;
}

/* Each folder is read once. */
static bool
gather(struct search *search, bool gone)
{
    struct run *run = search->run;
    bool ok = true, born, home;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (is_gone(mailbox) != gone || !is_in_use(run, mailbox) || !is_changed(run, mailbox, &born, &ok))
            continue;
        ok = is_at_home(run, mailbox, born, &home) && (home || add(search, mailbox));
    }
    return ok;
}

bool
exchanged_gather(struct search *search)
{
    /* Where the map is another one folders stand elsewhere for that reason. */
    return mapped_is_changed(search->run) || (gather(search, true) && gather(search, false));
}

bool
exchanged_gather_gone(struct search *search)
{
    struct run *run = search->run;

    return run->no_root || run->info.unlisted[0] != '\0' || mapped_is_changed(run) ||
           (gather(search, true) && (search->lost_count == 0 || gather(search, false)));
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
