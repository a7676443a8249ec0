/* When a body is the message although it is shorter than the server announced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sync/rows/readings.h"

static struct mailbox mailbox;

static bool
take(struct reading *reading, uint64_t size, uint64_t literal, unsigned char wire, bool again)
{
    const struct digests digests = {.wire = {wire}};
    bool confirmed, taken = reading_take(reading, &mailbox, size, literal, &digests, again, &confirmed);

    assert_true(!confirmed || (again && taken && literal < size));
    if (confirmed)
        reading_learn(&mailbox.row, size, literal);
    return taken;
}

static bool
take_twice(uint64_t size, uint64_t literal)
{
    struct reading reading = {0};

    assert_false(take(&reading, size, literal, 1, false));
    return take(&reading, size, literal, 1, true);
}

static bool
take_once(uint64_t size, uint64_t literal)
{
    return take(&(struct reading){0}, size, literal, 1, false);
}

static int
begin(void **state)
{
    (void)state;
    mailbox = (struct mailbox){0};
    return 0;
}

static void
what_is_as_long_as_announced_or_longer_is_taken(void **state)
{
    (void)state;
    assert_true(take_once(100, 100));
    assert_true(take_once(100, 5000));
    assert_true(take_once(0, 0));
}

static void
a_short_one_is_taken_where_two_readings_agree(void **state)
{
    struct reading other = {0}, longer = {0}, missing = {0};

    (void)state;
    assert_true(take_twice(100, 60));
    assert_true(take_twice(100, 10));
    assert_false(take(&other, 100, 60, 1, false));
    assert_false(take(&other, 100, 60, 2, true));
    assert_false(take(&longer, 100, 60, 1, false));
    assert_false(take(&longer, 100, 61, 1, true));
    assert_false(take(&missing, 100, 60, 1, true));
}

static void
an_empty_one_is_never_taken_for_one_of_some_size(void **state)
{
    (void)state;
    assert_false(take_twice(100, 0));
    for (int i = 0; i < 8; i++)
        assert_true(take_twice(100, 100 - 50));
    assert_false(take_twice(1, 0));
}

static void
eight_that_agree_make_the_mailbox_known(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_true(take_twice(1000, 990 - (uint64_t)i)); /* at most 17 bytes, 1.7 % */

    assert_true(take_once(1000, 983));
    assert_true(take_once(20, 10));        /* few bytes */
    assert_true(take_once(100000, 98300)); /* a small share */
    assert_false(take_once(1000, 982));    /* neither */
    assert_false(take_once(20, 9));        /* below the half */
    assert_true(take_twice(20, 9));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_as_long_as_announced_or_longer_is_taken, begin),
        cmocka_unit_test_setup(a_short_one_is_taken_where_two_readings_agree, begin),
        cmocka_unit_test_setup(an_empty_one_is_never_taken_for_one_of_some_size, begin),
        cmocka_unit_test_setup(eight_that_agree_make_the_mailbox_known, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
