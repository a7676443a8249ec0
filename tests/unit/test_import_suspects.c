/* An import from servers that end the line at one message: it stops itself only, it is named, and it is asked for again once a day, last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

static int
open_scene(void **state)
{
    const int failed = scene_open(state);

    ((struct scene *)*state)->reopens = true;
    return failed;
}

/* All but these are here, each once. */
static void
assert_here_but(struct scene *sc, size_t first, size_t count)
{
    look_here(sc);
    for (size_t i = 0; i < sc->drop.count; i++)
        if (copies_seen(&sc->drop.mails[i]) != (i < first || i >= first + count))
            fail_msg("message %zu is here %zu times\n%s", i + 1, copies_seen(&sc->drop.mails[i]), sc->text);
}

static void
a_message_at_which_the_line_breaks_keeps_no_other_from_coming(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 12);
    sc->account.import.order = ORDER_NEWEST; /* three are in flight: some older than it, none of these is here yet */
    sc->drop.mails[8].breaks_retr = -1;

    assert_run(sc, 1);

    assert_here_but(sc, 8, 1);
    assert_said(sc, "can't read message 9 (UIDL ");
    assert_said(sc, "the line broke");
    assert_int_equal(sc->drop.last_retr, 9); /* and last */
    assert_int_equal(sc->drop.logins, 3);
    assert_int_equal(rows(sc, POP_FETCHING), 1);
}

static void
a_line_that_broke_once_by_chance_is_opened_again_and_all_is_here(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 12);
    sc->drop.mails[8].breaks_retr = 1;

    assert_run(sc, 0);

    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

static void
what_is_unreadable_is_asked_for_once_a_day_and_last(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    sc->drop.mails[1].breaks_retr = -1;
    assert_run(sc, 1);

    given_mails(sc, 1);
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs, 1);
    assert_int_equal(sc->drop.logins, 1);
    assert_here_but(sc, 1, 1);
    assert_said(sc, "can't read message 2 (UIDL ");

    sc->now += DAY + 60;
    given_mails(sc, 1);
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs, 2);
    assert_int_equal(sc->drop.last_retr, 2);

    sc->drop.mails[1].breaks_retr = 0;
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs, 0);
    sc->now += DAY + 60;
    assert_run(sc, 0);
    assert_all_here(sc);
}

/* It would be left in a session of its own as well. */
static void
a_message_at_which_the_line_broke_and_that_is_too_large_now_needs_no_session(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    sc->drop.mails[1].breaks_retr = 1;
    sc->drop.mails[1].listed_size = 300;
    sc->drop.refuse_login_after = 1;
    (void)run_import(sc);
    sc->drop.refuse_login_after = 0;
    sc->account.import.max_size = 200;
    assert_run(sc, 0);
    (void)usleep(30000); /* the folder's times may be trusted then */
    assert_run(sc, 0);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.logins, 1);
    assert_true(journal_changes(sc->journal) == 0);
    assert_said(sc, "larger than max-size");
    assert_here_but(sc, 1, 1);
}

/* What is here is read to be proven whatever its size: where the line broke at it once, by chance, that is no end. */
static void
what_is_here_and_larger_than_max_size_is_asked_for_again_and_leaves(void **state)
{
    struct scene *sc = *state;

    sc->account.policy.guard = false;
    sc->drop.no_top = true; /* its body is the proof */
    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    sc->account.import.max_size = 10;
    sc->drop.mails[1].breaks_retr = 1;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

static void
a_message_that_changed_on_the_server_is_asked_for_at_once(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    sc->drop.mails[1].breaks_retr = -1;
    assert_run(sc, 1);
    sc->drop.mails[1].breaks_retr = 0;
    sc->drop.mails[1].listed_size = sc->drop.mails[1].len + 1;

    assert_run(sc, 0);

    assert_all_here(sc);
}

/* What is here is removed as if nothing had happened; the suspect stays. */
static void
with_keep_no_the_others_leave_the_server_and_the_unreadable_one_stays(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mails(sc, 6);
    sc->drop.mails[3].breaks_retr = -1;

    assert_run(sc, 1);

    assert_here_but(sc, 3, 1);
    assert_int_equal(count_there(sc), 1);
    assert_false(sc->drop.mails[3].gone);
}

static void
several_of_them_are_found_in_one_run(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 30);
    for (size_t i = 0; i < 6; i++)
        sc->drop.mails[12 + i].breaks_retr = -1;

    assert_run(sc, 1);

    assert_here_but(sc, 12, 6);
    assert_true(sc->drop.logins <= 21);
    for (size_t i = 0; i < 6; i++)
        assert_non_null(strstr(sc->text, sc->drop.mails[12 + i].uidl));
}

/* More than a run may settle: the next ones go on where it ended. */
static void
many_of_them_are_found_in_some_runs(void **state)
{
    struct scene *sc = *state;
    int runs = 0;

    given_mails(sc, 40);
    for (size_t i = 0; i < 20; i++)
        sc->drop.mails[10 + i].breaks_retr = -1;

    do {
        (void)run_import(sc);
        assert_true(sc->drop.logins <= 21);
    } while (++runs < 4);

    assert_here_but(sc, 10, 20);
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs, 0);
}

static void
a_line_that_breaks_without_a_message_is_opened_three_times(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    sc->drop.broken_list = true;

    assert_run(sc, 5);

    assert_int_equal(sc->drop.logins, 4);
    assert_int_equal(sc->waited, 1 + 2 + 4);
}

/* Nothing gets through: that each message breaks the line says nothing about any of them. */
static void
a_line_on_which_nothing_comes_to_its_end_makes_no_message_unreadable(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    for (size_t i = 0; i < 3; i++)
        sc->drop.mails[i].breaks_retr = -1;
    sc->drop.breaks_quit = true;
    sc->account.import.keep_days = 0;
    given_mails(sc, 1);
    assert_run(sc, 5);
    for (size_t i = 0; i < 3; i++)
        sc->drop.mails[i].breaks_retr = 0;
    sc->drop.breaks_quit = false;

    assert_run(sc, 0);

    assert_all_here(sc);
}

static void
a_login_that_is_refused_is_not_tried_again(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    sc->drop.mails[1].breaks_retr = -1;
    sc->drop.refuse_login_after = 1;

    assert_run(sc, 4);

    assert_int_equal(sc->drop.logins, 2);
}

static void
a_signal_ends_the_waiting(void **state)
{
    struct scene *sc = *state;

    sc->reopens = false;
    given_mails(sc, 3);
    sc->drop.mails[1].breaks_retr = -1;

    assert_run(sc, 5);

    assert_int_equal(sc->drop.logins, 1);
    sc->reopens = true;
    assert_run(sc, 1); /* it goes last: it was a suspect already */
    assert_int_equal(sc->drop.logins, 2);
    assert_here_but(sc, 1, 1);
}

/* Without names there are numbers alone. */
static void
without_uidl_the_others_come_too(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_uidl = true;
    given_mails(sc, 6);
    sc->drop.mails[3].breaks_retr = -1;
    assert_run(sc, 1);
    assert_here_but(sc, 3, 1);

    sc->drop.mails[2].breaks_top = -1;
    assert_run(sc, 1);
    assert_here_but(sc, 3, 1);
}

static void
with_neither_uidl_nor_top_the_others_come_too(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_uidl = sc->drop.no_top = true;
    given_mails(sc, 6);
    sc->drop.mails[3].breaks_retr = -1;

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_here_but(sc, 3, 1);
    }
}

/* The word that a run was given releases nothing that a session of this run held. */
static void
what_a_session_holds_waits_for_another_word(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mails(sc, 4);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    given_mails(sc, 2);
    sc->drop.mails[4].breaks_retr = 1;
    sc->options.confirm = true;

    assert_run(sc, 3);

    assert_int_equal(count_there(sc), 4);
    sc->options.confirm = false;
}

static void
a_dry_run_writes_down_no_suspect(void **state)
{
    struct scene *sc = *state;
    char *known;

    given_mails(sc, 3);
    sc->drop.no_uidl = true;
    sc->drop.mails[1].breaks_top = -1;
    sc->options.dry_run = true;

    (void)run_import(sc);

    assert_true(journal_get(sc->journal, "suspects", &known, &sc->err));
    assert_null(known);
}

/* An unreadable one that is gone is forgotten, and another message of its name is asked for. */
static void
what_is_gone_is_no_suspect_any_more(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    sc->drop.mails[1].breaks_retr = -1;
    assert_run(sc, 1);
    sc->drop.mails[1].gone = true;
    assert_run(sc, 0);
    sc->drop.mails[1].gone = false;
    sc->drop.mails[1].breaks_retr = 0;

    assert_run(sc, 0);

    assert_all_here(sc);
}

/* The deliver folder was removed, so this run removes nothing from the server: nor does a session that opens the line again and finds the new one. */
static void
what_a_session_may_not_remove_no_session_of_the_run_removes(void **state)
{
    struct scene *sc = *state;
    char command[1000];

    sc->account.import.keep_days = 0;
    given_mails(sc, 2);
    assert_run(sc, 0);
    text_print(command, sizeof command, "cd '%s' && mkdir -p Other/cur Other/new Other/tmp && rm -r INBOX",
               sc->s->root);
    assert_int_equal(system(command), 0);
    given_mails(sc, 12);
    sc->drop.mails[8].breaks_retr = 1;

    assert_run(sc, 1);

    assert_said(sc, "nothing is removed from the server in this run");
    assert_int_equal(count_there(sc), 12);
    assert_int_equal(files_in(sc, "INBOX/new"), 12);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_at_which_the_line_breaks_keeps_no_other_from_coming),
        TEST(a_line_that_broke_once_by_chance_is_opened_again_and_all_is_here),
        TEST(what_is_unreadable_is_asked_for_once_a_day_and_last),
        TEST(a_message_at_which_the_line_broke_and_that_is_too_large_now_needs_no_session),
        TEST(what_is_here_and_larger_than_max_size_is_asked_for_again_and_leaves),
        TEST(a_message_that_changed_on_the_server_is_asked_for_at_once),
        TEST(with_keep_no_the_others_leave_the_server_and_the_unreadable_one_stays),
        TEST(several_of_them_are_found_in_one_run),
        TEST(many_of_them_are_found_in_some_runs),
        TEST(a_line_that_breaks_without_a_message_is_opened_three_times),
        TEST(a_line_on_which_nothing_comes_to_its_end_makes_no_message_unreadable),
        TEST(a_login_that_is_refused_is_not_tried_again),
        TEST(a_signal_ends_the_waiting),
        TEST(without_uidl_the_others_come_too),
        TEST(with_neither_uidl_nor_top_the_others_come_too),
        TEST(what_a_session_holds_waits_for_another_word),
        TEST(what_a_session_may_not_remove_no_session_of_the_run_removes),
        TEST(a_dry_run_writes_down_no_suspect),
        TEST(what_is_gone_is_no_suspect_any_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
