/* Folders that are made, and how the root and they are known again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/maildir_change_scene.h"

/* ---- folders ---- */

static void
a_new_folder_is_whole_and_its_parents_are_plain_directories(void **state)
{
    struct scratch *s = *state;
    struct local_stamp stamp;
    bool missing;

    assert_true(s->local.ops->create(s->local.self, "A/B/C", &s->err));
    assert_true(s->local.ops->create(s->local.self, "A/B/C", &s->err)); /* there already: fine */

    assert_true(s->local.ops->stamp(s->local.self, "A/B/C", &stamp, &missing, &s->err));
    assert_false(missing);
    assert_int_equal(count_entries(s, "A/B/C"), 3);
    assert_int_equal(count_entries(s, "A/B"), 1);

    assert_true(s->local.ops->create(s->local.self, "A/B", &s->err)); /* a parent becomes a mailbox */
    assert_true(s->local.ops->stamp(s->local.self, "A/B", &stamp, &missing, &s->err));
    assert_false(missing);
}

static void
many_new_folders_are_made_together_parents_first_and_each_has_its_outcome(void **state)
{
    struct scratch *s = *state;
    struct local_folder items[40];
    char names[40][32];
    struct local_stamp stamp;
    uint64_t files, systems, files_before, systems_before;
    bool missing;

    for (size_t i = 0; i < 40; i++) {
        text_print(names[i], sizeof names[i], i % 2 == 0 ? "P%zu" : "P%zu/C", i - i % 2);
        items[39 - i] = (struct local_folder){.folder = names[i]}; /* children before their parents */
    }
    items[39].folder = "P2"; /* once more: of P0 only the child is asked for */
    items[0].folder = "bad//name";
    given_file(s, "file", "in the way");
    items[1].folder = "file";
    maildir_flushes(s->maildir, &files_before, &systems_before);

    assert_true(s->local.ops->create_all(s->local.self, items, 40, &s->err));

    maildir_flushes(s->maildir, &files, &systems);
    for (size_t i = 2; i < 39; i++) {
        if (strcmp(items[i].folder, "P2") != 0) {
            assert_true(items[i].ok);
            assert_true(s->local.ops->stamp(s->local.self, items[i].folder, &stamp, &missing, &s->err));
            assert_false(missing);
        }
    }
    assert_false(items[0].ok);
    assert_false(items[1].ok);
    assert_string_equal(items[1].err.answer, "Not a directory");
    assert_int_equal(items[37].ok + items[39].ok, 1); /* two mailboxes never share one folder */
    assert_int_equal(count_entries(s, "P0"), 1);
    assert_int_equal(count_entries(s, "P4"), 4);
    assert_int_equal(count_entries(s, ""), 19 + 2); /* P0 to P36, file, INBOX: nothing temporary */
    if (systems != systems_before)                  /* two a level, and one fsync for the plain parent */
        assert_true(systems - systems_before == 4 && files - files_before <= 1);
    else
        assert_true(files - files_before <= 38 + 20 + 2);
}

static void
a_half_made_folder_is_completed(void **state)
{
    struct scratch *s = *state;

    given_folder(s, "Half");
    assert_int_equal(rmdir(scratch_path(s, "Half/cur")), 0);

    assert_true(s->local.ops->create(s->local.self, "Half", &s->err));

    assert_true(exists(s, "Half/cur"));
}

static void
what_a_crash_left_of_a_new_folder_does_not_hinder_the_next(void **state)
{
    struct scratch *s = *state;
    struct local_draft *draft;
    char command[600];

    /* The temporary name carries the account's tag, which a draft's name shows. */
    assert_true(s->local.ops->draft_begin(s->local.self, "INBOX", &draft, &s->err));
    text_print(command, sizeof command, "cd %s && mkdir -p .golub-new-$(ls INBOX/tmp | cut -d- -f2)/tmp", s->root);
    assert_int_equal(system(command), 0);
    s->local.ops->draft_drop(s->local.self, draft);
    assert_int_equal(count_entries(s, ""), 2);

    assert_true(s->local.ops->create(s->local.self, "A", &s->err));

    assert_int_equal(count_entries(s, "A"), 3);
    assert_int_equal(count_entries(s, ""), 2);
}

static void
a_plusplus_folder_carries_its_sign_and_the_root_does_not(void **state)
{
    struct scratch *s = *state;

    assert_true(s->local.ops->create(s->local.self, "", &s->err));
    assert_true(s->local.ops->create(s->local.self, ".A.B", &s->err));

    assert_true(exists(s, ".A.B/maildirfolder"));
    assert_false(exists(s, ".A"));
    assert_true(exists(s, "cur"));
    assert_false(exists(s, "maildirfolder"));
    assert_int_equal(count_entries(s, ""), 4);
}

/* ---- the mark ---- */

static void
a_mark_is_read_back_as_it_was_written(void **state)
{
    struct scratch *s = *state;
    struct local_mark mark = {.present = true,
                              .account = "0123456789abcdef0123456789abcdef",
                              .run = 17,
                              .nonce = "fedcba9876543210fedcba9876543210",
                              .state = "00112233445566778899aabbccddeeff",
                              .date = 1732612345,
                              .where = "/home/ana/state\nfolder on laptop"},
                      read;

    memset(mark.server, 'a', 64);
    assert_true(s->local.ops->read_mark(s->local.self, &read, &s->err));
    assert_false(read.present);
    assert_true(s->local.ops->write_mark(s->local.self, &mark, &s->err));
    mark.run++;
    assert_true(s->local.ops->write_mark(s->local.self, &mark, &s->err));

    assert_true(s->local.ops->read_mark(s->local.self, &read, &s->err));
    assert_true(read.present);
    assert_string_equal(read.account, mark.account);
    assert_string_equal(read.server, mark.server);
    assert_int_equal(read.run, 18);
    assert_string_equal(read.nonce, mark.nonce);
    assert_string_equal(read.state, mark.state);
    assert_int_equal(read.date, mark.date);
    assert_string_equal(read.where, "/home/ana/state?folder on laptop");
    assert_false(exists(s, ".golub.new"));
}

static void
a_damaged_mark_is_the_users_to_judge(void **state)
{
    static const char *const damaged[] = {
        "",
        "golub 1\n",
        "golub 2\naccount ab\nserver ab\nrun 1\nnonce ab\n",
        "golub 2\naccount ab\nserver ab\nrun 1\nnonce ab\nstate zz\ndate 1\nwhere x\n",
        "golub 2\naccount ab\nserver ab\nrun 1\nnonce ab\nstate ab\ndate -1\nwhere x\n",
        "golub 2\naccount ab\nserver ab\nrun 1\nnonce ab\nstate ab\ndate 1\nwhere x",
        "golub 3\naccount ab\nserver ab\nrun 1\nnonce ab\n",
        "golub 1\naccount ab\nserver ab\nrun 1\nnonce ab",
        "golub 1\naccount ab\nserver ab\nrun -1\nnonce ab\n",
        "golub 1\naccount ab\nserver ab\nrun 99999999999999999999\nnonce ab\n",
        "golub 1\naccount ab\nserver ab\nrun 1\nnonce ab\nmore\n",
        "golub 1\naccount xx/..\nserver ab\nrun 1\nnonce ab\n",
        "golub 1\naccount 0123456789abcdef0123456789abcdef0\nserver ab\nrun 1\nnonce ab\n",
    };
    struct scratch *s = *state;

    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        struct local_mark mark = {.run = 4711};

        given_file(s, ".golub", damaged[i]);
        s->err = (struct error){0};

        assert_false(s->local.ops->read_mark(s->local.self, &mark, &s->err));

        assert_int_equal(s->err.kind, ERROR_CONFIG);
        assert_string_not_equal(s->err.hint, "");
        assert_int_equal(mark.run, 4711);
    }
    given_file(s, ".golub", "golub 1\naccount ab\nserver ab\nrun 1\nnonce ab\n");
    struct local_mark mark;
    assert_true(s->local.ops->read_mark(s->local.self, &mark, &s->err));
    assert_string_equal(mark.state, ""); /* of an earlier version */
}

static void
a_mark_is_known_by_its_birth_until_somebody_copies_it(void **state)
{
    struct scratch *s = *state;
    struct local_mark mark = {.account = "ab", .server = "ab", .run = 1, .nonce = "ab", .state = "ab"}, read;
    struct stat st;

    assert_true(s->local.ops->write_mark(s->local.self, &mark, &s->err));
    assert_true(s->local.ops->read_mark(s->local.self, &read, &s->err));
    assert_true(read.born == mark.born);
    if (mark.born == 0)
        skip(); /* this file system does not tell */
    assert_int_equal(stat(scratch_path(s, ".golub"), &st), 0);
    const struct timespec pause = {.tv_nsec = 20000000};
    (void)nanosleep(&pause, NULL);
    assert_int_equal(rename(scratch_path(s, ".golub"), scratch_path(s, "old")), 0);
    given_file(s, ".golub", "golub 1\naccount ab\nserver ab\nrun 1\nnonce ab\n");
    assert_true(s->local.ops->read_mark(s->local.self, &read, &s->err));

    assert_true(read.born > mark.born);
}

static void
a_folder_is_known_by_its_births_until_one_is_made_again(void **state)
{
    static const char *const subs[] = {"Box", "Box/cur", "Box/new"};
    struct scratch *s = *state;
    struct local_stamp first, again;
    int64_t born;
    bool missing;

    given_folder(s, "Box");
    assert_true(s->local.ops->stamp(s->local.self, "Box", &first, &missing, &s->err));
    s->local.ops->birth(s->local.self, "Box", &born);
    if (first.born[0] == '\0')
        skip(); /* this file system does not tell */
    assert_true(born > 0);
    given_file(s, "Box/cur/1:2,", "x");
    assert_true(s->local.ops->stamp(s->local.self, "Box", &again, &missing, &s->err));
    assert_string_equal(again.born, first.born);
    assert_true(again.cur_changed >= first.cur_changed);
    for (size_t i = 0; i < 3; i++) {
        char old[64];
        const struct timespec pause = {.tv_nsec = 20000000};

        (void)nanosleep(&pause, NULL);
        text_print(old, sizeof old, "old%zu", i);
        assert_int_equal(rename(scratch_path(s, subs[i]), scratch_path(s, old)), 0);
        given_folder(s, "Box");
        first = again;
        assert_true(s->local.ops->stamp(s->local.self, "Box", &again, &missing, &s->err));
        assert_string_not_equal(again.born, first.born);
    }
    s->local.ops->birth(s->local.self, "none", &born);
    assert_int_equal(born, 0);
}

/* ---- one golub at a time ---- */

static void
a_root_is_open_exclusively_once_and_a_delivery_may_go_on_beside_it(void **state)
{
    struct scratch *s = *state;
    const struct maildir_settings sync = {.root = s->root, .quarantine = s->quarantine, .exclusive = true},
                                  import = {.root = s->root, .quarantine = s->quarantine};
    struct maildir *first = maildir_new(&sync), *second = maildir_new(&sync), *third = maildir_new(&import);
    struct local a = maildir_local(first), b = maildir_local(second), c = maildir_local(third);
    enum local_root root;

    assert_true(a.ops->open(a.self, false, &root, &s->err));
    assert_false(b.ops->open(b.self, false, &root, &s->err));
    assert_int_equal(s->err.kind, ERROR_LOCKED);
    assert_true(c.ops->open(c.self, false, &root, &s->err));
    a.ops->close(a.self);
    assert_true(b.ops->open(b.self, false, &root, &s->err));
    b.ops->close(b.self);
    c.ops->close(c.self);
    maildir_free(first);
    maildir_free(second);
    maildir_free(third);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_folder_is_whole_and_its_parents_are_plain_directories, scratch_flushing),
        TEST(many_new_folders_are_made_together_parents_first_and_each_has_its_outcome, scratch_verbatim),
        TEST(a_half_made_folder_is_completed, scratch_verbatim),
        TEST(what_a_crash_left_of_a_new_folder_does_not_hinder_the_next, scratch_verbatim),
        TEST(a_plusplus_folder_carries_its_sign_and_the_root_does_not, scratch_plusplus),
        TEST(a_mark_is_read_back_as_it_was_written, scratch_flushing),
        TEST(a_damaged_mark_is_the_users_to_judge, scratch_verbatim),
        TEST(a_mark_is_known_by_its_birth_until_somebody_copies_it, scratch_verbatim),
        TEST(a_folder_is_known_by_its_births_until_one_is_made_again, scratch_verbatim),
        TEST(a_root_is_open_exclusively_once_and_a_delivery_may_go_on_beside_it, scratch_verbatim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
