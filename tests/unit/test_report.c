/* What people get to read of a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/report_scene.h"

static void
a_summary_says_what_was_done_and_what_was_not(void **state)
{
    static const struct {
        struct report_counts counts;
        int status;
        bool interrupted, dry;
        const char *line;
    } rows[] = {
        {{.mailboxes = 41}, 0, false, false, "work: nothing new, 41 mailboxes in sync, 0.4 s\n"},
        {{.mailboxes = 1, .done[DID_DOWNLOAD] = 1}, 0, false, false, "work: 1 new here, 1 mailbox in sync, 0.4 s\n"},
        {{.mailboxes = 41,
          .done[DID_DOWNLOAD] = 12,
          .done[DID_UPLOAD] = 3,
          .done[DID_FLAGS_HERE] = 5,
          .done[DID_FLAGS_THERE] = 2,
          .done[DID_REMOVE_HERE] = 2,
          .done[DID_REMOVE_THERE] = 1,
          .done[DID_MOVE_THERE] = 1},
         0,
         false,
         false,
         "work: 12 new here, 3 uploaded, 5 flags changed here, 2 there, 2 deleted here (kept 30 days), 1 there, 1 "
         "moved "
         "there, 41 mailboxes in sync, 0.4 s\n"},
        {{.mailboxes = 2,
          .done[DID_FLAGS_THERE] = 1,
          .done[DID_REMOVE_THERE] = 7,
          .done[DID_MOVE_HERE] = 2,
          .done[DID_COPY_THERE] = 3,
          .done[DID_CREATE_HERE] = 1,
          .done[DID_CREATE_THERE] = 2,
          .done[DID_PAIR] = 9},
         0,
         false,
         false,
         "work: 1 flag changed there, 7 deleted there, 2 moved here, 3 copied there, 1 mailbox made here, 2 there, 9 "
         "found on both sides, 2 mailboxes in sync, 0.4 s\n"},
        {{.mailboxes = 3, .done[DID_DOWNLOAD] = 1, .held = 40},
         3,
         false,
         false,
         "work: 1 new here, 40 removals held, 3 mailboxes, 0.4 s\n"},
        {{.mailboxes = 3, .refused = 1, .altered = 2, .failed = 3, .pending = 4, .kept_by_policy = 9},
         1,
         false,
         false,
         "work: nothing was done, 4 waiting, 1 refused by the server, 2 altered here and left alone, 3 failed, 3 "
         "mailboxes, 0.4 s\n"},
        {{0}, 4, false, false, "work: nothing was done, 0.4 s\n"},
        {{.mailboxes = 3, .done[DID_DOWNLOAD] = 8},
         1,
         true,
         false,
         "work: interrupted: 8 new here, 3 mailboxes, 0.4 s\n"},
        {{.mailboxes = 3}, 1, true, false, "work: interrupted: nothing was done, 3 mailboxes, 0.4 s\n"},
        {{.mailboxes = 3, .done[DID_DOWNLOAD] = 8, .done[DID_REMOVE_HERE] = 1},
         0,
         false,
         true,
         "work: 8 new here, 1 deleted here, 3 mailboxes, 0.4 s (dry run: so it would be, nothing was changed)\n"},
        {{.mailboxes = 3}, 0, false, true, "work: nothing to do, 3 mailboxes in sync, 0.4 s (dry run)\n"},
        {{.done[DID_DOWNLOAD] = 599, .to_come = 2001, .mailboxes = 2},
         5,
         false,
         false,
         "work: 599 new here, 2001 still to come, 2 mailboxes, 0.4 s\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct paper *p = given_report(plain);

        report_begin(p->report, "work", rows[i].dry);
        report_quarantine(p->report, "work", 30);
        report_result(p->report, "work", rows[i].status, &rows[i].counts, 0.4, rows[i].interrupted);
        report_account_end(p->report, "work", rows[i].status);
        report_exit(p->report, rows[i].status, 0);

        assert_written(p, rows[i].line, "");
    }
}

static void
a_summary_of_an_import_speaks_of_one_way(void **state)
{
    static const struct {
        struct report_counts counts;
        int status;
        bool interrupted, dry;
        const char *line;
    } rows[] = {
        {{0}, 0, false, false, "pop: nothing new, 0.4 s\n"},
        {{0}, 5, false, false, "pop: nothing was done, 0.4 s\n"},
        {{.done[DID_DOWNLOAD] = 12, .done[DID_REMOVE_THERE] = 3, .too_large = 1},
         0,
         false,
         false,
         "pop: 12 new here, 3 removed from the server, 1 too large, 0.4 s\n"},
        {{.too_large = 1}, 0, false, false, "pop: nothing new, 1 too large, 0.4 s\n"},
        {{.done[DID_DOWNLOAD] = 100, .kept_by_policy = 900},
         0,
         false,
         false,
         "pop: 100 new here, 900 left for a later run, 0.4 s\n"},
        {{.had = 20000}, 0, false, false, "pop: 20000 recorded as had, 0.4 s\n"},
        {{.done[DID_DOWNLOAD] = 1, .held = 40}, 3, false, false, "pop: 1 new here, 40 removals held, 0.4 s\n"},
        {{.done[DID_DOWNLOAD] = 2, .failed = 1, .pending = 2},
         1,
         false,
         false,
         "pop: 2 new here, 2 waiting, 1 failed, 0.4 s\n"},
        {{.done[DID_DOWNLOAD] = 2}, 1, true, false, "pop: interrupted: 2 new here, 0.4 s\n"},
        {{.done[DID_DOWNLOAD] = 2, .done[DID_REMOVE_THERE] = 1, .too_large = 1},
         0,
         false,
         true,
         "pop: 2 new here, 1 removed from the server, 1 too large, 0.4 s (dry run: so it would be, nothing was "
         "changed)\n"},
        {{0}, 0, false, true, "pop: nothing to do, 0.4 s (dry run)\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct paper *p = given_report(plain);

        report_import(p->report, "pop");
        report_begin(p->report, "pop", rows[i].dry);
        report_result(p->report, "pop", rows[i].status, &rows[i].counts, 0.4, rows[i].interrupted);

        assert_written(p, rows[i].line, "");
    }
}

static void
held_removals_of_an_import_are_released_by_an_import(void **state)
{
    struct paper *p = given_report(plain);

    (void)state;
    report_import(p->report, "pop");
    report_guard(p->report, "pop", &(struct report_list){.id = "k3x", .where = "the server", .count = 40, .of = 50});
    report_guard(p->report, "work", &(struct report_list){.id = "k4y", .where = "Archive", .count = 1, .of = 50});

    assert_written(p,
                   "pop: 40 removals out of 50 messages are held (the server); the rest was done.\n"
                   "  to see them:    golub status pop\n"
                   "  to remove them: golub import --confirm-deletes=k3x pop\n"
                   "  to keep them:   golub import --reject-deletes=k3x pop\n"
                   "work: 1 removal out of 50 messages is held (Archive); the rest was done.\n"
                   "  to see them:    golub status work\n"
                   "  to remove them: golub sync --confirm-deletes=k4y work\n"
                   "  to keep them:   golub sync --reject-deletes=k4y work\n",
                   "");
}

/* A dry run makes no list that could be released, and does nothing else either. */
static void
a_dry_run_says_that_removals_would_be_held(void **state)
{
    struct paper *p = given_report(plain);

    (void)state;
    report_begin(p->report, "work", true);
    report_guard(p->report, "work", &(struct report_list){.id = "k3x", .where = "Archive", .count = 40, .of = 50});

    assert_written(p, "work: 40 removals out of 50 messages would be held (Archive)\n", "");
}

static void
a_dry_run_counts_what_it_would_hold_in_each_mailbox(void **state)
{
    const struct report_held there = {.mailbox = "INBOX", .uid = 5, .file = "1.ev", .id = "k3x"},
                             here = {.mailbox = "Sent", .uid = 6, .file = "2.ev", .id = "k3x", .here = true},
                             addition = {.mailbox = "Sent", .file = "3.ev", .id = "k4x", .addition = true};
    struct paper *p = given_report(plain);

    (void)state;
    report_begin(p->report, "work", true);
    report_held(p->report, "work", &there);
    report_held(p->report, "work", &here);
    report_held(p->report, "work", &there);
    report_held(p->report, "work", &addition);
    report_result(p->report, "work", 3, &(struct report_counts){0}, 0, false);

    assert_written(p,
                   "work/INBOX: would hold the removal of 2 on the server\n"
                   "work/Sent: would hold the removal of 1 here, hold the addition of 1\n"
                   "work: nothing was done, 0.0 s (dry run)\n",
                   "");
}

#define GUARD                                                                                                          \
    "work: 40 removals out of 50 messages are held (Archive); the rest was done.\n"                                    \
    "  to see them:    golub status work\n"                                                                            \
    "  to remove them: golub sync --confirm-deletes=k3x work\n"                                                        \
    "  to keep them:   golub sync --reject-deletes=k3x work\n"

static void
people_read_what_matters_and_errors_on_standard_error(void **state)
{
    struct paper *p = given_report(plain);

    (void)state;
    say_everything(p->report);

    assert_written(p, "work/Sent: made here\n" GUARD "work: last run: never\nwork: 1 new here, 2 mailboxes, 1.2 s\n",
                   "golub: work/INBOX: can't store flags: NO over\n");
}

static void
the_same_line_is_said_once_in_a_run_of_an_account(void **state)
{
    struct paper *p = given_report(plain);
    struct error err = {0}, other;

    (void)state;
    error_set(&err, ERROR_SERVER, "store flags");
    (void)text_print(err.account, sizeof err.account, "work");
    other = err;
    (void)text_print(other.account, sizeof other.account, "home");
    report_begin(p->report, "work", false);
    assert_false(report_has_error(p->report, "work"));
    report_error(p->report, &err);
    report_error(p->report, &err);
    assert_true(report_has_error(p->report, "work"));
    assert_false(report_has_error(p->report, "home"));
    report_error(p->report, &other);
    report_begin(p->report, "work", false);
    assert_false(report_has_error(p->report, "work"));
    report_error(p->report, &err);

    assert_written(p, "",
                   "golub: work: can't store flags\ngolub: home: can't store flags\ngolub: work: can't store flags\n");
}

static void
verbose_shows_every_step(void **state)
{
    struct paper *p = given_report((struct report_settings){.verbose = 1});

    (void)state;
    say_everything(p->report);

    assert_written(p,
                   "work/Sent: made here\nwork/INBOX: fetched UID 7 17.ev\nwork/Sent: removed on the server: "
                   "why\nwork: 3 mailboxes moved\n"
                   "work/Archive: held (k3x): removal on the server of UID 5 1.ev\n" GUARD
                   "work: last run: never\nwork: 1 new here, 2 mailboxes, 1.2 s\n",
                   NULL);
}

static void
quiet_leaves_errors_and_what_waits_for_a_word(void **state)
{
    struct paper *p = given_report((struct report_settings){.quiet = true, .terminal = true});

    (void)state;
    say_everything(p->report);

    assert_written(p, "", "golub: work/INBOX: can't store flags: NO over\n" GUARD);
}

static void
a_dry_run_says_would(void **state)
{
    struct paper *p = given_report(plain);

    (void)state;
    report_begin(p->report, "work", true);
    report_begin(p->report, "home", false);
    for (int i = 0; i < 2; i++)
        did(p->report, "work",
            (struct report_done){.act = DID_UPLOAD, .dry = true, .mailbox = "INBOX", .bytes = 1500000});
    did(p->report, "work", (struct report_done){.act = DID_REMOVE_HERE, .dry = true, .mailbox = "INBOX"});
    did(p->report, "work", (struct report_done){.act = DID_CREATE_HERE, .dry = true, .mailbox = "Lists"});
    did(p->report, "home", (struct report_done){.act = DID_UPLOAD, .mailbox = "INBOX", .file = "2.ev"});
    report_result(p->report, "work", 0, &(struct report_counts){0}, 0, false);

    assert_written(p,
                   "work/INBOX: would upload 2 (3.0 MB), remove 1 here\nwork/Lists: would make the folder here\n"
                   "work: nothing to do, 0.0 s (dry run)\n",
                   "");
}

static void
people_are_told_the_reason_and_programs_are_not(void **state)
{
    struct paper *p = given_report((struct report_settings){.verbose = 1});

    (void)state;
    report_begin(p->report, "work", true);
    did(p->report, "work",
        (struct report_done){.act = DID_DOWNLOAD, .dry = true, .mailbox = "INBOX", .uid = 17, .why = "new there"});

    assert_written(p, "work/INBOX: would fetch UID 17: new there\n", "");

    p = given_report((struct report_settings){.json = true});
    did(p->report, "work",
        (struct report_done){.act = DID_DOWNLOAD, .mailbox = "INBOX", .uid = 17, .why = "new there"});

    report_free(p->report);
    assert_int_equal(fclose(p->out) + fclose(p->err), 0);
    assert_non_null(strstr(p->out_text, "download"));
    assert_null(strstr(p->out_text, "new there"));
    free(p->out_text);
    free(p->err_text);
}

static void
what_is_left_undone_is_explained_to_people_who_ask_for_it(void **state)
{
    static const struct report_settings silent[] = {{0}, {.verbose = 1, .json = true}, {.verbose = 1, .quiet = true}};
    struct paper *p = given_report((struct report_settings){.verbose = 1});

    (void)state;
    report_reason(p->report, "work", "nothing is removed here in this run: a mailbox could not be listed");

    assert_written(p, "work: nothing is removed here in this run: a mailbox could not be listed\n", "");
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        p = given_report(silent[i]);
        report_reason(p->report, "work", "a mailbox could not be listed");

        assert_written(p, "", "");
    }
}

static void
a_mailbox_that_is_nearly_full_is_said_in_the_summary(void **state)
{
    static const struct {
        struct quota quota;
        const char *line; /* behind "0.0 s" */
    } rows[] = {
        {{{0}, {0}}, ""},
        {{{true, 899000000, 1000000000}, {true, 10, 100}}, ""},
        {{{true, 953400000, 1024000000}, {0}},
         "; the mailbox on the server is nearly full, and a full mailbox refuses mail (953 of 1,024 MB used on the "
         "server, 93 %)"},
        {{{0}, {true, 5000, 5000}},
         "; the mailbox on the server is full: it refuses mail (5,000 of 5,000 messages, 100 %)"},
        {{{true, 100000, 2000000}, {true, 91, 100}},
         "; the mailbox on the server is nearly full, and a full mailbox refuses mail (0.1 of 2.0 MB used on the "
         "server, 5 %; 91 "
         "of 100 messages, 91 %)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct paper *p = given_report(plain);
        char line[512];

        report_begin(p->report, "work", false);
        report_quota(p->report, "work", &rows[i].quota);
        report_result(p->report, "work", 0, &(struct report_counts){0}, 0, false);

        (void)text_print(line, sizeof line, "work: nothing new, 0.0 s%s\n", rows[i].line);
        assert_written(p, line, "");
    }
}

static void
without_a_summary_a_mailbox_that_is_nearly_full_is_said_on_standard_error(void **state)
{
    const struct quota quota = {.bytes = {true, 95, 100}};

    (void)state;
    for (int run = 0; run < 2; run++) { /* the second one is of cron, and the first was heard */
        struct paper *p = given_report((struct report_settings){.quiet = true, .cron = run == 1});
        struct report_heard heard[4];
        static struct report_heard before[4];
        static size_t count;

        report_heard_before(p->report, "work", before, run == 1 ? count : 0, 1000 + run);
        report_begin(p->report, "work", false);
        report_quota(p->report, "work", &quota);
        report_result(p->report, "work", 0, &(struct report_counts){0}, 0, false);
        count = report_heard_now(p->report, "work", heard, 4);
        memcpy(before, heard, sizeof before);
        struct report_said said;
        report_said(p->report, "work", 0, &said);
        assert_string_equal(said.error, ""); /* it is none */

        assert_written(p, "",
                       run == 1 ? ""
                                : "golub: work: the mailbox on the server is nearly full, and a full mailbox refuses "
                                  "mail. `golub status "
                                  "work` says how full it is.\n");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_says_what_was_done_and_what_was_not),
        cmocka_unit_test(a_summary_of_an_import_speaks_of_one_way),
        cmocka_unit_test(held_removals_of_an_import_are_released_by_an_import),
        cmocka_unit_test(a_dry_run_says_that_removals_would_be_held),
        cmocka_unit_test(a_dry_run_counts_what_it_would_hold_in_each_mailbox),
        cmocka_unit_test(people_read_what_matters_and_errors_on_standard_error),
        cmocka_unit_test(the_same_line_is_said_once_in_a_run_of_an_account),
        cmocka_unit_test(verbose_shows_every_step),
        cmocka_unit_test(quiet_leaves_errors_and_what_waits_for_a_word),
        cmocka_unit_test(a_dry_run_says_would),
        cmocka_unit_test(people_are_told_the_reason_and_programs_are_not),
        cmocka_unit_test(what_is_left_undone_is_explained_to_people_who_ask_for_it),
        cmocka_unit_test(a_mailbox_that_is_nearly_full_is_said_in_the_summary),
        cmocka_unit_test(without_a_summary_a_mailbox_that_is_nearly_full_is_said_on_standard_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
