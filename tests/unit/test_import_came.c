/* keep = no: is what this session fetched, and is about to remove, what it was asked for as? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

/* As many bytes came as LIST says of it and of no other: it is what was asked for. */
static void
keep_no_asks_for_no_header_where_the_size_says_which_message_came(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    for (int i = 1; i < 10; i++)
        (void)given_mail(sc, &"xxxxxxxxx"[9 - i]);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(sc->drop.tops, 0);
    (void)given_mail(sc, "one");
    given_mail(sc, "another")->listed_size = sc->drop.mails[9].len;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(sc->drop.tops, 2);
}

/* A relay that mixes up its answers: what is nowhere here must not go. */
static void
keep_no_keeps_what_came_as_another_message(void **state)
{
    struct scene *sc = *state;
    struct dropped *one, *other;

    sc->account.import.keep_days = 0;
    given_mails(sc, 3);
    one = &sc->drop.mails[0];
    other = &sc->drop.mails[1];
    one->gives = 2;
    assert_run(sc, 1);
    assert_said(sc, "its header on the server is not the one that came with it");
    assert_false(one->gone);
    assert_true(other->gone);
    assert_true(sc->drop.mails[2].gone);
    one->gives = 0;
    assert_run(sc, 0);
    assert_true(one->gone);
    assert_int_equal(copies_here(sc, one), 1);
}

static void
keep_no_removes_two_that_came_crossed_once_that_is_known(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mails(sc, 3);
    sc->drop.mails[0].gives = 2;
    sc->drop.mails[1].gives = 1;
    assert_run(sc, 1);
    assert_int_equal(count_there(sc), 2);
    sc->drop.mails[0].gives = sc->drop.mails[1].gives = 0;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
}

static void
assert_kept_until_it_comes(struct scene *sc, const char *one, const char *two)
{
    struct dropped *mail = given_mail_as(sc, "1", one, strlen(one));

    sc->account.import.keep_days = 0;
    (void)given_mail_as(sc, "2", two, strlen(two));
    mail->gives = 2;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 2);
    mail->gives = 0;
    for (int i = 0; i < 3; i++)
        assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(copies_here(sc, mail), 1);
}

/* The header is that of both, so it proves neither. Their bytes do, in the next session. */
static void
keep_no_keeps_what_came_as_another_of_its_header(void **state)
{
    assert_kept_until_it_comes(*state, "Subject: r\r\n\r\nit goes on\r\n", "Subject: r\r\n\r\nit failed.\r\n");
}

static void
keep_no_keeps_what_came_as_another_where_there_is_no_top(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_top = true;
    assert_kept_until_it_comes(sc, "Message-ID: <o@x>\r\n\r\nit goes on\r\n",
                               "Message-ID: <p@x>\r\n\r\nit failed.\r\n");
}

/* A gateway makes the header anew for each answer: the name, and the way that it came, are the same. */
static void
keep_no_removes_what_is_made_anew_for_each_answer(void **state)
{
    static const char made[] = "Received: by x; 1 Jan\r\nMessage-ID: <m@x>\r\nBoundary: 1\r\n\r\nHello.\r\n",
                      foreign[] = "Received: by y; 2 Jan\r\nMessage-ID: <n@x>\r\nBoundary: 1\r\n\r\nHello.\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mail_as(sc, "made", made, sizeof made - 1)->top_adds = "Boundary: 2\r\n";
    given_mail_as(sc, "foreign", foreign, sizeof foreign - 1)->top_adds = "Received: by z; 3 Jan\r\nBoundary: 2\r\n";
    assert_run(sc, 1);
    assert_true(sc->drop.mails[0].gone);
    assert_false(sc->drop.mails[1].gone);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keep_no_asks_for_no_header_where_the_size_says_which_message_came),
        TEST(keep_no_keeps_what_came_as_another_message),
        TEST(keep_no_removes_two_that_came_crossed_once_that_is_known),
        TEST(keep_no_keeps_what_came_as_another_of_its_header),
        TEST(keep_no_keeps_what_came_as_another_where_there_is_no_top),
        TEST(keep_no_removes_what_is_made_anew_for_each_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
