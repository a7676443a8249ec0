/* Files that are copied, renamed, damaged or written while golub is at work or away. */

#include "tests/sim/scenario.h"

static const struct sim_message *
message_there(int mailbox, int content)
{
    const struct sim_mailbox *box = &sim.server.boxes[mailbox];
    const struct sim_message *found = NULL;

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content) {
            assert_null(found);
            found = &box->messages[i];
        }
    assert_non_null(found);
    return found;
}

static void
given_flags_there(int mailbox, int content, unsigned flags)
{
    server_set_flags(&sim.server, mailbox, server_message(&sim.server, mailbox, message_there(mailbox, content)->uid),
                     flags, 0);
}

static void
when_the_journal_is_lost(void)
{
    run_open_journal(&sim, 0, NULL, 0);
    check_forget(&sim.clients[0]);
}

/* ---- copies ---- */

static void
given_a_copy_in_new(unsigned flags)
{
    given_mail_there(INBOX, 1);
    given_flags_there(INBOX, 1, flags);
    given_both_sides_agree();
    assert_true(mua_deliver(here(), WORK, 1, 0, 1600000000));
    ledger_put(&sim.world, 1, WORK);
}

static void
then_the_copy_has_no_flags(void)
{
    then_it_is_there(WORK, 1, 1);
    assert_int_equal(message_there(WORK, 1)->flags, 0);
    assert_string_equal(file_of(WORK, 1)->info, "n");
}

static void
a_copy_shows_what_its_file_shows_whatever_its_source_was_marked_with(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags <= FLAG_ALL; flags++)
        for (int move = 0; move < 2; move++) {
            given_empty_account(flags + 1);
            sim.server.uidplus = sim.server.condstore = sim.server.qresync = move == 1;
            given_a_copy_in_new(flags);

            assert_int_equal(when_golub_syncs_after(60), 0);

            then_the_copy_has_no_flags();
            then_both_sides_agree();
            then_the_copy_has_no_flags();
            assert_int_equal(message_there(INBOX, 1)->flags, flags);
        }
}

static int calls;

static void
mark_the_source(struct world *world)
{
    struct journal_op *ops = NULL;
    struct error err = {0};
    size_t count = 0;

    (void)world;
    assert_true(journal_ops(sim.clients[0].journal, &ops, &count, &err));
    free(ops);
    if (count != 0 && calls++ == 0)
        given_flags_there(INBOX, 1, FLAG_DELETED);
}

static void
a_copy_whose_source_is_marked_at_that_moment_is_not_marked(void **state)
{
    (void)state;
    given_empty_account(1);
    given_a_copy_in_new(0);
    calls = 0;
    given_others_act(mark_the_source);

    (void)when_golub_syncs_after(60);

    assert_true(calls > 0);
    then_both_sides_agree();
    then_the_copy_has_no_flags();
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,T");
}

static void
mark_the_source_for_a_moment(struct world *world)
{
    struct journal_op *ops = NULL;
    struct error err = {0};
    size_t count = 0;

    assert_true(journal_ops(sim.clients[0].journal, &ops, &count, &err));
    free(ops);
    (void)world;
    if (count != 0 && calls == 0) {
        calls++;
        given_flags_there(INBOX, 1, FLAG_DELETED);
    }
    if (calls == 1 && sim.server.boxes[WORK].count != 0) {
        calls++;
        given_flags_there(INBOX, 1, 0);
    }
}

/* The look that follows shows it unmarked: what its copy came with would be taken for somebody's wish. */
static void
a_copy_whose_source_is_marked_for_a_moment_is_not_marked(void **state)
{
    (void)state;
    given_empty_account(1);
    given_a_copy_in_new(0);
    calls = 0;
    given_others_act(mark_the_source_for_a_moment);

    (void)when_golub_syncs_after(60);

    assert_int_equal(calls, 2);
    sim.world.outside = NULL;
    then_both_sides_agree();
    then_the_copy_has_no_flags();
    then_it_is_there(INBOX, 1, 1);
}

static unsigned source_gets; /* flags */
static bool copy_moves_on;   /* by another client, from Work to the third mailbox */

static void
flag_the_source_of_a_move(struct world *world)
{
    if (calls == 0 && sim.server.boxes[WORK].count != 0) {
        calls++;
        given_flags_there(INBOX, 1, source_gets);
        if (copy_moves_on) {
            uint32_t uid;

            assert_true(server_add(&sim.server, OLD, 1, FLAG_SEEN, 0, 1600000000, &uid));
            ledger_out(world, 1, WORK);
            ledger_put(world, 1, OLD);
            server_expunge(&sim.server, WORK, 1);
        }
    }
}

/* A move by COPY: flags that another client sets or takes off behind it and before the removal that ends the move change in its new place. */
static void
what_is_changed_between_its_copy_and_its_removal_is_changed_where_it_went(void **state)
{
    (void)state;
    for (int way = 0; way < 6; way++) {
        const unsigned flags[] = {FLAG_SEEN | FLAG_FLAGGED, FLAG_SEEN | FLAG_ANSWERED, 0};
        const char *const shows[] = {"c:2,FS", "c:2,RS", "c:2,"};

        copy_moves_on = way % 2 != 0;
        source_gets = flags[way / 2];
        given_empty_account(1);
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        sim.server.move = false;
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        ledger_out(&sim.world, 1, INBOX);
        assert_true(mua_move(here(), file_of(INBOX, 1), WORK, false));
        ledger_put(&sim.world, 1, WORK);
        given_flags_there(INBOX, 1, FLAG_SEEN);
        calls = 0;
        given_others_act(flag_the_source_of_a_move);

        (void)when_golub_syncs_after(60);

        assert_int_equal(calls, 1);
        sim.world.outside = NULL;
        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 0);
        then_it_is_there(copy_moves_on ? OLD : WORK, 1, 1);
        then_it_is_there(copy_moves_on ? WORK : OLD, 1, 0);
        assert_string_equal(file_of(copy_moves_on ? OLD : WORK, 1)->info, shows[way / 2]);
        end_scenario(NULL);
    }
}

static void
expunge_the_source(struct world *world)
{
    struct journal_op *ops = NULL;
    struct error err = {0};
    size_t count = 0;

    assert_true(journal_ops(sim.clients[0].journal, &ops, &count, &err));
    free(ops);
    (void)world;
    if (count != 0 && calls == 0) {
        calls++;
        given_flags_there(INBOX, 1, FLAG_DELETED);
    }
    if (calls == 1 && sim.server.boxes[WORK].count != 0) {
        calls++;
        ledger_out(&sim.world, 1, INBOX);
        server_expunge(&sim.server, INBOX, message_there(INBOX, 1)->uid);
    }
}

/* What it was marked with when it was copied nobody can tell any more. */
static void
a_copy_whose_source_was_marked_and_is_gone_is_not_marked(void **state)
{
    (void)state;
    given_empty_account(1);
    given_a_copy_in_new(0);
    calls = 0;
    given_others_act(expunge_the_source);

    (void)when_golub_syncs_after(60);

    assert_int_equal(calls, 2);
    sim.world.outside = NULL;
    then_both_sides_agree();
    then_the_copy_has_no_flags();
    then_it_is_there(INBOX, 1, 0);
}

static void
mark_the_copy(struct world *world)
{
    (void)world;
    if (sim.server.boxes[WORK].count != 0 && calls++ == 0)
        given_flags_there(WORK, 1, FLAG_DELETED);
}

static void
then_the_copy_is_marked(void)
{
    then_it_is_there(WORK, 1, 1);
    assert_int_equal(message_there(WORK, 1)->flags, FLAG_DELETED);
    assert_string_equal(file_of(WORK, 1)->info, "c:2,T");
    assert_int_equal(message_there(INBOX, 1)->flags, 0);
}

/*
 * With and without change numbers; the line breaks behind the copy, or not; the source's mailbox changes meanwhile, or not. Where no answer says
 * the new UID, the copy is found by its content, and for some seconds nobody knows whether it was made before the look at its source.
 */
static void
a_copy_that_another_client_marks_before_it_was_seen_stays_marked(void **state)
{
    (void)state;
    for (int kind = 0; kind < 12; kind++) {
        const bool numbers = (kind & 1) == 0, again = (kind & 2) != 0, known = kind < 8,
                   breaks = !known || (kind & 4) != 0;

        given_empty_account((uint64_t)kind);
        sim.server.condstore = sim.server.qresync = numbers;
        sim.server.uidplus = known;
        given_a_copy_in_new(0);
        calls = 0;
        if (breaks)
            given_trouble_at(STEP_COPY, true, true);
        else
            given_others_act(mark_the_copy);
        (void)when_golub_syncs_after(60);
        sim.world.outside = NULL;
        if (breaks)
            mark_the_copy(&sim.world);
        if (again) /* its mailbox has changed since then */
            (void)given_mail_there(INBOX, 2);

        then_both_sides_agree();

        assert_true(calls > 0);
        then_the_copy_is_marked();
    }
}

static void
a_copy_has_no_flags_whenever_the_power_fails_or_the_line_breaks(void **state)
{
    (void)state;
    for (long step = 1; step < 14; step++)
        for (int kind = 0; kind < 4; kind++) {
            given_empty_account((uint64_t)step);
            given_a_copy_in_new(FLAG_FLAGGED | FLAG_ANSWERED);
            sim.world.crash_after = sim.world.lose_after = kind % 2 == 1;
            if (kind < 2)
                sim.world.crash_at = step;
            else
                sim.world.lose_at = step;
            (void)when_golub_syncs_after(60);

            then_both_sides_agree();

            then_the_copy_has_no_flags();
        }
}

static void
a_move_into_new_keeps_what_the_name_cannot_show(void **state)
{
    (void)state;
    for (int move = 0; move < 2; move++) {
        given_empty_account(1);
        sim.server.move = move == 1;
        given_mail_there(INBOX, 1);
        given_flags_there(INBOX, 1, FLAG_SEEN | FLAG_FLAGGED);
        given_both_sides_agree();
        when_the_user_moves(1, INBOX, WORK);
        mua_back_to_new(here(), file_of(WORK, 1));

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_both_sides_agree();
        assert_int_equal(message_there(WORK, 1)->flags, FLAG_FLAGGED);
    }
}

static void
a_flag_that_is_taken_off_unread_mail_goes(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    maildir_sim_set_info(here(), file_of(INBOX, 1), "n:2,F"); /* as neomutt flags what is unread */
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(message_there(INBOX, 1)->flags, FLAG_FLAGGED);
    maildir_sim_set_info(here(), file_of(INBOX, 1), "n");

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_both_sides_agree();
    assert_int_equal(message_there(INBOX, 1)->flags, 0);
}

/* ---- sent and not answered ---- */

static void
given_an_unanswered_append(void)
{
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    given_trouble_at(STEP_APPEND, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    /* Nothing is to be seen of it, and yet the server carries it out three seconds later. */
    sim.server.delayed[sim.server.delayed_count++] =
        (struct sim_delayed){.mailbox = INBOX, .content = 1, .date = 1600000000, .due = sim.world.now + 3};
}

static void
when_the_append_arrives(void)
{
    sim.world.now += 2;
    server_delayed(&sim.server, false);
}

static void
a_file_that_gets_another_name_while_its_append_is_under_way_is_sent_once(void **state)
{
    (void)state;
    given_an_unanswered_append();
    const unsigned long asked = coverage.done[STEP_APPEND];
    assert_true(mua_move(here(), file_of(INBOX, 1), INBOX, true));

    assert_int_equal(when_golub_syncs_after(1), 1);

    then_it_is_there(INBOX, 1, 0);
    when_the_append_arrives();
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
    assert_int_equal(coverage.done[STEP_APPEND], asked);
}

static void
a_file_that_moves_while_its_append_is_under_way_is_moved_there_as_well(void **state)
{
    (void)state;
    given_an_unanswered_append();
    when_the_user_moves(1, INBOX, WORK);

    assert_int_equal(when_golub_syncs_after(1), 1);

    then_it_is_there(WORK, 1, 0);
    when_the_append_arrives();
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
    then_it_is_here(INBOX, 1, 0);
}

static void
a_file_that_is_removed_while_its_append_is_under_way_does_not_come_back(void **state)
{
    (void)state;
    given_an_unanswered_append();
    when_the_user_removes(INBOX, 1);

    assert_int_equal(when_golub_syncs_after(1), 1);

    when_the_append_arrives();
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 0);
    then_it_is_here(INBOX, 1, 0);
}

static void
an_append_that_never_arrives_is_sent_again_for_the_file_that_has_its_bytes(void **state)
{
    (void)state;
    for (int to = INBOX; to <= WORK; to++) {
        given_an_unanswered_append();
        sim.server.delayed_count = 0;
        if (to == WORK)
            when_the_user_moves(1, INBOX, WORK);
        else
            assert_true(mua_move(here(), file_of(INBOX, 1), INBOX, true));
        assert_int_equal(when_golub_syncs_after(1), 1);

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_there(to, 1, 1);
        then_both_sides_agree();
    }
}

/* Its source is gone or not: the target's file moves on while the command is unanswered. */
static void
a_file_that_moves_on_while_its_move_is_under_way_is_there_once(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        given_empty_account(1);
        sim.server.move = kind % 2 == 1;
        given_mail_there(WORK, 1);
        given_both_sides_agree();
        when_the_user_moves(1, WORK, INBOX);
        given_trouble_at(sim.server.move ? STEP_MOVE : STEP_COPY, true, kind >= 2);
        assert_int_equal(when_golub_syncs_after(60), 5);
        assert_true(mua_move(here(), file_of(INBOX, 1), INBOX, true));
        (void)when_golub_syncs_after(1);

        then_both_sides_agree();

        then_it_is_there(INBOX, 1, 1);
        then_it_is_there(WORK, 1, 0);
        then_it_is_here(INBOX, 1, 1);
    }
}

/* Neither of two equal files was stored, the UIDs are given anew, and one more arrives elsewhere: it need be neither of them, moved on. */
static void
what_arrives_elsewhere_is_none_of_two_that_were_not_answered(void **state)
{
    (void)state;
    for (int pulls = 0; pulls < 2; pulls++) {
        given_empty_account(1);
        sim.server.dawdles = false;
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        given_mail_here(WORK, 1);
        given_mail_here(WORK, 1);
        given_trouble_at(STEP_APPEND, true, false);
        assert_int_equal(when_golub_syncs_after(60), 5);
        then_it_is_there(WORK, 1, 0);
        server_reset_uidvalidity(&sim.server, WORK);
        check_forget(&sim.clients[0]);
        given_mail_there(INBOX, 1);
        if (pulls == 0) {
            sim.clients[0].forced = FORCED_PUSH;
            (void)when_golub_syncs_after(60);
            sim.clients[0].forced = FORCED_NOT;
        }

        then_both_sides_agree();

        then_it_is_here(WORK, 1, 2);
        then_it_is_there(WORK, 1, 2);
        then_it_is_here(INBOX, 1, 1);
        then_it_is_there(INBOX, 1, 1);
    }
}

/* Its MOVE was carried out, and not answered, and another client moved it back or on before golub looked. Its file follows. */
static void
what_another_client_moves_on_after_an_unanswered_move_stays_where_it_is(void **state)
{
    (void)state;
    for (int to = WORK; to <= OLD; to++) {
        given_empty_account(1);
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        sim.server.dawdles = false;
        given_mail_there(WORK, 1);
        given_both_sides_agree();
        when_the_user_moves(1, WORK, INBOX);
        given_trouble_at(STEP_MOVE, true, true);
        assert_int_equal(when_golub_syncs_after(60), 5);
        server_delayed(&sim.server, true);
        then_it_is_there(INBOX, 1, 1);
        mua_set_flags(here(), file_of(INBOX, 1), FLAG_ANSWERED);
        assert_true(action_transfer_there(&sim, INBOX, message_there(INBOX, 1), to, true));

        then_both_sides_agree();

        for (int m = INBOX; m <= OLD; m++) {
            then_it_is_there(m, 1, m == to);
            then_it_is_here(m, 1, m == to);
        }
        assert_int_equal(message_there(to, 1)->flags, FLAG_ANSWERED);
    }
}

/* ---- damage ---- */

static void
damage_under_our_own_name_is_not_sent_as_new_mail_whatever_was_lost(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 1; i < 8; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    struct sim_file *damaged = file_of(INBOX, 5);
    mua_edit(here(), damaged, 20);
    ledger_put(&sim.world, 20, INBOX);
    when_the_journal_is_lost();

    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_int_equal(when_golub_syncs_after(60), 1);
    then_it_is_there(INBOX, 20, 0);
    then_it_is_here(INBOX, 20, 1);
    then_it_is_here(INBOX, 5, 1); /* fetched again, beside it */
    then_it_is_there(INBOX, 5, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_copy_shows_what_its_file_shows_whatever_its_source_was_marked_with),
        SCENARIO(a_copy_whose_source_is_marked_at_that_moment_is_not_marked),
        SCENARIO(a_copy_whose_source_is_marked_for_a_moment_is_not_marked),
        SCENARIO(what_is_changed_between_its_copy_and_its_removal_is_changed_where_it_went),
        SCENARIO(a_copy_whose_source_was_marked_and_is_gone_is_not_marked),
        SCENARIO(a_copy_that_another_client_marks_before_it_was_seen_stays_marked),
        SCENARIO(a_copy_has_no_flags_whenever_the_power_fails_or_the_line_breaks),
        SCENARIO(a_move_into_new_keeps_what_the_name_cannot_show),
        SCENARIO(a_flag_that_is_taken_off_unread_mail_goes),
        SCENARIO(a_file_that_gets_another_name_while_its_append_is_under_way_is_sent_once),
        SCENARIO(a_file_that_moves_while_its_append_is_under_way_is_moved_there_as_well),
        SCENARIO(a_file_that_is_removed_while_its_append_is_under_way_does_not_come_back),
        SCENARIO(an_append_that_never_arrives_is_sent_again_for_the_file_that_has_its_bytes),
        SCENARIO(a_file_that_moves_on_while_its_move_is_under_way_is_there_once),
        SCENARIO(what_arrives_elsewhere_is_none_of_two_that_were_not_answered),
        SCENARIO(what_another_client_moves_on_after_an_unanswered_move_stays_where_it_is),
        SCENARIO(damage_under_our_own_name_is_not_sent_as_new_mail_whatever_was_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
