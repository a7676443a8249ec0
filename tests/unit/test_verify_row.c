/* What verify finds about one message, and the names of a folder as it keeps them. */
#include "sync/inspect/verify_names.h"
#include "sync/inspect/verify_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* On both sides, seen there and here, and nothing is due. */
static struct journal_message
clean(void)
{
    return (struct journal_message){.id = 1,
                                    .mailbox = 1,
                                    .uid = 7,
                                    .base = "7.a",
                                    .info = "c:2,S",
                                    .size = 100,
                                    .date = 1000,
                                    .has_wire = true,
                                    .flags = {FLAG_SEEN, FLAG_SEEN, FLAG_SEEN, FLAG_SEEN},
                                    .keywords = "blue"};
}

static struct remote_message
listed(void)
{
    return (struct remote_message){.uid = 7,
                                   .has_flags = true,
                                   .flags = FLAG_SEEN,
                                   .keywords = "Blue",
                                   .has_meta = true,
                                   .size = 100,
                                   .date = 1000};
}

static void
assert_row(const struct journal_message *row, size_t count, enum verify_what first)
{
    enum verify_what what[VERIFY_MOST];

    assert_int_equal(verify_row(row, what), count);
    if (count != 0)
        assert_int_equal(what[0], first);
}

static void
assert_there(const struct journal_message *row, const struct remote_message *now, size_t count, enum verify_what first)
{
    enum verify_what what[VERIFY_MOST];

    assert_int_equal(verify_there(row, now, what), count);
    if (count != 0)
        assert_int_equal(what[0], first);
}

static void
assert_here(const struct journal_message *row, const char *info, size_t count, enum verify_what first)
{
    enum verify_what what[VERIFY_MOST];

    assert_int_equal(verify_here(row, info, what), count);
    if (count != 0)
        assert_int_equal(what[0], first);
}

static void
a_clean_row_that_both_sides_show_is_equal(void **state)
{
    const struct journal_message row = clean();
    const struct remote_message now = listed();

    (void)state;
    assert_row(&row, 0, VERIFY_WHATS);
    assert_there(&row, &now, 0, VERIFY_WHATS);
    assert_here(&row, "c:2,S", 0, VERIFY_WHATS);
}

static void
what_a_sync_saw_and_did_not_carry_out_is_found_in_the_row(void **state)
{
    struct journal_message row = clean();

    (void)state;
    row.facts = FACT_GONE_HERE;
    assert_row(&row, 1, VERIFY_REMOVED_HERE);
    row.facts = FACT_GONE_THERE;
    assert_row(&row, 1, VERIFY_REMOVED_THERE);
    row.facts = FACT_GONE_HERE | FACT_GONE_THERE;
    assert_row(&row, 0, VERIFY_WHATS);
    row.facts = FACT_ALTERED;
    assert_row(&row, 1, VERIFY_ALTERED);
    row.facts = FACT_ECHO;
    assert_row(&row, 1, VERIFY_UNFINISHED);
    row = clean();
    row.flags.lseen = 0;
    assert_row(&row, 1, VERIFY_FLAGS_DUE);
    row = clean();
    row.base[0] = row.info[0] = '\0';
    assert_row(&row, 1, VERIFY_NOT_FETCHED);
    row = clean();
    row.uid = 0;
    assert_row(&row, 1, VERIFY_NOT_SENT);
}

static void
an_alias_is_nowhere_on_the_server_by_itself(void **state)
{
    struct journal_message row = clean();

    (void)state;
    row.uid = 0;
    row.facts = FACT_ALIAS;
    row.refers_to = 9;
    assert_row(&row, 0, VERIFY_WHATS);
    assert_there(&row, NULL, 0, VERIFY_WHATS);
    assert_here(&row, NULL, 1, VERIFY_GONE_HERE);
}

static void
what_changed_on_the_server_since_then(void **state)
{
    struct journal_message row = clean();
    struct remote_message now = listed();

    (void)state;
    assert_there(&row, NULL, 1, VERIFY_GONE_THERE);
    now.flags = FLAG_SEEN | FLAG_FLAGGED;
    assert_there(&row, &now, 1, VERIFY_FLAGS_THERE);
    now = listed();
    now.keywords = "blue red";
    assert_there(&row, &now, 1, VERIFY_KEYWORDS);
    now = listed();
    now.size = 101;
    assert_there(&row, &now, 1, VERIFY_SIZE);
    now.date = 1001;
    now.flags = 0;
    assert_there(&row, &now, 1, VERIFY_ANOTHER);
    now = listed();
    row.facts = FACT_GONE_THERE;
    assert_there(&row, &now, 1, VERIFY_BACK_THERE);
}

static void
what_the_server_does_not_say_is_no_difference(void **state)
{
    struct journal_message row = clean();
    struct remote_message now = listed();

    (void)state;
    now.size = 0;
    now.date = 0;
    assert_there(&row, &now, 0, VERIFY_WHATS);
    now = listed();
    row.size = 0;
    assert_there(&row, &now, 0, VERIFY_WHATS);
    row = clean();
    row.facts = FACT_GONE_HERE; /* and gone there since: it is nowhere */
    assert_there(&row, NULL, 0, VERIFY_WHATS);
}

static void
what_changed_here_since_then(void **state)
{
    struct journal_message row = clean();

    (void)state;
    assert_here(&row, NULL, 1, VERIFY_GONE_HERE);
    assert_here(&row, "c:2,FS", 1, VERIFY_FLAGS_HERE);
    assert_here(&row, "n", 1, VERIFY_FLAGS_HERE);
    row.facts = FACT_GONE_HERE;
    assert_here(&row, "c:2,S", 1, VERIFY_BACK_HERE);
    assert_here(&row, NULL, 0, VERIFY_WHATS);
}

static void
a_file_that_was_altered_is_one_finding(void **state)
{
    struct journal_message row = clean();

    (void)state;
    row.facts = FACT_ALTERED | FACT_GONE_THERE;
    assert_row(&row, 1, VERIFY_ALTERED_ALONE);
    row.facts = FACT_ALTERED | FACT_GONE_HERE;
    assert_row(&row, 1, VERIFY_REMOVED_HERE);
    assert_int_equal(verify_of(&row, VERIFY_REMOVED_HERE), VERIFY_ALTERED_GONE);
    row.facts = FACT_ALTERED;
    assert_int_equal(verify_of(&row, VERIFY_GONE_HERE), VERIFY_ALTERED_GONE);
    assert_int_equal(verify_of(&row, VERIFY_GONE_THERE), VERIFY_ALTERED_ALONE);
    assert_int_equal(verify_of(&row, VERIFY_FLAGS_HERE), VERIFY_FLAGS_HERE);
    row.facts = FACT_ALTERED | FACT_ALIAS;
    row.uid = 0;
    assert_row(&row, 1, VERIFY_ALTERED_SECOND);
    row.facts = FACT_ALTERED;
    assert_row(&row, 1, VERIFY_ALTERED_ALONE);
}

static void
what_the_row_hides_is_not_missed_on_the_server(void **state)
{
    struct journal_message row = clean();

    (void)state;
    row.facts = FACT_OUT_OF_VIEW;
    assert_int_equal(verify_of(&row, VERIFY_GONE_THERE), VERIFY_HIDDEN);
    assert_int_equal(verify_of(&row, VERIFY_GONE_HERE), VERIFY_GONE_HERE);
}

static void
a_file_that_never_went_up_is_missed_by_nobody(void **state)
{
    struct journal_message row = clean();

    (void)state;
    row.uid = 0;
    assert_here(&row, NULL, 0, VERIFY_WHATS);
}

static void
a_name_is_met_once(void **state)
{
    struct verify_names names = {0};
    char base[32];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(base, sizeof base, "%d.x", i);
        assert_true(verify_names_add(&names, base, i % 2 != 0 ? "n" : "c:2,"));
    }
    assert_true(verify_names_end(&names));

    assert_int_equal(verify_names_left(&names), 1000);
    assert_true(verify_names_meet(&names, "4.x", "c:2,"));
    assert_false(verify_names_meet(&names, "4.x", "c:2,"));
    assert_true(verify_names_is_met(&names, "4.x", "c:2,"));
    assert_false(verify_names_is_met(&names, "6.x", "c:2,"));
    assert_false(verify_names_meet(&names, "4.x", "n"));
    assert_false(verify_names_meet(&names, "4.", "xc:2,"));
    assert_int_equal(verify_names_left(&names), 999);
    verify_names_free(&names);
    assert_int_equal(verify_names_left(&names), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_row_that_both_sides_show_is_equal),
        cmocka_unit_test(what_a_sync_saw_and_did_not_carry_out_is_found_in_the_row),
        cmocka_unit_test(an_alias_is_nowhere_on_the_server_by_itself),
        cmocka_unit_test(what_changed_on_the_server_since_then),
        cmocka_unit_test(what_the_server_does_not_say_is_no_difference),
        cmocka_unit_test(what_changed_here_since_then),
        cmocka_unit_test(a_file_that_was_altered_is_one_finding),
        cmocka_unit_test(what_the_row_hides_is_not_missed_on_the_server),
        cmocka_unit_test(a_file_that_never_went_up_is_missed_by_nobody),
        cmocka_unit_test(a_name_is_met_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
