/* A message of which nothing came yet, and that the server dates or counts anew: it is damaged there. No UID became another message. */
#include "tests/sim/scenario.h"

enum { BAD = 22 }; /* one of those whose size is told wrong */

/* What another client removed in both mailboxes is to follow here. */
static void
given_a_new_message_that_can_not_be_read(void)
{
    given_empty_account(1);
    const uint32_t uid = given_mail_there(INBOX, 2);
    given_mail_there(INBOX, 3);
    given_mail_there(WORK, 5);
    const uint32_t last = given_mail_there(WORK, 6);
    given_both_sides_agree();
    given_mail_there(INBOX, BAD);
    sim.server.withheld = BAD + 1;
    ledger_out(&sim.world, 2, INBOX);
    server_expunge(&sim.server, INBOX, uid);
    ledger_out(&sim.world, 6, WORK);
    server_expunge(&sim.server, WORK, last);
}

static void
it_is_dated_anew(struct world *world)
{
    struct sim_mailbox *box = &sim.server.boxes[INBOX];

    (void)world;
    if (sim.server.refusals != 0)
        box->messages[box->count - 1].date = 1650000000;
}

static void
it_is_counted_anew(struct world *world)
{
    (void)world;
    sim.server.wrong_sizes = sim.server.refusals != 0;
}

static void
then_nothing_was_paired_anew(void)
{
    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    assert_int_equal(sim.world.repairs, 0);
    then_it_is_here(INBOX, 2, 0);
    then_it_is_there(INBOX, 2, 0);
    then_it_is_here(WORK, 6, 0);
    then_it_is_there(WORK, 6, 0);
    sim.server.withheld = 0;
    sim.world.now += 86400;
    then_both_sides_agree();
    then_it_is_here(INBOX, BAD, 1);
}

static void
what_is_only_listed_and_dated_anew_is_no_other_message(void **state)
{
    (void)state;
    given_a_new_message_that_can_not_be_read();
    given_others_act(it_is_dated_anew);
    then_nothing_was_paired_anew();
}

static void
what_is_only_listed_and_counted_anew_is_no_other_message(void **state)
{
    (void)state;
    given_a_new_message_that_can_not_be_read();
    given_others_act(it_is_counted_anew);
    then_nothing_was_paired_anew();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_is_only_listed_and_dated_anew_is_no_other_message),
        SCENARIO(what_is_only_listed_and_counted_anew_is_no_other_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
