/*
 * Histories whose runs come from the watcher's own loop: sync/watch/watch.c with pace, known and here decides when golub runs and what it is told.
 * What they stand on is put in: the session that is told of changes (sim_watcher_there.c), the events of the tree (sim_watcher_here.c), and here
 * the clock, and poll, in which time passes and people act.
 *
 * Laws beside those of all histories: once all is quiet and nothing but the poll is waited for, a run finds nothing to do.
 */
#include "tests/sim/sim_watcher.h"

#include "store/base/clock.h"
#include "sync/watch/machine.h"
#include "sync/watch/state.h"
#include "sync/watch/watch.h"
#include "tests/sim/sim_events.h"
#include "tests/sim/sim_watcher_here.h"
#include "tests/sim/sim_watcher_there.h"

#define POLL_S 3600
#define RESTS_MS 400000 /* no pause is so long; a sign of life is asked for after more */
#define TURNS_MOST 20000

static struct {
    struct sim *sim;
    struct history *history;
    void (*act)(void);
    void (*quiet)(void);
    int at, turns;
    int64_t part_ms;            /* of the world's second */
    bool on, still, died, over; /* all is quiet; the process died; the history is over */
    int status;                 /* of the last run */
    unsigned long marks;        /* that were written before it */
    bool running;
    const struct sync_named *named;
    size_t named_count;
} it;

/* ---- time ---- */

void __real_pace_init(struct pace *pace, int poll_s, uint64_t seed);
void __wrap_pace_init(struct pace *pace, int poll_s, uint64_t seed);

/* An address and the clock are in the real one. */
void
__wrap_pace_init(struct pace *pace, int poll_s, uint64_t seed)
{
    __real_pace_init(pace, poll_s, it.on ? it.history->seed : seed);
}

int64_t __real_clock_ms(void);
int64_t __wrap_clock_ms(void);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap___poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size);

int64_t
__wrap_clock_ms(void)
{
    return it.on ? it.sim->world.now * 1000 + it.part_ms : __real_clock_ms();
}

static void
pass(int64_t ms)
{
    struct world *world = &it.sim->world;

    it.part_ms += ms;
    world->now += it.part_ms / 1000;
    it.part_ms %= 1000;
    world->tick += ms >= 10;
    server_delayed(&it.sim->server, false);
}

static void
disturb(void)
{
    struct world *world = &it.sim->world;
    struct rng *rng = &world->rng;

    world->crash_after = rng_chance(rng, 50);
    world->lose_after = rng_chance(rng, 60);
    world->down = rng_chance(rng, 40);
    world->breaks_again = 60;
    if (rng_chance(rng, 50)) {
        world->aim = (enum step_kind)rng_below(rng, STEP_KINDS);
        world->aim_left = 1 + (int)rng_below(rng, 3);
        world->aim_lose = rng_chance(rng, 50);
    }
    if (rng_chance(rng, 60))
        world->interfere = 1 + (int)rng_below(rng, 12);
}

static void
act(void)
{
    struct world *world = &it.sim->world;
    const int number = it.at++;

    world->rng = rng_for(it.history->seed, (uint64_t)number + 1);
    if (it.history->skip[number])
        return;
    say(world, "%d.", number);
    pass(rng_below(&world->rng, 1500));
    kinds_between(it.sim, number);
    if (rng_chance(&world->rng, 75))
        it.act();
    if (rng_chance(&world->rng, 25))
        disturb();
    if (world->clients > 1 && rng_chance(&world->rng, 25) && !world->failed)
        (void)run_sync(it.sim, 1);
    if (rng_chance(&world->rng, 4) && !world->failed)
        (void)run_sync(it.sim, 0); /* by hand, beside the watcher */
}

/* What `golub keyword` was told goes up with the next run, whenever that is. */
static bool
is_judged_by_the_law(void)
{
    const struct world *world = &it.sim->world;

    return watcher_there_told_all() && !world->wished && (it.status == 0 || it.status == 1) && world->clients == 1 &&
           !it.sim->clients[0].confirm; /* the run by hand brings a word for what is held */
}

static void
begin_changes(struct world *world)
{
    world->changes = 0;
    it.marks = world->coverage->done[STEP_MARK];
}

/* Before a run asks once more for what the server refused, which refuses it again, it writes the mark; that is nothing. */
static unsigned long
changes_of(const struct world *world)
{
    const unsigned long marks = world->coverage->done[STEP_MARK] - it.marks;

    return world->changes > marks ? world->changes - marks : 0;
}

/* Nothing but the poll is waited for: a run by hand should find nothing. */
static void
rest(void)
{
    struct world *world = &it.sim->world;
    const bool law = is_judged_by_the_law();

    say(world, "  it rests, status %d", it.status);
    begin_changes(world);
    (void)run_sync(it.sim, 0);
    if (law && changes_of(world) != 0)
        violation(world, "the watcher waited for its poll with something left to do");
    it.over = true;
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    struct world *world = &it.sim->world;

    if (!it.on)
        return __real_poll(fds, count, timeout);
    if (it.turns++ > TURNS_MOST)
        violation(world, "the watcher turns and turns");
    if (world->failed)
        return 0;
    if (it.at < it.history->actions) {
        if (timeout < 0 || timeout > 5000 || rng_chance(&world->rng, 40))
            act();
        else
            pass(timeout);
        return 0;
    }
    if (!it.still) {
        it.still = true;
        world->interfere = world->aim_left = 0;
        server_delayed(&it.sim->server, true);
        it.quiet();
        return 0;
    }
    if (timeout < 0 || timeout > RESTS_MS)
        rest();
    else
        pass(timeout);
    return 0;
}

/* What glibc makes of it where it looks at sizes. */
int
__wrap___poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
    (void)size;
    return __wrap_poll(fds, count, timeout);
}

/* ---- machine, words ---- */

struct machine *
machine_new(int64_t (*slept_ms)(void))
{
    static char any;

    (void)slept_ms;
    return (struct machine *)(void *)&any;
}

void
machine_free(struct machine *machine)
{
    (void)machine;
}

size_t
machine_poll(const struct machine *machine, struct pollfd fds[static MACHINE_MOST])
{
    (void)machine, (void)fds;
    return 0;
}

void
machine_read(struct machine *machine, bool *slept, bool *network)
{
    (void)machine;
    *slept = *network = false;
}

void
state_init(struct watch_state *state, const struct account *account, struct report *report, int poll_s)
{
    (void)state, (void)account, (void)report, (void)poll_s;
}

void
state_running(struct watch_state *state)
{
    (void)state;
}

void
state_ended(struct watch_state *state, const struct pace *pace, const char *why, int64_t now_ms)
{
    (void)state, (void)pace, (void)why, (void)now_ms;
}

void
state_offline(struct watch_state *state, const struct pace *pace, const char *why, int64_t now_ms)
{
    (void)state, (void)pace, (void)why, (void)now_ms;
}

void
state_watching(struct watch_state *state, const struct there *there, const struct here *here)
{
    (void)state, (void)there, (void)here;
}

void
state_ways(struct watch_state *state, const struct there *there, const struct here *here)
{
    (void)state, (void)there, (void)here;
}

void
report_said(struct report *report, const char *account, int status, struct report_said *said)
{
    (void)report, (void)account, (void)status;
    const unsigned long acts = changes_of(&it.sim->world);

    *said = (struct report_said){.acts = acts, .came = acts};
}

/* ---- the loop's questions ---- */

static int
run_it(void *context, struct watch *watch, struct imap *session)
{
    struct client *client = &it.sim->clients[0];
    struct world *world = &it.sim->world;

    (void)context, (void)session;
    watch_names(watch, &it.named, &it.named_count);
    watch_began(watch);
    begin_changes(world);
    it.running = true;
    world->wished = false;
    say(world, "  the watcher runs%s", it.named_count != 0 ? ", told names:" : "");
    for (size_t i = 0; i < it.named_count; i++)
        say(world, "    %s/%s %s", it.named[i].folder, it.named[i].base, it.named[i].info);
    it.status = run_sync(it.sim, 0);
    it.running = false;
    it.died = it.status < 0;
    if (it.died)
        return 1;
    watch_ended(watch, client->journal);
    return it.status;
}

static void
nothing(void *context)
{
    (void)context;
}

static bool
was_asked(void *context)
{
    (void)context;
    return false;
}

static bool
is_stopped(void *context)
{
    (void)context;
    return it.died || it.over || it.sim->world.failed;
}

static bool
stands(void *context, int status)
{
    (void)context, (void)status;
    return false;
}

bool
watcher_names(const struct sync_named **named, size_t *count)
{
    *named = it.named;
    *count = it.named_count;
    return it.running;
}

void
watcher_live(struct sim *sim, struct history *history, void (*do_act)(void), void (*quiet)(void))
{
    static const struct account account = {.name = "sim", .watch = {.poll_s = POLL_S, .connections = 1}};
    static const struct connection connection;
    static const struct maildir_settings tree;
    const struct watch_task task = {.account = &account,
                                    .report = report_of(&sim->world),
                                    .connection = &connection,
                                    .tree = &tree,
                                    .run = run_it,
                                    .ready = nothing,
                                    .asked = was_asked,
                                    .stopped = is_stopped,
                                    .turned = nothing,
                                    .stands = stands,
                                    .wake = -1};
    struct rng rng = rng_for(history->seed, 300000);
    const unsigned kind = rng_below(&rng, 10);

    memset(&it, 0, sizeof it);
    it.sim = sim;
    it.history = history;
    it.act = do_act;
    it.quiet = quiet;
    watcher_here_begin(&sim->clients[0].maildir);
    watcher_there_begin(&sim->server, kind < 7   ? (sim->server.condstore ? THERE_NOTIFY : THERE_NOTIFY_FLAGLESS)
                                      : kind < 9 ? THERE_IDLE
                                                 : THERE_POLL);
    it.on = true;
    do {
        it.died = false;
        (void)watch_account(&task);
    } while (it.died && !sim->world.failed);
    it.on = false;
}
