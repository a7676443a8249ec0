/* What the kinds of sim_kinds.h do: between two actions, in the middle of a run, and to what the user says for a run. */
#include "tests/sim/sim_moments.h"

#define DAY 86400
#define FULL 60   /* as in sim_action.c */
#define HIDDEN 50 /* added to the mailbox of a file whose folder is away */
#define LATER 100 /* ... of a file that is not copied yet */

static struct rng *
dice(struct sim *sim)
{
    return &sim->world.rng;
}

static bool
on(const struct sim *sim, enum kind kind)
{
    return kind_on(&sim->world, kind);
}

static int
any_mailbox_there(struct sim *sim)
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

static void
put_there(struct sim *sim, int mailbox, int content, unsigned flags, int64_t date)
{
    uint32_t uid;

    if (content >= 0)
        ledger_touch(&sim->world, content, SIM_SERVER);
    if (content >= 0 && sim->server.boxes[mailbox].count < FULL &&
        server_add(&sim->server, mailbox, content, flags, 0, date, &uid))
        ledger_put(&sim->world, content, mailbox);
}

/* ---- mailboxes on the server ---- */

static void
change_uidvalidity(struct sim *sim)
{
    const int mailbox = any_mailbox_there(sim);

    if (mailbox < 0)
        return;
    say(&sim->world, "  there: UIDVALIDITY of %s changes", server_mailbox_name(mailbox));
    server_reset_uidvalidity(&sim->server, mailbox);
    kind_met(&sim->world, KIND_UIDVALIDITY);
    if (on(sim, KIND_FORGETS) && rng_chance(dice(sim), 60)) {
        say(&sim->world, "  there: ... and all flags in it are lost");
        server_forget_flags(&sim->server, mailbox);
        kind_met(&sim->world, KIND_FORGETS);
    }
}

static void
forget_flags(struct sim *sim)
{
    const int mailbox = any_mailbox_there(sim);

    if (mailbox < 0)
        return;
    say(&sim->world, "  there: UIDVALIDITY of %s changes, and all flags in it are lost", server_mailbox_name(mailbox));
    server_reset_uidvalidity(&sim->server, mailbox);
    server_forget_flags(&sim->server, mailbox);
    kind_met(&sim->world, KIND_FORGETS);
}

/* All messages of a mailbox are now in another one, by somebody's doing. */
static void
all_moved(struct sim *sim, const struct sim_mailbox *box, int from, int to)
{
    for (size_t i = 0; i < box->count; i++) {
        const int content = box->messages[i].content;
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

/* Names change, UIDVALIDITY and UIDs go along. */
static void
swap_mailboxes(struct sim *sim)
{
    static struct sim_mailbox other;
    const int a = any_mailbox_there(sim), b = any_mailbox_there(sim);
    struct sim_mailbox *boxes = sim->server.boxes;

    if (a == b || a < 0 || b < 0)
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
    kind_met(&sim->world, KIND_SWAPS);
}

/* One is renamed to a name that is free (or holds nothing), and made again, empty. */
static void
rename_mailbox(struct sim *sim)
{
    const int a = any_mailbox_there(sim), b = (int)rng_below(dice(sim), SIM_MAILBOXES);
    struct sim_mailbox *boxes = sim->server.boxes;

    if (a < 0 || a == b || b == sim->server.selected || sim->away_there[b] || (boxes[b].exists && boxes[b].count > 0) ||
        boxes[a].count == 0)
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
    kind_met(&sim->world, KIND_SWAPS);
}

/* It is deleted with all that is in it and made again, and somebody puts a part of it back. */
static void
remake_mailbox(struct sim *sim)
{
    static struct sim_mailbox old;
    const int a = any_mailbox_there(sim);
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
    for (size_t i = 0; i < old.count; i++)
        if (rng_below(dice(sim), 100) < share)
            put_there(sim, a, old.messages[i].content, old.messages[i].flags, old.messages[i].date);
    kind_met(&sim->world, KIND_SWAPS);
}

static void
swap(struct sim *sim)
{
    const unsigned what = rng_below(dice(sim), 3);

    if (what == 0)
        swap_mailboxes(sim);
    else if (what == 1)
        rename_mailbox(sim);
    else
        remake_mailbox(sim);
}

static void
back_there(struct sim *sim, int mailbox)
{
    say(&sim->world, "  there: %s is back", server_mailbox_name(mailbox));
    sim->away_there[mailbox] = false;
    sim->server.boxes[mailbox].exists = true;
}

static void
away_there(struct sim *sim)
{
    const int mailbox = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1);

    if (sim->away_there[mailbox]) {
        back_there(sim, mailbox);
    } else if (sim->server.boxes[mailbox].exists) {
        say(&sim->world, "  there: %s is away", server_mailbox_name(mailbox));
        sim->away_there[mailbox] = true;
        sim->server.boxes[mailbox].exists = false;
        kind_met(&sim->world, KIND_AWAY_THERE);
    }
}

static void
change_separator(struct sim *sim)
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

/* ---- folders here ---- */

static void
show_files(struct maildir_sim *maildir, int mailbox, int as)
{
    for (size_t i = 0; i < maildir->tree.count; i++)
        if (maildir->tree.files[i].mailbox == mailbox)
            maildir->tree.files[i].mailbox = as;
}

static void
back_here(struct sim *sim, int client, int mailbox)
{
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    say(&sim->world, "  here %d: folder %s is back", client, server_mailbox_name(mailbox));
    sim->away_here[client][mailbox] = false;
    maildir->tree.folder[mailbox] = true;
    for (size_t i = 0; i < maildir->tree.count; i++) {
        struct sim_file *file = &maildir->tree.files[i];
        if (file->mailbox == HIDDEN + mailbox && maildir_sim_base(maildir, mailbox, file->base) != NULL)
            mua_new_base(maildir, file->base); /* the name was taken meanwhile */
    }
    show_files(maildir, HIDDEN + mailbox, mailbox);
    for (size_t i = 0; i < maildir->tree.count; i++) /* into another one that was made meanwhile, and filled */
        if (maildir->tree.files[i].mailbox == mailbox)
            ledger_put(&sim->world, maildir->tree.files[i].content, mailbox);
    maildir_sim_touch(maildir, mailbox);
}

static void
away_here(struct sim *sim)
{
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);
    struct maildir_sim *maildir = &sim->clients[client].maildir;
    const int mailbox = 1 + (int)rng_below(dice(sim), SIM_MAILBOXES - 1);

    if (sim->away_here[client][mailbox]) {
        back_here(sim, client, mailbox);
    } else if (maildir->tree.folder[mailbox] && maildir->tree.mark.present) {
        say(&sim->world, "  here %d: folder %s is away", client, server_mailbox_name(mailbox));
        sim->away_here[client][mailbox] = true;
        maildir->tree.folder[mailbox] = false;
        show_files(maildir, mailbox, HIDDEN + mailbox);
        kind_met(&sim->world, KIND_AWAY_HERE);
    }
}

/* ---- files and messages ---- */

static void
rename_new_file(struct sim *sim)
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
static void
copy_marked(struct sim *sim)
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
        mua_remove(maildir, file);
        count--;
    }
}

static void
remove_many(struct sim *sim)
{
    int mailbox = any_mailbox_there(sim);
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

/* Two messages that differ in nothing but their bodies, of one second; one may be here and the other there. */
static void
same_header(struct sim *sim)
{
    struct world *world = &sim->world;
    const int client = (int)rng_below(dice(sim), (unsigned)world->clients), mailbox = any_mailbox_there(sim);
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
            put_there(sim, mailbox, content, 0, date);
        else if (maildir->tree.root && maildir->tree.folder[mailbox] && mua_deliver(maildir, mailbox, content, 0, date))
            ledger_put(world, content, mailbox);
    }
    kind_met(world, KIND_SAME_HEADER);
}

/* ---- time and backups ---- */

static void
days_pass(struct sim *sim)
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
static void
restore_torn(struct sim *sim)
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

static bool
is_copying(const struct client *client)
{
    for (size_t i = 0; i < client->maildir.tree.count; i++)
        if (client->maildir.tree.files[i].mailbox >= LATER)
            return true;
    return false;
}

static void
copy_more(struct sim *sim, struct maildir_sim *maildir, unsigned share)
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
        ledger_put(&sim->world, file->content, mailbox);
    }
}

/* The tree is copied to another disk, and not whole yet. */
static void
copy_tree(struct sim *sim)
{
    struct client *it = &sim->clients[rng_below(dice(sim), (unsigned)sim->world.clients)];
    struct maildir_sim *maildir = &it->maildir;

    if (is_copying(it)) {
        say(&sim->world, "  here %d: more of the tree is copied", maildir->client);
        copy_more(sim, maildir, 60);
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

static void
cut_power(struct sim *sim)
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
static void
use_other_state(struct sim *sim)
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

/* ---- what the user says for a run ---- */

static const struct direction everything = {true, true, true, true};

static void
choose_policies(struct sim *sim, struct sim_choice *choice)
{
    static const struct direction nothing = {false, false, false, false};
    struct direction *way = rng_chance(dice(sim), 50) ? &choice->pull : &choice->push;

    switch (rng_below(dice(sim), 6)) {
    case 0: /* --pull or --push: removals go on all the same */
        *way = nothing;
        way->deletes = true;
        break;
    case 1:
        *way = nothing;
        break;
    case 2:
        way->deletes = false;
        break;
    case 3:
        way->new_mail = false;
        break;
    case 4:
        way->flags = false;
        break;
    default:
        choice->pull.deletes = choice->push.deletes = false;
    }
    choice->plain = false;
    say(&sim->world, "    policies: pull %d%d%d%d push %d%d%d%d", choice->pull.new_mail, choice->pull.flags,
        choice->pull.deletes, choice->pull.mailboxes, choice->push.new_mail, choice->push.flags, choice->push.deletes,
        choice->push.mailboxes);
    kind_met(&sim->world, KIND_POLICIES);
}

static const struct {
    const char *const patterns[4];
    bool left_out[SIM_MAILBOXES];
} lists[] = {
    {{"*", NULL}, {false, false, false}},
    {{"INBOX", NULL}, {false, true, true}},
    {{"*", "!Work", NULL}, {false, true, false}},
    {{"!Work/Old", NULL}, {false, false, true}},
    {{"INBOX", "Work/*", NULL}, {false, true, false}},
};

static void
choose_patterns(struct sim *sim, struct sim_choice *choice)
{
    const unsigned which = rng_chance(dice(sim), 50) ? 0 : 1 + rng_below(dice(sim), 4);

    choice->patterns = lists[which].patterns;
    choice->plain = choice->plain && which == 0;
    memcpy(choice->left_out, lists[which].left_out, sizeof choice->left_out);
    if (which != 0) {
        say(&sim->world, "    patterns: list %u", which);
        kind_met(&sim->world, KIND_PATTERNS);
    }
}

/* What happened outside of the patterns, or waited before, is nothing to be carried as a removal. */
static void
forget_mailbox(struct sim *sim, int client, int mailbox)
{
    if (sim->world.clients > 1) /* the other one may carry it later */
        return;
    ledger_forget(&sim->world, mailbox, client);
    ledger_forget(&sim->world, mailbox, SIM_SERVER);
}

void
kinds_ran(struct sim *sim, int client, bool whole)
{
    const struct sim_choice *choice = &sim->clients[client].choice;

    if (whole && sim->world.clock_off == 0)
        sim->clients[client].wrong_clock = false;
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        if (choice->left_out[m] && whole)
            forget_mailbox(sim, client, m);
        /* Where golub made a folder in its place, or did not come so far, it does not know that this one is away. */
        const bool away = sim->away_here[client][m] && !sim->clients[client].maildir.tree.folder[m];
        if (away && whole)
            ledger_forget_away(&sim->world, m, client);
        sim->was_away_here[client][m] = away && (whole || sim->was_away_here[client][m]);
        sim->was_away_there[client][m] = sim->away_there[m];
        sim->left_out[client][m] = choice->left_out[m] && whole;
        /* KNOWN: an intent of a run that was cut off goes with its mailbox. */
        sim->clients[client].index_lost = sim->clients[client].index_lost || choice->left_out[m];
    }
}

static void
choose_word(struct sim *sim, struct client *it, struct sim_choice *choice)
{
    choice->confirm = rng_chance(dice(sim), it->confirm ? 50 : 15);
    choice->confirm_id = NULL;
    if (choice->confirm && rng_chance(dice(sim), 40))
        choice->confirm_id =
            it->lists > 0 && rng_chance(dice(sim), 80)
                ? it->list[rng_below(dice(sim), (unsigned)(it->lists < SIM_LISTS ? it->lists : SIM_LISTS))]
                : "aaaaaaaa";
    if (choice->confirm) {
        say(&sim->world, "    --confirm-deletes%s", choice->confirm_id != NULL ? " of one list" : "");
        kind_met(&sim->world, KIND_WORDS);
    }
}

/* Only what is on both sides: a name that is nowhere is refused. */
static void
choose_mailbox(struct sim *sim, int client, int mailbox, struct sim_choice *choice)
{
    static const char *const names[SIM_MAILBOXES][2] = {{"INBOX", NULL}, {"Work", NULL}, {"Work/Old", NULL}};

    if (!sim->world.met[client] || choice->left_out[mailbox] || !sim->server.boxes[mailbox].exists ||
        !sim->clients[client].maildir.tree.folder[mailbox])
        return;
    choice->only = names[mailbox];
    choice->plain = false;
    say(&sim->world, "    %s alone", names[mailbox][0]);
    kind_met(&sim->world, KIND_ONE);
}

void
kinds_run(struct sim *sim, int client)
{
    struct client *it = &sim->clients[client];
    struct sim_choice *choice = &it->choice;

    *choice = (struct sim_choice){
        .patterns = lists[0].patterns, .pull = everything, .push = everything, .confirm = it->confirm, .plain = true};
    sim->world.clock_off = 0;
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        if (sim->was_away_here[client][m])
            ledger_forget_away(&sim->world, m, client);
        if (sim->away_there[m] || sim->was_away_there[client][m] || sim->away_here[client][m] ||
            sim->was_away_here[client][m])
            choice->plain = false;
        if (sim->left_out[client][m])
            forget_mailbox(sim, client, m);
    }
    if (sim->quiet)
        return;
    if (on(sim, KIND_PATTERNS))
        choose_patterns(sim, choice);
    if (on(sim, KIND_POLICIES) && rng_chance(dice(sim), 40))
        choose_policies(sim, choice);
    if (on(sim, KIND_WORDS) || (on(sim, KIND_MANY) && !on(sim, KIND_SWAPS)))
        choose_word(sim, it, choice);
    if (on(sim, KIND_ONE) && rng_chance(dice(sim), 35))
        choose_mailbox(sim, client, (int)rng_below(dice(sim), SIM_MAILBOXES), choice);
    if (it->forced > 0) {
        choose_mailbox(sim, client, it->forced - 1, choice);
    } else if (it->forced == FORCED_KEEP) {
        choice->pull.deletes = choice->push.deletes = choice->plain = false;
        choice->only = NULL;
    } else if (it->forced == FORCED_SILENCE) {
        choice->confirm = false;
        choice->confirm_id = NULL;
    }
    /* A clock that is wrong twice on end can't be told from a right one. */
    if (is_copying(it)) { /* nobody says that these are to go */
        choice->confirm = false;
        choice->plain = false;
    }
    if (on(sim, KIND_CLOCK) && !it->wrong_clock && rng_chance(dice(sim), 20)) {
        sim->world.clock_off = (rng_chance(dice(sim), 70) ? 1 : -1) * (int64_t)(1 + rng_below(dice(sim), 90)) * DAY;
        say(&sim->world, "    the clock is %d days off", (int)(sim->world.clock_off / DAY));
        it->maildir.wrong_clocks++;
        it->wrong_clock = true;
        kind_met(&sim->world, KIND_CLOCK);
    }
}

/* ---- when ---- */

static const struct {
    enum kind kind;
    unsigned share; /* percent of the actions */
    bool inside;    /* also in the middle of a run */
    void (*event)(struct sim *sim);
} events[] = {
    {KIND_UIDVALIDITY, 15, true, change_uidvalidity},
    {KIND_FORGETS, 12, false, forget_flags},
    {KIND_SWAPS, 15, true, swap},
    {KIND_AWAY_THERE, 25, false, away_there},
    {KIND_AWAY_HERE, 25, false, away_here},
    {KIND_COPIES, 20, true, copy_marked},
    {KIND_NAMES, 15, true, rename_new_file},
    {KIND_MANY, 15, false, remove_many},
    {KIND_DAYS, 25, false, days_pass},
    {KIND_TORN, 10, false, restore_torn},
    {KIND_COPYING, 15, false, copy_tree},
    {KIND_POWER, 20, false, cut_power},
    {KIND_STATES, 10, false, use_other_state},
    {KIND_SEPARATOR, 10, false, change_separator},
    {KIND_SAME_HEADER, 20, false, same_header},
    {KIND_BROKEN, 30, false, moment_broken_off},
    {KIND_RACES, 25, false, moment_race},
    {KIND_UNREADABLE, 15, false, moment_unreadable},
    {KIND_REFILL, 14, false, moment_refill},
    {KIND_BODIES, 15, false, moment_body},
    {KIND_FULL_DISK, 15, false, moment_full_disk},
    {KIND_EDITS, 25, false, moment_edit},
    {KIND_MANY, 6, false, moment_twins},
    {KIND_MANY, 8, false, moment_held},
    {KIND_MANY, 5, false, moment_move_many},
    {KIND_WANTED, 25, false, moment_wanted},
    {KIND_REWIND, 12, false, moment_rewind},
};

void
kinds_begin(struct sim *sim)
{
    struct world *world = &sim->world;
    const struct rng was = world->rng;

    world->rng = rng_for(world->seed, 250000);
    for (int c = 0; c < world->clients; c++)
        sim->clients[c].maildir.lazy = on(sim, KIND_POWER);
    world->strict_copies = on(sim, KIND_COPIES);
    world->expunges = on(sim, KIND_EXPUNGE);
    sim->server.window = on(sim, KIND_NEWEST) ? 50 : 0;
    /* Of a mailbox that grows up to a limit that nobody has heard of, nobody can tell: there it is cut from the beginning. */
    sim->server.announces = on(sim, KIND_NEWEST) && rng_chance(dice(sim), 50);
    const unsigned many = on(sim, KIND_NEWEST) && !sim->server.announces ? 80 : 30;
    sim->server.lies = on(sim, KIND_SIZES) ? 1 + (int)rng_below(dice(sim), 4) : 0;
    if (on(sim, KIND_MANY) || on(sim, KIND_NEWEST))
        for (unsigned i = many + rng_below(dice(sim), 25); i > 0; i--) {
            const int content = world_new_content(world, false);
            put_there(sim, 0, content, 0, content_get(content)->date);
        }
    world->rng = was;
}

void
kinds_between(struct sim *sim, int number)
{
    struct world *world = &sim->world;
    const struct rng was = world->rng;

    if (world->kinds == 0)
        return;
    world->rng = rng_for(world->seed, 300000 + (uint64_t)number);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (!on(sim, events[i].kind) || !rng_chance(dice(sim), events[i].share))
            continue;
        events[i].event(sim);
        for (int c = 0; c < world->clients; c++)
            check_forget(&sim->clients[c]);
    }
    world->rng = was;
}

bool
kinds_inside(struct sim *sim)
{
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (on(sim, events[i].kind) && events[i].inside && sim->world.golub && rng_chance(dice(sim), 12)) {
            events[i].event(sim);
            for (int c = 0; c < sim->world.clients; c++)
                check_forget(&sim->clients[c]);
            return true;
        }
    return false;
}

void
kinds_quiet(struct sim *sim)
{
    sim->quiet = true;
    for (int c = 0; c < sim->world.clients; c++)
        if (is_copying(&sim->clients[c])) {
            copy_more(sim, &sim->clients[c].maildir, 100);
            sim->clients[c].confirm = false; /* of what was only late */
        }
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        if (sim->away_there[m])
            back_there(sim, m);
        for (int c = 0; c < sim->world.clients; c++)
            if (sim->away_here[c][m])
                back_here(sim, c, m);
    }
}
