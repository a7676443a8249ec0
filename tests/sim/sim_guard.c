/*
 * The guard's law, read off what a run did: many removals at once are only carried out if somebody was shown them, and said so. The
 * bounds are those of the manual; what golub counts may be less, never more than what stands here, so that every alarm is one.
 */
#include "tests/sim/sim_history.h"

#define MANY 20    /* removals of a mailbox that are never held for their number */
#define EMPTIED 10 /* messages of a mailbox that is not emptied in silence */
#define SHARE 25   /* percent */

static size_t rows[SIM_MAILBOXES]; /* messages of a mailbox, both sides together, before the run */
static int
    nodes[SIM_MAILBOXES]; /* which directory its folder is: one that is renamed by the run brings its messages along */
static bool shown[SIM_CONTENTS][SIM_MAILBOXES];

void
guard_before(struct sim *sim, struct client *client)
{
    struct world *world = &sim->world;

    world->removed_count = 0;
    world->held = 0;
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        rows[m] = 0;
        nodes[m] = client->maildir.node[m];
        for (int i = 0; i < world->next_content; i++) {
            const int there = server_multiplicity(&sim->server, m, i),
                      here = maildir_sim_multiplicity(&client->maildir, m, i, true);
            rows[m] += (size_t)(there > here ? there : here);
            shown[i][m] = client->shown[i][m];
            world->ledger[i].refused[m] = false;
            if (there > 0 && here > 0) /* that removal is over */
                client->let_go[i][m] = false;
            /* The word makes it the user's own removal, on whatever side, and wherever it moved meanwhile. */
            bool any = false;
            for (int k = 0; k < SIM_MAILBOXES; k++)
                any = any || client->shown[i][k];
            shown[i][m] = shown[i][m] || (any && world->renamed); /* under whatever name */
            for (int k = there > here ? there : here; k > 0 && client->choice.confirm && any; k--)
                ledger_out(world, i, m);
        }
    }
}

static int
newer_version(const struct sim *sim, int content)
{
    const int newer = sim->world.ledger[content].newer;
    return newer != 0 ? newer : -1;
}

/* Its bytes, or what somebody saved in their place, are still somewhere on the server: then nothing was lost by the removal. */
static bool
stands_elsewhere(const struct sim *sim, int content)
{
    for (int version = content; version >= 0; version = newer_version(sim, version))
        for (int m = 0; m < SIM_MAILBOXES; m++)
            if (server_multiplicity(&sim->server, m, version) > 0)
                return true;
    return false;
}

/* Messages that are gone by this run: where it removed both sides of one, that is one. */
static size_t
count_removed(const struct sim *sim, const struct client *client, int mailbox)
{
    const struct world *world = &sim->world;
    size_t count = 0;

    for (int id = 0; id < world->next_content; id++) {
        size_t there = 0, here = 0;
        for (size_t i = 0; i < world->removed_count; i++)
            if (world->removed[i].content == id && world->removed[i].mailbox == mailbox)
                (*(world->removed[i].side == SIM_SERVER ? &there : &here))++;
        if ((there > 0 || here > 0) && !stands_elsewhere(sim, id) && !(client->choice.confirm && shown[id][mailbox]) &&
            !client->let_go[id][mailbox])
            count += there > here ? there : here;
    }
    return count;
}

/* What was let go and is refused may go in any later run: nobody is asked for another word. */
static void
note_refused(const struct sim *sim, struct client *client)
{
    for (int id = 0; id < sim->world.next_content; id++)
        for (int m = 0; m < SIM_MAILBOXES; m++)
            if (client->choice.confirm && shown[id][m] && sim->world.ledger[id].refused[m])
                client->let_go[id][m] = true;
}

void
guard_after(struct sim *sim, struct client *client)
{
    struct world *world = &sim->world;

    note_refused(sim, client);
    /* What others add, and what a crash undoes, shifts the numbers. */
    if (world->interfered > 0 || world->crashed)
        return;
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        const size_t count = nodes[m] == client->maildir.node[m] ? count_removed(sim, client, m) : 0;
        if (count > MANY && count * 100 > SHARE * rows[m])
            violation(world, "%zu of %zu messages of mailbox %d were removed at once without being held%s", count,
                      rows[m], m, client->choice.confirm ? ", or were released and never shown" : "");
        else if (count >= EMPTIED && count >= rows[m] && m + 1 != sim->server.trash)
            violation(world, "mailbox %d with %zu messages was emptied without being held%s", m, rows[m],
                      client->choice.confirm ? ", or were released and never shown" : "");
    }
}

static struct sim *
sim_of(struct world *world)
{
    return (struct sim *)(void *)world; /* its first member */
}

void
guard_list(struct world *world, const char *id)
{
    struct client *client = &sim_of(world)->clients[world->client];

    text_print(client->list[client->lists % SIM_LISTS], sizeof client->list[0], "%s", id);
    client->lists++;
}

/* It perhaps stands elsewhere: sent at the user's word it is there once more than users made, and no more than that. */
static void
note_addition(struct world *world, int content, int mailbox)
{
    struct ledger *entry = &world->ledger[content];

    entry->spread += !entry->added[mailbox];
    if (kind_on(world,
                KIND_MOVERS)) /* perhaps because it is in that mailbox in other bytes: the word adds it to both sides */
        entry->most[mailbox] += !entry->added[mailbox];
    entry->added[mailbox] = true;
}

/* Which of the server's mailboxes golub means by this name: it may have another one there by now, which golub does not know yet, or can't follow. */
static int
meant_there(const struct sim *sim, const struct client *client, int mailbox)
{
    struct journal_mailbox *known = NULL;
    struct error err = {0};
    size_t count = 0;
    int meant = mailbox;

    if (!journal_mailboxes(client->journal, &known, &count, &err))
        return mailbox;
    for (size_t i = 0; i < count; i++)
        for (int m = 0; strcmp(known[i].name, server_mailbox_name(mailbox)) == 0 && m < SIM_MAILBOXES; m++)
            if (sim->server.boxes[m].exists && sim->server.boxes[m].uidvalidity == known[i].uidvalidity)
                meant = m;
    journal_mailboxes_free(known, count);
    return meant;
}

void
guard_held(struct world *world, const char *mailbox, uint32_t uid, const char *base, bool addition)
{
    struct sim *sim = sim_of(world);
    struct client *client = &sim->clients[world->client];

    for (int m = 0; m < SIM_MAILBOXES; m++) {
        if (strcmp(mailbox, server_mailbox_name(m)) != 0)
            continue;
        const int meant = meant_there(sim, client, m);
        const struct sim_message *there = server_message(&sim->server, meant, uid);
        const struct sim_file *here = maildir_sim_base(&client->maildir, m, base);
        if (addition) {
            if (here != NULL)
                note_addition(world, here->content, m);
            continue;
        }
        if (there != NULL)
            client->shown[there->content][m] = client->shown[there->content][meant] = true;
        if (here != NULL)
            client->shown[here->content][m] = client->shown[here->content][meant] = true;
    }
}
