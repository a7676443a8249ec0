/* Mailboxes that are filled, swapped, out of sight or paired anew while mail moves between them. */

#include "tests/sim/scenario.h"

/* ---- a mailbox that is filled again ---- */

/* Of 30 messages in Work, all but a few are not there yet under another UIDVALIDITY. */
static void
given_a_mailbox_that_is_being_filled(void)
{
    given_empty_account(1);
    for (int i = 20; i < 50; i++)
        given_mail_there(WORK, i);
    given_both_sides_agree();
    while (sim.server.boxes[WORK].count > 3)
        server_expunge(&sim.server, WORK, sim.server.boxes[WORK].messages[0].uid);
    server_reset_uidvalidity(&sim.server, WORK);
    check_forget(&sim.clients[0]);
    assert_int_equal(when_golub_syncs_after(60), 1);
}

static void
when_the_rest_arrives(void)
{
    uint32_t uid;

    for (int i = 20; i < 47; i++)
        assert_true(server_add(&sim.server, WORK, i, 0, 0, 1600000000, &uid));
}

static void
what_moves_while_its_mailbox_is_filled_waits_with_it(void **state)
{
    (void)state;
    given_a_mailbox_that_is_being_filled();
    for (int i = 20; i < 25; i++) {
        when_the_user_moves(i, WORK, INBOX);
        ledger_put(&sim.world, i, WORK); /* the provider is going to store it there */
    }
    ledger_out(&sim.world, 25, WORK);
    assert_true(mua_move(here(), file_of(WORK, 25), INBOX, true)); /* under a new name */
    ledger_put(&sim.world, 25, INBOX);
    for (int i = 0; i < 2; i++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_there(INBOX, 20, 0);
    then_it_is_there(INBOX, 25, 0);

    when_the_rest_arrives();
    assert_int_equal(when_golub_syncs_after(60), 0);

    for (int i = 20; i < 26; i++) {
        then_it_is_there(INBOX, i, 1);
        then_it_is_there(WORK, i, 0);
        then_it_is_here(INBOX, i, 1);
    }
    then_both_sides_agree();
}

/* A provider fills the whole account: what is missing in a small mailbox meanwhile is not lost either. */
static void
a_small_mailbox_waits_while_a_large_one_is_filled(void **state)
{
    uint32_t uid;

    (void)state;
    for (int late = 0; late < 2; late++) {
        given_empty_account(1);
        for (int i = 20; i < 50; i++)
            given_mail_there(WORK, i);
        uid = given_mail_there(INBOX, 1);
        given_both_sides_agree();
        while (sim.server.boxes[WORK].count > 3)
            server_expunge(&sim.server, WORK, sim.server.boxes[WORK].messages[0].uid);
        server_expunge(&sim.server, INBOX, uid);
        server_reset_uidvalidity(&sim.server, WORK);
        server_reset_uidvalidity(&sim.server, INBOX);
        check_forget(&sim.clients[0]);
        assert_int_equal(when_golub_syncs_after(60), 1);
        then_it_is_there(INBOX, 1, 0);
        when_the_rest_arrives();
        if (late) { /* the provider had it no more */
            assert_int_equal(when_golub_syncs_after(60), 1);
            assert_int_equal(when_golub_syncs_after(4000), 0);
        } else {
            assert_true(server_add(&sim.server, INBOX, 1, 0, 0, 1600000000, &uid));
        }

        then_both_sides_agree();

        then_it_is_there(INBOX, 1, 1);
        then_it_is_here(INBOX, 1, 1);
        then_it_is_there(WORK, 20, 1);
    }
}

static void
what_moved_while_its_mailbox_was_filled_is_held_with_it(void **state)
{
    (void)state;
    given_a_mailbox_that_is_being_filled();
    for (int i = 20; i < 47; i++) /* all that is missing */
        when_the_user_moves(i, WORK, INBOX);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_there(INBOX, 20, 0);
    assert_int_equal(when_golub_syncs_after(4000), 3);
    then_it_is_there(INBOX, 20, 0);

    then_both_sides_agree(); /* with the word */

    then_it_is_there(INBOX, 20, 1);
    then_it_is_there(INBOX, 46, 1);
    then_it_is_there(WORK, 46, 0);
    then_it_is_here(INBOX, 46, 1);
}

/* The user removed one whose UID meant nothing any more; it had moved there, came down with that mailbox, and then moves back. */
static void
what_moves_back_to_where_it_was_removed_is_what_moved_and_not_what_was_removed(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 20; i < 50; i++)
        given_mail_there(WORK, i);
    given_both_sides_agree();
    while (sim.server.boxes[WORK].count > 3)
        server_expunge(&sim.server, WORK, sim.server.boxes[WORK].messages[0].uid);
    (void)given_mail_there(INBOX, 20);
    ledger_out(&sim.world, 20, WORK);
    when_the_user_removes(WORK, 20);
    server_reset_uidvalidity(&sim.server, WORK);
    check_forget(&sim.clients[0]);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 20, 1);
    ledger_put(&sim.world, 20, WORK);
    when_another_client_moves(20, INBOX, WORK);

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(INBOX, 20, 0);
    then_it_is_here(WORK, 20, 1);
    then_it_is_there(WORK, 20, 1);
    assert_int_equal(here()->quarantined, 0);
}

static void
given_a_message_that_moved_out_of_a_mailbox_with_another_uidvalidity(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    when_another_client_moves(1, INBOX, OLD);
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);
}

static void
then_it_is_moved(void)
{
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(INBOX, 1, 0);
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 0);
    then_it_is_here(INBOX, 1, 0);
    then_it_is_here(OLD, 1, 1);
}

static void
a_move_out_of_a_mailbox_that_is_paired_anew_survives_a_power_cut(void **state)
{
    int step = 1;

    (void)state;
    for (;; step++) {
        given_a_message_that_moved_out_of_a_mailbox_with_another_uidvalidity();
        sim.world.crash_at = step;
        if (when_golub_syncs_after(60) != -1)
            break;
        then_it_is_moved();
    }
    assert_true(step > 5);
}

static void
a_mailbox_with_another_uidvalidity_is_listed_in_the_run_after_one_that_lost_its_line(void **state)
{
    int step = 1;

    (void)state;
    for (;; step++) {
        given_a_message_that_moved_out_of_a_mailbox_with_another_uidvalidity();
        given_trouble_at(STEP_READ, true, false);
        sim.world.aim_left = step;
        if (when_golub_syncs_after(60) != 5)
            break;
        then_it_is_moved();
    }
    assert_true(step > 3);
}

/* ---- a folder that is away ---- */

static void
what_may_stand_in_a_folder_that_is_away_is_not_taken_for_moved(void **state)
{
    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    struct sim_file *file = file_of(WORK, 1);
    file->mailbox = SIM_MAILBOXES; /* with its folder */
    here()->tree.folder[WORK] = false;
    given_mail_there(OLD, 1);
    assert_int_equal(when_golub_syncs_after(60), 0);
    file_of(SIM_MAILBOXES, 1)->mailbox = WORK;
    here()->tree.folder[WORK] = true;
    maildir_sim_touch(here(), WORK);
    ledger_out(&sim.world, 1, WORK);
    server_expunge(&sim.server, WORK, sim.server.boxes[WORK].messages[0].uid);
    file_of(OLD, 1)->mailbox = SIM_MAILBOXES; /* and now that one */
    here()->tree.folder[OLD] = false;
    sim.world.away_here[0] =
        1u << OLD; /* what was in it may be the one that is in the other one now, for all that can be told */

    (void)when_golub_syncs_after(60);

    then_it_is_here(WORK, 1, 1);
    assert_int_equal(here()->quarantined, 0);
}

static void
what_is_now_in_a_mailbox_whose_folder_is_away_is_not_sent_again(void **state)
{
    static struct sim_mailbox other;

    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(WORK, 1);
    given_mail_there(OLD, 2);
    server_reset_uidvalidity(&sim.server, OLD);
    given_both_sides_agree();
    file_of(OLD, 2)->mailbox = SIM_MAILBOXES;
    here()->tree.folder[OLD] = false;
    other = sim.server.boxes[WORK];
    sim.server.boxes[WORK] = sim.server.boxes[OLD];
    sim.server.boxes[OLD] = other;
    server_reset_uidvalidity(&sim.server, WORK); /* which one is which nobody can tell */
    server_reset_uidvalidity(&sim.server, OLD);
    check_forget(&sim.clients[0]);
    ledger_out(&sim.world, 1, WORK);
    ledger_put(&sim.world, 1, OLD);
    ledger_out(&sim.world, 2, OLD);
    ledger_put(&sim.world, 2, WORK);

    assert_int_equal(when_golub_syncs_after(60), 1); /* it waits */

    then_it_is_there(WORK, 1, 0);
    file_of(SIM_MAILBOXES, 2)->mailbox = OLD;
    here()->tree.folder[OLD] = true;
    maildir_sim_touch(here(), OLD);
    sim.world.errors = 0;
    (void)when_golub_syncs_after(60);
    assert_int_equal(sim.world.errors,
                     0); /* that its UIDVALIDITY is another one too is no reason to look at it later */
    then_both_sides_agree();
    then_it_is_there(WORK, 1, 0);
    then_it_is_there(OLD, 1, 1);
    then_it_is_here(OLD, 1, 1);
    then_it_is_here(WORK, 2, 1);
    then_it_is_here(OLD, 2, 0);
}

/* Servers that number by the clock give one UIDVALIDITY to what is made in one second: mailboxes that are swapped under it are no past. */
static void
mailboxes_of_one_uidvalidity_that_are_swapped_are_not_doubled(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        static struct sim_mailbox other;

        given_empty_account(1);
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        sim.server.boxes[OLD].uidvalidity = sim.server.boxes[WORK].uidvalidity;
        for (int content = 4; content <= 7; content++) {
            const int mailbox = content == 4 || (content > 5 && more) ? WORK : OLD;
            uint32_t uid;

            assert_true(server_add(&sim.server, mailbox, content, 0, 0, 1600000000 + content, &uid));
            ledger_put(&sim.world, content, mailbox);
        }
        given_both_sides_agree();
        other = sim.server.boxes[WORK];
        sim.server.boxes[WORK] = sim.server.boxes[OLD];
        sim.server.boxes[OLD] = other;
        for (int content = 4; content <= 7; content++) {
            int was = content == 4 || (content > 5 && more) ? WORK : OLD;

            ledger_out(&sim.world, content, was);
            ledger_put(&sim.world, content, was == WORK ? OLD : WORK);
        }

        then_both_sides_agree();

        for (int content = 4; content <= 7; content++) {
            int is = content == 4 || (content > 5 && more) ? OLD : WORK;

            then_it_is_there(is, content, 1);
            then_it_is_here(is, content, 1);
            then_it_is_there(is == WORK ? OLD : WORK, content, 0);
            then_it_is_here(is == WORK ? OLD : WORK, content, 0);
        }
    }
}

/* A swap makes one UIDVALIDITY smaller, and is no server that went back: what somebody removes elsewhere stays removed. */
static void
what_is_removed_while_mailboxes_are_swapped_does_not_come_back(void **state)
{
    (void)state;
    for (int there = 0; there < 2; there++) {
        static struct sim_mailbox other;

        given_empty_account(1);
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        given_mail_there(INBOX, 1);
        const uint32_t uid = given_mail_there(INBOX, 2);
        given_mail_there(INBOX, 3);
        given_mail_there(WORK, 4);
        given_mail_there(OLD, 5);
        given_both_sides_agree();
        other = sim.server.boxes[WORK];
        sim.server.boxes[WORK] = sim.server.boxes[OLD];
        sim.server.boxes[OLD] = other;
        for (int content = 4; content <= 5; content++) {
            ledger_out(&sim.world, content, content == 4 ? WORK : OLD);
            ledger_put(&sim.world, content, content == 4 ? OLD : WORK);
        }
        if (there) {
            ledger_out(&sim.world, 2, INBOX);
            server_expunge(&sim.server, INBOX, uid);
        } else {
            when_the_user_removes(INBOX, 2);
        }

        then_both_sides_agree();

        then_it_is_there(INBOX, 2, 0);
        then_it_is_here(INBOX, 2, 0);
        then_it_is_there(INBOX, 3, 1);
        then_it_is_here(OLD, 4, 1);
        then_it_is_here(WORK, 5, 1);
        then_it_is_there(WORK, 4, 0);
        then_it_is_here(WORK, 4, 0);
    }
}

/* Without MOVE the copy is made first, and the old one is removed like any other. */
static void
a_move_here_out_of_a_mailbox_that_is_paired_anew_is_one_without_move(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        given_empty_account(1);
        sim.server.move = kind % 2 == 1;
        sim.server.uidplus = kind / 2 == 1;
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        server_reset_uidvalidity(&sim.server, INBOX);
        check_forget(&sim.clients[0]);
        when_the_user_moves(1, INBOX, WORK);

        then_both_sides_agree();

        then_it_is_there(INBOX, 1, 0);
        then_it_is_there(WORK, 1, 1);
        then_it_is_here(INBOX, 1, 0);
        then_it_is_here(WORK, 1, 1);
        then_it_is_there(INBOX, 2, 1);
    }
}

static unsigned long moved;

/* As soon as golub has moved it. */
static void
others_number_it_anew_and_bring_an_equal_one(struct world *world)
{
    if (coverage.done[STEP_MOVE] == moved)
        return;
    world->outside = NULL;
    server_reset_uidvalidity(&sim.server, INBOX);
    given_mail_there(INBOX, 1);
    given_mail_here(WORK, 1);
}

/* No answer says where it went, and its old place is paired anew for the second time: what is like it there is no rest of that move. */
static void
what_moved_out_of_a_mailbox_that_is_paired_anew_again_is_not_what_came_there(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.uidplus = false;
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    server_reset_uidvalidity(&sim.server, INBOX);
    when_the_user_moves(1, INBOX, WORK);
    check_forget(&sim.clients[0]);
    moved = coverage.done[STEP_MOVE];
    given_others_act(others_number_it_anew_and_bring_an_equal_one);

    (void)when_golub_syncs_after(60);

    assert_true(coverage.done[STEP_MOVE] > moved);
    sim.world.interfere = 0;
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
    then_it_is_there(WORK, 1, 2);
    then_it_is_here(WORK, 1, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_moves_while_its_mailbox_is_filled_waits_with_it),
        SCENARIO(a_small_mailbox_waits_while_a_large_one_is_filled),
        SCENARIO(what_moved_while_its_mailbox_was_filled_is_held_with_it),
        SCENARIO(what_moves_back_to_where_it_was_removed_is_what_moved_and_not_what_was_removed),
        SCENARIO(a_move_out_of_a_mailbox_that_is_paired_anew_survives_a_power_cut),
        SCENARIO(a_mailbox_with_another_uidvalidity_is_listed_in_the_run_after_one_that_lost_its_line),
        SCENARIO(what_may_stand_in_a_folder_that_is_away_is_not_taken_for_moved),
        SCENARIO(what_is_now_in_a_mailbox_whose_folder_is_away_is_not_sent_again),
        SCENARIO(mailboxes_of_one_uidvalidity_that_are_swapped_are_not_doubled),
        SCENARIO(what_is_removed_while_mailboxes_are_swapped_does_not_come_back),
        SCENARIO(a_move_here_out_of_a_mailbox_that_is_paired_anew_is_one_without_move),
        SCENARIO(what_moved_out_of_a_mailbox_that_is_paired_anew_again_is_not_what_came_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
