/* A journal of the schema before this one: what it knew is known, whoever looks at it meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/journal_place.h"

#define BEFORE 13

static const char rows[] =
    "INSERT INTO mailbox (id, name, wire, folder, separator, attributes, state, uidvalidity, uidnext, messages, "
    "modseq, permanent, stamp)"
    " VALUES (1, 'INBOX', 'INBOX', 'INBOX', 47, 0, 0, 7, 9, 1, 3, 63, 'stamp');"
    "INSERT INTO message VALUES (5, 1, 8, 'base', 'c:2,S', 5, 0, zeroblob(32), NULL, 1, 1, 1, 1, 0, NULL, '$Junk', 0);"
    "INSERT INTO op (id, kind, mailbox, message, target, uidvalidity, uidnext, canonical, size, date, attempt, since, "
    "name, seen)"
    " VALUES (3, 1, 1, 5, 0, 7, 8, zeroblob(32), 5, 1, 2, 100, 'n', 4), (9, 5, 1, 5, 0, 0, 0, zeroblob(32), 5, 1, 0, "
    "100, 'q', 0);"
    "INSERT INTO meta VALUES ('clean', '1');";

/* As the version before left it. */
static void
given_journal_before(struct place *p)
{
    sqlite3 *db;
    char stamp[128];

    assert_int_equal(mkdir(p->folder, 0700), 0);
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    for (int i = 0; i < BEFORE; i++)
        assert_int_equal(sqlite3_exec(db, schema_steps[i], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, rows, NULL, NULL, NULL), SQLITE_OK);
    text_print(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d; PRAGMA journal_mode = wal",
               SCHEMA_APPLICATION, BEFORE);
    assert_int_equal(sqlite3_exec(db, stamp, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
assert_known(struct place *p, struct journal *journal)
{
    struct journal_mailbox *list;
    struct journal_message message;
    struct journal_op *ops;
    size_t count;
    bool found;

    assert_non_null(journal);
    assert_true(journal_mailboxes(journal, &list, &count, &p->err));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].uidnext, 9);
    assert_string_equal(list[0].stamp, "stamp");
    assert_string_equal(list[0].objectid, "");
    assert_null(list[0].goal);
    assert_null(list[0].goal_there);
    journal_mailboxes_free(list, count);
    assert_true(journal_message_get(journal, 5, &message, &found, &p->err));
    assert_true(found && journal_message_is_clean(&message)); /* nothing is to be done again because of the upgrade */
    assert_string_equal(message.keywords, "$Junk");
    assert_true(journal_ops(journal, &ops, &count, &p->err));
    assert_int_equal(count, 2);
    assert_true(ops[0].id == 3 && ops[0].kind == OP_UPLOAD && ops[0].attempt == 2 && ops[0].seen == 4);
    assert_true(ops[1].id == 9 && ops[1].kind == OP_REMOVE_LOCAL && ops[1].message == 5);
    assert_string_equal(ops[1].name, "q");
    free(ops);
}

static void
mailboxes_messages_and_intents_are_kept(void **state)
{
    struct place *p = *state;
    struct journal *journal;
    struct journal_op op;
    bool found;

    given_journal_before(p);
    journal = opened(p);

    assert_known(p, journal);
    assert_true(journal_op_of(journal, 5, &op, &found, &p->err));
    assert_true(found && op.id == 3);
    journal_close(journal);
    journal = opened(p);
    assert_known(p, journal);
    assert_int_equal(journal_changes(journal), 0);
    journal_close(journal);
}

static void
who_only_reads_changes_nothing_and_knows_the_same(void **state)
{
    struct place *p = *state;
    size_t size, size_after;
    char *before, *after;
    struct journal *journal;
    bool missing;

    given_journal_before(p);
    before = contents(p->path, &size);

    journal = journal_open_read(p->path, &missing, &p->err);
    assert_known(p, journal);
    journal_close(journal);
    journal = journal_open_copy(p->path, &p->err);
    assert_known(p, journal);
    journal_close(journal);

    after = contents(p->path, &size_after);
    assert_int_equal(size_after, size);
    assert_memory_equal(after, before, size);
    free(before);
    free(after);
}

static void
a_reader_beside_the_upgrade_knows_the_same_before_and_after(void **state)
{
    struct place *p = *state;
    struct journal *early, *late, *writer;
    bool missing;
    sqlite3 *db;

    given_journal_before(p);
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, schema_steps[BEFORE], NULL, NULL, NULL), SQLITE_OK); /* and not committed */

    early = journal_open_read(p->path, &missing, &p->err);
    assert_known(p, early);
    assert_int_equal(sqlite3_close(db), SQLITE_OK); /* the upgrade died */
    late = journal_open_read(p->path, &missing, &p->err);
    assert_known(p, late);
    writer = opened(p);
    assert_known(p, writer);
    assert_known(p, early);
    assert_known(p, late);

    journal_close(early);
    journal_close(late);
    journal_close(writer);
}

static void
which_mailbox_it_is_and_where_it_is_to_stand_are_kept(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_mailbox mailbox = {.name = (char *)"A",
                                      .folder = (char *)"A",
                                      .goal = (char *)"B",
                                      .goal_there = (char *)"C"},
                           *list;
    size_t count;

    memset(mailbox.objectid, 'x', REMOTE_OBJECTID_MAX);
    for (int i = 0; i < 2; i++) {
        assert_true(journal_begin(journal, &p->err));
        assert_true(journal_mailbox_save(journal, &mailbox, &p->err));
        assert_true(journal_commit(journal, &p->err));
        assert_true(journal_mailboxes(journal, &list, &count, &p->err));
        assert_int_equal(count, 1);
        assert_int_equal(strlen(list[0].objectid), REMOTE_OBJECTID_MAX);
        assert_true(i == 0 ? strcmp(list[0].goal, "B") == 0 : list[0].goal == NULL);
        assert_true(i == 0 ? strcmp(list[0].goal_there, "C") == 0 : list[0].goal_there == NULL);
        journal_mailboxes_free(list, count);
        mailbox.goal = mailbox.goal_there = NULL;
    }
    journal_close(journal);
}

static void
two_mailboxes_exchange_their_names_in_one_transaction(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_mailbox one = {.name = (char *)"A", .folder = (char *)"A"},
                           other = {.name = (char *)"B", .folder = (char *)"B"}, *list;
    size_t count;

    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_mailbox_save(journal, &one, &p->err));
    assert_true(journal_mailbox_save(journal, &other, &p->err));
    assert_true(journal_commit(journal, &p->err));
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_mailbox_unname(journal, one.id, &p->err));
    assert_true(journal_mailbox_unname(journal, other.id, &p->err));
    one.name = (char *)"B";
    other.name = (char *)"A";
    assert_true(journal_mailbox_save(journal, &one, &p->err));
    assert_true(journal_mailbox_save(journal, &other, &p->err));
    assert_true(journal_commit(journal, &p->err));

    assert_true(journal_mailboxes(journal, &list, &count, &p->err));
    assert_int_equal(count, 2);
    assert_string_equal(list[0].name, "A");
    assert_string_equal(list[0].folder, "B");
    journal_mailboxes_free(list, count);
    journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mailboxes_messages_and_intents_are_kept),
        TEST(which_mailbox_it_is_and_where_it_is_to_stand_are_kept),
        TEST(two_mailboxes_exchange_their_names_in_one_transaction),
        TEST(who_only_reads_changes_nothing_and_knows_the_same),
        TEST(a_reader_beside_the_upgrade_knows_the_same_before_and_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
