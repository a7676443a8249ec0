/* What is read once more before it is removed from the server: a header that proves nothing, a body under the header of one that went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

/* Programs that report something may give each report the same header. */
static void
another_body_under_the_header_of_one_that_went_is_fetched_before_it_is_removed(void **state)
{
    static const char first[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";
    static const char second[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_mail_as(sc, "one", first, sizeof first - 1);
    assert_run(sc, 0);
    (void)given_mail_as(sc, "two", second, sizeof second - 1);
    for (int i = 0; i < 3; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* ... and it stays where it is for as long as max-messages keeps it from being fetched. */
static void
another_body_that_is_put_off_is_read_again_before_it_is_removed(void **state)
{
    static const char first[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";
    static const char second[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    assert_run(sc, 0);
    sc->account.import.max_messages = 1;
    (void)given_mail_as(sc, "1", second, sizeof second - 1);
    given_mails(sc, 3);
    for (int i = 0; i < 6; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* One name is proven to be used again: what has the header and the size of a removed message may be another one, too. */
static void
a_report_under_the_used_again_name_of_a_removed_one_is_fetched_before_it_is_removed(void **state)
{
    static const char first[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";
    static const char second[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";
    static const char mail[] = "Subject: a\r\nMessage-ID: <a@x>\r\n\r\na\r\n";
    static const char other[] = "Subject: another\r\nMessage-ID: <b@x>\r\n\r\nb\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    (void)given_mail_as(sc, "2", mail, sizeof mail - 1);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);

    (void)given_mail_as(sc, "1", second, sizeof second - 1);
    (void)given_mail_as(sc, "2", other, sizeof other - 1);
    for (int i = 0; i < 3; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* The server gives the name of a removed message to another one, which has its size and a header that names neither. */
static void
a_message_whose_header_names_nothing_is_read_before_it_is_removed(void **state)
{
    static const char *const headers[] = {
        "Subject: state\r\n",
        "Subject: state\r\nMessage-ID: <>\r\n",
        "Subject: state\r\nMessage-ID:\r\n < >\r\n",
        "Received: from a by b\r\nSubject: state\r\n",
    };
    struct scene *sc = *state;
    char text[200], uidl[16];

    sc->account.import.keep_days = 1;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        text_print(uidl, sizeof uidl, "%zu", i);
        text_print(text, sizeof text, "%s\r\nit goes on\r\n", headers[i]);
        (void)given_mail_as(sc, uidl, text, strlen(text));
        assert_run(sc, 0);
        sc->drop.mails[2 * i].gone = true;
        text_print(text, sizeof text, "%s\r\nit failed.\r\n", headers[i]);
        (void)given_mail_as(sc, uidl, text, strlen(text));
        time_passes(sc, 2 * DAY);
        for (int k = 0; k < 3; k++) {
            assert_run(sc, 0);
            time_passes(sc, 2 * DAY);
        }
        assert_all_here(sc);
        assert_int_equal(count_there(sc), 0);
    }
}

/* More of them than are read at one go: some known by their headers in this very session, before them some that are not. */
static void
many_that_are_read_before_they_are_removed_go_all(void **state)
{
    struct scene *sc = *state;
    char text[200], uidl[16];

    sc->account.import.keep_days = 1;
    for (int i = 0; i < 10; i++) {
        text_print(uidl, sizeof uidl, "nameless%d", i);
        text_print(text, sizeof text, "Subject: %d\r\n\r\nbody %d\r\n", i, i);
        (void)given_mail_as(sc, uidl, text, strlen(text));
    }
    given_mails(sc, 270);
    assert_run(sc, 0);
    time_passes(sc, 2 * DAY);
    for (int i = 10; i < 280; i++)
        sc->drop.mails[i].listed_size = sc->drop.mails[i].len + 2;

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 280);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* The name is another message's now, and a list that lacked it comes between: it is matched by its header before it is due. */
static void
a_message_whose_header_names_nothing_is_read_though_it_was_matched(void **state)
{
    static const char first[] = "Received: from a by b\r\nSubject: state\r\n\r\nit goes on\r\n",
                      second[] = "Received: from a by b\r\nSubject: state\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 1;
    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    given_mails(sc, 1);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    assert_run(sc, 0);
    (void)given_mail_as(sc, "1", second, sizeof second - 1);
    time_passes(sc, 2 * DAY);
    for (int k = 0; k < 3; k++) {
        assert_run(sc, 0);
        time_passes(sc, 2 * DAY);
    }
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* Where nothing is ever removed it comes, too; and what is the same is not fetched a second time. */
static void
another_body_under_the_header_of_one_that_went_is_fetched(void **state)
{
    static const char first[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";
    static const char second[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    (void)given_mail_as(sc, "one", first, sizeof first - 1);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    assert_run(sc, 0);
    (void)given_mail_as(sc, "two", second, sizeof second - 1);
    assert_run(sc, 0);
    assert_all_here(sc);

    sc->drop.mails[1].gone = true;
    (void)given_mail_as(sc, "three", second, sizeof second - 1);
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(sc->drop.retrs, 0);
}

/* Equal sizes hide it until something is to be removed. */
static void
names_that_moved_on_are_found_out_before_a_removal_and_bring_nothing_a_second_time(void **state)
{
    static const char *const names[] = {"1", "2", "3", "4", "5"};
    struct scene *sc = *state;
    char text[100];

    sc->account.import.keep_days = 1;
    for (int i = 0; i < 5; i++) {
        text_print(text, sizeof text, "Subject: a\r\nMessage-ID: <%d@x>\r\n\r\nx\r\n", i);
        (void)given_mail_as(sc, names[i], text, strlen(text));
    }
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    for (int i = 1; i < 5; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "%s", names[i - 1]);
    assert_run(sc, 0);
    text_print(sc->drop.mails[1].uidl, sizeof sc->drop.mails[1].uidl, "2"); /* and two that change places */
    text_print(sc->drop.mails[2].uidl, sizeof sc->drop.mails[2].uidl, "1");
    time_passes(sc, 2 * DAY);

    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_true(sc->drop.tops <= 4 + 4);
    }
    assert_int_equal(count_there(sc), 0);
}

/* The first answer lacked its end: the second one, before it is removed, has it. */
static void
a_message_whose_end_comes_later_is_fetched_whole_before_it_is_removed(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    sc->account.import.keep_days = 0;
    mail->give = mail->len - 4;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 1);
    mail->give = 0;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(count_there(sc), 0);
}

/* Its removal stands on a list while only a part is here: the whole, which comes in that very run, is no other message for the user. */
static void
a_tightened_keep_waits_for_a_word_though_the_message_comes_whole_only_now(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    mail->give = mail->len - 4;
    assert_run(sc, 0);
    mail->give = 0;
    sc->now += DAY;
    sc->account.import.keep_days = 0;
    for (int i = 0; i < 3; i++)
        assert_run(sc, 3);
    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(count_there(sc), 1);

    sc->options.confirm = true;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

/* Without TOP: what it gives as one message, each time, has the size of another one in its list, and its sizes are right. */
static void
what_comes_as_another_message_each_time_keeps_that_on_the_server(void **state)
{
    static const char one[] = "Message-ID: <one@x>\r\n\r\nThe first of all.\r\n",
                      other[] = "Message-ID: <other@x>\r\n\r\nAnother one.\r\n",
                      third[] = "Message-ID: <third@x>\r\n\r\nThis is the third one of them.\r\n";
    struct scene *sc = *state;
    struct dropped *mail = given_mail_as(sc, "1", one, sizeof one - 1);

    sc->drop.no_top = true;
    (void)given_mail_as(sc, "2", other, sizeof other - 1);
    (void)given_mail_as(sc, "3", third, sizeof third - 1);
    sc->account.policy.guard = false;
    sc->account.import.keep_days = 1;
    mail->gives = 3;
    (void)run_import(sc);
    sc->now += 2 * DAY;
    for (int run = 0; run < 4; run++)
        (void)run_import(sc);
    assert_true(!mail->gone);
    mail->gives = 0;
    sc->account.import.keep_days = 0;
    for (int run = 0; run < 4; run++) {
        (void)run_import(sc);
        sc->now += 2 * DAY;
    }
    assert_true(copies_here(sc, mail) == 1 || !mail->gone);
}

/* A short answer to what is read again to be proven says nothing about it. */
static void
a_short_answer_to_a_proof_makes_no_new_mail(void **state)
{
    struct scene *sc = *state;
    struct dropped *mails[3];

    for (int i = 0; i < 3; i++)
        mails[i] = given_mail(sc, i == 0 ? "a" : i == 1 ? "b" : "c");
    given_mails(sc, 16); /* the last ones are read at once where all names change */
    assert_run(sc, 0);
    for (size_t i = 3; i < sc->drop.count; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "new-%zu", i);
    for (int i = 0; i < 3; i++) { /* known by their headers: to be read before they are removed */
        text_print(mails[i]->uidl, sizeof mails[i]->uidl, "new-%d", i);
        mails[i]->give = mails[i]->len - 4;
    }
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    assert_run(sc, 1);
    assert_said(sc, "its bytes on the server are not those that came");
    assert_int_equal(count_there(sc), 3);
    for (int i = 0; i < 3; i++)
        mails[i]->give = 0;
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

#define NAMELESS "Subject: x\r\n\r\n" /* so its body has to say what it is */

static struct dropped *
given_nameless(struct scene *sc)
{
    return given_mail_as(sc, "plain", NAMELESS "y\r\n", strlen(NAMELESS) + 3);
}

/* What has the name now is as large as this; its header is the same. */
static void
grows_to(struct dropped *mail, size_t len)
{
    static char large[4000];

    assert_true(len <= sizeof large);
    memset(large, 'z', sizeof large);
    memcpy(large, NAMELESS, strlen(NAMELESS));
    mail->bytes = realloc(mail->bytes, len);
    assert_non_null(mail->bytes);
    memcpy(mail->bytes, large, len - 2);
    memcpy(mail->bytes + len - 2, "\r\n", 2);
    mail->len = len;
}

/* What max-size keeps from being fetched is not read to be proven, either. */
static void
a_proof_asks_for_nothing_that_is_larger_than_max_size(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_nameless(sc);

    sc->account.import.keep_days = 1;
    sc->account.import.max_size = 1000;
    mail->no_size = true;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    mail->no_size = false;
    grows_to(mail, 4000);
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_said(sc, "larger than max-size: 4000 bytes");
        assert_int_equal(sc->drop.retrs + sc->drop.tops, 0); /* nor its header, which would prove nothing */
    }
    assert_int_equal(count_there(sc), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 1);

    sc->account.import.max_size = 0; /* it is another one, and comes */
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

/* It was fetched before max-size was lowered: as much may come once more. */
static void
a_proof_of_what_was_large_when_it_came_is_read(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_nameless(sc);

    grows_to(mail, 4000);
    sc->account.import.keep_days = 1;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    sc->account.import.max_size = 1000;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1);
    assert_int_equal(count_there(sc), 0);
}

/* More comes than is here, whatever LIST says: it is another one, and no more of it than that is digested, nor its end waited for for ever. */
static void
a_proof_ends_where_more_comes_than_is_here(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_nameless(sc);

    sc->account.import.keep_days = 1;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    mail->listed_size = mail->len;
    sc->account.import.max_size = 1000;
    grows_to(mail, 4000);
    assert_run(sc, 1);
    assert_said(sc, "larger than max-size, although the server says it is not");
    assert_int_equal(count_there(sc), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 1);
    assert_run(sc, 0); /* known now */
    assert_int_equal(sc->drop.retrs, 0);

    sc->account.import.max_size = 0;
    assert_run(sc, 0);
    assert_all_here(sc);
}

/* Its header is that of the row again: whatever the server said once, it is this message. */
static void
run_with_another_header_for_a_while(struct scene *sc, struct dropped *mail)
{
    time_passes(sc, DAY);
    mail->top_adds = "X-Weather: rain\r\n";
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_int_equal(count_there(sc), 1);
    }
    mail->top_adds = NULL;

    assert_run(sc, 0);
    assert_run(sc, 0);

    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

static void
a_header_that_was_another_one_once_keeps_nothing_on_the_server_for_ever(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 1;
    given_mails(sc, 2);
    assert_run(sc, 0);
    run_with_another_header_for_a_while(sc, &sc->drop.mails[0]);
}

/* The body is read before it is removed. */
static void
a_header_that_names_nothing_and_was_another_one_once_keeps_nothing_on_the_server_for_ever(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_nameless(sc);

    sc->account.import.keep_days = 1;
    assert_run(sc, 0);
    run_with_another_header_for_a_while(sc, mail);
    assert_int_equal(sc->drop.retrs, 1);
}

/* The line breaks, for once: the next run knows it, and fetches what else there is. */
static void
a_proof_without_end_is_given_up_and_not_begun_again(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_nameless(sc);

    sc->account.import.keep_days = 1;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    mail->listed_size = mail->len;
    grows_to(mail, 4000);
    mail->repeats = 80000; /* 320 MB */
    given_mails(sc, 1);
    assert_run(sc, 1);
    assert_said(sc, "it does not end");
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_int_equal(sc->drop.retrs, i == 0);
    }
    assert_int_equal(count_there(sc), 2);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

/* A server that kept it once and is restored from a backup later: under the name and header of what went there may be another body. */
static void
what_went_after_all_and_comes_once_more_is_read_before_it_is_removed(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    sc->drop.keeps_all = true;
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_run(sc, 0);
    sc->drop.keeps_all = false;
    assert_run(sc, 0);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = false;
    sc->drop.retrs = 0;

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 1);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* A server that tells no sizes, and has nothing to say of a message: once is no answer, twice it is empty. */
static void
nothing_where_no_size_is_told_is_asked_for_twice(void **state)
{
    static const char whole[] = "Message-ID: <late@x>\r\n\r\nhere\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mail_as(sc, "late", "", 0)->no_size = true;
    given_mail_as(sc, "empty", "", 0)->no_size = true;
    assert_run(sc, 1);
    assert_int_equal(count_there(sc), 2);
    assert_int_equal(files_in(sc, "INBOX/new"), 0);
    sc->drop.mails[0].gone = true; /* all of it comes now, under the same name */
    given_mail_as(sc, "late", whole, sizeof whole - 1)->no_size = true;

    assert_run(sc, 0);
    assert_run(sc, 0);

    assert_int_equal(count_there(sc), 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

/* It came cut, was seen whole while max-messages had no room for it, and is cut at the same place again. */
static void
a_part_of_which_more_was_seen_is_not_all_there_is(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    sc->account.import.keep_days = 0;
    sc->account.import.max_messages = 1;
    sc->account.import.order = ORDER_NEWEST;
    mail->give = mail->len - 10;
    assert_run(sc, 0);
    mail->give = 0;
    (void)given_mail(sc, "two");
    assert_run(sc, 0);
    mail->give = mail->len - 10;
    (void)given_mail(sc, "three");

    (void)run_import(sc);

    assert_false(mail->gone);
    mail->give = 0;
    for (int i = 0; i < 4; i++) {
        time_passes(sc, 2 * DAY);
        (void)run_import(sc);
    }
    assert_int_equal(copies_here(sc, mail), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(another_body_under_the_header_of_one_that_went_is_fetched_before_it_is_removed),
        TEST(another_body_that_is_put_off_is_read_again_before_it_is_removed),
        TEST(a_report_under_the_used_again_name_of_a_removed_one_is_fetched_before_it_is_removed),
        TEST(a_message_whose_header_names_nothing_is_read_before_it_is_removed),
        TEST(a_message_whose_header_names_nothing_is_read_though_it_was_matched),
        TEST(many_that_are_read_before_they_are_removed_go_all),
        TEST(another_body_under_the_header_of_one_that_went_is_fetched),
        TEST(names_that_moved_on_are_found_out_before_a_removal_and_bring_nothing_a_second_time),
        TEST(a_message_whose_end_comes_later_is_fetched_whole_before_it_is_removed),
        TEST(what_comes_as_another_message_each_time_keeps_that_on_the_server),
        TEST(a_tightened_keep_waits_for_a_word_though_the_message_comes_whole_only_now),
        TEST(a_short_answer_to_a_proof_makes_no_new_mail),
        TEST(a_proof_asks_for_nothing_that_is_larger_than_max_size),
        TEST(a_proof_of_what_was_large_when_it_came_is_read),
        TEST(a_proof_ends_where_more_comes_than_is_here),
        TEST(a_header_that_was_another_one_once_keeps_nothing_on_the_server_for_ever),
        TEST(a_header_that_names_nothing_and_was_another_one_once_keeps_nothing_on_the_server_for_ever),
        TEST(a_proof_without_end_is_given_up_and_not_begun_again),
        TEST(what_went_after_all_and_comes_once_more_is_read_before_it_is_removed),
        TEST(nothing_where_no_size_is_told_is_asked_for_twice),
        TEST(a_part_of_which_more_was_seen_is_not_all_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
