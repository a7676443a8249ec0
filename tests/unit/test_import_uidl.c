/* An import from servers whose UIDLs, TOP or lists are not what they should be, and with a journal that was lost: nothing comes twice, nothing is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

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

/* ---- UIDLs that are none ---- */

/* For `status`, of each row of that name. */
static bool
says_why(struct scene *sc, const char *uidl, const char *words)
{
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool found, all = true;

    assert_true(journal_pop_by_uidl(sc->journal, uidl, &ids, &count, &sc->err));
    for (size_t i = 0; i < count; i++)
        all = journal_pop_get(sc->journal, ids[i], &row, &found, &sc->err) && found && strstr(row.why, words) != NULL &&
              all;
    free(ids);
    return all && count > 0;
}

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
    assert_true(says_why(sc, "twice", "several messages"));
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

/* Its header names it. */
static struct dropped *
given_large(struct scene *sc, const char *uidl, const char *id, size_t len)
{
    char *bytes = malloc(len + 1);
    struct dropped *mail;

    assert_non_null(bytes);
    memset(bytes, 'a', len);
    text_print(bytes, len, "Subject: large\r\nMessage-ID: <%s@x>\r\n\r\n", id);
    bytes[strlen(bytes)] = 'a';
    bytes[len - 1] = id[0];
    mail = given_mail_as(sc, uidl, bytes, len);
    free(bytes);
    return mail;
}

/* One header under a new name says it of all, where sizes say nothing: else each would be read because of the next. */
static void
names_that_move_on_among_large_messages_of_one_size_read_the_one_whose_name_is_new(void **state)
{
    static const char *const names[] = {"1", "2", "3", "4", "5"};
    struct scene *sc = *state;

    for (int i = 0; i < 4; i++)
        (void)given_large(sc, names[i], names[i], 70000);
    assert_run(sc, 0);
    for (int i = 0; i < 4; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "%s", names[i + 1]);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
}

/* Numbers are names, and the list is now of these and now of those: a name is back with the message that had it, and was another's meanwhile. */
static void
a_name_that_goes_back_makes_the_others_doubtful(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_large(sc, "1", "a", 70000), *other = given_large(sc, "2", "b", 71000), *one;

    assert_run(sc, 0);
    first->gone = true;
    one = given_large(sc, "1", "c", 71000);
    assert_run(sc, 0);
    first->gone = false;
    text_print(one->uidl, sizeof one->uidl, "2");
    text_print(other->uidl, sizeof other->uidl, "3");
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1); /* of the new name */
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
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
    /* Where the body is the same, too, it may be the message with another header: it stays, is read once, and asked for its header alone. */
    sc->drop.mails[1].gone = true;
    assert_run(sc, 0);
    (void)given_mail_as(sc, "1", third, sizeof third - 1);
    assert_run(sc, 1);
    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_int_equal(sc->drop.retrs, 0);
        assert_int_equal(sc->drop.tops, 1);
        assert_int_equal(count_there(sc), 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_used_again_uidl_that_was_gone_is_new_mail),
        TEST(a_stat_that_says_more_than_the_list_makes_nothing_forgotten),
        TEST(a_uidl_that_is_none_keeps_one_message_there_and_is_named),
        TEST(two_messages_of_one_uidl_arrive_once_each_and_are_never_removed),
        TEST(without_top_repeated_uidls_are_told_apart_by_their_bytes),
        TEST(without_uidl_headers_are_names_and_nothing_is_removed),
        TEST(without_uidl_and_top_what_is_here_is_fetched_and_dropped),
        TEST(a_server_that_loses_its_uidl_brings_nothing_a_second_time),
        TEST(a_server_that_gets_uidl_later_brings_nothing_a_second_time),
        TEST(a_lost_journal_and_a_run_that_broke_bring_nothing_a_second_time),
        TEST(a_lost_journal_and_a_maildrop_that_was_not_shown_bring_nothing_a_second_time),
        TEST(a_lost_journal_and_half_a_list_bring_nothing_a_second_time),
        TEST(a_top_that_is_refused_for_good_delays_nothing),
        TEST(names_that_move_on_to_other_messages_bring_nothing_a_second_time),
        TEST(names_that_move_on_to_other_large_messages_read_nothing),
        TEST(names_that_move_on_among_large_messages_of_one_size_read_the_one_whose_name_is_new),
        TEST(a_name_that_goes_back_makes_the_others_doubtful),
        TEST(a_lost_journal_and_uidls_that_repeat_bring_nothing_a_second_time),
        TEST(a_uidl_that_is_used_again_under_a_header_that_names_nothing_is_told_by_the_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
