/* The clock of a run that is wrong: what is kept in the quarantine, and what is still under way. */
#include "tests/sim/scenario.h"

#define DAY 86400

static void
when_another_client_removes(int mailbox, int content, uint32_t uid)
{
    ledger_out(&sim.world, content, mailbox);
    server_expunge(&sim.server, mailbox, uid);
}

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
a_first_quarantine_under_a_clock_that_is_back_is_not_aged_when_it_is_right_again(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 2);
    const uint32_t uid = given_mail_there(INBOX, 1);
    given_both_sides_agree();
    when_another_client_removes(INBOX, 1, uid);
    assert_int_equal(when_golub_syncs_after(-88 * DAY), 0);
    assert_int_equal(here()->quarantined, 1);

    for (int i = 0; i < 3; i++)
        assert_int_equal(when_golub_syncs_after(i == 0 ? 88 * DAY : DAY), 0);

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

/* One that came back without a row would lie there for ever. */
static void
what_leaves_the_quarantine_is_in_its_index_until_it_is_gone_whenever_the_power_fails(void **state)
{
    int crashes = 0;
    (void)state;
    for (long step = 1; step < 24; step++) {
        given_a_message_in_the_quarantine();
        assert_int_equal(when_golub_syncs_after(60 * DAY), 0);
        sim.world.crash_at = step;
        sim.world.crash_after = step % 2 == 0;
        crashes += when_golub_syncs_after(DAY) == -1;

        then_both_sides_agree();
        assert_int_equal(when_golub_syncs_after(DAY), 0);

        assert_int_equal(here()->quarantined, 0);
    }
    assert_true(crashes > 3);
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

/* Its line breaks, the next run has the right clock, and the server carries it out three seconds later. */
static void
an_append_of_a_run_with_a_wrong_clock_is_not_sent_again_at_once(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        given_empty_account(1);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        given_mail_here(INBOX, 1);
        given_trouble_at(STEP_APPEND, true, false);
        assert_int_equal(when_golub_syncs_after(sign * 86 * DAY), 5);
        sim.world.now -= sign * 86 * DAY;
        sim.server.delayed[sim.server.delayed_count++] =
            (struct sim_delayed){.mailbox = INBOX, .content = 1, .date = 1600000000, .due = sim.world.now + 3};

        assert_int_equal(when_golub_syncs_after(1), 1);

        then_it_is_there(INBOX, 1, 0);
        sim.world.now += 2;
        server_delayed(&sim.server, false);
        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 1);
    }
    given_mail_here(INBOX, 3);
    given_trouble_at(STEP_APPEND, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    assert_int_equal(when_golub_syncs_after(3 * DAY), 0); /* a day later it is over */
    then_it_is_there(INBOX, 3, 1);
}

/* The first attempt's time was doubted, and is over; that of the second one begins with it. */
static void
a_second_append_without_an_answer_is_waited_for_after_a_wrong_clock(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    given_trouble_at(STEP_APPEND, true, false);
    assert_int_equal(when_golub_syncs_after(86 * DAY), 5);
    sim.world.now -= 86 * DAY;
    assert_int_equal(when_golub_syncs_after(1), 1);
    given_trouble_at(STEP_APPEND, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    sim.server.delayed[sim.server.delayed_count++] =
        (struct sim_delayed){.mailbox = INBOX, .content = 1, .date = 1600000000, .due = sim.world.now + 3};

    assert_int_equal(when_golub_syncs_after(1), 1);

    then_it_is_there(INBOX, 1, 0);
    sim.world.now += 2;
    server_delayed(&sim.server, false);
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
}

/* The server has a new mailbox of other numbers, and no longer says which is which: what is gone may have that name now. */
static void
what_is_not_told_under_a_clock_that_is_ahead_is_waited_for_a_day_from_when_it_is_right_again(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    sim.server.identifies = true;
    given_both_sides_agree();
    sim.server.boxes[WORK].exists = false;
    server_create(&sim.server, OLD);
    given_mail_there(OLD, 2);
    sim.server.boxes[OLD].id_told = ~0u; /* so that the list may be silent on it */
    sim.server.mute_ids = 100;

    assert_int_equal(when_golub_syncs_after(400 * DAY), 1);
    assert_int_equal(when_golub_syncs_after(-400 * DAY), 1);
    assert_int_equal(when_golub_syncs_after(DAY / 2), 1);
    assert_false(here()->tree.folder[OLD]);
    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(DAY);

    then_it_is_here(OLD, 2, 1);
}

/* It says OK to COPY, and has no copy. */
static void
what_was_copied_to_the_trash_in_vain_under_a_clock_that_is_ahead_is_copied_again_when_it_is_right(void **state)
{
    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    sim.server.trash = OLD + 1;
    sim.server.move = false;
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    ledger_removed_here(&sim.world, 1, 0);
    when_the_user_removes(WORK, 1);
    sim.server.hollow = 3;
    sim.world.now += 400 * DAY;
    for (int i = 0; i < 6; i++)
        assert_int_equal(when_golub_syncs_after(600), 1);
    assert_int_equal(sim.server.hollow, 0);
    then_it_is_there(OLD, 1, 0);

    for (int i = 0; i < 3; i++) /* the first one sees that the time of the last COPY can't be right */
        (void)when_golub_syncs_after(i == 0 ? -400 * DAY : 60);

    then_it_is_there(OLD, 1, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(one_run_with_a_wrong_clock_empties_no_quarantine),
        SCENARIO(a_clock_that_was_back_for_one_run_empties_no_quarantine),
        SCENARIO(a_first_quarantine_under_a_clock_that_is_back_is_not_aged_when_it_is_right_again),
        SCENARIO(what_was_quarantined_with_a_wrong_clock_is_kept_for_its_days_and_no_longer),
        SCENARIO(what_leaves_the_quarantine_is_in_its_index_until_it_is_gone_whenever_the_power_fails),
        SCENARIO(after_a_long_absence_the_quarantine_is_emptied_by_the_run_of_the_next_day),
        SCENARIO(runs_that_follow_each_other_closely_write_down_no_time),
        SCENARIO(an_append_of_a_run_with_a_wrong_clock_is_not_sent_again_at_once),
        SCENARIO(a_second_append_without_an_answer_is_waited_for_after_a_wrong_clock),
        SCENARIO(what_is_not_told_under_a_clock_that_is_ahead_is_waited_for_a_day_from_when_it_is_right_again),
        SCENARIO(what_was_copied_to_the_trash_in_vain_under_a_clock_that_is_ahead_is_copied_again_when_it_is_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
