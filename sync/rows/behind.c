/*
 * A mailbox that can't be seen for a while, or whose UIDs mean nothing any more: what was moved out of it meanwhile is told afterwards by what
 * the other mailboxes got, that is by rows with a higher id than the highest one (`behind`) when the run began that saw it last. It saw one
 * mailbox after the other: what left this one right behind its list was new in the next one in that very run.
 */
#include "sync/rows/missing.h"

#include <inttypes.h>

#include "store/journal/letters.h"

#define KEY "seen"

bool
missing_begin(struct run *run)
{
    char *text = NULL;

    if (!journal_get(run->journal, KEY, &text, &run->err))
        return false;
    run->seen_id = text != NULL ? strtoll(text, NULL, 10) : run->first_id;
    if (run->seen_id < 1 || run->seen_id > run->first_id)
        run->seen_id = missing_first_id(run);
    free(text);
    return true;
}

/* All mailboxes were seen: the next run begins from here. */
static bool
note_seen(struct run *run)
{
    char *text = NULL, now[24];
    bool ok;

    if (run_unseen(run) != NULL)
        return true;
    (void)text_print(now, sizeof now, "%" PRId64, run->first_id);
    ok = journal_get(run->journal, KEY, &text, &run->err) &&
         ((text != NULL && strcmp(text, now) == 0) ||
          (run_begin(run) && run_end(run, journal_set(run->journal, KEY, now, &run->err))));
    free(text);
    return ok;
}

/* Is this row new on one side, without anything else known of it? */
static bool
is_half(const struct journal_message *message)
{
    return (message->uid != 0) != (message->base[0] != '\0') && (message->facts & ~(unsigned)FACT_VAGUE) == 0;
}

static bool
has_intent(const struct journal_op *ops, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (ops[i].message == id || ops[i].target == id)
            return true;
    }
    return false;
}

struct notes { /* of its name's letters, by enum journal_letter */
    bool noted[LETTER_WAITS + 1];
    char infos[LETTER_WAITS + 1][LOCAL_INFO_MAX + 1];
};

static bool
read_notes(struct run *run, const struct journal_message *message, struct notes *notes)
{
    bool ok = true;

    for (int kind = LETTER_DUE; ok && kind <= LETTER_WAITS; kind++)
        ok = journal_letter_get(run->journal, (enum journal_letter)kind, message->mailbox, message->id,
                                notes->infos[kind], &notes->noted[kind], &run->err);
    return ok;
}

static bool
write_notes(struct run *run, const struct journal_message *message, const struct notes *notes)
{
    bool ok = true;

    for (int kind = LETTER_DUE; ok && kind <= LETTER_WAITS; kind++)
        ok = !notes->noted[kind] ||
             journal_letter_mark(run->journal, (enum journal_letter)kind, message, notes->infos[kind], &run->err);
    return ok;
}

/*
 * Give the row a new id, above `behind`: its other half may come while that mailbox is out of sight. Not a row that
 * another one refers to: a file that was saved again was in no other mailbox.
 */
static bool
renew(struct run *run, struct journal_message *message)
{
    struct journal_pending pending;
    struct notes notes;
    int64_t *waiting = NULL;
    size_t count;
    bool found;

    if (!journal_ids_referring(run->journal, message->id, &waiting, &count, &run->err))
        return false;
    free(waiting);
    if (count != 0)
        return true;
    if (!journal_pending_get(run->journal, message->mailbox, message->id, &pending, &found, &run->err))
        return false;
    if (found && pending.kind == PENDING_HELD)
        return true;
    if ((found && !journal_pending_clear(run->journal, message->mailbox, message->id, &run->err)) ||
        !read_notes(run, message, &notes) || !journal_message_delete(run->journal, message->id, &run->err))
        return false;
    message->id = 0;
    if (!journal_message_save(run->journal, message, &run->err) || !write_notes(run, message, &notes))
        return false;
    pending.message = message->id; /* why it waits, and until when, is as true as before */
    return !found || journal_pending_set(run->journal, &pending, &run->err);
}

static bool
renew_halves(struct run *run)
{
    struct journal_message message;
    struct journal_op *ops = NULL;
    int64_t *ids = NULL;
    size_t op_count, count;
    bool ok = journal_ops(run->journal, &ops, &op_count, &run->err) &&
              journal_message_ids(run->journal, 0, WHICH_DIRTY, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        if (ids[i] > run->first_id || has_intent(ops, op_count, ids[i]))
            continue;
        ok = run_load(run, ids[i], &message) && (!is_half(&message) || renew(run, &message));
    }
    free(ops);
    free(ids);
    return ok;
}

bool
missing_fall_behind(struct run *run)
{
    bool any = run->fell_behind, ok;

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->row.id == 0 || mailbox->row.behind != 0 || !run_is_unseen(mailbox))
            continue;
        mailbox->row.behind = run->seen_id;
        any = true;
    }
    if (!any)
        return note_seen(run);
    ok = run_begin(run) && renew_halves(run);
    for (size_t i = 0; ok && i < run->count; i++) {
        if (run->mailboxes[i].row.id != 0)
            ok = journal_mailbox_save(run->journal, &run->mailboxes[i].row, &run->err);
    }
    return run_end(run, ok) && note_seen(run);
}

/* Has it a file in another mailbox, of which it is known that it was not seen for a while? Whether its message is still there is not known yet. */
static struct mailbox *
waiting_place(struct run *run, const struct journal_message *waiting, const struct journal_message *met)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, waiting->mailbox);

    if (mailbox == NULL || waiting->mailbox == met->mailbox || waiting->base[0] == '\0' ||
        (waiting->facts & FACT_GONE_HERE) != 0)
        return NULL;
    return mailbox->row.behind != 0 && mailbox->row.behind < met->id ? mailbox : NULL;
}

bool
missing_met(struct run *run, const struct journal_message *message)
{
    struct journal_message other;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok =
        !message->has_wire || run->first || journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++) {
        struct mailbox *mailbox;

        if (ids[i] == message->id)
            continue;
        ok = run_load(run, ids[i], &other);
        mailbox = ok ? waiting_place(run, &other, message) : NULL;
        if (mailbox == NULL)
            continue;
        mailbox->row.behind = message->id;
        ok = journal_mailbox_save(run->journal, &mailbox->row, &run->err);
    }
    free(ids);
    return ok;
}
