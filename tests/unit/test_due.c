/* How much is to come: sums of what servers say of sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>

#include <cmocka.h>

#include "sync/apply/due.h"

static void
sizes_that_add_up_to_more_than_a_number_holds_stay_at_its_end(void **state)
{
    uint64_t bytes = 0;

    (void)state;
    assert_int_equal(due_sum(1, 2), 3);
    assert_int_equal(due_sum(0, UINT64_MAX), UINT64_MAX);
    for (int mailbox = 0; mailbox < 3; mailbox++)
        bytes = due_sum(bytes, INT64_MAX);
    assert_true(bytes == UINT64_MAX);
    assert_true(due_sum(bytes, 1) == UINT64_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_add_up_to_more_than_a_number_holds_stay_at_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
