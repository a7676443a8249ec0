/* Messages whose header names nothing: it has no Message-ID, and no Received line with a date. Many may have it, so a size that differs counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/import_two_reports.h"

/* A report of so many bytes and some more, of a header that all of them have. */
static struct dropped *
given_nameless(struct scene *sc, const char *uidl, size_t bytes)
{
    static char text[100000];
    int len = snprintf(text, sizeof text, "Subject: state\r\n\r\nit is %zu\r\n", bytes);

    assert_true(len > 0 && bytes + 80 < sizeof text);
    for (const size_t end = (size_t)len + bytes; (size_t)len < end;)
        len += snprintf(text + len, sizeof text - (size_t)len, "and so on\r\n");
    return given_mail_as(sc, uidl, text, (size_t)len);
}

/* The server gives a name that is free to the next report, which is too large to be read just because it is new, and no other size stands. */
static void
a_large_report_under_the_name_of_another_one_comes(void **state)
{
    struct scene *sc = *state;

    given_nameless(sc, "1", 70000);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    given_nameless(sc, "1", 80000);

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

static void
given_recorded_as_had(struct scene *sc, const char *uidl)
{
    (void)given_mail(sc, "first");
    assert_run(sc, 0);
    given_nameless(sc, uidl, 100);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    (void)given_mail(sc, "another");
    assert_run(sc, 0); /* its header is known then */
}

/* There are no bytes of it to compare. */
static void
a_report_under_the_name_of_one_that_was_recorded_as_had_and_went_comes(void **state)
{
    struct scene *sc = *state;

    given_recorded_as_had(sc, "1");
    sc->drop.mails[1].gone = true;
    assert_run(sc, 0);
    given_nameless(sc, "1", 300);

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, &sc->drop.mails[3]), 1);
    assert_int_equal(copies_here(sc, &sc->drop.mails[1]), 0);
}

/* No list lacked its name meanwhile. */
static void
a_report_under_the_name_of_one_that_was_recorded_as_had_comes(void **state)
{
    struct scene *sc = *state;

    given_recorded_as_had(sc, "1");
    sc->drop.mails[1].gone = true;
    given_nameless(sc, "1", 300);

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, &sc->drop.mails[3]), 1);
        assert_int_equal(copies_here(sc, &sc->drop.mails[1]), 0);
    }
}

/*
 * It was removed here, came back, and was recorded as had while names moved on: whether it was the one that had been fetched nobody knew. Then it
 * went, and another one has its name and its header.
 */
static void
a_report_under_the_name_of_one_that_was_recorded_in_doubt_comes(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_nameless(sc, "1", 100);
    (void)given_mail(sc, "2");
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    sc->drop.mails[0].gone = false;
    (void)given_mail(sc, "2");
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    sc->drop.mails[0].gone = true;
    given_nameless(sc, "1", 300);

    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, &sc->drop.mails[3]), 1);
        assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 0);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
    }
    assert_true(sc->drop.mails[3].gone);
}

/* A session that gives all messages one name says nothing by it. */
static void
a_report_under_the_name_of_all_is_none_of_another_size_that_was_recorded_as_had(void **state)
{
    struct scene *sc = *state;

    given_nameless(sc, "all", 100);
    (void)given_mail(sc, "all");
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    sc->drop.mails[0].gone = true;
    given_nameless(sc, "all", 300);

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 1);
    assert_int_equal(copies_here(sc, &sc->drop.mails[1]), 0);
}

/* LIST told no sizes for a while; so nothing but the header says that the name is another message's, and that names nothing. */
static void
a_shorter_report_under_the_name_of_one_that_is_due_comes(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail;

    sc->account.import.keep_days = 30;
    (void)given_mail(sc, "first");
    (void)given_mail(sc, "1");
    assert_run(sc, 0);
    sc->drop.mails[1].gone = true;
    mail = given_mail_as(sc, "1", "Subject: s\r\n\r\nshort\r\n", 21);
    mail->no_size = true;
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, mail), 1);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

/* It went from the server with a size that LIST had wrong; the next day it is there again, with the right one. */
static void
what_is_back_under_another_name_and_size_comes_once(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail;

    sc->account.import.keep_days = 0;
    given_mails(sc, 1);
    sc->drop.mails[0].listed_size = sc->drop.mails[0].len - 7;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    mail = given_mail_as(sc, "back", sc->drop.mails[0].bytes, sc->drop.mails[0].len);

    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, mail), 1);
    }
    assert_int_equal(count_there(sc), 0);
}

/* For one session all have one name, and neither the header nor the size of one is what it was: only its bytes are. */
static void
what_has_another_header_and_size_under_the_name_of_all_comes_once(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    assert_run(sc, 0);
    for (size_t i = 0; i < 3; i++)
        rename_there(&sc->drop.mails[i], "equal");
    sc->drop.mails[2].top_adds = "X-Odd: line\r\n";
    sc->drop.mails[2].listed_size = sc->drop.mails[2].len + 7;

    assert_run(sc, 0);

    assert_all_here(sc);
}

/* Names moved on by one, to the name of one that never came as well, and the message that has it by now is not the one that is refused. */
static void
what_has_the_name_of_one_that_never_came_comes_once_while_another_has_its_own(void **state)
{
    struct scene *sc = *state;

    (void)given_mail(sc, "1");
    (void)given_report(sc, "2", report_one);
    given_report(sc, "3", report_two)->refuse_retr = true;
    assert_run(sc, 1);
    rename_there(&sc->drop.mails[0], "2");
    rename_there(&sc->drop.mails[1], "3");
    rename_there(&sc->drop.mails[2], "4");
    sc->drop.mails[0].refuse_top = sc->drop.mails[0].refuse_retr = true;
    sc->drop.mails[0].listed_size = sc->drop.mails[0].len + 3;
    sc->drop.mails[2].refuse_retr = false;

    assert_run(sc, 1);

    assert_int_equal(copies_here(sc, &sc->drop.mails[1]), 1);
    sc->drop.mails[0].refuse_top = sc->drop.mails[0].refuse_retr = false;
    assert_run(sc, 0);
    assert_all_here(sc);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_large_report_under_the_name_of_another_one_comes),
        TEST(a_report_under_the_name_of_one_that_was_recorded_as_had_and_went_comes),
        TEST(a_report_under_the_name_of_one_that_was_recorded_as_had_comes),
        TEST(a_report_under_the_name_of_one_that_was_recorded_in_doubt_comes),
        TEST(a_shorter_report_under_the_name_of_one_that_is_due_comes),
        TEST(what_is_back_under_another_name_and_size_comes_once),
        TEST(what_has_the_name_of_one_that_never_came_comes_once_while_another_has_its_own),
        TEST(what_has_another_header_and_size_under_the_name_of_all_comes_once),
        TEST(a_report_under_the_name_of_all_is_none_of_another_size_that_was_recorded_as_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
