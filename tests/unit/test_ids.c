/* Ids of rows: sorted lists, their short names, and sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sync/base/id_set.h"
#include "sync/base/ids.h"

static void
an_id_is_found_in_a_sorted_list(void **state)
{
    static const int64_t ids[] = {2, 4, INT64_MAX};

    (void)state;
    assert_true(ids_have(ids, 3, 2));
    assert_true(ids_have(ids, 3, INT64_MAX));
    assert_false(ids_have(ids, 3, 3));
    assert_false(ids_have(NULL, 0, 3));
}

static void
the_same_list_has_the_same_name_for_good(void **state)
{
    static const int64_t ids[] = {1, 2, 3};
    char name[IDS_NAME_SIZE];

    (void)state;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ /* a journal stays on its machine */
    assert_true(ids_name("", ids, 3, name));
    assert_string_equal(name, "4lragoxh");
    assert_true(ids_name("additions", ids, 3, name));
    assert_string_equal(name, "crlse26n");
#endif
    assert_true(ids_name("", ids, 0, name));
    assert_int_equal(strlen(name), 8);
}

static void
a_set_holds_what_was_added_and_nothing_else(void **state)
{
    static const int64_t ids[] = {0, 7, 8, 1000, 100000};
    struct id_set set = {0};

    (void)state;
    assert_false(id_set_has(&set, 0));
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_true(id_set_add(&set, ids[i]));
    assert_true(id_set_add(&set, 7));
    for (int64_t id = 0, next = 0; id < 200000; id++) {
        const bool is = next < (int64_t)(sizeof ids / sizeof ids[0]) && ids[next] == id;

        assert_int_equal(id_set_has(&set, id), is);
        next += is;
    }
    id_set_free(&set);
    assert_false(id_set_has(&set, 7));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_found_in_a_sorted_list),
        cmocka_unit_test(the_same_list_has_the_same_name_for_good),
        cmocka_unit_test(a_set_holds_what_was_added_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
