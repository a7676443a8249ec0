/* The machine sleeps and wakes: by a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/clock.h"
#include "sync/watch/machine.h"

static int64_t slept;

static int64_t
tell_slept(void)
{
    return slept;
}

static bool
has_slept(struct machine *machine)
{
    bool did, network;

    machine_read(machine, &did, &network);
    return did;
}

static void
a_sleep_of_more_than_five_seconds_is_told_once_and_a_shorter_one_is_none(void **state)
{
    struct machine *machine;

    (void)state;
    slept = 1000;
    machine = machine_new(tell_slept);
    assert_non_null(machine);
    assert_false(has_slept(machine));
    slept += 5000;
    assert_false(has_slept(machine));
    slept += 5001;
    assert_true(has_slept(machine));
    assert_false(has_slept(machine));
    slept += 8 * INT64_C(3600000);
    assert_true(has_slept(machine));
    machine_free(machine);
}

static void
what_it_waits_for_is_silent_while_nothing_happens(void **state)
{
    struct pollfd fds[MACHINE_MOST];
    struct machine *machine = machine_new(clock_slept_ms);
    size_t count;

    (void)state;
    assert_non_null(machine);
    (void)has_slept(machine);
    count = machine_poll(machine, fds);
    assert_true(count >= 1); /* that the clock was set, which waking does, ends a wait */
    assert_int_equal(poll(fds, 1, 0), 0);
    machine_free(machine);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sleep_of_more_than_five_seconds_is_told_once_and_a_shorter_one_is_none),
        cmocka_unit_test(what_it_waits_for_is_silent_while_nothing_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
