/* Sets of UIDs as a command carries them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/imap/seqset.h"

static void
assert_set(const uint32_t *uids, size_t count, size_t max, size_t used, const char *expected)
{
    struct buffer to = buffer_new(1000);

    assert_int_equal(seqset_add(&to, uids, count, max), used);
    assert_string_equal(to.at != NULL ? to.at : "", expected);
    buffer_free(&to);
}

static void
runs_become_ranges(void **state)
{
    static const uint32_t uids[] = {1, 2, 3, 5, 7, 8, UINT32_MAX - 1, UINT32_MAX};

    (void)state;
    assert_set(uids, 8, 100, 8, "1:3,5,7:8,4294967294:4294967295");
    assert_set(uids, 1, 100, 1, "1");
    assert_set(uids, 0, 100, 0, "");
}

static void
a_set_never_becomes_longer_than_it_may(void **state)
{
    static const uint32_t uids[] = {1, 2, 3, 5, 7, 8};

    (void)state;
    assert_set(uids, 6, 2, 0, "");
    assert_set(uids, 6, 3, 3, "1:3");
    assert_set(uids, 6, 4, 3, "1:3");
    assert_set(uids, 6, 5, 4, "1:3,5");
    assert_set(uids, 6, 9, 6, "1:3,5,7:8");
}

static void
a_uid_is_found_where_it_is(void **state)
{
    static const uint32_t uids[] = {2, 4, 6};
    size_t at = 99;

    (void)state;
    for (uint32_t uid = 0; uid < 8; uid++)
        assert_int_equal(seqset_find(uids, 3, uid, NULL), uid == 2 || uid == 4 || uid == 6);
    assert_true(seqset_find(uids, 3, 6, &at));
    assert_int_equal(at, 2);
    assert_false(seqset_find(uids, 0, 6, &at));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_become_ranges),
        cmocka_unit_test(a_set_never_becomes_longer_than_it_may),
        cmocka_unit_test(a_uid_is_found_where_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
