/* What users and other clients really did with each message, and what golub may do because of it; see world.h. */
#include "tests/sim/sim_kinds.h"
#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_server.h"

void
ledger_add(struct world *world, int content)
{
    world->ledger[content].live++;
}

void
ledger_drop(struct world *world, int content)
{
    struct ledger *entry = &world->ledger[content];
    entry->live--;
    if (entry->live > 0 || !world->golub || world->inside)
        return;
    bool taken = false;
    for (int i = 0; world->renamed && i < SIM_MAILBOXES; i++) /* names changed: out of whichever */
        taken = taken || entry->out[i];
    for (int i = 0; !taken && i < SIM_MAILBOXES; i++)
        if (entry->put[i] && !entry->out[i] && !entry->strayed[i])
            violation(world, "loss: message #%d is nowhere any more, and nobody took it out of mailbox %d", content, i);
}

/* Files that somebody edited into this message: each is one of its own, whatever stands in the same mailbox elsewhere. */
static int
count_edited(const struct world *world, int content, int mailbox)
{
    int count = 0;

    for (int i = 0; i < world->clients; i++) {
        const struct sim_tree *tree = &world->maildirs[i]->tree;
        for (size_t k = 0; k < tree->count; k++)
            count += tree->files[k].mailbox == mailbox && tree->files[k].content == content &&
                     tree->files[k].original != content;
    }
    return count;
}

static int
count_on(const struct world *world, int content, int mailbox, int side)
{
    return side == SIM_SERVER ? server_multiplicity(world->server, mailbox, content)
                              : maildir_sim_multiplicity(world->maildirs[side], mailbox, content, false);
}

/* What the server lets anybody see. */
static int
count_shown(const struct world *world, int content, int mailbox)
{
    const struct sim_mailbox *box = &world->server->boxes[mailbox];
    int count = 0;

    for (size_t i = server_hidden(world->server, mailbox); i < box->count; i++)
        count += box->messages[i].content == content;
    return count;
}

/* The most on one side, over all mailboxes. */
static int
world_total(const struct world *world, int content)
{
    int most = 0;

    for (int side = SIM_SERVER; side < world->clients; side++) {
        int count = 0;
        for (int m = 0; m < SIM_MAILBOXES; m++)
            count += count_on(world, content, m, side);
        most = count > most ? count : most;
    }
    return most;
}

void
ledger_cross(struct world *world, int content, int mailbox)
{
    const int there = count_on(world, content, mailbox, SIM_SERVER);
    int all = there;

    for (int i = 0; world->clients > 1 && i < world->clients; i++) {
        const int here = count_on(world, content, mailbox, i);
        all += here > there ? here - there : 0;
    }
    if (all > there && all > world->ledger[content].most[mailbox])
        world->ledger[content].most[mailbox] = all;
}

/* Another client's command for the same message is still under way there. */
static bool
is_under_way(const struct world *world, int content, int mailbox)
{
    for (size_t i = 0; world->clients > 1 && i < world->server->delayed_count; i++)
        if (world->server->delayed[i].content == content && world->server->delayed[i].mailbox == mailbox)
            return true;
    return false;
}

/* What is under way stands there as well in the end: who puts the same message there meanwhile can't be told of it, and nobody can call it back. */
static int
count_coming(const struct world *world, int content, int mailbox)
{
    int count = count_on(world, content, mailbox, SIM_SERVER);

    for (size_t i = 0; i < world->server->delayed_count; i++)
        count += world->server->delayed[i].content == content && world->server->delayed[i].mailbox == mailbox;
    return count;
}

/* What is put there beside a run is new to it: all that stands on the other side may be on its way already, paired with nothing. */
static int
count_beside_run(const struct world *world, int content, int mailbox)
{
    return !world->golub
               ? 0
               : count_on(world, content, mailbox, SIM_SERVER) + count_on(world, content, mailbox, world->client);
}

/* What the server counts and does not list is not known to be what is put on the other side: they are two, for all that anybody can tell. */
static int
count_unlisted(const struct world *world, int content, int mailbox)
{
    int here = 0;

    if (world->server->unlisted != content + 1)
        return 0;
    for (int i = 0; i < world->clients; i++) {
        const int count = count_on(world, content, mailbox, i);
        here = count > here ? count : here;
    }
    return count_on(world, content, mailbox, SIM_SERVER) + here;
}

void
ledger_put(struct world *world, int content, int mailbox)
{
    struct ledger *entry = &world->ledger[content];
    /* In the middle of a run golub may be about to bring the same message there, and nobody can know of the other. */
    const int one = world_multiplicity(world, content, mailbox, true) + count_edited(world, content, mailbox) +
                    (world->golub || is_under_way(world, content, mailbox) ? 1 : 0);
    const int beside = count_beside_run(world, content, mailbox);
    const int unlisted = count_unlisted(world, content, mailbox), least = one > beside ? one : beside;
    const int coming = count_coming(world, content, mailbox), most = coming > unlisted ? coming : unlisted;
    const int now = least > most ? least : most;

    entry->moved = entry->moved || world->renamed; /* its folder's name may be one that the server has no more */
    entry->put[mailbox] = entry->put[mailbox] || world_multiplicity(world, content, mailbox, false) > 0;
    if (now > entry->most[mailbox])
        entry->most[mailbox] = now;
    const int total = world_total(world, content) + (world->golub ? 1 : 0);
    entry->total = total > entry->total ? total : entry->total;
}

void
ledger_put_another(struct world *world, int content, int mailbox)
{
    struct ledger *entry = &world->ledger[content];
    const int most = world_multiplicity(world, content, mailbox, true) + 1, total = world_total(world, content) + 1;

    entry->most[mailbox] = most > entry->most[mailbox] ? most : entry->most[mailbox];
    entry->total = total > entry->total ? total : entry->total;
}

bool
ledger_is_old_mail(const struct world *world, int content, int64_t date)
{
    const struct ledger *entry = &world->ledger[content];
    const int64_t apart = entry->sent_at > date ? entry->sent_at - date : date - entry->sent_at;

    return entry->sent && apart > 3600; /* what a server files is of the same hour */
}

void
ledger_hidden(struct world *world, int content, int mailbox)
{
    int *most = &world->ledger[content].most[mailbox];

    for (int i = 0; i < world->clients; i++) {
        const struct maildir_sim *maildir = world->maildirs[i];
        int all = count_on(world, content, mailbox, SIM_SERVER);
        for (size_t k = 0; k < maildir->tree.count; k++) {
            const struct sim_file *file = &maildir->tree.files[k];
            all += file->mailbox == mailbox && file->content == content && file->put > maildir->ended;
        }
        *most = all > *most ? all : *most;
    }
}

void
ledger_out(struct world *world, int content, int mailbox)
{
    world->ledger[content].out[mailbox] = true;
    for (int side = 0; side <= SIM_CLIENTS; side++)
        world->ledger[content].outs[side][mailbox]++;
}

void
ledger_removed_here(struct world *world, int content, int client)
{
    world->ledger[content].removals[client]++;
}

void
ledger_came_here(struct world *world, int content, int client, bool moved)
{
    world->ledger[content].moves++;
    world->ledger[content].torn[client] += moved && world->golub;
}

void
ledger_renamed_here(struct world *world, int content, int mailbox)
{
    world->ledger[content].moved = true;
    ledger_put(world, content, mailbox);
}

/* Names changed: what was taken out under one may go under another, but no more of it than was taken out under all. */
static int
count_left(const struct world *world, int content, int mailbox, int side)
{
    const struct ledger *entry = &world->ledger[content];
    int left = entry->outs[side + 1][mailbox] - entry->followed[side + 1][mailbox];

    for (int m = 0; world->renamed && m < SIM_MAILBOXES; m++)
        left += m == mailbox ? 0 : entry->outs[side + 1][m] - entry->followed[side + 1][m];
    return left;
}

void
ledger_went(struct world *world, int mailbox)
{
    for (int i = 0; world->inside && i < world->next_content; i++)
        world->ledger[i].unsure[mailbox] = world->ledger[i].unsure[mailbox] || world->ledger[i].unanswered[mailbox];
}

void
ledger_forget(struct world *world, int mailbox, int side)
{
    for (int i = 0; i < world->next_content; i++)
        world->ledger[i].outs[side + 1][mailbox] = world->ledger[i].followed[side + 1][mailbox];
}

bool
ledger_is_moved(const struct ledger *entry)
{
    int puts = 0, outs = 0;
    bool unsure = false;

    for (int i = 0; i < SIM_MAILBOXES; i++) {
        puts += entry->put[i];
        outs += entry->out[i];
        unsure = unsure || entry->unsure[i];
    }
    return entry->moved || (puts > 1 && (outs > 0 || unsure));
}

bool
ledger_was_marked(const struct world *world, int content, int mailbox)
{
    const struct ledger *entry = &world->ledger[content];
    unsigned given = entry->set[mailbox];

    for (int i = 0; ledger_is_moved(entry) && i < SIM_MAILBOXES; i++)
        given |= entry->set[i];
    return (given & FLAG_DELETED) != 0;
}

bool
ledger_expunges(const struct world *world, int content)
{
    unsigned given = 0;

    for (int i = 0; i < SIM_MAILBOXES; i++) /* golub's own mark is none of these */
        given |= world->ledger[content].set[i];
    return world->expunges && (given & FLAG_DELETED) != 0;
}

static bool
stands_elsewhere(const struct world *world, int content, int mailbox, int side)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (m != mailbox && count_on(world, content, m, side) > 0)
            return true;
    return false;
}

/* It stands there in a mailbox whose folder is away: as long as that is, it is nowhere here. */
static bool
stands_out_of_reach(const struct world *world, int content, int mailbox, int side)
{
    for (int m = 0; side != SIM_SERVER && m < SIM_MAILBOXES; m++)
        if (m != mailbox && (world->away_here[side] >> m & 1) != 0 && count_on(world, content, m, SIM_SERVER) > 0)
            return true;
    return false;
}

/* Once more than on the other side: one of them may go, and one stays. */
static bool
stands_beside(const struct world *world, int content, int mailbox, int side)
{
    const int other = count_on(world, content, mailbox, side == SIM_SERVER ? world->client : SIM_SERVER);

    return other > 0 && count_on(world, content, mailbox, side) > other;
}

void
ledger_forget_away(struct world *world, int mailbox, int client)
{
    for (int i = 0; i < world->next_content; i++)
        if (server_multiplicity(world->server, mailbox, i) == 0 && !stands_elsewhere(world, i, mailbox, SIM_SERVER))
            world->ledger[i].outs[client + 1][mailbox] = world->ledger[i].followed[client + 1][mailbox];
}

void
ledger_slid(struct world *world, int content, int mailbox, int client)
{
    const int here = count_on(world, content, mailbox, client), shown = count_shown(world, content, mailbox);
    const int hidden = count_on(world, content, mailbox, SIM_SERVER) - shown;
    const int followed = world->ledger[content].followed[client + 1][mailbox];
    const int slid = here - shown < hidden ? here - shown : hidden; /* files that never were there don't slide */
    int *outs = &world->ledger[content].outs[client + 1][mailbox];

    if (slid > 0 && *outs < followed + slid) {
        world->ledger[content].slid[client][mailbox] += followed + slid - *outs;
        *outs = followed + slid;
    }
}

void
ledger_unslid(struct world *world, int mailbox, int client)
{
    for (int i = 0; i < world->next_content; i++) {
        int *slid = &world->ledger[i].slid[client][mailbox], *outs = &world->ledger[i].outs[client + 1][mailbox];
        const int left = *outs - world->ledger[i].followed[client + 1][mailbox];

        if (*slid == 0 || count_shown(world, i, mailbox) < count_on(world, i, mailbox, client))
            continue;
        *outs -= left < 0 ? 0 : left < *slid ? left : *slid;
        *slid = 0;
    }
}

/* `expunge = true`, and somebody marked it: on whichever side, however many of it there are. */
static bool
is_marked(const struct world *world, int content, unsigned flags)
{
    return (flags & FLAG_DELETED) != 0 && ledger_expunges(world, content);
}

/* This mailbox, or another one in which it was put, was not looked at for a while. */
static bool
was_unseen(const struct world *world, int content, int mailbox)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        if ((world->unseen >> m & 1) != 0 && (m == mailbox || world->ledger[content].put[m]))
            return true;
    return false;
}

/* Names changed, perhaps in the middle of it: it is where it was to go. */
static bool
is_renamed(const struct world *world, int content, int mailbox, int side, const char *what)
{
    return world->renamed && (strncmp(what, "moves", 5) == 0 || stands_elsewhere(world, content, mailbox, side) ||
                              stands_elsewhere(world, content, mailbox, SIM_SERVER));
}

static bool
left_gone(const struct world *world, int content, int mailbox)
{
    return !world->server->boxes[mailbox].exists && stands_elsewhere(world, content, mailbox, SIM_SERVER);
}

/*
 * Its folder or mailbox is away, and it stands in another one: whether it was moved there or copied before that, nobody can tell. Out of a
 * mailbox that is away it can only be moved.
 */
static bool
may_have_left(const struct world *world, int content, int mailbox, int side, const char *what)
{
    if (side != SIM_SERVER)
        return strncmp(what, "moves", 5) == 0 && left_gone(world, content, mailbox);
    return (world->away_here[world->client] >> mailbox & 1) != 0 &&
           stands_elsewhere(world, content, mailbox, world->client);
}

/*
 * What was sent stands there for the server's copy that was fetched before it, or did before it moved on, or before others took the message away with both
 * files: that one goes, and nobody removed it.
 */
static bool
is_stood_for(const struct world *world, int content, int mailbox, int side, const char *what)
{
    const struct ledger *entry = &world->ledger[content];
    const int left = count_on(world, content, mailbox, SIM_SERVER) == 0 ? count_left(world, content, mailbox, side) : 0;

    return entry->sent && world->server->sent == mailbox + 1 && strncmp(what, "quarantines", 11) == 0 &&
           (stands_beside(world, content, mailbox, side) ||
            (left > 0 && count_on(world, content, mailbox, side) > left) ||
            (entry->followed[side + 1][mailbox] > 0 && stands_elsewhere(world, content, mailbox, side)));
}

void
ledger_may_follow(struct world *world, int content, int mailbox, int side, unsigned flags, const char *what)
{
    const struct ledger *entry = &world->ledger[content];

    if (is_marked(world, content, flags) || is_renamed(world, content, mailbox, side, what) ||
        may_have_left(world, content, mailbox, side, what))
        return;
    /* Perhaps it arrived, and went there: what others put there since can't be told from it. */
    if (entry->unsure[mailbox] && strncmp(what, "moves", 5) == 0 &&
        stands_elsewhere(world, content, mailbox, SIM_SERVER))
        return;
    /* It was sent to a mailbox that got another name right then: it goes to where its file is. */
    if (entry->strayed[mailbox] && stands_elsewhere(world, content, mailbox, world->client) &&
        (strncmp(what, "moves", 5) == 0 || stands_elsewhere(world, content, mailbox, SIM_SERVER)))
        return;
    /*
     * What stands elsewhere is moved, also where its mailbox was not looked at for a while: its old place follows, as a move, or as a
     * removal where the new place was seen before the old one.
     */
    const bool moved = was_unseen(world, content, mailbox) &&
                       (strncmp(what, "moves", 5) == 0 || stands_elsewhere(world, content, mailbox, side) ||
                        stands_out_of_reach(world, content, mailbox, side));
    /* What has the old bytes is what moved, where a file was saved anew with other lines; also to beside where that one stood. */
    if (entry->saved &&
        (stands_elsewhere(world, content, mailbox, side) || stands_beside(world, content, mailbox, side)))
        return;
    /* What is marked on two sides is one removal of either, and they may have crossed. */
    const int slack = world->expunges && world->clients > 1 && (entry->set[mailbox] & FLAG_DELETED) != 0;
    const int left = count_left(world, content, mailbox, side);
    /* Where a server swallows what it has already, one removal there is that of several files. */
    if (world->strict && !moved && !world->server->swallows_duplicates ? left + slack <= 0
                                                                       : left <= 0 && !entry->out[mailbox])
        violation(world, "golub %s #%d in mailbox %d, where nobody took it out", what, content, mailbox);
}

/* What is marked may go beside those that somebody took out, of which it may be one. All others follow, whatever their names show. */
static void
follow_marked(struct world *world, int content, int mailbox, int side)
{
    struct ledger *entry = &world->ledger[content];

    if (entry->followed[side + 1][mailbox] >= entry->outs[side + 1][mailbox])
        ledger_out(world, content, mailbox);
    for (int other = 0; other <= SIM_CLIENTS; other++) /* of whose folder, that was away, it was forgotten */
        if (entry->outs[other][mailbox] <= entry->followed[other][mailbox])
            entry->outs[other][mailbox] = entry->followed[other][mailbox] + 1;
}

void
ledger_ends_link(struct world *world, int content, int mailbox, int client)
{
    if (count_left(world, content, mailbox, client) <= 0)
        world->ledger[content].outs[client + 1][mailbox]++;
}

void
ledger_follows(struct world *world, int content, int mailbox, int side, unsigned flags, const char *what)
{
    struct ledger *entry = &world->ledger[content];

    /* A file that a backup lacks, and a copy of it somewhere: that is a move for all that anybody can tell. */
    if ((world->kinds & (KIND_BIT(KIND_TORN) | KIND_BIT(KIND_COPYING))) != 0 && strncmp(what, "moves", 5) == 0)
        return;
    if (is_stood_for(world, content, mailbox, side, what))
        return;
    ledger_may_follow(world, content, mailbox, side, flags, what);
    if (is_renamed(world, content, mailbox, side, what)) /* that counts as none of those that may go */
        return;
    if (may_have_left(world, content, mailbox, side, what) && count_left(world, content, mailbox, side) <= 0) {
        if (side == SIM_SERVER)
            ledger_out(world, content, mailbox); /* as if somebody had moved it, and so it is for the other clients */
        else
            entry->outs[side + 1][mailbox]++; /* its mailbox may come back with it */
    }
    if (is_marked(world, content, flags))
        follow_marked(world, content, mailbox, side);
    entry->followed[side + 1][mailbox]++;
}

void
ledger_removed(struct world *world, int content, int mailbox, int side)
{
    if (world->removed_count == SIM_REMOVED)
        return;
    world->removed[world->removed_count].content = content;
    world->removed[world->removed_count].mailbox = mailbox;
    world->removed[world->removed_count++].side = side;
}

void
ledger_back(struct world *world, int content, int mailbox, int side)
{
    int *followed = &world->ledger[content].followed[side + 1][mailbox];

    *followed -= *followed > 0;
}

void
ledger_uncarry(struct world *world, int client)
{
    for (int i = 0; i < world->next_content; i++)
        for (int m = 0; m < SIM_MAILBOXES; m++)
            for (int *carried = world->ledger[i].carried[client][m]; carried[0] + carried[1] > 0;
                 carried[carried[0] == 0]--)
                ledger_back(world, i, m, client);
}

void
ledger_backs_up(struct world *world, int client)
{
    for (int i = 0; i < world->next_content; i++)
        for (int m = 0; m < SIM_MAILBOXES; m++) {
            int *carried = world->ledger[i].carried[client][m];
            carried[1] = carried[0];
            carried[0] = 0;
        }
}

void
ledger_carry(struct world *world, int content, int from, int to)
{
    struct ledger *entry = &world->ledger[content];

    if (from == to)
        return;
    entry->moved = true; /* there and here it may be in two places for a while, and be given flags in both */
    if (world->expunges && ((entry->set[from] | entry->set[to]) & FLAG_DELETED) != 0)
        ledger_out(world, content, to);
    if (entry->most[to] > 0)
        entry->cleared[to] |= entry->set[to];
}

void
ledger_links(struct world *world, int content, int from, int to)
{
    if (left_gone(world, content, from) && server_multiplicity(world->server, to, content) > 0)
        ledger_carry(world, content, from, to);
}

void
ledger_trashed(struct world *world, int content, int from, int trash)
{
    ledger_carry(world, content, from, trash);
    world->ledger[content].put[trash] = true;
}

/*
 * More of it stand in another mailbox there than this client has in its folder: what came there has moved, as far as it can know. Of a mailbox
 * that was left out it knows nothing: its file there may be moved on before the next run, and leaves the message to this one.
 */
static bool
seems_moved(const struct world *world, int content, int mailbox, int client)
{
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        const int there = count_on(world, content, m, SIM_SERVER);
        const int here = (world->unseen >> m & 1) != 0 ? 0 : count_on(world, content, m, client);
        if (m != mailbox && there > here)
            return true;
    }
    return false;
}

void
ledger_renumbered(struct world *world, int mailbox)
{
    for (int c = 0; c < world->clients; c++) {
        const struct sim_tree *tree = &world->maildirs[c]->tree;
        for (size_t i = 0; i < tree->count; i++) {
            const struct sim_file *file = &tree->files[i];
            if (file->mailbox == mailbox && server_multiplicity(world->server, mailbox, file->content) == 0 &&
                seems_moved(world, file->content, mailbox, c))
                ledger_out(world, file->content, mailbox);
        }
    }
}

void
ledger_forgive(struct world *world)
{
    for (int i = 0; i < world->next_content; i++)
        for (int k = 0; k < SIM_MAILBOXES; k++) {
            const int now = world_multiplicity(world, i, k, true);
            struct ledger *entry = &world->ledger[i];
            ledger_forgive_flags(world, i, k);
            ledger_unkeyed(world, i, ~0u);
            world->ledger[i].spread++;
            if (world_multiplicity(world, i, k, false) == 0)
                ledger_out(world, i, k);
            else
                entry->put[k] = true;
            if (now > entry->most[k])
                entry->most[k] = now;
        }
}
