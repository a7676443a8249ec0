/* A mailbox is removed, here or there, by somebody who means it; or the server does not say for a while that it is there. */
#include "tests/sim/sim_events.h"
#include "tests/sim/sim_local.h"

static bool
is_at_rest(const struct sim *sim, int mailbox)
{
    for (int c = 0; c < sim->world.clients; c++)
        if (!sim->world.met[c] || !sim->clients[c].maildir.tree.folder[mailbox] || sim->missed[c][mailbox])
            return false;
    for (int m = 0; m < SIM_MAILBOXES; m++) /* nor is another one met that holds copies */
        for (int c = 0; c < sim->world.clients; c++)
            if (sim->server.boxes[m].exists != sim->clients[c].maildir.tree.folder[m])
                return false;
    return sim->server.boxes[mailbox].exists && mailbox != sim->server.selected;
}

void
event_folder_goes(struct sim *sim)
{
    struct world *world = &sim->world;
    const int client = (int)rng_below(dice(sim), (unsigned)world->clients);
    const int mailbox = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1);
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    if (!maildir->tree.folder[mailbox] || !maildir->tree.mark.present || !world->met[client] ||
        sim->away_there[mailbox])
        return;
    say(world, "  here %d: folder %s is removed", client, server_mailbox_name(mailbox));
    for (size_t i = maildir->tree.count; i-- > 0;) {
        if (i >= maildir->tree.count || maildir->tree.files[i].mailbox != mailbox)
            continue;
        ledger_touch(world, maildir->tree.files[i].content, client);
        ledger_out(world, maildir->tree.files[i].content, mailbox);
        mua_remove(maildir, &maildir->tree.files[i]);
    }
    /* What golub took out of it while its mailbox was away there stands in that mailbox still, and goes with it. */
    for (size_t i = 0; i < sim->server.boxes[mailbox].count; i++) {
        const int content = sim->server.boxes[mailbox].messages[i].content;

        if (world->ledger[content].followed[client + 1][mailbox] > 0)
            ledger_out(world, content, mailbox);
    }
    folders_forget(maildir, mailbox);
    kind_met(world, KIND_GOES);
}

static void
delete_there(struct sim *sim, int mailbox)
{
    struct sim_mailbox *box = &sim->server.boxes[mailbox];

    say(&sim->world, "  there: %s is deleted", server_mailbox_name(mailbox));
    while (box->count > 0) {
        ledger_touch(&sim->world, box->messages[0].content, SIM_SERVER);
        server_remove(&sim->server, mailbox, box->messages[0].uid);
    }
    box->exists = false;
    box->expunged_count = 0;
    kind_met(&sim->world, KIND_GOES);
}

/* Somebody deletes it; or for one run nobody is told that it is there. In two on end nobody could tell that from the other. */
void
event_delete_there(struct sim *sim)
{
    const int mailbox = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1);

    if (sim->away_there[mailbox])
        return;
    if (rng_chance(dice(sim), 50) && sim->server.boxes[mailbox].exists && mailbox != sim->server.selected) {
        delete_there(sim, mailbox);
    } else if (is_at_rest(sim, mailbox)) {
        say(&sim->world, "  there: %s is away for one run", server_mailbox_name(mailbox));
        sim->away_there[mailbox] = true;
        sim->server.boxes[mailbox].exists = false;
        kind_met(&sim->world, KIND_GOES);
    }
}

/* What keeps a mailbox on one side is not for ever: somebody makes it again on the other one. */
void
event_make_again(struct sim *sim)
{
    for (int m = 1; m < SIM_MAILBOXES; m++) {
        bool anywhere = sim->server.boxes[m].exists;

        for (int c = 0; c < sim->world.clients; c++)
            anywhere = anywhere || sim->clients[c].maildir.tree.folder[m];
        for (int c = 0; anywhere && c < sim->world.clients; c++)
            sim->clients[c].maildir.tree.folder[m] = true;
        if (anywhere && !sim->server.boxes[m].exists)
            server_create(&sim->server, m);
    }
}
