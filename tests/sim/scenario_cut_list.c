/* A line of the server's list of mailboxes can't be read. */
#include "tests/sim/scenario.h"

/* Its line of LIST can't be read: it is there all the same, and so is what others do in it. */
static void
a_mailbox_whose_line_of_the_list_is_cut_is_asked_for_by_its_name(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    given_mail_there(WORK, 6);
    given_mail_here(WORK, 7);
    sim.server.garbled = 1u << WORK;
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, 1);

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(WORK, 6, 1);
    then_it_is_there(WORK, 7, 1);
    then_it_is_here(INBOX, 1, 0);
    sim.server.garbled = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
}

/* It is neither listed nor answers to its name: what vanished may be in it for one run. */
static void
a_removal_here_waits_one_run_for_a_mailbox_that_a_cut_list_lacks(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    sim.server.garbled = sim.server.unreadable = 1u << WORK;
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, 1);

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 1);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 0);
    then_it_is_here(WORK, 2, 1);
    sim.server.garbled = sim.server.unreadable = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(WORK, 2, 1);
}

/* Its folder is gone here, so that nobody looks into it. The wait is for runs on end: a list that is whole again ends it. */
static void
a_removal_here_waits_one_run_for_a_mailbox_that_is_left_alone_and_that_a_cut_list_lacks(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        given_mail_in_three_mailboxes();
        here()->tree.folder[WORK] = false;
        (void)when_golub_syncs_after(60);
        sim.server.garbled = 1u << WORK;
        ledger_out(&sim.world, 1, INBOX);
        server_expunge(&sim.server, INBOX, 1);

        assert_int_equal(when_golub_syncs_after(60), 1);
        then_it_is_here(INBOX, 1, 1);
        if (whole != 0) {
            sim.server.garbled = 0;
            assert_int_equal(when_golub_syncs_after(60), 0);
            then_it_is_here(INBOX, 1, 0);
            sim.server.garbled = 1u << WORK;
            ledger_out(&sim.world, 4, OLD);
            server_expunge(&sim.server, OLD, 1);
            assert_int_equal(when_golub_syncs_after(60), 1);
            then_it_is_here(OLD, 4, 1);
        }
        assert_int_equal(when_golub_syncs_after(60), 1);
        then_it_is_here(INBOX, 1, 0);
        then_it_is_here(OLD, 4, whole == 0);
        sim.server.garbled = 0;
        assert_int_equal(when_golub_syncs_after(60), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_mailbox_whose_line_of_the_list_is_cut_is_asked_for_by_its_name),
        SCENARIO(a_removal_here_waits_one_run_for_a_mailbox_that_a_cut_list_lacks),
        SCENARIO(a_removal_here_waits_one_run_for_a_mailbox_that_is_left_alone_and_that_a_cut_list_lacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
