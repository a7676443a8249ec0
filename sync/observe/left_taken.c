/*
 * A known mailbox at whose path the folder of one stands that was left out: they changed places here, or that one was put there. Or the folder of another known
 * mailbox, whose own path was taken, and so on: of a chain or a circle that goes through what was left out nothing is believed. See left_out.h.
 */
#include "sync/observe/exchanged.h"
#include "sync/observe/left_folders.h"

static bool
is_in_use(const struct mailbox *mailbox)
{
    return mailbox->row.id != 0 && mailbox->chosen && mailbox->folder_here && strcmp(mailbox->row.name, "INBOX") != 0 &&
           (mailbox->row.state == MAILBOX_ACTIVE || mailbox->row.state == MAILBOX_REPAIR ||
            mailbox->row.state == MAILBOX_GONE_REMOTE);
}

/* The only one whose files are there; of several of one age, one of which may be in sync, the first one, of which nothing is *sure. @param born  "": its age tells nothing. @return NULL: it is none of theirs */
static struct left_note *
find_note(struct looking *looking, const struct mailbox *mailbox, const char *born, bool *sure)
{
    struct left_note *aged = NULL, *named = NULL;
    size_t of_age = 0, of_names = 0;

    left_notes_look(looking->run, &looking->notes, mailbox->row.folder);
    for (size_t i = 0; i < looking->notes.count; i++) {
        struct left_note *note = &looking->notes.at[i];

        if (born[0] != '\0' && strcmp(note->born, born) == 0) {
            aged = aged == NULL ? note : aged;
            of_age++;
        }
        if (left_notes_are_in(note)) {
            named = note;
            of_names++;
        }
    }
    *sure = of_names == 1 || (of_age == 1 && left_births_count(looking, born) == 0);
    return of_names == 1 ? named : aged;
}

static bool
any_of_age(const struct looking *looking, const char *born)
{
    for (size_t i = 0; i < looking->notes.count; i++)
        if (strcmp(looking->notes.at[i].born, born) == 0)
            return true;
    return false;
}

/* Is it the directory that it was, or as it was when it was listed last, and no other one? Folders that are made at once are of one age. */
static bool
is_as_it_was(const struct looking *looking, const struct mailbox *mailbox, const struct local_stamp *stamp,
             const struct journal_place *place)
{
    const bool told = place->born[0] != '\0' && stamp->born[0] != '\0', same = strcmp(place->born, stamp->born) == 0;

    if (told && same && !any_of_age(looking, stamp->born) && left_births_count(looking, stamp->born) < 2)
        return true;
    return (!told || same) && !stamp->racy && strcmp(stamp->text, mailbox->row.stamp) == 0;
}

static bool
look_at(struct looking *looking, struct mailbox *mailbox)
{
    struct run *run = looking->run;
    struct journal_place place;
    struct local_stamp stamp;
    struct error ignored = {0};
    struct left_note *note;
    struct spot *spot;
    bool missing, known, home, sure = false, other;

    if (!run->local.ops->stamp(run->local.self, mailbox->row.folder, &stamp, &missing, &ignored) || missing)
        return true;
    if (!journal_place_get(run->journal, mailbox->row.id, &place, &known, &run->err))
        return false;
    if (!known || is_as_it_was(looking, mailbox, &stamp, &place))
        return true;
    other = place.born[0] != '\0' && stamp.born[0] != '\0' && strcmp(place.born, stamp.born) != 0;
    if (!exchanged_is_at_home(run, mailbox, other, &home))
        return false;
    note = home ? NULL : find_note(looking, mailbox, other ? stamp.born : "", &sure);
    if (note == NULL && (home || (other && left_births_count(looking, stamp.born) == 0)))
        return true;
    spot = left_add_spot(looking, mailbox, mailbox->row.folder, &stamp);
    if (spot == NULL)
        return false;
    (void)text_print(spot->lost, sizeof spot->lost, "%s", place.born);
    spot->of = note;
    spot->sure = sure;
    spot->told = note != NULL;
    spot->strange = note == NULL;
    if (note != NULL)
        left_now(looking, note)->found = sure;
    return true;
}

bool
left_taken_find(struct looking *looking)
{
    bool ok = left_births_load(looking);

    for (size_t i = 0; ok && i < looking->run->count; i++)
        ok = !is_in_use(&looking->run->mailboxes[i]) || look_at(looking, &looking->run->mailboxes[i]);
    return ok;
}

bool
left_taken_moved(const struct looking *looking)
{
    for (size_t s = 0; s < looking->spots_count; s++) {
        const struct spot *spot = &looking->spots[s];

        if (spot->of != NULL
                ? !left_is_its_path(spot->of, spot)
                : (spot->mailbox == NULL || !spot->mailbox->chosen) && left_births_count(looking, spot->born) != 0)
            return true;
    }
    return false;
}
