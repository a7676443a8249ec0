/*
 * A mail reader saves a message to another folder with lines of its own, and golub is at work before the reader removes the first one: the copy
 * is made on the server, and what follows is a removal like any other.
 */
#include "tests/sim/scenario_away.h"

#define KEYS 5U /* bits of keywords */

static void
given_a_message_with_keywords(uint64_t seed)
{
    given_empty_account(seed);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    server_set_flags(&sim.server, INBOX, message_of(INBOX, 1), FLAG_FLAGGED, KEYS);
    given_both_sides_agree();
}

static void
when_the_user_saves_a_copy(int content, int from, int to)
{
    assert_true(mua_copy(here(), file_of(from, content), to));
    here()->tree.files[here()->tree.count - 1].dress = DRESS_READER;
    ledger_put(&sim.world, content, to);
    sim.world.ledger[content].saved = true;
    check_forget(&sim.clients[0]);
}

static void
then_it_is_saved(int content, int times)
{
    const struct sim_mailbox *box = &sim.server.boxes[WORK];

    then_it_is_there(INBOX, content, 0);
    then_it_is_here(INBOX, content, 0);
    then_it_is_there(WORK, content, times);
    then_it_is_here(WORK, content, times);
    for (size_t i = 0; i < here()->tree.count; i++)
        assert_true(here()->tree.files[i].content != content || here()->tree.files[i].dress == DRESS_READER);
    for (size_t i = 0; i < box->count; i++) {
        if (box->messages[i].content != content)
            continue;
        assert_int_equal(box->messages[i].dress, DRESS_PLAIN);
        assert_int_equal(box->messages[i].keys, KEYS);
        assert_int_equal(box->messages[i].flags, FLAG_FLAGGED);
    }
}

static void
what_is_saved_keeps_its_keywords(void **state)
{
    (void)state;
    for (int times = 1; times < 3; times++)
        for (int can = 0; can < 4; can++) {
            given_a_message_with_keywords(1);
            sim.server.uidplus = can % 2 != 0;
            sim.server.move = can / 2 != 0;
            for (int i = 0; i < times; i++)
                when_the_user_saves_a_copy(1, INBOX, WORK);
            const unsigned long sent = coverage.done[STEP_APPEND];

            given_both_sides_agree();
            when_the_user_removes(INBOX, 1);

            then_both_sides_agree();
            then_it_is_saved(1, times);
            assert_int_equal(coverage.done[STEP_APPEND], sent);
        }
}

/* The lines that it had say that the file which is gone can't prove it; and its body comes shorter than the server said, each time. */
static void
what_is_saved_is_known_where_the_server_counts_too_much(void **state)
{
    (void)state;
    for (int to = INBOX; to <= WORK; to++)
        for (int move = 0; move < 2; move++) {
            given_empty_account(1);
            sim.server.size_high = 7;
            sim.server.move = move != 0;
            given_mail_there(INBOX, 1);
            given_mail_there(INBOX, 2);
            message_of(INBOX, 1)->dress = DRESS_MOVER;
            server_set_flags(&sim.server, INBOX, message_of(INBOX, 1), FLAG_FLAGGED, KEYS);
            for (int i = 0; i < 3; i++)
                (void)when_golub_syncs_after(60);
            sim.world.ledger[1].saved = true;
            when_the_user_saves(1, INBOX, to, DRESS_READER);
            const unsigned long sent = coverage.done[STEP_APPEND];

            then_both_sides_agree();

            then_it_is_there(to, 1, 1);
            assert_int_equal(coverage.done[STEP_APPEND], sent);
            assert_int_equal(message_of(to, 1)->keys, KEYS);
            end_scenario(NULL);
        }
}

/* The power fails, or the line breaks, before the COPY or behind it. What was not copied is sent: it failed once. */
static void
what_is_saved_and_cut_off_is_saved_once(void **state)
{
    (void)state;
    for (int kind = 0; kind < 8; kind++)
        for (int removed = 0; removed < 2; removed++) {
            const bool copied = kind / 4 == 0;

            given_a_message_with_keywords(1);
            sim.server.uidplus = kind % 2 == 0;
            when_the_user_saves_a_copy(1, INBOX, WORK);
            given_trouble_at(STEP_COPY, kind / 2 % 2 == 0, copied);
            (void)when_golub_syncs_after(60);
            if (removed)
                when_the_user_removes(INBOX, 1);
            given_both_sides_agree();
            if (!removed)
                when_the_user_removes(INBOX, 1);

            then_both_sides_agree();
            then_it_is_there(INBOX, 1, 0);
            then_it_is_here(INBOX, 1, 0);
            then_it_is_there(WORK, 1, 1);
            then_it_is_here(WORK, 1, 1);
            if (copied)
                then_it_is_saved(1, 1);
        }
}

static void
others_remove_it(struct world *world)
{
    (void)world;
    if (server_multiplicity(&sim.server, INBOX, 1) != 0)
        server_remove(&sim.server, INBOX, message_of(INBOX, 1)->uid);
}

/* Another client removes what was to be copied: the file goes up, as it is. */
static void
what_is_saved_and_removed_there_meanwhile_is_sent(void **state)
{
    (void)state;
    for (int inside = 0; inside < 2; inside++) {
        given_a_message_with_keywords(1);
        when_the_user_saves_a_copy(1, INBOX, WORK);
        if (inside)
            given_others_act(others_remove_it);
        else
            others_remove_it(&sim.world);

        (void)when_golub_syncs_after(60);

        sim.world.outside = NULL;
        then_both_sides_agree();
        then_it_is_there(INBOX, 1, 0);
        then_it_is_here(INBOX, 1, 0);
        then_it_is_there(WORK, 1, 1);
        then_it_is_here(WORK, 1, 1);
    }
}

static void
others_flag_it(struct world *world)
{
    struct sim_message *message;

    (void)world;
    if (server_multiplicity(&sim.server, INBOX, 1) == 0)
        return;
    message = message_of(INBOX, 1);
    if (message->flags == FLAG_FLAGGED)
        server_set_flags(&sim.server, INBOX, message, FLAG_FLAGGED | FLAG_ANSWERED, KEYS);
}

static void
what_is_saved_and_flagged_there_meanwhile_is_saved_once(void **state)
{
    (void)state;
    given_a_message_with_keywords(1);
    when_the_user_saves_a_copy(1, INBOX, WORK);
    given_others_act(others_flag_it);
    (void)when_golub_syncs_after(60);
    sim.world.outside = NULL;
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
    assert_int_equal(message_of(WORK, 1)->keys, KEYS);
}

/* Where the server does not let it be copied the file goes up, and is the message in its own bytes from then on. */
static void
what_is_saved_and_cannot_be_copied_is_sent(void **state)
{
    (void)state;
    given_a_message_with_keywords(1);
    sim.server.choked = 2;
    when_the_user_saves_a_copy(1, INBOX, WORK);
    (void)when_golub_syncs_after(60);
    sim.server.choked = 0;
    given_both_sides_agree();
    when_the_user_removes(INBOX, 1);

    then_both_sides_agree();

    then_it_is_there(INBOX, 1, 0);
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
    server_reset_uidvalidity(&sim.server, WORK);
    then_both_sides_agree();
    then_it_is_there(WORK, 1, 1);
    then_it_is_here(WORK, 1, 1);
}

/* What was copied is the message in other bytes: it is found again, and its removal is one, on either side. */
static void
what_was_saved_is_found_again_and_goes(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        given_a_message_with_keywords(1);
        when_the_user_saves_a_copy(1, INBOX, WORK);
        given_both_sides_agree();
        when_the_user_removes(INBOX, 1);
        given_both_sides_agree();
        server_reset_uidvalidity(&sim.server, WORK);
        check_forget(&sim.clients[0]);
        const unsigned long moved = coverage.done[STEP_APPEND] + coverage.done[STEP_DELIVER];

        then_both_sides_agree();

        then_it_is_saved(1, 1);
        assert_int_equal(coverage.done[STEP_APPEND] + coverage.done[STEP_DELIVER], moved);
        given_mail_there(WORK, 4);
        given_both_sides_agree();
        if (side == 0)
            when_the_user_removes(WORK, 1);
        else
            server_remove(&sim.server, WORK, message_of(WORK, 1)->uid);
        then_both_sides_agree();
        then_it_is_there(WORK, 1, 0);
        then_it_is_here(WORK, 1, 0);
    }
}

/* Out of a mailbox that nobody can see, and back into it: it is what that mailbox has of it, and stands there once. */
static void
what_was_saved_out_of_a_hidden_mailbox_and_back_is_there_once(void **state)
{
    (void)state;
    for (int dress = DRESS_PLAIN; dress <= DRESS_READER; dress += DRESS_READER)
        for (int both = 0; both < 2; both++) {
            given_three_mailboxes();
            given_mail_there(OLD, 2);
            given_mail_there(WORK, 3);
            given_mail_here(WORK, 1);
            file_of(WORK, 1)->dress = DRESS_READER - dress;
            given_both_sides_agree();
            given_the_mailbox_is_hidden(WORK);
            when_the_user_saves(1, WORK, OLD, (enum dress)dress);
            check_forget(&sim.clients[0]);
            (void)when_golub_syncs_after(60);
            then_it_is_there(OLD, 1, 1);
            const struct sim_mailbox seen = hidden;

            if (both) {
                given_the_mailbox_is_hidden(OLD);
                (void)when_golub_syncs_after(60);
            }
            when_the_user_moves(1, OLD, WORK);
            check_forget(&sim.clients[0]);
            (void)when_golub_syncs_after(60);

            if (both)
                when_the_mailbox_is_back(OLD);
            hidden = seen;
            when_the_mailbox_is_back(WORK);

            then_both_sides_agree();
            then_it_is_there(WORK, 1, 1);
            then_it_is_here(WORK, 1, 1);
            assert_true(server_multiplicity(&sim.server, OLD, 1) <= 1);
            end_scenario(NULL);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_is_saved_keeps_its_keywords),
        SCENARIO(what_is_saved_is_known_where_the_server_counts_too_much),
        SCENARIO(what_is_saved_and_cut_off_is_saved_once),
        SCENARIO(what_is_saved_and_removed_there_meanwhile_is_sent),
        SCENARIO(what_is_saved_and_flagged_there_meanwhile_is_saved_once),
        SCENARIO(what_is_saved_and_cannot_be_copied_is_sent),
        SCENARIO(what_was_saved_is_found_again_and_goes),
        SCENARIO(what_was_saved_out_of_a_hidden_mailbox_and_back_is_there_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
