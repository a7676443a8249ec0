/* How wide text is, and how a name is shortened by columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/columns.h"
#include "store/base/utf8.h"

static void
a_character_takes_the_columns_that_a_terminal_gives_it(void **state)
{
    (void)state;
    assert_int_equal(columns_of(""), 0);
    assert_int_equal(columns_of("INBOX"), 5);
    assert_int_equal(columns_of("Работа"), 6);
    assert_int_equal(columns_of("東京"), 4);
    assert_int_equal(columns_of("e\xcc\x81"), 1); /* an accent of its own */
    assert_int_equal(columns_of("\xff\xfe"), 2);
}

static void
assert_shortened(const char *text, size_t columns, const char *expected)
{
    char to[128];

    columns_shorten(text, columns, to, sizeof to);
    assert_string_equal(to, expected);
}

static void
what_is_too_wide_keeps_both_its_ends(void **state)
{
    (void)state;
    assert_shortened("Archive/2024", 12, "Archive/2024");
    assert_shortened("Archive/2024", 10, "Arch..2024");
    assert_shortened("Archive/2024", 9, "Arch..024");
    assert_shortened("Archive/2024", 2, "Ar");
    assert_shortened("Archive/2024", 0, "");
    assert_shortened("東京東京", 7, "東..京"); /* half a character is none */
    assert_shortened("abcdefe\xcc\x81", 5, "ab..e\xcc\x81");
}

static void
no_width_is_exceeded_and_no_character_torn(void **state)
{
    static const char text[] = "A\xcc\x8a"
                               "東b京\xcc\x81"
                               "Ж\xf0\x9f\x95\x8a"
                               "zz";
    char to[128];

    (void)state;
    for (size_t columns = 0; columns < 16; columns++) {
        columns_shorten(text, columns, to, sizeof to);
        assert_true(columns_of(to) <= columns);
        assert_true(utf8_valid(text_of(to)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_character_takes_the_columns_that_a_terminal_gives_it),
        cmocka_unit_test(what_is_too_wide_keeps_both_its_ends),
        cmocka_unit_test(no_width_is_exceeded_and_no_character_torn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
