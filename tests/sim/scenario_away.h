/* A mailbox, or its folder, goes out of sight and is seen again. */
#ifndef TESTS_SIM_SCENARIO_AWAY_H
#define TESTS_SIM_SCENARIO_AWAY_H

#include "tests/sim/scenario.h"

static inline void
given_three_mailboxes(void)
{
    given_empty_account(1);
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
}

static inline void
given_the_folder_is_away(int mailbox)
{
    for (size_t i = 0; i < here()->tree.count; i++)
        if (here()->tree.files[i].mailbox == mailbox)
            here()->tree.files[i].mailbox = SIM_MAILBOXES;
    here()->tree.folder[mailbox] = false;
    check_forget(&sim.clients[0]);
}

static inline void
when_the_folder_is_back(int mailbox)
{
    for (size_t i = 0; i < here()->tree.count; i++)
        if (here()->tree.files[i].mailbox == SIM_MAILBOXES)
            here()->tree.files[i].mailbox = mailbox;
    here()->tree.folder[mailbox] = true;
    maildir_sim_touch(here(), mailbox);
    check_forget(&sim.clients[0]);
}

/* It is under a name that is left out, or that nobody may see. */
static struct sim_mailbox hidden;

static inline void
given_the_mailbox_is_hidden(int mailbox)
{
    hidden = sim.server.boxes[mailbox];
    sim.server.boxes[mailbox].exists = false;
    sim.server.boxes[mailbox].count = 0;
    check_forget(&sim.clients[0]);
}

static inline void
when_it_leaves_the_hidden_mailbox(int content, int mailbox, int to)
{
    uint32_t uid;
    size_t kept = 0;

    for (size_t i = 0; i < hidden.count; i++)
        if (hidden.messages[i].content != content)
            hidden.messages[kept++] = hidden.messages[i];
    assert_int_equal(kept + 1, hidden.count);
    hidden.count = kept;
    hidden.modseq++;
    assert_true(server_add(&sim.server, to, content, 0, 0, 1600000000, &uid));
    ledger_out(&sim.world, content, mailbox);
    ledger_put(&sim.world, content, to);
}

static inline void
when_the_mailbox_is_back(int mailbox)
{
    sim.server.boxes[mailbox] = hidden;
    check_forget(&sim.clients[0]);
}

static inline void
when_the_user_moves_it_out(int content, int from, int to)
{
    ledger_out(&sim.world, content, from);
    assert_true(mua_move(here(), file_of(SIM_MAILBOXES, content), to, true));
    ledger_put(&sim.world, content, to);
}

#endif
