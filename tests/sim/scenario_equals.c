/* Messages that are equal, or look equal: which of them is which. */
#include "tests/sim/scenario.h"

static void
when_mailboxes_are_swapped(int one, int other)
{
    static struct sim_mailbox box;

    box = sim.server.boxes[one];
    sim.server.boxes[one] = sim.server.boxes[other];
    sim.server.boxes[other] = box;
    for (int m = 0; m < 2; m++) {
        box = sim.server.boxes[m == 0 ? one : other];
        for (size_t i = 0; i < box.count; i++) {
            ledger_out(&sim.world, box.messages[i].content, m == 0 ? other : one);
            ledger_put(&sim.world, box.messages[i].content, m == 0 ? one : other);
        }
    }
}

/* Two messages of one header, each alone in its mailbox, on a server that says 0 of all sizes. Its dates tell that they are two. */
static void
what_has_the_header_of_another_and_another_date_is_another(void **state)
{
    uint32_t uid;

    (void)state;
    given_empty_account(1);
    sim.server.lies = 1;
    assert_true(server_add(&sim.server, WORK, 42, FLAG_ANSWERED, 0, 1600000000, &uid));
    assert_true(server_add(&sim.server, INBOX, 43, 0, 0, 1600000500, &uid));
    ledger_put(&sim.world, 42, WORK);
    ledger_put(&sim.world, 43, INBOX);
    given_both_sides_agree();
    when_mailboxes_are_swapped(INBOX, WORK);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();

    assert_int_equal(message_of(INBOX, 42)->flags, FLAG_ANSWERED);
    assert_int_equal(message_of(WORK, 43)->flags, 0);
    assert_string_equal(file_of(INBOX, 42)->info, "c:2,R");
    assert_string_equal(file_of(WORK, 43)->info, "n");
}

/* ---- equal ones ---- */

static struct sim_file *
file_with(int mailbox, int content, const char *info)
{
    for (size_t i = 0; i < here()->tree.count; i++) {
        struct sim_file *file = &here()->tree.files[i];
        if (file->mailbox == mailbox && file->content == content && strcmp(file->info, info) == 0)
            return file;
    }
    fail_msg("#%d is not here as %s", content, info);
    return NULL;
}

static unsigned long
count_flag_changes(void)
{
    return coverage.done[STEP_STORE] + coverage.done[STEP_RENAME];
}

/* Under another UIDVALIDITY they stand in another order, or one more of them arrived. */
static void
equal_messages_keep_their_flags_under_another_uidvalidity(void **state)
{
    (void)state;
    for (int arrives = 0; arrives < 2; arrives++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_mail_there(INBOX, 1);
        struct sim_message *messages = sim.server.boxes[INBOX].messages;
        server_set_flags(&sim.server, INBOX, &messages[0], FLAG_DRAFT, 0);
        if (arrives) {
            ledger_out(&sim.world, 1, INBOX);
            server_expunge(&sim.server, INBOX, messages[2].uid);
        }
        given_both_sides_agree();
        if (arrives)
            given_mail_there(INBOX, 1);
        server_reset_uidvalidity(&sim.server, INBOX);
        messages[0].flags = 0; /* it is the last one now */
        messages[2].flags = FLAG_DRAFT;
        check_forget(&sim.clients[0]);
        const unsigned long before = count_flag_changes();

        then_both_sides_agree();

        assert_int_equal(count_flag_changes(), before);
        then_it_is_here(INBOX, 1, 2);
        assert_non_null(file_with(INBOX, 1, "c:2,D"));
        assert_non_null(file_with(INBOX, 1, "n"));
    }
}

static void
equal_files_that_get_new_names_keep_their_flags(void **state)
{
    (void)state;
    for (int moves = 0; moves < 2; moves++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 1);
        server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[0], FLAG_ANSWERED, 0);
        given_both_sides_agree();
        for (int i = 0; i < 2; i++) { /* the second one first */
            ledger_out(&sim.world, 1, INBOX);
            assert_true(mua_move(here(), file_with(INBOX, 1, i == 0 ? "n" : "c:2,R"), moves ? WORK : INBOX, true));
            ledger_put(&sim.world, 1, moves ? WORK : INBOX);
        }
        const unsigned long before = count_flag_changes();

        then_both_sides_agree();

        assert_int_equal(count_flag_changes(), before);
        then_it_is_there(moves ? WORK : INBOX, 1, 2);
    }
}

/* Of two equal ones a copied tree has one. Its new name is not that of the other one, whose removal is held. */
static void
what_a_copied_folder_lacks_has_not_got_the_new_name_of_an_equal_one(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_mail_there(INBOX, 1);
        server_set_flags(&sim.server, INBOX, &sim.server.boxes[INBOX].messages[0], FLAG_ANSWERED, 0);
        given_both_sides_agree();
        maildir_sim_reborn(here());
        maildir_sim_drop(here(), file_with(INBOX, 1, "c:2,R"));
        check_forget(&sim.clients[0]);
        sim.clients[0].confirm = false;
        assert_int_equal(when_golub_syncs_after(60), 3);
        mua_set_flags(here(), file_of(INBOX, 1), FLAG_ANSWERED);
        assert_true(mua_move(here(), file_of(INBOX, 1), INBOX, true));
        if (with) /* the mailbox is paired, too */
            given_mail_there(INBOX, 4);
        sim.clients[0].confirm = false;

        assert_int_equal(when_golub_syncs_after(60), 3);

        then_it_is_there(INBOX, 1, 2);
        then_it_is_here(INBOX, 1, 1);
    }
}

/* Its copy was sent, without an answer and in vain. The message moves there, and is copied; then all UIDs are others. */
static void
a_file_that_was_sent_in_vain_stays_where_an_equal_message_moves(void **state)
{
    uint32_t uid;

    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(WORK, 2);
    const uint32_t first = given_mail_there(WORK, 1);
    given_both_sides_agree();
    assert_true(mua_copy(here(), file_of(WORK, 1), WORK));
    ledger_put(&sim.world, 1, WORK);
    sim.server.quota = 2; /* so it is no COPY */
    given_trouble_at(STEP_APPEND, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    sim.server.quota = 0;
    assert_true(server_add(&sim.server, OLD, 1, 0, 0, 1600000000, &uid));
    assert_true(server_add(&sim.server, INBOX, 1, 0, 0, 1600000000, &uid));
    ledger_put(&sim.world, 1, OLD);
    ledger_put(&sim.world, 1, INBOX);
    ledger_out(&sim.world, 1, WORK);
    server_expunge(&sim.server, WORK, first);
    server_reset_uidvalidity(&sim.server, WORK);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();

    for (int mailbox = 0; mailbox < SIM_MAILBOXES; mailbox++) {
        then_it_is_there(mailbox, 1, 1);
        then_it_is_here(mailbox, 1, 1);
    }
}

/*
 * A move was not answered, and another message of the same second moves to its place there; it was read, and the run was cut off before it came
 * down. Nothing that is known of both says that they are one.
 */
static void
what_came_in_the_second_of_a_message_whose_move_was_not_answered_is_not_that_one(void **state)
{
    int status = -1;

    (void)state;
    for (long step = 1; status == -1; step++) {
        uint32_t uid;

        given_empty_account(1);
        for (int i = 0; i < 2; i++) { /* their headers are equal */
            assert_true(server_add(&sim.server, WORK, 34 + i, 0, 0, 1600000000, &uid));
            ledger_put(&sim.world, 34 + i, WORK);
        }
        given_both_sides_agree();
        ledger_out(&sim.world, 34, WORK);
        assert_true(mua_move(here(), file_of(WORK, 34), INBOX, true));
        ledger_put(&sim.world, 34, INBOX);
        given_trouble_at(STEP_MOVE, true, false);
        (void)when_golub_syncs_after(60);
        assert_true(action_transfer_there(&sim, WORK, message_of(WORK, 35), INBOX, true));
        ledger_out(&sim.world, 35, WORK);
        sim.world.crash_at = step;
        status = when_golub_syncs_after(1);

        (void)when_golub_syncs_after(1);

        then_both_sides_agree();
        for (int i = 0; i < 2; i++) {
            then_it_is_there(INBOX, 34 + i, 1);
            then_it_is_here(INBOX, 34 + i, 1);
        }
        end_scenario(NULL);
    }
}

/*
 * Paired with the row of the old name, the second UID would be the one that left for the copy in Old, and be removed: it is another client's
 * copy, which nobody touched.
 */
static void
a_file_that_got_another_name_while_the_uids_changed_takes_one_of_two_equal_ones(void **state)
{
    (void)state;
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    assert_true(mua_move(here(), file_of(WORK, 1), WORK, true));
    given_mail_here(OLD, 1);
    server_reset_uidvalidity(&sim.server, WORK);
    given_mail_there(WORK, 1);
    check_forget(&sim.clients[0]);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(WORK, 1, 2);
    then_it_is_here(WORK, 1, 2);
    then_it_is_there(OLD, 1, 1);
    then_both_sides_agree();
}

/* A file went where another client brings a message of its header and size: its old place is its only one until the bodies were compared. */
static void
what_moves_here_to_where_one_of_its_header_arrives_is_not_removed_there(void **state)
{
    const int one = CONTENT_NAMED_ALIKE, other = CONTENT_NAMED_ALIKE + 1;

    (void)state;
    for (int way = 0; way < 4; way++) {
        given_empty_account(1);
        sim.server.move = way % 2 != 0;
        given_mail_there(WORK, one);
        if (way / 2 != 0) /* it knows the other one, too */
            given_mail_there(WORK, other);
        given_both_sides_agree();
        ledger_out(&sim.world, one, WORK);
        assert_true(mua_move(here(), file_of(WORK, one), INBOX, false));
        ledger_put(&sim.world, one, INBOX);
        given_mail_there(INBOX, other);

        then_both_sides_agree();

        for (int k = one; k <= other; k++) {
            then_it_is_here(INBOX, k, 1);
            then_it_is_there(INBOX, k, 1);
        }
        then_it_is_there(WORK, one, 0);
        end_scenario(NULL);
    }
}

/* Its file was damaged, another client moved it away and back, and it was fetched again: the new file is the message, whatever its UID is now. */
static void
what_was_fetched_beside_an_altered_file_keeps_the_message_under_another_uidvalidity(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_here(INBOX, 1);
    given_both_sides_agree();
    struct sim_file *damaged = file_of(INBOX, 1);
    assert_true(action_transfer_there(&sim, INBOX, message_of(INBOX, 1), WORK, true));
    mua_edit(here(), damaged, 20);
    for (int i = 0; i < 2; i++)
        (void)when_golub_syncs_after(60);
    then_it_is_here(WORK, 1, 1);
    assert_true(action_transfer_there(&sim, WORK, message_of(WORK, 1), INBOX, true));
    for (int i = 0; i < 2; i++)
        (void)when_golub_syncs_after(60);
    then_it_is_here(INBOX, 1, 1);
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
    then_it_is_here(INBOX, 20, 1);
    then_it_is_there(INBOX, 20, 0);
}

/* A copy that was asked for and not answered, removed here; then another client moves the message itself to where the copy was to be. */
static void
what_moves_to_where_a_copy_was_removed_that_never_arrived_stays(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    given_trouble_at(STEP_COPY, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    when_the_user_removes(INBOX, 1);
    (void)when_golub_syncs_after(1);
    assert_true(action_transfer_there(&sim, WORK, message_of(WORK, 1), INBOX, true));
    check_forget(&sim.clients[0]);

    for (int i = 0; i < 4; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
    then_it_is_here(WORK, 1, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_has_the_header_of_another_and_another_date_is_another),
        SCENARIO(equal_messages_keep_their_flags_under_another_uidvalidity),
        SCENARIO(equal_files_that_get_new_names_keep_their_flags),
        SCENARIO(what_a_copied_folder_lacks_has_not_got_the_new_name_of_an_equal_one),
        SCENARIO(a_file_that_was_sent_in_vain_stays_where_an_equal_message_moves),
        SCENARIO(a_file_that_got_another_name_while_the_uids_changed_takes_one_of_two_equal_ones),
        SCENARIO(what_moves_here_to_where_one_of_its_header_arrives_is_not_removed_there),
        SCENARIO(what_came_in_the_second_of_a_message_whose_move_was_not_answered_is_not_that_one),
        SCENARIO(what_moves_to_where_a_copy_was_removed_that_never_arrived_stays),
        SCENARIO(what_was_fetched_beside_an_altered_file_keeps_the_message_under_another_uidvalidity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
