/* A mailbox, or its folder, is out of sight while mail moves and mailboxes get other names. */
#include "tests/sim/scenario_away.h"

static void
when_the_folders_change_places(int a, int b)
{
    for (size_t i = 0; i < here()->tree.count; i++) {
        struct sim_file *file = &here()->tree.files[i];
        const int to = file->mailbox == a ? b : file->mailbox == b ? a : file->mailbox;

        if (to == file->mailbox)
            continue;
        ledger_out(&sim.world, file->content, file->mailbox);
        file->mailbox = to;
        ledger_put(&sim.world, file->content, to);
    }
    maildir_sim_touch(here(), a);
    maildir_sim_touch(here(), b);
    check_forget(&sim.clients[0]);
}

static void
when_golub_only_pulls(bool only)
{
    sim.clients[0].forced = only ? FORCED_PULL : FORCED_NOT;
    (void)when_golub_syncs_after(60);
    sim.clients[0].forced = FORCED_NOT;
}

/* The move is known and may not go up yet when both its ends go out of sight. */
static void
a_move_that_waits_while_its_mailboxes_are_out_of_sight_is_a_move_all_the_same(void **state)
{
    (void)state;
    for (int way = 0; way < 64; way++) {
        const int away = way % 2 == 0 ? WORK : OLD;

        given_three_mailboxes();
        for (int content = 1; content <= 8; content++)
            given_mail_there(content % 2 == 0 ? WORK : OLD, content);
        given_both_sides_agree();
        when_the_folders_change_places(WORK, OLD);
        when_golub_only_pulls((way & 2) == 0);
        given_the_folder_is_away(away);
        given_the_mailbox_is_hidden(WORK + OLD - away);
        when_golub_only_pulls((way & 4) != 0);
        if ((way & 8) != 0)
            when_the_folder_is_back(away);
        else
            when_the_mailbox_is_back(WORK + OLD - away);
        if ((way & 16) != 0)
            when_golub_only_pulls((way & 32) != 0);
        if ((way & 8) == 0)
            when_the_folder_is_back(away);
        else
            when_the_mailbox_is_back(WORK + OLD - away);

        then_both_sides_agree();

        for (int content = 1; content <= 8; content++) {
            then_it_is_there(WORK, content, content % 2);
            then_it_is_there(OLD, content, 1 - content % 2);
        }
    }
}

/* Its folder is away, its UIDs mean what they meant, and something new is in it: perhaps what another mailbox lacks under its new UIDs. */
static void
what_moved_to_a_mailbox_whose_folder_is_away_is_not_sent_again(void **state)
{
    (void)state;
    for (int wanted = 0; wanted < 2; wanted++) {
        given_three_mailboxes();
        given_mail_there(WORK, 1);
        given_mail_there(WORK, 2);
        given_mail_there(OLD, 3);
        given_both_sides_agree();
        given_the_folder_is_away(OLD);
        assert_int_equal(when_golub_syncs_after(60), 0);
        when_another_client_moves(1, WORK, OLD);
        if (wanted)
            mua_set_flags(here(), file_of(WORK, 1), FLAG_FLAGGED);
        else
            server_reset_uidvalidity(&sim.server, WORK);
        check_forget(&sim.clients[0]);

        (void)when_golub_syncs_after(60);

        then_it_is_there(WORK, 1, 0);
        when_the_folder_is_back(OLD);
        then_both_sides_agree();
        then_it_is_there(WORK, 1, 0);
        then_it_is_here(WORK, 1, 0);
        then_it_is_there(OLD, 1, 1);
        then_it_is_here(OLD, 1, 1);
        then_it_is_here(OLD, 3, 1);
    }
}

/* It is looked at for what may have moved there, under new UIDs; its folder is away all the same, and lacks something when it is back. */
static void
what_a_folder_lacks_is_not_removed_although_its_mailbox_was_paired_anew_while_it_was_away(void **state)
{
    (void)state;
    given_three_mailboxes();
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    given_mail_there(OLD, 3);
    given_mail_there(OLD, 4);
    given_both_sides_agree();
    given_the_folder_is_away(OLD);
    assert_int_equal(when_golub_syncs_after(60), 0);
    when_another_client_moves(1, WORK, OLD);
    mua_set_flags(here(), file_of(WORK, 1), FLAG_FLAGGED);
    server_reset_uidvalidity(&sim.server, OLD);
    check_forget(&sim.clients[0]);
    (void)when_golub_syncs_after(60);
    maildir_sim_drop(here(), file_of(SIM_MAILBOXES, 3));

    when_the_folder_is_back(OLD);

    then_both_sides_agree();
    for (int content = 1; content <= 4; content++) {
        then_it_is_there(content == 2 ? WORK : OLD, content, 1);
        then_it_is_here(content == 2 ? WORK : OLD, content, 1);
    }
}

/* The server lost it meanwhile. In another mailbox a file and a message with its bytes were both new, and are one: it is not what went there. */
static void
what_met_a_file_in_another_mailbox_is_not_what_moved_there(void **state)
{
    (void)state;
    given_three_mailboxes();
    given_mail_there(INBOX, 2);
    const uint32_t uid = given_mail_there(OLD, 1);
    given_mail_there(OLD, 3);
    given_both_sides_agree();
    given_the_folder_is_away(OLD);
    assert_int_equal(when_golub_syncs_after(60), 0);
    server_expunge(&sim.server, OLD, uid);
    given_mail_here(WORK, 1);
    given_mail_there(WORK, 1);
    check_forget(&sim.clients[0]);
    (void)when_golub_syncs_after(60);

    when_the_folder_is_back(OLD);

    then_both_sides_agree();
    then_it_is_here(OLD, 1, 1);
    then_it_is_there(OLD, 1, 1);
    then_it_is_here(WORK, 1, 1);
    then_it_is_there(WORK, 1, 1);
}

static void
when_another_client_renames_and_makes_again(int from, int to)
{
    struct sim_mailbox *boxes = sim.server.boxes;

    boxes[to] = boxes[from];
    boxes[from].exists = false;
    boxes[from].count = boxes[from].expunged_count = 0;
    server_create(&sim.server, from);
    for (size_t i = 0; i < boxes[to].count; i++) {
        ledger_out(&sim.world, boxes[to].messages[i].content, from);
        ledger_put(&sim.world, boxes[to].messages[i].content, to);
    }
    check_forget(&sim.clients[0]);
}

/* It left while its mailbox was hidden, and moves on with the one that it went to in the very run that sees its old place again. */
static void
what_left_a_hidden_mailbox_and_moves_on_when_that_is_back_is_not_sent_again(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    given_mail_there(INBOX, 3);
    given_both_sides_agree();
    given_the_mailbox_is_hidden(WORK);
    (void)when_golub_syncs_after(60);
    when_it_leaves_the_hidden_mailbox(1, WORK, INBOX);
    given_both_sides_agree();
    then_it_is_here(INBOX, 1, 1);
    when_another_client_renames_and_makes_again(INBOX, OLD);
    when_the_mailbox_is_back(WORK);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(WORK, 1, 0);
    then_it_is_there(OLD, 1, 1);
    then_it_is_here(OLD, 1, 1);
    then_it_is_there(OLD, 3, 1);
    then_it_is_there(WORK, 2, 1);
}

/* The same here: the folder is away, and what left it is in one that gets another name meanwhile. */
static void
what_left_a_folder_that_is_away_and_moves_on_when_that_is_back_is_not_fetched_again(void **state)
{
    (void)state;
    for (int renames = 0; renames < 2; renames++) {
        given_three_mailboxes();
        given_mail_there(WORK, 1);
        given_mail_there(WORK, 2);
        given_mail_there(INBOX, 3);
        given_both_sides_agree();
        given_the_folder_is_away(WORK);
        assert_int_equal(when_golub_syncs_after(60), 0);
        when_the_user_moves_it_out(1, WORK, INBOX);
        given_both_sides_agree();
        then_it_is_there(INBOX, 1, 1);
        ledger_out(&sim.world, 1, INBOX);
        assert_true(mua_move(here(), file_of(INBOX, 1), OLD, renames));
        ledger_put(&sim.world, 1, OLD);
        when_the_folder_is_back(WORK);

        then_both_sides_agree();

        then_it_is_there(INBOX, 1, 0);
        then_it_is_there(WORK, 1, 0);
        then_it_is_there(OLD, 1, 1);
        then_it_is_here(OLD, 1, 1);
        then_it_is_there(WORK, 2, 1);
    }
}

/* Its folder comes back without its file, and another client has made a copy meanwhile: the file comes again. */
static void
what_another_client_copied_is_not_where_a_file_went(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    given_both_sides_agree();
    given_the_folder_is_away(WORK);
    assert_int_equal(when_golub_syncs_after(60), 0);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    mua_remove(here(), file_of(SIM_MAILBOXES, 1));
    when_the_folder_is_back(WORK);

    then_both_sides_agree();

    for (int mailbox = INBOX; mailbox <= WORK; mailbox++) {
        then_it_is_there(mailbox, 1, 1);
        then_it_is_here(mailbox, 1, 1);
    }
}

/*
 * It moved there while its folder was away; the run that sees it again is cut off, and its new place is removed before the next one. Where the
 * run has noted the move, the old place follows: that is the law, too.
 */
static void
what_moved_out_of_a_folder_that_was_away_and_is_removed_then_may_go(void **state)
{
    int gone = 0;

    (void)state;
    for (long step = 1;; step++) {
        given_three_mailboxes();
        sim.world.strict = true;
        sim.world.kinds = KIND_BIT(KIND_AWAY_HERE);
        given_mail_there(WORK, 1);
        given_mail_there(WORK, 2);
        given_mail_there(INBOX, 3);
        given_both_sides_agree();
        given_the_folder_is_away(WORK);
        sim.away_here[0][WORK] = true;
        when_another_client_moves(1, WORK, INBOX);
        given_both_sides_agree();
        when_the_folder_is_back(WORK);
        sim.away_here[0][WORK] = false;
        sim.world.crash_at = step;
        if (when_golub_syncs_after(60) != -1)
            break;
        when_the_user_removes(INBOX, 1);

        then_both_sides_agree();

        then_it_is_there(INBOX, 1, 0);
        then_it_is_here(INBOX, 1, 0);
        then_it_is_here(INBOX, 3, 1);
        gone +=
            maildir_sim_multiplicity(here(), WORK, 1, false) == 0; /* else it stood in no other place that is known */
    }
    assert_true(gone > 0);
}

/* ---- a move here that was cut off ---- */

/* Before the next run another client moves it on, or back. What is linked and in no row yet must not be taken for new mail. */
static void
what_moves_on_there_after_its_move_here_was_cut_off_is_there_once(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        long step = 1;

        for (;; step++) {
            const int next = kind / 2 == 0 ? OLD : WORK;

            given_three_mailboxes();
            given_mail_there(WORK, 1);
            given_mail_there(WORK, 2);
            given_both_sides_agree();
            when_another_client_moves(1, WORK, INBOX);
            when_another_client_moves(2, WORK, INBOX);
            sim.world.crash_at = step;
            sim.world.crash_after = kind % 2 == 1;
            if (when_golub_syncs_after(60) != -1)
                break;
            when_another_client_moves(1, INBOX, next);
            when_another_client_moves(2, INBOX, next);

            then_both_sides_agree();

            for (int content = 1; content <= 2; content++) {
                then_it_is_there(next, content, 1);
                then_it_is_there(INBOX, content, 0);
                then_it_is_here(next, content, 1);
                then_it_is_here(INBOX, content, 0);
            }
        }
        assert_true(step > 5);
    }
}

/* ... and a mail reader gave either name another flag before the next run. */
static void
what_was_read_while_its_move_here_was_cut_off_and_moves_on_there_is_there_once(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        int met = 0;

        for (long step = 1;; step++) {
            const int marked = kind / 2 == 0 ? INBOX : WORK;

            given_three_mailboxes();
            given_mail_there(WORK, 1);
            given_both_sides_agree();
            when_another_client_moves(1, WORK, INBOX);
            sim.world.crash_at = step;
            sim.world.crash_after = kind % 2 == 1;
            if (when_golub_syncs_after(60) != -1)
                break;
            if (maildir_sim_multiplicity(here(), INBOX, 1, false) != 0 &&
                maildir_sim_multiplicity(here(), WORK, 1, false) != 0) {
                mua_set_flags(here(), file_of(marked, 1), FLAG_FLAGGED);
                met++;
            }
            when_another_client_moves(1, INBOX, OLD);

            then_both_sides_agree();

            then_it_is_there(OLD, 1, 1);
            then_it_is_there(INBOX, 1, 0);
            then_it_is_here(OLD, 1, 1);
            then_it_is_here(INBOX, 1, 0);
        }
        assert_true(met > 0);
    }
}

/* Nobody followed it when its folder was away, and it is missing below all that is shown when that is back. */
static void
what_went_below_a_view_while_its_folder_was_away_is_no_removal(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.window = 50;
    sim.server.announces = true;
    sim.server.qresync = false;
    given_mail_there(WORK, 20);
    given_both_sides_agree();
    given_the_folder_is_away(WORK);
    assert_int_equal(when_golub_syncs_after(60), 0);
    ledger_out(&sim.world, 20, WORK);
    server_expunge(&sim.server, WORK, 1);
    given_mail_there(WORK, 21);
    when_the_folder_is_back(WORK);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(WORK, 20, 1);
    given_mail_there(WORK, 22); /* the number is another one: it is whole */

    for (int i = 0; i < 2; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_here(WORK, 20, 1);
    then_it_is_there(WORK, 20, 1);
    assert_int_equal(here()->quarantined, 0);
}

/* ... and what was out of view before that. */
static void
what_was_out_of_view_when_its_folder_was_away_is_no_removal(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        given_empty_account(1);
        sim.server.window = 50;
        sim.server.qresync = false;
        for (int i = 0; i < 50; i++)
            given_mail_there(WORK, 20 + i);
        given_both_sides_agree();
        for (int i = 0; i < 4; i++)
            given_mail_there(WORK, 100 + i);
        assert_int_equal(when_golub_syncs_after(60), 0);
        given_the_folder_is_away(WORK);
        assert_int_equal(when_golub_syncs_after(60), 0);
        for (uint32_t uid = 1; uid <= 2; uid++) {
            ledger_out(&sim.world, 19 + (int)uid, WORK);
            server_expunge(&sim.server, WORK, uid);
        }
        if (!late)
            sim.server.window = 0;
        when_the_folder_is_back(WORK);
        assert_int_equal(when_golub_syncs_after(60), 0);
        sim.server.window = 0;
        given_mail_there(WORK, 110);

        for (int i = 0; i < 2; i++)
            (void)when_golub_syncs_after(60);

        for (int i = 0; i < 50; i++) {
            then_it_is_here(WORK, 20 + i, 1);
            then_it_is_there(WORK, 20 + i, 1);
        }
        assert_int_equal(here()->quarantined, 0);
        end_scenario(NULL);
    }
}

/* What was fetched by a run that was cut off has its name, and no row. Another client moves it on, or removes it. */
static void
what_goes_on_there_after_its_download_was_cut_off_is_no_new_mail(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        const bool moves = kind / 2 == 0;
        long step = 1;

        for (;; step++) {
            uint32_t uids[3];

            given_three_mailboxes();
            given_both_sides_agree();
            for (int content = 1; content <= 2; content++)
                uids[content] = given_mail_there(INBOX, content);
            sim.world.crash_at = step;
            sim.world.crash_after = kind % 2 == 1;
            if (when_golub_syncs_after(60) != -1)
                break;
            for (int content = 1; content <= 2; content++) {
                if (moves) {
                    when_another_client_moves(content, INBOX, OLD);
                    continue;
                }
                ledger_out(&sim.world, content, INBOX);
                server_expunge(&sim.server, INBOX, uids[content]);
            }

            then_both_sides_agree();

            for (int content = 1; content <= 2; content++) {
                then_it_is_there(OLD, content, moves ? 1 : 0);
                then_it_is_there(INBOX, content, 0);
                then_it_is_here(OLD, content, moves ? 1 : 0);
                then_it_is_here(INBOX, content, 0);
            }
        }
        assert_true(step > 4);
    }
}

/*
 * A run for another mailbox, in which the power fails, has seen that it is not under its name any more, before anybody looked at what the
 * server lost meanwhile.
 */
static void
what_got_another_name_when_its_folder_was_back_and_the_server_lost_it_is_new_mail(void **state)
{
    static const char *const inbox[] = {"INBOX", NULL};
    int status = -1;

    (void)state;
    for (long step = 1; status == -1; step++) {
        given_three_mailboxes();
        given_mail_there(WORK, 1);
        given_both_sides_agree();
        given_the_folder_is_away(WORK);
        (void)when_golub_syncs_after(60);
        server_expunge(&sim.server, WORK, 1);
        when_the_folder_is_back(WORK);
        assert_true(mua_move(here(), file_of(WORK, 1), WORK, true));
        sim.only = inbox;
        sim.world.crash_at = step;
        status = when_golub_syncs_after(60);
        sim.only = NULL;

        (void)when_golub_syncs_after(60);

        assert_int_equal(here()->quarantined, 0);
        then_it_is_here(WORK, 1, 1);
        then_both_sides_agree();
        then_it_is_there(WORK, 1, 1);
        end_scenario(NULL);
    }
}

/* A provider fills the mailbox anew, and has just begun when golub looks; by the next run it is done, and the user has moved all out and removed the folder. */
static void
what_moved_out_of_a_folder_whose_mailbox_was_being_filled_is_there_once(void **state)
{
    enum { FIRST = 20, COUNT = 13 };

    (void)state;
    given_three_mailboxes();
    for (int i = 0; i < COUNT; i++)
        given_mail_there(WORK, FIRST + i);
    given_both_sides_agree();
    server_reset_uidvalidity(&sim.server, WORK);
    sim.server.boxes[WORK].count = 1;
    check_forget(&sim.clients[0]);
    (void)when_golub_syncs_after(60);
    sim.server.boxes[WORK].count = COUNT;
    sim.server.boxes[WORK].modseq++;
    for (int i = 0; i < COUNT; i++)
        when_the_user_moves(FIRST + i, WORK, INBOX);
    here()->tree.folder[WORK] = false;
    check_forget(&sim.clients[0]);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    for (int i = 0; i < COUNT; i++) {
        then_it_is_there(INBOX, FIRST + i, 1);
        then_it_is_here(INBOX, FIRST + i, 1);
        then_it_is_there(WORK, FIRST + i, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_move_that_waits_while_its_mailboxes_are_out_of_sight_is_a_move_all_the_same),
        SCENARIO(what_left_a_hidden_mailbox_and_moves_on_when_that_is_back_is_not_sent_again),
        SCENARIO(what_left_a_folder_that_is_away_and_moves_on_when_that_is_back_is_not_fetched_again),
        SCENARIO(what_another_client_copied_is_not_where_a_file_went),
        SCENARIO(what_moved_to_a_mailbox_whose_folder_is_away_is_not_sent_again),
        SCENARIO(what_a_folder_lacks_is_not_removed_although_its_mailbox_was_paired_anew_while_it_was_away),
        SCENARIO(what_met_a_file_in_another_mailbox_is_not_what_moved_there),
        SCENARIO(what_moved_out_of_a_folder_that_was_away_and_is_removed_then_may_go),
        SCENARIO(what_moves_on_there_after_its_move_here_was_cut_off_is_there_once),
        SCENARIO(what_was_read_while_its_move_here_was_cut_off_and_moves_on_there_is_there_once),
        SCENARIO(what_went_below_a_view_while_its_folder_was_away_is_no_removal),
        SCENARIO(what_was_out_of_view_when_its_folder_was_away_is_no_removal),
        SCENARIO(what_goes_on_there_after_its_download_was_cut_off_is_no_new_mail),
        SCENARIO(what_moved_out_of_a_folder_whose_mailbox_was_being_filled_is_there_once),
        SCENARIO(what_got_another_name_when_its_folder_was_back_and_the_server_lost_it_is_new_mail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
