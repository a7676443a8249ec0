/* Mailboxes that are renamed on a server that never says which one is which, and such that only look like one that was. */
#include "tests/sim/sim_events.h"

#define RUNS_MAX 12

/* Who has it, and knows it under this name from its last run. */
static bool
is_known_here(const struct sim *sim, int client, int a)
{
    const struct maildir_sim *maildir = &sim->clients[client].maildir;

    return sim->world.met[client] && maildir->tree.root && maildir->tree.mark.present && maildir->tree.folder[a] &&
           maildir->box[a] == sim->server.boxes[a].id && !sim->left_out[client][a];
}

/* Every client knows the message of this UID. */
static bool
is_old(const struct sim *sim, int a, uint32_t uid)
{
    bool all = true;

    for (int c = 0; c < sim->world.clients; c++)
        all = all && uid < sim->clients[c].maildir.next[a];
    return all;
}

static bool
has_old_mail(const struct sim *sim, int a)
{
    const struct sim_mailbox *box = &sim->server.boxes[a];

    return box->count > 0 && is_old(sim, a, box->messages[0].uid);
}

/* Nothing that a client has of it is gone there. */
static bool
has_all_old(const struct sim *sim, int a)
{
    for (int c = 0; c < sim->world.clients; c++) {
        const struct maildir_sim *maildir = &sim->clients[c].maildir;

        for (size_t i = 0; i < maildir->tree.count; i++)
            if (maildir->tree.files[i].mailbox == a && maildir->tree.files[i].put <= maildir->ended &&
                server_multiplicity(&sim->server, a, maildir->tree.files[i].content) == 0)
                return false;
        for (size_t i = 0; i < sim->server.boxes[a].expunged_count; i++)
            if (is_old(sim, a, sim->server.boxes[a].expunged[i].uid) &&
                sim->server.boxes[a].expunged[i].modseq > maildir->modseq[a])
                return false;
    }
    return true;
}

static bool
may_be_renamed(const struct sim *sim, int a, int b)
{
    bool may = sim->server.boxes[a].exists && !sim->server.boxes[b].exists && a != sim->server.selected &&
               b != sim->server.selected && has_old_mail(sim, a);

    for (int c = 0; c < sim->world.clients; c++)
        may = may && is_known_here(sim, c, a) && !sim->clients[c].maildir.tree.folder[b] && !sim->left_out[c][b];
    return may;
}

static void
touch_all(struct sim *sim, int mailbox)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        ledger_touch(&sim->world, box->messages[i].content, SIM_SERVER);
}

/* ---- renamed ---- */

static void
rename_it(struct sim *sim, int a, int b)
{
    struct sim_mailbox *boxes = sim->server.boxes;
    const bool all = has_all_old(sim, a);

    say(&sim->world, "  there: %s is renamed to %s, and nobody says so", server_mailbox_name(a),
        server_mailbox_name(b));
    touch_all(sim, a);
    for (size_t i = 0; i < boxes[a].count; i++) {
        ledger_out(&sim->world, boxes[a].messages[i].content, a);
        ledger_carry(&sim->world, boxes[a].messages[i].content, a, b);
        ledger_flags(&sim->world, boxes[a].messages[i].content, b, 0, boxes[a].messages[i].flags, true);
    }
    boxes[b] = boxes[a];
    if (all && rng_chance(dice(sim), 40)) { /* as Courier does, which gives UIDs anew */
        say(&sim->world, "    ... under another UIDVALIDITY");
        if (rng_chance(dice(sim), 50))
            boxes[b].uidvalidity = sim->server.next_uidvalidity++;
        else
            server_reset_uidvalidity(&sim->server, b);
    }
    boxes[a].exists = false;
    boxes[a].count = boxes[a].expunged_count = 0;
    for (size_t i = 0; i < boxes[b].count; i++)
        ledger_put(&sim->world, boxes[b].messages[i].content, b);
}

static void
choose_trouble(struct sim *sim)
{
    struct world *world = &sim->world;

    world->crash_after = rng_chance(dice(sim), 50);
    world->lose_after = rng_chance(dice(sim), 60);
    world->breaks_again = 20; /* what ends each line in which it is asked for is no evidence */
    if (!rng_chance(dice(sim), 60))
        return;
    world->aim = rng_chance(dice(sim), 50) ? STEP_FOLDER : rng_chance(dice(sim), 50) ? STEP_COMMIT : STEP_READ;
    world->aim_left = 1 + (int)rng_below(dice(sim), world->aim == STEP_FOLDER ? 2 : 8);
    world->aim_lose = world->aim == STEP_READ;
    world->down = world->aim_lose;
}

/*
 * Every client runs until it gets to its end. @param followed  the first one has moved the folder then. It may remove there all that another one knows
 * of the mailbox, and so all that tells: what is here of one that is gone stays until somebody removes it.
 */
static void
sync_all(struct sim *sim, int a, int b, bool followed)
{
    struct world *world = &sim->world;

    sim->quiet = true;
    for (int c = 0; c < world->clients && !world->failed; c++) {
        const struct sim_tree *tree = &sim->clients[c].maildir.tree;
        bool done = false;

        choose_trouble(sim);
        for (int i = 0; i < RUNS_MAX && !world->failed && !done; i++) {
            say(world, "  sync %d", c);
            check_forget(&sim->clients[c]);
            const int status = run_sync(sim, c);
            done = status == 0 || status == 3;
        }
        if (!world->failed && followed && c == 0 && (tree->folder[a] || !tree->folder[b]))
            violation(world, "%s was renamed to %s there, and its folder was not", server_mailbox_name(a),
                      server_mailbox_name(b));
        if (!world->failed && followed && tree->folder[a])
            event_remove_folder(sim, c, a);
    }
    sim->quiet = false;
}

/* ---- another one ---- */

enum likeness { TWIN, ONE_OTHER, ALL_OTHER, LOWER, LIKENESSES };

static void
put(struct sim *sim, int b, const struct sim_message *like, bool other)
{
    const int content = other ? world_new_content(&sim->world, false) : like->content;

    const unsigned flags = rng_chance(dice(sim), 30) ? like->flags ^ FLAG_FLAGGED : like->flags;

    if (content < 0)
        return;
    sim->server.boxes[b].uidnext = like->uid;
    event_put_there(sim, b, content, flags, other ? content_get(content)->date : like->date);
}

/* It is deleted, and another one made with its UIDVALIDITY, which is that of the second, or of all; and one of its name, which has another. */
static void
make_alike(struct sim *sim, int a, int b)
{
    static struct sim_mailbox old;
    struct sim_mailbox *boxes = sim->server.boxes;
    const enum likeness likeness = (enum likeness)rng_below(dice(sim), LIKENESSES);
    size_t count;

    old = boxes[a];
    count = likeness == LOWER ? old.count - 1 : old.count;
    const size_t odd = likeness == LOWER ? count : rng_below(dice(sim), (unsigned)count);
    if (count == 0 ||
        !is_old(sim, a, old.messages[odd].uid)) /* else it looks like all that somebody knows of that one */
        return;
    say(&sim->world, "  there: %s is deleted and made again, and %s is made with its UIDVALIDITY and %s",
        server_mailbox_name(a), server_mailbox_name(b),
        likeness == TWIN        ? "all its mail"
        : likeness == ONE_OTHER ? "all its mail but one"
        : likeness == ALL_OTHER ? "other mail"
                                : "its oldest mail");
    touch_all(sim, a);
    while (boxes[a].count > 0)
        server_remove(&sim->server, a, boxes[a].messages[0].uid);
    boxes[a].exists = false;
    boxes[a].expunged_count = 0;
    server_create(&sim->server, b);
    if (rng_chance(dice(sim), 70))
        boxes[b].uidvalidity = old.uidvalidity;
    else
        say(&sim->world, "    ... or with another one");
    for (size_t i = 0; i < count; i++)
        put(sim, b, &old.messages[i], likeness == ALL_OTHER || (likeness == ONE_OTHER && i == odd));
    if (likeness != LOWER)
        boxes[b].uidnext = old.uidnext;
    boxes[b].twin_of = likeness == TWIN ? old.id : 0;
    boxes[b].modseq = old.modseq + boxes[b].modseq;
    server_create(&sim->server, a);
}

void
event_unsaid(struct sim *sim)
{
    const int a = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1), b = a == 1 ? 2 : 1;

    if (!may_be_renamed(sim, a, b))
        return;
    kind_met(&sim->world, KIND_UNSAID);
    const bool renamed = rng_chance(dice(sim), 60);
    if (renamed)
        rename_it(sim, a, b);
    else
        make_alike(sim, a, b);
    sync_all(sim, a, b, renamed);
}
