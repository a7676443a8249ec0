/* See stamps.h. */
#include "sync/run/stamps.h"

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool
stamps_seen(struct run *run, struct mailbox *mailbox, const struct local_stamp *stamp, bool complete)
{
    struct journal_place *place = &mailbox->place;

    if (place->mailbox != mailbox->row.id) /* it was made in this run */
        *place = (struct journal_place){.mailbox = mailbox->row.id};
    if (place->born[0] == '\0')
        (void)text_print(place->born, sizeof place->born, "%s", stamp->born);
    /*
     * In a listing that is not complete the names that were seen are there; but its times say nothing about names that
     * were not seen.
     */
    place->cur_changed = complete ? stamp->cur_changed : later(place->cur_changed, stamp->cur_changed);
    place->new_changed = complete ? stamp->new_changed : later(place->new_changed, stamp->new_changed);
    mailbox->seen_whole = complete;
    return journal_place_save(run->journal, place, &run->err);
}

bool
stamps_note(struct run *run)
{
    for (size_t i = 0; run->touched && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        struct journal_place *place = &mailbox->place;
        struct local_stamp stamp;
        struct error ignored = {0};
        bool missing;

        if (!mailbox->touched)
            continue;
        mailbox->touched = false;
        if (place->mailbox != mailbox->row.id ||
            !run->local.ops->stamp(run->local.self, mailbox->row.folder, &stamp, &missing, &ignored) || missing)
            continue; /* the next run looks into it and says what is wrong */
        place->cur_changed = later(place->cur_changed, stamp.cur_changed);
        place->new_changed = later(place->new_changed, stamp.new_changed);
        if (!journal_place_save(run->journal, place, &run->err))
            return false;
    }
    run->touched = false;
    return true;
}
