/* What is said of an account that is watched: run after run, in front of one reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/report_scene.h"

static void
begin(struct paper *p)
{
    report_begin(p->report, "work", false);
}

static void
finish(struct paper *p, int status, uint64_t downloads)
{
    struct report_counts counts = {.mailboxes = 2};

    counts.done[DID_DOWNLOAD] = downloads;
    report_result(p->report, "work", status, &counts, 0.1, false);
}

static void
complain(struct paper *p, const char *what)
{
    struct error err = {0};

    error_state(&err, ERROR_LOCAL, "%s", what);
    (void)text_print(err.account, sizeof err.account, "work");
    report_error(p->report, &err);
}

static void
watching(struct paper *p, enum report_watch_state state, const char *by, const char *why, const char *text)
{
    report_watch(p->report, "work", &(struct report_watch){.state = state, .by = by, .why = why, .text = text});
}

static void
a_run_that_did_nothing_has_no_summary_and_one_that_did_has(void **state)
{
    struct paper *p = given_report((struct report_settings){0});

    (void)state;
    report_watched(p->report, "work");
    for (uint64_t downloads = 0; downloads < 3; downloads++) {
        begin(p);
        finish(p, 0, downloads % 2);
    }
    assert_written(p, "work: 1 new here, 2 mailboxes in sync, 0.1 s\n", "");
}

static void
what_the_run_before_has_said_is_said_again_only_after_a_run_that_did_not_say_it(void **state)
{
    struct paper *p = given_report((struct report_settings){0});

    (void)state;
    report_watched(p->report, "work");
    for (int i = 0; i < 5; i++) {
        begin(p);
        if (i != 3)
            complain(p, "the disk is full");
        finish(p, i != 3, 0);
    }
    assert_written(p,
                   "work: nothing was done, 2 mailboxes, 0.1 s\n"
                   "work: nothing was done, 2 mailboxes, 0.1 s\n",
                   "golub: work: the disk is full\ngolub: work: the disk is full\n");
}

static void
an_error_that_is_not_said_again_is_still_the_reason_of_the_run(void **state)
{
    struct paper *p = given_report((struct report_settings){0});
    struct report_said said;

    (void)state;
    report_watched(p->report, "work");
    for (int i = 0; i < 2; i++) {
        begin(p);
        complain(p, "the disk is full");
        finish(p, 1, 0);
    }
    report_said(p->report, "work", 1, &said);
    assert_string_equal(said.error, "the disk is full");
    assert_int_equal(said.acts, 0);
    begin(p);
    finish(p, 0, 7);
    report_said(p->report, "work", 0, &said);
    assert_int_equal(said.acts, 7);
    report_free(p->report);
    fclose(p->out);
    fclose(p->err);
    free(p->out_text);
    free(p->err_text);
}

static void
a_list_of_what_is_held_is_shown_once_and_a_new_one_once_more(void **state)
{
    const struct report_list one = {.id = "1a2b", .reason = "", .where = "INBOX", .count = 30, .of = 40},
                             other = {.id = "3c4d", .reason = "", .where = "INBOX", .count = 31, .of = 40};
    struct paper *p = given_report((struct report_settings){.json = true});
    size_t lists = 0;

    (void)state;
    report_watched(p->report, "work");
    for (int i = 0; i < 4; i++) {
        begin(p);
        report_guard(p->report, "work", i < 3 ? &one : &other);
        finish(p, 3, 0);
    }
    report_free(p->report);
    fclose(p->out);
    fclose(p->err);
    for (const char *at = p->out_text; (at = strstr(at, "\"held\"")) != NULL; at++)
        lists += strncmp(at - 8, "\"event\":", 8) == 0;
    assert_int_equal(lists, 2);
    free(p->out_text);
    free(p->err_text);
}

static void
a_state_is_said_when_it_changes_and_pauses_alone_are_no_change(void **state)
{
    struct paper *p = given_report((struct report_settings){0});

    (void)state;
    watching(p, WATCH_RUNNING, NULL, NULL, NULL);
    watching(p, WATCH_WATCHING, "notify", NULL, "watching by NOTIFY");
    watching(p, WATCH_RUNNING, NULL, NULL, NULL);
    watching(p, WATCH_WATCHING, "notify", NULL, "watching by NOTIFY");
    watching(p, WATCH_OFFLINE, NULL, "reset", "no connection (reset); next try in 1 s");
    watching(p, WATCH_OFFLINE, NULL, "reset", "no connection (reset); next try in 2 s");
    watching(p, WATCH_WATCHING, "notify", NULL, "watching by NOTIFY");
    assert_written(p,
                   "work: watching by NOTIFY\n"
                   "work: no connection (reset); next try in 1 s\n"
                   "work: watching by NOTIFY\n",
                   "");
}

static void
quiet_leaves_the_states_out_and_json_has_each_of_them(void **state)
{
    struct paper *p = given_report((struct report_settings){.quiet = true});

    (void)state;
    watching(p, WATCH_OFFLINE, NULL, "reset", "no connection (reset)");
    assert_written(p, "", "");
    p = given_report((struct report_settings){.json = true});
    watching(p, WATCH_RUNNING, NULL, NULL, NULL);
    report_watch(p->report, "work",
                 &(struct report_watch){.state = WATCH_PAUSED, .why = "no", .retry_s = 60, .text = "t"});
    watching(p, WATCH_WATCHING, "idle", NULL, "watching");
    assert_written(
        p,
        "{\"v\":1,\"event\":\"watch\",\"account\":\"work\",\"state\":\"running\"}\n"
        "{\"v\":1,\"event\":\"watch\",\"account\":\"work\",\"state\":\"paused\",\"why\":\"no\",\"retry\":60}\n"
        "{\"v\":1,\"event\":\"watch\",\"account\":\"work\",\"state\":\"watching\",\"by\":\"idle\"}\n",
        "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_did_nothing_has_no_summary_and_one_that_did_has),
        cmocka_unit_test(what_the_run_before_has_said_is_said_again_only_after_a_run_that_did_not_say_it),
        cmocka_unit_test(an_error_that_is_not_said_again_is_still_the_reason_of_the_run),
        cmocka_unit_test(a_list_of_what_is_held_is_shown_once_and_a_new_one_once_more),
        cmocka_unit_test(a_state_is_said_when_it_changes_and_pauses_alone_are_no_change),
        cmocka_unit_test(quiet_leaves_the_states_out_and_json_has_each_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
