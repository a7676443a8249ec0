/*
 * Two tables: the states of a mailbox, and, below, what a run must not do for what it has learned.
 *
 *   in the journal   on the server   here     becomes
 *   no               yes             no       NEW_REMOTE: the folder is made
 *   no               no              yes      NEW_LOCAL: the mailbox is made
 *   no, NEW_*        yes             yes      ACTIVE: a first meeting, paired by content
 *   ACTIVE, REPAIR   yes             yes      what it is
 *   GONE_*           yes             yes      back: REPAIR; nothing in it counts as removed, its rows tell what moved elsewhere
 *   NEW_REMOTE       yes             no       what it is; likewise NEW_LOCAL that is here alone
 *   ACTIVE, REPAIR, GONE_LOCAL count as on the server where a line of its list could not be read; it is asked for by its name
 *   any other        no              yes      GONE_REMOTE: left alone, said by status; made again where a person confirmed that mail is to go there;
 *                                             new where all that it had left its folder and new mail came (sync/observe/survey.c)
 *   any other        yes             no       GONE_LOCAL: left alone, said by status; NEW_REMOTE in a Maildir that was restored
 *   any              no              no       dropped from the journal; so is what the patterns do not choose any more
 */
#include "sync/rules/mailbox.h"

#include <stddef.h>

static bool
is_new(enum mailbox_state state)
{
    return state == MAILBOX_NEW_LOCAL || state == MAILBOX_NEW_REMOTE;
}

static struct mailbox_next
turn_on_both_sides(const struct mailbox_sight *sight)
{
    if (sight->was == MAILBOX_ACTIVE || sight->was == MAILBOX_REPAIR)
        return (struct mailbox_next){TURN_NONE, sight->was, false, false};
    if (is_new(sight->was) || !sight->known)
        return (struct mailbox_next){TURN_MET, MAILBOX_ACTIVE, sight->known, false};
    return (struct mailbox_next){TURN_BACK, MAILBOX_REPAIR, false, false};
}

/* The line of the list that could not be read may be its. */
static bool
may_be_there(const struct mailbox_sight *sight)
{
    return sight->cut && sight->known &&
           (sight->was == MAILBOX_ACTIVE || sight->was == MAILBOX_REPAIR ||
            (sight->was == MAILBOX_GONE_LOCAL && !sight->here));
}

struct mailbox_next
mailbox_next(const struct mailbox_sight *sight)
{
    const bool there = sight->there || may_be_there(sight);
    const enum mailbox_state made = sight->here ? MAILBOX_NEW_LOCAL : MAILBOX_NEW_REMOTE; /* where it is, by itself */

    if (!sight->chosen)
        return sight->known ? (struct mailbox_next){TURN_LEFT_OUT, made, true, false}
                            : (struct mailbox_next){TURN_NONE, sight->was, false, false};
    if (!there && !sight->here)
        return (struct mailbox_next){TURN_OVER, sight->was, sight->known, false};
    if (there && sight->here) {
        struct mailbox_next next = turn_on_both_sides(sight);

        next.ask = !sight->there;
        return next;
    }
    if (there && sight->restored) /* from before it was made: nobody removed it */
        return (struct mailbox_next){TURN_MADE_AGAIN, made, sight->known && !is_new(sight->was), false};
    if (sight->was == made)
        return (struct mailbox_next){TURN_NONE, made, false, false};
    return (struct mailbox_next){TURN_GONE, sight->here ? MAILBOX_GONE_REMOTE : MAILBOX_GONE_LOCAL, false, false};
}

bool
mailbox_list_is_believed(const struct list_sight *sight)
{
    if (sight->inbox || sight->cut)
        return true;
    return !sight->had_inbox && (sight->known ? sight->again : sight->any);
}

/* ---- cautions ---- */

enum effect {
    NO_REMOVAL_HERE = 1 << 0,    /* what vanished there may stand elsewhere there */
    NO_REMOVAL_THERE = 1 << 1,   /* what vanished here may stand elsewhere here */
    NO_REMOVAL = 1 << 2,         /* on either side, a move neither */
    NO_REMOVAL_FROM_IT = 1 << 3, /* there, of what stands in the mailbox that it is about */
    UNSURE = 1 << 4,             /* nothing is known of that one */
    REFUSED = 1 << 5,            /* nothing can be done in that one */
};

static const struct {
    enum caution caution;
    unsigned effects;
    const char *why;
} cautions[] = {
    {CAUTION_FIRST_MEETING, NO_REMOVAL, "both sides meet for the first time"},
    {CAUTION_TWO_RUNS, NO_REMOVAL, "journal and Maildir are not of one run"},
    {CAUTION_UNFETCHED, NO_REMOVAL, "a message could not be fetched"},
    {CAUTION_READ_ONLY, NO_REMOVAL | REFUSED, "a folder can't be written to"},
    {CAUTION_ODD_NAME, NO_REMOVAL_THERE | NO_REMOVAL_FROM_IT, "a file has a name that can't be used"},
    {CAUTION_UNREAD_FOLDER, NO_REMOVAL_THERE | UNSURE, "a folder could not be read"},
    {CAUTION_UNSTABLE_FOLDER, NO_REMOVAL_THERE, "a folder changed while it was read"},
    {CAUTION_UNREAD_FILE, NO_REMOVAL_THERE | NO_REMOVAL_FROM_IT, "a new file could not be read"},
    {CAUTION_UNREAD_FILES, NO_REMOVAL_HERE | NO_REMOVAL_THERE | UNSURE,
     "new files change faster than they can be read"},
    {CAUTION_MADE_HERE, NO_REMOVAL_THERE, "a folder was made meanwhile"},
    {CAUTION_MADE_THERE, NO_REMOVAL_HERE, "a mailbox was made meanwhile"},
    {CAUTION_REPAIRED, NO_REMOVAL_HERE | NO_REMOVAL_FROM_IT, "a mailbox is paired anew"},
    {CAUTION_UNLISTED, NO_REMOVAL_HERE | UNSURE, "a mailbox could not be listed"},
    {CAUTION_UNREAD_MESSAGE, NO_REMOVAL_HERE, "a message on the server could not be read"},
    {CAUTION_RENUMBERED, NO_REMOVAL_THERE | UNSURE, "a mailbox got new UIDs while it was read"},
    {CAUTION_NOT_MADE, REFUSED, "a mailbox could not be made"},
    {CAUTION_LATE, NO_REMOVAL_HERE | UNSURE, "something is read when all else is done"},
    {CAUTION_UNREADABLE, NO_REMOVAL_HERE | UNSURE, "a mailbox can't be read on the server"},
    {CAUTION_STAYS_UNREADABLE, UNSURE, "a mailbox can't be read on the server"},
    {CAUTION_CROWDED, NO_REMOVAL_FROM_IT,
     "others there carry \\Deleted, and would be expunged, too: expunge them, take it off them, or set `expunge = "
     "true`"},
    {CAUTION_STANDS_UNUSED, NO_REMOVAL_FROM_IT,
     "files of it stand in a folder that can't be used: rename that, or remove it"},
    {CAUTION_REMOVAL_REFUSED, NO_REMOVAL_FROM_IT, "the server refused to remove a message of this mailbox"},
    {CAUTION_UNEVEN, NO_REMOVAL_HERE | NO_REMOVAL_FROM_IT, "a mailbox counts a message that it does not list"},
};

/* The first of these cautions that has one of these effects; NULL: none has. */
static const char *
find_reason(unsigned learned, unsigned effects)
{
    for (size_t i = 0; learned != 0 && i < sizeof cautions / sizeof cautions[0]; i++) {
        if ((learned & cautions[i].caution) != 0 && (cautions[i].effects & effects) != 0)
            return cautions[i].why;
    }
    return NULL;
}

static unsigned
effect_on(enum mailbox_side side)
{
    return side == SIDE_HERE ? NO_REMOVAL_HERE : NO_REMOVAL_THERE;
}

bool
removals_allowed(enum mailbox_side side, unsigned of_run, unsigned of_mailbox, const char **why)
{
    const char *reason = find_reason(of_run, NO_REMOVAL | effect_on(side));

    if (reason == NULL && side == SIDE_THERE)
        reason = find_reason(of_mailbox, NO_REMOVAL_FROM_IT);
    if (why != NULL)
        *why = reason;
    return reason == NULL;
}

bool
moves_allowed(enum mailbox_side side, unsigned of_run, bool all_seen)
{
    if (side == SIDE_HERE && all_seen)
        return find_reason(of_run, NO_REMOVAL) == NULL;
    return removals_allowed(side, of_run, 0, NULL);
}

bool
absence_is_proven(enum mailbox_side side, unsigned of_run)
{
    return find_reason(of_run, effect_on(side == SIDE_HERE ? SIDE_THERE : SIDE_HERE)) == NULL;
}

/* ---- one mailbox in a run ---- */

bool
mailbox_is_refused(unsigned of_mailbox)
{
    return find_reason(of_mailbox, REFUSED) != NULL;
}

bool
mailbox_is_unsure(unsigned of_mailbox)
{
    return find_reason(of_mailbox, UNSURE) != NULL;
}

/* It is on both sides; or was, and messages are still to follow out of it. */
static bool
is_worked_in(const struct mailbox_now *now)
{
    return now->state == MAILBOX_ACTIVE || now->state == MAILBOX_REPAIR ||
           (now->state == MAILBOX_GONE_LOCAL && now->moved_out && now->there);
}

enum mailbox_use
mailbox_use(const struct mailbox_now *now)
{
    if (!now->chosen || !is_worked_in(now) || find_reason(now->cautions, REFUSED | UNSURE) != NULL)
        return MAILBOX_CLOSED;
    return now->asked ? MAILBOX_OPEN : MAILBOX_NOT_ASKED;
}

bool
mailbox_is_unseen(const struct mailbox_now *now)
{
    if (!now->chosen || !now->there)
        return false;
    /* Nothing is done about a mailbox whose folder is gone here; but what is new in it, or under another UIDVALIDITY, may be another one's. */
    if (now->state == MAILBOX_GONE_LOCAL)
        return now->has_news;
    return !now->current || mailbox_is_unsure(now->cautions);
}

bool
mailbox_may_go(enum mailbox_side side, bool special, const struct policy *policy)
{
    const struct direction *to = side == SIDE_HERE ? &policy->pull : &policy->push;

    return to->mailbox_deletes && to->deletes && !special;
}

bool
mailbox_is_kept_back(enum mailbox_side side, enum mailbox_state state, const struct policy *policy)
{
    return side == SIDE_HERE ? state == MAILBOX_NEW_REMOTE && !policy->pull.mailboxes
                             : state == MAILBOX_NEW_LOCAL && !policy->push.mailboxes;
}

bool
mailbox_may_be_made(enum mailbox_side side, const struct mailbox_now *now, const struct policy *policy)
{
    const bool again = side == SIDE_THERE && now->state == MAILBOX_GONE_REMOTE && now->wanted;
    const enum mailbox_state missing = side == SIDE_HERE ? MAILBOX_NEW_REMOTE : MAILBOX_NEW_LOCAL;

    return (now->state == missing || again) && now->chosen && now->asked && !mailbox_is_refused(now->cautions) &&
           !mailbox_is_kept_back(side, missing, policy);
}
