/* What stands around a run: the state folder, the boot, and whether the tree is the one that it was. */
#include "tests/sim/scenario.h"

/* ---- the state folder ---- */

struct image {
    void *bytes;
    size_t size;
};

static struct image
the_state_folder(void)
{
    struct image image = {0};
    struct error err = {0};

    assert_true(journal_image(sim.clients[0].journal, &image.bytes, &image.size, &err));
    return image;
}

static void
when_golub_has_the_state_folder(const struct image *image)
{
    run_open_journal(&sim, 0, image->bytes, image->size);
    check_forget(&sim.clients[0]);
}

static void
a_second_state_folder_takes_the_maildir_over_and_the_first_one_is_refused(void **state)
{
    const struct image none = {0};

    (void)state;
    given_empty_account(1);
    for (int i = 1; i < 6; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    struct image first = the_state_folder();
    when_golub_has_the_state_folder(&none);
    given_both_sides_agree();
    struct image second = the_state_folder();
    when_the_user_moves(1, INBOX, WORK);
    when_the_user_removes(INBOX, 2);

    when_golub_has_the_state_folder(&first);
    sim.refusals = true;
    assert_int_equal(when_golub_syncs_after(60), 2);
    assert_int_equal(when_golub_syncs_after(60), 2);
    sim.refusals = false;
    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(INBOX, 2, 1);
    when_golub_has_the_state_folder(&second);
    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(WORK, 1, 1);
    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(INBOX, 2, 0);
    then_both_sides_agree();
    free(first.bytes);
    free(second.bytes);
}

static void
a_maildir_without_mail_is_taken_over_at_once_too(void **state)
{
    const struct image none = {0};

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);
    assert_int_equal(when_golub_syncs_after(60), 0);
    struct image first = the_state_folder();
    when_golub_has_the_state_folder(&none);
    assert_int_equal(when_golub_syncs_after(60), 0);

    when_golub_has_the_state_folder(&first);
    sim.refusals = true;
    assert_int_equal(when_golub_syncs_after(60), 2);
    free(first.bytes);
}

/* The successor of a lost journal dies between its first commit and its mark, in which the lost one's name still stands. */
static void
a_state_folder_that_died_while_it_took_a_maildir_over_takes_it_over_in_the_next_run(void **state)
{
    const struct image none = {0};

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    struct image first = the_state_folder();
    when_golub_has_the_state_folder(&none);
    given_trouble_at(STEP_MARK, false, false);
    assert_int_equal(when_golub_syncs_after(60), -1);

    given_both_sides_agree();

    then_it_is_here(INBOX, 1, 1);
    sim.refusals = true;
    when_golub_has_the_state_folder(&first);
    assert_int_equal(when_golub_syncs_after(60), 2);
    free(first.bytes);
}

static void
a_mark_of_an_earlier_version_is_taken_by_the_journal_that_it_agrees_with(void **state)
{
    const struct image none = {0};

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    here()->tree.mark.state[0] = '\0';

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_string_not_equal(here()->tree.mark.state, "");
    struct image first = the_state_folder();
    when_golub_has_the_state_folder(&none);
    given_both_sides_agree();
    sim.refusals = true;
    when_golub_has_the_state_folder(&first);
    assert_int_equal(when_golub_syncs_after(60), 2);
    free(first.bytes);
}

/* ---- the tree ---- */

enum { MANY = 12 };

static void
given_mail_on_both_sides(void)
{
    given_empty_account(1);
    for (int i = 1; i <= MANY; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
}

/* Nobody has removed them: they are not there (yet), and no ledger says that a user took them out. */
static void
given_files_are_not_there(int first, int last, struct sim_file *away)
{
    for (int i = first; i <= last; i++) {
        const uint64_t changed = here()->changed[INBOX];

        away[i - first] = *file_of(INBOX, i);
        maildir_sim_drop(here(), file_of(INBOX, i));
        here()->changed[INBOX] = changed;
    }
}

static void
when_the_files_come(const struct sim_file *away, int count)
{
    for (int i = 0; i < count; i++)
        assert_non_null(maildir_sim_add(here(), INBOX, away[i].base, away[i].info, away[i].content, away[i].date));
}

/* What is held stays held. */
static int
when_golub_syncs_without_a_word(void)
{
    sim.clients[0].confirm = false;
    return when_golub_syncs_after(60);
}

static void
then_all_is_there(int count)
{
    for (int i = 1; i <= count; i++)
        then_it_is_there(INBOX, i, 1);
}

static void
a_tree_that_is_still_being_copied_removes_nothing_unheld(void **state)
{
    struct sim_file away[MANY];

    (void)state;
    given_mail_on_both_sides();
    maildir_sim_reborn(here());
    given_files_are_not_there(1, 4, away);

    assert_int_equal(when_golub_syncs_after(60), 3);
    assert_int_equal(when_golub_syncs_without_a_word(), 3);

    then_all_is_there(MANY);
    when_the_files_come(away, 4);
    assert_int_equal(when_golub_syncs_without_a_word(), 0);
    when_the_user_removes(INBOX, 5);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(INBOX, 5, 0);
    then_both_sides_agree();
}

static void
a_file_that_comes_late_takes_the_flags_that_were_set_there_meanwhile(void **state)
{
    struct sim_file away[1];

    (void)state;
    given_mail_on_both_sides();
    maildir_sim_reborn(here());
    given_files_are_not_there(1, 1, away);
    assert_int_equal(when_golub_syncs_after(60), 3);
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 1), FLAG_ANSWERED, 0); /* UID 1 */
    assert_int_equal(when_golub_syncs_without_a_word(), 3);
    when_the_files_come(away, 1);

    assert_int_equal(when_golub_syncs_without_a_word(), 0);

    assert_string_equal(file_of(INBOX, 1)->info, "c:2,R");
    then_both_sides_agree();
}

static void
a_folder_that_is_another_one_holds_its_own_removals_alone(void **state)
{
    struct sim_file away[1];

    (void)state;
    given_mail_on_both_sides();
    given_mail_there(WORK, 20);
    given_both_sides_agree();
    here()->born[INBOX] = here()->next_birth++;
    given_files_are_not_there(1, 1, away);
    when_the_user_removes(WORK, 20);

    assert_int_equal(when_golub_syncs_after(60), 3);

    then_all_is_there(MANY);
    then_it_is_there(WORK, 20, 0);
}

/* Folders that are made at once have one birth time. One of them is brought back out of a backup. */
static void
a_folder_that_was_born_with_another_one_and_is_copied_holds_its_removals(void **state)
{
    struct sim_file away[1];

    (void)state;
    given_mail_on_both_sides();
    here()->born[INBOX] = here()->born[WORK];
    given_both_sides_agree();
    here()->born[INBOX] = here()->next_birth++;
    given_files_are_not_there(1, 1, away);

    assert_int_equal(when_golub_syncs_after(60), 3);

    then_all_is_there(MANY);
}

/* One that another one was born with has changed since: the folder that changed places is not the older state of that one. */
static void
folders_that_change_places_are_no_copies_whatever_was_born_with_them(void **state)
{
    (void)state;
    given_mail_in_three_mailboxes();
    here()->born[INBOX] = here()->born[WORK];
    given_both_sides_agree();
    given_mail_there(INBOX, 5);
    given_both_sides_agree();
    when_work_and_old_change_places();

    assert_int_equal(when_golub_syncs_after(60), 0);
    then_both_sides_agree();
    then_it_is_there(OLD, 2, 1);
}

static void
what_was_held_since_the_tree_was_copied_goes_with_the_word(void **state)
{
    (void)state;
    given_mail_on_both_sides();
    maildir_sim_reborn(here());
    when_the_user_removes(INBOX, 1);
    assert_int_equal(when_golub_syncs_after(60), 3);
    then_it_is_there(INBOX, 1, 1);

    sim.clients[0].confirm = true;
    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, 1, 0);
    then_both_sides_agree();
}

/* The backup read INBOX, golub fetched, the backup read mark and journal. All is brought back over what is there, times and all. */
static void
a_backup_that_was_read_while_golub_ran_removes_nothing_unheld(void **state)
{
    struct sim_file away[3];

    (void)state;
    given_mail_on_both_sides();
    const uint64_t then = here()->changed[INBOX];
    for (int i = MANY + 1; i <= MANY + 3; i++)
        given_mail_there(INBOX, i);
    assert_int_equal(when_golub_syncs_after(60), 0);
    given_files_are_not_there(MANY + 1, MANY + 3, away);
    here()->changed[INBOX] = then;

    assert_int_equal(when_golub_syncs_after(60), 3);
    assert_int_equal(when_golub_syncs_without_a_word(), 3);

    then_all_is_there(MANY + 3);
}

/* The same, read while golub ran: its journal is of the moment after the commit of what was fetched, before the end of the run. */
static void
a_backup_from_the_middle_of_a_run_removes_nothing_unheld(void **state)
{
    struct sim_file away[3];

    (void)state;
    given_mail_on_both_sides();
    const uint64_t then = here()->changed[INBOX];
    for (int i = MANY + 1; i <= MANY + 3; i++)
        given_mail_there(INBOX, i);
    given_trouble_at(STEP_DELIVER, false, true);
    sim.world.aim = STEP_COMMIT;
    for (int commits = 1; here()->tree.count == MANY || sim.world.aim_left == 0; commits++) {
        assert_true(commits < 30);
        sim.world.aim_left = commits;
        sim.world.crash_after = true;
        if (when_golub_syncs_after(60) == -1 && here()->tree.count > MANY)
            break;
    }
    given_files_are_not_there(MANY + 1, MANY + 3, away);
    here()->changed[INBOX] = then;

    for (int i = 0; i < 2; i++)
        (void)when_golub_syncs_without_a_word();

    then_all_is_there(MANY + 3);
}

static void
a_run_that_dies_before_it_has_held_anything_leaves_the_doubt(void **state)
{
    (void)state;
    for (int commits = 1; commits < 6; commits++) {
        struct sim_file away[4];

        given_mail_on_both_sides();
        maildir_sim_reborn(here());
        given_files_are_not_there(1, 4, away);
        given_trouble_at(STEP_COMMIT, false, true);
        sim.world.aim_left = commits;
        (void)when_golub_syncs_after(60);

        assert_int_equal(when_golub_syncs_after(60), 3);

        then_all_is_there(MANY);
    }
}

static void
birth_times_that_change_in_every_run_are_no_sign(void **state)
{
    (void)state;
    given_mail_on_both_sides();
    for (int i = 0; i < 3; i++) {
        maildir_sim_reborn(here());
        assert_int_equal(when_golub_syncs_after(60), 0);
    }

    maildir_sim_reborn(here());
    when_the_user_removes(INBOX, 1);
    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, 1, 0);
}

static void
without_birth_times_nothing_is_held_for_them(void **state)
{
    (void)state;
    given_empty_account(1);
    here()->root_born = here()->born[INBOX] = here()->born[WORK] = 0;
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, 1, 0);
}

/* ---- fsync = false ---- */

static void
given_mail_that_nobody_flushed(void)
{
    given_mail_on_both_sides();
    here()->lazy = true;
    for (int i = MANY + 1; i <= MANY + 3; i++)
        given_mail_there(INBOX, i);
    assert_int_equal(when_golub_syncs_after(60), 0);
}

static void
what_a_power_cut_took_is_fetched_again_and_not_removed_there(void **state)
{
    (void)state;
    given_mail_that_nobody_flushed();
    maildir_sim_power_cut(here());
    check_forget(&sim.clients[0]);
    for (int i = MANY + 1; i <= MANY + 3; i++)
        then_it_is_here(INBOX, i, 0);

    assert_int_equal(when_golub_syncs_after(60), 0);

    for (int i = MANY + 1; i <= MANY + 3; i++) {
        then_it_is_there(INBOX, i, 1);
        then_it_is_here(INBOX, i, 1);
    }
    then_both_sides_agree();
}

/* A rename of golub's was undone: the old name is back, and the folder's times with it. */
static void
when_the_old_flags_are_back(int content, unsigned flags)
{
    const uint64_t changed = here()->changed[INBOX];

    mua_set_flags(here(), file_of(INBOX, content), flags);
    here()->changed[INBOX] = changed;
}

static void
flags_that_a_power_cut_took_are_not_taken_off_there(void **state)
{
    const int seen = 1, undeleted = 2;

    (void)state;
    given_mail_on_both_sides();
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, undeleted), FLAG_DELETED, 0);
    given_both_sides_agree();
    here()->lazy = true;
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, seen), FLAG_SEEN | FLAG_FLAGGED, 0);
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, undeleted), 0, 0);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_string_equal(file_of(INBOX, seen)->info, "c:2,FS");
    maildir_sim_power_cut(here());
    check_forget(&sim.clients[0]);
    when_the_old_flags_are_back(seen, 0);
    when_the_old_flags_are_back(undeleted, FLAG_DELETED);

    (void)when_golub_syncs_after(60);

    assert_int_equal(sim.server.boxes[INBOX].messages[0].flags, FLAG_SEEN | FLAG_FLAGGED);
    assert_int_equal(sim.server.boxes[INBOX].messages[1].flags, 0);
    assert_string_equal(file_of(INBOX, seen)->info, "c:2,FS");
    then_both_sides_agree();
}

/* A run that is killed behind a delivery; the next one finds the file and pairs it; then the power fails. */
static void
what_was_found_without_a_row_is_flushed_before_it_gets_one(void **state)
{
    (void)state;
    given_mail_on_both_sides();
    here()->lazy = true;
    given_mail_there(INBOX, MANY + 1);
    given_trouble_at(STEP_DELIVER, false, true);
    assert_int_equal(when_golub_syncs_after(60), -1);
    then_it_is_here(INBOX, MANY + 1, 1);
    (void)when_golub_syncs_after(60);
    maildir_sim_power_cut(here());
    check_forget(&sim.clients[0]);

    (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, MANY + 1, 1);
    then_both_sides_agree();
    then_it_is_here(INBOX, MANY + 1, 1);
}

/* A run fetched them again, which an older journal does not know: that they are there proves not that they are on the disk. */
static void
what_an_older_journal_finds_is_flushed_before_it_is_believed(void **state)
{
    (void)state;
    given_mail_that_nobody_flushed();
    maildir_sim_power_cut(here());
    check_forget(&sim.clients[0]);
    struct image older = the_state_folder();
    assert_int_equal(when_golub_syncs_after(60), 0);
    when_golub_has_the_state_folder(&older);
    (void)when_golub_syncs_after(60);
    maildir_sim_power_cut(here());
    check_forget(&sim.clients[0]);

    (void)when_golub_syncs_after(60);

    for (int i = MANY + 1; i <= MANY + 3; i++)
        then_it_is_there(INBOX, i, 1);
    then_both_sides_agree();
    free(older.bytes);
}

/* golub took no \Deleted off, so it is the user's. */
static void
what_the_user_marks_after_a_power_cut_stays_marked(void **state)
{
    (void)state;
    given_mail_on_both_sides();
    here()->lazy = true;
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, 1), FLAG_SEEN, 0);
    assert_int_equal(when_golub_syncs_after(60), 0);
    maildir_sim_power_cut(here());
    check_forget(&sim.clients[0]);
    maildir_sim_set_info(here(), file_of(INBOX, 1), "c:2,ST");

    (void)when_golub_syncs_after(60);

    assert_string_equal(file_of(INBOX, 1)->info, "c:2,ST");
    assert_int_equal(sim.server.boxes[INBOX].messages[0].flags, FLAG_SEEN | FLAG_DELETED);
    then_both_sides_agree();
}

static void
what_the_user_removes_in_the_same_boot_is_removed_there(void **state)
{
    (void)state;
    given_mail_that_nobody_flushed();
    when_the_user_removes(INBOX, MANY + 1);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, MANY + 1, 0);
    then_both_sides_agree();
}

static void
what_a_run_has_flushed_since_is_as_certain_as_any(void **state)
{
    (void)state;
    given_mail_that_nobody_flushed();
    assert_int_equal(when_golub_syncs_after(60), 0); /* flushes first */
    maildir_sim_power_cut(here());
    then_it_is_here(INBOX, MANY + 1, 1);
    when_the_user_removes(INBOX, MANY + 1);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, MANY + 1, 0);
    then_both_sides_agree();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_second_state_folder_takes_the_maildir_over_and_the_first_one_is_refused),
        SCENARIO(a_maildir_without_mail_is_taken_over_at_once_too),
        SCENARIO(a_state_folder_that_died_while_it_took_a_maildir_over_takes_it_over_in_the_next_run),
        SCENARIO(a_mark_of_an_earlier_version_is_taken_by_the_journal_that_it_agrees_with),
        SCENARIO(a_tree_that_is_still_being_copied_removes_nothing_unheld),
        SCENARIO(a_file_that_comes_late_takes_the_flags_that_were_set_there_meanwhile),
        SCENARIO(a_folder_that_is_another_one_holds_its_own_removals_alone),
        SCENARIO(a_folder_that_was_born_with_another_one_and_is_copied_holds_its_removals),
        SCENARIO(folders_that_change_places_are_no_copies_whatever_was_born_with_them),
        SCENARIO(what_was_held_since_the_tree_was_copied_goes_with_the_word),
        SCENARIO(a_backup_that_was_read_while_golub_ran_removes_nothing_unheld),
        SCENARIO(a_backup_from_the_middle_of_a_run_removes_nothing_unheld),
        SCENARIO(a_run_that_dies_before_it_has_held_anything_leaves_the_doubt),
        SCENARIO(birth_times_that_change_in_every_run_are_no_sign),
        SCENARIO(without_birth_times_nothing_is_held_for_them),
        SCENARIO(what_a_power_cut_took_is_fetched_again_and_not_removed_there),
        SCENARIO(flags_that_a_power_cut_took_are_not_taken_off_there),
        SCENARIO(what_was_found_without_a_row_is_flushed_before_it_gets_one),
        SCENARIO(what_an_older_journal_finds_is_flushed_before_it_is_believed),
        SCENARIO(what_the_user_marks_after_a_power_cut_stays_marked),
        SCENARIO(what_the_user_removes_in_the_same_boot_is_removed_there),
        SCENARIO(what_a_run_has_flushed_since_is_as_certain_as_any),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
