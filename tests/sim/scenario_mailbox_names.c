/* Mailboxes that get another name, separator or UIDVALIDITY, or are made, while mail moves into them. */

#include "tests/sim/scenario_renamed.h"
#include "tests/sim/sim_local.h"

static void
a_smaller_uidvalidity_of_one_mailbox_makes_golub_doubt_the_others(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 2);
    sim.backup = sim.server;
    sim.server.boxes[INBOX].uidvalidity = ++sim.server.next_uidvalidity;
    const uint32_t lost = given_mail_there(WORK, 3);
    given_both_sides_agree();
    given_server_as_in_backup();
    uint32_t uid; /* its number, and those of the mailbox, are those of the lost one */
    assert_true(server_add(&sim.server, WORK, 4, 0, 0, 1600000500, &uid));
    ledger_put(&sim.world, 4, WORK);
    assert_int_equal(uid, lost);

    (void)when_golub_syncs_after(60);

    then_it_is_here(WORK, 4, 1);
    then_it_is_there(WORK, 3, 1);
    then_both_sides_agree();
}

static void
a_mailbox_whose_name_the_server_encodes_otherwise_is_the_same_mailbox(void **state)
{
    (void)state;
    for (int encodes = 0; encodes < 2; encodes++) {
        given_empty_account(1);
        sim.server.encodes = encodes != 0;
        given_mail_there(WORK, 1);
        given_both_sides_agree();
        sim.server.encodes = encodes == 0;
        given_mail_there(WORK, 2);

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_here(WORK, 1, 1);
        then_it_is_here(WORK, 2, 1);
        then_both_sides_agree();
    }
}

static void
a_mailbox_called_like_the_encoded_name_of_another_is_not_taken_for_it(void **state)
{
    (void)state;
    for (int encodes = 0; encodes < 2; encodes++) {
        given_empty_account(1);
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        sim.server.literal = true;
        sim.server.encodes = encodes != 0;
        given_mail_there(WORK, 1);
        given_mail_there(OLD, 2);
        given_both_sides_agree();
        sim.server.encodes = encodes == 0;
        given_mail_there(WORK, 3);

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_here(WORK, 1, 1);
        then_it_is_here(OLD, 2, 1);
        then_it_is_here(WORK, 3, 1);
        then_both_sides_agree();
    }
}

static void
another_separator_or_prefix_changes_no_mail(void **state)
{
    static const struct {
        char separator;
        const char *prefix;
    } forms[] = {{'.', ""}, {'/', ""}, {'.', "INBOX."}, {'/', ""}, {'.', "INBOX."}, {'.', ""}};

    (void)state;
    for (int renumbered = 0; renumbered < 2; renumbered++) {
        given_empty_account(1);
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        given_mail_there(WORK, 1);
        given_mail_there(OLD, 2);
        given_mail_here(OLD, 6);
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
            sim.server.separator = forms[i].separator;
            sim.server.prefix = forms[i].prefix;
            for (int k = INBOX; renumbered != 0 && k <= OLD; k++)
                server_reset_uidvalidity(&sim.server, k);
            check_forget(&sim.clients[0]);
            given_mail_there(WORK, 10 + (int)i);
            given_mail_here(OLD, 20 + (int)i);

            then_both_sides_agree();

            then_it_is_there(OLD, 20 + (int)i, 1);
            then_it_is_here(WORK, 10 + (int)i, 1);
        }
        then_it_is_here(WORK, 1, 1);
        then_it_is_there(OLD, 6, 1);
    }
}

/* ---- made meanwhile ---- */

static int calls;

static unsigned long reads; /* when golub began */

/* The connection was opened and each mailbox asked about, and nothing else. */
static bool
is_surveyed(void)
{
    return calls == 0 && coverage.done[STEP_READ] - reads > SIM_MAILBOXES;
}

static void
move_there_to_a_new_mailbox(struct world *world)
{
    uint32_t uid;

    if (!is_surveyed())
        return;
    calls++;
    server_create(&sim.server, OLD);
    assert_true(server_add(&sim.server, OLD, 1, 0, 0, 1600000000, &uid));
    ledger_put(world, 1, OLD);
    ledger_out(world, 1, WORK);
    server_expunge(&sim.server, WORK, 1);
}

static void
what_moves_to_a_mailbox_that_is_made_meanwhile_is_neither_sent_again_nor_removed(void **state)
{
    (void)state;
    for (int flagged = 0; flagged < 2; flagged++) {
        given_empty_account(1);
        given_mail_there(WORK, 1);
        given_both_sides_agree();
        given_mail_there(WORK, 2);
        if (flagged)
            mua_set_flags(here(), file_of(WORK, 1), FLAG_FLAGGED);
        calls = 0;
        reads = coverage.done[STEP_READ];
        given_others_act(move_there_to_a_new_mailbox);

        (void)when_golub_syncs_after(60);

        assert_int_equal(calls, 1);
        then_it_is_there(WORK, 1, 0);
        then_it_is_here(WORK, 1, 1);
        then_both_sides_agree();
        then_it_is_there(OLD, 1, 1);
        then_it_is_here(WORK, 1, 0);
        then_it_is_here(OLD, 1, 1);
        assert_int_equal(here()->quarantined, 0);
        end_scenario(NULL);
    }
}

/* As another client that keeps a mailbox under a new name for each year does it. */
static void
rename_there_and_make_again(struct world *world)
{
    if (!is_surveyed())
        return;
    calls++;
    sim.server.boxes[OLD] = sim.server.boxes[WORK];
    sim.server.boxes[WORK].count = 0;
    server_reset_uidvalidity(&sim.server, WORK);
    for (int i = 1; i <= 3; i += 2) {
        ledger_put(world, i, OLD);
        ledger_out(world, i, WORK);
    }
}

static void
what_goes_with_its_mailbox_to_a_new_name_meanwhile_is_not_sent_again(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 2);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    given_mail_there(WORK, 3); /* so that it is looked at */
    calls = 0;
    reads = coverage.done[STEP_READ];
    given_others_act(rename_there_and_make_again);

    (void)when_golub_syncs_after(60);

    assert_int_equal(calls, 1);
    then_it_is_there(WORK, 1, 0);
    sim.world.interfere = 0;
    then_both_sides_agree();
    then_it_is_there(OLD, 1, 1);
    then_it_is_there(WORK, 1, 0);
    then_it_is_here(OLD, 1, 1);
    then_it_is_here(OLD, 3, 1);
    then_it_is_here(WORK, 1, 0);
}

static void
move_here_to_a_new_folder(struct world *world)
{
    (void)world;
    if (!is_surveyed())
        return;
    calls++;
    here()->tree.folder[OLD] = true;
    when_the_user_moves(1, WORK, OLD);
}

static void
what_moves_to_a_folder_that_is_made_meanwhile_is_neither_fetched_again_nor_removed(void **state)
{
    (void)state;
    for (int flagged = 0; flagged < 2; flagged++) {
        given_empty_account(1);
        given_mail_there(WORK, 1);
        given_both_sides_agree();
        given_mail_here(WORK, 2);
        if (flagged)
            server_set_flags(&sim.server, WORK, server_message(&sim.server, WORK, 1), FLAG_FLAGGED, 0);
        calls = 0;
        reads = coverage.done[STEP_READ];
        given_others_act(move_here_to_a_new_folder);

        (void)when_golub_syncs_after(60);

        assert_int_equal(calls, 1);
        then_it_is_there(WORK, 1, 1);
        then_it_is_here(WORK, 1, 0);
        then_both_sides_agree();
        then_it_is_there(OLD, 1, 1);
        then_it_is_there(WORK, 1, 0);
        then_it_is_here(OLD, 1, 1);
        end_scenario(NULL);
    }
}

/* ---- what goes on while golub looks ---- */

static unsigned long at_read;

static void
move_on_from_a_mailbox_that_was_swapped(struct world *world)
{
    (void)world;
    if (calls > 0 || coverage.done[STEP_READ] - reads < at_read)
        return;
    calls++;
    when_another_client_moves(5, WORK, INBOX);
}

/* What its listing named is gone when its header is asked for: the other halves of that were looked at before it moved. */
static void
what_moves_on_out_of_mailboxes_that_are_swapped_is_there_once_whenever_it_does(void **state)
{
    static const int was_in[] = {INBOX, WORK, WORK, OLD, OLD, OLD};
    static struct sim_mailbox other;

    (void)state;
    calls = 1;
    for (at_read = 1; calls == 1; at_read++) {
        given_empty_account(1);
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        for (int content = 0; content < 6; content++)
            given_mail_there(was_in[content], content);
        given_mail_there(INBOX, 9);
        given_both_sides_agree();
        when_another_client_moves(9, INBOX, OLD);
        other = sim.server.boxes[WORK];
        sim.server.boxes[WORK] = sim.server.boxes[OLD];
        sim.server.boxes[OLD] = other;
        for (int content = 1; content <= 9; content += content == 5 ? 4 : 1) {
            int from = content == 9 ? OLD : was_in[content];

            ledger_out(&sim.world, content, from);
            ledger_put(&sim.world, content, from == WORK ? OLD : WORK);
        }
        calls = 0;
        reads = coverage.done[STEP_READ];
        given_others_act(move_on_from_a_mailbox_that_was_swapped);
        (void)when_golub_syncs_after(60);
        sim.world.interfere = 0;

        then_both_sides_agree();

        for (int content = 1; content <= 4; content++) {
            then_it_is_there(was_in[content] == WORK ? OLD : WORK, content, 1);
            then_it_is_there(was_in[content], content, 0);
        }
        then_it_is_there(INBOX, 5, calls);
        then_it_is_there(WORK, 5, 1 - calls);
        then_it_is_there(OLD, 5, 0);
        then_it_is_there(WORK, 9, 1);
        end_scenario(NULL);
    }
    assert_true(at_read > 8);
    given_empty_account(1);
}

/* It holds more of other mail: its own mailbox was left out for a while, and the user moved all of another one there. */
static void
a_folder_of_a_mailbox_that_was_left_out_is_not_the_one_whose_mail_moved_into_it(void **state)
{
    static const char *const all_but_old[] = {"*", "!Work/Old", NULL}, *const all[] = {"*", NULL};

    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    for (int content = 1; content <= 3; content++)
        given_mail_there(OLD, content);
    given_mail_there(WORK, 4);
    given_both_sides_agree();
    sim.patterns = all_but_old;
    (void)when_golub_syncs_after(60);
    when_the_user_moves(4, WORK, OLD);
    here()->tree.folder[WORK] = false;
    sim.patterns = all;

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    for (int content = 1; content <= 4; content++) {
        then_it_is_there(OLD, content, 1);
        then_it_is_here(OLD, content, 1);
        then_it_is_there(WORK, content, 0);
    }
}

static void
a_folder_gets_its_name_back_where_its_new_one_is_anothers(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int content = 1; content <= 3; content++)
        given_mail_there(WORK, content);
    given_both_sides_agree();
    sim.world.renamed = true;
    when_the_folder_is_renamed(WORK, OLD);
    server_create(&sim.server, OLD);
    given_mail_there(OLD, 4);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_both_sides_agree();
    for (int content = 1; content <= 4; content++)
        then_it_is_here(content == 4 ? OLD : WORK, content, 1);
}

static bool
was_killed_at(enum step_kind kind, int left, bool after)
{
    given_trouble_at(kind, false, after);
    sim.world.aim_left = left;
    const bool killed = when_golub_syncs_after(60) == -1;

    sim.world.aim_left = 0;
    return killed;
}

/* Cut off as it made folders, and cut off as it followed another `map`: what only stood above another one was no folder, and is made. */
static void
a_folder_that_was_not_made_yet_is_made_where_another_map_has_it(void **state)
{
    (void)state;
    for (int after = 0; after < 2; after++)
        for (int folders = 1, killed = 1; killed != 0; folders++)
            for (int commits = 1; commits <= 8; commits++) {
                given_empty_account(1);
                server_create(&sim.server, OLD);
                here()->tree.folder[WORK] = false;
                here()->tree.folder[OLD] = true;
                given_mail_there(WORK, 1);
                given_mail_there(OLD, 2);
                killed = was_killed_at(STEP_FOLDER, folders, after != 0);
                folders_map(here(), 1);
                check_forget(&sim.clients[0]);
                (void)was_killed_at(STEP_COMMIT, commits, true);

                then_both_sides_agree();
                then_it_is_here(WORK, 1, 1);
                then_it_is_here(OLD, 2, 1);
                end_scenario(NULL);
            }
}

/* An empty folder whose mailbox is gone there makes way for one that has its name by now; that it goes is written down before (sim_intents.c). */
static void
an_empty_folder_makes_way_for_the_one_that_has_its_name_there(void **state)
{
    struct sim_mailbox *boxes = sim.server.boxes;

    (void)state;
    given_mail_in_three_mailboxes();
    when_the_user_removes(OLD, 4);
    given_both_sides_agree();
    boxes[OLD] = boxes[WORK];
    boxes[WORK].exists = false;
    boxes[WORK].count = 0;
    sim.world.renamed = true;
    for (int i = 2; i <= 3; i++) {
        ledger_out(&sim.world, i, WORK);
        ledger_put(&sim.world, i, OLD);
    }
    then_both_sides_agree();
    then_it_is_here(OLD, 2, 1);
    then_it_is_here(OLD, 3, 1);
    assert_int_equal(here()->quarantined, 0);
}

static bool
when_golub_syncs_until(int step, const char *const *patterns)
{
    sim.patterns = patterns;
    sim.world.crash_at = step;
    check_forget(&sim.clients[0]); /* nothing is carried where it is left out */
    return when_golub_syncs_after(60) != -1;
}

/* The run that follows it dies, and then it is left out. Its folder goes by way of a temporary name, to one above its own: it gets there all the same. */
static void
a_folder_of_a_mailbox_that_is_left_out_comes_to_its_name_whenever_the_power_fails(void **state)
{
    static const char *const all_but_work[] = {"*", "!Work", NULL}, *const all[] = {"*", NULL};
    bool whole = false;

    (void)state;
    for (int first = 1; !whole; first++) {
        bool again = true;

        for (int second = 1; again; second++) {
            given_mail_in_old_alone();
            when_another_client_renames_old_to_work();
            whole = when_golub_syncs_until(first, all);
            again = !when_golub_syncs_until(second, all_but_work);
            (void)when_golub_syncs_until(0, all_but_work);
            (void)when_golub_syncs_until(0, all);
            then_both_sides_agree();
            for (int content = 1; content <= 3; content++) {
                then_it_is_there(WORK, content, 1);
                then_it_is_here(WORK, content, 1);
            }
            for (int i = SIM_MAILBOXES; i < SIM_PLACES; i++)
                assert_false(here()->tree.folder[i]);
            end_scenario(NULL);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_smaller_uidvalidity_of_one_mailbox_makes_golub_doubt_the_others),
        SCENARIO(a_mailbox_whose_name_the_server_encodes_otherwise_is_the_same_mailbox),
        SCENARIO(a_mailbox_called_like_the_encoded_name_of_another_is_not_taken_for_it),
        SCENARIO(another_separator_or_prefix_changes_no_mail),
        SCENARIO(what_moves_to_a_mailbox_that_is_made_meanwhile_is_neither_sent_again_nor_removed),
        SCENARIO(what_goes_with_its_mailbox_to_a_new_name_meanwhile_is_not_sent_again),
        SCENARIO(what_moves_to_a_folder_that_is_made_meanwhile_is_neither_fetched_again_nor_removed),
        SCENARIO(a_folder_of_a_mailbox_that_was_left_out_is_not_the_one_whose_mail_moved_into_it),
        SCENARIO(a_folder_gets_its_name_back_where_its_new_one_is_anothers),
        SCENARIO(what_moves_on_out_of_mailboxes_that_are_swapped_is_there_once_whenever_it_does),
        SCENARIO(a_folder_of_a_mailbox_that_is_left_out_comes_to_its_name_whenever_the_power_fails),
        SCENARIO(an_empty_folder_makes_way_for_the_one_that_has_its_name_there),
        SCENARIO(a_folder_that_was_not_made_yet_is_made_where_another_map_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
