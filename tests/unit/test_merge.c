/* Flags three ways: what is planned, what the bases become when it is done or partly done, what a survivor is wanted for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/forms.h"
#include "tests/unit/merge_states.h"

/* ---- each flag by itself ---- */

#define FUNCTIONS 25
static struct flag_sides
call(unsigned function, struct flag_sides f, struct flag_sides g, unsigned mask, bool word)
{
    const struct merge_step plan = merge_plan(f, mask);
    const struct merge_step give = merge_give(merge_change(g, word), f, mask, FLAG_ALL);
    bool unshown;

    switch (function) {
    case 0:
        return (struct flag_sides){plan.there_add, plan.there_del, plan.here_add, plan.here_del};
    case 1:
        return (struct flag_sides){give.there_add, give.there_del, give.here_add, give.here_del};
    case 2:
        return (struct flag_sides){plan.agreed, merge_named(f, plan), merge_sent(f), 0};
    case 3:
        return word ? merge_unsaid(f, mask) : merge_agree(f, mask);
    case 4:
        return merge_stored(f, plan, g.rseen, word, &unshown);
    case 5:
        return merge_stored(f, give, g.rseen, word, &unshown);
    case 6:
        return merge_renamed(f, plan);
    case 7:
        return merge_delivered(f, mask);
    case 8:
        return merge_appended(f, mask);
    case 9:
        return merge_append_seen(f, mask);
    case 10:
        return merge_copied(f, g);
    case 11:
        return word ? merge_copy_marked(f) : merge_copy_seen(f, mask);
    case 12:
        return merge_moved_there(f, word ? "n" : "c:2,FT");
    case 13:
        return merge_moved_here(f, g);
    case 14:
        return merge_heir(f, g);
    case 15:
        return merge_new(f, word);
    case 16:
        return merge_without_file(f);
    case 17:
        return merge_unchanged(f, word);
    case 18:
        return merge_edited(f);
    case 19:
        return word ? merge_met(f) : merge_unknown(f);
    case 20:
        return word ? merge_level(f, mask) : merge_back(f, mask);
    case 21:
        return merge_past(f, mask, word);
    case 22:
        return merge_unflushed(f, word);
    case 23:
        return merge_survivor(f, mask, word);
    default:
        return word ? merge_equal(f) : merge_undelete(f);
    }
}

/* Any number as the flags of both sides, another one for each. */
static struct flag_sides
any(uint64_t n)
{
    n = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    n ^= n >> 29;
    return (struct flag_sides){n & FLAG_ALL, n >> 6 & FLAG_ALL, n >> 12 & FLAG_ALL, n >> 18 & FLAG_ALL};
}

static void
every_function_answers_for_each_flag_by_itself(void **state)
{
    (void)state;

    for (unsigned n = 0; n < 1u << 14; n += (unsigned)stride(16)) {
        const struct flag_sides f = any(n), g = any(n + (1u << 20));
        const unsigned mask = any(n + (1u << 21)).rbase;

        for (unsigned function = 0; function < FUNCTIONS * 2; function++) {
            const bool word = function % 2;
            const struct flag_sides all = call(function / 2, f, g, mask, word);

            for (unsigned bit = 1; bit <= FLAG_ALL; bit <<= 1) {
                const struct flag_sides one = call(function / 2, only(f, bit), only(g, bit), mask & bit, word);

                if (!is_same(only(all, bit), only(one, bit)))
                    fail_msg("function %u of this test, flag %u", function / 2, bit);
            }
        }
    }
}

/* ---- what is planned, and what becomes of it ---- */

static void
what_only_one_side_changed_is_carried_to_the_other_and_of_what_both_changed_set_wins(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct merge_step step = merge_plan(f, s.mask);
        const unsigned there = f.rbase ^ f.rseen, here = f.lbase ^ f.lseen, differ = f.rseen ^ f.lseen;

        LAW(f, f, (there & ~here & differ & ~renamed_by(step)) == 0);
        LAW(f, f, (here & ~there & differ & s.mask & ~sent_by(step)) == 0);
        LAW(f, f, (there & here & cleared_by(step)) == 0);
        LAW(f, f, (there & here & differ & s.mask & ~(step.there_add | step.here_add)) == 0);
        LAW(f, f, ((sent_by(step) | renamed_by(step) | step.agreed) & ~(there | here)) == 0);
        LAW(f, f, (there | here) == (sent_by(step) | renamed_by(step) | step.agreed));
    }
}

static void
when_all_that_was_planned_is_done_nothing_is_left_to_plan(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct merge_step step = merge_plan(f, s.mask);
        struct flag_sides done = merge_agree(f, step.agreed);
        bool unshown;

        done = merge_stored(done, step, (f.rseen | step.there_add) & ~step.there_del, false, &unshown);
        LAW(f, done, merge_named(done, step) == merge_renamed(done, step).lseen);
        done = merge_renamed(done, step);
        LAW(f, done, !unshown && !merge_is_changed(done));
        LAW(f, done, ((done.rseen ^ done.lseen) & s.mask & ~(f.rbase ^ f.lbase)) == 0);
    }
}

static void
after_a_store_only_what_was_sent_is_known_of_the_server_and_the_rest_is_another_clients_change(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct merge_step step = merge_plan(f, s.mask);
        bool unshown;
        const struct flag_sides done = merge_stored(f, step, s.shown, false, &unshown);

        LAW(f, done, done.rseen == s.shown && done.lseen == f.lseen);
        LAW(f, done, ((done.rbase ^ s.shown) & sent_by(step)) == 0);
        LAW(f, done, ((done.rbase ^ f.rbase) & ~sent_by(step) & ~renamed_by(step)) == 0);
        LAW(f, done, ((done.lbase ^ f.lbase) & ~sent_by(step)) == 0);
        LAW(f, done, unshown == (((s.shown ^ step.there_add) & sent_by(step)) != 0));
    }
}

static void
what_does_not_show_after_it_was_sent_is_sent_once_more_and_never_a_third_time(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct merge_step step = merge_plan(f, s.mask);
        const unsigned missed = (s.shown ^ step.there_add) & sent_by(step);
        bool unshown;
        const struct flag_sides once = merge_stored(f, step, s.shown, false, &unshown);
        const struct flag_sides twice = merge_stored(once, merge_plan(once, s.mask), s.shown, true, &unshown);

        LAW(f, once, (missed & ~sent_by(merge_plan(once, s.mask))) == 0);
        LAW(f, twice, !unshown && (missed & sent_by(merge_plan(twice, s.mask))) == 0);
        LAW(f, twice, (missed & step.there_add & renamed_by(merge_plan(twice, s.mask))) == 0);
        LAW(f, twice, (missed & step.there_del & ~(merge_plan(twice, s.mask).here_add ^ FLAG_DELETED)) == 0);
    }
}

static void
after_a_rename_both_agree_on_what_was_planned_and_what_the_server_showed_since_is_a_change(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct merge_step step = merge_plan(f, s.mask);
        struct flag_sides now = f, done;

        now.rseen = s.shown;
        done = merge_renamed(now, step);
        LAW(now, done, ((done.lseen ^ step.here_add) & renamed_by(step)) == 0);
        LAW(now, done, ((done.lbase ^ done.lseen) & renamed_by(step)) == 0);
        LAW(now, done, ((done.rbase ^ done.lbase) & renamed_by(step)) == 0);
        LAW(now, done, is_same(only(done, ~renamed_by(step)), only(now, ~renamed_by(step))));
        LAW(now, done, ((s.shown ^ step.here_add) & renamed_by(step) & ~renamed_by(merge_plan(done, BOTH))) == 0);
    }
}

static void
what_was_fetched_is_in_sync_with_what_the_server_showed_then(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides done = merge_delivered(f, s.mask);

        LAW(f, done, done.lseen == s.mask && done.rseen == f.rseen);
        LAW(f, done, merge_is_changed(done) == (f.rseen != s.mask));
        LAW(f, done, sent_by(merge_plan(done, BOTH)) == 0 && renamed_by(merge_plan(done, BOTH)) == (f.rseen ^ s.mask));
    }
}

/* ---- what was sent ---- */

static void
what_an_append_brought_is_agreed_on_and_what_it_lost_is_stored_once_more(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides sent = merge_appended(f, s.mask);
        struct flag_sides seen = merge_append_seen(sent, s.shown);
        struct merge_step step;

        LAW(f, sent, !merge_is_changed(sent) && sent.lseen == f.lseen && sent.rseen == (f.lseen & s.mask));
        LAW(f, seen, seen.rbase == (f.lseen & s.shown) && seen.lbase == seen.rbase);
        seen.rseen = s.shown;
        step = merge_plan(seen, s.mask);
        LAW(f, seen, step.there_add == (f.lseen & ~s.shown & s.mask));
        LAW(f, seen, step.here_add == (s.shown & ~f.lseen));
        LAW(f, seen, cleared_by(step) == 0);
    }
}

static void
a_new_version_brings_what_others_set_on_the_old_one_and_takes_nothing_off_it(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides edited = merge_edited(f);

        LAW(f, edited, merge_sent(edited) == (f.lseen | (f.rseen & ~f.rbase)));
        LAW(f, edited, edited.rbase == f.lseen && edited.lbase == f.lseen && edited.lseen == f.lseen);
        LAW(f, edited, merge_sent(merge_new(f, true)) == f.lseen);
    }
}

static void
of_a_copy_what_came_along_goes_as_its_name_says_and_what_was_set_since_stays(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides file = s.f;
        const struct flag_sides copy = merge_copied(file, (struct flag_sides){.rseen = s.mask});
        const struct flag_sides seen = merge_copy_seen(copy, s.shown);
        const struct merge_step step = merge_plan(seen, BOTH);
        const unsigned since = s.shown & ~s.mask & ~(unsigned)FLAG_DELETED;

        LAW(file, seen, seen.rseen == s.shown && seen.lseen == file.lseen);
        LAW(file, seen, step.here_add == (since & ~file.lseen));
        LAW(file, seen, step.there_del == (s.shown & ~since & ~file.lseen));
        LAW(file, seen, (step.there_add & ~(file.lseen & ~s.shown)) == 0);
        const struct flag_sides marked = merge_copy_marked(seen);

        LAW(file, marked, merge_plan(marked, BOTH).here_add == (s.shown & (~s.mask | FLAG_DELETED) & ~file.lseen));
        LAW(file, marked, (merge_plan(marked, BOTH).there_del & FLAG_DELETED) == 0);
        LAW(file, marked, merge_is_marked_there(marked) == ((s.shown & FLAG_DELETED) != 0));
        LAW(file, seen, merge_copy_is_deleted(file, copy) == ((s.mask & ~file.lseen & FLAG_DELETED) != 0));
    }
}

/* ---- removal against change ---- */

static void
a_survivor_is_wanted_only_by_flagged_that_was_set_and_deleted_that_was_taken_off(void **state)
{
    (void)state;

    for (unsigned base = 0; base <= FLAG_ALL; base++) {
        for (unsigned seen = 0; seen <= FLAG_ALL; seen++) {
            const bool wanted = (seen & ~base & FLAG_FLAGGED) != 0 || (base & ~seen & FLAG_DELETED) != 0;
            const struct flag_sides there = {.rbase = base, .rseen = seen}, here = {.lbase = base, .lseen = seen};

            assert_int_equal(merge_is_wanted(merge_change(there, false)), wanted);
            assert_int_equal(merge_is_wanted(merge_change(here, true)), wanted);
            assert_false(merge_is_wanted(merge_change(there, true)) || merge_is_wanted(merge_change(here, false)));
            assert_false(merge_is_wanted(merge_change(merge_unchanged(there, false), false)));
            assert_false(merge_is_wanted(merge_change(merge_unchanged(here, true), true)));
        }
    }
}

static void
a_change_that_is_given_to_another_message_ends_on_both_of_its_sides(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides to = s.f;
        const struct merge_change change = merge_change((struct flag_sides){.rbase = s.mask, .rseen = s.shown}, false);
        const struct merge_step step = merge_give(change, to, BOTH, BOTH);
        const struct merge_step none = merge_give(change, to, 0, 0);
        const unsigned shown = (to.rseen | step.there_add) & ~step.there_del;
        bool unshown;
        struct flag_sides stored = merge_stored(to, step, shown, false, &unshown), done;

        assert_int_equal(sent_by(none) | renamed_by(none), 0);
        LAW(to, to, (change.add & ~shown) == 0 && (change.del & shown) == 0);
        LAW(to, to, (change.add & ~merge_named(to, step)) == 0 && (change.del & merge_named(to, step)) == 0);
        /* A run that dies here finds a change of the server's that is to come down. */
        if (to.lbase == to.lseen)
            LAW(to, stored, (renamed_by(step) & sent_by(step) & ~renamed_by(merge_plan(stored, BOTH))) == 0);
        done = merge_renamed(stored, step);
        LAW(to, done, (renamed_by(step) & (done.rbase ^ done.lbase)) == 0);
    }
}

static void
our_own_deleted_comes_off_where_the_file_is_here_and_nobody_elses_does(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides ended = merge_undelete(f);
        const bool own = merge_is_own_deleted(f, f.rseen);

        LAW(f, ended, own == ((f.rseen & ~f.rbase & FLAG_DELETED) != 0));
        LAW(f, ended, merge_is_own_deleted(f, FLAG_DELETED) == ((f.rbase & FLAG_DELETED) == 0));
        LAW(f, ended, own || is_same(ended, f));
        if (own && (f.lseen & FLAG_DELETED) == 0)
            LAW(f, ended, (merge_plan(ended, BOTH).there_del & FLAG_DELETED) != 0);
        LAW(f, ended, is_same(only(ended, FLAG_FLAGGED), only(f, FLAG_FLAGGED)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_answers_for_each_flag_by_itself),
        cmocka_unit_test(what_only_one_side_changed_is_carried_to_the_other_and_of_what_both_changed_set_wins),
        cmocka_unit_test(when_all_that_was_planned_is_done_nothing_is_left_to_plan),
        cmocka_unit_test(
            after_a_store_only_what_was_sent_is_known_of_the_server_and_the_rest_is_another_clients_change),
        cmocka_unit_test(what_does_not_show_after_it_was_sent_is_sent_once_more_and_never_a_third_time),
        cmocka_unit_test(after_a_rename_both_agree_on_what_was_planned_and_what_the_server_showed_since_is_a_change),
        cmocka_unit_test(what_was_fetched_is_in_sync_with_what_the_server_showed_then),
        cmocka_unit_test(what_an_append_brought_is_agreed_on_and_what_it_lost_is_stored_once_more),
        cmocka_unit_test(a_new_version_brings_what_others_set_on_the_old_one_and_takes_nothing_off_it),
        cmocka_unit_test(of_a_copy_what_came_along_goes_as_its_name_says_and_what_was_set_since_stays),
        cmocka_unit_test(a_survivor_is_wanted_only_by_flagged_that_was_set_and_deleted_that_was_taken_off),
        cmocka_unit_test(a_change_that_is_given_to_another_message_ends_on_both_of_its_sides),
        cmocka_unit_test(our_own_deleted_comes_off_where_the_file_is_here_and_nobody_elses_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
