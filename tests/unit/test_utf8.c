/* What is a character of UTF-8, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/base/utf8.h"

static void
the_first_and_last_of_each_length_are_characters(void **state)
{
    static const struct {
        struct text bytes;
        uint32_t point;
    } rows[] = {
        {TEXT("\0"), 0},
        {TEXT("\x7f"), 0x7f},
        {TEXT("\xc2\x80"), 0x80},
        {TEXT("\xdf\xbf"), 0x7ff},
        {TEXT("\xe0\xa0\x80"), 0x800},
        {TEXT("\xed\x9f\xbf"), 0xd7ff},
        {TEXT("\xee\x80\x80"), 0xe000},
        {TEXT("\xef\xbf\xbf"), 0xffff},
        {TEXT("\xf0\x90\x80\x80"), 0x10000},
        {TEXT("\xf4\x8f\xbf\xbf"), 0x10ffff},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t point = 1;

        assert_int_equal(utf8_next(rows[i].bytes, &point), rows[i].bytes.len);
        assert_int_equal(point, rows[i].point);
        assert_int_equal(utf8_next(rows[i].bytes, NULL), rows[i].bytes.len);
        if (rows[i].bytes.len > 1) /* its end is missing */
            assert_int_equal(utf8_next((struct text){rows[i].bytes.at, rows[i].bytes.len - 1}, &point), 0);
    }
}

static void
what_only_looks_like_a_character_is_none(void **state)
{
    static const char *const rows[] = {
        "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",         "\xc3(",        "\xe2\x82("};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t point = 1;

        assert_int_equal(utf8_next(text_of(rows[i]), &point), 0);
        assert_int_equal(point, 1);
        assert_false(utf8_valid(text_of(rows[i])));
    }
    assert_int_equal(utf8_next(TEXT(""), NULL), 0);
}

static void
a_text_is_valid_to_its_end(void **state)
{
    (void)state;
    assert_true(utf8_valid(TEXT("")));
    assert_true(utf8_valid(TEXT("Gr\xc3\xbc\xc3\x9f"
                                "e \xf0\x9f\x90\xa6")));
    assert_false(utf8_valid(TEXT("Gr\xc3\xbc\xc3")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_and_last_of_each_length_are_characters),
        cmocka_unit_test(what_only_looks_like_a_character_is_none),
        cmocka_unit_test(a_text_is_valid_to_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
