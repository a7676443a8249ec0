/* `mailbox-deletes`, and a folder that is gone and that nobody removed. */
#include "tests/sim/scenario_away.h"

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

/* ... as the journal of an earlier version has it: it refers to its copy still. */
static void
given_it_refers_to_its_copy(uint32_t uid, uint32_t copy)
{
    struct journal *journal = sim.clients[0].journal;
    struct journal_message row, other;
    struct error err = {0};
    bool found = false;

    assert_true(journal_message_by_uid(journal, event_mailbox_id(journal, INBOX), uid, &row, &found, &err) && found);
    assert_int_equal(row.refers_to, 0);
    assert_true(journal_message_by_uid(journal, event_mailbox_id(journal, WORK), copy, &other, &found, &err) && found);
    row.refers_to = other.id;
    assert_true(journal_begin(journal, &err) && journal_message_save(journal, &row, &err) &&
                journal_commit(journal, &err));
}

/*
 * The folder that a file moved to is removed here, and its mailbox stays for new mail: what is left of the move is fetched again, where it was and where it
 * went. From then on it is a message like any other: one that is equal to it and new is another one, whatever becomes of its copy.
 */
static void
what_is_fetched_again_after_a_move_is_no_second_file_of_its_copy(void **state)
{
    (void)state;
    for (int earlier = 0; earlier < 3; earlier++) {
        given_empty_account(1);
        sim.world.kinds = KIND_BIT(KIND_GOES);
        sim.server.uidplus = sim.server.move = false;
        const uint32_t uid = given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        when_another_client_gives(INBOX, 2, FLAG_DELETED); /* without UIDPLUS nothing of this mailbox can go */
        when_the_user_moves(1, INBOX, WORK);
        assert_int_equal(when_golub_syncs_after(60), 1);
        const uint32_t copy = message_of(WORK, 1)->uid;
        when_the_user_removes(WORK, 1);
        folders_forget(here(), WORK);
        given_mail_there(WORK, 3);
        when_another_client_gives(INBOX, 1, FLAG_FLAGGED);
        check_forget(&sim.clients[0]);
        assert_int_equal(when_golub_syncs_after(60), 0);
        then_it_is_here(INBOX, 1, 1);
        when_another_client_gives(INBOX, 2, 0);
        if (earlier != 0)
            given_it_refers_to_its_copy(uid, copy);

        if (earlier == 2) {
            given_the_mailbox_is_hidden(WORK);
            (void)when_golub_syncs_after(60);
            when_the_mailbox_is_back(WORK);
            server_expunge(&sim.server, WORK, copy);
        } else {
            given_mail_there(INBOX, 1);
        }

        then_both_sides_agree();
        then_it_is_here(INBOX, 1, earlier == 2 ? 1 : 2);
        then_it_is_there(INBOX, 1, earlier == 2 ? 1 : 2);
        then_it_is_here(WORK, 1, 1);
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_folder_that_a_power_cut_took_is_made_again),
        SCENARIO(a_folder_that_is_gone_without_a_power_cut_was_removed),
        SCENARIO(what_is_fetched_again_after_a_move_is_no_second_file_of_its_copy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
