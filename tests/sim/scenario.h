/*
 * Fixed scenarios: one client, a server that can do everything, INBOX and Work; who does what and when is written down
 * instead of drawn. For what histories from seeds meet too seldom.
 */
#ifndef TESTS_SIM_SCENARIO_H
#define TESTS_SIM_SCENARIO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/sim_history.h"
#include "tests/sim/sim_local.h"

enum { INBOX, WORK, OLD }; /* the last one is made by who needs it */

static struct sim sim;
static struct coverage coverage;

static inline struct maildir_sim *
here(void)
{
    return &sim.clients[0].maildir;
}

/* Both mailboxes on both sides, no mail. */
static inline void
given_empty_account(uint64_t seed)
{
    struct world *world = &sim.world;

    run_close(&sim);
    memset(&sim, 0, sizeof sim);
    world->seed = seed;
    world->rng = rng_for(seed, 0);
    world->now = 1700000000;
    world->tick = 1;
    world->coverage = &coverage;
    world->on_error = check_said;
    world->server = &sim.server;
    world->clients = 1;
    world->next_content = 400; /* laws are checked for messages below */
    server_init(&sim.server, world);
    server_create(&sim.server, WORK);
    sim.server.condstore = sim.server.qresync = sim.server.uidplus = sim.server.move = sim.server.list_status = true;
    sim.layout = LAYOUT_VERBATIM;
    maildir_sim_init(here(), world, 0, false);
    world->maildirs[0] = here();
    here()->tree.root = here()->tree.folder[INBOX] = here()->tree.folder[WORK] = true;
    check_forget(&sim.clients[0]);
    run_open_journal(&sim, 0, NULL, 0);
}

static inline uint32_t
given_mail_there(int mailbox, int content)
{
    uint32_t uid = 0;

    assert_true(server_add(&sim.server, mailbox, content, 0, 0, 1600000000, &uid));
    ledger_put(&sim.world, content, mailbox);
    return uid;
}

static inline void
given_mail_here(int mailbox, int content)
{
    assert_true(mua_deliver(here(), mailbox, content, 0, 1600000000));
    ledger_put(&sim.world, content, mailbox);
}

/* Their folders here, with all that is in them. */
static inline void
when_work_and_old_change_places(void)
{
    for (size_t i = 0; i < here()->tree.count; i++) {
        const struct sim_file *file = &here()->tree.files[i];

        if (file->mailbox == INBOX)
            continue;
        ledger_out(&sim.world, file->content, file->mailbox);
        ledger_put(&sim.world, file->content, WORK + OLD - file->mailbox);
        sim.world.ledger[file->content].moved = true;
    }
    folders_exchange(here(), WORK, OLD);
}

/* No law may be broken on the way. @return the exit status; -1: the power failed */
static inline int
when_golub_syncs_after(int seconds)
{
    sim.world.now += seconds;
    sim.world.tick += 2;
    const int status = run_sync(&sim, 0);
    if (sim.world.failed)
        fail_msg("%s", sim.world.failure);
    return status;
}

/* At the next step of this kind the power fails, or the line breaks for the rest of the run. */
static inline void
given_trouble_at(enum step_kind kind, bool line, bool after)
{
    sim.world.aim = kind;
    sim.world.aim_left = 1;
    sim.world.aim_lose = line;
    sim.world.crash_after = sim.world.lose_after = after;
    sim.world.down = line;
}

/* A side went back in time: what both showed before says nothing about what they should show now. */
static inline void
given_server_as_in_backup(void)
{
    server_restore(&sim.server, &sim.backup);
    check_forget(&sim.clients[0]);
}

/* Called between any two steps of the next sync. */
static inline void
given_others_act(void (*outside)(struct world *world))
{
    sim.world.outside = outside;
    sim.world.interfere = 100;
}

static inline void
given_both_sides_agree(void)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(when_golub_syncs_after(60), 0);
}

/* #1 in INBOX, #2 and #3 in Work, #4 in Old, on both sides. */
static inline void
given_mail_in_three_mailboxes(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    given_mail_there(INBOX, 1);
    given_mail_there(WORK, 2);
    given_mail_there(WORK, 3);
    given_mail_there(OLD, 4);
    given_both_sides_agree();
}

/* #20 to #22 in INBOX, on both sides; the server has change numbers, or none. */
static inline void
given_mail_in_inbox(bool condstore)
{
    given_empty_account(1);
    sim.server.condstore = sim.server.qresync = condstore;
    for (int i = 0; i < 3; i++)
        given_mail_there(INBOX, 20 + i);
    given_both_sides_agree();
}

static inline void
then_both_sides_agree(void)
{
    for (int i = 0; i < 3; i++)
        (void)when_golub_syncs_after(60);
    check_convergence(&sim);
    check_duplicates(&sim);
    if (sim.world.failed)
        fail_msg("%s", sim.world.failure);
}

/* The first of this content that the server has in a mailbox. */
static inline struct sim_message *
message_of(int mailbox, int content)
{
    struct sim_mailbox *box = &sim.server.boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content)
            return &box->messages[i];
    fail_msg("#%d is not there", content);
    return NULL;
}

/* The only file of a message in a mailbox. */
static inline struct sim_file *
file_of(int mailbox, int content)
{
    struct sim_file *found = NULL;

    for (size_t i = 0; i < here()->tree.count; i++)
        if (here()->tree.files[i].mailbox == mailbox && here()->tree.files[i].content == content) {
            assert_null(found);
            found = &here()->tree.files[i];
        }
    assert_non_null(found);
    return found;
}

/* ... as its name shows them. */
static inline unsigned
flags_here(int mailbox, int content)
{
    unsigned shown;

    return local_info_flags(file_of(mailbox, content)->info, &shown);
}

/* With another UID than before. */
static inline void
when_another_client_moves(int content, int from, int to)
{
    assert_true(action_transfer_there(&sim, from, message_of(from, content), to, true));
}

static inline void
when_another_client_gives(int mailbox, int content, unsigned flags)
{
    server_set_flags(&sim.server, mailbox, message_of(mailbox, content), flags, 0);
}

static inline void
when_the_user_removes(int mailbox, int content)
{
    ledger_out(&sim.world, content, mailbox);
    mua_remove(here(), file_of(mailbox, content));
}

static inline void
when_the_user_moves(int content, int from, int to)
{
    ledger_out(&sim.world, content, from);
    assert_true(mua_move(here(), file_of(from, content), to, false));
    ledger_put(&sim.world, content, to);
}

/* A mail reader writes it anew, with lines of its own, under another name. */
static inline void
when_the_user_saves(int content, int from, int to, enum dress dress)
{
    struct sim_file *file = file_of(from, content);

    if (from != to)
        ledger_out(&sim.world, content, from);
    assert_true(mua_move(here(), file, to, true));
    file->dress = (int)dress;
    ledger_put(&sim.world, content, to);
}

static inline void
then_it_is_there(int mailbox, int content, int times)
{
    assert_int_equal(server_multiplicity(&sim.server, mailbox, content), times);
}

static inline void
then_it_is_here(int mailbox, int content, int times)
{
    assert_int_equal(maildir_sim_multiplicity(here(), mailbox, content, false), times);
}

static inline int
end_scenario(void **state)
{
    (void)state;
    run_close(&sim);
    return 0;
}

#define SCENARIO(name) cmocka_unit_test_setup_teardown(name, NULL, end_scenario)

#endif
