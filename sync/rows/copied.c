/* See copied.h. */
#include "sync/rows/copied.h"

#include "sync/rules/merge.h"

#define STEPS_MAX 16 /* moves of one message by COPY whose sources are still to go */

/* The facts with which a row does not say what its UID shows. */
#define UNSEEN (FACT_GONE_THERE | FACT_UNPAIRED | FACT_ALIAS | FACT_ECHO | FACT_COPIED)

bool
copied_unmarked(struct run *run, const struct journal_op *op, bool looked, bool *unmarked)
{
    struct mailbox *from = op->mailbox != 0 ? run_mailbox_by_id(run, op->mailbox) : NULL;
    struct journal_message *source;
    bool found = false, ok;

    *unmarked = false;
    if (op->message == 0 || from == NULL || !from->current || (!looked && op->since >= run->now) ||
        mailbox_is_unsure(from->cautions) || run_learned(from, CAUTION_REPAIRED))
        return true;
    source = calloc(1, sizeof *source);
    ok = (source != NULL || run_no_memory(run)) &&
         journal_message_get(run->journal, op->message, source, &found, &run->err);
    *unmarked = ok && found && source->uid != 0 && source->mailbox == op->mailbox && (source->facts & UNSEEN) == 0 &&
                !merge_is_marked_there(source->flags);
    free(source);
    return ok;
}

bool
copied_found(struct run *run, const struct journal_op *op, int64_t copy)
{
    const unsigned otherwise = FACT_GONE_THERE | FACT_UNPAIRED | FACT_MOVED | FACT_REPLACED;
    struct journal_message *source = calloc(2, sizeof *source), *made = source + 1;
    bool found = false, ok = source != NULL || run_no_memory(run);

    ok = ok && (op->message == 0 || journal_message_get(run->journal, op->message, source, &found, &run->err));
    if (ok && found && source->uid != 0 && source->mailbox == op->mailbox && source->id != copy &&
        (source->facts & (otherwise | FACT_GONE_HERE)) == FACT_GONE_HERE) {
        if (!journal_message_get(run->journal, copy, made, &found, &run->err)) {
            free(source);
            return false;
        }
        source->facts |= FACT_MOVED;
        source->refers_to = copy;
        if (found)
            copied_know(source, made);
        ok = journal_message_save(run->journal, source, &run->err);
    }
    free(source);
    return ok;
}

/* What has one of these facts, and refers to this row, refers to that one from here on; 0: to itself. */
static bool
refer(struct run *run, int64_t row, unsigned facts, int64_t to)
{
    struct journal_message *source = NULL;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = journal_ids_referring(run->journal, row, &ids, &count, &run->err);

    if (ok && count != 0) {
        source = calloc(1, sizeof *source);
        ok = source != NULL || run_no_memory(run);
    }
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], source);
        if (!ok || (source->facts & facts) == 0 || (source->facts & FACT_ALIAS) != 0 || source->id == row ||
            source->id == to)
            continue;
        source->refers_to = to != 0 ? to : source->id;
        ok = journal_message_save(run->journal, source, &run->err);
    }
    free(ids);
    free(source);
    return ok;
}

bool
copied_on(struct run *run, int64_t from, int64_t to)
{
    return refer(run, from, FACT_MOVED | FACT_REPLACED, to);
}

bool
copied_ends(struct run *run, int64_t row, bool trashed)
{
    return refer(run, row, FACT_REPLACED | (trashed ? FACT_MOVED : 0u), 0);
}

bool
copied_left(struct run *run, int64_t from, int64_t to)
{
    const unsigned otherwise = FACT_GONE_THERE | FACT_UNPAIRED | FACT_REPLACED | FACT_ADOPTED;
    struct journal_message *source = calloc(2, sizeof *source), *copy = source + 1;
    bool found = false, known = false, ok = source != NULL || run_no_memory(run);

    ok = ok && journal_message_get(run->journal, from, source, &found, &run->err);
    if (ok && found && source->uid != 0 && (source->facts & (otherwise | FACT_GONE_HERE)) == FACT_GONE_HERE) {
        ok = (source->facts & FACT_MOVED) == 0 || copied_to(run, source, copy, &known);
        if (ok && !known) {
            source->facts |= FACT_MOVED;
            source->refers_to = to;
            ok = journal_message_save(run->journal, source, &run->err);
        }
    }
    free(source);
    return ok;
}

bool
copied_back(struct run *run, const struct journal_message *message)
{
    const unsigned otherwise = FACT_GONE_THERE | FACT_UNPAIRED | FACT_REPLACED | FACT_MOVED | FACT_LACKED;
    struct journal_message *copy;
    bool known = false, ok;

    if ((message->facts & FACT_MOVED) == 0 || message->refers_to == 0)
        return true;
    copy = calloc(1, sizeof *copy);
    ok = (copy != NULL || run_no_memory(run)) && copied_to(run, message, copy, &known);
    if (ok && known && copy->uid != 0 && (copy->facts & (otherwise | FACT_GONE_HERE)) == FACT_GONE_HERE) {
        copy->facts |= FACT_MOVED;
        copy->refers_to = message->id;
        ok = journal_message_save(run->journal, copy, &run->err);
    }
    free(copy);
    return ok;
}

static bool
end_return(struct run *run, int64_t row)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = (message != NULL || run_no_memory(run)) && run_load(run, row, message);

    if (ok) {
        message->facts |= FACT_MOVED;
        ok = copied_back(run, message);
        message->facts &= ~(unsigned)FACT_MOVED;
        message->refers_to = 0;
    }
    ok = ok && journal_message_save(run->journal, message, &run->err);
    free(message);
    return ok;
}

bool
copied_returned(struct run *run, const struct id_set *rows)
{
    bool ok = true;

    for (size_t byte = 0; ok && byte < rows->size; byte++)
        for (unsigned bit = 0; ok && rows->bits[byte] >> bit != 0; bit++)
            ok = (rows->bits[byte] >> bit & 1) == 0 || end_return(run, (int64_t)(8 * byte + bit));
    return ok;
}

bool
copied_to(struct run *run, const struct journal_message *source, struct journal_message *copy, bool *known)
{
    int64_t id = source->refers_to;

    *known = false;
    for (int steps = 0; id != 0 && id != source->id && steps < STEPS_MAX; steps++) {
        if (!journal_message_get(run->journal, id, copy, known, &run->err))
            return false;
        id = *known && (copy->facts & FACT_MOVED) != 0 && !copied_is_trashed(copy) ? copy->refers_to : 0;
    }
    return true;
}
