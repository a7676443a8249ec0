/* Other clients move messages from mailbox to mailbox between any two steps, and mailboxes get a new UIDVALIDITY: each message stays one. */
#include "tests/sim/scenario_away.h"

#define MOVED 6 /* messages that are moved about: #1 to so many */

static int
count_there(int content)
{
    return server_multiplicity(&sim.server, INBOX, content) + server_multiplicity(&sim.server, WORK, content) +
           server_multiplicity(&sim.server, OLD, content);
}

static void
move_there(int from, uint32_t uid, int to)
{
    const struct sim_message message = *server_message(&sim.server, from, uid);
    uint32_t given;

    server_expunge(&sim.server, from, uid);
    assert_true(server_add(&sim.server, to, message.content, message.flags, 0, message.date, &given));
    ledger_out(&sim.world, message.content, from);
    ledger_put(&sim.world, message.content, to);
}

static uint32_t
uid_in_inbox(int content)
{
    const struct sim_mailbox *box = &sim.server.boxes[INBOX];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content)
            return box->messages[i].uid;
    fail_msg("#%d is not there", content);
    return 0;
}

static int steps_before[2], hops; /* #1 moves from Work to Old and on to INBOX, behind so many steps of golub */

static void
hop(struct world *world)
{
    (void)world;
    if (hops == 2 || steps_before[hops]-- > 0)
        return;
    when_another_client_moves(1, hops == 0 ? WORK : OLD, hops == 0 ? OLD : INBOX);
    hops++;
}

static bool
hop_once(bool came, int first, int second)
{
    given_three_mailboxes();
    given_mail_there(came ? INBOX : WORK, 1);
    given_mail_there(INBOX, 2);
    given_mail_there(WORK, 3);
    given_mail_there(OLD, 4);
    given_both_sides_agree();
    if (came)
        when_another_client_moves(1, INBOX, WORK);
    steps_before[0] = first;
    steps_before[1] = second;
    hops = 0;
    given_others_act(hop);
    (void)when_golub_syncs_after(60);
    sim.world.outside = NULL;
    sim.world.interfere = 0;
    const bool any = hops > 0;
    for (steps_before[0] = steps_before[1] = 0; hops < 2;)
        hop(&sim.world);
    server_reset_uidvalidity(&sim.server, OLD);

    then_both_sides_agree();

    assert_int_equal(count_there(1), 1);
    then_it_is_there(INBOX, 1, 1);
    end_scenario(NULL);
    return any;
}

/* It was fetched to Old while it was still known in Work: what is new in INBOX is both. */
static void
what_was_fetched_on_its_way_is_not_sent_again_under_another_uidvalidity(void **state)
{
    (void)state;
    for (int came = 0; came < 2; came++)
        for (int first = 0, any = 1; any != 0; first++) {
            any = 0;
            for (int second = 0; second < 24; second += 1 + second / 6)
                any |= hop_once(came != 0, first, second);
        }
}

/* #1 moved from Work to INBOX, and golub is stopped before its file in Work is gone; then INBOX is made anew without it. @return was it stopped? */
static bool
stop_at(enum step_kind kind, unsigned at)
{
    given_three_mailboxes();
    given_mail_there(WORK, 1);
    given_mail_there(INBOX, 2);
    given_mail_there(WORK, 3);
    (void)when_golub_syncs_after(60);
    when_another_client_moves(1, WORK, INBOX);
    server_reset_uidvalidity(&sim.server, WORK);
    given_trouble_at(kind, false, true);
    sim.world.aim_left = at;
    if (when_golub_syncs_after(60) != -1)
        return false;
    server_expunge(&sim.server, INBOX, uid_in_inbox(1));
    server_reset_uidvalidity(&sim.server, INBOX);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();

    assert_int_equal(count_there(1), 1);
    end_scenario(NULL);
    return true;
}

/* It moved, and where it went it was lost: the file that is still to go from its first place is no place where it is. */
static void
what_is_left_of_a_move_does_not_stand_for_what_it_moved_to(void **state)
{
    static const enum step_kind kinds[] = {STEP_COMMIT, STEP_LINK, STEP_UNLINK, STEP_QUARANTINE};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (unsigned at = 1; stop_at(kinds[i], at); at++)
            ;
}

static unsigned moves, renumbers; /* percent of the steps */

static void
storm(struct world *world)
{
    if (!world->golub)
        return;
    if (rng_chance(&world->rng, renumbers)) {
        const int mailbox = (int)rng_below(&world->rng, 3);
        if (mailbox != sim.server.selected)
            server_reset_uidvalidity(&sim.server, mailbox);
    }
    while (rng_chance(&world->rng, moves)) {
        const int from = (int)rng_below(&world->rng, 3), to = (from + 1 + (int)rng_below(&world->rng, 2)) % 3;
        const struct sim_mailbox *box = &sim.server.boxes[from];
        if (box->count == 0)
            continue;
        const struct sim_message *message = &box->messages[rng_below(&world->rng, (unsigned)box->count)];
        if (message->content <= MOVED)
            move_there(from, message->uid, to);
    }
}

static void
weather_storm(uint64_t seed)
{
    given_three_mailboxes();
    for (int content = 1; content <= 2 * MOVED; content++)
        given_mail_there(content % 3, content);
    given_both_sides_agree();
    sim.world.rng = rng_for(seed, 7);
    given_others_act(storm);
    for (int run = 0; run < 8; run++) {
        if (run == 6)
            sim.world.outside = NULL, sim.world.interfere = 0;
        (void)when_golub_syncs_after(60);
        for (int content = 1; content <= MOVED; content++)
            if (count_there(content) != 1)
                fail_msg("seed %d, %u%% moves, %u%% renumbers: #%d is there %d times after run %d", (int)seed, moves,
                         renumbers, content, count_there(content), run);
    }
    then_both_sides_agree();
    end_scenario(NULL);
}

static void
in_a_storm_of_moves_and_new_uidvalidities_no_message_becomes_two(void **state)
{
    static const unsigned storms[][2] = {{10, 3}, {20, 2}, {40, 3}};

    (void)state;
    for (size_t i = 0; i < sizeof storms / sizeof storms[0]; i++) {
        moves = storms[i][0];
        renumbers = storms[i][1];
        for (uint64_t seed = 1; seed <= 300; seed++)
            weather_storm(seed);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_was_fetched_on_its_way_is_not_sent_again_under_another_uidvalidity),
        SCENARIO(what_is_left_of_a_move_does_not_stand_for_what_it_moved_to),
        SCENARIO(in_a_storm_of_moves_and_new_uidvalidities_no_message_becomes_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
