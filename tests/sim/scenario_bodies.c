/* Bodies that are not what the server announced: short, empty, longer than the disk has room for. */
#include "tests/sim/scenario.h"

static void
given_spoiled_body(int content, size_t len, int times)
{
    sim.server.spoiled.content = content;
    sim.server.spoiled.len = len;
    sim.server.spoiled.times = times;
}

static void
a_body_that_comes_short_once_is_read_again(void **state)
{
    static const size_t lens[] = {0, 1, 40};

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        given_empty_account(1);
        given_mail_there(INBOX, 1);
        given_mail_there(INBOX, 2);
        given_spoiled_body(1, lens[i], 1);

        assert_int_equal(when_golub_syncs_after(60), 0);

        assert_int_equal(sim.server.bodies, 3);
        then_it_is_here(INBOX, 1, 1);
        then_both_sides_agree();
    }
}

/* One message keeps the sizes of all from being listed: they are told with the bodies, but its own. */
static void
a_body_that_comes_short_where_no_sizes_are_listed_is_read_again(void **state)
{
    static const size_t lens[] = {0, 1, 40};

    (void)state;
    for (int rude = 0; rude < 2; rude++) {
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            given_empty_account(1);
            for (int content = 1; content < 4; content++)
                given_mail_there(INBOX, content);
            sim.server.rude = rude == 1;
            sim.server.unsized = 2 + 1;
            given_spoiled_body(1, lens[i], 1);

            assert_int_equal(when_golub_syncs_after(60), 0);

            assert_int_equal(sim.server.spoiled.times, 0);
            assert_true(rude == 1 ||
                        sim.server.bodies == 5); /* each once, but the short one, and the one without a size */
            then_both_sides_agree();
        }
    }
}

static void
a_body_whose_size_nobody_tells_is_taken_when_it_came_twice_the_same(void **state)
{
    static const size_t lens[] = {0, 1, 40};

    (void)state;
    for (int rude = 0; rude < 2; rude++) {
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            given_empty_account(1);
            given_mail_there(INBOX, 1);
            given_mail_there(INBOX, 2);
            sim.server.rude = rude == 1;
            sim.server.unsized = 2 + 1;
            given_spoiled_body(2, lens[i], 1);

            assert_int_equal(when_golub_syncs_after(60), 1);

            then_it_is_here(INBOX, 1, 1);
            then_it_is_here(INBOX, 2, 0);
            assert_int_equal(when_golub_syncs_after(60), 0);
            then_both_sides_agree();
        }
    }
}

static void
an_empty_body_is_never_the_message(void **state)
{
    (void)state;
    given_empty_account(1);
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_spoiled_body(1, 0, 1000);

    assert_int_equal(when_golub_syncs_after(60), 1);
    assert_int_equal(sim.server.bodies, 3);
    assert_true(sim.world.errors > 0);
    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_int_equal(sim.server.bodies, 5);
    then_it_is_here(INBOX, 1, 0);
    then_it_is_here(INBOX, 2, 1);
    sim.server.spoiled.times = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_both_sides_agree();
}

static void
sizes_that_are_always_too_high_are_learned(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.size_high = 9;
    for (int i = 0; i < 8; i++)
        given_mail_there(INBOX, 20 + i);
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_int_equal(sim.server.bodies, 16);
    for (int i = 0; i < 5; i++)
        given_mail_there(INBOX, 40 + i);
    given_mail_there(WORK, 50);

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(sim.server.bodies, 16 + 5 + 2); /* what INBOX showed says nothing about Work */
    then_both_sides_agree();
}

static void
a_body_for_which_there_is_no_room_is_dropped_and_stops_no_other(void **state)
{
    (void)state;
    given_empty_account(1);
    given_both_sides_agree();
    given_mail_there(INBOX, 1);
    given_mail_there(INBOX, 2);
    given_spoiled_body(1, (size_t)30 << 20, 1000);
    here()->full = SIM_DISK - ((uint64_t)20 << 20);

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_here(INBOX, 1, 0);
    then_it_is_here(INBOX, 2, 1);
    assert_true(sim.world.errors > 0);
    sim.server.spoiled.times = 0;
    then_both_sides_agree();
}

/* Two messages of one header and size, whose files and rows know nothing of each other: their bodies are read. */
static void
given_a_lost_journal(void)
{
    given_empty_account(1);
    for (int i = 2; i < 4; i++)
        given_mail_here(INBOX, i);
    given_both_sides_agree();
    run_open_journal(&sim, 0, NULL, 0);
    check_forget(&sim.clients[0]);
}

static void
a_body_that_comes_short_while_it_is_compared_doubles_nothing(void **state)
{
    static const size_t lens[] = {0, 1, 40};

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        given_a_lost_journal();
        given_spoiled_body(3, lens[i], 1);

        assert_int_equal(when_golub_syncs_after(60), 0);

        assert_int_equal(sim.server.spoiled.times, 0);
        for (int k = 2; k < 4; k++) {
            then_it_is_here(INBOX, k, 1);
            then_it_is_there(INBOX, k, 1);
        }
        then_both_sides_agree();
    }
}

/* ... and does not come at all: neither is it fetched nor what may be it sent. Other mail goes on. */
static void
what_cannot_be_compared_waits(void **state)
{
    (void)state;
    given_a_lost_journal();
    given_mail_here(INBOX, 5);
    file_of(INBOX, 3)->date += 100;
    given_spoiled_body(3, 0, 1000);

    assert_int_equal(when_golub_syncs_after(60), 1);

    assert_true(sim.world.errors > 0);
    then_it_is_here(INBOX, 3, 1);
    then_it_is_there(INBOX, 3, 1);
    then_it_is_there(INBOX, 5, 1);
    sim.server.spoiled.times = 0;
    assert_int_equal(when_golub_syncs_after(60), 0);
    for (int k = 2; k < 4; k++) {
        then_it_is_here(INBOX, k, 1);
        then_it_is_there(INBOX, k, 1);
    }
    then_both_sides_agree();
}

/* At every reading it sends less than it has: neither is it another message than the file nor is the rest of the file new. */
static void
a_body_that_always_comes_short_is_no_other_message(void **state)
{
    static const size_t lens[] = {1, 40};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof lens / sizeof lens[0]; i++) {
        given_a_lost_journal();
        file_of(INBOX, 3)->date += 100;
        const size_t half = content_get(3)->len / 2;
        given_spoiled_body(3, i % 2 == 0 ? lens[i / 2] : half, 1000);

        for (int run = 0; run < 3; run++)
            assert_int_equal(when_golub_syncs_after(60), 1);

        assert_true(sim.world.errors > 0);
        for (int k = 2; k < 4; k++) {
            then_it_is_here(INBOX, k, 1);
            then_it_is_there(INBOX, k, 1);
        }
        assert_int_equal(here()->tree.count, 2);
        sim.server.spoiled.times = 0;
        then_both_sides_agree();
    }
}

/* Two of one header moved there, and one of them always comes short: it is no other message, so its file stays until it can be told. */
static void
a_body_that_comes_short_while_a_move_is_sought_removes_no_file(void **state)
{
    static const size_t lens[] = {0, 1, 40};

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        given_empty_account(1);
        for (int k = 2; k < 4; k++)
            given_mail_here(INBOX, k);
        given_both_sides_agree();
        given_spoiled_body(3, lens[i] == 40 ? content_get(3)->len / 2 : lens[i], 1000);
        when_another_client_moves(2, INBOX, WORK);
        when_another_client_moves(3, INBOX, WORK);

        for (int run = 0; run < 3; run++)
            assert_int_equal(when_golub_syncs_after(60), 1);

        assert_true(sim.world.errors > 0);
        then_it_is_here(WORK, 2, 1);
        then_it_is_here(INBOX, 3, 1);
        assert_int_equal(here()->tree.count, 2);
        assert_int_equal(here()->quarantined, 0);
        sim.server.spoiled.times = 0;
        then_both_sides_agree();
        then_it_is_here(WORK, 3, 1);
        assert_int_equal(here()->quarantined, 0);
    }
}

/* ... and short once: it is read again, and then both have moved. */
static void
a_body_that_comes_short_once_while_a_move_is_sought_is_read_again(void **state)
{
    (void)state;
    given_empty_account(1);
    for (int k = 2; k < 4; k++)
        given_mail_here(INBOX, k);
    given_both_sides_agree();
    given_spoiled_body(3, content_get(3)->len / 2, 1);
    when_another_client_moves(2, INBOX, WORK);
    when_another_client_moves(3, INBOX, WORK);

    assert_int_equal(when_golub_syncs_after(60), 0);

    assert_int_equal(here()->quarantined, 0);
    then_both_sides_agree();
    then_it_is_here(WORK, 3, 1);
}

/* One that can't be read at all holds up what it may be, and no other mail of its mailbox. */
static void
what_cannot_be_read_for_pairing_stops_no_other_mail(void **state)
{
    (void)state;
    given_a_lost_journal();
    file_of(INBOX, 3)->date += 100;
    given_mail_here(INBOX, 5);
    given_mail_there(INBOX, 6);
    sim.server.withheld = 3 + 1;

    assert_int_equal(when_golub_syncs_after(60), 1);

    then_it_is_there(INBOX, 3, 1);
    then_it_is_here(INBOX, 3, 1);
    then_it_is_there(INBOX, 5, 1);
    then_it_is_here(INBOX, 6, 1);
    sim.server.withheld = 0;
    then_both_sides_agree();
}

static void
an_empty_body_is_not_the_message_whose_size_nobody_told(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.undated = 1 + 1;
    given_mail_there(INBOX, 1);
    sim.server.spoiled.content = 1;
    sim.server.spoiled.len = 0;
    sim.server.spoiled.times = 1000;

    (void)when_golub_syncs_after(60);

    then_it_is_here(INBOX, 1, 0);
    sim.server.spoiled.times = 0;
    then_both_sides_agree();
    then_it_is_here(INBOX, 1, 1);
}

/* Its UID is another one, its file has another name, and the size that the server says of it is no file's. */
static void
what_cannot_be_read_may_be_a_file_that_has_another_name_whatever_its_size(void **state)
{
    (void)state;
    given_empty_account(1);
    sim.server.lies = 2;
    for (int i = 1; i < 9; i++)
        given_mail_there(WORK, i);
    given_both_sides_agree();
    for (int i = 1; i < 9; i++) {
        sim.server.never_shown = i + 1;
        server_reset_uidvalidity(&sim.server, WORK);
        assert_true(mua_move(here(), file_of(WORK, i), WORK, true));

        (void)when_golub_syncs_after(60);

        then_it_is_there(WORK, i, 1);
        sim.server.never_shown = 0;
        then_both_sides_agree();
        then_it_is_there(WORK, i, 1);
    }
}

/*
 * A mail reader has saved another message with the same lines and some of its own. Whatever the server says of a size: what came twice the same and is
 * no beginning of that one's body is not that one, and each goes its way.
 */
static void
a_message_of_a_wrong_size_is_not_the_file_that_is_kin_of_it(void **state)
{
    (void)state;
    for (int lie = 0; lie < 5; lie++) {
        given_empty_account(1);
        sim.server.lies = lie;
        given_mail_there(INBOX, 10);
        sim.world.dress = DRESS_READER;
        given_mail_here(INBOX, 11);

        assert_int_equal(when_golub_syncs_after(60), 0);

        for (int content = 10; content < 12; content++) {
            then_it_is_here(INBOX, content, 1);
            then_it_is_there(INBOX, content, 1);
        }
        then_both_sides_agree();
        end_scenario(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_message_of_a_wrong_size_is_not_the_file_that_is_kin_of_it),
        SCENARIO(a_body_that_comes_short_once_is_read_again),
        SCENARIO(a_body_that_comes_short_where_no_sizes_are_listed_is_read_again),
        SCENARIO(a_body_whose_size_nobody_tells_is_taken_when_it_came_twice_the_same),
        SCENARIO(an_empty_body_is_never_the_message),
        SCENARIO(sizes_that_are_always_too_high_are_learned),
        SCENARIO(a_body_that_comes_short_while_it_is_compared_doubles_nothing),
        SCENARIO(what_cannot_be_compared_waits),
        SCENARIO(a_body_that_always_comes_short_is_no_other_message),
        SCENARIO(a_body_that_comes_short_while_a_move_is_sought_removes_no_file),
        SCENARIO(a_body_that_comes_short_once_while_a_move_is_sought_is_read_again),
        SCENARIO(what_cannot_be_read_for_pairing_stops_no_other_mail),
        SCENARIO(a_body_for_which_there_is_no_room_is_dropped_and_stops_no_other),
        SCENARIO(an_empty_body_is_not_the_message_whose_size_nobody_told),
        SCENARIO(what_cannot_be_read_may_be_a_file_that_has_another_name_whatever_its_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
