/* A file with keyword letters comes back: out of a Maildir that was put back, or since its folder was a copy that was not whole yet, or its mailbox left out. */
#include "tests/sim/scenario_letters.h"

enum { NOT_COPIED = 100 }; /* beyond all places */

static struct sim_tree backup;

/* It came after that, and nothing there has it: its letter is no name of the past. */
static void
a_letter_of_new_mail_in_a_maildir_that_was_put_back_is_believed(void **state)
{
    (void)state;
    for (int key = JUNK; key <= FORWARDED; key += FORWARDED) {
        given_letters();
        given_line(WORK, key, A);
        given_mail_with(WORK, 1, 0);
        given_both_sides_agree();
        backup = here()->tree;
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        maildir_sim_restore(here(), &backup);
        check_forget(&sim.clients[0]);
        given_mail_here(WORK, 3);
        sim.world.ledger[3].key_set = bit(key);
        given_name(file_of(WORK, 3), "c:2,Sa");

        then_both_sides_agree();

        then_it_has(WORK, 3, key == FORWARDED ? 0 : bit(key));
        assert_int_equal(message_of(WORK, 3)->flags, FLAG_SEEN | (key == FORWARDED ? FLAG_FORWARDED : 0));
        assert_int_equal(letters_of_info(file_of(WORK, 3)->info), letter_bit(A - 1));
        end_scenario(NULL);
    }
}

/* ... and this one was there: what another client took off since stays off. */
static void
a_letter_that_came_back_with_the_maildir_says_nothing_of_what_is_there(void **state)
{
    (void)state;
    given_letters();
    given_line(WORK, JUNK, A);
    given_mail_with(WORK, 1, bit(JUNK));
    given_both_sides_agree();
    backup = here()->tree;
    server_set_flags(&sim.server, WORK, message_of(WORK, 1), FLAG_SEEN, 0);
    when_the_user_moves(1, WORK, WORK);
    assert_true(mua_move(here(), file_of(WORK, 1), WORK, true));
    given_both_sides_agree();
    maildir_sim_restore(here(), &backup);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();

    then_it_has(WORK, 1, 0);
    then_its_name_is(WORK, 1, "c:2,S");
}

/* ... also while its folder's table can't be read, and whatever it says once it can. */
static void
a_letter_that_came_back_with_the_maildir_says_nothing_where_the_table_can_not_be_read_then(void **state)
{
    (void)state;
    for (int equal = 0; equal <= 1; equal++) {
        given_letters();
        given_line(WORK, JUNK, A);
        given_line(OLD, JUNK, A);
        given_mail_with(WORK, 1, bit(JUNK));
        given_mail_with(OLD, equal ? 1 : 2, bit(JUNK));
        given_both_sides_agree();
        backup = here()->tree;
        server_set_flags(&sim.server, WORK, message_of(WORK, 1), FLAG_SEEN, 0);
        given_both_sides_agree();
        then_its_name_is(WORK, 1, "c:2,S");
        maildir_sim_restore(here(), &backup);
        check_forget(&sim.clients[0]);
        here()->shut = 1u << WORK;
        (void)when_golub_syncs_after(60);
        here()->shut = 0;

        then_both_sides_agree();

        then_it_has(WORK, 1, 0);
        then_its_name_is(WORK, 1, "c:2,S");
        end_scenario(NULL);
    }
}

static void
given_a_keyword_that_is_kept_here_alone(void)
{
    given_letters();
    sim.server.boxes[OLD].keywords = false;
    given_line(OLD, JUNK, A);
    given_mail_with(OLD, 1, 0);
    for (int i = 2; i <= 6; i++)
        given_mail_with(OLD, i, 0);
    given_both_sides_agree();
    assert_true(event_say_keyword(&sim, 0, file_of(OLD, 1), bit(JUNK), true));
    given_both_sides_agree();
    then_its_name_is(OLD, 1, "c:2,Sa");
}

static void
when_its_file_is_away(void)
{
    file_of(OLD, 1)->mailbox += NOT_COPIED;
    maildir_sim_touch(here(), OLD);
    given_mail_there(INBOX, 1);
}

static void
when_its_file_is_back(void)
{
    file_of(OLD + NOT_COPIED, 1)->mailbox -= NOT_COPIED;
    maildir_sim_touch(here(), OLD);
    check_forget(&sim.clients[0]);
}

/* The tree is copied to another disk, and not whole yet. What was said of a file that it lacks goes to no copy of the message. */
static void
what_was_said_of_a_file_that_is_not_copied_yet_waits_for_it(void **state)
{
    (void)state;
    given_a_keyword_that_is_kept_here_alone();
    maildir_sim_reborn(here());
    when_its_file_is_away();
    for (int i = 0; i < 2; i++)
        (void)when_golub_syncs_after(60);
    then_it_has(INBOX, 1, 0);
    when_its_file_is_back();

    then_both_sides_agree();

    then_it_has(INBOX, 1, 0);
    then_its_name_is(OLD, 1, "c:2,Sa");
}

/* It was gone for all that golub knew, and what was said of it went to the copy. Its name does not say that any more either. */
static void
a_file_that_was_away_shows_what_is_known_of_it_when_it_is_back(void **state)
{
    (void)state;
    given_a_keyword_that_is_kept_here_alone();
    when_its_file_is_away();
    sim.configured = true;
    sim.clients[0].forced = FORCED_KEEP;
    (void)when_golub_syncs_after(60);
    (void)when_golub_syncs_after(60);
    then_it_has(INBOX, 1, bit(JUNK));
    when_its_file_is_back();
    sim.clients[0].forced = FORCED_NOT;

    then_both_sides_agree();

    then_its_name_is(OLD, 1, "c:2,S");
}

/* Its mailbox is left out by a run that does not come to its end, and paired anew: what was said of it is known still. */
static void
a_file_whose_mailbox_was_left_out_shows_what_is_known_of_it(void **state)
{
    static const char *const some[] = {"INBOX", "Work", NULL};

    (void)state;
    given_letters();
    sim.server.boxes[OLD].keywords = false;
    given_line(OLD, JUNK, A);
    given_mail_here(OLD, 1);
    given_both_sides_agree();
    assert_true(event_say_keyword(&sim, 0, file_of(OLD, 1), bit(JUNK), true));
    given_both_sides_agree();
    then_its_name_is(OLD, 1, "n");
    sim.patterns = some;
    given_mail_there(WORK, 2);
    given_trouble_at(STEP_DELIVER, false, false);
    (void)when_golub_syncs_after(60);
    sim.world.aim_left = 0;
    sim.patterns = NULL;
    given_name(file_of(OLD, 1), "c:2,S");

    then_both_sides_agree();

    then_its_name_is(OLD, 1, "c:2,Sa");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_letter_of_new_mail_in_a_maildir_that_was_put_back_is_believed),
        SCENARIO(a_letter_that_came_back_with_the_maildir_says_nothing_of_what_is_there),
        SCENARIO(a_letter_that_came_back_with_the_maildir_says_nothing_where_the_table_can_not_be_read_then),
        SCENARIO(what_was_said_of_a_file_that_is_not_copied_yet_waits_for_it),
        SCENARIO(a_file_that_was_away_shows_what_is_known_of_it_when_it_is_back),
        SCENARIO(a_file_whose_mailbox_was_left_out_shows_what_is_known_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
