/* Names that moved on: from what was recorded as had and never read, from a part, from all of a session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/import_two_reports.h"

/* A name that is used again, for a message of another Message-ID and size. */
static void
use_again(struct scene *sc, struct dropped *old)
{
    static const char other[] =
        "Subject: other\r\nMessage-ID: <other@x>\r\n\r\nAnother message under a name that was had.\r\n";

    old->gone = true;
    (void)given_mail_as(sc, old->uidl, other, strlen(other));
}

/* Under the name and with the size of what was recorded as had another message lies now. */
static struct dropped *
take_the_place_of(struct scene *sc, struct dropped *had)
{
    struct dropped *mail;

    had->gone = true;
    mail = given_mail(sc, had->uidl);
    mail->listed_size = had->len;
    return mail;
}

/* Nothing but name and size is known of it, and names are used again: it is nobody's. */
static void
what_lies_under_the_name_of_one_that_was_had_unread_comes(void **state)
{
    struct scene *sc = *state;
    struct dropped *fetched = given_mail(sc, "9"), *had, *fresh;

    assert_run(sc, 0);
    had = given_mail(sc, "1");
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    use_again(sc, fetched);
    fresh = take_the_place_of(sc, had);
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(copies_here(sc, fresh), 1);
    assert_int_equal(copies_here(sc, had), 0);
}

/* Bytes alone show that a name is used again: no header is learned from what has another name and may have moved on, too. */
static void
no_header_is_learned_while_a_name_is_used_again(void **state)
{
    static const char one[] = "Subject: one\r\nX-Number: 1\r\n\r\nHello.\r\n",
                      two[] = "Subject: two\r\nX-Number: 2\r\n\r\nHallo.\r\n";
    struct scene *sc = *state;
    struct dropped *fetched = given_mail_as(sc, "9", one, strlen(one)), *had, *fresh, *second;

    assert_run(sc, 0);
    had = given_mail(sc, "1");
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    fetched->gone = true;
    assert_run(sc, 0);
    second = given_mail_as(sc, "9", two, strlen(two));
    fresh = take_the_place_of(sc, had);
    assert_run(sc, 0);
    assert_int_equal(copies_here(sc, second), 1);
    use_again(sc, second);
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(copies_here(sc, fresh), 1);
}

/* It came after all, under a name that all had, while another was not read: later it is known by its bytes. */
static void
what_was_begun_in_doubt_and_came_is_known_under_another_name(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail[3];
    char name[8];

    for (int i = 0; i < 3; i++)
        mail[i] = given_mail(sc, "same");
    mail[1]->refuse_retr = true;
    assert_run(sc, 1);
    mail[1]->refuse_retr = false;
    mail[2]->refuse_retr = mail[2]->refuse_top = true;
    assert_run(sc, 1);
    assert_int_equal(copies_here(sc, mail[1]), 1);
    mail[2]->refuse_retr = mail[2]->refuse_top = false;
    for (int i = 0; i < 3; i++) {
        text_print(name, sizeof name, "own%d", i);
        rename_there(mail[i], name);
    }
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
}

/* What golub removed is back under the name of a part of a message like it, which went: by its size it is no whole of that. */
static void
what_was_removed_and_is_back_under_the_name_of_a_part_is_known(void **state)
{
    static const char text[] =
        "Subject: report\r\nX-Job: 1\r\n\r\nAll went well, as it does on most of our days, and so on and so forth.\r\n";
    static const char more[] = "Subject: report\r\nX-Job: 1\r\n\r\nSome went well.\r\n";
    struct scene *sc = *state;
    struct dropped *part, *whole, *other;

    sc->account.import.keep_days = 0;
    part = given_mail_as(sc, "2", more, strlen(more));
    part->listed_size = 41943040;
    whole = given_mail_as(sc, "3", text, strlen(text));
    other = given_mail(sc, "4");
    other->refuse_dele = true;
    for (int i = 0; i < 3; i++)
        assert_run(sc, 1);
    assert_true(whole->gone && !part->gone && !other->gone);
    part->gone = true;
    use_again(sc, other);
    whole->gone = whole->marked = false;
    rename_there(whole, "2");
    for (int i = 0; i < 2; i++)
        (void)run_import(sc);
    assert_int_equal(copies_here(sc, whole), 1);
}

/* Two that are alike were recorded as had beside the rows of what was fetched; what gets the name of one, and is none of them, comes. */
static void
what_gets_the_name_of_one_that_was_had_in_doubt_comes(void **state)
{
    struct scene *sc = *state;
    struct dropped *fresh;

    (void)given_report(sc, "1", report_one);
    (void)given_report(sc, "2", report_two);
    (void)given_mail(sc, "3");
    assert_run(sc, 0);
    sc->drop.mails[2].gone = true;
    (void)given_mail(sc, "another");
    rename_there(&sc->drop.mails[3], "3");
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    sc->drop.mails[0].gone = true;
    fresh = given_mail(sc, "1");
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(copies_here(sc, fresh), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
}

/*
 * What a run that was cut off delivered is known by its file, which does not say how its lines ended there. Without TOP only the body was read before
 * it was removed, and its header with it: by that it is known when it is back.
 */
static void
what_was_cut_off_and_removed_without_top_is_known_when_it_is_back(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    sc->drop.no_top = true;
    sc->commit_fails_at = 9; /* what was delivered is here, and its commit is not */
    assert_int_not_equal(run_import(sc), 0);
    sc->commit_fails_at = 0;
    assert_int_equal(copies_here(sc, mail), 1);
    sc->account.import.keep_days = 0;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    sc->now += DAY;
    (void)given_mail_as(sc, "back", mail->bytes, mail->len);
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, mail), 1);
    }
    assert_int_equal(count_there(sc), 0);
}

/*
 * A session gives all one name, and its list is not complete: what was begun under its own came under that one. When its name is back it is read and
 * compared.
 */
static void
what_was_begun_and_came_under_a_name_of_all_comes_once(void **state)
{
    struct scene *sc = *state;
    char names[2][80];

    given_mails(sc, 1);
    sc->local_fails_at = 4; /* it came, and has a name, and is not delivered */
    assert_int_not_equal(run_import(sc), 0);
    sc->local_fails_at = 0;
    assert_int_equal(rows(sc, POP_FETCHING), 1);
    given_mails(sc, 1);
    for (int i = 0; i < 2; i++) {
        text_print(names[i], sizeof names[i], "%s", sc->drop.mails[i].uidl);
        rename_there(&sc->drop.mails[i], "equal");
    }
    sc->now += DAY;
    sc->drop.lie_stat = true;
    (void)run_import(sc);
    assert_all_here(sc);
    sc->drop.lie_stat = false;
    for (int i = 0; i < 2; i++)
        rename_there(&sc->drop.mails[i], names[i]);
    for (int i = 0; i < 2; i++) {
        sc->now += DAY;
        assert_run(sc, 0);
        assert_all_here(sc);
    }
    assert_int_equal(sc->drop.retrs, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_lies_under_the_name_of_one_that_was_had_unread_comes),
        TEST(no_header_is_learned_while_a_name_is_used_again),
        TEST(what_was_begun_in_doubt_and_came_is_known_under_another_name),
        TEST(what_gets_the_name_of_one_that_was_had_in_doubt_comes),
        TEST(what_was_removed_and_is_back_under_the_name_of_a_part_is_known),
        TEST(what_was_cut_off_and_removed_without_top_is_known_when_it_is_back),
        TEST(what_was_begun_and_came_under_a_name_of_all_comes_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
