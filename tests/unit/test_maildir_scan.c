/* What a scan sees in a folder, which folders there are, and what a stamp tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/maildir_scratch.h"
#include "tests/unit/forms.h"

#define SEEN_MAX 64

struct seen { /* lines "base info", "! name why", sorted */
    char line[SEEN_MAX][400];
    size_t count;
    size_t stop_after; /* 0: never */
    void (*meanwhile)(struct seen *seen);
    struct scratch *s;
};

static bool
note(struct seen *seen, const char *format, const char *a, const char *b)
{
    assert_true(seen->count < SEEN_MAX);
    text_print(seen->line[seen->count++], sizeof seen->line[0], format, a, b);
    return seen->stop_after == 0 || seen->count < seen->stop_after;
}

static bool
note_file(void *context, const char *base, const char *info)
{
    return note(context, "%s %s", base, info);
}

static bool
note_bad(void *context, const char *name, const char *why)
{
    return note(context, "! %.40s %s", name, why);
}

static const struct local_scanner scanner = {note_file, note_bad};

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void
scan(struct scratch *s, const char *folder, struct seen *seen, struct local_stamp *stamp)
{
    bool stable;

    seen->count = 0;
    assert_true(s->local.ops->scan(s->local.self, folder, &scanner, seen, stamp, &stable, &s->err));
    assert_true(stable);
    qsort(seen->line, seen->count, sizeof seen->line[0], compare_lines);
}

static void
a_name_is_split_where_its_last_suffix_starts(void **state)
{
    static const struct {
        const char *path, *line;
    } rows[] = {
        {"new/1.a", "1.a n"},
        {"cur/2.b", "2.b c"},
        {"cur/3.c:2,", "3.c c:2,"},
        {"cur/4.d:2,FSab", "4.d c:2,FSab"},
        {"new/5.e:2,S", "5.e n:2,S"},
        {"cur/6.f:2,S:2,F", "6.f:2,S c:2,F"},
        {"cur/7.g:2,:2,S", "7.g c:2,:2,S"},
        {"cur/8.h:1,x", "8.h:1,x c"},
        {"cur/9.i,S=12,W=13:2,RS", "9.i,S=12,W=13 c:2,RS"},
        {"cur/a\nb\x01\xff:2,S", "a\nb\x01\xff c:2,S"},
        {"cur/c!2,S", "c!2,S c"},
        {"cur/d e:2,S", "d e c:2,S"},
    };
    struct scratch *s = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seen seen = {0};
        struct local_stamp stamp;
        char path[200];

        text_print(path, sizeof path, "INBOX/%s", rows[i].path);
        given_file(s, path, "x");

        scan(s, "INBOX", &seen, &stamp);

        assert_int_equal(seen.count, 1);
        assert_string_equal(seen.line[0], rows[i].line);
        assert_int_equal(unlink(scratch_path(s, path)), 0);
    }
}

static void
what_is_no_usable_message_is_reported_and_not_taken_for_one(void **state)
{
    struct scratch *s = *state;
    struct seen seen = {0};
    struct local_stamp stamp;
    char name[260] = "INBOX/cur/";

    memset(name + 10, 'l', 241);
    given_file(s, name, "base too long");
    memcpy(name, "INBOX/cur/s:2,", 14);
    memset(name + 14, 'a', 62);
    name[76] = '\0';
    given_file(s, name, "suffix too long");
    given_file(s, "INBOX/cur/:2,S", "no base");
    given_file(s, "INBOX/cur/.hidden:2,S", "a dot file is nobody's mail");
    given_file(s, "INBOX/tmp/5.tmp", "not here yet");
    assert_int_equal(symlink("/etc/passwd", scratch_path(s, "INBOX/cur/link:2,S")), 0);
    assert_int_equal(mkdir(scratch_path(s, "INBOX/new/dir"), 0700), 0);
    assert_int_equal(mkfifo(scratch_path(s, "INBOX/new/fifo"), 0600), 0);

    scan(s, "INBOX", &seen, &stamp);

    assert_int_equal(seen.count, 6);
    assert_string_equal(seen.line[0], "! :2,S no name before the suffix");
    assert_string_equal(seen.line[1], "! dir not a regular file");
    assert_string_equal(seen.line[2], "! fifo not a regular file");
    assert_string_equal(seen.line[3], "! link:2,S not a regular file");
    assert_string_equal(seen.line[4], "! llllllllllllllllllllllllllllllllllllllll name too long");
    assert_string_equal(seen.line[5], "! s:2,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa suffix too long");
}

static void
a_base_of_the_longest_length_is_a_message(void **state)
{
    struct scratch *s = *state;
    struct seen seen = {0};
    struct local_stamp stamp;
    char name[300] = "INBOX/cur/";

    memset(name + 10, 'l', LOCAL_BASE_MAX);
    memcpy(name + 10 + LOCAL_BASE_MAX, ":2,S", 5);
    given_file(s, name, "x");

    scan(s, "INBOX", &seen, &stamp);

    assert_int_equal(seen.count, 1);
    assert_memory_equal(seen.line[0], name + 10, LOCAL_BASE_MAX);
    assert_string_equal(seen.line[0] + LOCAL_BASE_MAX, " c:2,S");
}

static void
a_callback_that_says_stop_ends_the_scan_without_another_error(void **state)
{
    struct scratch *s = *state;
    struct seen seen = {.stop_after = 1};
    struct local_stamp stamp;
    bool stable;

    given_file(s, "INBOX/cur/1:2,", "x");
    given_file(s, "INBOX/cur/2:2,", "x");

    assert_false(s->local.ops->scan(s->local.self, "INBOX", &scanner, &seen, &stamp, &stable, &s->err));

    assert_int_equal(seen.count, 1);
    assert_int_equal(s->err.kind, ERROR_NONE);
}

static bool
count_file(void *context, const char *base, const char *info)
{
    (void)base;
    (void)info;
    ++*(size_t *)context;
    return true;
}

static bool
touch_and_count(void *context, const char *base, const char *info)
{
    char name[64];
    const struct scratch *s = ((void **)context)[1];

    text_print(name, sizeof name, "INBOX/cur/late-%s", base);
    if (((size_t **)context)[0][0] == 0)
        given_file(s, name, "x");
    return count_file(((void **)context)[0], base, info);
}

static void
a_folder_larger_than_what_is_kept_in_memory_is_listed_whole_and_once(void **state)
{
    struct scratch *s = *state;
    const struct local_scanner counter = {count_file, note_bad};
    enum { FILES = 30000 }; /* 150 bytes each: more than the 2 MiB of names that are kept */
    struct local_stamp stamp;
    size_t count = 0;
    bool stable;

    for (int i = 0; i < FILES; i++) {
        char name[220];
        int fd;

        text_print(name, sizeof name, "INBOX/cur/%06d%0140d:2,S", i, 0);
        fd = open(scratch_path(s, name), O_WRONLY | O_CREAT, 0600);
        assert_true(fd >= 0);
        close(fd);
    }

    assert_true(s->local.ops->scan(s->local.self, "INBOX", &counter, &count, &stamp, &stable, &s->err));

    assert_true(stable);
    assert_int_equal(count, FILES);

    count = 0;
    const struct local_scanner toucher = {touch_and_count, note_bad};
    void *context[2] = {&count, s};
    given_date(s, "INBOX/cur", 1000000000);
    assert_true(s->local.ops->scan(s->local.self, "INBOX", &toucher, context, &stamp, &stable, &s->err));

    assert_false(stable); /* and what was passed on is not passed on twice: */
    assert_in_range(count, FILES, FILES + 1);
}

static void
a_stamp_is_equal_while_nothing_moves_and_differs_after_a_rename(void **state)
{
    struct scratch *s = *state;
    struct local_stamp before, again, after;
    bool missing;

    given_file(s, "INBOX/cur/1:2,", "x");
    given_date(s, "INBOX", 1000000000);
    given_date(s, "INBOX/cur", 1000000001);
    given_date(s, "INBOX/new", 1000000002);
    assert_true(s->local.ops->stamp(s->local.self, "INBOX", &before, &missing, &s->err));
    assert_false(missing);
    assert_true(s->local.ops->stamp(s->local.self, "INBOX", &again, &missing, &s->err));
    assert_int_equal(rename(scratch_path(s, "INBOX/cur/1:2,"), scratch_path(s, "INBOX/cur/1:2,S")), 0);
    assert_true(s->local.ops->stamp(s->local.self, "INBOX", &after, &missing, &s->err));

    assert_int_equal(strncmp(before.text, "1000000000.000000000,1000000001.000000000,1000000002.000000000,", 63), 0);
    assert_false(before.racy);
    assert_string_equal(before.text, again.text);
    assert_string_not_equal(before.text, after.text);
    assert_true(after.racy);
}

static void
folders_of_the_same_dates_that_change_places_have_other_stamps(void **state)
{
    struct scratch *s = *state;
    static const char *const directories[] = {"A/cur", "A/new", "A", "B/cur", "B/new", "B"};
    struct local_stamp before, after;
    bool missing;

    given_folder(s, "A");
    given_folder(s, "B");
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
        given_date(s, directories[i], 1000000000);
    assert_true(s->local.ops->stamp(s->local.self, "A", &before, &missing, &s->err));
    (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    assert_int_equal(rename(scratch_path(s, "A"), scratch_path(s, "on")), 0);
    assert_int_equal(rename(scratch_path(s, "B"), scratch_path(s, "A")), 0);
    assert_int_equal(rename(scratch_path(s, "on"), scratch_path(s, "B")), 0);
    assert_true(s->local.ops->stamp(s->local.self, "A", &after, &missing, &s->err));

    assert_string_not_equal(before.text, after.text);
}

static void
a_scan_gives_the_stamp_that_a_look_without_a_scan_gives(void **state)
{
    struct scratch *s = *state;
    struct local_stamp scanned, stamped;
    struct seen seen = {0};
    bool missing;

    scan(s, "INBOX", &seen, &scanned);
    assert_true(s->local.ops->stamp(s->local.self, "INBOX", &stamped, &missing, &s->err));

    assert_string_equal(scanned.text, stamped.text);
}

static void
a_folder_without_all_three_directories_is_missing(void **state)
{
    struct scratch *s = *state;
    struct local_stamp stamp;
    bool missing;

    assert_true(s->local.ops->stamp(s->local.self, "Nowhere", &stamp, &missing, &s->err));
    assert_true(missing);
    given_folder(s, "Half");
    assert_int_equal(rmdir(scratch_path(s, "Half/tmp")), 0);
    assert_true(s->local.ops->stamp(s->local.self, "Half", &stamp, &missing, &s->err));
    assert_true(missing);
}

static void
a_directory_replaced_under_an_open_one_is_listed_as_it_is_now(void **state)
{
    struct scratch *s = *state;
    struct local_stamp stamp;
    struct seen seen = {0};

    given_file(s, "INBOX/cur/old:2,", "x");
    scan(s, "INBOX", &seen, &stamp);
    assert_int_equal(rename(scratch_path(s, "INBOX"), scratch_path(s, "Elsewhere")), 0);
    given_folder(s, "INBOX");
    given_file(s, "INBOX/cur/fresh:2,", "x");

    scan(s, "INBOX", &seen, &stamp);

    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.line[0], "fresh c:2,");
}

static void
a_folder_that_went_away_is_an_error_and_no_empty_listing(void **state)
{
    struct scratch *s = *state;
    struct local_stamp stamp;
    struct seen seen = {0};
    bool stable;

    given_file(s, "INBOX/cur/old:2,", "x");
    scan(s, "INBOX", &seen, &stamp);
    assert_int_equal(rename(scratch_path(s, "INBOX"), scratch_path(s, "Elsewhere")), 0);

    assert_false(s->local.ops->scan(s->local.self, "INBOX", &scanner, &seen, &stamp, &stable, &s->err));

    assert_int_equal(s->err.kind, ERROR_LOCAL);
}

static bool
note_folder(void *context, const char *folder)
{
    return note(context, "[%s]%s", folder, "");
}

static void
list_folders(struct scratch *s, struct seen *seen)
{
    assert_true(s->local.ops->folders(s->local.self, note_folder, seen, &s->err));
    qsort(seen->line, seen->count, sizeof seen->line[0], compare_lines);
}

static void
folders_of_a_nested_tree_are_those_with_all_three_directories(void **state)
{
    struct scratch *s = *state;
    struct seen seen = {0};

    assert_int_equal(mkdir(scratch_path(s, "Work"), 0700), 0);
    given_folder(s, "Work/2024");
    given_folder(s, "INBOX/below");
    given_folder(s, ".notmuch");
    given_folder(s, "INBOX/cur/no");
    assert_int_equal(mkdir(scratch_path(s, "Work/half"), 0700), 0);
    assert_int_equal(mkdir(scratch_path(s, "Work/half/cur"), 0700), 0);
    assert_int_equal(symlink("INBOX", scratch_path(s, "Link")), 0);
    assert_int_equal(symlink("/", scratch_path(s, "Work/out")), 0);

    list_folders(s, &seen);

    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.line[0], "[INBOX/below]");
    assert_string_equal(seen.line[1], "[INBOX]");
    assert_string_equal(seen.line[2], "[Work/2024]");
}

static void
folders_of_a_plusplus_tree_are_the_root_and_what_starts_with_a_dot(void **state)
{
    struct scratch *s = *state;
    struct seen seen = {0};
    struct local_stamp before, after;
    bool missing;

    given_folder(s, "");
    given_folder(s, ".Work.2024");
    given_folder(s, "plain");
    given_folder(s, ".Work.2024/.below");
    assert_int_equal(mkdir(scratch_path(s, ".notmuch"), 0700), 0);

    list_folders(s, &seen);

    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.line[0], "[.Work.2024]");
    assert_string_equal(seen.line[1], "[]");

    given_date(s, "", 1000000000);
    assert_true(s->local.ops->stamp(s->local.self, "", &before, &missing, &s->err));
    given_folder(s, ".Other");
    assert_true(s->local.ops->stamp(s->local.self, "", &after, &missing, &s->err));
    assert_string_equal(before.text, after.text); /* another folder's coming is no change of INBOX */
}

static void
folders_of_a_flat_tree_are_those_in_the_root(void **state)
{
    struct scratch *s = *state;
    struct seen seen = {0};

    given_folder(s, "");
    given_folder(s, "INBOX");
    given_folder(s, "Work.2024");
    given_folder(s, "Work");
    given_folder(s, "Work/2023");
    given_folder(s, ".Work");

    list_folders(s, &seen);

    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.line[0], "[INBOX]");
    assert_string_equal(seen.line[1], "[Work.2024]");
    assert_string_equal(seen.line[2], "[Work]");
}

static void
folders_of_any_layout_are_found_without_looking_into_hidden_ones(void **state)
{
    struct scratch *s = *state;
    struct seen seen = {0};

    given_folder(s, "");
    given_folder(s, ".A.B");
    given_folder(s, "Work");
    given_folder(s, "Work/.below");
    assert_int_equal(mkdir(scratch_path(s, "Work/.none"), 0700), 0);
    given_folder(s, "Work/.none/.deep");
    assert_int_equal(mkdir(scratch_path(s, ".snapshots"), 0700), 0);
    given_folder(s, ".snapshots/Work");
    assert_int_equal(symlink("Work", scratch_path(s, "Link")), 0);
    given_folder(s, "Work/cur/no");

    assert_true(s->local.ops->all_folders(s->local.self, note_folder, &seen, &s->err));
    qsort(seen.line, seen.count, sizeof seen.line[0], compare_lines);

    assert_int_equal(seen.count, 6);
    assert_string_equal(seen.line[0], "[.A.B]");
    assert_string_equal(seen.line[1], "[INBOX]");
    assert_string_equal(seen.line[2], "[Work/.below]");
    assert_string_equal(seen.line[3], "[Work/.none/.deep]");
    assert_string_equal(seen.line[4], "[Work]");
    assert_string_equal(seen.line[5], "[]");
}

static bool
note_stray(void *context, const char *folder)
{
    struct seen *seen = context;

    text_print(seen->line[seen->count++], sizeof seen->line[0], "%s:", folder);
    return strcmp(folder, "Work") != 0;
}

static void
note_stray_file(void *context, const char *base)
{
    struct seen *seen = context;
    char *line = seen->line[seen->count - 1];

    text_print(line + strlen(line), sizeof seen->line[0] - strlen(line), " %s", base);
}

/* Whatever their folders are called and lack, but not what stands in cur/, in tmp/, or behind a link. */
static void
mail_is_found_wherever_it_stands(void **state)
{
    static const struct local_strays to = {note_stray, note_stray_file};
    struct scratch *s = *state;
    struct seen seen = {0};

    given_folder(s, "Work");
    given_file(s, "Work/cur/of no interest:2,S", "x");
    assert_int_equal(mkdir(scratch_path(s, ".old"), 0700), 0);
    given_folder(s, ".old/Work%");
    given_file(s, ".old/Work%/cur/a:2,S", "x");
    given_file(s, ".old/Work%/new/b", "x");
    given_file(s, ".old/Work%/tmp/c", "x");
    given_folder(s, ".old/Work%/cur/no");
    assert_int_equal(mkdir(scratch_path(s, "Half"), 0700), 0);
    assert_int_equal(mkdir(scratch_path(s, "Half/cur"), 0700), 0);
    given_file(s, "Half/cur/d:2,", "x");
    given_file(s, "Half/cur/.e", "x");
    assert_int_equal(mkdir(scratch_path(s, "None"), 0700), 0);
    assert_int_equal(symlink("Work", scratch_path(s, "Link")), 0);

    assert_true(s->local.ops->strays(s->local.self, &to, &seen, &s->err));
    qsort(seen.line, seen.count, sizeof seen.line[0], compare_lines);

    assert_string_equal(seen.line[0], ".old/Work%: b a");
    assert_string_equal(seen.line[1], "Half: d");
    assert_string_equal(seen.line[seen.count - 1], "Work:");
}

static void
what_mbsync_left_in_a_folder_is_seen_with_its_time(void **state)
{
    struct scratch *s = *state;
    struct local_traces traces;

    given_folder(s, "Work");
    s->local.ops->traces(s->local.self, "Work", &traces);
    assert_true(!traces.state && !traces.validity && !traces.map && traces.changed == 0);

    given_file(s, "Work/.uidvalidity", "1\n1\n");
    given_date(s, "Work/.uidvalidity", 1000000000);
    s->local.ops->traces(s->local.self, "Work", &traces);
    assert_true(!traces.state && traces.validity && !traces.map);
    assert_int_equal(traces.changed, 1000000000 * INT64_C(1000000000));

    given_file(s, "Work/.mbsyncstate", "x");
    given_date(s, "Work/.mbsyncstate", 1000000001);
    given_file(s, "Work/.isyncuidmap.db", "x");
    given_date(s, "Work/.isyncuidmap.db", 999999999);
    s->local.ops->traces(s->local.self, "Work", &traces);
    assert_true(traces.state && traces.validity && traces.map);
    assert_int_equal(traces.changed, 1000000001 * INT64_C(1000000000));

    s->local.ops->traces(s->local.self, "gone", &traces);
    assert_int_equal(traces.changed, 0);
}

static void
the_root_tells_present_empty_missing_and_without_a_parent(void **state)
{
    struct scratch *s = *state;
    enum local_root root;

    assert_true(s->local.ops->open(s->local.self, false, &root, &s->err));
    assert_int_equal(root, ROOT_PRESENT);
    s->local.ops->close(s->local.self);
    assert_int_equal(rename(s->root, scratch_path(s, "../away")), 0);
    assert_true(s->local.ops->open(s->local.self, false, &root, &s->err));
    assert_int_equal(root, ROOT_MISSING);
    assert_int_equal(access(s->root, F_OK), -1);
    assert_true(s->local.ops->open(s->local.self, true, &root, &s->err));
    assert_int_equal(root, ROOT_EMPTY);
    given_file(s, ".golub", "whatever");
    assert_int_equal(mkdir(scratch_path(s, "lost+found"), 0700), 0);
    assert_true(s->local.ops->open(s->local.self, true, &root, &s->err));
    assert_int_equal(root, ROOT_EMPTY);

    const struct maildir_settings nowhere = {.root = "/nonexistent/golub/Mail", .quarantine = s->quarantine};
    struct maildir *other = maildir_new(&nowhere);
    struct local local = maildir_local(other);
    assert_true(local.ops->open(local.self, true, &root, &s->err));
    assert_int_equal(root, ROOT_PARENT_MISSING);
    assert_true(local.ops->open(local.self, false, &root, &s->err));
    assert_int_equal(root, ROOT_PARENT_MISSING);
    maildir_free(other);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, scratch_free)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_split_where_its_last_suffix_starts, scratch_verbatim),
        TEST(what_is_no_usable_message_is_reported_and_not_taken_for_one, scratch_verbatim),
        TEST(a_base_of_the_longest_length_is_a_message, scratch_verbatim),
        TEST(a_callback_that_says_stop_ends_the_scan_without_another_error, scratch_verbatim),
        TEST(a_folder_larger_than_what_is_kept_in_memory_is_listed_whole_and_once, scratch_verbatim),
        TEST(a_stamp_is_equal_while_nothing_moves_and_differs_after_a_rename, scratch_verbatim),
        TEST(folders_of_the_same_dates_that_change_places_have_other_stamps, scratch_verbatim),
        TEST(a_scan_gives_the_stamp_that_a_look_without_a_scan_gives, scratch_verbatim),
        TEST(a_folder_without_all_three_directories_is_missing, scratch_verbatim),
        TEST(a_directory_replaced_under_an_open_one_is_listed_as_it_is_now, scratch_verbatim),
        TEST(a_folder_that_went_away_is_an_error_and_no_empty_listing, scratch_verbatim),
        TEST(folders_of_a_nested_tree_are_those_with_all_three_directories, scratch_verbatim),
        TEST(folders_of_a_plusplus_tree_are_the_root_and_what_starts_with_a_dot, scratch_plusplus),
        TEST(folders_of_a_flat_tree_are_those_in_the_root, scratch_flat),
        TEST(folders_of_any_layout_are_found_without_looking_into_hidden_ones, scratch_verbatim),
        TEST(mail_is_found_wherever_it_stands, scratch_verbatim),
        TEST(what_mbsync_left_in_a_folder_is_seen_with_its_time, scratch_verbatim),
        TEST(the_root_tells_present_empty_missing_and_without_a_parent, scratch_verbatim),
    };

    if (stride(2) > 1)
        cmocka_set_skip_filter("a_folder_larger_than_what_is_kept_in_memory_*"); /* 30,000 files */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
