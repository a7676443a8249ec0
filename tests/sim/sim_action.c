/* What users, other clients and bad luck do. */
#include "tests/sim/sim_events.h"

static unsigned
any_flags(struct rng *rng)
{
    return rng_next(rng) & rng_next(rng) & FLAG_ALL;
}

/* One or two flags differ, \Deleted less often than others. */
static unsigned
other_flags(struct rng *rng, unsigned flags)
{
    unsigned now = flags ^ 1u << rng_below(rng, 6);

    if (rng_chance(rng, 30))
        now ^= 1u << rng_below(rng, 6);
    if (((now ^ flags) & FLAG_DELETED) != 0 && rng_chance(rng, 60))
        now ^= FLAG_DELETED;
    return now;
}

/* A message that some side has, or a new one; -1: none left. */
static int
choose_content(struct sim *sim, bool local)
{
    struct rng *rng = dice(sim);

    if (sim->world.next_content > 0 && rng_chance(rng, 15)) {
        const int old = (int)rng_below(rng, (unsigned)sim->world.next_content);
        if (!sim->world.ledger[old].edit && (local || !content_get(old)->digests.has_nul))
            return old;
    }
    return world_new_content(&sim->world, local);
}

static int64_t
choose_date(struct sim *sim, int content)
{
    return rng_chance(dice(sim), 80) ? content_get(content)->date
                                     : sim->world.now - (int64_t)rng_below(dice(sim), 100000);
}

/* ---- other clients on the server ---- */

static int
choose_mailbox_there(struct sim *sim)
{
    const int mailbox = (int)rng_below(dice(sim), SIM_MAILBOXES);
    return sim->server.boxes[mailbox].exists ? mailbox : 0;
}

static unsigned
any_keys(struct sim *sim)
{
    const unsigned all = 1u << world_keywords(&sim->world);

    return sim->world.wordy && rng_chance(dice(sim), 60) ? all - 1 : rng_below(dice(sim), all);
}

static void
there_append(struct sim *sim, int mailbox)
{
    const int content = choose_content(sim, false);
    struct rng *rng = dice(sim);
    uint32_t uid;

    if (content < 0 || sim->server.boxes[mailbox].count >= FULL)
        return;
    const unsigned flags = rng_chance(rng, 50) ? 0 : any_flags(rng);
    ledger_touch_more(&sim->world, content, SIM_SERVER);
    if (!server_add(&sim->server, mailbox, content, flags, any_keys(sim), choose_date(sim, content), &uid))
        return;
    ledger_put(&sim->world, content, mailbox);
    say(&sim->world, "  there: #%d arrives in %s as UID %u flags %x", content, server_mailbox_name(mailbox), uid,
        flags);
}

bool
action_transfer_there(struct sim *sim, int mailbox, const struct sim_message *chosen, int target, bool move)
{
    const struct sim_message message = *chosen;
    uint32_t uid;

    if (sim->server.boxes[target].count >= FULL || (move && target == mailbox))
        return false;
    (move ? ledger_touch : ledger_touch_more)(&sim->world, message.content, SIM_SERVER);
    if (!server_add(&sim->server, target, message.content, message.flags, message.keys, message.date, &uid))
        return false;
    server_message(&sim->server, target, uid)->dress = message.dress;
    say(&sim->world, "  there: #%d %s UID %u %s to %s UID %u", message.content, server_mailbox_name(mailbox),
        message.uid, move ? "moved" : "copied", server_mailbox_name(target), uid);
    ledger_carry(&sim->world, message.content, mailbox, target);
    if (move) {
        server_remove(&sim->server, mailbox, message.uid);
    }
    ledger_put(&sim->world, message.content, target);
    return true;
}

void
action_remove_there(struct sim *sim, int mailbox, const struct sim_message *message)
{
    say(&sim->world, "  there: #%d %s UID %u expunged", message->content, server_mailbox_name(mailbox), message->uid);
    ledger_touch(&sim->world, message->content, SIM_SERVER);
    sim->world.ledger[message->content].left += server_stands(&sim->server, message->content) > 1;
    server_remove(&sim->server, mailbox, message->uid);
}

static void
there_change(struct sim *sim, int mailbox)
{
    struct sim_mailbox *box = &sim->server.boxes[mailbox];
    struct sim_message *message = &box->messages[rng_below(dice(sim), (unsigned)box->count)];
    const unsigned what = rng_below(dice(sim), 100);

    if (what < 50) {
        const unsigned flags = what < 40 ? other_flags(dice(sim), message->flags) : message->flags;
        const unsigned keys =
            what < 40 ? message->keys : message->keys ^ 1u << rng_below(dice(sim), world_keywords(&sim->world));
        server_set_flags(&sim->server, mailbox, message, flags, keys);
        say(&sim->world, "  there: #%d %s UID %u has flags %x keywords %x", message->content,
            server_mailbox_name(mailbox), message->uid, message->flags, message->keys);
    } else if (what < 70) {
        action_remove_there(sim, mailbox, message);
    } else {
        (void)action_transfer_there(sim, mailbox, message, choose_mailbox_there(sim), what < 90);
    }
}

static void
act_there(struct sim *sim)
{
    const int mailbox = choose_mailbox_there(sim);

    if (rng_chance(dice(sim), 3)) {
        const int fresh = (int)rng_below(dice(sim), SIM_MAILBOXES);
        if (sim->away_there[fresh])
            return;
        if (!sim->server.boxes[fresh].exists)
            say(&sim->world, "  there: mailbox %s", server_mailbox_name(fresh));
        server_create(&sim->server, fresh);
    } else if (sim->server.boxes[mailbox].count == 0 || rng_chance(dice(sim), 25)) {
        there_append(sim, mailbox);
    } else {
        there_change(sim, mailbox);
    }
}

/* ---- mail readers on the Maildirs ---- */

static int
choose_mailbox_here(struct sim *sim, const struct maildir_sim *maildir)
{
    const int start = (int)rng_below(dice(sim), SIM_MAILBOXES);

    for (int i = 0; i < SIM_MAILBOXES; i++)
        if (maildir->tree.folder[(start + i) % SIM_MAILBOXES])
            return (start + i) % SIM_MAILBOXES;
    return -1;
}

static size_t
count_here(const struct maildir_sim *maildir, int mailbox)
{
    size_t count = 0;

    for (size_t i = 0; i < maildir->tree.count; i++)
        count += maildir->tree.files[i].mailbox == mailbox;
    return count;
}

static void
here_deliver(struct sim *sim, struct maildir_sim *maildir, int mailbox)
{
    const int content = choose_content(sim, true);
    struct rng *rng = dice(sim);

    if (content < 0 || count_here(maildir, mailbox) >= FULL)
        return;
    for (size_t i = 0; i < maildir->tree.count; i++) /* nobody copies what is out of sight itself */
        if (maildir->tree.files[i].mailbox >= SIM_MAILBOXES && maildir->tree.files[i].content == content)
            return;
    const unsigned flags = rng_chance(rng, 50) ? 0 : any_flags(rng);
    ledger_touch_more(&sim->world, content, maildir->client);
    const int64_t date = choose_date(sim, content);
    if (!mua_deliver(maildir, mailbox, content, flags, date))
        return;
    ledger_put(&sim->world, content, mailbox);
    ledger_stands_in(&sim->world, content, mailbox, maildir->client);
    if (mailbox + 1 == sim->server.sent && ledger_is_old_mail(&sim->world, content, date))
        ledger_put_another(&sim->world, content, mailbox);
    say(&sim->world, "  here %d: #%d new in %s flags %x", maildir->client, content, server_mailbox_name(mailbox),
        flags);
}

/* It was edited under golub's own name, went elsewhere as a message of its own, and is back under the name of what it was. */
static void
stand_again(struct sim *sim, struct maildir_sim *maildir, int mailbox, int content)
{
    for (size_t i = 0; i < maildir->tree.count; i++) {
        struct sim_file *file = &maildir->tree.files[i];
        if (file->mailbox == mailbox && file->content == content && file->original == content &&
            file->before != content && strstr(file->base, ".golub") != NULL &&
            server_multiplicity(&sim->server, mailbox, file->before) > 0)
            file->original = file->before;
    }
}

bool
action_transfer_here(struct sim *sim, struct maildir_sim *maildir, struct sim_file *file, int to, bool move)
{
    const int from = file->mailbox, content = file->content, original = file->original;
    const bool new_base = rng_chance(dice(sim), 40);

    if (count_here(maildir, to) >= FULL)
        return false;
    (move ? ledger_touch : ledger_touch_more)(&sim->world, content, maildir->client);
    if (move ? !mua_move(maildir, file, to, new_base) : !mua_copy(maildir, file, to))
        return false;
    say(&sim->world, "  here %d: #%d %s from %s to %s%s", maildir->client, content, move ? "moved" : "copied",
        server_mailbox_name(from), server_mailbox_name(to), move && new_base ? " under a new name" : "");
    if (from != to)
        ledger_came_here(&sim->world, content, maildir->client, move);
    if (move && to + 1 == sim->server.trash) /* by hand */
        ledger_removed_here(&sim->world, content, maildir->client);
    /* Of a tree that is not whole golub fetches again what is missing, perhaps with the server's lines in it: then no message it knows has these bytes. */
    if (move && sim->server.rewrites != DRESS_PLAIN && event_is_copying(&sim->clients[maildir->client]))
        letters_sim_forgive(maildir, content, to, file->info);
    if (move) {
        ledger_out(&sim->world, content, from);
        if (original != content)
            ledger_out(&sim->world, original, from);
    }
    if (!move && !sim->world.strict_copies)
        ledger_carry(&sim->world, content, from, to);
    ledger_put(&sim->world, content, to);
    ledger_put(&sim->world, original, to);
    ledger_stands_in(&sim->world, content, to, maildir->client);
    if (move)
        stand_again(sim, maildir, to, content);
    return true;
}

void
action_remove_here(struct sim *sim, struct maildir_sim *maildir, struct sim_file *file)
{
    say(&sim->world, "  here %d: #%d in %s is removed", maildir->client, file->content,
        server_mailbox_name(file->mailbox));
    ledger_touch(&sim->world, file->content, maildir->client);
    ledger_out(&sim->world, file->content, file->mailbox);
    ledger_removed_here(&sim->world, file->content, maildir->client);
    if (file->original != file->content)
        ledger_out(&sim->world, file->original, file->mailbox);
    mua_remove(maildir, file);
}

/* Has golub other bytes in mind for this file? What the server has may be an equal message, in a mailbox that has another name by now. */
static bool
is_known_otherwise(struct sim *sim, const struct maildir_sim *maildir, const struct sim_file *file)
{
    struct journal *journal = sim->clients[maildir->client].journal;
    struct journal_mailbox *rows = NULL;
    struct journal_message message;
    struct error err = {0};
    size_t count = 0;
    bool found = false;

    if (sim->world.golub || file->dress != DRESS_PLAIN || !journal_mailboxes(journal, &rows, &count, &err))
        return false;
    for (size_t i = 0; !found && i < count; i++)
        if (strcmp(rows[i].name, server_mailbox_name(file->mailbox)) != 0 ||
            !journal_message_by_base(journal, rows[i].id, file->base, &message, &found, &err))
            found = false;
    journal_mailboxes_free(rows, count);
    return found && message.has_wire &&
           memcmp(message.wire, content_get(file->content)->digests.wire, DIGEST_SIZE) != 0;
}

void
action_edit_here(struct sim *sim, struct maildir_sim *maildir, struct sim_file *file, int content)
{
    const int old = file->content;

    say(&sim->world, "  here %d: #%d in %s is edited in its place, now #%d", maildir->client, old,
        server_mailbox_name(file->mailbox), content);
    bool known = false;
    for (int i = 0; i < SIM_MAILBOXES; i++)
        known = known || server_multiplicity(&sim->server, i, old) > 0;
    /* A copy that went up elsewhere is not what golub knows of this file. */
    known = known && (server_multiplicity(&sim->server, file->mailbox, file->original) == 0 ||
                      server_multiplicity(&sim->server, file->mailbox, old) > 0);
    if (known && !is_known_otherwise(sim, maildir, file)) {
        file->before = file->original;
        file->original = old; /* what golub knows, whatever it was before that */
    }
    /* Moved since golub saw it, and its bytes are nobody's: where it was, and what its letters meant there, nobody can tell. */
    if (file->put > maildir->ended)
        letters_sim_forgive(maildir, content, file->mailbox, file->info);
    mua_edit(maildir, file, content);
    sim->world.ledger[content].edit = true;
    sim->world.ledger[content].key_set |= sim->world.ledger[old].key_set; /* what is saved again keeps its keywords */
    sim->world.ledger[content].key_off |= sim->world.ledger[old].key_off;
    sim->world.ledger[content].key_had |= sim->world.ledger[old].key_had;
    ledger_out(&sim->world, old, file->mailbox);
    ledger_put(&sim->world, content, file->mailbox);
}

static void
here_flags(struct sim *sim, struct maildir_sim *maildir, struct sim_file *file)
{
    unsigned shown;
    const unsigned flags = local_info_flags(file->info, &shown);

    if (rng_chance(dice(sim), 6))
        mua_back_to_new(maildir, file);
    else
        mua_set_flags(maildir, file, other_flags(dice(sim), flags));
    say(&sim->world, "  here %d: #%d in %s is now %s", maildir->client, file->content,
        server_mailbox_name(file->mailbox), file->info);
}

static void
here_change(struct sim *sim, struct maildir_sim *maildir)
{
    struct sim_file *file = &maildir->tree.files[rng_below(dice(sim), (unsigned)maildir->tree.count)];
    const unsigned what = rng_below(dice(sim), 100);

    if (file->mailbox >= SIM_MAILBOXES)
        return; /* its folder is away */

    if (what < 45) {
        here_flags(sim, maildir, file);
    } else if (what < 65) {
        action_remove_here(sim, maildir, file);
    } else if (what < 97) {
        (void)action_transfer_here(sim, maildir, file, choose_mailbox_here(sim, maildir), what < 87);
    } else if (sim->edits) {
        const int content = world_new_content(&sim->world, false);
        if (content >= 0 && !content_like_neighbour(content))
            action_edit_here(sim, maildir, file, content);
    }
}

/* Does golub know the mailbox that has this name there under another one? */
static bool
is_called_otherwise(const struct sim *sim, int client, int mailbox)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];
    struct journal_mailbox *rows = NULL;
    struct error err = {0};
    size_t count = 0;
    bool is = false;

    if (!box->exists || !journal_mailboxes(sim->clients[client].journal, &rows, &count, &err))
        return false;
    for (size_t i = 0; i < count; i++)
        is = is || (rows[i].uidvalidity == box->uidvalidity && strcmp(rows[i].name, server_mailbox_name(mailbox)) != 0);
    journal_mailboxes_free(rows, count);
    return is;
}

static void
act_here(struct sim *sim, int client)
{
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    if (!maildir->tree.root)
        return;
    const int mailbox = choose_mailbox_here(sim, maildir);
    if (mailbox < 0 || rng_chance(dice(sim), 3)) {
        const int fresh = (int)rng_below(dice(sim), SIM_MAILBOXES);
        /* It would be in the way of what is still to get that name. */
        if (sim->away_here[client][fresh] || maildir_sim_moves(maildir) || sim->world.renamed ||
            is_called_otherwise(sim, client, fresh))
            return;
        if (!maildir->tree.folder[fresh])
            say(&sim->world, "  here %d: folder %s", client, server_mailbox_name(fresh));
        maildir->tree.folder[fresh] = true;
    } else if (maildir->tree.count == 0 || rng_chance(dice(sim), 20)) {
        here_deliver(sim, maildir, mailbox);
    } else {
        here_change(sim, maildir);
    }
}

void
action_outside(struct world *world)
{
    struct sim *sim = (struct sim *)(void *)world; /* its first member */

    if (rng_chance(dice(sim), 50))
        world->tick++;
    if (rng_chance(dice(sim), 20)) {
        world->now++;
        server_delayed(&sim->server, false);
    }
    if (world->kinds != 0 && kinds_inside(sim))
        return;
    if (rng_chance(dice(sim), 50))
        act_there(sim);
    else
        act_here(sim, (int)rng_below(dice(sim), (unsigned)world->clients));
}

/* ---- the beginning ---- */

/* The Maildir of a client that had another program before: some of the server's mail, some of its own. */
static void
fill_maildir(struct sim *sim, struct maildir_sim *maildir)
{
    struct rng *rng = dice(sim);

    maildir->tree.root = true;
    for (int i = 0; i < SIM_MAILBOXES; i++) {
        const struct sim_mailbox *box = &sim->server.boxes[i];
        if (!box->exists || !rng_chance(rng, 80))
            continue;
        maildir->tree.folder[i] = true;
        for (size_t k = 0; k < box->count; k++)
            if (rng_chance(rng, 70) &&
                mua_deliver(maildir, i, box->messages[k].content, box->messages[k].flags, box->messages[k].date))
                ledger_put(&sim->world, box->messages[k].content, i);
    }
    for (unsigned i = rng_below(rng, 6); i > 0; i--)
        act_here(sim, maildir->client);
}

void
action_fill(struct sim *sim)
{
    struct rng *rng = dice(sim);

    for (int i = 1; i < SIM_MAILBOXES; i++)
        if (rng_chance(rng, 75))
            server_create(&sim->server, i);
    for (unsigned i = rng_below(rng, 14); i > 0; i--)
        there_append(sim, choose_mailbox_there(sim));
    for (unsigned i = rng_below(rng, 6); i > 0; i--)
        act_there(sim);
    for (int i = 0; i < sim->world.clients; i++)
        if (rng_chance(rng, 40))
            fill_maildir(sim, &sim->clients[i].maildir);
    sim->world.tick++;
}

/* ---- disasters ---- */

static void
restore_here(struct sim *sim, int client, bool journal)
{
    struct client *it = &sim->clients[client];

    /* A folder or mailbox that is gone stays gone on the other side's account: nothing to see here. */
    if (!it->has_older || kind_on(&sim->world, KIND_AWAY_HERE) ||
        memcmp(it->older.folder, it->maildir.tree.folder, sizeof it->older.folder) != 0)
        return;
    if (journal && kind_on(&sim->world, KIND_PATTERNS)) {
        say(&sim->world, "  here %d: nothing", client); /* what was forgotten is known again */
    } else if (journal && it->older_image != NULL) {
        say(&sim->world, "  here %d: the journal is one run older", client);
        letters_sim_forget(sim, client);
        action_lose_journal(sim, client);
        ledger_uncarry(&sim->world, client);
        run_open_journal(sim, client, it->older_image, it->older_size);
    } else if (!journal && it->older.mark.present) { /* an empty one is refused, as it should be */
        say(&sim->world, "  here %d: the Maildir is one run older", client);
        maildir_sim_restore(&it->maildir, &it->older);
    }
}

/* A mailbox that a backup does not have would be gone, and its user has to clear that up, not golub. */
static bool
server_has_all(const struct server *server)
{
    for (int i = 0; i < SIM_MAILBOXES; i++)
        if (!server->boxes[i].exists)
            return false;
    return true;
}

/* A lost journal's successor takes the Maildir over: one that comes back after that is refused. */
static void
forget_images(struct client *it)
{
    free(it->last_image);
    free(it->older_image);
    it->last_image = it->older_image = NULL;
}

/* What is gone here, and still waits for its removal there, is as good as new mail, beside what was saved in its place. */
static void
forget_waiting(struct sim *sim, struct journal *journal, int64_t row, int mailbox)
{
    struct journal_message message;
    struct error err = {0};
    int64_t *ids = NULL;
    size_t count = 0;
    bool found;

    if (!journal_message_ids(journal, row, WHICH_WITH_UID, &ids, &count, &err))
        return;
    for (size_t i = 0; i < count; i++) {
        const struct sim_message *there;
        if (!journal_message_get(journal, ids[i], &message, &found, &err) || !found ||
            (message.facts & FACT_GONE_HERE) == 0 ||
            (there = server_message(&sim->server, mailbox, message.uid)) == NULL)
            continue;
        const int standing = server_multiplicity(&sim->server, mailbox, there->content);
        int *most = &sim->world.ledger[there->content].most[mailbox];
        *most = standing > *most ? standing : *most;
    }
    free(ids);
}

void
action_lose_journal(struct sim *sim, int client)
{
    struct client *it = &sim->clients[client];
    struct journal_mailbox *rows;
    struct error err = {0};
    size_t count;

    server_delayed(&sim->server, true);
    if (!journal_mailboxes(it->journal, &rows, &count, &err))
        return;
    for (size_t i = 0; i < count; i++)
        for (int m = 0; m < SIM_MAILBOXES; m++) {
            if (strcmp(rows[i].name, server_mailbox_name(m)) != 0)
                continue;
            forget_waiting(sim, it->journal, rows[i].id, m);
            for (int k = 0; rows[i].unjudged != 0 && k < sim->world.next_content; k++) {
                const int here = maildir_sim_multiplicity(&it->maildir, m, k, false);
                int *most = &sim->world.ledger[k].most[m];
                *most = here > *most ? here : *most;
            }
        }
    journal_mailboxes_free(rows, count);
}

void
action_disaster(struct sim *sim)
{
    struct rng *rng = dice(sim);
    const int client = (int)rng_below(rng, (unsigned)sim->world.clients), mailbox = choose_mailbox_there(sim);
    const unsigned what = rng_below(rng, 100);

    if (what < 20) {
        restore_here(sim, client, true);
    } else if (what < 40) {
        restore_here(sim, client, false);
    } else if (what < 50) {
        say(&sim->world, "  here %d: the journal is lost", client);
        letters_sim_forget(sim, client);
        action_lose_journal(sim, client);
        run_open_journal(sim, client, NULL, 0);
        sim->world.met[client] = false;
        forget_images(&sim->clients[client]);
    } else if (what < 70) {
        say(&sim->world, "  there: UIDVALIDITY of %s changes", server_mailbox_name(mailbox));
        server_reset_uidvalidity(&sim->server, mailbox);
        if (sim->rewound)
            ledger_renumbered(&sim->world, mailbox);
    } else if (!server_has_all(&sim->server)) {
        say(&sim->world, "  there: nothing");
    } else if (what < 85 || !sim->has_backup) {
        say(&sim->world, "  there: a backup is made");
        sim->backup = sim->server;
        sim->has_backup = true;
    } else {
        say(&sim->world, "  there: the server goes back to its backup");
        server_restore(&sim->server, &sim->backup);
        sim->rewound = true;
        for (int i = 0; i < sim->world.clients; i++)
            check_note_cursors(&sim->clients[i]);
    }
    for (int i = 0; i < sim->world.clients; i++)
        check_forget(&sim->clients[i]);
    if (what < 50) /* what stood in two places then, or is moved before the next run, may stay in both */
        for (int i = 0; i < sim->world.next_content; i++)
            sim->world.ledger[i].spread++;
}
