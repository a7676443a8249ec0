/* What an import brings, what a second one leaves alone, and what it says of messages that it can't have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

static void
everything_arrives_in_new_and_stays_on_the_server(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 12);

    assert_run(sc, 0);

    assert_all_here(sc);
    assert_int_equal(files_in(sc, "INBOX/new"), 12);
    assert_int_equal(count_there(sc), 12);
    assert_int_equal(rows(sc, POP_STORED), 12);
}

static void
refuse_all_below(struct scene *sc, size_t index, bool refuse)
{
    for (size_t i = 0; i < index; i++)
        sc->drop.mails[i].refuse_retr = refuse;
}

/* What is on its way already is answered, too: the rest is not asked for. */
static void
a_server_that_refuses_all_in_the_same_words_is_asked_for_no_more_in_the_run(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 390);
    refuse_all_below(sc, 380, true); /* the newest come first */

    assert_run(sc, 1);

    assert_said(sc, "gives no more for now");
    assert_true(sc->drop.retrs < 300);
    assert_int_equal(rows(sc, POP_STORED), 10);
    refuse_all_below(sc, 380, false);
    assert_run(sc, 0);
    assert_all_here(sc);
}

static void
damaged_messages_side_by_side_keep_nothing_from_coming(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 390);
    for (size_t i = 370; i < 380; i++)
        sc->drop.mails[i].refuse_retr = true;

    assert_run(sc, 1);

    assert_int_equal(rows(sc, POP_STORED), 380);
    assert_true(sc->drop.retrs < 396); /* a few more, to be certain which is which */
}

static void
refusals_with_mail_between_them_end_nothing(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 6);
    sc->drop.mails[1].refuse_retr = sc->drop.mails[3].refuse_retr = true;

    assert_run(sc, 1);

    assert_int_equal(rows(sc, POP_STORED), 4);
    assert_true(sc->drop.retrs <= 8);
}

static void
given_a_message_that_is_refused_and_sent(struct scene *sc, size_t count, size_t index)
{
    given_mails(sc, count);
    sc->drop.mails[index].refuse_retr = sc->drop.gives_refused = true;
    sc->reopens = true;
}

/* Each answer behind it is the one to the question before: no message is stored as another. */
static void
a_message_that_is_refused_and_comes_all_the_same_moves_no_other(void **state)
{
    struct scene *sc = *state;

    given_a_message_that_is_refused_and_sent(sc, 12, 6);

    assert_run(sc, 1);

    assert_int_equal(rows(sc, POP_STORED), 11);
    assert_run(sc, 1);
    sc->drop.mails[6].refuse_retr = false;
    sc->now += 2 * DAY;
    assert_run(sc, 0);
    assert_all_here(sc);
}

static void
a_message_that_is_refused_and_comes_all_the_same_keeps_no_other_on_the_server(void **state)
{
    struct scene *sc = *state;
    size_t left = 0;

    given_a_message_that_is_refused_and_sent(sc, 12, 6);
    sc->account.import.keep_days = 0;

    assert_run(sc, 1);
    assert_run(sc, 1);

    for (size_t i = 0; i < sc->drop.count; i++)
        left += !sc->drop.mails[i].gone;
    assert_int_equal(left, 1);
    assert_false(sc->drop.mails[6].gone);
}

static void
a_word_that_means_later_ends_the_fetching_of_the_run(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 390);
    sc->drop.mails[387].refuse_retr = true;
    sc->drop.retr_words = "-ERR [SYS/TEMP] busy";

    assert_run(sc, 1);

    assert_true(sc->drop.retrs < 300);
    assert_run(sc, 1);
    assert_int_equal(rows(sc, POP_STORED), 389);
    sc->drop.mails[387].refuse_retr = false;
    assert_run(sc, 0);
    assert_all_here(sc);
}

static void
a_second_run_asks_for_nothing_and_writes_nothing(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 5);
    assert_run(sc, 0);
    (void)usleep(30000); /* the folder's times may be trusted then */

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs + sc->drop.tops + sc->drop.deles, 0);
    assert_all_here(sc);
    assert_said(sc, "nothing new");
    assert_run(sc, 0);
    assert_true(journal_changes(sc->journal) == 0); /* the second may have stored the stamps of folders */
}

static void
more_messages_than_a_window_arrive(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, DROP_MESSAGES);
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), DROP_MESSAGES);
    assert_int_equal(rows(sc, POP_STORED), DROP_MESSAGES);
}

static void
bytes_of_every_kind_arrive(void **state)
{
    struct scene *sc = *state;

    (void)given_mail_as(sc, "empty", "", 0);
    (void)given_mail_as(sc, "lf", "Subject: a\nb: c\n\nbare\n", 22);
    (void)given_mail_as(sc, "nul", "Subject: \0\r\n\r\n\0\r\n", 17);
    (void)given_mail_as(sc, "cr", "Subject: x\r\n\r\na\rb\r\r\n", 20);
    (void)given_mail_as(sc, "no-body", "Subject: y\r\n", 12);

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 5);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

/* ---- limits ---- */

static void
what_is_too_large_stays_there_and_is_named(void **state)
{
    struct scene *sc = *state;

    char whale[1000];

    memset(whale, 'w', sizeof whale);
    memcpy(whale, "Subject: whale\r\n\r\n", 18);
    memcpy(whale + sizeof whale - 2, "\r\n", 2);
    given_mails(sc, 2);
    (void)given_mail_as(sc, "whale", whale, sizeof whale);
    sc->account.import.max_size = 999;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_said(sc, "UIDL whale, 1000 bytes");
        assert_said(sc, "1 too large");
        assert_int_equal(files_in(sc, "INBOX/new"), 2);
    }

    sc->account.import.max_size = 1000;
    assert_run(sc, 0);
    assert_all_here(sc);
}

static void
max_messages_takes_the_newest_first_or_the_oldest(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 5);
    sc->account.import.max_messages = 2;
    assert_run(sc, 0);
    assert_said(sc, "3 left for a later run");
    assert_int_equal(copies_here(sc, &sc->drop.mails[4]), 1);
    assert_int_equal(copies_here(sc, &sc->drop.mails[3]), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);

    sc->account.import.order = ORDER_OLDEST;
    assert_run(sc, 0);
    assert_int_equal(copies_here(sc, &sc->drop.mails[0]), 1);
    assert_int_equal(copies_here(sc, &sc->drop.mails[1]), 1);
    assert_run(sc, 0);
    assert_all_here(sc);
}

static void
many_refusals_are_a_few_lines_and_a_sum(void **state)
{
    struct scene *sc = *state;
    int lines = 0;

    given_mails(sc, 115);
    for (size_t i = 0; i < 110; i += 2)
        sc->drop.mails[i].refuse_retr = true;

    assert_run(sc, 1);

    for (const char *at = sc->text; (at = strstr(at, "fetch message ")) != NULL; at++)
        lines++;
    assert_int_equal(lines, 20);
    assert_said(sc, "fetch 35 more messages: ");
    assert_said(sc, "the next run tries them again");
    assert_int_equal(rows(sc, POP_STORED), 60);
}

static void
a_message_that_is_refused_keeps_its_place_and_stops_no_other(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 5);
    sc->account.import.keep_days = 0;
    sc->account.import.max_messages = 4;
    sc->drop.mails[4].refuse_retr = true; /* the newest: asked for first */
    assert_run(sc, 1);
    assert_said(sc, "the disk has a hole here");
    assert_said(sc, sc->drop.mails[4].uidl);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
    assert_int_equal(count_there(sc), 1);
    assert_int_equal(rows(sc, POP_FETCHING), 1);

    sc->drop.mails[4].refuse_retr = false;
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

static int
absent_rows(struct scene *sc)
{
    int absent = 0;

    for (int64_t id = 1; id < 100; id++) {
        struct journal_pop row;
        bool found;

        assert_true(journal_pop_get(sc->journal, id, &row, &found, &sc->err));
        absent += found && row.absent != 0;
    }
    return absent;
}

/* What the server refuses to remove is not gone: nobody is told so, and nothing has to be found out about it later. */
static void
a_message_whose_removal_is_refused_is_still_there(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mails(sc, 2);
    sc->drop.mails[0].refuse_dele = true;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_int_equal(sc->drop.deles, 2 - i);
        assert_int_equal(sc->drop.retrs, i == 0 ? 2 : 0);
        assert_said(sc, "this one stays");
        assert_int_equal(count_there(sc), 1);
        assert_int_equal(rows(sc, POP_STORED), 1);
        assert_int_equal(absent_rows(sc), 1); /* the other one */
    }
    sc->drop.mails[0].refuse_dele = false;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* ---- options and situations ---- */

static void
skip_existing_records_and_fetches_nothing(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 4);
    (void)given_mail(sc, "twice");
    (void)given_mail(sc, "twice");
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
    assert_said(sc, "6 recorded as had");
    assert_int_equal(rows(sc, POP_HAD), 6);

    sc->options.skip_existing = false;
    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 1);
    assert_int_equal(count_there(sc), 6);
}

static void
skip_existing_works_without_uidl_and_top(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_uidl = sc->drop.no_top = true;
    given_mails(sc, 4);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    assert_int_equal(rows(sc, POP_HAD), 4);
    sc->options.skip_existing = false;
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 1);
}

static void
a_dry_run_says_what_would_be_and_writes_nothing(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    given_mail(sc, "whale")->listed_size = 5000;
    sc->account.import.max_size = 4999;
    sc->account.import.keep_days = 0;
    sc->options.dry_run = true;
    assert_run(sc, 0);
    assert_said(sc, "3 new here, 3 removed from the server, 1 too large");
    assert_said(sc, "would fetch");
    assert_false(exists(sc->s, ""));
    assert_int_equal(sc->drop.retrs + sc->drop.deles, 0);
    assert_int_equal(count_there(sc), 4);
    assert_int_equal(rows(sc, 0), 0);
}

static void
another_root_or_layout_is_2_and_asks_no_server(void **state)
{
    struct scene *sc = *state;
    const struct account right = sc->account;

    given_mails(sc, 1);
    assert_run(sc, 0);
    for (int i = 0; i < 2; i++) {
        sc->account = right;
        if (i == 0)
            sc->account.maildir = sc->s->top;
        else
            sc->account.policy.layout = LAYOUT_MAILDIRPP;
        assert_run(sc, 2);
        assert_int_equal(sc->drop.operations, 0);
    }
    sc->account = right;
    sc->account.import.deliver_to = "Elsewhere/New";
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "Elsewhere/New/new"), 1);
    assert_all_here(sc);
}

static void
a_known_root_that_is_missing_or_empty_is_2(void **state)
{
    struct scene *sc = *state;
    char away[300];

    given_mails(sc, 1);
    assert_run(sc, 0);
    text_print(away, sizeof away, "%s.away", sc->s->root);
    assert_int_equal(rename(sc->s->root, away), 0);
    assert_run(sc, 2);
    assert_false(exists(sc->s, ""));
    assert_int_equal(mkdir(sc->s->root, 0700), 0);
    assert_run(sc, 2);
    assert_int_equal(sc->drop.operations, 0);
    assert_int_equal(rmdir(sc->s->root), 0);
    assert_int_equal(rename(away, sc->s->root), 0);
    assert_run(sc, 0);
}

static void
a_signal_keeps_what_has_come_and_the_next_run_brings_the_rest(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mails(sc, 9);
    sc->stop_after = 4;
    assert_run(sc, 1);
    assert_said(sc, "interrupted");
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
    assert_int_equal(count_there(sc), 9);

    sc->stop_after = -1;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 5);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* What is larger than it claimed stops at max-size, and nothing of it stays. */
static void
bytes_stop_at_max_size_whatever_the_list_says(void **state)
{
    static char bytes[4000];
    struct scene *sc = *state;

    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "A: b\r\n\r\n", 8);
    memcpy(bytes + sizeof bytes - 2, "\r\n", 2);
    sc->account.import.keep_days = 0;
    sc->account.import.max_size = 1000;
    given_mail_as(sc, "liar", bytes, sizeof bytes)->listed_size = 100;
    given_mails(sc, 2);

    assert_run(sc, 1);
    assert_said(sc, "larger than max-size, although the server says it is not");
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(files_in(sc, "INBOX/tmp"), 0);
    assert_int_equal(count_there(sc), 1);

    assert_run(sc, 0); /* known now */
    assert_int_equal(sc->drop.retrs, 0);
    sc->account.import.max_size = 0;
    assert_run(sc, 0);
    assert_all_here(sc);
}

/* The room that must stay free on the file system stays free, however large a message turns out to be. */
static void
bytes_stop_at_the_reserved_room(void **state)
{
    static char bytes[3 << 20];
    struct scene *sc = *state;

    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "Message-ID: <b@x>\r\n\r\n", 21);
    memcpy(bytes + sizeof bytes - 2, "\r\n", 2);
    sc->account.import.keep_days = 0;
    given_mail_as(sc, "big", bytes, sizeof bytes)->listed_size = 100;
    given_mails(sc, 2);
    sc->room_first = 100 << 20;
    sc->room = 1000;

    assert_run(sc, 1);
    assert_said(sc, "no more room on the file system");
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(files_in(sc, "INBOX/tmp"), 0);
    assert_int_equal(count_there(sc), 1);

    sc->room = 0;
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_int_equal(count_there(sc), 0);
}

static void
skip_existing_reads_nothing_that_a_uidl_names(void **state)
{
    static const char bytes[] = "Subject: one\r\n\r\nfirst one\r\n"; /* many may have this header */
    struct scene *sc = *state;
    struct dropped *mail = given_mail_as(sc, "1", bytes, sizeof bytes - 1);

    assert_run(sc, 0);
    text_print(mail->uidl, sizeof mail->uidl, "other");
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
    sc->options.skip_existing = false;
    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    assert_run(sc, 0); /* this one compares: it is what came under the other name */
    assert_true(sc->drop.retrs > 0);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

static void
push_alone_fetches_nothing_and_pull_alone_removes_nothing(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mails(sc, 2);
    sc->account.policy.pull = (struct direction){0};
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
    sc->account.policy.pull = sc->account.policy.push;
    sc->account.policy.push = (struct direction){0};
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 2);
}

static void
a_server_that_removes_mail_before_keep_is_over_is_said_once(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 1);
    sc->drop.expires = 8;
    assert_run(sc, 0);
    assert_said(sc, "the server itself removes mail 7 days after it was there or read (EXPIRE), before `keep` is over");
    assert_run(sc, 0);
    assert_null(strstr(sc->text, "EXPIRE"));
    sc->account.import.keep_days = 7;
    assert_run(sc, 0);
    assert_null(strstr(sc->text, "EXPIRE"));
    sc->account.import.keep_days = 30;
    assert_run(sc, 0);
    assert_said(sc, "before `keep` is over");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_arrives_in_new_and_stays_on_the_server),
        TEST(a_server_that_removes_mail_before_keep_is_over_is_said_once),
        TEST(a_server_that_refuses_all_in_the_same_words_is_asked_for_no_more_in_the_run),
        TEST(damaged_messages_side_by_side_keep_nothing_from_coming),
        TEST(refusals_with_mail_between_them_end_nothing),
        TEST(a_message_that_is_refused_and_comes_all_the_same_moves_no_other),
        TEST(a_message_that_is_refused_and_comes_all_the_same_keeps_no_other_on_the_server),
        TEST(a_word_that_means_later_ends_the_fetching_of_the_run),
        TEST(a_second_run_asks_for_nothing_and_writes_nothing),
        TEST(more_messages_than_a_window_arrive),
        TEST(bytes_of_every_kind_arrive),
        TEST(what_is_too_large_stays_there_and_is_named),
        TEST(max_messages_takes_the_newest_first_or_the_oldest),
        TEST(many_refusals_are_a_few_lines_and_a_sum),
        TEST(a_message_that_is_refused_keeps_its_place_and_stops_no_other),
        TEST(a_message_whose_removal_is_refused_is_still_there),
        TEST(skip_existing_records_and_fetches_nothing),
        TEST(skip_existing_works_without_uidl_and_top),
        TEST(a_dry_run_says_what_would_be_and_writes_nothing),
        TEST(another_root_or_layout_is_2_and_asks_no_server),
        TEST(a_known_root_that_is_missing_or_empty_is_2),
        TEST(a_signal_keeps_what_has_come_and_the_next_run_brings_the_rest),
        TEST(bytes_stop_at_max_size_whatever_the_list_says),
        TEST(bytes_stop_at_the_reserved_room),
        TEST(skip_existing_reads_nothing_that_a_uidl_names),
        TEST(push_alone_fetches_nothing_and_pull_alone_removes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
