/* `mailbox-deletes`, and a folder that is gone and that nobody removed. */
#include "tests/sim/scenario.h"

#include "tests/sim/sim_kinds.h"

/* #2 and #3 came to Work a moment ago, and nothing was flushed. */
static void
given_new_mail_without_a_flush(void)
{
    given_empty_account(1);
    sim.world.kinds = KIND_BIT(KIND_GOES);
    here()->lazy = true;
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    given_mail_there(WORK, 2);
    given_mail_there(WORK, 3);
    assert_int_equal(when_golub_syncs_after(60), 0);
}

/* fsync = false: a power cut may take a folder with all that came into it. */
static void
a_folder_that_a_power_cut_took_is_made_again(void **state)
{
    (void)state;
    given_new_mail_without_a_flush();
    maildir_sim_power_cut(here());
    folders_forget(here(), WORK);
    check_forget(&sim.clients[0]);
    then_both_sides_agree();
    for (int i = 2; i <= 3; i++) {
        then_it_is_there(WORK, i, 1);
        then_it_is_here(WORK, i, 1);
    }
}

/* Without one it was removed. */
static void
a_folder_that_is_gone_without_a_power_cut_was_removed(void **state)
{
    (void)state;
    given_new_mail_without_a_flush();
    when_the_user_removes(WORK, 2);
    when_the_user_removes(WORK, 3);
    folders_forget(here(), WORK);
    then_both_sides_agree();
    assert_false(sim.server.boxes[WORK].exists);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_folder_that_a_power_cut_took_is_made_again),
        SCENARIO(a_folder_that_is_gone_without_a_power_cut_was_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
