/* Arrays that are freed together; one that does not come is said once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "store/base/arena.h"

static void
arrays_are_zeros_and_stand_apart(void **state)
{
    static const unsigned char zeros[1000];
    struct arena arena = {0};
    unsigned char *arrays[20];
    (void)state;

    for (size_t i = 0; i < 20; i++) {
        arrays[i] = arena_array(&arena, i * 50, 1);
        assert_non_null(arrays[i]); /* the empty one, too */
        assert_int_equal((uintptr_t)arrays[i] % _Alignof(max_align_t), 0);
        assert_memory_equal(arrays[i], zeros, i * 50);
        memset(arrays[i], (int)i, i * 50);
    }

    for (size_t i = 0; i < 20; i++)
        for (size_t k = 0; k < i * 50; k++)
            assert_int_equal(arrays[i][k], i);
    assert_false(arena.failed);
    arena_free(&arena);
}

static void
an_array_that_does_not_come_is_remembered(void **state)
{
    struct arena arena = {0};
    (void)state;

    assert_non_null(arena_array(&arena, 3, 8));
    assert_null(arena_array(&arena, SIZE_MAX, 2)); /* more than can be counted */
    assert_null(arena_array(&arena, SIZE_MAX, 1));
    assert_non_null(arena_array(&arena, 3, 8));

    assert_true(arena.failed);
    arena_free(&arena);
    assert_false(arena.failed);
}

static void
an_arena_can_be_used_again(void **state)
{
    struct arena arena = {0};
    (void)state;

    arena_free(&arena); /* nothing is in it */
    for (int i = 0; i < 3; i++) {
        assert_non_null(arena_array(&arena, 10, 10));
        arena_free(&arena);
        assert_null(arena.pieces);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_zeros_and_stand_apart),
        cmocka_unit_test(an_array_that_does_not_come_is_remembered),
        cmocka_unit_test(an_arena_can_be_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
