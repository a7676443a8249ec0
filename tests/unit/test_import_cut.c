/* Messages of which only a part came, or that came shorter than the server says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/import_two_reports.h"

static void
given_a_message_cut_twice(struct scene *sc, int keep_days)
{
    struct dropped *mail = given_mail(sc, "one");

    sc->account.import.keep_days = keep_days;
    mail->give = mail->len / 3;
    assert_run(sc, 1);
    assert_run(sc, 1);
    mail->give = 0;
}

/* The part was delivered, since it came twice: the message itself comes when the server is well. */
static void
a_message_that_was_cut_twice_comes_whole_when_the_server_is_well(void **state)
{
    struct scene *sc = *state;

    given_a_message_cut_twice(sc, KEEP_FOREVER);
    assert_run(sc, 0);
    assert_int_equal(copies_here(sc, &sc->drop.mails[0]), 1);
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, &sc->drop.mails[0]), 1);
    }
    assert_int_equal(sc->drop.retrs, 0);
}

static void
a_message_that_was_cut_twice_is_removed_once_it_is_whole(void **state)
{
    struct scene *sc = *state;

    given_a_message_cut_twice(sc, 0);
    for (int i = 0; i < 4 && count_there(sc) > 0; i++) {
        (void)run_import(sc);
        assert_int_equal(copies_here(sc, &sc->drop.mails[0]) + count_there(sc) > 0, 1);
        sc->now += DAY;
    }
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(copies_here(sc, &sc->drop.mails[0]), 1);
}

/* A server that is ill still is asked once a day. */
static void
a_message_of_which_a_part_alone_comes_is_asked_for_once_a_day(void **state)
{
    struct scene *sc = *state;

    given_a_message_cut_twice(sc, KEEP_FOREVER);
    sc->drop.mails[0].give = sc->drop.mails[0].len / 3;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
    sc->now += 2 * DAY;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

/* Little of it was missing, and it is to stay on the server: no proof before a removal would find that out. */
static void
a_message_whose_end_was_missing_comes_whole_though_it_is_never_removed(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    mail->give = mail->len - 10;
    assert_run(sc, 0);
    assert_int_equal(copies_here(sc, mail), 0);
    mail->give = 0;
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, mail), 1);
    }
    assert_int_equal(sc->drop.retrs, 0);
}

/* It has no body, and so has what ends in its header. */
static void
check_bodyless_cut_in_its_header(struct scene *sc, int keep_days)
{
    static const char whole[] = "Subject: no body\r\nFrom: a@x\r\nMessage-ID: <nobody@x>\r\n\r\n";
    struct dropped *mail = given_mail_as(sc, "1", whole, sizeof whole - 1);

    sc->account.import.keep_days = keep_days;
    mail->give = mail->len - 8;
    assert_run(sc, 0);
    assert_int_equal(copies_here(sc, mail), 0);
    mail->give = 0;
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, mail), 1);
    }
    assert_int_equal(sc->drop.retrs, 0);
    assert_int_equal(mail->gone, keep_days == 0);
}

static void
a_message_without_a_body_that_was_cut_in_its_header_comes_whole(void **state)
{
    check_bodyless_cut_in_its_header(*state, KEEP_FOREVER);
}

static void
a_message_without_a_body_that_was_cut_in_its_header_is_removed_once_it_is_whole(void **state)
{
    check_bodyless_cut_in_its_header(*state, 0);
}

/* A proof before its removal read other bytes: that the same part comes once more says nothing then. */
static void
a_part_that_comes_again_after_a_proof_read_other_bytes_is_not_all_there_is(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    sc->account.import.keep_days = 30;
    mail->give = mail->len - 10;
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    mail->give = mail->len - 15;
    (void)run_import(sc);
    assert_int_equal(mail->gone, 0);
    time_passes(sc, 2 * DAY);
    mail->give = mail->len - 10;
    (void)run_import(sc);
    assert_int_equal(mail->gone, 0);
    mail->give = 0;
    for (int i = 0; i < 3; i++) {
        time_passes(sc, 2 * DAY);
        (void)run_import(sc);
    }
    assert_int_equal(copies_here(sc, mail), 1);
}

/* A server whose sizes are too high has nothing read for ever, and what is like eight of them is not read twice at all. */
static void
what_is_shorter_than_its_wrong_size_is_read_once_more_and_that_is_all(void **state)
{
    struct scene *sc = *state;

    for (int i = 0; i < 9; i++) {
        char name[20];

        text_print(name, sizeof name, "wrong%d", i);
        given_mail(sc, name)->listed_size = 60;
    }
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 9);
    sc->drop.mails[8].refuse_retr = true;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 9);
    sc->drop.mails[8].refuse_retr = false;
    given_mail(sc, "wrong9")->listed_size = 60;
    for (int i = 0; i < 3; i++) {
        sc->now += 2 * DAY;
        assert_run(sc, 0);
        assert_int_equal(sc->drop.retrs, i == 0);
    }
    assert_all_here(sc);
}

/* One message that is cut in its middle each time says nothing of seven whose sizes are a little wrong: what else is cut there stays. */
static void
what_came_as_short_as_one_other_message_is_read_once_more(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail;

    for (int i = 0; i < 8; i++) {
        char name[20];

        text_print(name, sizeof name, "wrong%d", i);
        mail = given_mail(sc, name);
        mail->listed_size = mail->len + (i == 0 ? 20 : 1);
    }
    for (int i = 0; i < 3; i++) {
        (void)run_import(sc);
        sc->now += 2 * DAY;
    }
    sc->account.import.keep_days = 0;
    mail = given_mail(sc, "whole");
    mail->give = mail->len - 8;
    (void)run_import(sc);
    assert_int_equal(mail->gone, 0);
    mail->give = 0;
    for (int i = 0; i < 3; i++) {
        sc->now += 2 * DAY;
        (void)run_import(sc);
    }
    assert_int_equal(copies_here(sc, mail), 1);
}

/* LIST says nothing of it, and the answer has not a byte: it is not taken for a message without any while others have sizes. */
static void
a_message_whose_size_was_not_told_and_that_came_empty_is_not_removed(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    (void)given_mail(sc, "two");
    sc->account.import.keep_days = 0;
    mail->no_size = mail->give_none = sc->drop.lie_stat = true; /* as where LIST has a line less */
    assert_run(sc, 1);
    assert_int_equal(count_there(sc), 1);
    mail->no_size = sc->drop.lie_stat = false;
    for (int i = 0; i < 3; i++)
        assert_run(sc, 1);
    assert_int_equal(count_there(sc), 1);
    mail->give_none = false;
    for (int i = 0; i < 3; i++)
        (void)run_import(sc);
    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(count_there(sc), 0);
}

/* The same for one of which some came: it is not removed by the session that fetched it. */
static void
a_message_whose_size_was_not_told_and_that_was_cut_comes_whole(void **state)
{
    static const size_t missing[] = {10, 40};
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_mail(sc, "other");
    for (int i = 0; i < 2; i++) {
        struct dropped *mail = given_mail(sc, i == 0 ? "one" : "two");

        sc->drop.mails[0].gone = false;
        mail->no_size = sc->drop.lie_stat = true;
        mail->give = mail->len - missing[i];
        assert_run(sc, 0);
        mail->no_size = sc->drop.lie_stat = false;
        mail->give = 0;
        for (int k = 0; k < 4; k++) {
            assert_int_equal(copies_here(sc, mail) + !mail->gone > 0, 1);
            (void)run_import(sc);
            sc->now += 2 * DAY;
        }
        assert_int_equal(copies_here(sc, mail), 1);
        assert_int_equal(mail->gone, 1);
    }
}

/* A third of it, twice: LIST told its size in between, so that is no proof that it is all there is. */
static void
a_message_whose_size_was_told_when_it_was_cut_once_more_is_not_removed(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    (void)given_mail(sc, "two");
    sc->account.import.keep_days = 0;
    mail->no_size = sc->drop.lie_stat = true;
    mail->give = mail->len / 3;
    assert_run(sc, 0);
    mail->no_size = sc->drop.lie_stat = false;
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 1);
        assert_int_equal(mail->gone, 0);
    }
    mail->give = 0;
    for (int i = 0; i < 3; i++) {
        sc->now += 2 * DAY;
        (void)run_import(sc);
    }
    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(count_there(sc), 0);
}

/* Some gateways make each message anew when it is asked for, and guess its size. */
static void
a_message_that_is_made_anew_each_time_comes_once(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    mail->listed_size = mail->len + 20;
    assert_run(sc, 0);
    for (int i = 0; i < 4; i++) {
        sc->now += 2 * DAY;
        mail->bytes = realloc(mail->bytes, mail->len + 2);
        assert_non_null(mail->bytes);
        memmove(mail->bytes + mail->len, "z\n", 2);
        mail->len += 2;
        assert_run(sc, 0);
        assert_int_equal(files_in(sc, "INBOX/new"), 1);
    }
}

/* What came twice is all there is, once LIST says so, too. */
static void
what_came_short_of_a_wrong_size_is_removed_once_the_size_is_right(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    sc->account.import.keep_days = 0;
    mail->listed_size = 100000;
    for (int i = 0; i < 3; i++)
        assert_run(sc, 1);
    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(count_there(sc), 1);
    mail->listed_size = 0;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(copies_here(sc, mail), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_that_was_cut_twice_comes_whole_when_the_server_is_well),
        TEST(a_message_that_was_cut_twice_is_removed_once_it_is_whole),
        TEST(a_message_of_which_a_part_alone_comes_is_asked_for_once_a_day),
        TEST(a_message_whose_end_was_missing_comes_whole_though_it_is_never_removed),
        TEST(a_message_without_a_body_that_was_cut_in_its_header_comes_whole),
        TEST(a_message_without_a_body_that_was_cut_in_its_header_is_removed_once_it_is_whole),
        TEST(a_part_that_comes_again_after_a_proof_read_other_bytes_is_not_all_there_is),
        TEST(what_is_shorter_than_its_wrong_size_is_read_once_more_and_that_is_all),
        TEST(what_came_as_short_as_one_other_message_is_read_once_more),
        TEST(a_message_whose_size_was_not_told_and_that_came_empty_is_not_removed),
        TEST(a_message_whose_size_was_not_told_and_that_was_cut_comes_whole),
        TEST(a_message_whose_size_was_told_when_it_was_cut_once_more_is_not_removed),
        TEST(a_message_that_is_made_anew_each_time_comes_once),
        TEST(what_came_short_of_a_wrong_size_is_removed_once_the_size_is_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
