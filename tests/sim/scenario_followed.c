/* A move by COPY beside messages of the same bytes: what changes at its source before that is removed is its copy's, and no twin's. */
#include "tests/sim/scenario.h"

#define DATE 1600000000

/* All ways take a minute with sanitizers: there every fifth is played. */
#ifdef __SANITIZE_ADDRESS__
#define EACH 5
#else
#define EACH 1
#endif

/* When the twin comes: before the message, before it moves, or behind its copy, so that it is the newest of all. */
enum age { OLDER, YOUNGER, NEWEST, AGES };

static struct {
    enum age age;
    int to, twin_in;                     /* mailboxes */
    unsigned source_gets, twin_shows;    /* flags */
    bool renamed;                        /* the mail reader gives the file a name of its own */
    bool forgotten;                      /* which row is the copy */
    bool moves_on;                       /* the copy, to the third mailbox, by another client */
    uint32_t twin, copy, moved_on, acts; /* UIDs; how often the other client acted */
} scene;

static const unsigned changes[] = {FLAG_SEEN | FLAG_FLAGGED, FLAG_SEEN | FLAG_ANSWERED, 0};
static const unsigned shows[] = {0, FLAG_SEEN, FLAG_SEEN | FLAG_ANSWERED | FLAG_FLAGGED};

static uint32_t
uid_of(int mailbox, size_t nth)
{
    const struct sim_mailbox *box = &sim.server.boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == 1 && nth-- == 0)
            return box->messages[i].uid;
    return 0;
}

static void
given_the_twin(void)
{
    assert_true(server_add(&sim.server, scene.twin_in, 1, scene.twin_shows, 0, DATE, &scene.twin));
    ledger_put(&sim.world, 1, scene.twin_in);
}

static void
given_a_move_beside_a_twin(void)
{
    given_empty_account(1);
    sim.server.move = false;
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    scene.acts = scene.twin = scene.copy = scene.moved_on = 0;
    if (scene.age == OLDER)
        given_the_twin();
    given_both_sides_agree();
    assert_true(server_add(&sim.server, INBOX, 1, FLAG_SEEN, 0, DATE, &scene.copy));
    ledger_put(&sim.world, 1, INBOX);
    given_both_sides_agree();
    if (scene.age == YOUNGER)
        given_the_twin();
    given_both_sides_agree();
    ledger_out(&sim.world, 1, INBOX);
    assert_true(mua_move(here(), file_of(INBOX, 1), scene.to, scene.renamed));
    ledger_put(&sim.world, 1, scene.to);
}

static void
move_on(void)
{
    const int third = scene.to == WORK ? OLD : WORK;

    assert_true(server_add(&sim.server, third, 1, FLAG_SEEN, 0, DATE, &scene.moved_on));
    ledger_out(&sim.world, 1, scene.to);
    ledger_put(&sim.world, 1, third);
    server_expunge(&sim.server, scene.to, scene.copy);
}

/* Another client, as soon as the copy stands there. */
static void
change_the_source(struct world *world)
{
    const uint32_t source = uid_of(INBOX, 0);
    const bool beside = scene.age != NEWEST && scene.to == scene.twin_in;

    (void)world;
    scene.copy = uid_of(scene.to, beside ? 1 : 0);
    if (scene.acts != 0 || source == 0 || scene.copy == 0)
        return;
    scene.acts++;
    server_set_flags(&sim.server, INBOX, server_message(&sim.server, INBOX, source), scene.source_gets, 0);
    if (scene.moves_on)
        move_on();
    if (scene.age == NEWEST)
        given_the_twin();
}

static void
then_each_shows_its_own(void)
{
    const int at = scene.moves_on ? scene.to == WORK ? OLD : WORK : scene.to;

    assert_int_equal(scene.acts, 1);
    then_both_sides_agree();
    assert_int_equal(uid_of(INBOX, 0), 0);
    assert_int_equal(server_message(&sim.server, scene.twin_in, scene.twin)->flags, scene.twin_shows);
    const uint32_t uid = uid_of(at, scene.twin_in == at && uid_of(at, 0) == scene.twin ? 1 : 0);
    assert_int_not_equal(uid, 0);
    assert_int_equal(server_message(&sim.server, at, uid)->flags,
                     scene.source_gets | (scene.forgotten ? FLAG_SEEN : 0)); /* which it had */
    assert_int_equal(uid_of(at, scene.twin_in == at ? 2 : 1), 0);
}

static void
when_the_move_is_synced(void)
{
    given_others_act(change_the_source);
    (void)when_golub_syncs_after(60);
    sim.world.outside = NULL;
    then_each_shows_its_own();
}

/* Every way in which the two may lie, in any order; there are ways in which they don't differ, too. */
static void
given_way(int way, bool moves_on)
{
    scene.moves_on = moves_on;
    scene.forgotten = false;
    scene.source_gets = changes[way % 3];
    scene.twin_shows = shows[way / 3 % 3];
    scene.age = (enum age)(way / 9 % AGES);
    scene.to = way / 27 % 2 != 0 ? WORK : OLD;
    scene.twin_in = way / 54 % 2 != 0 ? WORK : OLD;
    scene.renamed = (way / 9 + way) % 2 != 0;
}

static void
what_is_changed_behind_its_copy_is_changed_at_the_copy_and_at_no_twin(void **state)
{
    (void)state;
    for (int way = 0; way < 108; way += EACH) {
        given_way(way, false);
        given_a_move_beside_a_twin();
        when_the_move_is_synced();
        end_scenario(NULL);
    }
}

/* ... wherever the copy is by then; but of two that came at once nobody knows which one it is. */
static void
what_is_changed_behind_a_copy_that_moves_on_is_changed_where_that_went(void **state)
{
    (void)state;
    for (int way = 0; way < 108; way += EACH) {
        given_way(way, true);
        if (scene.age == NEWEST)
            continue;
        given_a_move_beside_a_twin();
        when_the_move_is_synced();
        end_scenario(NULL);
    }
}

/* Which one is the copy is known at every moment. */
static void
the_copy_is_known_whenever_the_power_fails(void **state)
{
    (void)state;
    for (int way = 0; way < 27; way += 5) {
        bool whole = false;

        for (int step = 1; !whole; step++) {
            given_way(way, false);
            given_a_move_beside_a_twin();
            given_others_act(change_the_source);
            sim.world.crash_at = step;
            whole = when_golub_syncs_after(60) != -1;
            if (scene.acts == 0)
                when_the_move_is_synced();
            sim.world.outside = NULL;
            then_each_shows_its_own();
            end_scenario(NULL);
        }
    }
}

/* Was it copied by now? Then the journal says no more what its copy is, as one that an earlier golub wrote. */
static bool
forget_the_copy(void)
{
    struct journal *journal = sim.clients[0].journal;
    struct journal_message message;
    struct error err = {0};
    int64_t *ids = NULL;
    size_t count = 0;
    bool found, any = false;

    assert_true(journal_begin(journal, &err));
    assert_true(journal_message_ids(journal, 0, WHICH_ALL, &ids, &count, &err));
    for (size_t i = 0; i < count; i++) {
        assert_true(journal_message_get(journal, ids[i], &message, &found, &err));
        if (!found || (message.facts & FACT_MOVED) == 0)
            continue;
        assert_int_not_equal(message.refers_to, 0);
        any = true;
        message.refers_to = 0;
        assert_true(journal_message_save(journal, &message, &err));
    }
    assert_true(journal_commit(journal, &err));
    free(ids);
    return any;
}

/* It is the youngest of these bytes, as far as anybody can tell: what was set is set there, and nothing is taken off what may be another one. */
static void
where_nobody_knows_the_copy_no_flag_is_taken_off(void **state)
{
    (void)state;
    for (int way = 0; way < 54; way += 2) {
        int forgotten = 0;
        bool whole = false;

        for (int step = 1; !whole; step++) {
            given_way(way, false);
            if (scene.age == NEWEST)
                break;
            given_a_move_beside_a_twin();
            sim.world.crash_at = step;
            whole = when_golub_syncs_after(60) != -1;
            scene.forgotten = uid_of(INBOX, 0) != 0 && forget_the_copy();
            if (scene.forgotten) {
                forgotten++;
                change_the_source(NULL);
                then_each_shows_its_own();
            }
            end_scenario(NULL);
        }
        assert_true(forgotten > 0 || scene.age == NEWEST);
    }
}

/*
 * Killed at any step of the move. Where the COPY was not carried out, another client puts a message there of the same header, size and date, which
 * looks like the copy until its body is read.
 */
static void
what_looks_like_the_copy_is_no_proof_of_it(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way += 3)
        for (int step = 1, whole = 0; !whole; step++) {
            uint32_t uid;

            given_empty_account(1);
            sim.server.move = false;
            sim.server.uidplus = way % 2;
            assert_true(server_add(&sim.server, INBOX, CONTENT_NAMED_ALIKE, 0, 0, DATE, &uid));
            ledger_put(&sim.world, CONTENT_NAMED_ALIKE, INBOX);
            given_both_sides_agree();
            given_both_sides_agree();
            ledger_out(&sim.world, CONTENT_NAMED_ALIKE, INBOX);
            assert_true(mua_move(here(), file_of(INBOX, CONTENT_NAMED_ALIKE), WORK, way / 2));
            ledger_put(&sim.world, CONTENT_NAMED_ALIKE, WORK);
            sim.world.crash_at = step;
            whole = when_golub_syncs_after(60) != -1;
            assert_true(server_add(&sim.server, WORK, CONTENT_NAMED_ALIKE + 1, 0, 0, DATE, &uid));
            ledger_put(&sim.world, CONTENT_NAMED_ALIKE + 1, WORK);

            (void)when_golub_syncs_after(60);

            assert_in_range(server_multiplicity(&sim.server, INBOX, CONTENT_NAMED_ALIKE) +
                                server_multiplicity(&sim.server, WORK, CONTENT_NAMED_ALIKE),
                            1, 2);
            then_both_sides_agree();
            then_it_is_there(WORK, CONTENT_NAMED_ALIKE, 1);
            then_it_is_there(WORK, CONTENT_NAMED_ALIKE + 1, 1);
            then_it_is_here(WORK, CONTENT_NAMED_ALIKE, 1);
            end_scenario(NULL);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_is_changed_behind_its_copy_is_changed_at_the_copy_and_at_no_twin),
        SCENARIO(what_is_changed_behind_a_copy_that_moves_on_is_changed_where_that_went),
        SCENARIO(the_copy_is_known_whenever_the_power_fails),
        SCENARIO(where_nobody_knows_the_copy_no_flag_is_taken_off),
        SCENARIO(what_looks_like_the_copy_is_no_proof_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
