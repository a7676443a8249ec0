/* Flags between IMAP names, bits and Maildir letters; sets of keywords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/flags.h"

static void
each_flag_has_one_name_one_letter_one_bit(void **state)
{
    static const struct {
        unsigned bit;
        const char *name, *shouted;
        char letter;
    } rows[] = {
        {FLAG_SEEN, "\\Seen", "\\SEEN", 'S'},          {FLAG_ANSWERED, "\\Answered", "\\ANSWERED", 'R'},
        {FLAG_FLAGGED, "\\Flagged", "\\FLAGGED", 'F'}, {FLAG_DELETED, "\\Deleted", "\\DELETED", 'T'},
        {FLAG_DRAFT, "\\Draft", "\\DRAFT", 'D'},       {FLAG_FORWARDED, "$Forwarded", "$FORWARDED", 'P'},
    };
    unsigned all = 0;
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(flag_from_imap(text_of(rows[i].name)), rows[i].bit);
        assert_int_equal(flag_from_imap(text_of(rows[i].shouted)), rows[i].bit);
        assert_string_equal(flag_to_imap(rows[i].bit), rows[i].name);
        assert_int_equal(flag_from_letter(rows[i].letter), rows[i].bit);
        all |= rows[i].bit;
    }
    assert_int_equal(all, FLAG_ALL);
}

static void
nothing_else_is_a_flag(void **state)
{
    (void)state;

    assert_int_equal(flag_from_imap(TEXT("\\Recent")), 0);
    assert_int_equal(flag_from_imap(TEXT("Seen")), 0);
    assert_int_equal(flag_from_imap(TEXT("\\Seen ")), 0);
    assert_int_equal(flag_from_imap(TEXT("")), 0);
    assert_int_equal(flag_from_letter('s'), 0);
    assert_int_equal(flag_from_letter('a'), 0);
    assert_int_equal(flag_from_letter('\0'), 0);
}

static void
letters_are_sorted(void **state)
{
    char letters[7];
    (void)state;

    flags_to_letters(FLAG_ALL, letters);
    assert_string_equal(letters, "DFPRST");
    flags_to_letters(0, letters);
    assert_string_equal(letters, "");
    for (unsigned flags = 0; flags <= FLAG_ALL; flags++) {
        unsigned back = 0;

        flags_to_letters(flags, letters);
        for (size_t i = 0; letters[i] != '\0'; i++)
            back |= flag_from_letter(letters[i]);
        assert_int_equal(back, flags);
    }
}

static void
keywords_are_sorted_without_case_and_kept_once_in_the_first_spelling(void **state)
{
    char keywords[KEYWORDS_MAX + 1] = "";
    (void)state;

    assert_true(keywords_add(keywords, TEXT("Work")));
    assert_true(keywords_add(keywords, TEXT("apple")));
    assert_true(keywords_add(keywords, TEXT("zebra")));
    assert_true(keywords_add(keywords, TEXT("WORK")));
    assert_true(keywords_add(keywords, TEXT("Banana")));
    assert_true(keywords_add(keywords, TEXT("wor")));

    assert_string_equal(keywords, "apple Banana wor Work zebra");
}

static void
the_order_of_adding_does_not_matter(void **state)
{
    static const char *const words[] = {"$Label1", "NonJunk", "junk", "a", "A1"};
    char first[KEYWORDS_MAX + 1] = "", second[KEYWORDS_MAX + 1] = "";
    (void)state;

    for (size_t i = 0; i < 5; i++) {
        assert_true(keywords_add(first, text_of(words[i])));
        assert_true(keywords_add(second, text_of(words[4 - i])));
    }

    assert_string_equal(first, second);
}

static void
what_has_a_bit_is_no_keyword(void **state)
{
    char keywords[KEYWORDS_MAX + 1] = "";
    (void)state;

    assert_true(keywords_add(keywords, TEXT("$forwarded")));
    assert_string_equal(keywords, "");
}

static void
a_keyword_that_would_be_read_back_as_another_is_refused(void **state)
{
    char keywords[KEYWORDS_MAX + 1] = "x";
    (void)state;

    assert_false(keywords_add(keywords, TEXT("")));
    assert_false(keywords_add(keywords, TEXT("a b")));
    assert_false(keywords_add(keywords, TEXT("a\r\nb")));
    assert_false(keywords_add(keywords, TEXT("a\0b")));
    assert_string_equal(keywords, "x");
}

static void
a_keyword_without_room_changes_nothing(void **state)
{
    char keywords[KEYWORDS_MAX + 1] = "", before[KEYWORDS_MAX + 1], longest[KEYWORDS_MAX + 1];
    (void)state;
    memset(longest, 'm', KEYWORDS_MAX);

    assert_false(keywords_add(keywords, (struct text){longest, KEYWORDS_MAX + 1}));
    assert_true(keywords_add(keywords, (struct text){longest, KEYWORDS_MAX - 2}));
    memcpy(before, keywords, sizeof before);
    assert_false(keywords_add(keywords, TEXT("zz")));
    assert_false(keywords_add(keywords, TEXT("aa")));
    assert_memory_equal(keywords, before, sizeof before);
    assert_true(keywords_add(keywords, TEXT("a")));

    assert_int_equal(strlen(keywords), KEYWORDS_MAX);
    assert_memory_equal(keywords, "a mmm", 5);
}

static void
a_keyword_is_taken_out_wherever_it_stands(void **state)
{
    static const struct {
        const char *from, *word, *left;
    } ways[] = {{"a b c", "A", "b c"}, {"a b c", "b", "a c"}, {"a b c", "C", "a b"}, {"a", "a", ""},
                {"a b", "x", "a b"},   {"ab a", "a", "ab"},   {"", "a", ""}};
    char keywords[KEYWORDS_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        (void)text_print(keywords, sizeof keywords, "%s", ways[i].from);
        keywords_take(keywords, text_of(ways[i].word));
        assert_string_equal(keywords, ways[i].left);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_flag_has_one_name_one_letter_one_bit),
        cmocka_unit_test(nothing_else_is_a_flag),
        cmocka_unit_test(letters_are_sorted),
        cmocka_unit_test(keywords_are_sorted_without_case_and_kept_once_in_the_first_spelling),
        cmocka_unit_test(the_order_of_adding_does_not_matter),
        cmocka_unit_test(what_has_a_bit_is_no_keyword),
        cmocka_unit_test(a_keyword_that_would_be_read_back_as_another_is_refused),
        cmocka_unit_test(a_keyword_without_room_changes_nothing),
        cmocka_unit_test(a_keyword_is_taken_out_wherever_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
