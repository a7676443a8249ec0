/* The third step of those that rows/missing.c lists: what of the unpaired rows comes again, what moved elsewhere, what waits. */
#include "sync/agenda/unpaired.h"

#include "sync/agenda/additions.h"
#include "sync/rules/merge.h"

#define FILLING_MIN 10     /* up to so many missing messages never need the user's word */
#define FILLING_SHARE 25   /* percent, where max-delete is off */
#define KEPT "kept"        /* reason of a list: what an archive kept when a mailbox was made anew */
#define FILLING_STILL 3600 /* seconds without a change after which the provider is taken to be done */

struct resolving {
    struct run *run;
    struct agenda *agenda;
    const struct mailbox *unseen; /* a mailbox that was not seen in this run; NULL: all were */
    bool filling;                 /* the provider is perhaps still at work in one of the mailboxes */
    int64_t *claimed;             /* rows that were recognised as the new place of one that moved */
    size_t claimed_count;
    struct todo **held; /* uploads of the mailbox at hand that wait for a word */
    struct todo **kept; /* ... that the configuration keeps back */
    size_t held_count, kept_count;
    uint32_t waiting; /* ... that wait until the provider is done */
    struct journal_message message, other;
};

enum filling { FILLING_NOT, FILLING_WAITS, FILLING_HELD };

static bool
is_claimed(const struct resolving *resolving, int64_t id)
{
    for (size_t i = 0; i < resolving->claimed_count; i++) {
        if (resolving->claimed[i] == id)
            return true;
    }
    return false;
}

/* Were both sides of the mailbox seen in this run? */
static bool
is_seen(const struct mailbox *mailbox)
{
    return mailbox != NULL && mailbox->current && mailbox->folder_here && !run_learned(mailbox, CAUTION_UNREAD_FOLDER);
}

/* Is the other row at the place where it moved to, or does it move on from there in this run? */
static bool
has_a_place(const struct resolving *resolving, const struct journal_message *other)
{
    const struct agenda *agenda = resolving->agenda;

    if (other->base[0] == '\0' || (other->facts & FACT_ALTERED) != 0)
        return false;
    if ((other->facts & (FACT_GONE_HERE | FACT_GONE_THERE)) == 0)
        return other->uid != 0 && is_seen(run_mailbox_by_id(resolving->run, other->mailbox));
    for (size_t i = 0; i < agenda->count; i++) {
        if (agenda->todos[i].id == other->id)
            return agenda->todos[i].partner != 0 || agenda->todos[i].elsewhere != 0;
    }
    return false;
}

/*
 * The place of a message that moved on the server has a file that was fetched, and that of a file that moved here has none: any other is a copy
 * that somebody made on the side that lost nothing.
 */
static bool
is_where_it_went(const struct journal_message *other, enum plan_verb verb)
{
    return ((other->facts & FACT_FETCHED) != 0) == (verb == PLAN_UPLOAD);
}

/* It has moved on, and the file that it left is still to go: no place itself, but one on the way to where its message is. */
static bool
has_moved_on(const struct journal_message *other)
{
    return (other->facts & (FACT_GONE_THERE | FACT_MOVED)) == (FACT_GONE_THERE | FACT_MOVED) &&
           other->base[0] != '\0' && (other->facts & FACT_ALTERED) == 0;
}

/*
 * It was fetched after its mailbox was seen last in a run that saw all of them: it was never seen to stand beside an equal message. That one may be
 * what it was before, or what it is now: it may have been on its way between two mailboxes, or away and back.
 */
static bool
may_be_the_other(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                 enum plan_verb verb)
{
    const int64_t seen = mailbox->row.behind != 0 ? mailbox->row.behind : run->seen_id;

    return verb == PLAN_UPLOAD && (message->facts & FACT_FETCHED) != 0 && message->id > seen;
}

/*
 * Did another mailbox get these bytes while this one could not be seen? Each row there stands for one that left here. For what was never seen
 * beside another one any of them does. Where the place that another one moved on to was lost as well, what it left stands for nothing.
 */
static bool
has_moved(struct resolving *resolving, const struct mailbox *mailbox, enum plan_verb verb, bool *moved)
{
    struct run *run = resolving->run;
    const struct journal_message *message = &resolving->message;
    struct journal_message *other = &resolving->other;
    const bool any = may_be_the_other(run, mailbox, message, verb);
    int64_t *ids = NULL;
    size_t count = 0;
    int64_t place = 0;
    bool ok, any_left = false;

    *moved = false;
    if ((mailbox->row.behind == 0 && !any) || !message->has_wire)
        return true;
    ok = journal_ids_by_wire(run->journal, message->wire, &ids, &count, &run->err);
    for (size_t i = 0; ok && i < count && (place == 0 || !any_left); i++) {
        bool stands;

        if (ids[i] == message->id || (!any && ids[i] <= mailbox->row.behind))
            continue;
        ok = run_load(run, ids[i], other);
        if (!ok || (!any && !is_where_it_went(other, verb)))
            continue;
        stands = has_a_place(resolving, other);
        any_left = any_left || stands;
        if (place == 0 && other->mailbox != message->mailbox && !is_claimed(resolving, ids[i]) &&
            (stands || has_moved_on(other)))
            place = ids[i];
    }
    free(ids);
    *moved = ok && any_left && place != 0;
    if (*moved)
        resolving->claimed[resolving->claimed_count++] = place;
    return ok;
}

/* The configuration, and not this run's options, lets nothing go up. */
static bool
is_archive(const struct run *run)
{
    const struct policy *policy = &run->account->policy;

    return policy->one_way && !policy->push.new_mail && !run->options->one_way;
}

/* What the server lost stays here, and that is all. */
static bool
is_kept(const struct run *run, const struct todo *todo)
{
    return todo->step.verb == PLAN_UPLOAD && todo->step.kept_back && is_archive(run);
}

/* Delay an upload: of this file, or of the one that it was moved to meanwhile. */
static bool
is_for_upload(const struct run *run, const struct todo *todo)
{
    return todo->unpaired && !is_kept(run, todo) && !todo->dropped && todo->partner == 0 &&
           (todo->step.verb == PLAN_UPLOAD || (todo->step.verb == PLAN_FORGET && todo->elsewhere != 0));
}

/* What the row is once it is known what became of its message; inside a transaction. */
static bool
resolve_row(struct resolving *resolving, struct todo *todo, bool moved)
{
    struct journal_message *message = &resolving->message;

    if (!moved && (message->facts & FACT_MOVED) != 0)
        message->refers_to = 0;
    if (moved) { /* the rest of a move: an ordinary removal, whatever flags the survivor got */
        message->facts |= FACT_MOVED;
        message->flags = merge_agree(message->flags, FLAG_ALL);
    } else if (todo->step.verb == PLAN_DOWNLOAD) {
        message->base[0] = message->info[0] = '\0';
        message->flags = merge_without_file(message->flags);
        message->facts &= ~(unsigned)(FACT_GONE_HERE | FACT_MOVED | FACT_ALTERED | FACTS_OF_LACK | FACT_ADOPTED);
        message->facts |= FACT_AGAIN;
    } else {
        message->flags = merge_new(message->flags, true);
        message->facts &= ~(unsigned)(FACT_GONE_THERE | FACT_MOVED | FACT_BY_HEADER | FACT_UNSHOWN | FACT_ADOPTED |
                                      FACT_ITS_BYTES | FACT_FETCHED);
    }
    message->facts &= ~(unsigned)FACT_UNPAIRED;
    todo->dropped = true;
    resolving->run->replan = true;
    return journal_message_save(resolving->run->journal, message, &resolving->run->err);
}

/* The user said that it is to stay here alone. */
static bool
set_apart(struct resolving *resolving, struct todo *todo)
{
    struct journal_message *message = &resolving->message;

    if (!resolve_row(resolving, todo, false))
        return false;
    return additions_set_apart(resolving->run, message);
}

/* It waits: nothing is done about it in this run. */
static bool
wait_for(struct resolving *resolving, struct todo *todo, enum journal_pending_kind kind, const char *why)
{
    struct run *run = resolving->run;
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

    todo->dropped = true;
    return !mailbox->asked || run_pending(run, mailbox, todo->id, kind, plan_verb_word(todo->step.verb), why, NULL);
}

/* It may be in the mailbox that was not seen. */
static bool
wait_for_unseen(struct resolving *resolving, struct todo *todo)
{
    struct run *run = resolving->run;
    const struct mailbox *unseen = resolving->unseen;
    bool policy = mailbox_is_kept_back(SIDE_HERE, unseen->row.state, &run->account->policy) &&
                  !mailbox_is_refused(unseen->cautions);
    char why[256];

    (void)text_print(why, sizeof why, "it may be in mailbox %.200s, which was not looked at", unseen->row.name);
    return wait_for(resolving, todo, policy ? PENDING_POLICY : PENDING_SETTLE, why);
}

/* New mail where the folder is gone here is nobody's to fetch, and no later run would look at it: what is missing may be among that. */
static bool
looks_first(struct resolving *resolving)
{
    struct run *run = resolving->run;

    if (resolving->unseen == NULL || resolving->unseen->row.state != MAILBOX_GONE_LOCAL || run->dry)
        return false;
    if (!run->look_everywhere)
        run_look_everywhere(run);
    return resolving->unseen->look_there;
}

/* The user said that it is to go up, and it can: where its mailbox is gone there, and was not made again (sync/apply/made_again.h), the question stays. */
static bool
is_confirmed(const struct run *run, const struct todo *todo)
{
    return additions_have_word(run, todo->id) && !run->options->reject_additions &&
           run->mailboxes[todo->mailbox].row.state != MAILBOX_GONE_REMOTE;
}

/* *done: it is not sent up now. */
static bool
delay_upload(struct resolving *resolving, struct todo *todo, enum filling filling, bool *done)
{
    struct run *run = resolving->run;
    bool kept;

    *done = true;
    if (looks_first(resolving)) {
        todo->dropped = true; /* the next pass has seen it */
        return true;
    }
    if (resolving->unseen != NULL)
        return wait_for_unseen(resolving, todo);
    if ((run->cautions & CAUTION_MADE_THERE) != 0)
        return wait_for(resolving, todo, PENDING_SETTLE, "it may be in a mailbox that was made meanwhile");
    if ((run->cautions & CAUTIONS_UNREAD_MESSAGE) != 0)
        return wait_for(resolving, todo, PENDING_SETTLE, AGENDA_UNREAD_THERE);
    /* Each run would send what it could not pair, and what was sent may be what the next one can't pair either. */
    if (run->mailboxes[todo->mailbox].adrift)
        return wait_for(resolving, todo, PENDING_SETTLE, "its mailbox is paired anew in each run, and it may be there");
    if (run->overtaken)
        return wait_for(resolving, todo, PENDING_SETTLE, "messages were moved on the server while they were looked at");
    if (is_confirmed(run, todo)) {
        *done = false;
        return true;
    }
    if (additions_have_word(run, todo->id) && run->options->reject_additions)
        return run_load(run, todo->id, &resolving->message) && set_apart(resolving, todo);
    if (!additions_kept(run, todo->id, KEPT, &kept))
        return false;
    if (kept || additions_have_word(run, todo->id))
        filling = FILLING_HELD;
    *done = filling != FILLING_NOT;
    if (filling == FILLING_WAITS) {
        resolving->waiting++;
        return wait_for(resolving, todo, PENDING_SETTLE, "the server may still be filling this mailbox");
    }
    if (filling == FILLING_HELD) {
        resolving->held[resolving->held_count++] = todo;
        todo->dropped = true;
    }
    return true;
}

/*
 * The user removed its file, or moved it: remembered as long as it may turn up; and what he moved waits as long as that. In an archive that may be at any
 * time: then it is what he removed, or moved, and does not come again.
 */
static bool
resolve_forgotten(struct resolving *resolving, struct todo *todo, enum filling filling)
{
    struct run *run = resolving->run;
    struct agenda *agenda = resolving->agenda;
    bool waits = filling != FILLING_NOT || resolving->unseen != NULL || (run->cautions & CAUTION_MADE_THERE) != 0;

    for (size_t i = 0; todo->elsewhere != 0 && i < agenda->count; i++) {
        struct todo *moved = &agenda->todos[i];

        if (moved->id != todo->elsewhere || moved->dropped)
            continue;
        if (is_kept(run, moved))
            resolving->kept[resolving->kept_count++] = moved;
        else if (waits && !delay_upload(resolving, moved, filling, &waits))
            return false;
    }
    todo->dropped = waits || is_archive(run);
    return !is_archive(run) ||
           run_pending(
               run, &run->mailboxes[todo->mailbox], todo->id, PENDING_POLICY, plan_verb_word(PLAN_REMOVE_THERE),
               "the server lost it, and its file was removed or moved here: should it come back, it stays there", NULL);
}

/* Rows of one mailbox for which it is known that they moved, or which are to come again. */
static bool
resolve_todo(struct resolving *resolving, struct todo *todo, enum filling filling)
{
    struct run *run = resolving->run;
    struct mailbox *mailbox = &run->mailboxes[todo->mailbox];
    bool moved, done;
    char why[AGENDA_WHY];

    if (todo->step.verb == PLAN_FORGET)
        return resolve_forgotten(resolving, todo, filling);
    if (!run_load(run, todo->id, &resolving->message) || !has_moved(resolving, mailbox, todo->step.verb, &moved))
        return false;
    if (moved && !todo->step.kept_back)
        return resolve_row(resolving, todo, true);
    if (todo->step.verb == PLAN_DOWNLOAD && !absence_is_proven(SIDE_HERE, run->cautions)) {
        agenda_say_unproven(run, why);
        return wait_for(resolving, todo, PENDING_SETTLE, why);
    }
    if (is_kept(run, todo)) {
        resolving->kept[resolving->kept_count++] = todo;
        todo->dropped = true;
        return true;
    }
    if (todo->step.verb == PLAN_UPLOAD) {
        if (!delay_upload(resolving, todo, filling, &done))
            return false;
        if (done)
            return true;
    } else if (filling != FILLING_NOT) {
        return wait_for(resolving, todo, PENDING_SETTLE, "the server may still be filling this mailbox");
    }
    if (!todo->step.kept_back)
        return resolve_row(resolving, todo, false);
    todo->dropped = true;
    return true;
}

/* Are so many of its messages missing that the provider is perhaps still filling it? */
static bool
is_much(const struct run *run, const struct journal_mailbox *row, uint32_t missing)
{
    const struct policy *policy = &run->account->policy;
    unsigned share = policy->guard ? policy->max_delete : FILLING_SHARE;

    return missing > FILLING_MIN && (uint64_t)missing * 100 > (uint64_t)share * row->had;
}

bool
unpaired_waits(const struct run *run, const struct journal_mailbox *row)
{
    return row->missing_since != 0 && run->now - row->missing_since < FILLING_STILL;
}

/*
 * Is the server perhaps still filling this mailbox? As long as the number of missing messages changes, nothing is
 * uploaded to it; meanwhile nothing is uploaded to other mailboxes with missing messages either.
 */
static enum filling
is_filling(struct resolving *resolving, struct mailbox *mailbox, uint32_t missing)
{
    struct run *run = resolving->run;
    struct journal_mailbox *row = &mailbox->row;
    bool many = is_much(run, row, missing);

    if (row->had == 0 || missing == 0 || (!many && row->missing_since == 0 && !resolving->filling))
        return FILLING_NOT;
    if (row->missing_since == 0 || row->missing != missing || run->now < row->missing_since) {
        row->missing = missing;
        row->missing_since = run->now;
    }
    if (unpaired_waits(run, row))
        return FILLING_WAITS;
    return many ? FILLING_HELD : FILLING_NOT;
}

static uint32_t
count_missing(const struct run *run, const struct todo *todos, size_t count)
{
    uint32_t missing = 0;

    for (size_t i = 0; i < count; i++)
        missing += is_for_upload(run, &todos[i]) && !is_confirmed(run, &todos[i]);
    return missing;
}

static bool
is_any_filling(const struct run *run, const struct agenda *agenda)
{
    for (size_t at = 0, first = 0; at < agenda->count; first = at) { /* it is ordered by mailbox */
        const struct journal_mailbox *row = &run->mailboxes[agenda->todos[first].mailbox].row;

        while (at < agenda->count && agenda->todos[at].mailbox == agenda->todos[first].mailbox)
            at++;
        if (row->had != 0 && is_much(run, row, count_missing(run, &agenda->todos[first], at - first)))
            return true;
    }
    return false;
}

static void
say_filling(struct run *run, struct mailbox *mailbox, uint32_t missing)
{
    char text[256];

    if (mailbox->said)
        return;
    mailbox->said = true;
    (void)text_print(
        text, sizeof text,
        "%u of %u messages are not there since its UIDVALIDITY changed: the server may still be filling it, "
        "they wait",
        missing, mailbox->row.had);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "filling", text);
}

/*
 * Nothing is missing in this mailbox, and it was seen in this run: what its row remembers about missing messages is
 * cleared.
 */
static bool
forget_missing(struct run *run, struct mailbox *mailbox)
{
    struct journal_mailbox *row = &mailbox->row;

    if ((row->behind == 0 && row->had == 0) || row->state != MAILBOX_ACTIVE || run_is_unseen(mailbox))
        return true;
    row->behind = row->missing_since = 0;
    row->had = row->missing = 0;
    return journal_mailbox_save(run->journal, row, &run->err);
}

/* One mailbox: its todos are first ... end - 1. */
static bool
resolve_mailbox(struct resolving *resolving, struct mailbox *mailbox, size_t first, size_t end)
{
    struct run *run = resolving->run;
    struct todo *todos = resolving->agenda->todos;
    const uint32_t missing = count_missing(run, &todos[first], end - first);
    uint32_t unpaired = 0;
    enum filling filling;
    bool ok = true;

    resolving->held_count = resolving->kept_count = resolving->waiting = 0;
    for (size_t i = first; i < end; i++)
        unpaired += todos[i].unpaired;
    if (unpaired == 0)
        return forget_missing(run, mailbox);
    filling = is_filling(resolving, mailbox, missing);
    for (size_t i = first; ok && i < end; i++) {
        if (!todos[i].unpaired || todos[i].dropped || todos[i].partner != 0)
            continue;
        if (!mailbox_is_open(mailbox) && todos[i].step.verb != PLAN_FORGET)
            todos[i].dropped = true;
        else
            ok = resolve_todo(resolving, &todos[i], filling);
    }
    if (resolving->waiting != 0)
        say_filling(run, mailbox, resolving->waiting);
    ok = ok && additions_keep(run, resolving->kept, resolving->kept_count, KEPT) &&
         additions_hold(run, mailbox, resolving->held, resolving->held_count,
                        &(struct additions_why){.reason = "refill",
                                                .note = "they are missing there since its UIDVALIDITY changed",
                                                .pending =
                                                    "it was on the server before its UIDVALIDITY changed: waits for "
                                                    "--confirm-additions",
                                                .of = mailbox->row.had});
    return ok && journal_mailbox_save(run->journal, &mailbox->row, &run->err);
}

bool
agenda_unpaired(struct run *run, struct agenda *agenda)
{
    struct resolving *resolving = calloc(1, sizeof *resolving);
    size_t at = 0;
    bool ok = resolving != NULL || run_no_memory(run);

    if (ok) {
        resolving->run = run;
        resolving->agenda = agenda;
        resolving->unseen = run_unseen(run);
        resolving->filling = is_any_filling(run, agenda);
        resolving->claimed = calloc(agenda->count + 1, sizeof *resolving->claimed);
        resolving->held = calloc(agenda->count + 1, sizeof(struct todo *));
        resolving->kept = calloc(agenda->count + 1, sizeof(struct todo *));
        ok = (resolving->claimed != NULL && resolving->held != NULL && resolving->kept != NULL) || run_no_memory(run);
    }
    ok = ok && run_begin(run);
    for (uint32_t m = 0; ok && m < run->count; m++) { /* the agenda is ordered by mailbox */
        size_t first = at;

        while (at < agenda->count && agenda->todos[at].mailbox == m)
            at++;
        if (run->mailboxes[m].row.id != 0)
            ok = resolve_mailbox(resolving, &run->mailboxes[m], first, at);
    }
    ok = run_end(run, ok);
    if (resolving != NULL) {
        free(resolving->claimed);
        free(resolving->held);
        free(resolving->kept);
    }
    free(resolving);
    return ok;
}
