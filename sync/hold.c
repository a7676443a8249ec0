/*
 * The guard at work: counts the removals of each mailbox and of the account, holds those that are too many, and lets through what
 * the user released. Held removals are stored item by item under a short ID.
 */
#include "sync/guard.h"
#include "sync/run.h"

struct tally {
    struct guard_count count;
    bool held;
};

static bool
is_removal(const struct todo *todo)
{
    return !todo->dropped && todo->partner == 0 && !todo->step.kept_back &&
           (todo->step.verb == PLAN_REMOVE_HERE || todo->step.verb == PLAN_REMOVE_THERE);
}

/* Its bytes stand elsewhere, paired: nothing is lost by removing this one. */
static bool
is_paired_elsewhere(struct run *run, const struct journal_message *message, bool *elsewhere)
{
    struct journal_message other;
    const struct mailbox *mailbox;
    int64_t *ids;
    size_t count;
    bool ok = true;

    *elsewhere = false;
    if (!message->has_wire)
        return true;
    if (!journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && !*elsewhere && i < count; i++) {
        if (ids[i] == message->id)
            continue;
        ok = run_load(run, ids[i], &other);
        mailbox = ok ? run_mailbox_by_id(run, other.mailbox) : NULL;
        *elsewhere = mailbox != NULL && mailbox->row.state == MAILBOX_ACTIVE && other.uid != 0 &&
                     other.base[0] != '\0' && (other.facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED)) == 0;
    }
    free(ids);
    return ok;
}

static bool
is_released(struct run *run, const struct journal_message *message, bool *released)
{
    struct journal_pending pending;
    bool found;

    *released = false;
    if (!run->confirm)
        return true;
    if (!journal_pending_get(run->journal, message->mailbox, message->id, &pending, &found, &run->err))
        return false;
    *released = found && pending.kind == PENDING_HELD;
    return true;
}

static bool
is_judged(struct run *run, const struct todo *todo, bool *judged)
{
    struct journal_message message;
    bool elsewhere = false, released = false;

    *judged = false;
    if (!is_removal(todo) || !mailbox_is_open(&run->mailboxes[todo->mailbox]))
        return true;
    if (!run_load(run, todo->id, &message) || !is_released(run, &message, &released))
        return false;
    if (!released && !is_paired_elsewhere(run, &message, &elsewhere))
        return false;
    *judged = !released && !elsewhere;
    return true;
}

/* A short name for this list of removals: the same list has the same name. */
static bool
name_list(struct run *run, const struct agenda *agenda, const bool *judged, const struct tally *tallies,
          char id[static 16])
{
    struct digest *digest = digest_new();
    struct digests digests;
    char text[DIGEST_SIZE * 2];
    bool ok = digest != NULL && digest_reset(digest);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];

        if (judged[i] && tallies[todo->mailbox].held)
            ok = digest_add(digest, &todo->id, sizeof todo->id);
    }
    ok = ok && digest_finish(digest, &digests);
    digest_free(digest);
    if (!ok)
        return run_no_memory(run);
    digest_base32(digests.wire, 5, text);
    (void)text_print(id, 16, "%.8s", text);
    return true;
}

static bool
hold(struct run *run, struct agenda *agenda, const bool *judged, const struct tally *tallies, const char *id)
{
    struct journal_message message;

    for (size_t i = 0; i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
        bool here = todo->step.verb == PLAN_REMOVE_HERE;

        if (!judged[i] || !tallies[todo->mailbox].held)
            continue;
        if (!run_load(run, todo->id, &message) ||
            !run_pending(run, mailbox, todo->id, PENDING_HELD, here ? "remove-here" : "remove-there",
                         "too many removals at once: waits for --confirm-deletes", id))
            return false;
        if (strcmp(run->hold_id, id) != 0)
            report_held(
                run->report, run->account->name,
                &(struct report_held){
                    .mailbox = mailbox->row.name, .uid = message.uid, .file = message.base, .here = here, .id = id});
        run->counts.held++;
        todo->dropped = true;
    }
    return true;
}

static bool
count_messages(struct run *run, struct tally *tallies, struct tally *all)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        uint64_t messages = 0;

        /* Where nothing is done, nothing can be removed either. */
        if (mailbox->row.id != 0 && mailbox->chosen &&
            (mailbox->row.state == MAILBOX_ACTIVE || mailbox->row.state == MAILBOX_REPAIR) &&
            !journal_message_count(run->journal, mailbox->row.id, WHICH_ALL, &messages, &run->err))
            return false;
        tallies[i].count.messages = messages;
        tallies[i].count.may_be_empty = (mailbox->row.attributes & (REMOTE_TRASH | REMOTE_JUNK)) != 0;
        all->count.messages += messages;
    }
    return true;
}

static bool
judge(struct run *run, struct agenda *agenda, bool *judged, struct tally *tallies)
{
    const struct policy *policy = &run->account->policy;
    struct tally all = {0};
    uint64_t held = 0;
    char id[16], where[LIMIT_MAILBOX_NAME + 64] = "";
    bool account, ok;

    for (size_t i = 0; i < agenda->count; i++) {
        if (!is_judged(run, &agenda->todos[i], &judged[i]))
            return false;
        tallies[agenda->todos[i].mailbox].count.removals += judged[i];
        all.count.removals += judged[i];
    }
    if (all.count.removals == 0)
        return true;
    if (!count_messages(run, tallies, &all))
        return false;
    account = guard_holds_account(&all.count, policy);
    for (size_t i = 0; i < run->count; i++) {
        if (tallies[i].count.removals == 0)
            continue;
        tallies[i].held = account || guard_holds_mailbox(&tallies[i].count, policy);
        if (!tallies[i].held)
            continue;
        held += tallies[i].count.removals;
        (void)text_print(where, sizeof where, "%s%s", where[0] != '\0' ? "several mailboxes, among them " : "",
                         run->mailboxes[i].row.name);
    }
    if (held == 0)
        return true;
    run->held = true;
    run->counts.held = 0;
    ok = name_list(run, agenda, judged, tallies, id) && run_begin(run) && hold(run, agenda, judged, tallies, id);
    if (!ok) {
        journal_rollback(run->journal);
        return false;
    }
    if (strcmp(run->hold_id, id) != 0) /* said once, however many passes there are */
        report_guard(run->report, run->account->name, id, held, all.count.messages,
                     account ? "the whole account" : where);
    (void)text_print(run->hold_id, sizeof run->hold_id, "%s", id);
    return run_commit(run);
}

bool
agenda_guard(struct run *run, struct agenda *agenda)
{
    bool *judged = calloc(agenda->count + 1, sizeof *judged);
    struct tally *tallies = calloc(run->count + 1, sizeof *tallies);
    bool ok = (judged != NULL && tallies != NULL) || run_no_memory(run);

    ok = ok && judge(run, agenda, judged, tallies);
    free(judged);
    free(tallies);
    return ok;
}
