/* How it is noticed that a server shows a part of a mailbox: limits, round numbers, listings that stop. */

#include "tests/sim/scenario.h"

static void
given_view_of_50_out_of(int count)
{
    given_empty_account(1);
    sim.server.window = 50;
    sim.server.qresync = false; /* VANISHED names what is gone */
    for (int i = 0; i < count; i++)
        given_mail_there(INBOX, 20 + i);
    given_both_sides_agree();
}

static void
a_mailbox_that_grows_to_a_round_number_is_no_view(void **state)
{
    (void)state;
    given_view_of_50_out_of(46);
    sim.server.window = 0;
    for (int i = 0; i < 8; i++)
        given_mail_there(INBOX, 100 + i);
    for (uint32_t uid = 1; uid <= 4; uid++) {
        ledger_out(&sim.world, 19 + (int)uid, INBOX);
        server_expunge(&sim.server, INBOX, uid);
    }

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 20, 0);
    then_it_is_here(INBOX, 24, 1);
    then_both_sides_agree();
}

/* Two went out of its middle and two came: it is as large as before, but nothing is below what it shows. */
static void
a_mailbox_that_stays_at_a_round_number_is_no_view(void **state)
{
    const struct sim_mailbox *box = &sim.server.boxes[INBOX];

    (void)state;
    given_view_of_50_out_of(50);
    sim.server.window = 0;
    for (int i = 0; i < 2; i++) {
        ledger_out(&sim.world, 50 + i, INBOX);
        server_expunge(&sim.server, INBOX, 31 + (uint32_t)i);
        given_mail_there(INBOX, 100 + i);
    }
    assert_int_equal(when_golub_syncs_after(60), 0);
    server_reset_uidvalidity(&sim.server, INBOX);
    assert_int_equal(box->messages[5].content, 25);
    server_expunge(&sim.server, INBOX, box->messages[5].uid); /* nobody's removal: the server lost it */
    given_mail_there(INBOX, 102);
    check_forget(&sim.clients[0]);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(4000);

    then_it_is_there(INBOX, 25, 1);
    then_it_is_here(INBOX, 50, 0);
    then_both_sides_agree();
}

static void
a_limit_that_is_known_of_one_mailbox_counts_where_another_grows_up_to_it(void **state)
{
    (void)state;
    given_view_of_50_out_of(60);
    for (int i = 0; i < 2; i++)
        given_mail_there(INBOX, 100 + i);
    for (int i = 0; i < 46; i++)
        given_mail_there(WORK, 110 + i);
    given_both_sides_agree();
    for (int i = 0; i < 8; i++)
        given_mail_there(WORK, 160 + i);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    for (int i = 0; i < 46; i++)
        then_it_is_here(WORK, 110 + i, 1);
    assert_int_equal(here()->quarantined, 0);
}

/* Whichever is listed first. */
static void
a_limit_that_is_seen_in_one_mailbox_counts_in_the_same_run_where_another_grows_up_to_it(void **state)
{
    (void)state;
    for (int cut = INBOX; cut <= WORK; cut++) {
        const int grows = INBOX + WORK - cut;

        given_empty_account(1);
        sim.server.window = 50;
        sim.server.qresync = sim.server.condstore = false; /* else what did not grow is listed first */
        for (int i = 0; i < 50; i++)
            given_mail_there(cut, 20 + i);
        for (int i = 0; i < 46; i++)
            given_mail_there(grows, 110 + i);
        given_both_sides_agree();
        for (int i = 0; i < 8; i++) {
            given_mail_there(cut, 80 + i);
            given_mail_there(grows, 160 + i);
        }

        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);

        for (int i = 0; i < 50; i++)
            then_it_is_here(cut, 20 + i, 1);
        for (int i = 0; i < 46; i++)
            then_it_is_here(grows, 110 + i, 1);
        assert_int_equal(here()->quarantined, 0);
        end_scenario(NULL);
    }
}

/* Where limits are announced, a mailbox that stays as small as it was may be a view: that is no limit of others. */
static void
a_number_that_no_server_stops_at_says_nothing_of_other_mailboxes(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.window = 50;
    sim.server.announces = true;
    sim.server.qresync = false;
    given_mail_there(WORK, 20);
    given_mail_there(WORK, 21);
    given_mail_there(INBOX, 22);
    given_both_sides_agree();
    server_expunge(&sim.server, WORK, 1);
    given_mail_there(WORK, 23);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(WORK, 20, 1);
    ledger_out(&sim.world, 22, INBOX);
    server_expunge(&sim.server, INBOX, 1);
    given_mail_there(INBOX, 24);
    given_mail_there(INBOX, 25);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 22, 0);
    then_it_is_here(INBOX, 24, 1);
}

/* So many went that all is shown, and older ones came into view: there it ended before. */
static void
what_comes_into_view_shows_where_the_server_stops(void **state)
{
    (void)state;
    given_view_of_50_out_of(60);
    for (int i = 0; i < 46; i++)
        given_mail_there(WORK, 110 + i);
    given_both_sides_agree();
    for (int i = 0; i < 15; i++) {
        ledger_out(&sim.world, 60 + i, INBOX);
        server_expunge(&sim.server, INBOX, 41 + (uint32_t)i);
    }
    given_both_sides_agree();
    for (int i = 0; i < 8; i++)
        given_mail_there(WORK, 160 + i);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    for (int i = 0; i < 46; i++)
        then_it_is_here(WORK, 110 + i, 1);
    then_it_is_here(INBOX, 20, 1);
    then_it_is_here(INBOX, 60, 0);
}

static void
a_listing_that_stops_before_the_newest_proves_no_absence(void **state)
{
    (void)state;
    given_view_of_50_out_of(12);
    sim.server.condstore = false;
    for (int limit = 10; limit > 4; limit -= 4) { /* it moves, too */
        sim.server.part = limit;
        given_mail_there(INBOX, 100 + limit);
        (void)when_golub_syncs_after(60);
    }
    assert_int_equal(here()->quarantined, 0);
    then_it_is_here(INBOX, 31, 1);
    sim.server.part = 0;
    ledger_out(&sim.world, 20, INBOX);
    server_expunge(&sim.server, INBOX, 1);

    (void)when_golub_syncs_after(60);

    then_it_is_here(INBOX, 20, 0);
    then_it_is_here(INBOX, 110, 1);
    then_both_sides_agree();
}

/* It slid out of the view, an equal one was sent, and both got other UIDs in the same moment: the flags that this one lacks nobody took off. */
static void
flags_of_a_message_out_of_view_are_not_taken_off_for_an_equal_one_under_another_uidvalidity(void **state)
{
    (void)state;
    for (int seen = 0; seen < 2; seen++) {
        given_view_of_50_out_of(50);
        sim.server.announces = true;
        mua_set_flags(here(), file_of(INBOX, 20), FLAG_ANSWERED);
        mua_set_flags(here(), file_of(INBOX, 60), FLAG_SEEN); /* those that others have stay */
        given_both_sides_agree();
        for (int i = 0; i < 3; i++)
            given_mail_there(INBOX, 100 + i);
        if (seen)
            assert_int_equal(when_golub_syncs_after(60), 0);
        given_mail_there(INBOX, 20);
        server_reset_uidvalidity(&sim.server, INBOX);
        check_forget(&sim.clients[0]);

        assert_int_equal(when_golub_syncs_after(60), 0);
        assert_int_equal(when_golub_syncs_after(60), 0);

        assert_string_equal(file_of(INBOX, 20)->info, "c:2,R");
        then_it_is_there(INBOX, 20, 2);
        assert_int_equal(here()->quarantined, 0);
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_mailbox_that_grows_to_a_round_number_is_no_view),
        SCENARIO(a_mailbox_that_stays_at_a_round_number_is_no_view),
        SCENARIO(a_limit_that_is_known_of_one_mailbox_counts_where_another_grows_up_to_it),
        SCENARIO(a_limit_that_is_seen_in_one_mailbox_counts_in_the_same_run_where_another_grows_up_to_it),
        SCENARIO(a_number_that_no_server_stops_at_says_nothing_of_other_mailboxes),
        SCENARIO(what_comes_into_view_shows_where_the_server_stops),
        SCENARIO(a_listing_that_stops_before_the_newest_proves_no_absence),
        SCENARIO(flags_of_a_message_out_of_view_are_not_taken_off_for_an_equal_one_under_another_uidvalidity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
