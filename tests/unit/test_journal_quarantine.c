/* The index of the quarantine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/quarantine_rows.h"
#include "store/journal/quarantine.h"
#include "tests/unit/journal_scene.h"

static void
the_quarantine_is_listed_by_age(void **state)
{
    struct scene *s = *state;
    struct journal_quarantined young = {.name = "a",
                                        .mailbox = "INBOX",
                                        .base = "1.x",
                                        .info = "c:2,S",
                                        .uid = UINT32_MAX,
                                        .why = "removed there",
                                        .since = 200,
                                        .size = INT64_MAX};
    struct journal_quarantined old = {.name = "b", .mailbox = "INBOX", .base = "2.x", .info = "n", .since = 100};
    struct journal_quarantined eternal = {.name = "c", .since = INT64_MAX};
    struct journal_quarantined *list;
    size_t count;
    assert_true(journal_quarantine_add(s->journal, &young, &s->err));
    assert_true(journal_quarantine_add(s->journal, &old, &s->err));
    assert_true(journal_quarantine_add(s->journal, &eternal, &s->err));
    assert_true(journal_quarantine_add(s->journal, &young, &s->err)); /* again, after a crash */

    list = quarantine_rows(s->journal, INT64_MAX, &count);
    assert_int_equal(count, 3);
    assert_string_equal(list[0].name, "b");
    assert_string_equal(list[1].name, "a");
    assert_string_equal(list[1].mailbox, "INBOX");
    assert_string_equal(list[1].base, "1.x");
    assert_string_equal(list[1].info, "c:2,S");
    assert_string_equal(list[1].why, "removed there");
    assert_true(list[1].uid == UINT32_MAX && list[1].size == INT64_MAX && list[1].since == 200);
    assert_string_equal(list[2].name, "c");
    free(list);
    list = quarantine_rows(s->journal, 200, &count);
    assert_int_equal(count, 1);
    free(list);
    assert_true(journal_quarantine_delete(s->journal, 2, &s->err));
    list = quarantine_rows(s->journal, 200, &count);
    assert_int_equal(count, 0);
    free(list);
}

static void
what_is_known_of_a_file_in_the_quarantine_comes_back(void **state)
{
    struct scene *s = *state;
    struct journal_quarantined row = {.name = "2026-11-28_a_x",
                                      .mailbox = "Work/2024",
                                      .run = INT64_MAX,
                                      .has_wire = true,
                                      .has_details = true,
                                      .flags = FLAG_SEEN | FLAG_FLAGGED,
                                      .date = -1,
                                      .keywords = "todo $Junk",
                                      .origin = "7.8.9.replaced"};
    const struct journal_quarantined old = {.name = "1764306000.5.1.x", .info = "c:2,S", .size = 7};
    struct journal_quarantined got = {0};
    struct journal_quarantine_sum sum;
    bool found = false;
    memset(row.wire, 0xab, DIGEST_SIZE);
    assert_true(journal_quarantine_add(s->journal, &row, &s->err));
    assert_true(journal_quarantine_add(s->journal, &old, &s->err));

    assert_true(journal_quarantine_get(s->journal, 1, &got, &found, &s->err));
    assert_true(found && got.id == 1 && got.run == INT64_MAX && got.has_wire && got.has_details && got.date == -1);
    assert_int_equal(got.flags, FLAG_SEEN | FLAG_FLAGGED);
    assert_memory_equal(got.wire, row.wire, DIGEST_SIZE);
    assert_string_equal(got.mailbox, "Work/2024");
    assert_string_equal(got.keywords, "todo $Junk");
    assert_int_equal(got.put_back, 0);
    assert_true(journal_quarantine_of(s->journal, "7.8.9.replaced", &got, &found, &s->err));
    assert_true(found && got.id == 1);
    assert_true(journal_quarantine_of(s->journal, "", &got, &found, &s->err));
    assert_false(found);
    assert_true(journal_quarantine_put_back(s->journal, 1, 900, &s->err));
    assert_true(journal_quarantine_get(s->journal, 1, &got, &found, &s->err));
    assert_int_equal(got.put_back, 900);
    assert_true(journal_quarantine_return(s->journal, 1, "9.new", &s->err));
    assert_true(journal_quarantine_returned(s->journal, "9.new", &got, &found, &s->err));
    assert_true(found && got.id == 1);
    assert_true(journal_quarantine_returned(s->journal, "", &got, &found, &s->err));
    assert_false(found);
    assert_true(journal_quarantine_get(s->journal, 2, &got, &found, &s->err)); /* of a version that knew less */
    assert_true(found && !got.has_wire && !got.has_details && got.origin[0] == '\0');
    assert_true(journal_quarantine_sum(s->journal, &sum, &s->err));
    assert_true(sum.count == 2 && sum.bytes == 7);
}

static void
a_number_of_the_quarantine_never_becomes_another_files(void **state)
{
    struct scene *s = *state;
    const struct journal_quarantined row = {.name = "a"}, other = {.name = "b"};
    struct journal_quarantined got;
    bool found = true;
    assert_true(journal_quarantine_add(s->journal, &row, &s->err));
    assert_true(journal_quarantine_add(s->journal, &row, &s->err)); /* again, after a crash */
    assert_true(journal_quarantine_delete(s->journal, 1, &s->err));

    assert_true(journal_quarantine_add(s->journal, &other, &s->err));

    assert_true(journal_quarantine_get(s->journal, 1, &got, &found, &s->err));
    assert_false(found);
}

/* By its name then alone it would be another one's once that has the name. */
static void
a_file_in_the_quarantine_is_of_its_mailbox_as_long_as_that_is_known(void **state)
{
    struct scene *s = *state;
    const struct journal_quarantined row = {.name = "a", .mailbox = "INBOX", .mailbox_id = s->mailbox};
    struct journal_quarantined got;
    bool found;

    assert_true(journal_quarantine_add(s->journal, &row, &s->err));
    assert_true(journal_quarantine_get(s->journal, 1, &got, &found, &s->err));
    assert_true(found && got.mailbox_id == s->mailbox);
    assert_true(journal_mailbox_delete(s->journal, s->mailbox, &s->err));

    assert_true(journal_quarantine_get(s->journal, 1, &got, &found, &s->err));

    assert_true(found && got.mailbox_id == 0);
    assert_string_equal(got.mailbox, "INBOX");
}

static void
days_in_the_quarantine_are_counted_from_a_date_of_their_own(void **state)
{
    struct scene *s = *state;
    const struct journal_quarantined row = {.name = "a", .since = 900, .counted = 100},
                                     other = {.name = "b", .since = 100, .counted = 900};
    struct journal_quarantined *list;
    int64_t newest;
    size_t count;

    assert_true(journal_quarantine_newest(s->journal, &newest, &s->err));
    assert_true(newest == INT64_MIN);
    assert_true(journal_quarantine_add(s->journal, &row, &s->err));
    assert_true(journal_quarantine_add(s->journal, &other, &s->err));
    assert_true(journal_quarantine_newest(s->journal, &newest, &s->err));
    assert_int_equal(newest, 900);
    list = quarantine_rows(s->journal, 500, &count);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].name, "a");
    assert_int_equal(list[0].since, 900);
    free(list);
    assert_true(journal_quarantine_clamp(s->journal, 300, &s->err));
    list = quarantine_rows(s->journal, 500, &count);
    assert_int_equal(count, 2);
    assert_int_equal(list[1].counted, 300);
    free(list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_quarantine_is_listed_by_age),
        TEST(what_is_known_of_a_file_in_the_quarantine_comes_back),
        TEST(a_number_of_the_quarantine_never_becomes_another_files),
        TEST(a_file_in_the_quarantine_is_of_its_mailbox_as_long_as_that_is_known),
        TEST(days_in_the_quarantine_are_counted_from_a_date_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
