/* Messages on their way in and out: drafts, batches, and reading back what was stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>
#include <signal.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/unit/maildir_scratch.h"

#define LONG_LINES 5000 /* lines of 40 bytes: more than three blocks */

static struct local_draft *
given_draft(struct scratch *s, const char *folder, struct text wire, size_t piece)
{
    struct local_draft *draft;
    struct digests digests;

    assert_true(s->local.ops->draft_begin(s->local.self, folder, &draft, &s->err));
    for (size_t at = 0; at < wire.len; at += piece)
        assert_true(s->local.ops->draft_write(s->local.self, draft, wire.at + at,
                                              wire.len - at < piece ? wire.len - at : piece, &s->err));
    assert_true(s->local.ops->draft_finish(s->local.self, draft, &digests, &s->err));
    return draft;
}

static struct local_delivery
deliver_one(struct scratch *s, const char *base, unsigned flags, int64_t date, struct text wire, size_t piece)
{
    struct local_delivery item = {given_draft(s, "INBOX", wire, piece), base, flags, date, .ok = false};

    assert_true(s->local.ops->deliver(s->local.self, &item, 1, &s->err));
    return item;
}

static void
a_delivered_message_is_under_its_name_with_its_date_and_LF_ends(void **state)
{
    struct scratch *s = *state;
    struct local_delivery item;

    item = deliver_one(s, "1.a.golub", FLAG_SEEN | FLAG_ANSWERED, 1000000000, TEXT("A: b\r\n\r\nbody\r\n"), 100);

    assert_true(item.ok);
    assert_string_equal(item.info, "c:2,RS");
    assert_file(s, "INBOX/cur/1.a.golub:2,RS", "A: b\n\nbody\n");
    assert_int_equal(date_of(s, "INBOX/cur/1.a.golub:2,RS"), 1000000000);
    assert_int_equal(count_entries(s, "INBOX/tmp"), 0);

    item = deliver_one(s, "2.b.golub", 0, -5, TEXT("x\r\n"), 100);
    assert_true(item.ok);
    assert_string_equal(item.info, "n");
    assert_file(s, "INBOX/new/2.b.golub", "x\n");
    assert_int_equal(date_of(s, "INBOX/new/2.b.golub"), -5);
}

static void
nothing_in_a_folder_is_open_to_others(void **state)
{
    struct scratch *s = *state;
    struct stat st;

    (void)deliver_one(s, "1", 0, 0, TEXT("x\r\n"), 100);

    assert_int_equal(stat(scratch_path(s, "INBOX/new/1"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

/* Read a whole message in pieces of `piece` bytes, twice, and compare with what it should give. */
static void
assert_reads_as(struct scratch *s, const struct local_file *file, struct text wire, size_t piece)
{
    char *found = malloc(wire.len + piece + 1);
    bool missing;
    void *handle;

    assert_true(s->local.ops->read_open(s->local.self, file, &handle, &missing, &s->err));
    assert_non_null(handle);
    for (int round = 0; round < 2; round++) {
        size_t len = 0, got;

        do {
            assert_true(s->local.ops->read(s->local.self, handle, found + len, piece, &got, &s->err));
            len += got;
        } while (got > 0 && len <= wire.len);
        assert_int_equal(len, wire.len);
        assert_memory_equal(found, wire.at, len);
        assert_true(s->local.ops->read_rewind(s->local.self, handle, &s->err));
    }
    s->local.ops->read_close(s->local.self, handle);
    free(found);
}

static void
assert_digests_of(const struct digests *digests, struct text wire)
{
    unsigned char expected[DIGEST_SIZE];

    assert_true(digest_bytes(wire.at, wire.len, expected));
    assert_int_equal(digests->size, wire.len);
    assert_memory_equal(digests->wire, expected, DIGEST_SIZE);
}

static void
every_message_is_read_back_as_it_was_written(void **state)
{
    static const struct {
        struct text wire, stored, back;
    } rows[] = {
        {TEXT(""), TEXT(""), TEXT("")},
        {TEXT("a\r\nb\r\n"), TEXT("a\nb\n"), TEXT("a\r\nb\r\n")},
        {TEXT("a\r\nb"), TEXT("a\nb"), TEXT("a\r\nb")},
        {TEXT("a\r\nb\r"), TEXT("a\r\nb\r"), TEXT("a\r\nb\r")},
        {TEXT("a\r\nb\rc\r\nd\r\n"), TEXT("a\r\nb\rc\r\nd\r\n"), TEXT("a\r\nb\rc\r\nd\r\n")},
        {TEXT("a\r\n\r\r\nb\r\n"), TEXT("a\r\n\r\r\nb\r\n"), TEXT("a\r\n\r\r\nb\r\n")},
        {TEXT("\r\n\r\n\r\nx\r\r"), TEXT("\r\n\r\n\r\nx\r\r"), TEXT("\r\n\r\n\r\nx\r\r")},
        {TEXT("a\0\xff\r\n\x80"), TEXT("a\0\xff\n\x80"), TEXT("a\0\xff\r\n\x80")},
        /* A bare LF is in no legal mail; what goes up has CR LF there, and the digests are of that. */
        {TEXT("a\r\nb\nc\r\n"), TEXT("a\r\nb\nc\r\n"), TEXT("a\r\nb\r\nc\r\n")},
        {TEXT("\n"), TEXT("\n"), TEXT("\r\n")},
    };
    struct scratch *s = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t piece = 1; piece < 6; piece++) {
            const struct local_file file = {"INBOX", "m", "c:2,S"};
            struct local_delivery item = {.base = "m", .flags = FLAG_SEEN};
            struct digests digests;
            struct local_facts facts;
            bool missing;

            assert_true(s->local.ops->draft_begin(s->local.self, "INBOX", &item.draft, &s->err));
            for (size_t at = 0; at < rows[i].wire.len; at += piece)
                assert_true(s->local.ops->draft_write(s->local.self, item.draft, rows[i].wire.at + at,
                                                      rows[i].wire.len - at < piece ? rows[i].wire.len - at : piece,
                                                      &s->err));
            assert_true(s->local.ops->draft_finish(s->local.self, item.draft, &digests, &s->err));
            assert_true(s->local.ops->deliver(s->local.self, &item, 1, &s->err));
            assert_true(item.ok);

            assert_bytes(s, "INBOX/cur/m:2,S", rows[i].stored.at, rows[i].stored.len);
            assert_digests_of(&digests, rows[i].back);
            assert_true(s->local.ops->examine(s->local.self, &file, &facts, &missing, &s->err));
            memset(facts.digests.canonical, 0, DIGEST_SIZE); /* not computed of a draft */
            assert_memory_equal(&facts.digests, &digests, sizeof digests);
            for (size_t room = 1; room < 8; room++)
                assert_reads_as(s, &file, rows[i].back, room);
            assert_int_equal(unlink(scratch_path(s, "INBOX/cur/m:2,S")), 0);
        }
}

static struct text
long_message(const char *last)
{
    size_t size = LONG_LINES * 40 + strlen(last);
    char *bytes = malloc(size + 41);

    for (size_t i = 0; i < LONG_LINES; i++)
        text_print(bytes + 40 * i, 41, "%037zu.\r\n", i);
    memcpy(bytes + LONG_LINES * 40, last, strlen(last));
    return (struct text){bytes, size};
}

static void
a_long_message_whose_last_byte_breaks_the_line_ends_is_stored_as_it_came(void **state)
{
    static const char *const lasts[] = {"end\r\n", "a lone CR\rx", "\r", "\r\r\n"};
    struct scratch *s = *state;

    for (size_t i = 0; i < sizeof lasts / sizeof lasts[0]; i++)
        for (size_t piece = 777; piece < 400000; piece *= 5) {
            const struct local_file file = {"INBOX", "m", "n"};
            struct text wire = long_message(lasts[i]);
            struct local_delivery item = deliver_one(s, "m", 0, 0, wire, piece);
            struct stat st;

            assert_true(item.ok);
            assert_int_equal(stat(scratch_path(s, "INBOX/new/m"), &st), 0);
            assert_int_equal(st.st_size, i == 0 ? wire.len - LONG_LINES - 1 : wire.len);
            assert_reads_as(s, &file, wire, 3001);
            assert_int_equal(unlink(scratch_path(s, "INBOX/new/m")), 0);
            free((char *)wire.at);
        }
}

static void
a_name_that_is_taken_is_never_overwritten(void **state)
{
    static const char *const taken[] = {"cur/1:2,S", "new/1", "cur/1:2,", "cur/1:2,FS", "cur/1"};
    struct scratch *s = *state;

    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        char path[64];
        struct local_delivery item;

        text_print(path, sizeof path, "INBOX/%s", taken[i]);
        given_file(s, path, "somebody else's message");

        item = deliver_one(s, "1", FLAG_SEEN, 0, TEXT("ours\r\n"), 100);

        assert_false(item.ok);
        assert_true(item.taken);
        assert_string_equal(item.err.hint, "");
        assert_file(s, path, "somebody else's message");
        assert_int_equal(count_entries(s, "INBOX/tmp"), 0);
        assert_int_equal(count_entries(s, "INBOX/cur") + count_entries(s, "INBOX/new"), 1);
        assert_int_equal(unlink(scratch_path(s, path)), 0);
    }
}

static void
a_suffix_nobody_writes_often_is_still_never_overwritten(void **state)
{
    struct scratch *s = *state;
    struct local_delivery item;

    given_file(s, "INBOX/cur/1:2,DFT", "somebody else's message");

    item = deliver_one(s, "1", FLAG_DRAFT | FLAG_FLAGGED | FLAG_DELETED, 0, TEXT("ours\r\n"), 100);

    assert_true(item.taken);
    assert_file(s, "INBOX/cur/1:2,DFT", "somebody else's message");
}

static void
a_base_that_a_scan_would_read_otherwise_is_refused(void **state)
{
    static const char *const bases[] = {"", ".", "..", "../x", "a/b", ".hidden", "a:2,S"};
    struct scratch *s = *state;

    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        struct local_delivery item = deliver_one(s, bases[i], 0, 0, TEXT("x\r\n"), 100);

        assert_false(item.ok);
        assert_int_equal(item.err.kind, ERROR_LOCAL);
    }
    assert_int_equal(count_entries(s, "INBOX/tmp") + count_entries(s, "INBOX/cur") + count_entries(s, "INBOX/new"), 0);
}

static void
deliver_many(struct scratch *s, size_t folders, size_t count, struct local_delivery *items)
{
    static char bases[600][24];

    for (size_t i = 0; i < count; i++) {
        char folder[32];

        text_print(bases[i], sizeof bases[i], "%zu.golub", i);
        text_print(folder, sizeof folder, "F%zu", i % folders);
        given_folder(s, folder);
        items[i] =
            (struct local_delivery){given_draft(s, folder, TEXT("x\r\n"), 9), bases[i], i % 2, 1000000000, .ok = false};
    }
    assert_true(s->local.ops->deliver(s->local.self, items, count, &s->err));
    for (size_t i = 0; i < count; i++) {
        char path[64];

        text_print(path, sizeof path, "F%zu/%s/%s%s", i % folders, i % 2 ? "cur" : "new", bases[i],
                   i % 2 ? ":2,S" : "");
        assert_true(items[i].ok);
        assert_file(s, path, "x\n");
    }
}

static void
a_large_batch_is_flushed_at_once_where_the_file_system_allows_it(void **state)
{
    struct scratch *s = *state;
    struct local_delivery items[64];
    uint64_t before, files, systems;
    struct local_description disk;

    maildir_flushes(s->maildir, &before, &systems);
    deliver_many(s, 1, 64, items);

    maildir_flushes(s->maildir, &files, &systems);
    files -= before;
    s->local.ops->describe(s->local.self, &disk);
    if (strcmp(disk.flush, "syncfs") == 0) {
        assert_int_equal(systems, 1);
        assert_int_equal(files, 2); /* cur/ and new/ */
    } else {
        assert_int_equal(systems, 0);
        assert_int_equal(files, 64 + 2);
    }
}

static void
the_directories_of_many_folders_are_flushed_at_once_where_the_file_system_allows_it(void **state)
{
    struct scratch *s = *state;
    struct local_delivery items[64];
    uint64_t before, files, systems;
    struct local_description disk;

    maildir_flushes(s->maildir, &before, &systems);
    deliver_many(s, 20, 64, items);

    maildir_flushes(s->maildir, &files, &systems);
    files -= before;
    s->local.ops->describe(s->local.self, &disk);
    if (strcmp(disk.flush, "syncfs") == 0) {
        assert_int_equal(systems, 2);
        assert_int_equal(files, 0);
    } else {
        assert_int_equal(systems, 0);
        assert_int_equal(files, 64 + 20);
    }
}

static void
a_small_batch_is_flushed_file_by_file(void **state)
{
    struct scratch *s = *state;
    struct local_delivery items[15];
    uint64_t before, files, systems;

    maildir_flushes(s->maildir, &before, &systems);
    deliver_many(s, 1, 15, items);

    maildir_flushes(s->maildir, &files, &systems);
    assert_int_equal(systems, 0);
    assert_int_equal(files - before, 15 + 2);
}

static void
nothing_is_flushed_where_the_user_said_so(void **state)
{
    struct scratch *s = *state;
    struct local_delivery items[64];
    uint64_t files, systems;

    deliver_many(s, 1, 64, items);

    maildir_flushes(s->maildir, &files, &systems);
    assert_int_equal(files + systems, 0);
}

static size_t
count_descriptors(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 4096; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void
a_batch_over_hundreds_of_folders_keeps_its_descriptors_bounded(void **state)
{
    struct scratch *s = *state;
    static struct local_delivery items[256];
    struct rlimit was, tight;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    tight = was;
    tight.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    size_t before = count_descriptors();

    deliver_many(s, 256, 256, items);

    assert_in_range(count_descriptors() - before, 0, 3 * 48 + 10);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
}

static void
a_dropped_draft_leaves_nothing(void **state)
{
    struct scratch *s = *state;
    struct local_draft *draft;

    assert_true(s->local.ops->draft_begin(s->local.self, "INBOX", &draft, &s->err));
    assert_true(s->local.ops->draft_write(s->local.self, draft, "x\r\n", 3, &s->err));
    assert_int_equal(count_entries(s, "INBOX/tmp"), 1);
    s->local.ops->draft_drop(s->local.self, draft);
    s->local.ops->draft_drop(s->local.self, NULL);

    assert_int_equal(count_entries(s, "INBOX/tmp"), 0);
}

static void
a_draft_whose_temporary_file_somebody_removed_is_not_ok_and_the_others_are(void **state)
{
    struct scratch *s = *state;
    struct local_delivery items[2] = {{given_draft(s, "INBOX", TEXT("1\r\n"), 9), "1", 0, 0, .ok = false}};
    char command[600];

    text_print(command, sizeof command, "rm %s/*", scratch_path(s, "INBOX/tmp"));
    assert_int_equal(system(command), 0);
    items[1] = (struct local_delivery){given_draft(s, "INBOX", TEXT("2\r\n"), 9), "2", 0, 0, .ok = false};

    assert_true(s->local.ops->deliver(s->local.self, items, 2, &s->err));

    assert_false(items[0].ok);
    assert_false(items[0].taken);
    assert_true(items[1].ok);
    assert_file(s, "INBOX/new/2", "2\n");
}

static void
a_write_that_is_cut_short_is_an_error_and_leaves_nothing(void **state)
{
    struct scratch *s = *state;
    struct rlimit was, tight;
    struct local_draft *draft;
    struct text wire = long_message("");
    bool done;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    tight = was;
    tight.rlim_cur = 100000; /* inside the second block: a short write, then EFBIG */
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_true(s->local.ops->draft_begin(s->local.self, "INBOX", &draft, &s->err));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    done = s->local.ops->draft_write(s->local.self, draft, wire.at, wire.len, &s->err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);

    assert_false(done);
    assert_int_equal(s->err.kind, ERROR_LOCAL);
    assert_string_equal(s->err.answer, "File too large");
    s->local.ops->draft_drop(s->local.self, draft);
    assert_int_equal(count_entries(s, "INBOX/tmp"), 0);
    free((char *)wire.at);
}

static void
a_full_disk_fails_the_draft_and_costs_no_message(void **state)
{
    struct scratch *s = *state;
    struct text wire = long_message("");
    struct local_draft *draft;
    size_t delivered = 0;
    bool done = true;

    if (!given_file_system(s, "Small", "size=512k")) {
        free((char *)wire.at);
        skip();
    }
    given_folder(s, "Small");
    while (done && delivered < 10) {
        struct local_delivery item = {.base = delivered == 0 ? "0" : delivered == 1 ? "1" : "2"};
        struct digests digests;

        assert_true(s->local.ops->draft_begin(s->local.self, "Small", &draft, &s->err));
        done = s->local.ops->draft_write(s->local.self, draft, wire.at, wire.len, &s->err) &&
               s->local.ops->draft_finish(s->local.self, draft, &digests, &s->err);
        item.draft = draft;
        if (done) {
            assert_true(s->local.ops->deliver(s->local.self, &item, 1, &s->err));
            assert_true(item.ok);
            delivered++;
        }
    }
    assert_false(done);
    assert_string_equal(s->err.answer, "No space left on device");
    s->local.ops->draft_drop(s->local.self, draft);
    assert_int_equal(count_entries(s, "Small/tmp"), 0);
    assert_int_equal(count_entries(s, "Small/new"), delivered);
    free((char *)wire.at);
}

static void
a_message_that_is_not_there_is_missing_and_no_error(void **state)
{
    struct scratch *s = *state;
    const struct local_file file = {"INBOX", "1", "c:2,S"}, elsewhere = {"Nowhere", "1", "n"};
    struct local_facts facts;
    struct local_print print = {0};
    void *handle;
    bool missing = false;

    assert_true(s->local.ops->examine(s->local.self, &file, &facts, &missing, &s->err));
    assert_true(missing);
    assert_true(s->local.ops->examine(s->local.self, &elsewhere, &facts, &missing, &s->err));
    assert_true(missing);
    assert_true(s->local.ops->read_open(s->local.self, &file, &handle, &missing, &s->err));
    assert_true(missing);
    assert_null(handle);
    assert_true(s->local.ops->look(s->local.self, &file, &print, &missing, &s->err));
    assert_true(missing);
    assert_true(s->local.ops->look(s->local.self, &elsewhere, &print, &missing, &s->err));
    assert_true(missing);
    given_file(s, "INBOX/cur/1:2,S", "one\n");
    given_date(s, "INBOX/cur/1:2,S", 1000000000);
    assert_true(s->local.ops->look(s->local.self, &file, &print, &missing, &s->err));
    assert_false(missing);
    assert_int_equal(print.seconds, 1000000000);
    assert_int_equal(print.size, 4);
    assert_int_equal(unlink(scratch_path(s, "INBOX/cur/1:2,S")), 0);
    assert_int_equal(symlink("nowhere", scratch_path(s, "INBOX/cur/1:2,S")), 0);
    assert_false(s->local.ops->look(s->local.self, &file, &print, &missing, &s->err));
    assert_string_equal(s->err.what, "look at message 1:2,S: not a regular file");
}

static void
a_file_that_changes_while_it_is_read_is_an_error(void **state)
{
    struct scratch *s = *state;
    const struct local_file file = {"INBOX", "1", "n"};
    char bytes[64];
    void *handle;
    size_t got;
    bool missing;

    given_file(s, "INBOX/new/1", "one\ntwo\n");
    given_date(s, "INBOX/new/1", 1000000000);
    assert_true(s->local.ops->read_open(s->local.self, &file, &handle, &missing, &s->err));
    assert_true(s->local.ops->read(s->local.self, handle, bytes, 10, &got, &s->err));
    assert_int_equal(got, 10);
    given_file(s, "INBOX/new/1", "ONE\nTWO\n");

    assert_false(s->local.ops->read(s->local.self, handle, bytes, sizeof bytes, &got, &s->err));

    assert_string_not_equal(s->err.hint, "");
    s->local.ops->read_close(s->local.self, handle);
}

static void
the_free_space_and_the_file_system_are_told(void **state)
{
    struct scratch *s = *state;
    uint64_t bytes = 0;
    struct local_description disk = {0};

    assert_true(s->local.ops->free_space(s->local.self, &bytes, &s->err));
    s->local.ops->describe(s->local.self, &disk);

    assert_true(bytes > 0 && disk.free > 0);
    bytes = 0;
    assert_true(s->local.ops->quarantine_space(s->local.self, &bytes, &s->err));
    assert_true(bytes > 0);
    assert_string_equal(disk.flush, "none");
    assert_non_null(strstr(disk.text, "fsync = false"));
}

static void
a_fresh_base_is_not_looked_for_and_yet_overwrites_nothing(void **state)
{
    struct scratch *s = *state;
    struct local_delivery item = {.draft = given_draft(s, "INBOX", TEXT("two\r\n"), 100), .base = "1.a", .fresh = true};

    (void)deliver_one(s, "1.a", 0, 0, TEXT("one\r\n"), 100);

    assert_true(s->local.ops->deliver(s->local.self, &item, 1, &s->err));
    assert_false(item.ok);
    assert_true(item.taken);
    assert_file(s, "INBOX/new/1.a", "one\n");
    assert_int_equal(count_entries(s, "INBOX/tmp"), 0);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, scratch_free)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_delivered_message_is_under_its_name_with_its_date_and_LF_ends, scratch_verbatim),
        TEST(nothing_in_a_folder_is_open_to_others, scratch_verbatim),
        TEST(every_message_is_read_back_as_it_was_written, scratch_verbatim),
        TEST(a_long_message_whose_last_byte_breaks_the_line_ends_is_stored_as_it_came, scratch_verbatim),
        TEST(a_name_that_is_taken_is_never_overwritten, scratch_verbatim),
        TEST(a_fresh_base_is_not_looked_for_and_yet_overwrites_nothing, scratch_verbatim),
        TEST(a_suffix_nobody_writes_often_is_still_never_overwritten, scratch_verbatim),
        TEST(a_base_that_a_scan_would_read_otherwise_is_refused, scratch_verbatim),
        TEST(a_large_batch_is_flushed_at_once_where_the_file_system_allows_it, scratch_flushing),
        TEST(the_directories_of_many_folders_are_flushed_at_once_where_the_file_system_allows_it, scratch_flushing),
        TEST(a_small_batch_is_flushed_file_by_file, scratch_flushing),
        TEST(nothing_is_flushed_where_the_user_said_so, scratch_verbatim),
        TEST(a_batch_over_hundreds_of_folders_keeps_its_descriptors_bounded, scratch_verbatim),
        TEST(a_dropped_draft_leaves_nothing, scratch_verbatim),
        TEST(a_draft_whose_temporary_file_somebody_removed_is_not_ok_and_the_others_are, scratch_verbatim),
        TEST(a_write_that_is_cut_short_is_an_error_and_leaves_nothing, scratch_verbatim),
        TEST(a_full_disk_fails_the_draft_and_costs_no_message, scratch_verbatim),
        TEST(a_message_that_is_not_there_is_missing_and_no_error, scratch_verbatim),
        TEST(a_file_that_changes_while_it_is_read_is_an_error, scratch_verbatim),
        TEST(the_free_space_and_the_file_system_are_told, scratch_verbatim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
