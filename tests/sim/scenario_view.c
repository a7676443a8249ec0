/* A server that shows only the newest messages of a mailbox. */

#include "tests/sim/scenario.h"
#include "tests/unit/forms.h"

static void
given_view_of_50_out_of(int count)
{
    given_empty_account(1);
    sim.server.window = 50;
    sim.server.qresync = false; /* VANISHED names what is gone */
    for (int i = 0; i < count; i++)
        given_mail_there(INBOX, 20 + i);
    given_both_sides_agree();
}

static void
what_slides_out_of_the_view_is_no_removal(void **state)
{
    (void)state;
    for (int condstore = 0; condstore < 2; condstore++)
        for (int count = 48; count <= 60; count += 4) {
            given_view_of_50_out_of(count);
            sim.server.condstore = condstore != 0;
            sim.server.announces = count < 50; /* else nobody could know that it stops there */
            for (int run = 0; run < 3; run++) {
                for (int i = 0; i < 4; i++)
                    given_mail_there(INBOX, 100 + 4 * run + i);

                assert_int_equal(when_golub_syncs_after(60), 0);
            }

            for (int i = 0; i < count; i++)
                then_it_is_here(INBOX, 20 + i, count <= 50 || i >= count - 50 ? 1 : 0);
            then_it_is_here(INBOX, 111, 1);
            assert_int_equal(here()->quarantined, 0);
        }
}

static void
what_is_missing_within_the_view_is_a_removal(void **state)
{
    (void)state;
    given_view_of_50_out_of(50);
    for (int i = 0; i < 4; i++)
        given_mail_there(INBOX, 100 + i);
    ledger_out(&sim.world, 60, INBOX);
    server_expunge(&sim.server, INBOX, 41);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 60, 0);
    then_it_is_here(INBOX, 20, 1);
    then_it_is_here(INBOX, 21, 1);
}

static void
a_view_that_is_whole_again_is_believed(void **state)
{
    (void)state;
    given_view_of_50_out_of(50);
    for (int i = 0; i < 2; i++)
        given_mail_there(INBOX, 100 + i);
    assert_int_equal(when_golub_syncs_after(60), 0);
    ledger_out(&sim.world, 20, INBOX);
    server_expunge(&sim.server, INBOX, 1);
    sim.server.window = 0;

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 20, 0);
    then_it_is_here(INBOX, 21, 1);
    then_both_sides_agree();
}

static void
what_was_removed_while_an_older_one_came_for_it_is_noticed(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        given_view_of_50_out_of(60);
        for (int i = 0; known && i < 2; i++)
            given_mail_there(INBOX, 100 + i);
        assert_int_equal(when_golub_syncs_after(60), 0);
        ledger_out(&sim.world, 50, INBOX);
        server_expunge(&sim.server, INBOX, 31);

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_here(INBOX, 50, 0);
        then_it_is_here(INBOX, known ? 31 : 29, 1); /* the older one */
        end_scenario(NULL);
    }
}

static void
what_was_removed_out_of_view_is_noticed_once_the_view_reaches_it(void **state)
{
    (void)state;
    given_view_of_50_out_of(50);
    for (int i = 0; i < 4; i++)
        given_mail_there(INBOX, 100 + i);
    assert_int_equal(when_golub_syncs_after(60), 0);
    ledger_out(&sim.world, 22, INBOX); /* out of view */
    server_expunge(&sim.server, INBOX, 3);
    for (int i = 0; i < 3; i++) { /* the three others out of view come into it */
        ledger_out(&sim.world, 30 + i, INBOX);
        server_expunge(&sim.server, INBOX, 11 + (uint32_t)i);
    }

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 20, 1);
    then_it_is_here(INBOX, 22, 0);
    then_both_sides_agree();
}

/* Grown to a round number, it may be whole; but what is sent then shows that it is not, before anything was removed. */
static void
what_slid_out_before_the_view_was_noticed_is_no_removal(void **state)
{
    (void)state;
    given_view_of_50_out_of(29);
    for (int i = 0; i < 25; i++)
        given_mail_there(INBOX, 100 + i);
    given_mail_here(INBOX, 130);

    assert_int_equal(when_golub_syncs_after(60), 0);

    for (int i = 0; i < 29; i++)
        then_it_is_here(INBOX, 20 + i, 1);
    assert_int_equal(here()->quarantined, 0);
}

enum way { UPLOADED, UPLOADED_UNNAMED, MOVED, MOVED_UNNAMED, COPIED_UNNAMED, WAYS };

/* A mailbox of 40, and 14 that are about to go there; more than the server shows. */
static void
given_much_goes_to_a_view(enum way way)
{
    given_empty_account(1);
    sim.server.window = 50;
    sim.server.qresync = false;
    sim.server.uidplus = way == UPLOADED || way == MOVED;
    sim.server.move = way != COPIED_UNNAMED;
    for (int i = 0; i < 40; i++)
        given_mail_there(WORK, 20 + i);
    for (int i = 0; i < 14; i++)
        given_mail_there(INBOX, 100 + i);
    given_both_sides_agree();
    for (int i = 0; i < 14; i++) {
        if (way <= UPLOADED_UNNAMED)
            given_mail_here(WORK, 138 + i);
        else
            when_the_user_moves(100 + i, INBOX, WORK);
    }
}

/* What goes up shows that the view is cut, also where no answer says which UIDs it got, and where the run is cut off before it looks. */
static void
what_slides_out_because_of_what_was_sent_is_no_removal_however_it_went(void **state)
{
    (void)state;
    for (int way = 0; way < 2 * WAYS; way++) {
        int status = -1;

        for (long step = 1; status == -1; step += stride(7)) {
            given_much_goes_to_a_view(way / 2);
            sim.world.crash_at = step;
            sim.world.crash_after = way % 2 == 1;
            status = when_golub_syncs_after(60);

            for (int run = 0; run < 2; run++)
                (void)when_golub_syncs_after(4000);

            for (int i = 0; i < 40; i++)
                then_it_is_here(WORK, 20 + i, 1);
            assert_int_equal(here()->quarantined, 0);
            end_scenario(NULL);
        }
    }
}

/* What goes uncovers older ones in the same run: no run lets more go without a word because it sees them bit by bit. */
static void
what_the_view_uncovers_in_a_run_is_counted_with_what_went_before_it(void **state)
{
    (void)state;
    given_view_of_50_out_of(50);
    for (int i = 0; i < 15; i++)
        given_mail_there(INBOX, 100 + i);
    assert_int_equal(when_golub_syncs_after(60), 0);
    for (int i = 0; i < 10; i++)
        when_the_user_removes(INBOX, 20 + i); /* out of view */
    for (int i = 0; i < 15; i++)
        when_the_user_removes(INBOX, 40 + i);

    assert_int_equal(when_golub_syncs_after(60), 3);

    for (int i = 0; i < 10; i++)
        then_it_is_there(INBOX, 20 + i, 1);
    for (int i = 0; i < 15; i++)
        then_it_is_there(INBOX, 40 + i, 0);
}

/* Of each message as many as there were, also where nobody can see it. */
static void
then_nothing_went_up_again(int count)
{
    for (int i = 0; i < count; i++)
        then_it_is_there(INBOX, 20 + i, 1);
    for (int i = 0; i < 4; i++)
        then_it_is_there(INBOX, 100 + i, 1);
    assert_int_equal(here()->quarantined, 0);
}

static void
what_is_out_of_view_when_uids_change_does_not_go_up_again(void **state)
{
    (void)state;
    for (int announced = 0; announced < 2; announced++) {
        given_view_of_50_out_of(55);
        sim.server.announces = announced != 0;
        for (int i = 0; i < 2; i++)
            given_mail_there(INBOX, 100 + i);
        assert_int_equal(when_golub_syncs_after(60), 0);
        for (int i = 2; i < 4; i++)
            given_mail_there(INBOX, 100 + i);
        server_reset_uidvalidity(&sim.server, INBOX);
        check_forget(&sim.clients[0]);

        for (int i = 0; i < 3; i++)
            assert_int_equal(when_golub_syncs_after(4000), 0);

        then_nothing_went_up_again(55);
        sim.server.window = 0;
        sim.server.announces = false;
        for (int i = 0; i < 3; i++)
            assert_int_equal(when_golub_syncs_after(4000), 0);
        then_nothing_went_up_again(55);
        then_it_is_here(INBOX, 20, 1);
        end_scenario(NULL);
    }
}

static void
what_is_out_of_view_when_the_journal_is_lost_does_not_go_up_again(void **state)
{
    (void)state;
    given_view_of_50_out_of(50);
    sim.server.announces = true;
    for (int i = 0; i < 4; i++)
        given_mail_there(INBOX, 100 + i);
    assert_int_equal(when_golub_syncs_after(60), 0);
    given_mail_here(INBOX, 110);
    for (int announced = 1; announced >= 0; announced--) {
        sim.server.announces = announced != 0;
        run_open_journal(&sim, 0, NULL, 0);
        check_forget(&sim.clients[0]);

        for (int i = 0; i < 2; i++)
            assert_int_equal(when_golub_syncs_after(60), 0);

        then_nothing_went_up_again(50);
        then_it_is_there(INBOX, 110, 1); /* new mail is new mail */
        then_it_is_here(INBOX, 20, 1);
    }
}

/* What a mail reader calls otherwise while its message is out of view, or slides out of it, is not sent as new mail. */
static void
what_is_out_of_view_and_gets_another_name_here_is_not_sent_again(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        given_view_of_50_out_of(50);
        for (int i = 0; i < 4; i++)
            given_mail_there(INBOX, 100 + i);
        if (before)
            assert_int_equal(when_golub_syncs_after(60), 0);
        for (int i = 0; i < 4; i++)
            assert_true(mua_move(here(), file_of(INBOX, 20 + i), INBOX, true));

        for (int i = 0; i < 3; i++)
            assert_int_equal(when_golub_syncs_after(60), 0);

        then_nothing_went_up_again(50);
        sim.server.window = 0;
        given_mail_there(INBOX, 110);
        assert_int_equal(when_golub_syncs_after(60), 0);
        then_nothing_went_up_again(50);
        then_it_is_here(INBOX, 20, 1);
        then_both_sides_agree();
        end_scenario(NULL);
    }
}

/* Another mailbox shows that it did: what is lacking out of view may have been lost with that. */
static void
what_was_out_of_view_when_the_server_went_back_is_no_removal(void **state)
{
    static struct sim_mailbox before;

    (void)state;
    given_view_of_50_out_of(50);
    for (int i = 0; i < 4; i++)
        given_mail_there(INBOX, 100 + i);
    given_mail_there(WORK, 110);
    assert_int_equal(when_golub_syncs_after(60), 0);
    before = sim.server.boxes[WORK];
    given_mail_there(WORK, 111);
    assert_int_equal(when_golub_syncs_after(60), 0);
    sim.server.boxes[WORK] = before;
    for (uint32_t uid = 1; uid <= 2; uid++)
        server_expunge(&sim.server, INBOX, uid);
    check_forget(&sim.clients[0]);
    (void)when_golub_syncs_after(60);
    sim.server.window = 0;
    given_mail_there(INBOX, 120);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    then_nothing_went_up_again(50);
    then_it_is_here(INBOX, 20, 1);
    then_it_is_there(WORK, 111, 1);
}

static void
what_slides_out_because_of_what_was_sent_is_no_removal(void **state)
{
    (void)state;
    given_view_of_50_out_of(46);
    for (int i = 0; i < 8; i++)
        given_mail_here(INBOX, 160 + i);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    for (int i = 0; i < 46; i++)
        then_it_is_here(INBOX, 20 + i, 1);
    assert_int_equal(here()->quarantined, 0);
}

static void
remove_what_was_sent(struct world *world)
{
    const struct sim_mailbox *box = &sim.server.boxes[INBOX];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == 160 && box->messages[box->count - 1].content == 163) {
            ledger_out(world, 160, INBOX);
            server_expunge(&sim.server, INBOX, box->messages[i].uid);
            return;
        }
}

static void
what_was_sent_and_is_gone_before_it_was_listed_makes_no_removal_of_the_oldest(void **state)
{
    (void)state;
    given_view_of_50_out_of(60);
    for (int i = 0; i < 4; i++)
        given_mail_here(INBOX, 160 + i);
    given_others_act(remove_what_was_sent);
    (void)when_golub_syncs_after(60);
    then_it_is_there(INBOX, 160, 0);
    sim.world.interfere = 0;

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    for (int i = 0; i < 50; i++)
        then_it_is_here(INBOX, 30 + i, 1);
}

/* One that is equal to it arrives, and all UIDs are others: which of the two is in view nobody can tell. */
static void
what_is_out_of_view_loses_no_flag_to_an_equal_one_when_uids_change(void **state)
{
    (void)state;
    given_view_of_50_out_of(50);
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 1), FLAG_FLAGGED, 0);
    assert_int_equal(when_golub_syncs_after(60), 0);
    for (int i = 0; i < 4; i++)
        given_mail_there(INBOX, 100 + i);
    assert_int_equal(when_golub_syncs_after(60), 0);
    given_mail_there(INBOX, 20);
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    assert_string_equal(file_of(INBOX, 20)->info, "c:2,F");
}

/* Of 60 messages it shows 50 and counts another number: nothing is known of what slid out of the view meanwhile. */
static void
what_slid_out_of_a_view_before_its_count_was_right_is_no_removal(void **state)
{
    (void)state;
    for (int phantoms = -1; phantoms < 3; phantoms += phantoms < 0 ? 2 : 1)
        for (int runs = 1; runs < 4; runs++) { /* the difference is not known yet, or is */
            given_empty_account(1);
            sim.server.window = 50;
            sim.server.boxes[INBOX].phantoms = phantoms;
            for (int i = 0; i < 60; i++)
                given_mail_there(INBOX, 20 + i);
            for (int run = 0; run < runs; run++)
                (void)when_golub_syncs_after(60);
            given_mail_there(INBOX, 100);
            ledger_out(&sim.world, 50, INBOX);
            server_expunge(&sim.server, INBOX, 31);
            given_mail_there(INBOX, 101);

            sim.server.boxes[INBOX].phantoms = 0;
            (void)when_golub_syncs_after(60);

            then_it_is_here(INBOX, 30, 1);
            then_it_is_here(INBOX, 101, 1);
            then_it_is_here(INBOX, 50, 0); /* in the middle of the view */
            end_scenario(NULL);
        }
}

/* It went while nobody could see it, or is still there; and came again under another UID. It is one file, until the old one is shown again. */
static void
what_comes_again_while_it_is_out_of_view_is_the_same_message(void **state)
{
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        given_view_of_50_out_of(50);
        sim.server.announces = true;
        for (int i = 0; i < 4; i++)
            given_mail_there(INBOX, 100 + i);
        assert_int_equal(when_golub_syncs_after(60), 0);
        then_it_is_here(INBOX, 20, 1);
        if (gone) {
            ledger_out(&sim.world, 20, INBOX);
            server_expunge(&sim.server, INBOX, 1);
        }
        const uint32_t uid = given_mail_there(INBOX, 20);
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, uid), FLAG_FLAGGED, 0);
        check_forget(&sim.clients[0]);

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_here(INBOX, 20, 1);
        assert_string_equal(file_of(INBOX, 20)->info, "c:2,F");
        then_it_is_here(INBOX, 21, 1);
        assert_int_equal(here()->quarantined, 0);
        sim.server.window = 0;
        check_forget(&sim.clients[0]);
        then_both_sides_agree();
        then_it_is_here(INBOX, 20, gone ? 1 : 2);
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_slides_out_of_the_view_is_no_removal),
        SCENARIO(what_is_missing_within_the_view_is_a_removal),
        SCENARIO(a_view_that_is_whole_again_is_believed),
        SCENARIO(what_was_removed_while_an_older_one_came_for_it_is_noticed),
        SCENARIO(what_was_removed_out_of_view_is_noticed_once_the_view_reaches_it),
        SCENARIO(what_slid_out_before_the_view_was_noticed_is_no_removal),
        SCENARIO(what_slides_out_because_of_what_was_sent_is_no_removal_however_it_went),
        SCENARIO(what_the_view_uncovers_in_a_run_is_counted_with_what_went_before_it),
        SCENARIO(what_comes_again_while_it_is_out_of_view_is_the_same_message),
        SCENARIO(what_slid_out_of_a_view_before_its_count_was_right_is_no_removal),
        SCENARIO(what_is_out_of_view_when_uids_change_does_not_go_up_again),
        SCENARIO(what_is_out_of_view_when_the_journal_is_lost_does_not_go_up_again),
        SCENARIO(what_is_out_of_view_and_gets_another_name_here_is_not_sent_again),
        SCENARIO(what_was_out_of_view_when_the_server_went_back_is_no_removal),
        SCENARIO(what_slides_out_because_of_what_was_sent_is_no_removal),
        SCENARIO(what_was_sent_and_is_gone_before_it_was_listed_makes_no_removal_of_the_oldest),
        SCENARIO(what_is_out_of_view_loses_no_flag_to_an_equal_one_when_uids_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
