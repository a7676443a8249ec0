/*
 * An APPEND, COPY or MOVE whose answer never came belongs to the content, not to the row: its file may have another name by the time that
 * the next run looks. The row of a file that is gone lives on while its command may still be under way: a fresh file of the same bytes
 * takes it over (moves.c), what the server shows meanwhile is paired with it (identify.c), and only after that it is forgotten.
 */
#include "sync/agenda/agenda.h"
#include "sync/rows/astray.h"
#include "sync/rows/letters.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"

bool
agenda_check_unanswered(struct run *run, struct mailbox *mailbox, const struct journal_message *message, bool *waits)
{
    char why[LIMIT_MAILBOX_NAME + 200] = "an earlier attempt was not answered and may still be under way";
    struct journal_op op;
    bool found;

    *waits = false;
    if (message->uid != 0 || message->base[0] == '\0')
        return true;
    if (!journal_op_of(run->journal, message->id, &op, &found, &run->err))
        return false;
    if (!found || (op.kind != OP_UPLOAD && op.kind != OP_COPY && op.kind != OP_MOVE))
        return true;
    /* The mailbox must have been looked at after that: at the earliest when the line was opened. */
    if (mailbox_is_open(mailbox) && unfinished_is_settled(&op, run->looked))
        return true;
    *waits = true;
    if (unfinished_is_astray(&op))
        astray_say(run, &op, why, sizeof why);
    return run_pending(run, mailbox, message->id, PENDING_SETTLE, "upload", why, NULL);
}

bool
agenda_end_refused(struct run *run, const struct mailbox *mailbox, const struct journal_message *message)
{
    struct journal_op op;
    bool found;

    if (!mailbox_is_open(mailbox))
        return true;
    if (!journal_op_of(run->journal, message->id, &op, &found, &run->err))
        return false;
    return !found || op.kind != OP_UPLOAD || op.attempt != 0 || !unfinished_is_settled(&op, run->looked) ||
           journal_op_delete(run->journal, op.id, &run->err);
}

/* Is there, or was there, another file with these bytes? Then a new message there may be that one, or a copy of it. */
static bool
has_equal(struct run *run, const struct journal_message *message, bool *has)
{
    struct journal_message *other = calloc(1, sizeof *other);
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = (other != NULL || run_no_memory(run)) &&
              journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);

    *has = false;
    for (size_t i = 0; ok && !*has && i < count; i++) {
        ok = ids[i] == message->id || run_load(run, ids[i], other);
        *has = ok && ids[i] != message->id && other->base[0] != '\0';
    }
    free(ids);
    free(other);
    return ok;
}

/*
 * Each UID that the mailbox has given since is one that is known: the command was not carried out, or the server has kept an equal message.
 * Under another UIDVALIDITY nobody can count them: there only what nothing else accounts for can have been sent by us. In doubt both stay.
 * *shown: the mailbox has given one more than those that are known.
 */
static bool
check_arrived(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
              const struct journal_op *op, bool *perhaps, bool *shown)
{
    const struct journal_mailbox *row = &mailbox->row;
    uint32_t known;
    bool equal;

    *perhaps = true;
    if (run_is_unseen(mailbox) || op->uidnext == 0)
        return true;
    if (op->uidvalidity != row->uidvalidity) {
        if (!has_equal(run, message, &equal))
            return false;
        *perhaps = !equal;
        return true;
    }
    if (!journal_count_uids_from(run->journal, row->id, op->uidnext, &known, &run->err))
        return false;
    *perhaps = *shown = (uint64_t)op->uidnext + known < row->uidnext;
    return true;
}

bool
agenda_was_sent(struct run *run, const struct mailbox *mailbox, const struct journal_message *message, bool *sent,
                bool *shown)
{
    struct journal_op op;
    bool found;

    *sent = *shown = false;
    if (!journal_op_of(run->journal, message->id, &op, &found, &run->err))
        return false;
    /* What went astray never came here: where it stands nobody moved it. */
    return !found || op.kind != OP_UPLOAD || unfinished_is_astray(&op) ||
           check_arrived(run, mailbox, message, &op, sent, shown);
}

bool
agenda_sent_vanished(struct run *run, struct todo *from)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct journal_op op;
    bool ok = (message != NULL || run_no_memory(run)) && run_begin(run) && run_load(run, from->id, message), found;

    if (ok) {
        message->facts |= FACT_GONE_THERE;
        message->flags = merge_appended(message->flags, FLAG_ALL);
        from->dropped = run->replan = true;
        ok = journal_op_of(run->journal, message->id, &op, &found, &run->err) &&
             (!found || journal_op_delete(run->journal, op.id, &run->err)) &&
             journal_message_save(run->journal, message, &run->err) && run_commit(run);
    }
    free(message);
    return ok;
}

/* The file's row is from here on one whose message vanished: it was the message that `source` was. Inside a transaction. */
static bool
take_over(struct run *run, const struct journal_message *source, struct journal_message *file,
          const struct journal_op *op)
{
    file->facts |= FACT_GONE_THERE;
    file->date = source->date;
    file->flags = letters_of_file(merge_moved_there(source->flags, file->info), source, file);
    return journal_op_delete(run->journal, op->id, &run->err) && journal_message_save(run->journal, file, &run->err);
}

bool
agenda_move_went_on(struct run *run, const struct todo *from, bool *went)
{
    struct journal_message *rows = calloc(2, sizeof *rows);
    const struct mailbox *mailbox = NULL;
    struct journal_op op;
    bool found = false, perhaps;
    bool ok = (rows != NULL || run_no_memory(run)) && run_load(run, from->id, &rows[0]) &&
              run_load(run, from->moved_here, &rows[1]) &&
              journal_op_of(run->journal, from->moved_here, &op, &found, &run->err);

    *went = false;
    if (ok)
        mailbox = run_mailbox_by_id(run, rows[1].mailbox);
    if (ok && found && op.kind == OP_MOVE && mailbox != NULL)
        ok = check_arrived(run, mailbox, &rows[1], &op, &perhaps, went);
    if (ok && *went) {
        run->replan = true;
        ok = run_begin(run) && run_end(run, take_over(run, &rows[0], &rows[1], &op));
    }
    free(rows);
    return ok;
}

bool
agenda_drop_sources(struct run *run, struct agenda *agenda)
{
    for (size_t i = 0; i < agenda->count; i++) {
        struct journal_op op;
        bool found;

        if (!agenda->todos[i].waits)
            continue;
        if (!journal_op_of(run->journal, agenda->todos[i].id, &op, &found, &run->err))
            return false;
        for (size_t k = 0; found && op.message != 0 && k < agenda->count; k++) {
            if (agenda->todos[k].id == op.message && k != i)
                agenda->todos[k].dropped = true;
        }
    }
    return true;
}

bool
agenda_wait_for_answer(struct run *run, struct todo *fresh)
{
    fresh->dropped = true;
    return run_begin(run) &&
           run_pending(run, &run->mailboxes[fresh->mailbox], fresh->id, PENDING_SETTLE, "upload",
                       "it was sent from another folder, was not answered and may still be under way", NULL) &&
           run_commit(run);
}
