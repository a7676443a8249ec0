/* What breaks the line each time that it is looked at, or is refused each time, keeps back itself alone: a mailbox, a message. */
#include "tests/sim/scenario_suspects.h"

static void
a_mailbox_that_ends_the_line_stops_itself_alone(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(INBOX, 5);
    given_mail_there(WORK, 6);
    given_mail_here(OLD, 7);
    server_set_flags(&sim.server, OLD, &sim.server.boxes[OLD].messages[0], FLAG_FLAGGED, 0);
    sim.server.unreadable = 1u << WORK;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(INBOX, 5, 1);
    then_it_is_here(WORK, 6, 0);
    then_it_is_there(OLD, 7, 1);
    assert_string_equal(file_of(OLD, 4)->info, "c:2,F");
    assert_true(has_pending(0));
    assert_int_equal(sim.world.errors, 1);
    sim.server.unreadable = 0;
    then_both_sides_agree();
    then_it_is_here(WORK, 6, 1);
    assert_false(has_pending(0));
}

static void
a_message_that_ends_the_line_stops_itself_alone(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(INBOX, 5);
    const uint32_t uid = given_mail_there(WORK, 6);
    given_mail_there(WORK, 7);
    given_mail_there(WORK, 8);
    given_mail_there(OLD, 9);
    sim.server.withheld = 7 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(INBOX, 5, 1);
    then_it_is_here(WORK, 6, 1);
    then_it_is_here(WORK, 7, 0);
    then_it_is_here(WORK, 8, 1);
    then_it_is_here(OLD, 9, 1);
    assert_true(has_pending(uid + 1));
    sim.server.withheld = 0;
    then_both_sides_agree();
    then_it_is_here(WORK, 7, 1);
    assert_false(has_pending(uid + 1));
}

/* Our \Deleted is taken off at the begin of a run, and here nobody could ask for the mailbox then. */
static void
our_deleted_on_what_is_read_last_goes_along_with_no_move(void **state)
{
    (void)state;
    for (int move = 0; move < 2; move++) {
        given_mail_on_a_rude_server();
        sim.server.move = move == 1;
        sim.world.expunges = true;
        when_the_user_removes(WORK, 2);
        given_trouble_at(STEP_DELETED, true, true);
        assert_int_equal(when_golub_syncs_after(60), 5);
        sim.server.unreadable = 1u << WORK;
        assert_int_equal(when_golub_syncs_after(60), 1);
        sim.server.unreadable = 0;
        given_mail_here(OLD, 2);

        then_both_sides_agree();

        then_it_is_there(OLD, 2, 1);
        then_it_is_there(WORK, 2, 0);
        assert_string_equal(file_of(OLD, 2)->info, "n");
        assert_int_equal(sim.server.boxes[OLD].messages[sim.server.boxes[OLD].count - 1].flags, 0);
    }
}

/* Dovecot, where a file was edited whose size stands in its name: a FETCH of RFC822.SIZE ends the line. */
static void
when_one_message_has_no_size(bool rude)
{
    given_mail_in_three_mailboxes();
    sim.server.rude = rude;
    given_mail_there(WORK, 6);
    given_mail_there(WORK, 7);
    given_mail_there(WORK, 8);
    given_mail_here(WORK, 12);
    sim.server.unsized = 7 + 1;

    assert_int_equal(when_golub_syncs_after(60), 0);

    for (int content = 6; content < 9; content++)
        then_it_is_here(WORK, content, 1);
    then_it_is_there(WORK, 12, 1);
    given_mail_there(WORK, 10);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(WORK, 10, 1);
    then_both_sides_agree();
}

static void
a_message_whose_size_ends_the_line_keeps_back_nothing(void **state)
{
    (void)state;
    when_one_message_has_no_size(true);
}

static void
a_message_whose_size_is_refused_keeps_back_nothing(void **state)
{
    (void)state;
    when_one_message_has_no_size(false);
}

/* The server was asked for no sizes when it first showed what was sent, and it counts other bytes than were sent. */
static void
what_was_sent_is_no_other_message_once_the_server_tells_its_size(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    sim.server.lies = 2;
    given_mail_there(INBOX, 10);
    given_both_sides_agree();
    given_mail_there(WORK, 7);
    sim.server.unsized = 7 + 1;
    given_mail_here(WORK, 13);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(WORK, 13, 1);

    sim.server.unsized = 0;
    given_mail_there(INBOX, 6);
    server_set_flags(&sim.server, WORK, &sim.server.boxes[WORK].messages[0], FLAG_FLAGGED, 0);
    sim.world.repairs = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(sim.world.repairs, 0);
    then_both_sides_agree();
}

/* Asked for in the next run, then once a day: each time at the end of a run that has done all else. */
static void
what_ends_the_line_is_asked_for_once_a_day(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(WORK, 6);
    sim.server.withheld = 6 + 1;
    for (int run = 0; run < 2; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    sim.server.withheld = 0;

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(WORK, 6, 0);

    assert_int_equal(when_golub_syncs_after(86400), 0);
    then_it_is_here(WORK, 6, 1);
}

static void
a_mailbox_that_ended_the_line_is_asked_when_it_changed(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(WORK, 6);
    sim.server.unreadable = 1u << WORK;
    for (int run = 0; run < 3; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    sim.server.unreadable = 0;
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(WORK, 6, 0);
    given_mail_there(WORK, 7);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(WORK, 6, 1);
    then_it_is_here(WORK, 7, 1);
}

/* The survey ends the line: once a day, and not in each run. */
static void
a_status_that_ends_the_line_is_asked_for_once_a_day(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    sim.server.mute = true;
    for (int run = 0; run < 5; run++)
        assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(sim.server.muted, 2);

    assert_int_equal(when_golub_syncs_after(86400), 0);

    assert_int_equal(sim.server.muted, 3);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(sim.server.muted, 3);
    sim.server.mute = false;
    given_mail_there(WORK, 7);
    assert_int_equal(when_golub_syncs_after(86400), 0);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_both_sides_agree();
}

/* A line that breaks by itself in one run says nothing of the server. */
static void
what_ended_the_line_in_one_run_alone_is_asked_for_again(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    for (int turn = 0; turn < 3; turn++) {
        sim.server.mute = true;
        assert_int_equal(when_golub_syncs_after(60), 0);
        sim.server.mute = false;
        assert_int_equal(when_golub_syncs_after(60), 0);
        assert_string_equal(sim.server.avoided, "");
    }
    sim.server.mute = true;
    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(sim.server.muted, 4);
}

/* A header ends the line and its body does not: the header is read from the body, and the message paired. */
static void
a_header_that_ends_the_line_is_read_from_the_body(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 2);
    given_mail_here(WORK, 2);
    given_mail_there(WORK, 3);
    sim.server.rude = sim.server.no_headers = true;
    sim.server.withheld = 2 + 1;

    (void)when_golub_syncs_after(60);

    then_it_is_here(WORK, 2, 1);
    then_it_is_there(WORK, 2, 1);
    then_it_is_here(WORK, 3, 1);
    assert_int_equal(when_golub_syncs_after(60), 0);
}

/* The same for a header that is refused: the message is neither twice there nor left out. */
static void
a_header_that_is_refused_is_read_from_the_body(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 2);
    given_mail_here(WORK, 2);
    given_mail_there(WORK, 3);
    given_mail_here(WORK, 4);
    sim.server.no_headers = true;
    sim.server.withheld = 2 + 1;

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(WORK, 2, 1);
    then_it_is_there(WORK, 2, 1);
    then_it_is_here(WORK, 3, 1);
    then_it_is_there(WORK, 4, 1);
    assert_int_equal(when_golub_syncs_after(60), 0);
}

/* It may have moved to where nobody can look: the file waits a run, and goes then. */
static void
a_removal_here_waits_one_run_for_a_mailbox_that_ends_the_line(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(WORK, 6);
    sim.server.unreadable = 1u << WORK;
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, 1);

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 1);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 0);
}

static void
a_removal_there_does_not_wait_for_a_mailbox_that_ends_the_line(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(WORK, 6);
    sim.server.unreadable = 1u << WORK;
    when_the_user_removes(INBOX, 1);

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(INBOX, 1, 0);
}

/* A file that went into the folder of a mailbox that can't be read has its old place on the server until it is up there. */
static void
what_moved_to_a_mailbox_that_ends_the_line_stays_where_it_was_there(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(WORK, 6);
    sim.server.unreadable = 1u << WORK;
    when_the_user_moves(1, INBOX, WORK);

    for (int run = 0; run < 4; run++) {
        assert_int_equal(when_golub_syncs_after(60), 1);
        then_it_is_there(INBOX, 1, 1);
    }
    sim.server.unreadable = 0;
    (void)when_golub_syncs_after(86400);
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(WORK, 1, 1);
}

/* A server that refuses to open it, without ending the line. */
static void
a_removal_here_waits_one_run_for_a_mailbox_that_is_refused(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    given_mail_there(WORK, 6);
    sim.server.unreadable = 1u << WORK;
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, 1);

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 1);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 0);
    sim.server.unreadable = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(WORK, 6, 1);
}

/* What is remembered of it as refused goes while it is asked alone, as one that ended the line. */
static void
a_mailbox_that_was_refused_and_then_ended_the_line_is_read_again(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    given_mail_there(WORK, 6);
    sim.server.unreadable = 1u << WORK;
    assert_int_equal(when_golub_syncs_after(60), 1);
    sim.server.rude = true;
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_true(has_pending(0));
    sim.server.unreadable = 0;

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(WORK, 6, 1);
    assert_false(has_pending(0));
}

/* Nothing is asked for in a mailbox whose folder is gone: what could not be read in it is waited for no longer. */
static void
when_the_folder_goes_of_what_can_not_be_read(void)
{
    for (int run = 0; run < 2; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    for (size_t i = 0; i < here()->tree.count; i++)
        if (here()->tree.files[i].mailbox == WORK)
            here()->tree.files[i].mailbox = SIM_MAILBOXES;
    here()->tree.folder[WORK] = false;
    check_forget(&sim.clients[0]);

    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(when_golub_syncs_after(86400), 0);
}

static void
a_message_that_ended_the_line_is_over_when_its_folder_is_gone(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(WORK, 6);
    sim.server.withheld = 6 + 1;
    when_the_folder_goes_of_what_can_not_be_read();
}

static void
a_mailbox_that_ended_the_line_is_over_when_its_folder_is_gone(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    given_mail_there(WORK, 6);
    sim.server.unreadable = 1u << WORK;
    when_the_folder_goes_of_what_can_not_be_read();
}

/* Its row gets a new number where something else can't be seen, either. */
static void
why_a_message_waits_is_known_while_others_end_the_line_too(void **state)
{
    (void)state;
    given_mail_on_a_rude_server();
    const uint32_t uid = given_mail_there(WORK, 6);
    sim.server.withheld = 6 + 1;
    for (int run = 0; run < 2; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    assert_true(has_pending(uid));
    given_mail_there(OLD, 7);
    sim.server.unreadable = 1u << OLD;

    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_true(has_pending(uid));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_mailbox_that_ends_the_line_stops_itself_alone),
        SCENARIO(a_message_that_ends_the_line_stops_itself_alone),
        SCENARIO(our_deleted_on_what_is_read_last_goes_along_with_no_move),
        SCENARIO(a_message_whose_size_ends_the_line_keeps_back_nothing),
        SCENARIO(a_message_whose_size_is_refused_keeps_back_nothing),
        SCENARIO(what_was_sent_is_no_other_message_once_the_server_tells_its_size),
        SCENARIO(what_ends_the_line_is_asked_for_once_a_day),
        SCENARIO(a_status_that_ends_the_line_is_asked_for_once_a_day),
        SCENARIO(what_ended_the_line_in_one_run_alone_is_asked_for_again),
        SCENARIO(a_mailbox_that_ended_the_line_is_asked_when_it_changed),
        SCENARIO(a_header_that_ends_the_line_is_read_from_the_body),
        SCENARIO(a_header_that_is_refused_is_read_from_the_body),
        SCENARIO(a_removal_here_waits_one_run_for_a_mailbox_that_ends_the_line),
        SCENARIO(a_removal_there_does_not_wait_for_a_mailbox_that_ends_the_line),
        SCENARIO(what_moved_to_a_mailbox_that_ends_the_line_stays_where_it_was_there),
        SCENARIO(a_removal_here_waits_one_run_for_a_mailbox_that_is_refused),
        SCENARIO(a_mailbox_that_was_refused_and_then_ended_the_line_is_read_again),
        SCENARIO(a_message_that_ended_the_line_is_over_when_its_folder_is_gone),
        SCENARIO(a_mailbox_that_ended_the_line_is_over_when_its_folder_is_gone),
        SCENARIO(why_a_message_waits_is_known_while_others_end_the_line_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
