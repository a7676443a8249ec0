/* What stands around a run: its clock, the state folder, the boot, and whether the tree is the one that it was. */
#include "tests/sim/scenario.h"

#define DAY 86400

static void
when_another_client_removes(int mailbox, int content, uint32_t uid)
{
    ledger_out(&sim.world, content, mailbox);
    server_expunge(&sim.server, mailbox, uid);
}

/* ---- the clock ---- */

static void
given_a_message_in_the_quarantine(void)
{
    given_empty_account(1);
    given_mail_there(INBOX, 2);
    const uint32_t uid = given_mail_there(INBOX, 1);
    given_both_sides_agree();
    when_another_client_removes(INBOX, 1, uid);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(here()->quarantined, 1);
}

static void
one_run_with_a_wrong_clock_empties_no_quarantine(void **state)
{
    (void)state;
    given_a_message_in_the_quarantine();

    assert_int_equal(when_golub_syncs_after(60 * DAY), 0);
    assert_int_equal(here()->quarantined, 1);
    assert_int_equal(when_golub_syncs_after(-60 * DAY + 300), 0);
    assert_int_equal(when_golub_syncs_after(2 * DAY), 0);

    assert_int_equal(here()->quarantined, 1);
}

static void
a_clock_that_was_back_for_one_run_empties_no_quarantine(void **state)
{
    (void)state;
    given_a_message_in_the_quarantine();

    assert_int_equal(when_golub_syncs_after(-400 * DAY), 0);
    assert_int_equal(when_golub_syncs_after(400 * DAY + 300), 0);
    assert_int_equal(when_golub_syncs_after(2 * DAY), 0);

    assert_int_equal(here()->quarantined, 1);
}

static void
what_was_quarantined_with_a_wrong_clock_is_kept_for_its_days_and_no_longer(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 2);
    const uint32_t uid = given_mail_there(INBOX, 1);
    given_both_sides_agree();
    when_another_client_removes(INBOX, 1, uid);
    assert_int_equal(when_golub_syncs_after(400 * DAY), 0);
    assert_int_equal(when_golub_syncs_after(-400 * DAY), 0);

    for (int day = 0; day < 29; day++)
        assert_int_equal(when_golub_syncs_after(DAY), 0);
    assert_int_equal(here()->quarantined, 1);
    for (int day = 0; day < 3; day++)
        assert_int_equal(when_golub_syncs_after(DAY), 0);

    assert_int_equal(here()->quarantined, 0);
}

static void
after_a_long_absence_the_quarantine_is_emptied_by_the_run_of_the_next_day(void **state)
{
    (void)state;
    given_a_message_in_the_quarantine();

    assert_int_equal(when_golub_syncs_after(60 * DAY), 0);
    assert_int_equal(here()->quarantined, 1);
    assert_int_equal(when_golub_syncs_after(DAY), 0);

    assert_int_equal(here()->quarantined, 0);
}

static void
runs_that_follow_each_other_closely_write_down_no_time(void **state)
{
    (void)state;
    given_a_message_in_the_quarantine();
    assert_int_equal(when_golub_syncs_after(2 * DAY), 0);
    const int64_t before = journal_changes(sim.clients[0].journal);

    for (int i = 0; i < 5; i++)
        assert_int_equal(when_golub_syncs_after(300), 0);

    assert_int_equal(journal_changes(sim.clients[0].journal), before);
}

/* ---- the state folder ---- */

struct image {
    void *bytes;
    size_t size;
};

static struct image
the_state_folder(void)
{
    struct image image = {0};
    struct error err = {0};

    assert_true(journal_image(sim.clients[0].journal, &image.bytes, &image.size, &err));
    return image;
}

static void
when_golub_has_the_state_folder(const struct image *image)
{
    run_open_journal(&sim, 0, image->bytes, image->size);
    check_forget(&sim.clients[0]);
}

static void
a_second_state_folder_takes_the_maildir_over_and_the_first_one_is_refused(void **state)
{
    const struct image none = {0};

    (void)state;
    given_empty_account(1);
    for (int i = 1; i < 6; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    struct image first = the_state_folder();
    when_golub_has_the_state_folder(&none);
    given_both_sides_agree();
    struct image second = the_state_folder();
    when_the_user_moves(1, INBOX, WORK);
    when_the_user_removes(INBOX, 2);

    when_golub_has_the_state_folder(&first);
    sim.refusals = true;
    assert_int_equal(when_golub_syncs_after(60), 2);
    assert_int_equal(when_golub_syncs_after(60), 2);
    sim.refusals = false;
    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(INBOX, 2, 1);
    when_golub_has_the_state_folder(&second);
    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(WORK, 1, 1);
    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(INBOX, 2, 0);
    then_both_sides_agree();
    free(first.bytes);
    free(second.bytes);
}

/* The successor of a lost journal dies between its first commit and its mark, in which the lost one's name still stands. */
static void
a_state_folder_that_died_while_it_took_a_maildir_over_takes_it_over_in_the_next_run(void **state)
{
    const struct image none = {0};

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    struct image first = the_state_folder();
    when_golub_has_the_state_folder(&none);
    given_trouble_at(STEP_MARK, false, false);
    assert_int_equal(when_golub_syncs_after(60), -1);

    given_both_sides_agree();

    then_it_is_here(INBOX, 1, 1);
    sim.refusals = true;
    when_golub_has_the_state_folder(&first);
    assert_int_equal(when_golub_syncs_after(60), 2);
    free(first.bytes);
}

static void
a_mark_of_an_earlier_version_is_taken_by_the_journal_that_it_agrees_with(void **state)
{
    const struct image none = {0};

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    here()->tree.mark.state[0] = '\0';

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_string_not_equal(here()->tree.mark.state, "");
    struct image first = the_state_folder();
    when_golub_has_the_state_folder(&none);
    given_both_sides_agree();
    sim.refusals = true;
    when_golub_has_the_state_folder(&first);
    assert_int_equal(when_golub_syncs_after(60), 2);
    free(first.bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(one_run_with_a_wrong_clock_empties_no_quarantine),
        SCENARIO(a_clock_that_was_back_for_one_run_empties_no_quarantine),
        SCENARIO(what_was_quarantined_with_a_wrong_clock_is_kept_for_its_days_and_no_longer),
        SCENARIO(after_a_long_absence_the_quarantine_is_emptied_by_the_run_of_the_next_day),
        SCENARIO(runs_that_follow_each_other_closely_write_down_no_time),
        SCENARIO(a_second_state_folder_takes_the_maildir_over_and_the_first_one_is_refused),
        SCENARIO(a_state_folder_that_died_while_it_took_a_maildir_over_takes_it_over_in_the_next_run),
        SCENARIO(a_mark_of_an_earlier_version_is_taken_by_the_journal_that_it_agrees_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
