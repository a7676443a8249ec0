/* What changes between a look and what is done about it: the run looks once more before it goes on. */
#include "tests/sim/scenario.h"

static void
given_three_mailboxes(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
}

static uint32_t
uid_of(int mailbox, int content)
{
    const struct sim_mailbox *box = &sim.server.boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content)
            return box->messages[i].uid;
    fail_msg("#%d is not there", content);
    return 0;
}

static unsigned long reads, bodies, at_read; /* when golub began; after so many more commands that read others act */
static bool acted, unread;

static bool
is_the_moment(void)
{
    if (acted || coverage.done[STEP_READ] - reads < at_read)
        return false;
    unread = sim.server.bodies == bodies;
    return acted = true;
}

static void
when_others_act_after(unsigned long count, void (*act)(struct world *world))
{
    acted = unread = false;
    at_read = count;
    reads = coverage.done[STEP_READ];
    bodies = sim.server.bodies;
    given_others_act(act);
    (void)when_golub_syncs_after(60);
    sim.world.interfere = 0;
}

/* ---- while bodies are read before removals ---- */

/* Another client brings both of what it took out of INBOX to the same place: one that golub is to remove there, one that it is to remove here. */
static void
take_both_to_old(struct world *world)
{
    uint32_t uid;

    if (!is_the_moment())
        return;
    assert_true(server_add(&sim.server, OLD, 2, 0, 0, 1600000000, &uid));
    ledger_put(world, 2, OLD);
    if (server_multiplicity(&sim.server, INBOX, 1) != 0) {
        ledger_out(world, 1, INBOX);
        server_expunge(&sim.server, INBOX, uid_of(INBOX, 1));
        assert_true(server_add(&sim.server, OLD, 1, 0, 0, 1600000000, &uid));
        ledger_put(world, 1, OLD);
    }
}

static void
what_moves_while_bodies_are_read_before_removals_is_moved_here_too(void **state)
{
    acted = true;
    (void)state;
    for (unsigned long count = 1; acted; count++) {
        given_three_mailboxes();
        for (int content = 1; content <= 4; content++) {
            given_mail_here(INBOX, content); /* so their pairs rest on headers */
            given_mail_there(INBOX, content);
        }
        given_both_sides_agree();
        when_the_user_removes(INBOX, 1);
        ledger_out(&sim.world, 2, INBOX);
        server_expunge(&sim.server, INBOX, uid_of(INBOX, 2));

        when_others_act_after(count, take_both_to_old);

        if (unread)
            assert_int_equal(here()->quarantined, 0);
        then_both_sides_agree();
        if (acted)
            then_it_is_here(OLD, 2, 1);
        then_it_is_here(INBOX, 2, 0);
        end_scenario(NULL);
    }
    given_empty_account(1);
}

/* ---- what a server lists and never gives ---- */

static int looks;

static void
count_looks(struct world *world, int mailbox)
{
    (void)world;
    looks += mailbox == INBOX;
}

/* It is to be removed, and its body, which must be read before that, never comes. */
static void
what_a_server_never_gives_is_looked_for_once(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int content = 1; content <= 4; content++) {
        given_mail_here(INBOX, content); /* so their pairs rest on headers */
        given_mail_there(INBOX, content);
    }
    given_both_sides_agree();
    sim.server.never_shown = 1 + 1;
    when_the_user_removes(INBOX, 1);
    when_the_user_removes(INBOX, 2);
    looks = 0;
    sim.world.on_look = count_looks;

    (void)when_golub_syncs_after(60);

    assert_int_equal(looks, 2); /* and one after the removal of the other one */
    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(INBOX, 2, 0);
    sim.server.never_shown = 0;
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 0);
}

/* ---- what is stored although it is refused ---- */

/* In the run that was refused, or its file would be new mail where it moves, and the message one that was never here. */
static void
what_was_refused_and_stored_is_found_before_its_file_moves(void **state)
{
    (void)state;
    for (int moves = 0; moves < 2; moves++) {
        given_empty_account(1);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        given_mail_here(INBOX, 1);
        sim.server.grudged = 1 + 1;
        assert_int_equal(when_golub_syncs_after(60), 1);
        sim.server.grudged = 0;
        if (moves)
            when_the_user_moves(1, INBOX, WORK);
        else
            when_the_user_removes(INBOX, 1);

        then_both_sides_agree();

        then_it_is_there(INBOX, 1, 0);
        then_it_is_there(WORK, 1, moves);
        then_it_is_here(WORK, 1, moves);
    }
}

static void
what_was_not_copied_and_was_copied_is_found_before_it_is_sent(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    given_mail_here(WORK, 1);
    sim.server.grudged = 1 + 1;

    assert_int_equal(when_golub_syncs_after(60), 0);

    sim.server.grudged = 0;
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
    then_both_sides_agree();
    then_it_is_there(WORK, 1, 1);
}

static unsigned long calls, call;
static char known[LOCAL_BASE_MAX + 1];

/* An equal message arrives, and the file of the known one gets another name; a look at Work will miss two others. */
static void
it_gets_another_name(struct world *world)
{
    struct sim_file *file = maildir_sim_base(here(), INBOX, known);

    (void)world;
    if (calls++ != call || file == NULL)
        return;
    given_mail_there(INBOX, 1);
    assert_true(mua_move(here(), file, INBOX, true));
    when_the_user_removes(WORK, 2);
    mua_set_flags(here(), file_of(WORK, 3), FLAG_SEEN);
}

static void
what_gets_another_name_while_an_equal_message_arrives_is_not_paired_with_that_one(void **state)
{
    (void)state;
    for (call = 0; call < calls || call == 0; call++) {
        given_three_mailboxes();
        given_mail_there(INBOX, 1);
        for (int i = 2; i < 9; i++)
            given_mail_there(WORK, i);
        given_both_sides_agree();
        text_print(known, sizeof known, "%s", file_of(INBOX, 1)->base);
        server_set_flags(&sim.server, WORK, server_message(&sim.server, WORK, 2), FLAG_FLAGGED, 0);
        given_mail_here(INBOX, 20);
        calls = 0;
        given_others_act(it_gets_another_name);
        (void)when_golub_syncs_after(60);
        sim.world.outside = NULL;

        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 2);
        then_it_is_here(INBOX, 1, 2);
        assert_int_equal(here()->quarantined, 0);
        end_scenario(NULL);
    }
}

/* A mail reader gives new names all the time, and one to this file, once. */
static void
names_change_each_time(struct world *world)
{
    struct sim_file *file = maildir_sim_base(here(), INBOX, known), *other = file_of(INBOX, 20);

    (void)world;
    if (other != NULL && calls < call + 60)
        assert_true(mua_move(here(), other, INBOX, true));
    if (calls++ == call && file != NULL)
        assert_true(mua_move(here(), file, INBOX, true));
}

static void
what_gets_another_name_in_a_folder_that_never_rests_is_not_paired_with_an_equal_message(void **state)
{
    (void)state;
    for (call = 0; call < calls || call == 0; call++) {
        given_three_mailboxes();
        given_mail_here(INBOX, 1);
        given_mail_here(INBOX, 20);
        for (int i = 0; i < 2; i++)
            given_mail_there(INBOX, 1);
        text_print(known, sizeof known, "%s", file_of(INBOX, 1)->base);
        calls = 0;
        given_others_act(names_change_each_time);
        (void)when_golub_syncs_after(60);
        sim.world.outside = NULL;

        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 2);
        then_it_is_here(INBOX, 1, 2);
        assert_int_equal(here()->quarantined, 0);
        end_scenario(NULL);
    }
}

static void
its_uids_are_given_anew(struct world *world)
{
    (void)world;
    if (calls++ == call)
        server_reset_uidvalidity(&sim.server, WORK);
}

/* Between two looks of the run after one that died behind the quarantine: the row that knows of it means nothing any more. */
static void
what_is_in_the_quarantine_is_in_its_index_although_its_row_goes(void **state)
{
    (void)state;
    for (call = 0; call < calls || call == 0; call++) {
        given_three_mailboxes();
        for (int i = 1; i < 9; i++)
            given_mail_there(WORK, i);
        given_both_sides_agree();
        ledger_out(&sim.world, 1, WORK);
        server_expunge(&sim.server, WORK, 1);
        given_trouble_at(STEP_QUARANTINE, false, true);
        assert_int_equal(when_golub_syncs_after(60), -1);
        ledger_out(&sim.world, 2, WORK);
        server_expunge(&sim.server, WORK, 2);
        calls = 0;
        given_others_act(its_uids_are_given_anew);
        (void)when_golub_syncs_after(60);
        sim.world.outside = NULL;

        then_both_sides_agree();
        assert_true(here()->quarantined > 0);
        end_scenario(NULL);
    }
}

/* ---- between a STORE and its echo ---- */

static int sets_left;

static void
its_flag_is_set_again(struct world *world)
{
    struct sim_message *message = server_message(&sim.server, INBOX, 1);

    (void)world;
    if (message->flags != 0 || sets_left == 0)
        return;
    sets_left--;
    server_set_flags(&sim.server, INBOX, message, FLAG_FLAGGED, 0);
}

/* Another client is quicker each time: once it may have been chance, and after that its flag is the later one. */
static void
a_flag_that_another_client_sets_again_twice_comes_down(void **state)
{
    (void)state;
    for (int sets = 1; sets < 4; sets++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        mua_set_flags(here(), file_of(INBOX, 1), FLAG_FLAGGED);
        given_both_sides_agree();
        mua_set_flags(here(), file_of(INBOX, 1), 0);
        sets_left = sets;
        given_others_act(its_flag_is_set_again);
        (void)when_golub_syncs_after(60);
        sim.world.interfere = 0;

        then_both_sides_agree();

        assert_int_equal(server_message(&sim.server, INBOX, 1)->flags, sets > 1 ? FLAG_FLAGGED : 0);
        end_scenario(NULL);
    }
}

/* Another client took its flag off before golub looked, and sets it again after that. */
static void
it_is_flagged_again(struct world *world)
{
    (void)world;
    if (server_multiplicity(&sim.server, INBOX, 1) != 0 && is_the_moment())
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, uid_of(INBOX, 1)), FLAG_FLAGGED, 0);
}

static void
what_is_removed_here_and_flagged_again_there_after_the_look_is_wanted(void **state)
{
    unsigned kept = 0;

    acted = true;
    (void)state;
    for (unsigned long count = 1; acted; count++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        mua_set_flags(here(), file_of(INBOX, 1), FLAG_FLAGGED);
        given_both_sides_agree();
        server_set_flags(&sim.server, INBOX, message_of(INBOX, 1), 0, 0);
        when_the_user_removes(INBOX, 1);

        when_others_act_after(count, it_is_flagged_again);

        if (acted) /* ... before the look nothing has changed, as far as anybody can see */
            kept += server_multiplicity(&sim.server, INBOX, 1) != 0;
        then_both_sides_agree();
        end_scenario(NULL);
    }
    assert_true(kept > 0);
    given_empty_account(1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_moves_while_bodies_are_read_before_removals_is_moved_here_too),
        SCENARIO(what_a_server_never_gives_is_looked_for_once),
        SCENARIO(what_was_refused_and_stored_is_found_before_its_file_moves),
        SCENARIO(what_was_not_copied_and_was_copied_is_found_before_it_is_sent),
        SCENARIO(what_gets_another_name_while_an_equal_message_arrives_is_not_paired_with_that_one),
        SCENARIO(what_gets_another_name_in_a_folder_that_never_rests_is_not_paired_with_an_equal_message),
        SCENARIO(what_is_in_the_quarantine_is_in_its_index_although_its_row_goes),
        SCENARIO(a_flag_that_another_client_sets_again_twice_comes_down),
        SCENARIO(what_is_removed_here_and_flagged_again_there_after_the_look_is_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
