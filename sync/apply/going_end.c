/* See going.h. Here: a mailbox that is empty goes, and what a run that was cut off had begun of that. */
#include "sync/apply/going.h"

#include "sync/rows/unfinished.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/situation.h"

#include <inttypes.h>

/* Nothing is known of it any more: should it be on a side, it is new there. In a transaction. */
static bool
forget(struct run *run, struct mailbox *mailbox)
{
    struct journal_mailbox *row = &mailbox->row;

    if (!unfinished_forget(run, mailbox))
        return false;
    row->state = mailbox->folder_here ? MAILBOX_NEW_LOCAL : MAILBOX_NEW_REMOTE;
    row->objectid[0] = '\0';
    free(row->goal_there); /* whoever makes it again has not renamed it */
    row->goal_there = NULL;
    mailbox->going = GOING_NOT;
    return true;
}

/* ... and it is on neither. */
static void
leave_out(struct mailbox *mailbox)
{
    mailbox->chosen = mailbox->listed = mailbox->folder_here = mailbox->look_there = mailbox->look_here = false;
}

static bool
begin_intent(struct run *run, const struct mailbox *mailbox, struct journal_op *op)
{
    return situation_mark(run) && run_begin(run) &&
           run_end(run, situation_mark_commit(run) && unfinished_intend(run, mailbox, op));
}

/* ---- here ---- */

static bool
go_here(struct run *run, struct mailbox *mailbox)
{
    struct journal_op op = {.kind = OP_DELETE_HERE};
    struct error err = {0};
    bool holds;

    if (!begin_intent(run, mailbox, &op))
        return false;
    if (!run->local.ops->remove_folder(run->local.self, mailbox->row.folder, &holds, &err)) {
        run_problem_here(run, mailbox, &err); /* the intent stays: perhaps a part of it went */
        return going_keep(run, mailbox, "its folder could not be removed");
    }
    if (holds)
        return unfinished_end(run, op.id) && going_keep(run, mailbox, "something came into its folder meanwhile");
    run_did(run, mailbox, (struct report_done){.act = DID_DELETE_HERE});
    if (!run_begin(run) || !run_end(run, forget(run, mailbox)))
        return false;
    leave_out(mailbox);
    return true;
}

static bool
recover_here(struct run *run, const struct journal_op *op)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);
    struct error err = {0};
    bool holds = true;

    if (mailbox == NULL)
        return unfinished_end(run, op->id);
    if (!run->local.ops->remove_folder(run->local.self, mailbox->row.folder, &holds, &err)) {
        run_problem_here(run, mailbox, &err);
        return true;
    }
    return run_begin(run) &&
           run_end(run, holds ? journal_op_delete(run->journal, op->id, &run->err) : forget(run, mailbox));
}

bool
going_recover_here(struct run *run)
{
    struct journal_op *ops = NULL;
    size_t count;
    bool ok = run->no_root || journal_ops(run->journal, &ops, &count, &run->err);

    for (size_t i = 0; ok && !run->no_root && !run->dry && i < count; i++)
        ok = ops[i].kind != OP_DELETE_HERE || recover_here(run, &ops[i]);
    free(ops);
    return ok;
}

/* ---- on the server ---- */

static bool
refuse(struct run *run, struct mailbox *mailbox, const char *answer)
{
    char why[600];

    mailbox->going = GOING_NOT;
    (void)text_print(why, sizeof why, "the server says: %s", answer);
    run_complain(run, mailbox, "delete this mailbox on the server", why,
                 "Its folder is gone here; it stays there, empty. The next run tries again after a day.");
    /* It may have been asked for again: the day until the next time begins now. */
    return run_begin(run) &&
           run_end(run, journal_pending_clear(run->journal, mailbox->row.id, 0, &run->err) &&
                            run_pending(run, mailbox, 0, PENDING_FAILED, GOING_WAITS_THERE, why, NULL));
}

/* The server said no within a day. */
static bool
was_refused(struct run *run, const struct mailbox *mailbox, struct journal_pending *known, bool *refused)
{
    bool found;

    if (!journal_pending_get(run->journal, mailbox->row.id, 0, known, &found, &run->err))
        return false;
    *refused = found && known->kind == PENDING_FAILED &&
               strncmp(known->detail, GOING_WAITS_THERE, strlen(GOING_WAITS_THERE)) == 0 &&
               run_within(run, known->since, AGE_DAY);
    return true;
}

/* It is gone. @param what  as it was asked for */
static bool
end_there(struct run *run, struct mailbox *mailbox, const struct remote_delete *what,
          const struct remote_outcome *outcome)
{
    if (outcome->answer[0] != '\0')
        run_complain(run, mailbox, "keep mail that came in the moment when this mailbox was deleted", outcome->answer,
                     NULL);
    if (!what->undo) /* else the one that its folder is of stays, or is made now */
        run_did(run, mailbox, (struct report_done){.act = DID_DELETE_THERE});
    return run_begin(run) && run_end(run, forget(run, mailbox));
}

/* It has its name. The run that asks afterwards which mailboxes there are does what is due by itself. */
static bool
stay_there(struct run *run, struct mailbox *mailbox, const struct remote_delete *what,
           const struct remote_outcome *outcome)
{
    if (what->begun && !run->surveyed) {
        mailbox->going = GOING_NOT;
        return true;
    }
    run->partial = true;
    return going_keep(run, mailbox, outcome->answer[0] != '\0' ? outcome->answer : "its deletion was cut off");
}

/* What came below it in the last moment is synced under the name that it has there. */
static void
say_left_below(struct run *run, struct mailbox *mailbox, const struct journal_op *op)
{
    char what[LIMIT_MAILBOX_NAME + 100];

    (void)text_print(what, sizeof what, "give what came below this mailbox its name back, which is below %.600s now",
                     op->name);
    run_complain(run, mailbox, what, "the server does not rename it: perhaps another one has that name",
                 "It is synced under the name that it has: rename it as you like.");
}

/* @param mailbox  of the intent. What was answered, or looked at afterwards */
static bool
take_answer(struct run *run, struct mailbox *mailbox, const struct journal_op *op, const struct remote_delete *asked,
            const struct remote_outcome *outcome)
{
    char what[LIMIT_MAILBOX_NAME + 80];

    if (outcome->left_below)
        say_left_below(run, mailbox, op);
    if (outcome->passing) { /* the intent stays, as below */
        mailbox->going = GOING_NOT;
        run_complain(run, mailbox, "delete this mailbox on the server", outcome->answer, "The next run looks again.");
        return true;
    }
    if (outcome->doubtful) {
        (void)text_print(what, sizeof what, "give this mailbox its name back, which is %.600s now", op->name);
        run_complain(
            run, mailbox, what, outcome->answer,
            "Another one has its name meanwhile. While it is empty it is left alone, with mail in it it is synced "
            "under that name: rename it as you like.");
        return run_begin(run) && run_end(run, forget(run, mailbox));
    }
    if (outcome->ok)
        return end_there(run, mailbox, asked, outcome);
    if (!unfinished_end(run, op->id))
        return false;
    return outcome->changed ? stay_there(run, mailbox, asked, outcome) : refuse(run, mailbox, outcome->answer);
}

static bool
ask(struct run *run, struct mailbox *mailbox, const struct journal_op *op, bool begun)
{
    const bool allowed = mailbox_may_go(SIDE_THERE, false, &run->account->policy); /* it may have changed since */
    const struct remote_delete what = {.name = text_of(mailbox->row.wire),
                                       .aside = text_of(op->name),
                                       .separator = mailbox->row.separator,
                                       .uidvalidity = op->uidvalidity,
                                       .uidnext = op->uidnext,
                                       .objectid = mailbox->row.objectid,
                                       .begun = begun,
                                       .undo = begun && (mailbox->folder_here || !allowed)};
    struct remote_outcome outcome;

    return run->remote.ops->delete (run->remote.self, &what, &outcome, &run->err) &&
           take_answer(run, mailbox, op, &what, &outcome);
}

/* Some servers tell it in STATUS alone: of an empty mailbox the row knows nothing then. */
static uint32_t
seen_uidnext(const struct mailbox *mailbox)
{
    const uint32_t listed =
        mailbox->has_status && mailbox->uidvalidity == mailbox->row.uidvalidity ? mailbox->uidnext : 0;

    return listed > mailbox->row.uidnext ? listed : mailbox->row.uidnext;
}

static bool
go_there(struct run *run, struct mailbox *mailbox)
{
    struct journal_op op = {
        .kind = OP_DELETE_THERE, .uidvalidity = mailbox->row.uidvalidity, .uidnext = seen_uidnext(mailbox)};
    struct journal_pending known;
    bool refused;

    if (!mailbox->current || mailbox->row.messages != 0)
        return going_keep(run, mailbox, "it is not known to be empty on the server");
    for (size_t i = 0; i < run->count; i++)
        if (run->mailboxes[i].listed && going_is_below(&run->mailboxes[i], mailbox))
            return going_keep(run, mailbox, "other mailboxes stand below it on the server: it stays there, empty");
    if (!was_refused(run, mailbox, &known, &refused))
        return false;
    if (refused) {
        run_complain(run, mailbox, "delete this mailbox on the server", known.why, "It stays there, empty.");
        return true;
    }
    (void)text_print(op.name, sizeof op.name, "%s" ASIDE_DELETED "%" PRIu32 "-%" PRId64, run->info.prefix,
                     mailbox->row.uidvalidity, mailbox->row.id);
    if (!begin_intent(run, mailbox, &op) || !ask(run, mailbox, &op, false))
        return false;
    if (mailbox->row.id == 0)
        leave_out(mailbox);
    return true;
}

static bool
recover_there(struct run *run, const struct journal_op *op)
{
    struct mailbox *mailbox = run_mailbox_by_id(run, op->mailbox);

    if (mailbox == NULL || mailbox->row.wire == NULL)
        return unfinished_end(run, op->id);
    if (!ask(run, mailbox, op, true))
        return false;
    if (run->surveyed && mailbox->row.id == 0) /* on a new line: no list follows that tells which ones there are */
        leave_out(mailbox);
    return true;
}

bool
going_recover_there(struct run *run)
{
    struct journal_op *ops = NULL;
    size_t count;
    bool ok = journal_ops(run->journal, &ops, &count, &run->err);

    for (size_t i = 0; ok && !run->dry && i < count; i++)
        ok = ops[i].kind != OP_DELETE_THERE || recover_there(run, &ops[i]);
    free(ops);
    return ok;
}

/* ---- which of them, and in which order ---- */

static bool
go(struct run *run, struct mailbox *mailbox)
{
    const enum mailbox_side side = mailbox->going == GOING_HERE ? SIDE_HERE : SIDE_THERE;
    const char *why;
    uint64_t rows;

    if (!journal_message_count(run->journal, mailbox->row.id, WHICH_ALL, &rows, &run->err))
        return false;
    if (rows != 0)
        return going_keep(run, mailbox, "what it held is not all gone yet");
    if (!removals_allowed(side, run->cautions, mailbox->cautions, &why))
        return going_keep(run, mailbox, why);
    if (mailbox->going_doubted && !mailbox->going_had) /* else the user said so */
        return going_keep(run, mailbox, "nothing but INBOX is left on the server of several mailboxes");
    return side == SIDE_HERE ? go_here(run, mailbox) : go_there(run, mailbox);
}

/* What stands below another one goes first. */
static int
compare_depths(const void *pa, const void *pb)
{
    const struct mailbox *a = *(struct mailbox *const *)pa, *b = *(struct mailbox *const *)pb;
    const size_t long_a = strlen(a->row.name), long_b = strlen(b->row.name);

    return long_a != long_b ? (long_a < long_b ? 1 : -1) : strcmp(a->row.name, b->row.name);
}

bool
going_finish(struct run *run)
{
    struct mailbox **all = calloc(run->count + 1, sizeof(struct mailbox *));
    size_t count = 0;
    bool ok = all != NULL || run_no_memory(run);

    for (size_t i = 0; ok && i < run->count; i++)
        if (run->mailboxes[i].going != GOING_NOT)
            all[count++] = &run->mailboxes[i];
    if (count > 1)
        qsort(all, count, sizeof(struct mailbox *), compare_depths);
    for (size_t i = 0; ok && i < count && !run_stopped(run); i++)
        ok = go(run, all[i]);
    free(all);
    return ok;
}

/* All its rows are to go, or to another place. */
static bool
all_go(struct run *run, const struct agenda *agenda, const struct mailbox *mailbox, bool *all)
{
    uint64_t rows, gone = 0;

    if (!journal_message_count(run->journal, mailbox->row.id, WHICH_ALL, &rows, &run->err))
        return false;
    for (size_t i = 0; i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];

        gone += &run->mailboxes[todo->mailbox] == mailbox && !todo->dropped && !todo->step.kept_back &&
                (todo->partner != 0 || todo->step.verb == PLAN_FORGET || todo->step.verb == PLAN_REMOVE_HERE ||
                 todo->step.verb == PLAN_REMOVE_THERE);
    }
    *all = gone >= rows;
    return true;
}

bool
going_foresee(struct run *run, const struct agenda *agenda)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        bool all = false;

        if (mailbox->going == GOING_NOT)
            continue;
        ok = all_go(run, agenda, mailbox, &all);
        if (ok && all)
            run_did(run, mailbox,
                    (struct report_done){.act = mailbox->going == GOING_HERE ? DID_DELETE_HERE : DID_DELETE_THERE});
    }
    return ok;
}
