/* Saving a message again: whatever it is that changed, the table has it afterwards, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/journal/internal.h"
#include "store/journal/letters.h"
#include "tests/unit/journal_scene.h"

enum change { UID, BASE, SIZE, WIRE, REFERS_TO, INFO, HEADER, FLAGS, FACTS, CHANGES };

static void
change(struct journal_message *message, enum change what, int64_t other)
{
    switch (what) {
    case UID:
        message->uid = 77;
        break;
    case BASE:
        (void)text_print(message->base, sizeof message->base, "renamed");
        break;
    case SIZE:
        message->size = 4711;
        break;
    case WIRE:
        memset(message->wire, 0xaa, DIGEST_SIZE);
        break;
    case REFERS_TO:
        message->refers_to = other;
        break;
    case INFO:
        (void)text_print(message->info, sizeof message->info, "c:2,");
        break;
    case HEADER:
        memset(message->header, 0xbb, DIGEST_SIZE);
        message->has_header = true;
        break;
    case FLAGS:
        message->flags.lseen = FLAG_FLAGGED;
        break;
    case FACTS:
        message->facts = FACT_BY_HEADER;
        break;
    case CHANGES:
        break;
    }
}

static void
assert_same(const struct journal_message *got, const struct journal_message *wanted)
{
    assert_int_equal(got->mailbox, wanted->mailbox);
    assert_int_equal(got->uid, wanted->uid);
    assert_string_equal(got->base, wanted->base);
    assert_string_equal(got->info, wanted->info);
    assert_int_equal(got->size, wanted->size);
    assert_memory_equal(got->wire, wanted->wire, DIGEST_SIZE);
    assert_int_equal(got->has_header, wanted->has_header);
    assert_memory_equal(got->header, wanted->header, DIGEST_SIZE);
    assert_memory_equal(&got->flags, &wanted->flags, sizeof got->flags);
    assert_int_equal(got->facts, wanted->facts);
    assert_int_equal(got->refers_to, wanted->refers_to);
}

/* @param remembered  the row is one that was just read or written; otherwise the save asks the table */
static void
save_with(struct scene *s, unsigned changes, bool remembered, int64_t other)
{
    struct journal_message message = paired(s->mailbox, 1), got;
    bool found;

    assert_true(journal_message_save(s->journal, &message, &s->err) && journal_commit(s->journal, &s->err));
    if (!remembered)
        journal_rollback(s->journal);
    assert_true(journal_begin(s->journal, &s->err));
    for (enum change what = UID; what < CHANGES; what++)
        if ((changes & 1u << what) != 0)
            change(&message, what, other);
    assert_true(journal_message_save(s->journal, &message, &s->err) && journal_commit(s->journal, &s->err));

    journal_rollback(s->journal);
    assert_true(journal_message_get(s->journal, message.id, &got, &found, &s->err) && found);
    assert_same(&got, &message);
    assert_true(journal_begin(s->journal, &s->err) && journal_message_delete(s->journal, message.id, &s->err));
}

static void
whatever_a_save_changes_is_in_the_table(void **state)
{
    struct scene *s = *state;
    struct journal_message other = paired(s->mailbox, 5);

    assert_true(journal_message_save(s->journal, &other, &s->err));
    for (unsigned changes = 1; changes < 1u << CHANGES; changes++) {
        save_with(s, changes, true, other.id);
        save_with(s, changes, false, other.id);
    }
}

static void
given_rows(struct scene *s, int64_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct journal_message message = paired(s->mailbox, (uint32_t)i + 1);

        (void)text_print(message.base, sizeof message.base, "%zu.rig", i);
        assert_true(journal_message_save(s->journal, &message, &s->err));
        ids[i] = message.id;
    }
    assert_true(journal_commit(s->journal, &s->err));
    journal_rollback(s->journal); /* what is remembered is forgotten */
}

static void
read_them(struct scene *s, const int64_t *ids, size_t count)
{
    char base[32];

    for (size_t i = 0; i < count; i++) {
        struct journal_message message, same;
        bool found;

        (void)text_print(base, sizeof base, "%zu.rig", i);
        assert_true(journal_message_get(s->journal, ids[i], &message, &found, &s->err) && found);
        assert_string_equal(message.base, base);
        assert_int_equal(message.uid, i + 1);
        assert_true(journal_message_by_uid(s->journal, s->mailbox, (uint32_t)i + 1, &same, &found, &s->err) && found);
        assert_same(&same, &message);
        assert_true(journal_message_by_base(s->journal, s->mailbox, base, &same, &found, &s->err) && found);
        assert_same(&same, &message);
    }
}

/* A phase goes through all that is to be moved or removed, and so do ten others. */
static void
rows_that_phase_after_phase_asks_for_are_read_once(void **state)
{
    static int64_t ids[2000];
    struct scene *s = *state;

    given_rows(s, ids, 2000);
    read_them(s, ids, 1);
    (void)sqlite3_stmt_status(s->journal->statements[SQL_MESSAGE_GET], SQLITE_STMTSTATUS_RUN, 1); /* from here on */
    for (int phase = 0; phase < 10; phase++)
        read_them(s, ids, 2000);
    assert_int_equal(sqlite3_stmt_status(s->journal->statements[SQL_MESSAGE_GET], SQLITE_STMTSTATUS_RUN, 0), 1999);
    assert_true(journal_begin(s->journal, &s->err));
}

/* Thousands of flags: each row is read, changed and saved. */
static void
a_row_that_was_just_read_is_saved_without_being_compared_with_the_table(void **state)
{
    static int64_t ids[20];
    struct scene *s = *state;

    save_with(s, 1u << FLAGS, false, 0); /* this one is compared */
    given_rows(s, ids, 20);
    assert_true(journal_begin(s->journal, &s->err));
    (void)sqlite3_stmt_status(s->journal->statements[SQL_MESSAGE_COMPARE], SQLITE_STMTSTATUS_RUN, 1); /* from here on */
    for (unsigned i = 0; i < 20; i++) {
        struct journal_message message, got;
        bool found;

        assert_true(journal_message_get(s->journal, ids[i], &message, &found, &s->err) && found);
        change(&message, i % CHANGES == UID || i % CHANGES == BASE ? FLAGS : (enum change)(i % CHANGES), ids[19]);
        assert_true(journal_message_save(s->journal, &message, &s->err));
        recent_forget_all(s->journal);
        assert_true(journal_message_get(s->journal, ids[i], &got, &found, &s->err) && found);
        assert_same(&got, &message);
    }
    assert_int_equal(sqlite3_stmt_status(s->journal->statements[SQL_MESSAGE_COMPARE], SQLITE_STMTSTATUS_RUN, 0), 0);
}

static void
a_row_that_was_made_dirty_is_clean_once_it_is_saved(void **state)
{
    int64_t id, dirty = -1;
    struct scene *s = *state;
    struct journal_message message;
    bool found;

    given_rows(s, &id, 1);
    assert_true(journal_begin(s->journal, &s->err));
    assert_int_equal(sqlite3_exec(s->journal->db, "UPDATE message SET dirty = 1", NULL, NULL, NULL), SQLITE_OK);
    assert_true(journal_message_get(s->journal, id, &message, &found, &s->err) && found);

    assert_true(journal_message_save(s->journal, &message, &s->err));

    assert_true(sql_query(s->journal, "SELECT dirty FROM message", &dirty, "look", &s->err));
    assert_int_equal(dirty, 0);
}

static void
rows_are_what_they_are_where_there_are_more_than_are_remembered(void **state)
{
    static int64_t ids[5000];
    struct scene *s = *state;

    given_rows(s, ids, 5000);
    for (int phase = 0; phase < 2; phase++)
        read_them(s, ids, 5000);
    assert_true(journal_begin(s->journal, &s->err));
}

/* Longer than is remembered: each of its texts comes back whole. */
static void
long_names_and_keywords_come_back(void **state)
{
    struct scene *s = *state;

    for (unsigned longer = 0; longer < 4; longer++) {
        struct journal_message message = paired(s->mailbox, 1 + longer), got;
        bool found;

        (void)text_print(message.base, sizeof message.base, "%0*u", longer == 1 ? LOCAL_BASE_MAX : 9, longer);
        (void)text_print(message.info, sizeof message.info, "c:2,%0*u", longer == 2 ? LOCAL_INFO_MAX - 4 : 9, longer);
        (void)text_print(message.keywords, sizeof message.keywords, "%0*u", longer == 3 ? KEYWORDS_MAX : 9, longer);
        assert_true(journal_message_save(s->journal, &message, &s->err));
        assert_true(journal_message_get(s->journal, message.id, &got, &found, &s->err) && found);
        assert_same(&got, &message);
        assert_string_equal(got.keywords, message.keywords);
    }
}

/* What is noted of a name goes with the message; one that is in another mailbox by then leaves nothing behind that a run would stumble over. */
static void
what_is_noted_of_a_message_that_is_in_another_mailbox_now_is_listed_nowhere(void **state)
{
    struct scene *s = *state;
    struct journal_message message;
    int64_t *ids;
    size_t count;

    message = given_message(s, paired(s->mailbox, 1));
    assert_true(journal_letter_mark(s->journal, LETTER_DUE, &message, NULL, &s->err));
    assert_true(journal_letter_messages(s->journal, LETTER_DUE, message.mailbox, &ids, &count, &s->err));
    assert_int_equal(count, 1);
    free(ids);
    const int64_t before = message.mailbox;
    message.mailbox = given_mailbox(s, "Work");
    assert_true(journal_message_save(s->journal, &message, &s->err));

    assert_true(journal_letter_messages(s->journal, LETTER_DUE, before, &ids, &count, &s->err));
    assert_int_equal(count, 0);
    free(ids);
    assert_true(journal_message_delete(s->journal, message.id, &s->err));
    assert_true(journal_letter_messages(s->journal, LETTER_DUE, before, &ids, &count, &s->err));
    assert_int_equal(count, 0);
    free(ids);
}

static void
letters_of_names_in_new_are_shown_letters_too(void **state)
{
    struct scene *s = *state;
    struct journal_message message;
    int64_t *ids;
    size_t count;

    message = given_message(s, paired(s->mailbox, 1));
    (void)text_print(message.info, sizeof message.info, "n:2,Sb");
    assert_true(journal_message_save(s->journal, &message, &s->err));

    assert_true(journal_letter_shown(s->journal, message.mailbox, 1u << 1, &ids, &count, &s->err));
    assert_int_equal(count, 1);
    free(ids);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_a_save_changes_is_in_the_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_that_phase_after_phase_asks_for_are_read_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_was_just_read_is_saved_without_being_compared_with_the_table, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_was_made_dirty_is_clean_once_it_is_saved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_are_what_they_are_where_there_are_more_than_are_remembered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(long_names_and_keywords_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_noted_of_a_message_that_is_in_another_mailbox_now_is_listed_nowhere,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(letters_of_names_in_new_are_shown_letters_too, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
