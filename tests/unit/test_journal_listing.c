/* A listing beside the journal's rows: told apart alike however its lines come, and without a table where nothing is new. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/journal_place.h"

#include "store/journal/pop.h"
#include "tests/unit/forms.h"

#define NAMES 8 /* UIDLs "a", "b", ... */
#define LINES 10
#define LONG_LIST 60000 /* more lines than wait in memory */

struct line {
    uint32_t number;
    char uidl[2];
    uint64_t size;
};

struct world {
    struct line lines[LINES];
    size_t count;
    size_t rows[NAMES], there[NAMES]; /* there: those that are not absent */
    uint64_t listed[NAMES];           /* of the last of these */
};

static unsigned seed;

static unsigned
dice(unsigned sides)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % sides;
}

static uint64_t
a_size(void)
{
    return dice(3) == 0 ? 0 : 5 + dice(2);
}

/* Other rows than those of the world before. */
static void
given_rows(struct place *p, struct journal *journal, struct world *world)
{
    int64_t *ids;
    size_t count;

    assert_true(journal_begin(journal, &p->err));
    for (size_t i = 0; i < NAMES; i++) {
        const char uidl[2] = {(char)('a' + i)};

        assert_true(journal_pop_by_uidl(journal, uidl, &ids, &count, &p->err));
        for (size_t k = 0; k < count; k++)
            assert_true(journal_pop_delete(journal, ids[k], &p->err));
        free(ids);
        world->rows[i] = dice(3);
        for (size_t k = 0; k < world->rows[i]; k++) {
            struct journal_pop row = {.state = POP_STORED, .since = 1000, .keep_days = -1, .word = POP_NO_WORD};

            row.listed = a_size();
            row.absent = dice(3) == 0 ? 500 : 0;
            if (row.absent == 0) {
                world->there[i]++;
                world->listed[i] = row.listed;
            }
            text_print(row.uidl, sizeof row.uidl, "%s", uidl);
            assert_true(journal_pop_save(journal, &row, &p->err));
        }
    }
    assert_true(journal_commit(journal, &p->err));
}

static int
by_uidl(const void *a, const void *b)
{
    const struct line *one = a, *other = b;

    return strcmp(one->uidl, other->uidl);
}

enum way { AS_THEY_COME, SORTED, SORTED_WITH_A_TRANSACTION, NUMBERS_FALL, SORTED_AND_ASKED, WAYS };

static void
given_lines(struct world *world, enum way way)
{
    world->count = dice(LINES + 1);
    for (size_t i = 0; i < world->count; i++)
        world->lines[i] = (struct line){.uidl = {(char)('a' + dice(NAMES))}, .size = a_size()};
    if (way != AS_THEY_COME)
        qsort(world->lines, world->count, sizeof world->lines[0], by_uidl);
    for (size_t i = 0; i < world->count; i++)
        world->lines[i].number = (uint32_t)(way == NUMBERS_FALL ? LINES - i : i + 1);
}

static void
list(struct place *p, struct journal *journal, const struct world *world, enum way way)
{
    uint64_t count;

    assert_true(journal_listing_begin(journal, &p->err));
    for (size_t i = 0; i < world->count; i++) {
        const struct line *line = &world->lines[i];

        if (way == SORTED_WITH_A_TRANSACTION && i == world->count / 2)
            assert_true(journal_begin(journal, &p->err) && journal_commit(journal, &p->err));
        if (way == SORTED_AND_ASKED && i == world->count / 2)
            assert_true(journal_listing_count(journal, LISTED_NEW, &count, &p->err));
        assert_true(journal_listing_add(journal, line->number, line->uidl, line->size, &p->err));
    }
}

static enum journal_listing_which
kind_of(const struct world *world, const struct line *line, bool *unsized)
{
    const size_t name = (size_t)(line->uidl[0] - 'a');
    size_t same = 0;

    *unsized = false;
    for (size_t i = 0; i < world->count; i++)
        same += world->lines[i].uidl[0] == line->uidl[0];
    if (same > 1)
        return LISTED_DOUBT;
    if (world->rows[name] == 0)
        return LISTED_NEW;
    if (world->there[name] != 1)
        return LISTED_DOUBT;
    *unsized = world->listed[name] == 0 && line->size != 0;
    return *unsized || line->size == 0 || line->size == world->listed[name] ? LISTED_KNOWN : LISTED_DOUBT;
}

/* A bit for each number on the page. */
static unsigned
numbers_of(struct place *p, struct journal *journal, enum journal_listing_which which)
{
    struct journal_listed page[LINES];
    unsigned bits = 0;
    uint64_t counted;
    size_t count;

    assert_true(journal_listing_count(journal, which, &counted, &p->err));
    assert_true(journal_listing_page(journal, which, false, 0, page, LINES, &count, &p->err));
    assert_int_equal(counted, count);
    for (size_t i = 0; i < count; i++)
        bits |= 1U << page[i].number;
    return bits;
}

static void
check(struct place *p, struct journal *journal, const struct world *world)
{
    unsigned expected[LISTED_REMOVABLE + 1] = {0};
    uint64_t expected_gone = 0, gone;
    bool any_unsized = false, any;

    for (size_t i = 0; i < world->count; i++) {
        bool unsized;

        expected[kind_of(world, &world->lines[i], &unsized)] |= 1U << world->lines[i].number;
        expected[LISTED_ALL] |= 1U << world->lines[i].number;
        any_unsized = any_unsized || unsized;
    }
    for (size_t name = 0; name < NAMES; name++) {
        bool listed = false;

        for (size_t i = 0; i < world->count; i++)
            listed = listed || world->lines[i].uidl[0] == (char)('a' + name);
        expected_gone += listed ? 0 : world->there[name];
    }
    assert_true(journal_listing_gone(journal, &gone, &p->err));
    assert_int_equal(gone, expected_gone);
    assert_true(journal_listing_has_sizes(journal, &any, &p->err));
    assert_int_equal(any, any_unsized);
    assert_int_equal(numbers_of(p, journal, LISTED_NEW), expected[LISTED_NEW]);
    assert_int_equal(numbers_of(p, journal, LISTED_DOUBT), expected[LISTED_DOUBT]);
    assert_int_equal(numbers_of(p, journal, LISTED_KNOWN), expected[LISTED_KNOWN]);
    assert_int_equal(numbers_of(p, journal, LISTED_ALL), expected[LISTED_ALL]);
}

static void
a_list_is_told_apart_alike_however_its_lines_come(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);

    for (unsigned i = 0; i < 200; i += (unsigned)stride(5)) {
        struct world world = {.count = 0};

        seed = i;
        given_rows(p, journal, &world);
        for (enum way way = 0; way < WAYS; way++) {
            given_lines(&world, way);
            list(p, journal, &world, way);
            check(p, journal, &world);
        }
    }
    journal_close(journal);
}

static void
given_long_list(struct place *p, struct journal *journal, bool rows)
{
    char uidl[71];

    assert_true(rows ? journal_begin(journal, &p->err) : journal_listing_begin(journal, &p->err));
    for (uint32_t number = 1; number <= LONG_LIST; number++) {
        struct journal_pop row = {.state = POP_STORED, .since = 1000, .keep_days = -1, .word = POP_NO_WORD};

        text_print(uidl, sizeof uidl, "%064lu", (unsigned long)number);
        text_print(row.uidl, sizeof row.uidl, "%s", uidl);
        if (rows && number != 100 && number != LONG_LIST) /* these are new ... */
            assert_true(journal_pop_save(journal, &row, &p->err));
        if (!rows && number != 200) /* ... and this one is gone */
            assert_true(journal_listing_add(journal, number, uidl, 0, &p->err));
    }
    assert_true(!rows || journal_commit(journal, &p->err));
}

static void
a_list_that_does_not_fit_into_memory_is_whole(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_listed page[4];
    uint64_t gone, all, known;
    size_t count;

    given_long_list(p, journal, true);
    given_long_list(p, journal, false);
    assert_true(journal->lines.waiting < LONG_LIST / 2);
    assert_true(journal_listing_gone(journal, &gone, &p->err));
    assert_int_equal(gone, 1);
    assert_true(journal_listing_page(journal, LISTED_NEW, false, 0, page, 4, &count, &p->err));
    assert_int_equal(count, 2);
    assert_true(page[0].number == 100 && page[1].number == LONG_LIST);
    assert_true(journal_listing_count(journal, LISTED_ALL, &all, &p->err));
    assert_true(journal_listing_count(journal, LISTED_KNOWN, &known, &p->err));
    assert_true(all == LONG_LIST - 1 && known == LONG_LIST - 3);
    assert_true(journal_listing_page(journal, LISTED_KNOWN, true, 0, page, 4, &count, &p->err));
    assert_int_equal(page[0].number, LONG_LIST - 1);
    journal_close(journal);
}

static void
where_nothing_is_new_no_line_is_written(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_listed page[4];
    uint64_t count, gone;
    size_t found;
    int64_t before;

    for (const char *uidl = "abc"; *uidl != '\0'; uidl++) {
        struct journal_pop row = {.state = POP_STORED, .since = 1000, .keep_days = -1, .word = POP_NO_WORD};

        text_print(row.uidl, sizeof row.uidl, "%c", *uidl);
        assert_true(journal_begin(journal, &p->err) && journal_pop_save(journal, &row, &p->err) &&
                    journal_commit(journal, &p->err));
    }
    assert_true(journal_listing_begin(journal, &p->err));
    before = sqlite3_total_changes64(journal->db);
    for (uint32_t number = 1; number <= 3; number++)
        assert_true(journal_listing_add(journal, number, &"a\0b\0c"[2 * (number - 1)], 0, &p -> err));
    assert_true(journal_listing_gone(journal, &gone, &p->err));
    for (enum journal_listing_which which = LISTED_ALL; which <= LISTED_REMOVABLE; which++) {
        assert_true(journal_listing_count(journal, which, &count, &p->err));
        assert_int_equal(count, which == LISTED_ALL || which == LISTED_KNOWN ? 3 : 0);
        if (count > 0)
            continue;
        assert_true(journal_listing_page(journal, which, false, 0, page, 4, &found, &p->err));
        assert_int_equal(found, 0);
    }
    assert_int_equal(gone, 0);
    assert_true(sqlite3_total_changes64(journal->db) == before);
    assert_true(sqlite3_txn_state(journal->db, "main") == SQLITE_TXN_NONE); /* a reader beside it is in nobody's way */

    assert_true(journal_listing_page(journal, LISTED_KNOWN, false, 0, page, 4, &found, &p->err));
    assert_int_equal(found, 3);
    assert_string_equal(page[2].uidl, "c");
    journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_is_told_apart_alike_however_its_lines_come),
        TEST(a_list_that_does_not_fit_into_memory_is_whole),
        TEST(where_nothing_is_new_no_line_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
