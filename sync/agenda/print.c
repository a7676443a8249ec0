/* What a dry run tells of a plan: each act, as if it had been done. */
#include "sync/agenda/fresh.h"

/* What would be done: nothing, one act, or two: flags on both sides, or what `expunge` takes. */
static size_t
acts_of(const struct run *run, const struct todo *todo, enum report_act acts[2])
{
    const struct plan_step *step = &todo->step;
    const bool moves = todo->partner != 0, copied = moves && !run->info.move; /* and removed where it was */
    size_t count = 0;

    /* Of a move, its new place says it. */
    if (moves ? !todo->fresh && !(copied && step->verb == PLAN_REMOVE_THERE)
              : step->kept_back && step->verb != PLAN_FLAGS)
        return 0;
    if (step->verb == PLAN_DOWNLOAD)
        acts[count++] = moves ? DID_MOVE_HERE : DID_DOWNLOAD;
    else if (step->verb == PLAN_UPLOAD)
        acts[count++] = copied || todo->copied ? DID_COPY_THERE : moves ? DID_MOVE_THERE : DID_UPLOAD;
    else if (step->verb == PLAN_REMOVE_HERE && !moves)
        acts[count++] = DID_REMOVE_HERE;
    else if (step->verb == PLAN_REMOVE_THERE && (!moves || copied))
        acts[count++] = DID_REMOVE_THERE;
    if (count != 0 && acts[0] == DID_REMOVE_THERE && todo->deleted && run->account->policy.pull.deletes)
        acts[count++] = DID_REMOVE_HERE;
    if (step->verb == PLAN_FLAGS && !moves && (step->flags.here_add | step->flags.here_del) != 0)
        acts[count++] = DID_FLAGS_HERE;
    if (step->verb == PLAN_FLAGS && !moves && (step->flags.there_add | step->flags.there_del) != 0)
        acts[count++] = DID_FLAGS_THERE;
    return count;
}

static bool
print(struct run *run, const struct agenda *agenda)
{
    struct journal_message message;

    for (size_t i = 0; i < agenda->count; i++) {
        const struct todo *todo = &agenda->todos[i];
        const struct plan_step *step = &todo->step;
        const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
        enum report_act acts[2];
        const size_t wanted = acts_of(run, todo, acts);

        if (todo->dropped || !todo_is_open(run, todo))
            continue;
        if (!run_load(run, todo->id, &message))
            return false;
        for (size_t k = 0; k < wanted; k++)
            run_did(run, mailbox,
                    (struct report_done){.act = acts[k],
                                         .uid = message.uid,
                                         .file = message.base,
                                         .bytes = acts[k] == DID_DOWNLOAD || acts[k] == DID_UPLOAD ? message.size : 0,
                                         .why = todo->partner == 0 ? plan_reason_words(step) : NULL});
    }
    return true;
}

static bool
print_piece(void *context, struct agenda *piece)
{
    return print(context, piece);
}

bool
agenda_print(struct run *run, struct agenda *agenda)
{
    return print(run, agenda) && fresh_each(run, agenda, print_piece, run);
}
