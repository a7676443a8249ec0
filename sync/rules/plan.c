/*
 * The heart: readable in one sitting, enumerated exhaustively by a test.
 *
 * Rules for a removal on one side and a change of flags on the other (an exhaustive model of a server and two clients showed
 * that they converge, and that both simpler rules, delete always and resurrect always, are no safer):
 *   survivor unchanged since its base          the removal goes on
 *   survivor gained \Flagged or lost \Deleted  somebody wants it: it comes back
 *   survivor changed otherwise                 the removal goes on
 * Rules for flags: merge.h.
 */
#include "sync/rules/plan.h"

static struct plan_step
step_of(enum plan_verb verb, enum plan_reason reason, bool allowed)
{
    return (struct plan_step){.verb = verb, .reason = reason, .kept_back = !allowed};
}

/* Why does a side get a message that it does not have? */
static enum plan_reason
reason_to_add(const struct plan_message *message, bool here)
{
    if ((here ? message->here : message->there) == PLAN_NEVER)
        return PLAN_NEW;
    if (message->altered)
        return PLAN_ALTERED;
    if (message->unpaired)
        return PLAN_LOST_PAIR;
    return merge_is_wanted(merge_change(message->flags, !here)) ? PLAN_WANTED : PLAN_OBVIOUS;
}

static struct plan_step
plan_flags(const struct plan_message *message, const struct policy *policy)
{
    struct plan_step step = {.verb = PLAN_FLAGS, .flags = merge_plan(message->flags, message->permanent)};
    struct merge_step *flags = &step.flags;

    if (!policy->pull.flags && (flags->here_add | flags->here_del) != 0) {
        step.kept_back = true;
        flags->here_add = flags->here_del = 0;
    }
    if (!policy->push.flags && (flags->there_add | flags->there_del) != 0) {
        step.kept_back = true;
        flags->there_add = flags->there_del = 0;
    }
    if (!merge_is_changed(message->flags))
        step.verb = PLAN_NOTHING;
    return step;
}

static struct plan_step
plan_both_here(const struct plan_message *message, const struct policy *policy)
{
    struct plan_step step = plan_flags(message, policy);
    bool deleted = merge_both_show(message->flags, FLAG_DELETED);

    if (policy->expunge && deleted && step.verb == PLAN_NOTHING && !message->altered)
        return step_of(PLAN_REMOVE_THERE, PLAN_DELETED, policy->push.deletes);
    return step;
}

struct plan_step
plan_message(const struct plan_message *message, const struct policy *policy)
{
    enum plan_presence there = message->there, here = message->here;
    enum plan_reason why;

    if (there != PLAN_HERE && here != PLAN_HERE)
        return step_of(PLAN_FORGET, PLAN_OBVIOUS, true);
    if (message->alias) /* another row stands for it; gone was answered above */
        return step_of(PLAN_NOTHING, PLAN_OBVIOUS, true);
    if (there == PLAN_HERE && here == PLAN_HERE)
        return plan_both_here(message, policy);
    if (there == PLAN_HERE) {
        /* An altered file that is gone was not the message: the message itself comes back. */
        why = reason_to_add(message, true);
        if (message->apart)
            return step_of(PLAN_NOTHING, PLAN_OBVIOUS, true);
        if (why != PLAN_OBVIOUS)
            return step_of(PLAN_DOWNLOAD, why, policy->pull.new_mail);
        return step_of(PLAN_REMOVE_THERE, PLAN_REMOVED, policy->push.deletes);
    }
    if (message->altered)
        return step_of(PLAN_NOTHING, PLAN_OBVIOUS, true);
    why = reason_to_add(message, false);
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
