/* Events with files and messages: new names, copies, many removals, equal headers. */
#include "tests/sim/sim_events.h"

/* ---- files and messages ---- */

void
event_rename_new_file(struct sim *sim)
{
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    for (size_t i = maildir->tree.count; i > 0; i--) { /* the youngest first */
        struct sim_file *file = &maildir->tree.files[i - 1];
        if (file->mailbox >= HIDDEN || file->content != file->original || rng_chance(dice(sim), 40))
            continue;
        say(&sim->world, "  here %d: #%d in %s gets another name", client, file->content,
            server_mailbox_name(file->mailbox));
        mua_move(maildir, file, file->mailbox, true);
        kind_met(&sim->world, KIND_NAMES);
        return;
    }
}

/* A message is marked on the server, and a file of it that shows nothing of that is copied. */
void
event_copy_marked(struct sim *sim)
{
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    if (maildir->tree.count == 0)
        return;
    struct sim_file *file = &maildir->tree.files[rng_below(dice(sim), (unsigned)maildir->tree.count)];
    const int content = file->content, to = (int)rng_below(dice(sim), SIM_MAILBOXES);
    if (file->mailbox >= HIDDEN || content != file->original || !maildir->tree.folder[to])
        return;
    struct sim_mailbox *box = &sim->server.boxes[file->mailbox];
    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content && rng_chance(dice(sim), 70))
            server_set_flags(&sim->server, file->mailbox, &box->messages[i],
                             box->messages[i].flags | (rng_chance(dice(sim), 50) ? FLAG_DELETED : FLAG_FLAGGED),
                             box->messages[i].keys);
    ledger_touch(&sim->world, content, client);
    if (!mua_copy(maildir, file, to))
        return;
    struct sim_file *copy = &maildir->tree.files[maildir->tree.count - 1];
    if (rng_chance(dice(sim), 60))
        mua_back_to_new(maildir, copy);
    say(&sim->world, "  here %d: #%d is marked there and copied here to %s as %s", client, content,
        server_mailbox_name(to), copy->info);
    ledger_put(&sim->world, content, to);
    kind_met(&sim->world, KIND_COPIES);
}

static void
remove_many_there(struct sim *sim, int mailbox, size_t count)
{
    struct sim_mailbox *box = &sim->server.boxes[mailbox];

    say(&sim->world, "  there: %zu of %zu removed in %s", count, box->count, server_mailbox_name(mailbox));
    while (count-- > 0 && box->count > 0) {
        const struct sim_message *message = &box->messages[rng_below(dice(sim), (unsigned)box->count)];
        ledger_touch(&sim->world, message->content, SIM_SERVER);
        server_remove(&sim->server, mailbox, message->uid);
    }
}

static void
remove_many_here(struct sim *sim, int client, int mailbox, size_t count)
{
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    say(&sim->world, "  here %d: %zu removed in %s", client, count, server_mailbox_name(mailbox));
    for (size_t i = maildir->tree.count; i > 0 && count > 0; i--) {
        struct sim_file *file = &maildir->tree.files[i - 1];
        if (file->mailbox != mailbox || file->content != file->original)
            continue;
        ledger_touch(&sim->world, file->content, client);
        ledger_out(&sim->world, file->content, mailbox);
        ledger_removed_here(&sim->world, file->content, client);
        mua_remove(maildir, file);
        count--;
    }
}

void
event_remove_many(struct sim *sim)
{
    int mailbox = event_mailbox_there(sim);
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);

    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (sim->server.boxes[m].exists && sim->server.boxes[m].count > sim->server.boxes[mailbox].count &&
            rng_chance(dice(sim), 80))
            mailbox = m;
    const size_t all = sim->server.boxes[mailbox].count;
    if (all < 10)
        return;
    const size_t count = rng_chance(dice(sim), 30) ? all : 1 + rng_below(dice(sim), (unsigned)all);
    if (rng_chance(dice(sim), 50))
        remove_many_there(sim, mailbox, count);
    else
        remove_many_here(sim, client, mailbox, count);
    kind_met(&sim->world, KIND_MANY);
}

void
event_make_room(struct sim *sim)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (sim->server.boxes[m].count == SIM_MESSAGES)
            remove_many_there(sim, m, SIM_MESSAGES / 8);
}

/* Two messages that differ in nothing but their bodies, of one second; one may be here and the other there. */
void
event_same_header(struct sim *sim)
{
    struct world *world = &sim->world;
    const int client = (int)rng_below(dice(sim), (unsigned)world->clients), mailbox = event_mailbox_there(sim);
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    while (world->next_content % 16 != 2)
        world->next_content++;
    const int first = world_new_content(world, false), second = world_new_content(world, false);
    if (second < 0)
        return;
    say(world, "  both: #%d and #%d differ in their bodies alone", first, second);
    const int64_t date = content_get(first)->date;
    for (int i = 0; i < 2; i++) {
        const int content = i == 0 ? first : second;
        if (rng_chance(dice(sim), 60))
            event_put_there(sim, mailbox, content, 0, date);
        else if (maildir->tree.root && maildir->tree.folder[mailbox] && mua_deliver(maildir, mailbox, content, 0, date))
            ledger_put(world, content, mailbox);
    }
    kind_met(world, KIND_SAME_HEADER);
}
