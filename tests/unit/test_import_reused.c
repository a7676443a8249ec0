/* Names that are used again: nothing of what has them now is removed, or left there for good, as if it were what had them before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sync/import/private.h"
#include "sync/import/verdict.h"
#include "tests/unit/import_two_reports.h"

#define NAMELESS "Subject: state\r\nX-Note: it has no name\r\n\r\n"

static struct dropped *
given_nameless(struct scene *sc, const char *uidl, const char *body)
{
    char text[200];

    text_print(text, sizeof text, NAMELESS "%s\r\n", body);
    return given_mail_as(sc, uidl, text, strlen(text));
}

/* The second report is on the server, or here; golub had days to take it for the first and remove it. */
static void
assert_second_comes_before_it_goes(struct scene *sc, struct dropped *second)
{
    for (int i = 0; i < 8; i++) {
        (void)run_import(sc);
        assert_true(!second->gone || copies_here(sc, second) == 1);
        time_passes(sc, 2 * DAY);
    }
    assert_int_equal(copies_here(sc, second), 1);
    assert_true(second->gone);
}

static void
a_name_that_a_list_lacked_may_be_that_of_another_report(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_report(sc, "1", report_one);

    sc->account.import.keep_days = 3;
    assert_run(sc, 0);
    first->gone = true;
    assert_run(sc, 0);

    assert_second_comes_before_it_goes(sc, given_report(sc, "1", report_two));
}

static void
a_name_that_stands_beside_one_that_is_used_again_may_be_that_of_another_report(void **state)
{
    struct scene *sc = *state;
    struct dropped *first, *other;

    sc->account.import.keep_days = 3;
    first = given_report(sc, "1", report_one);
    other = given_mail(sc, "2");
    assert_run(sc, 0);
    first->gone = other->gone = true;
    first = given_report(sc, "1", report_two);
    given_mail(sc, "2")->listed_size = 77;

    assert_second_comes_before_it_goes(sc, first);
}

static void
a_name_whose_size_is_told_no_more_may_be_that_of_another_report(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_report(sc, "1", report_one), *second;

    sc->account.import.keep_days = 3;
    assert_run(sc, 0);
    first->gone = true;
    second = given_report(sc, "1", report_two);
    second->no_size = true;

    assert_second_comes_before_it_goes(sc, second);
}

/* Its header names neither, and the list shows that names are used again: its bytes say which it is, though it is never removed. */
static void
what_names_nothing_is_compared_where_a_name_is_used_again(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_nameless(sc, "1", "it goes on"), *other = given_mail(sc, "2"), *second;

    assert_run(sc, 0);
    first->gone = other->gone = true;
    second = given_nameless(sc, "1", "it failed.");
    given_mail(sc, "2")->listed_size = 77;

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, second), 1);
}

/* It was recorded as had and went before its header was read: by then a name of that server was used again. */
static void
what_was_had_and_never_read_is_nobody_once_names_are_used_again(void **state)
{
    struct scene *sc = *state;
    struct dropped *had = given_mail(sc, "1"), *other = given_mail(sc, "2"), *mail;

    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    had->gone = other->gone = true;
    given_mail(sc, "2")->listed_size = 77;
    assert_run(sc, 0);
    mail = given_mail(sc, "1");
    mail->listed_size = had->len;

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    assert_int_equal(copies_here(sc, mail), 1);
}

/*
 * TOP writes a line into one header, and names moved on: the one that has the other's name is its kin, of another size. The other one comes again
 * under a new name, by its bytes.
 */
static void
a_message_whose_row_a_kin_of_it_has_by_name_comes_once(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_nameless(sc, "1", "it goes on"),
                   *second = given_nameless(sc, "2", "it goes on and on");

    assert_run(sc, 0);
    first->top_adds = "Status: RO\r\n";
    rename_there(first, "2");
    rename_there(second, "3");

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_all_here(sc);
}

/* A name that was begun for another message, whose header is known: what comes under it is not one that was there beside it. */
static void
what_comes_under_the_name_of_one_that_was_begun_is_known_by_its_bytes(void **state)
{
    struct scene *sc = *state;
    struct dropped *went, *mail, *begun;

    went = given_mail(sc, "g");
    mail = given_mail(sc, "7");
    assert_run(sc, 0);
    went->gone = true;
    begun = given_mail(sc, "8");
    begun->refuse_retr = true;
    begun->listed_size = mail->len;
    assert_run(sc, 1);
    begun->refuse_retr = false;
    sc->now += DAY; /* it was there beside the other one */
    rename_there(mail, "8");
    rename_there(begun, "9");

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(copies_here(sc, begun), 1);
}

/* The UIDL of two, of which one came in part and the list lacks it now: the other one has gone, and what has it now names nothing. */
static void
what_names_nothing_is_compared_where_others_have_its_name_that_are_not_shown(void **state)
{
    struct scene *sc = *state;
    struct dropped *first, *second;

    given_mail(sc, "x")->listed_size = 100000;
    first = given_nameless(sc, "x", "it goes on");
    assert_run(sc, 1);
    first->gone = true;
    second = given_nameless(sc, "x", "it failed.");
    sc->drop.list_from = sc->drop.list_most = 1;
    sc->drop.lie_stat = true;

    (void)run_import(sc);

    assert_int_equal(copies_here(sc, second), 1);
}

/* ... and where it stands twice another size is another report's, however large. */
static void
a_large_report_of_another_size_under_a_repeated_name_comes(void **state)
{
    static char text[80000];
    struct scene *sc = *state;
    struct dropped *first;

    memset(text, 'x', sizeof text);
    memcpy(text, report_one, strlen(report_one));
    (void)given_mail(sc, "x");
    first = given_mail_as(sc, "x", text, 70000);
    assert_run(sc, 0);
    first->gone = true;
    (void)given_mail_as(sc, "x", text, 80000);

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 3);
}

/* LIST says far more of it now, so it is asked for twice: by then it had a row, but no more than the first time was it beside the other one. */
static void
what_is_back_under_another_name_and_far_too_large_a_size_comes_once(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "1");

    assert_run(sc, 0);
    mail->gone = true;
    sc->now += DAY;
    assert_run(sc, 0);
    mail->gone = false;
    rename_there(mail, "2");
    mail->listed_size = 100000;

    for (int i = 0; i < 3; i++) {
        sc->now += DAY;
        (void)run_import(sc);
        assert_int_equal(files_in(sc, "INBOX/new"), 1);
    }
}

/* Of what is back a part comes, and more than 30 days later all of it. */
static void
what_is_back_and_comes_in_part_for_long_is_known_when_all_of_it_comes(void **state)
{
    static const char whole[] =
        "Subject: one\r\nMessage-ID: <one@x>\r\n\r\nThere is so much of this that twenty bytes are far too few.\r\n";
    struct scene *sc = *state;
    struct dropped *mail = given_mail_as(sc, "1", whole, sizeof whole - 1);

    assert_run(sc, 0);
    mail->gone = true;
    sc->now += DAY;
    assert_run(sc, 0);
    mail->gone = false;
    mail->give = 20;
    rename_there(mail, "2");
    for (int i = 0; i < 8; i++) {
        sc->now += 6 * DAY;
        (void)run_import(sc);
    }
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    mail->give = 0;
    for (int i = 0; i < 3; i++) {
        sc->now += 2 * DAY;
        (void)run_import(sc);
    }
    assert_int_equal(copies_here(sc, mail), 1);
}

/* It came with fewer bytes than listed, and another message was read under the name that it had: that one was no more of it. */
static void
what_was_read_of_another_message_is_no_doubt_of_this_one(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "1"), *other;

    sc->account.import.keep_days = 3;
    mail->listed_size = mail->len + 5;
    assert_run(sc, 0);
    rename_there(mail, "2");
    other = given_nameless(sc, "1", "it is much longer than what had its name, and it is another one by all means.");
    other->no_size = true;

    sc->drop.list_from = sc->drop.list_most = 1;
    for (int i = 0; i < 12; i++) {
        sc->now += 2 * DAY;
        (void)run_import(sc);
        if (i == 3)
            sc->drop.list_most = 0;
    }

    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(copies_here(sc, other), 1);
    assert_int_equal(count_there(sc), 0);
}

/* One of two reports went, and a third has its name, its header and its size: names moved on, so its bytes say which it is. */
static void
assert_third_report_comes(struct scene *sc, const char *top_adds)
{
    static const char report_three[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit hangs..\r\n";
    struct dropped *first = given_report(sc, "1", report_one), *second = given_report(sc, "2", report_two),
                   *other = given_mail(sc, "3"), *third;

    assert_run(sc, 0);
    second->gone = other->gone = true;
    first->top_adds = top_adds;
    third = given_report(sc, "2", report_three);
    given_mail(sc, "3")->listed_size = 77;

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 5);
    assert_int_equal(copies_here(sc, third), 1);
}

static void
a_name_is_not_believed_beside_another_of_its_header_where_names_moved_on(void **state)
{
    assert_third_report_comes(*state, NULL);
}

/* TOP shows a line of the server's own in the header of the other one. */
static void
a_name_is_not_believed_beside_a_kin_of_its_header_where_names_moved_on(void **state)
{
    assert_third_report_comes(*state, "Status: RO\r\n");
}

/* Nothing of it came: what it is said to be, and whether max-size leaves it there, is what its line says now. */
static void
what_was_begun_or_too_large_is_as_large_as_its_line_says_now(void **state)
{
    struct journal_pop row = {.state = POP_FETCHING, .size = 9437, .listed = 9437};
    struct journal_listed listed = {.size = 111};

    (void)state;
    assert_true(import_take_up(&row, &listed, NULL));
    assert_int_equal(row.size, 111);
    assert_int_equal(row.listed, 111);

    row = (struct journal_pop){.state = POP_FETCHING, .size = 9437, .listed = 111}; /* more came than its line says */
    (void)import_take_up(&row, &listed, NULL);
    assert_int_equal(row.size, 9437);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_that_a_list_lacked_may_be_that_of_another_report),
        TEST(a_name_that_stands_beside_one_that_is_used_again_may_be_that_of_another_report),
        TEST(a_name_whose_size_is_told_no_more_may_be_that_of_another_report),
        TEST(what_names_nothing_is_compared_where_a_name_is_used_again),
        TEST(what_was_had_and_never_read_is_nobody_once_names_are_used_again),
        TEST(a_message_whose_row_a_kin_of_it_has_by_name_comes_once),
        TEST(what_comes_under_the_name_of_one_that_was_begun_is_known_by_its_bytes),
        TEST(what_names_nothing_is_compared_where_others_have_its_name_that_are_not_shown),
        TEST(a_large_report_of_another_size_under_a_repeated_name_comes),
        TEST(what_is_back_under_another_name_and_far_too_large_a_size_comes_once),
        TEST(what_is_back_and_comes_in_part_for_long_is_known_when_all_of_it_comes),
        TEST(what_was_read_of_another_message_is_no_doubt_of_this_one),
        TEST(a_name_is_not_believed_beside_another_of_its_header_where_names_moved_on),
        TEST(a_name_is_not_believed_beside_a_kin_of_its_header_where_names_moved_on),
        TEST(what_was_begun_or_too_large_is_as_large_as_its_line_says_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
