/*
 * The heart: readable in one sitting, enumerated exhaustively by a test.
 *
 * Rules for a removal on one side and a change of flags on the other (an exhaustive model of a server and two clients showed
 * that they converge, and that both simpler rules, delete always and resurrect always, are no safer):
 *   survivor unchanged since its base          the removal goes on
 *   survivor gained \Flagged or lost \Deleted  somebody wants it: it comes back
 *   survivor changed otherwise                 the removal goes on
 * Rules for flags, each flag by itself:
 *   one side changed it                        the other follows, if it can store it
 *   both changed it                            set wins
 */
#include "sync/rules/plan.h"

bool
plan_is_wanted_back(const struct plan_side *survivor)
{
    unsigned gained = survivor->seen & ~survivor->base;
    unsigned lost = survivor->base & ~survivor->seen;

    return (gained & FLAG_FLAGGED) != 0 || (lost & FLAG_DELETED) != 0;
}

static struct plan_step
step_of(enum plan_verb verb, enum plan_reason reason, bool allowed)
{
    return (struct plan_step){.verb = verb, .reason = reason, .kept_back = !allowed};
}

/* Why does a side get a message that it does not have? */
static enum plan_reason
reason_to_add(const struct plan_message *message, const struct plan_side *has, const struct plan_side *lacks)
{
    if (lacks->presence == PLAN_NEVER)
        return PLAN_NEW;
    if (message->altered)
        return PLAN_ALTERED;
    if (message->unpaired)
        return PLAN_LOST_PAIR;
    return plan_is_wanted_back(has) ? PLAN_WANTED : PLAN_OBVIOUS;
}

static struct plan_step
plan_flags(const struct plan_message *message, const struct policy *policy)
{
    const struct plan_side *r = &message->remote, *l = &message->local;
    struct plan_step step = {.verb = PLAN_FLAGS};
    unsigned there = r->base ^ r->seen; /* changed there */
    unsigned here = l->base ^ l->seen;  /* changed here */
    unsigned differ = r->seen ^ l->seen;
    /* What only one side changed goes to the other; where both did, the side that shows it set wins. */
    unsigned down = differ & there & (~here | r->seen);
    unsigned up = differ & here & (~there | l->seen) & message->permanent;

    if (!policy->pull.flags && down != 0) {
        step.kept_back = true;
        down = 0;
    }
    if (!policy->push.flags && up != 0) {
        step.kept_back = true;
        up = 0;
    }
    step.here_add = down & r->seen;
    step.here_del = down & ~r->seen;
    step.there_add = up & l->seen;
    step.there_del = up & ~l->seen;
    /* A change that the other side shows already, or can't store, is agreed on: what is seen becomes the base. */
    step.agreed = ((there | here) & ~differ) | (here & ~there & differ & ~message->permanent) |
                  (here & there & differ & l->seen & ~message->permanent);
    if ((there | here) == 0)
        step.verb = PLAN_NOTHING;
    return step;
}

static struct plan_step
plan_both_here(const struct plan_message *message, const struct policy *policy)
{
    struct plan_step step = plan_flags(message, policy);
    bool deleted = (message->remote.seen & message->local.seen & FLAG_DELETED) != 0;

    if (policy->expunge && deleted && step.verb == PLAN_NOTHING && !message->altered)
        return step_of(PLAN_REMOVE_THERE, PLAN_DELETED, policy->push.deletes);
    return step;
}

struct plan_step
plan_message(const struct plan_message *message, const struct policy *policy)
{
    enum plan_presence there = message->remote.presence, here = message->local.presence;
    enum plan_reason why;

    if (there != PLAN_HERE && here != PLAN_HERE)
        return step_of(PLAN_FORGET, PLAN_OBVIOUS, true);
    if (message->alias) /* another row stands for it; gone was answered above */
        return step_of(PLAN_NOTHING, PLAN_OBVIOUS, true);
    if (there == PLAN_HERE && here == PLAN_HERE)
        return plan_both_here(message, policy);
    if (there == PLAN_HERE) {
        /* An altered file that is gone was not the message: the message itself comes back. */
        why = reason_to_add(message, &message->remote, &message->local);
        if (why != PLAN_OBVIOUS)
            return step_of(PLAN_DOWNLOAD, why, policy->pull.new_mail);
        return step_of(PLAN_REMOVE_THERE, PLAN_REMOVED, policy->push.deletes);
    }
    if (message->altered)
        return step_of(PLAN_NOTHING, PLAN_OBVIOUS, true);
    why = reason_to_add(message, &message->local, &message->remote);
    if (why != PLAN_OBVIOUS) {
        if (message->refused)
            return step_of(PLAN_NOTHING, PLAN_OBVIOUS, true);
        return step_of(PLAN_UPLOAD, why, policy->push.new_mail);
    }
    return step_of(PLAN_REMOVE_HERE, PLAN_REMOVED, policy->pull.deletes);
}

const char *
plan_reason_words(const struct plan_step *step)
{
    switch (step->reason) {
    case PLAN_NEW:
        return step->verb == PLAN_DOWNLOAD ? "new there" : "new here";
    case PLAN_REMOVED:
        return step->verb == PLAN_REMOVE_HERE ? "removed there" : "removed here";
    case PLAN_DELETED:
        return "deleted on both sides";
    case PLAN_WANTED:
        return step->verb == PLAN_DOWNLOAD ? "removed here, but wanted there since"
                                           : "removed there, but wanted here since";
    case PLAN_ALTERED:
        return "the file that was here had been altered";
    case PLAN_LOST_PAIR:
        return step->verb == PLAN_DOWNLOAD ? "missing here, though nobody removed it"
                                           : "missing there, though nobody removed it";
    default:
        return "";
    }
}

const char *
plan_verb_word(enum plan_verb verb)
{
    static const char *const words[] = {"nothing", "forget",      "download",    "upload",
                                        "flags",   "remove-here", "remove-there"};

    return words[verb];
}
