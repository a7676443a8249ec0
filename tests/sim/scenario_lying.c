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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(change_numbers_that_go_back_revive_nothing),
        SCENARIO(a_mailbox_that_is_paired_anew_in_each_run_keeps_no_other_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
