/* See downloading.h. */
#include "sync/apply/downloading.h"

/* No descriptor left: what has come is delivered, which closes its files. */
bool
downloading_begin(struct downloading *down, const struct mailbox *mailbox)
{
    struct run *run = down->run;
    const char *folder = mailbox->row.folder;

    if (run->local.ops->draft_begin(run->local.self, folder, &down->draft, &run->err))
        return true;
    if (!error_no_descriptor(&run->err) || !arrivals_wait(&down->arrivals))
        return false;
    run->err = (struct error){0};
    return arrivals_flush(&down->arrivals) &&
           run->local.ops->draft_begin(run->local.self, folder, &down->draft, &run->err);
}

/*
 * The deterministic name, or the next free one where the journal knows another message under it. What was here before gets the name that it
 * had: whoever puts that file back, out of a backup or while he copies the tree, puts back this one.
 */
static bool
choose_base(struct downloading *down, struct mailbox *mailbox, struct arrival *arrival)
{
    struct run *run = down->run;
    struct journal_message *message = down->row;
    bool found = message->base[0] == '\0' || (message->facts & FACT_GONE_HERE) == 0, ok = true;

    arrival->unlisted = message->base[0] == '\0' || (message->facts & FACT_GONE_HERE) != 0;
    for (int attempt = 0; ok && found && attempt < 1000; attempt++) {
        run_base_name(run, mailbox, message, attempt, message->base);
        ok = journal_message_by_base(run->journal, mailbox->row.id, message->base, down->other, &found, &run->err);
        found = found && down->other->id != message->id;
    }
    return ok;
}

/* The draft is whole: is it the message? */
bool
downloading_finish(struct downloading *down, struct mailbox *mailbox, size_t wanted, struct arrival *arrival,
                   bool *taken)
{
    struct run *run = down->run;

    if (!run->local.ops->draft_finish(run->local.self, arrival->draft, &arrival->digests, &run->err) ||
        !run_load(run, down->asked[wanted]->id, down->row))
        return false;
    arrival->announced = down->row->size != 0 ? down->row->size : down->told;
    *taken = reading_take(&down->readings[wanted], mailbox, arrival->announced, arrival->literal, &arrival->digests,
                          down->again, &arrival->confirmed);
    if (*taken && !choose_base(down, mailbox, arrival))
        return false;
    arrival->id = down->row->id;
    arrival->flags = down->row->flags.rseen;
    arrival->date = down->row->date;
    (void)text_print(arrival->base, sizeof arrival->base, "%s", down->row->base);
    return true;
}

bool
downloading_take(struct downloading *down, struct mailbox *mailbox, size_t wanted)
{
    down->readings[wanted].delivered = true;
    arrivals_add(&down->arrivals);
    down->run->done++;
    run_tell_progress(down->run, mailbox, arrivals_bytes(&down->arrivals));
    return arrivals_advance(&down->arrivals);
}
