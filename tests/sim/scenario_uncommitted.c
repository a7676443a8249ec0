/* A run is killed when a file has its name and the journal does not know it yet; before the next one other clients go on with the message. */
#include "tests/sim/scenario.h"

enum renumbered { NEVER, BEFORE_THE_KILL, AFTER_THE_KILL, BEFORE_AND_AFTER };
enum others { MOVE, REMOVE };

static void
when_another_client(enum others what, int content, int from, int to)
{
    struct sim_mailbox *box = &sim.server.boxes[from];

    for (size_t i = 0; i < box->count; i++) {
        if (box->messages[i].content != content)
            continue;
        ledger_out(&sim.world, content, from);
        if (what == MOVE)
            assert_true(action_transfer_there(&sim, from, &box->messages[i], to, true));
        else
            server_expunge(&sim.server, from, box->messages[i].uid);
        return;
    }
    fail_msg("#%d is not there", content);
}

static void
when_the_provider_renumbers(int mailbox)
{
    server_reset_uidvalidity(&sim.server, mailbox);
    check_forget(&sim.clients[0]);
}

static void
given_work_and_old(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    for (int i = 1; i <= 3; i++)
        given_mail_there(WORK, i);
    given_both_sides_agree();
    given_mail_there(WORK, 11);
    given_mail_there(WORK, 12);
}

/* @param step, next  of the run that delivers, and of the one after it, at which the power fails; 0: never. @return whether it did at the last of them */
static bool
deliver_and_go_on(enum renumbered renumbered, enum others what, int step, int next, int *delivered)
{
    bool killed;

    given_work_and_old();
    if (renumbered == BEFORE_THE_KILL || renumbered == BEFORE_AND_AFTER)
        when_the_provider_renumbers(WORK);
    sim.world.crash_at = step;
    killed = when_golub_syncs_after(60) == -1;
    *delivered = maildir_sim_multiplicity(here(), WORK, 11, false);
    when_another_client(what, 11, WORK, OLD);
    if (renumbered >= AFTER_THE_KILL)
        when_the_provider_renumbers(WORK);
    if (next != 0) {
        sim.world.crash_at = next;
        killed = when_golub_syncs_after(60) == -1;
    }

    for (int i = 0; i < 4; i++)
        (void)when_golub_syncs_after(2 * 3600);

    then_it_is_there(WORK, 12, 1);
    then_it_is_here(WORK, 12, 1);
    return killed;
}

static void
then_it_moved(void)
{
    then_it_is_there(WORK, 11, 0);
    then_it_is_here(WORK, 11, 0);
    then_it_is_there(OLD, 11, 1);
    then_it_is_here(OLD, 11, 1);
}

/* The step after which a delivered file is on the disk and in no row. */
static int
step_of_delivery(enum renumbered renumbered)
{
    int delivered = 0;

    for (int step = 1; step < 100; step++) {
        if (!deliver_and_go_on(renumbered, MOVE, step, 0, &delivered))
            break;
        if (delivered != 0)
            return step;
    }
    fail_msg("no run was killed after its delivery");
    return 0;
}

static void
what_was_delivered_without_a_commit_and_is_moved_there_is_there_once(void **state)
{
    (void)state;
    for (enum renumbered renumbered = NEVER; renumbered <= BEFORE_AND_AFTER; renumbered++) {
        int most = 0;
        bool killed = true;

        for (int step = 1; killed; step++) {
            int delivered;

            assert_in_range(step, 1, 100);
            killed = deliver_and_go_on(renumbered, MOVE, step, 0, &delivered);
            most = killed && delivered > most ? delivered : most;
            then_it_moved();
        }
        assert_int_equal(most, 1);
    }
}

static void
what_was_delivered_without_a_commit_and_moved_there_is_there_once_though_the_next_run_is_killed_too(void **state)
{
    (void)state;
    for (enum renumbered renumbered = NEVER; renumbered <= BEFORE_AND_AFTER; renumbered++) {
        const int step = step_of_delivery(renumbered);
        bool killed = true;

        for (int next = 1; killed; next++) {
            int delivered;

            assert_in_range(next, 1, 100);
            killed = deliver_and_go_on(renumbered, MOVE, step, next, &delivered);
            assert_int_equal(delivered, 1);
            then_it_moved();
        }
    }
}

/* What is missing under another UIDVALIDITY nobody removed: it comes again. */
static void
what_was_delivered_without_a_commit_and_is_removed_there_goes_unless_its_mailbox_was_renumbered(void **state)
{
    (void)state;
    for (enum renumbered renumbered = NEVER; renumbered <= BEFORE_AND_AFTER; renumbered++) {
        const int step = step_of_delivery(renumbered), stays = renumbered >= AFTER_THE_KILL;
        int delivered;

        assert_true(deliver_and_go_on(renumbered, REMOVE, step, 0, &delivered));
        assert_int_equal(delivered, 1);
        then_it_is_there(WORK, 11, stays);
        then_it_is_here(WORK, 11, stays);
    }
}

/* The run after that one saw the file, took it for new mail, and was killed as well. */
static void
what_was_delivered_without_a_commit_and_seen_by_a_killed_run_is_there_once(void **state)
{
    bool killed = true;

    (void)state;
    for (int next = 1; killed; next++) {
        const int step = step_of_delivery(AFTER_THE_KILL);

        assert_in_range(next, 1, 100);
        given_work_and_old();
        sim.world.crash_at = step;
        assert_int_equal(when_golub_syncs_after(60), -1);
        sim.world.crash_at = next;
        killed = when_golub_syncs_after(60) == -1;
        when_another_client(MOVE, 11, WORK, OLD);
        when_the_provider_renumbers(WORK);

        for (int i = 0; i < 4; i++)
            (void)when_golub_syncs_after(2 * 3600);

        then_it_moved();
    }
}

/* It was removed here, comes again since its mailbox was numbered anew, and the run that fetches it is killed. */
static void
what_comes_again_without_a_commit_and_is_moved_there_is_there_once(void **state)
{
    (void)state;
    for (int able = 0; able < 2; able++) {
        bool killed = true;

        for (int step = 1; killed; step++) {
            assert_in_range(step, 1, 100);
            given_empty_account(1);
            sim.server.condstore = sim.server.qresync = sim.server.uidplus = sim.server.move = able != 0;
            server_create(&sim.server, OLD);
            here()->tree.folder[OLD] = true;
            for (int i = 1; i <= 3; i++)
                given_mail_there(WORK, i);
            given_mail_there(WORK, 11);
            given_both_sides_agree();
            mua_remove(here(), file_of(WORK, 11));
            when_the_provider_renumbers(WORK);
            sim.world.crash_at = step;
            killed = when_golub_syncs_after(60) == -1;
            when_another_client(MOVE, 11, WORK, OLD);

            for (int i = 0; i < 4; i++)
                (void)when_golub_syncs_after(2 * 3600);
            then_it_moved();
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_was_delivered_without_a_commit_and_is_moved_there_is_there_once),
        SCENARIO(what_was_delivered_without_a_commit_and_moved_there_is_there_once_though_the_next_run_is_killed_too),
        SCENARIO(what_was_delivered_without_a_commit_and_seen_by_a_killed_run_is_there_once),
        SCENARIO(what_comes_again_without_a_commit_and_is_moved_there_is_there_once),
        SCENARIO(what_was_delivered_without_a_commit_and_is_removed_there_goes_unless_its_mailbox_was_renumbered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
