/* The power fails, the line breaks, a side goes back in time: at one exact moment. */

#include "tests/quarantine_rows.h"
#include "store/journal/quarantine.h"
#include "tests/sim/scenario.h"

/* ---- answers that never came ---- */

static void
an_append_that_may_still_be_under_way_is_not_sent_again(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    given_trouble_at(STEP_APPEND, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    /* Nothing is to be seen of it, and yet the server carries it out three seconds later. */
    sim.server.delayed[sim.server.delayed_count++] =
        (struct sim_delayed){.mailbox = INBOX, .content = 1, .date = 1600000000, .due = sim.world.now + 3};

    assert_int_equal(when_golub_syncs_after(1), 1);

    then_it_is_there(INBOX, 1, 0);
    sim.world.now += 2;
    server_delayed(&sim.server, false);
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

/* The intents of a batch are older than what was sent last of it. */
static void
an_append_of_a_run_that_was_killed_is_under_way_from_the_first_look_on(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    given_trouble_at(STEP_APPEND, false, false);
    assert_int_equal(when_golub_syncs_after(60), -1);
    sim.server.delayed[sim.server.delayed_count++] =
        (struct sim_delayed){.mailbox = INBOX, .content = 1, .date = 1600000000, .due = sim.world.now + 10};

    assert_int_equal(when_golub_syncs_after(8), 1);

    then_it_is_there(INBOX, 1, 0);
    sim.world.now += 2;
    server_delayed(&sim.server, false);
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

static void
what_never_went_out_is_not_in_doubt(void **state)
{
    int there = 0;

    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    for (int i = 1; i <= 4; i++)
        given_mail_here(INBOX, i);
    given_trouble_at(STEP_APPEND, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);

    assert_int_equal(when_golub_syncs_after(1), 1);

    for (int i = 1; i <= 4; i++)
        there += server_multiplicity(&sim.server, INBOX, i);
    assert_int_equal(there, 3);
    then_both_sides_agree();
}

static void
a_copy_that_never_went_out_is_not_in_doubt(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    sim.server.move = false;
    when_the_user_moves(2, WORK, INBOX);
    when_the_user_moves(4, OLD, INBOX);
    given_trouble_at(STEP_COPY, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);

    assert_int_equal(when_golub_syncs_after(1), 1);

    assert_int_equal(server_multiplicity(&sim.server, INBOX, 2) + server_multiplicity(&sim.server, INBOX, 4), 1);
    then_both_sides_agree();
}

/* Nor is what was sent once, waited its time and did not come so far when it was to be sent again: it does not wait anew. */
static void
what_never_went_out_again_waits_no_second_time(void **state)
{
    enum { ALONE = 4, ALL = 2 * ALONE }; /* what may have ended the line goes alone, until so many were answered */
    int there = 0;

    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    for (int i = 1; i <= ALL; i++)
        given_mail_here(INBOX, i);
    for (int i = 1; i <= ALL; i++) { /* first that which was never sent */
        given_trouble_at(STEP_APPEND, true, false);
        assert_int_equal(when_golub_syncs_after(60), 5);
    }
    given_trouble_at(STEP_APPEND, true, false);
    sim.world.aim_left = ALONE + 1;
    assert_int_equal(when_golub_syncs_after(60), 5);

    assert_int_equal(when_golub_syncs_after(1), 1);

    for (int i = 1; i <= ALL; i++)
        there += server_multiplicity(&sim.server, INBOX, i);
    assert_int_equal(there, ALL - 1);
    then_both_sides_agree();
}

static void
a_copy_that_may_still_be_under_way_is_not_asked_for_again(void **state)
{
    (void)state;
    uint32_t uid;
    given_empty_account(1);
    sim.server.move = false;
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    when_the_user_moves(1, WORK, INBOX);
    given_trouble_at(STEP_COPY, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);

    assert_int_equal(when_golub_syncs_after(1), 1);

    then_it_is_there(WORK, 1, 1);
    then_it_is_there(INBOX, 1, 0);
    assert_true(server_add(&sim.server, INBOX, 1, 0, 0, 1600000000, &uid)); /* now it is carried out */
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(WORK, 1, 0);
}

/* The first half of a move by COPY, a copy, and new mail. */
static const struct {
    enum step_kind step;
    int source; /* 1: a file moved, 2: copied, 0: new */
} sendings[] = {{STEP_COPY, 1}, {STEP_COPY, 2}, {STEP_APPEND, 0}};
#define SENDINGS (sizeof sendings / sizeof sendings[0])

static void
given_something_to_send(size_t i)
{
    given_empty_account(1);
    sim.server.move = false;
    if (sendings[i].source != 0)
        given_mail_there(WORK, 1);
    given_both_sides_agree();
    if (sendings[i].source == 1)
        when_the_user_moves(1, WORK, INBOX);
    else
        given_mail_here(INBOX, 1);
}

/* It is carried out as soon as golub has looked once more. */
static void
then_it_is_sent_once(void)
{
    uint32_t uid;

    then_it_is_there(INBOX, 1, 0);
    assert_true(server_add(&sim.server, INBOX, 1, 0, 0, 1600000000, &uid));
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

/* The intent is as old as that silence: what counts is when the line ended, whether this run looks again, or another one does. */
static void
what_ended_by_a_long_silence_is_under_way_from_then_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < SENDINGS; i++)
        for (int down = 0; down < 2; down++) {
            given_something_to_send(i);
            given_trouble_at(sendings[i].step, true, false);
            sim.world.down = down == 1;
            sim.world.silence = 60;

            assert_int_equal(when_golub_syncs_after(60), down == 1 ? 5 : 1);
            assert_int_equal(when_golub_syncs_after(down), 1);

            then_it_is_sent_once();
        }
}

/* It waited in vain for a long time before it was killed: nobody knows how long. */
static void
what_a_run_waited_for_that_was_killed_is_under_way_from_the_first_look_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < SENDINGS; i++) {
        given_something_to_send(i);
        given_trouble_at(sendings[i].step, false, false);
        sim.world.silence = 60;
        assert_int_equal(when_golub_syncs_after(60), -1);

        assert_int_equal(when_golub_syncs_after(60), 1);

        then_it_is_sent_once();
    }
}

/* Its source is gone already, and what it was moved to is not to be seen yet. */
static void
a_move_that_may_still_be_under_way_is_not_sent_as_new_mail(void **state)
{
    (void)state;
    uint32_t uid;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    when_the_user_moves(1, WORK, INBOX);
    given_trouble_at(STEP_MOVE, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    server_expunge(&sim.server, WORK, 1);

    assert_int_equal(when_golub_syncs_after(1), 1);

    then_it_is_there(INBOX, 1, 0);
    assert_true(server_add(&sim.server, INBOX, 1, 0, 0, 1600000000, &uid));
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

static void
a_move_whose_answer_was_lost_is_found_although_the_size_says_otherwise(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.wrong_sizes = true; /* of message 4, not of 2 */
    given_mail_there(INBOX, 2);
    given_mail_here(WORK, 4);
    given_both_sides_agree();
    when_the_user_moves(4, WORK, INBOX);
    given_trouble_at(STEP_MOVE, true, true);
    assert_int_equal(when_golub_syncs_after(60), 5);

    then_both_sides_agree();

    then_it_is_there(INBOX, 4, 1);
    then_it_is_there(WORK, 4, 0);
    then_it_is_here(INBOX, 4, 1);
    assert_int_equal(here()->quarantined, 0);
}

static void
a_line_that_breaks_during_a_listing_hides_no_change(void **state)
{
    (void)state;
    for (long step = 1; step < 12; step++) {
        given_empty_account((uint64_t)step);
        for (int i = 1; i < 7; i++)
            given_mail_there(INBOX, i);
        given_both_sides_agree();
        for (size_t i = 0; i < 6; i++)
            server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[i], FLAG_FLAGGED, 0);
        sim.world.lose_at = step;
        sim.world.lose_after = true;
        (void)when_golub_syncs_after(60);

        then_both_sides_agree();

        for (int i = 1; i < 7; i++)
            assert_string_equal(file_of(INBOX, i)->info, "c:2,F");
    }
}

/* ---- the power fails ---- */

static void
what_a_crash_left_in_the_quarantine_is_in_its_index(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 9; seed++) {
        struct journal_quarantined *list;
        size_t count = 0;
        given_empty_account(seed);
        const uint32_t uid = given_mail_there(INBOX, 1);
        given_both_sides_agree();
        ledger_out(&sim.world, 1, INBOX);
        server_expunge(&sim.server, INBOX, uid);
        given_trouble_at(STEP_QUARANTINE, false, true);
        assert_int_equal(when_golub_syncs_after(60), -1);

        then_both_sides_agree();

        then_it_is_here(INBOX, 1, 0);
        assert_int_equal(here()->quarantined, 1);
        list = quarantine_rows(sim.clients[0].journal, INT64_MAX, &count);
        assert_int_equal(count, 1);
        assert_string_equal(list[0].name, here()->quarantine[0].name);
        free(list);
    }
}

/* ---- and its mailbox is left out before anything was finished ---- */

static const char *const all_but_work[] = {"*", "!Work", NULL};

static void
what_a_crash_left_in_the_quarantine_is_in_its_index_although_its_mailbox_was_left_out(void **state)
{
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        struct journal_quarantined *list;
        size_t count = 0;
        given_empty_account(1);
        const uint32_t uid = given_mail_there(WORK, 1);
        given_both_sides_agree();
        ledger_out(&sim.world, 1, WORK);
        server_expunge(&sim.server, WORK, uid);
        given_trouble_at(STEP_QUARANTINE, false, true);
        assert_int_equal(when_golub_syncs_after(60), -1);
        if (gone) { /* the mailbox, on both sides */
            sim.server.boxes[WORK].exists = false;
            here()->tree.folder[WORK] = false;
        } else {
            sim.patterns = all_but_work;
        }

        (void)when_golub_syncs_after(60);

        assert_int_equal(here()->quarantined, 1);
        list = quarantine_rows(sim.clients[0].journal, INT64_MAX, &count);
        assert_int_equal(count, 1);
        assert_string_equal(list[0].name, here()->quarantine[0].name);
        assert_string_equal(list[0].mailbox, "Work");
        free(list);
    }
}

/* A row says that its file is on the disk: a file that can't be flushed gets none, and is not sent. */
static void
what_can_not_be_flushed_is_not_known_yet(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_here(INBOX, 1);
    here()->failing = true;

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_there(INBOX, 1, 0);

    here()->failing = false;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(INBOX, 1, 1);
}

/* A mail reader copied the file within its folder: the same name, other flags. */
static void
given_a_second_file_of_that_name(int content, const char *info)
{
    const struct sim_file *file = file_of(INBOX, 1);

    assert_non_null(maildir_sim_add(here(), INBOX, file->base, info, content, 1600000000));
    ledger_put(&sim.world, content, INBOX);
}

static void
then_the_quarantine_is_in_its_index(void)
{
    struct journal_quarantined *list;
    size_t count = 0, known = 0;

    list = quarantine_rows(sim.clients[0].journal, INT64_MAX, &count);
    for (size_t i = 0; i < here()->quarantined; i++)
        for (size_t k = 0; k < count; k++)
            known += strcmp(list[k].name, here()->quarantine[i].name) == 0;
    free(list);
    assert_int_equal(known, here()->quarantined);
}

static void
a_second_file_of_one_name_and_its_bytes_is_in_the_index_of_the_quarantine_whenever_the_power_fails(void **state)
{
    int crashes = 0;
    (void)state;
    for (long step = 1; step < 24; step++)
        for (uint64_t seed = 1; seed < 5; seed++) {
            given_empty_account(seed);
            given_mail_there(INBOX, 1);
            given_both_sides_agree();
            given_a_second_file_of_that_name(1, "c:2,S");
            ledger_out(&sim.world, 1, INBOX); /* of two files one may go */
            sim.world.crash_at = step;
            sim.world.crash_after = seed % 2 == 0;
            crashes += when_golub_syncs_after(60) == -1;

            for (int i = 0; i < 3; i++)
                (void)when_golub_syncs_after(60);

            then_it_is_there(INBOX, 1, 1);
            then_it_is_here(INBOX, 1, 1);
            assert_string_equal(file_of(INBOX, 1)->info, "c:2,S");
            assert_true(here()->quarantined > 0);
            then_the_quarantine_is_in_its_index();
        }
    assert_true(crashes > 20);
}

static void
a_second_file_of_one_name_and_other_bytes_gets_one_name_of_its_own_whenever_the_power_fails(void **state)
{
    int crashes = 0;
    (void)state;
    for (long step = 1; step < 24; step++)
        for (uint64_t seed = 1; seed < 5; seed++) {
            given_empty_account(seed);
            given_mail_there(INBOX, 1);
            given_both_sides_agree();
            given_a_second_file_of_that_name(2, "c:2,S");
            ledger_out(&sim.world, 2, INBOX); /* of its first name */
            sim.world.crash_at = step;
            sim.world.crash_after = seed % 2 == 0;
            crashes += when_golub_syncs_after(60) == -1;

            then_both_sides_agree();

            then_it_is_there(INBOX, 1, 1);
            then_it_is_there(INBOX, 2, 1);
            then_it_is_here(INBOX, 1, 1);
            then_it_is_here(INBOX, 2, 1);
            assert_int_equal(here()->quarantined, 0);
        }
    assert_true(crashes > 20);
}

static void
a_crash_between_mark_and_commit_undoes_no_removal(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);
    given_trouble_at(STEP_MARK, false, true);
    assert_int_equal(when_golub_syncs_after(60), -1);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, 1, 0);
    then_it_is_here(INBOX, 1, 0);
}

/* ---- the disk is nearly full ---- */

/* A few bytes are to come, and a MiB stays free for others: 1.1 MiB will do, 1 MiB will not. */
static void
what_has_no_room_is_not_asked_for_and_small_mail_needs_little_room(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_there(INBOX, 1);
    here()->full = SIM_DISK - (UINT64_C(1) << 20);

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(INBOX, 1, 0);
    here()->full -= 100 * 1024;
    then_both_sides_agree();
    then_it_is_here(INBOX, 1, 1);
}

/* First an old backup of the Maildir, with which a run is cut off, then the newest one. */
static void
what_a_pairing_that_was_cut_off_fetched_is_not_missed_in_another_backup(void **state)
{
    static struct sim_tree old, new;

    (void)state;
    for (long step = 1; step < 40; step++) {
        given_empty_account((uint64_t)step);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        old = here()->tree;
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        new = here()->tree;
        given_mail_there(INBOX, 3);
        maildir_sim_restore(here(), &old);
        check_forget(&sim.clients[0]);
        sim.world.crash_at = step;
        (void)when_golub_syncs_after(60);
        maildir_sim_restore(here(), &new);
        check_forget(&sim.clients[0]);

        then_both_sides_agree();

        for (int content = 1; content <= 3; content++) {
            then_it_is_there(INBOX, content, 1);
            then_it_is_here(INBOX, content, 1);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(an_append_that_may_still_be_under_way_is_not_sent_again),
        SCENARIO(an_append_of_a_run_that_was_killed_is_under_way_from_the_first_look_on),
        SCENARIO(what_never_went_out_is_not_in_doubt),
        SCENARIO(a_copy_that_never_went_out_is_not_in_doubt),
        SCENARIO(what_never_went_out_again_waits_no_second_time),
        SCENARIO(a_copy_that_may_still_be_under_way_is_not_asked_for_again),
        SCENARIO(what_ended_by_a_long_silence_is_under_way_from_then_on),
        SCENARIO(what_a_run_waited_for_that_was_killed_is_under_way_from_the_first_look_on),
        SCENARIO(a_move_that_may_still_be_under_way_is_not_sent_as_new_mail),
        SCENARIO(a_move_whose_answer_was_lost_is_found_although_the_size_says_otherwise),
        SCENARIO(a_line_that_breaks_during_a_listing_hides_no_change),
        SCENARIO(what_a_crash_left_in_the_quarantine_is_in_its_index),
        SCENARIO(what_a_crash_left_in_the_quarantine_is_in_its_index_although_its_mailbox_was_left_out),
        SCENARIO(what_can_not_be_flushed_is_not_known_yet),
        SCENARIO(a_second_file_of_one_name_and_its_bytes_is_in_the_index_of_the_quarantine_whenever_the_power_fails),
        SCENARIO(a_second_file_of_one_name_and_other_bytes_gets_one_name_of_its_own_whenever_the_power_fails),
        SCENARIO(what_a_pairing_that_was_cut_off_fetched_is_not_missed_in_another_backup),
        SCENARIO(a_crash_between_mark_and_commit_undoes_no_removal),
        SCENARIO(what_has_no_room_is_not_asked_for_and_small_mail_needs_little_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
