/* What was sent without an answer and is carried out seconds later, after others have gone on; and what moved while its mailbox was left out. */
#include "tests/sim/scenario.h"

static const char *const all_but_work[] = {"*", "!Work", NULL}, *const all[] = {"*", NULL};

static void
given_a_late_command(enum step_kind kind)
{
    given_empty_account(1);
    sim.server.move = kind == STEP_MOVE;
    if (kind == STEP_APPEND)
        given_mail_here(WORK, 1);
    else
        given_mail_there(INBOX, 1);
    if (kind != STEP_APPEND) {
        given_both_sides_agree();
        when_the_user_moves(1, INBOX, WORK);
    }
    given_trouble_at(kind, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
}

/* Rows of a mailbox that is left out are forgotten; that a command may be under way there is not. */
static void
what_is_under_way_is_not_sent_again_although_its_mailbox_was_left_out(void **state)
{
    static const enum step_kind kinds[] = {STEP_APPEND, STEP_COPY, STEP_MOVE};

    (void)state;
    for (size_t kind = 0; kind < 3; kind++) {
        uint32_t uid;

        given_a_late_command(kinds[kind]);
        sim.patterns = all_but_work;
        sim.world.failed = false;
        given_trouble_at(STEP_READ, true, false);
        (void)when_golub_syncs_after(1);
        sim.patterns = all;

        assert_int_equal(when_golub_syncs_after(1), 1);

        then_it_is_there(WORK, 1, 0);
        assert_true(server_add(&sim.server, WORK, 1, 0, 0, 1600000000, &uid)); /* now it is carried out */
        if (kinds[kind] == STEP_MOVE)
            server_expunge(&sim.server, INBOX, 1);
        then_both_sides_agree();
        then_it_is_there(WORK, 1, 1);
        then_it_is_here(WORK, 1, 1);
        then_it_is_there(INBOX, 1, 0);
    }
}

/* What was never carried out goes up once that is certain. */
static void
what_was_lost_on_its_way_is_sent_although_its_mailbox_was_left_out(void **state)
{
    (void)state;
    given_a_late_command(STEP_APPEND);
    sim.patterns = all_but_work;
    (void)when_golub_syncs_after(1);
    sim.patterns = all;
    assert_int_equal(when_golub_syncs_after(1), 1);

    assert_int_equal(when_golub_syncs_after(30), 0);

    then_both_sides_agree();
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
}

/* Its first name is gone, but it is not: another UID with its bytes is another message. */
static void
what_was_sent_without_an_answer_and_got_another_name_is_one_file(void **state)
{
    (void)state;
    for (int uidplus = 0; uidplus < 2; uidplus++) {
        given_empty_account(1);
        sim.server.uidplus = uidplus != 0;
        given_both_sides_agree();
        given_mail_here(INBOX, 1);
        given_trouble_at(STEP_APPEND, false, true);
        assert_int_equal(when_golub_syncs_after(60), -1);
        server_delayed(&sim.server, true);
        assert_true(mua_move(here(), file_of(INBOX, 1), INBOX, true));
        assert_true(
            action_transfer_there(&sim, INBOX, &sim.server.boxes[INBOX].messages[0], INBOX, false)); /* a copy */

        (void)when_golub_syncs_after(60);

        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 2);
        then_it_is_here(INBOX, 1, 2);
        end_scenario(NULL);
    }
}

/* Its source has the flag by then, too: that is no sign that the copy came with it. */
static void
a_flag_that_a_copy_was_given_before_it_was_seen_stays(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    assert_true(mua_copy(here(), file_of(WORK, 1), INBOX));
    ledger_put(&sim.world, 1, INBOX);
    given_trouble_at(STEP_COPY, false, true);
    assert_int_equal(when_golub_syncs_after(60), -1);
    server_delayed(&sim.server, true);
    for (int mailbox = INBOX; mailbox <= WORK; mailbox++)
        server_set_flags(&sim.server, mailbox, &sim.server.boxes[mailbox].messages[0], FLAG_FLAGGED, 0);

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    assert_int_equal(sim.server.boxes[INBOX].messages[0].flags, FLAG_FLAGGED);
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
}

/* It was delivered and is in no row, so that its name alone says where it was: the message there is no half of a removal. */
static void
what_was_delivered_without_a_commit_and_goes_again_before_its_move_there_is_no_removal(void **state)
{
    (void)state;
    for (int move = 0; move < 2; move++) {
        given_empty_account(3);
        sim.server.move = move != 0;
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        given_mail_there(WORK, 1);
        given_trouble_at(STEP_DELIVER, false, true);
        assert_int_equal(when_golub_syncs_after(60), -1);
        when_the_user_moves(1, WORK, INBOX);
        given_trouble_at(move ? STEP_MOVE : STEP_COPY, false, false);
        assert_int_equal(when_golub_syncs_after(60), -1);

        when_the_user_removes(INBOX, 1);
        (void)when_golub_syncs_after(60);

        then_it_is_there(WORK, 1, 1);
        then_both_sides_agree();
        then_it_is_here(WORK, 1, 1);
        end_scenario(NULL);
    }
}

/* Two of it stand there, and which file is which only their bodies say. A third one was removed elsewhere, and seems to have come here. */
static void
what_may_be_a_message_that_cannot_be_read_is_not_moved_there(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    sim.patterns = all_but_work;
    assert_int_equal(when_golub_syncs_after(60), 0);
    for (size_t i = 0; i < here()->tree.count; i++)
        if (here()->tree.files[i].mailbox == WORK)
            assert_true(mua_move(here(), &here()->tree.files[i], WORK, true));
    when_the_user_removes(INBOX, 1);
    sim.patterns = all;
    sim.server.withheld = 1 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(WORK, 1, 2);
    sim.server.withheld = 0;
    then_both_sides_agree();
    then_it_is_there(WORK, 1, 2);
    then_it_is_there(INBOX, 1, 0);
}

/* Nothing that went in it meanwhile counts as removed: its file elsewhere, under the name that golub gave, is a copy for all that is known. */
static void
what_a_mailbox_that_was_left_out_lacks_has_not_moved_to_where_its_name_is(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    sim.patterns = all_but_work;
    (void)when_golub_syncs_after(60);
    const struct sim_file file = *file_of(WORK, 1);
    assert_non_null(maildir_sim_add(here(), INBOX, file.base, file.info, 1, file.date));
    ledger_put(&sim.world, 1, INBOX);
    mua_remove(here(), file_of(WORK, 1));
    check_forget(&sim.clients[0]);
    sim.patterns = all;

    (void)when_golub_syncs_after(60);

    then_both_sides_agree();
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

static void
others_remove_what_came_to_work(struct world *world)
{
    (void)world;
    if (server_message(&sim.server, WORK, 1) != NULL)
        server_remove(&sim.server, WORK, 1);
}

/* The mailbox gave a UID that nobody saw: for all that is known it was that of what was sent, which then moved on. The laws allow for that. */
static void
what_perhaps_arrived_may_have_moved_to_where_it_stands(void **state)
{
    (void)state;
    given_a_late_command(STEP_APPEND);
    given_mail_there(WORK, 2);
    given_mail_there(INBOX, 1);
    check_forget(&sim.clients[0]);
    given_others_act(others_remove_what_came_to_work);

    (void)when_golub_syncs_after(60);

    sim.world.outside = NULL;
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

/*
 * Killed at any step of it. Then another client puts a message there of the same header, size and date, and takes away what was to move: what looks
 * like it is not taken for it.
 */
static void
what_looks_like_what_was_sent_is_told_by_its_body(void **state)
{
    (void)state;
    for (int way = 0; way < 6; way++) /* a move by MOVE, by COPY, new mail; without and with UIDPLUS */
        for (int step = 1, whole = 0; !whole; step++) {
            uint32_t uid;

            given_empty_account(1);
            sim.server.move = way / 2 == 0;
            sim.server.uidplus = way % 2;
            if (way / 2 < 2) {
                assert_true(server_add(&sim.server, INBOX, CONTENT_NAMED_ALIKE, 0, 0, 1600000000, &uid));
                ledger_put(&sim.world, CONTENT_NAMED_ALIKE, INBOX);
                given_both_sides_agree();
                given_both_sides_agree();
                ledger_out(&sim.world, CONTENT_NAMED_ALIKE, INBOX);
                assert_true(mua_move(here(), file_of(INBOX, CONTENT_NAMED_ALIKE), WORK, false));
            } else {
                given_both_sides_agree();
                assert_true(mua_deliver(here(), WORK, CONTENT_NAMED_ALIKE, 0, 1600000000));
            }
            ledger_put(&sim.world, CONTENT_NAMED_ALIKE, WORK);
            sim.world.crash_at = step;
            whole = when_golub_syncs_after(60) != -1;
            assert_true(server_add(&sim.server, WORK, CONTENT_NAMED_ALIKE + 1, 0, 0, 1600000000, &uid));
            ledger_put(&sim.world, CONTENT_NAMED_ALIKE + 1, WORK);
            if (sim.server.boxes[INBOX].count > 0)
                server_remove(&sim.server, INBOX, sim.server.boxes[INBOX].messages[0].uid);

            (void)when_golub_syncs_after(60);

            then_both_sides_agree();
            then_it_is_there(WORK, CONTENT_NAMED_ALIKE, 1);
            then_it_is_there(WORK, CONTENT_NAMED_ALIKE + 1, 1);
            then_it_is_here(WORK, CONTENT_NAMED_ALIKE, 1);
            end_scenario(NULL);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_is_under_way_is_not_sent_again_although_its_mailbox_was_left_out),
        SCENARIO(what_was_lost_on_its_way_is_sent_although_its_mailbox_was_left_out),
        SCENARIO(what_was_sent_without_an_answer_and_got_another_name_is_one_file),
        SCENARIO(a_flag_that_a_copy_was_given_before_it_was_seen_stays),
        SCENARIO(what_was_delivered_without_a_commit_and_goes_again_before_its_move_there_is_no_removal),
        SCENARIO(what_a_mailbox_that_was_left_out_lacks_has_not_moved_to_where_its_name_is),
        SCENARIO(what_may_be_a_message_that_cannot_be_read_is_not_moved_there),
        SCENARIO(what_perhaps_arrived_may_have_moved_to_where_it_stands),
        SCENARIO(what_looks_like_what_was_sent_is_told_by_its_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
