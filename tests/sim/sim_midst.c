/* See sim_midst.h. */
#include "tests/sim/sim_midst.h"

static struct {
    bool (*act)(struct sim *sim, const void *what);
    const void *what;
    unsigned wait; /* so many moments go by before */
    bool done;
} midst;

static void
between(struct world *world)
{
    struct sim *sim = (struct sim *)(void *)world; /* its first member */

    if (midst.done || (midst.wait > 0 && midst.wait-- > 0))
        return;
    midst.done = midst.act(sim, midst.what);
}

bool
midst_run(struct sim *sim, int client, bool (*act)(struct sim *sim, const void *what), const void *what)
{
    struct world *world = &sim->world;

    midst.act = act;
    midst.what = what;
    midst.wait = rng_below(dice(sim), 2u << rng_below(dice(sim), 7));
    midst.done = false;
    world->now += 60;
    world->tick += 2;
    server_delayed(&sim->server, true);
    if (rng_chance(dice(sim), 20)) {
        world->crash_after = rng_chance(dice(sim), 50);
        world->aim = (enum step_kind)rng_below(dice(sim), STEP_KINDS);
        world->aim_left = 1 + (int)rng_below(dice(sim), 3);
        world->aim_lose = false;
    }
    world->interfere = 100;
    world->outside = between;
    world->walks = true;
    say(world, "  sync %d", client);
    check_forget(&sim->clients[client]);
    (void)run_sync(sim, client);
    world->outside = action_outside;
    world->walks = false;
    return midst.done && !world->failed;
}
