/*
 * A server that numbers a mailbox anew with each name (Courier), and says of none what it is. A folder is renamed here: what was removed, changed or moved on
 * either side since the last run is not forgotten with the numbers.
 */
#include "tests/sim/scenario.h"

#include "tests/sim/sim_kinds.h"

enum { KEPT = 2, REMOVED_THERE, REMOVED_HERE, CLEARED, CAME, SAVED, MOVED };

/* Work is on both sides; Old is a name that nobody has. */
static void
given_work(void)
{
    given_empty_account(1);
    sim.server.condstore = sim.server.qresync = sim.server.move = sim.server.list_status = false;
    sim.server.renumbers = true;
    given_mail_there(INBOX, 1);
    for (int content = KEPT; content <= CLEARED; content++)
        given_mail_there(WORK, content);
    given_mail_there(WORK, MOVED);
    when_another_client_gives(WORK, CLEARED, FLAG_FLAGGED);
    ledger_flags(&sim.world, CLEARED, WORK, 0, FLAG_FLAGGED, true);
    given_both_sides_agree();
}

static void
when_much_happens_on_both_sides(void)
{
    action_remove_there(&sim, WORK, message_of(WORK, REMOVED_THERE));
    when_another_client_gives(WORK, CLEARED, 0);
    ledger_flags(&sim.world, CLEARED, WORK, FLAG_FLAGGED, 0, true);
    given_mail_there(WORK, CAME);
    when_the_user_removes(WORK, REMOVED_HERE);
    when_the_user_moves(MOVED, WORK, INBOX);
    given_mail_here(WORK, SAVED);
}

static void
when_the_folder_is_renamed(void)
{
    sim.world.renamed = true;
    for (size_t i = 0; i < here()->tree.count; i++)
        if (here()->tree.files[i].mailbox == WORK)
            ledger_carry(&sim.world, here()->tree.files[i].content, WORK, OLD);
    folders_rename(here(), WORK, OLD);
    check_forget(&sim.clients[0]);
}

static void
then_nothing_is_forgotten(void)
{
    const int stand[] = {KEPT, CLEARED, CAME, SAVED}, are_gone[] = {REMOVED_THERE, REMOVED_HERE, MOVED};

    assert_false(sim.server.boxes[WORK].exists);
    for (size_t i = 0; i < sizeof stand / sizeof stand[0]; i++) {
        then_it_is_there(OLD, stand[i], 1);
        then_it_is_here(OLD, stand[i], 1);
    }
    for (size_t i = 0; i < sizeof are_gone / sizeof are_gone[0]; i++) {
        then_it_is_there(OLD, are_gone[i], 0);
        then_it_is_here(OLD, are_gone[i], 0);
    }
    then_it_is_there(INBOX, MOVED, 1);
    then_it_is_here(INBOX, MOVED, 1);
    assert_int_equal(flags_here(OLD, CLEARED) & FLAG_FLAGGED, 0);
    assert_int_equal(message_of(OLD, CLEARED)->flags & FLAG_FLAGGED, 0);
    assert_int_equal(here()->quarantined, 1);
}

static void
what_happened_before_the_rename_is_carried_out(void **state)
{
    (void)state;
    given_work();
    when_much_happens_on_both_sides();
    when_the_folder_is_renamed();

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_nothing_is_forgotten();
    then_both_sides_agree();
    then_nothing_is_forgotten();
}

static bool
killed_at(int step)
{
    bool killed;

    given_work();
    when_much_happens_on_both_sides();
    when_the_folder_is_renamed();
    sim.world.crash_at = step;
    killed = when_golub_syncs_after(60) == -1;
    sim.world.crash_at = 0;

    then_both_sides_agree();
    then_nothing_is_forgotten();
    end_scenario(NULL);
    return killed;
}

static void
killed_at_each_step_it_is_carried_out_all_the_same(void **state)
{
    int step = 1;

    (void)state;
    while (killed_at(step))
        step++;
    assert_in_range(step, 10, 200);
}

/* Of a mailbox that can't be opened now nobody knows what is gone: it keeps its name, and gets the other one when it was looked at. */
static void
what_can_not_be_looked_at_keeps_its_name(void **state)
{
    (void)state;
    given_work();
    action_remove_there(&sim, WORK, message_of(WORK, REMOVED_THERE));
    when_the_folder_is_renamed();
    sim.server.unreadable = 1u << WORK;

    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_true(sim.server.boxes[WORK].exists);
    sim.server.unreadable = 0;
    then_both_sides_agree();
    then_it_is_there(OLD, REMOVED_THERE, 0);
    then_it_is_here(OLD, REMOVED_THERE, 0);
    then_it_is_here(OLD, KEPT, 1);
}

/* What was removed here can't be removed there in this run: under other numbers it would come back. */
static void
what_is_still_to_go_keeps_its_name(void **state)
{
    (void)state;
    given_work();
    when_much_happens_on_both_sides();
    when_the_folder_is_renamed();
    here()->unreadable = 1u << INBOX;

    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_true(sim.server.boxes[WORK].exists);
    here()->unreadable = 0;
    then_both_sides_agree();
    then_nothing_is_forgotten();
}

/* What the server refused to remove is known for that, also under other numbers. */
static void
what_was_refused_is_removed_under_its_new_name(void **state)
{
    (void)state;
    given_work();
    when_much_happens_on_both_sides();
    when_the_folder_is_renamed();
    sim.server.protected = 1u << WORK;

    assert_int_equal(when_golub_syncs_after(60), 1);

    sim.server.protected = 0;
    (void)when_golub_syncs_after(100000); /* what was refused is asked for again after a day */
    then_both_sides_agree();
    then_nothing_is_forgotten();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_happened_before_the_rename_is_carried_out),
        SCENARIO(killed_at_each_step_it_is_carried_out_all_the_same),
        SCENARIO(what_can_not_be_looked_at_keeps_its_name),
        SCENARIO(what_is_still_to_go_keeps_its_name),
        SCENARIO(what_was_refused_is_removed_under_its_new_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
