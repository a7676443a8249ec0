/* See trash.h: which removals go into the \Trash. */
#include "sync/apply/labels.h"
#include "sync/apply/removals.h"
#include "sync/apply/trash.h"
#include "sync/base/trashing.h"
#include "sync/rows/copied.h"
#include "sync/rows/twin.h"
#include "sync/run/uses.h"

struct mailbox *
trash_place(struct run *run)
{
    enum special_source source;
    struct mailbox *place = uses_find(run, REMOTE_TRASH, &source);

    return place != NULL && special_is_certain(source) && place->listed && place->row.wire != NULL ? place : NULL;
}

static bool
wait_for_place(struct run *run, struct todo *todo)
{
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

    if (!run->said_trash)
        run_complain(run, mailbox, "move what was deleted here to the Trash",
                     "nobody says which mailbox of the server that is: it stays there until then",
                     run->info.labels
                         ? "Name it: special = {\"trash=NAME\"}; or let Gmail show it, or All Mail, to IMAP clients."
                         : "Name it: special = {\"trash=NAME\"}; or say delete = \"expunge\".");
    run->said_trash = run->partial = true;
    todo->dropped = true;
    return run_pending(run, mailbox, todo->id, PENDING_FAILED, plan_verb_word(todo->step.verb),
                       "no mailbox is known to be the Trash: special = {\"trash=NAME\"} names it", NULL);
}

/* What becomes of it only a mailbox tells that was not looked at in this run. */
static bool
wait_for_look(struct run *run, struct todo *todo, const char *why)
{
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

    todo->dropped = true;
    if (!run->look_everywhere) {
        run_look_everywhere(run);
        return true;
    }
    run->partial = true;
    return run_pending(run, mailbox, todo->id, PENDING_FAILED, plan_verb_word(todo->step.verb), why, NULL);
}

/*
 * What is left of a move is no deletion, be it since the server copied it, or since nothing could be removed when it moved; as long as the message is where
 * it moved to. Nor is what is left in the old place of a file that was sent from the new one, since nobody knew its UID when it moved. *unseen: where it
 * moved to was not looked at
 */
static bool
is_half(struct run *run, const struct todo *todo, struct journal_message *message, bool *half, bool *unseen)
{
    *half = *unseen = false;
    if (!run_load(run, todo->id, message))
        return false;
    if ((message->facts & FACT_MOVED) == 0)
        return twin_has_file(run, message, half);
    return twin_of_moved(run, message, half) && (*half || twin_is_unseen(run, message, unseen));
}

/*
 * It moved, and was deleted where it went: that one goes into the Trash, and what is left of it in its old place goes after it, for good. Else one message
 * would stand there twice. *waits: that one did not go yet
 */
static bool
wait_for_new_place(struct run *run, struct todo *todo, const struct journal_message *message, bool *waits)
{
    struct journal_message *copy = calloc(1, sizeof *copy);
    const struct mailbox *place = NULL;
    char why[LIMIT_MAILBOX_NAME + 96];
    bool known = false;
    bool ok = copy != NULL || run_no_memory(run);

    *waits = false;
    if (ok && (message->facts & FACT_MOVED) != 0 && message->refers_to != 0)
        ok = copied_to(run, message, copy, &known);
    if (ok && known)
        place = run_mailbox_by_id(run, copy->mailbox);
    if (place != NULL && place->row.state == MAILBOX_ACTIVE && copy->uid != 0 &&
        (copy->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_UNPAIRED | FACT_MOVED)) == FACT_GONE_HERE) {
        *waits = todo->dropped = true;
        (void)text_print(why, sizeof why, "it moved to %s, and was deleted there: that one goes first",
                         place->row.name);
        ok = run_pending(run, &run->mailboxes[todo->mailbox], todo->id, PENDING_MAILBOX,
                         plan_verb_word(todo->step.verb), why, NULL);
    }
    free(copy);
    return ok;
}

/* *waits: whether it is, another look or another pass tells. */
static bool
judge_half(struct run *run, struct todo *todo, struct journal_message *message, bool *half, bool *waits)
{
    bool unseen;

    *waits = false;
    if (!is_half(run, todo, message, half, &unseen))
        return false;
    if (*half)
        return true;
    *waits = unseen;
    return unseen ? wait_for_look(run, todo, "it moved to a mailbox that can't be looked at now")
                  : wait_for_new_place(run, todo, message, waits);
}

/*
 * What an expunge does at Gmail to a message that loses its last label, Gmail's settings say, which nobody can ask for: it may be gone for ever, also
 * where the user says "expunge". To move it to \All takes the same label off, and never does that. What is expunged in \Trash and \Junk is meant to go.
 */
static bool
takes_label_off(const struct run *run, const struct todo *todo)
{
    return (run->mailboxes[todo->mailbox].uses & (REMOTE_ALL | REMOTE_TRASH | REMOTE_JUNK)) == 0;
}

bool
trash_judge(struct run *run, struct agenda *agenda)
{
    const bool on = trashing_is_on(run->account, &run->info), archives = run->info.labels && labels_can_archive(run);
    struct journal_message *message;
    struct labels labels = {0};
    const struct mailbox *place;
    bool ok, stays, waits;

    if (!on && !run->info.labels)
        return true;
    place = trash_place(run);
    message = calloc(1, sizeof *message);
    if (message == NULL)
        return run_no_memory(run);
    ok = labels_begin(&labels, run, agenda) && run_begin(run);
    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];

        if (!removal_is_due(run, todo, SIDE_THERE) || todo->replaced || &run->mailboxes[todo->mailbox] == place)
            continue;
        todo->archived = !on && archives && takes_label_off(run, todo);
        if (todo->archived || (!on && !takes_label_off(run, todo)))
            continue;
        labels.asks = labels.unseen = false;
        labels.taken_by = 0;
        ok = judge_half(run, todo, message, &stays, &waits);
        if (ok && waits)
            continue;
        ok = ok && (stays || !run->info.labels || labels_only_one(&labels, todo, &stays));
        if (ok && labels.asks) { /* the next pass knows */
            todo->dropped = true;
            continue;
        }
        if (ok && labels.unseen) {
            ok = wait_for_look(run, todo, "it may have another label, in a mailbox that can't be looked at now");
            continue;
        }
        todo->trashed = ok && !stays;
        todo->taken_by = ok && run->info.labels ? labels.taken_by : 0;
        /* Also of several labels: before the command comes another client may have taken off the others. */
        todo->archived = ok && archives && stays && todo->taken_by == 0 && takes_label_off(run, todo);
        ok = ok && (!todo->trashed || place != NULL || wait_for_place(run, todo));
    }
    labels_free(&labels);
    free(message);
    return run_end(run, ok);
}
