/* Bytes that a dry run writes for itself are read as they were written, wherever they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "store/journal/spill.h"

#define PIECE 65536

static unsigned char
byte_of(uint64_t at)
{
    return (unsigned char)(at / PIECE * 7 + at % 251);
}

static void
write_piece(struct spill *spill, uint64_t at)
{
    unsigned char piece[PIECE];

    for (size_t i = 0; i < PIECE; i++)
        piece[i] = byte_of(at + i);
    assert_true(spill_write(spill, piece, sizeof piece, at));
}

static void
all_is_there(const struct spill *spill, uint64_t size)
{
    unsigned char piece[PIECE];

    assert_int_equal(spill->size, size);
    for (uint64_t at = 0; at < size; at += PIECE) {
        assert_true(spill_read(spill, piece, sizeof piece, at));
        for (size_t i = 0; i < PIECE; i++)
            assert_int_equal(piece[i], byte_of(at + i));
    }
}

static void
what_is_more_than_a_little_is_in_a_file(void **state)
{
    struct spill spill = {0};

    (void)state;
    for (uint64_t at = 0; at < 2 * SPILL_KEPT; at += PIECE)
        write_piece(&spill, at);

    assert_true(spill.filed);
    assert_null(spill.bytes);
    all_is_there(&spill, 2 * SPILL_KEPT);
    spill_free(&spill);
}

/* As on a full disk: the file grows no more. */
static void
where_the_file_has_no_more_room_all_goes_back_into_memory(void **state)
{
    struct spill spill = {0};
    struct rlimit before, small;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){3 * SPILL_KEPT / 2 + PIECE / 2, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (uint64_t at = 0; at < 2 * SPILL_KEPT; at += PIECE)
        write_piece(&spill, at);
    write_piece(&spill, PIECE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

    assert_false(spill.filed);
    all_is_there(&spill, 2 * SPILL_KEPT);
    spill_free(&spill);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_more_than_a_little_is_in_a_file),
        cmocka_unit_test(where_the_file_has_no_more_room_all_goes_back_into_memory),
    };

    (void)signal(SIGXFSZ, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
