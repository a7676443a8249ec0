/* Both sides are paired anew (a Maildir out of a backup, another UIDVALIDITY, a folder that was away), and something happens meanwhile. */

#include "tests/sim/scenario.h"

/* ---- a Maildir out of a backup ---- */

/* #1 was read and flagged here since the backup was made, and #2 came. */
static void
given_an_older_maildir(void)
{
    static struct sim_tree backup;

    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    backup = here()->tree;
    when_another_client_gives(INBOX, 1, FLAG_SEEN | FLAG_FLAGGED);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    maildir_sim_restore(here(), &backup);
    check_forget(&sim.clients[0]);
}

/* Has the run that was cut off read the names of the restored Maildir? */
static bool
is_past_known(void)
{
    struct error err = {0};
    char *text = NULL;

    assert_true(journal_get(sim.clients[0].journal, "past", &text, &err));
    const bool known = text != NULL && text[0] != '\0';
    free(text);
    return known;
}

static void
flags_that_are_set_while_a_restored_maildir_is_paired_stay(void **state)
{
    int known = 0, step = 1;

    (void)state;
    for (;; step++) {
        given_empty_account(1);
        given_an_older_maildir();
        sim.world.crash_at = step;
        if (when_golub_syncs_after(60) != -1)
            break;
        const bool past_known = is_past_known();
        mua_set_flags(here(), file_of(INBOX, 1), flags_here(INBOX, 1) | FLAG_DRAFT);

        for (int i = 0; i < 2; i++)
            assert_int_equal(when_golub_syncs_after(60), 0);

        /* What is set before that is of the past for all that anybody can tell. */
        assert_int_equal(message_of(INBOX, 1)->flags & ~(unsigned)FLAG_DRAFT, FLAG_SEEN | FLAG_FLAGGED);
        assert_true(!past_known || (message_of(INBOX, 1)->flags & FLAG_DRAFT) != 0);
        known += past_known;
        then_both_sides_agree();
    }
    assert_true(known > 1 && step > known);
}

/* The journal's row shows what the restored name shows. */
static bool
is_past_taken(void)
{
    struct journal_message row;
    struct error err = {0};
    bool found;

    assert_true(journal_message_get(sim.clients[0].journal, 1, &row, &found, &err) && found && row.uid != 0);
    return row.flags.lbase != (FLAG_SEEN | FLAG_FLAGGED);
}

static struct {
    int left;
    bool done, behind_the_look;
} flagging;

static void
flag_at_its_moment(struct world *world)
{
    (void)world;
    if (--flagging.left != 0)
        return;
    flagging.done = true;
    flagging.behind_the_look = is_past_taken();
    mua_set_flags(here(), file_of(INBOX, 1), flags_here(INBOX, 1) | FLAG_DRAFT);
}

static void
flags_that_are_set_right_after_the_first_look_at_a_restored_maildir_go_up(void **state)
{
    int behind = 0;

    (void)state;
    for (int moment = 1;; moment++) {
        given_empty_account(1);
        given_an_older_maildir();
        flagging.left = moment;
        flagging.done = false;
        given_others_act(flag_at_its_moment);
        assert_int_equal(when_golub_syncs_after(60), 0);
        if (!flagging.done)
            break;

        for (int i = 0; i < 2; i++)
            assert_int_equal(when_golub_syncs_after(60), 0);

        assert_true(!flagging.behind_the_look || (message_of(INBOX, 1)->flags & FLAG_DRAFT) != 0);
        behind += flagging.behind_the_look;
        then_both_sides_agree();
    }
    assert_true(behind > 1);
}

/* Unread when the backup was made, and flagged or answered since: a file in new/ shows no flags, and one out of the past keeps none. */
static void
flags_of_mail_that_is_unread_in_a_restored_maildir_come_again(void **state)
{
    static struct sim_tree backup;
    long cut = 0;

    (void)state;
    do { /* at each step the run may die */
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        backup = here()->tree;
        when_another_client_gives(INBOX, 1, FLAG_FLAGGED);
        given_mail_there(INBOX, 2);
        given_both_sides_agree();
        assert_int_equal(flags_here(INBOX, 1), FLAG_FLAGGED);
        maildir_sim_restore(here(), &backup);
        check_forget(&sim.clients[0]);
        sim.world.crash_at = ++cut;
        if (when_golub_syncs_after(60) != -1)
            cut = 0;

        for (int i = 0; i < 2; i++)
            assert_int_equal(when_golub_syncs_after(60), 0);

        assert_int_equal(message_of(INBOX, 1)->flags, FLAG_FLAGGED);
        assert_int_equal(flags_here(INBOX, 1), FLAG_FLAGGED);
        then_both_sides_agree();
    } while (cut != 0);
}

static void
flags_of_new_mail_go_up_although_the_maildir_was_restored(void **state)
{
    (void)state;
    given_empty_account(1);
    given_an_older_maildir();
    given_mail_there(INBOX, 3);
    given_mail_here(INBOX, 3);
    mua_set_flags(here(), file_of(INBOX, 3), FLAG_DRAFT);
    when_another_client_gives(INBOX, 3, FLAG_SEEN);

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(message_of(INBOX, 3)->flags, FLAG_SEEN | FLAG_DRAFT);
    assert_int_equal(flags_here(INBOX, 3), FLAG_SEEN | FLAG_DRAFT);
    then_both_sides_agree();
}

static void
what_the_server_cannot_hold_stays_in_a_restored_maildir(void **state)
{
    static struct sim_tree backup;

    (void)state;
    given_empty_account(1);
    sim.server.boxes[INBOX].permanent = FLAG_ALL & ~(unsigned)FLAG_FORWARDED;
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    mua_set_flags(here(), file_of(INBOX, 1), FLAG_FORWARDED);
    given_both_sides_agree();
    backup = here()->tree;
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    maildir_sim_restore(here(), &backup);

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(flags_here(INBOX, 1), FLAG_FORWARDED);
    then_both_sides_agree();
}

/* ---- another UIDVALIDITY ---- */

static void
a_removal_that_waits_for_a_word_does_not_follow_the_message_to_another_mailbox(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 20; i < 30; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    for (int i = 20; i < 30; i++)
        when_the_user_removes(INBOX, i);
    assert_int_equal(when_golub_syncs_after(60), 3);
    when_another_client_moves(23, INBOX, WORK); /* he wants it */
    server_reset_uidvalidity(&sim.server, INBOX);

    for (int i = 0; i < 3; i++) /* with the word */
        (void)when_golub_syncs_after(60);

    then_it_is_there(WORK, 23, 1);
    then_it_is_here(WORK, 23, 1);
    then_it_is_there(INBOX, 22, 0);
    then_both_sides_agree();
}

static void
flags_that_were_lost_are_set_again_although_one_message_shows_some(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 1; i < 5; i++) {
        given_mail_there(INBOX, i);
        when_another_client_gives(INBOX, i, FLAG_SEEN | FLAG_FLAGGED);
    }
    given_both_sides_agree();
    server_reset_uidvalidity(&sim.server, INBOX);
    server_forget_flags(&sim.server, INBOX);
    when_another_client_gives(INBOX, 3, FLAG_SEEN);
    check_forget(&sim.clients[0]);

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(message_of(INBOX, 1)->flags, FLAG_SEEN | FLAG_FLAGGED);
    assert_int_equal(flags_here(INBOX, 1), FLAG_SEEN | FLAG_FLAGGED);
    assert_int_equal(message_of(INBOX, 3)->flags, FLAG_SEEN); /* nothing of this one was lost: somebody changed it */
    then_both_sides_agree();
}

static void
what_the_old_uid_could_not_hold_is_given_to_the_new_one(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.boxes[INBOX].permanent = FLAG_ALL & ~(unsigned)FLAG_FORWARDED;
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    mua_set_flags(here(), file_of(INBOX, 1), FLAG_FORWARDED);
    given_both_sides_agree();
    sim.server.boxes[INBOX].permanent = FLAG_ALL;
    server_reset_uidvalidity(&sim.server, INBOX);

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(message_of(INBOX, 1)->flags, FLAG_FORWARDED);
    then_both_sides_agree();
}

/* One is removed here, an equal one moved there from Work to Old, and INBOX and Work have other UIDs than before. */
static void
what_comes_again_is_no_place_to_which_another_one_has_moved(void **state)
{
    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);
    mua_set_flags(here(), file_of(WORK, 1), FLAG_ANSWERED);
    when_another_client_moves(1, WORK, OLD);
    server_reset_uidvalidity(&sim.server, INBOX);
    server_reset_uidvalidity(&sim.server, WORK);
    check_forget(&sim.clients[0]);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 1, 1);
    then_it_is_here(WORK, 1, 0);
    then_it_is_here(OLD, 1, 1);
    assert_int_equal(flags_here(INBOX, 1), 0);
    assert_int_equal(flags_here(OLD, 1), FLAG_ANSWERED); /* it is the file of Work */
    then_both_sides_agree();
}

/* Out of a backup: Work shows the past under its UIDVALIDITY, INBOX has another one, and lacks what is in Work again. */
static void
what_a_restored_server_lacks_was_not_moved_to_what_it_has_again(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 2);
    given_mail_there(INBOX, 3);
    sim.backup = sim.server;
    given_both_sides_agree();
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 4);
    const uint32_t uid = sim.server.boxes[WORK].messages[0].uid;
    ledger_out(&sim.world, 1, WORK);
    server_expunge(&sim.server, WORK, uid);
    given_both_sides_agree();
    given_server_as_in_backup();
    server_reset_uidvalidity(&sim.server, INBOX);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 1, 1);
    then_it_is_here(WORK, 1, 1);
    then_it_is_there(INBOX, 1, 1);
    then_both_sides_agree();
}

/* ---- answers that were lost ---- */

/* The server does not say the UID, and files of the same bytes that lost theirs are looking for one. */
static void
what_was_sent_gets_its_uid_before_an_equal_file_does(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.uidplus = false;
    for (int i = 0; i < 15; i++)
        given_mail_there(INBOX, i < 3 ? 1 : 20 + i);
    given_both_sides_agree();
    while (sim.server.boxes[INBOX].count > 0)
        server_expunge(&sim.server, INBOX, sim.server.boxes[INBOX].messages[0].uid);
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);
    given_mail_here(INBOX, 1);

    for (int i = 0; i < 8; i++) /* they wait an hour, and then for a word */
        (void)when_golub_syncs_after(i < 4 ? 60 : 4000);

    then_it_is_there(INBOX, 1, 4);
    then_both_sides_agree();
}

static void
an_append_that_was_cut_off_again_and_again_is_sent_after_all(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_here(INBOX, 1);
    given_both_sides_agree();
    sim.server.uidplus = false;
    assert_true(mua_copy(here(), file_of(INBOX, 1), INBOX));
    ledger_put(&sim.world, 1, INBOX);

    given_trouble_at(STEP_COPY, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    for (int i = 0; i < 3; i++) {
        given_trouble_at(STEP_APPEND, true, false);
        assert_int_equal(when_golub_syncs_after(60), 5);
    }
    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_there(INBOX, 1, 2);
    then_both_sides_agree();
}

/* What stands elsewhere is somebody's, and the file that was to go up is the user's: each stays where it was put. */
static void
what_never_arrived_did_not_move_on(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        const int files = kind == 2 ? 2 : 1;

        given_empty_account(1);
        sim.server.swallows_duplicates = kind == 2; /* and does not say what became of the second one */
        sim.server.uidplus = kind != 2;
        for (int i = 0; i < files; i++)
            given_mail_here(INBOX, 1);
        if (kind < 2)
            given_trouble_at(STEP_APPEND, kind == 0, false);
        (void)when_golub_syncs_after(60);
        given_mail_there(WORK, 1);

        (void)when_golub_syncs_after(60);

        then_it_is_here(INBOX, 1, files);
        then_it_is_here(WORK, 1, 1);
        then_it_is_there(INBOX, 1, 1);
        then_both_sides_agree();
    }
}

/* ---- one UID, two files ---- */

/* The server keeps one of a kind; one of its files is a draft that is saved again under its name. */
static void
a_draft_that_is_saved_again_leaves_its_uid_to_the_file_that_is_still_that_message(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.swallows_duplicates = true;
    for (int i = 0; i < 2; i++)
        assert_true(mua_deliver(here(), INBOX, 1, FLAG_DRAFT, 1600000000));
    ledger_put(&sim.world, 1, INBOX);
    given_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    struct sim_file *draft = &here()->tree.files[0]; /* it was sent first, and holds the UID */
    mua_edit(here(), draft, 5);
    draft->date += 100;
    ledger_put(&sim.world, 5, INBOX);
    check_forget(&sim.clients[0]);

    assert_int_equal(when_golub_syncs_after(60), 0);

    draft->original = 5;
    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(INBOX, 5, 1);
    then_it_is_here(INBOX, 1, 1);
    then_it_is_here(INBOX, 5, 1);
    then_both_sides_agree();
}

static void
the_second_file_of_a_uid_stays_its_second_file_under_another_uidvalidity(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.swallows_duplicates = true;
    given_mail_here(INBOX, 1);
    given_mail_here(INBOX, 1);
    given_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
    server_reset_uidvalidity(&sim.server, INBOX);
    given_mail_there(WORK, 1);
    check_forget(&sim.clients[0]);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 1, 2);
    then_it_is_here(WORK, 1, 1);
    then_both_sides_agree();
}

/* ---- edited here, moved there ---- */

static void
a_file_that_was_changed_is_not_moved_as_the_message(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    mua_edit(here(), file_of(INBOX, 1), 5);
    ledger_put(&sim.world, 5, INBOX);
    when_another_client_moves(1, INBOX, WORK);
    check_forget(&sim.clients[0]);

    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_true(sim.world.errors > 0);
    then_it_is_here(WORK, 1, 1);
    then_it_is_here(WORK, 5, 0);
    then_it_is_here(INBOX, 5, 1);
    then_it_is_there(INBOX, 5, 0);
    then_it_is_there(WORK, 1, 1);
    assert_int_equal(here()->quarantined, 0);
}

/* The server lost it with the UIDs, and its file was copied to another folder while the mailbox could not be opened: both go up. */
static void
a_file_that_was_copied_has_not_moved_because_the_server_lost_its_message(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 1; i < 5; i++)
        given_mail_there(INBOX, i);
    given_both_sides_agree();
    server_expunge(&sim.server, INBOX, 2);
    sim.server.unreadable = 1u << INBOX;
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);
    assert_true(mua_copy(here(), file_of(INBOX, 2), WORK));
    ledger_put(&sim.world, 2, WORK);
    for (int run = 0; run < 2; run++)
        (void)when_golub_syncs_after(60);
    sim.server.unreadable = 0;

    then_both_sides_agree();

    then_it_is_here(INBOX, 2, 1);
    then_it_is_there(INBOX, 2, 1);
    then_it_is_here(WORK, 2, 1);
    then_it_is_there(WORK, 2, 1);
}

/* It came with its flags to where an equal one had lost them: which of the two its file is paired with says nothing about the others. */
static void
flags_that_were_lost_are_set_again_although_an_equal_message_came_with_some(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 2);
    given_mail_there(WORK, 2);
    given_mail_there(WORK, 1);
    for (int mailbox = INBOX; mailbox <= WORK; mailbox++)
        when_another_client_gives(mailbox, 2, FLAG_SEEN);
    when_another_client_gives(WORK, 1, FLAG_FLAGGED);
    given_both_sides_agree();
    server_reset_uidvalidity(&sim.server, WORK);
    server_forget_flags(&sim.server, WORK);
    when_another_client_moves(2, INBOX, WORK);
    check_forget(&sim.clients[0]);

    (void)when_golub_syncs_after(60);

    assert_int_equal(message_of(WORK, 1)->flags, FLAG_FLAGGED);
    assert_int_equal(flags_here(WORK, 1), FLAG_FLAGGED);
    then_both_sides_agree();
}

/* It has a new UIDVALIDITY in each run, and its messages are never found again. */
static void
what_a_mailbox_loses_in_each_run_is_not_sent_again_in_each_run(void **state)
{
    int sent = 0;

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_both_sides_agree();
    for (int i = 0; i < 6; i++) {
        for (uint32_t uid = 1; uid < sim.server.boxes[INBOX].uidnext; uid++) {
            const struct sim_message *message = server_message(&sim.server, INBOX, uid);

            if (message != NULL && message->content == 1)
                server_remove(&sim.server, INBOX, uid);
        }
        server_reset_uidvalidity(&sim.server, INBOX);
        check_forget(&sim.clients[0]);
        (void)when_golub_syncs_after(60);
        sent += server_multiplicity(&sim.server, INBOX, 1);
    }
    assert_true(sent <= 2);
    then_both_sides_agree();
    then_it_is_there(INBOX, 1, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(flags_that_are_set_while_a_restored_maildir_is_paired_stay),
        SCENARIO(flags_that_are_set_right_after_the_first_look_at_a_restored_maildir_go_up),
        SCENARIO(flags_of_mail_that_is_unread_in_a_restored_maildir_come_again),
        SCENARIO(flags_of_new_mail_go_up_although_the_maildir_was_restored),
        SCENARIO(what_the_server_cannot_hold_stays_in_a_restored_maildir),
        SCENARIO(a_removal_that_waits_for_a_word_does_not_follow_the_message_to_another_mailbox),
        SCENARIO(what_a_mailbox_loses_in_each_run_is_not_sent_again_in_each_run),
        SCENARIO(flags_that_were_lost_are_set_again_although_one_message_shows_some),
        SCENARIO(what_the_old_uid_could_not_hold_is_given_to_the_new_one),
        SCENARIO(what_was_sent_gets_its_uid_before_an_equal_file_does),
        SCENARIO(what_comes_again_is_no_place_to_which_another_one_has_moved),
        SCENARIO(what_a_restored_server_lacks_was_not_moved_to_what_it_has_again),
        SCENARIO(an_append_that_was_cut_off_again_and_again_is_sent_after_all),
        SCENARIO(what_never_arrived_did_not_move_on),
        SCENARIO(a_draft_that_is_saved_again_leaves_its_uid_to_the_file_that_is_still_that_message),
        SCENARIO(the_second_file_of_a_uid_stays_its_second_file_under_another_uidvalidity),
        SCENARIO(a_file_that_was_changed_is_not_moved_as_the_message),
        SCENARIO(flags_that_were_lost_are_set_again_although_an_equal_message_came_with_some),
        SCENARIO(a_file_that_was_copied_has_not_moved_because_the_server_lost_its_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
