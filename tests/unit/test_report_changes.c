/* What came to this side is written down for the command that is run afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/report_scene.h"

static char folder[128];

static int
given_folder(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)state;

    text_print(folder, sizeof folder, "%s/golub-unit-XXXXXX", base != NULL && strlen(base) < 80 ? base : "/tmp");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
no_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* nothing is left in it */
}

static size_t
count_files(void)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static const char *
read_file(const char *path)
{
    static char text[4096];
    int fd = open(path, O_RDONLY);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;

    assert_true(got >= 0);
    close(fd);
    text[got] = '\0';
    return text;
}

static void
acted(struct report *report, enum report_act act, const char *mailbox, uint32_t uid, bool dry)
{
    struct report_counts counts = {0};

    report_done(report, "work", &counts, &(struct report_done){.act = act, .dry = dry, .mailbox = mailbox, .uid = uid});
}

static void
only_what_comes_here_is_written_down_shown_or_not(void **state)
{
    struct paper *p = given_report((struct report_settings){.quiet = true});
    struct report_changed changed;
    struct error err = {0};
    struct stat st;
    (void)state;
    report_changes(p->report, "work", folder);
    report_begin(p->report, "work", false);

    acted(p->report, DID_UPLOAD, "Sent", 1, false);
    acted(p->report, DID_FLAGS_THERE, "Sent", 2, false);
    acted(p->report, DID_REMOVE_THERE, "Sent", 3, false);
    acted(p->report, DID_CREATE_HERE, "Sent", 0, false);
    acted(p->report, DID_PAIR, "Sent", 3, false);
    acted(p->report, DID_DOWNLOAD, "Sent", 4, true);
    assert_true(report_changes_take(p->report, "work", &changed, &err));
    assert_false(changed.any);
    assert_int_equal(count_files(), 0);
    report_changed_drop(&changed);

    acted(p->report, DID_DOWNLOAD, "INBOX", 5, false);
    acted(p->report, DID_FLAGS_HERE, "Work", 6, false);
    acted(p->report, DID_REMOVE_HERE, "INBOX", 7, false);
    report_done(p->report, "work", &(struct report_counts){0},
                &(struct report_done){.act = DID_RENAME_HERE, .mailbox = "New", .left = "Old"});
    assert_true(report_changes_take(p->report, "work", &changed, &err));
    assert_true(changed.any);
    assert_string_equal(changed.mailboxes, "INBOX\nWork\nNew\nOld");
    assert_string_equal(
        read_file(changed.file),
        "{\"v\":1,\"event\":\"message\",\"account\":\"work\",\"mailbox\":\"INBOX\",\"action\":\"download\",\"uid\":5}\n"
        "{\"v\":1,\"event\":\"message\",\"account\":\"work\",\"mailbox\":\"Work\",\"action\":\"flags-here\",\"uid\":6}"
        "\n"
        "{\"v\":1,\"event\":\"message\",\"account\":\"work\",\"mailbox\":\"INBOX\",\"action\":\"remove-here\",\"uid\":"
        "7}\n"
        "{\"v\":1,\"event\":\"message\",\"account\":\"work\",\"mailbox\":\"New\",\"action\":\"rename-here\",\"from\":"
        "\"Old\"}\n");
    assert_int_equal(stat(changed.file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    report_changed_drop(&changed);
    assert_int_equal(count_files(), 0);

    assert_true(report_changes_take(p->report, "work", &changed, &err));
    assert_false(changed.any);
    assert_written(p, "", "");
}

static void
the_mailbox_that_a_message_left_is_named_too_and_no_name_makes_two_lines(void **state)
{
    struct paper *p = given_report((struct report_settings){.quiet = true});
    struct report_counts counts = {0};
    struct report_changed changed;
    struct error err = {0};
    (void)state;
    report_changes(p->report, "work", folder);

    report_done(p->report, "work", &counts,
                &(struct report_done){.act = DID_MOVE_HERE, .mailbox = "New", .left = "Old"});
    acted(p->report, DID_DOWNLOAD, "evil\nINBOX", 1, false);
    acted(p->report, DID_DOWNLOAD, "", 1, false);

    assert_true(report_changes_take(p->report, "work", &changed, &err));
    assert_string_equal(changed.mailboxes, "New\nOld\nevil\\x0AINBOX");
    report_changed_drop(&changed);
    assert_written(p, "", "");
}

static void
more_mailboxes_than_fit_are_cut_at_a_whole_one(void **state)
{
    struct paper *p = given_report((struct report_settings){.quiet = true});
    struct report_changed changed;
    struct error err = {0};
    (void)state;
    report_changes(p->report, "work", folder);

    for (int i = 0; i < 2000; i++) {
        char name[128];

        (void)text_print(name, sizeof name, "%0100d", i);
        acted(p->report, DID_DOWNLOAD, name, 1, false);
    }

    assert_true(report_changes_take(p->report, "work", &changed, &err));
    assert_in_range(strlen(changed.mailboxes), 64000, 65536);
    assert_int_equal(strlen(changed.mailboxes) % 101, 100);
    report_changed_drop(&changed);
    assert_written(p, "", "");
}

static void
without_a_file_it_is_known_that_something_changed_and_why_there_is_none(void **state)
{
    struct paper *p = given_report((struct report_settings){.quiet = true});
    struct report_changed changed;
    struct error err = {0};
    (void)state;
    report_changes(p->report, "work", "/no/such/folder");

    acted(p->report, DID_DOWNLOAD, "INBOX", 1, false);
    acted(p->report, DID_DOWNLOAD, "INBOX", 2, false);

    assert_false(report_changes_take(p->report, "work", &changed, &err));
    assert_true(changed.any);
    assert_null(changed.file);
    assert_string_equal(changed.mailboxes, "INBOX");
    assert_string_equal(err.answer, "No such file or directory");
    report_changed_drop(&changed);
    assert_written(p, "", "");
}

static void
leftovers_go_and_what_another_golub_has_open_stays(void **state)
{
    struct paper *p = given_report((struct report_settings){.quiet = true});
    char left[160], used[160];
    int fd;
    (void)state;
    text_print(left, sizeof left, "%s/changes-left00", folder);
    text_print(used, sizeof used, "%s/changes-used00", folder);
    close(open(left, O_WRONLY | O_CREAT, 0600));
    fd = open(used, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    report_changes(p->report, "work", folder);

    acted(p->report, DID_DOWNLOAD, "INBOX", 1, false);

    assert_int_equal(access(left, F_OK), -1);
    assert_int_equal(access(used, F_OK), 0);
    assert_int_equal(count_files(), 2);
    assert_written(p, "", ""); /* what nobody took goes with the report */
    assert_int_equal(count_files(), 1);
    close(fd);
    unlink(used);
}

int
main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, given_folder, no_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(only_what_comes_here_is_written_down_shown_or_not),
        IN_FOLDER(the_mailbox_that_a_message_left_is_named_too_and_no_name_makes_two_lines),
        IN_FOLDER(more_mailboxes_than_fit_are_cut_at_a_whole_one),
        IN_FOLDER(without_a_file_it_is_known_that_something_changed_and_why_there_is_none),
        IN_FOLDER(leftovers_go_and_what_another_golub_has_open_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
