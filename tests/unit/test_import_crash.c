/*
 * An import that ends at any commit, at any operation of the server or of the Maildir: what comes after it brings each message exactly
 * once, and nothing is gone from the server before it is here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/forms.h"
#include "tests/unit/import_scene.h"

enum trouble { AT_COMMIT, AT_SERVER, AT_SERVER_AFTER, AT_LOCAL, AT_LOCAL_AFTER };

static void
set_trouble(struct scene *sc, enum trouble trouble, int at)
{
    sc->commit_fails_at = trouble == AT_COMMIT ? at : 0;
    sc->drop.fail_at = trouble == AT_SERVER || trouble == AT_SERVER_AFTER ? at : 0;
    sc->drop.fail_after = trouble == AT_SERVER_AFTER;
    sc->local_fails_at = trouble == AT_LOCAL || trouble == AT_LOCAL_AFTER ? at : 0;
    sc->local_fails_after = trouble == AT_LOCAL_AFTER;
}

static bool
was_met(const struct scene *sc, enum trouble trouble, int at)
{
    if (trouble == AT_COMMIT)
        return sc->commits >= at;
    return (trouble == AT_SERVER || trouble == AT_SERVER_AFTER ? sc->drop.operations : sc->local_operations) >= at;
}

/* What is gone from the server is here, once; nothing is here twice. */
static void
assert_nothing_lost(struct scene *sc, int at)
{
    look_here(sc);
    for (size_t i = 0; i < sc->drop.count; i++) {
        size_t copies = copies_seen(&sc->drop.mails[i]);

        if (copies > 1 || (copies == 0 && sc->drop.mails[i].gone))
            fail_msg("trouble at step %d: message %zu is here %zu times, %s the server\n%s", at, i + 1, copies,
                     sc->drop.mails[i].gone ? "gone from" : "on", sc->text);
    }
}

/* The whole story once with trouble at step `at`. @return it came to that step */
static bool
tell(struct scene *sc, enum trouble trouble, int at, void (*given)(struct scene *sc))
{
    bool met;

    given(sc);
    set_trouble(sc, trouble, at);
    (void)run_import(sc);
    met = was_met(sc, trouble, at);
    set_trouble(sc, trouble, 0);
    assert_nothing_lost(sc, at);
    if (run_import(sc) != 0)
        fail_msg("trouble at step %d: the next run says\n%s", at, sc->text);
    assert_nothing_lost(sc, at);
    return met;
}

/* Trouble at each step in turn, each in a scene of its own. */
static void
tell_all(enum trouble trouble, void (*given)(struct scene *sc), void (*then)(struct scene *sc))
{
    int at = 1;
    bool met = true;

    while (met) {
        void *state;

        assert_int_equal(scene_open(&state), 0);
        met = tell(state, trouble, at, given);
        then(state);
        (void)scene_close(&state);
        at += stride(5);
    }
    print_message("%d steps\n", at - 1);
    assert_true(at > 5);
}

/* ---- stories ---- */

static void
given_new_mail(struct scene *sc)
{
    sc->account.import.keep_days = 0;
    given_mails(sc, 4);
}

static void
then_all_is_here_and_nothing_there(struct scene *sc)
{
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(rows(sc, 0), 0);
}

static void
given_old_and_new_mail_and_a_uidl_used_again(struct scene *sc)
{
    sc->account.import.keep_days = 30;
    given_mails(sc, 2);
    (void)given_mail(sc, "again");
    assert_int_equal(run_import(sc), 0);
    sc->drop.mails[2].gone = true;
    (void)given_mail(sc, "again");
    given_mails(sc, 1);
    time_passes(sc, 31 * DAY);
}

static void
then_the_old_is_gone_and_the_new_is_here(struct scene *sc)
{
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 2);
    assert_int_equal(rows(sc, POP_STORED), 2);
}

static void
given_repeated_uidls(struct scene *sc)
{
    sc->account.import.keep_days = 0;
    (void)given_mail(sc, "twice");
    (void)given_mail(sc, "twice");
    (void)given_mail_as(sc, "equal", "Subject: e\r\n\r\nequal\r\n", 21);
    (void)given_mail_as(sc, "equal", "Subject: e\r\n\r\nother\r\n", 21);
}

static void
then_all_is_here_and_there(struct scene *sc)
{
    assert_all_here(sc);
    assert_int_equal(count_there(sc), sc->drop.count);
}

static void
given_no_uidl(struct scene *sc)
{
    sc->drop.no_uidl = true;
    given_mails(sc, 3);
}

static void
given_neither_uidl_nor_top(struct scene *sc)
{
    sc->drop.no_uidl = sc->drop.no_top = true;
    given_mails(sc, 3);
    (void)given_mail_as(sc, "", "Subject: e\r\n\r\nequal\r\n", 21);
    (void)given_mail_as(sc, "", "Subject: e\r\n\r\nother\r\n", 21);
}

#define STORY(name, given, then)                                                                                       \
    static void name##_with_trouble_at_every_commit(void **state)                                                      \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        tell_all(AT_COMMIT, given, then);                                                                              \
    }                                                                                                                  \
    static void name##_with_trouble_at_every_word_of_the_server(void **state)                                          \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        tell_all(AT_SERVER, given, then);                                                                              \
        tell_all(AT_SERVER_AFTER, given, then);                                                                        \
    }                                                                                                                  \
    static void name##_with_trouble_at_every_step_here(void **state)                                                   \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        tell_all(AT_LOCAL, given, then);                                                                               \
        tell_all(AT_LOCAL_AFTER, given, then);                                                                         \
    }

STORY(new_mail, given_new_mail, then_all_is_here_and_nothing_there)
STORY(old_mail, given_old_and_new_mail_and_a_uidl_used_again, then_the_old_is_gone_and_the_new_is_here)
STORY(repeated, given_repeated_uidls, then_all_is_here_and_there)
STORY(no_uidl, given_no_uidl, then_all_is_here_and_there)
STORY(blind, given_neither_uidl_nor_top, then_all_is_here_and_there)

/* ---- what the user does meanwhile ---- */

/* The run dies after the files have their names and before the commit. */
static void
given_uncertain_mail(struct scene *sc)
{
    given_mails(sc, 3);
    sc->commit_fails_at = 9; /* situation, list, words, rows: two steps each; then what was delivered */
    (void)run_import(sc);
    sc->commit_fails_at = 0;
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_int_equal(rows(sc, POP_FETCHING), 3);
}

static void
mail_that_was_read_or_moved_before_the_next_run_is_found(void **state)
{
    struct scene *sc = *state;
    char command[2000];

    given_uncertain_mail(sc);
    given_folder(sc->s, "Archive");
    text_print(command, sizeof command,
               "cd '%s' && set -- INBOX/new/* && mv \"$1\" \"INBOX/cur/${1##*/}:2,S\" && mv \"$2\" "
               "\"Archive/cur/${2##*/}:2,FS\"",
               sc->s->root);
    assert_int_equal(system(command), 0);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 0);
    assert_all_here(sc);
    assert_int_equal(rows(sc, POP_STORED), 3);
}

static void
mail_that_was_found_is_proven_like_any_other(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_uncertain_mail(sc);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* Its file was sent up by the IMAP account of this tree and removed there before this run could see it. */
static bool
knows_all(void *self, const char *base, bool *known, struct error *err)
{
    (void)self;
    (void)base;
    (void)err;
    *known = true;
    return true;
}

static bool
had_none(void *self, const char *base, int64_t before, bool *had, struct error *err)
{
    (void)self;
    (void)base;
    (void)before;
    (void)err;
    *had = false;
    return true;
}

static void
mail_that_went_away_through_the_account_beside_is_not_fetched_again(void **state)
{
    struct scene *sc = *state;
    static struct beside beside = {.account = "both", .knows = knows_all, .had = had_none};
    char command[1000];

    given_uncertain_mail(sc);
    text_print(command, sizeof command, "rm '%s'/INBOX/new/*", sc->s->root);
    assert_int_equal(system(command), 0);
    sc->beside = &beside;

    for (int i = 0; i < 2; i++) {
        (void)run_import(sc);
        assert_int_equal(sc->drop.retrs, 0);
        assert_int_equal(files_in(sc, "INBOX/new"), 0);
    }
}

/*
 * An older journal: what an import brought after its day is not in the list of its first session, which shows something new all the same. Its file
 * is looked for again.
 */
static void
what_an_older_journal_does_not_know_comes_once_though_something_else_is_new_first(void **state)
{
    struct scene *sc = *state;
    void *image;
    size_t size;

    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_true(journal_image(sc->journal, &image, &size, &sc->err));
    given_mails(sc, 1);
    assert_run(sc, 0);
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(image, size, &sc->err);
    assert_non_null(sc->journal);
    free(image);
    (void)usleep(15000);
    given_mails(sc, 1);
    sc->drop.mails[1].gone = true; /* no session shows it */
    sc->now += DAY;
    assert_run(sc, 0);
    sc->drop.mails[1].gone = false;
    sc->now += DAY;

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_all_here(sc);
}

/* The same where the journal is of an import that broke off, the first of all: what it had begun may be here by now. */
static void
what_the_journal_of_a_first_import_that_broke_off_had_begun_comes_once(void **state)
{
    struct scene *sc = *state;
    void *image;
    size_t size;

    given_mails(sc, 2);
    sc->drop.mails[0].refuse_retr = sc->drop.mails[1].refuse_retr = true;
    sc->stop_after = 2;
    (void)run_import(sc);
    sc->stop_after = -1;
    sc->drop.mails[0].refuse_retr = sc->drop.mails[1].refuse_retr = false;
    assert_int_equal(rows(sc, POP_FETCHING), 2);
    assert_true(journal_image(sc->journal, &image, &size, &sc->err));
    assert_run(sc, 0);
    assert_all_here(sc);
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(image, size, &sc->err);
    assert_non_null(sc->journal);
    free(image);
    (void)usleep(15000);
    sc->now += DAY;

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)
#define TESTS(name)                                                                                                    \
    cmocka_unit_test(name##_with_trouble_at_every_commit),                                                             \
        cmocka_unit_test(name##_with_trouble_at_every_word_of_the_server),                                             \
        cmocka_unit_test(name##_with_trouble_at_every_step_here)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS(new_mail),
        TESTS(old_mail),
        TESTS(repeated),
        TESTS(no_uidl),
        TESTS(blind),
        TEST(mail_that_was_read_or_moved_before_the_next_run_is_found),
        TEST(mail_that_was_found_is_proven_like_any_other),
        TEST(mail_that_went_away_through_the_account_beside_is_not_fetched_again),
        TEST(what_an_older_journal_does_not_know_comes_once_though_something_else_is_new_first),
        TEST(what_the_journal_of_a_first_import_that_broke_off_had_begun_comes_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
