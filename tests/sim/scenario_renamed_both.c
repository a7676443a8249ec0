/* Mailboxes that both sides renamed, or that wait for their new name here: what the list says of them, what it does not say, and folders that are new. */
#include "tests/sim/scenario_renamed.h"

#include "tests/sim/sim_kinds.h"

/*
 * Its folder is renamed here and it is renamed there, and has other UIDs by then; and its old name is another one's there. The list says which of the two is
 * which, and the new name is the one that its folder got.
 */
static void
a_mailbox_renamed_on_both_sides_is_known_by_what_the_list_says_of_it(void **state)
{
    (void)state;
    given_mail_in_old_alone();
    when_the_folder_is_renamed(OLD, WORK);
    server_reset_uidvalidity(&sim.server, OLD);
    when_another_client_renames_old_to_work();
    server_create(&sim.server, OLD);
    given_mail_there(OLD, 4);

    then_both_sides_agree();
    for (int content = 1; content <= 3; content++) {
        then_it_is_there(WORK, content, 1);
        then_it_is_here(WORK, content, 1);
    }
    then_it_is_there(OLD, 4, 1);
    then_it_is_here(OLD, 4, 1);
    assert_int_equal(here()->quarantined, 0);
}

static bool
both_rename_and_a_new_folder_is_made(int crash_at)
{
    bool killed;

    given_mail_in_old_alone();
    when_the_folder_is_renamed(OLD, WORK);
    here()->tree.folder[OLD] = true;
    given_mail_here(OLD, 4);
    when_another_client_renames_old_to_work();
    sim.world.crash_at = crash_at;
    killed = when_golub_syncs_after(60) == -1;
    sim.world.crash_at = 0;

    then_both_sides_agree();
    for (int content = 1; content <= 4; content++) {
        const int mailbox = content == 4 ? OLD : WORK;

        then_it_is_there(mailbox, content, 1);
        then_it_is_here(mailbox, content, 1);
    }
    assert_int_equal(here()->quarantined, 0);
    end_scenario(NULL);
    return killed;
}

static void
a_new_folder_under_the_name_that_both_sides_left_is_a_new_mailbox_whenever_the_power_fails(void **state)
{
    int step = 1;

    (void)state;
    while (both_rename_and_a_new_folder_is_made(step))
        step++;
    assert_in_range(step, 5, 200);
}

/* What the list says of each is its place in that, and somebody made a mailbox of the folder's new name: nothing was renamed there. */
static void
places_in_the_list_rename_nothing_although_the_folder_has_that_name(void **state)
{
    (void)state;
    given_mail_in_old_alone();
    when_the_folder_is_renamed(OLD, WORK);
    server_create(&sim.server, WORK);
    given_mail_there(WORK, 4);
    const uint32_t id = sim.server.boxes[OLD].id;
    sim.server.boxes[OLD].id = sim.server.boxes[WORK].id;
    sim.server.boxes[WORK].id = id;

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    for (int content = 1; content <= 3; content++) {
        then_it_is_there(OLD, content, 1);
        then_it_is_there(WORK, content, 0);
    }
    assert_int_equal(here()->quarantined, 0);
}

/* Renamed there, it keeps its name here as long as a folder that is new is in the way; and its old one is another mailbox's there. */
static void
given_old_waits_for_its_new_name(void)
{
    given_mail_in_old_below("INBOX/");
    when_another_client_renames_old_to_work();
    server_create(&sim.server, OLD);
    given_mail_there(OLD, 4);
    here()->tree.folder[WORK] = true;
    given_mail_here(WORK, 5);
    assert_int_equal(when_golub_syncs_after(60), 1);
}

/* No list says any more what a mailbox is: it is the one that it was, by its numbers, and what has its old name gets that name here, not one with the prefix. */
static void
a_mailbox_that_waits_for_its_name_gets_it_although_the_list_does_not_say_what_it_is(void **state)
{
    (void)state;
    given_old_waits_for_its_new_name();
    sim.server.mute_ids = 100;
    (void)when_golub_syncs_after(60);
    when_the_user_moves(5, WORK, INBOX);
    here()->tree.folder[WORK] = false;

    then_both_sides_agree();
    for (int content = 1; content <= 3; content++) {
        then_it_is_there(WORK, content, 1);
        then_it_is_here(WORK, content, 1);
    }
    then_it_is_here(OLD, 4, 1);
}

/*
 * No list says what a mailbox is. Work is let in again after all mail of Work/Old went into it there, and that one is gone: it is the one that was left out, as
 * its name and numbers say, and no mailbox that was renamed and has other UIDs by now.
 */
static void
a_mailbox_that_is_let_in_is_not_the_one_whose_mail_went_into_it(void **state)
{
    static const char *const all_but_work[] = {"*", "!Work", NULL}, *const all[] = {"*", NULL};

    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    for (int content = 1; content <= 2; content++)
        given_mail_there(OLD, content);
    given_mail_there(WORK, 3);
    given_both_sides_agree();
    sim.patterns = all_but_work;
    (void)when_golub_syncs_after(60);
    for (int content = 1; content <= 2; content++)
        when_another_client_moves(content, OLD, WORK);
    sim.server.boxes[OLD].exists = false;
    sim.patterns = all;

    assert_int_equal(when_golub_syncs_after(60), 0);

    for (int content = 1; content <= 3; content++) {
        then_it_is_there(WORK, content, 1);
        then_it_is_here(WORK, content, 1);
    }
    assert_int_equal(here()->quarantined, 0);
}

/* ---- the name of what is gone ---- */

static void
given_work_and_old(bool empty)
{
    given_empty_account(1);
    sim.world.kinds = KIND_BIT(KIND_GOES);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    for (int content = 1; content <= 3; content++)
        given_mail_there(WORK, content);
    for (int content = 4; content <= 5 && !empty; content++)
        given_mail_there(OLD, content);
    given_both_sides_agree();
    sim.world.renamed = true;
}

static void
when_the_folder_is_removed(int mailbox)
{
    for (int content = 4; content <= 5; content++)
        if (maildir_sim_multiplicity(here(), mailbox, content, false) > 0)
            when_the_user_removes(mailbox, content);
    folders_forget(here(), mailbox);
}

static void
when_another_client_deletes(int mailbox)
{
    struct sim_mailbox *box = &sim.server.boxes[mailbox];

    while (box->count > 0) {
        ledger_out(&sim.world, box->messages[0].content, mailbox);
        server_remove(&sim.server, mailbox, box->messages[0].uid);
    }
    box->exists = false;
    box->expunged_count = 0;
}

/* Work/Old went on both sides, in whichever order golub saw that, and the folder of Work gets its name: that is Work, with all that it has there. */
static void
a_folder_that_gets_the_name_of_what_is_gone_on_both_sides_is_its_mailbox_still(void **state)
{
    (void)state;
    for (int empty = 0; empty <= 1; empty++)
        for (int seen = 0; seen < 3; seen++) {
            given_work_and_old(empty != 0);
            if (seen == 1)
                when_another_client_deletes(OLD);
            else
                when_the_folder_is_removed(OLD);
            if (seen != 0) /* the one side; or only that is known */
                (void)when_golub_syncs_after(60);
            if (seen == 1 && here()->tree.folder[OLD])
                when_the_folder_is_removed(OLD);
            else if (seen != 1 && sim.server.boxes[OLD].exists)
                when_another_client_deletes(OLD);
            when_the_folder_is_renamed(WORK, OLD);

            then_both_sides_agree();

            for (int content = 1; content <= 3; content++)
                then_it_is_there(OLD, content, 1);
            assert_false(sim.server.boxes[WORK].exists);
            end_scenario(NULL);
        }
}

/* ... but where its own mail stands in its folder still, that of another one was moved into it. */
static void
what_is_gone_there_is_not_made_again_by_mail_that_was_moved_into_its_folder(void **state)
{
    (void)state;
    given_work_and_old(false);
    sim.clients[0].choice.pull.mailboxes = sim.clients[0].choice.pull.deletes = false;
    when_another_client_deletes(OLD);
    (void)when_golub_syncs_after(60);
    for (int content = 1; content <= 3; content++)
        when_the_user_moves(content, WORK, OLD);
    folders_forget(here(), WORK);

    for (int i = 0; i < 4; i++)
        (void)when_golub_syncs_after(60);

    for (int content = 4; content <= 5; content++)
        then_it_is_there(OLD, content, 0);
}

/* ... and where it is the same directory, all mail of that one was. */
static void
a_folder_whose_mailbox_is_gone_there_is_no_other_one_although_all_mail_of_one_is_in_it(void **state)
{
    (void)state;
    given_work_and_old(true);
    when_another_client_deletes(OLD);
    for (int content = 1; content <= 3; content++)
        when_the_user_moves(content, WORK, OLD);
    folders_forget(here(), WORK);

    (void)when_golub_syncs_after(60);

    assert_true(sim.server.boxes[WORK].exists);
    assert_false(sim.server.boxes[OLD].exists);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_mailbox_renamed_on_both_sides_is_known_by_what_the_list_says_of_it),
        SCENARIO(a_new_folder_under_the_name_that_both_sides_left_is_a_new_mailbox_whenever_the_power_fails),
        SCENARIO(a_mailbox_that_is_let_in_is_not_the_one_whose_mail_went_into_it),
        SCENARIO(places_in_the_list_rename_nothing_although_the_folder_has_that_name),
        SCENARIO(a_mailbox_that_waits_for_its_name_gets_it_although_the_list_does_not_say_what_it_is),
        SCENARIO(a_folder_that_gets_the_name_of_what_is_gone_on_both_sides_is_its_mailbox_still),
        SCENARIO(what_is_gone_there_is_not_made_again_by_mail_that_was_moved_into_its_folder),
        SCENARIO(a_folder_whose_mailbox_is_gone_there_is_no_other_one_although_all_mail_of_one_is_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
