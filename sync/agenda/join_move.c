/* See join_move.h. */
#include "sync/agenda/join_move.h"

#include "sync/agenda/agenda.h"
#include "sync/rows/twin.h"

/* The new place can't be filled yet: the old one waits for it. */
static bool
wait_for_place(struct run *run, struct todo *from, struct todo *to)
{
    const struct mailbox *mailbox = &run->mailboxes[to->mailbox];
    bool made = !mailbox_is_kept_back(SIDE_THERE, mailbox->row.state, &run->account->policy);
    bool closed = made && !mailbox_is_open(mailbox) && (agenda_is_closed(mailbox) || !to->step.kept_back);

    from->dropped = to->dropped = true;
    return run_begin(run) &&
           run_pending(run, &run->mailboxes[from->mailbox], from->id, closed ? PENDING_MAILBOX : PENDING_POLICY,
                       plan_verb_word(from->step.verb),
                       !closed                     ? "it moved, and the configuration keeps its new place back"
                       : agenda_is_closed(mailbox) ? "it moved to a mailbox that can't be used on the server now"
                                                   : "it moved to a mailbox that this run leaves alone",
                       NULL) &&
           run_commit(run);
}

static bool
is_left_alone(const struct mailbox *mailbox)
{
    return !mailbox->asked && mailbox_is_usable(mailbox);
}

/* Its old place is in a mailbox that the command line does not name: nothing is done there in this run, and so it does not move. */
static bool
wait_for_source(struct run *run, struct todo *from, struct todo *to)
{
    char why[256];

    from->dropped = to->dropped = true;
    (void)text_print(why, sizeof why, "it came from %.200s, which this run leaves alone",
                     run->mailboxes[from->mailbox].row.name);
    return run_begin(run) && run_end(run, run_pending(run, &run->mailboxes[to->mailbox], to->id, PENDING_MAILBOX,
                                                      plan_verb_word(to->step.verb), why, NULL));
}

/* Where it is now is known, and its old place does not follow there: an ordinary removal, which policy perhaps keeps back. */
static bool
end_search(struct run *run, struct todo *gone)
{
    struct journal_message *message = calloc(1, sizeof *message);
    bool ok = (message != NULL || run_no_memory(run)) && run_begin(run) && run_load(run, gone->id, message);

    if (ok) {
        message->facts &= ~(unsigned)FACT_UNPAIRED;
        gone->dropped = run->replan = true;
        ok = journal_message_save(run->journal, message, &run->err) && run_commit(run);
    }
    free(message);
    return ok;
}

/* Its new place went as well, and the message is on both sides somewhere else: there is nothing to wait for. */
static bool
is_over(struct run *run, const struct todo *from, const struct mailbox *place, bool *over)
{
    struct journal_message *message = calloc(1, sizeof *message);
    const bool ok = (message != NULL || run_no_memory(run)) && run_load(run, from->id, message) &&
                    twin_of_lost_move(run, message, place, over);

    free(message);
    return ok;
}

/*
 * It is in the Trash, where what somebody removed goes, and whoever flagged it here since wants it: that outlives a removal. It comes back to its own
 * place, and the one in the Trash is a message of its own.
 */
static bool
is_removal_of_wanted(const struct run *run, const struct todo *from, const struct mailbox *place)
{
    return from->step.verb == PLAN_UPLOAD && from->step.reason == PLAN_WANTED && (place->uses & REMOTE_TRASH) != 0 &&
           (run->mailboxes[from->mailbox].uses & REMOTE_TRASH) == 0;
}

bool
join_move(struct run *run, struct todo *from, struct todo *to, bool up)
{
    const struct mailbox *place = &run->mailboxes[to->mailbox];
    bool over = false;

    if (!up && is_removal_of_wanted(run, from, place))
        return true;
    if (!(up ? run->account->policy.push.deletes : run->account->policy.pull.deletes)) { /* the old one may not go */
        from->elsewhere = to->id;
        to->came_from = up ? from->id : 0;
        return !from->unpaired || end_search(run, from);
    }
    if (!is_over(run, from, place, &over))
        return false;
    if (over)
        return true;
    if (!up && place->moved_out) { /* its place has no folder here, and gets none: there it stays */
        from->elsewhere = to->id;
        return !from->unpaired || end_search(run, from);
    }
    to->partner = from->id;
    from->partner = to->id;
    if (to->step.kept_back || agenda_is_closed(place) || (from->unanswered && !mailbox_is_open(place)))
        return wait_for_place(run, from, to);
    if (up && mailbox_is_open(place) && is_left_alone(&run->mailboxes[from->mailbox]))
        return wait_for_source(run, from, to);
    return true;
}
