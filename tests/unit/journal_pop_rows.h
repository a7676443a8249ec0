/* Rows of POP messages and a journal that has some: for the tests of what the journal knows of an import. Included after cmocka.h. */
#ifndef TESTS_UNIT_JOURNAL_POP_ROWS_H
#define TESTS_UNIT_JOURNAL_POP_ROWS_H

#include <stdint.h>
#include <time.h>

#include "tests/unit/journal_place.h"
#include "store/journal/pop.h"

static inline struct journal_pop
row_of(const char *uidl, enum journal_pop_state state)
{
    struct journal_pop row = {
        .state = state, .since = 1000000000, .keep_days = -1, .size = 4711, .word = POP_NO_WORD, .folder = "INBOX"};

    text_print(row.uidl, sizeof row.uidl, "%s", uidl);
    return row;
}

/* header 0: none */
static inline int64_t
given_row(struct place *p, struct journal *journal, const char *uidl, enum journal_pop_state state, int header)
{
    struct journal_pop row = row_of(uidl, state);

    row.has_header = header != 0;
    memset(row.header, header, DIGEST_SIZE);
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_pop_save(journal, &row, &p->err));
    assert_true(journal_commit(journal, &p->err));
    assert_true(row.id > 0);
    return row.id;
}

static inline struct journal_listed
listed(struct place *p, struct journal *journal, uint32_t number)
{
    struct journal_listed one;
    size_t count;

    assert_true(journal_listing_page(journal, LISTED_ALL, false, number - 1, &one, 1, &count, &p->err));
    assert_int_equal(count, 1);
    assert_int_equal(one.number, number);
    return one;
}

static inline uint64_t
rows_in(struct place *p, struct journal *journal, int state)
{
    uint64_t count;

    assert_true(journal_pop_count(journal, state, &count, &p->err));
    return count;
}

#define NOW 1700000000

/* What the listing lacks becomes absent; forgotten is what was absent before that. */
static inline uint64_t
bury(struct place *p, struct journal *journal)
{
    uint64_t forgotten = 4711;

    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_listing_bury(journal, NOW, &p->err));
    assert_true(journal_listing_bury_rest(journal, NOW, &p->err));
    assert_true(journal_listing_forget_begun(journal, NOW, &p->err));
    assert_true(journal_pop_forget(journal, NOW, &forgotten, &p->err));
    assert_true(journal_commit(journal, &p->err));
    return forgotten;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
