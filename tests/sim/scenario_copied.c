/* What another mailbox got while one was out of sight: the place that a message or a file went to, or a copy of it, whatever its file's name is. */
#include "tests/sim/scenario_away.h"

/* What a mail reader does with the file that was fetched. */
enum reader { RENAMES, RENAMES_TWICE, MOVES, MOVES_AND_RENAMES, READERS };

static int
what_it_does(enum reader reader, bool synced)
{
    const int place = reader == MOVES || reader == MOVES_AND_RENAMES ? OLD : INBOX;

    for (int times = reader == RENAMES_TWICE ? 2 : 1; times > 0; times--) {
        if (place == OLD)
            ledger_out(&sim.world, 1, INBOX);
        assert_true(mua_move(here(), file_of(INBOX, 1), place, reader != MOVES));
        if (place == OLD)
            ledger_put(&sim.world, 1, OLD);
        if (synced)
            given_both_sides_agree();
    }
    return place;
}

/* The message left on the server, and its file has the name that a mail reader gave it. */
static void
what_left_a_hidden_mailbox_and_got_another_name_here_is_not_sent_again(void **state)
{
    (void)state;
    for (int way = 0; way < 2 * READERS; way++) {
        int place;

        given_three_mailboxes();
        given_mail_there(WORK, 1);
        given_mail_there(WORK, 2);
        given_mail_there(INBOX, 3);
        given_both_sides_agree();
        given_the_mailbox_is_hidden(WORK);
        (void)when_golub_syncs_after(60);
        when_it_leaves_the_hidden_mailbox(1, WORK, INBOX);
        given_both_sides_agree();
        then_it_is_here(INBOX, 1, 1);
        place = what_it_does((enum reader)(way / 2), way % 2 != 0);
        when_the_mailbox_is_back(WORK);

        then_both_sides_agree();

        then_it_is_there(place, 1, 1);
        then_it_is_here(place, 1, 1);
        then_it_is_there(WORK, 1, 0);
        then_it_is_here(WORK, 1, 0);
        then_it_is_there(WORK, 2, 1);
        end_scenario(NULL);
    }
}

/* A folder comes back without its file, and another client had made a copy, whose file got another name: the file comes again. */
static void
a_copy_of_another_client_that_got_another_name_is_not_where_a_file_went(void **state)
{
    (void)state;
    for (int way = 0; way < 2 * READERS; way++) {
        int place;

        given_three_mailboxes();
        given_mail_there(WORK, 1);
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        given_the_folder_is_away(WORK);
        assert_int_equal(when_golub_syncs_after(60), 0);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        place = what_it_does((enum reader)(way / 2), way % 2 != 0);
        mua_remove(here(), file_of(SIM_MAILBOXES, 1));
        when_the_folder_is_back(WORK);

        then_both_sides_agree();

        then_it_is_there(place, 1, 1);
        then_it_is_here(place, 1, 1);
        then_it_is_there(WORK, 1, 1);
        then_it_is_here(WORK, 1, 1);
        end_scenario(NULL);
    }
}

/* The file left while its folder was away, and another client moves it on: golub gives it a name of its own. */
static void
what_left_a_folder_that_is_away_and_moves_on_there_is_not_fetched_again(void **state)
{
    (void)state;
    given_three_mailboxes();
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    given_mail_there(INBOX, 3);
    given_both_sides_agree();
    given_the_folder_is_away(WORK);
    assert_int_equal(when_golub_syncs_after(60), 0);
    when_the_user_moves_it_out(1, WORK, INBOX);
    given_both_sides_agree();
    when_another_client_moves(1, INBOX, OLD);
    given_both_sides_agree();
    then_it_is_here(OLD, 1, 1);
    when_the_folder_is_back(WORK);

    then_both_sides_agree();

    then_it_is_there(OLD, 1, 1);
    then_it_is_here(OLD, 1, 1);
    then_it_is_there(WORK, 1, 0);
    then_it_is_here(WORK, 1, 0);
    then_it_is_there(WORK, 2, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_left_a_hidden_mailbox_and_got_another_name_here_is_not_sent_again),
        SCENARIO(a_copy_of_another_client_that_got_another_name_is_not_where_a_file_went),
        SCENARIO(what_left_a_folder_that_is_away_and_moves_on_there_is_not_fetched_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
