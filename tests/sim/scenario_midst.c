/* A folder gets another name in the midst of a run, between any two of its steps, also while folders are listed: it is its mailbox's all the same. */
#include "tests/sim/scenario.h"

#include "tests/sim/sim_kinds.h"

static struct {
    int from, to;     /* mailboxes */
    int wait, called; /* so many moments before it is renamed */
    bool done;
} scene;

/* #1 in INBOX, #2 to #4 in `from`, on both sides; `to` is a name that nobody has. */
static void
given_mail_in(int from, int to)
{
    given_empty_account(1);
    sim.server.boxes[WORK].exists = here()->tree.folder[WORK] = false;
    server_create(&sim.server, from);
    here()->tree.folder[from] = true;
    given_mail_there(INBOX, 1);
    for (int i = 2; i <= 4; i++)
        given_mail_there(from, i);
    scene.from = from;
    scene.to = to;
    given_both_sides_agree();
}

static void
rename_it(struct world *world)
{
    if (scene.called++ != scene.wait || scene.done)
        return;
    scene.done = true;
    world->renamed = true;
    for (int i = 2; i <= 4; i++) {
        ledger_out(world, i, scene.from);
        world->ledger[i].moved = true;
    }
    folders_rename(here(), scene.from, scene.to);
}

static void
when_it_is_renamed_in_the_midst_of_a_run(int wait)
{
    scene.wait = wait;
    scene.called = 0;
    scene.done = false;
    sim.world.walks = true;
    given_others_act(rename_it);
    (void)when_golub_syncs_after(60);
    sim.world.outside = NULL;
}

static unsigned long
sent_or_removed(void)
{
    return coverage.done[STEP_APPEND] + coverage.done[STEP_DELETED] + coverage.done[STEP_EXPUNGE] +
           coverage.done[STEP_QUARANTINE];
}

static void
then_it_is_there_under_its_new_name(unsigned long before)
{
    then_both_sides_agree();
    assert_int_equal(sent_or_removed(), before);
    assert_false(sim.server.boxes[scene.from].exists);
    for (int i = 2; i <= 4; i++) {
        then_it_is_there(scene.to, i, 1);
        then_it_is_here(scene.to, i, 1);
    }
}

static void
play(unsigned long kinds, int from, int to)
{
    bool done = true;

    for (int wait = 0; done; wait++) {
        given_mail_in(from, to);
        sim.world.kinds = kinds;
        const unsigned long before = sent_or_removed();
        when_it_is_renamed_in_the_midst_of_a_run(wait);
        done = scene.done;
        if (done)
            then_it_is_there_under_its_new_name(before);
        end_scenario(NULL);
    }
}

static void
it_is_renamed_there(void **state)
{
    (void)state;
    play(0, OLD, WORK);
    play(0, WORK, OLD);
}

/* mailbox-deletes: nobody removed it. */
static void
where_mailboxes_go_it_is_renamed_and_not_removed(void **state)
{
    (void)state;
    play(KIND_BIT(KIND_GOES), OLD, WORK);
    play(KIND_BIT(KIND_GOES), WORK, OLD);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(it_is_renamed_there),
        SCENARIO(where_mailboxes_go_it_is_renamed_and_not_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
