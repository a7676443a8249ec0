/* The header that a copy of mbsync's was made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/adopt/tuid.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define TUID "X-TUID: abcDEF012+/9\r\n"

static void
the_header_is_that_without_the_line(void **state)
{
    static const struct {
        const char *with, *without;
    } rows[] = {
        {"A: 1\r\n" TUID "\r\n", "A: 1\r\n\r\n"},
        {"A: 1\r\n" TUID "B: 2\r\n\r\nbody\r\n", "A: 1\r\nB: 2\r\n\r\n"},
        {TUID "\r\n", "\r\n"},
        {"A: 1\r\n\tX-TUID: abcDEF012+/9\r\n" TUID "\r\n", "A: 1\r\n\tX-TUID: abcDEF012+/9\r\n\r\n"},
        {"A: 1\r\n" TUID "\r\n" TUID, "A: 1\r\n\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        unsigned char got[DIGEST_SIZE], want[DIGEST_SIZE];

        assert_true(tuid_header_without(text_of(rows[i].with), got));
        assert_true(digest_bytes(rows[i].without, strlen(rows[i].without), want));
        assert_memory_equal(got, want, DIGEST_SIZE);
    }
}

static void
what_is_no_such_line_or_stands_twice_is_not_taken_out(void **state)
{
    static const char *const headers[] = {
        "",
        "A: 1\r\n\r\n",
        "A: 1\r\n" TUID,                 /* no end */
        "A: 1\r\n" TUID TUID "\r\n",     /* nobody knows which */
        "X-TUID: abcDEF012+/\r\n\r\n",   /* eleven */
        "X-TUID: abcDEF012+/9x\r\n\r\n", /* thirteen */
        "X-TUID: abcDEF012+-9\r\n\r\n",  /* another letter */
        "x-tuid: abcDEF012+/9\r\n\r\n",
        "X-TUID:abcDEF012+/9z\r\n\r\n",
        "A: 1\r\n\r\n" TUID,
    };
    unsigned char digest[DIGEST_SIZE];

    (void)state;
    for (size_t i = 0; i < LENGTH(headers); i++)
        assert_false(tuid_header_without(text_of(headers[i]), digest));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_that_without_the_line),
        cmocka_unit_test(what_is_no_such_line_or_stands_twice_is_not_taken_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
