/* What is sent to a mailbox that another client renames meanwhile, so that another one has its name when the command comes. */
#include "tests/sim/scenario.h"

#define LISTED 6 /* before that step the run has its list: what changes places earlier is told twice, or not at all */

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

/* Work is called Old from now on, and a new one Work. */
static void
replace_after_some_steps(struct world *world)
{
    struct sim_mailbox *boxes = sim.server.boxes;

    (void)world;
    if (++calls != until)
        return;
    others_swap_work_and_old();
    memset(&boxes[WORK], 0, sizeof boxes[WORK]);
    server_create(&sim.server, WORK);
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

/* ... and nothing was answered: which mailbox had the name in that moment, nobody says. @return it was stored in one of the two */
static bool
is_sent_without_an_answer(enum way way, bool identifies, bool line)
{
    static const enum step_kind commands[] = {[BY_APPEND] = STEP_APPEND, [BY_MOVE] = STEP_MOVE, [BY_COPY] = STEP_COPY};

    given_something_to_send(way, identifies);
    calls = 0;
    given_others_act(swap_after_some_steps);
    given_trouble_at(commands[way], line, true);

    (void)when_golub_syncs_after(60);

    sim.world.interfere = 0;
    sim.world.outside = NULL;
    sim.world.aim_left = 0;
    return calls >= until && server_multiplicity(&sim.server, WORK, 1) + server_multiplicity(&sim.server, OLD, 1) > 0;
}

static void
what_is_not_answered_while_its_mailbox_loses_its_name_is_there_once(void **state)
{
    int unanswered = 0;

    (void)state;
    for (enum way way = BY_APPEND; way <= BY_COPY; way++) {
        for (int kind = 0; kind < 4; kind++) {
            for (until = 1; until < 30; until++) {
                if (is_sent_without_an_answer(way, kind < 2, kind % 2 == 0)) {
                    unanswered++;
                    then_both_sides_agree();
                    then_it_is_there(WORK, 1, 0);
                    then_it_is_here(WORK, 1, 0);
                    then_it_is_there(OLD, 1, 1);
                    then_it_is_here(OLD, 1, 1);
                    then_it_is_there(OLD, 2, 1);
                    then_it_is_there(WORK, 3, 1);
                }
                end_scenario(NULL);
            }
        }
    }
    assert_true(unanswered >= 12);
}

static void
when_the_user_removes_the_folder_of_old(void)
{
    struct sim_tree *tree = &here()->tree;

    for (size_t i = 0; i < tree->count; i++)
        if (tree->files[i].mailbox == OLD)
            tree->files[i--] = tree->files[--tree->count];
    tree->folder[OLD] = false;
    check_forget(&sim.clients[0]);
}

/* #1 was sent to the mailbox of Work, and stands in the one that has that name, whose folder is gone here. */
static bool
goes_where_no_folder_is(enum way way)
{
    given_something_to_send(way, true);
    when_the_user_removes_the_folder_of_old();
    calls = 0;
    given_others_act(swap_after_some_steps);

    (void)when_golub_syncs_after(60);

    sim.world.interfere = 0;
    sim.world.outside = NULL;
    return calls >= until && server_multiplicity(&sim.server, WORK, 1) > 0;
}

/* ... or the new one, for which `pull` makes no folder. */
static bool
goes_where_no_folder_is_made(void)
{
    given_empty_account(1);
    sim.server.identifies = true;
    given_mail_there(WORK, 2);
    given_both_sides_agree();
    for (int i = 0; i < sim.world.next_content; i++)
        sim.world.ledger[i].moved = true;
    sim.world.renamed = true;
    given_mail_here(WORK, 1);
    sim.clients[0].forced = FORCED_PUSH;
    calls = 0;
    given_others_act(replace_after_some_steps);

    (void)when_golub_syncs_after(60);

    sim.world.interfere = 0;
    sim.world.outside = NULL;
    return calls >= until && server_multiplicity(&sim.server, WORK, 1) > 0;
}

static void
then_it_waits(void)
{
    for (int i = 0; i < 3; i++) {
        assert_int_equal(when_golub_syncs_after(60), 1);
        then_it_is_there(OLD, 1, 0);
        then_it_is_there(WORK, 1, 1);
        assert_int_equal(
            maildir_sim_multiplicity(here(), WORK, 1, true) + maildir_sim_multiplicity(here(), OLD, 1, true), 1);
    }
}

/* What is meant is the mailbox that is called Old by now. */
static void
what_stands_in_a_mailbox_without_a_folder_is_sent_again_a_day_later(void **state)
{
    int went_astray = 0;

    (void)state;
    for (enum way way = BY_APPEND; way <= BY_COPY; way++) {
        for (int copied = 0; copied < 2; copied++) { /* by somebody, to where it belongs */
            for (until = LISTED; until < 30; until++) {
                if (goes_where_no_folder_is(way)) {
                    went_astray++;
                    then_it_waits();
                    if (copied != 0) {
                        given_mail_there(OLD, 1);
                        assert_int_equal(when_golub_syncs_after(60), 0);
                    }
                    (void)when_golub_syncs_after(86400);
                    assert_int_equal(when_golub_syncs_after(60), 0);
                    then_it_is_there(OLD, 1, 1);
                    then_it_is_there(WORK, 1, 1);
                }
                end_scenario(NULL);
            }
        }
    }
    assert_true(went_astray >= 6);
}

static void
what_stands_in_a_mailbox_that_pull_does_not_make_waits_for_it(void **state)
{
    int went_astray = 0;

    (void)state;
    for (int late = 0; late < 2; late++) {
        for (until = 1; until < 30; until++) {
            if (goes_where_no_folder_is_made()) {
                went_astray++;
                then_it_waits();
                if (late != 0) {
                    (void)when_golub_syncs_after(86400);
                    assert_int_equal(when_golub_syncs_after(60), 0);
                    then_it_is_there(WORK, 1, 1);
                } else {
                    sim.clients[0].forced = FORCED_NOT;
                    then_both_sides_agree();
                    then_it_is_there(WORK, 1, 0);
                    then_it_is_here(WORK, 1, 0);
                }
                then_it_is_there(OLD, 1, 1);
            }
            end_scenario(NULL);
        }
    }
    assert_true(went_astray >= 2);
}

/* #1 moves from Work to Old under a name of its own, as mutt does it, and something else is due elsewhere; they swap the two before this step or that. */
static void
given_a_move_between_the_two(void)
{
    given_empty_account(1);
    sim.server.identifies = true;
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(INBOX, 4);
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    given_mail_there(OLD, 3);
    given_both_sides_agree();
    for (int i = 0; i < sim.world.next_content; i++)
        sim.world.ledger[i].moved = true;
    sim.world.renamed = true;
    ledger_out(&sim.world, 1, WORK);
    assert_true(mua_move(here(), file_of(WORK, 1), OLD, true));
    ledger_put(&sim.world, 1, OLD);
    mua_set_flags(here(), file_of(INBOX, 4), FLAG_SEEN);
}

/* It is no new mail: sent as such it would stand there twice, without what other clients say of it, and its old place would count as deleted. */
static void
what_moves_between_two_that_change_places_is_not_sent_as_new_mail(void **state)
{
    int met = 0;

    (void)state;
    for (until = LISTED; until < 30; until++) {
        given_a_move_between_the_two();
        calls = 0;
        given_others_act(swap_after_some_steps);
        met += when_golub_syncs_after(60) == 1;
        sim.world.interfere = 0;
        sim.world.outside = NULL;
        assert_int_equal(server_multiplicity(&sim.server, WORK, 1) + server_multiplicity(&sim.server, OLD, 1), 1);
        then_both_sides_agree();
        then_it_is_there(calls >= until ? WORK : OLD, 1, 1); /* what is Old for the user is called Work by now */
        end_scenario(NULL);
    }
    assert_true(met >= 12);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_moves_between_two_that_change_places_is_not_sent_as_new_mail),
        SCENARIO(what_stands_in_a_mailbox_without_a_folder_is_sent_again_a_day_later),
        SCENARIO(what_stands_in_a_mailbox_that_pull_does_not_make_waits_for_it),
        SCENARIO(what_is_sent_while_its_mailbox_loses_its_name_is_there_once),
        SCENARIO(what_is_not_answered_while_its_mailbox_loses_its_name_is_there_once),
        SCENARIO(it_is_there_once_also_where_the_run_that_looks_for_it_dies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
