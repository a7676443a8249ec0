/* See sim_cast.h. */
#include "tests/sim/sim_cast.h"

const struct sim_message *
cast_message_of(struct sim *sim, int mailbox, int content)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content)
            return &box->messages[i];
    return NULL;
}

bool
cast_is_open(const struct sim *sim, const struct maildir_sim *maildir, int mailbox)
{
    return maildir->tree.folder[mailbox] && sim->server.boxes[mailbox].exists;
}

bool
cast_stands_once(struct sim *sim, const struct maildir_sim *maildir, int content)
{
    int here = 0, there = 0;

    for (int m = 0; m < SIM_MAILBOXES; m++) {
        here += maildir_sim_multiplicity(maildir, m, content, true);
        there += server_multiplicity(&sim->server, m, content);
    }
    return here == 1 && there == 1;
}

/* A client that has met the server, if there is any mail of which both have one. */
bool
cast_choose_client(struct sim *sim, struct cast *cast)
{
    *cast = (struct cast){.sim = sim, .client = (int)rng_below(dice(sim), (unsigned)sim->world.clients)};
    cast->maildir = &sim->clients[cast->client].maildir;
    return sim->world.met[cast->client] && cast->maildir->tree.mark.present && !sim->world.failed;
}

bool
cast_choose_message(struct sim *sim, struct cast *cast)
{
    struct sim_tree *tree;
    const unsigned start = rng_below(dice(sim), SIM_FILES), shift = rng_below(dice(sim), SIM_MAILBOXES - 1);

    if (!cast_choose_client(sim, cast))
        return false;
    tree = &cast->maildir->tree;
    for (size_t i = 0; i < tree->count; i++) {
        struct sim_file *file = &tree->files[(start + i) % tree->count];
        if (file->mailbox >= SIM_MAILBOXES || file->content != file->original ||
            file->content % 10 < sim->server.refuses || content_get(file->content)->digests.has_nul ||
            !cast_stands_once(sim, cast->maildir, file->content))
            continue;
        cast->file = file;
        cast->content = file->content;
        cast->from = file->mailbox;
        cast->message = cast_message_of(sim, cast->from, cast->content);
        if (cast->message != NULL &&
            cast->message < sim->server.boxes[cast->from].messages + server_hidden(&sim->server, cast->from))
            cast->message = NULL; /* out of view: the file is perhaps another one's */
        if (cast->message != NULL)
            break;
    }
    if (cast->message == NULL)
        return false;
    cast->to = (int)((unsigned)cast->from + 1 + shift) % SIM_MAILBOXES;
    return cast_is_open(sim, cast->maildir, cast->to) && sim->server.boxes[cast->to].count + 5 < FULL;
}

void
cast_flag_there(struct sim *sim, int content, unsigned add)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        for (size_t i = 0; i < sim->server.boxes[m].count; i++) {
            struct sim_message *message = &sim->server.boxes[m].messages[i];
            if (message->content != content)
                continue;
            server_set_flags(&sim->server, m, message, message->flags | add, message->keys);
            say(&sim->world, "  there: #%d in %s has flags %x", content, server_mailbox_name(m), message->flags);
        }
}

void
cast_arrive_there(struct sim *sim, int mailbox, int content)
{
    uint32_t uid;

    if (content < 0 || !sim->server.boxes[mailbox].exists || sim->server.boxes[mailbox].count >= FULL)
        return;
    ledger_touch(&sim->world, content, SIM_SERVER);
    if (!server_add(&sim->server, mailbox, content, 0, 0, content_get(content)->date, &uid))
        return;
    ledger_put(&sim->world, content, mailbox);
    say(&sim->world, "  there: #%d arrives in %s as UID %u", content, server_mailbox_name(mailbox), uid);
}

bool
cast_deliver_here(const struct cast *cast, int mailbox, int content, unsigned flags)
{
    struct sim *sim = cast->sim;

    if (content < 0 || !cast->maildir->tree.folder[mailbox])
        return false;
    ledger_touch(&sim->world, content, cast->client);
    if (!mua_deliver(cast->maildir, mailbox, content, flags, content_get(content)->date))
        return false;
    ledger_put(&sim->world, content, mailbox);
    say(&sim->world, "  here %d: #%d new in %s flags %x", cast->client, content, server_mailbox_name(mailbox), flags);
    return true;
}

int
cast_sync_after(const struct cast *cast, unsigned seconds)
{
    struct world *world = &cast->sim->world;

    world->now += seconds;
    world->tick += 2;
    server_delayed(&cast->sim->server, false);
    say(world, "  sync %d", cast->client);
    return world->failed ? -1 : run_sync(cast->sim, cast->client);
}

size_t
cast_kept_times(const struct maildir_sim *maildir, int content)
{
    size_t count = 0;

    for (size_t i = 0; i < maildir->quarantined; i++)
        count += maildir->quarantine[i].content == content;
    return count;
}

bool
cast_stands_here(const struct cast *cast)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (maildir_sim_multiplicity(cast->maildir, m, cast->content, false) > 0)
            return true;
    return false;
}
