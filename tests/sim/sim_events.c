/* When the events of sim_events.h and the moments of sim_moments.h happen. */
#include "tests/sim/sim_midst.h"
#include "tests/sim/sim_moments.h"

static const struct {
    enum kind kind;
    unsigned share; /* percent of the actions */
    bool inside;    /* also in the middle of a run */
    void (*event)(struct sim *sim);
} events[] = {
    {KIND_UIDVALIDITY, 15, true, event_uidvalidity},
    {KIND_FORGETS, 12, false, event_forget_flags},
    {KIND_SWAPS, 15, true, event_swap},
    {KIND_RENAMES, 25, true, event_rename_there},
    {KIND_RENAMES, 20, false, event_rename_here},
    {KIND_UNSAID, 40, false, event_unsaid},
    {KIND_AWAY_THERE, 25, false, event_away_there},
    {KIND_AWAY_HERE, 25, false, event_away_here},
    {KIND_GOES, 12, false, event_folder_goes},
    {KIND_GOES, 12, false, event_delete_there},
    {KIND_COPIES, 20, true, event_copy_marked},
    {KIND_NAMES, 15, true, event_rename_new_file},
    {KIND_MANY, 15, false, event_remove_many},
    {KIND_DAYS, 25, false, event_days_pass},
    {KIND_TORN, 10, false, event_restore_torn},
    {KIND_COPYING, 15, false, event_copy_tree},
    {KIND_POWER, 20, false, event_cut_power},
    {KIND_STATES, 10, false, event_use_other_state},
    {KIND_SEPARATOR, 10, false, event_separator},
    {KIND_COUNTS, 40, true, event_counts},
    {KIND_SAME_HEADER, 20, false, event_same_header},
    {KIND_BROKEN, 30, false, moment_broken_off},
    {KIND_RACES, 25, false, moment_race},
    {KIND_UNREADABLE, 15, false, moment_unreadable},
    {KIND_REFILL, 14, false, moment_refill},
    {KIND_BODIES, 15, false, moment_body},
    {KIND_FULL_DISK, 15, false, moment_full_disk},
    {KIND_EDITS, 25, false, moment_edit},
    {KIND_MANY, 6, false, moment_twins},
    {KIND_MANY, 8, false, moment_held},
    {KIND_MANY, 5, false, moment_move_many},
    {KIND_WANTED, 25, false, moment_wanted},
    {KIND_REWIND, 12, false, moment_rewind},
    {KIND_MOVERS, 30, true, event_other_program},
    {KIND_MOVERS, 25, false, event_other_removal},
    {KIND_FILED, 35, true, event_send},
    {KIND_FILED, 20, false, event_minutes_pass},
    {KIND_KEYWORDS, 60, false, event_keyword},
    {KIND_KEYWORDS, 50, true, event_letters},
    {KIND_RENAMES, 10, false, event_exchange_here},
    {KIND_AWAY_HERE, 15, false, event_moved_out},
    {KIND_MIDST, 30, false, event_rename_midst},
    {KIND_MIDST, 30, false, event_exchange_midst},
};

void
kinds_begin(struct sim *sim)
{
    struct world *world = &sim->world;
    const struct rng was = world->rng;

    world->rng = rng_for(world->seed, 250000);
    for (int c = 0; c < world->clients; c++) {
        sim->clients[c].maildir.lazy = on(sim, KIND_POWER);
        letters_sim_begin(sim, c);
    }
    if (on(sim, KIND_FILED) || (on(sim, KIND_MOVERS) && rng_chance(dice(sim), 40)))
        world->dress = DRESS_DATED;
    /* What makes one of equal messages makes nothing else of them. */
    sim->server.rewrites = on(sim, KIND_MOVERS) && rng_chance(dice(sim), 40) && !sim->server.swallows_duplicates
                               ? DRESS_SERVER
                               : DRESS_PLAIN;
    sim->server.identifies = on(sim, KIND_RENAMES);
    sim->server.hollow = on(sim, KIND_TRASH) && world->seed % 3 == 0 ? 2 : 0;
    /* After a day of such lists it is given up which is which: the mailbox is here twice then. */
    sim->server.mute_ids = on(sim, KIND_RENAMES) && !on(sim, KIND_DAYS) && world->seed % 3 == 0 ? 25 : 0;
    sim->server.fills = on(sim, KIND_GOES) ? 25 : 0;
    world->strict_copies = on(sim, KIND_COPIES);
    sim->server.crosses = world->seed % 4 == 0;
    world->expunges = on(sim, KIND_EXPUNGE);
    sim->server.window = on(sim, KIND_NEWEST) ? 50 : 0;
    /* Of a mailbox that grows up to a limit that nobody has heard of, nobody can tell: there it is cut from the beginning. */
    sim->server.announces = on(sim, KIND_NEWEST) && rng_chance(dice(sim), 50);
    const unsigned many = on(sim, KIND_NEWEST) && !sim->server.announces ? 80 : 30;
    sim->server.lies = on(sim, KIND_SIZES) ? 1 + (int)rng_below(dice(sim), 4) : 0;
    if (sim->server.lies != 0)
        kind_met(world, KIND_SIZES);
    if (on(sim, KIND_MANY) || on(sim, KIND_NEWEST))
        for (unsigned i = many + rng_below(dice(sim), 25); i > 0; i--) {
            const int content = world_new_content(world, false);
            event_put_there(sim, 0, content, 0, content_get(content)->date);
        }
    world->rng = was;
}

void
kinds_between(struct sim *sim, int number)
{
    struct world *world = &sim->world;
    const struct rng was = world->rng;

    if (world->kinds == 0)
        return;
    world->rng = rng_for(world->seed, 300000 + (uint64_t)number);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (!on(sim, events[i].kind) || !rng_chance(dice(sim), events[i].share))
            continue;
        events[i].event(sim);
        for (int c = 0; c < world->clients; c++)
            check_forget(&sim->clients[c]);
    }
    world->rng = was;
}

bool
kinds_inside(struct sim *sim)
{
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (on(sim, events[i].kind) && events[i].inside && sim->world.golub && rng_chance(dice(sim), 12)) {
            events[i].event(sim);
            for (int c = 0; c < sim->world.clients; c++)
                check_forget(&sim->clients[c]);
            return true;
        }
    return false;
}

void
kinds_quiet(struct sim *sim)
{
    sim->quiet = true;
    for (int c = 0; c < sim->world.clients; c++)
        sim->clients[c].maildir.busy = false;
    sim->server.mute_ids = 0;
    if (sim->server.guessed) { /* somebody says what it is for: what waited goes there */
        say(&sim->world, "  there: %s is the \\Trash", server_mailbox_name(SIM_MAILBOXES - 1));
        sim->server.guessed = false;
        sim->server.trash = SIM_MAILBOXES;
    }
    if (on(sim, KIND_COUNTS)) {
        event_counts_right(sim);
        sim->world.now += DAY;
    }
    for (int c = 0; c < sim->world.clients; c++)
        if (event_is_copying(&sim->clients[c])) {
            event_copy_more(sim, &sim->clients[c].maildir, 100);
            sim->clients[c].confirm = false; /* of what was only late */
        }
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        if (sim->away_there[m])
            event_back_there(sim, m);
        for (int c = 0; c < sim->world.clients; c++)
            if (sim->away_here[c][m])
                event_back_here(sim, c, m);
    }
}
