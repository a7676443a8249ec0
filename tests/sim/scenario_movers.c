/* Messages that have lines of another program on one side, in moments that histories meet too seldom. */
#include "tests/sim/scenario.h"

/* Both sides have it, and another program carried it: its file has a line more. */
static void
given_a_carried_message(int mailbox, int content)
{
    given_mail_there(mailbox, content);
    given_mail_here(mailbox, content);
    file_of(mailbox, content)->dress = DRESS_MOVER;
}

static size_t
kept_times(int content, enum dress dress)
{
    size_t times = 0;

    for (size_t i = 0; i < here()->quarantined; i++)
        times += here()->quarantine[i].content == content && here()->quarantine[i].dress == (int)dress;
    return times;
}

static unsigned long
bodies_sent(void)
{
    return coverage.done[STEP_APPEND] + sim.server.bodies;
}

/* Without UIDPLUS no answer says which UID it has in its new place: it is found there by the server's bytes, not by those of the file. */
static void
what_moves_in_other_bytes_is_found_in_its_new_place(void **state)
{
    (void)state;
    for (int moves = 0; moves < 2; moves++) {
        given_empty_account(1);
        sim.server.uidplus = false;
        sim.server.move = moves;
        given_a_carried_message(INBOX, 1);
        given_both_sides_agree();
        const unsigned long before = bodies_sent();
        when_the_user_moves(1, INBOX, WORK);

        then_both_sides_agree();

        then_it_is_there(INBOX, 1, 0);
        then_it_is_there(WORK, 1, 1);
        then_it_is_here(WORK, 1, 1);
        assert_int_equal(message_of(WORK, 1)->dress, DRESS_PLAIN);
        assert_int_equal(file_of(WORK, 1)->dress, DRESS_MOVER);
        assert_true(
            bodies_sent() - before <=
            (moves ? 1 : 3)); /* it is read in its new place; a COPY's source, too, before it goes, and it is kept */
    }
}

static void
a_file_saved_beside_a_copy_there_is_what_it_was(void **state)
{
    uint32_t uid;

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    assert_true(server_add(&sim.server, INBOX, 1, 0, 0, 1600000000, &uid));
    ledger_put(&sim.world, 1, INBOX);
    when_the_user_saves(1, INBOX, INBOX, DRESS_READER);
    ledger_put(&sim.world, 1, INBOX);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 2);
    then_it_is_here(INBOX, 1, 2);
}

/* What was fetched has such lines itself: only what the server has says whose new name it is. */
static void
a_file_saved_under_another_uidvalidity_is_what_it_was(void **state)
{
    (void)state;
    given_empty_account(1);
    given_a_carried_message(INBOX, 1);
    given_both_sides_agree();
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);
    const unsigned long before = coverage.done[STEP_APPEND] + coverage.done[STEP_DELIVER];
    when_the_user_saves(1, INBOX, INBOX, DRESS_READER);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
    assert_int_equal(coverage.done[STEP_APPEND] + coverage.done[STEP_DELIVER], before);
}

/* Two messages that have one header: the file of one is away, that of the other is saved with lines of a mail reader. */
static void
a_header_that_names_nothing_says_not_whose_new_name_a_file_has(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 35);
    given_mail_there(INBOX, 34);
    given_both_sides_agree();
    given_mail_there(INBOX, 34);
    when_the_user_moves(35, INBOX, WORK);
    when_the_user_saves(34, INBOX, INBOX, DRESS_READER);
    ledger_put(&sim.world, 34, INBOX);
    (void)when_golub_syncs_after(60);

    const struct sim_message *other = message_of(WORK, 35);
    ledger_out(&sim.world, 35, WORK);
    server_expunge(&sim.server, WORK, other->uid);
    then_both_sides_agree();

    then_it_is_here(INBOX, 34, 2);
    then_it_is_there(INBOX, 34, 2);
    then_it_is_here(WORK, 35, 0);
    assert_int_equal(kept_times(34, DRESS_READER), 0);
}

/* Sizes that are too large say of no body that it is whole: it is when it comes twice the same. */
static void
what_only_the_server_has_is_kept_although_it_comes_shorter_than_announced(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.lies = 2;
    given_a_carried_message(INBOX, 1);
    given_a_carried_message(INBOX, 4);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 0);
    assert_int_equal(kept_times(1, DRESS_PLAIN), 1);
}

/* What a move left behind waits there to be removed, and has moved already. */
static void
what_is_left_of_a_move_is_not_what_was_saved(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.uidplus = sim.server.move = false;
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 5);
    given_both_sides_agree();
    server_set_flags(&sim.server, INBOX, message_of(INBOX, 5), FLAG_DELETED,
                     0); /* no EXPUNGE as long as that is there */
    when_the_user_saves(1, INBOX, WORK, DRESS_READER);
    (void)when_golub_syncs_after(60);
    then_it_is_there(INBOX, 1, 1);
    then_it_is_there(WORK, 1, 1);
    const uint32_t uid = message_of(WORK, 1)->uid;
    when_the_user_saves(1, WORK, WORK, DRESS_SERVER);
    (void)when_golub_syncs_after(60);
    (void)when_golub_syncs_after(60);

    then_it_is_there(WORK, 1, 1);
    assert_int_equal(message_of(WORK, 1)->uid, uid);
}

/* A folder that was away comes back, and a mail reader has saved a file of it meanwhile. */
static void
what_was_saved_while_its_folder_was_away_is_what_it_was(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 1);
    given_mail_there(WORK, 4);
    given_both_sides_agree();
    here()->tree.folder[WORK] = false;
    file_of(WORK, 1)->mailbox = file_of(WORK, 4)->mailbox = 50;
    check_forget(&sim.clients[0]);
    (void)when_golub_syncs_after(60);
    here()->tree.folder[WORK] = true;
    file_of(50, 1)->mailbox = file_of(50, 4)->mailbox = WORK;
    maildir_sim_touch(here(), WORK);
    check_forget(&sim.clients[0]);
    when_the_user_saves(1, WORK, WORK, DRESS_READER);

    then_both_sides_agree();

    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
}

/* Of two equal ones a copied tree has one. Saved anew it is not the other one, whose removal is held. */
static void
what_a_copied_folder_lacks_has_not_got_the_new_name_of_what_was_saved(void **state)
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
        for (size_t i = 0; i < here()->tree.count; i++)
            if (here()->tree.files[i].content == 1 && strcmp(here()->tree.files[i].info, "c:2,R") == 0) {
                maildir_sim_drop(here(), &here()->tree.files[i]);
                break;
            }
        check_forget(&sim.clients[0]);
        sim.clients[0].confirm = false;
        assert_int_equal(when_golub_syncs_after(60), 3);
        when_the_user_saves(1, INBOX, INBOX, DRESS_READER);
        if (with) /* the mailbox is paired, too */
            given_mail_there(INBOX, 4);
        sim.clients[0].confirm = false;

        assert_int_equal(when_golub_syncs_after(60), 3);

        then_it_is_there(INBOX, 1, 2);
        then_it_is_here(INBOX, 1, 1);
    }
}

/* It was fetched and saved anew, and its first file comes once more, out of a copy: that is no damaged one. */
static void
what_was_fetched_for_a_pair_in_other_bytes_is_not_altered(void **state)
{
    struct sim_file first;

    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    first = *file_of(INBOX, 1);
    when_the_user_saves(1, INBOX, INBOX, DRESS_READER);
    given_both_sides_agree();
    assert_non_null(maildir_sim_add(here(), INBOX, first.base, first.info, 1, first.date));
    ledger_put(&sim.world, 1, INBOX);
    check_forget(&sim.clients[0]);

    given_both_sides_agree();

    then_it_is_there(INBOX, 1, 2);
}

/* ---- a server that rewrites what it is given ---- */

static void
given_a_server_that_rewrites(void)
{
    given_empty_account(1);
    sim.world.dress = DRESS_DATED;
    sim.server.rewrites = DRESS_SERVER;
    sim.server.uidplus = false; /* what became of it is searched for */
}

/* Two that are equal: their headers do not say which is which. The UIDs are given anew, or the server goes back and gives other ones. */
static void
what_a_server_rewrote_is_found_again_by_its_body(void **state)
{
    (void)state;
    for (int back = 0; back < 2; back++) {
        given_a_server_that_rewrites();
        given_mail_here(INBOX, 4);
        given_mail_here(INBOX, 4);
        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);
        then_it_is_there(INBOX, 4, 2);
        assert_int_equal(message_of(INBOX, 4)->dress, DRESS_DATED + DRESS_SERVER);
        sim.backup = sim.server;
        if (back) {
            given_mail_there(INBOX, 5);
            given_both_sides_agree();
            given_server_as_in_backup();
        } else {
            server_reset_uidvalidity(&sim.server, INBOX);
        }
        check_forget(&sim.clients[0]);

        then_both_sides_agree();

        then_it_is_there(INBOX, 4, 2);
        then_it_is_here(INBOX, 4, 2);
    }
}

/* A move that never arrived, and meanwhile another client sent the same message there: the server wrote that one in its own words. */
static void
what_another_client_sends_where_a_move_was_not_answered_is_that_message(void **state)
{
    uint32_t uid;

    (void)state;
    given_a_server_that_rewrites();
    given_mail_there(WORK, 4);
    given_both_sides_agree();
    when_the_user_moves(4, WORK, INBOX);
    given_trouble_at(STEP_MOVE, true, false);
    assert_int_equal(when_golub_syncs_after(60), 5);
    then_it_is_there(WORK, 4, 1);
    assert_true(server_add(&sim.server, INBOX, 4, 0, 0, 1600000500, &uid));
    server_message(&sim.server, INBOX, uid)->dress = DRESS_DATED + DRESS_SERVER;
    ledger_put(&sim.world, 4, INBOX);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();

    then_it_is_there(INBOX, 4, 1);
    then_it_is_here(INBOX, 4, 1);
    then_it_is_there(WORK, 4, 0);
    then_it_is_here(WORK, 4, 0);
}

/* Its file has the name of its UID, since it followed a move there, and beside it stands a copy. Then the journal is lost. */
static void
what_a_server_rewrote_is_the_file_that_has_its_name_and_not_a_copy_of_it(void **state)
{
    (void)state;
    given_a_server_that_rewrites();
    given_mail_here(WORK, 4);
    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);
    assert_true(action_transfer_there(&sim, WORK, message_of(WORK, 4), INBOX, true));
    for (int i = 0; i < 2; i++)
        (void)when_golub_syncs_after(60);
    then_it_is_here(INBOX, 4, 1);
    given_mail_here(INBOX, 4);
    run_open_journal(&sim, 0, NULL, 0);
    check_forget(&sim.clients[0]);

    for (int i = 0; i < 2; i++)
        (void)when_golub_syncs_after(60);

    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_here(INBOX, 4, 2);
    then_it_is_there(INBOX, 4, 2);
}

/* One message keeps the sizes of all from being listed: that of what was rewritten is known with its body. */
static void
what_a_server_rewrote_is_found_again_where_no_sizes_are_listed(void **state)
{
    (void)state;
    given_a_server_that_rewrites();
    given_mail_here(INBOX, 4);
    given_mail_there(INBOX, 5);
    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);
    then_it_is_there(INBOX, 4, 1);
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);
    sim.server.unsized = 5 + 1;
    sim.server.rude = true;

    then_both_sides_agree();

    then_it_is_there(INBOX, 4, 1);
    then_it_is_here(INBOX, 4, 1);
}

static void
what_was_sent_without_an_answer_and_rewritten_is_found_under_another_uidvalidity(void **state)
{
    (void)state;
    given_a_server_that_rewrites();
    given_mail_there(INBOX, 4);
    given_both_sides_agree();
    given_mail_here(INBOX, 1);
    sim.server.dawdles = false;
    given_trouble_at(STEP_APPEND, true, true);
    assert_int_equal(when_golub_syncs_after(60), 5);
    server_delayed(&sim.server, true);
    then_it_is_there(INBOX, 1, 1);
    server_expunge(&sim.server, INBOX, message_of(INBOX, 4)->uid);
    ledger_out(&sim.world, 4, INBOX);
    server_reset_uidvalidity(&sim.server, INBOX); /* now it has a lower UID than any that could come then */
    check_forget(&sim.clients[0]);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(INBOX, 1, 1);
}

/* Its first message was told by the header alone. What was sent since is known by its UID, whatever the server made of it: it moves, and goes. */
static void
what_is_sent_again_and_rewritten_follows_its_file(void **state)
{
    (void)state;
    for (int moves = 0; moves < 2; moves++) {
        given_a_server_that_rewrites();
        sim.server.uidplus = true;
        sim.server.move = false;
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_mail_here(INBOX, 1);
        given_both_sides_agree();
        then_it_is_here(INBOX, 1, 1);
        server_expunge(&sim.server, INBOX, message_of(INBOX, 1)->uid);
        ledger_out(&sim.world, 1, INBOX);
        mua_set_flags(here(), file_of(INBOX, 1), FLAG_FLAGGED);
        given_both_sides_agree();
        assert_int_not_equal(message_of(INBOX, 1)->dress, DRESS_DATED);

        if (moves)
            when_the_user_moves(1, INBOX, WORK);
        else
            when_the_user_removes(INBOX, 1);
        then_both_sides_agree();

        then_it_is_there(INBOX, 1, 0);
        then_it_is_here(INBOX, 1, 0);
        then_it_is_there(WORK, 1, moves);
        then_it_is_here(WORK, 1, moves);
    }
}

/* It was fetched anew, and the journal is from before that: with the header and the size that the server has it is the message, and not altered. */
static void
a_file_that_has_the_servers_own_lines_again_follows_its_message(void **state)
{
    (void)state;
    given_empty_account(1);
    given_a_carried_message(WORK, 1);
    given_a_carried_message(WORK, 4);
    given_both_sides_agree();
    file_of(WORK, 1)->dress = DRESS_PLAIN;
    ledger_out(&sim.world, 1, WORK);
    assert_true(action_transfer_there(&sim, WORK, message_of(WORK, 1), INBOX, true));

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 1, 1);
    then_it_is_here(WORK, 1, 0);
    then_both_sides_agree();
}

/* The same where the server has lost the message: its file goes to the quarantine as it is. */
static void
a_file_that_has_the_servers_own_lines_again_goes_with_its_message(void **state)
{
    (void)state;
    given_empty_account(1);
    given_a_carried_message(WORK, 1);
    given_a_carried_message(WORK, 4);
    given_both_sides_agree();
    file_of(WORK, 1)->dress = DRESS_PLAIN;
    ledger_out(&sim.world, 1, WORK);
    server_expunge(&sim.server, WORK, message_of(WORK, 1)->uid);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(WORK, 1, 0);
    assert_int_equal(kept_times(1, DRESS_PLAIN), 1);
    then_both_sides_agree();
}

static void
what_is_to_be_kept_waits_on_the_server_where_the_disk_is_full(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) { /* the Maildir's disk, that of the quarantine */
        given_empty_account(1);
        given_a_carried_message(INBOX, 1);
        given_a_carried_message(INBOX, 4);
        given_both_sides_agree();
        when_the_user_removes(INBOX, 1);
        *(i == 0 ? &here()->full : &here()->kept_full) = SIM_DISK - 100000;

        assert_int_equal(when_golub_syncs_after(60), 1);

        then_it_is_there(INBOX, 1, 1);
        assert_int_equal(kept_times(1, DRESS_PLAIN), 0);
        here()->full = here()->kept_full = 0;
        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 0);
        assert_int_equal(kept_times(1, DRESS_PLAIN), 1);
        end_scenario(NULL);
    }
}

/* The server has it already, and keeps one of equal messages: the file of that one has other lines, and stands for it all the same. */
static void
what_a_server_swallows_beside_a_file_with_other_lines_is_an_alias(void **state)
{
    (void)state;
    for (int uidplus = 0; uidplus < 2; uidplus++) {
        given_empty_account(1);
        sim.server.swallows_duplicates = true;
        sim.server.uidplus = uidplus == 1;
        given_mail_there(INBOX, 1);
        given_both_sides_agree();
        when_the_user_saves(1, INBOX, INBOX, DRESS_READER);
        given_both_sides_agree();
        given_mail_here(INBOX, 1);
        for (int run = 0; run < 4; run++)
            (void)when_golub_syncs_after(600);

        given_both_sides_agree();

        then_it_is_there(INBOX, 1, 1);
        then_it_is_here(INBOX, 1, 2);
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_file_that_has_the_servers_own_lines_again_follows_its_message),
        SCENARIO(a_file_that_has_the_servers_own_lines_again_goes_with_its_message),
        SCENARIO(what_is_to_be_kept_waits_on_the_server_where_the_disk_is_full),
        SCENARIO(what_moves_in_other_bytes_is_found_in_its_new_place),
        SCENARIO(a_file_saved_beside_a_copy_there_is_what_it_was),
        SCENARIO(a_file_saved_under_another_uidvalidity_is_what_it_was),
        SCENARIO(a_header_that_names_nothing_says_not_whose_new_name_a_file_has),
        SCENARIO(what_only_the_server_has_is_kept_although_it_comes_shorter_than_announced),
        SCENARIO(what_is_left_of_a_move_is_not_what_was_saved),
        SCENARIO(what_was_saved_while_its_folder_was_away_is_what_it_was),
        SCENARIO(what_a_copied_folder_lacks_has_not_got_the_new_name_of_what_was_saved),
        SCENARIO(what_was_fetched_for_a_pair_in_other_bytes_is_not_altered),
        SCENARIO(what_a_server_rewrote_is_found_again_by_its_body),
        SCENARIO(what_another_client_sends_where_a_move_was_not_answered_is_that_message),
        SCENARIO(what_a_server_rewrote_is_the_file_that_has_its_name_and_not_a_copy_of_it),
        SCENARIO(what_a_server_rewrote_is_found_again_where_no_sizes_are_listed),
        SCENARIO(what_is_sent_again_and_rewritten_follows_its_file),
        SCENARIO(what_was_sent_without_an_answer_and_rewritten_is_found_under_another_uidvalidity),
        SCENARIO(what_a_server_swallows_beside_a_file_with_other_lines_is_an_alias),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
