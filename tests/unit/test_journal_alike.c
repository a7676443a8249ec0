/* The index of the quarantine is asked for a message that was removed since it was gone on the server, by its size and date. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/journal_place.h"
#include "store/journal/quarantine.h"

static void
given_row(struct journal *journal, const char *name, const char *why, int64_t date, bool has_wire)
{
    struct journal_quarantined row = {.size = 7, .has_wire = has_wire, .has_details = true, .date = date};
    struct error err;

    (void)text_print(row.name, sizeof row.name, "%s", name);
    (void)text_print(row.why, sizeof row.why, "%s", why);
    assert_true(journal_begin(journal, &err));
    assert_true(journal_quarantine_add(journal, &row, &err));
    assert_true(journal_commit(journal, &err));
}

static int64_t
alike(struct journal *journal, uint64_t size, int64_t date)
{
    int64_t id = -1;
    struct error err;

    assert_true(journal_quarantine_alike(journal, size, date, &id, &err));
    return id;
}

static void
the_newest_of_its_size_and_date_is_found(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);

    assert_int_equal(alike(journal, 7, 100), 0);
    given_row(journal, "a", JOURNAL_REMOVED_THERE, 100, true);
    given_row(journal, "b", JOURNAL_REMOVED_THERE, 100, true);

    assert_int_equal(alike(journal, 7, 100), 2);
    assert_int_equal(alike(journal, 8, 100), 0);
    assert_int_equal(alike(journal, 7, 101), 0);
    journal_close(journal);
}

static void
what_may_have_other_bytes_is_not(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);

    given_row(journal, "altered", "altered here", 100, true);
    given_row(journal, "unknown", JOURNAL_REMOVED_THERE, 100, false);

    assert_int_equal(alike(journal, 7, 100), 0);
    journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_newest_of_its_size_and_date_is_found),
        TEST(what_may_have_other_bytes_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
