/* See astray.h. */
#include "sync/rows/astray.h"

#include "store/journal/letters.h"
#include "sync/rows/unfinished.h"
#include "sync/run/lookup.h"

#include <inttypes.h>

/* Had that mailbox given the UID before? Then it is another message, whatever the answer says. Of several of one UIDVALIDITY any may be it. */
static bool
was_given(struct run *run, const struct remote_outcome *outcome)
{
    const struct mailbox *mailbox;
    bool given = false;

    for (size_t at = 0; (mailbox = lookup_next_of(run, outcome->came_to, &at)) != NULL;) {
        if (mailbox->row.uidvalidity != outcome->came_to)
            continue;
        if (mailbox->row.uidnext <= outcome->came_as)
            return false;
        given = true;
    }
    return given;
}

void
astray_note(struct run *run, const struct mailbox *to, const struct remote_outcome *outcome, struct journal_op *op)
{
    if (outcome->came_to == 0 || op->uidvalidity == 0 || to->row.wire == NULL ||
        strlen(to->row.wire) >= sizeof op->name || was_given(run, outcome))
        return;
    op->uidvalidity = outcome->came_to;
    op->uidnext = outcome->came_as;
    (void)text_print(op->name, sizeof op->name, "%s", to->row.wire);
}

static uint32_t
uidvalidity_of(const struct mailbox *mailbox)
{
    return mailbox->has_status && mailbox->uidvalidity != 0 ? mailbox->uidvalidity : mailbox->row.uidvalidity;
}

static bool
is_it(const struct mailbox *mailbox, const struct journal_op *op)
{
    return mailbox->listed && mailbox->chosen && mailbox->row.id != 0 && uidvalidity_of(mailbox) == op->uidvalidity;
}

/* It has the name still, or it is the only one of that UIDVALIDITY. NULL: there is none, or nobody can tell which. */
static struct mailbox *
find_place(struct run *run, const struct journal_op *op)
{
    struct mailbox *place = lookup_wire(run, text_of(op->name));
    size_t count = 0;

    if (place != NULL && is_it(place, op))
        return place;
    for (size_t i = 0; i < run->count; i++) {
        if (!is_it(&run->mailboxes[i], op))
            continue;
        place = &run->mailboxes[i];
        count++;
    }
    return count == 1 ? place : NULL;
}

/* It is there, and no run brings anything from it: its folder is gone here, or `pull` does not make one. */
static bool
is_kept_out(const struct mailbox *place)
{
    return place->asked && (place->row.state == MAILBOX_GONE_LOCAL || place->row.state == MAILBOX_NEW_REMOTE) &&
           !mailbox_is_open(place);
}

/* Does it stand where golub does not bring it from, as far as the list tells? */
static bool
is_out_of_reach(struct run *run, const struct journal_op *op, const struct mailbox *place)
{
    bool is = place != NULL && is_kept_out(place);

    for (size_t i = 0; place == NULL && !is && i < run->strangers_count; i++)
        is = run->strangers[i] == op->uidvalidity;
    return is;
}

/* The day in which its mailbox may be let in, or somebody may move it to where it belongs. */
static bool
is_waited_for(const struct run *run, const struct journal_op *op)
{
    return run_within(run, op->since, AGE_DAY);
}

void
astray_say(struct run *run, const struct journal_op *op, char *to, size_t size)
{
    char name[LIMIT_MAILBOX_NAME + 1];

    error_escape(name, sizeof name, text_of(op->name));
    (void)text_print(to, size,
                     "the server stored it in another mailbox, which had the name \"%.400s\" in that moment%s", name,
                     is_out_of_reach(run, op, find_place(run, op))
                         ? " and is not synced here: move it from there, or it is sent once more a day later"
                         : "; a sync of the whole account brings it from there");
}

/*
 * That mailbox is gone with what it had, or is left out, or nobody can tell which it is, or it was out of reach for a day: it is as if nothing had been answered,
 * and sent again. A second one in a mailbox that is not synced is the smaller evil.
 */
static bool
give_up(struct run *run, const struct mailbox *own, struct journal_op *op)
{
    op->name[0] = '\0';
    op->uidvalidity = own != NULL ? own->row.uidvalidity : 0;
    op->uidnext = own != NULL ? own->row.uidnext : 0;
    return journal_op_save(run->journal, op, &run->err);
}

/* An equal name may stand there already: a file that was copied to both. It is in no folder, and only its bytes tell it. */
static bool
choose_base(struct run *run, const struct mailbox *place, struct journal_message *message)
{
    struct journal_message *other = calloc(1, sizeof *other);
    bool taken = false;
    const bool ok = (other != NULL || run_no_memory(run)) &&
                    journal_message_by_base(run->journal, place->row.id, message->base, other, &taken, &run->err);

    if (taken)
        (void)text_print(message->base, sizeof message->base, "astray-%" PRId64, message->id);
    free(other);
    return ok;
}

/* Whatever run comes next looks at the folder: what stands in it has no row there any more. */
static bool
look_again(struct run *run, struct mailbox *own)
{
    own->look_here = true;
    own->row.stamp[0] = '\0';
    return journal_mailbox_save(run->journal, &own->row, &run->err);
}

/* What is noted of its name is of the folder that it leaves. */
static bool
forget_name(struct run *run, const struct journal_message *message)
{
    bool ok = true;

    for (int kind = LETTER_DUE; ok && kind <= LETTER_WAITS; kind++)
        ok = journal_letter_clear(run->journal, (enum journal_letter)kind, message->mailbox, message->id, &run->err);
    return ok;
}

/* From here on its row is one of that mailbox, in whose folder it is not any more; the file is a new one where it is. */
static bool
go_there(struct run *run, struct mailbox *own, struct mailbox *place, struct journal_op *op,
         struct journal_message *message)
{
    op->name[0] = '\0';
    if (place == own)
        return journal_op_save(run->journal, op, &run->err);
    if (op->kind == OP_UPLOAD)
        op->mailbox = place->row.id;
    place->look_there = place->look_here = true;
    if ((own != NULL && !look_again(run, own)) ||
        !journal_pending_clear(run->journal, message->mailbox, message->id, &run->err) || !forget_name(run, message) ||
        !choose_base(run, place, message))
        return false;
    message->mailbox = place->row.id;
    return journal_message_save(run->journal, message, &run->err) && journal_op_save(run->journal, op, &run->err);
}

/*
 * It was not answered, and its mailbox has another name by now, while its old one is another mailbox's. Which of the two had it in that moment nobody says: it
 * is looked for in the other one as if it had been put there, and what stands in its own one is met by the file.
 */
static bool
follow_name(struct run *run, struct journal_op *op, struct journal_message *message)
{
    struct mailbox *own = run_mailbox_by_id(run, message->mailbox),
                   *place = lookup_wire(run, text_of(unfinished_name(op)));

    if (own == NULL || place == NULL || place == own || !own->listed || !place->listed || place->row.id == 0 ||
        !mailbox_is_open(place))
        return true;
    op->uidvalidity = place->row.uidvalidity;
    op->uidnext = place->row.uidnext;
    return go_there(run, own, place, op, message);
}

static bool
find_one(struct run *run, struct journal_op *op, struct journal_message *message)
{
    struct mailbox *own, *place = find_place(run, op);
    bool found;

    if (!journal_message_get(run->journal, op->target != 0 ? op->target : op->message, message, &found, &run->err))
        return false;
    if (!found || message->uid != 0)
        return true;
    if (!unfinished_is_astray(op))
        return follow_name(run, op, message);
    own = run_mailbox_by_id(run, message->mailbox);
    if (place != NULL && mailbox_is_open(place))
        return go_there(run, own, place, op, message);
    if (run->info.unlisted[0] != '\0' || (place != NULL && !is_kept_out(place)))
        return true;
    return (is_out_of_reach(run, op, place) && is_waited_for(run, op)) || give_up(run, own, op);
}

bool
astray_find(struct run *run)
{
    struct journal_message *message = NULL;
    struct journal_op *ops = NULL;
    size_t count = 0, kept = 0;
    bool ok = journal_ops(run->journal, &ops, &count, &run->err);

    for (size_t i = 0; ok && i < count; i++)
        if (unfinished_is_astray(&ops[i]) || unfinished_name(&ops[i]) != NULL)
            ops[kept++] = ops[i];
    if (ok && kept != 0) {
        message = calloc(1, sizeof *message);
        ok = (message != NULL || run_no_memory(run)) && run_begin(run);
        for (size_t i = 0; ok && i < kept; i++)
            ok = find_one(run, &ops[i], message);
        ok = run_end(run, ok);
    }
    free(message);
    free(ops);
    return ok;
}
