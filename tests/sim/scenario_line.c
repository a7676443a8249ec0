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

/* Whose header is asked for last may be any file until then: the sizes that this server says are no file's. */
static void
a_line_that_breaks_at_a_first_meeting_sends_nothing_that_is_there(void **state)
{
    (void)state;
    for (int times = 1; times <= 20; times++) {
        given_empty_account((uint64_t)times);
        sim.server.lies = 2;
        for (int content = 1; content < 14; content++) {
            given_mail_there(INBOX, content);
            assert_true(mua_deliver(here(), INBOX, content, 0, 1600000000));
        }
        given_trouble_at(STEP_READ, true, true);
        sim.world.aim_left = 1 + times;
        sim.world.down = false;

        assert_in_range(when_golub_syncs_after(60), 0, 1);

        for (int content = 1; content < 14; content++)
            then_it_is_there(INBOX, content, 1);
        then_both_sides_agree();
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
a_server_that_is_gone_is_tried_three_times_more(void **state)
{
    (void)state;
    given_something_of_everything(1);
    given_trouble_at(STEP_READ, true, false);
    sim.world.aim_left = 5;
    given_others_act(count_time);
    opened = 0;

    assert_int_equal(when_golub_syncs_after(60), 5);

    /* the login, LIST of three mailboxes at most; then three more logins, the last with a simpler LIST */
    assert_in_range(opened, 5, 12);
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

static int again; /* so many steps after the first break the line breaks once more */

static void
another_one_is_marked_once_the_line_broke(struct world *world)
{
    struct sim_message *other = server_message(&sim.server, INBOX, 2);

    if (!world->lost || (other->flags & FLAG_DELETED) != 0)
        return;
    server_set_flags(&sim.server, INBOX, other, FLAG_DELETED, 0);
    world->lose_at = world->remote_step + again;
}

/* Our \Deleted stands on it, the removal is refused then, and the same bytes come up in another folder: \Deleted does not go along. */
static void
a_removal_that_broke_off_and_is_refused_then_leaves_no_mark_on_what_moves(void **state)
{
    (void)state;
    for (again = 1; again < 16; again++) {
        given_empty_account((uint64_t)again);
        sim.server.uidplus = false;
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        const struct sim_file file = *file_of(INBOX, 1);
        when_the_user_removes(INBOX, 1);
        given_trouble_at(STEP_EXPUNGE, true, false);
        sim.world.down = false;
        given_others_act(another_one_is_marked_once_the_line_broke);
        assert_int_equal(when_golub_syncs_after(60), 1);
        sim.world.outside = NULL;
        assert_non_null(maildir_sim_add(here(), WORK, file.base, file.info, 1, file.date));
        ledger_put(&sim.world, 1, WORK);
        check_forget(&sim.clients[0]);

        (void)when_golub_syncs_after(60);

        then_it_is_there(WORK, 1, 1);
        assert_int_equal(sim.server.boxes[WORK].messages[0].flags & FLAG_DELETED, 0);
        assert_null(strchr(file_of(WORK, 1)->info, 'T'));
        then_both_sides_agree();
    }
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_line_that_breaks_at_any_step_is_opened_again_and_all_is_done),
        SCENARIO(a_line_that_breaks_while_it_reads_costs_nothing),
        SCENARIO(a_line_that_breaks_at_a_first_meeting_sends_nothing_that_is_there),
        SCENARIO(a_server_that_is_gone_is_tried_three_times_more),
        SCENARIO(an_append_without_an_answer_is_not_sent_again_in_the_same_run),
        SCENARIO(an_append_whose_answer_was_lost_is_found_in_the_same_run),
        SCENARIO(a_removal_that_broke_off_and_is_refused_then_leaves_no_mark_on_what_moves),
        SCENARIO(a_flag_in_a_mailbox_that_the_broken_line_did_not_show_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
