/* A server that shows only the newest messages of a mailbox. */
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
what_slides_out_of_the_view_is_no_removal(void **state)
{
    (void)state;
    for (int condstore = 0; condstore < 2; condstore++)
        for (int count = 48; count <= 60; count += 4) {
            given_view_of_50_out_of(count);
            sim.server.condstore = condstore != 0;
            for (int run = 0; run < 3; run++) {
                for (int i = 0; i < 4; i++)
                    given_mail_there(INBOX, 100 + 4 * run + i);

                assert_int_equal(when_golub_syncs_after(60), 0);
            }

            for (int i = 0; i < count; i++)
                then_it_is_here(INBOX, 20 + i, count <= 50 || i >= count - 50 ? 1 : 0);
            then_it_is_here(INBOX, 111, 1);
            assert_int_equal(here()->quarantined, 0);
        }
}

static void
what_is_missing_within_the_view_is_a_removal(void **state)
{
    (void)state;
    given_view_of_50_out_of(50);
    for (int i = 0; i < 4; i++)
        given_mail_there(INBOX, 100 + i);
    ledger_out(&sim.world, 60, INBOX);
    server_expunge(&sim.server, INBOX, 41);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 60, 0);
    then_it_is_here(INBOX, 20, 1);
    then_it_is_here(INBOX, 21, 1);
}

static void
a_view_that_is_whole_again_is_believed(void **state)
{
    (void)state;
    given_view_of_50_out_of(50);
    for (int i = 0; i < 2; i++)
        given_mail_there(INBOX, 100 + i);
    assert_int_equal(when_golub_syncs_after(60), 0);
    ledger_out(&sim.world, 20, INBOX);
    server_expunge(&sim.server, INBOX, 1);
    sim.server.window = 0;

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 20, 0);
    then_it_is_here(INBOX, 21, 1);
    then_both_sides_agree();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_slides_out_of_the_view_is_no_removal),
        SCENARIO(what_is_missing_within_the_view_is_a_removal),
        SCENARIO(a_view_that_is_whole_again_is_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
