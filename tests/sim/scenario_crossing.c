/* Both sides changed between two runs, so that what golub sees first is only half of what happened. */

#include "tests/sim/scenario.h"

static void
a_message_that_gets_a_new_name_and_a_flag_here_while_it_moves_there_moves_along(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    when_another_client_moves(1, WORK, INBOX);
    const uint32_t fresh = message_of(INBOX, 1)->uid;
    assert_true(mua_move(here(), file_of(WORK, 1), WORK, true));
    mua_set_flags(here(), file_of(WORK, 1), FLAG_FLAGGED);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(WORK, 1, 0);
    then_it_is_there(WORK, 1, 0);
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
    assert_int_equal(server_message(&sim.server, INBOX, fresh)->flags, FLAG_FLAGGED);
    then_both_sides_agree();
}

static void
a_second_uid_of_a_message_that_has_two_files_takes_one_of_them(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.swallows_duplicates = true;
    given_mail_here(INBOX, 1);
    given_mail_here(INBOX, 1);
    (void)when_golub_syncs_after(60);
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 2);
    given_mail_there(INBOX, 1);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 1, 2);
    then_it_is_there(INBOX, 1, 2);
    then_both_sides_agree();
}

static void
a_journal_from_before_its_first_mark_is_taken_for_a_lost_one(void **state)
{
    struct error err = {0};
    void *image = NULL;
    size_t size = 0;

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_trouble_at(STEP_MARK, false, false);
    assert_int_equal(when_golub_syncs_after(60), -1);
    assert_true(journal_image(sim.clients[0].journal, &image, &size, &err));
    run_open_journal(&sim, 0, NULL, 0);
    given_both_sides_agree();
    run_open_journal(&sim, 0, image, size);
    free(image);
    check_forget(&sim.clients[0]);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 1, 1);
    then_both_sides_agree();
}

/* Its flag went to its twin while its removal had to wait, and its bytes come back under another name. */
static void
a_flag_that_was_given_to_a_twin_comes_down_to_the_file_that_takes_its_place(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    const uint32_t uid = given_mail_there(WORK, 1);
    given_both_sides_agree();
    server_set_flags(&sim.server, WORK, server_message(&sim.server, WORK, uid), FLAG_FLAGGED, 0);
    when_the_user_removes(WORK, 1);
    given_mail_there(INBOX, 3);
    sim.server.withheld = 3 + 1; /* nothing is removed in this run */
    assert_int_equal(when_golub_syncs_after(60), 1);
    sim.server.withheld = 0;
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
    assert_true(mua_deliver(here(), WORK, 1, FLAG_SEEN, 1600000000));
    ledger_put(&sim.world, 1, WORK);

    then_both_sides_agree();

    assert_string_equal(file_of(WORK, 1)->info, "c:2,FS");
}

/* The same, and then it moves, on the side that lost it. */
static void
a_flag_that_was_given_to_a_twin_goes_along_with_the_move_of_the_other_one(void **state)
{
    (void)state;
    for (int there = 0; there < 2; there++) {
        given_empty_account(1);
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        given_mail_there(INBOX, 1);
        const uint32_t uid = given_mail_there(WORK, 1);
        given_both_sides_agree();
        if (there) {
            mua_set_flags(here(), file_of(WORK, 1), FLAG_FLAGGED);
            ledger_out(&sim.world, 1, WORK);
            server_expunge(&sim.server, WORK, uid);
        } else {
            server_set_flags(&sim.server, WORK, server_message(&sim.server, WORK, uid), FLAG_FLAGGED, 0);
            when_the_user_removes(WORK, 1);
        }
        given_mail_there(INBOX, 3);
        sim.server.withheld = 3 + 1; /* nothing is removed in this run */
        assert_int_equal(when_golub_syncs_after(60), 1);
        sim.server.withheld = 0;
        assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
        if (there)
            given_mail_there(OLD, 1);
        else
            assert_true(mua_deliver(here(), OLD, 1, FLAG_SEEN, 1600000000));
        ledger_put(&sim.world, 1, OLD);

        then_both_sides_agree();

        then_it_is_here(WORK, 1, 0);
        then_it_is_there(WORK, 1, 0);
        assert_string_equal(file_of(OLD, 1)->info, there ? "c:2,F" : "c:2,FS");
    }
}

/* ---- made meanwhile ---- */

static int calls;

/* ---- new names ---- */

static void
a_file_with_a_new_name_is_its_own_message_and_no_equal_one_that_arrived(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    assert_true(mua_move(here(), file_of(INBOX, 1), INBOX, true));
    when_another_client_moves(1, WORK, INBOX);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, 1, 2);
    then_it_is_here(INBOX, 1, 2);
    then_it_is_here(WORK, 1, 0);
    then_both_sides_agree();
}

static int until;

static void
rename_after_some_steps(struct world *world)
{
    (void)world;
    if (++calls == until)
        assert_true(mua_move(here(), file_of(INBOX, 1), INBOX, true));
}

static void
a_file_that_gets_a_new_name_between_two_listings_is_not_copied(void **state)
{
    (void)state;
    for (until = 1; until < 40; until++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        when_the_user_removes(INBOX, 2); /* so that the folder is listed twice */
        const unsigned long copies = coverage.done[STEP_COPY] + coverage.done[STEP_APPEND];
        calls = 0;
        given_others_act(rename_after_some_steps);

        (void)when_golub_syncs_after(60);

        sim.world.interfere = 0;
        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 1);
        assert_int_equal(coverage.done[STEP_COPY] + coverage.done[STEP_APPEND], copies);
        end_scenario(NULL);
    }
}

static void
flag_in_the_first_steps(struct world *world)
{
    (void)world;
    if (++calls <= until)
        mua_set_flags(here(), file_of(INBOX, 2), calls % 2 == 0 ? FLAG_SEEN : FLAG_ANSWERED);
}

/* That its old name is gone is believed of a stable listing only; that the new one is there, of any. */
static void
a_file_with_a_new_name_in_a_folder_that_changes_while_it_is_listed_is_not_copied(void **state)
{
    (void)state;
    for (until = 1; until < 40; until++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        assert_true(mua_move(here(), file_of(INBOX, 1), INBOX, true));
        const unsigned long copies = coverage.done[STEP_COPY] + coverage.done[STEP_APPEND];
        calls = 0;
        given_others_act(flag_in_the_first_steps);

        (void)when_golub_syncs_after(60);

        sim.world.interfere = 0;
        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 1);
        assert_int_equal(coverage.done[STEP_COPY] + coverage.done[STEP_APPEND], copies);
        end_scenario(NULL);
    }
}

/* The power fails when the server has it and the file not yet; and the message that it was meant for is there again. */
static void
a_flag_that_is_given_to_a_twin_is_not_forgotten_between_its_two_sides(void **state)
{
    (void)state;
    for (int after = 0; after < 2; after++) {
        given_empty_account(1);
        const uint32_t uid = given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        const uint32_t twin = given_mail_there(WORK, 1);
        given_both_sides_agree();
        const struct sim_file file = *file_of(INBOX, 1);
        when_the_user_removes(INBOX, 1);
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, uid), FLAG_FLAGGED, 0);
        given_trouble_at(STEP_RENAME, false, after != 0);
        assert_int_equal(when_golub_syncs_after(60), -1);
        assert_int_equal(server_message(&sim.server, WORK, twin)->flags, FLAG_FLAGGED);
        assert_non_null(maildir_sim_add(here(), INBOX, file.base, file.info, 1, file.date));
        check_forget(&sim.clients[0]);

        then_both_sides_agree();

        assert_string_equal(file_of(WORK, 1)->info, "c:2,F");
        assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
    }
}

/* A pair with one Message-ID each, and one that has the same header. */
static void
a_copyuid_that_names_lookalikes_in_another_order_crosses_no_rows(void **state)
{
    (void)state;
    for (int move = 0; move < 2; move++)
        for (int content = 2; content <= 4; content += 2) {
            given_empty_account(1);
            sim.server.crosses = true;
            sim.server.move = move != 0;
            given_mail_there(INBOX, content);
            given_mail_there(INBOX, content + 1);
            given_mail_there(INBOX, 6); /* not the whole mailbox */
            given_both_sides_agree();
            when_the_user_moves(content, INBOX, WORK);
            when_the_user_moves(content + 1, INBOX, WORK);
            assert_int_equal(when_golub_syncs_after(60), 0);
            then_it_is_there(WORK, content, 1);
            then_it_is_there(INBOX, content, 0);
            given_mail_here(WORK, 7);
            when_the_user_removes(WORK, content);

            assert_int_equal(when_golub_syncs_after(60), 0);

            then_it_is_there(WORK, content, 0);
            then_it_is_there(WORK, content + 1, 1);
            then_both_sides_agree();
        }
}

/* In either order in which they are sent. */
static void
one_uid_that_is_said_of_two_lookalikes_is_believed_of_neither(void **state)
{
    (void)state;
    for (int content = 4; content < 6; content++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        given_mail_here(INBOX, 4);
        given_mail_here(INBOX, 5);
        sim.server.misnamed = content + 1;

        (void)when_golub_syncs_after(60);

        sim.server.misnamed = 0;
        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);
        then_it_is_there(INBOX, 4, 1);
        then_it_is_there(INBOX, 5, 1);
        then_it_is_here(INBOX, 4, 1);
        then_it_is_here(INBOX, 5, 1);
        when_the_user_removes(INBOX, 4);
        for (int i = 0; i < 2; i++)
            (void)when_golub_syncs_after(60);
        then_it_is_there(INBOX, 4, 0);
        then_it_is_there(INBOX, 5, 1);
    }
}

/* They have one size and one date, and one of them is said to have a UID that was not given; or something else arrives that has it. */
static void
uids_that_are_those_of_the_neighbours_are_not_believed(void **state)
{
    (void)state;
    for (int arrives = 0; arrives < 2; arrives++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        given_mail_here(INBOX, 4);
        given_mail_here(INBOX, 5);
        if (arrives)
            given_mail_here(INBOX, 7);
        sim.server.shifted = 1;

        (void)when_golub_syncs_after(60);

        sim.server.shifted = 0;
        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);
        then_it_is_there(INBOX, 4, 1);
        then_it_is_there(INBOX, 5, 1);
        then_it_is_here(INBOX, 4, 1);
        then_it_is_here(INBOX, 5, 1);
        when_the_user_removes(INBOX, 4);
        for (int i = 0; i < 2; i++)
            (void)when_golub_syncs_after(60);
        then_it_is_there(INBOX, 4, 0);
        then_it_is_there(INBOX, 5, 1);
    }
}

static void
an_appenduid_of_what_arrived_at_the_same_moment_removes_nothing(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 6);
    given_both_sides_agree();
    sim.server.arrives = 5 + 1;
    given_mail_here(INBOX, 4);
    (void)when_golub_syncs_after(60);
    then_it_is_there(INBOX, 5, 1);
    when_the_user_removes(INBOX, 4);

    (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 5, 1);
    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);
    then_it_is_here(INBOX, 5, 1);
}

/* What another client removed elsewhere is a removal all the same: no mailbox went back in time. */
static void
an_appenduid_of_nothing_is_looked_for_and_sent_again(void **state)
{
    (void)state;
    given_empty_account(1);
    const uint32_t uid = given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    given_mail_there(INBOX, 3);
    given_both_sides_agree();
    ledger_out(&sim.world, 1, WORK);
    server_expunge(&sim.server, WORK, uid);
    given_mail_here(INBOX, 4);
    sim.server.pretended = 4 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);
    (void)when_golub_syncs_after(60);

    then_it_is_here(INBOX, 4, 1);
    then_it_is_here(WORK, 1, 0);
    then_it_is_there(WORK, 1, 0);
    assert_int_equal(sim.server.pretences, 2);
    sim.server.pretended = 0;
    then_both_sides_agree();
    then_it_is_there(INBOX, 4, 1);
}

/* For ever: it is not sent in each run. */
static void
what_a_server_takes_and_never_shows_is_given_up(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 3);
    given_both_sides_agree();
    given_mail_here(INBOX, 4);
    sim.server.pretended = 4 + 1;

    for (int i = 0; i < 8; i++)
        assert_int_equal(when_golub_syncs_after(60), 1);

    assert_int_equal(sim.server.pretences, 3);
    then_it_is_here(INBOX, 4, 1);
}

static void
the_target_can_not_be_listed(struct world *world)
{
    (void)world;
    if (sim.server.pretences != 0)
        sim.server.unreadable = 1u << WORK;
}

/* Nor is the message taken out of its old place before the new one was seen. */
static void
a_copyuid_of_nothing_moves_no_message(void **state)
{
    (void)state;
    for (int unread = 0; unread < 2; unread++) {
        given_empty_account(1);
        sim.server.move = false;
        given_mail_there(WORK, 1);
        given_mail_there(INBOX, 2);
        given_mail_there(INBOX, 3);
        given_both_sides_agree();
        when_the_user_moves(3, INBOX, WORK);
        sim.server.pretended = 3 + 1;
        if (unread)
            given_others_act(the_target_can_not_be_listed);

        assert_int_equal(when_golub_syncs_after(60), 1);

        assert_int_equal(sim.server.pretences, 1);
        then_it_is_there(INBOX, 3, 1);
        then_it_is_here(WORK, 3, 1);
        sim.server.pretended = 0;
        sim.server.unreadable = 0;
        sim.world.outside = NULL;
        sim.world.interfere = 0;
        then_both_sides_agree();
        then_it_is_there(INBOX, 3, 0);
        then_it_is_there(WORK, 3, 1);
        then_it_is_here(WORK, 3, 1);
    }
}

/*
 * It was there before, and could not be fetched yet; or it arrives right then. No mailbox went back in time: what another client removes
 * meanwhile stays removed.
 */
static void
a_copyuid_of_another_message_is_not_believed(void **state)
{
    (void)state;
    for (int arrives = 0; arrives < 2; arrives++) {
        given_empty_account(1);
        sim.server.move = false;
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        given_mail_there(INBOX, 3);
        given_mail_there(WORK, 1);
        given_mail_there(OLD, 4);
        const uint32_t removed = given_mail_there(OLD, 2);
        given_both_sides_agree();
        sim.server.withheld = 5 + 1;
        if (!arrives)
            sim.server.pretended_uid = given_mail_there(WORK, 5);
        (void)when_golub_syncs_after(60);
        sim.server.arrives = arrives ? 5 + 1 : 0;
        when_the_user_moves(3, INBOX, WORK);
        ledger_out(&sim.world, 2, OLD);
        server_expunge(&sim.server, OLD, removed);
        sim.server.pretended = 3 + 1;

        assert_int_equal(when_golub_syncs_after(60), 1);

        then_it_is_there(INBOX, 3, 1);
        sim.server.withheld = sim.server.pretended = 0;
        then_both_sides_agree();
        then_it_is_here(WORK, 5, 1);
        then_it_is_there(WORK, 3, 1);
        then_it_is_there(INBOX, 3, 0);
        then_it_is_here(OLD, 2, 0);
        then_it_is_there(OLD, 2, 0);
    }
}

/* The answer is lost, or the line breaks before the copy was looked at. */
static void
a_flag_that_a_copy_got_before_it_was_seen_stays(void **state)
{
    int seen = 0;

    (void)state;
    for (int step = 0; step < 12; step++) {
        given_empty_account(1);
        const uint32_t uid = given_mail_there(INBOX, 1);
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, uid), FLAG_ANSWERED, 0);
        given_both_sides_agree();
        assert_true(mua_copy(here(), file_of(INBOX, 1), WORK));
        mua_set_flags(here(), file_of(WORK, 1), FLAG_SEEN);
        ledger_put(&sim.world, 1, WORK);
        given_trouble_at(step == 0 ? STEP_COPY : STEP_READ, true, step == 0);
        sim.world.aim_left = step == 0 ? 1 : step;
        (void)when_golub_syncs_after(60);
        if (sim.server.boxes[WORK].count == 0)
            continue;
        struct sim_message *copy = &sim.server.boxes[WORK].messages[0];
        seen += copy->flags == FLAG_ANSWERED; /* else its own flags were given already */
        server_set_flags(&sim.server, WORK, copy, copy->flags | FLAG_FLAGGED, 0);

        then_both_sides_agree();

        assert_int_equal(sim.server.boxes[WORK].messages[0].flags, FLAG_FLAGGED | FLAG_SEEN);
        assert_string_equal(file_of(WORK, 1)->info, "c:2,FS");
    }
    assert_in_range(seen, 2, 12);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_message_that_gets_a_new_name_and_a_flag_here_while_it_moves_there_moves_along),
        SCENARIO(a_second_uid_of_a_message_that_has_two_files_takes_one_of_them),
        SCENARIO(a_flag_that_was_given_to_a_twin_comes_down_to_the_file_that_takes_its_place),
        SCENARIO(a_flag_that_was_given_to_a_twin_goes_along_with_the_move_of_the_other_one),
        SCENARIO(a_journal_from_before_its_first_mark_is_taken_for_a_lost_one),
        SCENARIO(a_file_with_a_new_name_is_its_own_message_and_no_equal_one_that_arrived),
        SCENARIO(a_file_that_gets_a_new_name_between_two_listings_is_not_copied),
        SCENARIO(a_file_with_a_new_name_in_a_folder_that_changes_while_it_is_listed_is_not_copied),
        SCENARIO(a_flag_that_a_copy_got_before_it_was_seen_stays),
        SCENARIO(a_flag_that_is_given_to_a_twin_is_not_forgotten_between_its_two_sides),
        SCENARIO(a_copyuid_that_names_lookalikes_in_another_order_crosses_no_rows),
        SCENARIO(one_uid_that_is_said_of_two_lookalikes_is_believed_of_neither),
        SCENARIO(uids_that_are_those_of_the_neighbours_are_not_believed),
        SCENARIO(an_appenduid_of_what_arrived_at_the_same_moment_removes_nothing),
        SCENARIO(an_appenduid_of_nothing_is_looked_for_and_sent_again),
        SCENARIO(what_a_server_takes_and_never_shows_is_given_up),
        SCENARIO(a_copyuid_of_nothing_moves_no_message),
        SCENARIO(a_copyuid_of_another_message_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
