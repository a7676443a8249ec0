/* What breaks the line each time that it is sent: a file, a move, a mailbox that is to be made. It keeps back itself alone. */
#include "tests/sim/scenario_suspects.h"

/* What was in flight behind it goes up in the next run, and it alone waits for a day. */
static void
a_file_that_ends_the_line_when_it_is_sent_keeps_back_no_other(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    for (int content = 10; content < 16; content++)
        given_mail_here(content % 2 == 0 ? INBOX : WORK, content);
    sim.server.choked = 12 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(when_golub_syncs_after(60), 1);

    for (int content = 10; content < 16; content++)
        then_it_is_there(content % 2 == 0 ? INBOX : WORK, content, content != 12);
    assert_true(has_pending(0));
    sim.server.choked = 0;
    (void)when_golub_syncs_after(86400);
    then_both_sides_agree();
    then_it_is_there(INBOX, 12, 1);
    assert_false(has_pending(0));
}

/* A killed run leaves a whole batch that was not answered. They go again together as they come through, and none waits for the one that doesn't. */
static void
of_a_batch_that_was_not_answered_the_one_that_ends_the_line_is_found(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    for (int content = 10; content < 24; content++)
        given_mail_here(INBOX, content);
    given_trouble_at(STEP_APPEND, false, false);
    assert_int_equal(when_golub_syncs_after(60), -1);
    sim.server.choked = 19 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);
    for (int content = 10; content < 19; content++)
        then_it_is_there(INBOX, content, 1);
    assert_false(has_pending(0));
    assert_int_equal(when_golub_syncs_after(60), 1);

    for (int content = 10; content < 24; content++)
        then_it_is_there(INBOX, content, content != 19);
    assert_true(has_pending(0));
    sim.server.choked = 0;
    (void)when_golub_syncs_after(86400);
    then_both_sides_agree();
    then_it_is_there(INBOX, 19, 1);
}

/* All of one command may be under way; what was not answered is sent again behind what nobody tried yet, at first alone. */
static void
when_a_move_ends_the_line(bool has_move)
{
    given_mail_on_a_rude_server();
    sim.server.move = has_move;
    for (int content = 5; content < 8; content++)
        given_mail_there(INBOX, content);
    given_both_sides_agree();
    for (int content = 5; content < 8; content++)
        when_the_user_moves(content, INBOX, WORK);
    when_the_user_moves(3, WORK, OLD);
    sim.server.choked = 6 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(when_golub_syncs_after(60), 1);

    for (int content = 5; content < 8; content++)
        then_it_is_there(WORK, content, content != 6);
    then_it_is_there(OLD, 3, 1);
    then_it_is_there(INBOX, 6, 1);
    sim.server.choked = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(WORK, 6, 1);
    then_both_sides_agree();
}

static void
a_move_that_ends_the_line_keeps_back_no_other(void **state)
{
    (void)state;
    when_a_move_ends_the_line(true);
}

static void
a_copy_that_ends_the_line_keeps_back_no_other_where_there_is_no_move(void **state)
{
    (void)state;
    when_a_move_ends_the_line(false);
}

/* It is copied then, and removed where it was. */
static void
what_ends_the_line_each_time_it_is_moved_is_copied(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(INBOX, 5);
    given_both_sides_agree();
    when_the_user_moves(5, INBOX, WORK);
    when_the_user_moves(3, WORK, OLD);
    sim.server.immovable = 5 + 1;
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(WORK, 5, 1);
    then_it_is_there(INBOX, 5, 0);
    then_it_is_there(OLD, 3, 1);
    then_both_sides_agree();
}

/* It goes into the Trash: three go beside it, and it waits for a day. */
static void
a_removal_into_the_trash_that_ends_the_line_keeps_back_no_other(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        uint32_t uid;

        given_mail_on_a_rude_server();
        sim.server.trash = OLD + 1;
        sim.server.move = way % 2 == 0;
        for (int content = 5; content < 9; content++)
            given_mail_there(way < 2 ? INBOX : content % 2 == 0 ? INBOX : WORK, content);
        given_both_sides_agree();
        for (int content = 5; content < 9; content++) {
            when_the_user_removes(way < 2 ? INBOX : content % 2 == 0 ? INBOX : WORK, content);
            sim.world.ledger[content].removals[0]++;
        }
        sim.server.choked = 6 + 1;
        uid = message_of(INBOX, 6)->uid;

        for (int i = 0; i < 4; i++)
            assert_int_equal(when_golub_syncs_after(60), 1);

        for (int content = 5; content < 9; content++)
            then_it_is_there(OLD, content, content != 6);
        assert_true(has_pending(uid));
        sim.server.choked = 0;
        (void)when_golub_syncs_after(90000);
        then_both_sides_agree();
        then_it_is_there(OLD, 6, 1);
        then_it_is_there(INBOX, 6, 0);
        assert_false(has_pending(uid));
        end_scenario(NULL);
    }
}

static void
a_mailbox_whose_creation_ends_the_line_keeps_back_nothing(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    here()->tree.folder[OLD] = true;
    given_mail_here(OLD, 6);
    given_mail_here(INBOX, 7);
    given_mail_there(WORK, 8);
    sim.server.unmakeable = 1u << OLD;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(INBOX, 7, 1);
    then_it_is_here(WORK, 8, 1);
    assert_int_equal(sim.world.errors, 1);
    sim.server.unmakeable = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(OLD, 6, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_file_that_ends_the_line_when_it_is_sent_keeps_back_no_other),
        SCENARIO(of_a_batch_that_was_not_answered_the_one_that_ends_the_line_is_found),
        SCENARIO(a_move_that_ends_the_line_keeps_back_no_other),
        SCENARIO(a_copy_that_ends_the_line_keeps_back_no_other_where_there_is_no_move),
        SCENARIO(what_ends_the_line_each_time_it_is_moved_is_copied),
        SCENARIO(a_removal_into_the_trash_that_ends_the_line_keeps_back_no_other),
        SCENARIO(a_mailbox_whose_creation_ends_the_line_keeps_back_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
