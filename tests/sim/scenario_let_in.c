/* A mailbox is let in again whose name, and that of another one, changed on the server meanwhile: golub waits for a person, who does what it advises. */
#include "tests/sim/scenario.h"
#include "tests/sim/sim_person.h"

static const char *const all[] = {"*", NULL};
static const char *const all_but_old[] = {"*", "!Work/Old", NULL};
static const char *const all_but_work[] = {"*", "!Work", NULL};

static void
when_others_swap(int one, int other)
{
    static struct sim_mailbox was;
    struct sim_mailbox *boxes = sim.server.boxes;

    was = boxes[one];
    boxes[one] = boxes[other];
    boxes[other] = was;
    for (int i = 0; i < 2; i++) {
        const int from = i == 0 ? one : other, to = one + other - from;

        for (size_t k = 0; k < boxes[to].count; k++) {
            ledger_out(&sim.world, boxes[to].messages[k].content, from);
            ledger_carry(&sim.world, boxes[to].messages[k].content, from, to);
            ledger_put(&sim.world, boxes[to].messages[k].content, to);
        }
    }
    check_forget(&sim.clients[0]);
}

static void
given_mail_and_one_left_out(const char *const *patterns)
{
    given_mail_in_three_mailboxes();
    sim.patterns = patterns;
    assert_int_equal(when_golub_syncs_after(60), 0);
}

static void
then_each_stands_once_in(int two, int four)
{
    then_both_sides_agree();
    assert_int_equal(when_golub_syncs_after(60), 0);
    for (int content = 2; content <= 4; content++)
        for (int m = 0; m < SIM_MAILBOXES; m++) {
            const int times = m == (content == 4 ? four : two);

            then_it_is_there(m, content, times);
            then_it_is_here(m, content, times);
        }
}

/* Both folders get the names of their mailboxes at once, whichever of the two was left out, and also once it is known that a folder waits. */
static void
folders_that_change_places_as_their_mailboxes_did_are_followed(void **state)
{
    (void)state;
    for (int waits = 0; waits < 3; waits++)
        for (int work = 0; work < 2; work++) {
            given_mail_and_one_left_out(work ? all_but_work : all_but_old);
            when_others_swap(WORK, OLD);
            sim.patterns = all;
            for (int i = 0; i <= waits; i++)
                assert_int_equal(when_golub_syncs_after(60), 1);
            assert_true(sim.world.advice[0].names);

            assert_true(person_does(&sim, 0));

            then_each_stands_once_in(OLD, WORK);
            end_scenario(NULL);
        }
}

/* A server that says which mailbox is which: what holds nothing is told by its age here. */
static void
an_empty_folder_among_those_that_change_places_is_followed(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.identifies = true;
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(OLD, 4);
    given_both_sides_agree();
    sim.patterns = all_but_old;
    assert_int_equal(when_golub_syncs_after(60), 0);
    when_others_swap(WORK, OLD);
    sim.patterns = all;
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_true(sim.world.advice[0].names);

    assert_true(person_does(&sim, 0));

    then_both_sides_agree();
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(WORK, 4, 1);
    then_it_is_here(WORK, 4, 1);
    then_it_is_there(OLD, 4, 0);
}

/* All of it is in the folder of that one already: nobody can give this one its name. */
static void
the_folder_of_one_that_is_in_sync_under_another_name_goes_by_advice(void **state)
{
    (void)state;
    given_mail_and_one_left_out(all_but_work);
    when_others_swap(INBOX, WORK);
    assert_int_equal(when_golub_syncs_after(60), 0);
    sim.patterns = all;
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_string_equal(sim.world.advice[0].into[WORK], "INBOX");

    assert_true(person_does(&sim, 0));

    then_both_sides_agree();
    assert_int_equal(when_golub_syncs_after(60), 0);
    for (int content = 2; content <= 3; content++) {
        then_it_is_there(INBOX, content, 1);
        then_it_is_there(WORK, content, 0);
        then_it_is_here(WORK, content, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(folders_that_change_places_as_their_mailboxes_did_are_followed),
        SCENARIO(an_empty_folder_among_those_that_change_places_is_followed),
        SCENARIO(the_folder_of_one_that_is_in_sync_under_another_name_goes_by_advice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
