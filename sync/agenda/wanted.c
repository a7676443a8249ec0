/*
 * A message that one side lost comes back where its survivor was flagged since, or lost \Deleted: somebody wants it. But it may only have moved.
 * So it comes back only if all was looked at and its bytes are nowhere else on the side that lost it:
 *
 *   its bytes stay elsewhere      what was changed about the survivor is given to that one, and the survivor is wanted back no more: its
 *                                 removal, or a move that the policy keeps back, goes on from there. Not of a file whose message is in the \Trash:
 *                                 a removal may have taken it there
 *   it is the source of a copy    what else was changed about it is given likewise: to that copy, and to no twin of it
 *   something new is unread       a message or a file that can not be read may be it: it waits for a run, and for a message of its size and date as long
 *                                 as that can't be read
 *   a mailbox was not looked at   it waits. A run over some mailboxes looks at the others now, and at no other time
 *   else                          it comes back, as planned
 *
 * What was sent and not answered is looked for in the same places before it is sent again.
 */
#include "sync/agenda/wanted.h"

#include "sync/match/match.h"
#include "sync/observe/observe.h"
#include "sync/rows/copied.h"
#include "sync/rows/held.h"

struct wanting {
    struct run *run;
    struct agenda *agenda;
    struct journal_message *survivor, *home;
    bool perhaps; /* `home` has the bytes of what was copied, and may be another message: no flag is taken off it */
    bool look;    /* mailboxes that the command line does not name are to be looked at, too */
    struct todo *added; /* todos to be added, for messages about which nothing was to be done */
    size_t added_count, added_size;
};

/* Is there a survivor: the file, or the UID, of a message that the other side lost? *here: it is the file. */
static bool
is_survivor(const struct todo *todo, bool *here)
{
    enum plan_verb verb = todo->step.verb;

    if (todo->dropped || todo->partner != 0 || todo->fresh)
        return false;
    *here = verb == PLAN_UPLOAD || verb == PLAN_REMOVE_HERE;
    return verb == PLAN_UPLOAD || verb == PLAN_DOWNLOAD ||
           (todo->elsewhere != 0 && (*here || verb == PLAN_REMOVE_THERE));
}

static bool
is_wanted(const struct journal_message *survivor, bool here)
{
    return merge_is_wanted(merge_change(survivor->flags, here)) && (here || (survivor->facts & FACT_ALTERED) == 0);
}

/* What was removed there may have gone to the \Trash, and is wanted where it was. */
static bool
is_thrown_away(const struct wanting *wanting, const struct mailbox *mailbox)
{
    const struct mailbox *from = run_mailbox_by_id(wanting->run, wanting->survivor->mailbox);

    return (mailbox->uses & REMOTE_TRASH) != 0 && from != NULL && (from->uses & REMOTE_TRASH) == 0;
}

/* Has this row the bytes on the side that lost them, and do they stay there? */
static bool
is_home(const struct wanting *wanting, const struct mailbox *mailbox, const struct journal_message *message,
        bool survivor_here)
{
    if (mailbox == NULL || !mailbox->chosen || (survivor_here && is_thrown_away(wanting, mailbox)) ||
        (message->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED)) != 0)
        return false;
    return survivor_here
               ? message->uid != 0 && mailbox->listed && !mailbox_is_unsure(mailbox->cautions)
               : message->base[0] != '\0' && mailbox->folder_here && !run_learned(mailbox, CAUTION_UNREAD_FOLDER);
}

/* Its file goes to another folder with this plan: once it has, that is the place which stays. */
static bool
is_moving(const struct wanting *wanting)
{
    const unsigned gone = FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED;
    bool moving = false;

    if (wanting->home->base[0] == '\0' || (wanting->home->facts & gone) != FACT_GONE_THERE)
        return false;
    for (size_t i = 0; !moving && i < wanting->agenda->count; i++)
        moving = !wanting->agenda->todos[i].dropped && wanting->agenda->todos[i].partner == wanting->home->id;
    return moving;
}

/*
 * What was copied, and is to go: its copy is the row that the journal names, wherever that has moved since, and no twin. Where it names none, that may
 * be any row that is younger than what was copied, the youngest first.
 */
static bool
find_copy(struct wanting *wanting, const int64_t *ids, size_t count, bool *found, bool *moves)
{
    struct run *run = wanting->run;
    const struct journal_message *source = wanting->survivor;
    bool known, ok = copied_to(run, source, wanting->home, &known);

    if (ok && known) {
        *found = is_home(wanting, run_mailbox_by_id(run, wanting->home->mailbox), wanting->home, false);
        *moves = !*found && is_moving(wanting);
    }
    for (size_t i = count; ok && !known && !*found && i-- > 0 && ids[i] > source->id;) {
        ok = run_load(run, ids[i], wanting->home);
        *found = ok && is_home(wanting, run_mailbox_by_id(run, wanting->home->mailbox), wanting->home, false);
        *moves = *moves || (ok && is_moving(wanting));
        wanting->perhaps = true;
    }
    return ok;
}

/* Any row of these bytes. */
static bool
find_twin(struct wanting *wanting, const int64_t *ids, size_t count, bool here, bool *found, bool *moves)
{
    struct run *run = wanting->run;
    bool ok = true;

    for (size_t i = 0; ok && !*found && i < count; i++) {
        if (ids[i] == wanting->survivor->id)
            continue;
        ok = run_load(run, ids[i], wanting->home);
        *found = ok && is_home(wanting, run_mailbox_by_id(run, wanting->home->mailbox), wanting->home, here);
        *moves = *moves || (ok && !here && is_moving(wanting));
    }
    return ok;
}

/* *moves: it has none yet, but will. */
static bool
find_home(struct wanting *wanting, const struct todo *todo, bool here, bool *found, bool *moves)
{
    const bool copied = !here && (wanting->survivor->facts & FACT_MOVED) != 0;
    struct run *run = wanting->run;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = true;

    *found = todo->elsewhere != 0;
    *moves = wanting->perhaps = false;
    if (*found)
        return run_load(run, todo->elsewhere, wanting->home);
    if (!wanting->survivor->has_wire)
        return true;
    if (!here) { /* lacked by a copy of its folder: what stands elsewhere is another one */
        bool doubted;

        if (!held_is_doubted(run, todo->mailbox, todo->id, &doubted))
            return false;
        if (doubted)
            return true;
    }
    ok = journal_ids_by_wire(run->journal, wanting->survivor->wire, &ids, &count, &run->err);
    ok = ok && (!copied || find_copy(wanting, ids, count, found, moves));
    if (ok && !*found && !*moves && (!copied || is_wanted(wanting->survivor, false))) {
        wanting->perhaps = copied;
        ok = find_twin(wanting, ids, count, here, found, moves);
    }
    free(ids);
    return ok;
}

/* @param left  it is left alone for now, and this is no failure; else the next run looks again */
static bool
wait(struct wanting *wanting, struct todo *todo, bool left, const char *why)
{
    const enum journal_pending_kind kind = left ? PENDING_MAILBOX : PENDING_FAILED;
    struct run *run = wanting->run;
    const struct mailbox *mailbox = &run->mailboxes[todo->mailbox];

    todo->dropped = true;
    if (todo->step.kept_back || !mailbox->asked) /* status says so already, or this run leaves the mailbox alone */
        return true;
    if (!run_begin(run))
        return false;
    return run_end(run, run_pending(run, mailbox, todo->id, kind, plan_verb_word(todo->step.verb), why, NULL));
}

/* What is still to be done so that both sides of the message that stays show the change. */
static struct merge_step
step_of(const struct mailbox *mailbox, const struct journal_message *home, struct merge_change change)
{
    /* What a server did not show after it was sent can't be stored there. */
    bool there = home->uid != 0 && (home->facts & FACT_UNSHOWN) == 0;

    return merge_give(change, home->flags, there ? mailbox->row.permanent : 0, home->base[0] != '\0' ? FLAG_ALL : 0);
}

/* The message that stays shows the change already: from here on the survivor counts as unchanged. */
static bool
end_change(struct wanting *wanting, struct todo *todo, bool here)
{
    struct run *run = wanting->run;
    struct journal_message *survivor = wanting->survivor;

    survivor->flags = merge_unchanged(survivor->flags, here);
    todo->dropped = run->replan = true;
    if (!run_begin(run))
        return false;
    return run_end(run, journal_message_save(run->journal, survivor, &run->err));
}

static struct todo *
find_todo(struct agenda *agenda, int64_t id)
{
    for (size_t i = 0; i < agenda->count; i++) {
        if (agenda->todos[i].id == id)
            return &agenda->todos[i];
    }
    return NULL;
}

static bool
plan_giving(struct wanting *wanting, const struct mailbox *mailbox, struct merge_step flags)
{
    const struct journal_message *home = wanting->home;
    struct todo *todo = find_todo(wanting->agenda, home->id);
    struct todo add = {.id = home->id,
                       .mailbox = (uint32_t)(mailbox - wanting->run->mailboxes),
                       .uid = home->uid,
                       .size = home->size,
                       .fresh = home->uid == 0 || home->base[0] == '\0',
                       .gift = !mailbox_is_open(mailbox),
                       .step = {.verb = PLAN_FLAGS, .flags = flags}};

    if (todo != NULL && !add.gift) { /* what else is due in a mailbox that the command line leaves out is not done */
        if (todo->fresh && !todo->dropped && todo->partner == 0)
            todo->step = add.step; /* fetched or sent in the next pass, with these flags */
        return true;               /* else another pass gives them */
    }
    if (!array_grow(&wanting->added, &wanting->added_size, wanting->added_count + 1, sizeof *wanting->added))
        return run_no_memory(wanting->run);
    wanting->added[wanting->added_count++] = add;
    return true;
}

/*
 * Its mailbox is not one that the command line names: the change is carried there all the same, and nothing else is done in it. Else the survivor
 * would stay where it is for as long as nobody asks for both.
 */
static bool
may_be_opened(struct wanting *wanting, const struct todo *todo, const struct mailbox *mailbox)
{
    const struct journal_message *home = wanting->home;

    return mailbox_is_usable(mailbox) && wanting->run->mailboxes[todo->mailbox].asked && home->uid != 0 &&
           home->base[0] != '\0';
}

/* Where nobody looked into it yet, that comes first: what is to be given to may be gone. */
static bool
is_seen(struct wanting *wanting, struct todo *todo, const struct mailbox *mailbox)
{
    if (mailbox_is_open(mailbox) || wanting->run->look_everywhere || !run_is_unseen(mailbox))
        return true;
    wanting->look = todo->dropped = true;
    return false;
}

static bool
give(struct wanting *wanting, struct todo *todo, bool here)
{
    struct run *run = wanting->run;
    const struct policy *policy = &run->account->policy;
    const struct mailbox *mailbox = run_mailbox_by_id(run, wanting->home->mailbox);
    struct merge_change change = merge_change(wanting->survivor->flags, here);
    struct merge_step step;

    if (wanting->perhaps)
        change.del &= FLAG_DELETED; /* at worst another message is kept */
    if (mailbox == NULL)
        return wait(wanting, todo, true, "it is in another mailbox now");
    step = step_of(mailbox, wanting->home, change);
    if ((step.there_add | step.there_del | step.here_add | step.here_del) == 0)
        return (change.add | change.del) == 0 || end_change(wanting, todo, here);
    if (!mailbox_is_open(mailbox) && !may_be_opened(wanting, todo, mailbox))
        return wait(wanting, todo, true,
                    mailbox_is_usable(mailbox) ? "it is in another mailbox now, which this run leaves alone"
                                               : "it is in another mailbox now, which can't be used on the server");
    if (!is_seen(wanting, todo, mailbox))
        return true;
    if ((!policy->push.flags && (step.there_add | step.there_del) != 0) ||
        (!policy->pull.flags && (step.here_add | step.here_del) != 0))
        return wait(wanting, todo, true, "it is in another mailbox now, and the configuration keeps its flags back");
    todo->dropped = todo->given = true;
    return plan_giving(wanting, mailbox, step);
}

/* The mailboxes that were not asked for are looked at after all: it may be in one of them. */
static bool
look_elsewhere(struct run *run)
{
    run_look_everywhere(run);
    return observe_remote(run) && identify(run);
}

/* Nobody looks into some mailboxes, and that is no failure: what the user did with their folders, or the configuration, has it so. */
static bool
wait_for_unseen(struct wanting *wanting, struct todo *todo)
{
    struct run *run = wanting->run;
    const struct mailbox *unseen = NULL;
    char why[LIMIT_MAILBOX_NAME + 64];
    bool left = true;

    for (size_t i = 0; left && i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];

        if (!run_is_unseen(mailbox) || run_learned(mailbox, CAUTION_STAYS_UNREADABLE))
            continue;
        unseen = mailbox;
        left = mailbox->row.state == MAILBOX_GONE_LOCAL ||
               mailbox_is_kept_back(SIDE_HERE, mailbox->row.state, &run->account->policy);
    }
    (void)text_print(why, sizeof why, "it may have moved to %s, which could not be looked at",
                     unseen != NULL ? unseen->row.name : "another mailbox");
    return wait(wanting, todo, left, why);
}

static bool
wait_for_folder(struct wanting *wanting, struct todo *todo, const struct mailbox *mailbox)
{
    char why[LIMIT_MAILBOX_NAME + 128];

    (void)text_print(why, sizeof why,
                     "it may have moved to %s, whose folder can't be read: this goes on once it can be read or is gone",
                     mailbox->row.name);
    return wait(wanting, todo, false, why);
}

/* Is there a new message of its size and its date on the server whose header nobody could read so far, in however many runs? */
static bool
may_be_unread(struct wanting *wanting, bool *may)
{
    struct run *run = wanting->run;
    const struct journal_message *survivor = wanting->survivor;
    struct journal_message *message = wanting->home;
    int64_t *ids = NULL;
    size_t count = 0;
    bool ok = survivor->size == 0 || journal_ids_dirty_by_size(run->journal, survivor->size, &ids, &count, &run->err);

    *may = (run->cautions & CAUTIONS_UNREAD_MESSAGE) != 0;
    for (size_t i = 0; ok && !*may && i < count; i++) {
        ok = run_load(run, ids[i], message);
        *may = ok && message->uid != 0 && message->base[0] == '\0' && !message->has_header &&
               message->date == survivor->date && (message->facts & (FACT_GONE_THERE | FACT_APART)) == 0;
    }
    free(ids);
    return ok;
}

static bool
decide(struct wanting *wanting, struct todo *todo, bool here)
{
    struct run *run = wanting->run;
    bool found, moves, unread = false;
    char why[AGENDA_WHY];

    if (!run_load(run, todo->id, wanting->survivor) || !find_home(wanting, todo, here, &found, &moves))
        return false;
    if (found)
        return give(wanting, todo, here);
    todo->dropped = todo->dropped || moves; /* another pass gives it what changed */
    if (moves)
        return true;
    if (here && run_unseen(run) != NULL) {
        if (run->look_everywhere)
            return wait_for_unseen(wanting, todo);
        wanting->look = todo->dropped = true;
        return true;
    }
    if (here && run->overtaken)
        return wait(wanting, todo, false, "messages were moved on the server while they were looked at");
    if ((run->cautions & (here ? CAUTION_MADE_THERE : CAUTION_MADE_HERE)) != 0)
        return wait(wanting, todo, false, "it may have moved to a mailbox that was made meanwhile");
    if (here && !may_be_unread(wanting, &unread))
        return false;
    if (unread)
        return wait(wanting, todo, false, AGENDA_UNREAD_THERE);
    if (!here && !absence_is_proven(SIDE_HERE, run->cautions)) {
        agenda_say_unproven(run, why);
        return wait(wanting, todo, false, why);
    }
    for (size_t i = 0; !here && i < run->count; i++) {
        if (run->mailboxes[i].chosen && run_learned(&run->mailboxes[i], CAUTION_UNREAD_FOLDER) &&
            !run_learned(&run->mailboxes[i], CAUTION_STAYS_UNREADABLE))
            return wait_for_folder(wanting, todo, &run->mailboxes[i]);
    }
    return true;
}

/*
 * The source of a copy is to go: what another client changed about it since then is given to the copy first. If the copy is gone, too, there is
 * nothing to give it to. \Deleted is left out, since it may be our own.
 */
static bool
follow(struct wanting *wanting, struct todo *todo)
{
    const struct policy *policy = &wanting->run->account->policy;
    const struct merge_change change = merge_change(wanting->survivor->flags, false);
    bool found, moves;

    if ((wanting->survivor->facts & FACT_MOVED) == 0 || (change.add | change.del) == 0 ||
        ((change.add | change.del) & FLAG_DELETED) != 0 || !policy->push.flags || !policy->pull.flags)
        return true;
    if (!find_home(wanting, todo, false, &found, &moves))
        return false;
    todo->dropped = todo->dropped || (!found && moves); /* another pass gives it what changed */
    return !found || give(wanting, todo, false);
}

/*
 * The file of a message that is gone there is to go. Where something was changed about it, and its message may be one that can't be read yet, it
 * stays until that is read: what moved gets the change, and what was removed goes then.
 */
static bool
keep_change(struct wanting *wanting, struct todo *todo)
{
    const struct merge_change change = merge_change(wanting->survivor->flags, true);
    bool unread;

    if ((change.add | change.del) == 0)
        return true;
    if (!may_be_unread(wanting, &unread))
        return false;
    return !unread || wait(wanting, todo, false, AGENDA_UNREAD_THERE);
}

static bool
goes_here(const struct todo *todo)
{
    return !todo->dropped && todo->partner == 0 && todo->step.verb == PLAN_REMOVE_HERE && todo->elsewhere == 0;
}

/* What was sent and not answered may have arrived and moved on. New mail does not wait for a mailbox that can't be looked at. */
static void
check_sent(struct wanting *wanting, struct todo *todo)
{
    const struct run *run = wanting->run;

    todo->dropped = todo->dropped || (run->overtaken && todo->partner == 0); /* it may be under way */
    if (todo->dropped || todo->partner != 0 || run->look_everywhere || run_unseen(run) == NULL)
        return;
    wanting->look = todo->dropped = true;
}

bool
agenda_wanted(struct run *run, struct agenda *agenda)
{
    struct arena arena = {0};
    struct wanting wanting = {.run = run,
                              .agenda = agenda,
                              .survivor = arena_array(&arena, 1, sizeof *wanting.survivor),
                              .home = arena_array(&arena, 1, sizeof *wanting.home)};
    bool ok = run_has(run, &arena);

    for (size_t i = 0; ok && i < agenda->count; i++) {
        struct todo *todo = &agenda->todos[i];
        bool here = false, survives;

        if (todo->unanswered) {
            check_sent(&wanting, todo);
            continue;
        }
        survives = is_survivor(todo, &here);
        if (!survives && !goes_here(todo) &&
            (todo->dropped || todo->partner != 0 || todo->step.verb != PLAN_REMOVE_THERE))
            continue;
        ok = run_load(run, todo->id, wanting.survivor);
        if (ok && !survives)
            ok = goes_here(todo) ? keep_change(&wanting, todo) : follow(&wanting, todo);
        else if (ok && (todo->elsewhere != 0 || is_wanted(wanting.survivor, here)))
            ok = decide(&wanting, todo, here);
    }
    for (size_t i = 0; ok && i < wanting.added_count; i++)
        ok = agenda_add(run, agenda, &wanting.added[i]);
    if (ok && wanting.added_count != 0)
        agenda_sort(agenda);
    arena_free(&arena);
    free(wanting.added);
    return ok && (!wanting.look || look_elsewhere(run));
}
