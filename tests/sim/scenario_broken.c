/* The power fails, the line breaks, a side goes back in time: at one exact moment. */

#include "tests/quarantine_rows.h"
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
our_deleted_comes_off_where_somebody_wants_the_message_after_a_crash(void **state)
{
    (void)state;
    given_empty_account(1);
    const uint32_t uid = given_mail_there(INBOX, 1);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);
    given_trouble_at(STEP_EXPUNGE, false, false);
    assert_int_equal(when_golub_syncs_after(60), -1);
    struct sim_message *message = server_message(&sim.server, INBOX, uid);
    assert_int_equal(message->flags, FLAG_DELETED);
    server_set_flags(&sim.server, INBOX, message, FLAG_DELETED | FLAG_FLAGGED, 0);

    then_both_sides_agree();

    assert_int_equal(server_message(&sim.server, INBOX, uid)->flags, FLAG_FLAGGED);
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
}

/* With the file gone, what was begun is finished; with the file back, the mark is nobody's wish. */
static void
our_deleted_is_known_under_another_uidvalidity(void **state)
{
    (void)state;
    for (int back = 0; back < 2; back++) {
        given_empty_account(1);
        for (int i = 1; i < 4; i++)
            given_mail_there(INBOX, i);
        given_both_sides_agree();
        struct sim_file file = *file_of(INBOX, 1);
        when_the_user_removes(INBOX, 1);
        given_trouble_at(STEP_EXPUNGE, false, false);
        assert_int_equal(when_golub_syncs_after(60), -1);
        server_reset_uidvalidity(&sim.server, INBOX);
        if (back != 0) { /* under the name that it had */
            given_mail_here(INBOX, 1);
            memcpy(file_of(INBOX, 1)->base, file.base, sizeof file.base);
        }
        check_forget(&sim.clients[0]);

        then_both_sides_agree();

        then_it_is_here(INBOX, 1, back);
        then_it_is_there(INBOX, 1, back);
        for (size_t i = 0; i < sim.server.boxes[INBOX].count; i++)
            assert_int_equal(sim.server.boxes[INBOX].messages[i].flags, 0);
    }
}

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

static const char *const all_but_work[] = {"*", "!Work", NULL}, *const all[] = {"*", NULL};

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

static void
our_deleted_comes_off_although_its_mailbox_was_left_out(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        given_empty_account(1);
        const uint32_t uid = given_mail_there(WORK, 1), other = given_mail_there(WORK, 2);
        given_both_sides_agree();
        if (way != 2)
            server_set_flags(&sim.server, WORK, server_message(&sim.server, WORK, other), FLAG_DELETED, 0);
        given_both_sides_agree();
        when_the_user_removes(WORK, 1);
        given_trouble_at(STEP_EXPUNGE, false, false);
        assert_int_equal(when_golub_syncs_after(60), -1);
        assert_int_equal(server_message(&sim.server, WORK, uid)->flags, FLAG_DELETED);
        sim.patterns = all_but_work;
        if (way > 0) { /* and that run does not come to it */
            given_trouble_at(STEP_READ, true, false);
            (void)when_golub_syncs_after(60);
            assert_int_equal(server_message(&sim.server, WORK, uid)->flags, FLAG_DELETED);
        }
        if (way == 2) {
            sim.patterns = all;
            sim.world.expunges = true;
        }

        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);

        assert_int_equal(server_message(&sim.server, WORK, uid)->flags, 0);
        then_it_is_here(WORK, 1, way == 2); /* met for the first time: nothing counts as removed */
        if (way != 2)
            assert_int_equal(server_message(&sim.server, WORK, other)->flags, FLAG_DELETED);
    }
}

/* An OK is no proof: the mark is remembered until the server shows the message without it. */
static void
our_deleted_is_remembered_where_the_server_says_ok_and_leaves_it(void **state)
{
    (void)state;
    given_empty_account(1);
    const uint32_t uid = given_mail_there(WORK, 1);
    (void)given_mail_there(WORK, 2);
    given_both_sides_agree();
    when_the_user_removes(WORK, 1);
    given_trouble_at(STEP_EXPUNGE, false, false);
    assert_int_equal(when_golub_syncs_after(60), -1);
    sim.patterns = all_but_work;
    sim.server.deaf = true;
    (void)when_golub_syncs_after(60);
    assert_int_equal(server_message(&sim.server, WORK, uid)->flags, FLAG_DELETED);
    sim.server.deaf = false;

    (void)when_golub_syncs_after(60);

    assert_int_equal(server_message(&sim.server, WORK, uid)->flags, 0);
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

/* What a broken line left of a removal is no mark that anybody made. */
static void
our_deleted_stays_behind_where_the_message_comes_up_again(void **state)
{
    (void)state;
    for (int move = 0; move < 2; move++)
        for (int to = INBOX; to <= WORK; to++) {
            given_empty_account(1);
            sim.server.move = move == 1;
            sim.world.expunges = true;
            given_mail_there(WORK, 1);
            given_both_sides_agree();
            when_the_user_removes(WORK, 1);
            given_trouble_at(STEP_DELETED, true, true);
            assert_int_equal(when_golub_syncs_after(60), 5);
            given_mail_here(to, 1);

            then_both_sides_agree();

            then_it_is_there(to, 1, 1);
            assert_string_equal(file_of(to, 1)->info, "n");
            assert_int_equal(sim.server.boxes[to].messages[0].flags, 0);
        }
}

static void
our_deleted_on_the_source_of_a_move_is_not_copied_to_its_next_place(void **state)
{
    (void)state;
    for (int renamed = 0; renamed < 2; renamed++)
        for (int to = WORK; to <= OLD; to++) {
            given_empty_account(1);
            sim.server.move = false;
            sim.world.expunges = true;
            server_create(&sim.server, OLD);
            here()->tree.folder[OLD] = true;
            given_mail_there(WORK, 1);
            given_both_sides_agree();
            when_the_user_moves(1, WORK, INBOX);
            given_trouble_at(STEP_DELETED, true, true);
            assert_int_equal(when_golub_syncs_after(60), 5);
            ledger_out(&sim.world, 1, INBOX);
            assert_true(mua_move(here(), file_of(INBOX, 1), to, renamed == 1));
            ledger_put(&sim.world, 1, to);

            then_both_sides_agree();

            then_it_is_there(to, 1, 1);
            then_it_is_there(INBOX, 1, 0);
            assert_string_equal(file_of(to, 1)->info, "n");
            assert_int_equal(sim.server.boxes[to].messages[0].flags, 0);
        }
}

/* Many of them: as many turns as mailboxes, not as messages. */
static void
our_deleted_comes_off_all_at_once(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.world.expunges = true;
    for (int i = 1; i <= 15; i++)
        given_mail_there(i % 2 == 0 ? INBOX : WORK, i);
    given_both_sides_agree();
    for (int i = 1; i <= 6; i++)
        when_the_user_removes(i % 2 == 0 ? INBOX : WORK, i);
    given_trouble_at(STEP_DELETED, true, true);
    assert_int_equal(when_golub_syncs_after(60), 5);
    for (int i = 1; i <= 6; i++)
        given_mail_here(INBOX, i);

    then_both_sides_agree();

    for (int i = 1; i <= 6; i++) {
        then_it_is_there(INBOX, i, 1);
        assert_string_equal(file_of(INBOX, i)->info, "n");
    }
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
        SCENARIO(a_copy_that_may_still_be_under_way_is_not_asked_for_again),
        SCENARIO(a_move_that_may_still_be_under_way_is_not_sent_as_new_mail),
        SCENARIO(a_move_whose_answer_was_lost_is_found_although_the_size_says_otherwise),
        SCENARIO(a_line_that_breaks_during_a_listing_hides_no_change),
        SCENARIO(our_deleted_comes_off_where_somebody_wants_the_message_after_a_crash),
        SCENARIO(our_deleted_stays_behind_where_the_message_comes_up_again),
        SCENARIO(our_deleted_on_the_source_of_a_move_is_not_copied_to_its_next_place),
        SCENARIO(our_deleted_comes_off_all_at_once),
        SCENARIO(our_deleted_is_known_under_another_uidvalidity),
        SCENARIO(what_a_crash_left_in_the_quarantine_is_in_its_index),
        SCENARIO(what_a_crash_left_in_the_quarantine_is_in_its_index_although_its_mailbox_was_left_out),
        SCENARIO(our_deleted_comes_off_although_its_mailbox_was_left_out),
        SCENARIO(our_deleted_is_remembered_where_the_server_says_ok_and_leaves_it),
        SCENARIO(what_can_not_be_flushed_is_not_known_yet),
        SCENARIO(a_second_file_of_one_name_and_its_bytes_is_in_the_index_of_the_quarantine_whenever_the_power_fails),
        SCENARIO(a_second_file_of_one_name_and_other_bytes_gets_one_name_of_its_own_whenever_the_power_fails),
        SCENARIO(what_a_pairing_that_was_cut_off_fetched_is_not_missed_in_another_backup),
        SCENARIO(a_crash_between_mark_and_commit_undoes_no_removal),
        SCENARIO(what_has_no_room_is_not_asked_for_and_small_mail_needs_little_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
