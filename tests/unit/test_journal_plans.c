/* How SQLite finds what is asked for: sets of messages of which there are hardly any are not looked for among all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/journal/internal.h"
#include "tests/unit/journal_scene.h"

/* The index that a set of one mailbox is found by. The others are as large as the mailbox, or are what was never asked of a large one. */
static const char *const indexes[WHICH_SETS] = {
    [WHICH_DIRTY] = "message_dirty",     [WHICH_ALIAS] = "message_twin",       [WHICH_DRAFT] = "message_draft",
    [WHICH_UNREAD] = "message_dirty",    [WHICH_FILE_ALONE] = "message_dirty", [WHICH_UID_ALONE] = "message_dirty",
    [WHICH_UID_LEFT] = "message_dirty",  [WHICH_NOWHERE] = "message_dirty",    [WHICH_FRESH] = "message_dirty",
    [WHICH_BUT_FRESH] = "message_dirty", [WHICH_DELETED] = "message_deleted",  [WHICH_GONE] = "message_dirty",
};

static void
plan_of(sqlite3_stmt *statement, struct buffer *plan)
{
    struct buffer sql = buffer_new(8192);
    sqlite3_stmt *explain = NULL;

    assert_non_null(statement);
    assert_true(buffer_addf(&sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(statement)));
    assert_int_equal(sqlite3_prepare_v2(sqlite3_db_handle(statement), sql.at, -1, &explain, NULL), SQLITE_OK);
    buffer_clear(plan);
    while (sqlite3_step(explain) == SQLITE_ROW)
        assert_true(buffer_addf(plan, "%s;", (const char *)sqlite3_column_text(explain, 3)));
    (void)sqlite3_finalize(explain);
    buffer_free(&sql);
}

static void
assert_found_by(sqlite3_stmt *statement, const char *index)
{
    struct buffer plan = buffer_new(8192);
    char wanted[64];

    plan_of(statement, &plan);
    assert_true(text_print(wanted, sizeof wanted, "INDEX %s ", index));
    if (strstr(plan.at, wanted) == NULL)
        fail_msg("not by %s: %s: %s", index, sqlite3_sql(statement), plan.at);
    buffer_free(&plan);
}

static void
small_sets_of_a_mailbox_are_found_by_their_own_indexes(void **state)
{
    struct scene *s = *state;

    for (unsigned which = 0; which < WHICH_SETS; which++) {
        int64_t *ids;
        size_t count;
        uint64_t number;

        if (indexes[which] == NULL)
            continue;
        assert_true(journal_message_ids(s->journal, s->mailbox, which, &ids, &count, &s->err));
        free(ids);
        /* Those without UID are first among the UIDs, in their order, and all of them are dirty. */
        assert_found_by(s->journal->statements[SQL_MESSAGE_IDS + 2 * which],
                        which == WHICH_FILE_ALONE || which == WHICH_NOWHERE ? "message_uid" : indexes[which]);
        assert_true(journal_message_count(s->journal, s->mailbox, which, &number, &s->err));
        assert_found_by(s->journal->statements[SQL_MESSAGE_COUNT + 2 * which], indexes[which]);
    }
}

static void
new_mail_there_is_walked_in_the_order_in_which_it_is_found(void **state)
{
    struct scene *s = *state;
    struct buffer plan = buffer_new(8192);
    struct journal_fresh *fresh;
    struct journal_fresh_sum *sums;
    size_t count;
    int64_t *ids;

    assert_true(journal_fresh(s->journal, s->mailbox, 100, 10, &fresh, &count, &s->err));
    free(fresh);
    assert_true(journal_fresh_sums(s->journal, 100, &sums, &count, &s->err));
    free(sums);
    assert_true(journal_message_ids(s->journal, 0, WHICH_BUT_FRESH, &ids, &count, &s->err));
    free(ids);
    assert_found_by(s->journal->statements[SQL_MESSAGE_FRESH], "message_dirty");
    plan_of(s->journal->statements[SQL_MESSAGE_FRESH_SUMS], &plan);
    assert_string_equal(plan.at, "SCAN message USING INDEX message_dirty;");
    plan_of(s->journal->statements[SQL_MESSAGE_IDS + 2 * WHICH_BUT_FRESH + 1], &plan);
    assert_string_equal(plan.at, "SCAN message USING INDEX message_dirty;");
    buffer_free(&plan);
}

static void
given_fresh(struct scene *s, int64_t mailbox, uint32_t uid, uint64_t size, unsigned facts)
{
    struct journal_message message = {.mailbox = mailbox, .uid = uid, .size = size, .facts = facts};

    assert_true(journal_message_save(s->journal, &message, &s->err));
}

static void
new_mail_there_comes_in_pieces_the_newest_first_and_nothing_else_with_it(void **state)
{
    struct scene *s = *state;
    const int64_t other = given_mailbox(s, "Work");
    struct journal_fresh *fresh;
    struct journal_fresh_sum *sums;
    size_t count;

    (void)given_message(s, paired(s->mailbox, 1));
    for (uint32_t uid = 2; uid <= 6; uid++)
        given_fresh(s, s->mailbox, uid, uid == 6 ? (uint64_t)INT64_MAX : 100, 0);
    given_fresh(s, s->mailbox, UINT32_MAX, INT64_MAX, 0);
    given_fresh(s, s->mailbox, 7, 100, FACT_GONE_THERE);
    given_fresh(s, other, 8, 100, 0);

    assert_true(journal_fresh(s->journal, s->mailbox, UINT64_C(1) << 32, 3, &fresh, &count, &s->err));
    assert_int_equal(count, 3);
    assert_true(fresh[0].uid == UINT32_MAX && fresh[1].uid == 6 && fresh[2].uid == 5);
    free(fresh);
    assert_true(journal_fresh(s->journal, s->mailbox, 5, 10, &fresh, &count, &s->err));
    assert_int_equal(count, 3);
    assert_true(fresh[0].uid == 4 && fresh[2].uid == 2);
    free(fresh);
    assert_true(journal_fresh_sums(s->journal, 1000, &sums, &count, &s->err));
    assert_int_equal(count, 2);
    assert_true(sums[0].mailbox == s->mailbox && sums[0].messages == 6 && sums[0].capped == 2400);
    assert_true(sums[0].bytes == INT64_MAX); /* more than that fits nowhere */
    assert_true(sums[1].mailbox == other && sums[1].messages == 1 && sums[1].bytes == 100);
    free(sums);
}

static bool
ignore(void *context, const struct journal_name *name)
{
    (void)context;
    (void)name;
    return true;
}

static void
names_of_a_mailbox_that_is_most_of_the_account_are_read_as_they_lie(void **state)
{
    struct scene *s = *state;
    struct buffer plan = buffer_new(8192);

    for (uint32_t uid = 1; uid <= 10; uid++)
        (void)given_message(s, paired(s->mailbox, uid));
    assert_true(journal_names(s->journal, s->mailbox, 10, ignore, NULL, &s->err));
    plan_of(s->journal->statements[SQL_MESSAGE_NAMES_AS_THEY_LIE], &plan);
    assert_string_equal(plan.at, "SCAN message;");
    assert_true(journal_names(s->journal, s->mailbox, 4, ignore, NULL, &s->err));
    assert_found_by(s->journal->statements[SQL_MESSAGE_NAMES], "message_uid");
    buffer_free(&plan);
}

static void
one_message_is_found_by_an_index(void **state)
{
    struct scene *s = *state;
    struct journal_message message;
    struct journal_op op = {.kind = OP_UPLOAD, .mailbox = s->mailbox, .message = 1};
    bool found;

    assert_true(journal_op_add(s->journal, &op, &s->err));
    assert_true(journal_message_by_uid(s->journal, s->mailbox, 4711, &message, &found, &s->err));
    assert_true(journal_message_by_base(s->journal, s->mailbox, "none", &message, &found, &s->err));
    assert_true(journal_op_of(s->journal, 4711, &op, &found, &s->err));
    assert_found_by(s->journal->statements[SQL_MESSAGE_BY_UID], "message_uid");
    assert_found_by(s->journal->statements[SQL_MESSAGE_BY_BASE], "message_base");
    assert_found_by(s->journal->statements[SQL_OP_OF], "op_message");
    assert_found_by(s->journal->statements[SQL_OP_OF], "op_target");
}

/* A sort begins with a table of its own, which costs more than all else; an upload of thousands asks for each. */
static void
an_intent_is_found_without_a_sort(void **state)
{
    struct scene *s = *state;
    struct buffer plan = buffer_new(8192);
    struct journal_op op = {.kind = OP_UPLOAD, .mailbox = s->mailbox, .message = 1};
    bool found;

    assert_true(journal_op_add(s->journal, &op, &s->err));
    assert_true(journal_op_of(s->journal, 4711, &op, &found, &s->err));
    assert_true(journal_op_sent(s->journal, "INBOX", op.canonical, &op, &found, &s->err));
    for (unsigned which = SQL_OP_OF; which <= SQL_OP_SENT; which++) {
        plan_of(s->journal->statements[which], &plan);
        if (strstr(plan.at, "TEMP B-TREE") != NULL || strstr(plan.at, "SCAN") != NULL)
            fail_msg("%s: %s", sqlite3_sql(s->journal->statements[which]), plan.at);
    }
    assert_found_by(s->journal->statements[SQL_OP_SENT], "op_message");
    buffer_free(&plan);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(small_sets_of_a_mailbox_are_found_by_their_own_indexes),
        TEST(names_of_a_mailbox_that_is_most_of_the_account_are_read_as_they_lie),
        TEST(new_mail_there_is_walked_in_the_order_in_which_it_is_found),
        TEST(new_mail_there_comes_in_pieces_the_newest_first_and_nothing_else_with_it),
        TEST(one_message_is_found_by_an_index),
        TEST(an_intent_is_found_without_a_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
