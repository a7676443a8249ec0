/* Another program writes a folder's table in its place: lines are missing for a moment, and what letters mean is known before that, or after it. */
#include "tests/sim/scenario_letters.h"

/* The table was being written in its place when the letter was seen, and the folder does not change any more. */
static void
a_letter_whose_line_is_late_is_believed_by_the_next_run(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, JUNK, A);
    given_mail_with(WORK, 1, 0);
    given_both_sides_agree();
    given_name(file_of(WORK, 1), "c:2,Sb");
    (void)when_golub_syncs_after(60);
    given_line(WORK, SOON, B);
    sim.world.ledger[1].key_set = bit(SOON);

    (void)when_golub_syncs_after(60);

    then_it_has(WORK, 1, bit(SOON));
    then_both_sides_agree();
}

/* The line was missing when the letter came. When it is back, the file has another name, or stands in another folder. */
static void
a_letter_whose_line_was_missing_is_believed_wherever_its_file_is_by_then(void **state)
{
    (void)state;
    for (int to = WORK; to <= OLD; to++) {
        given_letters();
        given_line(WORK, JUNK, A);
        given_line(OLD, JUNK, A);
        given_mail_with(WORK, 1, 0);
        given_mail_with(OLD, 2, 0);
        given_both_sides_agree();
        given_line(WORK, JUNK, 0);
        given_name(file_of(WORK, 1), "c:2,Sa");
        (void)when_golub_syncs_after(60);
        then_it_has(WORK, 1, 0);
        given_line(WORK, JUNK, A);
        sim.world.ledger[1].key_set = bit(JUNK);
        ledger_out(&sim.world, 1, WORK);
        assert_true(mua_move(here(), file_of(WORK, 1), to, true));
        ledger_put(&sim.world, 1, to);

        then_both_sides_agree();

        then_it_has(to, 1, bit(JUNK));
        then_its_name_is(to, 1, "c:2,Sa");
        end_scenario(NULL);
    }
}

/* Two lines are exchanged, and right after golub has seen that they are missing for a moment: what names show by them nobody has said. */
static void
letters_that_are_exchanged_say_nothing_although_their_lines_are_missing_then(void **state)
{
    (void)state;
    for (int read = 1; read < 6; read++) {
        given_letters();
        given_line(WORK, JUNK, A);
        given_line(WORK, TODO, B);
        given_mail_with(WORK, 1, bit(JUNK));
        given_mail_with(WORK, 2, bit(TODO));
        given_mail_with(WORK, 3, 0);
        given_both_sides_agree();
        then_its_name_is(WORK, 1, "c:2,Sa");
        given_line(WORK, JUNK, B);
        given_line(WORK, TODO, A);
        here()->tree.tables[WORK].renumbered = bit(JUNK) | bit(TODO);
        maildir_sim_touch(here(), WORK);
        given_name(file_of(WORK, 3), "c:2,Sc"); /* it has no line yet: the table is read again */
        here()->cut_read = read;
        (void)when_golub_syncs_after(60);
        here()->cut_read = 0;
        maildir_sim_touch(here(), WORK);

        then_both_sides_agree();

        then_it_has(WORK, 1, bit(JUNK));
        then_it_has(WORK, 2, bit(TODO));
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_letter_whose_line_is_late_is_believed_by_the_next_run),
        SCENARIO(a_letter_whose_line_was_missing_is_believed_wherever_its_file_is_by_then),
        SCENARIO(letters_that_are_exchanged_say_nothing_although_their_lines_are_missing_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
