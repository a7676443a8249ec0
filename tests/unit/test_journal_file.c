/* The journal on disk: modes, crashes, full disks, other programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/journal_place.h"

static void
assert_mode(const char *path, mode_t mode)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static void
the_folder_and_all_files_are_the_users_alone(void **state)
{
    struct place *p = *state;
    mode_t old = umask(0);
    struct journal *journal = opened(p);

    given_commit(p, journal, "INBOX", 1);
    umask(old);

    assert_mode(p->folder, 0700);
    assert_mode(p->path, 0600);
    assert_mode(sibling(p, "-wal"), 0600);
    assert_mode(sibling(p, "-shm"), 0600);
    journal_close(journal);
    assert_int_equal(entries(p->folder), 1);

    assert_int_equal(chmod(p->path, 0644), 0);
    journal_close(opened(p));
    assert_mode(p->path, 0600);
}

static void
a_folder_without_a_parent_is_not_made(void **state)
{
    struct place *p = *state;

    text_print(p->path, sizeof p->path, "%s/no/journal.db", p->folder);

    assert_null(journal_open(p->path, &p->err));
    assert_int_equal(p->err.kind, ERROR_LOCAL);
    assert_string_equal(p->err.answer, "No such file or directory");
    assert_int_equal(entries(p->root), 1); /* tmp */
}

static void
what_was_committed_is_there_again(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);

    given_commit(p, journal, "INBOX", 3);
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_set(journal, "lost", "yes", &p->err));
    journal_close(journal); /* rolls back */

    journal = opened(p);
    char *value;
    assert_int_equal(messages_in(p, journal), 3);
    assert_true(journal_get(journal, "lost", &value, &p->err));
    assert_null(value);
    assert_true(journal_get(journal, "clean", &value, &p->err));
    assert_string_equal(value, "1");
    free(value);
    journal_close(journal);
}

static void
every_commit_of_a_killed_run_is_there_again(void **state)
{
    struct place *p = *state;

    given_killed_run(p, "INBOX", 3);
    given_killed_run(p, "other", 4);

    struct journal *journal = opened(p);
    char *value;
    assert_int_equal(messages_in(p, journal), 7);
    assert_true(journal_get(journal, "clean", &value, &p->err));
    assert_string_equal(value, "0");
    free(value);
    journal_close(journal);
    journal = opened(p);
    assert_true(journal_get(journal, "clean", &value, &p->err));
    assert_string_equal(value, "1");
    free(value);
    journal_close(journal);
}

static void
a_run_that_changes_nothing_writes_nothing(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    size_t size, size_after;
    char *before, *after;
    journal_close(journal);
    before = contents(p->path, &size);

    journal = opened(p);
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_commit(journal, &p->err));
    assert_int_equal(journal_changes(journal), 0);
    journal_close(journal);

    after = contents(p->path, &size_after);
    assert_int_equal(size_after, size);
    assert_memory_equal(after, before, size);
    free(before);
    free(after);
}

static void
changes_are_counted_without_the_bookkeeping(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);

    given_commit(p, journal, "INBOX", 3);

    assert_int_equal(journal_changes(journal), 4);
    journal_close(journal);
}

static void
a_full_disk_undoes_the_transaction_and_says_so(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    int64_t mailbox = given_commit(p, journal, "INBOX", 3);
    bool saved = true;
    assert_int_equal(sqlite3_exec(journal->db, "PRAGMA max_page_count = 40", NULL, NULL, NULL), SQLITE_OK);

    assert_true(journal_begin(journal, &p->err));
    for (uint32_t uid = 10; saved && uid < 5000; uid++) {
        struct journal_message message = {.mailbox = mailbox, .uid = uid};

        saved = journal_message_save(journal, &message, &p->err);
    }
    assert_false(saved);
    assert_int_equal(p->err.kind, ERROR_LOCAL);
    assert_non_null(strstr(p->err.hint, "Make room"));
    journal_rollback(journal);

    assert_int_equal(messages_in(p, journal), 3);
    journal_close(journal);
}

static void
a_journal_that_another_holds_says_so(void **state)
{
    struct place *p = *state;
    struct journal *first = opened(p), *second = opened(p);
    assert_int_equal(sqlite3_busy_timeout(second->db, 0), SQLITE_OK);

    assert_true(journal_begin(first, &p->err));
    assert_false(journal_begin(second, &p->err));
    assert_non_null(strstr(p->err.hint, "Another program"));

    journal_close(first);
    assert_true(journal_begin(second, &p->err));
    journal_close(second);
}

static void
planning_and_pairing_never_read_the_whole_table(void **state)
{
    static const struct {
        const char *sql, *index;
    } rows[] = {
        {"SELECT id FROM message WHERE mailbox = 1 AND dirty = 1 ORDER BY mailbox, uid, id", "message_dirty "},
        {"SELECT id FROM message WHERE dirty = 1 ORDER BY mailbox, uid, id", "message_dirty"},
        {"SELECT id FROM message WHERE size = 1 AND dirty = 1 ORDER BY id", "message_dirty_size "},
        {"SELECT id FROM message WHERE wire = x'00' ORDER BY id", "message_wire "},
        {"SELECT id FROM message WHERE mailbox = 1 ORDER BY mailbox, uid, id", "message_uid "},
        {"SELECT id FROM message WHERE mailbox = 1 AND base = 'x'", "message_base "},
        {"SELECT max(uid) FROM message WHERE mailbox = 1", "message_uid "},
        {"SELECT count(*) FROM message WHERE mailbox = 1 AND uid IS NOT NULL", "COVERING INDEX message_uid "},
        {"SELECT count(*) FROM message WHERE mailbox = 1 AND base IS NOT NULL", "COVERING INDEX message_base "},
        {"UPDATE message SET twin = NULL, dirty = 1 WHERE twin = 1", "message_twin "},
        {"DELETE FROM pending WHERE message = 1 AND message <> 0", "pending_message "},
    };
    struct place *p = *state;
    struct journal *journal = opened(p);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sql[200], plan[2000] = "";
        sqlite3_stmt *statement;

        text_print(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", rows[i].sql);
        assert_int_equal(sqlite3_prepare_v2(journal->db, sql, -1, &statement, NULL), SQLITE_OK);
        while (sqlite3_step(statement) == SQLITE_ROW)
            text_print(plan + strlen(plan), sizeof plan - strlen(plan), "%s; ", sqlite3_column_text(statement, 3));
        sqlite3_finalize(statement);
        if (strstr(plan, rows[i].index) == NULL || strstr(plan, "TEMP B-TREE") != NULL)
            fail_msg("%s: %s", rows[i].sql, plan);
    }
    journal_close(journal);
}

static int
count_step(void *context)
{
    ++*(uint64_t *)context;
    return 0;
}

/* An upload of thousands asks for the intent of each. */
static void
an_intent_is_found_without_a_look_at_the_others(void **state)
{
    enum { OPS = 2000 };
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_mailbox mailbox = {.name = (char *)"INBOX", .folder = (char *)"INBOX", .permanent = FLAG_ALL};
    struct journal_op op = {.kind = OP_UPLOAD};
    uint64_t steps = 0;
    bool found;

    assert_true(journal_begin(journal, &p->err) && journal_mailbox_save(journal, &mailbox, &p->err));
    op.mailbox = mailbox.id;
    for (op.message = 1; op.message <= OPS; op.message++)
        assert_true(journal_op_add(journal, &op, &p->err));
    sqlite3_progress_handler(journal->db, 1, count_step, &steps);
    assert_true(journal_op_of(journal, OPS, &op, &found, &p->err) && found && op.message == OPS);
    assert_true(journal_op_sent(journal, "a", op.canonical, &op, &found, &p->err) && !found);
    sqlite3_progress_handler(journal->db, 0, NULL, NULL);

    assert_true(steps < OPS);
    journal_close(journal);
}

/* A removal of thousands has an intent for each until the server has answered. */
static void
a_message_is_deleted_without_a_look_at_the_intents_of_others(void **state)
{
    enum { ROWS = 1000, LIMIT = 5 * ROWS };
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_mailbox mailbox = {.name = (char *)"INBOX", .folder = (char *)"INBOX", .permanent = FLAG_ALL};
    struct journal_message message = {0};
    struct journal_op op = {.kind = OP_REMOVE_REMOTE};
    uint64_t steps = 0;

    assert_true(journal_begin(journal, &p->err) && journal_mailbox_save(journal, &mailbox, &p->err));
    for (uint32_t uid = 1; uid <= ROWS; uid++) {
        message = (struct journal_message){.mailbox = mailbox.id, .uid = uid};
        assert_true(journal_message_save(journal, &message, &p->err));
        op = (struct journal_op){.kind = OP_REMOVE_REMOTE, .mailbox = mailbox.id, .message = message.id};
        assert_true(journal_op_add(journal, &op, &p->err));
    }
    sqlite3_progress_handler(journal->db, 1, count_step, &steps);
    assert_true(journal_message_delete(journal, message.id, &p->err));
    sqlite3_progress_handler(journal->db, 0, NULL, NULL);

    assert_true(steps < LIMIT);
    journal_close(journal);
}

/* Every run over a changed mailbox asks for drafts, and for what is there. */
static void
where_there_are_no_drafts_nothing_is_read_to_find_them(void **state)
{
    enum { ROWS = 4000, GONE = 3 };
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_mailbox mailbox = {.name = (char *)"INBOX", .folder = (char *)"INBOX", .permanent = FLAG_ALL};
    uint64_t steps = 0, there, here;
    size_t drafts;
    int64_t *ids;

    assert_true(journal_begin(journal, &p->err) && journal_mailbox_save(journal, &mailbox, &p->err));
    for (uint32_t uid = 1; uid <= ROWS; uid++) {
        struct journal_message message = {.mailbox = mailbox.id, .uid = uid, .info = "c:2,S", .has_wire = true};

        message.facts = uid <= GONE ? FACT_GONE_THERE : uid == GONE + 1 ? FACT_GONE_HERE : 0;
        message.flags.rseen = uid == ROWS ? FLAG_DRAFT : FLAG_SEEN;
        text_print(message.base, sizeof message.base, "%u.golub", (unsigned)uid);
        assert_true(journal_message_save(journal, &message, &p->err));
    }
    sqlite3_progress_handler(journal->db, 1, count_step, &steps);
    assert_true(journal_message_ids(journal, mailbox.id, WHICH_DRAFT, &ids, &drafts, &p->err));
    sqlite3_progress_handler(journal->db, 0, NULL, NULL);
    free(ids);
    assert_int_equal(drafts, 1);
    assert_true(journal_message_count(journal, mailbox.id, WHICH_WITH_UID, &there, &p->err));
    assert_int_equal(there, ROWS - GONE);
    assert_true(journal_message_count(journal, mailbox.id, WHICH_WITH_BASE, &here, &p->err));
    assert_int_equal(here, ROWS - 1);
    assert_true(steps < 100);
    journal_close(journal);
}

static off_t
size_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* Removes the messages of this mailbox with these UIDs, as one run does. */
static void
when_removed(struct place *p, int64_t mailbox, uint32_t first, uint32_t last)
{
    struct journal *journal = opened(p);
    struct journal_message message;
    bool found;

    assert_true(journal_begin(journal, &p->err));
    for (uint32_t uid = first; uid <= last; uid++) {
        assert_true(journal_message_by_uid(journal, mailbox, uid, &message, &found, &p->err) && found);
        assert_true(journal_message_delete(journal, message.id, &p->err));
    }
    assert_true(journal_commit(journal, &p->err));
    journal_close(journal);
}

static void
a_journal_that_is_mostly_free_gives_the_room_back_and_keeps_its_rows(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_message before, after;
    bool found;
    off_t full, half;

    given_commit(p, journal, "INBOX", 30000);
    assert_true(journal_message_by_uid(journal, 1, 25000, &before, &found, &p->err) && found);
    journal_close(journal);
    full = size_of(p->path);
    assert_true(full > 1024 * 1024);

    when_removed(p, 1, 1, 10000); /* a third: it will be needed again */
    half = size_of(p->path);
    assert_int_equal(half, full);
    when_removed(p, 1, 10001, 20000);
    assert_true(size_of(p->path) < full / 2);

    journal = opened(p);
    assert_int_equal(messages_in(p, journal), 10000);
    assert_true(journal_message_by_uid(journal, 1, 25000, &after, &found, &p->err) && found);
    assert_true(after.id == before.id && strcmp(after.base, before.base) == 0);
    given_commit(p, journal, "Work", 1);
    assert_true(journal_message_by_uid(journal, 2, 1, &after, &found, &p->err) && found);
    assert_true(after.id > 30000); /* no number comes again */
    journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_folder_and_all_files_are_the_users_alone),
        TEST(a_folder_without_a_parent_is_not_made),
        TEST(what_was_committed_is_there_again),
        TEST(every_commit_of_a_killed_run_is_there_again),
        TEST(a_run_that_changes_nothing_writes_nothing),
        TEST(changes_are_counted_without_the_bookkeeping),
        TEST(a_full_disk_undoes_the_transaction_and_says_so),
        TEST(a_journal_that_another_holds_says_so),
        TEST(planning_and_pairing_never_read_the_whole_table),
        TEST(a_message_is_deleted_without_a_look_at_the_intents_of_others),
        TEST(an_intent_is_found_without_a_look_at_the_others),
        TEST(where_there_are_no_drafts_nothing_is_read_to_find_them),
        TEST(a_journal_that_is_mostly_free_gives_the_room_back_and_keeps_its_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
