/* What was known once comes once: after an older journal, under another name, after golub removed it, beside a row that says it was had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

#include <unistd.h>

static void
rename_there(struct dropped *mail, const char *uidl)
{
    text_print(mail->uidl, sizeof mail->uidl, "%s", uidl);
}

/* Without TOP another size alone shows that a name is used again; the one that had it is there under a new name. */
static void
what_lost_its_name_to_another_comes_once_without_top(void **state)
{
    static const char other[] = "Subject: other\r\nMessage-ID: <other@x>\r\n\r\nIt is longer than they are.\r\n";
    struct scene *sc = *state;

    sc->drop.no_top = true;
    given_mails(sc, 2);
    assert_run(sc, 0);
    (void)given_mail_as(sc, sc->drop.mails[0].uidl, other, sizeof other - 1);
    rename_there(&sc->drop.mails[0], "new");

    assert_run(sc, 0);

    assert_all_here(sc);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

/* ... nor by half a list, of which nothing counts as gone: what has that name now says that its message may be any other line. */
static void
what_lost_its_name_to_another_comes_once_without_top_and_with_half_a_list(void **state)
{
    static const char other[] = "Subject: other\r\nMessage-ID: <other@x>\r\n\r\nIt is longer than they are.\r\n";
    struct scene *sc = *state;

    sc->drop.no_top = sc->drop.lie_stat = true;
    given_mails(sc, 2);
    assert_run(sc, 0);
    (void)given_mail_as(sc, sc->drop.mails[0].uidl, other, sizeof other - 1);
    rename_there(&sc->drop.mails[0], "new");

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
    }
}

/* An import brought it after the day of this journal, which knows of it only that the server refused it. */
static void
what_an_older_journal_saw_refused_and_is_here_is_not_fetched_again(void **state)
{
    struct scene *sc = *state;
    void *image;
    size_t size;

    given_mails(sc, 3);
    sc->drop.mails[1].refuse_retr = true;
    assert_run(sc, 1);
    (void)usleep(15000);
    assert_true(journal_image(sc->journal, &image, &size, &sc->err));
    sc->drop.mails[1].refuse_retr = false;
    assert_run(sc, 0);
    assert_all_here(sc);
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(image, size, &sc->err);
    assert_non_null(sc->journal);
    free(image);

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
        assert_all_here(sc);
    }
    assert_int_equal(rows(sc, POP_FETCHING), 0);
}

/* Two equal messages, of which one comes and is removed before the other one is asked for. */
static void
what_max_messages_leaves_comes_though_it_is_equal_to_one_that_came(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    sc->account.import.max_messages = 1;
    given_mails(sc, 2);
    (void)given_mail_as(sc, "equal", sc->drop.mails[1].bytes, sc->drop.mails[1].len);
    for (int i = 1; i <= 3; i++) {
        assert_run(sc, 0);
        assert_int_equal(count_there(sc), 3 - i);
        assert_int_equal(files_in(sc, "INBOX/new"), i);
    }
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);
}

/* The clock went back between the journal's last run and the one that brought it: by its name it is older than that journal. */
static void
what_came_while_the_clock_stood_back_comes_once_after_an_older_journal(void **state)
{
    struct scene *sc = *state;
    void *image;
    size_t size;

    given_mails(sc, 2);
    assert_run(sc, 0);
    assert_true(journal_image(sc->journal, &image, &size, &sc->err));
    sc->now -= 3 * DAY;
    given_mails(sc, 1);
    assert_run(sc, 0);
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(image, size, &sc->err);
    assert_non_null(sc->journal);
    free(image);
    (void)usleep(15000);
    sc->now += DAY;

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_all_here(sc);
}

/* The same, and its file is not here: it is fetched. */
static void
what_an_older_journal_saw_refused_and_is_not_here_is_fetched(void **state)
{
    struct scene *sc = *state;
    void *image;
    size_t size;

    given_mails(sc, 3);
    sc->drop.mails[1].refuse_retr = true;
    assert_run(sc, 1);
    assert_true(journal_image(sc->journal, &image, &size, &sc->err));
    (void)given_mail(sc, "later");
    assert_run(sc, 1);
    sc->drop.mails[3].gone = true;
    sc->drop.mails[1].refuse_retr = false;
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(image, size, &sc->err);
    assert_non_null(sc->journal);
    free(image);

    assert_run(sc, 0);

    assert_all_here(sc);
}

/* Its row came from its file, since the run that fetched it died: the header is learned when it is proven. */
static void
what_was_found_after_a_crash_and_removed_comes_once_under_another_name(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    sc->commit_fails_at = 9; /* what was delivered is here, and its commit is not */
    (void)run_import(sc);
    sc->commit_fails_at = 0;
    assert_int_equal(rows(sc, POP_FETCHING), 3);
    sc->account.import.keep_days = 0;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    sc->drop.mails[1].gone = false;
    rename_there(&sc->drop.mails[1], "back");
    sc->now += DAY;
    sc->account.import.keep_days = KEEP_FOREVER;

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_all_here(sc);
}

/* The first session of an older journal shows nothing that it does not know; what an import brought after its day is listed by a later one. */
static void
what_an_older_journal_does_not_know_comes_once_though_its_first_list_lacks_it(void **state)
{
    struct scene *sc = *state;
    void *image;
    size_t size;

    given_mails(sc, 2);
    assert_run(sc, 0);
    assert_true(journal_image(sc->journal, &image, &size, &sc->err));
    given_mails(sc, 1);
    assert_run(sc, 0);
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(image, size, &sc->err);
    assert_non_null(sc->journal);
    free(image);
    (void)usleep(15000);

    sc->drop.list_most = 2;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    sc->drop.list_from = 3;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    sc->drop.list_most = 0;
    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_all_here(sc);
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1);
}

/* Its row came from its file, since the journal was lost, and a file does not say how the lines of its header ended there. */
static void
what_was_met_by_its_file_and_removed_comes_once_under_another_name(void **state)
{
    static const char lf[] = "Message-ID: <lf@x>\nb: c\n\nbare\n\r\n";
    struct scene *sc = *state;
    struct dropped *mail = given_mail_as(sc, "lf", lf, sizeof lf - 1);

    assert_run(sc, 0);
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(NULL, 0, &sc->err);
    assert_non_null(sc->journal);
    sc->account.import.keep_days = 0;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    mail->gone = false;
    rename_there(mail, "back");
    sc->now += DAY;
    sc->account.import.keep_days = KEEP_FOREVER;

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 1);
    assert_all_here(sc);
}

/* An import brought it after the day of this journal; it is gone from the server, and a report of its header and size has come there. */
static void
a_report_is_not_taken_for_a_file_that_an_older_journal_does_not_know(void **state)
{
    static const char first[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n",
                      second[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;
    struct dropped *old;
    void *image;
    size_t size;

    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_true(journal_image(sc->journal, &image, &size, &sc->err));
    old = given_mail_as(sc, "1", first, sizeof first - 1);
    assert_run(sc, 0);
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(image, size, &sc->err);
    assert_non_null(sc->journal);
    free(image);
    (void)usleep(15000);
    old->gone = true;
    (void)given_mail_as(sc, "2", second, sizeof second - 1);

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
        assert_all_here(sc);
    }
    assert_int_equal(sc->drop.retrs, 0);
}

/* Recorded beside the row that it turned out to be: removed and back under another name it is that row's still, and goes when it is due. */
static void
what_was_recorded_beside_its_row_is_no_second_message(void **state)
{
    static const char report[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 3;
    (void)given_mail_as(sc, "1", report, sizeof report - 1);
    given_mails(sc, 1);
    assert_run(sc, 0);
    sc->drop.mails[1].gone = true;
    sc->now += DAY;
    assert_run(sc, 0);
    rename_there(&sc->drop.mails[0], "2");
    sc->drop.top_adds = "Status: RO\r\n";
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
    sc->options.skip_existing = false;
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    time_passes(sc, 4 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    sc->drop.mails[0].gone = false;
    rename_there(&sc->drop.mails[0], "3");
    sc->now += DAY;
    assert_run(sc, 0);
    time_passes(sc, 4 * DAY);
    assert_run(sc, 0);

    assert_int_equal(count_there(sc), 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

/* Reports of one header and size, without a Message-ID: names moved on, one stands under that of the other, which has a new one. */
static void
reports_whose_names_moved_on_come_once(void **state)
{
    static const char one[] = "Subject: state\r\n\r\nit goes on\r\n", two[] = "Subject: state\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    (void)given_mail_as(sc, "1", one, sizeof one - 1);
    (void)given_mail_as(sc, "2", two, sizeof two - 1);
    given_mails(sc, 1);
    assert_run(sc, 0);
    rename_there(&sc->drop.mails[0], "2");
    rename_there(&sc->drop.mails[1], "new");

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
    }
    assert_int_equal(sc->drop.retrs, 0);
}

/* The one that lost its name has a new one, its own is another's that never was here, and nothing else tells that names moved on. */
static void
a_report_that_came_under_the_name_of_an_equal_one_is_fetched(void **state)
{
    static const char one[] = "Subject: state\r\n\r\nit goes on\r\n", two[] = "Subject: state\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    given_mails(sc, 1);
    (void)given_mail_as(sc, "b", one, sizeof one - 1);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    rename_there(&sc->drop.mails[1], "c");
    (void)given_mail_as(sc, "b", two, sizeof two - 1);

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
    }
    assert_int_equal(sc->drop.retrs, 0);
}

/* That a name is used again shows by the bytes alone; what is new and may be the row that lost it is a copy of another one. */
static void
a_copy_that_is_read_because_a_name_is_used_again_comes_in_this_run(void **state)
{
    static const char first[] = "Subject: first\r\n\r\nit goes on\r\n",
                      other[] = "Subject: other\r\n\r\nlonger than it\r\n";
    struct scene *sc = *state;
    struct dropped *one, *copy;

    sc->drop.no_top = true;
    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    one = given_mail(sc, "2");
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    (void)given_mail_as(sc, "1", other, sizeof other - 1);
    copy = given_mail_as(sc, "3", one->bytes, one->len);
    copy->no_size = true;

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, copy), 2);
        assert_int_equal(files_in(sc, "INBOX/new"), 4);
    }
}

/* A copy that arrives is mail of its own, though the other one is read for it. */
static void
a_copy_of_a_report_comes(void **state)
{
    static const char one[] = "Subject: state\r\n\r\nit goes on\r\n", two[] = "Subject: state\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    (void)given_mail_as(sc, "1", one, sizeof one - 1);
    (void)given_mail_as(sc, "2", two, sizeof two - 1);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    (void)given_mail_as(sc, "3", two, sizeof two - 1);

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
    }
    assert_int_equal(sc->drop.retrs, 0);
}

/* No row lost its name and no size changed: the bytes of the one that seems to be new say that names moved on. */
static void
a_report_whose_name_an_equal_one_got_comes_once_and_so_does_that(void **state)
{
    static const char one[] = "Subject: state\r\n\r\nit goes on\r\n", two[] = "Subject: state\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    given_mails(sc, 1);
    (void)given_mail_as(sc, "1", one, sizeof one - 1);
    assert_run(sc, 0);
    rename_there(&sc->drop.mails[1], "s");
    (void)given_mail_as(sc, "1", two, sizeof two - 1);

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
    }
}

/* A true copy of one that is known comes, and where there are many they are not read for it. */
static void
of_many_equal_ones_none_is_read_for_another(void **state)
{
    static const char one[] = "Subject: state\r\n\r\nit goes on\r\n";
    struct scene *sc = *state;
    char uidl[8];

    (void)given_mail_as(sc, "c0", one, sizeof one - 1);
    assert_run(sc, 0);
    for (size_t i = 1; i < 20; i++) {
        text_print(uidl, sizeof uidl, "c%zu", i);
        (void)given_mail_as(sc, uidl, one, sizeof one - 1);
        assert_run(sc, 0);
        assert_int_equal(files_in(sc, "INBOX/new"), i + 1);
        assert_int_equal(sc->drop.retrs, i <= 16 ? i + 2 : 1);
    }
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

/* Two reports of one header; the older one's name moves on to the newer one, and it is due. */
static void
given_a_report_under_the_name_of_one_that_is_due(struct scene *sc)
{
    static const char first[] = "Message-ID: <r@x>\r\n\r\nit went well.\r\n",
                      second[] = "Message-ID: <r@x>\r\n\r\nit broke off.\r\n",
                      old[] = "Message-ID: <old@x>\r\n\r\nold one\r\n",
                      other[] = "Message-ID: <new@x>\r\n\r\nnew one\r\n";

    sc->account.import.keep_days = 30;
    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    (void)given_mail_as(sc, "2", old, sizeof old - 1);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    sc->drop.mails[0].gone = sc->drop.mails[1].gone = true;
    (void)given_mail_as(sc, "1", second, sizeof second - 1);
    (void)given_mail_as(sc, "2", other, sizeof other - 1);
    (void)given_mail_as(sc, "3", first, sizeof first - 1);
}

/* What was marked for its removal before all names were doubted is not that message for certain. */
static void
what_was_proven_before_names_moved_on_is_not_removed(void **state)
{
    struct scene *sc = *state;

    given_a_report_under_the_name_of_one_that_is_due(sc);

    assert_run(sc, 0);
    assert_int_equal(sc->drop.deles, 0);
    assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
}

static void
what_was_proven_before_names_moved_on_and_is_refused_stays(void **state)
{
    struct scene *sc = *state;

    given_a_report_under_the_name_of_one_that_is_due(sc);
    sc->drop.mails[2].refuse_retr = true;

    assert_run(sc, 1);
    assert_false(sc->drop.mails[2].gone);
    sc->drop.mails[2].refuse_retr = false;
    assert_run(sc, 0);
    assert_false(sc->drop.mails[2].gone);
    assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 1);
}

static void
what_was_proven_before_names_moved_on_and_is_put_off_stays(void **state)
{
    struct scene *sc = *state;

    given_a_report_under_the_name_of_one_that_is_due(sc);
    sc->account.import.max_messages = 1;
    sc->account.import.order = ORDER_OLDEST;

    assert_run(sc, 0);
    assert_int_equal(sc->drop.deles, 0);
}

/* It was proven by its header alone; then another line turns out to have its bytes. */
static void
what_was_proven_before_another_had_its_bytes_is_not_removed(void **state)
{
    static const char first[] = "Message-ID: <r@x>\r\n\r\nit went well.\r\n",
                      fewer[] = "Message-ID: <r@x>\r\n\r\nit went on..\r\n",
                      second[] = "Message-ID: <r@x>\r\n\r\nit broke off.\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    given_mail_as(sc, "2", fewer, sizeof fewer - 1)->listed_size = sizeof first - 1;
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    sc->drop.mails[0].gone = sc->drop.mails[1].gone = true;
    given_mail_as(sc, "1", second, sizeof second - 1)->refuse_retr = true;
    (void)given_mail_as(sc, "2", first, sizeof first - 1);

    assert_run(sc, 1);
    assert_int_equal(sc->drop.deles, 0);
    sc->drop.mails[2].refuse_retr = false;
    assert_run(sc, 0);
    assert_false(sc->drop.mails[2].gone);
    assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 1);
    assert_int_equal(copies_here(sc, &sc->drop.mails[3]), 1);
}

/* What can't come in this run is left, and read no second time. */
static void
what_max_messages_leaves_of_what_is_compared_is_read_and_counted_once(void **state)
{
    struct scene *sc = *state;
    char bytes[100];

    for (int i = 0; i < 6; i++) {
        const int len = snprintf(bytes, sizeof bytes, "Message-ID: <r@x>\r\n\r\nreport %d\r\n", i);

        (void)given_mail_as(sc, "one", bytes, (size_t)len);
        sc->drop.mails[i].gone = i > 0;
    }
    assert_run(sc, 0);
    for (int i = 0; i < 6; i++) {
        sc->drop.mails[i].gone = false;
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "new-%d", i);
    }
    sc->account.import.max_messages = 2;

    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 6);
    assert_said(sc, "2 new here, 3 left for a later run");
    assert_run(sc, 0);
    assert_said(sc, "2 new here, 1 left for a later run");
    assert_run(sc, 0);
    assert_all_here(sc);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_lost_its_name_to_another_comes_once_without_top),
        TEST(what_lost_its_name_to_another_comes_once_without_top_and_with_half_a_list),
        TEST(what_an_older_journal_saw_refused_and_is_here_is_not_fetched_again),
        TEST(what_max_messages_leaves_comes_though_it_is_equal_to_one_that_came),
        TEST(what_came_while_the_clock_stood_back_comes_once_after_an_older_journal),
        TEST(what_an_older_journal_saw_refused_and_is_not_here_is_fetched),
        TEST(a_report_is_not_taken_for_a_file_that_an_older_journal_does_not_know),
        TEST(what_was_found_after_a_crash_and_removed_comes_once_under_another_name),
        TEST(what_an_older_journal_does_not_know_comes_once_though_its_first_list_lacks_it),
        TEST(what_was_met_by_its_file_and_removed_comes_once_under_another_name),
        TEST(what_was_recorded_beside_its_row_is_no_second_message),
        TEST(reports_whose_names_moved_on_come_once),
        TEST(a_report_that_came_under_the_name_of_an_equal_one_is_fetched),
        TEST(a_copy_that_is_read_because_a_name_is_used_again_comes_in_this_run),
        TEST(a_copy_of_a_report_comes),
        TEST(a_report_whose_name_an_equal_one_got_comes_once_and_so_does_that),
        TEST(of_many_equal_ones_none_is_read_for_another),
        TEST(what_was_proven_before_names_moved_on_is_not_removed),
        TEST(what_was_proven_before_names_moved_on_and_is_refused_stays),
        TEST(what_was_proven_before_names_moved_on_and_is_put_off_stays),
        TEST(what_was_proven_before_another_had_its_bytes_is_not_removed),
        TEST(what_max_messages_leaves_of_what_is_compared_is_read_and_counted_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
