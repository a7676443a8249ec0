/*
 * Profiles: a history is about a few kinds of trouble that come often, in a small maildrop, instead of a bit of everything. What needs the same
 * kind twice, or three kinds one after the other, is met so; a bit of everything meets it once in many thousands.
 */
#include "tests/sim/sim_import.h"

#define PROFILED 50 /* percent of the seeds; the others are about a bit of everything */
#define BIT(word) (1UL << TROUBLE_##word)

static unsigned
dice(struct import_sim *sim, unsigned below)
{
    return rng_below(&sim->world.rng, below);
}

static bool
chance(struct import_sim *sim, unsigned percent)
{
    return rng_chance(&sim->world.rng, percent);
}

/* A server that does what it says, with names of one kind; most have TOP. */
static void
plain_server(struct import_sim *sim, enum drop_uidls uidls)
{
    struct maildrop_sim *drop = &sim->drop;

    drop->uidls = uidls;
    drop->top = chance(sim, 92);
    drop->wrong_sizes = drop->lax = false;
    drop->refuses_retr = drop->refuses_dele = 0;
    drop->flaky = chance(sim, 20) ? 5 + dice(sim, 20) : 0;
    drop->quit_refused = 0;
    drop->cuts = drop->ignores = 0;
    sim->command = false;
    sim->beside = sim->one_mailbox = sim->maildir.lazy = false;
}

static void
unique_server(struct import_sim *sim)
{
    plain_server(sim, UIDLS_UNIQUE);
}

static void
reused_server(struct import_sim *sim)
{
    plain_server(sim, chance(sim, 75) ? UIDLS_REUSED : UIDLS_UNIQUE);
    sim->drop.wrong_sizes = chance(sim, 15);
}

static void
blind_server(struct import_sim *sim)
{
    plain_server(sim, chance(sim, 60) ? UIDLS_UNIQUE : (enum drop_uidls)dice(sim, UIDLS_KINDS));
    sim->drop.top = chance(sim, 30);
    sim->drop.capa = chance(sim, 50);
}

static void
lying_server(struct import_sim *sim)
{
    plain_server(sim, chance(sim, 50) ? UIDLS_UNIQUE : UIDLS_REUSED);
    sim->drop.wrong_sizes = chance(sim, 80);
}

static void
short_server(struct import_sim *sim)
{
    plain_server(sim, chance(sim, 70) ? UIDLS_UNIQUE : UIDLS_REUSED);
    sim->drop.cuts = 5 + dice(sim, 30);
}

static void
refusing_server(struct import_sim *sim)
{
    plain_server(sim, chance(sim, 60) ? UIDLS_UNIQUE : UIDLS_REUSED);
    sim->drop.refuses_retr = chance(sim, 40) ? 1 + (int)dice(sim, 3) : 0;
    sim->drop.refuses_top = chance(sim, 40) ? 1 + (int)dice(sim, 5) : 0;
    sim->drop.refuses_dele = chance(sim, 40) ? 1 + (int)dice(sim, 4) : 0;
    sim->drop.flaky = chance(sim, 60) ? 10 + dice(sim, 30) : 0;
    sim->drop.quit_refused = chance(sim, 50) ? 30 : 0;
    sim->drop.ignores = chance(sim, 40) ? 30 : 0;
}

static void
repeating_server(struct import_sim *sim)
{
    plain_server(sim, chance(sim, 50) ? UIDLS_REPEATED : chance(sim, 50) ? UIDLS_HASH : UIDLS_UNIQUE);
}

static void
lazy_server(struct import_sim *sim)
{
    plain_server(sim, UIDLS_UNIQUE);
    sim->maildir.lazy = true;
}

static void
server_beside(struct import_sim *sim)
{
    plain_server(sim, UIDLS_UNIQUE);
    sim->beside = true;
    sim->one_mailbox = chance(sim, 15);
    sim->copies = 0;
}

static void
crowded_server(struct import_sim *sim)
{
    plain_server(sim, UIDLS_UNIQUE);
    sim->drop.lax = chance(sim, 50);
    sim->drop.slow = true;
}

static void
removes_policy(struct import_sim *sim)
{
    static const int keeps[] = {0, 0, 0, 3, KEEP_FOREVER};

    sim->policy.keep_days = keeps[dice(sim, sizeof keeps / sizeof keeps[0])];
    sim->policy.max_size = 0;
    sim->policy.max_messages = chance(sim, 10) ? 1 + dice(sim, 3) : 0;
}

/* What is removed later than it came is what most rules are about. */
static void
late_policy(struct import_sim *sim)
{
    static const int keeps[] = {0, 3, 3, 3, 30, KEEP_FOREVER};

    sim->policy.keep_days = keeps[dice(sim, sizeof keeps / sizeof keeps[0])];
    sim->guard = chance(sim, 50);
    sim->policy.max_size = 0;
    sim->policy.max_messages = chance(sim, 10) ? 1 + dice(sim, 3) : 0;
}

/* What waits for a word. */
static void
guard_policy(struct import_sim *sim)
{
    sim->guard = chance(sim, 60);
}

static void
limits_policy(struct import_sim *sim)
{
    late_policy(sim);
    sim->policy.max_size = chance(sim, 70) ? 110 + dice(sim, 120) : 0;
    sim->policy.max_messages = chance(sim, 40) ? 1 + dice(sim, 3) : 0;
}

static const struct profile profiles[] = {
    {.name = "all", .always = true},
    {.name = "renumber",
     .troubles = BIT(RENUMBER) | BIT(SHIFT) | BIT(RESTORED) | BIT(EQUAL) | BIT(TOP) | BIT(COPIES),
     .weights = {22, 26, 22, 8, 6, 10, 2, 6},
     .few = 7,
     .arrive = 55,
     .leave = 25,
     .server = unique_server,
     .policy = late_policy},
    {.name = "reports",
     .troubles = BIT(SHIFT) | BIT(RESTORED) | BIT(TOP) | BIT(COPIES),
     .weights = {34, 12, 28, 8, 6, 9, 1, 2},
     .few = 6,
     .arrive = 48,
     .leave = 40,
     .server = reused_server,
     .policy = late_policy},
    {.name = "blind",
     .always = true,
     .troubles = BIT(RENUMBER) | BIT(RESTORED) | BIT(LOST) | BIT(OLD) | BIT(COPIES),
     .weights = {25, 20, 30, 8, 4, 4, 2, 7},
     .few = 6,
     .arrive = 55,
     .leave = 20,
     .server = blind_server},
    {.name = "lost",
     .troubles = BIT(LOST) | BIT(OLD) | BIT(BACKUP) | BIT(RENUMBER) | BIT(WINDOW) | BIT(COPIES),
     .weights = {23, 23, 26, 8, 5, 10, 4, 1},
     .few = 7,
     .arrive = 50,
     .leave = 15,
     .server = unique_server,
     .policy = late_policy},
    {.name = "sizes",
     .troubles = BIT(SIZES) | BIT(RENUMBER) | BIT(RESTORED) | BIT(COPIES),
     .weights = {25, 20, 26, 6, 5, 10, 3, 5},
     .few = 7,
     .arrive = 55,
     .leave = 25,
     .server = lying_server,
     .policy = late_policy},
    {.name = "limits",
     .always = true,
     .troubles = BIT(RENUMBER) | BIT(RESTORED) | BIT(SHIFT) | BIT(COPIES) | BIT(WINDOW),
     .weights = {24, 20, 26, 8, 7, 10, 2, 3},
     .few = 7,
     .arrive = 55,
     .leave = 25,
     .server = reused_server,
     .policy = limits_policy},
    {.name = "had",
     .troubles = BIT(RENUMBER) | BIT(RESTORED) | BIT(SHIFT) | BIT(LOST) | BIT(COPIES),
     .weights = {25, 18, 22, 6, 5, 8, 13, 3},
     .few = 7,
     .arrive = 55,
     .leave = 25,
     .server = reused_server,
     .policy = late_policy},
    {.name = "short",
     .troubles = BIT(CUT) | BIT(RENUMBER) | BIT(RESTORED),
     .weights = {25, 12, 35, 8, 6, 8, 2, 4},
     .few = 6,
     .arrive = 60,
     .leave = 15,
     .server = short_server,
     .policy = removes_policy},
    {.name = "refused",
     .always = true,
     .troubles = BIT(IGNORE) | BIT(RENUMBER) | BIT(RESTORED) | BIT(SHIFT) | BIT(COPIES),
     .weights = {26, 16, 32, 12, 6, 4, 2, 2},
     .few = 7,
     .arrive = 58,
     .leave = 18,
     .server = refusing_server,
     .policy = removes_policy},
    {.name = "odd",
     .troubles = BIT(ODD) | BIT(TOP) | BIT(RENUMBER) | BIT(EQUAL) | BIT(RESTORED) | BIT(COPIES),
     .weights = {22, 24, 25, 7, 5, 10, 3, 4},
     .few = 6,
     .arrive = 52,
     .leave = 22,
     .server = reused_server,
     .policy = late_policy},
    {.name = "damage",
     .always = true,
     .troubles = BIT(DAMAGE) | BIT(BACKUP) | BIT(COMMAND) | BIT(FOLDER),
     .weights = {24, 26, 28, 8, 6, 6, 1, 1},
     .few = 7,
     .arrive = 55,
     .leave = 8,
     .server = unique_server,
     .policy = removes_policy},
    {.name = "repeated",
     .always = true,
     .troubles = BIT(EQUAL) | BIT(LACKS) | BIT(TOP) | BIT(COPIES),
     .weights = {23, 18, 30, 8, 8, 9, 2, 2},
     .few = 7,
     .arrive = 55,
     .leave = 20,
     .server = repeating_server,
     .policy = late_policy},
    {.name = "power",
     .always = true,
     .troubles = BIT(POWER) | BIT(WINDOW) | BIT(FOLDER) | BIT(BACKUP),
     .weights = {25, 25, 26, 12, 4, 6, 1, 1},
     .few = 8,
     .arrive = 50,
     .leave = 10,
     .server = lazy_server,
     .policy = removes_policy},
    {.name = "beside",
     .always = true,
     .troubles = BIT(BESIDE) | BIT(LOST) | BIT(OLD) | BIT(RESTORED),
     .weights = {25, 25, 22, 16, 4, 4, 3, 1},
     .few = 8,
     .arrive = 50,
     .leave = 10,
     .server = server_beside,
     .policy = removes_policy},
    {.name = "days",
     .always = true,
     .troubles = BIT(CLOCK) | BIT(EQUAL) | BIT(WINDOW) | BIT(RESTORED) | BIT(FOLDER),
     .weights = {20, 18, 26, 6, 16, 14, 1, 1},
     .few = 10,
     .arrive = 55,
     .leave = 8,
     .server = unique_server,
     .policy = guard_policy},
    {.name = "crowd",
     .always = true,
     .troubles = BIT(BACKUP) | BIT(WINDOW) | BIT(LACKS) | BIT(FOLDER) | BIT(COPIES),
     .weights = {25, 12, 12, 38, 4, 6, 2, 1},
     .few = 9,
     .arrive = 40,
     .leave = 10,
     .server = crowded_server,
     .policy = removes_policy},
};

#define PROFILES (sizeof profiles / sizeof profiles[0])

static const struct profile *wanted;

bool
history_profile(const char *name)
{
    for (size_t i = 0; i < PROFILES; i++)
        if (strcmp(profiles[i].name, name) == 0)
            wanted = &profiles[i];
    return wanted != NULL;
}

void
profile_choose(struct import_sim *sim)
{
    struct rng rng = rng_for(sim->world.seed, 300000);

    sim->profile = wanted != NULL ? wanted : &profiles[0];
    if (wanted == NULL && rng_chance(&rng, PROFILED))
        do
            sim->profile = &profiles[rng_below(&rng, PROFILES)];
        while (!sim->profile->always);
    if (!profile_is_all(sim))
        sim->theme = sim->profile->troubles;
}

bool
profile_is_all(const struct import_sim *sim)
{
    return sim->profile == &profiles[0];
}

void
profile_server(struct import_sim *sim)
{
    const unsigned few = (unsigned)sim->profile->few;

    if (profile_is_all(sim))
        return;
    sim->profile->server(sim);
    sim->copies = trouble_is_theme(sim, TROUBLE_COPIES) ? 150 + dice(sim, 300) : 0;
    sim->full = 2 + (int)dice(sim, few);
}

void
profile_policy(struct import_sim *sim)
{
    if (sim->profile->policy != NULL)
        sim->profile->policy(sim);
}

enum profile_action
profile_action(struct import_sim *sim)
{
    unsigned all = 0, at;
    enum profile_action action = ACTION_USERS;

    for (int i = 0; i < ACTIONS; i++)
        all += sim->profile->weights[i];
    for (at = dice(sim, all); at >= sim->profile->weights[action]; action++)
        at -= sim->profile->weights[action];
    return action;
}
