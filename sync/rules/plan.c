/*
 * The heart: readable in one sitting, enumerated exhaustively by a test.
 *
 * Rules for a removal on one side and a change of flags on the other (an exhaustive model of a server and two clients showed
 * that they converge, and that both simpler rules, delete always and resurrect always, are no safer):
 *   survivor unchanged since its base          the removal goes on
 *   survivor gained \Flagged or lost \Deleted  somebody wants it: it comes back
 *   survivor changed otherwise                 the removal goes on
 * Rules for flags, each flag by itself:
 *   one side changed it                        the other follows, if it can hold it
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
step_of(enum plan_verb verb, bool allowed)
{
    return (struct plan_step){.verb = verb, .kept_back = !allowed};
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
    /* A change that the other side shows already, or can't hold, is settled by writing down what is seen. */
    step.settled = ((there | here) & ~differ) | (here & ~there & differ & ~message->permanent) |
                   (here & there & differ & l->seen & ~message->permanent);
    if ((there | here) == 0)
        step.verb = PLAN_NOTHING;
    return step;
}

static struct plan_step
plan_both_here(const struct plan_message *message, const struct policy *policy)
{
    struct plan_step step = plan_flags(message, policy);
    bool marked = (message->remote.seen & message->local.seen & FLAG_DELETED) != 0;

    if (policy->expunge && marked && step.verb == PLAN_NOTHING && !message->altered)
        return step_of(PLAN_REMOVE_THERE, policy->push.deletes);
    return step;
}

struct plan_step
plan_message(const struct plan_message *message, const struct policy *policy)
{
    enum plan_presence there = message->remote.presence, here = message->local.presence;

    if (there != PLAN_HERE && here != PLAN_HERE)
        return step_of(PLAN_FORGET, true);
    if (message->alias) /* its twin stands for it; gone was answered above */
        return step_of(PLAN_NOTHING, true);
    if (there == PLAN_HERE && here == PLAN_HERE)
        return plan_both_here(message, policy);
    if (there == PLAN_HERE) {
        /* An altered file that is gone was not the message: the message itself comes back. */
        if (here == PLAN_NEVER || message->altered || message->unpaired || plan_is_wanted_back(&message->remote))
            return step_of(PLAN_DOWNLOAD, policy->pull.new_mail);
        return step_of(PLAN_REMOVE_THERE, policy->push.deletes);
    }
    if (message->altered)
        return step_of(PLAN_NOTHING, true);
    if (there == PLAN_NEVER || message->unpaired || plan_is_wanted_back(&message->local)) {
        if (message->refused)
            return step_of(PLAN_NOTHING, true);
        return step_of(PLAN_UPLOAD, policy->push.new_mail);
    }
    return step_of(PLAN_REMOVE_HERE, policy->pull.deletes);
}

const char *
plan_verb_word(enum plan_verb verb)
{
    static const char *const words[] = {"nothing", "forget",      "download",    "upload",
                                        "flags",   "remove-here", "remove-there"};

    return words[verb];
}
