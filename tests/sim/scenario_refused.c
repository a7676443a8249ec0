/* What a server refuses, and not for good: what is asked for again, when, and how much of it. */
#include "tests/sim/scenario.h"

#define DAY (24 * 3600)

/* How often something of this kind was asked for in a run. */
static unsigned long
asked_after(enum step_kind kind, int64_t seconds, int status)
{
    const unsigned long before = coverage.done[kind];

    assert_int_equal(when_golub_syncs_after(seconds), status);
    return coverage.done[kind] - before;
}

static void
a_message_that_was_refused_by_itself_is_sent_again_when_a_day_is_over(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    sim.server.declines = 1; /* 10, 20 and so on */
    given_mail_here(INBOX, 10);
    given_mail_here(INBOX, 11);
    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 2);
    then_it_is_there(INBOX, 11, 1);

    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 0);
    assert_int_equal(asked_after(STEP_APPEND, DAY, 1), 1);
    given_mail_here(INBOX, 12);
    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 1);

    then_it_is_there(INBOX, 12, 1);
    sim.server.declines = 0;
    assert_int_equal(asked_after(STEP_APPEND, DAY, 0), 1);
    then_it_is_there(INBOX, 10, 1);
    then_both_sides_agree();
}

/* Perhaps it is stored a moment later: what would go up again in the next pass would be there twice. */
static void
a_message_that_is_refused_for_now_is_sent_once_a_run(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    sim.server.declines = 1; /* 10, 20 and so on */
    sim.server.declines_for_now = true;
    given_mail_here(INBOX, 10);
    given_mail_here(INBOX, 11);
    when_the_user_moves(1, INBOX, WORK);

    for (int run = 0; run < 3; run++)
        assert_int_equal(asked_after(STEP_APPEND, 60, 1), run == 0 ? 2 : 1);

    sim.server.declines = 0;
    assert_int_equal(asked_after(STEP_APPEND, 60, 0), 1);
    then_it_is_there(INBOX, 10, 1);
    then_both_sides_agree();
}

/* It is another one then. The others wait. */
static void
a_file_that_was_refused_and_is_edited_is_sent_by_the_next_run(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    sim.server.declines = 1; /* 10, 20 and so on */
    given_mail_here(INBOX, 10);
    given_mail_here(INBOX, 20);
    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 2);
    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 0);
    mua_edit(here(), file_of(INBOX, 20), 21);
    ledger_out(&sim.world, 20, INBOX);
    ledger_put(&sim.world, 21, INBOX);

    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 1);

    then_it_is_there(INBOX, 21, 1);
    sim.server.declines = 0;
    assert_int_equal(asked_after(STEP_APPEND, DAY, 0), 1);
    then_both_sides_agree();
}

/* Another client moved it to where it can't be read now: its file is all that there is here. */
static void
what_moved_and_can_not_be_read_stays_where_it_was_until_it_can(void **state)
{
    uint32_t fresh;

    (void)state;
    for (int headers = 0; headers < 2; headers++) {
        given_empty_account(1);
        const uint32_t uid = given_mail_there(INBOX, 3);
        given_mail_there(INBOX, 4);
        given_both_sides_agree();
        sim.server.withheld = 3 + 1;
        sim.server.no_headers = headers == 1;
        assert_true(server_add(&sim.server, WORK, 3, 0, 0, 1600000000, &fresh));
        ledger_put(&sim.world, 3, WORK);
        ledger_out(&sim.world, 3, INBOX);
        server_expunge(&sim.server, INBOX, uid);

        for (int i = 0; i < 4; i++)
            (void)when_golub_syncs_after(60);

        assert_int_equal(
            maildir_sim_multiplicity(here(), INBOX, 3, false) + maildir_sim_multiplicity(here(), WORK, 3, false), 1);
        sim.server.withheld = 0;
        sim.server.no_headers = false;
        (void)when_golub_syncs_after(DAY);
        then_both_sides_agree();
        then_it_is_here(WORK, 3, 1);
        then_it_is_here(INBOX, 3, 0);
    }
}

/* What vanishes may be the one that is refused, moved: but only in the run that hears of it first. */
static void
one_that_is_refused_in_each_run_holds_removals_in_the_first_alone(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 1; i <= 4; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    sim.server.withheld = 5 + 1;
    given_mail_there(WORK, 5);
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, 1);
    when_the_user_removes(INBOX, 2);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 1);
    then_it_is_there(INBOX, 2, 1);

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(INBOX, 1, 0);
    then_it_is_there(INBOX, 2, 0);
    ledger_out(&sim.world, 3, INBOX);
    server_expunge(&sim.server, INBOX, 3);
    when_the_user_removes(INBOX, 4);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 3, 0);
    then_it_is_there(INBOX, 4, 0);
    sim.server.withheld = 0;
    then_both_sides_agree();
    then_it_is_here(WORK, 5, 1);
}

static void
of_what_was_refused_one_is_asked_for_and_the_others_follow_in_the_same_run(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    sim.server.declines = 1;
    for (int i = 10; i <= 40; i += 10)
        given_mail_here(INBOX, i);
    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 4);

    assert_int_equal(asked_after(STEP_APPEND, DAY, 1), 1);
    sim.server.declines = 0;

    assert_int_equal(asked_after(STEP_APPEND, DAY, 0), 4);
    for (int i = 10; i <= 40; i += 10)
        then_it_is_there(INBOX, i, 1);
    then_both_sides_agree();
}

/* Full, for now: no day passes, and nothing but the smallest is tried. */
static void
what_had_no_room_is_tried_by_the_next_run_with_one_message(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    sim.server.quota = 1;
    for (int i = 11; i <= 14; i++)
        given_mail_here(INBOX, i);
    assert_true(asked_after(STEP_APPEND, 60, 1) > 0);

    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 1);
    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 1);
    sim.server.quota = 0;

    assert_int_equal(asked_after(STEP_APPEND, 60, 0), 4);
    then_both_sides_agree();
}

/* Their bytes are on the server: they go up as copies. */
static void
copies_that_had_no_room_follow_in_one_run_when_there_is_room(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 1; i <= 8; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    sim.server.quota = 8;
    for (int i = 1; i <= 8; i++) {
        assert_true(mua_copy(here(), file_of(INBOX, i), WORK));
        ledger_put(&sim.world, i, WORK);
    }
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(when_golub_syncs_after(60), 1);
    sim.server.quota = 0;

    assert_int_equal(when_golub_syncs_after(60), 0);

    for (int i = 1; i <= 8; i++)
        then_it_is_there(WORK, i, 1);
    then_both_sides_agree();
}

/* The one that is asked for may be the only one that something is wrong with. */
static void
one_that_is_refused_again_does_not_keep_the_others_for_ever(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    sim.server.declines = 3; /* 10, 11, 12, 20 and so on */
    for (int i = 10; i <= 12; i++)
        given_mail_here(INBOX, i);
    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 3);
    sim.server.declines = 2;

    for (int i = 0; i < 4; i++)
        (void)when_golub_syncs_after(DAY);

    then_it_is_there(INBOX, 12, 1);
    sim.server.declines = 0;
    assert_int_equal(when_golub_syncs_after(DAY), 0);
    then_both_sides_agree();
}

static void
a_message_that_can_not_be_read_now_keeps_no_other_and_is_asked_for_by_itself(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    sim.server.withheld = 1 + 5;
    given_mail_there(INBOX, 5);
    given_mail_there(INBOX, 6);
    (void)when_golub_syncs_after(60);
    then_it_is_here(INBOX, 6, 1);
    const unsigned long refused = sim.server.refusals;

    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_int_equal(sim.server.refusals, refused + 1);
    sim.server.withheld = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(INBOX, 5, 1);
    then_both_sides_agree();
}

/* ---- a mailbox in which nothing may be changed ---- */

static void
given_a_protected_mailbox(bool move)
{
    given_empty_account(1);
    sim.server.move = move;
    server_create(&sim.server, WORK);
    for (int i = 1; i <= 4; i++)
        given_mail_there(WORK, i);
    given_both_sides_agree();
    sim.server.protected = 1u << WORK;
}

static void
flags_and_removals_in_a_mailbox_without_rights_are_no_trouble_and_asked_for_once_a_day(void **state)
{
    (void)state;
    given_a_protected_mailbox(true);
    mua_set_flags(here(), file_of(WORK, 1), FLAG_SEEN);
    when_the_user_removes(WORK, 2);
    assert_int_equal(when_golub_syncs_after(60), 0);

    const unsigned long asked = sim.server.denials;

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(sim.server.denials, asked);
    then_it_is_there(WORK, 2, 1);
    then_it_is_here(WORK, 2, 0);
    then_it_is_here(WORK, 1, 1);
    sim.server.protected = 0;
    assert_int_equal(when_golub_syncs_after(DAY), 0);
    then_it_is_there(WORK, 2, 0);
    then_both_sides_agree();
}

static void
a_new_file_in_a_mailbox_without_rights_waits_and_is_sent_once_a_day(void **state)
{
    (void)state;
    given_a_protected_mailbox(true);
    given_mail_here(WORK, 5);
    given_mail_here(INBOX, 6);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_there(INBOX, 6, 1);

    assert_int_equal(asked_after(STEP_APPEND, 60, 1), 0);
    assert_int_equal(asked_after(STEP_APPEND, DAY, 1), 1);

    sim.server.protected = 0;
    assert_int_equal(when_golub_syncs_after(DAY), 0);
    then_both_sides_agree();
}

/* Only the removal waits, with a server that has MOVE and with one that does not. */
static void
what_moves_out_of_a_mailbox_without_rights_is_copied(void **state)
{
    (void)state;
    for (int move = 0; move < 2; move++) {
        given_a_protected_mailbox(move != 0);
        when_the_user_moves(3, WORK, INBOX);
        const unsigned long sent = coverage.done[STEP_APPEND];

        assert_int_equal(when_golub_syncs_after(60), 0);

        assert_int_equal(coverage.done[STEP_APPEND], sent);
        then_it_is_there(INBOX, 3, 1);
        then_it_is_there(WORK, 3, 1);
        then_it_is_here(WORK, 3, 0);
        assert_int_equal(when_golub_syncs_after(60), 0);
        sim.server.protected = 0;
        assert_int_equal(when_golub_syncs_after(DAY), 0);
        then_it_is_there(WORK, 3, 0);
        then_both_sides_agree();
    }
}

/* It may be the one that moved: so what is new elsewhere waits as well, for one run, and is not fetched beside the file that is to follow it. */
static void
what_left_a_mailbox_that_is_gone_waits_one_run_for_what_is_refused_beside_it(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    given_both_sides_agree();
    sim.server.withheld = 11;
    given_mail_there(INBOX, 10);
    assert_true(action_transfer_there(&sim, WORK, message_of(WORK, 1), INBOX, true));
    ledger_out(&sim.world, 2, WORK);
    server_expunge(&sim.server, WORK, message_of(WORK, 2)->uid);
    sim.server.boxes[WORK].exists = false;
    check_forget(&sim.clients[0]);

    const unsigned long before = coverage.done[STEP_DELIVER];
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 0);
    then_it_is_here(WORK, 1, 1);
    (void)when_golub_syncs_after(60);

    then_it_is_here(INBOX, 1, 1);
    then_it_is_here(WORK, 1, 0);
    then_it_is_here(WORK, 2, 1);
    assert_int_equal(coverage.done[STEP_DELIVER], before);
}

/* It is a keyword for the server. */
static void
what_was_forwarded_goes_up_where_the_server_does_not_store_that(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.picky = true;
    sim.server.boxes[INBOX].permanent = FLAG_ALL & ~(unsigned)FLAG_FORWARDED;
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    mua_set_flags(here(), file_of(INBOX, 1), FLAG_FORWARDED | FLAG_SEEN);

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(message_of(INBOX, 1)->flags, FLAG_SEEN);
    then_both_sides_agree();
    assert_int_equal(flags_here(INBOX, 1), FLAG_FORWARDED | FLAG_SEEN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_message_that_was_refused_by_itself_is_sent_again_when_a_day_is_over),
        SCENARIO(a_message_that_is_refused_for_now_is_sent_once_a_run),
        SCENARIO(a_file_that_was_refused_and_is_edited_is_sent_by_the_next_run),
        SCENARIO(what_moved_and_can_not_be_read_stays_where_it_was_until_it_can),
        SCENARIO(one_that_is_refused_in_each_run_holds_removals_in_the_first_alone),
        SCENARIO(of_what_was_refused_one_is_asked_for_and_the_others_follow_in_the_same_run),
        SCENARIO(what_had_no_room_is_tried_by_the_next_run_with_one_message),
        SCENARIO(copies_that_had_no_room_follow_in_one_run_when_there_is_room),
        SCENARIO(one_that_is_refused_again_does_not_keep_the_others_for_ever),
        SCENARIO(a_message_that_can_not_be_read_now_keeps_no_other_and_is_asked_for_by_itself),
        SCENARIO(flags_and_removals_in_a_mailbox_without_rights_are_no_trouble_and_asked_for_once_a_day),
        SCENARIO(a_new_file_in_a_mailbox_without_rights_waits_and_is_sent_once_a_day),
        SCENARIO(what_moves_out_of_a_mailbox_without_rights_is_copied),
        SCENARIO(what_was_forwarded_goes_up_where_the_server_does_not_store_that),
        cmocka_unit_test(what_left_a_mailbox_that_is_gone_waits_one_run_for_what_is_refused_beside_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
