/*
 * See filed.h. A file waits from when it was first seen, which its row of `pending` says; a run that takes long may have begun, and looked at the
 * server, well before that. It goes up in a run that began when the ten minutes were over. A clock that went back begins them anew, so that none waits
 * for ever; one that went ahead ends them, which costs a second copy at most.
 */
#include "sync/agenda/filed.h"

#include "sync/agenda/filed_before.h"
#include "sync/base/filing.h"
#include "sync/match/anew.h"
#include "sync/run/uses.h"

#define NEW_S 4200 /* what was written earlier than that had its time: the server's copy would be of the same hour */

/* The one mailbox of which the user or the server says that it is for it; NULL: there is none, or several are. */
static const struct mailbox *
find_place(struct run *run)
{
    enum special_source source;
    const struct mailbox *place = uses_find(run, REMOTE_SENT, &source);

    return special_is_certain(source) ? place : NULL;
}

static bool
is_candidate(const struct run *run, const struct todo *todo, const struct mailbox *place)
{
    return &run->mailboxes[todo->mailbox] == place && todo->step.verb == PLAN_UPLOAD && todo->fresh && !todo->dropped &&
           !todo->again && !todo->step.kept_back && todo->partner == 0 && !todo->unanswered && !todo->placeholder;
}

/* What stood there when the mailbox was met is a tree of sent mail, of which what is old had its time. */
static bool
is_new(struct run *run, const struct mailbox *place, const struct journal_message *message, bool *new)
{
    if (!anew_came_later(run, place, message->id, new))
        return false;
    *new = *new || message->date > run->now - NEW_S;
    return true;
}

/* What was asked for and refused, or is not answered, which its intent says, is past that. What a run let wait for another folder or mailbox was not. */
static bool
is_under_way(struct run *run, int64_t id, const struct journal_pending *pending, bool *under_way)
{
    struct journal_op op;

    *under_way = pending != NULL &&
                 (pending->kind == PENDING_REFUSED || pending->kind == PENDING_FAILED || pending->kind == PENDING_HELD);
    return *under_way || journal_op_of(run->journal, id, &op, under_way, &run->err);
}

static bool
wait_from_now(struct run *run, const struct mailbox *place, int64_t id)
{
    struct journal_pending row = {
        .mailbox = place->row.id, .message = id, .kind = PENDING_POLICY, .since = run_now(run)};

    (void)text_print(row.detail, sizeof row.detail, "%s", FILING_WORD);
    (void)text_print(
        row.why, sizeof row.why, "%s",
        "the server files sent mail itself: where its copy does not come within ten minutes, this goes up");
    return journal_pending_set(run->journal, &row, &run->err);
}

static bool
is_waiting(const struct journal_pending *pending)
{
    return pending->kind == PENDING_POLICY && strcmp(pending->detail, FILING_WORD) == 0;
}

static bool
judge(struct run *run, struct todo *todo, const struct mailbox *place, struct journal_message *message)
{
    struct journal_pending pending;
    bool found, under_way, new;

    if (!run_load(run, todo->id, message) || !is_new(run, place, message, &new) ||
        !journal_pending_get(run->journal, place->row.id, todo->id, &pending, &found, &run->err) ||
        !is_under_way(run, todo->id, found ? &pending : NULL, &under_way))
        return false;
    if (!new || under_way || message->uid != 0)
        return true;
    if (found && run->now - pending.since >= FILING_WAIT_S)
        return filed_before(run, todo, place, pending.since);
    todo->dropped = true;
    if (found && is_waiting(&pending) && pending.since <= run_now(run))
        return true;
    return (!found || journal_pending_clear(run->journal, place->row.id, todo->id, &run->err)) &&
           wait_from_now(run, place, todo->id);
}

bool
agenda_filed(struct run *run, struct agenda *agenda)
{
    const struct mailbox *place = filing_is_servers(run->account, &run->info) ? find_place(run) : NULL;
    struct journal_message *message;
    bool any = false, ok;

    for (size_t i = 0; place != NULL && !any && i < agenda->count; i++)
        any = is_candidate(run, &agenda->todos[i], place);
    if (!any)
        return true;
    message = calloc(1, sizeof *message);
    ok = (message != NULL || run_no_memory(run)) && run_begin(run);
    if (ok) {
        for (size_t i = 0; ok && i < agenda->count; i++)
            ok = !is_candidate(run, &agenda->todos[i], place) || judge(run, &agenda->todos[i], place, message);
        ok = run_end(run, ok);
    }
    free(message);
    return ok;
}
