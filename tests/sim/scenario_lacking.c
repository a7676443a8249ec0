/* What a tree lacks that was copied, or came out of a backup: nobody removed it, and nobody moved it. */
#include "tests/quarantine_rows.h"
#include "tests/sim/scenario.h"

/* One message in two places, another one beside it, and a third folder. */
static void
given_one_message_in_two_places(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
}

/* The rest of the tree is still being copied: no ledger says that a user took it out. */
static struct sim_file
given_a_copied_tree_lacks(int mailbox, int content)
{
    const struct sim_file away = *file_of(mailbox, content);

    maildir_sim_reborn(here());
    maildir_sim_drop(here(), file_of(mailbox, content));
    check_forget(&sim.clients[0]);
    sim.clients[0].confirm = false;
    return away;
}

/* The first copy was whole. What tells a copy is forgotten in a run that finds it as it was, so that the next copy is one again. */
static void
a_folder_that_is_copied_once_more_is_a_copy_again(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    here()->born[INBOX] = here()->next_birth++;
    then_both_sides_agree();
    here()->born[INBOX] = here()->next_birth++;
    maildir_sim_drop(here(), file_of(INBOX, 2));
    check_forget(&sim.clients[0]);
    sim.clients[0].confirm = false;

    assert_int_equal(when_golub_syncs_after(60), 3);

    then_it_is_there(INBOX, 2, 1);
}

/* The server showed the newest 50 alone when the tree was copied. What it lacked comes into view later. */
static void
what_was_out_of_view_when_the_tree_was_copied_is_held_once_it_is_seen(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.window = 50;
    sim.server.qresync = false;
    for (int i = 0; i < 50; i++)
        given_mail_there(INBOX, 20 + i);
    given_both_sides_agree();
    for (int i = 0; i < 4; i++)
        given_mail_there(INBOX, 100 + i);
    assert_int_equal(when_golub_syncs_after(60), 0);
    (void)given_a_copied_tree_lacks(INBOX, 23);
    (void)when_golub_syncs_after(60);
    for (int i = 0; i < 4; i++) {
        ledger_out(&sim.world, 40 + i, INBOX);
        server_expunge(&sim.server, INBOX, 21 + (uint32_t)i);
    }

    for (int i = 0; i < 3; i++) {
        sim.clients[0].confirm = false;
        assert_int_equal(when_golub_syncs_after(60), 3);
    }

    then_it_is_there(INBOX, 23, 1);
}

/* A copy was asked for, and not answered, when the tree was copied: both its ends lack their files before anybody knows its UID. */
static void
what_waited_for_an_answer_when_the_tree_was_copied_is_held_after_it(void **state)
{
    uint32_t uid;

    (void)state;
    given_empty_account(1);
    for (int content = 1; content <= 4; content++)
        given_mail_there(WORK, content);
    given_both_sides_agree();
    assert_true(mua_copy(here(), file_of(WORK, 1), INBOX));
    ledger_put(&sim.world, 1, INBOX);
    given_trouble_at(STEP_COPY, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    (void)given_a_copied_tree_lacks(WORK, 1);
    (void)given_a_copied_tree_lacks(INBOX, 1);
    (void)when_golub_syncs_after(1);
    assert_true(server_add(&sim.server, INBOX, 1, 0, 0, 1600000000, &uid)); /* now it is carried out */

    for (int i = 0; i < 3; i++) {
        sim.clients[0].confirm = false;
        assert_int_equal(when_golub_syncs_after(60), 3);
    }

    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(WORK, 1, 1);
}

static void
what_a_copied_folder_lacks_was_not_moved(void **state)
{
    (void)state;
    for (int twin = 0; twin < 2; twin++) {
        given_empty_account(1);
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        if (twin == 1)
            given_mail_there(INBOX, 1);
        given_mail_there(WORK, 1);
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        maildir_sim_reborn(here());
        maildir_sim_drop(here(), file_of(WORK, 1));
        given_mail_here(OLD, 1);
        check_forget(&sim.clients[0]);

        assert_int_equal(when_golub_syncs_after(60), 3);

        then_it_is_there(WORK, 1, 1);
        then_it_is_there(OLD, 1, 1);
    }
}

/*
 * Its removal is refused (others carry \Deleted, and there is no UID EXPUNGE), and the same message stands in another folder, which got what
 * was changed about it.
 */
static void
a_flag_that_changed_while_a_file_was_away_is_set_here_once_it_is_back(void **state)
{
    (void)state;
    given_one_message_in_two_places();
    sim.server.uidplus = sim.server.move = false;
    for (uint32_t uid = 1; uid <= 2; uid++)
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, uid), FLAG_DELETED, 0);
    server_set_flags(&sim.server, WORK, server_message(&sim.server, WORK, 1), FLAG_DELETED, 0);
    given_both_sides_agree();
    const struct sim_file file = *file_of(INBOX, 1);
    when_the_user_removes(INBOX, 1);
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 1), 0, 0);
    check_forget(&sim.clients[0]);
    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_non_null(maildir_sim_add(here(), INBOX, file.base, file.info, 1, file.date));

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 1, 1);
    assert_string_equal(file_of(INBOX, 1)->info, "c:2,");
    then_both_sides_agree();
}

/* The twin is copied by the user while the other one is still held: that is no move of the one that is not there yet. */
static void
what_is_held_since_the_tree_was_copied_was_not_moved_later_either(void **state)
{
    (void)state;
    given_one_message_in_two_places();
    const struct sim_file away = given_a_copied_tree_lacks(INBOX, 1);
    assert_int_equal(when_golub_syncs_after(60), 3);
    assert_true(mua_copy(here(), file_of(WORK, 1), OLD));
    ledger_put(&sim.world, 1, OLD);
    sim.clients[0].confirm = false;

    assert_int_equal(when_golub_syncs_after(60), 3);

    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(OLD, 1, 1);
    assert_non_null(maildir_sim_add(here(), INBOX, away.base, away.info, 1, away.date));
    then_both_sides_agree();
    then_it_is_here(INBOX, 1, 1);
    then_it_is_there(INBOX, 1, 1);
}

/* It is fetched again under the name that it had: what is copied after that is the same file, and no copy of it. */
static void
what_is_wanted_of_a_copied_tree_is_no_second_one_once_its_file_comes(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_here(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    const struct sim_file away = given_a_copied_tree_lacks(INBOX, 1);
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 2), FLAG_FLAGGED, 0);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(INBOX, 1, 1);

    assert_non_null(maildir_sim_add(here(), INBOX, away.base, away.info, 1, away.date));
    ledger_out(&sim.world, 1, INBOX); /* one of two files of one name goes */

    then_both_sides_agree();
    then_it_is_here(INBOX, 1, 1);
    then_it_is_there(INBOX, 1, 1);
    assert_int_equal(sim.server.boxes[INBOX].messages[1].uid, 2);
    assert_int_equal(sim.server.boxes[INBOX].messages[1].flags & FLAG_FLAGGED, FLAG_FLAGGED);
}

/* A run that may not remove says so of what is held, and no word came: the next one holds it, and a word given then lets it go. */
static void
what_a_run_keeps_back_is_held_afterwards_as_before(void **state)
{
    static const int ways[] = {FORCED_KEEP, FORCED_PULL};

    (void)state;
    for (size_t way = 0; way < 2; way++) {
        for (int word = 0; word < 2; word++) {
            given_one_message_in_two_places();
            (void)given_a_copied_tree_lacks(INBOX, 2);
            assert_int_equal(when_golub_syncs_after(60), 3);
            sim.clients[0].forced = ways[way];
            sim.clients[0].confirm = false;
            assert_int_equal(when_golub_syncs_after(60), 0);
            sim.clients[0].forced = 0;
            sim.clients[0].confirm = word == 1;
            if (word == 1)
                ledger_out(&sim.world, 2, INBOX);

            assert_int_equal(when_golub_syncs_after(60), word == 1 ? 0 : 3);

            then_it_is_there(INBOX, 2, word == 1 ? 0 : 1);
        }
    }
}

/* What `expunge` removes has a clean row: it stays on its list all the same, and mail that arrives makes it no fewer. */
static void
what_expunge_would_remove_is_held_after_a_run_that_may_not_as_before(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.world.expunges = true;
    for (int i = 1; i <= 12; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    for (int i = 1; i <= 12; i++)
        mua_set_flags(here(), file_of(INBOX, i), FLAG_DELETED);
    sim.clients[0].confirm = false;
    assert_int_equal(when_golub_syncs_after(60), 3);
    sim.clients[0].confirm = false;
    sim.clients[0].forced = FORCED_KEEP;
    assert_int_equal(when_golub_syncs_after(60), 0);
    sim.clients[0].forced = 0;
    sim.clients[0].confirm = false;
    for (int i = 13; i <= 20; i++)
        given_mail_there(INBOX, i);

    assert_int_equal(when_golub_syncs_after(60), 3);

    for (int i = 1; i <= 20; i++)
        then_it_is_there(INBOX, i, 1);
}

/* It comes back, and its twin, which is another message for its reader, gets nothing of it. */
static void
a_flag_of_what_a_copied_tree_lacks_is_not_given_to_an_equal_message(void **state)
{
    (void)state;
    for (int later = 0; later < 2; later++) {
        given_one_message_in_two_places();
        (void)given_a_copied_tree_lacks(INBOX, 1);
        if (later == 1)
            assert_int_equal(when_golub_syncs_after(60), 3);
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 1), FLAG_FLAGGED, 0);

        assert_int_equal(when_golub_syncs_after(60), 0);

        assert_int_equal(server_message(&sim.server, WORK, 1)->flags, 0);
        then_it_is_here(INBOX, 1, 1);
        assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
        then_both_sides_agree();
    }
}

/*
 * Its flag says that it comes again, and a run that fetches nothing leaves that to the next one, also where its removal was held before that:
 * nobody removed it, and nobody moved it.
 */
static void
what_a_copied_tree_lacks_comes_again_in_a_later_run_than_the_first(void **state)
{
    (void)state;
    for (int held = 0; held < 2; held++) {
        given_one_message_in_two_places();
        (void)given_a_copied_tree_lacks(INBOX, 1);
        if (held == 1)
            assert_int_equal(when_golub_syncs_after(60), 3);
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 1), FLAG_FLAGGED, 0);
        sim.clients[0].forced = FORCED_PUSH;
        assert_int_equal(when_golub_syncs_after(60), 0);
        sim.clients[0].forced = 0;

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_it_is_there(INBOX, 1, 1);
        then_it_is_here(INBOX, 1, 1);
        assert_string_equal(file_of(INBOX, 1)->info, "c:2,F");
        assert_int_equal(server_message(&sim.server, WORK, 1)->flags, 0);
        then_both_sides_agree();
    }
}

/* A reader saves it elsewhere and marks it here; the server has no room for the copy yet. The copy is not marked, and stays. */
static void
what_expunge_removes_was_not_moved(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.world.expunges = true;
    for (int i = 1; i <= 3; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    assert_true(mua_copy(here(), file_of(INBOX, 1), WORK));
    ledger_put(&sim.world, 1, WORK);
    ledger_out(&sim.world, 1, INBOX);
    mua_set_flags(here(), file_of(INBOX, 1), FLAG_DELETED);
    sim.server.quota = 3;

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
    assert_int_equal(sim.server.boxes[WORK].messages[0].flags, 0);
    then_both_sides_agree();
}

/* ---- fsync = false ---- */

/* The name was on the disk, the blocks were not. */
static void
given_a_power_cut_damaged(int content)
{
    int damage = 300;

    while (!content_get(damage)->digests.has_nul)
        damage++;
    here()->boots++;
    for (size_t i = 0; i < here()->tree.count; i++)
        here()->tree.files[i].unflushed = false;
    struct sim_file *file = file_of(INBOX, content);
    ledger_add(&sim.world, damage);
    ledger_out(&sim.world, damage, INBOX); /* nobody wants it */
    ledger_drop(&sim.world, content);
    file->content = file->original = damage;
    check_forget(&sim.clients[0]);
}

static void
what_a_power_cut_damaged_is_fetched_again(void **state)
{
    (void)state;
    for (int trouble = 0; trouble < 4; trouble++) {
        static const enum step_kind kinds[] = {STEP_DELIVER, STEP_QUARANTINE, STEP_QUARANTINE, STEP_COMMIT};
        size_t rows;

        given_empty_account(1);
        here()->lazy = true;
        for (int i = 1; i <= 3; i++)
            given_mail_there(INBOX, i);
        assert_int_equal(when_golub_syncs_after(60), 0);
        given_a_power_cut_damaged(2);
        if (trouble > 0) {
            here()->lazy = false;
            given_trouble_at(kinds[trouble], false, trouble > 1);
            (void)when_golub_syncs_after(60);
        }

        assert_int_equal(when_golub_syncs_after(60), 0);

        for (int i = 1; i <= 3; i++)
            then_it_is_here(INBOX, i, 1);
        assert_int_equal(here()->tree.count, 3);
        assert_int_equal(here()->quarantined, 1);
        free(quarantine_rows(sim.clients[0].journal, INT64_MAX, &rows));
        assert_int_equal(rows, 1);
        then_both_sides_agree();
    }
}

/* Its file was lost with the power, and somebody had made a copy of it in another folder: the copy is no place that it moved to. */
static void
what_a_power_cut_took_has_not_moved_to_where_it_was_copied(void **state)
{
    (void)state;
    for (int cut_off = 0; cut_off < 2; cut_off++) {
        given_empty_account(1);
        here()->lazy = true;
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        assert_int_equal(when_golub_syncs_after(60), 0);
        assert_true(mua_copy(here(), file_of(INBOX, 1), WORK));
        ledger_put(&sim.world, 1, WORK);
        maildir_sim_power_cut(here());
        then_it_is_here(INBOX, 1, 0);
        check_forget(&sim.clients[0]);
        if (cut_off) /* in the last run, between mark and journal */
            here()->tree.mark.nonce[0] ^= 1;

        for (int run = 0; run < 3; run++)
            (void)when_golub_syncs_after(60);

        then_both_sides_agree();
        then_it_is_here(INBOX, 1, 1);
        then_it_is_there(INBOX, 1, 1);
        then_it_is_here(WORK, 1, 1);
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_a_copied_folder_lacks_was_not_moved),
        SCENARIO(what_a_copied_tree_lacks_comes_again_in_a_later_run_than_the_first),
        SCENARIO(what_waited_for_an_answer_when_the_tree_was_copied_is_held_after_it),
        SCENARIO(a_folder_that_is_copied_once_more_is_a_copy_again),
        SCENARIO(what_was_out_of_view_when_the_tree_was_copied_is_held_once_it_is_seen),
        SCENARIO(what_is_held_since_the_tree_was_copied_was_not_moved_later_either),
        SCENARIO(what_is_wanted_of_a_copied_tree_is_no_second_one_once_its_file_comes),
        SCENARIO(what_a_run_keeps_back_is_held_afterwards_as_before),
        SCENARIO(what_expunge_would_remove_is_held_after_a_run_that_may_not_as_before),
        SCENARIO(a_flag_of_what_a_copied_tree_lacks_is_not_given_to_an_equal_message),
        SCENARIO(a_flag_that_changed_while_a_file_was_away_is_set_here_once_it_is_back),
        SCENARIO(what_expunge_removes_was_not_moved),
        SCENARIO(what_a_power_cut_took_has_not_moved_to_where_it_was_copied),
        SCENARIO(what_a_power_cut_damaged_is_fetched_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
