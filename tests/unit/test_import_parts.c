/* Messages of which a part came: it is no more than that, however often a part comes, until all there is was read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>
#include <dirent.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

/* Bytes of the only file of the deliver folder. */
static off_t
size_here(const struct scene *sc)
{
    char folder[600], path[900];
    struct dirent *entry;
    struct stat st = {0};
    DIR *dir;

    text_print(folder, sizeof folder, "%s/INBOX/new", sc->s->root);
    dir = opendir(folder);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        text_print(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            assert_int_equal(stat(path, &st), 0);
    }
    closedir(dir);
    return st.st_size;
}

/* Nothing but the empty line behind its header was cut off, and nothing is behind that. */
static void
check_bodyless_without_its_last_line(struct scene *sc, int keep_days)
{
    static const char whole[] = "Subject: no body\r\nMessage-ID: <nobody@x>\r\n\r\n";
    struct dropped *mail = given_mail_as(sc, "1", whole, sizeof whole - 1);

    sc->account.import.keep_days = keep_days;
    mail->give = mail->len - 2;
    assert_run(sc, 0);
    assert_int_equal(size_here(sc), (off_t)mail->len - 4); /* two line feeds alone */
    assert_false(mail->gone);
    mail->give = 0;
    for (int i = 0; i < 3; i++) {
        sc->now += 2 * DAY;
        assert_run(sc, 0);
        assert_true(!mail->gone || files_in(sc, "INBOX/new") == 2);
    }
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(mail->gone, keep_days == 0);
}

static void
a_message_without_a_body_whose_last_line_was_cut_off_comes_whole(void **state)
{
    check_bodyless_without_its_last_line(*state, KEEP_FOREVER);
}

static void
a_message_without_a_body_whose_last_line_was_cut_off_is_removed_once_it_is_whole(void **state)
{
    check_bodyless_without_its_last_line(*state, 0);
}

/* More was seen than came at first and at last, though not all. */
static void
a_part_is_not_all_there_is_once_a_larger_one_was_seen(void **state)
{
    static const char whole[] = "Subject: one\r\nMessage-ID: <one@x>\r\n\r\nThere is more of this than that.\r\n";
    struct scene *sc = *state;
    struct dropped *mail = given_mail_as(sc, "1", whole, sizeof whole - 1);

    sc->account.import.keep_days = 30;
    mail->give = mail->len - 15;
    assert_run(sc, 0);
    sc->now += 2 * DAY;
    mail->give = mail->len - 10;
    assert_run(sc, 0);
    sc->now += 2 * DAY;
    mail->give = mail->len - 15;
    assert_run(sc, 0);
    time_passes(sc, 40 * DAY);
    for (int i = 0; i < 2; i++) {
        (void)run_import(sc);
        assert_false(mail->gone);
        assert_true(i == 0 || sc->drop.retrs + sc->drop.tops == 0); /* it is read once a day */
    }
    mail->give = 0;
    for (int i = 0; i < 3; i++) {
        sc->now += 2 * DAY;
        (void)run_import(sc);
    }
    assert_int_equal(copies_here(sc, mail), 1);
}

/* What was larger was another message, whose name it had, without a Message-ID as this one, and is here. */
static void
another_message_that_is_larger_is_no_more_of_it(void **state)
{
    static const char first[] = "Subject: one\r\n\r\nThere is no more of this.\r\n",
                      second[] = "Subject: the other\r\n\r\nThere is no more of this, and yet more than of that.\r\n";
    struct scene *sc = *state;
    struct dropped *mail = given_mail_as(sc, "1", first, sizeof first - 1),
                   *other = given_mail_as(sc, "1", second, sizeof second - 1);

    sc->account.import.keep_days = 30;
    mail->listed_size = other->len;
    other->gone = true;
    assert_run(sc, 0);
    sc->now += 2 * DAY;
    mail->gone = true;
    other->gone = false;
    (void)run_import(sc);
    other->gone = true;
    assert_run(sc, 0);
    sc->now += 2 * DAY;
    mail->gone = false;
    (void)run_import(sc);
    time_passes(sc, 40 * DAY);
    for (int i = 0; i < 2; i++)
        (void)run_import(sc);
    assert_true(mail->gone);
    assert_int_equal(copies_here(sc, mail), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

/* It comes cut, is seen whole while max-messages has no room for it, and is cut at the same place again. */
static void
assert_part_is_not_all_there_is(struct scene *sc, size_t cut, bool top)
{
    static const char whole[] = "Subject: one\r\nMessage-ID: <a-long-one@x>\r\n\r\nHello.\r\n";
    struct dropped *mail = given_mail_as(sc, "one", whole, sizeof whole - 1);
    char uidl[8];

    sc->account.import.keep_days = 0;
    sc->account.import.max_messages = 1;
    sc->account.import.order = ORDER_NEWEST;
    sc->drop.no_top = !top;
    mail->give = cut;
    (void)run_import(sc);
    mail->give = 0;
    for (int i = 0; i < 8; i++) {
        text_print(uidl, sizeof uidl, "n%d", i);
        if (i < 4)
            (void)given_mail(sc, uidl);
        (void)run_import(sc);
        assert_true(!mail->gone || copies_here(sc, mail) == 1);
        time_passes(sc, 2 * DAY);
        mail->give = i < 4 ? cut : 0;
    }
    assert_int_equal(copies_here(sc, mail), 1);
}

/* ... wherever that is: in the middle of its Message-ID, too. */
static void
a_part_of_which_more_was_seen_is_not_all_there_is_wherever_it_is_cut(void **state)
{
    for (int top = 0; top < 2; top++)
        for (size_t cut = 27; cut < 50; cut++) {
            assert_part_is_not_all_there_is(*state, cut, top == 1);
            assert_int_equal(scene_close(state), 0);
            assert_int_equal(scene_open(state), 0);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_without_a_body_whose_last_line_was_cut_off_comes_whole),
        TEST(a_message_without_a_body_whose_last_line_was_cut_off_is_removed_once_it_is_whole),
        TEST(a_part_is_not_all_there_is_once_a_larger_one_was_seen),
        TEST(another_message_that_is_larger_is_no_more_of_it),
        TEST(a_part_of_which_more_was_seen_is_not_all_there_is_wherever_it_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
