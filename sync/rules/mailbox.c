/*
 * The states of a mailbox; test_rules_mailbox.c has every row of it.
 *
 *   in the journal   on the server   here     becomes
 *   no               yes             no       NEW_REMOTE: the folder is made
 *   no               no              yes      NEW_LOCAL: the mailbox is made
 *   no, NEW_*        yes             yes      ACTIVE: a first meeting, paired by content
 *   ACTIVE, REPAIR   yes             yes      what it is
 *   GONE_*           yes             yes      back: REPAIR; nothing in it counts as removed, its rows tell what moved elsewhere
 *   NEW_REMOTE       yes             no       what it is; likewise NEW_LOCAL that is here alone
 *   any other        no              yes      GONE_REMOTE: left alone, said by status
 *   any other        yes             no       GONE_LOCAL: left alone, said by status; NEW_REMOTE in a Maildir that was restored
 *   any              no              no       dropped from the journal; so is what the patterns do not choose any more
 */
#include "sync/rules/mailbox.h"

static bool
is_new(enum mailbox_state state)
{
    return state == MAILBOX_NEW_LOCAL || state == MAILBOX_NEW_REMOTE;
}

static struct mailbox_next
turn_on_both_sides(const struct mailbox_sight *sight)
{
    if (sight->was == MAILBOX_ACTIVE || sight->was == MAILBOX_REPAIR)
        return (struct mailbox_next){TURN_NONE, sight->was, false};
    if (is_new(sight->was) || !sight->known)
        return (struct mailbox_next){TURN_MET, MAILBOX_ACTIVE, sight->known};
    return (struct mailbox_next){TURN_BACK, MAILBOX_REPAIR, false};
}

struct mailbox_next
mailbox_next(const struct mailbox_sight *sight)
{
    const enum mailbox_state made = sight->here ? MAILBOX_NEW_LOCAL : MAILBOX_NEW_REMOTE; /* where it is, by itself */

    if (!sight->chosen)
        return sight->known ? (struct mailbox_next){TURN_LEFT_OUT, made, true}
                            : (struct mailbox_next){TURN_NONE, sight->was, false};
    if (!sight->there && !sight->here)
        return (struct mailbox_next){TURN_OVER, sight->was, sight->known};
    if (sight->there && sight->here)
        return turn_on_both_sides(sight);
    if (sight->there && sight->restored) /* from before it was made: nobody removed it */
        return (struct mailbox_next){TURN_MADE_AGAIN, made, sight->known && !is_new(sight->was)};
    if (sight->was == made)
        return (struct mailbox_next){TURN_NONE, made, false};
    return (struct mailbox_next){TURN_GONE, sight->here ? MAILBOX_GONE_REMOTE : MAILBOX_GONE_LOCAL, false};
}
