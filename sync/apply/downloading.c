/* See downloading.h. */
#include "sync/apply/downloading.h"

#define PIECE 16384 /* bytes */

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

/* *whole: it could be read to its end. */
static bool
fill_draft(struct downloading *down, void *handle, bool *whole)
{
    const struct local_ops *ops = down->run->local.ops;
    void *self = down->run->local.self;
    bool wrote = true;
    struct error ignored = {0};
    char piece[PIECE];
    size_t got = 1;

    *whole = true;
    while (*whole && wrote && got != 0) {
        *whole = ops->read(self, handle, piece, sizeof piece, &got, &ignored);
        wrote = !*whole || got == 0 || ops->draft_write(self, down->draft, piece, got, &down->run->err);
        down->draft_bytes += *whole ? got : 0;
    }
    return wrote;
}

static bool
take_copy(struct downloading *down, size_t wanted, const unsigned char wire[static DIGEST_SIZE],
          const unsigned char *header)
{
    struct run *run = down->run;
    const struct todo *todo = down->asked[wanted];
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    struct arrival *arrival = arrivals_next(&down->arrivals);
    struct local_draft *draft = down->draft;
    bool taken = false, ok;

    down->draft = NULL;
    *arrival = (struct arrival){.why = plan_reason_words(&todo->step),
                                .mailbox = todo->mailbox,
                                .draft = draft,
                                .literal = down->draft_bytes,
                                .at_hand = true,
                                .by_header = header != NULL};
    ok = downloading_finish(down, mailbox, wanted, arrival, &taken);
    if (ok && taken && memcmp(arrival->digests.wire, wire, DIGEST_SIZE) == 0 &&
        (header == NULL || (memcmp(arrival->digests.header, header, DIGEST_SIZE) == 0 &&
                            arrival->digests.whole_header && arrival->digests.size == todo->size)))
        return downloading_take(down, mailbox, wanted);
    run->local.ops->draft_drop(run->local.self, draft);
    down->readings[wanted] = (struct reading){0};
    return ok;
}

/* There is no folder, or no room, any more: the fetch says so. */
static bool
begin_copy(struct downloading *down, const struct todo *todo, bool *began)
{
    struct run *run = down->run;

    down->draft_bytes = 0;
    down->told = READING_UNTOLD;
    *began = false;
    if (!room_look(run, &down->room, todo->size, &down->no_room))
        return false;
    if (down->no_room)
        return true;
    *began = downloading_begin(down, &run->mailboxes[todo->mailbox]);
    if (*began || !error_no_folder(&run->err))
        return *began;
    run->err = (struct error){0};
    return true;
}

bool
downloading_copy(struct downloading *down, size_t wanted, void *handle, const unsigned char wire[static DIGEST_SIZE],
                 const unsigned char *header)
{
    struct run *run = down->run;
    bool whole = false, began, ok;

    ok = begin_copy(down, down->asked[wanted], &began) && (!began || fill_draft(down, handle, &whole));
    run->local.ops->read_close(run->local.self, handle);
    if (ok && began && whole)
        return take_copy(down, wanted, wire, header);
    if (began)
        run->local.ops->draft_drop(run->local.self, down->draft);
    down->draft = NULL;
    return ok;
}

void
downloading_settle(struct downloading *down)
{
    size_t left = 0;

    for (size_t i = 0; i < down->asked_count; i++) {
        if (!down->readings[i].delivered)
            down->asked[left++] = down->asked[i];
    }
    down->asked_count = left;
    memset(down->readings, 0, left * sizeof *down->readings);
}
