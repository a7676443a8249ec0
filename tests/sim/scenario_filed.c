/* The server files sent mail itself, and a mail reader saves it as well. */
#include "tests/sim/scenario.h"

static int calls;

static void
given_a_server_that_files_sent_mail(void)
{
    given_empty_account(1);
    sim.server.sent = WORK + 1;
    sim.world.dress = DRESS_DATED;
}

/* A first sync takes an hour. Right before golub reads the folders the mail reader saves what it has just sent. */
static void
save_after_an_hour(struct world *world)
{
    if (calls++ > 0)
        return;
    world->now += 3600;
    assert_true(mua_deliver(here(), WORK, 4, FLAG_SEEN, world->now));
    ledger_put(world, 4, WORK);
    world->ledger[4].sent = true;
    world->ledger[4].filed = world->ledger[4].sent_at = world->now;
}

static void
what_is_saved_in_the_middle_of_a_long_run_waits_for_ten_minutes_from_then(void **state)
{
    (void)state;
    given_a_server_that_files_sent_mail();
    given_both_sides_agree();
    calls = 0;
    given_others_act(save_after_an_hour);
    assert_int_equal(when_golub_syncs_after(60), 0);
    sim.world.interfere = 0;
    assert_true(calls > 0);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(WORK, 4, 0);
    assert_int_equal(when_golub_syncs_after(600), 0);
    then_it_is_there(WORK, 4, 1);
    then_both_sides_agree();
}

/* Nor by a run that is at work when they are over: it looked at the server before that. */
static void
let_ten_minutes_pass(struct world *world)
{
    if (calls++ == 0)
        world->now += 700;
}

static void
what_waits_goes_up_in_a_run_that_began_after_its_ten_minutes(void **state)
{
    (void)state;
    given_a_server_that_files_sent_mail();
    given_both_sides_agree();
    assert_true(mua_deliver(here(), WORK, 4, FLAG_SEEN, sim.world.now));
    ledger_put(&sim.world, 4, WORK);
    assert_int_equal(when_golub_syncs_after(60), 0);
    calls = 0;
    given_others_act(let_ten_minutes_pass);

    assert_int_equal(when_golub_syncs_after(60), 0);

    sim.world.interfere = 0;
    assert_true(calls > 0);
    then_it_is_there(WORK, 4, 0);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(WORK, 4, 1);
    then_both_sides_agree();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_is_saved_in_the_middle_of_a_long_run_waits_for_ten_minutes_from_then),
        SCENARIO(what_waits_goes_up_in_a_run_that_began_after_its_ten_minutes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
