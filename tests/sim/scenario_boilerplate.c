/* Mails that a program sends at one second, with one body: their headers say that they are two, whatever was not answered or numbered anew. */
#include "tests/sim/scenario.h"

enum { OURS = CONTENT_BOILERPLATE, THEIRS = CONTENT_BOILERPLATE + 1 };

static void
then_both_are_on_both_sides(void)
{
    then_both_sides_agree();
    for (int content = OURS; content <= THEIRS; content++) {
        then_it_is_there(INBOX, content, 1);
        then_it_is_here(INBOX, content, 1);
    }
}

static void
when_the_journal_is_lost(void)
{
    run_open_journal(&sim, 0, NULL, 0);
}

static void
what_was_sent_in_vain_is_not_what_another_client_brought(void **state)
{
    (void)state;
    for (int uidplus = 0; uidplus < 2; uidplus++) {
        given_empty_account(1);
        sim.server.uidplus = uidplus;
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        given_mail_here(INBOX, OURS);
        given_trouble_at(STEP_APPEND, true, false);
        assert_int_equal(when_golub_syncs_after(60), 5);
        given_mail_there(INBOX, THEIRS);

        then_both_are_on_both_sides();
        end_scenario(NULL);
    }
}

static void
nor_is_what_arrived_taken_for_it(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    given_mail_here(INBOX, OURS);
    given_trouble_at(STEP_APPEND, true, true);
    assert_int_equal(when_golub_syncs_after(60), 5);
    given_mail_there(INBOX, THEIRS);
    const unsigned long sent = coverage.done[STEP_APPEND];

    then_both_are_on_both_sides();

    assert_int_equal(coverage.done[STEP_APPEND], sent);
}

/* Another client put its own in the place of ours, and the mailbox got new UIDs: ours stays here, and goes up again. */
static void
what_is_not_there_any_more_is_not_what_came_in_its_place_under_new_uids(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        const uint32_t uid = given_mail_there(INBOX, OURS);
        given_both_sides_agree();
        server_expunge(&sim.server, INBOX, uid);
        given_mail_there(INBOX, THEIRS);
        if (lost)
            when_the_journal_is_lost();
        else
            server_reset_uidvalidity(&sim.server, INBOX);
        check_forget(&sim.clients[0]);

        then_both_are_on_both_sides();
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_was_sent_in_vain_is_not_what_another_client_brought),
        SCENARIO(nor_is_what_arrived_taken_for_it),
        SCENARIO(what_is_not_there_any_more_is_not_what_came_in_its_place_under_new_uids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
