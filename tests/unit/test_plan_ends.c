/*
 * The planner's answers, carried out on a model of one message as the engine does, from every input that plan_inputs.h knows: after a few of them there
 * is nothing left to do, and both sides are the same. Which answers are lawful: test_plan.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/forms.h"
#include "tests/unit/plan_inputs.h"

struct model {
    struct plan_message
        row;        /* what the journal holds; `seen` is what each side shows, for golub looks before every plan */
    unsigned holds; /* what the server keeps of what it is sent, whatever it promised */
    bool forgotten, unshown;
};

static void
carry_out_flags(struct model *model, const struct merge_step *step)
{
    struct plan_message *row = &model->row;
    unsigned shown = (row->flags.rseen | (step->there_add & model->holds)) & ~(step->there_del & model->holds);
    bool again = model->unshown;

    row->flags = merge_agree(row->flags, step->agreed);
    if ((step->there_add | step->there_del) != 0)
        row->flags = merge_stored(row->flags, *step, shown, again, &model->unshown);
    row->flags = merge_renamed(row->flags, *step);
}

/* ... and looks at what became of it. */
static void
carry_out_upload(struct model *model)
{
    struct plan_message *row = &model->row;
    unsigned shown;

    if (row->there == PLAN_GONE)
        row->flags = merge_new(row->flags, true);
    shown = merge_sent(row->flags) & model->holds;
    row->flags = merge_append_seen(merge_appended(row->flags, row->permanent), shown);
    row->flags.rseen = shown;
    row->there = PLAN_HERE;
}

static void
carry_out(struct model *model, const struct plan_step *step)
{
    struct plan_message *row = &model->row;

    if (step->kept_back && step->verb != PLAN_FLAGS)
        return;
    switch (step->verb) {
    case PLAN_NOTHING:
        model->unshown = false;
        break;
    case PLAN_FORGET:
        model->forgotten = true;
        break;
    case PLAN_DOWNLOAD:
        row->here = PLAN_HERE;
        row->flags = merge_delivered(row->flags, row->flags.rseen);
        row->altered = row->refused = false;
        break;
    case PLAN_UPLOAD:
        carry_out_upload(model);
        break;
    case PLAN_FLAGS:
        carry_out_flags(model, &step->flags);
        break;
    case PLAN_REMOVE_HERE:
        row->here = PLAN_GONE;
        break;
    case PLAN_REMOVE_THERE:
        row->there = PLAN_GONE;
        break;
    }
}

static bool
is_same_model(const struct model *a, const struct model *b)
{
    return a->row.there == b->row.there && a->row.flags.rbase == b->row.flags.rbase &&
           a->row.flags.rseen == b->row.flags.rseen && a->row.here == b->row.here &&
           a->row.flags.lbase == b->row.flags.lbase && a->row.flags.lseen == b->row.flags.lseen &&
           a->forgotten == b->forgotten;
}

/* An alias has no UID of its own. Bases that differ were written down because the server could not store the flag. */
static bool
is_possible(const struct model *model)
{
    const struct plan_message *row = &model->row;
    bool both = row->there == PLAN_HERE && row->here == PLAN_HERE;

    if (row->alias && row->there != PLAN_NEVER)
        return false;
    return !both || ((row->flags.rbase ^ row->flags.lbase) & row->permanent & model->holds) == 0;
}

static const char *
broken_end(const struct model *model)
{
    const struct plan_message *row = &model->row;
    bool there = row->there == PLAN_HERE, here = row->here == PLAN_HERE;

    if (model->forgotten || row->altered || row->alias || (row->refused && !there))
        return NULL;
    LAW("in the end both sides have the message, or neither", there && here);
    LAW("in the end both sides show the same flags, but for what the server can't store",
        ((row->flags.rseen ^ row->flags.lseen) & row->permanent & model->holds) == 0);
    return NULL;
}

static void
check_end(struct model model, const struct policy *policy, unsigned steps, bool all_allowed)
{
    const struct model start = model;
    struct plan_step step = {0};
    struct model before;
    const char *law = NULL;

    /* What goes up brings flags that the version it replaces got; what then does not show is sent once more, if the server promised to store it. */
    steps += (FLAG_ALL & ~model.holds) != 0;
    steps += (model.row.permanent & ~model.holds) != 0;
    steps += model.row.there == PLAN_NEVER && merge_sent(model.row.flags) != model.row.flags.lseen;
    for (unsigned i = 0; i < steps && !model.forgotten; i++) {
        step = plan_message(&model.row, policy);
        carry_out(&model, &step);
    }
    before = model;
    step = plan_message(&model.row, policy);
    if (!model.forgotten)
        carry_out(&model, &step);
    /* What was removed on one side is found to be gone on both, and forgotten: that is not a change of mail. */
    if (step.verb == PLAN_FORGET)
        before.forgotten = true;
    if (!is_same_model(&before, &model) || (all_allowed && step.verb != PLAN_NOTHING && step.verb != PLAN_FORGET))
        law = "after that there is nothing left to do";
    else if (all_allowed)
        law = broken_end(&model);
    if (law == NULL)
        return;
    print_error("from:\n");
    print_case(&start.row, policy, &(struct plan_step){0});
    print_error("to, the server keeps %x of what it is sent:\n", model.holds);
    print_case(&before.row, policy, &step);
    fail_msg("broken: %s", law);
}

/* A server that promises more than it keeps, or keeps what it did not promise, is one of the cases. */
static void
check_ends(const struct policy *policy, unsigned steps, bool all_allowed)
{
    for (size_t pair = 0; pair < LENGTH(flag_pairs); pair++) {
        for (unsigned n = 0; n < PRESENCES * FACTS * 4 * 256; n++) {
            struct model model = {
                .row = message_number(flag_pairs[pair], n / (FACTS * 4 * 256), n % 256, n / 256 % 4, n / 1024 % FACTS)};

            for (unsigned holds = 0; holds < 4; holds++) {
                model.holds =
                    flags_number(flag_pairs[pair], holds) | (FLAG_ALL & ~(flag_pairs[pair][0] | flag_pairs[pair][1]));
                if (is_possible(&model))
                    check_end(model, policy, steps, all_allowed);
            }
        }
    }
}

static void
two_steps_bring_both_sides_together_and_two_more_where_the_server_forgets_what_it_promised(void **state)
{
    (void)state;

    check_ends(&everything, 2, true);
}

static void
with_expunge_it_takes_one_step_for_flags_and_one_for_each_side(void **state)
{
    struct policy policy = everything;
    (void)state;

    policy.expunge = true;

    check_ends(&policy, 3, true);
}

static void
under_every_policy_there_comes_an_end(void **state)
{
    const unsigned apart = (unsigned)stride(5);
    (void)state;

    for (unsigned p = 0; p < POLICIES; p++) {
        struct policy policy = policy_number(p);

        for (unsigned n = p % apart; n < PRESENCES * FACTS * 256; n += apart) {
            struct model model = {.row = message_number(flag_pairs[1], n / (FACTS * 256), n % 256, 3, n / 256 % FACTS),
                                  .holds = FLAG_ALL};

            if (is_possible(&model))
                check_end(model, &policy, 3, false);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_steps_bring_both_sides_together_and_two_more_where_the_server_forgets_what_it_promised),
        cmocka_unit_test(with_expunge_it_takes_one_step_for_flags_and_one_for_each_side),
        cmocka_unit_test(under_every_policy_there_comes_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
