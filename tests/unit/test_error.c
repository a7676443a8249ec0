/* Errors hold only what a terminal may see, and make one line for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "store/base/error.h"

static void
setting_an_error_keeps_account_and_mailbox_and_forgets_the_rest(void **state)
{
    struct error err = {.account = "work", .mailbox = "INBOX", .answer = "old", .hint = "old"};
    (void)state;

    error_set(&err, ERROR_SERVER, "select %s", "INBOX");

    assert_int_equal(err.kind, ERROR_SERVER);
    assert_string_equal(err.what, "select INBOX");
    assert_string_equal(err.answer, "");
    assert_string_equal(err.hint, "");
    assert_string_equal(err.account, "work");
    assert_string_equal(err.mailbox, "INBOX");
}

static void
an_error_of_the_system_carries_its_words(void **state)
{
    struct error err = {.hint = "old"};
    (void)state;

    error_sys(&err, EEXIST, "move message %d", 7);

    assert_int_equal(err.kind, ERROR_LOCAL);
    assert_string_equal(err.what, "move message 7");
    assert_string_equal(err.answer, "File exists");
    assert_string_equal(err.hint, "");
}

static void
what_a_terminal_may_not_see_is_escaped(void **state)
{
    static const struct {
        struct text from;
        const char *to;
    } rows[] = {
        {TEXT("plain"), "plain"},
        {TEXT(""), ""},
        {TEXT("a\r\nb\tc\x1b[2J\x7f"), "a\\x0D\\x0Ab\\x09c\\x1B[2J\\x7F"},
        {TEXT("a\0b"), "a\\x00b"},
        {TEXT("Gr\xc3\xbc\xc3\x9f"
              "e \xe2\x82\xac \xf0\x9f\x90\xa6"),
         "Gr\xc3\xbc\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x90\xa6"},
        {TEXT("\xc2\x9b"), "\\xC2\\x9B"},                            /* CSI as one character */
        {TEXT("\xff\xc0\x80"), "\\xFF\\xC0\\x80"},                   /* never UTF-8, and an overlong NUL */
        {TEXT("\xe0\x80\x80"), "\\xE0\\x80\\x80"},                   /* overlong */
        {TEXT("\xed\xa0\x80"), "\\xED\\xA0\\x80"},                   /* a surrogate */
        {TEXT("\xf4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80"},          /* above U+10FFFF */
        {TEXT("\xe2\x82"), "\\xE2\\x82"},                            /* cut */
        {TEXT("\xe2\x80\xae"), "\\xE2\\x80\\xAE"},                   /* right-to-left override */
        {TEXT("\xd8\x9c\xe2\x80\x8f"), "\\xD8\\x9C\\xE2\\x80\\x8F"}, /* marks of Arabic and right-to-left */
        {TEXT("\xe2\x81\xa7"), "\\xE2\\x81\\xA7"},                   /* right-to-left isolate */
    };
    char to[200];
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        error_escape(to, sizeof to, rows[i].from);
        assert_string_equal(to, rows[i].to);
    }
}

static void
a_text_that_is_too_long_ends_in_dots_and_never_inside_a_character(void **state)
{
    static const struct text umlauts = TEXT("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
    (void)state;

    for (size_t size = 1; size < 20; size++) {
        char *to = malloc(size); /* exactly, so that a byte too many is seen */
        assert_non_null(to);

        error_escape(to, size, umlauts);

        assert_true(strlen(to) < size);
        if (size >= 15)
            assert_string_equal(to, umlauts.at);
        else if (size >= 4)
            assert_string_equal(to + strlen(to) - 3, "...");
        if (size >= 4 && size < 15)
            assert_int_equal((strlen(to) - 3) % 2, 0);
        free(to);
    }
}

static void
names_of_strangers_in_what_was_tried_are_escaped_and_cut(void **state)
{
    struct error err = {0};
    char name[4000];
    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    name[0] = '\x1b';

    error_set(&err, ERROR_LOCAL, "open %s", name);
    error_hint(&err, "look at %s", name);
    error_answer(&err, text_of(name));

    assert_memory_equal(err.what, "open \\x1Bxxx", 12);
    assert_string_equal(err.what + strlen(err.what) - 4, "x...");
    assert_string_equal(err.hint + strlen(err.hint) - 4, "x...");
    assert_string_equal(err.answer + strlen(err.answer) - 4, "x...");
}

static void
the_line_for_people_leaves_out_what_is_empty(void **state)
{
    static const struct {
        struct error err;
        const char *line;
    } rows[] = {
        {{.account = "work", .mailbox = "INBOX", .what = "select", .answer = "NO gone", .hint = "look"},
         "work/INBOX: can't select: NO gone. look"},
        {{.account = "work", .what = "connect", .answer = "refused"}, "work: can't connect: refused"},
        {{.what = "read configuration", .hint = "write it"}, "can't read configuration. write it"},
        {{.account = "work", .what = "log in", .answer = "No.", .hint = "ask"}, "work: can't log in: No. ask"},
        {{.mailbox = "a", .what = "b"}, "a: can't b"},
        {{.mailbox = "a\nb", .what = "b"}, "a\\x0Ab: can't b"},
        {{.mailbox = "a", .what = "it is gone", .stated = true, .hint = "look"}, "a: it is gone. look"},
        {{.hint = "only"}, "only"},
        {{.kind = ERROR_NONE}, ""},
    };
    char line[300], small[10];
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        error_line(&rows[i].err, line, sizeof line);
        assert_string_equal(line, rows[i].line);
    }
    error_line(&rows[0].err, small, sizeof small);
    assert_string_equal(small, "work/I...");
}

static void
each_kind_has_one_exit_status(void **state)
{
    static const int statuses[] = {[ERROR_NONE] = 1,   [ERROR_CONFIG] = 2, [ERROR_LOGIN] = 4,  [ERROR_NETWORK] = 5,
                                   [ERROR_SERVER] = 1, [ERROR_LOCAL] = 1,  [ERROR_LOCKED] = 6, [ERROR_INTERRUPTED] = 1};

    (void)state;
    for (size_t kind = 0; kind < sizeof statuses / sizeof statuses[0]; kind++)
        assert_int_equal(error_status((enum error_kind)kind), statuses[kind]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_an_error_keeps_account_and_mailbox_and_forgets_the_rest),
        cmocka_unit_test(an_error_of_the_system_carries_its_words),
        cmocka_unit_test(what_a_terminal_may_not_see_is_escaped),
        cmocka_unit_test(a_text_that_is_too_long_ends_in_dots_and_never_inside_a_character),
        cmocka_unit_test(names_of_strangers_in_what_was_tried_are_escaped_and_cut),
        cmocka_unit_test(the_line_for_people_leaves_out_what_is_empty),
        cmocka_unit_test(each_kind_has_one_exit_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
