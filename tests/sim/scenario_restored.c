/* A server that comes back from its backup, or gives its UIDs anew: what it lost is no removal, and no UID means what it meant. */

#include "tests/sim/scenario.h"

/* 2 and 3 differ in their bodies only: neither size nor date nor UID tells that they changed places. */
static void
under_another_uidvalidity_no_uid_means_what_it_meant(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 2);
    given_mail_there(INBOX, 3);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 2);
    struct sim_mailbox *box = &sim.server.boxes[INBOX];
    check_forget(&sim.clients[0]);
    box->uidvalidity = 77;
    box->messages[0].content = 3;
    box->messages[1].content = 2;

    (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 2, 1);
    then_it_is_there(INBOX, 3, 1);
    then_both_sides_agree();
    then_it_is_here(INBOX, 2, 1);
    then_it_is_here(INBOX, 3, 1);
}

/*
 * 2 and 3 differ in their bodies only, and 3 gets the UID, and with it the name, that 2 had. In a later run nothing tells any more that the server
 * went back: what it lost had no room there until then.
 */
static void
a_uid_that_a_restored_server_gives_anew_is_not_paired_by_the_name_of_its_file(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        sim.backup = sim.server;
        const uint32_t lost = given_mail_there(INBOX, 2);
        given_mail_there(INBOX, 4);
        given_both_sides_agree();
        given_server_as_in_backup();
        sim.server.quota = late;
        if (late)
            (void)when_golub_syncs_after(60);
        sim.server.quota = 0;
        assert_int_equal(given_mail_there(INBOX, 3), lost);

        (void)when_golub_syncs_after(60);

        then_both_sides_agree();
        for (int i = 1; i < 5; i++) {
            then_it_is_here(INBOX, i, 1);
            then_it_is_there(INBOX, i, 1);
        }
        end_scenario(NULL);
    }
}

/* 4 and 5 have one size and one date; what the user removes or moves is 4, and its UID is now that of 5. */
static void
what_a_restored_server_gave_a_uid_again_does_not_go_for_what_had_it(void **state)
{
    (void)state;
    for (int moved = 0; moved <= 1; moved++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        sim.backup = sim.server;
        const uint32_t lost = given_mail_there(INBOX, 4);
        given_both_sides_agree();
        given_server_as_in_backup();
        assert_int_equal(given_mail_there(INBOX, 5), lost);
        if (moved)
            when_the_user_moves(4, INBOX, WORK);
        else
            when_the_user_removes(INBOX, 4);

        (void)when_golub_syncs_after(60);

        then_it_is_there(INBOX, 5, 1);
        then_both_sides_agree();
        then_it_is_here(INBOX, 5, 1);
        then_it_is_there(WORK, 4, moved);
    }
}

/* ... or what is copied, which is 4, and goes up again. */
static void
what_a_restored_server_gave_a_uid_again_is_not_copied_for_what_had_it(void **state)
{
    (void)state;
    for (int kept = 0; kept <= 1; kept++) { /* is the file that was copied still where it was? */
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        sim.backup = sim.server;
        const uint32_t lost = given_mail_there(INBOX, 4);
        given_both_sides_agree();
        given_server_as_in_backup();
        assert_int_equal(given_mail_there(INBOX, 5), lost);
        given_mail_there(INBOX, 6);
        (void)when_golub_syncs_after(60); /* nothing tells yet */
        assert_true(mua_copy(here(), file_of(INBOX, 4), WORK));
        ledger_put(&sim.world, 4, WORK);
        if (!kept)
            when_the_user_removes(INBOX, 4);

        (void)when_golub_syncs_after(60);

        then_both_sides_agree();
        then_it_is_there(WORK, 4, 1);
        then_it_is_there(WORK, 5, 0);
        then_it_is_here(WORK, 4, 1);
        then_it_is_there(INBOX, 5, 1);
        then_it_is_here(INBOX, 5, 1);
        then_it_is_there(INBOX, 4, kept);
        end_scenario(NULL);
    }
}

/* ... and Work alone says that it was restored: the file of 2 that it lost there is not in INBOX, although its UID is. */
static void
what_a_restored_server_lost_is_not_copied_from_a_uid_that_it_gave_anew(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 4);
    given_both_sides_agree();
    sim.backup = sim.server;
    const uint32_t lost = given_mail_there(INBOX, 2);
    given_mail_there(WORK, 2);
    given_both_sides_agree();
    given_server_as_in_backup();
    assert_int_equal(given_mail_there(INBOX, 3), lost);

    (void)when_golub_syncs_after(60);

    then_it_is_there(WORK, 2, 1);
    then_it_is_there(WORK, 3, 0);
}

/* Its numbers in Work have grown past what they were: only INBOX says that it was restored. */
static void
a_restored_server_is_listed_whole_where_its_numbers_hide_it(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    const uint32_t uid = given_mail_there(WORK, 2);
    given_both_sides_agree();
    sim.backup = sim.server;
    server_set_flags(&sim.server, WORK, server_message(&sim.server, WORK, uid), FLAG_FLAGGED, 0);
    given_mail_there(INBOX, 4);
    given_both_sides_agree();
    assert_string_equal(file_of(WORK, 2)->info, "c:2,F");
    given_server_as_in_backup();
    given_mail_there(WORK, 5);
    given_mail_there(WORK, 6);

    then_both_sides_agree();

    unsigned shown;
    assert_int_equal(server_message(&sim.server, WORK, uid)->flags, local_info_flags(file_of(WORK, 2)->info, &shown));
    then_it_is_there(INBOX, 4, 1); /* what it lost and we hold goes up again */
}

/* Courier: only STATUS says what UIDs it has not given yet. What another client removed last is a removal there, too. */
static void
a_restored_server_whose_select_says_no_uidnext_loses_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        given_empty_account(1);
        sim.server.silent = true;
        sim.server.condstore = sim.server.qresync = i == 1;
        const uint32_t first = given_mail_there(INBOX, 1);
        given_both_sides_agree();
        sim.backup = sim.server;
        given_mail_there(INBOX, 4);
        given_mail_here(INBOX, 6);
        given_both_sides_agree();
        given_server_as_in_backup();
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, first), FLAG_SEEN, 0);

        then_both_sides_agree();

        then_it_is_there(INBOX, 4, 1);
        then_it_is_here(INBOX, 4, 1);
        then_it_is_there(INBOX, 6, 1);
        struct sim_mailbox *box = &sim.server.boxes[INBOX];
        const struct sim_message last = box->messages[box->count - 1];
        ledger_out(&sim.world, last.content, INBOX);
        server_expunge(&sim.server, INBOX, last.uid);
        then_both_sides_agree();
        then_it_is_here(INBOX, last.content, 0);
        end_scenario(NULL);
    }
}

/* All messages have one size. */
static uint32_t
given_mail_of_its_own_date_there(int content)
{
    uint32_t uid = 0;

    assert_true(server_add(&sim.server, INBOX, content, 0, 0, 1600000000 + content, &uid));
    ledger_put(&sim.world, content, INBOX);
    return uid;
}

static void
given_mail_there_in_this_order(const int *contents, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)given_mail_of_its_own_date_there(contents[i]);
}

/*
 * Another laptop filled it again, in another order; all its numbers are what they were or higher, and so is its last message, or it is one like
 * that. By i: nothing offered, CONDSTORE, QRESYNC.
 */
static void
a_restored_server_whose_last_message_is_as_it_was_is_noticed_by_those_before_it(void **state)
{
    static const int before[] = {4, 6, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34};
    const size_t count = sizeof before / sizeof before[0];

    (void)state;
    for (int i = 0; i < 3; i++)
        for (size_t n = 3; n <= count; n += count - 3) {
            given_empty_account(1);
            sim.server.condstore = i > 0;
            sim.server.qresync = i > 1;
            const uint32_t first = given_mail_of_its_own_date_there(1);
            given_both_sides_agree();
            sim.backup = sim.server;
            given_mail_there_in_this_order(before, n);
            given_both_sides_agree();
            given_server_as_in_backup();
            const uint32_t six = given_mail_of_its_own_date_there(6), four = given_mail_of_its_own_date_there(4);
            given_mail_there_in_this_order(before + 2, n - 2);
            server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, first), FLAG_SEEN, 0);

            then_both_sides_agree();

            mua_set_flags(here(), file_of(INBOX, 4), FLAG_FLAGGED);
            then_both_sides_agree();
            assert_int_equal(server_message(&sim.server, INBOX, four)->flags & FLAG_FLAGGED, FLAG_FLAGGED);
            assert_int_equal(server_message(&sim.server, INBOX, six)->flags & FLAG_FLAGGED, 0);
            end_scenario(NULL);
        }
}

/* Its UID was given to another message after the restore, which is gone again: nothing in this mailbox tells, but the other one does. */
static void
what_a_restored_server_lost_is_no_removal_where_its_uid_was_given_anew(void **state)
{
    (void)state;
    for (long i = 0; i < 120; i++) { /* at each step the run may die */
        given_empty_account(1);
        sim.server.qresync = sim.server.condstore = i % 2 == 1;
        given_mail_there(INBOX, 1);
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        sim.backup = sim.server;
        given_mail_there(INBOX, 3);
        given_mail_there(WORK, 4);
        given_both_sides_agree();
        given_server_as_in_backup();
        const uint32_t uid = given_mail_there(INBOX, 5);
        ledger_out(&sim.world, 5, INBOX);
        server_expunge(&sim.server, INBOX, uid);
        given_mail_there(INBOX, 6);
        if (i >= 2) {
            sim.world.crash_at = i / 4 + 1;
            sim.world.crash_after = i / 2 % 2 == 1;
            (void)when_golub_syncs_after(60);
        }

        then_both_sides_agree();

        for (int content = 1; content <= 6; content++) {
            then_it_is_there(content % 2 == 1 || content == 6 ? INBOX : WORK, content, content != 5);
            then_it_is_here(content % 2 == 1 || content == 6 ? INBOX : WORK, content, content != 5);
        }
    }
}

/* What is shown under a UID of before the restore is another message, has neither size nor date, and stood under a UID that is missing now. */
static void
a_uid_that_a_restored_server_gave_anew_and_tells_no_size_of_is_read(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        given_empty_account(1);
        sim.server.condstore = sim.server.qresync = i % 2 == 1;
        given_mail_there(INBOX, 1);
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        sim.backup = sim.server;
        const uint32_t uid = given_mail_there(INBOX, 3);
        const uint32_t lost = given_mail_there(INBOX, 4);
        given_mail_there(WORK, 6);
        given_mail_there(WORK, 8);
        given_both_sides_agree();
        given_server_as_in_backup();
        assert_int_equal(given_mail_there(INBOX, 4), uid);
        assert_int_equal(given_mail_there(INBOX, 7), lost);
        ledger_out(&sim.world, 7, INBOX);
        server_expunge(&sim.server, INBOX, lost);
        given_mail_there(WORK, 4);
        sim.server.undated = 4 + 1;
        sim.server.boxes[INBOX].modseq = 100;
        sim.server.boxes[INBOX].phantoms = i / 2; /* so that what it lost stays in doubt */

        (void)when_golub_syncs_after(60);
        const int repairs = sim.world.repairs;
        then_both_sides_agree();

        assert_int_equal(sim.world.repairs, repairs);

        for (int content = 1; content <= 8; content++) {
            then_it_is_there(INBOX, content, content == 1 || content == 3 || content == 4);
            then_it_is_here(INBOX, content, content == 1 || content == 3 || content == 4);
            then_it_is_there(WORK, content, content % 2 == 0);
            then_it_is_here(WORK, content, content % 2 == 0);
        }
        end_scenario(NULL);
    }
}

/* The run that sent it died before it had seen the mailbox again: its cursor is that of the backup. */
static void
what_a_restored_server_lost_is_no_removal_where_the_cursor_is_the_backups(void **state)
{
    (void)state;
    for (long step = 1; step < 40; step++) {
        given_empty_account((uint64_t)step);
        const uint32_t uid = given_mail_there(INBOX, 1);
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        sim.backup = sim.server;
        given_mail_here(INBOX, 3);
        given_mail_here(WORK, 4);
        sim.world.crash_at = step;
        (void)when_golub_syncs_after(60);
        given_server_as_in_backup();
        if (step % 2 == 1)
            server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, uid), FLAG_SEEN, 0);

        then_both_sides_agree();

        then_it_is_there(INBOX, 1, 1);
        then_it_is_there(INBOX, 3, 1);
        then_it_is_there(WORK, 4, 1);
        then_it_is_here(INBOX, 3, 1);
    }
}

static void
a_server_whose_uidnext_lags_behind_went_not_back(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++) { /* for ever in STATUS, in SELECT, in both */
        given_empty_account(1);
        sim.server.condstore = i / 3 > 0;
        sim.server.qresync = i / 3 > 1;
        sim.server.lags = i % 3 != 0;
        sim.server.status_lags = i % 3 != 1;
        given_mail_there(INBOX, 1);
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        given_mail_here(INBOX, 3);
        given_both_sides_agree();
        then_it_is_there(INBOX, 3, 1);
        ledger_out(&sim.world, 2, WORK);
        server_expunge(&sim.server, WORK, 1);
        when_the_user_removes(INBOX, 1);

        given_both_sides_agree();

        then_it_is_here(WORK, 2, 0);
        then_it_is_there(INBOX, 1, 0);
        ledger_out(&sim.world, 3, INBOX);
        server_expunge(&sim.server, INBOX, 2);
        given_both_sides_agree();
        then_it_is_here(INBOX, 3, 0);
    }
}

/* The run that learns of it is for another mailbox. */
static void
what_a_restored_server_lost_is_no_removal_in_a_mailbox_that_is_looked_at_later(void **state)
{
    static const char *const work[] = {"Work", NULL};

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 2);
    given_both_sides_agree();
    sim.backup = sim.server;
    given_mail_there(INBOX, 3);
    given_mail_there(WORK, 4);
    given_both_sides_agree();
    given_server_as_in_backup();
    const uint32_t uid = given_mail_there(INBOX, 5);
    ledger_out(&sim.world, 5, INBOX);
    server_expunge(&sim.server, INBOX, uid);
    given_mail_there(INBOX, 6);
    sim.only = work;
    (void)when_golub_syncs_after(60);
    then_it_is_here(INBOX, 3, 1);
    sim.only = NULL;

    then_both_sides_agree();

    then_it_is_there(INBOX, 3, 1);
    then_it_is_there(WORK, 4, 1);
}

static void
moved_by_another_client_while_the_server_went_back(void **state)
{
    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    uint32_t uid = given_mail_there(INBOX, 1), fresh;
    given_mail_there(WORK, 2);
    given_both_sides_agree();
    sim.backup = sim.server;
    given_mail_there(WORK, 4);
    given_both_sides_agree();
    given_server_as_in_backup();
    assert_true(server_add(&sim.server, OLD, 1, 0, 0, 1600000000, &fresh));
    ledger_put(&sim.world, 1, OLD);
    ledger_out(&sim.world, 1, INBOX);
    server_expunge(&sim.server, INBOX, uid);
    then_both_sides_agree();
    then_it_is_there(OLD, 1, 1);
    then_it_is_there(INBOX, 1, 0);
}

/*
 * Back comes the journal of a run that was cut off, which knew of a file's new name, and not yet that it is one. The row of the new name is gone
 * before the headers of the files are read.
 */
static void
a_file_with_a_new_name_costs_an_older_journal_no_run(void **state)
{
    struct error err = {0};
    int status = -1;

    (void)state;
    for (long step = 1; status == -1; step++) {
        void *image = NULL;
        size_t size = 0;

        given_empty_account(1);
        given_mail_there(INBOX, 20);
        given_both_sides_agree();
        assert_true(mua_move(here(), file_of(INBOX, 20), INBOX, true));
        for (int i = 1; i < 4; i++)
            given_mail_here(INBOX, i);
        sim.world.crash_at = step;
        status = when_golub_syncs_after(60);
        assert_true(journal_image(sim.clients[0].journal, &image, &size, &err));
        (void)when_golub_syncs_after(60);
        run_open_journal(&sim, 0, image, size);
        free(image);
        check_forget(&sim.clients[0]);

        assert_int_equal(when_golub_syncs_after(60), 0);

        then_both_sides_agree();
        then_it_is_here(INBOX, 20, 1);
        then_it_is_there(INBOX, 3, 1);
        end_scenario(NULL);
    }
}

/*
 * A listing named a message and did not add up, or the run was killed behind the download: the cursor is not above it. Then the server goes back to
 * a time at which its UIDNEXT was what the cursor says.
 */
static bool
lose_what_the_cursor_has_not_seen(bool uneven, bool qresync, long step)
{
    given_empty_account(1);
    sim.server.qresync = qresync;
    for (int content = 1; content < 4; content++)
        given_mail_there(INBOX, content);
    given_both_sides_agree();
    sim.backup = sim.server;
    given_mail_there(INBOX, 4);
    sim.server.boxes[INBOX].phantoms = uneven ? 2 : 0;
    sim.world.crash_at = uneven ? 0 : step;
    const int status = when_golub_syncs_after(60);
    if (!uneven && status != -1)
        return false;
    given_server_as_in_backup();

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    for (int content = 1; content < 4; content++)
        then_it_is_here(INBOX, content, 1);
    assert_int_equal(sim.clients[0].maildir.quarantined, 0);
    then_both_sides_agree();
    return true;
}

static void
what_the_server_lost_before_the_cursor_saw_it_stays(void **state)
{
    (void)state;
    for (int qresync = 0; qresync < 2; qresync++) {
        long step = 1;

        assert_true(lose_what_the_cursor_has_not_seen(true, qresync, 0));
        then_it_is_there(INBOX, 4, 1);
        while (lose_what_the_cursor_has_not_seen(false, qresync, step))
            step++;
        assert_in_range(step, 3, 100);
    }
}

/* 4 was sent under a UID that the restored server gives to 7: what 7 is flagged with is told before its size. */
static void
flags_of_mail_that_got_its_uid_anew_do_not_go_to_what_the_server_lost(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        given_empty_account(1);
        sim.server.condstore = i > 0;
        sim.server.qresync = i > 1;
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        sim.backup = sim.server;
        given_mail_here(INBOX, 4);
        given_both_sides_agree();
        given_server_as_in_backup();
        const uint32_t again = given_mail_there(INBOX, 7);
        given_mail_there(INBOX, 6);
        server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, again), FLAG_FLAGGED | FLAG_SEEN, 1);

        then_both_sides_agree();

        then_it_is_there(INBOX, 4, 1);
        const struct sim_mailbox *box = &sim.server.boxes[INBOX];
        const struct sim_message *sent = &box->messages[box->count - 1];
        assert_int_equal(sent->content, 4);
        assert_int_equal(sent->flags, 0);
        assert_int_equal(sent->keys, 0);
        assert_string_equal(file_of(INBOX, 7)->info, "c:2,FS");
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_the_server_lost_before_the_cursor_saw_it_stays),
        SCENARIO(under_another_uidvalidity_no_uid_means_what_it_meant),
        SCENARIO(a_uid_that_a_restored_server_gives_anew_is_not_paired_by_the_name_of_its_file),
        SCENARIO(what_a_restored_server_gave_a_uid_again_does_not_go_for_what_had_it),
        SCENARIO(what_a_restored_server_gave_a_uid_again_is_not_copied_for_what_had_it),
        SCENARIO(a_restored_server_whose_select_says_no_uidnext_loses_nothing),
        SCENARIO(a_restored_server_whose_last_message_is_as_it_was_is_noticed_by_those_before_it),
        SCENARIO(what_a_restored_server_lost_is_no_removal_where_its_uid_was_given_anew),
        SCENARIO(a_uid_that_a_restored_server_gave_anew_and_tells_no_size_of_is_read),
        SCENARIO(what_a_restored_server_lost_is_no_removal_where_the_cursor_is_the_backups),
        SCENARIO(a_server_whose_uidnext_lags_behind_went_not_back),
        SCENARIO(what_a_restored_server_lost_is_no_removal_in_a_mailbox_that_is_looked_at_later),
        SCENARIO(moved_by_another_client_while_the_server_went_back),
        SCENARIO(what_a_restored_server_lost_is_not_copied_from_a_uid_that_it_gave_anew),
        SCENARIO(flags_of_mail_that_got_its_uid_anew_do_not_go_to_what_the_server_lost),
        SCENARIO(a_restored_server_is_listed_whole_where_its_numbers_hide_it),
        SCENARIO(a_file_with_a_new_name_costs_an_older_journal_no_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
