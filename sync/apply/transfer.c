/* See transfer.h. */
#include "sync/apply/transfer.h"

#include "sync/base/keyword_note.h"
#include "sync/match/given_again.h"
#include "sync/match/meeting.h"
#include "sync/observe/observe.h"
#include "sync/rows/alias.h"
#include "sync/rows/astray.h"
#include "sync/rows/carried.h"
#include "sync/rows/copied.h"
#include "sync/rows/foreign.h"
#include "sync/rows/letters.h"
#include "sync/rows/moved_out.h"
#include "sync/rows/refusals.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"
#include "sync/run/attempts.h"
#include "sync/run/situation.h"

struct transfer {      /* one message that changes or gains its mailbox on the server */
    struct todo *todo; /* the file that appeared */
    int64_t source;    /* row with the UID */
    uint32_t source_mailbox, uid;
    struct journal_op op;
    unsigned char wire[DIGEST_SIZE];
    bool has_wire;
    bool tells;               /* whether its header is still the source's */
    bool doubted;             /* it is not: that is judged first, in the next pass */
    struct journal_op before; /* the intent of an earlier attempt; of none its id is 0 */
    bool begun;               /* its command may have gone out */
    bool answered;
    uint32_t new_uid;
    struct remote_outcome outcome;
};

/* Is this copy the first half of a move, whose removal follows? */
static bool
is_half(const struct transferring *transferring, const struct transfer *transfer)
{
    return !transferring->move && transfer->todo->partner == transfer->source;
}

static int
compare_transfers(const void *pa, const void *pb)
{
    const struct transfer *a = pa, *b = pb;

    if (a->source_mailbox != b->source_mailbox)
        return a->source_mailbox < b->source_mailbox ? -1 : 1;
    if (a->todo->mailbox != b->todo->mailbox)
        return a->todo->mailbox < b->todo->mailbox ? -1 : 1;
    if (a->uid != b->uid)
        return a->uid < b->uid ? -1 : 1;
    return a->todo->id == b->todo->id ? 0 : a->todo->id < b->todo->id ? -1 : 1;
}

/* The UID must still be the message that we mean, with the flags that we know. */
static bool
is_still_meant(struct transferring *transferring, struct transfer *transfer, const struct remote_message *now)
{
    struct run *run = transferring->run;
    struct mailbox *mailbox = &run->mailboxes[transfer->source_mailbox];
    struct journal_message *source = &transferring->source;
    struct error ignored;
    bool found;

    if (!journal_message_get(run->journal, transfer->source, source, &found, &ignored) || !found)
        return false;
    if (now->has_meta && remote_is_other(now, source->size, source->date)) {
        mailbox->stirred = mailbox->full = true;
        return false;
    }
    if (transfer->tells && (now->header == NULL || memcmp(now->header, source->header, DIGEST_SIZE) != 0)) {
        transfer->doubted = true;
        return false;
    }
    /* A copy carries along what its source was marked with a moment ago, and whose wish that is nobody can tell on the copy. */
    if (now->has_flags && (transferring->move ? now->flags != source->flags.rseen
                                              : (now->flags & ~source->flags.rseen & FLAG_DELETED) != 0)) {
        mailbox->stirred = mailbox->full = true; /* a list of changes may leave that out for ever */
        return false;
    }
    return true;
}

/* Right before the change */
static bool
on_verify(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct transferring *transferring = context;
    struct transfer *transfer = &transferring->transfers[transferring->first[index] + item];

    if (!is_still_meant(transferring, transfer, now))
        return false;
    transfer->begun = true;
    return true;
}

static bool
on_moved(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct transferring *transferring = context;
    struct transfer *transfer = &transferring->transfers[transferring->first[index] + item];

    transfer->answered = true;
    transfer->new_uid = uid;
    transfer->outcome = *outcome;
    return true;
}

/* The source of a copy that is to go: its flags went along, and are no reason to keep or fetch it. What changes from here on may be one. */
static bool
leave_rest(struct run *run, struct journal_message *source, const struct journal_message *copy)
{
    const struct flag_sides went = source->flags;

    source->facts = (source->facts & ~(unsigned)FACT_UNPAIRED) | FACT_MOVED;
    source->refers_to = copy->id;
    copied_know(source, copy);
    source->flags = merge_unchanged(went, false);
    const bool ok = journal_message_save(run->journal, source, &run->err);
    source->flags = went;
    return ok;
}

/* The file's row takes the UID, and what the server showed of the message moves along. */
static bool
record_moved(struct transferring *transferring, struct transfer *transfer)
{
    struct run *run = transferring->run;
    struct journal_message *source = &transferring->source, *target = &transferring->target;
    struct mailbox *to = &run->mailboxes[transfer->todo->mailbox];
    bool alias = false, half = is_half(transferring, transfer);

    to->stirred = run->mailboxes[transfer->source_mailbox].stirred = true;
    transfer->todo->dropped = true;
    run_did(
        run, to,
        (struct report_done){.act = transferring->move ? DID_MOVE_THERE : DID_COPY_THERE, .uid = transfer->new_uid});
    if (!run_load(run, transfer->source, source) || !run_load(run, transfer->todo->id, target))
        return false;
    if (transferring->move) { /* it is gone from the source, which the next look there proves */
        source->facts = (source->facts & ~(unsigned)FACT_UNPAIRED) | FACT_GONE_THERE;
        if (!journal_message_save(run->journal, source, &run->err))
            return false;
    }
    if (half && !leave_rest(run, source, target))
        return false;
    refusal_end(run, to, transfer->todo->id, WORK_MOVE);
    refusal_end(run, to, transfer->todo->id, WORK_APPEND); /* what no APPEND had room for, and a copy has */
    if (transfer->new_uid != 0 && !alias_take_uid(run, target, &transfer->new_uid, &alias))
        return false;
    /* Its file may still be written on, wherever the UID is found. */
    if ((transferring->move || half) && !alias && !edited_carry(run, source->id, target->id))
        return false;
    unfinished_ended(&transfer->op, run_now(run));
    if (transfer->new_uid == 0)
        astray_note(run, to, &transfer->outcome, &transfer->op);
    if (!journal_op_save(run->journal, &transfer->op, &run->err))
        return false;
    if (transfer->new_uid == 0)
        return true;
    if (!alias) {
        target->size = source->size;
        target->date = source->date;
        target->facts |= source->facts & FACT_BY_HEADER;
        if (target->has_wire && memcmp(target->wire, source->wire, DIGEST_SIZE) == 0)
            target->facts |= source->facts & FACT_ITS_BYTES;
        if (!foreign_carry(run, source, target))
            return false;
        merge_keywords(target->keywords, source->keywords);
        carried_flags(source, target, transferring->move || half);
        if (transferring->move || half) {
            target->facts |= source->facts & FACT_FETCHED;
            meeting_level_shown(target, to->row.permanent);
        }
    }
    if (transferring->move &&
        (!copied_on(run, source->id, target->id) || !journal_message_delete(run->journal, source->id, &run->err)))
        return false;
    /* The intent stays until the target has shown the UID (said_uid.h). */
    return journal_message_save(run->journal, target, &run->err) && letters_met(run, target) &&
           (!alias || journal_op_delete(run->journal, transfer->op.id, &run->err)) &&
           journal_pending_clear(run->journal, target->mailbox, target->id, &run->err);
}

static bool
record_failed(struct transferring *transferring, struct transfer *transfer)
{
    struct run *run = transferring->run;
    struct mailbox *from = &run->mailboxes[transfer->source_mailbox], *to = &run->mailboxes[transfer->todo->mailbox];
    const struct remote_outcome *outcome = &transfer->outcome;
    struct remote_outcome said;

    from->stirred = to->stirred = true;
    /* What was not copied is sent, when the target was looked at: there are servers that give up an answer and copy all the same. */
    to->no_copies = to->no_copies || (!transferring->move && !outcome->doubtful && !transfer->doubted);
    if (transfer->doubted && !given_again_doubt(run, transfer->source))
        return false;
    transfer->todo->dropped = true;
    if (outcome->doubtful) { /* the intent stays; most often the next pass finds what became of it */
        (void)text_print(said.answer, sizeof said.answer, "from %.200s: %.250s", from->row.name, outcome->answer);
        unfinished_ended(&transfer->op, run_now(run));
        return journal_op_save(run->journal, &transfer->op, &run->err) &&
               run_pending(run, to, transfer->todo->id, PENDING_SETTLE, "move", said.answer, NULL);
    }
    if (!journal_op_delete(run->journal, transfer->op.id, &run->err))
        return false;
    const bool lost = outcome->gone && outcome->changed;
    if (((outcome->gone || outcome->changed) && !(lost && to->lost)) ||
        (!transferring->move && !is_half(transferring, transfer))) {
        to->lost = to->lost || lost;
        if (lost || !outcome->gone || !transferring->move)
            return true; /* planned anew in the next pass */
        (void)text_print(said.answer, sizeof said.answer,
                         "from %.200s: the server does not show it, and does not say that it is gone", from->row.name);
        return run_pending(run, to, transfer->todo->id, PENDING_FAILED, "move", said.answer, NULL);
    }
    if (transferring->move && outcome->denied) { /* perhaps only to take it from there: it is copied in the next pass */
        from->over |= WORK_MOVE;
        return true;
    }
    if (!to->full_up)
        run_complain(run, from, "move messages on the server", outcome->answer,
                     refusal_hint(outcome, transferring->count == 1));
    to->full_up = true;
    to->complained |= WORK_MOVE;
    said = *outcome;
    (void)text_print(said.answer, sizeof said.answer, "from %.200s: %.250s", from->row.name, outcome->answer);
    return refusal_note(run, to, transfer->todo->id, WORK_MOVE, transferring->count == 1, &said);
}

/* Its file stands in the new place: what was said of it there before is said of it here. */
static bool
take_wishes(struct transferring *transferring)
{
    const struct journal_message *source = &transferring->source, *target = &transferring->target;

    return source->base[0] == '\0' || (source->facts & FACT_GONE_HERE) == 0 || !source->has_wire || !target->has_wire ||
           keyword_carry(transferring->run->journal, source, target, &transferring->run->err);
}

/* Where the server's bytes are not the file's, what it has in the new place is looked for by them, if no answer says its UID. */
static bool
expect_foreign(struct transferring *transferring, const struct transfer *transfer)
{
    struct run *run = transferring->run;
    const struct journal_message *source = &transferring->source;
    struct journal_message *target = &transferring->target;

    if (!run_load(run, transfer->todo->id, target) || !foreign_carry(run, source, target))
        return false;
    const bool foreign = (target->facts & FACT_FOREIGN) != 0;

    if (!carried_take(target, source) && !foreign)
        return true;
    target->size = foreign ? source->size : target->size;
    return journal_message_save(run->journal, target, &run->err);
}

static bool
write_intents(struct transferring *transferring, size_t count)
{
    struct run *run = transferring->run;
    bool ok = run_begin(run);

    for (size_t i = 0; ok && i < count; i++) {
        struct transfer *transfer = &transferring->transfers[i];
        const struct mailbox *from = &run->mailboxes[transfer->source_mailbox],
                             *to = &run->mailboxes[transfer->todo->mailbox];
        const int64_t known = transfer->op.id;
        const bool moves = transferring->move || is_half(transferring, transfer);

        ok = run_load(run, transfer->source, &transferring->source) &&
             (!moves || moved_out_note(run, from, &transferring->source)) && expect_foreign(transferring, transfer) &&
             (!moves || take_wishes(transferring)) &&
             (transfer->todo->came_from == 0 || copied_left(run, transfer->todo->came_from, transfer->todo->id));
        transfer->has_wire = transferring->source.has_wire;
        memcpy(transfer->wire, transferring->source.wire, DIGEST_SIZE);
        transfer->before = transfer->op;
        transfer->op = (struct journal_op){.id = known,
                                           .kind = moves ? OP_MOVE : OP_COPY,
                                           .mailbox = from->row.id,
                                           .message = transfer->source,
                                           .target = transfer->todo->id,
                                           .uidvalidity = to->row.uidvalidity,
                                           .uidnext = to->row.uidnext,
                                           .size = transferring->source.size,
                                           .date = transferring->source.date,
                                           .attempt = transfer->before.attempt + 1,
                                           .since = run_now(run),
                                           .seen = OP_UNDER_WAY};
        unfinished_note_name(&transfer->op, to);
        ok = ok && (known != 0 ? journal_op_save(run->journal, &transfer->op, &run->err)
                               : journal_op_add(run->journal, &transfer->op, &run->err));
    }
    return run_end(run, ok && situation_mark_commit(run));
}

/* By command, size and date. */
static int
compare_looks(const void *pa, const void *pb)
{
    const struct transfer *a = *(struct transfer *const *)pa, *b = *(struct transfer *const *)pb;

    if (a->source_mailbox != b->source_mailbox)
        return a->source_mailbox < b->source_mailbox ? -1 : 1;
    if (a->todo->mailbox != b->todo->mailbox)
        return a->todo->mailbox < b->todo->mailbox ? -1 : 1;
    if (a->op.size != b->op.size)
        return a->op.size < b->op.size ? -1 : 1;
    return a->op.date == b->op.date ? 0 : a->op.date < b->op.date ? -1 : 1;
}

/*
 * A COPYUID that names its UIDs in another order than the messages is found out at the next sight, by size and date. Different messages
 * of one size and date would stay crossed, and the removal of one would take the other: they are found by their content.
 */
static void
doubt_lookalikes(struct transferring *transferring)
{
    const size_t count = transferring->count;
    struct transfer **sorted = transferring->sorted;
    size_t end;

    for (size_t i = 0; i < count; i++)
        sorted[i] = &transferring->transfers[i];
    qsort(sorted, count, sizeof *sorted, compare_looks);
    for (size_t i = 0; i < count; i = end) {
        bool differ = false;

        for (end = i + 1; end < count && compare_looks(&sorted[i], &sorted[end]) == 0; end++)
            differ = differ || !sorted[i]->has_wire || !sorted[end]->has_wire ||
                     memcmp(sorted[i]->wire, sorted[end]->wire, DIGEST_SIZE) != 0;
        for (size_t k = i; differ && k < end; k++)
            sorted[k]->new_uid = 0;
    }
}

/* What never went out is not in doubt, and an earlier attempt of it is what it was. */
static bool
record_unanswered(struct run *run, struct transfer *transfer)
{
    if (!transfer->begun)
        return transfer->before.id != 0 ? journal_op_save(run->journal, &transfer->before, &run->err)
                                        : journal_op_delete(run->journal, transfer->op.id, &run->err);
    unfinished_ended(&transfer->op, run_now(run));
    return journal_op_save(run->journal, &transfer->op, &run->err);
}

static bool
record_transfers(struct transferring *transferring)
{
    struct run *run = transferring->run;
    bool ok = run_begin(run);

    doubt_lookalikes(transferring);
    for (size_t i = 0; ok && i < transferring->count; i++) {
        struct transfer *transfer = &transferring->transfers[i];

        if (!transfer->answered)
            ok = record_unanswered(run, transfer);
        else
            ok = transfer->outcome.ok ? record_moved(transferring, transfer) : record_failed(transferring, transfer);
    }
    return run_end(run, ok);
}

/* A server may offer MOVE and refuse it: what was to be moved is planned anew as a copy and a removal. */
static void
learn_move(const struct transferring *transferring)
{
    struct run *run = transferring->run;
    struct remote_info now;

    if (!transferring->move)
        return;
    run->remote.ops->info(run->remote.self, &now);
    run->info.move = now.move;
}

static bool
transfer_all(struct transferring *transferring)
{
    static const struct remote_changer changer = {on_verify, on_moved};
    struct run *run = transferring->run;
    const size_t count = transferring->count;
    uint32_t *uids = transferring->uids;
    size_t requests = 0;
    bool asked, ok;
    struct error why;

    qsort(transferring->transfers, count, sizeof *transferring->transfers, compare_transfers);
    for (size_t i = 0; i < count; i++) {
        const struct transfer *transfer = &transferring->transfers[i], *last = i != 0 ? transfer - 1 : NULL;
        const struct mailbox *from = &run->mailboxes[transfer->source_mailbox],
                             *to = &run->mailboxes[transfer->todo->mailbox];

        uids[i] = transfer->uid;
        /* The same UID twice (two copies of one message) goes into a request of its own: a set names each UID once. */
        if (last == NULL || last->source_mailbox != transfer->source_mailbox ||
            last->todo->mailbox != transfer->todo->mailbox || last->uid == transfer->uid) {
            transferring->first[requests] = i;
            transferring->requests[requests++] = (struct remote_change){.mailbox = text_of(from->row.wire),
                                                                        .uidvalidity = from->row.uidvalidity,
                                                                        .uids = &uids[i],
                                                                        .target = text_of(to->row.wire),
                                                                        .target_uidvalidity = to->row.uidvalidity};
        }
        transferring->requests[requests - 1].count++;
        transferring->requests[requests - 1].headers |= transfer->tells;
    }
    ok = situation_mark(run) && write_intents(transferring, count);
    if (ok) {
        asked = (transferring->move ? run->remote.ops->move : run->remote.ops->copy)(
            run->remote.self, transferring->requests, requests, &changer, transferring, &run->err);
        why = run->err;
        run->err = (struct error){0};
        learn_move(transferring);
        ok = record_transfers(transferring);
        if (ok && !asked)
            run->err = why;
        ok = ok && asked;
    }
    return ok;
}

/* Room for what goes up alone: where both sides are the same already there are as many todos as messages. */
bool
transfer_begin(struct transferring *transferring, struct run *run, const struct agenda *agenda, bool move)
{
    size_t count = 0;

    for (size_t i = 0; i < agenda->count; i++)
        count += agenda->todos[i].step.verb == PLAN_UPLOAD;
    *transferring = (struct transferring){.run = run, .move = move};
    transferring->transfers = arena_array(&transferring->arena, count, sizeof *transferring->transfers);
    transferring->requests = arena_array(&transferring->arena, count, sizeof *transferring->requests);
    transferring->first = arena_array(&transferring->arena, count, sizeof *transferring->first);
    transferring->uids = arena_array(&transferring->arena, count, sizeof *transferring->uids);
    transferring->sorted = arena_array(&transferring->arena, count, sizeof(struct transfer *));
    return run_has(run, &transferring->arena);
}

/* Those that nobody tried before come first. @return how many these are */
static size_t
put_first(struct transfer *transfers, size_t count)
{
    size_t first = 0;

    for (size_t i = 0; i < count; i++) {
        const struct transfer here = transfers[i];

        if (here.op.id != 0)
            continue;
        transfers[i] = transfers[first];
        transfers[first++] = here;
    }
    return first;
}

/*
 * Send what was gathered, unless gathering failed. What was sent before and not answered may be what ended the line: behind the others, and
 * at first alone, it keeps none of them back.
 */
bool
transfer_end(struct transferring *transferring, bool ok)
{
    struct transfer *const all = transferring->transfers;
    const size_t count = transferring->count, first = put_first(all, count);

    transferring->count = first;
    if (ok && first != 0)
        ok = transfer_all(transferring);
    for (size_t i = first; ok && i < count; i += transferring->count) {
        const size_t together = attempts_together(i - first);

        transferring->transfers = &all[i];
        transferring->count = together < count - i ? together : count - i;
        ok = transfer_all(transferring);
        transferring->run->attempts.settled = transferring->run->attempts.settled || !ok;
    }
    arena_free(&transferring->arena);
    return ok;
}

void
transfer_add(struct transferring *transferring, struct todo *todo, const struct mailbox *from,
             const struct journal_op *op, bool tells)
{
    transferring->transfers[transferring->count++] =
        (struct transfer){.todo = todo,
                          .source = transferring->source.id,
                          .source_mailbox = (uint32_t)(from - transferring->run->mailboxes),
                          .uid = transferring->source.uid,
                          .op = *op,
                          .tells = tells};
}
