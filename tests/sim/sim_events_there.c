/* Events on the server: mailboxes that are renumbered, swapped, renamed, made again, away or called otherwise. */
#include "tests/sim/sim_events.h"

int
event_mailbox_there(struct sim *sim)
{
    const int start = (int)rng_below(dice(sim), SIM_MAILBOXES);

    /* Nobody takes away what the session has selected. */
    for (int i = 0; i < SIM_MAILBOXES; i++) {
        const int mailbox = (start + i) % SIM_MAILBOXES;
        if (sim->server.boxes[mailbox].exists && mailbox != sim->server.selected)
            return mailbox;
    }
    return -1;
}

void
event_put_there(struct sim *sim, int mailbox, int content, unsigned flags, int64_t date)
{
    uint32_t uid;

    if (content >= 0)
        ledger_touch(&sim->world, content, SIM_SERVER);
    if (content >= 0 && sim->server.boxes[mailbox].count < FULL &&
        server_add(&sim->server, mailbox, content, flags, 0, date, &uid))
        ledger_put(&sim->world, content, mailbox);
}

/* ---- mailboxes on the server ---- */

void
event_uidvalidity(struct sim *sim)
{
    const int mailbox = event_mailbox_there(sim);

    if (mailbox < 0)
        return;
    say(&sim->world, "  there: UIDVALIDITY of %s changes", server_mailbox_name(mailbox));
    server_reset_uidvalidity(&sim->server, mailbox);
    if (sim->rewound)
        ledger_renumbered(&sim->world, mailbox);
    kind_met(&sim->world, KIND_UIDVALIDITY);
    if (on(sim, KIND_FORGETS) && rng_chance(dice(sim), 60)) {
        say(&sim->world, "  there: ... and all flags in it are lost");
        server_forget_flags(&sim->server, mailbox);
        kind_met(&sim->world, KIND_FORGETS);
    }
}

void
event_forget_flags(struct sim *sim)
{
    const int mailbox = event_mailbox_there(sim);

    if (mailbox < 0)
        return;
    say(&sim->world, "  there: UIDVALIDITY of %s changes, and all flags in it are lost", server_mailbox_name(mailbox));
    server_reset_uidvalidity(&sim->server, mailbox);
    if (sim->rewound)
        ledger_renumbered(&sim->world, mailbox);
    server_forget_flags(&sim->server, mailbox);
    kind_met(&sim->world, KIND_FORGETS);
}

/* All messages of a mailbox are now in another one, by somebody's doing. */
static void
all_moved(struct sim *sim, const struct sim_mailbox *box, int from, int to)
{
    sim->world.renamed = sim->world.renamed || sim->server.identifies;
    for (int i = 0; sim->server.identifies && i < sim->world.next_content; i++)
        sim->world.ledger[i].moved = true;
    for (size_t i = 0; i < box->count; i++) {
        const int content = box->messages[i].content;
        if (!sim->server.identifies || from == 0 || to == 0)
            ledger_out(&sim->world, content, from);
        ledger_carry(&sim->world, content, from, to);
        ledger_flags(&sim->world, content, to, 0, box->messages[i].flags, true);
    }
}

static void
all_put(struct sim *sim, int mailbox)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        ledger_put(&sim->world, box->messages[i].content, mailbox);
}

/* Each client has yet to follow. */
static void
all_named(struct sim *sim)
{
    for (int c = 0; c < sim->world.clients; c++)
        sim->named[c] = true;
    kind_met(&sim->world, KIND_SWAPS);
}

static void
all_strayed(struct sim *sim, int mailbox)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = 0; sim->world.golub && i < box->count; i++)
        sim->world.ledger[box->messages[i].content].strayed[mailbox] = true;
}

/* What went astray in a mailbox goes along with its name. */
static void
all_stray_on(struct sim *sim, int from, int to)
{
    for (int i = 0; i < sim->world.next_content; i++) {
        bool *strayed = sim->world.ledger[i].strayed;

        strayed[from] = strayed[to] = strayed[from] || strayed[to];
    }
}

/* What a mailbox is must have been told before it gets another name: else nobody can know, and it is one that is gone and one that is new. */
static bool
is_known(const struct sim *sim, int mailbox)
{
    const unsigned all = (1u << sim->world.clients) - 1;

    return !sim->server.identifies || (mailbox != 0 && (sim->server.boxes[mailbox].id_told & all) == all);
}

/*
 * A folder that some client has under the new name, and that is not this mailbox's own from before, would be in the way: said, and left alone. Where the
 * server does not tell what a mailbox is, one that golub knows is another mailbox's, and one that it does not is in the way all the same.
 */
static bool
is_free_here(const struct sim *sim, int a, int b)
{
    for (int c = 0; c < sim->world.clients; c++)
        if (sim->clients[c].maildir.tree.folder[b] &&
            (sim->server.identifies ? sim->server.boxes[a].was_at[c] != b
                                    : event_mailbox_id(sim->clients[c].journal, b) == 0))
            return false;
    return true;
}

/*
 * The folder of a mailbox that some client left out is nobody's by now: it would be in the way of the other one, which is said until the user moves it. One
 * that is away would come back under the name that the other one's folder has then.
 */
static bool
is_left_out_here(const struct sim *sim, int mailbox)
{
    for (int c = 0; c < sim->world.clients; c++) {
        const bool left_out = sim->left_out[c][mailbox] ||
                              sim->clients[c].choice.left_out[mailbox]; /* by the run that is under way, too */

        if (sim->away_here[c][mailbox] || (left_out && sim->clients[c].maildir.tree.folder[mailbox]))
            return true;
    }
    return false;
}

/* The folder of a mailbox that is renamed comes back under its old name; and what its user moved out of it before is taken out of the new one. */
static bool
is_away_here(const struct sim *sim, int mailbox)
{
    for (int c = 0; c < sim->world.clients; c++)
        if (sim->away_here[c][mailbox])
            return true;
    return false;
}

/* Names change, UIDVALIDITY and UIDs go along. */
static void
swap_mailboxes(struct sim *sim)
{
    static struct sim_mailbox other;
    const int a = event_mailbox_there(sim), b = event_mailbox_there(sim);
    struct sim_mailbox *boxes = sim->server.boxes;

    if (a == b || a < 0 || b < 0 || !is_known(sim, a) || !is_known(sim, b) || is_left_out_here(sim, a) ||
        is_left_out_here(sim, b))
        return;
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < boxes[i == 0 ? a : b].count; k++)
            ledger_touch(&sim->world, boxes[i == 0 ? a : b].messages[k].content, SIM_SERVER);
    say(&sim->world, "  there: %s and %s are swapped", server_mailbox_name(a), server_mailbox_name(b));
    all_moved(sim, &boxes[a], a, b);
    all_moved(sim, &boxes[b], b, a);
    other = boxes[a];
    boxes[a] = boxes[b];
    boxes[b] = other;
    all_put(sim, a);
    all_put(sim, b);
    sim->world.exchanged |= sim->world.golub ? 1u << a | 1u << b : 0;
    all_stray_on(sim, a, b);
    all_strayed(sim, a);
    all_strayed(sim, b);
    all_named(sim);
}

/* One is renamed to a name that is free (or holds nothing), and made again, empty. */
static void
rename_mailbox(struct sim *sim)
{
    const int a = event_mailbox_there(sim), b = (int)rng_below(dice(sim), SIM_MAILBOXES);
    struct sim_mailbox *boxes = sim->server.boxes;

    if (a < 0 || a == b || b == sim->server.selected || sim->away_there[b] || (boxes[b].exists && boxes[b].count > 0) ||
        boxes[a].count == 0 || !is_known(sim, a) || !is_free_here(sim, a, b) || is_away_here(sim, a) ||
        (sim->server.identifies && boxes[b].exists))
        return;
    for (size_t k = 0; k < boxes[a].count; k++)
        ledger_touch(&sim->world, boxes[a].messages[k].content, SIM_SERVER);
    say(&sim->world, "  there: %s is renamed to %s and made again", server_mailbox_name(a), server_mailbox_name(b));
    all_moved(sim, &boxes[a], a, b);
    boxes[b] = boxes[a];
    boxes[a].exists = false;
    boxes[a].count = boxes[a].expunged_count = 0;
    server_create(&sim->server, a);
    all_put(sim, b);
    all_stray_on(sim, a, b);
    all_strayed(sim, b);
    all_named(sim);
}

/* It is deleted with all that is in it and made again, and somebody puts a part of it back. */
static void
remake_mailbox(struct sim *sim)
{
    static struct sim_mailbox old;
    const int a = event_mailbox_there(sim);
    struct sim_mailbox *box = &sim->server.boxes[a < 0 ? 0 : a];
    const unsigned share = rng_chance(dice(sim), 50) ? 100 : rng_below(dice(sim), 101);

    if (a < 0 || box->count == 0)
        return;
    say(&sim->world, "  there: %s is deleted and made again with %u %% of its mail", server_mailbox_name(a), share);
    old = *box;
    while (box->count > 0) {
        ledger_touch(&sim->world, box->messages[0].content, SIM_SERVER);
        server_remove(&sim->server, a, box->messages[0].uid);
    }
    box->exists = false;
    box->expunged_count = 0;
    server_create(&sim->server, a);
    const int was = sim->world.dress;
    for (size_t i = 0; i < old.count; i++) {
        if (rng_below(dice(sim), 100) >= share)
            continue;
        sim->world.dress = old.messages[i].dress; /* it is what it was */
        event_put_there(sim, a, old.messages[i].content, old.messages[i].flags, old.messages[i].date);
    }
    sim->world.dress = was;
    kind_met(&sim->world, KIND_SWAPS);
}

/* Some servers give it other numbers with another name. */
static void
renumber(struct sim *sim, int mailbox)
{
    if (sim->world.seed % 5 != 0)
        return;
    say(&sim->world, "    ... under another UIDVALIDITY");
    server_reset_uidvalidity(&sim->server, mailbox);
}

/* ... and its old name is none any more. */
static void
move_mailbox(struct sim *sim)
{
    const int a = event_mailbox_there(sim), b = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1);
    struct sim_mailbox *boxes = sim->server.boxes;

    if (a <= 0 || a == b || b == sim->server.selected || sim->away_there[b] || boxes[b].exists || !is_known(sim, a) ||
        !is_free_here(sim, a, b))
        return;
    for (size_t k = 0; k < boxes[a].count; k++)
        ledger_touch(&sim->world, boxes[a].messages[k].content, SIM_SERVER);
    say(&sim->world, "  there: %s is renamed to %s", server_mailbox_name(a), server_mailbox_name(b));
    all_moved(sim, &boxes[a], a, b);
    boxes[b] = boxes[a];
    boxes[a].exists = false;
    boxes[a].count = boxes[a].expunged_count = 0;
    renumber(sim, b);
    all_put(sim, b);
    kind_met(&sim->world, KIND_RENAMES);
}

void
event_rename_there(struct sim *sim)
{
    const unsigned what = rng_below(dice(sim), 6);

    if (what == 0)
        rename_mailbox(sim);
    else if (what == 1)
        swap_mailboxes(sim);
    else
        move_mailbox(sim);
}

void
event_swap(struct sim *sim)
{
    const unsigned what = rng_below(dice(sim), 3);

    if (what == 0)
        swap_mailboxes(sim);
    else if (what == 1)
        rename_mailbox(sim);
    else
        remake_mailbox(sim);
}

void
event_back_there(struct sim *sim, int mailbox)
{
    say(&sim->world, "  there: %s is back", server_mailbox_name(mailbox));
    sim->away_there[mailbox] = false;
    sim->server.boxes[mailbox].exists = true;
}

void
event_away_there(struct sim *sim)
{
    const int mailbox = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1);

    if (sim->away_there[mailbox]) {
        event_back_there(sim, mailbox);
    } else if (sim->server.boxes[mailbox].exists) {
        say(&sim->world, "  there: %s is away", server_mailbox_name(mailbox));
        sim->away_there[mailbox] = true;
        sim->server.boxes[mailbox].exists = false;
        kind_met(&sim->world, KIND_AWAY_THERE);
    }
}

void
event_separator(struct sim *sim)
{
    struct server *server = &sim->server;

    if (rng_chance(dice(sim), 40)) {
        server->encodes = !server->encodes;
        say(&sim->world, "  there: names are spelt %s", server->encodes ? "otherwise" : "plainly");
        kind_met(&sim->world, KIND_SEPARATOR);
        return;
    }
    server->separator = server->separator == '.' ? '/' : '.';
    if (rng_chance(dice(sim), 50))
        server->prefix = server->prefix[0] != '\0' ? "" : server->separator == '.' ? "INBOX." : "INBOX/";
    else
        server->prefix = server->prefix[0] == '\0' ? "" : server->separator == '.' ? "INBOX." : "INBOX/";
    say(&sim->world, "  there: the separator is %c now, the prefix \"%s\"", server->separator, server->prefix);
    kind_met(&sim->world, KIND_SEPARATOR);
}

void
event_counts(struct sim *sim)
{
    struct server *server = &sim->server;
    const int mailbox = event_mailbox_there(sim);
    const struct sim_mailbox *box = &server->boxes[mailbox < 0 ? 0 : mailbox];
    const int content =
        mailbox < 0 || box->count == 0 ? -1 : box->messages[rng_below(dice(sim), (unsigned)box->count)].content;

    switch (rng_below(dice(sim), 5)) {
    case 0:
    case 1:
        if (mailbox < 0)
            return;
        /* Where it counts one less and lists one less nobody can tell. */
        server->boxes[mailbox].phantoms = (int)rng_below(dice(sim), 4) - (server->unlisted == 0);
        say(&sim->world, "  there: %d more are counted in %s than there are", server->boxes[mailbox].phantoms,
            server_mailbox_name(mailbox));
        break;
    case 2:
        /* Counted for one that is gone, of which nobody told, nobody can miss it. Of twins each may be the hidden one. */
        if (content < 0 || (server->condstore && !server->qresync) || server_stands(server, content) != 1)
            return;
        for (int m = 0; m < SIM_MAILBOXES; m++)
            if (server->boxes[m].phantoms < 0)
                server->boxes[m].phantoms = 0;
        server->unlisted = content + 1;
        server->unlisted_for = 1 + (int)rng_below(dice(sim), 2) - server->connected; /* this session is one of them */
        for (int m = 0; m < SIM_MAILBOXES; m++)
            if (server_multiplicity(server, m, content) > 0)
                ledger_hidden(&sim->world, content, m);
        say(&sim->world, "  there: #%d is counted and not listed", content);
        break;
    case 3:
        if (content % 2 == 0 || server->spoiled.times != 0)
            server->undated = content + 1;
        else
            server->unsized = content + 1;
        say(&sim->world, "  there: #%d has %s", content,
            server->unsized == content + 1 ? "no size, and who asks for it is refused" : "neither size nor date");
        break;
    default:
        event_counts_right(sim);
        break;
    }
    kind_met(&sim->world, KIND_COUNTS);
}

void
event_counts_right(struct sim *sim)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        sim->server.boxes[m].phantoms = 0;
    sim->server.unlisted = sim->server.undated = sim->server.unsized = 0;
}
