/* Time that counts: runs at a table of clocks, in days, and how many days have counted after each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/base/age.h"

#include <string.h>

#define BEGIN INT64_C(1700000000)

static int64_t
days(double count)
{
    return (int64_t)(count * (double)AGE_DAY);
}

struct step {
    double clock;   /* days since the first run */
    double counted; /* days since then that count */
};

/* As a run stores it and the next one reads it; a run that is not worth a row is not stored. */
static void
check_steps(const struct step *steps, size_t count)
{
    struct age state = age_first(INT64_MIN, BEGIN);
    char text[AGE_TEXT_MAX];

    for (size_t i = 0; i < count; i++) {
        struct age now = age_at(&state, BEGIN + days(steps[i].clock));

        if (now.counted != BEGIN + days(steps[i].counted))
            fail_msg("step %zu: at day %g %g days count, not %g", i, steps[i].clock,
                     (double)(now.counted - BEGIN) / (double)AGE_DAY, steps[i].counted);
        if (age_is_worth_saving(&state, &now)) {
            age_print(&now, text);
            assert_true(age_parse(text, &state));
        }
    }
}

#define CHECK(...)                                                                                                     \
    do {                                                                                                               \
        static const struct step steps[] = {__VA_ARGS__};                                                              \
        check_steps(steps, sizeof steps / sizeof *steps);                                                              \
    } while (0)

static void
time_between_runs_counts_whole_up_to_a_week(void **state)
{
    (void)state;
    CHECK({0, 0}, {0.01, 0.01}, {0.02, 0.02}, {1, 1}, {1, 1}, {8, 8}, {15, 15});
}

static void
the_rest_of_a_longer_gap_counts_when_a_run_twenty_hours_later_still_sees_it(void **state)
{
    (void)state;
    CHECK({0, 0}, {60, 7}, {60.5, 7.5}, {60.8, 7.8}, {60.9, 60.9}, {61, 61});
    CHECK({0, 0}, {60, 7}, {67, 67});
    CHECK({0, 0}, {60, 7}, {120, 67}, {121, 121});
}

static void
a_clock_that_is_ahead_for_one_run_ages_nothing_by_more_than_a_week(void **state)
{
    (void)state;
    CHECK({0, 0}, {60, 7}, {1, 7}, {2, 8}, {3, 9}, {4, 10}, {60, 17}, {59, 17}, {61, 19});
    CHECK({0, 0}, {3, 3}, {1, 3}, {2, 4});
}

/* Else a machine that begins each day in 1970, until it has asked for the time, would age everything by decades. */
static void
a_clock_that_was_back_for_one_run_ages_nothing_by_more_than_a_week(void **state)
{
    (void)state;
    CHECK({0, 0}, {-400, 0}, {0.5, 7}, {1, 7.5}, {2, 8.5}, {3, 9.5});
    CHECK({0, 0}, {-400, 0}, {0, 7}, {1, 8}, {-400, 8}, {1.5, 15}, {2.5, 16});
}

/* The machine begins each day in the past, its first run included: what is right between is never believed for long enough. */
static void
a_clock_that_is_back_again_and_again_ages_nothing_by_more_than_a_week_each_time(void **state)
{
    (void)state;
    CHECK({0, 0}, {67, 7}, {67.5, 7.5}, {19, 7.5}, {67.75, 14.5}, {68.75, 15.5}, {69.75, 16.5}, {25, 16.5}, {70, 23.5});
    /* Where it stays behind, it was ahead before, and of a long absence all counts but what had counted then. */
    CHECK({0, 0}, {300, 7}, {1, 7}, {2, 8}, {32, 15}, {33, 34});
}

static void
what_comes_while_a_rest_waits_is_not_aged_by_it(void **state)
{
    struct age last = age_first(INT64_MIN, BEGIN), after_absence = age_at(&last, BEGIN + days(60));
    int64_t stamp = age_stamp(&after_absence);
    struct age next_day = age_at(&after_absence, BEGIN + days(61)), later = age_at(&next_day, BEGIN + days(68));

    (void)state;
    assert_false(stamp < age_bound(&next_day, 1));
    assert_true(stamp < age_bound(&later, 7));
    assert_false(stamp < age_bound(&later, 8));
}

/* Ten days were not looked at before that run, and nobody knows: its own date lies ahead until the clock is right again. */
static void
what_comes_while_the_clock_is_behind_is_not_aged_by_what_went_before(void **state)
{
    struct age last = age_first(INT64_MIN, BEGIN), back = age_at(&last, BEGIN + days(10 - 50)),
               right = age_at(&back, BEGIN + days(20)), next = age_at(&right, BEGIN + days(21));

    (void)state;
    assert_true(age_stamp(&back) > age_stamp(&right));
    assert_true(age_stamp(&right) >= BEGIN + days(20));
    assert_int_equal(next.counted, BEGIN + days(21));
}

static void
an_account_without_a_state_begins_at_what_is_kept_not_at_a_clock_that_may_be_wrong(void **state)
{
    struct age first = age_first(BEGIN, BEGIN + days(60)), now = age_at(&first, BEGIN + days(60));

    (void)state;
    assert_int_equal(now.counted, BEGIN + days(7));
    assert_int_equal(age_first(INT64_MIN, BEGIN).counted, BEGIN);
}

static void
absurd_clocks_overflow_nothing(void **state)
{
    static const int64_t clocks[] = {INT64_MAX, INT64_MIN, 0, INT64_MAX, INT64_MAX, -1, INT64_MAX / 2};
    struct age age = age_first(INT64_MAX, INT64_MIN);
    char text[AGE_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        age = age_at(&age, clocks[i]);
        assert_true(age.counted >= 0);
        assert_true(age_stamp(&age) >= age.counted);
        (void)age_bound(&age, INT32_MAX);
        age_print(&age, text);
        assert_true(age_parse(text, &age));
    }
}

static void
a_state_that_no_golub_wrote_is_none(void **state)
{
    static const char *const texts[] = {
        "", "1", "1 2 3 4 5", "1 2 3 4 5 6 7 8", "1 2 3 4 5 6 -7", "1  2 3 4 5 6", "a b c d e f g"};
    struct age age;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(age_parse(texts[i], &age));
    assert_true(age_parse("1 2 3 4 5 6 7", &age));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_between_runs_counts_whole_up_to_a_week),
        cmocka_unit_test(the_rest_of_a_longer_gap_counts_when_a_run_twenty_hours_later_still_sees_it),
        cmocka_unit_test(a_clock_that_is_ahead_for_one_run_ages_nothing_by_more_than_a_week),
        cmocka_unit_test(a_clock_that_was_back_for_one_run_ages_nothing_by_more_than_a_week),
        cmocka_unit_test(a_clock_that_is_back_again_and_again_ages_nothing_by_more_than_a_week_each_time),
        cmocka_unit_test(what_comes_while_a_rest_waits_is_not_aged_by_it),
        cmocka_unit_test(what_comes_while_the_clock_is_behind_is_not_aged_by_what_went_before),
        cmocka_unit_test(an_account_without_a_state_begins_at_what_is_kept_not_at_a_clock_that_may_be_wrong),
        cmocka_unit_test(absurd_clocks_overflow_nothing),
        cmocka_unit_test(a_state_that_no_golub_wrote_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
