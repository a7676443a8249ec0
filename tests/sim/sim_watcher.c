/*
 * Histories whose runs come from the watcher's own loop: sync/watch/watch.c with pace, known and here decides when golub runs and what it is told.
 * What they stand on is put in here: the session that is told of changes, the events of the tree, the clock, and poll, in which time passes and
 * people act.
 *
 * Laws beside those of all histories: once all is quiet and nothing but the poll is waited for, a run finds nothing to do.
 */
#include "tests/sim/sim_watcher.h"

#include "store/base/clock.h"
#include "store/imap/imap.h"
#include "store/maildir/watch.h"
#include "sync/watch/here.h"
#include "sync/watch/machine.h"
#include "sync/watch/state.h"
#include "sync/watch/there.h"
#include "sync/watch/watch.h"
#include "tests/sim/sim_events.h"

#define POLL_S 3600
#define RESTS_MS 400000 /* no pause is so long; a sign of life is asked for after more */
#define TURNS_MOST 20000

struct there {
    void (*told)(void *context, const struct known_told *told);
    void *context;
    bool listens, distrusted;
    bool has[SIM_MAILBOXES];
    struct known_numbers last[SIM_MAILBOXES];
};

struct maildir_watch {
    struct sim_tree then;
    uint64_t version[SIM_MAILBOXES];
};

static struct {
    struct sim *sim;
    struct history *history;
    void (*act)(void);
    void (*quiet)(void);
    int at, turns;
    int64_t part_ms;            /* of the world's second */
    enum there_by tells;        /* what this server offers */
    bool on, still, died, over; /* all is quiet; the process died; the history is over */
    int status;                 /* of the last run */
    bool running;
    const struct sync_named *named;
    size_t named_count;
    struct there there;
    struct maildir_watch tree;
} it;

/* ---- time ---- */

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

static bool
is_judged_by_the_law(void)
{
    const struct world *world = &it.sim->world;

    return it.tells == THERE_NOTIFY && !it.there.distrusted && it.status == 0 && world->clients == 1;
}

/* Nothing but the poll is waited for: a run by hand should find nothing. */
static void
rest(void)
{
    struct world *world = &it.sim->world;
    const bool law = is_judged_by_the_law();

    say(world, "  it rests, status %d", it.status);
    world->changes = 0;
    (void)run_sync(it.sim, 0);
    if (law && world->changes != 0)
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

/* ---- the server's side ---- */

struct there *
there_new(const struct account *account, const struct connection *connection,
          void (*told)(void *context, const struct known_told *told), void *context)
{
    (void)account, (void)connection;
    it.there = (struct there){.told = told, .context = context};
    return &it.there;
}

void
there_free(struct there *there)
{
    (void)there;
}

struct imap *
there_session(struct there *there)
{
    (void)there;
    return NULL;
}

void
imap_forget_alerts(struct imap *imap)
{
    (void)imap;
}

bool
there_choose(struct there *there, const struct journal_mailbox *list, size_t count)
{
    (void)there, (void)list, (void)count;
    return true;
}

/* @param all  as EXAMINE and NOTIFY SET STATUS answer; else what moved */
static void
tell(struct there *there, bool all)
{
    const struct server *server = &it.sim->server;

    for (int m = 0; m < SIM_MAILBOXES; m++) {
        const struct sim_mailbox *box = &server->boxes[m];
        const struct known_numbers now = {box->uidvalidity, server_uidnext(box, server->status_lags),
                                          server_exists(server, m), server->condstore ? box->modseq : 0};
        const bool inbox = m == 0, moved = memcmp(&now, &there->last[m], sizeof now) != 0;
        struct known_told told = {.has_messages = true, .numbers = now};
        char wire[200];

        if (it.tells == THERE_POLL || there->distrusted || (it.tells == THERE_IDLE && !inbox))
            continue;
        server_wire_name(server, m, wire, sizeof wire);
        told.mailbox = text_of(wire);
        told.changed = !all && (inbox || box->exists != there->has[m]);
        if (box->exists != there->has[m] || (box->exists && (all || moved)))
            there->told(there->context, &told);
        there->has[m] = box->exists;
        there->last[m] = now;
    }
}

bool
there_listen(struct there *there, struct error *err)
{
    (void)err;
    there->listens = true;
    tell(there, true);
    return true;
}

int64_t
there_due(const struct there *there)
{
    (void)there;
    return PACE_NEVER;
}

void
there_open_due(struct there *there)
{
    (void)there;
}

enum there_by
there_tells(const struct there *there)
{
    return !there->listens || there->distrusted ? THERE_POLL : it.tells;
}

void
there_distrust(struct there *there)
{
    there->distrusted = true;
}

bool
there_listens(const struct there *there)
{
    return there->listens;
}

size_t
there_poll(const struct there *there, struct pollfd fds[static THERE_MOST])
{
    (void)there, (void)fds;
    return 0;
}

bool
there_has_unread(const struct there *there)
{
    (void)there;
    return false;
}

bool
there_read(struct there *there, struct error *err)
{
    (void)err;
    tell(there, false);
    return true;
}

bool
there_refresh(struct there *there, int limit_ms, struct error *err)
{
    (void)limit_ms;
    return there_read(there, err);
}

void
there_pause(struct there *there)
{
    if (there->listens)
        tell(there, false);
    there->listens = false;
}

void
there_drop(struct there *there, bool goodbye)
{
    (void)goodbye;
    there->listens = false;
}

/* ---- the tree's side ---- */

static struct maildir_sim *
tree_of(void)
{
    return &it.sim->clients[0].maildir;
}

struct maildir *
maildir_new(const struct maildir_settings *settings)
{
    (void)settings;
    return (struct maildir *)(void *)tree_of();
}

struct local
maildir_local(struct maildir *maildir)
{
    return maildir_sim_local((struct maildir_sim *)(void *)maildir);
}

void
maildir_free(struct maildir *maildir)
{
    (void)maildir;
}

static void
note_tree(struct maildir_watch *watch)
{
    struct maildir_sim *maildir = tree_of();

    watch->then = maildir->tree;
    memcpy(watch->version, maildir->version, sizeof watch->version);
    maildir->told_count = 0;
}

struct maildir_watch *
maildir_watch_new(const struct maildir_settings *settings, struct error *err)
{
    (void)settings, (void)err;
    if (!tree_of()->tree.root)
        return NULL;
    note_tree(&it.tree);
    return &it.tree;
}

int
maildir_watch_descriptor(const struct maildir_watch *watch)
{
    (void)watch;
    return -1;
}

int
maildir_watch_look_ms(const struct maildir_watch *watch)
{
    (void)watch;
    return -1;
}

const char *
maildir_watch_why(const struct maildir_watch *watch)
{
    (void)watch;
    return NULL;
}

void
maildir_watch_free(struct maildir_watch *watch)
{
    (void)watch;
}

static bool
is_in(const struct sim_tree *tree, const struct sim_file *file)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->files[i].mailbox == file->mailbox && strcmp(tree->files[i].base, file->base) == 0 &&
            strcmp(tree->files[i].info, file->info) == 0)
            return true;
    return false;
}

bool
maildir_watch_read(struct maildir_watch *watch, void (*moved)(void *context, const char *folder),
                   void (*named)(void *context, const char *folder, const char *base, const char *info), void *context)
{
    struct maildir_sim *maildir = tree_of();
    const struct sim_tree *trees[2] = {&watch->then, &maildir->tree};

    if (!maildir->tree.root)
        return false;
    if (maildir->told_count == SIM_TOLD)
        moved(context, NULL);
    for (size_t i = 0; i < maildir->told_count; i++)
        named(context, maildir_sim_folder(maildir, maildir->told[i].mailbox), maildir->told[i].base,
              maildir->told[i].info);
    /* What a backup, or a folder that is away, does to names is told name by name, too. */
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; i < trees[t]->count; i++)
            if (trees[t]->files[i].mailbox < SIM_MAILBOXES && !is_in(trees[1 - t], &trees[t]->files[i]))
                named(context, maildir_sim_folder(maildir, trees[t]->files[i].mailbox), trees[t]->files[i].base,
                      trees[t]->files[i].info);
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        if (watch->then.folder[m] != maildir->tree.folder[m])
            named(context, maildir_sim_folder(maildir, m), NULL, NULL);
        if (watch->then.folder[m] != maildir->tree.folder[m] || watch->version[m] != maildir->version[m])
            moved(context, maildir_sim_folder(maildir, m));
    }
    note_tree(watch);
    return true;
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
    *said = (struct report_said){.acts = it.sim->world.changes, .came = it.sim->world.changes};
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
    world->changes = 0;
    it.running = true;
    say(world, "  the watcher runs%s", it.named_count != 0 ? ", told names" : "");
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
    it.tells = kind < 7   ? (sim->server.condstore ? THERE_NOTIFY : THERE_NOTIFY_FLAGLESS)
               : kind < 9 ? THERE_IDLE
                          : THERE_POLL;
    it.on = true;
    do {
        it.died = false;
        (void)watch_account(&task);
    } while (it.died && !sim->world.failed);
    it.on = false;
}
