/*
 * Pairs of what vanished and what appeared: all small multisets against counting by hand, every order of the
 * input, the order of preference, and sizes at which a careless loop would be noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/rules/pair.h"
#include "tests/unit/forms.h"

#define SMALL 4 /* items a side, exhaustively */
#define CONTENTS 2
#define LARGE 2000

/* One item of content `c`, dated `date`. */
static struct pair_item
item(int64_t id, int64_t mailbox, const char *base, unsigned c, int64_t date)
{
    struct pair_item made = {.id = id, .mailbox = mailbox, .base = base, .size = 1000, .date = date};

    made.digest[0] = (unsigned char)c;
    return made;
}

static size_t
count_matches(const size_t *match, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += match[i] != PAIR_NONE;
    return n;
}

static int64_t
partner_of(const struct pair_item *fresh, size_t fresh_count, const struct pair_item *gone, const size_t *match,
           int64_t id)
{
    for (size_t f = 0; f < fresh_count; f++) {
        if (fresh[f].id == id)
            return match[f] == PAIR_NONE ? 0 : gone[match[f]].id;
    }
    fail_msg("item %lld is lost", (long long)id);
    return 0;
}

/* Digits of `n` in base 8: content, date and mailbox of each item. */
static size_t
small_items(struct pair_item items[static SMALL], unsigned n, size_t count, int64_t first_id)
{
    for (size_t i = 0; i < count; i++, n /= 8)
        items[i] = item(first_id + (int64_t)i, n / 4 % 2, "", n % CONTENTS, n / 2 % 2);
    return count;
}

static size_t
count_of(const struct pair_item *items, size_t count, unsigned c, int64_t date, bool by_date)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += items[i].digest[0] == c && (!by_date || items[i].date == date);
    return n;
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What counting says: of each content (and date) the smaller number of the two sides. */
static size_t
pairs_by_hand(const struct pair_item *gone, size_t k, const struct pair_item *fresh, size_t m, bool by_date)
{
    size_t pairs = 0;

    for (unsigned c = 0; c < CONTENTS; c++) {
        for (int64_t date = 0; date < (by_date ? 2 : 1); date++)
            pairs += smaller(count_of(gone, k, c, date, by_date), count_of(fresh, m, c, date, by_date));
    }
    return pairs;
}

/* The same inside each mailbox: so many pairs need not leave it. */
static size_t
pairs_at_home_by_hand(const struct pair_item *gone, size_t k, const struct pair_item *fresh, size_t m, bool by_date)
{
    size_t pairs = 0;

    for (int64_t mailbox = 0; mailbox < 2; mailbox++) {
        struct pair_item gone_here[SMALL], fresh_here[SMALL];
        size_t gone_count = 0, fresh_count = 0;

        for (size_t i = 0; i < k; i++) {
            if (gone[i].mailbox == mailbox)
                gone_here[gone_count++] = gone[i];
        }
        for (size_t i = 0; i < m; i++) {
            if (fresh[i].mailbox == mailbox)
                fresh_here[fresh_count++] = fresh[i];
        }
        pairs += pairs_by_hand(gone_here, gone_count, fresh_here, fresh_count, by_date);
    }
    return pairs;
}

static void
check_small(unsigned n_gone, size_t k, unsigned n_fresh, size_t m, bool by_date)
{
    struct pair_item gone[SMALL], fresh[SMALL];
    size_t match[SMALL], uses[SMALL] = {0}, at_home = 0;
    bool taken[SMALL];

    (void)small_items(gone, n_gone, k, 1);
    (void)small_items(fresh, n_fresh, m, 101);

    pair_match(gone, k, fresh, m, by_date, match, taken);

    assert_int_equal(count_matches(match, m), pairs_by_hand(gone, k, fresh, m, by_date));
    for (size_t f = 0; f < m; f++) {
        if (match[f] == PAIR_NONE)
            continue;
        assert_true(match[f] < k);
        assert_int_equal(gone[match[f]].digest[0], fresh[f].digest[0]);
        assert_true(!by_date || gone[match[f]].date == fresh[f].date);
        uses[match[f]]++;
        at_home += gone[match[f]].mailbox == fresh[f].mailbox;
    }
    assert_int_equal(at_home, pairs_at_home_by_hand(gone, k, fresh, m, by_date));
    for (size_t g = 0; g < k; g++) {
        assert_true(uses[g] <= 1);
        assert_int_equal(uses[g], taken[g]);
    }
}

static void
k_equal_ones_and_m_equal_ones_make_the_smaller_number_of_pairs_at_home_first(void **state)
{
    const unsigned step = (unsigned)stride(7);
    (void)state;

    for (size_t k = 0; k <= SMALL; k++) {
        for (size_t m = 0; m <= SMALL && k + m <= 5; m++) {
            for (unsigned g = 0; g < 1u << (3 * k); g++) {
                for (unsigned f = g % step; f < 1u << (3 * m); f += step) {
                    check_small(g, k, f, m, false);
                    check_small(g, k, f, m, true);
                }
            }
        }
    }
}

static void
shuffle(struct pair_item *items, size_t count, unsigned order)
{
    for (size_t i = count; i > 1; i--) {
        struct pair_item other = items[i - 1];
        size_t j = order % i;

        order /= (unsigned)i;
        items[i - 1] = items[j];
        items[j] = other;
    }
}

static void
the_order_of_the_input_changes_nothing(void **state)
{
    (void)state;

    for (unsigned n = 0; n < 1u << 12; n += 7) { /* 4 items a side, mailboxes and contents mixed */
        int64_t partners[SMALL];

        for (unsigned order = 0; order < 24 * 24; order += order % 24 == 23 ? 49 : 1) {
            struct pair_item gone[SMALL], fresh[SMALL];
            size_t match[SMALL];
            bool taken[SMALL];

            (void)small_items(gone, n, SMALL, 1);
            (void)small_items(fresh, (n * 2654435761u) >> 20, SMALL, 101);
            shuffle(gone, SMALL, order % 24);
            shuffle(fresh, SMALL, order / 24);
            pair_match(gone, SMALL, fresh, SMALL, false, match, taken);
            for (int64_t i = 0; i < SMALL; i++) {
                int64_t partner = partner_of(fresh, SMALL, gone, match, 101 + i);

                if (order == 0)
                    partners[i] = partner;
                assert_int_equal(partner, partners[i]);
            }
        }
    }
}

/* Where nothing is nearer, the lowest ids meet: each of these inputs would come out otherwise by ids alone. */
static void
the_same_mailbox_comes_first_then_the_same_base_then_any(void **state)
{
    struct pair_item gone[] = {item(1, 30, "y", 7, 0), item(2, 20, "x", 7, 0), item(3, 10, "", 7, 0)};
    struct pair_item fresh[] = {item(11, 40, "z", 7, 0), item(12, 40, "y", 7, 0), item(13, 20, "n", 7, 0)};
    size_t match[3];
    bool taken[3];
    (void)state;

    pair_match(gone, 3, fresh, 3, false, match, taken);

    assert_int_equal(partner_of(fresh, 3, gone, match, 13), 2); /* same mailbox, whatever the base */
    assert_int_equal(partner_of(fresh, 3, gone, match, 12), 1); /* same base */
    assert_int_equal(partner_of(fresh, 3, gone, match, 11), 3); /* what is left */
}

static void
the_mailbox_is_worth_more_than_the_base(void **state)
{
    struct pair_item gone[] = {item(1, 10, "x", 7, 0), item(2, 20, "y", 7, 0)};
    struct pair_item fresh[] = {item(11, 20, "x", 7, 0), item(12, 30, "x", 7, 0)};
    size_t match[2];
    bool taken[2];
    (void)state;

    pair_match(gone, 2, fresh, 2, false, match, taken);

    assert_int_equal(partner_of(fresh, 2, gone, match, 11), 2);
    assert_int_equal(partner_of(fresh, 2, gone, match, 12), 1);
}

static void
no_base_is_not_an_equal_base(void **state)
{
    struct pair_item gone[] = {item(1, 10, "x", 7, 0), item(2, 20, "", 7, 0)};
    struct pair_item fresh[] = {item(11, 30, "", 7, 0), item(12, 40, "z", 7, 0)};
    size_t match[2];
    bool taken[2];
    (void)state;

    pair_match(gone, 2, fresh, 2, false, match, taken);

    assert_int_equal(partner_of(fresh, 2, gone, match, 11), 1);
    assert_int_equal(partner_of(fresh, 2, gone, match, 12), 2);
}

static void
an_equal_base_pairs_nothing_of_other_bytes_or_size(void **state)
{
    struct pair_item gone[] = {item(1, 10, "x", 7, 0), item(2, 10, "x", 8, 0)};
    struct pair_item fresh[] = {item(11, 10, "x", 9, 0), item(12, 10, "x", 8, 0)};
    size_t match[2];
    bool taken[2];
    (void)state;
    fresh[1].size++;

    pair_match(gone, 2, fresh, 2, false, match, taken);

    assert_int_equal(count_matches(match, 2), 0);
}

static void
the_whole_digest_counts(void **state)
{
    (void)state;

    for (size_t byte = 0; byte < DIGEST_SIZE; byte++) {
        struct pair_item gone = item(1, 10, "x", 7, 0), fresh = item(11, 10, "x", 7, 0);
        size_t match;
        bool taken;

        fresh.digest[byte] ^= 0x80;
        pair_match(&gone, 1, &fresh, 1, false, &match, &taken);
        assert_true(match == PAIR_NONE);
    }
}

static void
dates_count_only_where_asked(void **state)
{
    struct pair_item gone[] = {item(1, 10, "", 7, -5), item(2, 10, "", 7, INT64_MAX)};
    struct pair_item fresh[] = {item(11, 20, "", 7, INT64_MAX), item(12, 20, "", 7, INT64_MIN)};
    size_t match[2];
    bool taken[2];
    (void)state;

    pair_match(gone, 2, fresh, 2, true, match, taken);
    assert_int_equal(count_matches(match, 2), 1);
    assert_int_equal(partner_of(fresh, 2, gone, match, 11), 2);

    pair_match(gone, 2, fresh, 2, false, match, taken);
    assert_int_equal(count_matches(match, 2), 2);
}

static void
nothing_pairs_with_nothing(void **state)
{
    struct pair_item one = item(1, 10, "", 7, 0);
    size_t match = 5;
    bool taken = true;
    (void)state;

    pair_match(NULL, 0, NULL, 0, true, NULL, NULL);
    pair_match(NULL, 0, &one, 1, false, &match, NULL);
    assert_true(match == PAIR_NONE);
    pair_match(&one, 1, NULL, 0, false, NULL, &taken);
    assert_false(taken);
}

/* ... in its own mailbox, under its name. */
static void
what_nobody_can_see_is_taken_last(void **state)
{
    struct pair_item gone[] = {item(1, 1, "x", 1, 0)};
    struct pair_item fresh[] = {item(2, 1, "x", 1, 0), item(3, 2, "y", 1, 0)};
    size_t match[2];
    bool taken[1];

    (void)state;
    fresh[0].away = true;
    pair_match(gone, 1, fresh, 2, false, match, taken);
    assert_int_equal(partner_of(fresh, 2, gone, match, 3), 1);
    assert_int_equal(partner_of(fresh, 2, gone, match, 2), 0);

    pair_match(gone, 1, fresh, 1, false, match, taken);
    assert_int_equal(partner_of(fresh, 1, gone, match, 2), 1);
}

static void
equal_items_are_counted(void **state)
{
    struct pair_item items[] = {item(5, 1, "", 7, 2), item(1, 2, "", 7, 1), item(4, 1, "", 8, 1), item(2, 3, "", 6, 1),
                                item(3, 1, "", 7, 1)};
    struct pair_item like = item(9, 9, "", 7, 1), other = item(9, 9, "", 9, 1);
    (void)state;

    pair_sort(items, 5);

    assert_int_equal(pair_count(items, 5, &like, false), 3);
    assert_int_equal(pair_count(items, 5, &like, true), 2);
    assert_int_equal(pair_count(items, 5, &other, false), 0);
    like.size++;
    assert_int_equal(pair_count(items, 5, &like, false), 0);
    assert_int_equal(pair_count(NULL, 0, &like, true), 0);
}

/* No clock: 2,000 by 2,000 ends long before the time limit of any test, but not if a loop went over all triples. */
static void
check_large(unsigned contents, int64_t mailboxes)
{
    struct pair_item *gone = calloc(LARGE, sizeof *gone), *fresh = calloc(LARGE, sizeof *fresh);
    size_t *match = calloc(LARGE, sizeof *match);
    bool *taken = calloc(LARGE, sizeof *taken);

    assert_true(gone != NULL && fresh != NULL && match != NULL && taken != NULL);
    for (int64_t i = 0; i < LARGE; i++) {
        gone[i] = item(i + 1, i % mailboxes, "", 0, 0);
        fresh[i] = item(i + 1 + LARGE, mailboxes + i % mailboxes, "", 0, 0);
        gone[i].digest[1] = (unsigned char)(i % contents);
        fresh[i].digest[1] = (unsigned char)(i % contents);
        gone[i].digest[2] = (unsigned char)(i % contents >> 8);
        fresh[i].digest[2] = (unsigned char)(i % contents >> 8);
    }

    pair_match(gone, LARGE, fresh, LARGE, false, match, taken);

    assert_int_equal(count_matches(match, LARGE), LARGE);
    free(gone);
    free(fresh);
    free(match);
    free(taken);
}

static void
two_thousand_identical_ones_are_all_paired(void **state)
{
    (void)state;

    check_large(1, 1);
}

static void
two_thousand_different_ones_are_all_paired(void **state)
{
    (void)state;

    check_large(LARGE, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(k_equal_ones_and_m_equal_ones_make_the_smaller_number_of_pairs_at_home_first),
        cmocka_unit_test(the_order_of_the_input_changes_nothing),
        cmocka_unit_test(the_same_mailbox_comes_first_then_the_same_base_then_any),
        cmocka_unit_test(the_mailbox_is_worth_more_than_the_base),
        cmocka_unit_test(no_base_is_not_an_equal_base),
        cmocka_unit_test(an_equal_base_pairs_nothing_of_other_bytes_or_size),
        cmocka_unit_test(the_whole_digest_counts),
        cmocka_unit_test(dates_count_only_where_asked),
        cmocka_unit_test(nothing_pairs_with_nothing),
        cmocka_unit_test(what_nobody_can_see_is_taken_last),
        cmocka_unit_test(equal_items_are_counted),
        cmocka_unit_test(two_thousand_identical_ones_are_all_paired),
        cmocka_unit_test(two_thousand_different_ones_are_all_paired),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
