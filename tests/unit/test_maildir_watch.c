/* Which folders moved, as inotify tells it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/maildir_watch_scene.h"

static char names[4096]; /* of note_name, a line each */

static void
note_name(void *context, const char *folder, const char *base, const char *info)
{
    const size_t len = strlen(names);

    (void)context;
    assert_true(text_print(names + len, sizeof names - len, "%s %s %s\n", folder[0] == '\0' ? "(root)" : folder,
                           base != NULL ? base : "-", info != NULL ? info : "-"));
}

static void
given_rename(const struct scratch *s, const char *from, const char *to)
{
    assert_int_equal(rename(scratch_path(s, from), scratch_path(s, to)), 0);
}

static size_t
count_watches(const struct maildir_watch *watch)
{
    char name[64], line[256];
    size_t count = 0;
    FILE *file;

    text_print(name, sizeof name, "/proc/self/fdinfo/%d", maildir_watch_descriptor(watch));
    file = fopen(name, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        count += strncmp(line, "inotify ", 8) == 0;
    fclose(file);
    return count;
}

static size_t
count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* ---- events ---- */

static void
each_name_that_comes_or_goes_is_told_as_base_and_info(void **state)
{
    struct scratch *s = *state;

    given_file(s, "INBOX/new/1", "mail");
    struct maildir_watch *watch = given_watch(s, false);

    given_rename(s, "INBOX/new/1", "INBOX/cur/1:2,S");
    given_file(s, "INBOX/new/2", "mail");
    given_file(s, "INBOX/cur/.hidden", "none");
    assert_int_equal(unlink(scratch_path(s, "INBOX/cur/1:2,S")), 0);
    told[0] = names[0] = '\0';
    assert_true(maildir_watch_read(watch, note, note_name, NULL));
    assert_string_equal(names, "INBOX 1 n\nINBOX 1 c:2,S\nINBOX 2 n\nINBOX 2 n\nINBOX 1 c:2,S\n");
    assert_string_equal(told, "INBOX");

    given_file(s, "INBOX/cur/:2,S", "no base");
    names[0] = '\0';
    assert_true(maildir_watch_read(watch, note, note_name, NULL));
    assert_string_equal(names, "INBOX - -\nINBOX - -\n");
    maildir_watch_free(watch);
}

/* Who writes into cur/ itself is not done when the name comes; the folder's time shows the name alone. */
static void
a_file_that_was_written_to_is_told_when_it_is_closed(void **state)
{
    struct scratch *s = *state;
    struct maildir_watch *watch = given_watch(s, false);
    FILE *file = fopen(scratch_path(s, "INBOX/cur/1:2,S"), "we"), *hidden;

    assert_non_null(file);
    assert_string_equal(read_all(watch), "INBOX");
    assert_false(was_written);
    assert_int_equal(fputs("mail", file), 1);
    assert_int_equal(fflush(file), 0);
    assert_string_equal(read_all(watch), "");
    fclose(file);
    assert_string_equal(read_all(watch), "INBOX");
    assert_true(was_written);

    hidden = fopen(scratch_path(s, "INBOX/cur/.2"), "we");
    assert_non_null(hidden);
    assert_string_equal(read_all(watch), "INBOX");
    fclose(hidden);
    assert_string_equal(read_all(watch), "");
    maildir_watch_free(watch);
}

static void
what_is_added_renamed_flagged_and_removed_names_its_folder_once(void **state)
{
    struct scratch *s = *state;
    given_folder(s, "A");
    given_folder(s, "A/B");
    given_file(s, "A/B/tmp/1", "mail");
    struct maildir_watch *watch = given_watch(s, false);
    assert_string_equal(read_all(watch), "");

    given_file(s, "INBOX/new/2", "mail");
    given_rename(s, "INBOX/new/2", "INBOX/cur/2:2,S");
    assert_string_equal(read_all(watch), "INBOX");
    given_rename(s, "INBOX/cur/2:2,S", "INBOX/cur/2:2,FS");
    given_rename(s, "A/B/tmp/1", "A/B/new/1");
    assert_string_equal(read_all(watch), "A/B INBOX");
    assert_int_equal(unlink(scratch_path(s, "A/B/new/1")), 0);
    assert_string_equal(read_all(watch), "A/B");

    assert_string_equal(read_all(watch), "");
    assert_int_equal(maildir_watch_look_ms(watch), -1);
    assert_null(maildir_watch_why(watch));
    maildir_watch_free(watch);
}

static void
drafts_in_tmp_and_files_beside_the_mail_are_nothing_to_tell_but_keywords_are(void **state)
{
    struct scratch *s = *state;
    struct maildir_watch *watch = given_watch(s, false);

    given_file(s, "INBOX/tmp/1", "half");
    given_file(s, "INBOX/dovecot-uidlist.lock", "");
    given_file(s, "INBOX/.mbsyncstate", "");
    given_file(s, ".golub", "mark");
    given_folder(s, ".notmuch");
    assert_string_equal(read_all(watch), "");

    given_file(s, "INBOX/dovecot-keywords.lock", "0 work\n");
    given_rename(s, "INBOX/dovecot-keywords.lock", "INBOX/dovecot-keywords");
    assert_string_equal(read_all(watch), "INBOX");
    maildir_watch_free(watch);
}

static void
a_folder_made_later_is_watched_wherever_it_was_when_it_was_told(void **state)
{
    static const char *const steps[] = {"P", "P/Q", "P/Q/tmp", "P/Q/new", "P/Q/cur"};
    struct scratch *s = *state;

    for (size_t early = 0; early <= 5; early++) { /* so many of its directories are there at the first reading */
        struct maildir_watch *watch = given_watch(s, false);

        for (size_t i = 0; i < 5; i++) {
            if (i == early)
                (void)read_all(watch);
            assert_int_equal(mkdir(scratch_path(s, steps[i]), 0700), 0);
        }
        assert_string_equal(read_all(watch), "(tree)");
        given_file(s, "P/Q/new/1", "mail");
        assert_string_equal(read_all(watch), "P/Q");

        given_no_folder(s, "P");
        assert_non_null(strstr(read_all(watch), "(tree)"));
        assert_int_equal(count_watches(watch), 1 + 3);
        maildir_watch_free(watch);
    }
}

static void
a_renamed_folder_is_known_by_its_new_name_with_all_below_it(void **state)
{
    struct scratch *s = *state;
    given_folder(s, "Old");
    given_folder(s, "Old/Deep");
    given_folder(s, "Else");
    struct maildir_watch *watch = given_watch(s, false);

    given_rename(s, "Old", "Else/New");
    assert_string_equal(read_all(watch), "(tree)");
    given_file(s, "Else/New/new/1", "mail");
    given_file(s, "Else/New/Deep/cur/1:2,", "mail");
    assert_string_equal(read_all(watch), "Else/New Else/New/Deep");
    given_folder(s, "Old");
    assert_string_equal(read_all(watch), "(tree)");
    given_file(s, "Old/new/1", "mail");
    assert_string_equal(read_all(watch), "Old");

    given_rename(s, "Else/New", "../Elsewhere"); /* out of the tree: its watches are given back */
    assert_string_equal(read_all(watch), "(tree)");
    assert_int_equal(count_watches(watch), 1 + 3 * 3);
    maildir_watch_free(watch);
}

static void
a_folder_that_is_removed_and_made_again_is_watched_again(void **state)
{
    struct scratch *s = *state;
    struct maildir_watch *watch = given_watch(s, false);

    given_no_folder(s, "INBOX");
    given_folder(s, "INBOX");
    assert_string_equal(read_all(watch), "(tree)");
    given_file(s, "INBOX/new/1", "mail");
    assert_string_equal(read_all(watch), "INBOX");
    maildir_watch_free(watch);
}

static void
maildirplusplus_has_its_inbox_in_the_root_and_its_folders_beside_each_other(void **state)
{
    struct scratch *s = *state;
    given_folder(s, "");
    given_folder(s, ".A.B");
    struct maildir_watch *watch = given_watch(s, true);

    given_file(s, "new/1", "mail");
    given_file(s, ".A.B/cur/1:2,", "mail");
    assert_string_equal(read_all(watch), "(root) .A.B");
    given_folder(s, "plain");
    given_folder(s, ".A.B/.C");
    assert_string_equal(read_all(watch), "");
    given_folder(s, ".C");
    assert_string_equal(read_all(watch), "(tree)");
    given_file(s, ".C/new/1", "mail");
    assert_string_equal(read_all(watch), ".C");
    maildir_watch_free(watch);
}

static void
flat_has_one_level(void **state)
{
    struct scratch *s = *state;
    s->flat = true;
    given_folder(s, "A.B");
    struct maildir_watch *watch = given_watch(s, false);

    given_folder(s, "A.B/C");
    assert_string_equal(read_all(watch), "");
    given_folder(s, "D");
    assert_string_equal(read_all(watch), "(tree)");
    given_file(s, "A.B/new/1", "mail");
    given_file(s, "D/new/1", "mail");
    assert_string_equal(read_all(watch), "A.B D");
    maildir_watch_free(watch);
}

static void
what_stands_behind_a_link_is_not_watched_but_the_root_may_be_one(void **state)
{
    struct scratch *s = *state;
    char target[200];
    given_folder(s, "INBOX/cur/X"); /* whatever that is */
    text_print(target, sizeof target, "%s/Link", s->top);
    assert_int_equal(symlink(s->root, target), 0);
    assert_int_equal(symlink("INBOX", scratch_path(s, "Other")), 0);
    text_print(s->root, sizeof s->root, "%s", target);
    struct maildir_watch *watch = given_watch(s, false);

    assert_int_equal(count_watches(watch), 1 + 3);
    given_file(s, "INBOX/new/1", "mail");
    assert_string_equal(read_all(watch), "INBOX");
    maildir_watch_free(watch);
}

/* ---- more than the kernel remembers ---- */

static void
after_an_overflow_everything_is_told_and_what_was_made_meanwhile_is_watched(void **state)
{
    struct scratch *s = *state;
    unsigned queue = 16384;
    FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    struct maildir_watch *watch = given_watch(s, false);

    if (file != NULL) {
        assert_int_equal(fscanf(file, "%u", &queue), 1);
        fclose(file);
    }
    for (unsigned i = 0; i <= queue / 2; i++) {
        given_file(s, "INBOX/new/1", "");
        assert_int_equal(unlink(scratch_path(s, "INBOX/new/1")), 0);
    }
    given_folder(s, "Unheard");
    assert_string_equal(read_all(watch), "INBOX (tree)");
    given_file(s, "Unheard/new/1", "mail");
    assert_string_equal(read_all(watch), "Unheard");
    assert_null(maildir_watch_why(watch));
    maildir_watch_free(watch);
}

/* ---- the root ---- */

static void
a_root_that_is_renamed_removed_or_another_one_is_gone(void **state)
{
    struct scratch *s = *state;
    const struct maildir_settings settings = {.root = s->root};
    struct maildir_watch *watch = given_watch(s, false);

    given_rename(s, "", "../Away");
    assert_false(maildir_watch_read(watch, note, NULL, NULL));
    assert_int_equal(mkdir(s->root, 0700), 0);
    assert_false(maildir_watch_read(watch, note, NULL, NULL)); /* that is another one */
    maildir_watch_free(watch);

    watch = given_watch(s, false);
    assert_int_equal(rmdir(s->root), 0);
    assert_false(maildir_watch_read(watch, note, NULL, NULL));
    maildir_watch_free(watch);
    assert_null(maildir_watch_new(&settings, &s->err));
    assert_int_equal(s->err.kind, ERROR_LOCAL);
    assert_string_equal(s->err.answer, "No such file or directory");
}

static void
a_file_system_that_is_unmounted_is_gone_and_the_watch_keeps_it_not_busy(void **state)
{
    struct scratch *s = *state;
    if (!given_file_system(s, "Mounted", "size=1m")) {
        print_message("skipped: only root may mount\n");
        skip();
    }
    text_print(s->root, sizeof s->root, "%s", s->mounted);
    given_folder(s, "INBOX");
    struct maildir_watch *watch = given_watch(s, false);

    assert_int_equal(umount2(s->mounted, 0), 0);
    s->mounted[0] = '\0';
    assert_false(maildir_watch_read(watch, note, NULL, NULL));
    maildir_watch_free(watch);
}

/* ---- what it costs ---- */

static void
no_descriptor_stays_open(void **state)
{
    struct scratch *s = *state;
    const size_t before = count_descriptors();

    for (int i = 0; i < 50; i++) {
        struct maildir_watch *watch = given_watch(s, false);
        const int flags = fcntl(maildir_watch_descriptor(watch), F_GETFD);

        assert_true((flags & FD_CLOEXEC) != 0);
        given_folder(s, "Made");
        (void)read_all(watch);
        assert_int_equal(count_descriptors(), before + 1);
        given_no_folder(s, "Made");
        (void)read_all(watch);
        maildir_watch_free(watch);
    }
    assert_int_equal(count_descriptors(), before);
    maildir_watch_free(NULL);
}

int
main(void)
{
#define WATCHED(test) cmocka_unit_test_setup_teardown(test, scratch_verbatim, scratch_free)
    const struct CMUnitTest tests[] = {
        WATCHED(each_name_that_comes_or_goes_is_told_as_base_and_info),
        WATCHED(a_file_that_was_written_to_is_told_when_it_is_closed),
        WATCHED(what_is_added_renamed_flagged_and_removed_names_its_folder_once),
        WATCHED(drafts_in_tmp_and_files_beside_the_mail_are_nothing_to_tell_but_keywords_are),
        WATCHED(a_folder_made_later_is_watched_wherever_it_was_when_it_was_told),
        WATCHED(a_renamed_folder_is_known_by_its_new_name_with_all_below_it),
        WATCHED(a_folder_that_is_removed_and_made_again_is_watched_again),
        cmocka_unit_test_setup_teardown(maildirplusplus_has_its_inbox_in_the_root_and_its_folders_beside_each_other,
                                        scratch_plusplus, scratch_free),
        WATCHED(flat_has_one_level),
        WATCHED(what_stands_behind_a_link_is_not_watched_but_the_root_may_be_one),
        WATCHED(after_an_overflow_everything_is_told_and_what_was_made_meanwhile_is_watched),
        WATCHED(a_root_that_is_renamed_removed_or_another_one_is_gone),
        WATCHED(a_file_system_that_is_unmounted_is_gone_and_the_watch_keeps_it_not_busy),
        WATCHED(no_descriptor_stays_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
