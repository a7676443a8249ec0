/*
 * Folders that are emptied before they go, and folders that change places: what stood in them is somewhere else, and nothing of it may be twice on the
 * server for that. golub runs until it says that all is done, and then that is looked at.
 */
#include "tests/sim/sim_midst.h"
#include "tests/sim/sim_local.h"

#define RUNS_MAX 12

struct single { /* of one content */
    bool settled;
    int given; /* so many more of it others had made until then */
};

/* In these histories each message is told from all others, and is where lists say. */
static bool
can_be_told(const struct sim *sim)
{
    const unsigned long doubts = KIND_BIT(KIND_COUNTS) | KIND_BIT(KIND_NEWEST) | KIND_BIT(KIND_MOVERS) |
                                 KIND_BIT(KIND_COPYING) | KIND_BIT(KIND_TORN) | KIND_BIT(KIND_POWER) |
                                 KIND_BIT(KIND_SAME_HEADER) | KIND_BIT(KIND_SIZES) | KIND_BIT(KIND_BODIES) |
                                 KIND_BIT(KIND_UNREADABLE) | KIND_BIT(KIND_EDITS) | KIND_BIT(KIND_REWIND) |
                                 KIND_BIT(KIND_FORGETS) | KIND_BIT(KIND_UIDVALIDITY) | KIND_BIT(KIND_SWAPS);

    return (sim->world.kinds & doubts) == 0 && sim->world.clients == 1 && !sim->rewound && !sim->disasters &&
           sim->server.window == 0 && !sim->server.swallows_duplicates && sim->server.delayed_count == 0;
}

static int
total_there(const struct sim *sim, int content)
{
    int total = 0;

    for (int m = 0; m < SIM_MAILBOXES; m++)
        total += server_multiplicity(&sim->server, m, content);
    return total;
}

static int
total_here(const struct maildir_sim *maildir, int content)
{
    int total = 0;

    for (size_t i = 0; i < maildir->tree.count; i++)
        total += maildir->tree.files[i].content == content;
    return total;
}

/* Once on each side, in this mailbox, and the last run that ended has seen it. */
static bool
is_settled(const struct sim *sim, const struct maildir_sim *maildir, const struct sim_file *file)
{
    const int content = file->content;

    return file->original == content && file->put <= maildir->ended && file->mailbox < SIM_MAILBOXES &&
           total_here(maildir, content) == 1 && total_there(sim, content) == 1 &&
           server_multiplicity(&sim->server, file->mailbox, content) == 1;
}

/* Once more for each that they put somewhere, and where two of them took it to two places: both stay. */
static int
count_given(const struct sim *sim, int content)
{
    return sim->world.ledger[content].more + sim->world.ledger[content].spread;
}

static void
note_settled(const struct sim *sim, const struct maildir_sim *maildir, struct single singles[SIM_CONTENTS])
{
    memset(singles, 0, SIM_CONTENTS * sizeof *singles);
    if (maildir->ended != maildir->began) /* what that run did need not be in the journal */
        return;
    if (sim->world.advice[maildir->client].names) /* it did not look into folders that are to get other names */
        return;
    for (size_t i = 0; i < maildir->tree.count; i++)
        if (is_settled(sim, maildir, &maildir->tree.files[i]))
            singles[maildir->tree.files[i].content] =
                (struct single){true, count_given(sim, maildir->tree.files[i].content)};
}

/* golub runs, is cut off, runs again. @return whether it said in the end that all is done */
static bool
run_until_done(struct sim *sim, int client)
{
    struct world *world = &sim->world;
    const bool quiet = sim->quiet;
    bool done = false;

    world->crash_after = rng_chance(dice(sim), 50);
    world->lose_after = rng_chance(dice(sim), 60);
    world->down = rng_chance(dice(sim), 40);
    world->breaks_again = 30;
    if (rng_chance(dice(sim), 50)) {
        static const enum step_kind kinds[] = {STEP_MOVE, STEP_COPY, STEP_COMMIT, STEP_EXPUNGE, STEP_CREATE};
        world->aim = kinds[rng_below(dice(sim), sizeof kinds / sizeof kinds[0])];
        world->aim_left = 1 + (int)rng_below(dice(sim), world->aim == STEP_COMMIT ? 8 : 2);
        world->aim_lose = rng_chance(dice(sim), 50);
    }
    sim->quiet = true;
    for (int i = 0; i < RUNS_MAX && !world->failed && !done; i++) {
        world->now += 60;
        world->tick += 2;
        server_delayed(&sim->server, true);
        say(world, "  sync %d", client);
        check_forget(&sim->clients[client]);
        done = run_sync(sim, client) == 0;
    }
    sim->quiet = quiet;
    return done && !world->failed;
}

/* What was once on each side is once on the server, wherever that is, and what others did while golub ran. */
static void
check_single(struct sim *sim, const struct single singles[SIM_CONTENTS])
{
    for (int i = 0; i < sim->world.next_content && !sim->world.failed; i++)
        if (singles[i].settled && total_there(sim, i) > 1 + count_given(sim, i) - singles[i].given)
            violation(&sim->world, "doubled: #%d was once on each side, and is %d times on the server", i,
                      total_there(sim, i));
}

/* Not one that golub does not know yet: with all the mail of this one it is this one, renamed, and in the way of the mailbox that is called so there. */
static int
choose_folder(struct sim *sim, const struct maildir_sim *maildir, int client, int but)
{
    const int start = (int)rng_below(dice(sim), SIM_MAILBOXES);

    for (int i = 0; i < SIM_MAILBOXES; i++) {
        const int m = (start + i) % SIM_MAILBOXES;
        if (m != but && maildir->tree.folder[m] && !sim->away_here[client][m] && sim->server.boxes[m].exists &&
            event_mailbox_id(sim->clients[client].journal, m) != 0)
            return m;
    }
    return -1;
}

/* All of it, or most; also what golub has not seen yet. */
static void
move_out(struct sim *sim, struct maildir_sim *maildir, int from, unsigned share)
{
    for (size_t i = 0; i < maildir->tree.count; i++) {
        struct sim_file *file = &maildir->tree.files[i];
        const int to = file->mailbox == from && rng_chance(dice(sim), share)
                           ? choose_folder(sim, maildir, maildir->client, from)
                           : -1;
        if (to >= 0)
            (void)action_transfer_here(sim, maildir, file, to, true);
    }
}

void
event_moved_out(struct sim *sim)
{
    static struct single singles[SIM_CONTENTS];
    struct world *world = &sim->world;
    const int client = (int)rng_below(dice(sim), (unsigned)world->clients);
    const int mailbox = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1);
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    if (!maildir->tree.root || !maildir->tree.mark.present || !maildir->tree.folder[mailbox] ||
        sim->away_here[client][mailbox] || sim->left_out[client][mailbox] || !sim->server.boxes[mailbox].exists ||
        choose_folder(sim, maildir, client, mailbox) < 0)
        return;
    note_settled(sim, maildir, singles);
    move_out(sim, maildir, mailbox, rng_chance(dice(sim), 60) ? 100 : 70);
    event_remove_folder(sim, client, mailbox);
    if (can_be_told(sim) && world->met[client] && run_until_done(sim, client))
        check_single(sim, singles);
}

static bool
may_change_places(const struct sim *sim, int client, int m)
{
    const struct maildir_sim *maildir = &sim->clients[client].maildir;
    bool known = false;

    for (size_t i = 0; i < maildir->tree.count; i++)
        known = known || (maildir->tree.files[i].mailbox == m && maildir->tree.files[i].put <= maildir->ended);
    return known && maildir->tree.folder[m] && sim->server.boxes[m].exists &&
           sim->server.boxes[m].was_at[client] == m && !sim->away_here[client][m] && !sim->left_out[client][m] &&
           !sim->away_there[m];
}

static bool
may_be_exchanged(const struct sim *sim)
{
    const struct maildir_sim *maildir = &sim->clients[0].maildir;

    return maildir->tree.root && maildir->tree.mark.present && sim->world.met[0] && can_be_told(sim) &&
           may_change_places(sim, 0, 1) && may_change_places(sim, 0, 2);
}

static void
exchange(struct sim *sim)
{
    struct world *world = &sim->world;
    struct maildir_sim *maildir = &sim->clients[0].maildir;

    say(world, "  here 0: folders %s and %s change places", server_mailbox_name(1), server_mailbox_name(2));
    world->renamed = true;
    for (int i = 0; i < world->next_content; i++)
        world->ledger[i].moved = true;
    for (size_t i = 0; i < maildir->tree.count; i++) {
        const struct sim_file *file = &maildir->tree.files[i];
        if (file->mailbox != 1 && file->mailbox != 2)
            continue;
        ledger_touch(world, file->content, 0);
        ledger_carry(world, file->content, file->mailbox, 3 - file->mailbox);
    }
    folders_exchange(maildir, 1, 2);
    kind_met(world, KIND_RENAMES);
}

void
event_exchange_here(struct sim *sim)
{
    static struct single singles[SIM_CONTENTS];

    if (!may_be_exchanged(sim))
        return;
    note_settled(sim, &sim->clients[0].maildir, singles);
    if (rng_chance(dice(sim), 40))
        event_rename_there(sim);
    exchange(sim);
    if (run_until_done(sim, 0))
        check_single(sim, singles);
}

static bool
exchange_midst(struct sim *sim, const void *what)
{
    (void)what;
    if (!may_be_exchanged(sim))
        return false;
    exchange(sim);
    return true;
}

/* ... nor is anything that stood on both sides removed for that. */
static void
check_kept(struct sim *sim, const struct single singles[SIM_CONTENTS])
{
    for (int i = 0; i < sim->world.next_content && !sim->world.failed; i++)
        if (singles[i].settled && !ledger_expunges(&sim->world, i) &&
            (total_there(sim, i) == 0 || total_here(&sim->clients[0].maildir, i) == 0))
            violation(&sim->world,
                      "#%d stood on both sides when folders changed places, and is %d times on the server "
                      "and %d times here",
                      i, total_there(sim, i), total_here(&sim->clients[0].maildir, i));
}

void
event_exchange_midst(struct sim *sim)
{
    static struct single singles[SIM_CONTENTS];

    if (!may_be_exchanged(sim))
        return;
    note_settled(sim, &sim->clients[0].maildir, singles);
    if (!midst_run(sim, 0, exchange_midst, NULL))
        return;
    kind_met(&sim->world, KIND_MIDST);
    if (!run_until_done(sim, 0))
        return;
    check_single(sim, singles);
    check_kept(sim, singles);
}
