/*
 * Somebody does what golub advises where it waits for a person: each folder gets the name that its mailbox has on the server, and which is whose is seen
 * from the mail in it; or what only one folder has goes into another one.
 */
#include "tests/sim/sim_person.h"
#include "tests/sim/sim_local.h"

#define ORDERS 6 /* of three folders */

static const int orders[ORDERS][SIM_MAILBOXES] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}};

static bool
is_here(const struct sim *sim, int client, int mailbox)
{
    return sim->clients[client].maildir.tree.folder[mailbox] && !sim->away_here[client][mailbox];
}

/* So many files of each folder are mail of the mailbox whose name that would get. */
static int
count_fitting(const struct sim *sim, int client, const int order[SIM_MAILBOXES])
{
    const struct sim_tree *tree = &sim->clients[client].maildir.tree;
    int fitting = 0;

    for (size_t i = 0; i < tree->count; i++)
        if (tree->files[i].mailbox < SIM_MAILBOXES && is_here(sim, client, tree->files[i].mailbox))
            fitting += server_multiplicity(&sim->server, order[tree->files[i].mailbox], tree->files[i].content) > 0;
    return fitting;
}

static const int *
find_order(const struct sim *sim, int client)
{
    const int *best = orders[0];

    for (int i = 1; i < ORDERS; i++)
        if (count_fitting(sim, client, orders[i]) > count_fitting(sim, client, best))
            best = orders[i];
    return best;
}

static void
name_folders(struct sim *sim, int client, const int order[SIM_MAILBOXES])
{
    struct world *world = &sim->world;
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (order[m] != m && is_here(sim, client, m))
            say(world, "  here %d: folder %s gets the name that its mailbox has on the server: %s", client,
                server_mailbox_name(m), server_mailbox_name(order[m]));
    world->renamed = true;
    for (size_t i = 0; i < maildir->tree.count; i++)
        if (maildir->tree.files[i].mailbox < SIM_MAILBOXES)
            ledger_carry(world, maildir->tree.files[i].content, maildir->tree.files[i].mailbox,
                         order[maildir->tree.files[i].mailbox]);
    folders_order(maildir, order);
    check_forget(&sim->clients[client]);
}

/* What is in the other folder already goes with this one. */
static void
empty_into(struct sim *sim, int client, int from, int to)
{
    struct world *world = &sim->world;
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    say(world, "  here %d: what is only in folder %s goes into %s", client, server_mailbox_name(from),
        server_mailbox_name(to));
    for (size_t i = maildir->tree.count; i-- > 0;) {
        struct sim_file *file = &maildir->tree.files[i];

        if (i >= maildir->tree.count || file->mailbox != from ||
            (maildir_sim_multiplicity(maildir, to, file->content, true) == 0 &&
             action_transfer_here(sim, maildir, file, to, true)))
            continue;
        ledger_touch(world, file->content, client);
        ledger_out(world, file->content, from);
        mua_remove(maildir, file);
    }
    folders_forget(maildir, from);
    check_forget(&sim->clients[client]);
}

/* What stands at a name that one gets back goes where that one comes from. @return is any to get its name back? */
static bool
put_back(const struct sim_advice *advice, int order[SIM_MAILBOXES])
{
    bool any = false;

    for (int m = 0; m < SIM_MAILBOXES; m++)
        order[m] = m;
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        if (advice->back[m] == 0)
            continue;
        const int from = advice->back[m] - 1;
        for (int i = 0; i < SIM_MAILBOXES; i++)
            if (order[i] == m)
                order[i] = order[from];
        order[from] = m;
        any = true;
    }
    return any;
}

bool
person_does(struct sim *sim, int client)
{
    const struct sim_advice *advice = &sim->world.advice[client];
    const int *order = find_order(sim, client);
    int back[SIM_MAILBOXES];
    bool done = put_back(advice, back);

    if (done) {
        name_folders(sim, client, back);
    } else if (advice->names && order != orders[0]) {
        done = true;
        name_folders(sim, client, order);
    }
    for (int m = 0; !done && m < SIM_MAILBOXES; m++) {
        const int to = advice->into[m][0] == '\0' ? -1 : folders_find(&sim->clients[client].maildir, advice->into[m]);

        if (to < 0 || to >= SIM_MAILBOXES || !is_here(sim, client, m))
            continue;
        empty_into(sim, client, m, to);
        done = true;
    }
    return done;
}
