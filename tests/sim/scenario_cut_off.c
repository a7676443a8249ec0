/* What a run that was cut off left in a folder and in no row: whose it is when somebody went on before the next run. */
#include "tests/sim/scenario.h"

static void
given_three_mailboxes(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
}

static void
when_another_client_removes(int content, int mailbox, uint32_t uid)
{
    ledger_out(&sim.world, content, mailbox);
    server_expunge(&sim.server, mailbox, uid);
}

static bool
is_here(int mailbox, int content)
{
    return maildir_sim_multiplicity(here(), mailbox, content, false) != 0;
}

static struct sim_mailbox inbox_before;

/* Mail comes to Work; the run that fetches it dies at this step. @return whether it did */
static bool
fetch_and_die_at(long step, bool after, uint32_t *uid)
{
    given_three_mailboxes();
    given_mail_there(INBOX, 4);
    given_mail_there(WORK, 6);
    given_both_sides_agree();
    inbox_before = sim.server.boxes[INBOX];
    given_mail_there(INBOX, 8);
    given_both_sides_agree();
    *uid = given_mail_there(WORK, 1);
    sim.world.crash_at = step;
    sim.world.crash_after = after;
    return when_golub_syncs_after(60) == -1;
}

/* ---- files that bear the names of messages of another mailbox ---- */

enum { MANY = LIMIT_BATCH + 2 }; /* more than a run leaves behind */

static int
mailbox_of(int content)
{
    return content % 2 == 0 ? INBOX : WORK;
}

static void
given_much_mail_there(void)
{
    given_three_mailboxes();
    given_both_sides_agree();
    for (int content = 1; content <= MANY; content++)
        given_mail_there(mailbox_of(content), content);
}

/* Another laptop gives the same names; somebody copied its files into a folder here. */
static void
more_files_than_a_run_leaves_behind_are_a_copy(void **state)
{
    static char bases[MANY + 1][LOCAL_BASE_MAX + 1];

    (void)state;
    given_much_mail_there();
    (void)when_golub_syncs_after(60);
    for (int content = 1; content <= MANY; content++)
        memcpy(bases[content], file_of(mailbox_of(content), content)->base, sizeof bases[content]);
    given_much_mail_there();
    for (int content = 1; content <= MANY; content++) {
        given_mail_here(OLD, content);
        memcpy(file_of(OLD, content)->base, bases[content], sizeof bases[content]);
    }

    (void)when_golub_syncs_after(60);

    for (int content = 1; content <= MANY; content++)
        then_it_is_there(mailbox_of(content), content, 1);
}

/* What never may come down was fetched by no run: a file that bears its name came from elsewhere. */
static void
a_file_with_the_name_of_what_may_not_come_down_is_a_copy(void **state)
{
    char base[LOCAL_BASE_MAX + 1];

    (void)state;
    for (int known = 0; known < 2; known++) {
        given_three_mailboxes();
        given_both_sides_agree();
        given_mail_there(INBOX, 1);
        if (known) {
            given_mail_here(WORK, 1);
            memcpy(file_of(WORK, 1)->base, base, sizeof base);
        }
        sim.clients[0].forced = known ? FORCED_PUSH : FORCED_NOT;

        (void)when_golub_syncs_after(60);

        then_it_is_there(INBOX, 1, 1);
        then_it_is_there(WORK, 1, known);
        if (!known)
            memcpy(base, file_of(INBOX, 1)->base, sizeof base);
    }
}

/* That it moved is written down with a mark: a Maildir from before it is told by that, and what it lacks comes again. */
static void
what_moved_comes_again_where_the_maildir_is_put_back(void **state)
{
    static struct sim_tree before;

    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        bool dies = true;
        int moved = 0;

        for (long step = 1; dies; step++) {
            given_three_mailboxes();
            given_mail_there(INBOX, 4);
            given_mail_there(WORK, 6);
            given_both_sides_agree();
            before = here()->tree;
            given_mail_there(WORK, 1);
            if (kind % 2 == 0)
                given_trouble_at(STEP_DELIVER, false, true);
            (void)when_golub_syncs_after(60);
            if (!is_here(WORK, 1)) /* the power failed, too */
                continue;
            when_the_user_moves(1, WORK, INBOX);
            moved++;
            sim.world.crash_at = step;
            sim.world.crash_after = kind / 2 == 0;
            dies = when_golub_syncs_after(60) == -1;
            maildir_sim_restore(here(), &before);
            check_forget(&sim.clients[0]);

            then_both_sides_agree();

            assert_int_equal(server_multiplicity(&sim.server, INBOX, 1) + server_multiplicity(&sim.server, WORK, 1), 1);
        }
        assert_true(moved > 5);
    }
}

/* ---- files whose message is gone ---- */

/* Its size is the same: its date tells. */
static void
what_was_edited_in_the_place_of_a_download_that_was_cut_off_is_new_mail(void **state)
{
    int sent = 0;
    uint32_t uid;

    (void)state;
    assert_int_equal(content_get(1)->len, content_get(20)->len);
    for (long step = 1; fetch_and_die_at(step, false, &uid); step++) {
        const bool edits = is_here(WORK, 1);

        sim.world.now += 60;
        if (edits) {
            mua_edit(here(), file_of(WORK, 1), 20);
            ledger_put(&sim.world, 20, WORK);
        }
        when_another_client_removes(1, WORK, uid);

        then_both_sides_agree();

        then_it_is_here(WORK, 20, edits);
        sent += server_multiplicity(&sim.server, WORK, 20); /* else its row was written down: altered */
        assert_int_equal(here()->quarantined, 0);
    }
    assert_true(sent > 0);
}

static void
then_no_row_is_without_a_file(void)
{
    struct error err = {0};
    uint64_t rows = 0;

    assert_true(journal_message_count(sim.clients[0].journal, 0, WHICH_ALL, &rows, &err));
    assert_int_equal(rows, here()->tree.count);
}

/* ... where the server's sizes tell nothing. */
static void
what_was_fetched_by_a_run_that_was_cut_off_is_no_new_mail_where_sizes_are_wrong(void **state)
{
    int delivered = 0;

    (void)state;
    for (long step = 1;; step++) {
        given_three_mailboxes();
        sim.server.lies = 1;
        given_mail_there(WORK, 6);
        given_both_sides_agree();
        const uint32_t uid = given_mail_there(WORK, 1);
        sim.world.crash_at = step;
        if (when_golub_syncs_after(60) != -1)
            break;
        delivered += is_here(WORK, 1);
        when_another_client_removes(1, WORK, uid);

        then_both_sides_agree();

        then_it_is_here(WORK, 1, 0);
        then_it_is_there(WORK, 1, 0);
    }
    assert_true(delivered > 0);
}

/* Where its mailbox, or its folder, was away, or the server went back, nothing of it counts as removed: what it left is new mail. */
static void
what_was_fetched_by_a_run_that_was_cut_off_goes_up_again_where_its_mailbox_is_met_anew(void **state)
{
    static struct sim_mailbox was;

    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        int delivered = 0;
        uint32_t uid;

        for (long step = 1; fetch_and_die_at(step, false, &uid); step++) {
            const bool known = is_here(WORK, 1);

            delivered += known;
            if (kind == 0) {
                was = sim.server.boxes[WORK];
                sim.server.boxes[WORK].exists = false;
                sim.server.boxes[WORK].count = 0;
            } else if (kind == 1) {
                for (size_t i = 0; i < here()->tree.count; i++)
                    if (here()->tree.files[i].mailbox == WORK)
                        here()->tree.files[i].mailbox = SIM_MAILBOXES;
                here()->tree.folder[WORK] = false;
            } else {
                sim.server.boxes[INBOX] = inbox_before;
            }
            check_forget(&sim.clients[0]);
            if (kind != 2)
                (void)when_golub_syncs_after(60);
            if (kind == 0) {
                sim.server.boxes[WORK] = was;
            } else if (kind == 1) {
                for (size_t i = 0; i < here()->tree.count; i++)
                    if (here()->tree.files[i].mailbox == SIM_MAILBOXES)
                        here()->tree.files[i].mailbox = WORK;
                here()->tree.folder[WORK] = true;
                maildir_sim_touch(here(), WORK);
            }
            when_another_client_removes(1, WORK, uid);

            then_both_sides_agree();

            then_it_is_here(WORK, 1, known);
            then_it_is_there(WORK, 1, known);
            then_no_row_is_without_a_file();
            assert_int_equal(here()->quarantined, 0);
        }
        assert_true(delivered > 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(more_files_than_a_run_leaves_behind_are_a_copy),
        SCENARIO(a_file_with_the_name_of_what_may_not_come_down_is_a_copy),
        SCENARIO(what_moved_comes_again_where_the_maildir_is_put_back),
        SCENARIO(what_was_edited_in_the_place_of_a_download_that_was_cut_off_is_new_mail),
        SCENARIO(what_was_fetched_by_a_run_that_was_cut_off_is_no_new_mail_where_sizes_are_wrong),
        SCENARIO(what_was_fetched_by_a_run_that_was_cut_off_goes_up_again_where_its_mailbox_is_met_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
