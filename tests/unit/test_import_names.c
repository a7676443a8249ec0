/* Which message is which where names moved on or are used again, among messages of one header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/import_reports.h"

/* One that is gone, one, a report, and another report that could not be fetched: all that is known of it is its header. */
static struct dropped *
given_a_report_that_was_begun(struct scene *sc, const char *body)
{
    struct dropped *begun;

    (void)given_mail(sc, "1");
    (void)given_mail(sc, "2");
    (void)given_report(sc, "3", "it goes on");
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    begun = given_report(sc, "4", body);
    begun->refuse_retr = true;
    assert_run(sc, 1);
    begun->refuse_retr = false;
    return begun;
}

/* Each has the name of the next one. */
static void
given_names_move_on(struct scene *sc)
{
    for (size_t i = 0; i + 1 < sc->drop.count; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "%s", sc->drop.mails[i + 1].uidl);
    text_print(sc->drop.mails[sc->drop.count - 1].uidl, sizeof sc->drop.mails[0].uidl, "new");
}

static void
what_was_begun_under_a_name_that_moved_on_is_not_what_has_it_now(void **state)
{
    static const char *const bodies[] = {"it failed for good", "it failed."}; /* another size, and the same */
    struct scene *sc = *state;

    for (int gone = 0; gone < 2; gone++)
        for (size_t i = 0; i < 2; i++) {
            struct dropped *begun = given_a_report_that_was_begun(sc, bodies[i]);

            given_names_move_on(sc);
            begun->gone = gone == 1;
            assert_run(sc, 0);
            look_here(sc);
            assert_int_equal(copies_seen(&sc->drop.mails[1]), 1);
            assert_int_equal(copies_seen(&sc->drop.mails[2]), 1);
            assert_int_equal(copies_seen(begun), !begun->gone);
            assert_int_equal(scene_close(state), 0);
            assert_int_equal(scene_open(state), 0);
            sc = *state;
        }
}

/* It was begun days before the other one lost its name: to its row that is one that stood beside it. */
static void
what_was_begun_days_before_its_name_moved_on_is_not_what_has_it_now(void **state)
{
    struct scene *sc = *state;
    struct dropped *begun = given_a_report_that_was_begun(sc, "it failed."), *report = &sc->drop.mails[2];

    begun->refuse_retr = true;
    for (int i = 0; i < 3; i++) {
        sc->now += DAY;
        assert_run(sc, 1);
    }
    given_names_move_on(sc);
    begun->gone = true;
    assert_run(sc, 0);
    assert_int_equal(copies_here(sc, report), 1);
}

static void
what_moved_on_from_a_name_whose_message_cant_be_read_is_not_fetched_again(void **state)
{
    static const char longer[] = "Message-ID: <longer@x>\r\n\r\nIt has another size than any other one.\r\n";
    struct scene *sc = *state;
    struct dropped *unread = given_mail_as(sc, "1", longer, sizeof longer - 1);

    (void)given_mail(sc, "2");
    assert_run(sc, 0);
    given_names_move_on(sc);
    unread->refuse_top = unread->refuse_retr = true;
    (void)given_mail(sc, "4");

    assert_run(sc, 1);

    assert_all_here(sc);
    unread->refuse_top = unread->refuse_retr = false;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
    }
}

/* The same, and the one that had the name that it got was refused until then. */
static void
what_moved_on_to_a_name_that_was_begun_and_cant_be_read_is_not_fetched_again(void **state)
{
    struct scene *sc = *state;
    struct dropped *mails = sc->drop.mails;

    given_mails(sc, 3);
    mails[1].refuse_retr = true;
    assert_run(sc, 1);
    for (int i = 0; i < 2; i++)
        memcpy(mails[i].uidl, mails[i + 1].uidl, sizeof mails[i].uidl);
    text_print(mails[2].uidl, sizeof mails[2].uidl, "new");
    mails[1].refuse_retr = false;
    mails[0].refuse_top = mails[0].refuse_retr = true;
    assert_run(sc, 1);
    mails[0].refuse_top = mails[0].refuse_retr = false;

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, &mails[0]), 1);
    assert_all_here(sc);
    assert_int_equal(rows(sc, POP_FETCHING), 0);
}

/* Of those beside it name and size alone are known, and it has the size and the header of the one that has its name now. */
static void
a_report_that_moved_on_among_messages_of_which_sizes_alone_are_known_is_not_fetched_again(void **state)
{
    static const char *const texts[] = {"Subject: first\r\n\r\n1\r\n", "Subject: report\r\n\r\nit failed.\r\n",
                                        "Subject: report\r\n\r\nit goes on\r\n", "Subject: last\r\n\r\n4\r\n"};
    static const char *const names[] = {"1", "2", "3", "4"};
    struct scene *sc = *state;

    for (size_t i = 0; i < 4; i++)
        (void)given_mail_as(sc, names[i], texts[i], strlen(texts[i]));
    sc->drop.list_from = 2;
    sc->drop.list_most = 1;
    assert_run(sc, 0);
    sc->drop.list_most = 0;
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    given_names_move_on(sc);

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 1);
}

static void
a_report_is_not_taken_for_the_file_of_one_whose_size_is_said_wrong(void **state)
{
    struct scene *sc = *state;

    given_report(sc, "a", "it goes on")->listed_size = 40;
    assert_run(sc, 0);
    lose_journal(sc);
    (void)given_report(sc, "b", "it failed.");

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    assert_all_here(sc);
}

/* The server wrote a line into the one that was fetched; the other one, which is new, has the header that was known. */
static void
a_report_is_not_taken_for_one_of_its_header_that_got_a_line(void **state)
{
    struct scene *sc = *state;

    for (int moved = 0; moved < 2; moved++) {
        given_mails(sc, 3);
        sc->drop.mails[0].listed_size = 50;
        given_report(sc, "a", "it goes on")->top_adds = "Status: RO\r\n";
        assert_run(sc, 0);
        (void)given_report(sc, "b", "it failed.");
        if (moved == 0) {
            given_other_names(sc);
        } else {
            struct dropped *mails = sc->drop.mails;
            char name[sizeof mails[0].uidl];

            memcpy(name, mails[0].uidl, sizeof name);
            memcpy(mails[0].uidl, mails[1].uidl, sizeof name);
            memcpy(mails[1].uidl, name, sizeof name);
            text_print(mails[3].uidl, sizeof name, "c");
            text_print(mails[4].uidl, sizeof name, "a");
        }
        for (int i = 0; i < 2; i++)
            assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(scene_close(state), 0);
        assert_int_equal(scene_open(state), 0);
        sc = *state;
    }
}

/* The last one's name is one that no row ever had: it may be new, and the one of its header and size may be gone. */
static void
a_report_under_a_new_name_is_read_where_names_moved_on(void **state)
{
    struct scene *sc = *state;
    struct dropped *report;

    given_mails(sc, 3);
    (void)given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    report = given_report(sc, "b", "it failed.");
    given_names_move_on(sc);
    sc->drop.mails[3].gone = true;

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, report), 1);
}

/* As many went as came, and no name tells the new one. */
static void
a_report_that_comes_as_another_goes_is_read_where_all_names_change(void **state)
{
    struct scene *sc = *state;
    struct dropped *report;

    given_mails(sc, 3);
    (void)given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    report = given_report(sc, "b", "it failed.");
    sc->drop.mails[3].gone = true;
    given_other_names(sc);

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, report), 1);
}

static void
of_many_known_ones_few_are_read_where_all_names_change(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 40);
    assert_run(sc, 0);
    given_other_names(sc);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 16);
    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);
}

/* Each has the name of the one behind it, and the new one that of the first. */
/* A report came and was removed; another has its name and header now, and is so large that nothing is read of it but as a proof. */
static struct dropped *
given_a_large_one_under_the_name_of_one_that_was_removed(struct scene *sc)
{
    static const char header[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\n";
    struct dropped *first = given_mail_as(sc, "1", header, sizeof header - 1);
    const size_t len = 70000;
    char *bytes = malloc(len);

    assert_non_null(bytes);
    sc->account.import.keep_days = 0;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    memset(bytes, 'a', len);
    memcpy(bytes, header, sizeof header - 1);
    (void)given_mail_as(sc, "1", bytes, len);
    free(bytes);
    text_print(first->uidl, sizeof first->uidl, "2");
    time_passes(sc, DAY);
    return first;
}

static void
what_comes_back_as_its_name_turns_out_to_be_anothers_comes_once(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_a_large_one_under_the_name_of_one_that_was_removed(sc);

    first->gone = false;
    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, first), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(sc->drop.retrs, 3);
}

/* What LIST says of the other one is not the size of the one that is back. */
static void
what_comes_back_after_its_name_turned_out_to_be_anothers_comes_once(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_a_large_one_under_the_name_of_one_that_was_removed(sc);

    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    first->gone = false;
    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, first), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

static void
a_report_under_a_name_that_another_had_is_read_where_names_moved_on(void **state)
{
    struct scene *sc = *state;
    struct dropped *report;

    given_mails(sc, 3);
    (void)given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    report = given_report(sc, sc->drop.mails[0].uidl, "it failed.");
    for (int i = 0; i < 3; i++)
        memcpy(sc->drop.mails[i].uidl, sc->drop.mails[i + 1].uidl, sizeof report->uidl);
    sc->drop.mails[3].gone = true;

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, report), 1);
    assert_true(sc->drop.retrs <= 4);
}

/* The first half have the names of the second, which have new ones. */
static void
of_many_known_ones_under_new_names_few_are_read_where_names_moved_on(void **state)
{
    const size_t half = 30;
    struct scene *sc = *state;

    given_mails(sc, 2 * (int)half);
    assert_run(sc, 0);
    for (size_t i = 0; i < half; i++)
        memcpy(sc->drop.mails[i].uidl, sc->drop.mails[i + half].uidl, sizeof sc->drop.mails[i].uidl);
    for (size_t i = half; i < 2 * half; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "new-%zu", i);

    assert_run(sc, 0);

    assert_true(sc->drop.retrs <= 16);
    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

static void
another_report_of_another_size_under_a_name_that_is_used_again_is_fetched(void **state)
{
    static const char first[] = "Message-ID: <r@x>\r\n\r\nit failed.\r\n",
                      second[] = "Message-ID: <r@x>\r\n\r\nit failed again.\r\n";
    struct scene *sc = *state;
    struct dropped *old = given_mail_as(sc, "r", first, sizeof first - 1), *fresh;

    given_mails(sc, 2);
    assert_run(sc, 0);
    old->gone = true;
    fresh = given_mail_as(sc, "r", second, sizeof second - 1);

    assert_run(sc, 0);

    look_here(sc);
    assert_int_equal(copies_seen(old), 1);
    assert_int_equal(copies_seen(fresh), 1);
    assert_int_equal(sc->drop.retrs, 1);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

/* Which of two equal ones is here, nobody knows until both are read: the one that can be read is all there is of the other's bytes. */
static void
one_of_two_equal_messages_stays_there_while_the_other_cant_be_read(void **state)
{
    static const char equal[] = "Message-ID: <equal@x>\r\n\r\nthe same\r\n";
    struct scene *sc = *state;
    struct dropped *first = given_mail_as(sc, "equal", equal, sizeof equal - 1), *second;

    sc->account.import.keep_days = 30;
    (void)given_mail(sc, "2");
    (void)given_mail(sc, "3");
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    text_print(sc->drop.mails[1].uidl, sizeof sc->drop.mails[1].uidl, "3");
    text_print(sc->drop.mails[2].uidl, sizeof sc->drop.mails[2].uidl, "2");
    second = given_mail_as(sc, "another", equal, sizeof equal - 1);
    first->refuse_top = first->refuse_retr = true;

    (void)run_import(sc);
    (void)run_import(sc);

    assert_false(first->gone);
    assert_false(second->gone);
    first->refuse_top = first->refuse_retr = false;
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

/* A server that counts all sizes anew is not read whole. */
static void
of_many_known_ones_few_are_read_where_all_sizes_change(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 40);
    assert_run(sc, 0);
    for (size_t i = 0; i < 40; i++)
        sc->drop.mails[i].listed_size = sc->drop.mails[i].len + 3;

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 16);
    assert_int_equal(files_in(sc, "INBOX/new"), 40);
    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);
}

/* No other message says whether sizes are what they were. */
static void
another_report_of_another_size_under_the_only_name_is_fetched(void **state)
{
    static const char first[] = "Message-ID: <r@x>\r\n\r\nit failed.\r\n",
                      second[] = "Message-ID: <r@x>\r\n\r\nit failed again.\r\n";
    struct scene *sc = *state;
    struct dropped *old = given_mail_as(sc, "r", first, sizeof first - 1);

    assert_run(sc, 0);
    old->gone = true;
    given_mails(sc, 1);
    (void)given_mail_as(sc, "r", second, sizeof second - 1);

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

/* Nothing but its header and the size that LIST said is known of what was recorded as had: another size under a name that is used again is new. */
static void
another_report_under_the_name_of_one_that_was_recorded_as_had_is_fetched(void **state)
{
    static const char old[] = "Message-ID: <o@x>\r\n\r\nolder.\r\n", had[] = "Subject: r\r\n\r\nit failed.\r\n",
                      fresh[] = "Subject: r\r\n\r\nit failed again.\r\n",
                      other[] = "Message-ID: <p@x>\r\n\r\nother.\r\n", also[] = "Message-ID: <q@x>\r\n\r\nalso.\r\n";
    struct scene *sc = *state;
    struct dropped *mail = given_mail_as(sc, "1", old, sizeof old - 1);

    (void)given_mail_as(sc, "2", other, sizeof other - 1);
    sc->account.import.keep_days = 0;
    assert_run(sc, 0);
    mail = given_mail_as(sc, "1", had, sizeof had - 1);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    assert_run(sc, 0);
    mail->gone = true;
    (void)given_mail_as(sc, "1", fresh, sizeof fresh - 1);
    (void)given_mail_as(sc, "2", also, sizeof also - 1);

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 4);
}

/* Two of one header and size were removed and came back; then their names moved on, and what has the name of one seems to be that one. */
static void
reports_that_came_back_and_whose_names_moved_on_are_not_fetched_again(void **state)
{
    static const char one[] = "Subject: r\r\n\r\nit goes on\r\n", two[] = "Subject: r\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_mail_as(sc, "1", one, sizeof one - 1);
    (void)given_mail_as(sc, "2", two, sizeof two - 1);
    for (int i = 0; i < 2; i++) /* which is which only their bytes say, and they are read for that later */
        assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    sc->drop.mails[0].gone = sc->drop.mails[1].gone = false;
    text_print(sc->drop.mails[0].uidl, sizeof sc->drop.mails[0].uidl, "2");
    text_print(sc->drop.mails[1].uidl, sizeof sc->drop.mails[1].uidl, "s");

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(files_in(sc, "INBOX/new"), 2);
    }
}

/* A server that lists each message twice from now on: what that costs is bounded. */
static void
of_many_copies_few_are_read_again(void **state)
{
    struct scene *sc = *state;
    const size_t known = 70;
    char text[64];

    for (size_t i = 0; i < 2 * known; i++) {
        char uidl[8];

        text_print(uidl, sizeof uidl, "n%zu", i);
        text_print(text, sizeof text, "Message-ID: <%03zu@x>\r\n\r\n%03zu\r\n", i % known, i % known);
        (void)given_mail_as(sc, uidl, text, strlen(text));
        if (i + 1 == known)
            assert_run(sc, 0);
    }
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, known + (size_t)2 * 64);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(files_in(sc, "INBOX/new"), 2 * known);
        assert_run(sc, 0);
        assert_int_equal(sc->drop.retrs, 0);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_was_begun_under_a_name_that_moved_on_is_not_what_has_it_now),
        TEST(what_was_begun_days_before_its_name_moved_on_is_not_what_has_it_now),
        TEST(a_report_is_not_taken_for_one_of_its_header_that_got_a_line),
        TEST(what_moved_on_from_a_name_whose_message_cant_be_read_is_not_fetched_again),
        TEST(what_moved_on_to_a_name_that_was_begun_and_cant_be_read_is_not_fetched_again),
        TEST(a_report_that_moved_on_among_messages_of_which_sizes_alone_are_known_is_not_fetched_again),
        TEST(a_report_is_not_taken_for_the_file_of_one_whose_size_is_said_wrong),
        TEST(a_report_under_a_new_name_is_read_where_names_moved_on),
        TEST(a_report_that_comes_as_another_goes_is_read_where_all_names_change),
        TEST(of_many_known_ones_few_are_read_where_all_names_change),
        TEST(what_comes_back_as_its_name_turns_out_to_be_anothers_comes_once),
        TEST(what_comes_back_after_its_name_turned_out_to_be_anothers_comes_once),
        TEST(a_report_under_a_name_that_another_had_is_read_where_names_moved_on),
        TEST(of_many_known_ones_under_new_names_few_are_read_where_names_moved_on),
        TEST(another_report_of_another_size_under_a_name_that_is_used_again_is_fetched),
        TEST(of_many_known_ones_few_are_read_where_all_sizes_change),
        TEST(another_report_of_another_size_under_the_only_name_is_fetched),
        TEST(one_of_two_equal_messages_stays_there_while_the_other_cant_be_read),
        TEST(another_report_under_the_name_of_one_that_was_recorded_as_had_is_fetched),
        TEST(reports_that_came_back_and_whose_names_moved_on_are_not_fetched_again),
        TEST(of_many_copies_few_are_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
