/* See answers.h. */
#include "sync/apply/answers.h"

#include <stdlib.h>

#include "sync/rows/alias.h"
#include "sync/rows/astray.h"
#include "sync/rows/refusals.h"
#include "sync/rows/unfinished.h"
#include "sync/rules/merge.h"

bool
answers_refuse(struct run *run, struct mailbox *mailbox, struct journal_message *message, const char *why)
{
    char what[160];

    message->facts |= FACT_REFUSED;
    mailbox->complained |= WORK_APPEND;
    (void)text_print(what, sizeof what, "store message %.120s on the server", message->base);
    run_complain(run, mailbox, what, why, "It stays here; golub tries again when the file changes.");
    return run_pending(run, mailbox, message->id, PENDING_REFUSED, "upload", why, NULL) &&
           journal_message_save(run->journal, message, &run->err);
}

static bool
record_sent(struct uploading *up, struct sending *sending)
{
    struct run *run = up->run;
    struct journal_message *message = sending->message;
    struct mailbox *mailbox = &run->mailboxes[sending->todo->mailbox];
    bool alias = false;

    mailbox->stirred = true;
    refusal_end(run, mailbox, message->id, WORK_APPEND);
    run_did(run, mailbox,
            (struct report_done){.act = DID_UPLOAD,
                                 .uid = sending->uid,
                                 .file = message->base,
                                 .why = plan_reason_words(&sending->todo->step)});
    sending->print.since = run_now(run);
    if (!journal_print_set(run->journal, &sending->print, &run->err))
        return false;
    if (sending->uid != 0 && !alias_take_uid(run, message, &sending->uid, &alias))
        return false;
    astray_note(run, mailbox, &sending->outcome, &sending->op);
    sending->op.attempt++;
    unfinished_ended(&sending->op, run_now(run));
    /* Until the mailbox has shown it: under its UID, or, where that was not said or is not believed, by its content. */
    if (alias ? !journal_op_delete(run->journal, sending->op.id, &run->err)
              : !journal_op_save(run->journal, &sending->op, &run->err))
        return false;
    if (sending->uid == 0)
        return true;
    if (!alias) {
        message->flags = merge_appended(message->flags, mailbox->row.permanent);
        message->facts |= FACT_ECHO | (sending->eight_bits ? 0 : FACT_ITS_BYTES);
        message->size = sending->wire_size;
        message->date = sending->op.date;
    }
    return journal_message_save(run->journal, message, &run->err) &&
           journal_pending_clear(run->journal, message->mailbox, message->id, &run->err);
}

/* Once for all that was not even sent. */
static void
complain(struct uploading *up, struct mailbox *mailbox, const struct sending *sending)
{
    struct run *run = up->run;
    const struct remote_outcome *outcome = &sending->outcome;
    char what[160] = "store new mail on the server";

    if (outcome->throttled ? (mailbox->over & WORK_APPEND) != 0 || (outcome->over_quota && up->over_quota)
                           : outcome->denied && (mailbox->over & WORK_APPEND) != 0)
        return;
    if (outcome->throttled || outcome->denied) {
        mailbox->over |= WORK_APPEND;
        up->over_quota = up->over_quota || outcome->over_quota;
    } else {
        (void)text_print(what, sizeof what, "store message %.120s on the server", sending->message->base);
    }
    run_complain(
        run, mailbox, what, outcome->answer,
        outcome->over_quota
            ? "Make room there. What is here stays and is sent again, the smallest message first, by the next run; "
              "large mail waits up to an hour."
            : refusal_hint(outcome, true));
}

/*
 * There are servers that give up an answer and store the message all the same, some seconds later: where they name no other reason the intent stays,
 * as of one that was not answered, until its settle time is over and its mailbox was looked at (agenda_end_refused).
 */
static bool
end_refused(struct run *run, struct sending *sending)
{
    if (!sending->outcome.vague || sending->outcome.permanent || !sending->begun)
        return journal_op_delete(run->journal, sending->op.id, &run->err);
    unfinished_ended(&sending->op, run_now(run));
    return journal_op_save(run->journal, &sending->op, &run->err);
}

static bool
record_refused(struct uploading *up, struct sending *sending)
{
    struct run *run = up->run;
    struct mailbox *mailbox = &run->mailboxes[sending->todo->mailbox];
    const struct remote_outcome *outcome = &sending->outcome;

    sending->todo->dropped = true;
    if (outcome->doubtful) {
        mailbox->stirred = true;
        run->partial = true;
        unfinished_ended(&sending->op, run_now(run)); /* the intent stays */
        return journal_op_save(run->journal, &sending->op, &run->err);
    }
    if (!end_refused(run, sending))
        return false;
    if (outcome->permanent) {
        sending->message->date = sending->op.date;
        return answers_refuse(run, mailbox, sending->message, outcome->answer);
    }
    complain(up, mailbox, sending);
    run->counts.pending++;
    run->partial = true;
    /* Where it is there already it is paired before its file can be taken for another one. It is not sent again in this run. */
    mailbox->look_there = true;
    return refusal_note(run, mailbox, sending->message->id, WORK_APPEND, true, outcome);
}

/* Where the server has said that it is enough, nothing is wrong with those that it refused before it said so. */
static void
judge_refusals(struct uploading *up)
{
    for (size_t i = 0; i < up->count; i++) {
        const struct sending *sending = &up->batch[i];

        if (sending->answered && sending->outcome.throttled)
            up->run->mailboxes[sending->todo->mailbox].enough = true;
    }
    for (size_t i = 0; i < up->count; i++) {
        struct sending *sending = &up->batch[i];

        if (!sending->outcome.ok && !sending->outcome.denied && up->run->mailboxes[sending->todo->mailbox].enough)
            sending->outcome.throttled = true;
    }
}

/*
 * Without an answer: the server may still be storing it, and its settle time counts from now. What never went out is not in doubt, and an earlier attempt
 * of it is what it was: it waited its time already.
 */
static bool
record_unanswered(struct run *run, struct sending *sending)
{
    if (!sending->begun)
        return sending->before.id != 0 ? journal_op_save(run->journal, &sending->before, &run->err)
                                       : journal_op_delete(run->journal, sending->op.id, &run->err);
    unfinished_ended(&sending->op, run_now(run));
    return journal_op_save(run->journal, &sending->op, &run->err);
}

bool
answers_record(struct uploading *up)
{
    struct run *run = up->run;
    bool ok = run_begin(run);

    judge_refusals(up);
    for (size_t i = 0; ok && i < up->count; i++) {
        struct sending *sending = &up->batch[i];

        if (!sending->answered) {
            ok = record_unanswered(run, sending);
            continue;
        }
        sending->message = up->row;
        ok = run_load(run, sending->todo->id, up->row) &&
             (sending->outcome.ok ? record_sent(up, sending) : record_refused(up, sending));
    }
    return run_end(run, ok);
}

/* ---- what is accepted and not shown ---- */

/* Does `other` stand for the message that the server has, with the bytes that are sent here? Its file may have other lines. */
static bool
stands_for_it(const struct mailbox *mailbox, const struct journal_message *other, const struct journal_message *sent)
{
    if (other->id == sent->id || other->mailbox != mailbox->row.id || other->uid == 0 || other->base[0] == '\0' ||
        (other->facts & (FACT_GONE_THERE | FACT_GONE_HERE)) != 0)
        return false;
    if (other->has_wire && memcmp(other->wire, sent->wire, DIGEST_SIZE) == 0)
        return true;
    return (other->facts & FACT_FOREIGN) != 0 && other->has_header && other->size == sent->size &&
           memcmp(other->header, sent->header, DIGEST_SIZE) == 0;
}

static bool
find_holder(struct run *run, const struct mailbox *mailbox, const struct journal_message *sent, bool foreign,
            struct journal_message *other, bool *found)
{
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = foreign ? journal_message_ids(run->journal, mailbox->row.id, WHICH_FOREIGN, &ids, &count, &run->err)
                      : journal_ids_by_wire(run->journal, sent->wire, &ids, &count, &run->err);

    for (size_t i = 0; ok && !*found && i < count; i++) {
        ok = run_load(run, ids[i], other);
        *found = ok && stands_for_it(mailbox, other, sent);
    }
    free(ids);
    return ok;
}

bool
answers_become_alias(struct run *run, struct mailbox *mailbox, struct sending *sending, bool *done)
{
    struct journal_message *other = calloc(1, sizeof *other), *message = sending->message;
    bool ok = other != NULL || run_no_memory(run);

    *done = false;
    ok = ok && find_holder(run, mailbox, message, false, other, done) &&
         (*done || find_holder(run, mailbox, message, true, other, done));
    if (ok && *done) {
        message->facts |= FACT_ALIAS;
        message->refers_to = other->id;
        message->flags = merge_unchanged(message->flags, true);
        ok = journal_op_delete(run->journal, sending->op.id, &run->err) &&
             journal_message_save(run->journal, message, &run->err);
    }
    free(other);
    return ok;
}
