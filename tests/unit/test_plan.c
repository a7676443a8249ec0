/*
 * The planner, enumerated: to every input that plan_inputs.h knows a lawful answer. Where answers lead that are carried out: test_plan_ends.c. Several
 * messages, mailboxes and clients: test_plan_moves.c and test_plan_clients.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/forms.h"
#include "tests/unit/plan_inputs.h"

/* ---- what is lawful: each returns the law that is broken, or NULL ---- */

/* Somebody wants a message that was removed elsewhere: said once more, in other words than the planner's. */
static bool
is_wanted(unsigned base, unsigned seen)
{
    bool flagged = (seen & FLAG_FLAGGED) != 0 && (base & FLAG_FLAGGED) == 0;
    bool undeleted = (seen & FLAG_DELETED) == 0 && (base & FLAG_DELETED) != 0;

    return flagged || undeleted;
}

static const char *
broken_removal(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    const struct flag_sides *flags = &message->flags;
    bool both = message->there == PLAN_HERE && message->here == PLAN_HERE;
    bool unchanged = flags->rbase == flags->rseen && flags->lbase == flags->lseen;

    if (step->verb == PLAN_REMOVE_HERE) {
        LAW("a file is removed only if the server's message was seen to be gone",
            message->there == PLAN_GONE && message->here == PLAN_HERE);
        LAW("a file that was flagged or undeleted is not removed", !is_wanted(flags->lbase, flags->lseen));
    }
    if (step->verb == PLAN_REMOVE_THERE && !both) {
        LAW("a message is removed only if the file was seen to be gone",
            message->here == PLAN_GONE && message->there == PLAN_HERE);
        LAW("a message that was flagged or undeleted is not removed", !is_wanted(flags->rbase, flags->rseen));
    }
    if (step->verb == PLAN_REMOVE_THERE && both) {
        LAW("what both sides have is removed only by expunge", policy->expunge);
        LAW("expunge takes only what carries \\Deleted on both sides",
            (flags->rseen & flags->lseen & FLAG_DELETED) != 0);
        LAW("expunge waits until all flags are agreed", unchanged);
    }
    if (step->verb == PLAN_REMOVE_HERE || step->verb == PLAN_REMOVE_THERE) {
        LAW("an altered file is never a removal: its bytes were not the message", !message->altered);
        LAW("an alias is never a removal: another row stands for the message", !message->alias);
    }
    if (both && policy->expunge && unchanged && (flags->rseen & flags->lseen & FLAG_DELETED) != 0 &&
        !message->altered && !message->alias)
        LAW("expunge takes what carries \\Deleted on both sides", step->verb == PLAN_REMOVE_THERE);
    return NULL;
}

static const char *
broken_add(const struct plan_message *message, const struct plan_step *step)
{
    const struct flag_sides *flags = &message->flags;

    LAW("exactly what neither side has is forgotten",
        (step->verb == PLAN_FORGET) == (message->there != PLAN_HERE && message->here != PLAN_HERE));
    if (step->verb == PLAN_DOWNLOAD)
        LAW("only what the server has and the folder has not is downloaded",
            message->there == PLAN_HERE && message->here != PLAN_HERE);
    if (step->verb == PLAN_UPLOAD) {
        LAW("only what the folder has and the server has not is uploaded",
            message->here == PLAN_HERE && message->there != PLAN_HERE);
        LAW("an altered file is not uploaded", !message->altered);
        LAW("what the server refused is not sent again", !message->refused);
    }
    if (message->alias) {
        LAW("nothing is done about an alias", step->verb == PLAN_NOTHING || step->verb == PLAN_FORGET);
        return NULL;
    }
    if (message->there == PLAN_HERE && message->here == PLAN_NEVER)
        LAW("new mail on the server comes down", step->verb == PLAN_DOWNLOAD);
    if (message->there == PLAN_HERE && message->here == PLAN_GONE)
        LAW("a deletion here goes up, unless the message is wanted",
            step->verb ==
                (is_wanted(flags->rbase, flags->rseen) || message->altered ? PLAN_DOWNLOAD : PLAN_REMOVE_THERE));
    if (message->here != PLAN_HERE || message->altered)
        return NULL;
    if (message->there == PLAN_NEVER)
        LAW("new mail here goes up", step->verb == (message->refused ? PLAN_NOTHING : PLAN_UPLOAD));
    if (message->there == PLAN_GONE && !is_wanted(flags->lbase, flags->lseen))
        LAW("a deletion there comes down", step->verb == PLAN_REMOVE_HERE);
    if (message->there == PLAN_GONE && is_wanted(flags->lbase, flags->lseen))
        LAW("a file that was flagged or undeleted goes up again",
            step->verb == (message->refused ? PLAN_NOTHING : PLAN_UPLOAD));
    return NULL;
}

static const char *
broken_policy(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    unsigned differ = message->flags.rseen ^ message->flags.lseen;
    unsigned down = differ & (message->flags.rbase ^ message->flags.rseen);
    unsigned up = differ & (message->flags.lbase ^ message->flags.lseen);

    switch (step->verb) {
    case PLAN_NOTHING:
    case PLAN_FORGET:
        LAW("nothing to do is nothing to keep back", !step->kept_back);
        break;
    case PLAN_DOWNLOAD:
        LAW("a download is kept back exactly if pull has no new", step->kept_back == !policy->pull.new_mail);
        break;
    case PLAN_UPLOAD:
        LAW("an upload is kept back exactly if push has no new", step->kept_back == !policy->push.new_mail);
        break;
    case PLAN_REMOVE_HERE:
        LAW("a removal here is kept back exactly if pull has no deletes", step->kept_back == !policy->pull.deletes);
        break;
    case PLAN_REMOVE_THERE:
        LAW("a removal there is kept back exactly if push has no deletes", step->kept_back == !policy->push.deletes);
        break;
    case PLAN_FLAGS:
        LAW("flags come down only if pull has flags",
            policy->pull.flags || (step->flags.here_add | step->flags.here_del) == 0);
        LAW("flags go up only if push has flags",
            policy->push.flags || (step->flags.there_add | step->flags.there_del) == 0);
        if (policy->pull.flags && policy->push.flags)
            LAW("what is allowed is not kept back", !step->kept_back);
        if (step->kept_back)
            LAW("only a change that would be carried out is kept back",
                (!policy->pull.flags && down != 0) || (!policy->push.flags && up != 0));
        break;
    }
    return NULL;
}

static const char *
broken_flags(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    const struct flag_sides *flags = &message->flags;
    unsigned there = step->flags.there_add | step->flags.there_del, here = step->flags.here_add | step->flags.here_del;
    unsigned remote_changed = flags->rbase ^ flags->rseen, local_changed = flags->lbase ^ flags->lseen;
    unsigned changed = remote_changed | local_changed, differ = flags->rseen ^ flags->lseen;
    unsigned left = changed & ~(there | here | step->flags.agreed);

    if (step->verb != PLAN_FLAGS) {
        LAW("flags change only under the verb for flags", (there | here | step->flags.agreed) == 0);
        LAW("a change of flags on both sides' message is answered",
            changed == 0 || message->alias || message->there != PLAN_HERE || message->here != PLAN_HERE);
        return NULL;
    }
    LAW("flags are merged only where both sides have the message",
        message->there == PLAN_HERE && message->here == PLAN_HERE);
    LAW("no flag is set and cleared at once",
        (step->flags.there_add & step->flags.there_del) == 0 && (step->flags.here_add & step->flags.here_del) == 0);
    LAW("at most one side acts for each flag", (there & here) == 0);
    LAW("what is carried out is not agreed yet", ((there | here) & step->flags.agreed) == 0);
    LAW("a flag that nobody changed stays", ((there | here | step->flags.agreed) & ~changed) == 0);
    LAW("the server is sent only what it can store", (there & ~message->permanent) == 0);
    LAW("only a change here goes there", (there & ~local_changed) == 0);
    LAW("only a change there comes here", (here & ~remote_changed) == 0);
    LAW("what goes there is what the file shows",
        (step->flags.there_add & ~flags->lseen) == 0 && (step->flags.there_del & flags->lseen) == 0);
    LAW("what comes here is what the server shows",
        (step->flags.here_add & ~flags->rseen) == 0 && (step->flags.here_del & flags->rseen) == 0);
    LAW("only flags that differ are carried out", ((there | here) & ~differ) == 0);
    LAW("where both sides changed a flag, set wins",
        ((step->flags.there_del | step->flags.here_del) & remote_changed & local_changed) == 0);
    LAW("a flag that differs is agreed only where the server can't store it and the change came from here",
        (step->flags.agreed & differ & (message->permanent | ~local_changed)) == 0);
    LAW("every change is carried out, agreed or kept back", left == 0 || step->kept_back);
    LAW("only what would come down is left out without pull flags",
        (left & remote_changed & ~local_changed) == 0 || !policy->pull.flags);
    LAW("only what would go up is left out without push flags",
        (left & local_changed & ~remote_changed) == 0 || !policy->push.flags);
    return NULL;
}

/* Who wants to know why a message comes or goes is told, and nobody is told why a flag does. */
static const char *
broken_reason(const struct plan_step *step)
{
    const bool moves_mail = step->verb == PLAN_DOWNLOAD || step->verb == PLAN_UPLOAD ||
                            step->verb == PLAN_REMOVE_HERE || step->verb == PLAN_REMOVE_THERE;

    return (plan_reason_words(step)[0] != '\0') == moves_mail ? NULL : "mail that comes or goes has its reason";
}

static const char *
broken_law(const struct plan_message *message, const struct policy *policy, const struct plan_step *step)
{
    const char *law = broken_removal(message, policy, step);

    if (law == NULL)
        law = broken_add(message, step);
    if (law == NULL)
        law = broken_policy(message, policy, step);
    if (law == NULL)
        law = broken_reason(step);
    return law != NULL ? law : broken_flags(message, policy, step);
}

static void
every_answer_to_every_input_under_every_policy_is_lawful(void **state)
{
    const unsigned apart = (unsigned)stride(7);
    uint64_t inputs = 0;
    (void)state;

    for (size_t pair = 0; pair < 2; pair++) { /* \Deleted beside \Seen says nothing that it does not beside \Flagged */
        for (unsigned n = 0; n < PRESENCES * FACTS * 4 * 256; n++) {
            struct plan_message message =
                message_number(flag_pairs[pair], n / (FACTS * 4 * 256), n % 256, n / 256 % 4, n / 1024 % FACTS);

            for (unsigned p = n % apart; p < POLICIES; p += apart, inputs++) {
                struct policy policy = policy_number(p);
                struct plan_step step = plan_message(&message, &policy);
                const char *law = broken_law(&message, &policy, &step);

                if (law == NULL)
                    continue;
                print_case(&message, &policy, &step);
                fail_msg("broken: %s", law);
            }
        }
    }
    assert_true(apart > 1 || inputs == 2 * PRESENCES * FACTS * 4 * 256 * POLICIES);
}

static bool
is_same_step(const struct plan_step *a, const struct plan_step *b)
{
    return a->verb == b->verb && a->kept_back == b->kept_back && a->flags.there_add == b->flags.there_add &&
           a->flags.there_del == b->flags.there_del && a->flags.here_add == b->flags.here_add &&
           a->flags.here_del == b->flags.here_del && a->flags.agreed == b->flags.agreed;
}

static void
the_same_question_gets_the_same_answer_whatever_was_asked_before(void **state)
{
    static struct plan_step first[PRESENCES * FACTS * 4 * 256];
    (void)state;

    for (unsigned n = 0; n < LENGTH(first); n++) {
        struct plan_message message =
            message_number(flag_pairs[1], n / (FACTS * 4 * 256), n % 256, n / 256 % 4, n / 1024 % FACTS);

        first[n] = plan_message(&message, &everything);
    }
    for (unsigned n = LENGTH(first); n-- > 0;) {
        struct plan_message message =
            message_number(flag_pairs[1], n / (FACTS * 4 * 256), n % 256, n / 256 % 4, n / 1024 % FACTS);
        struct plan_step again = plan_message(&message, &everything);

        assert_true(is_same_step(&first[n], &again));
    }
}

/* So that two flags at a time are enough: what happens to one never depends on another. */
static void
each_of_the_six_flags_is_merged_by_itself(void **state)
{
    (void)state;

    for (unsigned bit = 1; bit <= FLAG_ALL; bit <<= 1) {
        for (unsigned n = 0; n < 32; n++) {
            struct plan_message alone = {.there = PLAN_HERE,
                                         .here = PLAN_HERE,
                                         .flags = {.rbase = n & 1 ? bit : 0,
                                                   .rseen = n & 2 ? bit : 0,
                                                   .lbase = n & 4 ? bit : 0,
                                                   .lseen = n & 8 ? bit : 0},
                                         .permanent = n & 16 ? FLAG_ALL : FLAG_ALL & ~bit};
            struct plan_step one = plan_message(&alone, &everything);

            for (unsigned others = 0; others < 32; others++) { /* all other flags alike, each state of theirs in turn */
                struct plan_message crowd = alone;
                struct plan_step step;
                unsigned rest = FLAG_ALL & ~bit;

                crowd.flags.rbase |= others & 1 ? rest : 0;
                crowd.flags.rseen |= others & 2 ? rest : 0;
                crowd.flags.lbase |= others & 4 ? rest : 0;
                crowd.flags.lseen |= others & 8 ? rest : 0;
                crowd.permanent &= others & 16 ? FLAG_ALL : bit;
                step = plan_message(&crowd, &everything);
                assert_int_equal(step.flags.there_add & bit, one.flags.there_add);
                assert_int_equal(step.flags.there_del & bit, one.flags.there_del);
                assert_int_equal(step.flags.here_add & bit, one.flags.here_add);
                assert_int_equal(step.flags.here_del & bit, one.flags.here_del);
                assert_int_equal(step.flags.agreed & bit, one.flags.agreed);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_to_every_input_under_every_policy_is_lawful),
        cmocka_unit_test(the_same_question_gets_the_same_answer_whatever_was_asked_before),
        cmocka_unit_test(each_of_the_six_flags_is_merged_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
