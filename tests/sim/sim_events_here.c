/* Events on the disk: folders that are away, backups, copies of the tree, power cuts, a second state folder. */
#include "tests/sim/sim_events.h"

/* ---- folders here ---- */

static void
show_files(struct maildir_sim *maildir, int mailbox, int as)
{
    for (size_t i = 0; i < maildir->tree.count; i++)
        if (maildir->tree.files[i].mailbox == mailbox)
            maildir->tree.files[i].mailbox = as;
}

/* The row that golub has of it. @param id  of that one; 0: of the one that has the folder of that mailbox  @return false: none */
static bool
find_row(struct sim *sim, int client, int mailbox, int64_t id, struct journal_mailbox *to)
{
    const char *folder = maildir_sim_folder(&sim->clients[client].maildir, mailbox);
    struct journal_mailbox *rows = NULL;
    struct error err = {0};
    size_t count = 0;
    bool found = false;

    if (!journal_mailboxes(sim->clients[client].journal, &rows, &count, &err))
        return false;
    for (size_t i = 0; i < count && !found; i++) {
        found = id != 0 ? rows[i].id == id : strcmp(rows[i].folder, folder) == 0;
        if (found)
            *to = (struct journal_mailbox){.id = rows[i].id, .name = strdup(rows[i].name)};
    }
    journal_mailboxes_free(rows, count);
    return found;
}

static void
note_row(struct sim *sim, int client, int mailbox)
{
    struct journal_mailbox row = {0};

    sim->away_row[client][mailbox] = find_row(sim, client, mailbox, 0, &row) ? row.id : 0;
    free(row.name);
}

/* Another mailbox's folder stands in its place by now: who reads what its own is called since then brings it back under that name. */
static int
place_of(struct sim *sim, int client, int mailbox)
{
    const struct sim_tree *tree = &sim->clients[client].maildir.tree;
    const int64_t id = sim->away_row[client][mailbox];
    struct journal_mailbox row = {0};
    int place = mailbox;

    if (!tree->folder[mailbox] || id == 0 || !find_row(sim, client, mailbox, id, &row))
        return mailbox;
    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (strcmp(row.name, server_mailbox_name(m)) == 0 && !tree->folder[m] && !sim->away_here[client][m])
            place = m;
    free(row.name);
    return place;
}

void
event_back_here(struct sim *sim, int client, int mailbox)
{
    struct maildir_sim *maildir = &sim->clients[client].maildir;
    const int to = place_of(sim, client, mailbox);

    say(&sim->world, "  here %d: folder %s is back%s%s", client, server_mailbox_name(mailbox),
        to != mailbox ? " as " : "", to != mailbox ? server_mailbox_name(to) : "");
    sim->away_here[client][mailbox] = false;
    sim->world.away_here[client] &= ~(1u << mailbox);
    maildir->tree.folder[to] = true;
    for (size_t i = 0; i < maildir->tree.count; i++) {
        struct sim_file *file = &maildir->tree.files[i];
        if (file->mailbox == HIDDEN + mailbox && maildir_sim_base(maildir, to, file->base) != NULL)
            mua_new_base(maildir, file->base); /* the name was taken meanwhile */
    }
    show_files(maildir, HIDDEN + mailbox, to);
    for (size_t i = 0; i < maildir->tree.count; i++) /* into another one that was made meanwhile, and filled */
        if (maildir->tree.files[i].mailbox == to)
            ledger_put(&sim->world, maildir->tree.files[i].content, to);
    maildir_sim_touch(maildir, to);
}

void
event_remove_folder(struct sim *sim, int client, int mailbox)
{
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    say(&sim->world, "  here %d: folder %s is away", client, server_mailbox_name(mailbox));
    note_row(sim, client, mailbox);
    sim->away_here[client][mailbox] = true;
    sim->world.away_here[client] |= 1u << mailbox;
    maildir->tree.folder[mailbox] = false;
    show_files(maildir, mailbox, HIDDEN + mailbox);
    kind_met(&sim->world, KIND_AWAY_HERE);
}

void
event_away_here(struct sim *sim)
{
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);
    struct maildir_sim *maildir = &sim->clients[client].maildir;
    const int mailbox = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1);

    if (sim->away_here[client][mailbox]) {
        event_back_here(sim, client, mailbox);
    } else if (maildir->tree.folder[mailbox] && maildir->tree.mark.present) {
        event_remove_folder(sim, client, mailbox);
    }
}

/* ---- time and backups ---- */

void
event_days_pass(struct sim *sim)
{
    const int days = 1 + (int)rng_below(dice(sim), 20);

    say(&sim->world, "  %d days pass", days);
    sim->world.now += (int64_t)days * DAY;
    server_delayed(&sim->server, true);
    kind_met(&sim->world, KIND_DAYS);
}

/*
 * A backup program walked through the tree while the world moved on: each folder is as it was at one moment or another, and one file in
 * twenty had left when it was to be read. It is restored to a new disk, or in its place with the folders' times.
 */
void
event_restore_torn(struct sim *sim)
{
    static struct sim_tree torn;
    struct client *it = &sim->clients[rng_below(dice(sim), (unsigned)sim->world.clients)];
    const struct sim_tree *moments[3] = {&it->maildir.tree, &it->last, &it->older};
    const uint64_t *times[3] = {it->maildir.changed, it->last_changed, it->older_changed};
    uint64_t changed[SIM_MAILBOXES];

    /* Births that change again and again are no sign, and golub says so. */
    if (!it->has_older || !it->older.mark.present || it->restored)
        return;
    for (int i = 0; i < 3; i++)
        if (memcmp(moments[i]->folder, it->maildir.tree.folder, sizeof moments[i]->folder) != 0)
            return;
    torn = it->maildir.tree;
    torn.count = 0;
    torn.mark = moments[rng_below(dice(sim), 3)]->mark;
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        const unsigned moment = rng_below(dice(sim), 3);
        const struct sim_tree *from = moments[moment];
        changed[m] = times[moment][m];
        for (size_t i = 0; i < from->count; i++)
            if (from->files[i].mailbox == m && !rng_chance(dice(sim), 5))
                torn.files[torn.count++] = from->files[i];
    }
    it->restored = true;
    const bool in_place = rng_chance(dice(sim), 40);
    say(&sim->world, "  here %d: a backup that was read while the world moved is restored%s", it->maildir.client,
        in_place ? " in its place" : "");
    maildir_sim_restore(&it->maildir, &torn);
    if (in_place) { /* a tool that writes the mark anew is seen by that; one that does not leaves nothing to be seen */
        memcpy(it->maildir.changed, changed, sizeof changed);
        it->maildir.tree.mark.born = it->maildir.next_birth++;
    } else {
        maildir_sim_reborn(&it->maildir);
    }
    kind_met(&sim->world, KIND_TORN);
}

bool
event_is_copying(const struct client *client)
{
    for (size_t i = 0; i < client->maildir.tree.count; i++)
        if (client->maildir.tree.files[i].mailbox >= LATER)
            return true;
    return false;
}

void
event_copy_more(struct sim *sim, struct maildir_sim *maildir, unsigned share)
{
    for (size_t i = 0; i < maildir->tree.count; i++) {
        struct sim_file *file = &maildir->tree.files[i];
        const int mailbox = file->mailbox - LATER;
        if (mailbox < 0 || mailbox >= SIM_MAILBOXES || !rng_chance(dice(sim), share))
            continue;
        if (maildir_sim_base(maildir, mailbox, file->base) != NULL) { /* fetched again meanwhile, under its own name */
            maildir_sim_drop(maildir, file);
            i--;
            continue;
        }
        file->mailbox = mailbox;
        maildir_sim_touch(maildir, mailbox);
        letters_sim_renumbered(
            maildir, file); /* while it was away its message may have gone, with all that is known of its name */
        ledger_put(&sim->world, file->content, mailbox);
    }
}

/* The tree is copied to another disk, and not whole yet. */
void
event_copy_tree(struct sim *sim)
{
    struct client *it = &sim->clients[rng_below(dice(sim), (unsigned)sim->world.clients)];
    struct maildir_sim *maildir = &it->maildir;

    if (event_is_copying(it)) {
        say(&sim->world, "  here %d: more of the tree is copied", maildir->client);
        event_copy_more(sim, maildir, 60);
        return;
    }
    if (!maildir->tree.mark.present || it->restored || !sim->world.met[maildir->client])
        return;
    it->restored = true;
    say(&sim->world, "  here %d: the tree is being copied", maildir->client);
    for (size_t i = 0; i < maildir->tree.count; i++)
        if (maildir->tree.files[i].mailbox < SIM_MAILBOXES && rng_chance(dice(sim), 50))
            maildir->tree.files[i].mailbox += LATER;
    for (int m = 0; m < SIM_MAILBOXES; m++)
        maildir_sim_touch(maildir, m);
    maildir_sim_reborn(maildir);
    kind_met(&sim->world, KIND_COPYING);
}

void
event_cut_power(struct sim *sim)
{
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);

    say(&sim->world, "  here %d: the power fails", client);
    maildir_sim_power_cut(&sim->clients[client].maildir);
    for (int i = 0; i < sim->world.next_content; i++) /* what was nowhere else is lost, and not by golub */
        for (int m = 0; m < SIM_MAILBOXES; m++)
            if (world_multiplicity(&sim->world, i, m, true) == 0)
                sim->world.ledger[i].out[m] = true;
    kind_met(&sim->world, KIND_POWER);
}

/* One that no run has written into has nothing to lose. */
static bool
is_journal_new(struct journal *journal)
{
    struct journal_mailbox *mailboxes;
    struct error err = {0};
    size_t count = 0;

    if (!journal_mailboxes(journal, &mailboxes, &count, &err))
        return true;
    journal_mailboxes_free(mailboxes, count);
    return count == 0;
}

/* Another state folder, on the same Maildir (cron, with another home): it takes the tree over, and the first one is refused. */
void
event_use_other_state(struct sim *sim)
{
    struct world *world = &sim->world;
    const int client = (int)rng_below(dice(sim), (unsigned)world->clients);
    struct client *it = &sim->clients[client];
    void *images[2] = {NULL, NULL};
    size_t sizes[2];
    struct error err = {0};

    if (!it->maildir.tree.mark.present || !world->met[client] || is_journal_new(it->journal) ||
        !journal_image(it->journal, &images[0], &sizes[0], &err))
        return;
    say(world, "  here %d: golub runs with another state folder", client);
    letters_sim_forget(sim, client);
    action_lose_journal(sim, client);
    for (int i = 0; i < world->next_content; i++)
        world->ledger[i].spread++; /* as where a journal is lost */
    run_open_journal(sim, client, NULL, 0);
    check_forget(it);
    if (rng_chance(dice(sim), 40)) {
        world->aim = rng_chance(dice(sim), 50) ? STEP_MARK : STEP_COMMIT;
        world->aim_left = 1 + (int)rng_below(dice(sim), 4);
        world->aim_lose = false;
        world->crash_after = rng_chance(dice(sim), 50);
        (void)run_sync(sim, client);
        check_forget(it);
    }
    const int status = run_sync(sim, client);
    if (status == 2 && it->choice.confirm_id == NULL)
        violation(world, "a state folder that was cut off while it took the Maildir over is refused");
    if (!world->failed && journal_image(it->journal, &images[1], &sizes[1], &err)) {
        say(world, "  here %d: and with its first one", client);
        run_open_journal(sim, client, images[0], sizes[0]);
        check_forget(it);
        world->changes = 0;
        sim->refusals = true;
        const int again = run_sync(sim, client);
        sim->refusals = false;
        if (!world->failed && (status == 0 || status == 1 || status == 3) && (again != 2 || world->changes != 0))
            violation(world,
                      "a state folder that lost its Maildir to another one ended with status %d, and %lu changes",
                      again, world->changes);
        run_open_journal(sim, client, images[1], sizes[1]);
    }
    free(images[0]);
    free(images[1]);
    free(it->last_image);
    free(it->older_image);
    it->last_image = it->older_image = NULL;
    kind_met(world, KIND_STATES);
}
