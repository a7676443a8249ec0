/* A run is killed between what it did and the commit that says so; before the next one somebody goes on. */
#include "tests/sim/scenario.h"

static void
given_three_mailboxes(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    for (int content = 1; content <= 6; content++)
        given_mail_there(content % 2 == 0 ? WORK : INBOX, content);
    given_both_sides_agree();
}

/* ---- a delivery ---- */

/* Where it came to one: under its name, or under one that the mail reader gives. @return whether it was killed */
static bool
deliver_and_move(int step, bool after, unsigned flags, int *moved)
{
    given_three_mailboxes();
    given_mail_there(INBOX, 11);
    given_mail_there(INBOX, 12);
    given_mail_there(INBOX, 13);
    sim.world.crash_at = step;
    sim.world.crash_after = after;
    const bool killed = when_golub_syncs_after(60) == -1;
    *moved = 0;
    for (int content = 11; content < 13; content++) {
        if (maildir_sim_multiplicity(here(), INBOX, content, false) == 0)
            continue;
        when_the_user_moves(content, INBOX, WORK);
        mua_set_flags(here(), file_of(WORK, content), flags);
        ++*moved;
    }
    then_both_sides_agree();
    for (int content = 11; content <= 13; content++) {
        const bool in_work = content < 13 && *moved != 0 && maildir_sim_multiplicity(here(), WORK, content, false) != 0;

        then_it_is_there(WORK, content, in_work);
        then_it_is_there(INBOX, content, !in_work);
        then_it_is_here(WORK, content, in_work);
        then_it_is_here(INBOX, content, !in_work);
    }
    return killed;
}

static void
what_was_delivered_without_a_commit_and_moved_is_there_once(void **state)
{
    int most = 0;

    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        bool killed = true;

        for (int step = 1; killed; step++) {
            int moved;

            assert_in_range(step, 1, 100);
            killed = deliver_and_move(step, kind % 2 == 1, kind / 2 == 1 ? FLAG_SEEN : 0, &moved);
            most = killed && moved > most ? moved : most;
        }
    }
    assert_int_equal(most, 2);
}

/* The name of another message is no proof: its bytes are read. */
static void
what_has_the_name_of_a_message_and_other_bytes_did_not_move(void **state)
{
    char base[LOCAL_BASE_MAX + 1];

    (void)state;
    given_three_mailboxes();
    given_mail_there(INBOX, 11);
    assert_int_equal(when_golub_syncs_after(60), 0);
    memcpy(base, file_of(INBOX, 11)->base, sizeof base);

    given_three_mailboxes(); /* the same once more: the same name */
    given_mail_there(INBOX, 11);
    given_mail_here(WORK, 12);
    memcpy(file_of(WORK, 12)->base, base, sizeof base);

    then_both_sides_agree();

    then_it_is_there(INBOX, 11, 1);
    then_it_is_here(INBOX, 11, 1);
    then_it_is_there(WORK, 12, 1);
    then_it_is_here(WORK, 12, 1);
}

/* ---- a move here ---- */

static void
when_another_client_swaps(int a, int b)
{
    struct sim_mailbox *boxes = sim.server.boxes;
    static struct sim_mailbox was;

    was = boxes[a];
    boxes[a] = boxes[b];
    boxes[b] = was;
    for (int m = 0; m < 2; m++) {
        const int to = m == 0 ? a : b;

        for (size_t i = 0; i < boxes[to].count; i++) {
            ledger_out(&sim.world, boxes[to].messages[i].content, a + b - to);
            ledger_put(&sim.world, boxes[to].messages[i].content, to);
        }
    }
    check_forget(&sim.clients[0]);
}

static void
when_another_client_renames_and_makes_again(int from, int to)
{
    server_create(&sim.server, to);
    when_another_client_swaps(from, to);
}

/* Out of a mailbox that was renamed and made again; before the next run they change places, so that all is where it was. */
static void
what_is_left_of_a_move_here_is_no_file_that_was_lost(void **state)
{
    int killed = 0;

    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        for (long step = 1;; step++) {
            given_empty_account(1);
            for (int content = 1; content <= 4; content++)
                given_mail_there(WORK, content);
            given_mail_there(INBOX, 5);
            given_both_sides_agree();
            if (kind / 2 == 1) /* under names of a mail reader */
                for (int content = 1; content <= 4; content++)
                    assert_true(mua_move(here(), file_of(WORK, content), WORK, true));
            given_both_sides_agree();
            when_another_client_renames_and_makes_again(WORK, OLD);
            sim.world.crash_at = step;
            sim.world.crash_after = kind % 2 == 1;
            if (when_golub_syncs_after(60) != -1)
                break;
            killed++;
            when_another_client_swaps(WORK, OLD);
            server_set_flags(&sim.server, WORK, &sim.server.boxes[WORK].messages[0], FLAG_ANSWERED, 0);

            then_both_sides_agree();

            for (int content = 1; content <= 4; content++) {
                then_it_is_there(WORK, content, 1);
                then_it_is_there(OLD, content, 0);
                then_it_is_here(WORK, content, 1);
                then_it_is_here(OLD, content, 0);
            }
        }
    }
    assert_true(killed > 40);
}

/* ---- a move there ---- */

/* By COPY; the old one can't be removed yet when its UIDs are given anew. */
static void
the_second_half_of_a_move_follows_under_another_uidvalidity(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        given_three_mailboxes();
        sim.server.move = sim.server.uidplus = false;
        server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[2], FLAG_DELETED, 0);
        given_both_sides_agree();
        when_the_user_moves(1, INBOX, WORK);
        assert_int_equal(when_golub_syncs_after(60), 1);
        then_it_is_there(WORK, 1, 1);
        then_it_is_there(INBOX, 1, 1);
        server_reset_uidvalidity(&sim.server, INBOX);
        sim.server.uidplus = kind == 1;
        (void)when_golub_syncs_after(60);
        sim.server.uidplus = true;

        then_both_sides_agree();

        then_it_is_there(WORK, 1, 1);
        then_it_is_there(INBOX, 1, 0);
        then_it_is_here(WORK, 1, 1);
        then_it_is_here(INBOX, 1, 0);
    }
}

/* ---- what was sent ---- */

/*
 * Equal files in two mailboxes were sent, and one of them had arrived when the run was killed. The next one is killed, too, when it has perhaps
 * seen that; then it moves on, while nothing is known any more of the other mailbox.
 */
static bool
send_twice_and_move_on(int arrived, int step)
{
    const int other = WORK + OLD - arrived;
    struct sim_mailbox *box = &sim.server.boxes[arrived];

    given_three_mailboxes();
    given_mail_here(WORK, 21);
    given_mail_here(OLD, 21);
    given_trouble_at(STEP_APPEND, false, false);
    assert_int_equal(when_golub_syncs_after(60), -1);
    (void)given_mail_there(arrived, 21);
    server_reset_uidvalidity(&sim.server, other);
    sim.world.crash_at = step;
    if (when_golub_syncs_after(1) != -1)
        return false;
    ledger_out(&sim.world, 21, arrived);
    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == 21) {
            assert_true(action_transfer_there(&sim, arrived, &box->messages[i], INBOX, true));
            break;
        }

    then_both_sides_agree();

    then_it_is_there(arrived, 21, 0);
    then_it_is_here(arrived, 21, 0);
    then_it_is_there(other, 21, 1);
    then_it_is_here(other, 21, 1);
    then_it_is_there(INBOX, 21, 1);
    then_it_is_here(INBOX, 21, 1);
    return true;
}

static void
of_equal_files_that_were_sent_the_one_that_arrived_moves_on(void **state)
{
    (void)state;
    for (int arrived = WORK; arrived <= OLD; arrived++) {
        int step = 1;

        while (send_twice_and_move_on(arrived, step))
            step++;
        assert_in_range(step, 4, 100);
    }
}

/* What stands there under another UID without our \Deleted is perhaps what another client put there since. */
static void
a_removal_that_was_only_begun_takes_no_equal_message_under_another_uidvalidity(void **state)
{
    (void)state;
    for (int expunged = 0; expunged < 2; expunged++) {
        given_empty_account(1);
        given_mail_there(WORK, 1);
        given_mail_there(WORK, 2);
        given_both_sides_agree();
        when_the_user_removes(WORK, 1);
        given_trouble_at(STEP_EXPUNGE, true, expunged != 0);
        (void)when_golub_syncs_after(60);
        then_it_is_there(WORK, 1, 1 - expunged);
        if (expunged != 0) {
            given_mail_there(WORK, 1);
            sim.world.ledger[1].outs[1 + SIM_SERVER][WORK] = sim.world.ledger[1].followed[1 + SIM_SERVER][WORK];
        }
        server_reset_uidvalidity(&sim.server, WORK);

        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);

        then_it_is_there(WORK, 1, expunged);
        then_both_sides_agree();
        end_scenario(NULL);
    }
}

/* The server knows no MOVE. A file moves to a folder, and the run is killed at some step; then that folder gets another name. */
static bool
move_and_rename_the_folder(int step)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    sim.server.move = false;
    for (int content = 1; content <= 3; content++)
        given_mail_there(INBOX, content);
    given_mail_there(WORK, 4);
    given_both_sides_agree();
    when_the_user_moves(1, INBOX, WORK);
    sim.world.crash_at = step;
    if (when_golub_syncs_after(60) != -1)
        return false;
    for (size_t i = 0; i < here()->tree.count; i++) {
        struct sim_file *file = &here()->tree.files[i];
        if (file->mailbox != WORK)
            continue;
        file->mailbox = OLD;
        ledger_out(&sim.world, file->content, WORK);
        ledger_put(&sim.world, file->content, OLD);
    }
    here()->tree.folder[WORK] = false;
    here()->tree.folder[OLD] = true;
    maildir_sim_touch(here(), OLD);
    check_forget(&sim.clients[0]);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);
    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(OLD, 1, 1);
    then_it_is_here(OLD, 1, 1);
    return true;
}

static void
what_moved_to_a_folder_that_was_renamed_after_a_kill_leaves_its_old_place(void **state)
{
    int step = 1;

    (void)state;
    while (move_and_rename_the_folder(step))
        step++;
    assert_in_range(step, 4, 100);
}

/*
 * Two new files have one name, and the run is killed at some step. Then the one that is left gets another name, and the journal turns out to be
 * older than the Maildir: no row is left of what it was.
 */
static bool
give_a_second_file_the_name_of_a_new_one(int step)
{
    char base[LOCAL_BASE_MAX + 1];

    given_empty_account(1);
    given_mail_there(WORK, 2);
    given_both_sides_agree();
    given_mail_here(WORK, 1);
    (void)text_print(base, sizeof base, "%s", file_of(WORK, 1)->base);
    assert_non_null(maildir_sim_add(here(), WORK, base, "c:2,RS", 1, 1600000000));
    ledger_put(&sim.world, 1, WORK);
    ledger_out(&sim.world, 1, WORK);
    sim.world.crash_at = step;
    if (when_golub_syncs_after(60) != -1)
        return false;
    for (size_t i = 0; i < here()->tree.count; i++)
        assert_true(mua_move(here(), &here()->tree.files[i], WORK, true));
    here()->tree.mark.nonce[0] = here()->tree.mark.nonce[0] == 'a' ? 'b' : 'a';

    then_both_sides_agree(); /* and the index has what is in the quarantine */
    return true;
}

static void
a_second_file_that_was_removed_before_a_kill_is_in_the_index(void **state)
{
    int step = 1;

    (void)state;
    while (give_a_second_file_the_name_of_a_new_one(step))
        step++;
    assert_in_range(step, 4, 100);
}

/* A folder can't be read, is read by a run that is killed, and can't be read again: that is no second run on end. @return whether there was such a step */
static bool
move_to_a_folder_that_can_not_be_read(int step)
{
    given_empty_account((uint64_t)step);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    here()->unreadable = 1u << WORK;
    maildir_sim_touch(here(), WORK);
    assert_int_equal(when_golub_syncs_after(60), 1);
    here()->unreadable = 0;
    maildir_sim_touch(here(), WORK);
    given_mail_there(INBOX, 4);
    sim.world.crash_at = step;
    const bool killed = when_golub_syncs_after(60) == -1;
    sim.world.crash_at = 0;
    (void)when_golub_syncs_after(60);
    when_the_user_moves(1, INBOX, WORK);
    here()->unreadable = 1u << WORK;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(INBOX, 1, 1);
    here()->unreadable = 0;
    then_both_sides_agree();
    then_it_is_there(WORK, 1, 1);
    return killed;
}

static void
a_folder_that_was_read_before_a_kill_is_waited_for_when_it_can_not_be_read_again(void **state)
{
    int step = 1;

    (void)state;
    while (move_to_a_folder_that_can_not_be_read(step))
        step++;
    assert_in_range(step, 4, 100);
}

/* Another client moves a message out of a mailbox and deletes that. @return whether there was such a step */
static bool
move_out_of_a_mailbox_that_goes(int step)
{
    struct error err = {0};
    uint64_t rows;

    given_empty_account((uint64_t)step);
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    given_both_sides_agree();
    assert_true(action_transfer_there(&sim, WORK, message_of(WORK, 1), INBOX, true));
    ledger_out(&sim.world, 2, WORK);
    server_expunge(&sim.server, WORK, message_of(WORK, 2)->uid);
    sim.server.boxes[WORK].exists = false;
    check_forget(&sim.clients[0]);
    sim.world.crash_at = step;
    const bool killed = when_golub_syncs_after(60) == -1;
    sim.world.crash_at = 0;

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_here(INBOX, 1, 1);
    then_it_is_here(WORK, 1, 0);
    then_it_is_here(WORK, 2, 1);
    assert_true(journal_message_count(sim.clients[0].journal, event_mailbox_id(sim.clients[0].journal, WORK), WHICH_ALL,
                                      &rows, &err));
    assert_int_equal(rows, 1);
    return killed;
}

static void
what_moved_out_of_a_mailbox_that_went_leaves_no_row_without_a_file(void **state)
{
    int step = 1;

    (void)state;
    while (move_out_of_a_mailbox_that_goes(step))
        step++;
    assert_in_range(step, 4, 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_was_delivered_without_a_commit_and_moved_is_there_once),
        SCENARIO(what_has_the_name_of_a_message_and_other_bytes_did_not_move),
        SCENARIO(a_second_file_that_was_removed_before_a_kill_is_in_the_index),
        SCENARIO(a_folder_that_was_read_before_a_kill_is_waited_for_when_it_can_not_be_read_again),
        SCENARIO(what_moved_out_of_a_mailbox_that_went_leaves_no_row_without_a_file),
        SCENARIO(what_is_left_of_a_move_here_is_no_file_that_was_lost),
        SCENARIO(what_moved_to_a_folder_that_was_renamed_after_a_kill_leaves_its_old_place),
        SCENARIO(the_second_half_of_a_move_follows_under_another_uidvalidity),
        SCENARIO(of_equal_files_that_were_sent_the_one_that_arrived_moves_on),
        SCENARIO(a_removal_that_was_only_begun_takes_no_equal_message_under_another_uidvalidity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
