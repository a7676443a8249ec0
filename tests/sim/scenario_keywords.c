/* golub keyword: what the user said of a message is on the server in the end, on this message and no other, whatever happens on the way. */
#include "tests/sim/scenario_keywords.h"

/* ---- killed, and cut off ---- */

static bool
killed_at(int step, bool after)
{
    given_messages();
    when_the_user_says(INBOX, 1, MINE, true);
    when_the_user_says(INBOX, 1, THEIRS, false);
    when_the_user_says(INBOX, 3, MINE, true);
    sim.world.crash_at = step;
    sim.world.crash_after = after;

    const bool killed = when_golub_syncs_after(60) == -1;

    then_both_sides_agree();
    then_it_has(INBOX, 1, KEPT | MINE);
    then_it_has(INBOX, 2, THEIRS);
    then_it_has(INBOX, 3, MINE);
    then_it_has(INBOX, 4, 0);
    assert_int_equal(count_waiting(), 0);
    return killed;
}

static void
a_run_that_is_killed_at_any_step_loses_no_keyword(void **state)
{
    (void)state;
    for (int after = 0; after < 2; after++) {
        int step = 1;

        while (killed_at(step, after != 0))
            assert_in_range(++step, 1, 60);
        assert_in_range(step, 4, 60);
    }
}

static void
a_line_that_breaks_at_it_loses_none(void **state)
{
    (void)state;
    for (int after = 0; after < 2; after++) {
        given_messages();
        when_the_user_says(INBOX, 1, MINE, true);
        when_the_user_says(INBOX, 2, THEIRS, false);
        given_trouble_at(STEP_STORE, true, after != 0);

        (void)when_golub_syncs_after(60);

        then_both_sides_agree();
        then_it_has(INBOX, 1, KEPT | THEIRS | MINE);
        then_it_has(INBOX, 2, 0);
        assert_int_equal(count_waiting(), 0);
    }
}

/* The run that sent it is killed before it has written that down, and the user changes his mind, perhaps twice. */
static void
what_is_taken_back_after_it_was_sent_goes_there_again(void **state)
{
    (void)state;
    for (int times = 1; times < 4; times++) {
        given_messages();
        when_the_user_says(INBOX, 1, MINE, true);
        when_the_user_says(INBOX, 2, THEIRS, false);
        given_trouble_at(STEP_STORE, false, true);
        assert_int_equal(when_golub_syncs_after(60), -1);
        for (int i = 0; i < times; i++) {
            when_the_user_says(INBOX, 1, MINE, i % 2 != 0);
            when_the_user_says(INBOX, 2, THEIRS, i % 2 == 0);
        }

        then_both_sides_agree();
        then_it_has(INBOX, 1, KEPT | THEIRS | (times % 2 == 0 ? MINE : 0));
        then_it_has(INBOX, 2, times % 2 == 0 ? 0 : THEIRS);
        assert_int_equal(count_waiting(), 0);
    }
}

/* ---- an equal message beside it ---- */

static void
what_was_said_of_one_of_two_equal_messages_is_its_own(void **state)
{
    enum { REMOVED_HERE, REMOVED_THERE, MOVED_HERE, MOVED_THERE, WAYS };

    (void)state;
    for (int way = 0; way < 2 * WAYS; way++) {
        uint32_t uid;

        given_messages();
        server_create(&sim.server, OLD);
        here()->tree.folder[OLD] = true;
        (void)given_mail_there(WORK, 3);
        given_both_sides_agree();
        when_the_user_says(INBOX, 3, MINE, true);
        uid = message_of(INBOX, 3)->uid;
        if (way / 2 == REMOVED_HERE)
            when_the_user_removes(INBOX, 3);
        else if (way / 2 == MOVED_HERE && way % 2)
            assert_true(mua_move(here(), file_of(INBOX, 3), INBOX, true));
        else if (way / 2 == MOVED_HERE)
            when_the_user_moves(3, INBOX, OLD);
        else {
            server_expunge(&sim.server, INBOX, uid);
            ledger_out(&sim.world, 3, INBOX);
            if (way / 2 == MOVED_THERE)
                (void)given_mail_there(OLD, 3);
        }

        (void)when_golub_syncs_after(60);
        (void)when_golub_syncs_after(60);

        then_both_sides_agree();
        then_it_has(WORK, 3, 0);
        if (way / 2 == MOVED_HERE || way / 2 == MOVED_THERE)
            then_it_has(way / 2 == MOVED_HERE && way % 2 ? INBOX : OLD, 3, MINE);
        assert_int_equal(count_waiting(), 0);
        end_scenario(NULL);
    }
}

static void
what_was_said_of_two_equal_messages_that_both_move_reaches_both(void **state)
{
    size_t having = 0;

    (void)state;
    given_messages();
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    (void)given_mail_there(WORK, 3);
    given_both_sides_agree();
    when_the_user_says(INBOX, 3, MINE, true);
    when_the_user_says(WORK, 3, MINE, true);
    when_the_user_moves(3, INBOX, OLD);
    when_the_user_moves(3, WORK, OLD);

    then_both_sides_agree();

    for (size_t i = 0; i < sim.server.boxes[OLD].count; i++)
        having += sim.server.boxes[OLD].messages[i].content == 3 && sim.server.boxes[OLD].messages[i].keys == MINE;
    assert_int_equal(having, 2);
    assert_int_equal(count_waiting(), 0);
}

/* ---- another message has the UID ---- */

static void
given_the_server_goes_back_and_gives_the_uid_of(int content, int to)
{
    uint32_t uid;

    server_restore(&sim.server, &sim.backup);
    assert_true(server_add(&sim.server, INBOX, to, 0, 0, 1650000000, &uid));
    ledger_put(&sim.world, to, INBOX);
    check_forget(&sim.clients[0]);
    (void)content;
}

static void
a_uid_that_a_restored_server_gives_anew_gets_no_keyword_of_another_message(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        given_messages();
        sim.server.condstore = sim.server.qresync = way % 2 == 0;
        sim.backup = sim.server;
        sim.has_backup = true;
        given_mail_there(INBOX, 5);
        given_both_sides_agree();
        when_the_user_says(INBOX, 5, MINE, true);
        given_the_server_goes_back_and_gives_the_uid_of(5, 6);

        then_both_sides_agree(); /* a keyword on #6 would break the simulator's law */
        then_it_has(INBOX, 6, 0);
        then_it_has(INBOX, 5, MINE);
        assert_int_equal(count_waiting(), 0);
    }
}

/* The server goes back between the look and the STORE. */
static void
go_back(struct world *world)
{
    static bool done;

    if (world->golub && !done && sim.server.selected < 0) {
        done = true;
        given_the_server_goes_back_and_gives_the_uid_of(5, 6);
    }
}

static void
one_that_goes_back_while_golub_runs_neither(void **state)
{
    (void)state;
    given_messages();
    sim.backup = sim.server;
    sim.has_backup = true;
    given_mail_there(INBOX, 5);
    given_both_sides_agree();
    when_the_user_says(INBOX, 5, MINE, true);
    given_others_act(go_back);
    (void)when_golub_syncs_after(60);
    sim.world.interfere = 0;

    then_both_sides_agree();
    then_it_has(INBOX, 6, 0);
}

static void
a_mailbox_that_is_numbered_anew_gets_it_on_the_same_message(void **state)
{
    (void)state;
    given_messages();
    when_the_user_says(INBOX, 4, MINE, true);
    when_the_user_says(INBOX, 1, KEPT, false);
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();
    then_it_has(INBOX, 4, MINE);
    then_it_has(INBOX, 1, THEIRS);
    assert_int_equal(count_waiting(), 0);
}

/* ---- where the file goes ---- */

static void
a_file_that_moves_takes_it_along(void **state)
{
    (void)state;
    for (int rename = 0; rename < 2; rename++) {
        given_messages();
        when_the_user_says(INBOX, 1, MINE, true);
        ledger_out(&sim.world, 1, INBOX);
        assert_true(mua_move(here(), file_of(INBOX, 1), WORK, rename != 0));
        ledger_put(&sim.world, 1, WORK);

        then_both_sides_agree();
        then_it_has(WORK, 1, KEPT | THEIRS | MINE);
        assert_int_equal(count_waiting(), 0);
    }
}

/* A mail reader writes its lines into it, under its name, under another one, or in another folder: neither name nor bytes are what they were. */
static void
a_file_that_is_written_anew_takes_it_along(void **state)
{
    enum { UNDER_ANOTHER_NAME, ELSEWHERE, ELSEWHERE_BY_COPY, WAYS };

    (void)state;
    for (int way = 0; way < 2 * WAYS; way++) {
        const int place = way / 2 == UNDER_ANOTHER_NAME ? INBOX : WORK;

        given_messages();
        sim.server.move = way / 2 != ELSEWHERE_BY_COPY;
        if (way % 2) { /* it waits since earlier runs */
            sim.server.boxes[INBOX].keywords = false;
            when_the_user_says(INBOX, 1, MINE, true);
            given_both_sides_agree();
            sim.server.boxes[INBOX].keywords = true;
        } else {
            when_the_user_says(INBOX, 1, MINE, true);
        }
        when_the_user_says(INBOX, 1, THEIRS, false);
        when_the_user_saves(1, INBOX, place, DRESS_READER);

        then_both_sides_agree();

        assert_int_equal(file_of(place, 1)->dress, DRESS_READER);
        assert_int_equal(message_of(place, 1)->dress, DRESS_PLAIN);
        then_it_has(place, 1, KEPT | MINE);
        assert_int_equal(count_waiting(), 0);
        end_scenario(NULL);
    }
}

/* ... in its place, while another client moves the message. */
static void
one_that_is_written_on_in_its_place_keeps_it_where_the_message_moves(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) {
        given_messages();
        if (again) { /* it has a reader's lines already, and gets the server's bytes again */
            when_the_user_saves(1, INBOX, INBOX, DRESS_READER);
            given_both_sides_agree();
        }
        sim.server.boxes[INBOX].keywords = false;
        when_the_user_says(INBOX, 1, MINE, true);
        given_both_sides_agree();
        file_of(INBOX, 1)->dress = again ? DRESS_PLAIN : DRESS_READER;
        when_another_client_moves(1, INBOX, WORK);

        then_both_sides_agree();

        assert_int_equal(file_of(WORK, 1)->dress, again ? DRESS_PLAIN : DRESS_READER);
        then_it_has(WORK, 1, KEPT | THEIRS | MINE);
        assert_int_equal(count_waiting(), 0);
        end_scenario(NULL);
    }
}

/* ... before it was sent at all: its time tells that, or what is read of it when it is sent. */
static void
one_that_is_written_on_before_it_is_sent_keeps_it(void **state)
{
    (void)state;
    for (int told = 0; told < 2; told++) {
        given_messages();
        sim.server.declines = 8;
        given_mail_here(INBOX, 7);
        (void)when_golub_syncs_after(60);
        then_it_is_there(INBOX, 7, 0);
        when_the_user_says(INBOX, 7, MINE, true);
        file_of(INBOX, 7)->dress = DRESS_READER;
        file_of(INBOX, 7)->date += told;
        sim.server.declines = 0;

        (void)when_golub_syncs_after(90000);

        then_both_sides_agree();
        assert_int_equal(message_of(INBOX, 7)->dress, DRESS_READER);
        then_it_has(INBOX, 7, MINE);
        assert_int_equal(count_waiting(), 0);
        end_scenario(NULL);
    }
}

static void
what_the_server_lost_comes_back_with_it(void **state)
{
    (void)state;
    given_messages();
    sim.backup = sim.server;
    given_mail_there(INBOX, 5);
    given_both_sides_agree();
    when_the_user_says(INBOX, 5, MINE, true);
    given_server_as_in_backup();

    then_both_sides_agree();
    then_it_has(INBOX, 5, MINE);
}

static void
what_was_removed_there_ends_it(void **state)
{
    (void)state;
    given_messages();
    when_the_user_says(INBOX, 1, MINE, true);
    server_remove(&sim.server, INBOX, message_of(INBOX, 1)->uid);

    then_both_sides_agree();
    then_it_is_here(INBOX, 1, 0);
    assert_int_equal(count_waiting(), 0);
}

/* ---- servers ---- */

static void
a_mailbox_that_keeps_none_is_asked_again_when_it_does(void **state)
{
    (void)state;
    given_messages();
    sim.server.boxes[INBOX].keywords = false;
    when_the_user_says(INBOX, 1, MINE, true);
    when_the_user_says(INBOX, 2, THEIRS, false);

    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_has(INBOX, 1, KEPT | THEIRS);
    then_it_has(INBOX, 2, THEIRS);
    assert_int_equal(count_waiting(), 2);
    const unsigned long reads = coverage.done[STEP_READ];
    assert_int_equal(when_golub_syncs_after(60), 0);
    assert_in_range(coverage.done[STEP_READ] - reads, 1, 4); /* it is not even selected for that */

    sim.server.boxes[INBOX].keywords = true;
    given_mail_there(INBOX, 5);
    then_both_sides_agree();
    then_it_has(INBOX, 1, KEPT | THEIRS | MINE);
    then_it_has(INBOX, 2, 0);
    assert_int_equal(count_waiting(), 0);
}

/* A server that says OK and does nothing: asked twice, and then it is one that can't hold it. */
static void
one_that_never_shows_it_is_asked_twice(void **state)
{
    (void)state;
    given_messages();
    sim.server.deaf = true;
    when_the_user_says(INBOX, 1, MINE, true);
    const unsigned long stores = coverage.done[STEP_STORE];

    then_both_sides_agree();

    then_it_has(INBOX, 1, KEPT | THEIRS);
    assert_int_equal(coverage.done[STEP_STORE] - stores, 2);
    assert_int_equal(count_waiting(), 1);

    sim.server.deaf = false; /* a day later it is asked again, with other work there */
    given_mail_there(INBOX, 5);
    assert_int_equal(when_golub_syncs_after(60), 0);
    then_it_has(INBOX, 1, KEPT | THEIRS);
    given_mail_there(INBOX, 6);
    assert_int_equal(when_golub_syncs_after(90000), 0);
    then_it_has(INBOX, 1, KEPT | THEIRS | MINE);
    assert_int_equal(count_waiting(), 0);
}

/* Likewise of one that was to be taken off: it counts as set again, and that is said. */
static void
one_that_never_goes_is_said_once(void **state)
{
    unsigned said = 0;

    (void)state;
    given_messages();
    sim.server.deaf = true;
    when_the_user_says(INBOX, 1, KEPT, false);
    for (int i = 0; i < 4; i++) {
        sim.world.errors = 0;
        (void)when_golub_syncs_after(60);
        said += sim.world.errors;
    }

    assert_int_equal(said, 1);
    assert_int_equal(count_waiting(), 0);
    then_it_has(INBOX, 1, KEPT | THEIRS);
}

/* A copy, or a move, that the server did not do, and whose source is gone there by then: it is sent, with the keywords that it would have had. */
static void
what_is_sent_in_the_place_of_a_copy_brings_its_keywords(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        const bool moves = (way & 1) != 0, asked = (way & 2) != 0;

        given_messages();
        if (moves)
            assert_true(mua_move(here(), file_of(INBOX, 1), WORK, true));
        else
            assert_true(mua_copy(here(), file_of(INBOX, 1), WORK));
        ledger_put(&sim.world, 1, WORK);
        if (asked) {
            given_trouble_at(moves ? STEP_MOVE : STEP_COPY, true, false);
            (void)when_golub_syncs_after(60);
        }
        server_remove(&sim.server, INBOX, message_of(INBOX, 1)->uid);
        for (int i = 0; i < 3; i++)
            (void)when_golub_syncs_after(60);
        if (asked || !moves) /* else what was removed there and moved here is new mail, whatever it was */
            then_it_has(WORK, 1, KEPT | THEIRS);
    }
}

static void
set_theirs(struct world *world)
{
    if (world->golub && sim.server.selected < 0)
        server_set_flags(&sim.server, INBOX, message_of(INBOX, 2), 0, message_of(INBOX, 2)->keys | THEIRS | KEPT);
}

/* Another client sets what is taken off here, again and again: set wins in the end, and nothing else of it is lost. */
static void
one_that_another_client_sets_again_stays(void **state)
{
    (void)state;
    given_messages();
    when_the_user_says(INBOX, 2, THEIRS, false);
    given_others_act(set_theirs);
    (void)when_golub_syncs_after(60);
    (void)when_golub_syncs_after(60);
    sim.world.interfere = 0;
    sim.world.outside = NULL;

    then_both_sides_agree();
    then_it_has(INBOX, 1, KEPT | THEIRS);
    assert_int_equal(count_waiting(), 0);
    assert_int_equal(message_of(INBOX, 2)->keys & KEPT, KEPT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(a_run_that_is_killed_at_any_step_loses_no_keyword),
        SCENARIO(what_is_taken_back_after_it_was_sent_goes_there_again),
        SCENARIO(a_line_that_breaks_at_it_loses_none),
        SCENARIO(a_uid_that_a_restored_server_gives_anew_gets_no_keyword_of_another_message),
        SCENARIO(one_that_goes_back_while_golub_runs_neither),
        SCENARIO(a_mailbox_that_is_numbered_anew_gets_it_on_the_same_message),
        SCENARIO(a_file_that_moves_takes_it_along),
        SCENARIO(a_file_that_is_written_anew_takes_it_along),
        SCENARIO(one_that_is_written_on_in_its_place_keeps_it_where_the_message_moves),
        SCENARIO(one_that_is_written_on_before_it_is_sent_keeps_it),
        SCENARIO(what_the_server_lost_comes_back_with_it),
        SCENARIO(what_was_removed_there_ends_it),
        SCENARIO(a_mailbox_that_keeps_none_is_asked_again_when_it_does),
        SCENARIO(one_that_never_shows_it_is_asked_twice),
        SCENARIO(one_that_never_goes_is_said_once),
        SCENARIO(what_is_sent_in_the_place_of_a_copy_brings_its_keywords),
        SCENARIO(one_that_another_client_sets_again_stays),
        SCENARIO(what_was_said_of_one_of_two_equal_messages_is_its_own),
        SCENARIO(what_was_said_of_two_equal_messages_that_both_move_reaches_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
