/* A server whose numbers go anywhere, though nothing was restored. */

#include "tests/sim/scenario.h"

/* Its change numbers begin anew in Work, where everything is as it was. */
static void
change_numbers_that_go_back_revive_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        given_empty_account(1);
        sim.server.qresync = i == 1;
        const uint32_t uid = given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        const uint32_t other = given_mail_there(WORK, 3);
        given_mail_there(WORK, 4);
        given_both_sides_agree();
        ledger_out(&sim.world, 1, INBOX);
        server_expunge(&sim.server, INBOX, uid);
        ledger_out(&sim.world, 3, WORK);
        server_expunge(&sim.server, WORK, other);
        sim.server.boxes[WORK].modseq = 1;

        (void)when_golub_syncs_after(60);
        (void)when_golub_syncs_after(60);

        then_it_is_here(INBOX, 1, 0);
        then_it_is_there(INBOX, 1, 0);
        then_it_is_here(WORK, 3, 0);
        then_it_is_there(WORK, 3, 0);
        then_both_sides_agree();
    }
}

static void
a_mailbox_that_is_paired_anew_in_each_run_keeps_no_other_waiting(void **state)
{
    (void)state;
    given_empty_account(1);
    const uint32_t uid = given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_mail_there(WORK, 4);
    given_both_sides_agree();
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, uid);

    server_reset_uidvalidity(&sim.server, WORK);
    (void)when_golub_syncs_after(60);
    then_it_is_here(INBOX, 1, 1); /* it may be in Work */
    server_reset_uidvalidity(&sim.server, WORK);
    (void)when_golub_syncs_after(60);

    then_it_is_here(INBOX, 1, 0);
    then_both_sides_agree();
}

/* Once golub has moved a message on the server, one of INBOX is dated anew: it seems to be another one. */
static void
a_known_one_is_dated_anew(struct world *world)
{
    (void)world;
    if (server_multiplicity(&sim.server, OLD, 5) == 1)
        sim.server.boxes[INBOX].messages[1].date = 1650000000;
}

/* What was seen to be gone from Work was below a message that was there; golub itself moves that one away before it learns of INBOX. */
static void
what_was_proven_to_be_removed_stays_so_when_another_mailbox_goes_back(void **state)
{
    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_mail_there(WORK, 3);
    const uint32_t uid = given_mail_there(WORK, 4);
    given_mail_there(WORK, 5);
    given_both_sides_agree();
    ledger_out(&sim.world, 4, WORK);
    server_expunge(&sim.server, WORK, uid);
    when_the_user_moves(5, WORK, OLD);
    mua_set_flags(here(), file_of(INBOX, 1), FLAG_FLAGGED);
    given_others_act(a_known_one_is_dated_anew);

    (void)when_golub_syncs_after(60);

    assert_int_equal(sim.world.repairs, 1);
    then_both_sides_agree();
    then_it_is_here(WORK, 4, 0);
    then_it_is_there(WORK, 4, 0);
    then_it_is_there(OLD, 5, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(change_numbers_that_go_back_revive_nothing),
        SCENARIO(a_mailbox_that_is_paired_anew_in_each_run_keeps_no_other_waiting),
        SCENARIO(what_was_proven_to_be_removed_stays_so_when_another_mailbox_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
