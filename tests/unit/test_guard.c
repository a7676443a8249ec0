/*
 * The mass-removal guard: a table a person can check against the manual, both sides of every boundary, and numbers
 * too large for any mailbox.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/rules/guard.h"

enum { FREE, HELD };

struct row {
    unsigned max_delete; /* percent */
    uint64_t removals, messages;
    int verdict;
};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static bool
mailbox_held(unsigned max_delete, uint64_t removals, uint64_t messages)
{
    struct policy policy = {.guard = true, .max_delete = max_delete};

    return guard_holds_mailbox(&(struct guard_count){.removals = removals, .messages = messages}, &policy);
}

static bool
account_held(unsigned max_delete, uint64_t removals, uint64_t messages)
{
    struct policy policy = {.guard = true, .max_delete = max_delete};

    return guard_holds_account(&(struct guard_count){.removals = removals, .messages = messages}, &policy);
}

static void
check_rows(const struct row *rows, size_t count, bool (*held)(unsigned, uint64_t, uint64_t))
{
    for (size_t i = 0; i < count; i++) {
        if (held(rows[i].max_delete, rows[i].removals, rows[i].messages) != (rows[i].verdict == HELD))
            fail_msg("%llu of %llu at %u%% should be %s", (unsigned long long)rows[i].removals,
                     (unsigned long long)rows[i].messages, rows[i].max_delete,
                     rows[i].verdict == HELD ? "held" : "free");
    }
}

static void
more_than_20_and_more_than_the_share_of_a_mailbox_are_held(void **state)
{
    static const struct row rows[] = {
        {25, 0, 0, FREE},      {25, 0, 1000, FREE},  {25, 20, 21, FREE}, /* nearly all, but only 20 */
        {25, 21, 22, HELD},    {25, 21, 83, HELD},   {25, 21, 84, FREE}, /* exactly a quarter */
        {25, 21, 85, FREE},    {25, 25, 100, FREE},  {25, 26, 100, HELD}, {25, 250, 1000, FREE},
        {25, 251, 1000, HELD}, {25, 250, 999, HELD}, {0, 20, 1000, FREE}, {0, 21, 1000000, HELD},
        {1, 21, 2100, FREE},   {1, 21, 2099, HELD},  {99, 99, 100, FREE}, {99, 999, 1000, HELD},
        {50, 50, 100, FREE},   {50, 51, 100, HELD},
    };
    (void)state;

    check_rows(rows, LENGTH(rows), mailbox_held);
}

static void
a_mailbox_of_10_does_not_become_empty_unasked(void **state)
{
    static const struct row rows[] = {
        {25, 1, 1, FREE},   {25, 9, 9, FREE},   {25, 9, 10, FREE},  {25, 10, 10, HELD},
        {25, 10, 11, FREE}, {25, 11, 11, HELD}, {25, 20, 20, HELD}, {25, 19, 20, FREE},
        {0, 9, 9, FREE},    {0, 10, 10, HELD},  {99, 10, 10, HELD}, {99, 99, 99, HELD},
    };
    (void)state;

    check_rows(rows, LENGTH(rows), mailbox_held);
}

static void
a_count_that_others_lowered_meanwhile_holds_too(void **state)
{
    static const struct row rows[] = {{25, 12, 10, HELD}, {25, 9, 0, FREE}, {25, 21, 0, HELD}, {25, 30, 10, HELD}};
    (void)state;

    check_rows(rows, LENGTH(rows), mailbox_held);
}

static void
trash_and_junk_may_become_empty_but_keep_to_the_share(void **state)
{
    struct policy policy = {.guard = true, .max_delete = 25};
    (void)state;

    for (uint64_t n = 0; n <= GUARD_MAILBOX_MIN; n++)
        assert_false(
            guard_holds_mailbox(&(struct guard_count){.removals = n, .messages = n, .may_be_empty = true}, &policy));
    assert_true(
        guard_holds_mailbox(&(struct guard_count){.removals = 21, .messages = 21, .may_be_empty = true}, &policy));
    assert_false(
        guard_holds_mailbox(&(struct guard_count){.removals = 21, .messages = 84, .may_be_empty = true}, &policy));
}

static void
at_100_percent_everything_may_go(void **state)
{
    (void)state;

    for (uint64_t n = 0; n <= 1000; n++) {
        assert_false(mailbox_held(100, n, n));
        assert_false(account_held(100, n, n));
    }
}

static void
switched_off_nothing_is_held(void **state)
{
    struct policy policy = {.guard = false, .max_delete = 0};
    (void)state;

    for (uint64_t n = 1; n <= 1000000; n *= 10) {
        assert_false(guard_holds_mailbox(&(struct guard_count){.removals = n, .messages = n}, &policy));
        assert_false(guard_holds_account(&(struct guard_count){.removals = n, .messages = n}, &policy));
    }
}

static void
more_than_100_and_more_than_the_share_of_an_account_are_held(void **state)
{
    static const struct row rows[] = {
        {25, 0, 0, FREE},       {25, 100, 100, FREE}, /* few; each mailbox is judged by itself */
        {25, 100, 101, FREE},   {25, 101, 101, HELD},   {25, 101, 403, HELD},
        {25, 101, 404, FREE}, /* exactly a quarter */
        {25, 101, 405, FREE},   {25, 250, 1000, FREE},  {25, 251, 1000, HELD},
        {0, 100, 100000, FREE}, {0, 101, 100000, HELD}, {99, 999, 1000, HELD},
        {99, 990, 1000, FREE},
    };
    (void)state;

    check_rows(rows, LENGTH(rows), account_held);
}

static void
no_removals_are_never_held(void **state)
{
    (void)state;

    for (unsigned percent = 0; percent <= 100; percent++) {
        assert_false(mailbox_held(percent, 0, 0));
        assert_false(mailbox_held(percent, 0, 10));
        assert_false(account_held(percent, 0, 0));
        assert_false(account_held(percent, 0, 1000));
    }
}

/* Every UID that one mailbox can have, times 65,536 mailboxes. */
static void
counts_beyond_32_bits_are_judged_right(void **state)
{
    const uint64_t mailbox = UINT32_MAX, account = mailbox << 16;
    (void)state;

    assert_false(mailbox_held(25, mailbox / 4, mailbox));
    assert_true(mailbox_held(25, mailbox / 4 + 1, mailbox));
    assert_true(mailbox_held(99, mailbox, mailbox));
    assert_false(mailbox_held(100, mailbox, mailbox));
    assert_false(account_held(25, account / 4, account));
    assert_true(account_held(25, account / 4 + 1, account));
    assert_false(account_held(1, UINT64_C(42949673), UINT64_C(4294967300)));
    assert_true(account_held(1, UINT64_C(42949674), UINT64_C(4294967300)));
}

/* One removal more, or one message less, never sets free what was held. */
static void
the_verdict_is_monotonous(void **state)
{
    static const unsigned percents[] = {0, 1, 25, 50, 99, 100};
    (void)state;

    for (size_t p = 0; p < LENGTH(percents); p++) {
        for (uint64_t messages = 1; messages <= 210; messages++) {
            for (uint64_t removals = 1; removals <= messages; removals++) {
                if (mailbox_held(percents[p], removals - 1, messages))
                    assert_true(mailbox_held(percents[p], removals, messages));
                if (account_held(percents[p], removals - 1, messages))
                    assert_true(account_held(percents[p], removals, messages));
                if (messages > GUARD_EMPTIED_MIN && mailbox_held(percents[p], removals, messages))
                    assert_true(mailbox_held(percents[p], removals, messages - 1));
                if (account_held(percents[p], removals, messages))
                    assert_true(account_held(percents[p], removals, messages - 1));
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_than_20_and_more_than_the_share_of_a_mailbox_are_held),
        cmocka_unit_test(a_mailbox_of_10_does_not_become_empty_unasked),
        cmocka_unit_test(a_count_that_others_lowered_meanwhile_holds_too),
        cmocka_unit_test(trash_and_junk_may_become_empty_but_keep_to_the_share),
        cmocka_unit_test(at_100_percent_everything_may_go),
        cmocka_unit_test(switched_off_nothing_is_held),
        cmocka_unit_test(more_than_100_and_more_than_the_share_of_an_account_are_held),
        cmocka_unit_test(no_removals_are_never_held),
        cmocka_unit_test(counts_beyond_32_bits_are_judged_right),
        cmocka_unit_test(the_verdict_is_monotonous),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
