/* Trees made to lead golub out of the Maildir, to hang it, or to make it change what is not its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/maildir_scratch.h"

static const char *const bad_folders[] = {"..",        ".",        "../Mail/INBOX", "INBOX/..", "INBOX/../INBOX",
                                          "/etc",      "INBOX//x", "INBOX/",        "Link",     "Link/INBOX",
                                          "INBOX/./x", "File"};
#define BAD_FOLDERS (sizeof bad_folders / sizeof bad_folders[0])

static bool
never(void *context, const char *base, const char *info)
{
    (void)context;
    fail_msg("%s %s was seen", base, info);
    return true;
}

static const struct local_scanner nobody = {never, never};

/* A tree outside, whole in itself, and links that lead there. */
static void
given_traps(struct scratch *s)
{
    given_folder(s, "../outside");
    given_folder(s, "../outside/INBOX");
    given_file(s, "../outside/cur/1:2,S", "not ours");
    given_file(s, "../outside/INBOX/cur/1:2,S", "not ours");
    assert_int_equal(symlink("../outside", scratch_path(s, "Link")), 0);
    given_file(s, "File", "a plain file");
}

static void
a_folder_name_that_leads_elsewhere_reaches_nothing(void **state)
{
    struct scratch *s = *state;

    given_traps(s);
    for (size_t i = 0; i < BAD_FOLDERS; i++) {
        const struct local_file file = {bad_folders[i], "1", "c:2,S"};
        struct local_rename change = {.file = file, .to = "c:2,FS"};
        struct local_removal removal = {.file = file, .quarantine = "1"};
        struct local_move move = {.from = file, .to = {"INBOX", "1", "c:2,S"}};
        struct local_facts facts;
        struct local_draft *draft;
        struct local_stamp stamp;
        bool missing = false, stable;
        void *handle = NULL;

        assert_false(s->local.ops->scan(s->local.self, bad_folders[i], &nobody, NULL, &stamp, &stable, &s->err));
        if (s->local.ops->stamp(s->local.self, bad_folders[i], &stamp, &missing, &s->err))
            assert_true(missing);
        if (s->local.ops->examine(s->local.self, &file, &facts, &missing, &s->err))
            assert_true(missing);
        if (s->local.ops->read_open(s->local.self, &file, &handle, &missing, &s->err))
            assert_null(handle);
        assert_false(s->local.ops->draft_begin(s->local.self, bad_folders[i], &draft, &s->err));
        assert_false(s->local.ops->create(s->local.self, bad_folders[i], &s->err));
        assert_true(s->local.ops->rename(s->local.self, &change, 1, &s->err));
        assert_false(change.ok);
        assert_true(s->local.ops->remove(s->local.self, &removal, 1, &s->err));
        assert_false(removal.ok);
        assert_true(s->local.ops->link(s->local.self, &move, 1, &s->err));
        assert_false(move.ok);
    }
    assert_file(s, "../outside/cur/1:2,S", "not ours");
    assert_file(s, "../outside/INBOX/cur/1:2,S", "not ours");
    assert_int_equal(count_entries(s, "INBOX/cur"), 0);
}

static void
a_folder_of_the_other_layout_is_not_made(void **state)
{
    static const char *const names[] = {"plain", ".A/.B", ".", "..", ".A/", "cur", ""};
    struct scratch *s = *state;

    for (size_t i = 0; i < 6; i++)
        assert_false(s->local.ops->create(s->local.self, names[i], &s->err));
    assert_int_equal(count_entries(s, ""), 0);
}

static void
a_nested_folder_is_not_made_in_a_flat_tree(void **state)
{
    static const char *const names[] = {".plain", "A/B", "A.B/", ".", "cur"};
    struct scratch *s = *state;

    for (size_t i = 0; i < 5; i++)
        assert_false(s->local.ops->create(s->local.self, names[i], &s->err));
    assert_int_equal(count_entries(s, ""), 0);
    assert_true(s->local.ops->create(s->local.self, "A.B", &s->err));
    assert_int_equal(count_entries(s, "A.B"), 3);
}

static void
directories_that_are_links_make_no_mailbox(void **state)
{
    static const char *const subs[] = {"cur", "new", "tmp"};
    struct scratch *s = *state;

    given_traps(s);
    for (size_t i = 0; i < 3; i++) {
        struct local_stamp stamp;
        bool missing, stable;
        char path[64], target[64];

        given_folder(s, "Trap");
        text_print(path, sizeof path, "Trap/%s", subs[i]);
        text_print(target, sizeof target, "../../outside/%s", subs[i]);
        assert_int_equal(rmdir(scratch_path(s, path)), 0);
        assert_int_equal(symlink(target, scratch_path(s, path)), 0);

        assert_true(s->local.ops->stamp(s->local.self, "Trap", &stamp, &missing, &s->err));
        assert_true(missing);
        assert_false(s->local.ops->scan(s->local.self, "Trap", &nobody, NULL, &stamp, &stable, &s->err));
        assert_false(s->local.ops->create(s->local.self, "Trap", &s->err));
        assert_int_equal(unlink(scratch_path(s, path)), 0);
    }
    assert_file(s, "../outside/cur/1:2,S", "not ours");
}

static void
a_directory_swapped_for_a_link_between_two_calls_is_not_followed(void **state)
{
    struct scratch *s = *state;
    struct local_rename change = {.file = {"INBOX", "1", "c:2,S"}, .to = "c:2,FS"};

    given_traps(s);
    given_file(s, "INBOX/cur/1:2,S", "ours");
    assert_true(s->local.ops->rename(s->local.self, &change, 1, &s->err));
    assert_true(change.ok); /* the directory is open now */
    assert_int_equal(rename(scratch_path(s, "INBOX/cur"), scratch_path(s, "INBOX/old")), 0);
    assert_int_equal(symlink("../../outside/cur", scratch_path(s, "INBOX/cur")), 0);
    change.file.info = "c:2,S";

    assert_true(s->local.ops->rename(s->local.self, &change, 1, &s->err));

    assert_false(change.ok);
    assert_file(s, "../outside/cur/1:2,S", "not ours");
    assert_file(s, "INBOX/old/1:2,FS", "ours");
}

static void
a_message_that_is_a_link_a_pipe_or_a_directory_is_never_read_or_moved(void **state)
{
    struct scratch *s = *state;
    static const char *const bases[] = {"link", "fifo", "dir"};

    given_folder(s, "B");
    given_file(s, "secret", "not mail");
    assert_int_equal(symlink("../../secret", scratch_path(s, "INBOX/cur/link:2,")), 0);
    assert_int_equal(mkfifo(scratch_path(s, "INBOX/cur/fifo:2,"), 0600), 0);
    assert_int_equal(mkdir(scratch_path(s, "INBOX/cur/dir:2,"), 0700), 0);
    for (size_t i = 0; i < 3; i++) {
        const struct local_file file = {"INBOX", bases[i], "c:2,"};
        struct local_removal removal = {.file = file, .quarantine = bases[i]};
        struct local_move move = {.from = file, .to = {"B", bases[i], "c:2,"}};
        struct local_facts facts;
        bool missing;
        void *handle;

        assert_false(s->local.ops->examine(s->local.self, &file, &facts, &missing, &s->err));
        assert_false(s->local.ops->read_open(s->local.self, &file, &handle, &missing, &s->err));
        assert_true(s->local.ops->remove(s->local.self, &removal, 1, &s->err));
        assert_false(removal.ok);
        assert_true(s->local.ops->link(s->local.self, &move, 1, &s->err));
        assert_false(move.ok);
        assert_true(s->local.ops->unlink_moved(s->local.self, &move, 1, &s->err));
        assert_false(move.ok);
    }
    assert_int_equal(count_entries(s, "INBOX/cur"), 3);
    assert_int_equal(count_entries(s, "B/cur"), 0);
}

static void
a_base_or_suffix_with_a_slash_in_it_names_no_message(void **state)
{
    static const struct local_file files[] = {
        {"INBOX", "../new/1", "c"}, {"INBOX", "1", "c:2,/../../new/1"},
        {"INBOX", "..", "c"},       {"INBOX", "", "c"},
        {"INBOX", "1", ""},         {"INBOX", "1", "t"},
    };
    struct scratch *s = *state;

    given_file(s, "INBOX/new/1", "one");
    given_file(s, "INBOX/tmp/1", "tmp");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct local_rename from = {.file = files[i], .to = "n"},
                            to = {.file = {"INBOX", "1", "n"}, .to = files[i].info};
        struct local_facts facts;
        bool missing;

        assert_false(s->local.ops->examine(s->local.self, &files[i], &facts, &missing, &s->err));
        assert_true(s->local.ops->rename(s->local.self, &from, 1, &s->err));
        assert_false(from.ok);
        to.file.base = files[i].base;
        assert_true(s->local.ops->rename(s->local.self, &to, 1, &s->err));
        assert_false(to.ok);
    }
    assert_file(s, "INBOX/new/1", "one");
    assert_file(s, "INBOX/tmp/1", "tmp");
}

static void
a_mark_that_is_a_link_is_not_written_through(void **state)
{
    struct scratch *s = *state;
    struct local_mark mark = {.present = true, .account = "ab", .server = "cd", .run = 1, .nonce = "ef"};
    struct local_mark read;

    given_file(s, "../precious", "do not touch");
    assert_int_equal(symlink("../precious", scratch_path(s, ".golub")), 0);
    assert_int_equal(symlink("../precious", scratch_path(s, ".golub.new")), 0);

    assert_false(s->local.ops->read_mark(s->local.self, &read, &s->err));
    assert_true(s->local.ops->write_mark(s->local.self, &mark, &s->err));

    assert_file(s, "../precious", "do not touch");
    assert_true(s->local.ops->read_mark(s->local.self, &read, &s->err));
    assert_int_equal(read.run, 1);
}

static void
a_quarantine_that_is_a_link_is_not_used(void **state)
{
    struct scratch *s = *state;
    struct local_removal item = {.file = {"INBOX", "1", "n"}, .quarantine = "1"};

    given_folder(s, "../outside");
    given_file(s, "INBOX/new/1", "one");
    assert_int_equal(symlink("outside", s->quarantine), 0);

    assert_false(s->local.ops->remove(s->local.self, &item, 1, &s->err));

    assert_false(item.ok);
    assert_file(s, "INBOX/new/1", "one");
}

static bool
count_folder(void *context, const char *folder)
{
    (void)folder;
    ++*(size_t *)context;
    return true;
}

static void
a_tree_deeper_than_any_name_is_walked_without_trouble(void **state)
{
    struct scratch *s = *state;
    size_t count = 0;
    int fd = open(s->root, O_RDONLY | O_DIRECTORY);

    for (int i = 0; i < 300; i++) { /* 300 levels of ten bytes: more than a path golub handles */
        int below;

        assert_int_equal(mkdirat(fd, "123456789", 0700), 0);
        below = openat(fd, "123456789", O_RDONLY | O_DIRECTORY);
        close(fd);
        fd = below;
    }
    close(fd);

    assert_true(s->local.ops->folders(s->local.self, count_folder, &count, &s->err));

    assert_int_equal(count, 1);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, scratch_free)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_folder_name_that_leads_elsewhere_reaches_nothing, scratch_verbatim),
        TEST(a_folder_of_the_other_layout_is_not_made, scratch_plusplus),
        TEST(a_nested_folder_is_not_made_in_a_flat_tree, scratch_flat),
        TEST(directories_that_are_links_make_no_mailbox, scratch_verbatim),
        TEST(a_directory_swapped_for_a_link_between_two_calls_is_not_followed, scratch_verbatim),
        TEST(a_message_that_is_a_link_a_pipe_or_a_directory_is_never_read_or_moved, scratch_verbatim),
        TEST(a_base_or_suffix_with_a_slash_in_it_names_no_message, scratch_verbatim),
        TEST(a_mark_that_is_a_link_is_not_written_through, scratch_verbatim),
        TEST(a_quarantine_that_is_a_link_is_not_used, scratch_verbatim),
        TEST(a_tree_deeper_than_any_name_is_walked_without_trouble, scratch_verbatim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
