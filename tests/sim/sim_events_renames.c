/* Somebody renames a folder here, and syncs until its mailbox has that name there as well. */
#include "tests/sim/sim_midst.h"
#include "tests/sim/sim_local.h"

#define RUNS_MAX 12

struct renaming { /* who renames the folder of which mailbox to that of which */
    int client, from, to;
};

/* Every client knows it under the name that its folder has, and so does the server. */
static bool
may_be_renamed(const struct sim *sim, int client, int a)
{
    const struct sim_mailbox *box = &sim->server.boxes[a];
    const struct maildir_sim *maildir = &sim->clients[client].maildir;
    const unsigned all = (1u << sim->world.clients) - 1;
    size_t known = 0, files = 0;

    if (!box->exists || sim->away_there[a] || (box->id_told & all) != all)
        return false;
    for (int c = 0; c < sim->world.clients; c++)
        if (!sim->clients[c].maildir.tree.folder[a] || box->was_at[c] != a || sim->away_here[c][a] ||
            sim->left_out[c][a])
            return false;
    for (size_t i = 0; i < maildir->tree.count; i++) {
        const struct sim_file *file = &maildir->tree.files[i];

        files += file->mailbox == a;
        known += file->mailbox == a && file->put <= maildir->ended;
    }
    return known > 0 && files > 0;
}

/* Nobody has it, or anything that could get it. */
static bool
is_free(const struct sim *sim, int b)
{
    if (sim->server.boxes[b].exists || sim->away_there[b])
        return false;
    for (int c = 0; c < sim->world.clients; c++)
        if (sim->clients[c].maildir.tree.folder[b] || sim->away_here[c][b] || sim->left_out[c][b])
            return false;
    return true;
}

static bool
choose(struct sim *sim, struct renaming *renaming)
{
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);
    const int from = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1);
    const struct maildir_sim *maildir = &sim->clients[client].maildir;

    *renaming = (struct renaming){client, from, from == 1 ? 2 : 1};
    return maildir->tree.root && maildir->tree.mark.present && sim->world.met[client] && from != sim->server.selected &&
           may_be_renamed(sim, client, from) && is_free(sim, renaming->to);
}

static void
rename_it(struct sim *sim, const struct renaming *renaming)
{
    struct world *world = &sim->world;
    struct maildir_sim *maildir = &sim->clients[renaming->client].maildir;
    const int a = renaming->from, b = renaming->to;

    say(world, "  here %d: folder %s is renamed to %s", renaming->client, server_mailbox_name(a),
        server_mailbox_name(b));
    world->renamed = true;
    for (int i = 0; i < world->next_content; i++)
        world->ledger[i].moved = true;
    for (size_t i = 0; i < maildir->tree.count; i++)
        if (maildir->tree.files[i].mailbox == a) {
            ledger_touch(world, maildir->tree.files[i].content, renaming->client);
            ledger_carry(world, maildir->tree.files[i].content, a, b);
        }
    folders_rename(maildir, a, b);
    kind_met(world, KIND_RENAMES);
}

/* Until the journal knows it. A Maildir out of a backup gets back the names that its folders have there. */
static void
sync_until_followed(struct sim *sim, const struct renaming *renaming)
{
    struct world *world = &sim->world;
    const struct sim_tree *tree = &sim->clients[renaming->client].maildir.tree;
    const bool quiet = sim->quiet;
    bool done = false;

    sim->quiet = true;
    for (int i = 0; i < RUNS_MAX && !world->failed && !done && tree->folder[renaming->to]; i++) {
        say(world, "  sync %d", renaming->client);
        check_forget(&sim->clients[renaming->client]); /* what is where is told by names, and they change in the run */
        const int status = run_sync(sim, renaming->client);
        /* ... or it is said that this one's can't have another name (then somebody does what is advised, sim_person.c). */
        done = (sim->server.boxes[renaming->to].exists || world->advice[renaming->client].back[renaming->from] != 0) &&
               (status == 0 || status == 1 || status == 3);
    }
    sim->quiet = quiet;
    if (!world->failed && !done && tree->folder[renaming->to])
        violation(world, "a folder was renamed here, and its mailbox is not there");
}

void
event_rename_here(struct sim *sim)
{
    struct world *world = &sim->world;
    struct renaming renaming;

    if (!choose(sim, &renaming))
        return;
    rename_it(sim, &renaming);
    world->crash_after = rng_chance(dice(sim), 50);
    world->lose_after = rng_chance(dice(sim), 60);
    world->down = rng_chance(dice(sim), 40);
    world->breaks_again = 60;
    if (rng_chance(dice(sim), 60)) { /* of its steps, or of the journal's commits around them */
        world->aim = rng_chance(dice(sim), 50) ? STEP_CREATE : STEP_COMMIT;
        world->aim_left = 1 + (int)rng_below(dice(sim), world->aim == STEP_CREATE ? 2 : 6);
        world->aim_lose = rng_chance(dice(sim), 50);
    }
    sync_until_followed(sim, &renaming);
}

/* ---- in the midst of a run ---- */

static bool
rename_midst(struct sim *sim, const void *what)
{
    const struct renaming *renaming = what;

    if (!may_be_renamed(sim, renaming->client, renaming->from) || !is_free(sim, renaming->to))
        return false;
    rename_it(sim, renaming);
    return true;
}

void
event_rename_midst(struct sim *sim)
{
    struct renaming renaming;

    if (!choose(sim, &renaming) || !midst_run(sim, renaming.client, rename_midst, &renaming))
        return;
    kind_met(&sim->world, KIND_MIDST);
    sync_until_followed(sim, &renaming);
}
