/* What one header costs that all messages have: as many steps as there are lines and rows, not as many as pairs of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/journal/internal.h"
#include "tests/unit/journal_pop_rows.h"

typedef bool asked(struct journal *journal, struct error *err);

static int
count_step(void *context)
{
    ++*(uint64_t *)context;
    return 0;
}

static struct journal_pop
alike(uint32_t serial, int64_t absent)
{
    struct journal_pop row = row_of("", POP_STORED);

    text_print(row.uidl, sizeof row.uidl, "old%u", (unsigned)serial);
    row.absent = absent;
    row.listed = 70;
    row.has_header = row.has_kin = row.has_id = row.has_body = true;
    memset(row.header, 1, DIGEST_SIZE);
    memset(row.kin, 2, DIGEST_SIZE);
    memset(row.message_id, 3, DIGEST_SIZE);
    memset(row.body, (int)(serial % 251), DIGEST_SIZE);
    return row;
}

/* So many rows of one header, and as many lines of it under other names, of which no size is that of a row. */
static uint64_t
steps_of(struct place *p, uint32_t count, int64_t absent, asked *ask)
{
    struct journal *journal = opened(p);
    uint64_t steps = 0, gone;
    char name[32];
    struct journal_pop row;

    assert_true(sqlite3_exec(journal->db, "DELETE FROM pop", NULL, NULL, NULL) == SQLITE_OK);
    assert_true(journal_begin(journal, &p->err));
    for (uint32_t i = 0; i < count; i++) {
        row = alike(i, absent);
        assert_true(journal_pop_save(journal, &row, &p->err));
    }
    assert_true(journal_commit(journal, &p->err));
    assert_true(journal_listing_begin(journal, &p->err));
    for (uint32_t number = 1; number <= count; number++) {
        text_print(name, sizeof name, "new%u", (unsigned)number);
        assert_true(journal_listing_add(journal, number, name, 71, &p->err));
    }
    assert_true(journal_listing_gone(journal, &gone, &p->err) && journal_listing_probe(journal, true, &p->err));
    for (uint32_t number = 1; number <= count; number++)
        assert_true(journal_listing_top(journal, number, &row, &p->err) &&
                    journal_listing_want(journal, number, &p->err));
    assert_true(journal_listing_count(journal, LISTED_DOUBT, &gone, &p->err));
    assert_int_equal(gone, count);
    sqlite3_progress_handler(journal->db, 10, count_step, &steps);
    assert_true(ask(journal, &p->err));
    sqlite3_progress_handler(journal->db, 0, NULL, NULL);
    journal_close(journal);
    return 10 * steps;
}

static bool
ask_gone(struct journal *journal, struct error *err)
{
    uint64_t count;

    return journal_listing_count_gone_alike(journal, &count, err);
}

static bool
ask_freed(struct journal *journal, struct error *err)
{
    return journal_listing_compare_freed(journal, NOW, err);
}

static bool
ask_moved(struct journal *journal, struct error *err)
{
    bool moved;

    return journal_listing_has_moved(journal, &moved, err);
}

static void
one_header_of_all_costs_as_much_as_there_are_messages(void **state)
{
    static const struct {
        const char *what;
        int64_t absent;
        asked *ask;
    } kinds[] = {{"lines like what is gone", 0, ask_gone},
                 {"lines like what lost its name", NOW, ask_freed},
                 {"lines like what is listed", 0, journal_listing_compare_alike},
                 {"names that moved", 0, ask_moved}};
    struct place *p = *state;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const uint64_t few = steps_of(p, 200, kinds[i].absent, kinds[i].ask),
                       more = steps_of(p, 2000, kinds[i].absent, kinds[i].ask);

        print_message("%s: %llu steps for 200, %llu for 2000\n", kinds[i].what, (unsigned long long)few,
                      (unsigned long long)more);
        assert_true(more < 30 * few + 1000);
    }
}

/* So many rows of files that were in INBOX, all of which are in Other now. */
static uint64_t
steps_to_move(struct place *p, uint32_t count)
{
    struct journal *journal = opened(p);
    uint64_t steps = 0, missed, other;
    char base[32];

    assert_true(sqlite3_exec(journal->db, "DELETE FROM pop", NULL, NULL, NULL) == SQLITE_OK);
    assert_true(journal_begin(journal, &p->err));
    for (uint32_t i = 0; i < count; i++) {
        struct journal_pop row = alike(i, 0);

        text_print(base, sizeof base, "%u.golub", (unsigned)i);
        text_print(row.base, sizeof row.base, "%s", base);
        row.folder = "INBOX";
        assert_true(journal_pop_save(journal, &row, &p->err));
    }
    assert_true(journal_commit(journal, &p->err));
    assert_true(journal_here_begin(journal, &p->err) && journal_here_folder(journal, "INBOX", &p->err) &&
                journal_here_folder(journal, "Other", &p->err));
    for (uint32_t i = 0; i < count; i++) {
        text_print(base, sizeof base, "%u.golub", (unsigned)i);
        assert_true(journal_here_name(journal, "Other", base, "", &p->err));
    }
    assert_true(journal_here_count(journal, &missed, &other, &p->err));
    assert_true(missed == 0 && other == count);
    assert_true(journal_begin(journal, &p->err));
    sqlite3_progress_handler(journal->db, 10, count_step, &steps);
    assert_true(journal_here_apply(journal, NOW, false, &p->err));
    sqlite3_progress_handler(journal->db, 0, NULL, NULL);
    assert_true(journal_commit(journal, &p->err));
    assert_true(journal_here_begin(journal, &p->err) && journal_here_folder(journal, "Other", &p->err) &&
                journal_here_count(journal, &missed, &other, &p->err));
    assert_true(missed == count && other == 0); /* all of them were in Other */
    journal_close(journal);
    return 10 * steps;
}

static void
files_of_a_folder_that_was_renamed_cost_as_much_as_there_are_files(void **state)
{
    struct place *p = *state;
    const uint64_t few = steps_to_move(p, 200), more = steps_to_move(p, 2000);

    print_message("files elsewhere: %llu steps for 200, %llu for 2000\n", (unsigned long long)few,
                  (unsigned long long)more);
    assert_true(more < 30 * few + 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_header_of_all_costs_as_much_as_there_are_messages),
        TEST(files_of_a_folder_that_was_renamed_cost_as_much_as_there_are_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
