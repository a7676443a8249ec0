/* What is sent to a mailbox that another client renames meanwhile, so that another one has its name when the command comes. */
#include "tests/sim/scenario.h"

enum way { BY_APPEND, BY_MOVE, BY_COPY };

static int until, calls;

static void
others_swap_work_and_old(void)
{
    struct sim_mailbox *boxes = sim.server.boxes;
    static struct sim_mailbox was;

    was = boxes[WORK];
    boxes[WORK] = boxes[OLD];
    boxes[OLD] = was;
    for (int to = WORK; to <= OLD; to++) {
        for (size_t i = 0; i < boxes[to].count; i++) {
            ledger_carry(&sim.world, boxes[to].messages[i].content, WORK + OLD - to, to);
            ledger_put(&sim.world, boxes[to].messages[i].content, to);
        }
    }
    check_forget(&sim.clients[0]);
}

static void
swap_after_some_steps(struct world *world)
{
    (void)world;
    if (++calls == until)
        others_swap_work_and_old();
}

/* #1 is put into Work, or moved there; #2 stands in Work, #3 in Old. */
static void
given_something_to_send(enum way way, bool identifies)
{
    given_empty_account(1);
    sim.server.identifies = identifies;
    sim.server.move = way == BY_MOVE;
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    if (way != BY_APPEND)
        given_mail_there(INBOX, 1);
    given_mail_there(WORK, 2);
    given_mail_there(OLD, 3);
    given_both_sides_agree();
    for (int i = 0; i < sim.world.next_content; i++)
        sim.world.ledger[i].moved = true;
    sim.world.renamed = true;
    if (way == BY_APPEND)
        given_mail_here(WORK, 1);
    else
        when_the_user_moves(1, INBOX, WORK);
}

/* They swap them before this step or that. @return in the moment when #1 was about to be sent: it came into the other mailbox */
static bool
goes_astray(enum way way, bool identifies, int equal)
{
    given_something_to_send(way, identifies);
    if (equal != 0)
        given_mail_there(OLD, 1);
    calls = 0;
    given_others_act(swap_after_some_steps);

    (void)when_golub_syncs_after(60);

    sim.world.interfere = 0;
    sim.world.outside = NULL;
    return calls >= until && server_multiplicity(&sim.server, WORK, 1) > equal;
}

/* It was meant for the mailbox that is called Old by now. What another client put into the other one is not what was sent, though it is equal. */
static void
what_is_sent_while_its_mailbox_loses_its_name_is_there_once(void **state)
{
    int went_astray = 0;

    (void)state;
    for (enum way way = BY_APPEND; way <= BY_COPY; way++) {
        for (int kind = 0; kind < 4; kind++) {
            const int equal = kind % 2;

            for (until = 1; until < 30; until++) {
                if (goes_astray(way, kind < 2, equal)) {
                    went_astray++;
                    then_both_sides_agree();
                    then_it_is_there(WORK, 1, equal);
                    then_it_is_here(WORK, 1, equal);
                    then_it_is_there(OLD, 1, 1);
                    then_it_is_here(OLD, 1, 1);
                    then_it_is_there(OLD, 2, 1);
                    then_it_is_there(WORK, 3, 1);
                }
                end_scenario(NULL);
            }
        }
    }
    assert_true(went_astray >= 12);
}

/* The run that looks for it, and before or after which of its steps the power fails. */
static void
it_is_there_once_also_where_the_run_that_looks_for_it_dies(void **state)
{
    int died = 0;

    (void)state;
    for (enum way way = BY_APPEND; way <= BY_COPY; way++) {
        for (int step = 0; step < 12; step++) {
            for (until = 1; until < 30; until++) {
                if (goes_astray(way, true, 0)) {
                    given_trouble_at(step % 2 == 0 ? STEP_COMMIT : STEP_READ, false, false);
                    sim.world.aim_left = 1 + step / 2;
                    died += when_golub_syncs_after(60) == -1;
                    sim.world.aim_left = 0;
                    then_both_sides_agree();
                    then_it_is_there(WORK, 1, 0);
                    then_it_is_here(WORK, 1, 0);
                    then_it_is_there(OLD, 1, 1);
                    then_it_is_here(OLD, 1, 1);
                }
                end_scenario(NULL);
            }
        }
    }
    assert_true(died >= 12);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_is_sent_while_its_mailbox_loses_its_name_is_there_once),
        SCENARIO(it_is_there_once_also_where_the_run_that_looks_for_it_dies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
