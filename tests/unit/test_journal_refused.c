/* Journals that are refused: damaged, newer, not ours; and the way from one version to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/journal_place.h"

/* Refused with a hint, by the one who would write and by those who only read, and not a byte or file is changed. */
static void
assert_refused(struct place *p, enum error_kind kind, const char *hint)
{
    bool missing;
    size_t size, size_after, files = entries(p->folder);
    char *before = contents(p->path, &size), *after;

    assert_null(journal_open(p->path, &p->err));
    assert_int_equal(p->err.kind, kind);
    assert_non_null(strstr(p->err.hint, hint));
    assert_null(journal_open_copy(p->path, &p->err));
    assert_non_null(strstr(p->err.hint, hint));
    assert_null(journal_open_read(p->path, &missing, &p->err));
    assert_false(missing);
    /* A reader may have looked beside a run: it advises nobody to throw anything away. */
    assert_null(strstr(p->err.hint, "away"));
    assert_string_not_equal(p->err.hint, "");

    after = contents(p->path, &size_after);
    assert_int_equal(size_after, size);
    assert_memory_equal(after, before, size);
    assert_int_equal(entries(p->folder), files);
    assert_int_equal(entries(p->temporary), 0);
    free(before);
    free(after);
}

static void
what_is_no_database_is_refused_and_left_alone(void **state)
{
    struct place *p = *state;
    static const char text[] = "This is a letter and no database, however long it may be, and it goes on and on. "
                               "It has to be longer than a header, or SQLite would take it for an empty file.";

    assert_int_equal(mkdir(p->folder, 0700), 0);
    given_bytes(p->path, text, sizeof text);
    assert_refused(p, ERROR_LOCAL, "Move the file away");
    given_bytes(p->path, text, 10);
    assert_refused(p, ERROR_LOCAL, "Move the file away");
}

static void
a_database_of_another_program_is_refused_and_left_alone(void **state)
{
    struct place *p = *state;

    assert_int_equal(mkdir(p->folder, 0700), 0);
    given_sql(p, "CREATE TABLE message (id)");
    assert_refused(p, ERROR_LOCAL, "Move the file away");
    given_sql(p, "PRAGMA user_version = 1");
    assert_refused(p, ERROR_LOCAL, "Move the file away");
}

static void
a_newer_journal_is_refused_and_left_alone(void **state)
{
    struct place *p = *state;
    char sql[100];
    struct journal *journal = opened(p);
    given_commit(p, journal, "INBOX", 3);
    journal_close(journal);
    text_print(sql, sizeof sql, "PRAGMA user_version = %d", JOURNAL_SCHEMA + 1);
    given_sql(p, sql);

    assert_refused(p, ERROR_CONFIG, "Use the newer golub"); /* 2: nothing was touched, whatever the command */
    assert_non_null(strstr(p->err.what, "newer golub"));
}

static void
what_is_no_regular_file_is_refused(void **state)
{
    struct place *p = *state;
    bool missing;

    assert_int_equal(mkdir(p->folder, 0700), 0);
    assert_int_equal(symlink("elsewhere", p->path), 0);
    assert_null(journal_open(p->path, &p->err));
    assert_int_equal(p->err.kind, ERROR_LOCAL);
    assert_int_equal(unlink(p->path), 0);
    assert_int_equal(mkfifo(p->path, 0600), 0);
    assert_null(journal_open(p->path, &p->err));
    assert_string_equal(p->err.answer, "not a regular file");
    assert_null(journal_open_copy(p->path, &p->err));
    assert_null(journal_open_read(p->path, &missing, &p->err));
}

static void
damage_is_found_after_a_crash_before_anything_is_believed(void **state)
{
    struct place *p = *state;
    size_t size;
    char *bytes;
    given_killed_run(p, "INBOX", 3000);
    given_sql(p, "PRAGMA wal_checkpoint(TRUNCATE)"); /* the last to close takes -wal away; `clean` stays 0 */
    bytes = contents(p->path, &size);
    assert_true(size > 100000);

    for (size_t page = 4096; page < size; page += 16 * 4096) {
        size_t size_after;
        char *broken = malloc(size), *after;
        assert_non_null(broken);
        memcpy(broken, bytes, size);
        memset(broken + page, 0xa5, 512);
        given_bytes(p->path, broken, size);

        assert_null(journal_open(p->path, &p->err));
        assert_int_equal(p->err.kind, ERROR_LOCAL);
        assert_non_null(strstr(p->err.hint, "pairs both sides again and deletes nothing"));
        after = contents(p->path, &size_after);
        assert_int_equal(size_after, size);
        assert_memory_equal(after, broken, size);
        free(after);
        free(broken);
    }
    given_bytes(p->path, bytes, size / 2);
    assert_null(journal_open(p->path, &p->err));
    given_bytes(p->path, bytes, 5000);
    assert_null(journal_open(p->path, &p->err));
    given_bytes(p->path, bytes, size);
    struct journal *journal = opened(p);
    assert_int_equal(messages_in(p, journal), 3000);
    journal_close(journal);
    free(bytes);
}

static void
damage_that_is_met_later_is_an_error_and_no_clean_close(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    int64_t *ids;
    size_t size, count;
    char *bytes;
    given_commit(p, journal, "INBOX", 3000);
    journal_close(journal);
    bytes = contents(p->path, &size);
    memset(bytes + size / 4 * 3, 0xa5, size - size / 4 * 3); /* behind the pages of the schema */
    given_bytes(p->path, bytes, size);

    journal = opened(p); /* closed cleanly: not looked through */
    assert_false(journal_message_ids(journal, 0, WHICH_WITH_BASE, &ids, &count, &p->err));
    assert_int_equal(p->err.kind, ERROR_LOCAL);
    assert_non_null(strstr(p->err.hint, "Move the file away"));
    journal_close(journal);
    free(bytes);
}

static void
all_steps_of_a_migration_are_made_or_none(void **state)
{
    static const char *const steps[] = {"CREATE TABLE a (x); INSERT INTO a VALUES (1)", "ALTER TABLE a ADD COLUMN y",
                                        "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)"};
    struct place *p = *state;
    struct journal journal = {.path = p->path};
    int64_t number = 0;
    int version = 4711;
    assert_int_equal(sqlite3_open(":memory:", &journal.db), SQLITE_OK);

    assert_true(schema_version(&journal, 3, &version, &p->err));
    assert_int_equal(version, 0);
    assert_true(schema_migrate(&journal, steps, 0, 1, &p->err));
    assert_true(schema_version(&journal, 3, &version, &p->err));
    assert_int_equal(version, 1);
    assert_false(schema_migrate(&journal, steps, 1, 3, &p->err));
    assert_int_equal(p->err.kind, ERROR_LOCAL);
    assert_true(schema_version(&journal, 3, &version, &p->err));
    assert_int_equal(version, 1);
    assert_false(sql_query(&journal, "SELECT count(y) FROM a", &number, "look", &p->err));
    assert_true(schema_migrate(&journal, steps, 1, 2, &p->err));
    assert_true(schema_migrate(&journal, steps, 2, 2, &p->err));
    assert_true(sql_query(&journal, "SELECT count(*) - count(y) FROM a", &number, "look", &p->err));
    assert_int_equal(number, 1);
    assert_false(schema_version(&journal, 1, &version, &p->err));

    assert_int_equal(sqlite3_close(journal.db), SQLITE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_no_database_is_refused_and_left_alone),
        TEST(a_database_of_another_program_is_refused_and_left_alone),
        TEST(a_newer_journal_is_refused_and_left_alone),
        TEST(what_is_no_regular_file_is_refused),
        TEST(damage_is_found_after_a_crash_before_anything_is_believed),
        TEST(damage_that_is_met_later_is_an_error_and_no_clean_close),
        TEST(all_steps_of_a_migration_are_made_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
