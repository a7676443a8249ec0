/* What programs get to read of a run: JSON, whole lines from several threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "tests/unit/report_scene.h"

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
        "\"down_new\":1,\"down_flags\":0,\"down_keywords\":0,\"down_removed\":0,\"down_moved\":0,\"up_new\":0,\"up_"
        "flags\":0,"
        "\"up_keywords\":0,\"up_"
        "removed\":0,\"up_moved\":0,"
        "\"up_copied\":0,\"mailboxes\":2,\"mailboxes_made_here\":0,\"mailboxes_made_there\":0,\"mailboxes_renamed_"
        "here\":0,\"mailboxes_renamed_there\":0,\"mailboxes_deleted_here\":0,\"mailboxes_deleted_there\":0,"
        "\"paired\":0,\"held\":0,"
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
a_renamed_mailbox_is_told_with_both_names(void **state)
{
    const struct report_done done = {.act = DID_RENAME_HERE, .mailbox = "B", .left = "A"};
    struct report_counts counts = {0};
    struct paper *p = given_report((struct report_settings){.json = true});

    (void)state;
    report_begin(p->report, "t", false);
    report_done(p->report, "t", &counts, &done);
    assert_int_equal(counts.done[DID_RENAME_HERE], 1);
    assert_written(p,
                   "{\"v\":1,\"event\":\"mailbox\",\"account\":\"t\",\"mailbox\":\"B\",\"what\":\"renamed-here\","
                   "\"from\":\"A\",\"text\":\"renamed here to B\"}\n",
                   "");

    p = given_report((struct report_settings){0});
    report_begin(p->report, "t", false);
    report_done(p->report, "t", &counts, &done);
    assert_written(p, "t/A: renamed here to B\n", "");
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_one_object_a_line_and_errors_are_on_both),
        cmocka_unit_test(every_account_has_one_result_in_json),
        cmocka_unit_test(a_renamed_mailbox_is_told_with_both_names),
        cmocka_unit_test(a_name_that_is_not_utf8_still_makes_json),
        cmocka_unit_test(what_a_terminal_may_not_see_is_escaped_in_json_and_still_the_same_text),
        cmocka_unit_test(lines_of_several_threads_stay_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
