/* A message that a server lists without its date, or without its size. */
#include "tests/sim/scenario.h"

/* Neither its missing date, nor the one that it has later, makes it another message. */
static void
what_has_no_date_is_fetched_once(void **state)
{
    (void)state;
    for (int condstore = 0; condstore < 2; condstore++)
        for (int old = 0; old < 2; old++) {
            given_mail_in_inbox(condstore != 0);
            sim.server.undated = (old ? 20 : 23) + 1;
            if (!old)
                given_mail_there(INBOX, 23);
            given_mail_there(INBOX, 24);

            assert_int_equal(when_golub_syncs_after(60), 0);
            then_it_is_here(INBOX, 24, 1);
            then_it_is_here(INBOX, 23, old ? 0 : 1);
            when_the_user_removes(INBOX, 22);
            assert_int_equal(when_golub_syncs_after(60), 0);
            then_it_is_there(INBOX, 22, 0);

            sim.server.undated = 0;
            given_mail_there(INBOX, 25);
            sim.server.boxes[INBOX].phantoms = 1; /* so that all is listed, with dates */
            assert_int_equal(when_golub_syncs_after(60), 0);
            sim.server.boxes[INBOX].phantoms = 0;
            then_both_sides_agree();
            assert_int_equal(when_golub_syncs_after(60), 0);
            assert_int_equal(here()->quarantined, 0);
            assert_int_equal(sim.world.repairs, 0);
            end_scenario(NULL);
        }
}

/* It is gone at one end, and one that has no date came for it: as many as before. */
static void
what_has_no_date_does_not_stand_for_one_that_is_gone(void **state)
{
    (void)state;
    given_mail_in_inbox(true);
    sim.server.qresync = false;
    sim.server.undated = 23 + 1;
    given_mail_there(INBOX, 23);
    ledger_out(&sim.world, 21, INBOX);
    server_expunge(&sim.server, INBOX, 2);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 23, 1);
    then_it_is_here(INBOX, 21, 0);
}

/* Flagged here meanwhile, it would be wanted back where it is no more. */
static void
what_moved_there_and_has_no_size_any_more_is_a_move(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) { /* or had none before */
        given_empty_account(1);
        sim.server.undated = before != 0 ? 20 + 1 : 0;
        given_mail_there(INBOX, 20);
        given_both_sides_agree();
        sim.server.undated = before != 0 ? 0 : 20 + 1;
        mua_set_flags(here(), file_of(INBOX, 20), FLAG_FLAGGED);
        assert_true(action_transfer_there(&sim, INBOX, server_message(&sim.server, INBOX, 1), WORK, true));

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_there(INBOX, 20, 0);
        then_it_is_there(WORK, 20, 1);
        then_it_is_here(WORK, 20, 1);
        then_it_is_here(INBOX, 20, 0);
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_has_no_date_is_fetched_once),
        SCENARIO(what_has_no_date_does_not_stand_for_one_that_is_gone),
        SCENARIO(what_moved_there_and_has_no_size_any_more_is_a_move),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
