/* What people and programs get to read of a run. */
#include "sync/report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

struct paper { /* what was written */
    FILE *out, *err;
    char *out_text, *err_text;
    size_t out_len, err_len;
    struct report *report;
};

static int64_t now; /* of the tests' clock, milliseconds */

static int64_t
tell_now(void)
{
    return now;
}

static struct paper *
given_report(struct report_settings settings)
{
    static struct paper p;

    p = (struct paper){0};
    p.out = open_memstream(&p.out_text, &p.out_len);
    p.err = open_memstream(&p.err_text, &p.err_len);
    assert_true(p.out != NULL && p.err != NULL);
    settings.out = p.out;
    settings.err = p.err;
    settings.now_ms = tell_now;
    p.report = report_new(&settings);
    assert_non_null(p.report);
    return &p; /* the streams write their texts' places into it */
}

/* End the report and compare all that it wrote. */
static void
assert_written(struct paper *p, const char *out, const char *err)
{
    report_free(p->report);
    assert_int_equal(fclose(p->out), 0);
    assert_int_equal(fclose(p->err), 0);
    if (out != NULL)
        assert_string_equal(p->out_text, out);
    if (err != NULL)
        assert_string_equal(p->err_text, err);
    free(p->out_text);
    free(p->err_text);
}

static void
progress(struct report *report, const char *account, const char *mailbox, uint64_t done, uint64_t total, uint64_t bytes)
{
    report_progress(report, account, mailbox, &(struct report_amount){.done = done, .total = total, .bytes = bytes});
}

static const struct report_settings plain = {0};

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

static void
did(struct report *r, const char *account, struct report_done done)
{
    struct report_counts counts = {0};

    report_done(r, account, &counts, &done);
    assert_int_equal(counts.done[done.act], 1);
    assert_int_equal(report_acts(&counts), 1);
}

static void
say_everything(struct report *r)
{
    struct error err = {0};
    const struct report_held held = {
        .mailbox = "Archive", .uid = 5, .file = "1.ev", .here = false, .id = "k3x", .reason = "guard"};
    const struct report_counts counts = {.done[DID_DOWNLOAD] = 1, .mailboxes = 2};

    error_set(&err, ERROR_SERVER, "store flags");
    error_answer(&err, TEXT("NO over"));
    (void)text_print(err.account, sizeof err.account, "work");
    (void)text_print(err.mailbox, sizeof err.mailbox, "INBOX");
    report_begin(r, "work", false);
    progress(r, "work", "INBOX", 1, 10, 100);
    report_mailbox(r, "work", "Sent", "made-here", "made here");
    did(r, "work", (struct report_done){.act = DID_DOWNLOAD, .mailbox = "INBOX", .uid = 7, .file = "17.ev"});
    did(r, "work", (struct report_done){.act = DID_REMOVE_THERE, .mailbox = "Sent", .detail = "why"});
    report_note(r, "work", "%d mailboxes moved", 3);
    report_error(r, &err);
    report_held(r, "work", &held);
    report_guard(r, "work",
                 &(struct report_list){.id = "k3x", .reason = "guard", .where = "Archive", .count = 40, .of = 50});
    report_line(r, "work", "last-run", "last run: %s", "never");
    report_result(r, "work", 3, &counts, 1.25, false);
    report_exit(r, 3, 0);
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
names_of_strangers_do_not_reach_the_terminal_raw(void **state)
{
    struct paper *p = given_report((struct report_settings){.verbose = 1, .terminal = true});

    (void)state;
    now = 0;
    report_mailbox(p->report, "work", "a\033]0;x\007\xc2\x9b", "made-here", "made\nhere");
    progress(p->report, "work", "b\033[2J\n", 1, 2, 3);

    assert_written(p,
                   "work/a\\x1B]0;x\\x07\\xC2\\x9B: made\\x0Ahere\n\rwork/b\\x1B[2J\\x0A: 1 of 2, 0.0 MB\033[K"
                   "\r\033[K",
                   "");
}

static void
the_live_line_is_drawn_over_and_taken_away(void **state)
{
    struct paper *p = given_report((struct report_settings){.terminal = true});

    (void)state;
    now = 0;
    progress(p->report, "w", "I", 0, 4, 0);
    now = 2000;
    progress(p->report, "w", "I", 1, 4, 3000000);
    report_line(p->report, "w", "k", "hello");

    assert_written(p,
                   "\rw/I: 0 of 4, 0.0 MB\033[K"
                   "\rw/I: 1 of 4, 3.0 MB, 1.5 MB/s, 0:06 left\033[K"
                   "\r\033[Kw: hello\n",
                   "");
}

static void
a_shorter_live_line_leaves_no_rest_of_the_longer_one(void **state)
{
    struct paper *p = given_report((struct report_settings){.terminal = true});

    (void)state;
    now = 0;
    progress(p->report, "w", "Long", 5, 0, 0);
    now = 100;
    progress(p->report, "w", "I", 6, 0, 0);

    assert_written(p, "\rw/Long: 5 messages, 0.0 MB\033[K\rw/I: 6 messages, 0.0 MB\033[K\r\033[K", "");
}

static void
a_live_line_is_never_wider_than_the_terminal(void **state)
{
    struct paper *p = given_report((struct report_settings){.terminal = true});
    char name[300];

    (void)state;
    now = 0;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memcpy(name + 75, "\xc3\xa9", 2); /* the cut would fall into this letter */
    progress(p->report, "work", name, 1, 2, 3);

    report_free(p->report);
    assert_int_equal(fclose(p->out), 0);
    assert_int_equal(fclose(p->err), 0);
    assert_true(strcspn(p->out_text + 1, "\r\033") <= 79);
    free(p->out_text);
    free(p->err_text);
}

/* Small messages come first: how many there are says nothing about the time. */
static void
bytes_tell_the_time_that_is_left(void **state)
{
    struct paper *p = given_report((struct report_settings){.terminal = true});
    struct report_amount amount = {.total = 3000, .total_bytes = 308000000};

    (void)state;
    now = 0;
    report_progress(p->report, "work", "INBOX", &amount);
    now = 10000;
    amount.done = 2960;
    amount.bytes = 61600000;
    report_progress(p->report, "work", "INBOX", &amount);

    assert_written(p,
                   "\rwork/INBOX: 0 of 3,000, 0 of 308 MB\033[K"
                   "\rwork/INBOX: 2,960 of 3,000, 62 of 308 MB, 6.2 MB/s, 0:40 left\033[K"
                   "\r\033[K",
                   "");
}

/* A run of less than a minute says nothing; then a line each half minute. */
static void
where_no_line_can_be_drawn_over_a_plain_one_comes_now_and_then(void **state)
{
    static const struct report_settings ways[] = {{0}, {.terminal = true, .plain = true}};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct paper *p = given_report(ways[i]);

        now = 1000;
        report_begin(p->report, "w", false);
        for (now = 1000; now < 125000; now += 1000)
            report_progress(p->report, "w", "I", &(struct report_amount){.done = (uint64_t)now / 1000, .total = 500});

        assert_written(p,
                       "w/I: 61 of 500, 0.0 MB, 7:19 left\nw/I: 91 of 500, 0.0 MB, 6:49 left\n"
                       "w/I: 121 of 500, 0.0 MB, 6:19 left\n",
                       "");
    }
}

static void
progress_is_shown_ten_times_a_second_at_most(void **state)
{
    for (int json = 0; json < 2; json++) {
        struct paper *p = given_report((struct report_settings){.terminal = true, .json = json != 0});
        size_t shown = 0;

        (void)state;
        now = 0;
        for (uint64_t i = 0; i < 1000; i++, now++)
            progress(p->report, "w", "I", i, 1000, i * 1000);
        assert_int_equal(fflush(p->out), 0);
        for (const char *at = p->out_text; (at = strstr(at, json != 0 ? "progress" : " of ")) != NULL; at++)
            shown++;

        assert_int_equal(shown, 10);
        assert_written(p, NULL, NULL);
    }
}

static void
without_a_terminal_there_is_no_live_line(void **state)
{
    struct paper *p = given_report(plain);

    (void)state;
    progress(p->report, "w", "I", 1, 2, 3);

    assert_written(p, "", "");
}

static void
json_is_one_object_a_line_and_errors_are_on_both(void **state)
{
    struct paper *p = given_report((struct report_settings){.json = true, .verbose = 1});

    (void)state;
    now = 0;
    say_everything(p->report);

    assert_written(
        p,
        "{\"v\":1,\"event\":\"progress\",\"account\":\"work\",\"mailbox\":\"INBOX\",\"done\":1,\"total\":10,\"bytes\":"
        "100}\n"
        "{\"v\":1,\"event\":\"mailbox\",\"account\":\"work\",\"mailbox\":\"Sent\",\"what\":\"made-here\",\"text\":"
        "\"made here\"}\n"
        "{\"v\":1,\"event\":\"message\",\"account\":\"work\",\"mailbox\":\"INBOX\",\"action\":\"download\",\"uid\":7,"
        "\"file\":\"17.ev\"}\n"
        "{\"v\":1,\"event\":\"message\",\"account\":\"work\",\"mailbox\":\"Sent\",\"action\":\"remove-there\","
        "\"detail\":\"why\"}\n"
        "{\"v\":1,\"event\":\"message\",\"account\":\"work\",\"key\":\"note\",\"text\":\"3 mailboxes moved\"}\n"
        "{\"v\":1,\"event\":\"error\",\"account\":\"work\",\"mailbox\":\"INBOX\",\"kind\":\"server\",\"what\":\"store "
        "flags\",\"answer\":\"NO over\"}\n"
        "{\"v\":1,\"event\":\"held\",\"account\":\"work\",\"mailbox\":\"Archive\",\"id\":\"k3x\",\"side\":\"there\","
        "\"uid\":5,\"file\":\"1.ev\",\"reason\":\"guard\"}\n"
        "{\"v\":1,\"event\":\"held\",\"account\":\"work\",\"id\":\"k3x\",\"reason\":\"guard\",\"removals\":40,"
        "\"messages\":50,\"where\":"
        "\"Archive\"}\n"
        "{\"v\":1,\"event\":\"message\",\"account\":\"work\",\"key\":\"last-run\",\"text\":\"last run: never\"}\n"
        "{\"v\":1,\"event\":\"result\",\"account\":\"work\",\"status\":3,\"dry_run\":false,\"interrupted\":false,"
        "\"seconds\":1.25,\"counts\":{"
        "\"down_new\":1,\"down_flags\":0,\"down_removed\":0,\"down_moved\":0,\"up_new\":0,\"up_flags\":0,\"up_"
        "removed\":0,\"up_moved\":0,"
        "\"up_copied\":0,\"mailboxes\":2,\"mailboxes_made_here\":0,\"mailboxes_made_there\":0,\"paired\":0,\"held\":0,"
        "\"pending\":0,"
        "\"refused\":0,\"altered\":0,\"failed\":0,\"kept_by_policy\":0,\"too_large\":0,\"had\":0,\"let_go\":0,"
        "\"to_come\":0,\"bytes_down\":0,\"bytes_up\":0}}\n"
        "{\"v\":1,\"event\":\"result\",\"accounts\":1,\"in_sync\":0,\"exit\":3}\n",
        "golub: work/INBOX: can't store flags: NO over\n");
}

static void
every_account_has_one_result_in_json(void **state)
{
    struct paper *p = given_report((struct report_settings){.json = true});
    const struct report_counts counts = {0};

    (void)state;
    report_begin(p->report, "a", false);
    report_result(p->report, "a", 0, &counts, 0, false);
    report_account_end(p->report, "a", 0);
    report_account_end(p->report, "b", 1);
    assert_int_equal(fflush(p->out), 0);

    assert_non_null(strstr(p->out_text, "{\"v\":1,\"event\":\"result\",\"account\":\"b\",\"status\":1}\n"));
    assert_null(strstr(p->out_text, "\"account\":\"a\",\"status\":0}\n"));
    assert_written(p, NULL, "");
}

static void
a_name_that_is_not_utf8_still_makes_json(void **state)
{
    struct paper *p = given_report((struct report_settings){.json = true});
    json_t *object;

    (void)state;
    report_mailbox(p->report, "work", "a\xff\"\n", "made-here", "x");
    assert_int_equal(fflush(p->out), 0);
    object = json_loads(p->out_text, 0, NULL);

    assert_non_null(object);
    assert_string_equal(json_string_value(json_object_get(object, "mailbox")), "a\\xFF\"\\x0A");
    json_decref(object);
    assert_written(p, NULL, "");
}

static void
what_a_terminal_may_not_see_is_escaped_in_json_and_still_the_same_text(void **state)
{
    static const char name[] = "del\x7f csi\xc2\x9b[2J \xe2\x80\xae\xd8\x9c Gr\xc3\xbc\xc3\x9f"
                               "e \xf0\x9f\x90\xa6";
    struct paper *p = given_report((struct report_settings){.json = true});
    json_t *object;

    (void)state;
    report_mailbox(p->report, "work", name, "made-here", "x");
    assert_int_equal(fflush(p->out), 0);
    object = json_loads(p->out_text, 0, NULL);

    assert_non_null(object);
    assert_string_equal(json_string_value(json_object_get(object, "mailbox")), name);
    assert_non_null(strstr(p->out_text, "del\\u007f csi\\u009b[2J \\u202e\\u061c Gr\xc3\xbc\xc3\x9f"
                                        "e \xf0\x9f\x90\xa6\""));
    json_decref(object);
    assert_written(p, NULL, "");
}

static void *
talk(void *context)
{
    struct report *report = context;
    const struct report_counts counts = {.done[DID_DOWNLOAD] = 1};

    for (int i = 0; i < 200; i++) {
        did(report, "w",
            (struct report_done){.act = DID_DOWNLOAD, .mailbox = "I", .uid = 1, .file = "f", .detail = "d"});
        progress(report, "w", "I", 1, 2, 3);
    }
    report_result(report, "w", 0, &counts, 0, false);
    return NULL;
}

static void
lines_of_several_threads_stay_whole(void **state)
{
    struct paper *p = given_report((struct report_settings){.json = true});
    pthread_t threads[4];
    char *save = NULL;
    size_t lines = 0;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, talk, p->report), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(fflush(p->out), 0);
    for (char *line = strtok_r(p->out_text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save), lines++) {
        json_t *object = json_loads(line, 0, NULL);

        assert_non_null(object);
        json_decref(object);
    }

    assert_true(lines >= 4 * 201);
    assert_written(p, NULL, "");
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
        cmocka_unit_test(names_of_strangers_do_not_reach_the_terminal_raw),
        cmocka_unit_test(the_live_line_is_drawn_over_and_taken_away),
        cmocka_unit_test(a_shorter_live_line_leaves_no_rest_of_the_longer_one),
        cmocka_unit_test(a_live_line_is_never_wider_than_the_terminal),
        cmocka_unit_test(bytes_tell_the_time_that_is_left),
        cmocka_unit_test(where_no_line_can_be_drawn_over_a_plain_one_comes_now_and_then),
        cmocka_unit_test(progress_is_shown_ten_times_a_second_at_most),
        cmocka_unit_test(without_a_terminal_there_is_no_live_line),
        cmocka_unit_test(json_is_one_object_a_line_and_errors_are_on_both),
        cmocka_unit_test(every_account_has_one_result_in_json),
        cmocka_unit_test(a_name_that_is_not_utf8_still_makes_json),
        cmocka_unit_test(what_a_terminal_may_not_see_is_escaped_in_json_and_still_the_same_text),
        cmocka_unit_test(lines_of_several_threads_stay_whole),
        cmocka_unit_test(a_mailbox_that_is_nearly_full_is_said_in_the_summary),
        cmocka_unit_test(without_a_summary_a_mailbox_that_is_nearly_full_is_said_on_standard_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
