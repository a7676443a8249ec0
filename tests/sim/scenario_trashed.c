/* Removals go to the Trash. */
#include "tests/sim/scenario.h"

static void
given_a_trash(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    sim.server.trash = OLD + 1;
    given_both_sides_agree();
}

/* It was sent without an answer, and its mailbox could not be read when its file moved: it went up once more, from its new place. */
static void
what_was_sent_without_an_answer_and_moved_is_not_thrown_away(void **state)
{
    (void)state;
    for (int trash = 0; trash < 2; trash++) {
        given_a_trash();
        sim.server.dawdles = false;
        given_mail_here(WORK, 4);
        given_trouble_at(STEP_APPEND, true, true);
        assert_int_equal(when_golub_syncs_after(60), 5);
        server_delayed(&sim.server, true);
        then_it_is_there(WORK, 4, 1);
        when_the_user_moves(4, WORK, INBOX);
        sim.server.unreadable = 1u << WORK;
        sim.server.rude = trash == 1;
        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);
        then_it_is_there(INBOX, 4, 1);
        sim.server.unreadable = 0;
        sim.server.rude = false;

        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(86400);

        then_it_is_there(WORK, 4, 0);
        then_it_is_there(INBOX, 4, 1);
        then_it_is_here(INBOX, 4, 1);
        then_it_is_there(OLD, 4, 0);
        end_scenario(NULL);
    }
}

/* ---- removals are not allowed for a while ---- */

static const char *const servers[] = {"MOVE", "COPY", "COPY, and no UIDPLUS"};
#define SERVERS 3

static void
given_a_trash_at(size_t server)
{
    given_a_trash();
    sim.server.move = server == 0;
    sim.server.uidplus = server != 2;
    for (int content = 1; content <= 3; content++)
        given_mail_there(INBOX, content);
    given_both_sides_agree();
}

static void
when_golub_syncs_without_the_word(void)
{
    sim.clients[0].forced = FORCED_KEEP;
    (void)when_golub_syncs_after(60);
    sim.clients[0].forced = FORCED_NOT;
}

/* As mutt does: under a name of its own. */
static void
when_it_moves_under_a_new_name(int content, int from, int to)
{
    ledger_out(&sim.world, content, from);
    sim.world.ledger[content].moves++;
    assert_true(mua_move(here(), file_of(from, content), to, true));
    ledger_put(&sim.world, content, to);
}

static void
when_another_client_removes(int content, int mailbox)
{
    ledger_out(&sim.world, content, mailbox);
    action_remove_there(&sim, mailbox, message_of(mailbox, content));
}

static void
then_it_is_there_in_the_end(size_t server, int inbox, int work, int trash)
{
    const int wanted[] = {inbox, work, trash};

    for (int i = 0; i < 4; i++)
        (void)when_golub_syncs_after(3600);
    for (int mailbox = INBOX; mailbox <= OLD; mailbox++) {
        const int count = server_multiplicity(&sim.server, mailbox, 1);

        if (count != wanted[mailbox])
            fail_msg("with %s it is %d times in mailbox %d", servers[server], count, mailbox);
        then_it_is_here(mailbox, 1, count);
    }
    then_it_is_there(INBOX, 2, 1);
    then_both_sides_agree();
}

/* Its COPY is carried out once nobody expects it any more. */
static void
given_a_copy_that_comes_late(void)
{
    const struct sim_message *source = message_of(INBOX, 1);

    sim.server.delayed[sim.server.delayed_count++] =
        (struct sim_delayed){.mailbox = OLD,
                             .content = 1,
                             .dress = source->dress,
                             .serial = source->serial,
                             .trash = true,
                             .transfer = true,
                             .from = INBOX,
                             .uid = source->uid,
                             .uidvalidity = sim.server.boxes[INBOX].uidvalidity,
                             .date = source->date,
                             .due = INT64_MAX};
}

/* The line ended by a long silence, and is opened again, or not; or the run was killed while it waited. */
static void
a_copy_that_may_still_be_under_way_is_not_made_again(void **state)
{
    static const int first[] = {1, 5, -1};

    (void)state;
    for (int way = 0; way < 3; way++) {
        given_a_trash_at(1);
        sim.world.ledger[1].removals[0]++;
        when_the_user_removes(INBOX, 1);
        given_a_copy_that_comes_late();
        given_trouble_at(STEP_COPY, way < 2, false);
        sim.world.down = way == 1;
        sim.world.silence = 60;
        assert_int_equal(when_golub_syncs_after(60), first[way]);

        assert_int_equal(when_golub_syncs_after(way == 2 ? 60 : 1), 1);

        then_it_is_there(OLD, 1, 0);
        server_delayed(&sim.server, true);
        then_it_is_there_in_the_end(1, 0, 0, 1);
    }
}

/* The \Trash has another UIDVALIDITY since: where the copy is no number tells, but what was fetched from there has its bytes. */
static void
a_copy_in_a_trash_with_other_uids_is_not_made_again(void **state)
{
    (void)state;
    given_a_trash_at(2);
    sim.world.ledger[1].removals[0]++;
    when_the_user_removes(INBOX, 1);
    given_trouble_at(STEP_COPY, true, true);
    assert_int_equal(when_golub_syncs_after(60), 5);
    server_reset_uidvalidity(&sim.server, OLD);

    then_it_is_there_in_the_end(2, 0, 0, 1);
}

/* Another one that has its header, size and second is there: removed together with it, and copied where it was not. */
static void
what_differs_in_its_body_alone_is_no_copy(void **state)
{
    (void)state;
    given_a_trash_at(1);
    given_mail_there(INBOX, 18);
    given_mail_there(INBOX, 19);
    given_both_sides_agree();
    when_the_user_removes(INBOX, 18);
    when_the_user_removes(INBOX, 19);
    sim.world.ledger[18].removals[0]++;
    sim.world.ledger[19].removals[0]++;
    sim.server.hollow = 1;
    for (int i = 0; i < 4; i++)
        (void)when_golub_syncs_after(3600);
    then_it_is_there(OLD, 18, 1);
    then_it_is_there(OLD, 19, 1);
    then_both_sides_agree();
}

static void
what_moved_while_nothing_could_be_removed_is_no_deletion(void **state)
{
    (void)state;
    for (size_t server = 0; server < SERVERS; server++) {
        given_a_trash_at(server);
        when_it_moves_under_a_new_name(1, INBOX, WORK);
        when_golub_syncs_without_the_word();
        then_it_is_there(INBOX, 1, 1);
        then_it_is_there(WORK, 1, 1);
        when_golub_syncs_without_the_word();
        then_it_is_there_in_the_end(server, 0, 1, 0);
    }
}

static void
what_moved_back_or_on_is_none_either(void **state)
{
    (void)state;
    for (int back = 0; back < 2; back++)
        for (size_t server = 0; server < SERVERS; server++) {
            given_a_trash_at(server);
            when_it_moves_under_a_new_name(1, INBOX, WORK);
            when_golub_syncs_without_the_word();
            when_it_moves_under_a_new_name(1, WORK, INBOX);
            when_golub_syncs_without_the_word();
            if (back == 0)
                when_it_moves_under_a_new_name(1, INBOX, WORK);
            when_golub_syncs_without_the_word();
            then_it_is_there_in_the_end(server, back, 1 - back, 0);
        }
}

/* There and back under one name; after that another client takes it on, or it is deleted here. */
static void
what_came_back_under_its_name_leaves_nothing_to_throw_away(void **state)
{
    (void)state;
    for (int deleted = 0; deleted < 2; deleted++)
        for (size_t server = 0; server < SERVERS; server++) {
            given_a_trash_at(server);
            sim.world.ledger[1].moves += 2;
            when_the_user_moves(1, INBOX, WORK);
            when_golub_syncs_without_the_word();
            when_the_user_moves(1, WORK, INBOX);
            when_golub_syncs_without_the_word();
            sim.world.ledger[1].removals[0] += deleted;
            if (deleted == 0)
                when_another_client_moves(1, INBOX, WORK);
            else
                when_the_user_removes(INBOX, 1);
            when_golub_syncs_without_the_word();
            then_it_is_there_in_the_end(server, 0, 1 - deleted, deleted);
        }
}

/* Where it went it was deleted, by the user or by another client, before its old place could be removed. */
static void
what_was_deleted_where_it_had_gone_stands_in_the_trash_once(void **state)
{
    (void)state;
    for (size_t server = 0; server < SERVERS; server++) {
        given_a_trash_at(server);
        when_it_moves_under_a_new_name(1, INBOX, WORK);
        when_golub_syncs_without_the_word();
        sim.world.ledger[1].removals[0]++;
        when_the_user_removes(WORK, 1);
        when_golub_syncs_without_the_word();
        then_it_is_there_in_the_end(server, 0, 0, 1);
    }
}

static void
what_was_moved_into_the_trash_and_out_of_it_does_not_go_there_again(void **state)
{
    (void)state;
    for (size_t server = 0; server < SERVERS; server++) {
        given_a_trash_at(server);
        when_it_moves_under_a_new_name(1, INBOX, OLD);
        when_golub_syncs_without_the_word();
        sim.world.ledger[1].removals[0]++;
        when_the_user_removes(OLD, 1);
        when_golub_syncs_without_the_word();
        then_it_is_there_in_the_end(server, 0, 0, 0);
    }
}

static void
when_another_client_acts(int act)
{
    switch (act) {
    case 0:
        when_another_client_removes(1, INBOX);
        break;
    case 1:
        when_another_client_moves(1, WORK, OLD);
        break;
    default:
        when_another_client_gives(INBOX, 1, FLAG_SEEN | FLAG_ANSWERED);
    }
}

static void
what_another_client_does_to_it_meanwhile_makes_no_second_copy(void **state)
{
    static const struct {
        int work, trash;
    } wanted[] = {{1, 0}, {0, 1}, {1, 0}};

    (void)state;
    for (int act = 0; act < 3; act++)
        for (size_t server = 0; server < SERVERS; server++) {
            given_a_trash_at(server);
            when_it_moves_under_a_new_name(1, INBOX, WORK);
            when_golub_syncs_without_the_word();
            when_another_client_acts(act);
            when_golub_syncs_without_the_word();
            then_it_is_there_in_the_end(server, 0, wanted[act].work, wanted[act].trash);
        }
}

static void
a_run_that_dies_at_any_step_of_it_makes_no_deletion_of_it(void **state)
{
    (void)state;
    for (size_t server = 0; server < SERVERS; server++)
        for (long step = 1; step < 24; step++) {
            given_a_trash_at(server);
            when_it_moves_under_a_new_name(1, INBOX, WORK);
            sim.world.crash_at = step;
            when_golub_syncs_without_the_word();
            sim.world.crash_at = 0;
            then_it_is_there_in_the_end(server, 0, 1, 0);
        }
}

/* Another laptop removed it, or somebody put it there: who flagged it here meanwhile wants it where it was. Flagged before that, it moves. */
static void
what_was_flagged_here_outlives_its_way_into_the_trash(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++)
        for (size_t server = 0; server < SERVERS; server++) {
            given_a_trash_at(server);
            mua_set_flags(here(), file_of(INBOX, 1), FLAG_FLAGGED | FLAG_SEEN);
            if (before == 1)
                given_both_sides_agree();
            when_another_client_moves(1, INBOX, OLD);
            then_it_is_there_in_the_end(server, 1 - before, 0, 1);
            assert_int_equal(flags_here(before == 1 ? OLD : INBOX, 1), FLAG_FLAGGED | FLAG_SEEN);
        }
}

static void
when_the_user_removes_one_of_several(int mailbox, int content)
{
    struct sim_file *files = here()->tree.files;
    size_t i = 0;

    while (files[i].mailbox != mailbox || files[i].content != content)
        assert_true(++i < here()->tree.count);
    ledger_out(&sim.world, content, mailbox);
    mua_remove(here(), &files[i]);
}

/*
 * Each waits in its old place for the same reason, with its copy in the Trash: in whatever order the server lists those, the copy of the later one is not
 * the proof of the earlier one.
 */
static void
two_equal_messages_that_wait_in_their_old_place_stand_in_the_trash_once_each(void **state)
{
    (void)state;
    given_a_trash_at(2);
    given_mail_there(INBOX, 1);
    given_both_sides_agree();
    sim.server.reorders = true;
    sim.world.ledger[1].removals[0] += 2;
    when_another_client_gives(INBOX, 2, FLAG_DELETED);
    for (int copies = 1; copies <= 2; copies++) {
        when_the_user_removes_one_of_several(INBOX, 1);
        for (int i = 0; i < 8; i++)
            assert_int_equal(when_golub_syncs_after(3600), 1);
        then_it_is_there(OLD, 1, copies);
    }
    when_another_client_gives(INBOX, 2, 0);
    then_it_is_there_in_the_end(2, 0, 0, 2);
}

/* It ended the line in one run, and is read last in the next one. What that puts there can't be read before: the UIDs that are known of it are old ones. */
static void
a_trash_with_other_uids_that_is_read_last_is_read(void **state)
{
    (void)state;
    given_a_trash_at(2);
    given_mail_there(OLD, 4);
    sim.server.unreadable = 1u << OLD;
    sim.server.rude = true;
    assert_int_equal(when_golub_syncs_after(60), 1);
    sim.server.unreadable = 0;
    server_reset_uidvalidity(&sim.server, OLD);
    action_remove_here(&sim, here(), file_of(INBOX, 1));

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);

    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(OLD, 1, 1);
    then_both_sides_agree();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_trash_with_other_uids_that_is_read_last_is_read),
        SCENARIO(what_was_sent_without_an_answer_and_moved_is_not_thrown_away),
        SCENARIO(a_copy_that_may_still_be_under_way_is_not_made_again),
        SCENARIO(a_copy_in_a_trash_with_other_uids_is_not_made_again),
        SCENARIO(what_differs_in_its_body_alone_is_no_copy),
        SCENARIO(what_moved_while_nothing_could_be_removed_is_no_deletion),
        SCENARIO(what_moved_back_or_on_is_none_either),
        SCENARIO(what_came_back_under_its_name_leaves_nothing_to_throw_away),
        SCENARIO(what_was_deleted_where_it_had_gone_stands_in_the_trash_once),
        SCENARIO(what_was_moved_into_the_trash_and_out_of_it_does_not_go_there_again),
        SCENARIO(what_another_client_does_to_it_meanwhile_makes_no_second_copy),
        SCENARIO(a_run_that_dies_at_any_step_of_it_makes_no_deletion_of_it),
        SCENARIO(what_was_flagged_here_outlives_its_way_into_the_trash),
        SCENARIO(two_equal_messages_that_wait_in_their_old_place_stand_in_the_trash_once_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
