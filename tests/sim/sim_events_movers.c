/*
 * Other programs on the same tree and the same mailboxes, in turn with golub: what they carry from one side to the other, and what mail readers
 * save, has lines of theirs, and so has what a server makes of what it is sent. No message may become two by that.
 */
#include "tests/sim/sim_events.h"

static int
dressed(int dress, enum dress as)
{
    return dress - dress % DRESS_DATED + (int)as;
}

/* Or golub is about to bring it there: two programs that send one file at one time send it twice, and neither can know of the other. */
static bool
stands_there(const struct sim *sim, int content)
{
    for (size_t i = 0; i < sim->server.delayed_count; i++)
        if (sim->server.delayed[i].content == content)
            return true;
    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (server_multiplicity(&sim->server, m, content) > 0)
            return true;
    return false;
}

static bool
stands_here(const struct maildir_sim *maildir, int content)
{
    for (size_t i = 0; i < maildir->tree.count; i++)
        if (maildir->tree.files[i].content == content || maildir->tree.files[i].original == content)
            return true;
    return false;
}

/* Somebody took it out of some mailbox: what this program does with that is its own state's affair. */
static bool
was_taken_out(const struct sim *sim, int content)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (sim->world.ledger[content].out[m])
            return true;
    return false;
}

static int
count_here(const struct maildir_sim *maildir, int content)
{
    int count = 0;

    for (int m = 0; m < SIM_MAILBOXES; m++)
        count += maildir_sim_multiplicity(maildir, m, content, true);
    return count;
}

/* What is new on the server, for all that this program can tell, comes here. */
static void
carry_down(struct sim *sim, struct maildir_sim *maildir, int mailbox)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = server_hidden(&sim->server, mailbox); i < box->count; i++) {
        const struct sim_message message = box->messages[i];
        if (stands_here(maildir, message.content) || was_taken_out(sim, message.content) ||
            content_is_rewritten(message.dress) ||
            !mua_deliver(maildir, mailbox, message.content, message.flags,
                         rng_chance(dice(sim), 50) ? message.date : sim->world.now))
            continue;
        maildir->tree.files[maildir->tree.count - 1].dress = dressed(message.dress, DRESS_MOVER);
        ledger_put(&sim->world, message.content, mailbox);
        say(&sim->world, "  here %d: another program carries #%d down to %s", maildir->client, message.content,
            server_mailbox_name(mailbox));
    }
}

/* ... and what is new here goes there. */
static void
carry_up(struct sim *sim, const struct maildir_sim *maildir, int mailbox)
{
    struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = 0; i < maildir->tree.count && box->count < FULL; i++) {
        const struct sim_file *file = &maildir->tree.files[i];
        unsigned shown;
        uint32_t uid;
        if (file->mailbox != mailbox || file->content != file->original || stands_there(sim, file->content) ||
            was_taken_out(sim, file->content) || maildir_sim_bytes(file)->digests.has_nul ||
            content_is_rewritten(file->dress) ||
            !server_add(&sim->server, mailbox, file->content, local_info_flags(file->info, &shown), 0, file->date,
                        &uid))
            continue;
        server_message(&sim->server, mailbox, uid)->dress = dressed(file->dress, DRESS_MOVER);
        ledger_put(&sim->world, file->content, mailbox);
        say(&sim->world, "  there: another program carries #%d up to %s as UID %u", file->content,
            server_mailbox_name(mailbox), uid);
    }
}

/* A mail reader writes the file anew, under a name of its own. */
static void
save(struct sim *sim, struct maildir_sim *maildir, struct sim_file *file, int to)
{
    const int content = file->content, from = file->mailbox;
    /* Another one that has these very bytes is what the file was, for all that anybody can tell. */
    const bool known = file->dress % DRESS_DATED != DRESS_PLAIN || count_here(maildir, content) > 1 ||
                       sim->server.window > 0; /* beyond the view nothing is moved there */

    ledger_touch(&sim->world, content, maildir->client);
    sim->world.ledger[content].taken |= 1u << file->dress;
    if (!mua_move(maildir, file, to, true))
        return;
    file->dress = dressed(file->dress, rng_chance(dice(sim), 70) ? DRESS_READER : DRESS_PLAIN);
    letters_sim_forgive(maildir, content, to, file->info); /* in other bytes nobody can tell where it was */
    /* Where the server rewrote it nothing says that what was saved is the same message: it may go, as one that was edited. */
    if (from != to || known || server_rewrote(&sim->server, content)) {
        ledger_out(&sim->world, content, from);
        ledger_put(&sim->world, content, to);
    }
    sim->world.ledger[content].saved = true;
    say(&sim->world, "  here %d: #%d in %s is saved to %s, with other lines", maildir->client, content,
        server_mailbox_name(from), server_mailbox_name(to));
}

void
event_other_program(struct sim *sim)
{
    struct maildir_sim *maildir = &sim->clients[rng_below(dice(sim), (unsigned)sim->world.clients)].maildir;
    const int mailbox = (int)rng_below(dice(sim), SIM_MAILBOXES);
    const bool open = maildir->tree.root && maildir->tree.folder[mailbox] && sim->server.boxes[mailbox].exists;

    if (rng_chance(dice(sim), 50)) {
        if (!open)
            return;
        carry_down(sim, maildir, mailbox);
        carry_up(sim, maildir, mailbox);
    } else {
        struct sim_file *file =
            maildir->tree.count == 0 ? NULL : &maildir->tree.files[rng_below(dice(sim), (unsigned)maildir->tree.count)];
        if (file == NULL || !open || file->mailbox >= SIM_MAILBOXES || file->content != file->original ||
            content_is_rewritten(file->dress))
            return;
        save(sim, maildir, file, mailbox);
    }
    kind_met(&sim->world, KIND_MOVERS);
}

/* Of several equal messages of a mailbox, as many on both sides, a UID and a file, which are one message for the other program; for golub seldom. */
static bool
choose_pair(struct sim *sim, struct maildir_sim *maildir, int mailbox, struct sim_file **file, uint32_t *uid)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];
    const size_t hidden = server_hidden(&sim->server, mailbox);
    const struct sim_message *message;
    int left;

    if (box->count <= hidden)
        return false;
    message = &box->messages[hidden + rng_below(dice(sim), (unsigned)(box->count - hidden))];
    *uid = message->uid;
    left = maildir_sim_multiplicity(maildir, mailbox, message->content, true);
    if (left < 2 || left != server_multiplicity(&sim->server, mailbox, message->content) ||
        content_is_rewritten(message->dress) || was_taken_out(sim, message->content))
        return false;
    left = (int)rng_below(dice(sim), (unsigned)left);
    for (size_t i = 0; i < maildir->tree.count; i++) {
        *file = &maildir->tree.files[i];
        if ((*file)->mailbox == mailbox && (*file)->content == message->content &&
            (*file)->original == message->content && left-- == 0)
            return true;
    }
    return false;
}

void
event_other_removal(struct sim *sim)
{
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);
    struct maildir_sim *maildir = &sim->clients[client].maildir;
    const int mailbox = (int)rng_below(dice(sim), SIM_MAILBOXES);
    struct sim_file *file;
    uint32_t uid;

    if (!maildir->tree.root || !maildir->tree.folder[mailbox] || !sim->server.boxes[mailbox].exists ||
        !choose_pair(sim, maildir, mailbox, &file, &uid))
        return;
    const int content = file->content;
    say(&sim->world, "  here %d: #%d in %s is removed, and another program takes UID %u there for it", client, content,
        server_mailbox_name(mailbox), uid);
    ledger_out(&sim->world, content, mailbox);
    ledger_follows(&sim->world, content, mailbox, SIM_SERVER, 0, "carries");
    ledger_follows(&sim->world, content, mailbox, client, 0, "carries");
    sim->world.ledger[content].carried[client][mailbox][0]++;
    mua_remove(maildir, file);
    server_expunge(&sim->server, mailbox, uid);
    kind_met(&sim->world, KIND_MOVERS);
}

void
event_left_behind(struct sim *sim)
{
    struct world *world = &sim->world;
    const struct rng was = world->rng;

    if (!on(sim, KIND_MOVERS))
        return;
    world->rng = rng_for(world->seed, 260000);
    for (int c = 0; c < world->clients; c++)
        for (size_t i = 0; i < sim->clients[c].maildir.tree.count; i++)
            if (rng_chance(dice(sim), 70)) {
                int *dress = &sim->clients[c].maildir.tree.files[i].dress;
                *dress = dressed(*dress, rng_chance(dice(sim), 70) ? DRESS_MOVER : DRESS_READER);
            }
    for (int m = 0; m < SIM_MAILBOXES; m++)
        for (size_t i = 0; i < sim->server.boxes[m].count; i++)
            if (rng_chance(dice(sim), 20)) {
                int *dress = &sim->server.boxes[m].messages[i].dress;
                *dress = dressed(*dress, DRESS_MOVER);
            }
    world->rng = was;
}
