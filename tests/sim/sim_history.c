/* One history from its seed: see sim_history.h. */
#include "tests/sim/sim_events.h"
#include "tests/sim/sim_person.h"
#ifdef SIM_WATCHER
#include "tests/sim/sim_watcher.h"
#endif

#define ROUNDS_MAX 8 /* of syncs of all clients until nothing changes any more */

static struct sim sim; /* one at a time */

static void
choose_server(struct server *server, struct rng *rng)
{
    const unsigned kind = rng_below(rng, 4);

    server->condstore = kind < 3;
    server->qresync = kind < 2;
    server->uidplus = rng_chance(rng, 75);
    server->move = rng_chance(rng, 65);
    server->list_status = rng_chance(rng, 70);
    server->status_gaps = !server->list_status || rng_chance(rng, 10);
    server->reorders = rng_chance(rng, 60);
    server->wrong_sizes = rng_chance(rng, 15);
    server->swallows_duplicates = rng_chance(rng, 5);
    server->refuses = rng_chance(rng, 12) ? 1 : 0;
    server->separator = rng_chance(rng, 50) ? '.' : '/';
    server->prefix = server->separator == '.' && rng_chance(rng, 50) ? "INBOX." : "";
    /* Some servers can't store every flag, and no keyword that is not theirs. */
    if (rng_chance(rng, 20))
        for (int i = 0; i < SIM_MAILBOXES; i++) {
            server->boxes[i].permanent =
                FLAG_SEEN | FLAG_DELETED | FLAG_ANSWERED | (kind % 2 == 0 ? FLAG_FLAGGED : FLAG_DRAFT);
            server->boxes[i].keywords = false;
        }
}

/* To every message that can have some. */
static void
give_keywords(struct server *server)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        for (size_t i = 0; i < server->boxes[m].count; i++) {
            struct sim_message *message = &server->boxes[m].messages[i];

            server_set_flags(server, m, message, message->flags, 1u << message->content % SIM_KEYWORDS_USUAL);
        }
}

static void
begin(const struct history *history)
{
    struct world *world = &sim.world;

    memset(world, 0, sizeof *world);
    world->seed = history->seed;
    world->rng = rng_for(history->seed, 0);
    world->now = 1700000000;
    world->tick = 1;
    world->strict = true;
    world->verbose = history->verbose;
    world->coverage = history->coverage;
    world->outside = action_outside;
    world->on_list = guard_list;
    world->on_held = guard_held;
    world->on_error = check_said;
    world->on_look = view_looked_at;
    world->server = &sim.server;
    world->clients = rng_chance(&world->rng, 40) ? 2 : 1;
    server_init(&sim.server, world);
    choose_server(&sim.server, &world->rng);
    sim.layout = !rng_chance(&world->rng, 30) ? LAYOUT_VERBATIM
                 : history->seed % 2 == 0     ? LAYOUT_FLAT
                                              : LAYOUT_MAILDIRPP;
    sim.disasters = rng_chance(&world->rng, 45);
    sim.edits = !sim.disasters && rng_chance(&world->rng, 20);
    sim.has_backup = sim.rewound = false;
    sim.syncs = 0;
    sim.descriptors = history->seed % 4 == 1;
    sim.piece = history->seed % 3 == 0 ? 0 : history->seed % 3;
    sim.quiet = false;
    memset(sim.away_there, 0, sizeof sim.away_there);
    memset(sim.away_here, 0, sizeof sim.away_here);
    memset(sim.was_away_here, 0, sizeof sim.was_away_here);
    memset(sim.was_away_there, 0, sizeof sim.was_away_there);
    memset(sim.left_out, 0, sizeof sim.left_out);
    memset(sim.missed, 0, sizeof sim.missed);
    world->kinds = kinds_of(history->seed);
    world->wordy = kind_on(world, KIND_KEYWORDS) && (history->seed % 16 == 3 || history->seed % 16 == 7);
    if (kind_on(world,
                KIND_COPYING)) /* what is paired anew while files are missing is fetched, and they come all the same */
        sim.disasters = false;
    server_call(SIM_MAILBOXES - 1, "Work/Old");
    if (kind_on(world, KIND_TRASH)) {
        sim.disasters = sim.edits = false;
        sim.server.guessed = history->seed % 4 == 2;
        sim.server.trash = sim.server.guessed ? 0 : SIM_MAILBOXES;
        if (sim.server.guessed)
            server_call(SIM_MAILBOXES - 1, "Trash");
        server_create(&sim.server, SIM_MAILBOXES - 1);
    }
    if (kind_on(world, KIND_FILED)) {
        sim.disasters = sim.edits = false;
        sim.server.sent = SIM_MAILBOXES - 1;
        server_create(&sim.server, sim.server.sent - 1);
    }
    if (kind_on(world, KIND_GOES) || kind_on(world, KIND_UNSAID))
        sim.disasters = sim.edits = false;
    const int narrow = kind_on(world, KIND_KEYWORDS) && history->seed % 3 == 2
                           ? 1 + (int)(history->seed / 3 % (SIM_MAILBOXES - 1))
                           : 0;
    if (narrow != 0) /* what goes there loses its keywords */
        sim.server.boxes[narrow].keywords = false;
    if (kind_on(world, KIND_EDITS)) {
        sim.disasters = false;
        sim.edits = true;
    }
    for (int i = 0; i < world->clients; i++) {
        struct client *client = &sim.clients[i];
        maildir_sim_init(&client->maildir, world, i, sim.layout);
        world->maildirs[i] = &client->maildir;
        client->has_last = client->has_older = client->confirm = false;
        client->lists = 0;
        client->index_lost = false;
        client->forced = FORCED_NOT;
        client->wrong_clock = client->restored = false;
        memset(client->shown, 0, sizeof client->shown);
        check_forget(client);
        run_open_journal(&sim, i, NULL, 0);
    }
    say(world, "seed %llu: %d clients, %s%s%s%s%s%s%s%s", (unsigned long long)history->seed, world->clients,
        sim.server.qresync     ? "QRESYNC"
        : sim.server.condstore ? "CONDSTORE"
                               : "plain",
        sim.server.uidplus ? " UIDPLUS" : "", sim.server.move ? " MOVE" : "",
        sim.server.list_status ? " LIST-STATUS" : "", sim.server.wrong_sizes ? " wrong-sizes" : "",
        sim.server.swallows_duplicates ? " swallows-duplicates" : "", sim.server.refuses > 0 ? " refuses" : "",
        sim.disasters ? " disasters" : "");
    for (int i = 0; i < SIM_KINDS; i++)
        world->coverage->kind_histories[i] += (world->kinds >> i) & 1;
    kinds_begin(&sim);
    action_fill(&sim);
    if (narrow != 0)
        give_keywords(&sim.server);
    event_left_behind(&sim);
}

static void
users_act(void)
{
    struct world *world = &sim.world;

    for (unsigned i = 1 + rng_below(&world->rng, 4); i > 0; i--)
        action_outside(world);
}

static void
sync_disturbed(int client)
{
    struct world *world = &sim.world;
    struct rng *rng = &world->rng;
    const unsigned what = rng_below(rng, 100);

    if (rng_chance(rng, 60))
        users_act();
    world->crash_after = rng_chance(rng, 50);
    world->lose_after = rng_chance(rng, 60);
    world->down = rng_chance(rng, 40);
    world->breaks_again = 60;
    if (what < 20) {
        world->crash_at = 1 + rng_below(rng, 1u << (1 + rng_below(rng, 6)));
    } else if (what < 30) {
        world->lose_at = 1 + rng_below(rng, 1u << (1 + rng_below(rng, 7)));
    } else if (what < 75) { /* rare steps get their share */
        world->aim = (enum step_kind)rng_below(rng, STEP_KINDS);
        world->aim_left = 1 + (int)rng_below(rng, 3);
        world->aim_lose = rng_chance(rng, 50);
    }
    if (what >= 50)
        world->interfere = 1 + (int)rng_below(rng, 12);
    say(world, "  sync %d: crash at %ld, line breaks at %ld, aim at %d. %s, %d %% outside", client, world->crash_at,
        world->lose_at, world->aim_left, step_name(world->aim), world->interfere);
    (void)run_sync(&sim, client);
    /* Who sees it fail starts it again at once: what was cut off may still be under way. */
    if (!world->failed && rng_chance(rng, 35)) {
        say(world, "  sync %d again", client);
        (void)run_sync(&sim, client);
    }
}

static void
act(int number)
{
    struct world *world = &sim.world;
    const int client = (int)rng_below(&world->rng, (unsigned)world->clients);
    const unsigned what = rng_below(&world->rng, 100);

    say(world, "%d.", number);
    world->now +=
        rng_below(&world->rng, rng_chance(&world->rng, 50) ? 3 : 30); /* a late APPEND may still be under way */
    world->tick += rng_below(&world->rng, 2);
    server_delayed(&sim.server, false);
    kinds_between(&sim, number);
    if (what < 45) {
        users_act();
    } else if (what < 62) {
        say(world, "  sync %d", client);
        (void)run_sync(&sim, client);
    } else if (what < 88) {
        sync_disturbed(client);
    } else if (what < 91) {
        say(world, "  dry run %d", client);
        run_dry(&sim, client);
    } else if (what < 94) {
        sim.server.quota = sim.server.quota > 0 ? 0 : 10 + (int)rng_below(&world->rng, 20);
        say(world, "  there: quota %d", sim.server.quota);
    } else if (sim.disasters) {
        action_disaster(&sim);
    } else {
        users_act();
    }
}

/*
 * All clients, one after another, with a pause long enough for every command to have ended. @return steps that changed
 * something
 */
static unsigned long
sync_all(int *worst)
{
    struct world *world = &sim.world;

    *worst = 0;
    world->changes = 0;
    for (int i = 0; i < world->clients && !world->failed; i++) {
        world->now += 60;
        world->tick += 2;
        server_delayed(&sim.server, true);
        say(world, "  sync %d", i);
        const int status = run_sync(&sim, i);
        *worst = status > *worst ? status : *worst;
    }
    return world->changes;
}

static bool
may_be_partial(void)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (server_is_cut(&sim.server, m))
            return true;
    for (int c = 0; c < sim.world.clients; c++) {
        const struct sim_tree *tree = &sim.clients[c].maildir.tree;
        for (size_t i = 0; i < tree->count; i++)
            if (tree->files[i].content != tree->files[i].original ||
                content_get(tree->files[i].content)->digests.has_nul ||
                tree->files[i].content % 10 < sim.server.refuses)
                return true;
    }
    return false;
}

/* Without UID EXPUNGE a removal waits as long as anything else carries \Deleted: rightly, but not for ever here. */
static void
unblock_removals(void)
{
    struct server *server = &sim.server;
    bool marked = false;

    for (int m = 0; m < SIM_MAILBOXES; m++)
        for (size_t i = 0; i < server->boxes[m].count; i++)
            marked = marked || (server->boxes[m].messages[i].flags & FLAG_DELETED) != 0;
    if (server->uidplus || !marked)
        return;
    say(&sim.world, "  there: the server learns UIDPLUS");
    server->uidplus = true;
}

/* What was deleted waits for a Trash. */
static void
make_trash(void)
{
    if (sim.server.trash == 0 || sim.server.boxes[sim.server.trash - 1].exists || sim.server.aside.box.exists)
        return;
    say(&sim.world, "  there: %s is made, the \\Trash", server_mailbox_name(sim.server.trash - 1));
    server_create(&sim.server, sim.server.trash - 1);
}

/* What is said for some rounds somebody reads. @return did that change anything? */
static bool
answer(void)
{
    bool answered = false;

    for (int i = 0; i < sim.world.clients; i++)
        answered = person_does(&sim, i) || answered;
    return answered;
}

/* A mailbox may be on one side alone for good: one was deleted that had got another name, or its folder went before golub knew of that. */
static bool
may_stay_alone(void)
{
    const struct world *world = &sim.world;

    return kind_on(world, KIND_GOES) ||
           (kind_on(world, KIND_RENAMES) && (kind_on(world, KIND_SWAPS) || kind_on(world, KIND_AWAY_HERE)));
}

static void
converge(struct history *history)
{
    struct world *world = &sim.world;
    int worst = 0, round = 0, waits = 0, tries = 0, answers = 0, late = 0;
    unsigned long changes = 1;

    say(world, "quiet.");
    sim.server.quota = 0;
    kinds_quiet(&sim);
    for (int i = 0; may_stay_alone() && !world->failed && i < 4; i++)
        (void)sync_all(&worst);
    if (may_stay_alone() && answer()) /* what is made again first may be in the way of that */
        (void)sync_all(&worst);
    if (may_stay_alone())
        event_make_again(&sim);
    while (!world->failed && round < ROUNDS_MAX && (changes > 0 || worst == 3)) {
        changes = sync_all(&worst);
        round++;
        /* What is still to be filed comes now, or too late; the others go up. So does what came into that folder with its name. */
        const bool again = changes == 0 && worst != 1 && late == 0;
        if (sim.server.sent != 0 && (round == 1 || again)) {
            server_file(&sim.server, true);
            world->now += 700;
            changes = 1;
            late += again;
            round -= again ? 2 : 0;
        }
        if (++tries >= 2 && (worst == 1 || worst == 3)) {
            unblock_removals();
            make_trash();
            event_make_room(&sim);
        }
        if (tries >= 3 && worst == 1 && answers < 2 && answer()) {
            answers++;
            changes = 1;
            round -= 2;
        }
        /* A mailbox that is perhaps still being filled waits for hours; what ended the line twice, for a day. */
        if (worst == 1 && changes == 0 && waits++ < 5) {
            world->now += waits < 5 ? 4000 : 86400;
            changes = 1;
            round -= 2; /* and that was a round for nothing, as was the one before the other client went on */
        }
    }
    history->rounds = round > 0 ? round : 1;
    if (!world->failed && changes > 0)
        violation(world, "still changing after %d rounds", round);
    if (!world->failed && worst != 0 && !(worst == 1 && may_be_partial()))
        violation(world, "status %d although all is quiet", worst);
    if (world->failed)
        return;
    check_convergence(&sim);
    check_duplicates(&sim);
}

/* Nothing is left to do: the next run changes nothing, the one after it does not even write its journal. */
static void
check_idempotence(void)
{
    struct world *world = &sim.world;
    int worst;

    /* Time that counts is written down once an hour, and what it says of old intents in the run after that. */
    world->now += 3700;
    /* Where a line of STATUS is missing now and then, each mailbox is opened once more: a size or date that was not told before is written down. */
    sim.server.status_mute = true;
    /* Of a server that went back while it told no sizes, that is seen when it tells them and the mailbox is opened. */
    const int looks = sim.rewound && kind_on(world, KIND_COUNTS) ? 3 : 0;
    for (int i = 0; i < looks && !world->failed && sync_all(&worst) > 0; i++)
        ;
    for (int i = 0; i < 2; i++) {
        if (!world->failed && sync_all(&worst) > 0)
            violation(world, "a sync with nothing to do changed something");
        sim.server.status_mute = false;
    }
    int64_t before[SIM_CLIENTS] = {0};
    for (int i = 0; i < world->clients; i++)
        before[i] = journal_changes(sim.clients[i].journal);
    if (!world->failed && sync_all(&worst) > 0)
        violation(world, "a second sync with nothing to do changed something");
    for (int i = 0; i < world->clients; i++)
        if (journal_changes(sim.clients[i].journal) != before[i])
            violation(world, "a sync with nothing to do wrote %lld rows of the journal of client %d",
                      (long long)(journal_changes(sim.clients[i].journal) - before[i]), i);
}

#ifdef SIM_WATCHER
static void
be_quiet(void)
{
    sim.server.quota = 0;
    kinds_quiet(&sim);
}
#endif

void
history_run(struct history *history)
{
    struct world *world = &sim.world;

    begin(history);
#ifdef SIM_WATCHER
    (void)act;
    watcher_live(&sim, history, users_act, be_quiet);
#else
    for (int i = 0; i < history->actions && !world->failed; i++) {
        world->rng = rng_for(history->seed, (uint64_t)i + 1);
        if (!history->skip[i])
            act(i);
    }
#endif
    world->rng = rng_for(history->seed, 100000);
    if (!world->failed)
        converge(history);
    check_idempotence();
    history->failed = world->failed;
    memcpy(history->failure, world->failure, sizeof history->failure);
    history->hash = world->hash;
    history->syncs = sim.syncs;
    run_close(&sim);
}

#ifdef SIM_WATCHER
const char *const history_program = "sim_watch";
#else
const char *const history_program = "sim_golub";
#endif

bool
history_coverage(const struct coverage *coverage)
{
    coverage_head();
    for (int i = 0; i < STEP_KINDS; i++)
        coverage_print(coverage, (enum step_kind)i);
    return kinds_print(coverage);
}

bool
history_kinds(const char *list, bool without)
{
    return without ? kinds_forbid(list) : kinds_allow(list);
}

bool
history_profile(const char *name)
{
    (void)name;
    return false;
}
