/* Settings, intents, what is pending: and what goes when a message or mailbox goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/journal/pop.h"
#include "tests/unit/journal_scene.h"

static void
a_setting_comes_back_and_a_missing_one_is_null(void **state)
{
    struct scene *s = *state;
    char *value = NULL;

    assert_true(journal_set(s->journal, "nonce", "abc", &s->err));
    assert_true(journal_set(s->journal, "nonce", "", &s->err));
    assert_true(journal_set(s->journal, "user", "ana@example.org", &s->err));
    assert_true(journal_get(s->journal, "nonce", &value, &s->err));
    assert_string_equal(value, "");
    free(value);
    assert_true(journal_get(s->journal, "user", &value, &s->err));
    assert_string_equal(value, "ana@example.org");
    free(value);
    assert_true(journal_get(s->journal, "none", &value, &s->err));
    assert_null(value);
}

static void
every_column_of_an_intent_comes_back(void **state)
{
    struct scene *s = *state;
    struct journal_op op = {.kind = OP_MOVE,
                            .mailbox = s->mailbox,
                            .message = 11,
                            .target = 12,
                            .uidvalidity = UINT32_MAX,
                            .uidnext = UINT32_MAX - 1,
                            .size = INT64_MAX,
                            .date = -1,
                            .attempt = 3,
                            .since = INT64_MAX};
    struct journal_op got, *ops;
    bool found = false;
    size_t count;
    memset(op.canonical, 0xab, DIGEST_SIZE);
    memset(op.name, 'n', sizeof op.name - 1);

    assert_true(journal_op_add(s->journal, &op, &s->err));
    assert_true(op.id > 0);
    op.attempt = 4;
    assert_true(journal_op_save(s->journal, &op, &s->err));

    assert_true(journal_op_of(s->journal, 12, &got, &found, &s->err));
    assert_true(found);
    assert_true(got.id == op.id && got.mailbox == op.mailbox && got.message == 11 && got.target == 12);
    assert_int_equal(got.kind, OP_MOVE);
    assert_true(got.uidvalidity == UINT32_MAX && got.uidnext == UINT32_MAX - 1 && got.size == INT64_MAX);
    assert_true(got.date == -1 && got.since == INT64_MAX);
    assert_int_equal(got.attempt, 4);
    assert_memory_equal(got.canonical, op.canonical, DIGEST_SIZE);
    assert_string_equal(got.name, op.name);
    assert_true(journal_op_of(s->journal, 0, &got, &found, &s->err));
    assert_false(found);
    assert_true(journal_op_delete(s->journal, op.id, &s->err));
    assert_true(journal_ops(s->journal, &ops, &count, &s->err));
    assert_int_equal(count, 0);
    free(ops);
    assert_false(journal_op_save(s->journal, &op, &s->err)); /* gone: an intent is never lost silently */
}

static void
an_intent_is_that_of_the_row_that_waits_for_its_outcome(void **state)
{
    struct scene *s = *state;
    struct journal_op copy = {.kind = OP_COPY, .mailbox = s->mailbox, .message = 11, .target = 12};
    struct journal_op removal = {.kind = OP_REMOVE_REMOTE, .mailbox = s->mailbox, .message = 11};
    struct journal_op upload = {.kind = OP_UPLOAD, .mailbox = s->mailbox, .message = 13};
    struct journal_op got;
    bool found = true;
    assert_true(journal_op_add(s->journal, &copy, &s->err));

    assert_true(journal_op_of(s->journal, 11, &got, &found, &s->err)); /* only the source: it waits for nothing */
    assert_false(found);
    assert_true(journal_op_add(s->journal, &removal, &s->err));
    assert_true(journal_op_add(s->journal, &upload, &s->err));

    assert_true(journal_op_of(s->journal, 11, &got, &found, &s->err));
    assert_true(found && got.id == removal.id);
    assert_true(journal_op_of(s->journal, 12, &got, &found, &s->err));
    assert_true(found && got.id == copy.id);
    assert_true(journal_op_of(s->journal, 13, &got, &found, &s->err));
    assert_true(found && got.id == upload.id);
}

static void
what_was_sent_is_found_without_a_row_by_its_mailbox_and_its_bytes(void **state)
{
    struct scene *s = *state;
    struct journal_op sent = {.kind = OP_UPLOAD, .name = "Work", .since = 1}, got;
    unsigned char other[DIGEST_SIZE] = {1};
    bool found = false;
    memset(sent.canonical, 0xab, DIGEST_SIZE);
    assert_true(journal_op_add(s->journal, &sent, &s->err));
    sent.since = 2;
    assert_true(journal_op_add(s->journal, &sent, &s->err));

    assert_true(journal_op_sent(s->journal, "Work", sent.canonical, &got, &found, &s->err));
    assert_true(found && got.id == sent.id && got.since == 2);

    assert_true(journal_op_sent(s->journal, "Work", other, &got, &found, &s->err));
    assert_false(found);
    assert_true(journal_op_sent(s->journal, "work", sent.canonical, &got, &found, &s->err));
    assert_false(found);
    sent.message = 7; /* a row's own */
    sent.canonical[0] = 1;
    assert_true(journal_op_add(s->journal, &sent, &s->err));
    assert_true(journal_op_sent(s->journal, "Work", sent.canonical, &got, &found, &s->err));
    assert_false(found);
}

static void
what_is_pending_keeps_its_age_while_its_reason_stays(void **state)
{
    struct scene *s = *state;
    struct journal_pending pending = {.mailbox = s->mailbox,
                                      .message = 5,
                                      .kind = PENDING_HELD,
                                      .detail = "remove-here",
                                      .why = "first",
                                      .since = 100,
                                      .hold = "abcd"};
    struct journal_pending got;
    bool found;

    assert_true(journal_pending_set(s->journal, &pending, &s->err));
    pending.since = 200;
    text_print(pending.why, sizeof pending.why, "second");
    assert_true(journal_pending_set(s->journal, &pending, &s->err));
    assert_true(journal_pending_get(s->journal, s->mailbox, 5, &got, &found, &s->err));
    assert_true(found);
    assert_int_equal(got.since, 100);
    assert_string_equal(got.why, "second");
    assert_string_equal(got.detail, "remove-here");
    assert_string_equal(got.hold, "abcd");
    assert_int_equal(got.kind, PENDING_HELD);

    pending.kind = PENDING_REFUSED;
    assert_true(journal_pending_set(s->journal, &pending, &s->err));
    assert_true(journal_pending_get(s->journal, s->mailbox, 5, &got, &found, &s->err));
    assert_int_equal(got.since, 200);

    assert_true(journal_pending_clear(s->journal, s->mailbox, 5, &s->err));
    assert_true(journal_pending_clear(s->journal, s->mailbox, 5, &s->err));
    assert_true(journal_pending_get(s->journal, s->mailbox, 5, &got, &found, &s->err));
    assert_false(found);
}

static void
what_is_pending_is_listed_by_mailbox_and_message(void **state)
{
    struct scene *s = *state;
    static const int64_t rows[][2] = {{2, 9}, {2, 0}, {1, 7}, {1, 0}};
    struct journal_pending *list;
    size_t count;

    for (size_t i = 0; i < 4; i++) {
        struct journal_pending pending = {.mailbox = rows[i][0], .message = rows[i][1], .kind = PENDING_POLICY};

        assert_true(journal_pending_set(s->journal, &pending, &s->err));
    }
    assert_true(journal_pendings(s->journal, &list, &count, &s->err));

    assert_int_equal(count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(list[i].mailbox, rows[3 - i][0]);
        assert_int_equal(list[i].message, rows[3 - i][1]);
    }
    free(list);
}

static void
a_message_that_is_moved_takes_what_is_pending_along(void **state)
{
    struct scene *s = *state;
    int64_t other = given_mailbox(s, "other");
    struct journal_message message = given_message(s, paired(s->mailbox, 1));
    struct journal_pending pending = {.mailbox = s->mailbox, .message = message.id, .kind = PENDING_FAILED};
    struct journal_pending got;
    bool found = false;
    assert_true(journal_pending_set(s->journal, &pending, &s->err));

    message.mailbox = other;
    assert_true(journal_message_save(s->journal, &message, &s->err));

    assert_true(journal_pending_get(s->journal, other, message.id, &got, &found, &s->err));
    assert_true(found);
    assert_true(journal_pending_get(s->journal, s->mailbox, message.id, &got, &found, &s->err));
    assert_false(found);
}

static void
a_deleted_message_takes_what_hangs_on_it_along(void **state)
{
    struct scene *s = *state;
    struct journal_message message = given_message(s, paired(s->mailbox, 1)), alias = paired(s->mailbox, 0), got;
    struct journal_message other = given_message(s, paired(s->mailbox, 2));
    struct journal_op op = {.kind = OP_UPLOAD, .mailbox = s->mailbox, .message = message.id};
    struct journal_op target = {.kind = OP_MOVE, .mailbox = s->mailbox, .message = other.id, .target = message.id};
    struct journal_op bystander = {.kind = OP_MOVE, .mailbox = s->mailbox};
    struct journal_pending pending = {.mailbox = s->mailbox, .message = message.id, .kind = PENDING_HELD};
    struct journal_pending about = {.mailbox = s->mailbox, .kind = PENDING_MAILBOX};
    struct journal_op *ops;
    struct journal_pending *pendings;
    size_t count;
    alias.facts = FACT_ALIAS;
    alias.refers_to = message.id;
    alias = given_message(s, alias);
    assert_true(journal_op_add(s->journal, &op, &s->err));
    assert_true(journal_op_add(s->journal, &target, &s->err));
    assert_true(journal_op_add(s->journal, &bystander, &s->err));
    assert_true(journal_pending_set(s->journal, &pending, &s->err));
    assert_true(journal_pending_set(s->journal, &about, &s->err));
    assert_ids(s, 0, WHICH_DIRTY, NULL, 0);

    assert_true(journal_message_delete(s->journal, message.id, &s->err));

    assert_true(journal_ops(s->journal, &ops, &count, &s->err));
    assert_int_equal(count, 1);
    assert_int_equal(ops[0].id, bystander.id);
    free(ops);
    assert_true(journal_pendings(s->journal, &pendings, &count, &s->err));
    assert_int_equal(count, 1);
    assert_int_equal(pendings[0].message, 0);
    free(pendings);
    got = message_of(s, alias.id);
    assert_int_equal(got.refers_to, 0);
    assert_ids(s, 0, WHICH_DIRTY, (int64_t[]){alias.id}, 1); /* it stands alone now, so there is something to plan */
}

static void
a_move_outlives_its_source_for_its_target(void **state)
{
    struct scene *s = *state;
    struct journal_message source = given_message(s, paired(s->mailbox, 1)), target = paired(s->mailbox, 0);
    target = given_message(s, target);
    struct journal_op op = {.kind = OP_MOVE, .mailbox = s->mailbox, .message = source.id, .target = target.id}, got;
    struct journal_op removal = {.kind = OP_REMOVE_REMOTE, .mailbox = s->mailbox, .message = source.id};
    struct journal_op *ops;
    size_t count;
    bool found = false;
    assert_true(journal_op_add(s->journal, &op, &s->err));
    assert_true(journal_op_add(s->journal, &removal, &s->err));

    assert_true(journal_message_delete(s->journal, source.id, &s->err));

    assert_true(journal_op_of(s->journal, target.id, &got, &found, &s->err));
    assert_true(found && got.id == op.id);
    assert_int_equal(got.message, 0);
    assert_true(journal_ops(s->journal, &ops, &count, &s->err));
    free(ops);
    assert_int_equal(count, 1);
    assert_true(journal_message_delete(s->journal, target.id, &s->err));
    assert_true(journal_ops(s->journal, &ops, &count, &s->err));
    free(ops);
    assert_int_equal(count, 0);
}

static void
a_move_outlives_the_mailbox_it_came_from(void **state)
{
    struct scene *s = *state;
    int64_t other = given_mailbox(s, "other");
    struct journal_message source = given_message(s, paired(s->mailbox, 1)),
                           target = given_message(s, paired(other, 0));
    struct journal_op op = {.kind = OP_MOVE, .mailbox = s->mailbox, .message = source.id, .target = target.id}, got;
    bool found = false;
    assert_true(journal_op_add(s->journal, &op, &s->err));

    assert_true(journal_mailbox_delete(s->journal, s->mailbox, &s->err));

    assert_true(journal_op_of(s->journal, target.id, &got, &found, &s->err));
    assert_true(found);
    assert_int_equal(got.message, 0);
    assert_int_equal(got.mailbox, other);
}

static void
a_deleted_mailbox_takes_all_that_is_its_own(void **state)
{
    struct scene *s = *state;
    int64_t other = given_mailbox(s, "other");
    struct journal_message mine = given_message(s, paired(s->mailbox, 1)), theirs = given_message(s, paired(other, 1));
    struct journal_op into = {.kind = OP_MOVE, .mailbox = other, .message = theirs.id, .target = mine.id};
    struct journal_op own = {.kind = OP_MOVE, .mailbox = s->mailbox};
    struct journal_op foreign = {.kind = OP_REMOVE_REMOTE, .mailbox = other, .message = theirs.id};
    struct journal_pending mine_waits = {.mailbox = s->mailbox, .message = mine.id, .kind = PENDING_HELD};
    struct journal_pending theirs_waits = {.mailbox = other, .message = theirs.id, .kind = PENDING_HELD};
    struct journal_mailbox *list;
    struct journal_op *ops;
    struct journal_pending *pendings;
    size_t count;
    assert_true(journal_op_add(s->journal, &into, &s->err));
    assert_true(journal_op_add(s->journal, &own, &s->err));
    assert_true(journal_op_add(s->journal, &foreign, &s->err));
    assert_true(journal_pending_set(s->journal, &mine_waits, &s->err));
    assert_true(journal_pending_set(s->journal, &theirs_waits, &s->err));

    assert_true(journal_mailbox_delete(s->journal, s->mailbox, &s->err));

    assert_ids(s, 0, WHICH_ALL, (int64_t[]){theirs.id}, 1);
    assert_true(journal_mailboxes(s->journal, &list, &count, &s->err));
    assert_int_equal(count, 1);
    assert_string_equal(list[0].name, "other");
    journal_mailboxes_free(list, count);
    assert_true(journal_ops(s->journal, &ops, &count, &s->err));
    assert_int_equal(count, 1);
    assert_int_equal(ops[0].id, foreign.id);
    free(ops);
    assert_true(journal_pendings(s->journal, &pendings, &count, &s->err));
    assert_int_equal(count, 1);
    assert_int_equal(pendings[0].message, theirs.id);
    free(pendings);
}

/* ---- lists of what is held ---- */

static void
given_held(struct scene *s, int64_t message, const char *list, const char *detail)
{
    struct journal_pending pending = {.mailbox = s->mailbox, .message = message, .kind = PENDING_HELD, .since = 1};
    struct journal_hold hold = {.message = message, .kind = HOLD_REMOVALS, .reason = "guard", .since = 100};

    text_print(pending.detail, sizeof pending.detail, "%s", detail);
    text_print(pending.hold, sizeof pending.hold, "%s", list);
    text_print(hold.list, sizeof hold.list, "%s", list);
    assert_true(journal_pending_set(s->journal, &pending, &s->err));
    assert_true(journal_hold_add(s->journal, &hold, &s->err));
}

static size_t
held_on(struct scene *s, const char *list)
{
    int64_t *ids;
    size_t count;

    assert_true(journal_hold_ids(s->journal, HOLD_REMOVALS, list, &ids, &count, &s->err));
    for (size_t i = 1; i < count; i++)
        assert_true(ids[i - 1] < ids[i]);
    free(ids);
    return count;
}

static void
what_is_held_stays_on_every_list_that_it_was_shown_in(void **state)
{
    struct scene *s = *state;
    struct journal_hold *lists, again = {.message = 5, .list = "aaaa", .kind = HOLD_REMOVALS, .reason = "keep"};
    int64_t *ids;
    size_t count;

    given_held(s, 5, "aaaa", "remove-here");
    given_held(s, 5, "bbbb", "remove-here");
    given_held(s, 4, "bbbb", "remove-here");
    assert_true(journal_hold_add(s->journal, &again, &s->err)); /* there already: it stays as it is */

    assert_int_equal(held_on(s, NULL), 2);
    assert_int_equal(held_on(s, "aaaa"), 1);
    assert_int_equal(held_on(s, "bbbb"), 2);
    assert_int_equal(held_on(s, "cccc"), 0);
    assert_true(journal_hold_ids(s->journal, HOLD_ADDITIONS, NULL, &ids, &count, &s->err));
    assert_int_equal(count, 0);
    free(ids);
    assert_true(journal_holds_of(s->journal, 5, &lists, &count, &s->err));
    assert_int_equal(count, 2);
    assert_string_equal(lists[0].list, "aaaa");
    assert_string_equal(lists[0].reason, "guard");
    assert_true(lists[0].kind == HOLD_REMOVALS && lists[0].since == 100 && lists[0].message == 5);
    free(lists);
}

static void
what_is_over_is_on_no_list(void **state)
{
    struct scene *s = *state;
    struct journal_message message = given_message(s, paired(s->mailbox, 1));
    struct journal_pending failed = {
        .mailbox = s->mailbox, .message = 5, .kind = PENDING_FAILED, .detail = "remove-here"};
    struct journal_pending other = {.mailbox = s->mailbox, .message = 5, .kind = PENDING_POLICY, .detail = "upload"};

    given_held(s, 5, "aaaa", "remove-here");
    given_held(s, message.id + 1, "aaaa", "remove-here");
    given_held(s, message.id, "aaaa", "remove-here");
    assert_true(journal_pending_set(s->journal, &failed, &s->err)); /* tried, and not done: the same removal */
    assert_int_equal(held_on(s, "aaaa"), 3);
    assert_true(journal_pending_set(s->journal, &other, &s->err));
    assert_int_equal(held_on(s, "aaaa"), 2);
    assert_true(journal_pending_clear(s->journal, s->mailbox, message.id + 1, &s->err));
    assert_int_equal(held_on(s, "aaaa"), 1);
    assert_true(journal_message_delete(s->journal, message.id, &s->err));
    assert_int_equal(held_on(s, NULL), 0);
    given_held(s, 5, "aaaa", "upload");
    assert_true(journal_hold_clear(s->journal, 5, &s->err));
    assert_int_equal(held_on(s, NULL), 0);
}

static void
a_pop_message_that_is_released_is_on_no_list(void **state)
{
    struct scene *s = *state;
    struct journal_pop row = {.word = POP_NO_WORD, .uidl = "u", .state = POP_STORED, .hold = "aaaa"};
    struct journal_hold hold = {.list = "aaaa", .kind = HOLD_REMOVALS, .reason = "keep"};

    assert_true(journal_pop_save(s->journal, &row, &s->err));
    hold.message = row.id;
    assert_true(journal_hold_add(s->journal, &hold, &s->err));
    text_print(row.hold, sizeof row.hold, "bbbb");
    assert_true(journal_pop_save(s->journal, &row, &s->err)); /* a longer list: it stands on both */
    assert_int_equal(held_on(s, "aaaa"), 1);
    row.hold[0] = '\0';
    assert_true(journal_pop_save(s->journal, &row, &s->err));
    assert_int_equal(held_on(s, "aaaa"), 0);
    assert_true(journal_hold_add(s->journal, &hold, &s->err));
    assert_true(journal_pop_delete(s->journal, row.id, &s->err));
    assert_int_equal(held_on(s, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_setting_comes_back_and_a_missing_one_is_null),
        TEST(every_column_of_an_intent_comes_back),
        TEST(an_intent_is_that_of_the_row_that_waits_for_its_outcome),
        TEST(what_was_sent_is_found_without_a_row_by_its_mailbox_and_its_bytes),
        TEST(what_is_pending_keeps_its_age_while_its_reason_stays),
        TEST(what_is_pending_is_listed_by_mailbox_and_message),
        TEST(a_message_that_is_moved_takes_what_is_pending_along),
        TEST(a_deleted_message_takes_what_hangs_on_it_along),
        TEST(a_move_outlives_its_source_for_its_target),
        TEST(a_move_outlives_the_mailbox_it_came_from),
        TEST(a_deleted_mailbox_takes_all_that_is_its_own),
        TEST(what_is_held_stays_on_every_list_that_it_was_shown_in),
        TEST(what_is_over_is_on_no_list),
        TEST(a_pop_message_that_is_released_is_on_no_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
