/* One run of the real import on the simulated stores. */
#include "tests/sim/sim_import_laws.h"

#include <assert.h>

#include "tests/sim/sim_journal.h"
#include "tests/sim/sim_local.h"

static int64_t
virtual_now(void *context)
{
    const struct import_sim *sim = context;

    return sim->world.now + sim->clock_off;
}

/* The linker gives this to the engine for the system's clock: how much of it a batch takes must not be chance. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static struct import_sim *running;

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    if (running != NULL && running->drop.slow)
        running->clock_ms += 50 + rng_below(&running->world.rng, 600);
    const int64_t ms = running == NULL ? 0 : running->clock_ms;
    *now = (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    return 0;
}

static bool
is_stopped(void *context)
{
    struct import_sim *sim = context;

    if (sim->stop_after > 0 && --sim->stop_after == 0)
        sim->was_stopped = true;
    return sim->was_stopped;
}

/* The line broke, and the run waits before it opens it again; or a signal ends the waiting. */
static void
wait_for_line(void *context, int seconds)
{
    struct import_sim *sim = context;

    sim->world.now += seconds;
    sim->was_stopped = sim->was_stopped || sim->world.crashed || rng_chance(&sim->world.rng, 40);
    if (sim->was_stopped)
        return;
    sim->world.lost = false; /* what comes of it is what comes of a run that nothing disturbed */
    sim->reopened = true;
    sim->met[MET_REOPENED]++;
}

/* A commit is a step like any other: the process can die on either side of it. */
static bool
on_commit(void *context, bool after)
{
    struct import_sim *sim = context;

    if (after) {
        for (int i = 0; i < sim->world.next_content; i++)
            sim->tally[i].since_commit = 0;
        check_counts(sim);
        world_stop(&sim->world);
        return true;
    }
    if (world_step(&sim->world, STEP_COMMIT, false) != FATE_BEFORE)
        return true;
    world_stop(&sim->world);
    return false;
}

void
import_sim_journal(struct import_sim *sim, const void *image, size_t size)
{
    struct error err = {0};
    struct journal *journal = sim_journal_open(image, size, &err);

    if (journal == NULL) {
        violation(&sim->world, "the journal can't be opened: %s", err.what);
        return;
    }
    sim_journal_close(sim->journal);
    sim->journal = journal;
    journal_on_commit(journal, on_commit, sim);
}

/* ---- the Maildir: what an import may do there, and nothing else ---- */

static struct import_sim *
sim_of(void *local)
{
    return ((struct maildir_sim *)local)->world->import;
}

static bool
is_forbidden(void *local, const char *what, struct error *err)
{
    violation(((struct maildir_sim *)local)->world, "an import %s", what);
    return local_dead(local, err);
}

static bool
no_mark(void *local, struct local_mark *mark, struct error *err)
{
    (void)mark;
    return is_forbidden(local, "writes a mark", err);
}

static bool
no_rename(void *local, struct local_rename *items, size_t count, struct error *err)
{
    (void)items, (void)count;
    return is_forbidden(local, "renames files", err);
}

static bool
no_move(void *local, struct local_move *items, size_t count, struct error *err)
{
    (void)items, (void)count;
    return is_forbidden(local, "moves files", err);
}

static bool
no_remove(void *local, struct local_removal *items, size_t count, struct error *err)
{
    (void)items, (void)count;
    return is_forbidden(local, "removes files", err);
}

static void
note_what_came(struct import_sim *sim, const struct local_delivery *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; items[i].ok && k < sim->maildir.tree.count; k++)
            if (strcmp(sim->maildir.tree.files[k].base, items[i].base) == 0) {
                struct tally *tally = &sim->tally[sim->maildir.tree.files[k].content];
                sim->came_in[sim->maildir.tree.files[k].content] = sim->drop.session;
                tally->cut -= tally->cut > 0;
            }
}

static bool
deliver(void *local, struct local_delivery *items, size_t count, struct error *err)
{
    static struct local_delivery some[LIMIT_BATCH * 2];
    static size_t at[LIMIT_BATCH * 2];
    struct import_sim *sim = sim_of(local);
    size_t left = 0;

    assert(count <= LIMIT_BATCH * 2);
    for (size_t i = 0; i < count; i++) {
        if (items[i].draft->mailbox != sim->deliver_to || items[i].flags != 0)
            violation(&sim->world, "delivered into folder %d with flags %x", items[i].draft->mailbox, items[i].flags);
        if (!sim->world.crashed && rng_chance(&sim->world.rng, sim->no_room)) {
            items[i].ok = items[i].taken = false;
            error_set(&items[i].err, ERROR_LOCAL, "deliver a message: no room");
            local_draft_free(local, items[i].draft);
            items[i].draft = NULL;
            sim->failures++;
            sim->met[MET_NO_ROOM]++;
        } else {
            at[left] = i;
            some[left++] = items[i];
        }
    }
    const bool done = batch_deliver(local, some, left, err);
    for (size_t i = 0; i < left; i++)
        items[at[i]] = some[i];
    note_what_came(sim, items, count);
    check_counts(sim);
    return done;
}

/* All folders are looked at: what is not here now is to be missed, whatever was here when the run began. */
static bool
folders(void *local, bool (*folder)(void *context, const char *folder), void *context, struct error *err)
{
    struct import_sim *sim = sim_of(local);

    sim->look_moment = ++sim->moment;
    return maildir_sim_local(&sim->maildir).ops->folders(local, folder, context, err);
}

static struct local
watched_local(struct import_sim *sim)
{
    static struct local_ops ops;
    const struct local local = maildir_sim_local(&sim->maildir);

    ops = *local.ops;
    ops.write_mark = no_mark;
    ops.rename = no_rename;
    ops.link = ops.unlink_moved = no_move;
    ops.remove = no_remove;
    ops.deliver = deliver;
    ops.folders = folders;
    return (struct local){&ops, local.self};
}

/* ---- the delivery command ---- */

static bool
command_begin(void *self, struct error *err)
{
    struct import_sim *sim = self;

    buffer_clear(&sim->spool);
    return !sim->world.crashed || local_dead(&sim->maildir, err);
}

static bool
command_write(void *self, const void *bytes, size_t len, struct error *err)
{
    struct import_sim *sim = self;

    if (!buffer_add(&sim->spool, bytes, len))
        abort();
    return !sim->world.crashed || local_dead(&sim->maildir, err);
}

static void
take(struct import_sim *sim, int content)
{
    say(&sim->world, "      the command takes #%d", content);
    sim->tally[content].handed++;
    sim->tally[content].since_commit++;
    check_counts(sim);
}

/* 75 and other words of a command that took nothing, and a kill that says nothing about it. */
static void
fail(struct import_sim *sim, int content, int *status, struct error *err)
{
    struct rng *rng = &sim->world.rng;

    sim->failures++;
    sim->met[MET_TEMPFAIL]++;
    *status = rng_chance(rng, 50) ? 75 : rng_chance(rng, 50) ? 1 : -1;
    say(&sim->world, "      the command fails with #%d: %d", content, *status);
    if (*status != -1)
        return;
    error_set(err, ERROR_LOCAL, "run the command: killed");
    if (rng_chance(rng, 50)) {
        sim->tally[content].excused++;
        sim->tally[content].handed++;
    }
}

static bool
command_run(void *self, int *status, struct error *err)
{
    struct import_sim *sim = self;
    struct world *world = &sim->world;
    const int content = content_find(sim->spool.at == NULL ? "" : sim->spool.at, sim->spool.len, NULL);

    if (world->crashed)
        return local_dead(&sim->maildir, err);
    if (content < 0)
        violation(world, "the command gets bytes nobody wrote (%zu)", sim->spool.len);
    world_between(world);
    const enum fate fate = content < 0 ? FATE_BEFORE : world_step(world, STEP_HANDOVER, false);
    if (fate == FATE_BEFORE)
        return local_dead(&sim->maildir, err);
    if (fate == FATE_GO && rng_chance(&world->rng, sim->tempfail)) {
        fail(sim, content, status, err);
        return true;
    }
    *status = 0;
    take(sim, content);
    return fate == FATE_GO || local_dead(&sim->maildir, err);
}

static void
command_drop(void *self)
{
    buffer_clear(&((struct import_sim *)self)->spool);
}

struct handover
import_sim_handover(struct import_sim *sim)
{
    return (struct handover){command_begin, command_write, command_run, command_drop, sim};
}

/* ---- a run ---- */

static bool
beside_knows(void *self, const char *base, bool *known, struct error *err)
{
    (void)err;
    *known = beside_sim_knows(self, base);
    return true;
}

/* What is here came through the import: the server of the account beside has only what was sent up. */
static bool
beside_had(void *self, const char *base, int64_t before, bool *had, struct error *err)
{
    const struct import_sim *sim = self;

    (void)base, (void)before, (void)err;
    *had = sim->one_mailbox;
    return true;
}

static int
run_engine(struct import_sim *sim, bool dry, struct journal *journal)
{
    static const struct direction all = {true, true, true, true, false};
    struct handover handover = import_sim_handover(sim);
    struct beside beside = {.knows = beside_knows, .had = beside_had, .account = "imap", .self = sim};
    const struct account account = {.name = "sim",
                                    .connection = {.scheme = SCHEME_POP3S, .host = (char *)sim->host, .user = "ana"},
                                    .maildir = sim->command ? NULL : "/sim/mail",
                                    .state = "/sim/state",
                                    .fsync = !sim->maildir.lazy,
                                    .import = sim->policy,
                                    .policy = {.pull = all,
                                               .push = all,
                                               .guard = sim->guard,
                                               .max_delete = 25,
                                               .quarantine_days = 30,
                                               .layout = sim->layout}};
    const struct sync_options options = {.dry_run = dry,
                                         .confirm = sim->confirm,
                                         .deletes_id = sim->confirm_id[0] == '\0' ? NULL : sim->confirm_id,
                                         .stopped = is_stopped,
                                         .stopped_context = sim,
                                         .now = virtual_now,
                                         .now_context = sim,
                                         .wait = wait_for_line,
                                         .wait_context = sim,
                                         .skip_existing = sim->skip_existing};

    sim->world.step = sim->world.steps = sim->world.remote_step = 0;
    sim->world.golub = true;
    running = sim;
    const int status = import_run(
        &account, &options, maildrop_sim_ops(&sim->drop), sim->command ? (struct local){0} : watched_local(sim),
        sim->command ? &handover : NULL, sim->beside ? &beside : NULL, journal, report_of(&sim->world));
    sim->world.golub = false;
    return status;
}

static void
save_image(struct import_sim *sim, void **image, size_t *size)
{
    struct error err = {0};

    if (!journal_image(sim->journal, image, size, &err))
        violation(&sim->world, "no image of the journal: %s", err.what);
}

/* The process is gone: only what was committed is left of the journal. */
static void
after_crash(struct import_sim *sim)
{
    struct journal_pop row;
    void *image = NULL;
    size_t size;

    journal_rollback(sim->journal);
    save_image(sim, &image, &size);
    if (image != NULL)
        import_sim_journal(sim, image, size);
    free(image);
    /* Of a row that is not absent nobody knows whether QUIT was answered. */
    for (size_t i = 0; i < sim->drop.count; i++) {
        struct drop_message *message = &sim->drop.messages[i];
        if (message->marked_in == sim->drop.session && (row_left(sim, message, &row) || row_of(sim, message, &row)) &&
            row.absent == 0)
            message->unread_since = false;
    }
    for (int i = 0; i < sim->world.next_content; i++) {
        sim->tally[i].excused += sim->tally[i].since_commit;
        sim->tally[i].since_commit = 0;
    }
    sim->world.crashed = sim->world.failed;
}

static void
count_what_was_met(struct import_sim *sim)
{
    const struct maildrop_sim *drop = &sim->drop;

    sim->met[MET_REFUSED_RETR] += drop->retr_refused > 0;
    sim->met[MET_REFUSED_DELE] += drop->dele_refused > 0;
    sim->met[MET_QUIT_REFUSED] += drop->quits_refused > 0;
    sim->met[MET_QUIT_CARRIED_OUT_UNANSWERED] += drop->unanswered > 0 && !sim->world.crashed;
    sim->met[MET_ALL + TROUBLE_IGNORE] += drop->ignores > 0 && drop->ignored > 0;
    sim->met[MET_STOPPED] += sim->was_stopped;
    sim->met[MET_HELD] += sim->status == 3;
}

/* A part of it may be all that is here: it is named for as long as it stays on the server. */
bool
import_sim_any_cut(const struct import_sim *sim)
{
    for (size_t i = 0; i < sim->drop.count; i++)
        if (sim->drop.messages[i].here && sim->drop.messages[i].was_cut)
            return true;
    return false;
}

/* A journal was lost, and for a while each run compares the files that no row knows. */
static bool
is_wide(const struct import_sim *sim)
{
    struct error err = {0};
    char *wide = NULL;
    const bool is = sim->unmet || !journal_get(sim->journal, "wide", &wide, &err) || wide != NULL;

    free(wide);
    return sim->journal_lost && is;
}

/* Do removals wait, since the account beside may have the same mailbox? */
static bool
may_wait_for_user(const struct import_sim *sim)
{
    return sim->one_mailbox || sim->circle;
}

/* Some failed, some refused: said by the exit status, and by no other where nothing broke. */
static void
check_status(struct import_sim *sim)
{
    const struct maildrop_sim *drop = &sim->drop;
    const bool partial =
        sim->failures + drop->retr_refused + drop->dele_refused + drop->top_refused + drop->quits_refused + drop->cut >
            0 ||
        sim->accident || import_sim_any_cut(sim) || tally_any_suspect(sim) || trouble_any_odd(sim) ||
        drop->refuses_top > 0 || may_wait_for_user(sim) || drop->lacks_now ||
        drop->lacked > 0 || /* what LIST has and UIDL does not name is not fetched, and said, in whichever session */
        ((sim->first || is_wide(sim)) && sim->world.interfered > 0); /* files of a meeting that moved */

    if (sim->away || (sim->moved && sim->status == 2))
        return;
    if (drop->lacked > 0 && sim->status == 0 && drop->uidls != UIDLS_NONE)
        violation(&sim->world, "some messages have no UIDL, and the status is 0");
    if (sim->wrong_id) {
        if (sim->status != 2)
            violation(&sim->world, "a wrong ID was accepted with status %d", sim->status);
    } else if (sim->status != 0 && sim->status != 3 &&
               !(sim->status == 1 && (partial || !drop->top || tally_any_short(sim)))) {
        violation(&sim->world, "a run that nothing disturbed ended with status %d", sim->status);
    }
    if (sim->status == 1 && sim->world.words == 0)
        violation(&sim->world, "status 1, and nobody is told why");
    if (sim->status == 0 && sim->world.errors > 0)
        violation(&sim->world, "an error is named, and the status is 0");
}

static void
end_of_run(struct import_sim *sim)
{
    struct world *world = &sim->world;

    world->crash_at = world->lose_at = 0;
    world->aim_left = 0;
    world->dying = world->lost = false;
    world->interfere = 0;
    world->tick++;
    sim->clock_off = 0;
    sim->moved = false;
    sim->skip_existing = sim->confirm = sim->wrong_id = sim->was_stopped = false;
    sim->confirm_id[0] = '\0';
    sim->stop_after = 0;
    sim->no_room = sim->tempfail = 0;
}

/* The folder that mail is delivered into is gone, and this journal's runs saw it. */
static bool
knows_folder(const struct import_sim *sim)
{
    struct error err = {0};
    struct journal_pop_folder *list = NULL;
    size_t count = 0;
    bool known = false;

    if (sim->command || sim->away || sim->maildir.tree.folder[sim->deliver_to] ||
        !journal_pop_folders(sim->journal, &list, &count, &err))
        return false;
    for (size_t i = 0; i < count; i++)
        known = known || strcmp(list[i].name, maildir_sim_folder(&sim->maildir, sim->deliver_to)) == 0;
    free(list);
    return known;
}

int
import_sim_run(struct import_sim *sim)
{
    struct world *world = &sim->world;
    struct maildrop_sim *drop = &sim->drop;

    drop->retrieved = drop->retr_refused = drop->top_refused = drop->dele_refused = drop->tops = drop->marks = 0;
    drop->removed = drop->unanswered = drop->quits_refused = drop->cut = drop->ignored = drop->lacked = sim->failures =
        0;
    check_begin(sim);
    world->interfered = 0;
    world->words = world->errors = 0;
    world->said_again = false;
    const bool sees_folder = knows_folder(sim);
    sim->reopened = false;
    sim->status = run_engine(sim, false, sim->journal);
    sim->runs++;
    if (world->said_again && !tally_any_removed(sim))
        violation(world, "a removal is said to be undone that nobody saw");
    if (sees_folder && drop->marks > 0)
        violation(world, "removed from the server although the deliver folder was gone");
    /* At the second break at one message that waits for a day. */
    if (sim->broke && sim->reopened)
        sim->unread_until = world->now + (int64_t)2 * 86400;
    const bool crashed = world->crashed, broken = crashed || world->lost || sim->was_stopped,
               disturbed = broken || world->now < sim->unread_until;
    sim->broke = disturbed && (sim->broke || world->lost);
    if (!crashed && (drop->line.open || sim->maildir.drafts != 0))
        violation(world, "a run left %s open", drop->line.open ? "its session" : "drafts");
    if (!disturbed)
        check_status(sim);
    else if (broken && !crashed &&
             (sim->status < 0 || (sim->status == 2 && !sim->moved) || sim->status == 4 || sim->status > 5))
        violation(world, "a disturbed run ended with status %d", sim->status);
    sim->maildir.drafts = 0;
    drop->line.open = false;
    if (crashed) {
        sim->status = -1;
        after_crash(sim);
    }
    for (size_t i = 0; disturbed && i < drop->count; i++) /* what was asked for, and not answered, nobody knows */
        drop->messages[i].ever_removed |= drop->messages[i].here && drop->messages[i].fetched_at != 0;
    say(world, "    status %d%s: %d fetched, %d removed", sim->status, disturbed ? " (disturbed)" : "", drop->retrieved,
        drop->removed);
    count_what_was_met(sim);
    /* Where files of a first meeting moved, what is new waits for the next run. */
    const bool waits = (sim->first || is_wide(sim)) && sim->status == 1 && world->interfered > 0;
    check_end(sim, !disturbed && !waits && (sim->status == 0 || sim->status == 1 || sim->status == 3));
    if (!disturbed && sim->status != 2) {
        sim->accident = sim->accident && sim->command; /* which looks at no files */
        sim->shifted = sim->shifted && (sim->status != 0 || sim->skip_existing);
        sim->blind = sim->unmet && sim->skip_existing; /* until one that compares */
        sim->unmet = sim->unmet && (tally_first(sim) || sim->blind);
    }
    end_of_run(sim);
    return sim->status;
}

void
import_sim_dry(struct import_sim *sim)
{
    struct world *world = &sim->world;
    struct error err = {0};
    void *image = NULL;
    size_t size;

    save_image(sim, &image, &size);
    struct journal *copy = sim_journal_open(image, size, &err);
    free(image);
    if (copy == NULL) {
        violation(world, "the journal's copy can't be opened: %s", err.what);
        return;
    }
    const size_t files = sim->maildir.tree.count, here = drop_here(&sim->drop);
    const bool root = sim->maildir.tree.root;
    sim->drop.marks = 0;
    const unsigned long handed = world->coverage->done[STEP_HANDOVER];
    (void)run_engine(sim, true, copy);
    sim_journal_close(copy);
    if (sim->drop.marks != 0 || drop_here(&sim->drop) != here || sim->maildir.tree.count != files ||
        sim->maildir.tree.root != root || world->coverage->done[STEP_HANDOVER] != handed)
        violation(world, "a dry run changed something");
    if (sim->maildir.drafts != 0 || sim->drop.line.open)
        violation(world, "a dry run left something open");
    end_of_run(sim);
}
