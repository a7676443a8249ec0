/* Renames, moves, the quarantine, new folders and the mark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/syscall.h>

#include "tests/unit/maildir_change_scene.h"

/* ---- somebody else, and the disk ---- */

static struct scratch *replaced; /* its B/cur is another directory after the next link */
static bool disk_fails;          /* at the next flush */

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    const int result = (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);

    if (result == 0 && replaced != NULL) {
        const char *cur = scratch_path(replaced, "B/cur");

        assert_int_equal(rename(cur, scratch_path(replaced, "B/old")), 0);
        assert_int_equal(mkdir(cur, 0700), 0);
        replaced = NULL;
    }
    return result;
}

int
fsync(int fd)
{
    if (!disk_fails)
        return (int)syscall(SYS_fsync, fd);
    disk_fails = false;
    errno = EIO;
    return -1;
}

/* ---- flags ---- */

static struct local_rename
rename_one(struct scratch *s, const char *base, const char *from, const char *to)
{
    struct local_rename item = {.file = {"INBOX", base, from}, .to = to};

    assert_true(s->local.ops->rename(s->local.self, &item, 1, &s->err));
    return item;
}

static void
a_change_of_flags_renames_the_file_and_keeps_bytes_and_date(void **state)
{
    struct scratch *s = *state;

    given_file(s, "INBOX/new/1", "one");
    given_date(s, "INBOX/new/1", 1000000000);

    assert_true(rename_one(s, "1", "n", "c:2,S").ok);
    assert_file(s, "INBOX/cur/1:2,S", "one");
    assert_true(rename_one(s, "1", "c:2,S", "c:2,FS").ok);
    assert_file(s, "INBOX/cur/1:2,FS", "one");
    assert_true(rename_one(s, "1", "c:2,FS", "n").ok);
    assert_file(s, "INBOX/new/1", "one");
    assert_true(rename_one(s, "1", "n", "n").ok);
    assert_int_equal(date_of(s, "INBOX/new/1"), 1000000000);
}

static void
a_file_that_is_not_under_its_name_any_more_is_missing(void **state)
{
    struct scratch *s = *state;
    struct local_rename item;

    given_file(s, "INBOX/cur/1:2,F", "a mail reader was faster");

    item = rename_one(s, "1", "c:2,", "c:2,S");

    assert_false(item.ok);
    assert_true(item.missing);
    item = rename_one(s, "1", "c:2,", "c:2,");
    assert_false(item.ok);
    assert_true(item.missing);
    assert_file(s, "INBOX/cur/1:2,F", "a mail reader was faster");
}

static void
a_rename_never_replaces_another_file(void **state)
{
    struct scratch *s = *state;
    struct local_rename item;

    given_file(s, "INBOX/cur/1:2,", "one");
    given_file(s, "INBOX/cur/1:2,S", "another");

    item = rename_one(s, "1", "c:2,", "c:2,S");

    assert_false(item.ok);
    assert_false(item.missing);
    assert_file(s, "INBOX/cur/1:2,", "one");
    assert_file(s, "INBOX/cur/1:2,S", "another");
}

static void
a_batch_of_renames_goes_on_after_one_that_fails_and_flushes_each_directory_once(void **state)
{
    struct scratch *s = *state;
    struct local_rename items[30];
    static char bases[30][8];
    uint64_t before, after, systems;

    for (size_t i = 0; i < 30; i++) {
        char path[64];

        text_print(bases[i], sizeof bases[i], "%zu", i);
        text_print(path, sizeof path, "INBOX/new/%zu", i);
        if (i != 7)
            given_file(s, path, "x");
        items[i] = (struct local_rename){.file = {"INBOX", bases[i], "n"}, .to = "c:2,S"};
    }
    maildir_flushes(s->maildir, &before, &systems);

    assert_true(s->local.ops->rename(s->local.self, items, 30, &s->err));

    maildir_flushes(s->maildir, &after, &systems);
    assert_int_equal(after - before, 2);
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(items[i].ok, i != 7);
    assert_int_equal(count_entries(s, "INBOX/cur"), 29);
}

/* ---- moves ---- */

static struct local_move
move_of(const char *from, const char *from_info, const char *to, const char *to_info)
{
    return (struct local_move){.from = {"INBOX", from, from_info}, .to = {"B", to, to_info}};
}

/* The second name goes into another cur/ than the first one, which was promised all the same. */
static void
what_came_into_a_folder_that_was_replaced_is_not_promised_where_its_flush_fails(void **state)
{
    struct scratch *s = *state;
    struct local_move items[2] = {move_of("1", "n", "a", "c:2,S"), move_of("2", "n", "b", "c:2,S")};

    given_file(s, "INBOX/new/1", "one");
    given_file(s, "INBOX/new/2", "two");
    given_folder(s, "B");
    replaced = s;
    disk_fails = true;

    assert_false(s->local.ops->link(s->local.self, items, 2, &s->err));

    assert_null(replaced);
    assert_false(disk_fails);
    assert_false(items[0].ok);
    assert_false(items[1].ok);
    assert_true(s->local.ops->link(s->local.self, &items[1], 1, &s->err)); /* and that was all of it */
    assert_true(items[1].ok);
    assert_file(s, "B/cur/b:2,S", "two");
}

static void
a_moved_message_is_in_both_folders_until_the_source_is_unlinked(void **state)
{
    struct scratch *s = *state;
    struct local_move item = move_of("1", "c:2,S", "2", "c:2,FS");

    given_folder(s, "B");
    given_file(s, "INBOX/cur/1:2,S", "one");
    given_date(s, "INBOX/cur/1:2,S", 1000000000);

    assert_true(s->local.ops->link(s->local.self, &item, 1, &s->err));
    assert_true(item.ok);
    assert_file(s, "INBOX/cur/1:2,S", "one");
    assert_file(s, "B/cur/2:2,FS", "one");
    assert_int_equal(date_of(s, "B/cur/2:2,FS"), 1000000000);

    assert_true(s->local.ops->unlink_moved(s->local.self, &item, 1, &s->err));
    assert_true(item.ok);
    assert_false(exists(s, "INBOX/cur/1:2,S"));
    assert_file(s, "B/cur/2:2,FS", "one");
}

static void
a_move_onto_a_taken_base_or_from_nowhere_changes_nothing(void **state)
{
    struct scratch *s = *state;
    struct local_move items[2] = {move_of("1", "c:2,", "2", "c:2,"), move_of("gone", "n", "3", "n")};

    given_folder(s, "B");
    given_file(s, "INBOX/cur/1:2,", "one");
    given_file(s, "B/cur/2:2,S", "two");

    assert_true(s->local.ops->link(s->local.self, items, 2, &s->err));

    assert_false(items[0].ok);
    assert_true(items[0].taken);
    assert_false(items[1].ok);
    assert_true(items[1].missing);
    assert_int_equal(count_entries(s, "B/cur") + count_entries(s, "B/new") + count_entries(s, "B/tmp"), 1);
}

static void
a_source_is_unlinked_only_where_its_bytes_are_in_the_other_folder(void **state)
{
    struct scratch *s = *state;
    struct local_move items[4] = {move_of("1", "n", "1", "n"), move_of("2", "n", "2", "n"), move_of("3", "n", "3", "n"),
                                  move_of("4", "n", "4", "n")};

    given_folder(s, "B");
    given_file(s, "INBOX/new/1", "another message");
    given_file(s, "INBOX/new/2", "two");
    given_file(s, "B/new/2", "twp");
    given_file(s, "INBOX/new/3", "three");
    given_file(s, "B/new/3", "three");

    assert_true(s->local.ops->unlink_moved(s->local.self, items, 4, &s->err));

    assert_false(items[0].ok);
    assert_false(items[1].ok);
    assert_true(items[2].ok);
    assert_true(items[3].missing);
    assert_file(s, "INBOX/new/1", "another message");
    assert_file(s, "INBOX/new/2", "two");
    assert_false(exists(s, "INBOX/new/3"));
}

static void
a_message_moved_onto_itself_is_not_unlinked(void **state)
{
    struct scratch *s = *state;
    struct local_move item = {.from = {"INBOX", "1", "n"}, .to = {"INBOX", "1", "n"}};

    given_file(s, "INBOX/new/1", "one");

    assert_true(s->local.ops->unlink_moved(s->local.self, &item, 1, &s->err));

    assert_false(item.ok);
    assert_file(s, "INBOX/new/1", "one");
}

static void
a_move_to_another_file_system_copies_bytes_and_date(void **state)
{
    struct scratch *s = *state;
    struct local_move item = move_of("1", "c:2,", "1", "c:2,");

    if (!given_file_system(s, "B", "size=1m"))
        skip();
    given_folder(s, "B");
    given_file(s, "INBOX/cur/1:2,", "one");
    given_date(s, "INBOX/cur/1:2,", 1000000000);

    assert_true(s->local.ops->link(s->local.self, &item, 1, &s->err));
    assert_true(item.ok);
    assert_file(s, "B/cur/1:2,", "one");
    assert_int_equal(date_of(s, "B/cur/1:2,"), 1000000000);
    assert_int_equal(count_entries(s, "B/tmp"), 0);
    assert_true(s->local.ops->unlink_moved(s->local.self, &item, 1, &s->err));
    assert_true(item.ok);
    assert_false(exists(s, "INBOX/cur/1:2,"));
}

/* ---- the quarantine ---- */

static struct local_removal
removal_of(const char *base, const char *info, const char *name)
{
    return (struct local_removal){.file = {"INBOX", base, info}, .quarantine = name};
}

static void
a_removed_message_is_in_the_quarantine_whole_and_private(void **state)
{
    struct scratch *s = *state;
    struct local_removal item = removal_of("1", "c:2,S", "0001");
    struct stat st;

    given_file(s, "INBOX/cur/1:2,S", "one");
    given_date(s, "INBOX/cur/1:2,S", 1000000000);
    assert_false(s->local.ops->in_quarantine(s->local.self, "0001"));

    assert_true(s->local.ops->remove(s->local.self, &item, 1, &s->err));

    assert_true(item.ok);
    assert_false(exists(s, "INBOX/cur/1:2,S"));
    assert_file(s, "../quarantine/0001", "one");
    assert_int_equal(date_of(s, "../quarantine/0001"), 1000000000);
    assert_int_equal(stat(s->quarantine, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_true(s->local.ops->in_quarantine(s->local.self, "0001"));
    assert_true(s->local.ops->quarantine_drop(s->local.self, "0001", &s->err));
    assert_true(s->local.ops->quarantine_drop(s->local.self, "0001", &s->err)); /* gone is gone */
    assert_false(s->local.ops->in_quarantine(s->local.self, "0001"));
}

/* What was fetched only to be kept: from tmp/ into the quarantine, on one file system and on two. */
static void
a_draft_that_is_kept_is_in_the_quarantine_and_nowhere_else(void **state)
{
    struct scratch *s = *state;

    for (int two = 0; two < 2; two++) {
        struct local_draft *draft;
        struct digests digests;
        const char *name = two == 0 ? "one" : "two", *folder = two == 0 ? "INBOX" : "Other";

        if (two == 1 && !given_file_system(s, folder, "size=4m"))
            return;
        given_folder(s, folder);
        assert_true(s->local.ops->draft_begin(s->local.self, folder, &draft, &s->err));
        assert_true(s->local.ops->draft_write(s->local.self, draft, "A: b\r\n\r\nbody\r\n", 14, &s->err));
        assert_true(s->local.ops->draft_finish(s->local.self, draft, &digests, &s->err));

        assert_true(s->local.ops->keep(s->local.self, draft, name, 1000000000, &s->err));

        assert_file(s, two == 0 ? "../quarantine/one" : "../quarantine/two", "A: b\n\nbody\n");
        assert_int_equal(date_of(s, two == 0 ? "../quarantine/one" : "../quarantine/two"), 1000000000);
        assert_true(s->local.ops->in_quarantine(s->local.self, name));
        assert_int_equal(count_entries(s, two == 0 ? "INBOX/tmp" : "Other/tmp"), 0);
        assert_int_equal(count_entries(s, two == 0 ? "INBOX/cur" : "Other/cur"), 0);
    }
}

static void
a_message_with_other_bytes_than_it_should_have_stays(void **state)
{
    struct scratch *s = *state;
    struct local_removal items[3] = {removal_of("1", "n", "1"), removal_of("2", "n", "2"), removal_of("3", "n", "3")};
    unsigned char wire[DIGEST_SIZE];

    assert_true(digest_bytes("one\r\n", 5, wire));
    given_file(s, "INBOX/new/1", "one\n");
    given_file(s, "INBOX/new/2", "on3\n");
    for (size_t i = 0; i < 3; i++)
        items[i].wire = wire;

    assert_true(s->local.ops->remove(s->local.self, items, 3, &s->err));

    assert_true(items[0].ok);
    assert_file(s, "../quarantine/1", "one\n");
    assert_false(items[1].ok);
    assert_true(items[1].altered);
    assert_file(s, "INBOX/new/2", "on3\n");
    assert_true(items[2].missing);
    assert_int_equal(count_entries(s, "../quarantine"), 1);
}

static void
a_removal_never_replaces_what_is_in_the_quarantine(void **state)
{
    struct scratch *s = *state;
    struct local_removal items[2] = {removal_of("1", "n", "1"), removal_of("2", "n", "2")};

    given_file(s, "INBOX/new/1", "one");
    given_file(s, "INBOX/new/2", "two");
    assert_int_equal(mkdir(s->quarantine, 0700), 0);
    given_file(s, "../quarantine/1", "other");
    given_file(s, "../quarantine/2", "two"); /* a run that was cut between copy and unlink */

    assert_true(s->local.ops->remove(s->local.self, items, 2, &s->err));

    assert_false(items[0].ok);
    assert_file(s, "INBOX/new/1", "one");
    assert_file(s, "../quarantine/1", "other");
    assert_true(items[1].ok);
    assert_false(exists(s, "INBOX/new/2"));
    assert_file(s, "../quarantine/2", "two");
}

static void
names_that_leave_the_quarantine_are_refused(void **state)
{
    static const char *const names[] = {"", ".", "..", "../INBOX/new/1", "a/b", ".copying"};
    struct scratch *s = *state;

    given_file(s, "INBOX/new/1", "one");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct local_removal item = removal_of("1", "n", names[i]);

        assert_true(s->local.ops->remove(s->local.self, &item, 1, &s->err));
        assert_false(item.ok);
        assert_false(s->local.ops->in_quarantine(s->local.self, names[i]));
        assert_false(s->local.ops->quarantine_drop(s->local.self, names[i], &s->err));
    }
    assert_file(s, "INBOX/new/1", "one");
}

static void
a_quarantine_on_another_file_system_gets_a_copy_first(void **state)
{
    struct scratch *s = *state;
    struct local_removal items[300];
    static char bases[300][8];

    if (!given_file_system(s, "INBOX", "size=4m"))
        skip();
    given_folder(s, "INBOX");
    for (size_t i = 0; i < 300; i++) {
        char path[64];

        text_print(bases[i], sizeof bases[i], "%zu", i);
        text_print(path, sizeof path, "INBOX/cur/%zu:2,S", i);
        given_file(s, path, bases[i]);
        given_date(s, path, 1000000000);
        items[i] = removal_of(bases[i], "c:2,S", bases[i]);
    }

    assert_true(s->local.ops->remove(s->local.self, items, 300, &s->err));

    for (size_t i = 0; i < 300; i++) {
        char path[64];

        assert_true(items[i].ok);
        text_print(path, sizeof path, "../quarantine/%zu", i);
        assert_file(s, path, bases[i]);
        assert_int_equal(date_of(s, path), 1000000000);
    }
    assert_int_equal(count_entries(s, "../quarantine"), 300);
    assert_int_equal(count_entries(s, "INBOX/cur"), 0);
}

static void
a_full_quarantine_keeps_the_message_where_it_is(void **state)
{
    struct scratch *s = *state;
    struct local_removal item = removal_of("1", "n", "1");
    static char big[200000];

    if (!given_file_system(s, "../quarantine", "size=64k"))
        skip();
    given_bytes(s, "INBOX/new/1", big, sizeof big);

    assert_true(s->local.ops->remove(s->local.self, &item, 1, &s->err));

    assert_false(item.ok);
    assert_string_equal(item.err.answer, "No space left on device");
    assert_bytes(s, "INBOX/new/1", big, sizeof big);
    assert_int_equal(count_entries(s, "../quarantine"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_change_of_flags_renames_the_file_and_keeps_bytes_and_date, scratch_verbatim),
        TEST(a_file_that_is_not_under_its_name_any_more_is_missing, scratch_verbatim),
        TEST(a_rename_never_replaces_another_file, scratch_verbatim),
        TEST(a_batch_of_renames_goes_on_after_one_that_fails_and_flushes_each_directory_once, scratch_flushing),
        TEST(what_came_into_a_folder_that_was_replaced_is_not_promised_where_its_flush_fails, scratch_flushing),
        TEST(a_moved_message_is_in_both_folders_until_the_source_is_unlinked, scratch_flushing),
        TEST(a_move_onto_a_taken_base_or_from_nowhere_changes_nothing, scratch_verbatim),
        TEST(a_source_is_unlinked_only_where_its_bytes_are_in_the_other_folder, scratch_verbatim),
        TEST(a_message_moved_onto_itself_is_not_unlinked, scratch_verbatim),
        TEST(a_move_to_another_file_system_copies_bytes_and_date, scratch_flushing),
        TEST(a_removed_message_is_in_the_quarantine_whole_and_private, scratch_flushing),
        TEST(a_draft_that_is_kept_is_in_the_quarantine_and_nowhere_else, scratch_flushing),
        TEST(a_message_with_other_bytes_than_it_should_have_stays, scratch_verbatim),
        TEST(a_removal_never_replaces_what_is_in_the_quarantine, scratch_verbatim),
        TEST(names_that_leave_the_quarantine_are_refused, scratch_verbatim),
        TEST(a_quarantine_on_another_file_system_gets_a_copy_first, scratch_verbatim),
        TEST(a_full_quarantine_keeps_the_message_where_it_is, scratch_verbatim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
