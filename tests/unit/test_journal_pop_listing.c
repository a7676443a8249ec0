/* What a list of a maildrop is compared with: new, known, doubtful and gone ones. What it costs: test_journal_pop_listing_costs.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/forms.h"
#include "tests/unit/journal_pop_rows.h"

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
        TEST(a_look_at_folders_that_did_not_move_costs_no_look_at_the_rows),
        TEST(what_has_the_header_and_size_of_a_nameless_one_outlives_its_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
