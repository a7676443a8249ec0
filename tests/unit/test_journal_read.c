/* Those who only read a journal leave no trace, whatever state it is in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>

#include "tests/unit/journal_place.h"
#include "store/journal/spill.h"
#include "tests/unit/forms.h"

static void
a_copy_can_be_written_and_the_file_does_not_change(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    size_t size, size_after;
    char *before, *after;
    given_commit(p, journal, "INBOX", 3);
    journal_close(journal);
    before = contents(p->path, &size);

    journal = journal_open_copy(p->path, &p->err);
    given_commit(p, journal, "other", 4);
    assert_int_equal(messages_in(p, journal), 7);
    assert_int_equal(entries(p->folder), 1);
    journal_close(journal);

    after = contents(p->path, &size_after);
    assert_int_equal(size_after, size);
    assert_memory_equal(after, before, size);
    assert_int_equal(entries(p->folder), 1);
    free(before);
    free(after);
}

/* Its pages are read as they are needed: a dry run over a million messages needs no more memory than one over ten. */
static void
a_copy_of_a_large_journal_is_not_in_memory(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    size_t size, size_after;
    sqlite3_int64 used;
    char *before, *after;

    given_commit(p, journal, "INBOX", 120000);
    journal_close(journal);
    before = contents(p->path, &size);
    assert_true(size > 6 << 20);
    (void)sqlite3_memory_highwater(1);
    used = sqlite3_memory_used();

    journal = journal_open_copy(p->path, &p->err);
    assert_int_equal(messages_in(p, journal), 120000);
    given_commit(p, journal, "other", 1000);
    given_commit(p, journal, "more", 1);
    assert_int_equal(messages_in(p, journal), 121001);
    used = sqlite3_memory_highwater(0) - used;
    journal_close(journal);

    after = contents(p->path, &size_after);
    assert_true(used < (sqlite3_int64)size / 2); /* two MiB of them for the pages that are read most */
    assert_int_equal(size_after, size);
    assert_memory_equal(after, before, size);
    assert_int_equal(entries(p->folder), 1);
    free(before);
    free(after);
}

/* What is written goes to a file without a name once it is much, and so does what a transaction may have to take back. */
static void
what_is_written_to_a_copy_is_not_in_memory(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    size_t size, size_after;
    sqlite3_int64 used;
    struct mallinfo2 before, after;
    char *bytes, *bytes_after;

    given_commit(p, journal, "INBOX", 120000);
    journal_close(journal);
    bytes = contents(p->path, &size);
    journal = journal_open_copy(p->path, &p->err);
    assert_int_equal(messages_in(p, journal), 120000);
    used = sqlite3_memory_used();
    before = mallinfo2();

    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_mailbox_delete(journal, 1, &p->err));
    after = mallinfo2();
    assert_true(after.uordblks + after.hblkhd < before.uordblks + before.hblkhd + 2 * SPILL_KEPT + (4 << 20));
    journal_rollback(journal);
    assert_int_equal(messages_in(p, journal), 120000);
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_mailbox_delete(journal, 1, &p->err));
    assert_true(journal_commit(journal, &p->err));
    assert_int_equal(messages_in(p, journal), 0);
    given_commit(p, journal, "other", 1000);
    assert_int_equal(messages_in(p, journal), 1000);
    assert_true(sqlite3_memory_used() < used + (4 << 20));
    journal_close(journal);

    bytes_after = contents(p->path, &size_after);
    assert_int_equal(size_after, size);
    assert_memory_equal(bytes_after, bytes, size);
    assert_int_equal(entries(p->folder), 1);
    assert_int_equal(entries(p->temporary), 0);
    free(bytes);
    free(bytes_after);
}

static void
where_there_is_no_file_none_is_made_by_reading(void **state)
{
    struct place *p = *state;
    bool missing = false;
    struct journal *journal = journal_open_copy(p->path, &p->err);

    given_commit(p, journal, "INBOX", 3);
    journal_close(journal);
    assert_null(journal_open_read(p->path, &missing, &p->err));
    assert_true(missing);

    assert_int_equal(entries(p->root), 1); /* tmp */
}

static void
readers_see_what_a_killed_run_left_in_its_log(void **state)
{
    struct place *p = *state;

    for (int without_shm = 0; without_shm <= 1; without_shm++) {
        size_t size, size_after, wal, wal_after, files;
        char *before, *before_wal, *after, *after_wal;
        bool missing;
        given_killed_run(p, without_shm ? "other" : "INBOX", 3);
        if (without_shm)
            assert_int_equal(unlink(sibling(p, "-shm")), 0);
        files = entries(p->folder);
        before = contents(p->path, &size);
        before_wal = contents(sibling(p, "-wal"), &wal);
        assert_true(wal > 0);

        struct journal *copy = journal_open_copy(p->path, &p->err);
        assert_int_equal(messages_in(p, copy), 3 + 3 * without_shm);
        struct journal *reader = journal_open_read(p->path, &missing, &p->err);
        assert_int_equal(messages_in(p, reader), 3 + 3 * without_shm);
        journal_close(copy);
        journal_close(reader);

        after = contents(p->path, &size_after);
        after_wal = contents(sibling(p, "-wal"), &wal_after);
        assert_int_equal(size_after, size);
        assert_int_equal(wal_after, wal);
        assert_memory_equal(after, before, size);
        assert_memory_equal(after_wal, before_wal, wal);
        assert_int_equal(entries(p->folder), files);
        assert_int_equal(entries(p->temporary), 0);
        free(before);
        free(before_wal);
        free(after);
        free(after_wal);
    }
}

static void
a_reader_looks_on_while_a_run_is_at_work(void **state)
{
    struct place *p = *state;
    struct journal *writer = opened(p), *reader;
    struct journal_mailbox mailbox = {.name = (char *)"x", .folder = (char *)"x"};
    bool missing;
    reader = journal_open_read(p->path, &missing, &p->err);
    assert_int_equal(messages_in(p, reader), 0);

    given_commit(p, writer, "INBOX", 3);
    assert_int_equal(messages_in(p, reader), 0); /* of one moment, from the first word of a report to its last */
    journal_close(reader);
    reader = journal_open_read(p->path, &missing, &p->err);
    assert_int_equal(messages_in(p, reader), 3);
    assert_true(journal_begin(writer, &p->err));
    assert_true(journal_mailbox_save(writer, &mailbox, &p->err));
    assert_int_equal(messages_in(p, reader), 3);
    assert_true(journal_commit(writer, &p->err));
    journal_close(reader);
    given_commit(p, writer, "other", 3);

    journal_close(writer);
    assert_int_equal(entries(p->folder), 1);
}

/* Stopped half-way by a loaded machine or a suspend, while a whole run comes and goes. */
static void
a_reader_that_a_run_overtakes_goes_on_with_what_it_saw(void **state)
{
    struct place *p = *state;
    struct journal *writer = opened(p), *reader;
    bool missing;
    given_commit(p, writer, "INBOX", 4000);
    journal_close(writer);

    reader = journal_open_read(p->path, &missing, &p->err);
    writer = opened(p);
    for (int i = 0; i < 4; i++) {
        char name[8];

        text_print(name, sizeof name, "m%d", i);
        given_commit(p, writer, name, 4000);
    }
    journal_close(writer);

    assert_int_equal(messages_in(p, reader), 4000);
    journal_close(reader);
    reader = journal_open_read(p->path, &missing, &p->err);
    assert_int_equal(messages_in(p, reader), 20000);
    journal_close(reader);
    journal_close(opened(p));
    assert_int_equal(entries(p->folder), 1);
}

static void
readers_beside_runs_that_open_and_close_never_fail(void **state)
{
    struct place *p = *state;
    pid_t child;
    int status;
    journal_close(opened(p));

    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (int i = 0; i < 150; i += stride(6)) {
            char name[16];
            struct journal *writer = opened(p);

            text_print(name, sizeof name, "m%d", i);
            given_commit(p, writer, name, 40);
            journal_close(writer);
        }
        _exit(0);
    }
    while (waitpid(child, &status, WNOHANG) == 0) {
        bool missing;
        struct journal *reader = journal_open_read(p->path, &missing, &p->err);

        if (reader == NULL)
            fail_msg("%s: %s", p->err.what, p->err.answer);
        assert_int_equal(messages_in(p, reader) % 40, 0);
        journal_close(reader);
    }
    assert_int_equal(status, 0);
}

static void
a_reader_never_advises_to_throw_a_journal_away(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    bool missing;
    size_t size;
    given_commit(p, journal, "INBOX", 4000);
    journal_close(journal);
    char *bytes = contents(p->path, &size);
    memset(bytes + 4096, 0xa5, size - 4096);
    given_bytes(p->path, bytes, size);
    free(bytes);

    journal = journal_open_read(p->path, &missing, &p->err);
    if (journal != NULL) {
        uint64_t count;

        assert_false(journal_message_count(journal, 0, WHICH_ALL, &count, &p->err));
        journal_close(journal);
    }

    assert_null(strstr(p->err.hint, "away"));
    assert_string_not_equal(p->err.hint, "");
}

static void
a_reader_can_not_write(void **state)
{
    struct place *p = *state;
    bool missing;
    journal_close(opened(p));

    struct journal *reader = journal_open_read(p->path, &missing, &p->err);
    assert_non_null(reader);
    if (journal_begin(reader, &p->err))
        assert_false(journal_set(reader, "k", "v", &p->err));
    assert_int_equal(p->err.kind, ERROR_LOCAL);
    journal_close(reader);
}

static void
a_file_without_a_byte_is_a_new_journal(void **state)
{
    struct place *p = *state;
    struct journal *journal;
    bool missing = false;
    assert_int_equal(mkdir(p->folder, 0700), 0);
    given_bytes(p->path, "", 0);

    assert_null(journal_open_read(p->path, &missing, &p->err));
    assert_true(missing);
    journal = journal_open_copy(p->path, &p->err);
    assert_int_equal(messages_in(p, journal), 0);
    journal_close(journal);
    journal = opened(p);
    assert_int_equal(messages_in(p, journal), 0);
    journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_copy_can_be_written_and_the_file_does_not_change),
        TEST(a_copy_of_a_large_journal_is_not_in_memory),
        TEST(what_is_written_to_a_copy_is_not_in_memory),
        TEST(where_there_is_no_file_none_is_made_by_reading),
        TEST(readers_see_what_a_killed_run_left_in_its_log),
        TEST(a_reader_looks_on_while_a_run_is_at_work),
        TEST(a_reader_that_a_run_overtakes_goes_on_with_what_it_saw),
        TEST(readers_beside_runs_that_open_and_close_never_fail),
        TEST(a_reader_never_advises_to_throw_a_journal_away),
        TEST(a_reader_can_not_write),
        TEST(a_file_without_a_byte_is_a_new_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
