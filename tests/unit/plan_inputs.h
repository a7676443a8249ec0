/*
 * What the planner may be asked about one message: every presence, two flags at a time out of \Seen, \Flagged and \Deleted, every mask of
 * flags that the server can store, every fact about the file, every policy. Included once by each test of the planner's
 * answers, after cmocka.h.
 */
#ifndef TESTS_UNIT_PLAN_INPUTS_H
#define TESTS_UNIT_PLAN_INPUTS_H

#include "sync/rules/plan.h"

#define POLICIES 128u /* new, flags, deletes each way, and expunge */
#define FACTS 8u      /* altered, refused, alias */
#define PRESENCES 9u
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static const unsigned flag_pairs[][2] = {
    {FLAG_SEEN, FLAG_FLAGGED}, {FLAG_FLAGGED, FLAG_DELETED}, {FLAG_SEEN, FLAG_DELETED}};
static const struct policy everything = {
    .pull = {true, true, true, true, false}, .push = {true, true, true, true, false}, .guard = true, .max_delete = 25};

static struct policy
policy_number(unsigned n)
{
    return (struct policy){.pull = {.new_mail = n & 1, .flags = n & 2, .deletes = n & 4},
                           .push = {.new_mail = n & 8, .flags = n & 16, .deletes = n & 32},
                           .expunge = n & 64};
}

/* The low bits of `n` as flags of this pair. */
static unsigned
flags_number(const unsigned pair[static 2], unsigned n)
{
    return (n & 1 ? pair[0] : 0) | (n & 2 ? pair[1] : 0);
}

static struct plan_message
message_number(const unsigned pair[static 2], unsigned presence, unsigned flags, unsigned permanent, unsigned facts)
{
    return (struct plan_message){
        .there = (enum plan_presence)(presence % 3),
        .here = (enum plan_presence)(presence / 3),
        .flags = {.rbase = flags_number(pair, flags),
                  .rseen = flags_number(pair, flags >> 2),
                  .lbase = flags_number(pair, flags >> 4),
                  .lseen = flags_number(pair, flags >> 6)},
        .permanent = flags_number(pair, permanent) | (FLAG_ALL & ~(pair[0] | pair[1])),
        .altered = facts & 1,
        .refused = facts & 2,
        .alias = facts & 4,
    };
}

/* ---- words for a failure ---- */

static const char *const verbs[] = {"nothing", "forget", "download", "upload", "flags", "remove here", "remove there"};
static const char *const presences[] = {"never", "here", "gone"};

static void
print_direction(const char *name, const struct direction *direction)
{
    print_error("  %s:%s%s%s\n", name, direction->new_mail ? " new" : "", direction->flags ? " flags" : "",
                direction->deletes ? " deletes" : "");
}

static void
print_side(const char *name, enum plan_presence presence, unsigned base_flags, unsigned seen_flags)
{
    char base[7], seen[7];

    flags_to_letters(base_flags, base);
    flags_to_letters(seen_flags, seen);
    print_error("  %s: %s, base \"%s\", seen \"%s\"\n", name, presences[presence], base, seen);
}

static void
print_case(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    char there_add[7], there_del[7], here_add[7], here_del[7], agreed[7], permanent[7];

    flags_to_letters(message->permanent, permanent);
    flags_to_letters(step->flags.there_add, there_add);
    flags_to_letters(step->flags.there_del, there_del);
    flags_to_letters(step->flags.here_add, here_add);
    flags_to_letters(step->flags.here_del, here_del);
    flags_to_letters(step->flags.agreed, agreed);
    print_side("there", message->there, message->flags.rbase, message->flags.rseen);
    print_side("here", message->here, message->flags.lbase, message->flags.lseen);
    print_error("  the server holds \"%s\"%s%s%s\n", permanent, message->altered ? ", altered" : "",
                message->refused ? ", refused" : "", message->alias ? ", alias" : "");
    print_direction("pull", &policy->pull);
    print_direction("push", &policy->push);
    print_error("  expunge: %s\n", policy->expunge ? "yes" : "no");
    print_error("  answer: %s%s, there +%s -%s, here +%s -%s, agreed %s\n", verbs[step->verb],
                step->kept_back ? " (kept back)" : "", there_add, there_del, here_add, here_del, agreed);
}

/* In a function that returns the law that is broken, or NULL. */
#define LAW(sentence, holds)                                                                                           \
    do {                                                                                                               \
        if (!(holds))                                                                                                  \
            return sentence;                                                                                           \
    } while (0)

#endif
