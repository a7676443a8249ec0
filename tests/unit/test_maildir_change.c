/* Renames, moves, the quarantine, new folders and the mark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/maildir_scratch.h"

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

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, scratch_free)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_change_of_flags_renames_the_file_and_keeps_bytes_and_date, scratch_verbatim),
        TEST(a_file_that_is_not_under_its_name_any_more_is_missing, scratch_verbatim),
        TEST(a_rename_never_replaces_another_file, scratch_verbatim),
        TEST(a_batch_of_renames_goes_on_after_one_that_fails_and_flushes_each_directory_once, scratch_flushing),
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
