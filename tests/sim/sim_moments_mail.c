/* Moments of whole mailboxes, bodies, files and disks. See sim_moments.h. */
#include "tests/sim/sim_cast.h"

/* ---- a mailbox that is filled again ---- */

#define MANY 12
#define NO_WORD 10 /* so many missing messages never need a word */

static bool
is_whole(struct sim *sim, const struct cast *cast, int mailbox)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        if (!cast_stands_once(sim, cast->maildir, box->messages[i].content) ||
            maildir_sim_multiplicity(cast->maildir, mailbox, box->messages[i].content, false) != 1)
            return false;
    return true;
}

static void
fill_part(struct sim *sim, int mailbox, const struct sim_mailbox *old, size_t from, size_t end, bool waits)
{
    uint32_t uid;

    for (size_t i = from; i < end; i++) {
        const struct sim_message *message = &old->messages[i];
        if (waits && server_multiplicity(&sim->server, mailbox, message->content) > 0)
            violation(&sim->world, "#%d was sent up while the provider was filling the mailbox", message->content);
        if (!server_add(&sim->server, mailbox, message->content, message->flags, message->keys, message->date, &uid))
            continue;
        server_message(&sim->server, mailbox, uid)->dress = message->dress;
        ledger_put(&sim->world, message->content, mailbox);
    }
}

void
moment_refill(struct sim *sim)
{
    static struct sim_mailbox old;
    struct world *world = &sim->world;
    struct cast cast;
    const int mailbox = (int)rng_below(dice(sim), SIM_MAILBOXES);
    struct sim_mailbox *box = &sim->server.boxes[mailbox];

    if (world->clients > 1 || !cast_choose_client(sim, &cast) || !cast_is_open(sim, cast.maildir, mailbox))
        return;
    while (box->count < MANY && world->next_content < SIM_CONTENTS - 2)
        cast_arrive_there(sim, mailbox, world_new_content(world, false));
    (void)cast_sync_after(&cast, 60);
    if (cast_sync_after(&cast, 60) != 0 || !sim->clients[cast.client].choice.plain || !is_whole(sim, &cast, mailbox) ||
        box->count <= NO_WORD)
        return;
    kind_met(world, KIND_REFILL);
    say(world, "  there: %s is filled again, in parts", server_mailbox_name(mailbox));
    old = *box;
    box->exists = false;
    box->count = box->expunged_count = 0;
    for (size_t i = 0; i < old.count; i++)
        ledger_drop(world, old.messages[i].content);
    server_create(&sim->server, mailbox);
    check_forget(&sim->clients[cast.client]);
    size_t at = rng_below(dice(sim), (unsigned)(old.count - NO_WORD));
    fill_part(sim, mailbox, &old, 0, at, false);
    bool waits = false, plain = true; /* golub has seen that much is missing */
    for (unsigned i = 1 + rng_below(dice(sim), 3); i > 0 && !world->failed; i--) {
        const size_t more = at + rng_below(dice(sim), (unsigned)(old.count - at + 1));
        const int status = cast_sync_after(&cast, 60 + rng_below(dice(sim), 600));
        const size_t missing = old.count - at;
        plain = plain && sim->clients[cast.client].choice.plain;
        waits = plain && (waits || (status >= 0 && status != 2 && missing > NO_WORD && missing * 4 > old.count));
        check_forget(&sim->clients[cast.client]);
        fill_part(sim, mailbox, &old, at, more, waits);
        at = more;
    }
    fill_part(sim, mailbox, &old, at, old.count, waits);
}

/* ---- bodies and room ---- */

void
moment_body(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;
    const int mailbox = (int)rng_below(dice(sim), SIM_MAILBOXES), content = world_new_content(world, false);

    if (content < 0 || !cast_choose_client(sim, &cast) || !cast_is_open(sim, cast.maildir, mailbox))
        return;
    kind_met(world, KIND_BODIES);
    cast_arrive_there(sim, mailbox, content);
    /* Shorter than announced: where a server's sizes are too low, or not told, nothing shows that a body was cut. */
    const struct sim_message *message = cast_message_of(sim, mailbox, content);
    if (message == NULL)
        return;
    const uint64_t announced = server_size(&sim->server, message);
    const size_t len = server_bytes(message)->len, below = announced < len ? (size_t)announced : len;
    if (below == 0)
        return;
    sim->server.spoiled.content = content;
    sim->server.spoiled.len = rng_chance(dice(sim), 40) ? 0 : rng_below(dice(sim), (unsigned)below);
    sim->server.spoiled.times = sim->server.spoiled.len == 0 ? 1 + (int)rng_below(dice(sim), 4) : 1;
    say(world, "  there: %zu of %zu bytes of #%d come, %d times", sim->server.spoiled.len, len, content,
        sim->server.spoiled.times);
    (void)cast_sync_after(&cast, 10);
    sim->server.spoiled.times = 0;
}

void
moment_full_disk(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;
    const int mailbox = (int)rng_below(dice(sim), SIM_MAILBOXES), content = world_new_content(world, false);

    if (content < 0 || !cast_choose_client(sim, &cast) || !cast_is_open(sim, cast.maildir, mailbox))
        return;
    kind_met(world, KIND_FULL_DISK);
    cast_arrive_there(sim, mailbox, content);
    const uint64_t left = rng_below(dice(sim), 3u << 20);
    cast.maildir->full = SIM_DISK - left;
    if (rng_chance(dice(sim), 10)) { /* more comes than was announced */
        sim->server.spoiled.content = content;
        sim->server.spoiled.len = (size_t)6 << 20;
        sim->server.spoiled.times = 2;
    }
    say(world, "  here %d: %llu bytes are left on the disk", cast.client, (unsigned long long)left);
    (void)cast_sync_after(&cast, 10);
    cast.maildir->full = 0;
    sim->server.spoiled.times = 0;
}

/* ---- files that are edited in their place ---- */

static struct sim_file *
draft_of(const struct cast *cast)
{
    struct sim_tree *tree = &cast->maildir->tree;
    const unsigned start = rng_below(dice(cast->sim), SIM_FILES);
    unsigned shown;

    for (size_t i = 0; i < tree->count; i++) {
        struct sim_file *file = &tree->files[(start + i) % tree->count];
        if (file->mailbox < SIM_MAILBOXES && file->content == file->original &&
            (local_info_flags(file->info, &shown) & FLAG_DRAFT) != 0 &&
            cast_stands_once(cast->sim, cast->maildir, file->content))
            return file;
    }
    return NULL;
}

/* One that is a beginning of the one after it. */
static int
new_beginning(struct world *world)
{
    while (world->next_content % 16 != 10)
        world->next_content++;
    const int first = world_new_content(world, false);

    return first < 0 || world_new_content(world, false) < 0 ? -1 : first;
}

static void
write_on(const struct cast *cast, int mailbox)
{
    struct sim *sim = cast->sim;
    struct world *world = &sim->world;
    const int first = new_beginning(world);

    if (first < 0 || !cast_deliver_here(cast, mailbox, first, 0))
        return;
    (void)cast_sync_after(cast, 5);
    world->now += rng_below(dice(sim), 8);
    for (size_t i = 0; i < cast->maildir->tree.count; i++) /* its folder may be away by now */
        if (cast->maildir->tree.files[i].content == first && cast->maildir->tree.files[i].mailbox < SIM_MAILBOXES &&
            !world->failed)
            action_edit_here(sim, cast->maildir, &cast->maildir->tree.files[i], first + 1);
}

/* Other bytes under golub's own name, and the journal is lost: they are damage, not new mail. */
static void
damage(const struct cast *cast)
{
    struct sim *sim = cast->sim;
    struct world *world = &sim->world;
    struct client *it = &sim->clients[cast->client];
    const int content = world_new_content(world, false);

    if (maildir_sim_moves(cast->maildir)) /* and what a folder elsewhere was is nowhere any more */
        return;
    for (size_t i = 0; content >= 0 && !content_like_neighbour(content) && i < cast->maildir->tree.count; i++) {
        struct sim_file *file = &cast->maildir->tree.files[i];
        unsigned shown;
        if (file->mailbox >= SIM_MAILBOXES || file->content != file->original || strstr(file->base, ".golub") == NULL ||
            (local_info_flags(file->info, &shown) & FLAG_DRAFT) != 0 ||
            !cast_stands_once(sim, cast->maildir, file->content))
            continue;
        char base[LOCAL_BASE_MAX + 1];
        const int old = file->content, mailbox = file->mailbox;
        text_print(base, sizeof base, "%s", file->base);
        world->now += 3600;
        action_edit_here(sim, cast->maildir, file, content);
        say(world, "  here %d: the journal is lost", cast->client);
        letters_sim_forget(sim, cast->client);
        run_open_journal(sim, cast->client, NULL, 0);
        check_forget(it);
        world->met[cast->client] = false;
        for (int k = 0; k < world->next_content; k++)
            world->ledger[k].spread++;
        (void)cast_sync_after(cast, 60);
        /* It came again under that very name, and a number behind it: so that was the name of its UID. */
        for (size_t k = 0; k < cast->maildir->tree.count; k++)
            if (cast->maildir->tree.files[k].content == old && cast->maildir->tree.files[k].mailbox == mailbox &&
                strncmp(cast->maildir->tree.files[k].base, base, strlen(base) - strlen(".golub")) == 0 &&
                server_multiplicity(&sim->server, mailbox, content) > 0)
                violation(world, "damage under golub's own name went up as #%d", content);
        return;
    }
}

void
moment_edit(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;
    const int mailbox = (int)rng_below(dice(sim), SIM_MAILBOXES);

    if (!sim->edits || !cast_choose_client(sim, &cast) || !cast_is_open(sim, cast.maildir, mailbox))
        return;
    kind_met(world, KIND_EDITS);
    if (rng_chance(dice(sim), 30)) {
        write_on(&cast, mailbox);
        return;
    }
    if (rng_chance(dice(sim), 15)) {
        damage(&cast);
        return;
    }
    struct sim_file *draft = draft_of(&cast);
    const int content = world_new_content(world, false);
    if (draft == NULL) {
        (void)cast_deliver_here(&cast, mailbox, content, FLAG_DRAFT | FLAG_SEEN);
        (void)cast_sync_after(&cast, 10);
        return;
    }
    if (content < 0 || content_like_neighbour(content))
        return;
    world->now += 3600;
    action_edit_here(sim, cast.maildir, draft, content);
    if (rng_chance(dice(sim), 30)) {
        sim->server.quota = 1; /* the new version is refused */
        (void)cast_sync_after(&cast, 10);
        sim->server.quota = 0;
    }
    (void)cast_sync_after(&cast, 10);
}

/* ---- the guard ---- */

static void
remove_some(const struct cast *cast, int mailbox, bool here, unsigned share)
{
    struct sim *sim = cast->sim;

    say(&sim->world, "  %s: about %u %% of %s is removed", here ? "here" : "there", share,
        server_mailbox_name(mailbox));
    for (size_t i = here ? cast->maildir->tree.count : sim->server.boxes[mailbox].count; i > 0; i--) {
        if (!rng_chance(dice(sim), share))
            continue;
        if (!here)
            action_remove_there(sim, mailbox, &sim->server.boxes[mailbox].messages[i - 1]);
        else if (cast->maildir->tree.files[i - 1].mailbox == mailbox)
            action_remove_here(sim, cast->maildir, &cast->maildir->tree.files[i - 1]);
    }
}

void
moment_move_many(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;
    const int from = (int)rng_below(dice(sim), SIM_MAILBOXES), to = (from + 1) % SIM_MAILBOXES;

    if (world->clients > 1 || !cast_choose_client(sim, &cast) || !cast_is_open(sim, cast.maildir, from) ||
        !cast_is_open(sim, cast.maildir, to) || sim->server.boxes[from].count + 26 > FULL ||
        sim->server.boxes[to].count + FULL / 2 > FULL)
        return;
    for (int i = 0; i < 25; i++)
        cast_arrive_there(sim, from, world_new_content(world, false));
    (void)cast_sync_after(&cast, 60);
    if (cast_sync_after(&cast, 60) != 0 || !sim->clients[cast.client].choice.plain || !is_whole(sim, &cast, from))
        return;
    kind_met(world, KIND_MANY);
    for (size_t i = 0; i < cast.maildir->tree.count; i++)
        if (cast.maildir->tree.files[i].mailbox == from)
            (void)action_transfer_here(sim, cast.maildir, &cast.maildir->tree.files[i], to, true);
    /* What moved to a folder outside of the patterns is a removal (CONTRACT, Removals), and so many of them are held. */
    if (cast_sync_after(&cast, 60) == 3 && sim->clients[cast.client].choice.plain)
        violation(world, "moves are held as removals");
}

void
moment_twins(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;

    if (!cast_choose_client(sim, &cast) || !cast_is_open(sim, cast.maildir, 0) || !cast_is_open(sim, cast.maildir, 1) ||
        sim->server.boxes[1].count + 26 > FULL || sim->server.boxes[0].count + 26 > FULL ||
        sim->server.swallows_duplicates)
        return;
    kind_met(world, KIND_MANY);
    for (int i = 0; i < 25; i++) {
        const int content = world_new_content(world, false);
        cast_arrive_there(sim, 0, content);
        cast_arrive_there(sim, 1, content);
    }
    (void)cast_sync_after(&cast, 60);
    check_forget(&sim->clients[cast.client]);
    const bool here = rng_chance(dice(sim), 50), crossed = rng_chance(dice(sim), 30);
    remove_some(&cast, 0, here, 95);
    if (rng_chance(dice(sim), 70))
        remove_some(&cast, 1, here != crossed, 95);
    (void)cast_sync_after(&cast, 60);
}

/* A file of it has the server's bytes: of what a server made something else of, nothing is known once both its file and its UID are gone. */
static bool
has_bytes(const struct cast *cast, int mailbox, const struct sim_message *message)
{
    for (size_t i = 0; i < cast->maildir->tree.count; i++) {
        const struct sim_file *file = &cast->maildir->tree.files[i];
        if (file->mailbox == mailbox && file->content == message->content && file->dress == message->dress)
            return true;
    }
    return false;
}

/* What waits for a word still waits under another UIDVALIDITY: it is no new mail. */
void
moment_held(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;
    const int mailbox = (int)rng_below(dice(sim), SIM_MAILBOXES);
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];
    bool gone[SIM_CONTENTS] = {false};

    if (world->clients > 1 || !cast_choose_client(sim, &cast) || !cast_is_open(sim, cast.maildir, mailbox) ||
        box->count + 36 > FULL || sim->server.swallows_duplicates)
        return;
    for (unsigned i = rng_chance(dice(sim), 50) ? 12 : 25; i > 0; i--)
        cast_arrive_there(sim, mailbox, world_new_content(world, false));
    (void)cast_sync_after(&cast, 60);
    if (cast_sync_after(&cast, 60) != 0 || !sim->clients[cast.client].choice.plain || !is_whole(sim, &cast, mailbox))
        return;
    kind_met(world, KIND_MANY);
    for (size_t i = 0; i < box->count; i++)
        gone[box->messages[i].content] = has_bytes(&cast, mailbox, &box->messages[i]);
    remove_some(&cast, mailbox, true, 100);
    check_forget(&sim->clients[cast.client]);
    if (cast_sync_after(&cast, 60) != 3 || sim->clients[cast.client].choice.confirm)
        return;
    if (rng_chance(dice(sim), 50)) {
        say(world, "  there: UIDVALIDITY of %s changes", server_mailbox_name(mailbox));
        server_reset_uidvalidity(&sim->server, mailbox);
    }
    for (unsigned i = rng_below(dice(sim), 2) * 8; i > 0; i--) /* what arrives releases nothing */
        cast_arrive_there(sim, mailbox, world_new_content(world, false));
    check_forget(&sim->clients[cast.client]);
    sim->clients[cast.client].forced = FORCED_SILENCE;
    (void)cast_sync_after(&cast, 60);
    sim->clients[cast.client].forced = FORCED_NOT;
    for (int i = 0; i < world->next_content; i++)
        if (gone[i] && server_multiplicity(&sim->server, mailbox, i) == 0)
            violation(world, "#%d was removed here, waited for a word, and went without one", i);
    for (size_t i = 0; i < cast.maildir->tree.count; i++)
        if (cast.maildir->tree.files[i].mailbox == mailbox && gone[cast.maildir->tree.files[i].content])
            violation(world, "#%d was removed here, waited for a word, and came back as new mail",
                      cast.maildir->tree.files[i].content);
}

/* ---- a server that goes back ---- */

void
moment_rewind(struct sim *sim)
{
    static struct server backup;
    struct world *world = &sim->world;
    struct cast cast;
    const int mailbox = (int)rng_below(dice(sim), SIM_MAILBOXES);
    const unsigned count = 1 + rng_below(dice(sim), 3);

    if (world->clients > 1 || sim->edits || !cast_choose_client(sim, &cast) ||
        !cast_is_open(sim, cast.maildir, mailbox))
        return;
    kind_met(world, KIND_REWIND);
    (void)cast_sync_after(&cast, 10);
    backup = sim->server;
    const int first = world->next_content;
    for (unsigned i = 0; i < count; i++)
        cast_arrive_there(sim, mailbox, world_new_content(world, false));
    (void)cast_sync_after(&cast, 10);
    for (int m = 0; m < SIM_MAILBOXES; m++) /* made meanwhile: it would be gone, and its user has to clear that up */
        if (sim->server.boxes[m].exists && !backup.boxes[m].exists)
            return;
    say(world, "  there: the server goes back to its backup");
    server_restore(&sim->server, &backup);
    sim->rewound = true;
    check_forget(&sim->clients[cast.client]);
    for (unsigned i = 0; i < count; i++) /* other mail under their UIDs, and the last one perhaps the same */
        cast_arrive_there(sim, mailbox,
                          i + 1 == count && rng_chance(dice(sim), 50) && first + (int)i < world->next_content
                              ? first + (int)i
                              : world_new_content(world, false));
    for (int i = first; i < world->next_content; i++) /* where the last is the same, a flag may come or go by the UID */
        ledger_forgive_flags(world, i, mailbox);
    if (rng_chance(dice(sim), 50))
        for (size_t i = cast.maildir->tree.count; i > 0; i--)
            if (cast.maildir->tree.files[i - 1].content == first && cast.maildir->tree.files[i - 1].mailbox == mailbox)
                action_remove_here(sim, cast.maildir, &cast.maildir->tree.files[i - 1]);
    (void)cast_sync_after(&cast, 10);
    cast_arrive_there(sim, mailbox,
                      world_new_content(world, false)); /* what hid it ends with the mailbox's next change */
    (void)cast_sync_after(&cast, 10);
}
