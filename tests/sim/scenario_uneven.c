/* A server whose listings and counts do not agree: a message that it counts and never shows, or does not show for a while. */

#include "tests/sim/scenario.h"

static unsigned looks;

static void
count_looks(struct world *world, int mailbox)
{
    (void)world;
    looks += mailbox == INBOX;
}

static void
given_it_is_not_listed(int content)
{
    sim.server.unlisted = content + 1;
    sim.server.unlisted_for = 1000;
}

static void
what_is_counted_and_never_listed_keeps_nothing_else_back(void **state)
{
    (void)state;
    for (int condstore = 0; condstore < 2; condstore++)
        for (int phantoms = -1; phantoms < 3; phantoms++) {
            given_empty_account(1);
            sim.server.condstore = sim.server.qresync = condstore != 0;
            sim.server.boxes[INBOX].phantoms = phantoms;
            given_mail_there(INBOX, 20);
            given_mail_there(INBOX, 21);
            for (int run = 0; run < 6; run++) {
                assert_int_equal(when_golub_syncs_after(60), 0);

                for (int i = 0; i < 2 + run; i++) {
                    then_it_is_here(INBOX, 20 + i, 1);
                    then_it_is_there(INBOX, 20 + i, 1);
                }
                if (run > 2) /* at a first meeting it may be what is counted */
                    given_mail_here(INBOX, 22 + run);
                else
                    given_mail_there(INBOX, 22 + run);
                mua_set_flags(here(), file_of(INBOX, 20), run % 2 == 0 ? FLAG_FLAGGED : 0);
            }

            assert_int_equal(server_message(&sim.server, INBOX, 1)->flags, FLAG_FLAGGED);
            end_scenario(NULL);
        }
}

static void
a_difference_that_stays_is_known_after_three_runs_and_the_mailbox_is_not_listed_again(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.boxes[INBOX].phantoms = 1;
    given_mail_there(INBOX, 20);
    sim.world.on_look = count_looks;
    for (int run = 0; run < 3; run++) {
        looks = 0;
        assert_int_equal(when_golub_syncs_after(60), 0);
        assert_true(looks > 0);
    }

    looks = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(looks, 0);

    sim.server.boxes[INBOX].phantoms = 2; /* another difference */
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_true(looks > 0);
}

static void
what_a_list_lacks_that_does_not_add_up_is_no_removal(void **state)
{
    (void)state;
    for (int condstore = 0; condstore < 2; condstore++) {
        given_mail_in_inbox(condstore != 0);
        given_it_is_not_listed(20);
        sim.clients[0].maildir.quarantined = 0;
        if (condstore) /* something moved, and VANISHED is not asked for: it is listed whole */
            sim.server.qresync = sim.server.condstore = false;

        for (int run = 0; run < 4; run++)
            assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_here(INBOX, 20, 1);
        sim.server.unlisted = 0;
        then_both_sides_agree();
        then_it_is_here(INBOX, 20, 1);
        assert_int_equal(here()->quarantined, 0);
        end_scenario(NULL);
    }
}

static void
a_removal_waits_until_the_list_adds_up_and_is_said(void **state)
{
    (void)state;
    given_mail_in_inbox(false);
    sim.server.boxes[INBOX].phantoms = 1;
    given_both_sides_agree();
    ledger_out(&sim.world, 21, INBOX);
    server_expunge(&sim.server, INBOX, 2);

    for (int run = 0; run < 4; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 21, 1);

    sim.server.boxes[INBOX].phantoms = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(INBOX, 21, 0);
}

/* One fewer is counted than there are, and never fewer than none: nobody can miss the one. It is in both places until all is listed. */
static void
what_moves_away_while_as_many_are_counted_stays_in_both_until_all_is_listed(void **state)
{
    uint32_t uid;

    (void)state;
    given_empty_account(1);
    server_create(&sim.server, WORK);
    given_both_sides_agree();
    sim.server.qresync = false;
    sim.server.boxes[INBOX].phantoms = -1;
    const uint32_t old = given_mail_there(INBOX, 20);
    for (int run = 0; run < 4; run++)
        assert_int_equal(when_golub_syncs_after(60), 0);
    assert_true(server_add(&sim.server, WORK, 20, 0, 0, 1600000000, &uid));
    ledger_put(&sim.world, 20, WORK);
    ledger_out(&sim.world, 20, INBOX);
    server_expunge(&sim.server, INBOX, old);

    for (int run = 0; run < 2; run++) {
        (void)when_golub_syncs_after(60);
        then_it_is_here(INBOX, 20, 1);
        then_it_is_here(WORK, 20, 1);
        then_it_is_there(INBOX, 20, 0);
        then_it_is_there(WORK, 20, 1);
    }

    sim.server.boxes[INBOX].phantoms = 0;
    assert_int_equal(when_golub_syncs_after(25 * 3600), 0);
    then_both_sides_agree();
    then_it_is_here(INBOX, 20, 0);
    then_it_is_here(WORK, 20, 1);
}

static void
a_uid_that_the_server_names_as_vanished_is_removed_although_the_list_does_not_add_up(void **state)
{
    (void)state;
    given_mail_in_inbox(true);
    sim.server.boxes[INBOX].phantoms = 1;
    given_both_sides_agree();
    ledger_out(&sim.world, 21, INBOX);
    server_expunge(&sim.server, INBOX, 2);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 21, 0);
    then_it_is_here(INBOX, 20, 1);
}

/* What vanished here may be what is counted there: one run waits for it. */
static void
what_moved_to_where_it_is_not_listed_stays_here_for_a_run_and_is_fetched_once_it_is_shown(void **state)
{
    (void)state;
    given_mail_in_inbox(true);
    given_it_is_not_listed(21);
    ledger_out(&sim.world, 21, INBOX);
    server_expunge(&sim.server, INBOX, 2);
    given_mail_there(WORK, 21);

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 21, 1);

    for (int run = 0; run < 3; run++)
        (void)when_golub_syncs_after(60);
    then_it_is_here(INBOX, 21, 0);
    sim.server.unlisted = 0;
    assert_int_equal(when_golub_syncs_after(60), 0); /* no number tells that it is shown again */
    then_it_is_here(WORK, 21, 0);
    sim.world.now += 86400;
    then_both_sides_agree();
    then_it_is_here(WORK, 21, 1);
}

static void
what_was_sent_without_an_answer_and_is_not_listed_is_not_sent_again(void **state)
{
    (void)state;
    for (int answered = 0; answered < 2; answered++) {
        given_mail_in_inbox(true);
        sim.server.uidplus = false;
        given_it_is_not_listed(30);
        given_mail_here(INBOX, 30);
        if (!answered)
            given_trouble_at(STEP_APPEND, true, true);

        for (int run = 0; run < 8; run++)
            (void)when_golub_syncs_after(600);

        then_it_is_there(INBOX, 30, 1);
        sim.server.unlisted = 0;
        sim.world.now += 86400;
        then_both_sides_agree();
        then_it_is_there(INBOX, 30, 1);
        end_scenario(NULL);
    }
}

/* The journal is lost, and a message that is here is not listed for two runs. */
static void
a_file_that_may_be_what_is_counted_is_not_sent_at_a_first_meeting(void **state)
{
    (void)state;
    given_mail_in_inbox(true);
    run_open_journal(&sim, 0, NULL, 0);
    given_it_is_not_listed(21);

    for (int run = 0; run < 2; run++) {
        assert_int_equal(when_golub_syncs_after(60), 1);
        then_it_is_there(INBOX, 21, 1);
    }

    sim.server.unlisted = 0;
    then_both_sides_agree();
    then_it_is_there(INBOX, 21, 1);
}

static void
a_listing_that_another_client_disturbs_is_asked_for_again_in_the_same_run(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 20);
    sim.server.disturbed = 2;

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 20, 1);
}

static void
what_a_listing_names_that_is_disturbed_each_time_comes_and_what_it_lacks_stays(void **state)
{
    (void)state;
    given_mail_in_inbox(false);
    given_mail_there(INBOX, 23);
    given_it_is_not_listed(20);
    sim.server.disturbed = 1000;
    for (int run = 0; run < 4; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(INBOX, 23, 1);
    then_it_is_here(INBOX, 20, 1);
    when_the_user_removes(INBOX, 22);
    given_mail_there(WORK, 24);
    ledger_out(&sim.world, 24, WORK);
    (void)when_golub_syncs_after(60);
    then_it_is_here(WORK, 24, 1);
    server_expunge(&sim.server, WORK, 1);
    (void)when_golub_syncs_after(60);
    then_it_is_here(WORK, 24, 0);

    sim.server.disturbed = 0;
    sim.server.unlisted = 0;
    then_both_sides_agree();
    then_it_is_here(INBOX, 20, 1);
}

/* It never arrived, which nobody can count there; what somebody else put elsewhere is another message. */
static void
what_was_sent_to_where_the_list_does_not_add_up_follows_no_equal_message(void **state)
{
    (void)state;
    given_mail_in_inbox(false);
    given_mail_here(INBOX, 30);
    given_trouble_at(STEP_APPEND, true, false);
    (void)when_golub_syncs_after(60);
    sim.server.delayed_count = 0; /* lost for good */
    sim.server.boxes[INBOX].phantoms = 1;
    given_mail_there(INBOX, 31);
    given_mail_there(WORK, 30);

    for (int run = 0; run < 5; run++)
        (void)when_golub_syncs_after(60);

    then_it_is_here(INBOX, 30, 1);
    then_it_is_here(WORK, 30, 1);
    sim.server.boxes[INBOX].phantoms = 0;
    then_both_sides_agree();
    then_it_is_there(INBOX, 30, 1);
    then_it_is_there(WORK, 30, 1);
}

/* It went, and came again under another UID. Nothing proves that it went; and fetched beside the first file it would be there twice one day. */
static void
what_comes_again_where_a_list_does_not_add_up_is_the_same_message(void **state)
{
    (void)state;
    for (int before = 0; before < 4; before++) { /* so many looks at the difference */
        given_mail_in_inbox(false);
        sim.server.boxes[INBOX].phantoms = 1;
        for (int run = 0; run < before; run++)
            (void)when_golub_syncs_after(60);
        assert_true(action_transfer_there(&sim, INBOX, server_message(&sim.server, INBOX, 1), WORK, true));
        assert_true(action_transfer_there(&sim, WORK, server_message(&sim.server, WORK, 1), INBOX, true));
        sim.server.boxes[INBOX].phantoms = 2;
        mua_set_flags(here(), file_of(INBOX, 20), FLAG_FLAGGED);

        (void)when_golub_syncs_after(60);

        then_it_is_here(INBOX, 20, 1);
        server_reset_uidvalidity(&sim.server, INBOX);
        sim.server.boxes[INBOX].phantoms = 0;
        then_both_sides_agree();
        then_it_is_there(INBOX, 20, 1);
        assert_string_equal(file_of(INBOX, 20)->info, "c:2,F");
        end_scenario(NULL);
    }
}

/* As many as the server counts too many are gone from one mailbox: those of another are no twins of anything that is there. */
static void
what_a_list_lacks_that_does_not_add_up_is_no_twin_of_many_removals(void **state)
{
    (void)state;
    for (int runs = 0; runs < 4; runs++) {
        given_empty_account(1);
        for (int i = 0; i < 25; i++) {
            given_mail_there(INBOX, 20 + i);
            given_mail_there(WORK, 20 + i);
        }
        given_both_sides_agree();
        for (int i = 0; i < 25; i++) {
            ledger_out(&sim.world, 20 + i, INBOX);
            server_expunge(&sim.server, INBOX, 1 + (uint32_t)i);
        }
        sim.server.qresync = sim.server.condstore = false; /* else VANISHED names them */
        sim.server.boxes[INBOX].phantoms = 25;
        given_mail_there(INBOX, 50);
        for (int run = 0; run < runs; run++)
            (void)when_golub_syncs_after(60);
        for (int i = 0; i < 25; i++)
            when_the_user_removes(WORK, 20 + i);

        assert_int_equal(when_golub_syncs_after(60), 3);

        then_it_is_there(WORK, 20, 1);
        then_it_is_there(WORK, 44, 1);
        end_scenario(NULL);
    }
}

/* What the list lacks is removed here: it stays removed, however late the server shows it again. */
static void
what_is_removed_here_while_the_list_lacks_it_is_removed_there_once_it_is_shown(void **state)
{
    (void)state;
    for (int condstore = 0; condstore < 2; condstore++)
        for (int before = 0; before < 5; before++) /* so many looks at the difference */
            for (int moved = 0; moved < 2; moved++) {
                given_mail_in_inbox(condstore != 0);
                given_it_is_not_listed(21);
                sim.server.untouchable = true;
                for (int run = 0; run < before; run++)
                    (void)when_golub_syncs_after(60);
                if (moved)
                    when_the_user_moves(21, INBOX, WORK);
                else
                    when_the_user_removes(INBOX, 21);
                check_forget(&sim.clients[0]); /* a run may end well before it is removed there */
                for (int run = 0; run < 5; run++)
                    (void)when_golub_syncs_after(60);

                sim.server.unlisted = 0;
                sim.world.now += 86400;
                assert_int_equal(when_golub_syncs_after(60), 0);

                then_it_is_here(INBOX, 21, 0);
                then_it_is_there(INBOX, 21, 0);
                then_it_is_here(WORK, 21, moved);
                then_it_is_there(WORK, 21, moved);
                then_both_sides_agree();
                end_scenario(NULL);
            }
}

/* It was gone there: nothing is left to be remembered once the list adds up, and what comes later is another message. */
static void
what_is_removed_here_and_gone_there_is_forgotten_once_the_list_adds_up(void **state)
{
    struct error err = {0};
    uint64_t left;

    (void)state;
    given_mail_in_inbox(false);
    given_it_is_not_listed(21);
    sim.server.untouchable = true;
    when_the_user_removes(INBOX, 21);
    for (int run = 0; run < 6; run++)
        (void)when_golub_syncs_after(60);
    server_expunge(&sim.server, INBOX, 2);
    sim.server.unlisted = 0;
    sim.world.now += 86400;
    given_both_sides_agree();

    assert_true(journal_message_count(sim.clients[0].journal, 0, WHICH_DIRTY, &left, &err));
    assert_int_equal(left, 0);
}

/* What the list lacked came again under another UID: the one that it had is counted no more, and what goes after that is missed. */
static void
a_removal_waits_and_is_said_after_one_that_the_list_lacked_came_again(void **state)
{
    (void)state;
    for (int before = 0; before < 5; before++) { /* so many looks at the difference */
        given_mail_in_inbox(false);
        sim.server.boxes[INBOX].phantoms = 1;
        for (int run = 0; run < before; run++)
            (void)when_golub_syncs_after(60);
        assert_true(action_transfer_there(&sim, INBOX, server_message(&sim.server, INBOX, 1), WORK, true));
        assert_true(action_transfer_there(&sim, WORK, server_message(&sim.server, WORK, 1), INBOX, true));
        assert_int_equal(when_golub_syncs_after(60), 0);

        ledger_out(&sim.world, 21, INBOX);
        server_expunge(&sim.server, INBOX, 2);
        for (int run = 0; run < 4; run++)
            assert_int_equal(when_golub_syncs_after(60), 1);

        then_it_is_here(INBOX, 21, 1);
        sim.server.boxes[INBOX].phantoms = 0;
        then_both_sides_agree();
        then_it_is_here(INBOX, 21, 0);
        then_it_is_here(INBOX, 20, 1);
        end_scenario(NULL);
    }
}

/* Its file was gone while the list lacked it, and is back, as out of a folder that was being copied: then only the server can have removed it. */
static void
what_is_back_here_while_the_list_lacks_it_is_judged_once_the_list_adds_up(void **state)
{
    (void)state;
    for (int shown = 0; shown < 2; shown++)
        for (int looks_with_it = 0; looks_with_it < 3; looks_with_it++) {
            given_mail_in_inbox(false);
            given_it_is_not_listed(21);
            const struct sim_file file = *file_of(INBOX, 21);
            mua_remove(here(), file_of(INBOX, 21));
            sim.server.untouchable = true;
            for (int run = 0; run < 5; run++)
                (void)when_golub_syncs_after(60);
            assert_non_null(maildir_sim_add(here(), INBOX, file.base, file.info, 21, file.date));
            for (int run = 0; run < looks_with_it; run++)
                (void)when_golub_syncs_after(86400);
            if (!shown) {
                ledger_out(&sim.world, 21, INBOX);
                server_expunge(&sim.server, INBOX, 2);
            }

            sim.server.unlisted = 0;
            sim.world.now += 86400;
            then_both_sides_agree();

            then_it_is_here(INBOX, 21, shown);
            then_it_is_there(INBOX, 21, shown);
            assert_int_equal(here()->quarantined, !shown);
            end_scenario(NULL);
        }
}

/* A mailbox that was asked for its changes alone is listed whole when a day is over, although nothing is new. */
static void
a_flag_that_a_list_of_changes_leaves_out_comes_a_day_later(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        given_empty_account(1);
        sim.server.qresync = i == 1;
        const uint32_t uid = given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        sim.server.unchanged = 1 + 1;
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, uid), FLAG_FLAGGED, 0);
        (void)when_golub_syncs_after(60);
        (void)when_golub_syncs_after(60);

        (void)when_golub_syncs_after(25 * 3600);

        assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
        then_both_sides_agree();
    }
}

/*
 * The journal of before a move knows the message where it was, and its file stands there again, under another name: it was moved back here. That is no new name
 * of what the list lacks, which is gone.
 */
static void
what_was_moved_back_here_under_an_older_journal_is_no_message_that_the_list_lacks(void **state)
{
    (void)state;
    for (int phantoms = -1; phantoms < 3; phantoms += 1 + (phantoms < 0)) {
        struct error err = {0};
        void *image = NULL;
        size_t size = 0;

        given_mail_in_inbox(true);
        assert_true(journal_image(sim.clients[0].journal, &image, &size, &err));
        when_another_client_moves(20, INBOX, WORK);
        given_both_sides_agree();
        ledger_out(&sim.world, 20, WORK);
        assert_true(mua_move(here(), file_of(WORK, 20), INBOX, true));
        ledger_put(&sim.world, 20, INBOX);
        run_open_journal(&sim, 0, image, size);
        check_forget(&sim.clients[0]);
        free(image);
        here()->quarantined = 0;
        sim.server.boxes[INBOX].phantoms = phantoms;
        for (int run = 0; run < 4; run++)
            (void)when_golub_syncs_after(60);

        sim.server.boxes[INBOX].phantoms = 0;
        sim.world.now += 86400;
        then_both_sides_agree();

        then_it_is_here(INBOX, 20, 1);
        then_it_is_there(INBOX, 20, 1);
        assert_int_equal(here()->quarantined, 0);
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_is_counted_and_never_listed_keeps_nothing_else_back),
        SCENARIO(a_difference_that_stays_is_known_after_three_runs_and_the_mailbox_is_not_listed_again),
        SCENARIO(what_a_list_lacks_that_does_not_add_up_is_no_removal),
        SCENARIO(a_removal_waits_until_the_list_adds_up_and_is_said),
        SCENARIO(what_moves_away_while_as_many_are_counted_stays_in_both_until_all_is_listed),
        SCENARIO(a_uid_that_the_server_names_as_vanished_is_removed_although_the_list_does_not_add_up),
        SCENARIO(what_moved_to_where_it_is_not_listed_stays_here_for_a_run_and_is_fetched_once_it_is_shown),
        SCENARIO(what_was_sent_without_an_answer_and_is_not_listed_is_not_sent_again),
        SCENARIO(a_file_that_may_be_what_is_counted_is_not_sent_at_a_first_meeting),
        SCENARIO(a_listing_that_another_client_disturbs_is_asked_for_again_in_the_same_run),
        SCENARIO(what_a_listing_names_that_is_disturbed_each_time_comes_and_what_it_lacks_stays),
        SCENARIO(what_a_list_lacks_that_does_not_add_up_is_no_twin_of_many_removals),
        SCENARIO(what_comes_again_where_a_list_does_not_add_up_is_the_same_message),
        SCENARIO(what_is_removed_here_while_the_list_lacks_it_is_removed_there_once_it_is_shown),
        SCENARIO(what_is_removed_here_and_gone_there_is_forgotten_once_the_list_adds_up),
        SCENARIO(a_removal_waits_and_is_said_after_one_that_the_list_lacked_came_again),
        SCENARIO(what_is_back_here_while_the_list_lacks_it_is_judged_once_the_list_adds_up),
        SCENARIO(a_flag_that_a_list_of_changes_leaves_out_comes_a_day_later),
        SCENARIO(what_was_sent_to_where_the_list_does_not_add_up_follows_no_equal_message),
        SCENARIO(what_was_moved_back_here_under_an_older_journal_is_no_message_that_the_list_lacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
