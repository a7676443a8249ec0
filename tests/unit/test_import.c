/* What an import brings, what a second one leaves alone, and what it says of messages that it can't have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

#include <unistd.h>

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

    given_mails(sc, DROP_MAX);
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), DROP_MAX);
    assert_int_equal(rows(sc, POP_STORED), DROP_MAX);
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

static void
a_used_again_uidl_that_was_gone_is_new_mail(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_mail(sc, "same");

    assert_run(sc, 0);
    first->gone = true;
    assert_run(sc, 0);
    assert_int_equal(rows(sc, 0), 0);
    (void)given_mail(sc, "same");

    assert_run(sc, 0);

    assert_all_here(sc);
}

static void
a_stat_that_says_more_than_the_list_makes_nothing_forgotten(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    sc->drop.lie_stat = true;
    assert_run(sc, 0);
    assert_int_equal(rows(sc, 0), 2);
    sc->drop.lie_stat = false;
    assert_run(sc, 0);
    assert_int_equal(rows(sc, 0), 1);
}

/* One message of which the server does not say which it is keeps no other from coming; and the run does not say that all is here. */
static void
a_uidl_that_is_none_keeps_one_message_there_and_is_named(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    sc->drop.mails[1].uidl[0] = '\0';
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_said(sc, "fetch message 2: the UIDL that the server gives it is none");
        assert_int_equal(rows(sc, 0), 2);
    }
    text_print(sc->drop.mails[1].uidl, sizeof sc->drop.mails[1].uidl, "good");
    assert_run(sc, 0);
    assert_all_here(sc);
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

    given_mails(sc, 60);
    for (size_t i = 0; i < 55; i++)
        sc->drop.mails[i].refuse_retr = true;

    assert_run(sc, 1);

    for (const char *at = sc->text; (at = strstr(at, "fetch message ")) != NULL; at++)
        lines++;
    assert_int_equal(lines, 20);
    assert_said(sc, "fetch 35 more messages: ");
    assert_said(sc, "the next run tries them again");
    assert_int_equal(rows(sc, POP_STORED), 5);
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

/* ---- UIDLs that are none ---- */

static void
two_messages_of_one_uidl_arrive_once_each_and_are_never_removed(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_mail(sc, "twice");
    (void)given_mail(sc, "twice");
    (void)given_mail(sc, "once");
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(count_there(sc), 2);
        assert_int_equal(sc->drop.retrs, i == 0 ? 3 : 0);
    }
    (void)given_mail(sc, "twice");
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 3);
}

static void
without_top_repeated_uidls_are_told_apart_by_their_bytes(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_top = true;
    (void)given_mail(sc, "twice");
    (void)given_mail(sc, "twice");
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(sc->drop.retrs, 2);
    }
    sc->drop.mails[0].gone = true;
    (void)given_mail(sc, "twice");
    assert_run(sc, 0);
    assert_all_here(sc);
}

static void
without_uidl_headers_are_names_and_nothing_is_removed(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_uidl = true;
    sc->account.import.keep_days = 0;
    given_mails(sc, 3);
    (void)given_mail_as(sc, "", "Subject: equal\r\n\r\none\r\n", 23);
    (void)given_mail_as(sc, "", "Subject: equal\r\n\r\ntwo\r\n", 23);
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(sc->drop.retrs, i == 0 ? 5 : 2); /* those that are equal but for their bodies */
        assert_int_equal(sc->drop.deles, 0);
        assert_said(sc, "no UIDL");
    }
    sc->drop.mails[1].gone = sc->drop.mails[3].gone = true;
    given_mails(sc, 1);
    (void)given_mail_as(sc, "", "Subject: equal\r\n\r\nsix\r\n", 23);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 3);
    assert_all_here(sc);
}

static void
without_uidl_and_top_what_is_here_is_fetched_and_dropped(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_uidl = sc->drop.no_top = true;
    given_mails(sc, 3);
    (void)given_mail_as(sc, "", "Subject: equal\r\n\r\none\r\n", 23);
    (void)given_mail_as(sc, "", "Subject: equal\r\n\r\ntwo\r\n", 23);
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(sc->drop.retrs, 5);
    }
    assert_int_equal(rows(sc, 0), 5);
    sc->drop.mails[0].gone = true;
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(rows(sc, 0), 5);
}

static void
a_server_that_loses_its_uidl_brings_nothing_a_second_time(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->drop.no_uidl = true;
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs + sc->drop.deles, 0);
    sc->drop.no_uidl = false;
    assert_run(sc, 0);
    assert_all_here(sc);
}

static void
a_server_that_gets_uidl_later_brings_nothing_a_second_time(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_uidl = true;
    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->drop.no_uidl = false;
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 4); /* small ones at the end, under new names, may be new: read once */
    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
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

/* The journal is gone, and the folders' times may be trusted. */
static void
lose_journal(struct scene *sc)
{
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(NULL, 0, &sc->err);
    assert_non_null(sc->journal);
    (void)usleep(15000);
}

/* Whatever the first run with a new journal comes to, the next one meets the files that are here. */
static void
a_lost_journal_and_a_run_that_broke_bring_nothing_a_second_time(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 4);
    assert_run(sc, 0);
    for (int at = 1; at <= 12; at++)
        for (int commit = 0; commit < 2; commit++) {
            lose_journal(sc);
            sc->drop.fail_at = commit ? 0 : at;
            sc->commit_fails_at = commit ? at : 0;
            (void)run_import(sc);
            sc->drop.fail_at = sc->commit_fails_at = 0;
            (void)usleep(15000);
            assert_run(sc, 0);
            assert_int_equal(sc->drop.retrs, 0);
            assert_all_here(sc);
        }
}

static void
a_lost_journal_and_a_maildrop_that_was_not_shown_bring_nothing_a_second_time(void **state)
{
    struct scene *sc = *state;
    char command[1000];

    given_mails(sc, 4);
    assert_run(sc, 0);
    sc->now += 3 * 86400;
    /* Names of another program, so that they don't tell that a journal was lost. */
    text_print(command, sizeof command, "cd '%s/INBOX/new' && for f in *; do mv \"$f\" \"${f%%.golub}.host\"; done",
               sc->s->root);
    assert_int_equal(system(command), 0);
    lose_journal(sc);
    sc->drop.list_from = 4;
    sc->drop.list_most = 1;
    assert_run(sc, 0);
    sc->drop.list_most = 0;
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
    assert_all_here(sc);

    lose_journal(sc);
    sc->drop.mails[2].refuse_top = sc->drop.mails[2].refuse_retr = true;
    assert_run(sc, 1);
    sc->drop.mails[2].refuse_top = sc->drop.mails[2].refuse_retr = false;
    (void)usleep(15000);
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
    assert_all_here(sc);
}

/* A list that lacks some in the session that meets the files, whatever it shows of the others. */
static void
a_lost_journal_and_half_a_list_bring_nothing_a_second_time(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 6);
    assert_run(sc, 0);
    sc->now += 3 * 86400; /* their names tell of a day before the journal's first */
    for (uint32_t most = 1; most < 6; most++)
        for (uint32_t from = 0; from < 6; from += 3) {
            lose_journal(sc);
            sc->drop.list_from = from;
            sc->drop.list_most = most;
            assert_run(sc, 0);
            sc->drop.list_most = 0;
            (void)usleep(15000);
            assert_run(sc, 0);
            assert_int_equal(files_in(sc, "INBOX/new"), 6);
            assert_all_here(sc);
            assert_run(sc, 0);
            assert_int_equal(sc->drop.retrs, 0);
        }
    given_mails(sc, 1); /* and what is new comes */
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1);
    assert_all_here(sc);
}

/* RETR has the header, too: nothing waits for a TOP that never comes. */
static void
a_top_that_is_refused_for_good_delays_nothing(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 4);
    assert_run(sc, 0);
    lose_journal(sc);
    for (int i = 0; i < 4; i++)
        sc->drop.mails[i].refuse_top = true;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 4);
    assert_said(sc, "4 messages were read whole for the header");
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);

    for (int i = 0; i < 4; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "other-%d", i);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 8); /* for the header; and all are among the last, small, and may be new */
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);
    assert_all_here(sc);
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
    memcpy(bytes, "A: b\r\n\r\n", 8);
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

/* Some servers name a message by its number. */
static void
names_that_move_on_to_other_messages_bring_nothing_a_second_time(void **state)
{
    static const char *const bytes[] = {
        "Subject: a\r\nMessage-ID: <1@x>\r\n\r\n1\r\n", "Subject: ab\r\nMessage-ID: <2@x>\r\n\r\n22\r\n",
        "Subject: abc\r\nMessage-ID: <3@x>\r\n\r\n333\r\n", "Subject: abcd\r\nMessage-ID: <4@x>\r\n\r\n4444\r\n"};
    static const char *const names[] = {"1", "2", "3", "4"};
    struct scene *sc = *state;

    for (int i = 0; i < 4; i++)
        (void)given_mail_as(sc, names[i], bytes[i], strlen(bytes[i]));
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    for (int i = 1; i < 4; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "%s", names[i - 1]);
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(sc->drop.retrs, i == 0 ? 3 : 0); /* the last ones are small, and may be new: read once */
    }
    assert_all_here(sc);
}

/* What is large is read for a name alone that no row ever had. */
static void
names_that_move_on_to_other_large_messages_read_nothing(void **state)
{
    struct scene *sc = *state;
    const size_t len = 70000;
    char *bytes = malloc(len + 1);

    assert_non_null(bytes);
    for (int i = 0; i < 4; i++) {
        char name[8];

        text_print(name, sizeof name, "%d", i + 1);
        memset(bytes, 'a' + i, len);
        text_print(bytes, len, "Subject: large\r\nMessage-ID: <%d@x>\r\n\r\n", i);
        bytes[strlen(bytes)] = 'a';
        (void)given_mail_as(sc, name, bytes, len - (size_t)i);
    }
    free(bytes);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    for (int i = 3; i > 0; i--)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "%d", i);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
}

static void
a_lost_journal_and_uidls_that_repeat_bring_nothing_a_second_time(void **state)
{
    struct scene *sc = *state;

    for (int i = 0; i < 4; i++)
        (void)given_mail(sc, i % 2 == 0 ? "one" : "other");
    assert_run(sc, 0);
    assert_all_here(sc);
    lose_journal(sc);
    assert_run(sc, 0);
    assert_all_here(sc);
}

/* No Message-ID, one size: only the bytes say that it is another message. */
static void
a_uidl_that_is_used_again_under_a_header_that_names_nothing_is_told_by_the_body(void **state)
{
    static const char first[] = "Subject: one\r\n\r\nfirst one\r\n", second[] = "Subject: two\r\n\r\nother one\r\n",
                      third[] = "Subject: six\r\n\r\nother one\r\n";
    struct scene *sc = *state;

    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    assert_run(sc, 0);
    (void)given_mail_as(sc, "1", second, sizeof second - 1);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1);
    assert_int_equal(copies_here(sc, &sc->drop.mails[1]), 1);
    /* Where the body is the same, too, it may be the message with another header: it stays, and is asked for once. */
    sc->drop.mails[1].gone = true;
    assert_run(sc, 0);
    (void)given_mail_as(sc, "1", third, sizeof third - 1);
    assert_run(sc, 1);
    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);
        assert_int_equal(count_there(sc), 1);
    }
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_arrives_in_new_and_stays_on_the_server),
        TEST(a_second_run_asks_for_nothing_and_writes_nothing),
        TEST(more_messages_than_a_window_arrive),
        TEST(bytes_of_every_kind_arrive),
        TEST(a_used_again_uidl_that_was_gone_is_new_mail),
        TEST(a_stat_that_says_more_than_the_list_makes_nothing_forgotten),
        TEST(a_uidl_that_is_none_keeps_one_message_there_and_is_named),
        TEST(what_is_too_large_stays_there_and_is_named),
        TEST(max_messages_takes_the_newest_first_or_the_oldest),
        TEST(many_refusals_are_a_few_lines_and_a_sum),
        TEST(a_message_that_is_refused_keeps_its_place_and_stops_no_other),
        TEST(a_message_whose_removal_is_refused_is_still_there),
        TEST(two_messages_of_one_uidl_arrive_once_each_and_are_never_removed),
        TEST(without_top_repeated_uidls_are_told_apart_by_their_bytes),
        TEST(without_uidl_headers_are_names_and_nothing_is_removed),
        TEST(without_uidl_and_top_what_is_here_is_fetched_and_dropped),
        TEST(a_server_that_loses_its_uidl_brings_nothing_a_second_time),
        TEST(a_server_that_gets_uidl_later_brings_nothing_a_second_time),
        TEST(skip_existing_records_and_fetches_nothing),
        TEST(skip_existing_works_without_uidl_and_top),
        TEST(a_dry_run_says_what_would_be_and_writes_nothing),
        TEST(another_root_or_layout_is_2_and_asks_no_server),
        TEST(a_known_root_that_is_missing_or_empty_is_2),
        TEST(a_signal_keeps_what_has_come_and_the_next_run_brings_the_rest),
        TEST(a_lost_journal_and_a_run_that_broke_bring_nothing_a_second_time),
        TEST(a_lost_journal_and_a_maildrop_that_was_not_shown_bring_nothing_a_second_time),
        TEST(a_lost_journal_and_half_a_list_bring_nothing_a_second_time),
        TEST(bytes_stop_at_max_size_whatever_the_list_says),
        TEST(bytes_stop_at_the_reserved_room),
        TEST(a_top_that_is_refused_for_good_delays_nothing),
        TEST(names_that_move_on_to_other_messages_bring_nothing_a_second_time),
        TEST(names_that_move_on_to_other_large_messages_read_nothing),
        TEST(a_lost_journal_and_uidls_that_repeat_bring_nothing_a_second_time),
        TEST(a_uidl_that_is_used_again_under_a_header_that_names_nothing_is_told_by_the_body),
        TEST(skip_existing_reads_nothing_that_a_uidl_names),
        TEST(push_alone_fetches_nothing_and_pull_alone_removes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
