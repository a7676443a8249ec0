/* A long list of a maildrop is compared quickly and in little memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/forms.h"
#include "tests/unit/journal_pop_rows.h"

static double
seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* kB of this process that are in memory. */
static long
resident_kb(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long kb = -1;

    assert_non_null(status);
    while (fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtol(line + 6, NULL, 10);
    fclose(status);
    return kb;
}

/* As long UIDLs as there may be, in no order. */
static void
long_uidl(uint32_t number, char to[static 71])
{
    unsigned char digest[DIGEST_SIZE];
    char text[64];

    assert_true(digest_bytes(&number, sizeof number, digest));
    digest_base32(digest, DIGEST_SIZE, text);
    text_print(to, 71, "%s-%017lu", text, (unsigned long)number);
    assert_int_equal(strlen(to), 70);
}

static void
fill_rows(struct place *p, struct journal *journal, uint32_t count)
{
    assert_true(journal_begin(journal, &p->err));
    for (uint32_t number = 1; number <= count; number++) {
        struct journal_pop row = row_of("", POP_STORED);

        long_uidl(number, row.uidl);
        text_print(row.base, sizeof row.base, "1700000000.abcdefghijklmnopqrstuvwxyz.golub");
        row.has_header = true;
        assert_true(journal_pop_save(journal, &row, &p->err));
    }
    assert_true(journal_commit(journal, &p->err));
}

static void
fill_listing(struct place *p, struct journal *journal, uint32_t count)
{
    char uidl[71];

    assert_true(journal_listing_begin(journal, &p->err));
    for (uint32_t number = 1; number <= count; number++) {
        long_uidl(number, uidl);
        if (!journal_listing_add(journal, number, uidl, number, &p->err))
            fail_msg("%s: %s", p->err.what, p->err.answer);
    }
}

static void
lists_of_100000_lines_need_little_memory(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    const uint32_t lines = 100000 / (uint32_t)stride(10);
    uint64_t count;
    long before, after;

    fill_rows(p, journal, 1000);
    before = resident_kb();
    fill_listing(p, journal, lines);
    assert_true(journal_listing_count(journal, LISTED_NEW, &count, &p->err));
    assert_int_equal(count, lines - 1000);
    after = resident_kb();

    print_message("%u lines of 70 characters: %ld kB resident before, %ld kB after\n", (unsigned)lines, before, after);
#ifndef __SANITIZE_ADDRESS__
    assert_true(after - before < 6 * 1024);
#endif
    journal_close(journal);
}

/* Of this process's open files: how many stand below that folder and have no name any more? */
static int
count_unlinked_below(const char *folder)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char file[512];
        const ssize_t len = readlinkat(dirfd(dir), entry->d_name, file, sizeof file - 1);

        if (len < 0)
            continue;
        file[len] = '\0';
        found += strncmp(file, folder, strlen(folder)) == 0 && strstr(file, " (deleted)") != NULL;
    }
    closedir(dir);
    return found;
}

static void
temporary_files_stand_beside_the_journal_and_have_no_name(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p), *other;
    char path[200], beside[120];

    text_print(path, sizeof path, "%s/other.db", p->folder);
    other = journal_open(path, &p->err);
    assert_non_null(other);
    fill_listing(p, journal, 100000);
    fill_listing(p, other, 100000);

    text_print(beside, sizeof beside, "%s/sqlite-", p->folder);
    assert_int_equal(count_unlinked_below(beside), 2);
    assert_int_equal(count_unlinked_below(p->temporary), 0);
    journal_close(other);
    journal_close(journal);
}

static void
nothing_new_among_20000_is_found_out_quickly(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    const uint32_t lines = 20000 / (uint32_t)stride(5);
    char(*uidls)[71] = calloc(lines, sizeof *uidls);
    uint64_t fresh, repeated;
    double begin, took = 1e9;

    assert_non_null(uidls);
    for (uint32_t i = 0; i < lines; i++)
        long_uidl(i + 1, uidls[i]);
    fill_rows(p, journal, lines);
    for (int i = 0; i < 5; i++) { /* the best of five: other programs are at work, too */
        begin = seconds();
        assert_true(journal_listing_begin(journal, &p->err));
        for (uint32_t number = 1; number <= lines; number++)
            assert_true(journal_listing_add(journal, number, uidls[number - 1], 0, &p->err));
        assert_true(journal_listing_count(journal, LISTED_NEW, &fresh, &p->err));
        assert_true(journal_listing_count(journal, LISTED_DOUBT, &repeated, &p->err));
        assert_int_equal(bury(p, journal), 0);
        if (seconds() - begin < took)
            took = seconds() - begin;
        assert_true(fresh == 0 && repeated == 0);
    }

    print_message("%u known UIDLs: nothing new after %.1f ms\n", (unsigned)lines, took * 1000);
    assert_true(took < 1); /* a figure to look at; the bench judges */
    free(uidls);
    journal_close(journal);
}

/* So many rows that are gone, as many parts, as many that were begun in doubt, and lines that nobody knows yet: of one name, header and size. */
static uint64_t
steps_of_forgetting(struct place *p, uint32_t rows)
{
    static const struct {
        enum journal_pop_state state;
        unsigned facts;
        int64_t absent;
    } kinds[] = {{POP_STORED, 0, NOW - 1}, {POP_STORED, POP_CUT, 0}, {POP_FETCHING, POP_DOUBT, 0}};
    struct journal *journal = opened(p);
    struct journal_pop row;
    uint64_t forgotten, doubtful, steps;

    assert_true(journal_begin(journal, &p->err));
    for (uint32_t i = 0; i < 3 * rows; i++) {
        row = row_of("equal", kinds[i % 3].state);
        row.facts = kinds[i % 3].facts;
        row.absent = kinds[i % 3].absent;
        row.listed = 70;
        row.has_header = row.has_kin = true;
        memset(row.header, 1, DIGEST_SIZE);
        memset(row.kin, 2, DIGEST_SIZE);
        assert_true(journal_pop_save(journal, &row, &p->err));
    }
    assert_true(journal_commit(journal, &p->err));
    assert_true(journal_listing_begin(journal, &p->err));
    for (uint32_t number = 1; number <= rows; number++)
        assert_true(journal_listing_add(journal, number, "equal", 70, &p->err));
    assert_true(journal_listing_count(journal, LISTED_DOUBT, &doubtful, &p->err));
    assert_int_equal(doubtful, rows);
    for (uint32_t number = 1; number <= rows; number++)
        assert_true(journal_listing_top(journal, number, &row, &p->err) &&
                    journal_listing_leave(journal, number, &p->err));
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_pop_forget(journal, NOW, &forgotten, &p->err));
    assert_true(journal_commit(journal, &p->err));
    assert_int_equal(forgotten, 0);
    steps = (uint64_t)sqlite3_stmt_status(journal->statements[SQL_POP_FORGET], SQLITE_STMTSTATUS_VM_STEP, 0);
    journal_close(journal);
    return steps;
}

static void
forgetting_costs_as_much_as_there_are_rows_where_one_size_or_name_is_told_of_all(void **state)
{
    struct place *p = *state;
    const uint64_t few = steps_of_forgetting(p, 100), more = steps_of_forgetting(p, 1000);

    print_message("%llu steps for 100 of each kind, %llu for 1000\n", (unsigned long long)few,
                  (unsigned long long)more);
    assert_true(more < 20 * few);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_of_100000_lines_need_little_memory),
        TEST(temporary_files_stand_beside_the_journal_and_have_no_name),
        TEST(nothing_new_among_20000_is_found_out_quickly),
        TEST(forgetting_costs_as_much_as_there_are_rows_where_one_size_or_name_is_told_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
