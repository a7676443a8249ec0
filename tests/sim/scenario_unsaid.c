/* A mailbox that was renamed on a server that never says which one is which, moment by moment. */
#include "tests/sim/scenario.h"

/* The mailbox has the other name now, with its UIDVALIDITY and its UIDs. */
static void
when_it_is_renamed_there(int from, int to)
{
    sim.server.boxes[to] = sim.server.boxes[from];
    sim.server.boxes[from].exists = false;
    sim.server.boxes[from].count = 0;
    for (size_t i = 0; i < sim.server.boxes[to].count; i++) {
        ledger_out(&sim.world, sim.server.boxes[to].messages[i].content, from);
        ledger_carry(&sim.world, sim.server.boxes[to].messages[i].content, from, to);
        ledger_put(&sim.world, sim.server.boxes[to].messages[i].content, to);
    }
    check_forget(&sim.clients[0]);
}

static void
given_a_renamed_mailbox(int messages)
{
    given_empty_account(1);
    for (int i = 0; i < messages; i++)
        given_mail_there(WORK, 20 + i);
    given_both_sides_agree();
    when_it_is_renamed_there(WORK, OLD);
    sim.server.bodies = 0;
}

static void
then_its_folder_is(int place, bool moved)
{
    assert_int_equal(here()->tree.folder[place], moved);
}

static void
one_message_is_enough(void **state)
{
    (void)state;
    given_a_renamed_mailbox(1);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_its_folder_is(WORK, false);
    then_its_folder_is(OLD, true);
    assert_int_equal(sim.server.bodies, 0);
    then_both_sides_agree();
}

static void
no_message_is_not(void **state)
{
    (void)state;
    given_a_renamed_mailbox(0);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_its_folder_is(WORK, true);
    then_its_folder_is(OLD, true);
}

/* ... the header of another message, of the same size and second. */
static void
a_header_that_is_another_one_says_no(void **state)
{
    struct sim_message *message;
    int other = 21;

    (void)state;
    given_a_renamed_mailbox(1);
    message = message_of(OLD, 20);
    while (content_get(other)->len != content_get(20)->len || other == 20)
        other++;
    ledger_put(&sim.world, other, OLD);
    ledger_drop(&sim.world, 20);
    ledger_add(&sim.world, other);
    message->content = other;
    ledger_put(&sim.world, other, OLD);

    assert_int_equal(when_golub_syncs_after(60), 0);

    then_its_folder_is(WORK, true);
    then_it_is_here(WORK, 20, 1);
    then_it_is_here(OLD, other, 1);
}

/* The server answers that it can't open it now: neither is touched until it can. */
static void
one_that_can_not_be_opened_waits(void **state)
{
    (void)state;
    given_a_renamed_mailbox(3);
    sim.server.unreadable = 1u << OLD;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_its_folder_is(WORK, true);
    then_its_folder_is(OLD, false);
    sim.server.unreadable = 0;
    (void)when_golub_syncs_after(60);
    then_its_folder_is(WORK, false);
    then_its_folder_is(OLD, true);
    assert_int_equal(sim.server.bodies, 0);
    then_both_sides_agree();
}

/* ... a day long: it may be so for ever. */
static void
one_that_can_never_be_opened_is_waited_for_a_day(void **state)
{
    (void)state;
    given_a_renamed_mailbox(3);
    sim.server.unreadable = 1u << OLD;
    assert_int_equal(when_golub_syncs_after(60), 1);

    (void)when_golub_syncs_after(100000);

    then_its_folder_is(WORK, true);
    then_its_folder_is(OLD, true);
}

/* Whoever asks for its mail loses the line, each time: it waits, and all other mail comes all the same. */
static void
what_ends_the_line_twice_waits(void **state)
{
    (void)state;
    given_a_renamed_mailbox(3);
    given_mail_there(INBOX, 40);
    sim.server.unreadable = 1u << OLD;
    sim.server.rude = true;

    (void)when_golub_syncs_after(60);
    (void)when_golub_syncs_after(60);

    then_it_is_here(INBOX, 40, 1);
    then_its_folder_is(WORK, true);
    then_its_folder_is(OLD, false);
    sim.server.unreadable = 0;
    sim.server.bodies = 0;
    (void)when_golub_syncs_after(60);
    then_its_folder_is(WORK, false);
    then_its_folder_is(OLD, true);
    assert_int_equal(sim.server.bodies, 0);
    then_both_sides_agree();
}

/* The name was another one's, whose folder somebody removed here before it was removed there. */
static void
a_name_whose_folder_is_gone_makes_way(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(WORK, 20);
    server_create(&sim.server, OLD);
    given_both_sides_agree();
    here()->tree.folder[OLD] = false;
    given_both_sides_agree();
    when_it_is_renamed_there(WORK, OLD);
    sim.server.bodies = 0;

    (void)when_golub_syncs_after(60);

    then_its_folder_is(WORK, false);
    then_its_folder_is(OLD, true);
    assert_int_equal(sim.server.bodies, 0);
    then_both_sides_agree();
}

/* ... or stands there still, under the other one's name: it is the one that has no folder under that one. */
static void
a_swap_with_one_whose_folder_is_gone(void **state)
{
    (void)state;
    for (int runs = 0; runs < 3; runs++) { /* since it went */
        static struct sim_mailbox other;

        given_empty_account(1);
        given_mail_there(WORK, 20);
        server_create(&sim.server, OLD);
        given_mail_there(OLD, 21);
        given_both_sides_agree();
        file_of(OLD, 21)->mailbox = SIM_MAILBOXES; /* with its folder */
        here()->tree.folder[OLD] = false;
        sim.world.away_here[0] = 1u << OLD;
        check_forget(&sim.clients[0]);
        for (int i = 0; i < runs; i++)
            assert_int_equal(when_golub_syncs_after(60), 0);
        other = sim.server.boxes[WORK];
        sim.server.boxes[WORK] = sim.server.boxes[OLD];
        sim.server.boxes[OLD] = other;
        check_forget(&sim.clients[0]);
        for (int content = 20; content < 22; content++) {
            ledger_out(&sim.world, content, content == 20 ? WORK : OLD);
            ledger_put(&sim.world, content, content == 20 ? OLD : WORK);
        }
        sim.server.bodies = 0;

        assert_int_equal(when_golub_syncs_after(60), 0);

        assert_int_equal(sim.server.bodies, 0);
        then_its_folder_is(WORK, false);
        then_it_is_here(OLD, 20, 1);
        then_it_is_there(OLD, 20, 1);
        then_it_is_there(WORK, 21, 1);
        assert_int_equal(when_golub_syncs_after(60), 0);
        then_its_folder_is(WORK, false);
    }
}

/* As Courier does: and what is paired anew is paired without a body. */
static void
another_uidvalidity_and_other_uids(void **state)
{
    (void)state;
    given_a_renamed_mailbox(5);
    server_reset_uidvalidity(&sim.server, OLD);

    (void)when_golub_syncs_after(60);

    then_its_folder_is(WORK, false);
    then_its_folder_is(OLD, true);
    assert_int_equal(sim.server.bodies, 0);
    then_both_sides_agree();
}

static void
another_uidvalidity_and_a_message_less(void **state)
{
    (void)state;
    given_a_renamed_mailbox(5);
    ledger_out(&sim.world, 22, OLD);
    server_expunge(&sim.server, OLD, message_of(OLD, 22)->uid);
    server_reset_uidvalidity(&sim.server, OLD);

    (void)when_golub_syncs_after(60);
    (void)when_golub_syncs_after(60);

    then_its_folder_is(WORK, true);
    then_it_is_there(OLD, 22, 0);
    then_it_is_here(WORK, 22, 1);
    then_it_is_here(OLD, 22, 0);
}

/* As many as there were, and one of them is new. */
static void
another_uidvalidity_and_another_message(void **state)
{
    int other = 30;

    (void)state;
    while (content_get(other)->len == content_get(22)->len)
        other++;
    given_a_renamed_mailbox(5);
    ledger_out(&sim.world, 22, OLD);
    server_expunge(&sim.server, OLD, message_of(OLD, 22)->uid);
    given_mail_there(OLD, other);
    server_reset_uidvalidity(&sim.server, OLD);

    (void)when_golub_syncs_after(60);
    (void)when_golub_syncs_after(60);

    then_its_folder_is(WORK, true);
    then_it_is_there(OLD, 22, 0);
    then_it_is_here(WORK, 22, 1);
    then_it_is_here(OLD, other, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(one_message_is_enough),
        SCENARIO(no_message_is_not),
        SCENARIO(a_header_that_is_another_one_says_no),
        SCENARIO(one_that_can_not_be_opened_waits),
        SCENARIO(one_that_can_never_be_opened_is_waited_for_a_day),
        SCENARIO(what_ends_the_line_twice_waits),
        SCENARIO(a_name_whose_folder_is_gone_makes_way),
        SCENARIO(a_swap_with_one_whose_folder_is_gone),
        SCENARIO(another_uidvalidity_and_other_uids),
        SCENARIO(another_uidvalidity_and_a_message_less),
        SCENARIO(another_uidvalidity_and_another_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
