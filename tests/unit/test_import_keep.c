/* How long mail stays on the server: due, proven, held, released. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

/* The ID of the list that holds; "" nothing is held. */
static const char *
held_id(struct scene *sc)
{
    static struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool found;

    row.hold[0] = '\0';
    assert_true(journal_pop_held(sc->journal, &ids, &count, &sc->err));
    if (count > 0)
        assert_true(journal_pop_get(sc->journal, ids[0], &row, &found, &sc->err) && found);
    free(ids);
    return row.hold;
}

static void
keep_no_removes_what_came_in_the_run_that_brought_it(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mails(sc, 300); /* more than a page of removals */

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 300);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(rows(sc, 0), 0);
    assert_said(sc, "300 new here, 300 removed from the server");
}

static void
keep_30_days_removes_after_30_days_with_a_proof(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mails(sc, 3);
    assert_run(sc, 0);
    time_passes(sc, 30 * DAY - 1);
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 4);

    time_passes(sc, 1);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 1);
    assert_int_equal(sc->drop.tops, 3);
    assert_all_here(sc);
}

static void
a_uidl_that_is_used_again_is_found_out_before_it_is_removed(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mail(sc, "again")->gone = false;
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    (void)given_mail(sc, "again");
    time_passes(sc, 31 * DAY);

    assert_run(sc, 0);

    assert_all_here(sc);
    assert_int_equal(count_there(sc), 1);
    assert_int_equal(sc->drop.deles, 0);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
a_header_with_bare_line_feeds_proves_itself(void **state)
{
    static const char lf[] = "Message-ID: <lf@x>\nb: c\n\nbare\n\r\n",
                      mixed[] = "Message-ID: <m@x>\r\nb: c\n\r\n\0\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    (void)given_mail_as(sc, "lf", lf, sizeof lf - 1);
    (void)given_mail_as(sc, "mixed", mixed, sizeof mixed - 1);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
a_header_without_end_is_proven_like_any_other(void **state)
{
    static const char no_body[] = "Message-ID: <y@x>\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    (void)given_mail_as(sc, "no-body", no_body, sizeof no_body - 1);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 0);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 1);
}

static void
without_top_what_is_due_is_read_whole_before_it_goes(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_top = true;
    sc->account.import.keep_days = 30;
    given_mails(sc, 2);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 2);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* LIST tells no sizes any more: all that is due has to be read, and what proves nothing each time keeps no other one from its turn. */
static void
no_more_than_a_batch_is_read_whole_in_one_run(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    sc->account.policy.guard = false;
    given_mails(sc, LIMIT_BATCH + 40);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    for (size_t i = 0; i < sc->drop.count; i++) {
        sc->drop.mails[i].no_size = true;
        sc->drop.mails[i].give = i < LIMIT_BATCH ? sc->drop.mails[i].len - 4 : 0;
    }
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs, LIMIT_BATCH);
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs, LIMIT_BATCH);
    assert_int_equal(count_there(sc), LIMIT_BATCH);
    for (size_t i = 0; i < sc->drop.count; i++)
        sc->drop.mails[i].give = 0;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

/* The name is used again: other bytes, or the same below another header, are new mail. */
static void
without_top_another_message_under_a_name_that_is_due_stays_and_comes(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_top = true;
    sc->account.import.keep_days = 30;
    given_mails(sc, 2);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    sc->drop.mails[0].bytes[9] ^= 1;                         /* of the header */
    sc->drop.mails[1].bytes[sc->drop.mails[1].len - 4] ^= 1; /* of the body */
    (void)run_import(sc);
    assert_int_equal(count_there(sc), 2);
    (void)run_import(sc);
    assert_int_equal(copies_here(sc, &sc->drop.mails[1]), 1);
}

/* LIST tells no size any more, and less comes than is here: not a part of it, since nothing of it is in what came. */
static void
without_top_a_shorter_message_under_a_name_that_is_due_comes(void **state)
{
    static const char old[] = "Subject: old\r\n\r\nit took long, and ended well.\r\n",
                      fresh[] = "Subject: new\r\n\r\nshort.\r\n";
    struct scene *sc = *state;
    struct dropped *mail;

    sc->drop.no_top = true;
    sc->account.import.keep_days = 30;
    mail = given_mail_as(sc, "1", old, sizeof old - 1);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    mail->gone = true;
    mail = given_mail_as(sc, "1", fresh, sizeof fresh - 1);
    mail->no_size = true;
    (void)run_import(sc);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 0);
    assert_int_equal(copies_here(sc, mail), 1);
    assert_false(mail->gone);
}

static void
without_top_no_more_is_read_in_a_session_than_a_batch(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_top = true;
    sc->account.import.keep_days = 30;
    sc->account.policy.guard = false;
    given_mails(sc, 300);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 300 - LIMIT_BATCH);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* Few bytes came of each, and LIST says much: how much is read at most counts what came. */
static void
without_top_sizes_that_nothing_has_put_nothing_off(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_top = true;
    sc->account.policy.guard = false;
    given_mails(sc, 3);
    for (int i = 0; i < 3; i++)
        sc->drop.mails[i].no_size = true;
    assert_run(sc, 0);
    for (int i = 0; i < 3; i++) {
        sc->drop.mails[i].no_size = false;
        sc->drop.mails[i].listed_size = LIMIT_BATCH_BYTES;
    }
    sc->account.import.keep_days = 0;
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs, 3 + 3); /* by the proof, and for what may be a part */
}

static void
a_refused_proof_and_a_refused_removal_are_named_and_the_others_go(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mails(sc, 4);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    sc->drop.mails[1].refuse_top = true;
    sc->drop.mails[2].refuse_dele = true;

    assert_run(sc, 1);

    assert_said(sc, "no top today");
    assert_said(sc, "this one stays");
    assert_int_equal(count_there(sc), 2);
    assert_int_equal(rows(sc, POP_STORED), 2);
    sc->drop.mails[1].refuse_top = sc->drop.mails[2].refuse_dele = false;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
a_tightened_keep_is_held_until_the_word_comes(void **state)
{
    struct scene *sc = *state;
    char id[16];

    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    given_mails(sc, 2);
    assert_run(sc, 3);
    assert_int_equal(count_there(sc), 3); /* the new ones went: nobody has to say so */
    assert_said(sc, "--confirm-deletes=");
    text_print(id, sizeof id, "%s", held_id(sc));
    (void)usleep(30000); /* the folder's times may be trusted then */
    assert_run(sc, 3);
    assert_run(sc, 3);
    assert_string_equal(held_id(sc), id); /* the same list has the same name */
    assert_true(journal_changes(sc->journal) == 0);

    sc->options.confirm = true;
    sc->options.deletes_id = "zzzzzzzz";
    assert_run(sc, 2);
    assert_int_equal(sc->drop.operations, 0);
    sc->options.deletes_id = id;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(rows(sc, 0), 0);
    assert_all_here(sc);
}

/* A session gives all messages one name: nothing is removed in it, and the word is still asked for. */
static void
what_is_held_is_held_while_another_has_its_name(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    assert_run(sc, 3);
    for (size_t i = 0; i < sc->drop.count; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "same");
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 3);
        assert_string_not_equal(held_id(sc), "");
    }
    sc->account.policy.guard = false; /* nothing is held any more, and nothing can go */
    assert_run(sc, 0);
    assert_string_equal(held_id(sc), "");
    assert_int_equal(count_there(sc), 3);
}

/* ... and while its own line can't be read, so that nothing tells it from what was recorded since. */
static void
what_is_held_is_held_while_it_can_not_be_told_from_others(void **state)
{
    struct scene *sc = *state;
    int64_t *ids;
    size_t count;

    sc->drop.no_top = true;
    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    assert_run(sc, 3);
    for (size_t i = 0; i < sc->drop.count; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "same");
    sc->drop.mails[1].refuse_retr = true;

    assert_run(sc, 1);

    assert_true(journal_pop_held(sc->journal, &ids, &count, &sc->err));
    free(ids);
    assert_int_equal(count, 3);
}

static void
a_word_that_came_before_a_cut_is_not_asked_for_again(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    assert_run(sc, 3);
    sc->options.confirm = true;
    sc->drop.fail_at = 4 + 3 + 3 + 1; /* open, stat, sizes, uidls; proofs; removals; quit */
    assert_run(sc, 5);
    assert_int_equal(sc->drop.quits, 1);
    assert_int_equal(count_there(sc), 3);

    sc->options.confirm = false;
    sc->drop.fail_at = 0;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
what_came_to_the_list_since_is_judged_anew(void **state)
{
    struct scene *sc = *state;
    char id[16];

    given_mails(sc, 2);
    assert_run(sc, 0);
    time_passes(sc, 5 * DAY);
    given_mails(sc, 1);
    assert_run(sc, 0);
    time_passes(sc, 3 * DAY);
    sc->account.import.keep_days = 7;
    assert_run(sc, 3);
    text_print(id, sizeof id, "%s", held_id(sc));
    time_passes(sc, 5 * DAY);

    sc->options.confirm = true;
    sc->options.deletes_id = id;
    assert_run(sc, 3);

    assert_int_equal(count_there(sc), 1);
    assert_string_not_equal(held_id(sc), id);
}

static void
a_loosened_keep_holds_and_removes_nothing(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    assert_run(sc, 3);
    sc->account.import.keep_days = KEEP_FOREVER;
    assert_run(sc, 0);
    assert_string_equal(held_id(sc), "");

    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    sc->drop.fail_at = 4 + 2 + 2 + 1; /* at QUIT */
    assert_run(sc, 5);
    assert_int_equal(rows(sc, POP_REMOVING), 2);
    sc->drop.fail_at = 0;
    sc->account.import.keep_days = KEEP_FOREVER;
    assert_run(sc, 0);
    assert_int_equal(rows(sc, POP_STORED), 2);
    assert_int_equal(count_there(sc), 2);
}

/* Nobody is asked for a word any more; that the server gives no proof just now changes nothing of it. */
static void
what_was_held_is_on_no_list_once_the_guard_is_off_though_its_proof_is_refused(void **state)
{
    struct scene *sc = *state;

    for (int no_top = 0; no_top < 2; no_top++) {
        struct dropped *mail = given_mail(sc, no_top ? "blind" : "one");

        sc->account.import.keep_days = KEEP_FOREVER;
        assert_run(sc, 0);
        sc->account.import.keep_days = 0;
        assert_run(sc, 3);
        sc->drop.no_top = no_top;
        sc->account.policy.guard = false;
        mail->refuse_top = mail->refuse_retr = true;
        assert_run(sc, 1);
        assert_string_equal(held_id(sc), "");
        mail->refuse_top = mail->refuse_retr = false;
        assert_run(sc, 0);
        assert_true(mail->gone);
        sc->account.policy.guard = true;
    }
}

static void
max_delete_of_a_hundred_percent_asks_nobody(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    sc->account.policy.max_delete = 100;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
a_dry_run_holds_and_removes_in_words_alone(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    sc->options.dry_run = true;
    assert_run(sc, 3);
    sc->account.policy.guard = false;
    assert_run(sc, 0);
    assert_said(sc, "2 removed from the server");
    assert_int_equal(sc->drop.deles, 0);
    assert_int_equal(count_there(sc), 2);
}

static bool
had_all(void *self, const char *base, int64_t before, bool *had, struct error *err)
{
    (void)err;
    assert_int_equal(strtoll(base, NULL, 10), before);
    *had = *(const bool *)self;
    return true;
}

static bool
knows_nothing(void *self, const char *base, bool *known, struct error *err)
{
    (void)self;
    (void)base;
    (void)err;
    *known = false;
    return true;
}

/* That account found it on its own server, which is this one under another name: it would remove it here. */
static void
what_the_account_beside_has_from_its_server_is_not_removed(void **state)
{
    struct scene *sc = *state;
    bool had = true;
    struct beside beside = {.account = "both", .knows = knows_nothing, .had = had_all, .self = &had};

    sc->account.import.keep_days = 30;
    sc->beside = &beside;
    given_mails(sc, 3);
    assert_run(sc, 0);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    sc->drop.mails[0].gone = true; /* what is new may be it: it would be read for that */
    (void)given_mail_as(sc, "new", sc->drop.mails[0].bytes, sc->drop.mails[0].len);
    (void)given_mail(sc, "another");
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_said(sc, "is that of the IMAP account both: it would be removed here, too");
        assert_int_equal(sc->drop.deles, 0);
        assert_int_equal(count_there(sc), 4);
        assert_int_equal(files_in(sc, "INBOX/new"), 4); /* new mail goes on */
    }
    assert_int_equal(sc->drop.tops + sc->drop.retrs, 0);
    had = false; /* it sent it up to another server */
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 1);
}

/* The third of those that it is asked for. */
static bool
had_third(void *self, const char *base, int64_t before, bool *had, struct error *err)
{
    (void)base;
    (void)before;
    (void)err;
    *had = ++*(int *)self == 3;
    return true;
}

static void
what_the_account_beside_stands_in_the_way_of_is_not_read_for(void **state)
{
    struct scene *sc = *state;
    int asked = 0;
    struct beside beside = {.account = "both", .knows = knows_nothing, .had = had_third, .self = &asked};

    sc->account.import.keep_days = 30;
    sc->beside = &beside;
    given_mails(sc, 3);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    for (int i = 0; i < 2; i++) {
        asked = 0;
        assert_run(sc, 1);
        assert_int_equal(sc->drop.tops + sc->drop.retrs, 0);
        assert_int_equal(count_there(sc), 3);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keep_no_removes_what_came_in_the_run_that_brought_it),
        TEST(keep_30_days_removes_after_30_days_with_a_proof),
        TEST(a_uidl_that_is_used_again_is_found_out_before_it_is_removed),
        TEST(a_header_with_bare_line_feeds_proves_itself),
        TEST(a_header_without_end_is_proven_like_any_other),
        TEST(no_more_than_a_batch_is_read_whole_in_one_run),
        TEST(without_top_what_is_due_is_read_whole_before_it_goes),
        TEST(without_top_another_message_under_a_name_that_is_due_stays_and_comes),
        TEST(without_top_a_shorter_message_under_a_name_that_is_due_comes),
        TEST(without_top_no_more_is_read_in_a_session_than_a_batch),
        TEST(without_top_sizes_that_nothing_has_put_nothing_off),
        TEST(a_refused_proof_and_a_refused_removal_are_named_and_the_others_go),
        TEST(a_tightened_keep_is_held_until_the_word_comes),
        TEST(what_is_held_is_held_while_another_has_its_name),
        TEST(what_is_held_is_held_while_it_can_not_be_told_from_others),
        TEST(a_word_that_came_before_a_cut_is_not_asked_for_again),
        TEST(what_came_to_the_list_since_is_judged_anew),
        TEST(a_loosened_keep_holds_and_removes_nothing),
        TEST(what_was_held_is_on_no_list_once_the_guard_is_off_though_its_proof_is_refused),
        TEST(max_delete_of_a_hundred_percent_asks_nobody),
        TEST(a_dry_run_holds_and_removes_in_words_alone),
        TEST(what_the_account_beside_has_from_its_server_is_not_removed),
        TEST(what_the_account_beside_stands_in_the_way_of_is_not_read_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
