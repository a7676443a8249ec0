/* The journal's rows of POP messages, and the listing of a session beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/quarantine_rows.h"
#include "store/journal/quarantine.h"
#include "tests/unit/journal_pop_rows.h"

static void
every_column_of_a_row_comes_back_at_its_limits(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_pop row = {.state = POP_REMOVING,
                              .size = INT64_MAX,
                              .listed = INT64_MAX,
                              .has_header = true,
                              .has_kin = true,
                              .has_id = true,
                              .has_body = true,
                              .received_size = POP_RECEIVED_MAX,
                              .since = INT64_MIN,
                              .absent = INT64_MIN,
                              .missed = INT64_MAX,
                              .word = INT32_MAX,
                              .facts = UINT32_MAX,
                              .keep_days = INT32_MAX},
                       back;
    bool found;

    memset(row.uidl, 'u', sizeof row.uidl - 1);
    memset(row.base, 'b', sizeof row.base - 1);
    memset(row.hold, 'h', sizeof row.hold - 1);
    memset(row.why, 'w', sizeof row.why - 1);
    memset(row.header, 7, DIGEST_SIZE);
    memset(row.kin, 8, DIGEST_SIZE);
    memset(row.message_id, 9, DIGEST_SIZE);
    memset(row.received, 10, POP_RECEIVED_MAX);
    memset(row.body, 11, DIGEST_SIZE);
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_pop_save(journal, &row, &p->err));
    assert_true(journal_commit(journal, &p->err));
    assert_true(journal_pop_get(journal, row.id, &back, &found, &p->err) && found);
    assert_memory_equal(&back, &row, sizeof row);

    row.has_header = row.has_kin = row.has_id = row.has_body = false;
    memset(row.header, 0, DIGEST_SIZE);
    memset(row.kin, 0, DIGEST_SIZE);
    memset(row.message_id, 0, DIGEST_SIZE);
    memset(row.body, 0, DIGEST_SIZE);
    memset(row.received, 0, sizeof row.received);
    row.received_size = 0;
    row.word = POP_NO_WORD;
    row.state = POP_FETCHING;
    row.keep_days = -1;
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_pop_save(journal, &row, &p->err));
    assert_true(journal_commit(journal, &p->err));
    assert_true(journal_pop_get(journal, row.id, &back, &found, &p->err) && found);
    assert_memory_equal(&back, &row, sizeof row);

    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_pop_delete(journal, row.id, &p->err));
    assert_false(journal_pop_save(journal, &row, &p->err)); /* there is nothing to update */
    assert_true(journal_commit(journal, &p->err));
    assert_true(journal_pop_get(journal, row.id, &back, &found, &p->err));
    assert_false(found);
    journal_close(journal);
}

static void
a_uidl_may_stand_in_several_rows_and_an_id_is_never_given_twice(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    int64_t one = given_row(p, journal, "x", POP_STORED, 1), two = given_row(p, journal, "x", POP_STORED, 1), *ids;
    size_t count;

    assert_true(journal_pop_by_uidl(journal, "x", &ids, &count, &p->err));
    assert_int_equal(count, 2);
    assert_true(ids[0] == one && ids[1] == two);
    free(ids);

    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_pop_delete(journal, two, &p->err));
    assert_true(journal_commit(journal, &p->err));
    assert_true(given_row(p, journal, "y", POP_STORED, 1) > two);
    journal_close(journal);
}

static void
due_is_what_is_stored_or_being_removed_and_old_enough(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    int64_t stored = given_row(p, journal, "a", POP_STORED, 1), removing = given_row(p, journal, "b", POP_REMOVING, 1);
    int64_t *ids;
    size_t count;

    given_row(p, journal, "c", POP_FETCHING, 0);
    given_row(p, journal, "d", POP_HAD, 0);
    assert_true(journal_pop_due(journal, 30, 1000000000 + 30 * 86400, &ids, &count, &p->err));
    assert_int_equal(count, 2);
    assert_true(ids[0] == stored && ids[1] == removing);
    free(ids);
    assert_true(journal_pop_due(journal, 30, 1000000000 + 30 * 86400 - 1, &ids, &count, &p->err));
    assert_int_equal(count, 0);
    free(ids);
    journal_close(journal);
}

static void
a_journal_of_version_1_gets_the_new_table_and_keeps_its_mail(void **state)
{
    struct place *p = *state;
    struct journal *journal;
    char stamp[128];

    assert_int_equal(mkdir(p->folder, 0700), 0);
    given_sql(p, schema_steps[0]);
    text_print(stamp, sizeof stamp,
               "PRAGMA application_id = %d; PRAGMA user_version = 1; INSERT INTO meta VALUES ('clean', '1')",
               SCHEMA_APPLICATION);
    given_sql(p, stamp);
    given_sql(p, "INSERT INTO mailbox VALUES (1, 'INBOX', NULL, 'INBOX', 0, 0, 0, 0, 0, 0, 0, 0, '');"
                 "INSERT INTO message VALUES (1, 1, 7, NULL, '', 5, 0, NULL, NULL, 0, 0, 0, 0, 0, NULL, '', 0)");

    journal = opened(p);

    assert_int_equal(messages_in(p, journal), 1);
    assert_int_equal(rows_in(p, journal, 0), 0);
    given_row(p, journal, "u1", POP_STORED, 1);
    journal_close(journal);
    journal = opened(p);
    assert_int_equal(rows_in(p, journal, POP_STORED), 1);
    journal_close(journal);
}

/* What was held before there were lists of their own is released by the ID that people were shown. */
static void
what_an_older_journal_holds_stands_on_its_list(void **state)
{
    struct place *p = *state;
    struct journal *journal;
    int64_t *ids;
    size_t count;
    char stamp[128];

    assert_int_equal(mkdir(p->folder, 0700), 0);
    given_sql(p, schema_steps[0]);
    given_sql(p, schema_steps[1]);
    text_print(stamp, sizeof stamp,
               "PRAGMA application_id = %d; PRAGMA user_version = 2; INSERT INTO meta VALUES ('clean', '1')",
               SCHEMA_APPLICATION);
    given_sql(p, stamp);
    given_sql(
        p,
        "INSERT INTO pending VALUES (1, 7, 2, 'remove-there', 'too many', 100, 'aaaa'),"
        " (1, 8, 1, 'upload', 'policy', 100, ''), (1, 0, 8, '', 'gone', 100, '');"
        "INSERT INTO pop VALUES (9, 'u', 2, 1, NULL, '', 5, 3, 'bbbb', ''), (10, 'v', 2, 1, NULL, '', 5, 3, '', '')");

    journal = opened(p);

    assert_true(journal_hold_ids(journal, HOLD_REMOVALS, NULL, &ids, &count, &p->err));
    assert_int_equal(count, 2);
    assert_true(ids[0] == 7 && ids[1] == 9);
    free(ids);
    assert_true(journal_hold_ids(journal, HOLD_REMOVALS, "bbbb", &ids, &count, &p->err));
    assert_int_equal(count, 1);
    free(ids);
    journal_close(journal);
}

static void
a_journal_of_version_2_keeps_its_quarantine_and_the_dates_in_it(void **state)
{
    struct place *p = *state;
    struct journal_quarantined *list;
    char stamp[128];
    size_t count;

    assert_int_equal(mkdir(p->folder, 0700), 0);
    given_sql(p, schema_steps[0]);
    given_sql(p, schema_steps[1]);
    text_print(stamp, sizeof stamp,
               "PRAGMA application_id = %d; PRAGMA user_version = 2; INSERT INTO meta VALUES ('clean', '1')",
               SCHEMA_APPLICATION);
    given_sql(p, stamp);
    given_sql(p, "INSERT INTO quarantine VALUES ('q', 'INBOX', 'b', 'n', 7, 'deleted on the server', 1600000000, 5)");

    struct journal *journal = opened(p);

    list = quarantine_rows(journal, INT64_MAX, &count);
    assert_int_equal(count, 1);
    assert_int_equal(list[0].since, 1600000000);
    assert_int_equal(list[0].counted, 1600000000);
    assert_string_equal(list[0].name, "q");
    assert_string_equal(list[0].info, "n");
    assert_true(list[0].uid == 7 && list[0].size == 5 && !list[0].has_wire && !list[0].has_details);
    free(list);
    journal_close(journal);
}

static void
a_journal_of_version_3_gets_mailboxes_whose_lists_and_counts_agree(void **state)
{
    struct place *p = *state;
    struct journal_mailbox *list;
    char stamp[128];
    size_t count;

    assert_int_equal(mkdir(p->folder, 0700), 0);
    for (int i = 0; i < 3; i++)
        given_sql(p, schema_steps[i]);
    text_print(stamp, sizeof stamp,
               "PRAGMA application_id = %d; PRAGMA user_version = 3; INSERT INTO meta VALUES ('clean', '1')",
               SCHEMA_APPLICATION);
    given_sql(p, stamp);
    given_sql(
        p, "INSERT INTO mailbox (name, folder, separator, attributes, state, uidvalidity, uidnext, messages, modseq, "
           "permanent, stamp) VALUES ('INBOX', 'INBOX', 46, 0, 0, 7, 9, 5, 3, 31, '1')");

    struct journal *journal = opened(p);

    assert_true(journal_mailboxes(journal, &list, &count, &p->err));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].uidnext, 9);
    assert_int_equal(list[0].uneven, 0);
    assert_true(list[0].excess == 0 && list[0].hidden == 0 && list[0].unjudged == 0 && list[0].weighed == 0);
    journal_mailboxes_free(list, count);
    journal_close(journal);
}

static void
a_journal_of_version_6_has_no_messages_in_other_bytes(void **state)
{
    struct place *p = *state;
    char stamp[128];
    uint64_t foreign = 4711;

    assert_int_equal(mkdir(p->folder, 0700), 0);
    for (int i = 0; i < 6; i++)
        given_sql(p, schema_steps[i]);
    text_print(stamp, sizeof stamp,
               "PRAGMA application_id = %d; PRAGMA user_version = 6; INSERT INTO meta VALUES ('clean', '1')",
               SCHEMA_APPLICATION);
    given_sql(p, stamp);

    struct journal *journal = opened(p);

    assert_true(journal_message_count(journal, 0, WHICH_FOREIGN, &foreign, &p->err));
    assert_int_equal(foreign, 0);
    assert_int_equal(messages_in(p, journal), 0);
    journal_close(journal);
}

static void
a_reader_sees_a_journal_of_version_1_without_changing_it(void **state)
{
    struct place *p = *state;
    char stamp[128];
    bool missing;
    size_t before, after;

    assert_int_equal(mkdir(p->folder, 0700), 0);
    given_sql(p, schema_steps[0]);
    text_print(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = 1", SCHEMA_APPLICATION);
    given_sql(p, stamp);
    char *old = contents(p->path, &before);

    struct journal *journal = journal_open_read(p->path, &missing, &p->err);

    assert_non_null(journal);
    assert_int_equal(rows_in(p, journal, 0), 0);
    journal_close(journal);
    char *now = contents(p->path, &after);
    assert_true(before == after && memcmp(old, now, before) == 0);
    free(old);
    free(now);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_column_of_a_row_comes_back_at_its_limits),
        TEST(a_uidl_may_stand_in_several_rows_and_an_id_is_never_given_twice),
        TEST(due_is_what_is_stored_or_being_removed_and_old_enough),
        TEST(a_journal_of_version_1_gets_the_new_table_and_keeps_its_mail),
        TEST(a_journal_of_version_2_keeps_its_quarantine_and_the_dates_in_it),
        TEST(a_journal_of_version_3_gets_mailboxes_whose_lists_and_counts_agree),
        TEST(a_journal_of_version_6_has_no_messages_in_other_bytes),
        TEST(what_an_older_journal_holds_stands_on_its_list),
        TEST(a_reader_sees_a_journal_of_version_1_without_changing_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
