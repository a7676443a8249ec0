/* Removals go to the Trash. */
#include "tests/sim/scenario.h"

static void
given_a_trash(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    sim.server.trash = OLD + 1;
    given_both_sides_agree();
}

/* It was sent without an answer, and its mailbox could not be read when its file moved: it went up once more, from its new place. */
static void
what_was_sent_without_an_answer_and_moved_is_not_thrown_away(void **state)
{
    (void)state;
    for (int trash = 0; trash < 2; trash++) {
        given_a_trash();
        sim.server.dawdles = false;
        given_mail_here(WORK, 4);
        given_trouble_at(STEP_APPEND, true, true);
        assert_int_equal(when_golub_syncs_after(60), 5);
        server_delayed(&sim.server, true);
        then_it_is_there(WORK, 4, 1);
        when_the_user_moves(4, WORK, INBOX);
        sim.server.unreadable = 1u << WORK;
        sim.server.rude = trash == 1;
        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);
        then_it_is_there(INBOX, 4, 1);
        sim.server.unreadable = 0;
        sim.server.rude = false;

        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(86400);

        then_it_is_there(WORK, 4, 0);
        then_it_is_there(INBOX, 4, 1);
        then_it_is_here(INBOX, 4, 1);
        then_it_is_there(OLD, 4, 0);
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_was_sent_without_an_answer_and_moved_is_not_thrown_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
