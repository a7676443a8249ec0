/* One history of an import from its seed; see sim_import.h. */
#include "tests/sim/sim_import.h"
#include "tests/sim/sim_journal.h"

#include <assert.h>

#define DAY 86400
#define FULL_THERE 25 /* messages of the maildrop, where it is not a small one */
#define ROUNDS_MAX 8  /* of runs until nothing changes any more */

const char *const history_program = "sim_import";

static struct import_sim sim; /* one at a time */
static struct sim_tree backup;
static_assert(MET_ALL + (int)TROUBLE_ALL <= SIM_MET, "there is a counter for each");

static const char *const met_names[MET_ALL] = {
    [MET_RENUMBERED] = "all UIDLs changed",
    [MET_UIDL_REUSED] = "UIDL of a message that left",
    [MET_UIDL_REPEATED] = "run with repeated UIDLs",
    [MET_NO_UIDL] = "run without UIDLs",
    [MET_NO_UIDL_NO_TOP] = "... and without TOP",
    [MET_EQUAL_COPIES] = "equal copies",
    [MET_REMOVED_SAME_SESSION] = "DELE in the session of RETR",
    [MET_REMOVED_LATER] = "DELE in a later session",
    [MET_QUIT_CARRIED_OUT_UNANSWERED] = "QUIT carried out, not answered",
    [MET_QUIT_REFUSED] = "QUIT refused",
    [MET_REFUSED_RETR] = "RETR refused",
    [MET_REFUSED_DELE] = "DELE refused",
    [MET_HELD] = "removals held",
    [MET_RELEASED] = "held removal released",
    [MET_WRONG_ID] = "wrong ID",
    [MET_SKIPPED] = "recorded as had",
    [MET_TOO_BIG] = "larger than max-size",
    [MET_STOPPED] = "stopped by a signal",
    [MET_REOPENED] = "a line that broke was opened again",
    [MET_NO_ROOM] = "delivery that failed",
    [MET_UNSURE_FILE_TOUCHED] = "file moved before the journal knew",
    [MET_GONE_IN_SESSION] = "message gone in an open session",
    [MET_TEMPFAIL] = "command that failed",
};

static bool
chance(unsigned percent)
{
    return rng_chance(&sim.world.rng, percent);
}

static unsigned
below(unsigned end)
{
    return rng_below(&sim.world.rng, end);
}

static void
choose_server(struct maildrop_sim *drop)
{
    /* Names that can be relied on are what most troubles put in doubt. */
    drop->uidls = chance(sim.theme != 0 ? 70 : 45) ? UIDLS_UNIQUE : (enum drop_uidls)below(UIDLS_KINDS);
    drop->long_uidls = chance(20);
    drop->top = !chance(20);
    drop->capa = !chance(20);
    drop->pipelining = chance(50);
    drop->reorders = chance(30);
    drop->wrong_sizes = chance(25);
    drop->lax = chance(30);
    drop->refuses_retr = chance(15) ? 1 : 0;
    drop->refuses_dele = chance(15) ? 1 + (int)below(2) : 0;
    drop->flaky = chance(20) ? 5 + below(20) : 0;
    drop->quit_refused = chance(15) ? 30 : 0;
    drop->slow = chance(50);
}

static void
choose_keep(void)
{
    static const int keeps[] = {KEEP_FOREVER, 0, 0, 3, 30};
    sim.policy.keep_days = keeps[below(sizeof keeps / sizeof keeps[0])];
}

static void
choose_policy(void)
{
    sim.policy.deliver_to = sim.deliver_to == 0 ? "INBOX" : "Work";
    sim.policy.deliver_command = sim.command ? "deliver" : NULL;
    sim.policy.max_size = chance(15) ? 110 + below(120) : 0; /* some are longer by far */
    sim.policy.max_messages = chance(20) ? 1 + below(6) : 0;
    sim.policy.order = chance(50) ? ORDER_NEWEST : ORDER_OLDEST;
    sim.guard = !chance(20);
    profile_policy(&sim);
}

static void
say_policy(void)
{
    say(&sim.world, "  keep %d, max-size %d, max-messages %d, %s first, guard %s", sim.policy.keep_days,
        (int)sim.policy.max_size, (int)sim.policy.max_messages, sim.policy.order == ORDER_NEWEST ? "newest" : "oldest",
        sim.guard ? "on" : "off");
}

static void
begin(const struct history *history)
{
    static const char *const kinds[UIDLS_KINDS] = {"unique", "hashed", "re-used", "repeated", "no"};
    struct world *world = &sim.world;

    sim_journal_close(sim.journal);
    buffer_free(&sim.spool);
    free(sim.image);
    content_of_maildrop();
    memset(&sim, 0, offsetof(struct import_sim, maildir));
    memset(&sim.journal, 0, sizeof sim - offsetof(struct import_sim, journal));
    world->seed = history->seed;
    world->rng = rng_for(history->seed, 0);
    world->now = 1700000000;
    world->tick = 1;
    world->verbose = history->verbose;
    world->coverage = history->coverage;
    world->outside = import_outside;
    world->import = &sim;
    sim.met = history->coverage->met;
    sim.spool = buffer_new(1 << 20);
    maildrop_sim_init(&sim.drop, world);
    trouble_choose_theme(&sim);
    profile_choose(&sim);
    choose_server(&sim.drop);
    sim.layout = chance(30) ? LAYOUT_MAILDIRPP : LAYOUT_VERBATIM;
    sim.command = chance(20);
    sim.deliver_to = chance(25) ? 1 : 0;
    sim.host = "sim.example.org";
    sim.then = &backup;
    sim.full = FULL_THERE;
    maildir_sim_init(&sim.maildir, world, 0, sim.layout);
    trouble_choose(&sim);
    profile_server(&sim);
    if (chance(50)) { /* the folder of an IMAP account, say */
        sim.maildir.tree.root = true;
        for (int i = 0; i < SIM_MAILBOXES; i++)
            sim.maildir.tree.folder[i] = chance(70);
    }
    tally_init(&sim);
    check_session(&sim);
    import_sim_journal(&sim, NULL, 0);
    choose_keep();
    choose_policy();
    say(world, "profile %s", sim.profile->name);
    if (!profile_is_all(&sim))
        world->next_content = CONTENT_OF_PROFILE + 16 * (int)below(2);
    say(world, "seed %llu: %s UIDLs%s%s%s%s%s%s%s, RETR refused below %d, DELE below %d",
        (unsigned long long)history->seed, kinds[sim.drop.uidls], sim.drop.top ? "" : " no-TOP",
        sim.drop.capa ? "" : " no-CAPA", sim.drop.wrong_sizes ? " wrong-sizes" : "", sim.drop.flaky > 0 ? " flaky" : "",
        sim.drop.lax ? " lax" : "", sim.drop.quit_refused > 0 ? " refuses-QUIT" : "", sim.command ? ", a command" : "",
        sim.drop.refuses_retr, sim.drop.refuses_dele);
    say_policy();
    import_users_act(&sim, below(profile_is_all(&sim) ? 15 : 6));
}

/* ---- actions ---- */

static void
run(const char *how)
{
    char hold[16];

    sim.met[MET_NO_UIDL] += sim.drop.uidls == UIDLS_NONE;
    sim.met[MET_NO_UIDL_NO_TOP] += sim.drop.uidls == UIDLS_NONE && !sim.drop.top;
    sim.met[MET_UIDL_REPEATED] += sim.drop.uidls == UIDLS_REPEATED;
    sim.confirm = tally_held(&sim, hold) && chance(60);
    sim.no_room = !sim.command && chance(8) ? 30 : 0;
    sim.tempfail = sim.command && chance(30) ? 30 : 0;
    say(&sim.world, "  %s%s", how, sim.confirm ? ", held removals are confirmed" : "");
    (void)import_sim_run(&sim);
}

static void
run_disturbed(bool skip_existing)
{
    struct world *world = &sim.world;
    const unsigned what = below(100);

    if (chance(60))
        import_users_act(&sim, 1 + below(6));
    world->crash_after = chance(50);
    world->lose_after = chance(50);
    if (what < 25) {
        world->crash_at = 1 + below(1u << (1 + below(7)));
    } else if (what < 40) {
        world->lose_at = 1 + below(1u << (1 + below(6)));
    } else if (what < 85) { /* rare steps get their share */
        static const enum step_kind kinds[] = {STEP_COMMIT, STEP_DELIVER, STEP_FOLDER, STEP_LOGIN,
                                               STEP_UIDL,   STEP_LIST,    STEP_STAT,   STEP_TOP,
                                               STEP_RETR,   STEP_DELE,    STEP_QUIT,   STEP_HANDOVER};
        world->aim = kinds[below(sizeof kinds / sizeof kinds[0])];
        world->aim_left = 1 + (int)below(3);
        world->aim_lose = chance(50);
    } else {
        sim.stop_after = 1 + (int)below(12);
    }
    if (what >= 60)
        world->interfere = 1 + (int)below(15);
    sim.skip_existing = skip_existing;
    say(world, "  crash at %ld, line breaks at %ld, aim at %d. %s, stop at %d, %d %% outside", world->crash_at,
        world->lose_at, world->aim_left, step_name(world->aim), sim.stop_after, world->interfere);
    run(skip_existing ? "run that fetches nothing, disturbed" : "run, disturbed");
    if (!world->failed && chance(30))
        run("run again");
}

static void
server_changes(void)
{
    struct maildrop_sim *drop = &sim.drop;

    sim.doubt = true;
    if (drop->uidls == UIDLS_UNIQUE && chance(50)) {
        if (sim.beside)
            return;
        say(&sim.world, "  there: all UIDLs change");
        sim.met[MET_RENUMBERED]++;
        drop_renumber(drop, 100); /* and nothing of it is new mail */
        for (size_t i = 0; i < drop->count; i++)
            drop->messages[i].had = false; /* its header may not have been read yet */
    } else if (drop->uidls == UIDLS_UNIQUE) {
        if (sim.journal_lost || sim.shifted) /* without TOP nothing that is here is found */
            return;
        drop->top = !drop->top;
        say(&sim.world, "  there: TOP %s", drop->top ? "is back" : "is gone");
    } else if (!sim.shifted) {
        drop->wrong_sizes = !drop->wrong_sizes;
        drop->lied = true;
        say(&sim.world, "  there: LIST's sizes are %s", drop->wrong_sizes ? "wrong" : "right");
        tally_sizes(&sim);
    }
}

static void
account_changes(void)
{
    if (chance(70))
        choose_keep();
    if (chance(60))
        choose_policy();
    say_policy();
}

static void
wrong_id(void)
{
    const int64_t rows = journal_changes(sim.journal);
    const long session = sim.drop.session;

    say(&sim.world, "  run that confirms a list nobody made");
    sim.confirm = sim.wrong_id = true;
    (void)import_sim_run(&sim);
    sim.met[MET_WRONG_ID]++;
    if (journal_changes(sim.journal) != rows || sim.drop.session != session)
        violation(&sim.world, "a run with a wrong ID touched something");
}

static void
time_passes(void)
{
    sim.world.now += DAY * (int64_t)(1 + below(chance(50) ? 4 : 40));
    say(&sim.world, "  time passes");
    if (!profile_is_all(&sim)) /* what is not shown for a month is gone */
        sim.drop.windows = 0;
}

static void
act_of_profile(void)
{
    switch (profile_action(&sim)) {
    case ACTION_USERS:
        import_users_act(&sim, 1 + below(3));
        break;
    case ACTION_TROUBLE:
        trouble_act(&sim);
        break;
    case ACTION_DISTURBED:
        run_disturbed(false);
        break;
    case ACTION_ACCOUNT:
        account_changes();
        break;
    case ACTION_TIME:
        time_passes();
        break;
    case ACTION_SKIP:
        sim.skip_existing = true;
        run("run that fetches nothing");
        break;
    case ACTION_SERVER:
        server_changes();
        break;
    default:
        run("run");
    }
}

static void
act(int number)
{
    struct world *world = &sim.world;
    const unsigned what = below(100);

    say(world, "%d.", number);
    world->now += below(chance(50) ? 60 : 7200);
    world->tick += below(2);
    if (!profile_is_all(&sim)) {
        act_of_profile();
        return;
    }
    if (sim.theme != 0 && chance(20))
        trouble_act(&sim);
    if (what < 26) {
        import_users_act(&sim, 1 + below(5));
    } else if (what < 36) {
        trouble_act(&sim);
    } else if (what < 53) {
        run("run");
    } else if (what < 78) {
        run_disturbed(false);
    } else if (what < 82) {
        say(world, "  dry run");
        import_sim_dry(&sim);
    } else if (what < 88) {
        account_changes();
    } else if (what < 90) {
        run_disturbed(true);
    } else if (what < 91) {
        sim.skip_existing = true;
        run("run that fetches nothing");
    } else if (what < 96) {
        time_passes();
    } else if (what < 97) {
        wrong_id();
    } else {
        server_changes();
    }
}

/* ---- quiet ---- */

/* What a run did that somebody could see. */
static int
changes_of_a_run(void)
{
    const size_t files = sim.maildir.tree.count;
    char hold[16];
    int handed = 0;

    for (int i = 0; i < sim.world.next_content; i++)
        handed -= sim.tally[i].handed;
    sim.world.now += 60;
    sim.world.tick += 2;
    sim.confirm = tally_held(&sim, hold);
    say(&sim.world, "  run");
    (void)import_sim_run(&sim);
    for (int i = 0; i < sim.world.next_content; i++)
        handed += sim.tally[i].handed;
    return handed + (int)(sim.maildir.tree.count - files) + sim.drop.removed;
}

/* Run until nothing changes any more. */
static void
run_until_quiet(struct history *history)
{
    struct world *world = &sim.world;
    const struct maildrop_sim *drop = &sim.drop;
    char hold[16];
    int round = 0, changes = 1;

    while (!world->failed && round < ROUNDS_MAX &&
           (changes > 0 || (drop->top && tally_held(&sim, hold)) || round < 2)) {
        changes = changes_of_a_run() + tally_asks_again(&sim);
        round++;
    }
    history->rounds = round;
    if (world->failed)
        return;
    if (changes > 0)
        violation(world, "still changing after %d runs", round);
    /* Without TOP a word of the user changes nothing: what is held stays held. */
    const bool partial = drop->refuses_retr > 0 || drop->refuses_dele > 0 || !drop->top || tally_any_short(&sim) ||
                         trouble_any_odd(&sim) || drop->refuses_top > 0 || import_sim_any_cut(&sim);
    if (sim.status != 0 && !(sim.status == 1 && (partial || sim.one_mailbox || sim.circle)) &&
        !(sim.status == 3 && !drop->top))
        violation(world, "status %d although all is quiet", sim.status);
}

static void
converge(struct history *history)
{
    say(&sim.world, "quiet.");
    if (sim.world.now < sim.unread_until) /* what broke the line twice is asked for again */
        sim.world.now = sim.unread_until;
    if (tally_any_suspect(&sim))
        sim.world.now += (int64_t)2 * DAY;
    sim.drop.flaky = sim.drop.quit_refused = sim.drop.ignores = sim.drop.cuts = 0;
    sim.drop.windows = 0;
    sim.drop.lacks_lines = sim.drop.equal = false;
    sim.policy.max_messages = 0;
    if (chance(50))
        sim.drop.refuses_retr = sim.drop.refuses_dele = sim.drop.refuses_top = 0;
    run_until_quiet(history);
    if (!sim.world.failed)
        check_quiet(&sim, false);
    if (sim.world.failed || chance(50))
        return;
    say(&sim.world, "much later.");
    for (int i = 0; i < 8 && !sim.world.failed; i++) { /* time counts from run to run */
        sim.world.now += 6 * DAY;
        (void)changes_of_a_run();
    }
    run_until_quiet(history);
    if (!sim.world.failed)
        check_quiet(&sim, true);
}

/* Nothing is left to do: a run lists, asks for what it needs to tell messages apart, and changes nothing. */
static void
check_idempotence(void)
{
    struct world *world = &sim.world;
    const struct maildrop_sim *drop = &sim.drop;
    char hold[16];

    if (world->failed)
        return;
    world->now += 3700; /* time that counts is written down once an hour */
    (void)changes_of_a_run();
    if (world->failed)
        return;
    const int64_t rows = journal_changes(sim.journal);
    if (changes_of_a_run() > 0)
        violation(world, "a run with nothing to do changed something");
    if (drop->marks > 0)
        violation(world, "a run with nothing to do removed something");
    /* Equal names are told apart by headers, equal headers by bodies, in each run. */
    const bool compares = drop->uidls != UIDLS_UNIQUE && drop->uidls != UIDLS_REUSED;
    /* What its header does not name is read before each DELE, and some are refused for good. */
    if (drop->retrieved > drop->dele_refused + drop->retr_refused && !compares)
        violation(world, "a run with nothing to do fetched something");
    /* One that only its body tells apart is asked for until it is given. */
    if (drop->tops > drop->retr_refused && !sim.circle && !trouble_any_odd(&sim) && drop->refuses_top == 0 &&
        (drop->uidls == UIDLS_UNIQUE || drop->uidls == UIDLS_REUSED) && drop->refuses_dele == 0)
        violation(world, "a run with nothing to do asked for headers");
    /* What a server without TOP holds up is put on lists and released again, in vain. */
    const bool in_vain = !drop->top && (tally_held(&sim, hold));
    if (journal_changes(sim.journal) != rows && drop->retr_refused + drop->dele_refused == 0 && !in_vain)
        violation(world, "a run with nothing to do wrote %lld rows of the journal",
                  (long long)(journal_changes(sim.journal) - rows));
}

void
history_run(struct history *history)
{
    struct world *world = &sim.world;

    begin(history);
    for (int i = 0; i < history->actions && !world->failed; i++) {
        world->rng = rng_for(history->seed, (uint64_t)i + 1);
        if (!history->skip[i])
            act(i);
    }
    world->rng = rng_for(history->seed, 100000);
    if (!world->failed)
        converge(history);
    check_idempotence();
    history->failed = world->failed;
    memcpy(history->failure, world->failure, sizeof history->failure);
    history->hash = world->hash;
    history->syncs = (int)sim.runs;
}

/* ---- what all of them met ---- */

/* Steps on the line can also lose it; a crash can come at all. */
static bool
is_covered(const struct coverage *coverage, enum step_kind kind)
{
    const bool remote = kind >= STEP_LOGIN && kind <= STEP_QUIT;

    return coverage->done[kind] > 0 && coverage->crash_before[kind] > 0 && coverage->crash_after[kind] > 0 &&
           (!remote || (coverage->lost_before[kind] > 0 && coverage->lost_after[kind] > 0));
}

bool
history_coverage(const struct coverage *coverage)
{
    static const enum step_kind kinds[] = {STEP_COMMIT, STEP_DELIVER, STEP_FOLDER, STEP_LOGIN,
                                           STEP_STAT,   STEP_UIDL,    STEP_LIST,   STEP_TOP,
                                           STEP_RETR,   STEP_DELE,    STEP_QUIT,   STEP_HANDOVER};
    bool all = true;

    coverage_head();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        coverage_print(coverage, kinds[i]);
        all = is_covered(coverage, kinds[i]) && all;
    }
    for (int i = 0; i < MET_ALL; i++) {
        printf("%-36s %10lu\n", met_names[i], coverage->met[i]);
        all = coverage->met[i] > 0 && all;
    }
    for (int i = 0; i < TROUBLE_ALL; i++) {
        printf("%-36s %10lu\n", trouble_name((enum trouble)i), coverage->met[MET_ALL + i]);
        all = (coverage->met[MET_ALL + i] > 0 || !trouble_is_on((enum trouble)i)) && all;
    }
    return all;
}
