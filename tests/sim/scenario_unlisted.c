/* What a file here may be that no row knows: a message that the server counts, and leaves out of its list for a while. */
#include "tests/sim/scenario.h"

struct image {
    void *bytes;
    size_t size;
};

static struct image
the_journal(void)
{
    struct image image = {0};
    struct error err = {0};

    assert_true(journal_image(sim.clients[0].journal, &image.bytes, &image.size, &err));
    return image;
}

static void
given_the_journal_is_that_one(struct image *image)
{
    run_open_journal(&sim, 0, image->bytes, image->size);
    check_forget(&sim.clients[0]);
    free(image->bytes);
}

static void
given_mail(void)
{
    given_empty_account(1);
    for (int i = 0; i < 3; i++)
        given_mail_there(INBOX, 20 + i);
    given_both_sides_agree();
}

static void
given_it_is_not_listed(int content)
{
    sim.server.unlisted = content + 1;
    sim.server.unlisted_for = 1000;
}

static void
then_it_stands_on_both_sides_once(int content)
{
    then_it_is_there(INBOX, content, 1);
    sim.server.unlisted = 0;
    sim.world.now += 86400;
    then_both_sides_agree();
    then_it_is_there(INBOX, content, 1);
    then_it_is_here(INBOX, content, 1);
    assert_int_equal(here()->quarantined, 0);
}

/* It came, or was sent, after the last run that the journal knows of. */
static void
what_an_older_journal_does_not_know_and_the_list_lacks_is_not_sent_again(void **state)
{
    (void)state;
    for (int sent = 0; sent < 2; sent++)
        for (int runs = 1; runs < 3; runs++) {
            given_mail();
            struct image image = the_journal();
            if (sent)
                given_mail_here(INBOX, 23);
            else
                given_mail_there(INBOX, 23);
            assert_int_equal(when_golub_syncs_after(60), 0);
            given_the_journal_is_that_one(&image);
            given_it_is_not_listed(23);

            for (int run = 0; run < runs; run++)
                assert_int_equal(when_golub_syncs_after(60), 1);

            then_it_stands_on_both_sides_once(23);
            end_scenario(NULL);
        }
}

/* But it may be one that nobody lists any more: what is new to the server is not kept back for ever. */
static void
what_an_older_journal_does_not_know_is_sent_once_the_difference_is_known(void **state)
{
    (void)state;
    given_mail();
    struct image image = the_journal();
    given_mail_here(INBOX, 23);
    sim.server.boxes[INBOX].phantoms = 1;
    here()->tree.mark.run++;
    given_the_journal_is_that_one(&image);

    for (int run = 0; run < 4; run++)
        (void)when_golub_syncs_after(60);

    then_it_is_there(INBOX, 23, 1);
    assert_int_equal(when_golub_syncs_after(60), 0);
}

/* Each file was shown in its new place before the old one goes: that another message is not listed there makes them no removals. */
static void
many_that_move_to_where_one_is_not_listed_are_not_held(void **state)
{
    (void)state;
    for (int move = 0; move < 2; move++) {
        given_empty_account(1);
        sim.server.move = move == 1;
        for (int i = 0; i < 30; i++)
            given_mail_there(INBOX, 40 + i);
        for (int i = 0; i < 3; i++)
            given_mail_there(WORK, 20 + i);
        given_both_sides_agree();
        given_it_is_not_listed(21);
        sim.server.qresync = sim.server.condstore = false;
        for (int i = 0; i < 30; i++)
            when_the_user_moves(40 + i, INBOX, WORK);

        for (int run = 0; run < 3; run++)
            assert_int_not_equal(when_golub_syncs_after(60), 3);

        for (int i = 0; i < 30; i++) {
            then_it_is_there(INBOX, 40 + i, 0);
            then_it_is_there(WORK, 40 + i, 1);
        }
        then_it_is_here(WORK, 21, 1);
        end_scenario(NULL);
    }
}

/* A difference that is known is no doubt about what the lists named: as many as are counted beside it were not listed. */
static void
many_that_move_to_where_one_too_many_is_counted_are_not_held(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int i = 0; i < 30; i++)
        given_mail_there(INBOX, 40 + i);
    for (int i = 0; i < 3; i++)
        given_mail_there(WORK, 20 + i);
    given_both_sides_agree();
    sim.server.boxes[WORK].phantoms = 1;
    sim.server.move = false;
    sim.server.condstore = true;
    for (int run = 0; run < 4; run++)
        assert_int_equal(when_golub_syncs_after(60), 0);
    for (int i = 0; i < 30; i++)
        when_the_user_moves(40 + i, INBOX, WORK);

    for (int run = 0; run < 3; run++)
        assert_int_not_equal(when_golub_syncs_after(60), 3);

    for (int i = 0; i < 30; i++) {
        then_it_is_there(INBOX, 40 + i, 0);
        then_it_is_there(WORK, 40 + i, 1);
    }
    then_it_is_here(WORK, 21, 1);
}

/* Who puts a message there while an APPEND of the same one is under way has put it there twice, and nobody can call that back. */
static void
what_arrives_while_the_same_is_under_way_is_no_doubling_of_golubs(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 20);
    given_both_sides_agree();
    sim.server.delayed[sim.server.delayed_count++] =
        (struct sim_delayed){.mailbox = WORK, .content = 20, .date = 1600000000, .due = INT64_MAX};
    given_mail_there(WORK, 20);

    assert_int_equal(sim.world.ledger[20].most[WORK], 2);
    sim.server.delayed_count = 0;
}

/* The copy is the first half of a move. That the message is still where it was says nothing of it. */
static void
what_was_copied_to_move_and_is_not_listed_is_not_copied_again(void **state)
{
    (void)state;
    given_mail();
    sim.server.uidplus = sim.server.move = false;
    given_it_is_not_listed(21);
    when_the_user_moves(21, INBOX, WORK);

    for (int run = 0; run < 8; run++)
        (void)when_golub_syncs_after(600);

    then_it_is_there(WORK, 21, 1);
    sim.server.unlisted = 0;
    sim.world.now += 86400;
    then_both_sides_agree();
    then_it_is_there(WORK, 21, 1);
    then_it_is_there(INBOX, 21, 0);
}

/* Its file waits to be removed, since the list does not add up. By then that is known, and changes alone are asked for. */
static void
what_waits_for_its_removal_and_comes_again_under_another_uid_is_the_same_message(void **state)
{
    (void)state;
    given_mail();
    sim.server.qresync = false;
    sim.server.boxes[INBOX].phantoms = 1;
    for (int run = 0; run < 4; run++)
        assert_int_equal(when_golub_syncs_after(60), 0);
    ledger_out(&sim.world, 21, INBOX);
    server_expunge(&sim.server, INBOX, 2);
    for (int run = 0; run < 4; run++)
        assert_int_equal(when_golub_syncs_after(60), 1);
    given_mail_there(INBOX, 21);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_it_is_here(INBOX, 21, 1);
    then_it_stands_on_both_sides_once(21);
}

/*
 * Its mailbox got a new UIDVALIDITY, and its list lacks the message just then: a copy of the file, which went up to another one, is not the place
 * that it moved to; nor is a copy that another client made.
 */
static void
a_file_that_was_copied_stays_while_the_list_lacks_its_message(void **state)
{
    (void)state;
    for (int there = 0; there < 2; there++) {
        given_mail();
        server_reset_uidvalidity(&sim.server, INBOX);
        given_it_is_not_listed(21);
        if (there) {
            (void)when_golub_syncs_after(60);
            given_mail_there(WORK, 21);
        } else {
            assert_true(mua_copy(here(), file_of(INBOX, 21), WORK));
            ledger_put(&sim.world, 21, WORK);
        }

        for (int run = there; run < 2; run++)
            (void)when_golub_syncs_after(60);

        then_it_stands_on_both_sides_once(21);
        then_it_is_there(WORK, 21, 1);
        then_it_is_here(WORK, 21, 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_an_older_journal_does_not_know_and_the_list_lacks_is_not_sent_again),
        SCENARIO(what_an_older_journal_does_not_know_is_sent_once_the_difference_is_known),
        SCENARIO(many_that_move_to_where_one_is_not_listed_are_not_held),
        SCENARIO(many_that_move_to_where_one_too_many_is_counted_are_not_held),
        SCENARIO(what_arrives_while_the_same_is_under_way_is_no_doubling_of_golubs),
        SCENARIO(what_was_copied_to_move_and_is_not_listed_is_not_copied_again),
        SCENARIO(what_waits_for_its_removal_and_comes_again_under_another_uid_is_the_same_message),
        SCENARIO(a_file_that_was_copied_stays_while_the_list_lacks_its_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
