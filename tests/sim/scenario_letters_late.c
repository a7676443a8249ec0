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

static void
when_junk_and_todo_are_exchanged(int mailbox)
{
    given_line(mailbox, JUNK, B);
    given_line(mailbox, TODO, A);
    here()->tree.tables[mailbox].renumbered = bit(JUNK) | bit(TODO);
    maildir_sim_touch(here(), mailbox);
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
        when_junk_and_todo_are_exchanged(WORK);
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

/* ... nor those of a file that came before that, although the run dies that has seen that they are exchanged, before it has read the file. */
static void
letters_that_are_exchanged_say_nothing_although_the_run_dies_then(void **state)
{
    (void)state;
    for (int commit = 1; commit < 8; commit++) {
        given_letters();
        given_line(WORK, JUNK, A);
        given_line(WORK, TODO, B);
        given_mail_with(WORK, 1, bit(JUNK));
        given_both_sides_agree();
        given_mail_here(WORK, 2);
        given_name(file_of(WORK, 2), "c:2,Sa");
        when_junk_and_todo_are_exchanged(WORK);
        given_trouble_at(STEP_COMMIT, false, true);
        sim.world.aim_left = commit;
        (void)when_golub_syncs_after(60);
        sim.world.aim_left = 0;

        then_both_sides_agree();

        then_it_has(WORK, 1, bit(JUNK));
        then_it_has(WORK, 2, 0);
        end_scenario(NULL);
    }
}

/* A letter that means something else by now stays in its name, and says nothing. Nor does its file in another folder, whose name golub gives by what is meant. */
static void
a_letter_that_was_exchanged_is_not_written_in_another_folder(void **state)
{
    (void)state;
    for (int renamed = 0; renamed <= 1; renamed++) {
        given_letters();
        for (int m = WORK; m <= OLD; m++) {
            given_line(m, JUNK, A);
            given_line(m, TODO, B);
        }
        given_mail_with(WORK, 1, bit(TODO));
        given_both_sides_agree();
        given_line(WORK, JUNK, B);
        given_line(WORK, TODO, A);
        here()->tree.tables[WORK].renumbered = bit(JUNK) | bit(TODO);
        maildir_sim_touch(here(), WORK);
        given_both_sides_agree();
        then_its_name_is(WORK, 1, "c:2,Sb");
        ledger_out(&sim.world, 1, WORK);
        assert_true(mua_move(here(), file_of(WORK, 1), OLD, renamed != 0));
        ledger_put(&sim.world, 1, OLD);

        then_both_sides_agree();

        then_it_has(OLD, 1, bit(TODO));
        then_its_name_is(OLD, 1, "c:2,Sb");
        end_scenario(NULL);
    }
}

/* $Forwarded was set by its letter, which means nothing of the kind in the other folder. A copy has it there all the same, and its name says so. */
static void
a_copy_of_what_was_forwarded_says_so_where_the_letter_means_something_else(void **state)
{
    (void)state;
    for (int copy = 0; copy <= 1; copy++) {
        given_letters();
        given_line(WORK, FORWARDED, A);
        given_line(OLD, JUNK, A);
        given_mail_with(WORK, 1, 0);
        given_mail_with(OLD, 2, bit(JUNK));
        given_both_sides_agree();
        given_name(file_of(WORK, 1), "c:2,Sa");
        given_both_sides_agree();
        if (copy)
            assert_true(mua_copy(here(), file_of(WORK, 1), OLD));
        else
            assert_true(mua_move(here(), file_of(WORK, 1), OLD, true));
        ledger_put(&sim.world, 1, OLD);
        if (!copy)
            ledger_out(&sim.world, 1, WORK);

        then_both_sides_agree();

        assert_int_equal(message_of(OLD, 1)->flags, FLAG_SEEN | FLAG_FORWARDED);
        then_it_has(OLD, 1, 0);
        then_its_name_is(OLD, 1, "c:2,PS");
        end_scenario(NULL);
    }
}

/* A name without a suffix shows none of its flags, and the next one all that are left. */
static void
what_was_forwarded_is_not_any_more_where_a_name_says_so_after_one_without_a_suffix(void **state)
{
    (void)state;
    for (int renamed = 0; renamed <= 1; renamed++) {
        given_letters();
        given_line(WORK, JUNK, A);
        given_mail_with(WORK, 1, 0);
        given_both_sides_agree();
        given_name(file_of(WORK, 1), "c:2,PS");
        given_both_sides_agree();
        given_name(file_of(WORK, 1), "n");
        given_both_sides_agree();
        if (renamed)
            assert_true(mua_move(here(), file_of(WORK, 1), WORK, true));
        given_name(file_of(WORK, 1), "c:2,R");

        then_both_sides_agree();

        assert_int_equal(message_of(WORK, 1)->flags, FLAG_ANSWERED);
        end_scenario(NULL);
    }
}

/* A Dovecot moved it there with the letter of that folder; the lines were exchanged, and the run that saw both was killed. */
static void
what_moved_in_before_an_exchange_says_nothing_whenever_a_run_is_killed(void **state)
{
    (void)state;
    for (long step = 1; step < 12; step++) {
        given_letters();
        here()->dovecot = true;
        given_line(OLD, JUNK, B);
        given_line(WORK, JUNK, A);
        given_line(WORK, TODO, B);
        given_mail_with(OLD, 1, bit(JUNK));
        given_mail_with(WORK, 2, bit(TODO));
        given_both_sides_agree();
        when_the_user_moves(1, OLD, WORK);
        given_name(file_of(WORK, 1), "c:2,Sa");
        when_junk_and_todo_are_exchanged(WORK);
        sim.world.crash_at = step;
        (void)when_golub_syncs_after(60);
        sim.world.crash_at = 0;

        then_both_sides_agree();

        then_it_has(WORK, 1, bit(JUNK));
        end_scenario(NULL);
    }
}

/* An equal message stands in another folder, with a letter of its own: this one is no copy of that, for it stood where it stands. */
static void
a_letter_that_is_set_while_the_table_can_not_be_read_is_believed_beside_an_equal_message(void **state)
{
    (void)state;
    for (int keyword = JUNK; keyword <= FORWARDED; keyword += FORWARDED - JUNK) {
        given_letters();
        given_line(WORK, keyword, B);
        given_line(OLD, TODO, A);
        given_mail_with(WORK, 1, 0);
        given_mail_with(OLD, 1, bit(TODO));
        given_both_sides_agree();
        then_its_name_is(OLD, 1, "c:2,Sa");
        given_name(file_of(WORK, 1), "c:2,Sb");
        if (keyword != FORWARDED)
            sim.world.ledger[1].key_set |= bit(keyword);
        here()->shut = 1u << WORK;
        (void)when_golub_syncs_after(60);
        here()->shut = 0;

        then_both_sides_agree();

        if (keyword == FORWARDED)
            assert_int_equal(message_of(WORK, 1)->flags, FLAG_SEEN | FLAG_FORWARDED);
        else
            then_it_has(WORK, 1, bit(JUNK));
        then_it_has(OLD, 1, bit(TODO));
        end_scenario(NULL);
    }
}

/* It leaves fifteen bytes, and another one gives a flag more, or takes some off, before golub looks: one letter is missing, and nobody took it off. */
static void
a_letter_that_was_cut_off_is_no_removal_where_another_reader_gave_or_took_a_flag_since(void **state)
{
    static const char *const names[] = {"c:2,FSabcdefghij", "c:2,FPSabcdefghij", "c:2,Sabcdefghij", "c:2,FRabcdefghij"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        given_letters();
        here()->dovecot = true;
        for (int k = 0; k < 11; k++)
            given_line(WORK, k, k + 1);
        given_mail_with(WORK, 1, bit(11) - 1);
        given_both_sides_agree();
        server_set_flags(&sim.server, WORK, message_of(WORK, 1), i == 2 ? FLAG_SEEN | FLAG_ANSWERED : FLAG_SEEN,
                         bit(11) - 1);
        given_both_sides_agree();
        then_its_name_is(WORK, 1, i == 2 ? "c:2,RSabcdefghijk" : "c:2,Sabcdefghijk");
        given_name(file_of(WORK, 1), names[i]);

        then_both_sides_agree();

        then_it_has(WORK, 1, bit(11) - 1);
        end_scenario(NULL);
    }
}

/* ... whose own letter is read in the same run, since its line was missing before: by that folder's lines, in whichever order folders are looked at. */
static void
the_letter_of_a_copy_is_not_read_by_other_lines_while_that_of_its_source_is_unread(void **state)
{
    (void)state;
    for (int from = WORK; from <= OLD; from++) {
        const int to = from == WORK ? OLD : WORK;

        given_letters();
        given_line(from, JUNK, A);
        given_line(to, TODO, A);
        given_mail_with(from, 1, bit(JUNK));
        given_mail_with(to, 2, 0);
        given_both_sides_agree();
        then_its_name_is(from, 1, "c:2,Sa");
        given_line(from, JUNK, 0);
        maildir_sim_touch(here(), from);
        (void)when_golub_syncs_after(60);
        given_line(from, JUNK, A);
        maildir_sim_touch(here(), from);
        assert_true(mua_copy(here(), file_of(from, 1), to));
        ledger_put_another(&sim.world, 1, to);
        given_name(file_of(to, 1), "c:2,Sa");

        then_both_sides_agree();

        then_it_has(from, 1, bit(JUNK));
        then_it_has(to, 1, bit(JUNK));
        end_scenario(NULL);
    }
}

/* Equal messages stand in two folders, with keywords of their own. A copy of the one has nothing of the other; where nobody can tell, what both have. */
static void
a_copy_of_one_of_two_equal_messages_has_nothing_of_the_other(void **state)
{
    const struct {
        unsigned first, other, copy; /* keywords; the first one is copied */
        const char *info;
        bool line; /* in the folder of the copy, for JUNK */
    } all[] = {
        {0, bit(TODO), 0, "c:2,S", false},
        {bit(JUNK), bit(TODO), bit(JUNK), "c:2,Sb", true},
        {bit(JUNK), 0, bit(JUNK), "c:2,Sa", false},
        {bit(JUNK), bit(TODO), 0, "c:2,Sa", false},
        {bit(JUNK) | bit(SOON), bit(TODO) | bit(SOON), bit(SOON), "c:2,Sac", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (int from = WORK; from <= OLD; from++) {
            const int other = from == WORK ? OLD : WORK;

            given_letters();
            given_line(from, JUNK, A);
            given_line(from, SOON, C);
            given_line(other, TODO, A);
            given_line(other, SOON, C);
            if (all[i].line)
                given_line(INBOX, JUNK, B);
            given_mail_with(from, 1, all[i].first);
            given_mail_with(other, 1, all[i].other);
            given_mail_with(INBOX, 2, 0);
            given_both_sides_agree();
            assert_true(mua_copy(here(), file_of(from, 1), INBOX));
            ledger_put_another(&sim.world, 1, INBOX);
            given_name(file_of(INBOX, 1), all[i].info);

            then_both_sides_agree();

            then_it_has(from, 1, all[i].first);
            then_it_has(other, 1, all[i].other);
            then_it_has(INBOX, 1, all[i].copy);
            end_scenario(NULL);
        }
    }
}

/* It stood in this folder: it is no copy of the equal one, in whose folder its letter means something else. */
static void
a_file_with_another_name_is_no_copy_of_an_equal_one_in_another_folder(void **state)
{
    (void)state;
    for (int set = 0; set <= 1; set++) {
        given_letters();
        given_line(WORK, JUNK, A);
        given_line(WORK, SOON, B);
        given_line(OLD, TODO, A);
        given_mail_with(WORK, 1, bit(JUNK));
        given_mail_with(OLD, 1, bit(TODO));
        given_both_sides_agree();
        given_mail_there(WORK, 2); /* so the file is matched with what is there */
        assert_true(mua_move(here(), file_of(WORK, 1), WORK, true));
        given_name(file_of(WORK, 1), set ? "c:2,Sab" : "c:2,Sa");
        if (set)
            sim.world.ledger[1].key_set |= bit(SOON);

        then_both_sides_agree();

        then_it_has(WORK, 1, set ? bit(JUNK) | bit(SOON) : bit(JUNK));
        then_it_has(OLD, 1, bit(TODO));
        end_scenario(NULL);
    }
}

/* A program that knows letters moves it, and writes that of its new folder: the name said so before the keyword was taken off. */
static void
a_letter_that_is_translated_brings_back_nothing_that_was_taken_off(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, JUNK, A);
    given_line(OLD, JUNK, B);
    given_mail_with(WORK, 1, bit(JUNK));
    given_mail_with(OLD, 2, 0);
    given_both_sides_agree();
    then_its_name_is(WORK, 1, "c:2,Sa");
    server_set_flags(&sim.server, WORK, message_of(WORK, 1), FLAG_SEEN, 0);
    ledger_out(&sim.world, 1, WORK);
    assert_true(mua_move(here(), file_of(WORK, 1), OLD, true));
    ledger_put(&sim.world, 1, OLD);
    given_name(file_of(OLD, 1), "c:2,Sb");

    then_both_sides_agree();

    then_it_has(OLD, 1, 0);
    then_its_name_is(OLD, 1, "c:2,S");
}

/* Dovecot knows no P: where it moves a file the name is without it. Who takes other flags off as well means it. */
static void
what_was_forwarded_stays_so_where_its_file_goes_elsewhere_without_p(void **state)
{
    (void)state;
    for (int others = 0; others <= 1; others++) {
        const unsigned forwarded = others != 0 ? 0 : FLAG_FORWARDED;

        given_letters();
        given_mail_with(WORK, 1, 0);
        server_set_flags(&sim.server, WORK, message_of(WORK, 1), FLAG_SEEN | FLAG_FLAGGED | FLAG_FORWARDED, 0);
        given_mail_with(OLD, 2, 0);
        given_both_sides_agree();
        ledger_out(&sim.world, 1, WORK);
        assert_true(mua_move(here(), file_of(WORK, 1), OLD, false));
        ledger_put(&sim.world, 1, OLD);
        given_name(file_of(OLD, 1), others != 0 ? "c:2,S" : "c:2,FS");
        if (others != 0)
            sim.world.ledger[1].cleared[WORK] = sim.world.ledger[1].cleared[OLD] = FLAG_FLAGGED | FLAG_FORWARDED;

        then_both_sides_agree();

        assert_int_equal(message_of(OLD, 1)->flags & FLAG_FORWARDED, forwarded);
        then_its_name_is(OLD, 1, others != 0 ? "c:2,S" : "c:2,FPS");
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
        SCENARIO(letters_that_are_exchanged_say_nothing_although_the_run_dies_then),
        SCENARIO(a_letter_that_was_exchanged_is_not_written_in_another_folder),
        SCENARIO(a_copy_of_what_was_forwarded_says_so_where_the_letter_means_something_else),
        SCENARIO(what_was_forwarded_is_not_any_more_where_a_name_says_so_after_one_without_a_suffix),
        SCENARIO(what_moved_in_before_an_exchange_says_nothing_whenever_a_run_is_killed),
        SCENARIO(a_letter_that_is_set_while_the_table_can_not_be_read_is_believed_beside_an_equal_message),
        SCENARIO(the_letter_of_a_copy_is_not_read_by_other_lines_while_that_of_its_source_is_unread),
        SCENARIO(a_letter_that_was_cut_off_is_no_removal_where_another_reader_gave_or_took_a_flag_since),
        SCENARIO(a_copy_of_one_of_two_equal_messages_has_nothing_of_the_other),
        SCENARIO(a_file_with_another_name_is_no_copy_of_an_equal_one_in_another_folder),
        SCENARIO(a_letter_that_is_translated_brings_back_nothing_that_was_taken_off),
        SCENARIO(what_was_forwarded_stays_so_where_its_file_goes_elsewhere_without_p),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
