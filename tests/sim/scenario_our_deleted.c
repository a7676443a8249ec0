/*
 * The mark \Deleted that a removal of ours left on a message which nobody wants removed any more, since the power failed or the line broke before
 * its EXPUNGE: it comes off, and goes nowhere along.
 */
#include "tests/sim/scenario.h"

static const char *const all_but_work[] = {"*", "!Work", NULL}, *const all[] = {"*", NULL};

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

/* The server set it, and refused to expunge; the user wants the message back, at once or after another run. */
static void
our_deleted_of_a_removal_that_is_refused_is_nobodys_wish(void **state)
{
    (void)state;
    for (int expunges = 0; expunges < 2; expunges++)
        for (int runs = 1; runs <= 2; runs++) {
            given_empty_account(1);
            sim.world.expunges = expunges == 1;
            const uint32_t uid = given_mail_there(INBOX, 1);
            given_mail_there(INBOX, 2);
            given_both_sides_agree();
            const struct sim_file file = *file_of(INBOX, 1);
            when_the_user_removes(INBOX, 1);
            sim.server.clinging = 1u << INBOX;
            for (int run = 0; run < runs; run++)
                assert_int_equal(when_golub_syncs_after(60), 1);
            assert_int_equal(server_message(&sim.server, INBOX, uid)->flags, FLAG_DELETED);
            assert_non_null(maildir_sim_add(here(), INBOX, file.base, file.info, 1, file.date));
            ledger_put(&sim.world, 1, INBOX);
            check_forget(&sim.clients[0]);
            sim.server.clinging = 0;

            then_both_sides_agree();

            then_it_is_there(INBOX, 1, 1);
            assert_int_equal(message_of(INBOX, 1)->flags, 0);
            assert_string_equal(file_of(INBOX, 1)->info, file.info);
        }
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

/* Nothing of ours took it off: somebody wants the message, also where our removal was on its way. */
static void
deleted_that_another_client_takes_off_after_a_removal_was_cut_off_is_its_wish(void **state)
{
    (void)state;
    given_empty_account(1);
    const uint32_t uid = given_mail_there(INBOX, 1);
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, uid), FLAG_DELETED, 0);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);
    given_trouble_at(STEP_DELETED, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, uid), 0, 0);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(our_deleted_comes_off_where_somebody_wants_the_message_after_a_crash),
        SCENARIO(our_deleted_of_a_removal_that_is_refused_is_nobodys_wish),
        SCENARIO(our_deleted_stays_behind_where_the_message_comes_up_again),
        SCENARIO(our_deleted_on_the_source_of_a_move_is_not_copied_to_its_next_place),
        SCENARIO(our_deleted_comes_off_all_at_once),
        SCENARIO(deleted_that_another_client_takes_off_after_a_removal_was_cut_off_is_its_wish),
        SCENARIO(our_deleted_is_known_under_another_uidvalidity),
        SCENARIO(our_deleted_comes_off_although_its_mailbox_was_left_out),
        SCENARIO(our_deleted_is_remembered_where_the_server_says_ok_and_leaves_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
