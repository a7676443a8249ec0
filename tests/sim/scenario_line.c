/* A line that breaks is opened again inside the run, which then goes on from what is in the journal. */
#include "tests/sim/scenario.h"

enum { OLD_MAIL = 1, FLAGGED, MOVED, GONE_THERE, GONE_HERE, NEW_THERE, NEW_HERE };

/* Something of everything is due, both ways. */
static void
given_something_of_everything(uint64_t seed)
{
    given_empty_account(seed);
    for (int content = OLD_MAIL; content <= GONE_HERE; content++)
        given_mail_there(INBOX, content);
    for (int content = 10; content < 20; content++)
        given_mail_there(WORK, content);
    given_both_sides_agree();
    given_mail_there(WORK, NEW_THERE);
    given_mail_here(WORK, NEW_HERE);
    when_the_user_moves(MOVED, INBOX, WORK);
    when_the_user_removes(INBOX, GONE_HERE);
    ledger_out(&sim.world, GONE_THERE, INBOX);
    server_expunge(&sim.server, INBOX, 4);
    server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[1], FLAG_FLAGGED, 0);
}

static void
then_everything_is_done(void)
{
    then_it_is_here(WORK, NEW_THERE, 1);
    then_it_is_there(WORK, NEW_HERE, 1);
    then_it_is_there(WORK, MOVED, 1);
    then_it_is_there(INBOX, MOVED, 0);
    then_it_is_there(INBOX, GONE_HERE, 0);
    then_it_is_here(INBOX, GONE_THERE, 0);
    assert_string_equal(file_of(INBOX, FLAGGED)->info, "c:2,F");
}

/* How many commands does an undisturbed run send? */
static long
count_steps(void)
{
    given_something_of_everything(1);
    (void)when_golub_syncs_after(60);
    then_everything_is_done();
    return sim.world.remote_step;
}

static void
a_line_that_breaks_at_any_step_is_opened_again_and_all_is_done(void **state)
{
    const long steps = count_steps();
    int waited = 0;

    (void)state;
    assert_true(steps > 20);
    for (long step = 2; step <= steps; step++) { /* the first one is the login */
        for (int after = 0; after < 2; after++) {
            given_something_of_everything((uint64_t)step);
            sim.world.lose_at = step;
            sim.world.lose_after = after != 0;

            const int status = when_golub_syncs_after(60);

            assert_in_range(status, 0, 1); /* 1: what was not answered is looked for when it has settled */
            waited += status;
            then_both_sides_agree();
            then_everything_is_done();
        }
    }
    assert_in_range(waited, 1, steps / 2);
}

/* No command that changes anything was under way: the run ends as if nothing had happened. */
static void
a_line_that_breaks_while_it_reads_costs_nothing(void **state)
{
    (void)state;
    for (int times = 1; times <= 12; times++) {
        given_something_of_everything((uint64_t)times);
        given_trouble_at(STEP_READ, true, true);
        sim.world.aim_left = 1 + times;
        sim.world.down = false;

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_everything_is_done();
    }
}

static int opened;

static void
count_time(struct world *world)
{
    (void)world;
    opened++;
}

static void
a_server_that_is_gone_is_tried_three_times(void **state)
{
    (void)state;
    given_something_of_everything(1);
    given_trouble_at(STEP_READ, true, false);
    sim.world.aim_left = 4;
    given_others_act(count_time);
    opened = 0;

    assert_int_equal(when_golub_syncs_after(60), 5);

    /* the login, LIST of three mailboxes at most; then two more logins */
    assert_in_range(opened, 4, 7);
    assert_int_equal(sim.world.errors, 1);
    then_both_sides_agree();
    then_everything_is_done();
}

static bool looked_at;

static void
note_look(struct world *world, int mailbox)
{
    looked_at = looked_at || (world->lost && mailbox == INBOX);
}

/* The server carries out what nobody waits for any more, after the mailbox was looked at; then its answer can't come any more. */
static void
much_time_passes(struct world *world)
{
    if (!looked_at || sim.server.selected >= 0)
        return;
    world->now += 6;
    server_delayed(&sim.server, true);
}

/* What counts is when the mailbox was looked at, not when the file's turn comes. */
static void
an_append_without_an_answer_is_not_sent_again_in_the_same_run(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 2);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    given_trouble_at(STEP_APPEND, true, false);
    sim.world.down = false;
    sim.world.on_look = note_look;
    looked_at = false;
    given_others_act(much_time_passes);
    sim.server.delayed[sim.server.delayed_count++] =
        (struct sim_delayed){.mailbox = INBOX, .content = 1, .date = 1600000000, .due = INT64_MAX};

    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_true(looked_at);
    then_it_is_there(INBOX, 1, 1);
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

/* The same where it was carried out at once, and only the answer was lost: the run itself finds it. */
static void
an_append_whose_answer_was_lost_is_found_in_the_same_run(void **state)
{
    int found = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        given_empty_account(seed);
        given_both_sides_agree();
        given_mail_here(INBOX, 1);
        given_trouble_at(STEP_APPEND, true, true);
        sim.world.down = false;

        found += when_golub_syncs_after(60) == 0;

        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 1);
    }
    assert_in_range(found, 1, 8);
}

/* A server without change numbers: only looking into a mailbox shows a flag. */
static void
a_flag_in_a_mailbox_that_the_broken_line_did_not_show_comes(void **state)
{
    (void)state;
    for (long step = 2; step < 12; step++) {
        given_empty_account((uint64_t)step);
        sim.server.condstore = sim.server.qresync = false;
        given_mail_there(INBOX, 1);
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[0], FLAG_FLAGGED, 0);
        server_set_flags(&sim.server, WORK, &sim.server.boxes[WORK].messages[0], FLAG_FLAGGED, 0);
        sim.world.lose_at = step;

        assert_int_equal(when_golub_syncs_after(60), 0);

        assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
        assert_string_equal(file_of(WORK, 2)->info, "c:2,F");
    }
}

/* ---- what breaks it each time ---- */

static void
given_mail_in_three_mailboxes(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 2);
    given_mail_there(WORK, 3);
    given_mail_there(OLD, 4);
    given_both_sides_agree();
    sim.server.rude = true;
}

static bool
has_pending(int mailbox, uint32_t uid)
{
    struct journal_pending *list;
    struct journal_message message;
    struct error err = {0};
    size_t count;
    bool found = false, known;

    (void)mailbox;
    assert_true(journal_pendings(sim.clients[0].journal, &list, &count, &err));
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind != PENDING_UNREADABLE)
            continue;
        assert_true(list[i].message == 0 ||
                    journal_message_get(sim.clients[0].journal, list[i].message, &message, &known, &err));
        found = found || (list[i].message == 0 ? uid == 0 : message.uid == uid);
    }
    free(list);
    return found;
}

static void
a_mailbox_that_ends_the_line_stops_itself_alone(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
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
    assert_true(has_pending(WORK, 0));
    assert_int_equal(sim.world.errors, 1);
    sim.server.unreadable = 0;
    then_both_sides_agree();
    then_it_is_here(WORK, 6, 1);
    assert_false(has_pending(WORK, 0));
}

static void
a_message_that_ends_the_line_stops_itself_alone(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
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
    assert_true(has_pending(WORK, uid + 1));
    sim.server.withheld = 0;
    then_both_sides_agree();
    then_it_is_here(WORK, 7, 1);
    assert_false(has_pending(WORK, uid + 1));
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

/* Asked for in the next run, then once a day: each time at the end of a run that has done all else. */
static void
what_ends_the_line_is_asked_for_once_a_day(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
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
    given_mail_in_three_mailboxes();
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

/* It may have moved to where nobody can look: the file waits a run, and goes then. */
static void
a_removal_here_waits_one_run_for_a_mailbox_that_ends_the_line(void **state)
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
}

static void
a_removal_there_does_not_wait_for_a_mailbox_that_ends_the_line(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
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
    given_mail_in_three_mailboxes();
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

/* What was in flight behind it goes up in the next run, and it alone waits for a day. */
static void
a_file_that_ends_the_line_when_it_is_sent_keeps_back_no_other(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    for (int content = 10; content < 16; content++)
        given_mail_here(content % 2 == 0 ? INBOX : WORK, content);
    sim.server.choked = 12 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(when_golub_syncs_after(60), 1);

    for (int content = 10; content < 16; content++)
        then_it_is_there(content % 2 == 0 ? INBOX : WORK, content, content != 12);
    assert_true(has_pending(INBOX, 0));
    sim.server.choked = 0;
    (void)when_golub_syncs_after(86400);
    then_both_sides_agree();
    then_it_is_there(INBOX, 12, 1);
    assert_false(has_pending(INBOX, 0));
}

/* All of one command may be under way; what was not answered is sent again alone, behind what nobody tried yet. */
static void
when_a_move_ends_the_line(bool has_move)
{
    given_mail_in_three_mailboxes();
    sim.server.move = has_move;
    for (int content = 5; content < 8; content++)
        given_mail_there(INBOX, content);
    given_both_sides_agree();
    for (int content = 5; content < 8; content++)
        when_the_user_moves(content, INBOX, WORK);
    when_the_user_moves(3, WORK, OLD);
    sim.server.choked = 6 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(when_golub_syncs_after(60), 1);

    for (int content = 5; content < 8; content++)
        then_it_is_there(WORK, content, content != 6);
    then_it_is_there(OLD, 3, 1);
    then_it_is_there(INBOX, 6, 1);
    sim.server.choked = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(WORK, 6, 1);
    then_both_sides_agree();
}

static void
a_move_that_ends_the_line_keeps_back_no_other(void **state)
{
    (void)state;
    when_a_move_ends_the_line(true);
}

static void
a_copy_that_ends_the_line_keeps_back_no_other_where_there_is_no_move(void **state)
{
    (void)state;
    when_a_move_ends_the_line(false);
}

static void
a_mailbox_whose_creation_ends_the_line_keeps_back_nothing(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    here()->tree.folder[OLD] = true;
    given_mail_here(OLD, 6);
    given_mail_here(INBOX, 7);
    given_mail_there(WORK, 8);
    sim.server.unmakeable = 1u << OLD;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(INBOX, 7, 1);
    then_it_is_here(WORK, 8, 1);
    assert_int_equal(sim.world.errors, 1);
    sim.server.unmakeable = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(OLD, 6, 1);
}

/* A server that refuses to open it, without ending the line. */
static void
a_removal_here_waits_one_run_for_a_mailbox_that_is_refused(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    sim.server.rude = false;
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

/* Perhaps the message went there: one run is waited for that, and the mailbox itself stays what it is. */
static void
a_removal_here_waits_one_run_for_a_mailbox_whose_line_of_the_list_cannot_be_read(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    sim.server.garbled = 1u << WORK;
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, 1);

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 1);
    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_here(INBOX, 1, 0);
    then_it_is_here(WORK, 2, 1);
    sim.server.garbled = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(WORK, 2, 1);
    then_it_is_there(WORK, 3, 1);
    then_both_sides_agree();
}

/* What is remembered of it as refused goes while it is asked alone, as one that ended the line. */
static void
a_mailbox_that_was_refused_and_then_ended_the_line_is_read_again(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    sim.server.rude = false;
    given_mail_there(WORK, 6);
    sim.server.unreadable = 1u << WORK;
    assert_int_equal(when_golub_syncs_after(60), 1);
    sim.server.rude = true;
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_true(has_pending(WORK, 0));
    sim.server.unreadable = 0;

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(WORK, 6, 1);
    assert_false(has_pending(WORK, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_line_that_breaks_at_any_step_is_opened_again_and_all_is_done),
        SCENARIO(a_line_that_breaks_while_it_reads_costs_nothing),
        SCENARIO(a_server_that_is_gone_is_tried_three_times),
        SCENARIO(an_append_without_an_answer_is_not_sent_again_in_the_same_run),
        SCENARIO(an_append_whose_answer_was_lost_is_found_in_the_same_run),
        SCENARIO(a_flag_in_a_mailbox_that_the_broken_line_did_not_show_comes),
        SCENARIO(a_mailbox_that_ends_the_line_stops_itself_alone),
        SCENARIO(a_message_that_ends_the_line_stops_itself_alone),
        SCENARIO(a_message_whose_size_ends_the_line_keeps_back_nothing),
        SCENARIO(a_message_whose_size_is_refused_keeps_back_nothing),
        SCENARIO(what_ends_the_line_is_asked_for_once_a_day),
        SCENARIO(a_mailbox_that_ended_the_line_is_asked_when_it_changed),
        SCENARIO(a_header_that_ends_the_line_is_read_from_the_body),
        SCENARIO(a_removal_here_waits_one_run_for_a_mailbox_that_ends_the_line),
        SCENARIO(a_removal_there_does_not_wait_for_a_mailbox_that_ends_the_line),
        SCENARIO(what_moved_to_a_mailbox_that_ends_the_line_stays_where_it_was_there),
        SCENARIO(a_file_that_ends_the_line_when_it_is_sent_keeps_back_no_other),
        SCENARIO(a_move_that_ends_the_line_keeps_back_no_other),
        SCENARIO(a_copy_that_ends_the_line_keeps_back_no_other_where_there_is_no_move),
        SCENARIO(a_removal_here_waits_one_run_for_a_mailbox_whose_line_of_the_list_cannot_be_read),
        SCENARIO(a_mailbox_whose_creation_ends_the_line_keeps_back_nothing),
        SCENARIO(a_removal_here_waits_one_run_for_a_mailbox_that_is_refused),
        SCENARIO(a_mailbox_that_was_refused_and_then_ended_the_line_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
