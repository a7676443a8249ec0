/* What the bases become when a message has another place, another half or another name than it had: nothing that is missing was taken off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/merge_states.h"

/* ---- another place, another half ---- */

static void
a_message_that_moves_keeps_both_bases_and_the_changes_of_both_sides(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides up = merge_moved_there(f, "c:2,F"), bare = merge_moved_there(f, "n");
        const struct flag_sides down = merge_moved_here((struct flag_sides){.rseen = s.mask}, f);
        const struct flag_sides heir = merge_heir((struct flag_sides){.lseen = s.mask}, f);

        LAW(f, up, up.rbase == f.rbase && up.lbase == f.lbase && up.rseen == f.rseen && up.lseen == FLAG_FLAGGED);
        LAW(f, bare, bare.lseen == f.lbase); /* in new/ without a suffix: nothing was changed here, but for \Seen */
        LAW(f, down, down.rbase == f.rbase && down.lbase == f.lbase && down.lseen == f.lseen && down.rseen == s.mask);
        LAW(f, heir, heir.rbase == f.rbase && heir.lbase == f.lbase && heir.rseen == f.rseen && heir.lseen == s.mask);
    }
}

static void
where_the_bases_differ_nothing_was_agreed_on_in_another_place_and_set_wins(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides level = merge_level(f, s.mask);
        const unsigned differed = (f.rbase ^ f.lbase) & s.mask;

        LAW(f, level, ((level.rbase ^ level.lbase) & s.mask) == 0);
        LAW(f, level, (cleared_by(merge_plan(level, s.mask)) & differed) == 0);
        LAW(f, level, is_same(only(level, ~differed), only(f, ~differed)));
        LAW(f, level, level.rseen == f.rseen && level.lseen == f.lseen);
    }
}

static void
two_halves_that_never_agreed_lose_no_flag(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides met = merge_met(f), unknown = merge_unknown(f);

        LAW(f, met, cleared_by(merge_plan(met, s.mask)) == 0);
        LAW(f, unknown, cleared_by(merge_plan(unknown, s.mask)) == 0);
        LAW(f, met, merge_named(met, merge_plan(met, s.mask)) == (f.rseen | f.lseen));
        LAW(f, met, met.rbase == (f.rseen & f.lseen) && met.lbase == met.rbase);
        LAW(f, unknown, unknown.rbase == 0 && unknown.lbase == 0);
    }
}

static void
a_uid_that_is_perhaps_an_equal_messages_takes_no_flag_off_the_file(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides level = merge_level(f, FLAG_ALL), equal = merge_equal(level);

        LAW(f, equal, merge_plan(equal, s.mask).here_del == 0);
        LAW(f, equal, merge_change(equal, false).del == 0 && equal.rbase == (level.rbase & f.rseen));
        LAW(f, equal, (f.lseen & ~f.rseen & s.mask & ~merge_plan(equal, s.mask).there_add) == 0);
    }
}

static void
a_change_that_went_to_a_twin_while_the_file_was_away_is_still_one_when_it_is_back(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides given = merge_unchanged(f, false); /* wanted.c: the server's change went to the twin */
        const struct flag_sides back = merge_back(given, s.mask);

        LAW(f, back, ((back.rbase ^ f.lbase) & s.mask) == 0);
        LAW(f, back, ((back.rbase ^ given.rbase) & ~s.mask) == 0);
        LAW(f, back, back.lbase == f.lbase && back.rseen == f.rseen && back.lseen == f.lseen);
    }
}

static void
what_is_new_on_one_side_brings_that_sides_flags_and_nothing_that_was_known_before(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides here = merge_new(f, true), there = merge_new(f, false), lost = merge_without_file(f);

        LAW(f, here, is_same(here, (struct flag_sides){.lseen = f.lseen}));
        LAW(f, there, is_same(there, (struct flag_sides){.rseen = f.rseen}));
        LAW(f, lost, is_same(lost, (struct flag_sides){.rbase = f.rbase, .rseen = f.rseen}));
    }
}

/* ---- names of the past ---- */

static void
names_of_a_restored_maildir_change_nothing_on_the_server_and_take_what_it_shows(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides past = merge_past(f, s.mask, false);
        const struct merge_step step = merge_plan(past, s.mask);

        LAW(f, past, sent_by(step) == 0 && past.rseen == f.rseen && past.lseen == f.lseen);
        LAW(f, past, ((merge_named(past, step) ^ f.rseen) & s.mask) == 0);
        /* What the server can't store, and does not show, is nobody's change. */
        LAW(f, past, (f.lseen & ~f.rseen & ~s.mask & ~merge_named(past, step)) == 0);
    }
}

static void
where_a_run_that_was_cut_off_took_the_past_over_nothing_that_is_missing_was_taken_off(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const struct flag_sides level = merge_level(f, FLAG_ALL), past = merge_past(level, s.mask, true);
        const struct flag_sides only_missing = merge_past(f, s.mask, true);
        const struct merge_step step = merge_plan(past, s.mask);

        LAW(level, past, step.there_del == 0);
        LAW(level, past, merge_change(past, true).del == 0 && merge_change(past, true).add == (f.lseen & ~level.lbase));
        LAW(f, only_missing, only_missing.rbase == (f.rbase & ~(f.lbase & ~f.lseen)));
        LAW(f, only_missing, only_missing.lbase == (f.lbase & f.lseen));
        LAW(level, past, (f.lseen & ~level.lbase & s.mask & ~f.rseen & ~step.there_add) == 0);
    }
}

static void
a_flag_that_a_power_cut_took_from_a_name_comes_down_again(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides before = s.f;
        struct flag_sides agreed = merge_agree(before, FLAG_ALL), renamed, cut, mended;
        struct merge_step step;

        agreed.lseen = agreed.lbase = agreed.rbase; /* in sync, then the server changes something, and it comes down */
        agreed.rseen = s.mask;
        step = merge_plan(agreed, BOTH);
        renamed = merge_renamed(agreed, step);
        cut = renamed;
        cut.lseen = agreed.lseen; /* the name that is back */
        mended = merge_unflushed(cut, (step.here_del & FLAG_DELETED) != 0);
        LAW(cut, mended, merge_plan(mended, BOTH).there_del == 0);
        LAW(cut, mended, (step.here_add & ~merge_plan(mended, BOTH).here_add) == 0);
        LAW(cut, mended, (step.here_del & FLAG_DELETED & ~merge_plan(mended, BOTH).here_del) == 0);
    }
}

static void
what_the_user_changed_after_a_power_cut_is_still_a_change(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const unsigned lost = f.lbase & ~f.lseen;

        for (int undeleted = 0; undeleted < 2; undeleted++) {
            const struct flag_sides mended = merge_unflushed(f, undeleted);
            const unsigned back = undeleted ? f.lseen & ~f.lbase & FLAG_DELETED : 0;

            LAW(f, mended, ((mended.rbase | mended.lbase) & lost) == 0);
            LAW(f, mended, (back & ~(mended.rbase & mended.lbase)) == 0);
            LAW(f, mended, is_same(only(mended, ~(lost | back)), only(f, ~(lost | back))));
            LAW(f, mended, mended.rseen == f.rseen && mended.lseen == f.lseen);
        }
    }
}

/* ---- what is shown ---- */

static void
under_a_new_uid_a_message_kept_its_flags_or_lost_them_all_or_had_none(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        const struct flag_sides f = s.f;
        const int kept = merge_kept(f);

        LAW(f, f, (kept == 0) == (f.rbase == 0));
        LAW(f, f, (kept > 0) == ((f.rbase & f.rseen) != 0));
    }
}

static void
what_a_name_does_not_show_it_has_not_changed(void **state)
{
    static const struct {
        const char *info;
        unsigned before, flags;
    } names[] = {
        {"c:2,", FLAG_ALL, 0},
        {"c:2,FS", FLAG_DELETED, FLAG_FLAGGED | FLAG_SEEN},
        {"n", FLAG_ALL, FLAG_ALL & ~FLAG_SEEN},
        {"n", 0, 0},
        {"n:2,T", FLAG_FLAGGED, FLAG_DELETED},
    };
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(merge_of_name(names[i].info, names[i].before), names[i].flags);
}

static void
a_suffix_that_is_taken_away_within_new_took_its_flags_along(void **state)
{
    static const struct {
        const char *from, *to;
        unsigned before, flags;
    } names[] = {
        {"n:2,F", "n", FLAG_FLAGGED, 0},
        {"n:2,F", "n", FLAG_FLAGGED | FLAG_ANSWERED, FLAG_ANSWERED}, /* what it did not show */
        {"c:2,FS", "n", FLAG_FLAGGED | FLAG_SEEN, FLAG_FLAGGED},
        {"n", "n", FLAG_FLAGGED, FLAG_FLAGGED},
        {"n:2,F", "n:2,R", FLAG_FLAGGED, FLAG_ANSWERED},
        {"n:2,F", "c:2,FS", FLAG_FLAGGED, FLAG_FLAGGED | FLAG_SEEN},
    };
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(merge_of_rename(names[i].from, names[i].to, names[i].before), names[i].flags);
}

static void
what_was_set_on_a_second_name_goes_to_the_first_and_nothing_is_taken_off(void **state)
{
    (void)state;

    for (unsigned n = 0; n < 64; n++) {
        const unsigned first = pair_number(n), second = pair_number(n >> 2), made_with = pair_number(n >> 4);

        assert_int_equal(merge_of_second(first, second, made_with), first | (second & ~made_with));
    }
}

static void
deleted_on_one_side_is_not_deleted_on_both(void **state)
{
    (void)state;

    for (struct sweep s = {0}; sweep_next(&s);) {
        LAW(s.f, s.f, merge_both_show(s.f, s.mask) == ((s.f.rseen & s.f.lseen & s.mask) != 0));
        LAW(s.f, s.f, merge_one_shows(s.f, s.mask) == ((s.f.rseen & s.mask) != 0 || (s.f.lseen & s.mask) != 0));
    }
}

static void
keywords_are_those_that_the_server_showed_last(void **state)
{
    char keywords[KEYWORDS_MAX + 1] = "$Junk work";
    (void)state;

    merge_keywords(keywords, "home");
    assert_string_equal(keywords, "home");

    merge_keywords(keywords, NULL);
    assert_string_equal(keywords, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_that_moves_keeps_both_bases_and_the_changes_of_both_sides),
        cmocka_unit_test(where_the_bases_differ_nothing_was_agreed_on_in_another_place_and_set_wins),
        cmocka_unit_test(two_halves_that_never_agreed_lose_no_flag),
        cmocka_unit_test(a_uid_that_is_perhaps_an_equal_messages_takes_no_flag_off_the_file),
        cmocka_unit_test(a_change_that_went_to_a_twin_while_the_file_was_away_is_still_one_when_it_is_back),
        cmocka_unit_test(what_is_new_on_one_side_brings_that_sides_flags_and_nothing_that_was_known_before),
        cmocka_unit_test(names_of_a_restored_maildir_change_nothing_on_the_server_and_take_what_it_shows),
        cmocka_unit_test(where_a_run_that_was_cut_off_took_the_past_over_nothing_that_is_missing_was_taken_off),
        cmocka_unit_test(a_flag_that_a_power_cut_took_from_a_name_comes_down_again),
        cmocka_unit_test(what_the_user_changed_after_a_power_cut_is_still_a_change),
        cmocka_unit_test(under_a_new_uid_a_message_kept_its_flags_or_lost_them_all_or_had_none),
        cmocka_unit_test(what_a_name_does_not_show_it_has_not_changed),
        cmocka_unit_test(a_suffix_that_is_taken_away_within_new_took_its_flags_along),
        cmocka_unit_test(what_was_set_on_a_second_name_goes_to_the_first_and_nothing_is_taken_off),
        cmocka_unit_test(deleted_on_one_side_is_not_deleted_on_both),
        cmocka_unit_test(keywords_are_those_that_the_server_showed_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
