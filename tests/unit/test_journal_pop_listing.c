/* What a list of a maildrop is compared with: new, known, doubtful and gone ones, quickly and in little memory. */
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

/* Messages 1, 2 ... of these UIDLs. */
static void
given_listing(struct place *p, struct journal *journal, const char *const *uidls)
{
    assert_true(journal_listing_begin(journal, &p->err));
    for (uint32_t number = 1; uidls[number - 1] != NULL; number++)
        assert_true(journal_listing_add(journal, number, uidls[number - 1], 0, &p->err));
}

#define LISTING(p, journal, ...) given_listing(p, journal, (const char *const[]){__VA_ARGS__, NULL})

/* "1 4 5", in the order of the pages, which hold two each. */
static const char *
numbers(struct place *p, struct journal *journal, enum journal_listing_which which, bool descending)
{
    static char text[4][256];
    static unsigned turn;
    char *to = text[turn++ % 4];
    struct journal_listed page[2];
    uint32_t after = 0;
    size_t count, used = 0;
    uint64_t counted, seen = 0;

    to[0] = '\0';
    do {
        if (!journal_listing_page(journal, which, descending, after, page, 2, &count, &p->err))
            fail_msg("%s: %s", p->err.what, p->err.answer);
        for (size_t i = 0; i < count; i++, seen++) {
            text_print(to + used, sizeof text[0] - used, "%s%lu", used == 0 ? "" : " ", (unsigned long)page[i].number);
            used = strlen(to);
            after = page[i].number;
        }
    } while (count == 2);
    assert_true(journal_listing_count(journal, which, &counted, &p->err));
    assert_int_equal(counted, seen);
    return to;
}

#define NOW 1700000000

/* What the listing lacks becomes absent; forgotten is what was absent before that. */
static uint64_t
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

static uint64_t
all_rows(struct place *p, struct journal *journal)
{
    uint64_t count;

    assert_true(journal_pop_count_all(journal, &count, &p->err));
    return count;
}

/* The row of a UIDL, absent or not. */
static struct journal_pop
row_named(struct place *p, struct journal *journal, const char *uidl)
{
    struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool found;

    assert_true(journal_pop_by_uidl(journal, uidl, &ids, &count, &p->err));
    assert_true(count > 0);
    assert_true(journal_pop_get(journal, ids[0], &row, &found, &p->err) && found);
    free(ids);
    return row;
}

static void
new_known_doubtful_and_gone_are_told_apart(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    int64_t known = given_row(p, journal, "b", POP_STORED, 1);

    given_row(p, journal, "gone", POP_STORED, 1);
    given_row(p, journal, "begun", POP_FETCHING, 0);
    given_row(p, journal, "d", POP_STORED, 1);
    given_row(p, journal, "d", POP_STORED, 1);
    LISTING(p, journal, "z", "b", "d", "r", "a", "r", "aa");

    assert_string_equal(numbers(p, journal, LISTED_ALL, false), "1 2 3 4 5 6 7");
    assert_string_equal(numbers(p, journal, LISTED_NEW, true), "7 5 1");
    assert_string_equal(numbers(p, journal, LISTED_KNOWN, false), "2");
    assert_string_equal(numbers(p, journal, LISTED_DOUBT, false), "3 4 6");
    assert_true(listed(p, journal, 2).row == known && !listed(p, journal, 2).repeated);
    assert_true(!listed(p, journal, 3).repeated && listed(p, journal, 4).repeated);
    assert_true(journal_listing_leave(journal, 3, &p->err)); /* nobody knows which of the two it is */
    assert_int_equal(bury(p, journal), 0);
    assert_int_equal(rows_in(p, journal, 0), 3); /* "begun" is forgotten, "gone" is absent */
    assert_int_equal(all_rows(p, journal), 4);
    assert_true(row_named(p, journal, "gone").absent == NOW);
    journal_close(journal);
}

static void
a_row_outlives_the_list_that_lacks_it_and_is_doubtful_when_it_is_back(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    uint64_t gone;

    given_row(p, journal, "a", POP_STORED, 1);
    given_row(p, journal, "b", POP_STORED, 1);
    LISTING(p, journal, "b");
    assert_true(journal_listing_gone(journal, &gone, &p->err));
    assert_int_equal(gone, 1);
    assert_int_equal(bury(p, journal), 0);
    LISTING(p, journal, "b", "a");

    assert_string_equal(numbers(p, journal, LISTED_DOUBT, false), "2");
    assert_string_equal(numbers(p, journal, LISTED_NEW, false), "");
    assert_true(journal_listing_gone(journal, &gone, &p->err));
    assert_int_equal(gone, 0);
    journal_close(journal);
}

static void
another_size_makes_a_known_one_doubtful_and_sizes_are_learned(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    bool any;

    given_row(p, journal, "a", POP_STORED, 1);
    assert_true(journal_listing_begin(journal, &p->err));
    assert_true(journal_listing_add(journal, 1, "a", 100, &p->err));
    assert_true(journal_listing_has_sizes(journal, &any, &p->err) && any);
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_listing_learn_sizes(journal, &p->err) && journal_commit(journal, &p->err));
    assert_int_equal(row_named(p, journal, "a").listed, 100);

    assert_true(journal_listing_begin(journal, &p->err));
    assert_true(journal_listing_add(journal, 1, "a", 100, &p->err));
    assert_string_equal(numbers(p, journal, LISTED_KNOWN, false), "1");
    assert_true(journal_listing_begin(journal, &p->err));
    assert_true(journal_listing_add(journal, 1, "a", 101, &p->err));
    assert_string_equal(numbers(p, journal, LISTED_DOUBT, false), "1");
    assert_true(journal_listing_begin(journal, &p->err));
    assert_true(journal_listing_add(journal, 1, "a", 0, &p->err));
    assert_string_equal(numbers(p, journal, LISTED_KNOWN, false), "1"); /* not told is no other size */
    journal_close(journal);
}

static void
what_is_probed_is_doubtful_all_of_it_or_what_has_the_size_of_an_absent_row(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_pop row = row_of("old", POP_STORED);

    row.listed = 7;
    row.absent = NOW;
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_pop_save(journal, &row, &p->err) && journal_commit(journal, &p->err));
    assert_true(journal_listing_begin(journal, &p->err));
    for (uint32_t number = 6; number < 9; number++) {
        char uidl[8];

        text_print(uidl, sizeof uidl, "u%u", (unsigned)number);
        assert_true(journal_listing_add(journal, number, uidl, number, &p->err));
    }
    assert_true(journal_listing_probe(journal, false, &p->err));
    assert_string_equal(numbers(p, journal, LISTED_DOUBT, false), "7");
    assert_string_equal(numbers(p, journal, LISTED_NEW, false), "6 8");
    assert_true(journal_listing_probe(journal, true, &p->err));
    assert_string_equal(numbers(p, journal, LISTED_DOUBT, false), "6 7 8");

    assert_true(journal_listing_pair(journal, 7, row.id, true, &p->err));
    assert_true(listed(p, journal, 7).row == row.id && listed(p, journal, 7).proven);
    assert_string_equal(numbers(p, journal, LISTED_KNOWN, false), "7");
    journal_close(journal);
}

static void
an_empty_journal_knows_nothing(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);

    LISTING(p, journal, "a", "b");
    assert_string_equal(numbers(p, journal, LISTED_NEW, false), "1 2");
    given_row(p, journal, "a", POP_STORED, 1);
    assert_string_equal(numbers(p, journal, LISTED_NEW, false), "1 2"); /* decided once */
    assert_true(journal_listing_begin(journal, &p->err));
    assert_string_equal(numbers(p, journal, LISTED_ALL, true), "");
    assert_int_equal(bury(p, journal), 0);
    assert_int_equal(rows_in(p, journal, 0), 0);
    journal_close(journal);
}

/* No row of it is absent: both counts are the same. */
static bool
here_count(struct place *p, struct journal *journal, uint64_t *here, uint64_t *missed, uint64_t *other)
{
    uint64_t there;

    return journal_here_count(journal, missed, other, &p->err) &&
           journal_here_count_there(journal, here, &there, &p->err) && there == *missed;
}

static void
names_here_find_what_is_missed_and_what_is_back(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    uint64_t here, missed, other;
    struct journal_pop row;

    for (int i = 0; i < 3; i++) {
        row = row_of("x", POP_STORED);
        text_print(row.base, sizeof row.base, "base%d", i);
        row.folder = i == 2 ? "Other" : "INBOX";
        assert_true(journal_begin(journal, &p->err));
        assert_true(journal_pop_save(journal, &row, &p->err) && journal_commit(journal, &p->err));
    }
    assert_true(journal_here_begin(journal, &p->err) && journal_here_folder(journal, "INBOX", &p->err));
    assert_true(journal_here_name(journal, "INBOX", "base1", "n", &p->err));
    assert_true(journal_here_name(journal, "INBOX", "stranger", "n", &p->err));
    assert_true(here_count(p, journal, &here, &missed, &other));
    assert_true(here == 3 && missed == 1 && other == 0); /* Other was not looked at */

    struct journal_here_file strangers[4];
    size_t count;
    assert_true(journal_here_strangers(journal, 0, strangers, 4, &count, &p->err));
    assert_int_equal(count, 1);
    assert_string_equal(strangers[0].base, "stranger");

    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_here_apply(journal, NOW, true, &p->err) && journal_commit(journal, &p->err));
    assert_true(journal_here_begin(journal, &p->err) && journal_here_folder(journal, "Other", &p->err));
    assert_true(journal_here_name(journal, "Other", "base0", "c:2,S", &p->err));
    assert_true(journal_here_name(journal, "Other", "base2", "c:2,S", &p->err));
    assert_true(here_count(p, journal, &here, &missed, &other));
    assert_true(here == 2 && missed == 0 && other == 1);
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_here_apply(journal, NOW, false, &p->err) && journal_commit(journal, &p->err));
    bool found;
    assert_true(journal_pop_get(journal, 1, &row, &found, &p->err) && found);
    assert_true(row.missed == 0 && row.facts == 0);
    row.folder = NULL; /* stays as it is: in Other */
    assert_true(journal_begin(journal, &p->err));
    assert_true(journal_pop_save(journal, &row, &p->err) && journal_commit(journal, &p->err));
    assert_true(journal_here_begin(journal, &p->err) && journal_here_folder(journal, "Other", &p->err));
    assert_true(journal_here_name(journal, "Other", "base0", "c:2,S", &p->err));
    assert_true(journal_here_name(journal, "Other", "base2", "c:2,S", &p->err));
    assert_true(here_count(p, journal, &here, &missed, &other));
    assert_true(here == 3 && missed == 0 && other == 0);
    journal_close(journal);
}

static void
a_number_that_is_told_twice_is_the_servers_fault(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    uint64_t count;

    LISTING(p, journal, "a");

    assert_true(journal_listing_add(journal, 1, "b", 0, &p->err));
    assert_false(journal_listing_count(journal, LISTED_NEW, &count, &p->err));
    assert_int_equal(p->err.kind, ERROR_SERVER);
    journal_close(journal);
}

static void
a_number_that_is_told_twice_in_a_long_list_is_found_too(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    uint64_t count;
    char uidl[16];
    bool ok;

    ok = journal_listing_begin(journal, &p->err);
    for (uint32_t number = 1; ok && number <= 100; number++) {
        (void)snprintf(uidl, sizeof uidl, "u%03u", (unsigned)number);
        ok = journal_listing_add(journal, number == 90 ? 7 : number, uidl, 0, &p->err);
    }
    ok = ok && journal_listing_count(journal, LISTED_NEW, &count, &p->err);

    assert_false(ok);
    assert_int_equal(p->err.kind, ERROR_SERVER);
    journal_close(journal);
}

static void
what_was_begun_is_wanted_again(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);

    given_row(p, journal, "a", POP_STORED, 1);
    given_row(p, journal, "b", POP_FETCHING, 0);
    LISTING(p, journal, "a", "b", "c");
    assert_true(journal_listing_want_fetching(journal, &p->err));

    assert_string_equal(numbers(p, journal, LISTED_NEW, false), "2 3");
    assert_string_equal(numbers(p, journal, LISTED_KNOWN, false), "1");
    assert_true(journal_listing_want(journal, 1, &p->err));
    assert_string_equal(numbers(p, journal, LISTED_NEW, false), "1 2 3");
    assert_true(journal_listing_allow_removal(journal, 2, &p->err) &&
                journal_listing_allow_removal(journal, 2, &p->err));
    assert_string_equal(numbers(p, journal, LISTED_REMOVABLE, true), "2");
    journal_close(journal);
}

static void
a_listing_is_no_change_of_the_journal_and_leaves_no_file(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    int64_t before;

    given_row(p, journal, "a", POP_STORED, 1);
    journal_close(journal);
    journal = opened(p);
    before = journal_changes(journal);
    LISTING(p, journal, "a", "b");
    assert_string_equal(numbers(p, journal, LISTED_NEW, false), "2");
    assert_int_equal(bury(p, journal), 0);

    assert_true(journal_changes(journal) == before);
    assert_int_equal(journal->unclean, 0);
    assert_int_equal(entries(p->temporary), 0);
    journal_close(journal);
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

static void
a_look_at_folders_that_did_not_move_costs_no_look_at_the_rows(void **state)
{
    static const char *const folders[] = {"", "Archive", "INBOX"};
    struct place *p = *state;
    struct journal *journal = opened(p);
    struct journal_pop_folder *list;
    uint64_t missed, other;
    size_t count;

    assert_true(journal_begin(journal, &p->err));
    for (int i = 0; i < 3000; i++) {
        struct journal_pop row = row_of("", POP_STORED);

        text_print(row.uidl, sizeof row.uidl, "%05d", i);
        text_print(row.base, sizeof row.base, "%010d.golub", i);
        row.folder = folders[i % 3];
        assert_true(journal_pop_save(journal, &row, &p->err));
    }
    assert_true(journal_commit(journal, &p->err));

    assert_true(journal_here_begin(journal, &p->err));
    assert_true(journal_here_count(journal, &missed, &other, &p->err));
    assert_true(missed == 0 && other == 0);
    assert_true(journal_pop_row_folders(journal, &list, &count, &p->err));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(list[i].name, folders[i]);
    free(list);
    for (enum statement which = 0; which < SQL_STATEMENTS; which++)
        if (which == SQL_HERE_MISSED || which == SQL_HERE_OTHER || which == SQL_HERE_ROW_FOLDERS)
            assert_in_range(sqlite3_stmt_status(journal->statements[which], SQLITE_STMTSTATUS_VM_STEP, 0), 1, 300);

    assert_true(journal_here_begin(journal, &p->err) && journal_here_folder(journal, "", &p->err));
    assert_true(journal_here_count(journal, &missed, &other, &p->err));
    assert_true(missed == 1000 && other == 0);
    journal_close(journal);
}

/* The name of the one that is listed may have moved on to the other: nothing but the bytes would tell. */
static void
what_has_the_header_and_size_of_a_nameless_one_outlives_its_time(void **state)
{
    struct place *p = *state;
    struct journal *journal = opened(p);
    uint64_t forgotten;

    assert_true(journal_begin(journal, &p->err));
    for (int i = 0; i < 4; i++) { /* one that is gone and one that is listed, nameless, then named */
        struct journal_pop row = row_of(i % 2 == 0 ? "gone" : "there", POP_STORED);

        row.absent = i % 2 == 0 ? NOW - 1 : 0;
        row.listed = 70;
        row.facts = i < 2 ? POP_NAMELESS : 0;
        row.has_header = true;
        memset(row.header, 1 + i / 2, DIGEST_SIZE);
        assert_true(journal_pop_save(journal, &row, &p->err));
    }
    assert_true(journal_commit(journal, &p->err));
    assert_true(journal_listing_begin(journal, &p->err) && journal_begin(journal, &p->err));
    assert_true(journal_pop_forget(journal, NOW, &forgotten, &p->err));
    assert_true(journal_commit(journal, &p->err));
    assert_int_equal(forgotten, 1);
    assert_int_equal(row_named(p, journal, "gone").header[0], 1);
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
        TEST(new_known_doubtful_and_gone_are_told_apart),
        TEST(a_row_outlives_the_list_that_lacks_it_and_is_doubtful_when_it_is_back),
        TEST(another_size_makes_a_known_one_doubtful_and_sizes_are_learned),
        TEST(what_is_probed_is_doubtful_all_of_it_or_what_has_the_size_of_an_absent_row),
        TEST(an_empty_journal_knows_nothing),
        TEST(names_here_find_what_is_missed_and_what_is_back),
        TEST(a_number_that_is_told_twice_is_the_servers_fault),
        TEST(a_number_that_is_told_twice_in_a_long_list_is_found_too),
        TEST(what_was_begun_is_wanted_again),
        TEST(a_listing_is_no_change_of_the_journal_and_leaves_no_file),
        TEST(lists_of_100000_lines_need_little_memory),
        TEST(temporary_files_stand_beside_the_journal_and_have_no_name),
        TEST(nothing_new_among_20000_is_found_out_quickly),
        TEST(a_look_at_folders_that_did_not_move_costs_no_look_at_the_rows),
        TEST(what_has_the_header_and_size_of_a_nameless_one_outlives_its_time),
        TEST(forgetting_costs_as_much_as_there_are_rows_where_one_size_or_name_is_told_of_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
