/* What the last run left, and which of what is told is news. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/watch/known.h"

static struct journal_mailbox inbox = {.name = (char[]){"INBOX"},
                                       .wire = (char[]){"INBOX"},
                                       .folder = (char[]){"INBOX"},
                                       .stamp = "1,2,3",
                                       .uidvalidity = 9,
                                       .uidnext = 100,
                                       .messages = 50,
                                       .modseq = 777};

static struct known_told
told_of(const char *mailbox, uint32_t messages, uint32_t uidnext, uint64_t modseq)
{
    return (struct known_told){
        .mailbox = text_of(mailbox),
        .has_messages = true,
        .numbers = {.uidvalidity = 9, .uidnext = uidnext, .messages = messages, .modseq = modseq}};
}

static struct known
after_a_run(void)
{
    struct known known = {0};
    bool moved;

    assert_true(known_load(&known, &inbox, 1, &moved));
    assert_true(moved);
    return known;
}

static bool
is_news(struct known *known, const char *mailbox, uint32_t messages, uint32_t uidnext, uint64_t modseq)
{
    const struct known_told told = told_of(mailbox, messages, uidnext, modseq);

    return known_is_news(known, &told);
}

static void
before_the_first_run_everything_is_news(void **state)
{
    struct known known = {0};

    (void)state;
    assert_true(is_news(&known, "INBOX", 50, 100, 777));
    assert_false(known_is_echo(&known, "INBOX", "1,2,3"));
}

static void
what_a_run_has_seen_is_no_news_and_what_differs_in_one_number_is(void **state)
{
    struct known known = after_a_run();

    (void)state;
    assert_false(is_news(&known, "INBOX", 50, 100, 777));
    assert_false(is_news(&known, "inbox", 50, 100, 777));
    assert_true(is_news(&known, "INBOX", 51, 100, 777));
    assert_true(is_news(&known, "INBOX", 50, 101, 777));
    assert_true(is_news(&known, "INBOX", 50, 100, 778));
    known_free(&known);
}

static void
numbers_that_are_not_told_agree(void **state)
{
    struct known known = after_a_run();
    const struct known_told count = {.mailbox = TEXT("INBOX"), .has_messages = true, .numbers.messages = 50};
    const struct known_told none = {.mailbox = TEXT("INBOX"), .has_messages = true};

    (void)state;
    assert_false(known_is_news(&known, &count));
    assert_true(known_is_news(&known, &none)); /* it is empty now */
    known_free(&known);
}

static void
a_change_without_numbers_is_news_each_time(void **state)
{
    struct known known = after_a_run();
    const struct known_told told = {.mailbox = TEXT("INBOX"), .changed = true};

    (void)state;
    assert_true(known_is_news(&known, &told));
    assert_true(known_is_news(&known, &told));
    known_free(&known);
}

static void
what_a_run_could_not_follow_is_told_once_and_not_after_each_run(void **state)
{
    struct known known = after_a_run();
    bool moved;

    (void)state;
    assert_true(is_news(&known, "INBOX", 51, 101, 800));
    assert_true(is_news(&known, "INBOX", 51, 101, 800)); /* no run has ended since */
    assert_true(known_load(&known, &inbox, 1, &moved));
    assert_false(moved);
    assert_false(is_news(&known, "INBOX", 51, 101, 800));
    assert_true(is_news(&known, "INBOX", 52, 102, 801));
    known_free(&known);
}

static void
a_mailbox_that_no_run_takes_up_is_not_ours_and_one_that_appears_is(void **state)
{
    struct known known = after_a_run();
    bool moved;

    (void)state;
    assert_true(is_news(&known, "Junk", 1, 2, 3));
    assert_true(known_load(&known, &inbox, 1, &moved));
    assert_false(is_news(&known, "Junk", 2, 3, 4));
    assert_true(is_news(&known, "New", 0, 1, 1));
    known_free(&known);
}

static void
a_cursor_that_moved_or_a_mailbox_that_went_is_told(void **state)
{
    struct known known = after_a_run();
    struct journal_mailbox later = inbox;
    bool moved;

    (void)state;
    later.uidnext = 101;
    assert_true(known_load(&known, &later, 1, &moved));
    assert_true(moved);
    assert_true(known_load(&known, &later, 1, &moved));
    assert_false(moved);
    assert_true(known_load(&known, NULL, 0, &moved));
    assert_true(moved);
    known_free(&known);
}

static void
a_folder_with_the_times_that_the_run_left_is_an_echo(void **state)
{
    struct known known = after_a_run();

    (void)state;
    assert_true(known_is_echo(&known, "INBOX", "1,2,3"));
    assert_false(known_is_echo(&known, "INBOX", "1,2,4"));
    assert_false(known_is_echo(&known, "Other", "1,2,3"));
    known_free(&known);
}

static void
a_server_that_tells_a_hundred_thousand_names_is_kept_up_with(void **state)
{
    struct known known = after_a_run();
    char name[32];
    bool moved;

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        (void)text_print(name, sizeof name, "m%u", i);
        assert_true(is_news(&known, name, 1, 2, 3));
    }
    assert_true(known_load(&known, &inbox, 1, &moved));
    for (unsigned i = 0; i < 100000; i++) {
        (void)text_print(name, sizeof name, "m%u", i);
        assert_false(is_news(&known, name, 1, 2, 3));
    }
    assert_false(is_news(&known, "INBOX", 50, 100, 777));
    known_free(&known);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_run_everything_is_news),
        cmocka_unit_test(what_a_run_has_seen_is_no_news_and_what_differs_in_one_number_is),
        cmocka_unit_test(numbers_that_are_not_told_agree),
        cmocka_unit_test(a_change_without_numbers_is_news_each_time),
        cmocka_unit_test(what_a_run_could_not_follow_is_told_once_and_not_after_each_run),
        cmocka_unit_test(a_mailbox_that_no_run_takes_up_is_not_ours_and_one_that_appears_is),
        cmocka_unit_test(a_cursor_that_moved_or_a_mailbox_that_went_is_told),
        cmocka_unit_test(a_folder_with_the_times_that_the_run_left_is_an_echo),
        cmocka_unit_test(a_server_that_tells_a_hundred_thousand_names_is_kept_up_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
