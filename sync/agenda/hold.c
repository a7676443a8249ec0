/*
 * The guard at work: counts the removals of each mailbox and of the account, holds those that are too many, and lets
 * through what the user released. What is held is stored item by item; an item stands on every list that people were
 * shown it in, so that an ID stays valid when a later list is longer. What is held waits for the user's word, even if
 * the counts are smaller later: mail that arrives meanwhile does not make an accident smaller.
 */
#include "sync/agenda/agenda.h"
#include "sync/agenda/hold.h"
#include "sync/base/ids.h"
#include "sync/rows/held.h"
#include "sync/rows/missing.h"
#include "sync/rows/twin.h"
#include "sync/rules/guard.h"
#include "sync/rules/merge.h"
#include "sync/run/allowed.h"

struct tally {
    struct guard_count count;
    bool held;
};

struct judging {             /* one todo of the agenda */
    bool counts;             /* a removal that the guard counts */
    enum hold_reason reason; /* HOLD_NOT: it may go */
};

struct verdict {
    struct run *run;
    struct agenda *agenda;
    struct judging *judged; /* one a todo */
    struct tally *tallies;  /* one a mailbox */
    struct tally all;
};

/* ---- what the user released ---- */

static bool
take_snapshot(struct run *run, const int64_t *ids, size_t count)
{
    struct journal_pending *list;
    size_t pending;

    if (!journal_pendings(run->journal, &list, &pending, &run->err))
        return false;
    run->released = calloc(pending + 1, sizeof *run->released);
    for (size_t i = 0; run->released != NULL && i < pending; i++) {
        bool here = strcmp(list[i].detail, held_word(true)) == 0;

        if ((here || strcmp(list[i].detail, held_word(false)) == 0) && ids_have(ids, count, list[i].message))
            run->released[run->released_count++] =
                (struct released){.message = list[i].message, .here = here, .there = !here};
    }
    free(list);
    if (run->released == NULL)
        return run_no_memory(run);
    qsort(run->released, run->released_count, sizeof *run->released, ids_compare);
    return true;
}

bool
hold_release(struct run *run)
{
    const char *list = run->options->deletes_id;
    int64_t *ids;
    size_t count;
    bool ok;

    if (!run->options->confirm && !run->options->reject)
        return true;
    if (!journal_hold_ids(run->journal, HOLD_REMOVALS, list, &ids, &count, &run->err))
        return false;
    if (list != NULL && (count == 0 || strcmp(list, held_let_go) == 0)) {
        error_set(&run->err, ERROR_CONFIG, "%s the held removals of list %s",
                  run->options->reject ? "reject" : "release", list);
        error_hint(&run->err, "There is no such list; `golub status %s` shows what is held.", run->account->name);
        free(ids);
        return false;
    }
    ok = count == 0 || take_snapshot(run, ids, count);
    free(ids);
    return ok;
}

static bool
is_released(struct run *run, const struct todo *todo)
{
    struct released *found = run->released_count == 0
                                 ? NULL
                                 : bsearch(&todo->id, run->released, run->released_count, sizeof *found, ids_compare);

    if (run->options->reject || found == NULL || !(todo->step.verb == PLAN_REMOVE_HERE ? found->here : found->there))
        return false;
    found->here = true; /* `expunge` removes there first and the file after it: one removal for the user */
    return true;
}

bool
hold_refused(struct run *run, const struct todo *todo)
{
    struct journal_hold hold = {.message = todo->id, .kind = HOLD_REMOVALS, .since = run->now};

    if (!is_released(run, todo))
        return true;
    (void)text_print(hold.list, sizeof hold.list, "%s", held_let_go);
    (void)text_print(hold.reason, sizeof hold.reason, "%s", held_let_go);
    return journal_hold_add(run->journal, &hold, &run->err);
}

/* It could not be made again (sync/apply/made_again.h): the question stays. */
static bool
is_still_gone(const struct mailbox *mailbox)
{
    return mailbox->wanted_there && mailbox->row.state == MAILBOX_GONE_REMOTE;
}

/* The user says that nobody removed it. @return false: run->err */
static bool
reject_one(struct run *run, const struct released *held)
{
    struct journal_pending pending;
    struct journal_message *message = calloc(1, sizeof *message);
    struct mailbox *mailbox = NULL;
    bool found = false;
    bool ok = (message != NULL || run_no_memory(run)) &&
              journal_message_get(run->journal, held->message, message, &found, &run->err);

    if (ok && found)
        mailbox = run_mailbox_by_id(run, message->mailbox);
    found = found && mailbox != NULL && mailbox->chosen && mailbox_is_open(mailbox) && !is_still_gone(mailbox);
    ok = ok &&
         (!found || journal_pending_get(run->journal, message->mailbox, held->message, &pending, &found, &run->err));
    found = found && pending.kind == PENDING_HELD && strcmp(pending.detail, held_word(held->here)) == 0;
    if (ok && found)
        ok = journal_pending_clear(run->journal, message->mailbox, held->message, &run->err) &&
             missing_is_no_removal(run, message);
    free(message);
    return ok;
}

bool
hold_reject(struct run *run)
{
    bool ok;

    if (!run->options->reject || run->released_count == 0)
        return true;
    ok = run_begin(run);
    for (size_t i = 0; ok && i < run->released_count; i++)
        ok = reject_one(run, &run->released[i]);
    return run_end(run, ok);
}

/* ---- what counts ---- */

static bool
is_removal(const struct todo *todo)
{
    return !todo->dropped && todo->partner == 0 && !todo->step.kept_back &&
           (todo->step.verb == PLAN_REMOVE_HERE || todo->step.verb == PLAN_REMOVE_THERE);
}

/* Its removal rests on another program's word. */
static bool
is_adopted(const struct journal_message *message)
{
    return (message->facts & FACT_ADOPTED) != 0 && (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE)) != 0;
}

static bool
judge_one(struct verdict *verdict, const struct todo *todo, struct judging *judged)
{
    struct run *run = verdict->run;
    struct journal_message message;
    bool twin = false, word = false;

    if (!is_removal(todo) || !mailbox_is_open(&run->mailboxes[todo->mailbox]) || todo->replaced ||
        is_released(run, todo))
        return true;
    if (!run_load(run, todo->id, &message))
        return false;
    /* What is left of a move: no removal, whatever became of the folder that it left. */
    if ((message.facts & FACT_MOVED) != 0 && !twin_of_moved(run, &message, &twin))
        return false;
    if (twin)
        return true;
    if (run->account->policy.guard && !held_before(run, &run->mailboxes[todo->mailbox], todo->id,
                                                   todo->step.verb == PLAN_REMOVE_HERE, &judged->reason, &word))
        return false;
    if (word)
        return true;
    if (judged->reason == HOLD_NOT && run->account->policy.guard && todo->step.verb == PLAN_REMOVE_THERE &&
        (run->mailboxes[todo->mailbox].copied || (message.facts & FACT_LACKED) != 0))
        judged->reason = HOLD_COPIED; /* held whatever the number of removals is */
    if (todo->step.verb == PLAN_REMOVE_THERE && (message.facts & FACT_LACKED) != 0 && (message.facts & FACT_TAKEN) != 0)
        judged->reason = HOLD_TAKEN;
    if (is_adopted(&message)) /* nor does a guard that is off, or a twin, let go what golub itself never saw removed */
        judged->reason = HOLD_ADOPTED;
    if (judged->reason == HOLD_NOT && !twin_stays(run, &message, &twin))
        return false;
    /* The old version of a draft nobody removed. */
    if (judged->reason == HOLD_NOT && !twin && run->account->policy.guard && (message.facts & FACT_REPLACED) == 0 &&
        allowed_newly(run, &run->mailboxes[todo->mailbox],
                      todo->step.verb == PLAN_REMOVE_HERE ? SIDE_HERE : SIDE_THERE))
        judged->reason = HOLD_ALLOWED;
    if (judged->reason == HOLD_NOT && run->account->policy.guard && run->mailboxes[todo->mailbox].going_kept_back)
        judged->reason = HOLD_ALLOWED;
    judged->counts = !twin || run->mailboxes[todo->mailbox].going != GOING_NOT; /* a mailbox goes with all of its own */
    return true;
}

static bool
count_messages(struct verdict *verdict)
{
    struct run *run = verdict->run;

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        struct guard_count *count = &verdict->tallies[i].count;

        /* Where nothing is done, nothing can be removed either. */
        if (mailbox->row.id != 0 && mailbox->chosen &&
            (mailbox->row.state == MAILBOX_ACTIVE || mailbox->row.state == MAILBOX_REPAIR ||
             mailbox->going != GOING_NOT) &&
            !journal_message_count(run->journal, mailbox->row.id, WHICH_PRESENT, &count->messages, &run->err))
            return false;
        count->may_be_empty = (mailbox->uses & (REMOTE_TRASH | REMOTE_JUNK)) != 0;
        count->messages += mailbox->removed; /* an earlier pass of this run removed those */
        count->removals += mailbox->removed;
        verdict->all.count.messages += count->messages;
        verdict->all.count.removals += mailbox->removed;
    }
    return true;
}

/* ---- what is held ---- */

/* Nobody removed what a copied folder lacks. That outlives its lists, which end where it is wanted back in a run that may not fetch it. */
static bool
note_lacked(struct run *run, struct journal_message *message, enum hold_reason reason)
{
    if (reason != HOLD_COPIED || (message->facts & (FACT_GONE_HERE | FACT_LACKED)) != FACT_GONE_HERE)
        return true;
    message->facts |= FACT_LACKED;
    return journal_message_save(run->journal, message, &run->err);
}

static bool
hold_one(struct run *run, struct todo *todo, enum hold_reason reason, const char *id)
{
    const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    struct journal_hold hold = {.message = todo->id, .kind = HOLD_REMOVALS, .since = run->now};
    struct journal_message message;
    bool here = todo->step.verb == PLAN_REMOVE_HERE;

    (void)text_print(hold.list, sizeof hold.list, "%s", id);
    (void)text_print(hold.reason, sizeof hold.reason, "%s", held_reasons[reason].word);
    if (!run_load(run, todo->id, &message) || !note_lacked(run, &message, reason) ||
        !run_pending(run, mailbox, todo->id, PENDING_HELD, held_word(here), held_reasons[reason].why, id) ||
        !journal_hold_add(run->journal, &hold, &run->err))
        return false;
    if (strcmp(run->hold_ids[reason], id) != 0)
        report_held(run->report, run->account->name,
                    &(struct report_held){.mailbox = mailbox->row.name,
                                          .uid = message.uid,
                                          .file = message.base,
                                          .here = here,
                                          .id = id,
                                          .reason = held_reasons[reason].word});
    todo->dropped = true;
    return true;
}

static void
say_list(const struct verdict *verdict, enum hold_reason reason, const char *id, uint64_t count, bool account)
{
    struct run *run = verdict->run;
    struct report_list list = {.id = id,
                               .reason = held_reasons[reason].word,
                               .note = held_reasons[reason].note,
                               .count = count,
                               .of = verdict->all.count.messages};
    char where[LIMIT_MAILBOX_NAME + 64] = "";
    uint32_t last = UINT32_MAX;

    for (size_t i = 0; i < verdict->agenda->count; i++) {
        uint32_t mailbox = verdict->agenda->todos[i].mailbox; /* todos are in the order of mailboxes */

        if (verdict->judged[i].reason == reason && mailbox != last)
            (void)text_print(where, sizeof where, "%s%s", last != UINT32_MAX ? "several mailboxes, among them " : "",
                             run->mailboxes[mailbox].row.name);
        if (verdict->judged[i].reason == reason)
            last = mailbox;
    }
    list.where = account ? "the whole account" : where;
    if (strcmp(run->hold_ids[reason], id) != 0) /* said once, however many passes there are */
        report_guard(run->report, run->account->name, &list);
    (void)text_print(run->hold_ids[reason], sizeof run->hold_ids[reason], "%s", id);
}

static bool
hold(struct verdict *verdict, enum hold_reason reason, bool account)
{
    struct run *run = verdict->run;
    int64_t *ids = calloc(verdict->agenda->count + 1, sizeof *ids);
    size_t count = 0;
    char id[IDS_NAME_SIZE];
    bool ok = ids != NULL;

    for (size_t i = 0; ok && i < verdict->agenda->count; i++) {
        if (verdict->judged[i].reason == reason)
            ids[count++] = verdict->agenda->todos[i].id;
    }
    ok = (ok && ids_name("", ids, count, id)) || run_no_memory(run);
    free(ids);
    if (!ok || count == 0)
        return ok;
    for (size_t i = 0; i < verdict->agenda->count; i++) {
        if (verdict->judged[i].reason == reason && !hold_one(run, &verdict->agenda->todos[i], reason, id))
            return false;
    }
    run->held = true;
    run->counts.held += count;
    say_list(verdict, reason, id, count, account);
    return true;
}

static bool
hold_all(struct verdict *verdict, bool account)
{
    struct run *run = verdict->run;
    bool ok = run_begin(run);

    run->counts.held = 0;
    for (enum hold_reason reason = HOLD_GUARD; ok && reason < HOLD_REASONS; reason++)
        ok = hold(verdict, reason, account && reason == HOLD_GUARD);
    return run_end(run, ok);
}

/* Its folder is gone, and most of its mail is not. */
static bool
stands_here(const struct mailbox *mailbox)
{
    return mailbox->going == GOING_THERE && mailbox->going_doubted;
}

static bool
judge(struct verdict *verdict)
{
    struct run *run = verdict->run;
    struct agenda *agenda = verdict->agenda;
    const struct policy *policy = &run->account->policy;
    bool account, any = false;

    for (size_t i = 0; i < agenda->count; i++)
        any = any || is_removal(&agenda->todos[i]);
    if (!any)
        return true;
    for (size_t i = 0; i < agenda->count; i++) {
        if (!judge_one(verdict, &agenda->todos[i], &verdict->judged[i]))
            return false;
        verdict->tallies[agenda->todos[i].mailbox].count.removals += verdict->judged[i].counts;
        verdict->all.count.removals += verdict->judged[i].counts;
    }
    if (!count_messages(verdict))
        return false;
    account = guard_holds_account(&verdict->all.count, policy);
    for (size_t i = 0; i < run->count; i++)
        verdict->tallies[i].held = account || guard_holds_mailbox(&verdict->tallies[i].count, policy) ||
                                   (policy->guard && run->mailboxes[i].going_doubted);
    for (size_t i = 0; i < agenda->count; i++) {
        struct judging *judged = &verdict->judged[i];

        if (judged->counts && judged->reason == HOLD_NOT && verdict->tallies[agenda->todos[i].mailbox].held)
            judged->reason = stands_here(&run->mailboxes[agenda->todos[i].mailbox]) ? HOLD_STANDS : HOLD_GUARD;
        agenda->todos[i].counted = judged->counts && judged->reason == HOLD_NOT;
    }
    return hold_all(verdict, account);
}

bool
agenda_guard(struct run *run, struct agenda *agenda)
{
    struct verdict verdict = {.run = run,
                              .agenda = agenda,
                              .judged = calloc(agenda->count + 1, sizeof *verdict.judged),
                              .tallies = calloc(run->count + 1, sizeof *verdict.tallies)};
    bool ok = (verdict.judged != NULL && verdict.tallies != NULL) || run_no_memory(run);

    ok = ok && judge(&verdict);
    for (size_t i = 0; ok && i < run->count; i++)
        run->mailboxes[i].judged = mailbox_is_open(&run->mailboxes[i]) && run->account->policy.push.deletes;
    free(verdict.judged);
    free(verdict.tallies);
    return ok;
}
