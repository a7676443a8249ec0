/* Equal messages of one mailbox that another program pairs otherwise than golub, and what it carries from one side to the other. */
#include "tests/sim/scenario.h"

enum { TIMES = 2 };

struct one { /* a message as golub has it */
    uint32_t uid;
    struct sim_file *file;
};

/* The same message twice on both sides, in whatever bytes. */
static void
given_two(const int here_as[TIMES], const int there_as[TIMES])
{
    for (int i = 0; i < TIMES; i++)
        (void)given_mail_there(INBOX, 1);
    for (int i = 0; i < TIMES; i++)
        sim.server.boxes[INBOX].messages[i].dress = there_as[i];
    for (int i = 0; i < TIMES; i++) {
        given_mail_here(INBOX, 1);
        here()->tree.files[here()->tree.count - 1].dress = here_as[i];
    }
    given_both_sides_agree();
    then_it_is_here(INBOX, 1, TIMES);
    then_it_is_there(INBOX, 1, TIMES);
}

/* A UID, and the file of another one. */
static struct one
crossed_pair(size_t nth)
{
    struct journal_message *message = calloc(1, sizeof *message);
    const uint32_t uid = sim.server.boxes[INBOX].messages[nth].uid;
    struct one one = {.uid = uid};
    bool found = false;
    struct error err;

    assert_non_null(message);
    for (size_t i = 0; i < here()->tree.count; i++) {
        if (here()->tree.files[i].mailbox != INBOX)
            continue;
        for (int64_t id = 1; id < 10; id++)
            if (journal_message_get(sim.clients[0].journal, id, message, &found, &err) && found &&
                message->uid != uid && strcmp(message->base, here()->tree.files[i].base) == 0)
                one.file = &here()->tree.files[i];
    }
    free(message);
    assert_non_null(one.file);
    return one;
}

/* Somebody removed one of them; the other program did the same on the other side. */
static void
when_one_is_removed(struct one one)
{
    ledger_out(&sim.world, 1, INBOX);
    mua_remove(here(), one.file);
    server_expunge(&sim.server, INBOX, one.uid);
    check_forget(&sim.clients[0]);
}

static void
when_one_is_moved(struct one one)
{
    uint32_t uid;
    const int dress = one.file->dress;

    ledger_out(&sim.world, 1, INBOX);
    assert_true(mua_move(here(), one.file, WORK, true));
    server_expunge(&sim.server, INBOX, one.uid);
    assert_true(server_add(&sim.server, WORK, 1, 0, 0, 1600000000, &uid));
    server_message(&sim.server, WORK, uid)->dress = dress;
    ledger_put(&sim.world, 1, WORK);
    check_forget(&sim.clients[0]);
}

static void
play(const int here_as[TIMES], const int there_as[TIMES], size_t nth, bool moves)
{
    given_empty_account(1);
    given_two(here_as, there_as);

    (moves ? when_one_is_moved : when_one_is_removed)(crossed_pair(nth));

    then_both_sides_agree();
    then_it_is_here(INBOX, 1, 1);
    then_it_is_there(INBOX, 1, 1);
    then_it_is_here(WORK, 1, moves);
    then_it_is_there(WORK, 1, moves);
    assert_int_equal(here()->quarantined, 0);
    end_scenario(NULL);
}

/* Whichever of them has lines of which program. */
static void
play_all(bool moves)
{
    static const int dresses[] = {DRESS_PLAIN, DRESS_MOVER, DRESS_READER};

    for (int n = 0; n < 81; n++) {
        const int here_as[TIMES] = {dresses[n % 3], dresses[n / 3 % 3]};
        const int there_as[TIMES] = {dresses[n / 9 % 3], dresses[n / 27]};

        for (size_t nth = 0; nth < TIMES; nth++)
            play(here_as, there_as, nth, moves);
    }
    given_empty_account(1);
}

static void
one_of_two_that_is_removed_by_another_programs_pairs_is_one(void **state)
{
    (void)state;
    play_all(false);
}

static void
one_of_two_that_is_moved_by_another_programs_pairs_is_one(void **state)
{
    (void)state;
    play_all(true);
}

/* An equal message moves to where that happened: it is not the new name of what is left. */
static void
one_that_moves_beside_it_is_another_one(void **state)
{
    static const int plain[TIMES] = {DRESS_PLAIN, DRESS_PLAIN};

    (void)state;
    for (size_t nth = 0; nth < TIMES; nth++) {
        given_empty_account(1);
        given_mail_there(WORK, 1);
        given_two(plain, plain);

        when_one_is_removed(crossed_pair(nth));
        ledger_out(&sim.world, 1, WORK);
        assert_true(mua_move(here(), file_of(WORK, 1), INBOX, true));
        ledger_put(&sim.world, 1, INBOX);

        then_both_sides_agree();
        then_it_is_here(INBOX, 1, TIMES);
        then_it_is_there(INBOX, 1, TIMES);
        then_it_is_there(WORK, 1, 0);
        assert_int_equal(here()->quarantined, 0);
        end_scenario(NULL);
    }
    given_empty_account(1);
}

/* The row whose UID is left, and whose file is gone: the user was asked about it before. */
static int64_t
given_it_is_held(struct one one)
{
    struct journal_hold hold = {.kind = HOLD_REMOVALS, .since = 1, .list = "abcd", .reason = "guard"};
    struct journal_message *message = calloc(1, sizeof *message);
    bool found = false;
    struct error err;

    assert_non_null(message);
    for (int64_t id = 1; id < 10 && hold.message == 0; id++)
        if (journal_message_get(sim.clients[0].journal, id, message, &found, &err) && found &&
            strcmp(message->base, one.file->base) == 0)
            hold.message = id;
    free(message);
    assert_true(journal_begin(sim.clients[0].journal, &err) && journal_hold_add(sim.clients[0].journal, &hold, &err) &&
                journal_commit(sim.clients[0].journal, &err));
    return hold.message;
}

/* Else its message would be removed like any other, should the body not come in the run after that. */
static void
then_it_is_held_unless_it_has_its_file(int64_t id)
{
    struct journal_message *message = calloc(1, sizeof *message);
    struct journal_hold *holds = NULL;
    size_t count = 0;
    bool found = false;
    struct error err;

    assert_non_null(message);
    assert_true(journal_message_get(sim.clients[0].journal, id, message, &found, &err) && found &&
                journal_holds_of(sim.clients[0].journal, id, &holds, &count, &err));
    assert_true((message->facts & FACT_GONE_HERE) == 0 || count != 0);
    free(holds);
    free(message);
}

static void
what_waits_for_a_word_waits_until_it_is_settled_wherever_the_power_fails(void **state)
{
    static const int here_as[TIMES] = {DRESS_PLAIN, DRESS_READER}, there_as[TIMES] = {DRESS_PLAIN, DRESS_PLAIN};
    int step = 0, status;

    (void)state;
    do {
        given_empty_account(1);
        given_two(here_as, there_as);
        const struct one one = crossed_pair(0);
        const int64_t id = given_it_is_held(one);

        when_one_is_removed(one);
        sim.world.crash_at = ++step;
        status = when_golub_syncs_after(60);
        sim.world.crash_at = 0;

        then_it_is_held_unless_it_has_its_file(id);
        then_both_sides_agree();
        then_it_is_here(INBOX, 1, 1);
        then_it_is_there(INBOX, 1, 1);
    } while (status == -1);
    assert_true(step > 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(one_of_two_that_is_removed_by_another_programs_pairs_is_one),
        SCENARIO(one_of_two_that_is_moved_by_another_programs_pairs_is_one),
        SCENARIO(one_that_moves_beside_it_is_another_one),
        SCENARIO(what_waits_for_a_word_waits_until_it_is_settled_wherever_the_power_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
