/* What somebody does to a message while the sides differ in it: it may be in two places after that; see world.h. */
#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_server.h"

static int
count_on(const struct world *world, int content, int mailbox, int side)
{
    return side == SIM_SERVER ? server_multiplicity(world->server, mailbox, content)
                              : maildir_sim_multiplicity(world->maildirs[side], mailbox, content, false);
}

void
ledger_touch(struct world *world, int content, int side)
{
    for (int i = 0; i < world->clients; i++)
        if (!world->met[i]) {
            world->ledger[content].spread++;
            return;
        }
    for (int other = SIM_SERVER; other < world->clients; other++)
        for (int m = 0; m < SIM_MAILBOXES; m++)
            if (count_on(world, content, m, side) != count_on(world, content, m, other)) {
                world->ledger[content].spread++;
                return;
            }
}

void
ledger_touch_more(struct world *world, int content, int side)
{
    struct ledger *entry = &world->ledger[content];
    const int spread = entry->spread;

    ledger_touch(world, content, side);
    entry->more += entry->spread == spread;
}

void
ledger_stands_in(struct world *world, int content, int mailbox, int client)
{
    struct ledger *entry = &world->ledger[content];

    entry->outs[client + 1][mailbox] += entry->carried[client][mailbox][0] > 0;
}

void
ledger_unkeyed(struct world *world, int content, unsigned keys)
{
    world->ledger[content].key_taken |= keys;
}

void
ledger_brought(struct world *world, int content, unsigned keys)
{
    world->ledger[content].brought = true;
    world->ledger[content].key_brought |= keys | world->ledger[content].key_had;
}
