/* A message goes to a mailbox that keeps fewer keywords: what this does not take stays this side's, and is offered again once it does. */
#include "tests/sim/scenario_keywords.h"

static size_t
count_unkept(void)
{
    struct journal_keyword *rows = NULL;
    struct error err = {0};
    size_t count = 0, unkept = 0;

    assert_true(journal_keywords(sim.clients[0].journal, &rows, &count, &err));
    for (size_t i = 0; i < count; i++)
        unkept += rows[i].unkept;
    free(rows);
    return unkept;
}

/* It is without its keywords as long as the mailbox in which it is keeps none; then it has them again. */
static void
then_it_has_its_keywords_once_they_are_kept(int mailbox, int content, unsigned keys)
{
    const size_t count = (size_t)__builtin_popcount(keys);

    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);
    then_it_has(mailbox, content, 0);
    assert_int_equal(count_waiting(), count);
    assert_int_equal(count_unkept(), count);
    const unsigned long stores = coverage.done[STEP_STORE], reads = coverage.done[STEP_READ];
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(coverage.done[STEP_STORE], stores);
    assert_in_range(coverage.done[STEP_READ] - reads, 1, 4); /* it is settled: the mailbox is not even selected */

    sim.server.boxes[mailbox].keywords = true;
    given_mail_there(mailbox, 5);
    then_both_sides_agree();
    then_it_has(mailbox, content, keys);
    assert_int_equal(count_waiting(), 0);
}

static void
what_moves_to_where_keywords_are_not_kept_has_them_again_once_they_are(void **state)
{
    enum { MOVED, MOVED_BY_COPY, COPIED, WAYS };

    (void)state;
    for (int way = 0; way < 4 * WAYS; way++) {
        given_messages();
        here()->letters = way % 2 != 0;
        sim.server.uidplus = way / 2 % 2 == 0; /* else it is found by its content */
        sim.server.move = way / 4 == MOVED;
        sim.server.boxes[WORK].keywords = false;
        if (way / 4 == COPIED) {
            assert_true(mua_copy(here(), file_of(INBOX, 1), WORK));
            ledger_put(&sim.world, 1, WORK);
        } else {
            when_the_user_moves(1, INBOX, WORK);
        }

        then_it_has_its_keywords_once_they_are_kept(WORK, 1, KEPT | THEIRS);
        if (way / 4 == COPIED)
            then_it_has(INBOX, 1, KEPT | THEIRS);
        end_scenario(NULL);
    }
}

static void
what_is_sent_again_to_where_they_are_not_kept_too(void **state)
{
    (void)state;
    for (int uidplus = 0; uidplus < 2; uidplus++) {
        given_messages();
        sim.server.uidplus = uidplus != 0;
        sim.backup = sim.server;
        given_mail_there(INBOX, 6);
        server_set_flags(&sim.server, INBOX, message_of(INBOX, 6), 0, KEPT | THEIRS);
        given_both_sides_agree();
        given_server_as_in_backup();
        sim.server.boxes[INBOX].keywords = false;

        then_it_has_its_keywords_once_they_are_kept(INBOX, 6, KEPT | THEIRS);
        end_scenario(NULL);
    }
}

/* What was said of it before it moved holds: what was to go is not brought back. */
static void
what_was_to_be_taken_off_before_it_moved_stays_off(void **state)
{
    (void)state;
    for (int way = 0; way < 8; way++) {
        given_messages();
        sim.server.move = way % 2 == 0;
        sim.server.uidplus = way / 2 % 2 == 0;
        sim.server.boxes[WORK].keywords = false;
        when_the_user_says(INBOX, 1, THEIRS, false);
        when_the_user_says(INBOX, 1, MINE, true);
        when_the_user_moves(1, INBOX, WORK);
        if (way / 4 != 0) { /* it is found where it went before anything else is known of it */
            given_trouble_at(way % 2 == 0 ? STEP_MOVE : STEP_COPY, false, true);
            assert_int_equal(when_golub_syncs_after(60), -1);
        }

        then_it_has_its_keywords_once_they_are_kept(WORK, 1, KEPT | MINE);
        end_scenario(NULL);
    }
}

/* Another client takes one off the message where it stands by now: it was seen there with it, so that is no loss. */
static void
one_that_another_client_takes_off_later_is_not_set_again(void **state)
{
    (void)state;
    given_messages();
    when_the_user_moves(1, INBOX, WORK);
    given_both_sides_agree();
    server_set_flags(&sim.server, WORK, message_of(WORK, 1), 0, KEPT);

    then_both_sides_agree();
    then_it_has(WORK, 1, KEPT);
    assert_int_equal(count_waiting(), 0);
}

/* What is deleted here goes into a Trash that keeps none, and may be fetched from there by a later run. */
static void
what_goes_into_a_trash_that_keeps_none_has_them_once_it_does(void **state)
{
    enum { AT_ONCE, INBOX_ALONE, FIRST_UP, KILLED, WAYS };
    static const char *const alone[] = {"INBOX", NULL};

    (void)state;
    for (int way = 0; way < 4 * WAYS; way++) {
        given_messages();
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        sim.server.trash = OLD + 1;
        given_both_sides_agree();
        here()->letters = way % 2 != 0;
        sim.server.move = way / 2 % 2 == 0;
        sim.server.boxes[OLD].keywords = false;
        sim.world.ledger[1].removals[0]++;
        when_the_user_removes(INBOX, 1);
        sim.only = way / 4 == INBOX_ALONE ? alone : NULL;
        sim.clients[0].forced = way / 4 == FIRST_UP ? FORCED_PUSH : FORCED_NOT;
        if (way / 4 == KILLED)
            given_trouble_at(way / 2 % 2 == 0 ? STEP_MOVE : STEP_COPY, false, true);
        (void)when_golub_syncs_after(60);
        (void)when_golub_syncs_after(60);
        sim.only = NULL;
        sim.clients[0].forced = FORCED_NOT;

        then_it_has_its_keywords_once_they_are_kept(OLD, 1, KEPT | THEIRS);
        end_scenario(NULL);
    }
}

/* It moved here, and its copy is there already, when another client sets a keyword on the one that is to go. */
static void
what_is_set_on_what_is_to_go_after_it_was_copied_goes_to_the_copy(void **state)
{
    (void)state;
    for (int kept = 0; kept <= 1; kept++) {
        given_messages();
        sim.server.move = false;
        sim.server.boxes[WORK].keywords = kept != 0;
        when_the_user_moves(2, INBOX, WORK);
        given_trouble_at(STEP_EXPUNGE, true, false);
        (void)when_golub_syncs_after(60);
        sim.world.aim_left = 0;
        sim.world.down = false;
        then_it_is_there(INBOX, 2, 1);
        then_it_is_there(WORK, 2, 1);
        server_set_flags(&sim.server, INBOX, message_of(INBOX, 2), 0, MINE | THEIRS);

        if (!kept)
            then_it_has_its_keywords_once_they_are_kept(WORK, 2, MINE | THEIRS);
        then_both_sides_agree();
        then_it_is_there(INBOX, 2, 0);
        then_it_has(WORK, 2, MINE | THEIRS);
        end_scenario(NULL);
    }
}

/* Its file is gone, and one of the same bytes, which came later, is what it was said of: that one's mailbox keeps it, whatever the other one did. */
static void
what_one_mailbox_did_not_keep_is_sent_to_another_one_at_once(void **state)
{
    (void)state;
    given_messages();
    sim.server.boxes[WORK].keywords = false;
    given_mail_there(WORK, 5);
    given_both_sides_agree();
    when_the_user_says(WORK, 5, MINE, true);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(count_unkept(), 1);
    assert_true(action_transfer_there(&sim, WORK, message_of(WORK, 5), INBOX, false));
    given_both_sides_agree();
    ledger_out(&sim.world, 5, WORK);
    server_expunge(&sim.server, WORK, message_of(WORK, 5)->uid);

    for (int run = 0; run < 2; run++)
        assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_has(INBOX, 5, MINE);
    assert_int_equal(count_waiting(), 0);
    then_both_sides_agree();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_moves_to_where_keywords_are_not_kept_has_them_again_once_they_are),
        SCENARIO(what_is_sent_again_to_where_they_are_not_kept_too),
        SCENARIO(what_was_to_be_taken_off_before_it_moved_stays_off),
        SCENARIO(one_that_another_client_takes_off_later_is_not_set_again),
        SCENARIO(what_goes_into_a_trash_that_keeps_none_has_them_once_it_does),
        SCENARIO(what_is_set_on_what_is_to_go_after_it_was_copied_goes_to_the_copy),
        SCENARIO(what_one_mailbox_did_not_keep_is_sent_to_another_one_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
