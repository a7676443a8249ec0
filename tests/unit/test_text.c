/* Borrowed bytes, growing buffers, growing arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/text.h"

static void
texts_compare_by_bytes_and_length(void **state)
{
    (void)state;

    assert_true(text_is(TEXT("INBOX"), "INBOX"));
    assert_false(text_is(TEXT("INBOX"), "inbox"));
    assert_false(text_is(TEXT("INBO"), "INBOX"));
    assert_false(text_is(TEXT("INBOXE"), "INBOX"));
    assert_false(text_is(TEXT("IN\0BOX"), "IN"));
    assert_true(text_is(text_of(NULL), ""));
    assert_true(text_is((struct text){NULL, 0}, ""));
    assert_true(text_same(TEXT("IN\0BOX"), TEXT("IN\0BOX")));
    assert_false(text_same(TEXT("IN\0BOX"), TEXT("IN\0BIX")));
    assert_true(text_same((struct text){NULL, 0}, TEXT("")));
}

static void
texts_are_ordered_by_their_bytes_and_what_is_the_beginning_of_another_comes_first(void **state)
{
    (void)state;

    assert_true(text_order(TEXT("a"), TEXT("b")) < 0);
    assert_true(text_order(TEXT("b"), TEXT("ab")) > 0);
    assert_true(text_order(TEXT("a"), TEXT("ab")) < 0);
    assert_true(text_order(TEXT("a\0c"), TEXT("a\0b")) > 0);
    assert_true(text_order(TEXT("\xc3"), TEXT("a")) > 0);
    assert_int_equal(text_order((struct text){NULL, 0}, TEXT("")), 0);
    assert_true(text_order((struct text){NULL, 0}, TEXT("a")) < 0);
}

/* The figures are those of FNV-1a's authors. */
static void
hashes_are_what_journals_and_files_hold(void **state)
{
    (void)state;

    assert_true(text_hash(TEXT("")) == UINT64_C(0xcbf29ce484222325));
    assert_true(text_hash(TEXT("a")) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(text_hash(TEXT("foobar")) == UINT64_C(0x85944171f73967e8));
    assert_true(text_hash_on(text_hash(TEXT("foo")), TEXT("bar")) == text_hash(TEXT("foobar")));
}

static void
numbers_are_taken_one_by_one_up_to_what_is_none(void **state)
{
    const char *at = "7 18446744\n0x x";
    uint64_t number = 1;

    (void)state;
    assert_true(text_take_number(&at, &number));
    assert_int_equal(number, 7);
    assert_true(text_take_number(&at, &number));
    assert_int_equal(number, 18446744);
    assert_false(text_take_number(&at, &number));
    assert_int_equal(number, 18446744);
    assert_string_equal(at, "x");
    at = "";
    assert_false(text_take_number(&at, &number));
    assert_string_equal(at, "");
}

static void
case_is_ignored_for_ascii_letters_only(void **state)
{
    (void)state;

    assert_true(text_is_nocase(TEXT("fEtCh"), "FETCH"));
    assert_false(text_is_nocase(TEXT("\xc3\x84"), "\xc3\xa4"));
    assert_false(text_is_nocase(TEXT("@"), "`"));
    assert_false(text_is_nocase(TEXT("["), "{"));
    assert_false(text_is_nocase(TEXT("fetch"), "fetch "));
}

static void
a_part_is_found_in_any_case(void **state)
{
    (void)state;
    assert_true(text_has_nocase(TEXT("[ALERT] Too Many connections"), "too many"));
    assert_true(text_has_nocase(TEXT("in use"), "in USE"));
    assert_true(text_has_nocase(TEXT(""), ""));
    assert_false(text_has_nocase(TEXT("in us"), "in use"));
    assert_false(text_has_nocase(TEXT(""), "x"));
}

static void
a_number_is_a_whole_token_of_digits_up_to_its_maximum(void **state)
{
    static const struct {
        const char *token;
        uint64_t max;
        bool good;
        uint64_t number;
    } rows[] = {
        {"0", 0, true, 0},
        {"1", 0, false, 0},
        {"4294967295", UINT32_MAX, true, UINT32_MAX},
        {"4294967296", UINT32_MAX, false, 0},
        {"9223372036854775807", INT64_MAX, true, INT64_MAX},
        {"9223372036854775808", INT64_MAX, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999", UINT64_MAX, false, 0},
        {"007", 7, true, 7},
        {"", 9, false, 0},
        {"+1", 9, false, 0},
        {"-1", 9, false, 0},
        {" 1", 9, false, 0},
        {"1 ", 9, false, 0},
        {"0x1", 9, false, 0},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t number = 42;

        assert_int_equal(text_number(text_of(rows[i].token), rows[i].max, &number), rows[i].good);
        assert_true(number == (rows[i].good ? rows[i].number : 42));
    }
}

static void
a_copy_that_does_not_fit_or_holds_nul_is_refused(void **state)
{
    char to[4] = "xyz";
    (void)state;

    assert_true(text_copy(TEXT("abc"), to, sizeof to));
    assert_string_equal(to, "abc");
    assert_false(text_copy(TEXT("abcd"), to, sizeof to));
    assert_string_equal(to, "");
    assert_false(text_copy(TEXT("a\0b"), to, sizeof to));
    assert_string_equal(to, "");
    assert_true(text_copy((struct text){NULL, 0}, to, sizeof to));
    assert_false(text_copy(TEXT(""), to, 0));
}

static void
printing_says_whether_it_was_cut(void **state)
{
    char to[6];
    (void)state;

    assert_true(text_print(to, sizeof to, "%d%s", 12, "345"));
    assert_string_equal(to, "12345");
    assert_false(text_print(to, sizeof to, "%d%s", 12, "3456"));
    assert_string_equal(to, "12345");
}

static void
a_buffer_never_grows_past_its_maximum(void **state)
{
    struct buffer buffer = buffer_new(5);
    (void)state;

    assert_true(buffer_add(&buffer, "ab\0", 3));
    assert_false(buffer_add(&buffer, "cde", 3));
    assert_int_equal(buffer.len, 3);
    assert_true(buffer_adds(&buffer, "cd"));
    assert_memory_equal(buffer.at, "ab\0cd", 6);
    assert_true(buffer_add(&buffer, NULL, 0));
    assert_false(buffer_adds(&buffer, "e"));
    assert_false(buffer_addf(&buffer, "%d", 1));
    assert_int_equal(buffer.len, 5);
    assert_true(buffer.size <= 6);

    buffer_clear(&buffer);
    assert_int_equal(buffer.len, 0);
    assert_string_equal(buffer.at, "");
    assert_true(buffer_addf(&buffer, "%s-%d", "a", 123));
    assert_string_equal(buffer.at, "a-123");

    buffer_free(&buffer);
    assert_null(buffer.at);
    assert_true(buffer_adds(&buffer, "again"));
    buffer_free(&buffer);
    buffer_free(NULL);
}

static void
a_buffer_without_a_maximum_refuses_what_no_memory_can_hold(void **state)
{
    struct buffer buffer = buffer_new(SIZE_MAX);
    (void)state;

    assert_true(buffer_adds(&buffer, "x"));
    assert_false(buffer_add(&buffer, "", SIZE_MAX));
    assert_false(buffer_add(&buffer, "", SIZE_MAX - 1));
    assert_string_equal(buffer.at, "x");
    buffer_free(&buffer);
}

static void
a_buffer_keeps_all_that_was_added_in_many_pieces(void **state)
{
    struct buffer buffer = buffer_new(100000);
    (void)state;

    for (int i = 0; i < 10000; i++)
        assert_true(buffer_addf(&buffer, "%04d,", i));

    assert_int_equal(buffer.len, 50000);
    assert_memory_equal(buffer.at + 5 * 1234, "1234,", 5);
    assert_int_equal(buffer.at[buffer.len], '\0');
    buffer_free(&buffer);
}

static void
bytes_are_written_as_hexadecimal_digits(void **state)
{
    static const unsigned char bytes[] = {0x00, 0x0f, 0xa0, 0xff};
    char to[9];
    (void)state;

    text_hex(bytes, 4, to);
    assert_string_equal(to, "000fa0ff");
    text_hex(bytes, 0, to);
    assert_string_equal(to, "");
}

static void
an_array_grows_and_keeps_its_elements(void **state)
{
    int64_t *array = NULL;
    size_t have = 0;
    (void)state;

    for (int64_t i = 0; i < 1000; i++) {
        assert_true(array_grow(&array, &have, (size_t)i + 1, sizeof *array));
        array[i] = i;
    }

    assert_true(have >= 1000);
    for (int64_t i = 0; i < 1000; i++)
        assert_true(array[i] == i);
    free(array);
}

static void
an_array_too_large_to_be_counted_is_refused_and_unchanged(void **state)
{
    int64_t *array = NULL, *before;
    size_t have = 0, had;
    (void)state;
    assert_true(array_grow(&array, &have, 1, sizeof *array));
    before = array;
    had = have;

    assert_false(array_grow(&array, &have, SIZE_MAX / 4, sizeof *array));
    assert_false(array_grow(&array, &have, SIZE_MAX, 1));
    assert_false(array_grow(&array, &have, PTRDIFF_MAX / sizeof *array + 1, sizeof *array));

    assert_ptr_equal(array, before);
    assert_int_equal(have, had);
    free(array);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_compare_by_bytes_and_length),
        cmocka_unit_test(texts_are_ordered_by_their_bytes_and_what_is_the_beginning_of_another_comes_first),
        cmocka_unit_test(hashes_are_what_journals_and_files_hold),
        cmocka_unit_test(numbers_are_taken_one_by_one_up_to_what_is_none),
        cmocka_unit_test(case_is_ignored_for_ascii_letters_only),
        cmocka_unit_test(a_part_is_found_in_any_case),
        cmocka_unit_test(a_number_is_a_whole_token_of_digits_up_to_its_maximum),
        cmocka_unit_test(a_copy_that_does_not_fit_or_holds_nul_is_refused),
        cmocka_unit_test(printing_says_whether_it_was_cut),
        cmocka_unit_test(a_buffer_never_grows_past_its_maximum),
        cmocka_unit_test(a_buffer_without_a_maximum_refuses_what_no_memory_can_hold),
        cmocka_unit_test(a_buffer_keeps_all_that_was_added_in_many_pieces),
        cmocka_unit_test(bytes_are_written_as_hexadecimal_digits),
        cmocka_unit_test(an_array_grows_and_keeps_its_elements),
        cmocka_unit_test(an_array_too_large_to_be_counted_is_refused_and_unchanged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
