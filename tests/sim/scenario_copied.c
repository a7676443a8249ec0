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

static int from, to;   /* another client moves #1 so */
static int steps_left; /* ... behind so many steps of golub */

static void
move_behind_some_steps(struct world *world)
{
    uint32_t uid;

    if (steps_left < 0 || steps_left-- > 0)
        return;
    assert_true(server_add(&sim.server, to, 1, 0, 0, 1600000000, &uid));
    ledger_put(world, 1, to);
    ledger_out(world, 1, from);
    server_expunge(&sim.server, from, 1);
}

/* The run that lists its old place before it moves and the new one after that fetches it; then the old place gets a new UIDVALIDITY, or is hidden. */
static void
what_moves_between_two_lists_is_not_sent_again_to_where_it_was(void **state)
{
    int met = 0;

    (void)state;
    for (int way = 0; way < 3; way++) {
        from = way != 0 ? WORK : INBOX;
        to = WORK + INBOX - from;
        for (int step = 0, done = 0; !done; step++) {
            given_three_mailboxes();
            given_mail_there(from, 1);
            given_mail_there(from, 2);
            given_mail_there(to, 3);
            given_both_sides_agree();
            given_mail_there(from, 4);
            given_mail_there(to, 5);
            steps_left = step;
            given_others_act(move_behind_some_steps);
            (void)when_golub_syncs_after(60);
            sim.world.outside = NULL;
            sim.world.interfere = 0;
            done = steps_left >= 0;
            if (!done) {
                met +=
                    maildir_sim_multiplicity(here(), from, 1, false) + maildir_sim_multiplicity(here(), to, 1, false) ==
                    2;
                if (way == 2) {
                    given_the_mailbox_is_hidden(from);
                    (void)when_golub_syncs_after(60);
                    when_the_mailbox_is_back(from);
                } else {
                    server_reset_uidvalidity(&sim.server, from);
                }

                then_both_sides_agree();

                then_it_is_there(from, 1, 0);
                then_it_is_here(from, 1, 0);
                then_it_is_there(to, 1, 1);
                then_it_is_here(to, 1, 1);
                then_it_is_there(from, 2, 1);
            }
            end_scenario(NULL);
        }
    }
    assert_true(met > 0);
}

/* It left the mailbox that has a new UIDVALIDITY, and moves on while golub lists the others: it is in none of the lists. */
static void
what_is_in_no_list_since_it_moves_is_not_sent_again_under_another_uidvalidity(void **state)
{
    (void)state;
    for (int way = 0; way < 6; way++) {
        static const int ways[6][3] = {{INBOX, WORK, OLD}, {INBOX, OLD, WORK}, {WORK, INBOX, OLD},
                                       {WORK, OLD, INBOX}, {OLD, INBOX, WORK}, {OLD, WORK, INBOX}};
        const int first = ways[way][0];

        from = ways[way][1];
        to = ways[way][2];
        for (int step = 0, done = 0; !done; step++) {
            uint32_t uid;

            given_three_mailboxes();
            given_mail_there(first, 1);
            given_mail_there(first, 2);
            given_both_sides_agree();
            server_expunge(&sim.server, first, 1);
            assert_true(server_add(&sim.server, from, 1, 0, 0, 1600000000, &uid));
            assert_int_equal(uid, 1);
            ledger_out(&sim.world, 1, first);
            ledger_put(&sim.world, 1, from);
            server_reset_uidvalidity(&sim.server, first);
            steps_left = step;
            given_others_act(move_behind_some_steps);
            (void)when_golub_syncs_after(60);
            sim.world.outside = NULL;
            sim.world.interfere = 0;
            done = steps_left >= 0;
            if (!done) {
                then_both_sides_agree();

                then_it_is_there(first, 1, 0);
                then_it_is_here(first, 1, 0);
                then_it_is_there(from, 1, 0);
                then_it_is_there(to, 1, 1);
                then_it_is_here(to, 1, 1);
            }
            end_scenario(NULL);
        }
    }
}

/* What is in that folder goes to another one, and the folder with it. */
static void
when_the_user_takes_all_away(int of, int place, bool renames)
{
    for (size_t i = 0; i < here()->tree.count; i++) {
        struct sim_file *file = &here()->tree.files[i];

        if (file->mailbox != of)
            continue;
        ledger_out(&sim.world, file->content, of);
        assert_true(mua_move(here(), file, place, renames));
        ledger_put(&sim.world, file->content, place);
    }
    here()->tree.folder[of] = false;
}

static void
given_a_move_that_is_not_sent_yet(int via)
{
    given_three_mailboxes();
    given_mail_there(from, 1);
    given_mail_there(from, 2);
    given_mail_there(via, 3);
    given_both_sides_agree();
    if (from != INBOX) {
        when_the_user_takes_all_away(from, via, false);
    } else {
        when_the_user_moves(1, from, via);
        when_the_user_moves(2, from, via);
    }
    sim.clients[0].forced = FORCED_PULL;
    (void)when_golub_syncs_after(60);
    sim.clients[0].forced = FORCED_NOT;
    then_it_is_there(via, 1, 0);
}

static void
then_all_is_there_once(int via)
{
    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);
    assert_int_equal(when_golub_syncs_after(60), 0);
    for (int content = 1; content <= 3; content++) {
        then_it_is_there(to, content, 1);
        then_it_is_here(to, content, 1);
        then_it_is_there(via, content, 0);
        then_it_is_there(from, content, 0);
    }
}

static const int moves_on[3][3] = {{INBOX, WORK, OLD}, {WORK, OLD, INBOX}, {OLD, WORK, INBOX}};

/* Its file stood in a folder that is gone as well by now: what is known of that one is no place that it went to while there is another. */
static void
what_moves_on_before_it_was_sent_is_there_once(void **state)
{
    (void)state;
    for (int way = 0; way < 6; way++) {
        const int via = moves_on[way / 2][1];

        from = moves_on[way / 2][0];
        to = moves_on[way / 2][2];
        given_a_move_that_is_not_sent_yet(via);
        when_the_user_takes_all_away(via, to, way % 2 == 1);

        then_all_is_there_once(via);
        end_scenario(NULL);
    }
}

static int passes_on; /* the mailbox from which it goes to `to`, behind so many steps */

static void
take_away_behind_some_steps(struct world *world)
{
    (void)world;
    if (steps_left >= 0 && steps_left-- == 0)
        when_the_user_takes_all_away(passes_on, to, false);
}

/* ... while a run is at work, which saw it in both. */
static void
what_moves_on_in_the_midst_of_the_run_that_is_to_send_it_is_there_once(void **state)
{
    (void)state;
    for (int way = 0; way < 6; way++) {
        from = moves_on[way / 2][0];
        passes_on = moves_on[way / 2][1];
        to = moves_on[way / 2][2];
        for (int step = 0, done = 0; !done; step++) {
            given_a_move_that_is_not_sent_yet(passes_on);
            sim.server.move = way % 2 == 0;
            steps_left = step;
            given_others_act(take_away_behind_some_steps);
            (void)when_golub_syncs_after(60);
            sim.world.outside = NULL;
            sim.world.interfere = 0;
            done = steps_left >= 0;
            if (!done)
                then_all_is_there_once(passes_on);
            end_scenario(NULL);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_left_a_hidden_mailbox_and_got_another_name_here_is_not_sent_again),
        SCENARIO(a_copy_of_another_client_that_got_another_name_is_not_where_a_file_went),
        SCENARIO(what_left_a_folder_that_is_away_and_moves_on_there_is_not_fetched_again),
        SCENARIO(what_moves_between_two_lists_is_not_sent_again_to_where_it_was),
        SCENARIO(what_is_in_no_list_since_it_moves_is_not_sent_again_under_another_uidvalidity),
        SCENARIO(what_moves_on_before_it_was_sent_is_there_once),
        SCENARIO(what_moves_on_in_the_midst_of_the_run_that_is_to_send_it_is_there_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
