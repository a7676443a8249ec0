/* Which message is which, where names, sizes and answers contradict what the journal has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/import_two_reports.h"

/* As many other bytes as the row's message has are no part of that one, whatever LIST says. */
static void
another_body_of_the_same_length_comes_though_the_list_says_more(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_report(sc, "1", report_one);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    given_report(sc, "1", report_two)->listed_size = sizeof report_two + 9;
    for (int i = 0; i < 3; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* LIST says far more than comes, each time: it is a part, or LIST is wrong. It comes, and is named; it is not asked for for ever. */
static void
another_body_of_which_a_part_alone_comes_is_asked_for_twice(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_report(sc, "1", report_one);
    assert_run(sc, 0);
    given_report(sc, "1", report_two)->listed_size = 100000;
    assert_run(sc, 1);
    assert_run(sc, 1);
    assert_all_here(sc);
    for (int i = 0; i < 2; i++) { /* once as any part, in the session behind the one that stored it */
        assert_run(sc, 1);
        assert_int_equal(sc->drop.retrs, i == 0);
    }
    assert_int_equal(count_there(sc), 1);
}

/* The server gives the name of a removed message to the next one, which has its header and its size, or one that is not told. */
static void
another_body_under_the_name_and_header_of_one_that_was_removed_comes(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_report(sc, "1", report_one);
    assert_run(sc, 0);
    for (int i = 0; i < 2; i++) {
        char text[100];

        text_print(text, sizeof text, "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit is at %d\r\n", i);
        given_report(sc, "1", text)->no_size = i == 1;
        for (int k = 0; k < 3; k++)
            assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(count_there(sc), 0);
    }
}

/* Each run that ends with 1 says why, also long after the one that fetched it. */
static void
what_stays_there_since_too_little_came_is_said_in_each_run(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mail(sc, "one")->listed_size = 100000;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 1);
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_said(sc, "1 message is due to be removed from the server and stays there");
    }
    sc->account.import.keep_days = KEEP_FOREVER;
    assert_run(sc, 0);
}

/* TOP has a line that RETR has not, and a name stands twice: what each is its bytes say. */
static void
equal_names_and_a_header_that_differs_by_top_bring_nothing_again(void **state)
{
    struct scene *sc = *state;

    (void)given_mail(sc, "same");
    (void)given_mail(sc, "same");
    sc->drop.top_adds = "X-Seen-By: top\r\n";
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
    }
}

/* QUIT was carried out and not answered; what is left has the header and the size of one that went. */
static void
what_is_like_one_that_was_about_to_be_removed_is_fetched(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mails(sc, 3);
    (void)given_report(sc, "report", report_one);
    sc->drop.fail_at = 4 + 4 + 3 + 4 + 1; /* QUIT, behind the headers of three that have one size */
    sc->drop.fail_after = true;
    assert_run(sc, 5);
    assert_int_equal(count_there(sc), 0);
    sc->drop.fail_at = 0;
    (void)given_report(sc, "another", report_two);
    sc->account.import.keep_days = KEEP_FOREVER;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
}

/* QUIT was not sent: all is there, under other names, and TOP has a line that RETR has not. */
static void
what_was_about_to_be_removed_is_known_under_another_name_and_header(void **state)
{
    struct scene *sc = *state;
    char name[32];

    sc->account.import.keep_days = 0;
    given_mails(sc, 4);
    sc->drop.fail_at = 4 + 4 + 4 + 1;
    assert_run(sc, 5);
    sc->drop.fail_at = 0;
    sc->drop.top_adds = "Status: RO\r\n";
    for (size_t i = 0; i < 4; i++) {
        text_print(name, sizeof name, "other-%zu", i);
        rename_there(&sc->drop.mails[i], name);
    }
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* A report has the header and the size of some that are to be left where they are: no name moved. */
static void
what_is_like_one_that_was_recorded_is_fetched(void **state)
{
    static const char third[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit ended..\r\n";
    struct scene *sc = *state;

    (void)given_report(sc, "1", report_one);
    (void)given_report(sc, "2", third);
    given_mails(sc, 1);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    given_mails(sc, 1); /* headers of the others are learned */
    assert_run(sc, 0);
    sc->drop.mails[1].gone = true;
    (void)given_report(sc, "3", report_two);
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(copies_here(sc, &sc->drop.mails[0]), 0);
    assert_int_equal(copies_here(sc, &sc->drop.mails[4]), 1);
}

/* What is read to be compared comes short of LIST's size: it is asked for once more, and compared then, too. */
static void
what_comes_short_where_it_is_compared_is_compared_again(void **state)
{
    static const size_t parts[] = {0, 1, 40}; /* 0: not a byte */
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    (void)given_mail(sc, "two");
    mail->listed_size = 100000;
    assert_run(sc, 1);
    assert_run(sc, 1);
    for (size_t i = 0; i < 3; i++) {
        lose_journal(sc);
        mail->give = parts[i];
        mail->give_none = parts[i] == 0;
        assert_run(sc, 1);
        mail->give = 0;
        mail->give_none = false;
        assert_run(sc, 0);
        assert_all_here(sc);
    }
    lose_journal(sc);
    mail->give = parts[2]; /* always: then it is all that the server has */
    assert_run(sc, 1);
    assert_run(sc, 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(sc->drop.retrs, i == 0);
    }
    assert_int_equal(copies_here(sc, mail), 1);
}

/* Of one not a byte ever came, twice; it is gone. Another has a new name, and not a byte comes of it at first: it is not that one. */
static void
a_part_is_not_taken_for_another_message_of_which_as_little_came(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one"), *none = given_mail(sc, "two");

    none->give_none = true;
    none->listed_size = 5000;
    assert_run(sc, 1);
    assert_run(sc, 1);
    none->gone = true;
    text_print(mail->uidl, sizeof mail->uidl, "new");
    mail->give_none = true;
    assert_run(sc, 1);
    mail->give_none = false;
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    sc->options.confirm = true;
    assert_run(sc, 3);
    assert_run(sc, 0);

    assert_int_equal(count_there(sc), 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 1); /* nothing is no message, however often it comes */
}

/* The one that had the name is a header and nothing else; of the one that has it now not even the header comes at first. */
static void
a_part_under_a_name_that_is_used_again_is_no_body_of_as_little(void **state)
{
    static const char first[] = "Subject: a\r\nMessage-ID: <a@x>\r\n\r\n",
                      other[] = "Subject: b\r\nMessage-ID: <b@x>\r\n\r\nmuch more than a header\r\n";
    struct scene *sc = *state;
    struct dropped *mail;

    sc->drop.no_top = true;
    (void)given_mail_as(sc, "one", first, sizeof first - 1);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    mail = given_mail_as(sc, "one", other, sizeof other - 1);
    mail->give = 15;
    assert_run(sc, 1);
    mail->give = 0;
    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

/* The journal is lost; beside its file lies that of a report like it. */
static void
a_file_of_the_header_of_another_is_not_taken_for_the_only_one(void **state)
{
    struct scene *sc = *state;
    struct dropped *one = given_report(sc, "1", report_one), *two = given_report(sc, "2", report_two);

    for (int i = 0; i < 2; i++) {
        one->gone = two->gone = false;
        sc->account.import.keep_days = KEEP_FOREVER;
        assert_run(sc, 0);
        lose_journal(sc);
        (i == 0 ? one : two)->gone = true;
        sc->account.import.keep_days = 0;
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(count_there(sc), 0);
    }
}

/* The journal was lost, so files without a row are looked at; a mail reader gave one another name, and a copy of its message comes. */
static void
a_file_under_another_name_is_no_second_copy(void **state)
{
    struct scene *sc = *state;
    struct dropped *one = given_mail(sc, "a"), *copy;
    char command[4200];

    assert_run(sc, 0);
    lose_journal(sc);
    assert_run(sc, 0);
    (void)usleep(30000);
    text_print(command, sizeof command, "cd %s/INBOX/new && for f in *; do mv $f 1$f; done", sc->s->root);
    assert_int_equal(system(command), 0);
    copy = given_mail_as(sc, "a2", one->bytes, one->len);
    for (int k = 0; k < 2; k++)
        assert_run(sc, 0);
    assert_int_equal(copies_here(sc, copy), 2);
}

/* The journal was lost, the user has made a copy, and a report like it comes. */
static void
a_copy_that_the_user_made_stands_for_no_other_message(void **state)
{
    struct scene *sc = *state;
    struct dropped *other;
    char command[4200];

    (void)given_report(sc, "1", report_one);
    assert_run(sc, 0);
    text_print(command, sizeof command, "cd %s/INBOX/new && for f in *; do cp $f 1$f; done", sc->s->root);
    assert_int_equal(system(command), 0);
    lose_journal(sc);
    other = given_report(sc, "2", report_two);
    for (int k = 0; k < 2; k++)
        assert_run(sc, 0);
    assert_int_equal(copies_here(sc, other), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(another_body_of_the_same_length_comes_though_the_list_says_more),
        TEST(another_body_of_which_a_part_alone_comes_is_asked_for_twice),
        TEST(what_stays_there_since_too_little_came_is_said_in_each_run),
        TEST(equal_names_and_a_header_that_differs_by_top_bring_nothing_again),
        TEST(another_body_under_the_name_and_header_of_one_that_was_removed_comes),
        TEST(what_is_like_one_that_was_about_to_be_removed_is_fetched),
        TEST(what_was_about_to_be_removed_is_known_under_another_name_and_header),
        TEST(what_is_like_one_that_was_recorded_is_fetched),
        TEST(what_comes_short_where_it_is_compared_is_compared_again),
        TEST(a_part_is_not_taken_for_another_message_of_which_as_little_came),
        TEST(a_part_under_a_name_that_is_used_again_is_no_body_of_as_little),
        TEST(a_file_of_the_header_of_another_is_not_taken_for_the_only_one),
        TEST(a_file_under_another_name_is_no_second_copy),
        TEST(a_copy_that_the_user_made_stands_for_no_other_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
