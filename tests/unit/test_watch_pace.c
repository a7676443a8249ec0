/* When a watched account runs next: bursts, storms, pauses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/watch/pace.h"

#define MINUTE 60000

/* A watched account whose first run has ended well at `now`. */
static struct pace
account_that_is_well(int64_t now)
{
    struct pace pace;

    pace_init(&pace, 300, 7);
    assert_int_equal(pace_begin(&pace, now), PACE_START);
    pace_end(&pace, &(struct pace_end){.status = 0, .did = true, .moved = true}, now);
    return pace;
}

static void
run(struct pace *pace, int64_t now, const struct pace_end *end)
{
    assert_int_not_equal(pace_begin(pace, now), PACE_NOTHING);
    pace_end(pace, end, now);
}

static void
the_first_run_is_due_at_once_and_the_next_one_when_everything_is_asked_again(void **state)
{
    struct pace pace = account_that_is_well(1000);

    (void)state;
    assert_int_equal(pace_due(&pace), 1000 + 300000);
    assert_int_equal(pace_begin(&pace, 1000 + 299999), PACE_NOTHING);
    assert_int_equal(pace_begin(&pace, 1000 + 300000), PACE_POLL);
}

static void
what_has_had_its_time_does_not_wait_for_the_poll(void **state)
{
    struct pace pace = account_that_is_well(1000);

    (void)state;
    pace_event(&pace, PACE_HERE, 5000);
    run(&pace, pace_due(&pace), &(struct pace_end){.status = 0, .did = true, .due_s = 17});
    assert_int_equal(pace_due(&pace), 5000 + PACE_QUIET_HERE + 17000);
    run(&pace, pace_due(&pace), &(struct pace_end){.status = 0, .due_s = 600}); /* later than the poll */
    assert_int_equal(pace_due(&pace), 5000 + PACE_QUIET_HERE + 17000 + 300000);
}

static void
a_burst_is_waited_for_but_not_for_long(void **state)
{
    struct pace pace = account_that_is_well(1000);
    int64_t now = 5000;

    (void)state;
    pace_event(&pace, PACE_HERE, now);
    assert_int_equal(pace_due(&pace), now + PACE_QUIET_HERE);
    for (int i = 0; i < 100; i++)
        pace_event(&pace, PACE_HERE, now += 100);
    assert_int_equal(pace_due(&pace), 5000 + PACE_LATEST_HERE);
    assert_int_equal(pace_begin(&pace, 5000 + PACE_LATEST_HERE), PACE_EVENT);
}

static void
what_the_server_tells_is_looked_at_sooner_than_what_a_mail_reader_does(void **state)
{
    struct pace pace = account_that_is_well(1000);

    (void)state;
    pace_event(&pace, PACE_HERE, 5000);
    pace_event(&pace, PACE_THERE, 5000);
    assert_int_equal(pace_due(&pace), 5000 + PACE_QUIET_THERE);
}

static void
a_side_whose_events_lead_to_nothing_is_listened_to_less_and_less_and_the_other_one_as_before(void **state)
{
    struct pace pace = account_that_is_well(0);
    int64_t now = 300000, pause = PACE_STORM_FIRST;

    (void)state;
    run(&pace, now, &(struct pace_end){.status = 0}); /* the poll: after it nothing echoes */
    for (int i = 0; i < 10; i++) {
        pace_event(&pace, PACE_HERE, now);
        now = pace_due(&pace);
        run(&pace, now, &(struct pace_end){.status = 0});
        pace_event(&pace, PACE_HERE, now);
        assert_int_equal(pace_due(&pace), now + pause);
        pause = pause * 2 < PACE_STORM_LAST ? pause * 2 : PACE_STORM_LAST;
    }
    pace_event(&pace, PACE_THERE, now);
    assert_int_equal(pace_due(&pace), now + PACE_QUIET_THERE);
    run(&pace, now + PACE_QUIET_THERE, &(struct pace_end){.status = 0, .did = true});
    pace_event(&pace, PACE_HERE, now + 1000);
    assert_int_equal(pace_due(&pace), now + 1000 + PACE_QUIET_HERE);
}

static void
the_echo_of_what_a_run_did_is_no_storm(void **state)
{
    struct pace pace = account_that_is_well(1000);

    (void)state;
    pace_event(&pace, PACE_HERE, 2000);
    run(&pace, 2200, &(struct pace_end){.status = 0});
    pace_event(&pace, PACE_HERE, 3000);
    assert_int_equal(pace_due(&pace), 3000 + PACE_QUIET_HERE);
}

static void
without_a_connection_pauses_double_up_to_five_minutes_and_differ_by_a_quarter(void **state)
{
    struct pace pace = account_that_is_well(0);
    int64_t now = 1000, expected = PACE_RETRY_FIRST;

    (void)state;
    pace_broke(&pace, now);
    for (int i = 0; i < 20; i++) {
        const int64_t pause = pace_due(&pace) - now;

        assert_in_range(pause, expected - expected / 4, expected + expected / 4);
        now = pace_due(&pace);
        assert_int_equal(pace_begin(&pace, now), PACE_RETRY);
        pace_end(&pace, &(struct pace_end){.status = 5}, now);
        expected = expected * 2 < PACE_RETRY_LAST ? expected * 2 : PACE_RETRY_LAST;
    }
    pace_network(&pace, now + 5);
    assert_int_equal(pace_due(&pace), now + 5);
    run(&pace, now + 5, &(struct pace_end){.status = 5});
    assert_in_range(pace_due(&pace) - now - 5, 750, 1250);
}

static void
a_line_that_breaks_as_soon_as_it_stands_is_opened_less_and_less(void **state)
{
    struct pace pace = account_that_is_well(0);
    int64_t now = 1000, expected = PACE_RETRY_FIRST;

    (void)state;
    for (int i = 0; i < 20; i++) {
        pace_broke(&pace, now);
        assert_in_range(pace_due(&pace) - now, expected - expected / 4, expected + expected / 4);
        now = pace_due(&pace);
        run(&pace, now, &(struct pace_end){.status = 0, .did = true, .moved = true});
        now += 100;
        expected = expected * 2 < PACE_RETRY_LAST ? expected * 2 : PACE_RETRY_LAST;
    }
    run(&pace, pace_due(&pace), &(struct pace_end){.status = 0}); /* it stood until the poll */
    now += PACE_STOOD;
    pace_broke(&pace, now);
    assert_in_range(pace_due(&pace) - now, PACE_RETRY_FIRST - PACE_RETRY_FIRST / 4,
                    PACE_RETRY_FIRST + PACE_RETRY_FIRST / 4);
}

static void
what_happened_while_there_was_no_connection_is_looked_at_with_the_next_one(void **state)
{
    struct pace pace = account_that_is_well(0);

    (void)state;
    pace_broke(&pace, 1000);
    pace_event(&pace, PACE_HERE, 1100);
    run(&pace, pace_due(&pace), &(struct pace_end){.status = 5});
    run(&pace, pace_due(&pace), &(struct pace_end){.status = 0});
    assert_true(pace_due(&pace) > 100000);
}

static void
an_event_of_a_run_that_found_no_connection_is_not_forgotten(void **state)
{
    struct pace pace = account_that_is_well(0);

    (void)state;
    pace_event(&pace, PACE_HERE, 1000);
    assert_int_equal(pace_begin(&pace, 1200), PACE_EVENT);
    pace_end(&pace, &(struct pace_end){.status = 5}, 1200);
    assert_int_equal(pace_state(&pace), PACE_OFFLINE);
    assert_int_equal(pace_begin(&pace, pace_due(&pace)), PACE_RETRY);
}

static void
a_server_that_asks_to_be_left_alone_is_left_alone(void **state)
{
    struct pace pace = account_that_is_well(0);

    (void)state;
    pace_broke(&pace, 0);
    run(&pace, 5000, &(struct pace_end){.status = 5, .later_s = 300});
    assert_true(pace_due(&pace) >= 5000 + 300000);
}

static void
a_login_that_worked_before_is_tried_after_one_five_and_fifteen_minutes_and_then_every_hour(void **state)
{
    static const int64_t minutes[] = {1, 5, 15, 60, 60};
    struct pace pace = account_that_is_well(0);
    int64_t now = 300000;

    (void)state;
    for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        run(&pace, now, &(struct pace_end){.status = 4});
        assert_int_equal(pace_due(&pace), now + minutes[i] * MINUTE);
        now = pace_due(&pace);
    }
    assert_int_equal(pace_refused_for(&pace, now), now - 300000);
}

static void
a_login_that_never_worked_is_tried_every_hour_and_not_when_somebody_asks(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 300, 3);
    run(&pace, 0, &(struct pace_end){.status = 4});
    assert_int_equal(pace_due(&pace), 60 * MINUTE);
    pace_ask(&pace);
    pace_event(&pace, PACE_HERE, 10);
    pace_network(&pace, 10);
    assert_int_equal(pace_due(&pace), 60 * MINUTE);
}

static void
too_many_connections_look_like_a_refused_login_and_pass(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 300, 3);
    run(&pace, 0, &(struct pace_end){.status = 4, .crowded = true});
    assert_int_equal(pace_due(&pace), MINUTE);
}

static void
what_only_a_person_can_mend_is_looked_at_every_thirty_seconds_and_nothing_else_is(void **state)
{
    struct pace pace = account_that_is_well(0);

    (void)state;
    run(&pace, 300000, &(struct pace_end){.status = 2});
    assert_int_equal(pace_state(&pace), PACE_BLOCKED);
    pace_event(&pace, PACE_HERE, 300100);
    assert_int_equal(pace_due(&pace), 300000 + PACE_PAUSED);
    assert_int_equal(pace_begin(&pace, 300000 + PACE_PAUSED), PACE_PATIENCE);
    pace_end(&pace, &(struct pace_end){.status = 0}, 330000);
    assert_int_equal(pace_state(&pace), PACE_WELL);
}

static void
an_unanswered_command_is_looked_for_before_the_poll_and_less_and_less(void **state)
{
    struct pace pace = account_that_is_well(0);
    int64_t now = 1000, pause = PACE_AGAIN_FIRST;

    (void)state;
    pace_event(&pace, PACE_HERE, now);
    now = pace_due(&pace);
    run(&pace, now, &(struct pace_end){.status = 1, .unfinished = true});
    for (int i = 0; i < 10; i++) {
        assert_int_equal(pace_due(&pace), now + pause);
        pace_event(&pace, PACE_THERE, now); /* what happens meanwhile does not put it off */
        run(&pace, pace_due(&pace), &(struct pace_end){.status = 1, .did = true, .unfinished = true});
        assert_int_equal(pace_due(&pace), now + pause);
        now += pause;
        assert_int_equal(pace_begin(&pace, now), PACE_AGAIN);
        pace_end(&pace, &(struct pace_end){.status = 1, .did = true, .unfinished = true}, now);
        pause = pause * 2 < 300000 ? pause * 2 : 300000;
    }
    run(&pace, now + pause, &(struct pace_end){.status = 0});
    now += pause + 300000;
    assert_int_equal(pace_due(&pace), now);
    assert_int_equal(pace_begin(&pace, now), PACE_POLL);
}

static void
what_a_run_left_to_the_next_one_does_not_wait_for_the_poll_and_is_not_asked_for_for_ever(void **state)
{
    struct pace pace = account_that_is_well(0);
    int64_t now = 1000, pause = PACE_AGAIN_FIRST;

    (void)state;
    pace_event(&pace, PACE_THERE, now);
    now = pace_due(&pace);
    run(&pace, now, &(struct pace_end){.status = 1, .did = true, .partial = true});
    for (int i = 0; i < 3; i++) { /* as long as there is something to do */
        assert_int_equal(pace_due(&pace), now + pause);
        now += pause;
        pause *= 2;
        assert_int_equal(pace_begin(&pace, now), PACE_AGAIN);
        pace_end(&pace, &(struct pace_end){.status = 1, .did = i < 2, .partial = true}, now);
    }
    assert_int_equal(pace_due(&pace), now + 300000); /* what stays is not of that kind */
    now += 300000;
    assert_int_equal(pace_begin(&pace, now), PACE_POLL);
    pace_end(&pace, &(struct pace_end){.status = 1, .partial = true}, now);
    assert_int_equal(pace_due(&pace), now + 300000);
}

static void
a_full_disk_is_looked_at_every_thirty_seconds_and_so_is_one_that_was_full_from_the_start(void **state)
{
    struct pace pace = account_that_is_well(0), new;

    (void)state;
    run(&pace, 300000, &(struct pace_end){.status = 1, .no_room = true});
    assert_int_equal(pace_state(&pace), PACE_BLOCKED);
    assert_int_equal(pace_due(&pace), 300000 + PACE_PAUSED);
    run(&pace, 330000, &(struct pace_end){.status = 0, .did = true});
    assert_int_equal(pace_state(&pace), PACE_WELL);
    pace_init(&new, 300, 5);
    run(&new, 0, &(struct pace_end){.status = 1, .no_room = true});
    assert_int_equal(pace_due(&new), PACE_PAUSED);
}

static void
who_asks_gets_a_run_at_once(void **state)
{
    struct pace pace = account_that_is_well(0);

    (void)state;
    pace_ask(&pace);
    assert_int_equal(pace_begin(&pace, 10), PACE_ASKED);
    pace_end(&pace, &(struct pace_end){.status = 0}, 20);
    assert_int_equal(pace_begin(&pace, 30), PACE_NOTHING);
    pace_broke(&pace, 40);
    pace_ask(&pace);
    assert_int_equal(pace_begin(&pace, 50), PACE_ASKED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_run_is_due_at_once_and_the_next_one_when_everything_is_asked_again),
        cmocka_unit_test(what_has_had_its_time_does_not_wait_for_the_poll),
        cmocka_unit_test(a_burst_is_waited_for_but_not_for_long),
        cmocka_unit_test(what_the_server_tells_is_looked_at_sooner_than_what_a_mail_reader_does),
        cmocka_unit_test(a_side_whose_events_lead_to_nothing_is_listened_to_less_and_less_and_the_other_one_as_before),
        cmocka_unit_test(the_echo_of_what_a_run_did_is_no_storm),
        cmocka_unit_test(without_a_connection_pauses_double_up_to_five_minutes_and_differ_by_a_quarter),
        cmocka_unit_test(a_line_that_breaks_as_soon_as_it_stands_is_opened_less_and_less),
        cmocka_unit_test(what_happened_while_there_was_no_connection_is_looked_at_with_the_next_one),
        cmocka_unit_test(an_event_of_a_run_that_found_no_connection_is_not_forgotten),
        cmocka_unit_test(a_server_that_asks_to_be_left_alone_is_left_alone),
        cmocka_unit_test(a_login_that_worked_before_is_tried_after_one_five_and_fifteen_minutes_and_then_every_hour),
        cmocka_unit_test(a_login_that_never_worked_is_tried_every_hour_and_not_when_somebody_asks),
        cmocka_unit_test(too_many_connections_look_like_a_refused_login_and_pass),
        cmocka_unit_test(what_only_a_person_can_mend_is_looked_at_every_thirty_seconds_and_nothing_else_is),
        cmocka_unit_test(an_unanswered_command_is_looked_for_before_the_poll_and_less_and_less),
        cmocka_unit_test(what_a_run_left_to_the_next_one_does_not_wait_for_the_poll_and_is_not_asked_for_for_ever),
        cmocka_unit_test(a_full_disk_is_looked_at_every_thirty_seconds_and_so_is_one_that_was_full_from_the_start),
        cmocka_unit_test(who_asks_gets_a_run_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
