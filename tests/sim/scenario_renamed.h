/* A mailbox that gets the name of another one, there or here: Work/Old is to be Work. */
#ifndef TESTS_SIM_SCENARIO_RENAMED_H
#define TESTS_SIM_SCENARIO_RENAMED_H

#include "tests/sim/scenario.h"
#include "tests/sim/sim_local.h"

static inline void
when_the_folder_is_renamed(int from, int to)
{
    for (size_t i = 0; i < here()->tree.count; i++)
        if (here()->tree.files[i].mailbox == from)
            ledger_carry(&sim.world, here()->tree.files[i].content, from, to);
    folders_rename(here(), from, to);
    check_forget(&sim.clients[0]);
}

/* OLD gets the name of WORK there. */
static inline void
when_another_client_renames_old_to_work(void)
{
    struct sim_mailbox *boxes = sim.server.boxes;

    boxes[WORK] = boxes[OLD];
    boxes[OLD].exists = false;
    boxes[OLD].count = 0;
    sim.world.renamed = true;
    for (size_t i = 0; i < boxes[WORK].count; i++) {
        ledger_out(&sim.world, boxes[WORK].messages[i].content, OLD);
        ledger_put(&sim.world, boxes[WORK].messages[i].content, WORK);
    }
}

static inline void
given_mail_in_old_below(const char *prefix)
{
    given_empty_account(1);
    sim.server.identifies = true;
    sim.server.prefix = prefix;
    sim.server.boxes[WORK].exists = here()->tree.folder[WORK] = false;
    server_create(&sim.server, OLD);
    here()->tree.folder[OLD] = true;
    for (int content = 1; content <= 3; content++)
        given_mail_there(OLD, content);
    given_both_sides_agree();
}

static inline void
given_mail_in_old_alone(void)
{
    given_mail_in_old_below("");
}

#endif
