/* A keyword's two bases, all of them against what a person expects; the journal's table of those that differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/journal/keywords.h"
#include "sync/rules/keywords.h"

static struct flag_sides
sides_of(unsigned bits)
{
    return (struct flag_sides){
        .rbase = bits & 1, .lbase = bits >> 1 & 1, .rseen = bits >> 2 & 1, .lseen = bits >> 3 & 1};
}

static void
one_is_taken_off_there_only_where_the_user_took_it_off(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 16; bits++)
        for (int kept = 0; kept < 2; kept++) {
            const struct flag_sides before = sides_of(bits);
            struct merge_step step;
            const struct flag_sides after = keyword_plan(before, kept != 0, &step);

            if (step.there_del != 0)
                assert_true(before.lbase != 0 && before.lseen == 0 && before.rseen != 0 && kept);
            if (step.there_add != 0)
                assert_true(before.lbase == 0 && before.lseen != 0 && before.rseen == 0 && kept);
            /* What the server gained or lost by others' doing is never sent back. */
            if (before.rbase != before.rseen && before.lbase == before.lseen)
                assert_true(step.there_add == 0 && step.there_del == 0);
            /* What this side said is not forgotten but where the server set it. */
            if (before.lseen != 0)
                assert_true(after.lseen != 0 || before.lbase != 0);
            assert_int_equal(after.rseen, before.rseen);
        }
}

static void
what_is_settled_stays_so(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 16; bits++)
        for (int kept = 0; kept < 2; kept++) {
            struct merge_step step;
            const struct flag_sides once = keyword_plan(sides_of(bits), kept != 0, &step);
            const struct flag_sides twice = keyword_plan(once, kept != 0, &step);

            assert_true(keyword_is_same(once, twice));
            if (!kept)
                assert_true(step.there_add == 0 && step.there_del == 0);
        }
}

static void
what_can_not_be_held_is_no_removal_and_is_offered_once_more(void **state)
{
    struct merge_step step;
    struct flag_sides sides = keyword_said(keyword_agreed(false), true);

    (void)state;
    sides = keyword_plan(sides, false, &step);
    assert_true(keyword_is_set(sides) && !keyword_is_over(sides) && !keyword_waits(sides));
    sides = keyword_plan(sides, true, &step);
    assert_true(step.there_add == 0 && keyword_is_set(sides));

    sides = keyword_offered(sides);
    assert_true(keyword_waits(sides));
    sides = keyword_plan(sides, true, &step);
    assert_true(step.there_add != 0);
}

static struct journal_keyword
row_of(int64_t mailbox, const char *base, const char *word)
{
    struct journal_keyword row = {.mailbox = mailbox, .sides = {.lseen = KEYWORD_BIT}, .since = 5, .not_before = 6};

    (void)text_print(row.base, sizeof row.base, "%s", base);
    (void)text_print(row.word, sizeof row.word, "%s", word);
    (void)text_print(row.why, sizeof row.why, "no");
    memset(row.wire, 3, sizeof row.wire);
    return row;
}

static void
the_table_knows_them_by_file_and_word_without_case(void **state)
{
    struct error err = {0};
    struct journal *journal = journal_open_memory(NULL, 0, &err);
    struct journal_keyword a = row_of(1, "x", "Later"), b = row_of(1, "x", "todo"), c = row_of(2, "x", "later"), *rows;
    unsigned char wire[DIGEST_SIZE] = {9};
    size_t count;

    (void)state;
    assert_true(journal_begin(journal, &err));
    assert_true(journal_keyword_save(journal, &a, &err));
    (void)text_print(a.word, sizeof a.word, "LATER");
    a.unkept = true;
    assert_true(journal_keyword_save(journal, &a, &err) && journal_keyword_save(journal, &b, &err) &&
                journal_keyword_save(journal, &c, &err));
    assert_true(journal_keywords_of(journal, 1, "x", &rows, &count, &err));
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].word, "LATER");
    assert_true(rows[0].unkept && rows[0].sides.lseen == 1 && rows[0].sides.lbase == 0 && rows[0].since == 5 &&
                rows[0].not_before == 6 && rows[0].wire[31] == 3 && strcmp(rows[0].why, "no") == 0);
    free(rows);

    assert_true(journal_keyword_move(
        journal, &c, &(struct journal_message){.id = 7, .mailbox = 1, .base = "y", .wire = {[31] = 8}}, &err));
    assert_true(c.message == 7 && c.wire[31] == 8);
    assert_true(journal_keyword_rewrite(journal, &(struct journal_message){.mailbox = 1, .base = "y"}, wire, &err));
    assert_true(journal_keywords_of(journal, 1, "y", &rows, &count, &err));
    assert_true(count == 1 && rows[0].wire[0] == 0 && rows[0].wire[31] == 8); /* that was said of other bytes */
    free(rows);
    wire[0] = 7;
    assert_true(journal_keyword_rewrite(
        journal, &(struct journal_message){.mailbox = 1, .base = "y", .wire = {[31] = 8}}, wire, &err));
    wire[0] = 9;
    assert_true(
        journal_keyword_rewrite(journal, &(struct journal_message){.id = 7, .mailbox = 1, .base = "y"}, wire, &err));
    assert_true(journal_keyword_delete(journal, &b, &err));
    assert_true(journal_keywords(journal, &rows, &count, &err));
    assert_int_equal(count, 2);
    assert_string_equal(rows[1].base, "y");
    assert_int_equal(rows[1].wire[0], 9);
    free(rows);
    journal_rollback(journal);
    journal_close(journal);
}

static void
words_are_legal_atoms_and_found_in_any_case(void **state)
{
    (void)state;
    assert_true(keywords_have("$Junk later", text_of("LATER")) && keywords_have("$Junk", text_of("$junk")));
    assert_false(keywords_have("$Junk later", text_of("late")) || keywords_have("", text_of("x")));
    for (const char *const *bad = (const char *const[]){"", "a b", "a(", "a)", "{", "a]", "%", "*", "\"", "\\Seen",
                                                        "\xc3\xa9", "\x7f", NULL};
         *bad != NULL; bad++)
        assert_false(keyword_is_legal(text_of(*bad)));
    assert_true(keyword_is_legal(text_of("$Label1")) && keyword_is_legal(text_of("a+b-c.d")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_taken_off_there_only_where_the_user_took_it_off),
        cmocka_unit_test(what_is_settled_stays_so),
        cmocka_unit_test(what_can_not_be_held_is_no_removal_and_is_offered_once_more),
        cmocka_unit_test(the_table_knows_them_by_file_and_word_without_case),
        cmocka_unit_test(words_are_legal_atoms_and_found_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
