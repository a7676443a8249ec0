/* One run of the real engine on the simulated stores. */
#include "tests/sim/sim_local.h"
#include "tests/sim/sim_history.h"
#include "tests/sim/sim_journal.h"
#include "tests/sim/sim_trash.h"
#include "tests/sim/sim_watched.h"

static int64_t
virtual_now(void *context)
{
    const struct world *world = context;
    return world->now + world->clock_off;
}

static void
virtual_wait(void *context, int seconds)
{
    struct world *world = context;

    world->now += world->down ? 0 : seconds;
}

/* A commit is a step like any other: the process can die on either side of it. */
static bool
on_commit(void *context, bool after)
{
    struct world *world = context;

    if (after) {
        world_stop(world);
        return true;
    }
    if (world_step(world, STEP_COMMIT, false) != FATE_BEFORE)
        return true;
    world_stop(world);
    return false;
}

/* Removals were begun on the server: only this journal knows whose \Deleted may stand there. */
static void
own_marks(struct sim *sim, struct journal *journal)
{
    struct journal_op *ops = NULL;
    struct error err = {0};
    size_t count = 0;

    if (journal == NULL || !journal_ops(journal, &ops, &count, &err))
        return;
    for (size_t i = 0; i < count; i++) {
        struct journal_message row;
        bool found = false;
        if (ops[i].kind != OP_REMOVE_REMOTE ||
            (ops[i].message != 0 && !journal_message_get(journal, ops[i].message, &row, &found, &err)))
            continue;
        ledger_own_mark(&sim->world, found ? row.uid : (uint32_t)ops[i].size,
                        found && row.has_header ? row.header : NULL);
    }
    free(ops);
}

static int
mailbox_of(const struct journal_mailbox *rows, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        for (int m = 0; rows[i].id == id && m < SIM_MAILBOXES; m++)
            if (strcmp(rows[i].name, server_mailbox_name(m)) == 0)
                return m;
    return -1;
}

/*
 * Has this mailbox given a UID since the command was sent (ever, where the server did not say how far it was) that is gone, and that this client
 * never saw? It may have been of what was sent.
 */
static bool
gave_unseen(const struct sim *sim, struct journal *journal, const struct journal_op *op, int64_t row_id, int mailbox)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (uint32_t uid = op->uidnext != 0 ? op->uidnext : 1; uid < box->uidnext; uid++) {
        struct journal_message row;
        struct error err = {0};
        bool seen = false;
        for (size_t i = 0; !seen && i < box->count; i++)
            seen = box->messages[i].uid == uid;
        if (!seen && journal_message_by_uid(journal, row_id, uid, &row, &seen, &err) && !seen)
            return true;
    }
    return false;
}

/* In whatever dress. */
static bool
is_message(int content, const unsigned char wire[DIGEST_SIZE])
{
    for (int dress = 0; dress < SIM_DRESSES; dress++)
        if (memcmp(content_dressed(content, dress)->digests.wire, wire, DIGEST_SIZE) == 0)
            return true;
    return false;
}

/*
 * What was sent without an answer to a mailbox whose UIDs mean nothing any more, or that has given one since that nobody saw: whether it arrived,
 * and moved on, nobody can tell; an equal message that is new elsewhere is it then, for all that is known. The same of what was to be moved there:
 * where it stands as before it was perhaps never moved, or came back with its mailbox.
 */
static void
note_unsure(struct sim *sim, struct journal *journal)
{
    struct journal_mailbox *rows = NULL;
    struct journal_op *ops = NULL;
    struct error err = {0};
    size_t count = 0, mailboxes = 0;

    for (int k = 0; k < sim->world.next_content; k++)
        memset(sim->world.ledger[k].unanswered, 0, sizeof sim->world.ledger[k].unanswered);
    if (!journal_ops(journal, &ops, &count, &err) || count == 0 ||
        !journal_mailboxes(journal, &rows, &mailboxes, &err)) {
        free(ops);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const bool moves = ops[i].kind == OP_MOVE;
        const int m = moves || ops[i].kind == OP_UPLOAD ? mailbox_of(rows, mailboxes, ops[i].mailbox) : -1;
        struct journal_message row;
        bool found = false;
        if (m < 0 || !journal_message_get(journal, moves ? ops[i].target : ops[i].message, &row, &found, &err) ||
            !found)
            continue;
        const int to = mailbox_of(rows, mailboxes, row.mailbox);
        if (to < 0)
            continue;
        const bool anew = sim->server.boxes[to].uidvalidity != ops[i].uidvalidity;
        const bool unseen = anew || gave_unseen(sim, journal, &ops[i], row.mailbox, to);
        for (int k = 0; k < sim->world.next_content; k++) {
            struct ledger *entry = &sim->world.ledger[k];
            if (!is_message(k, row.wire))
                continue;
            ledger_brought(&sim->world, k, 0); /* for all that golub knows */
            entry->unsure[m] = entry->unsure[m] || (moves ? anew : unseen);
            entry->unanswered[m] = entry->unanswered[m] || !moves;
            /* Perhaps it was carried out, and another client moved it on from there. */
            entry->unsure[to] = entry->unsure[to] || (moves && unseen && server_multiplicity(&sim->server, m, k) == 0);
        }
    }
    journal_mailboxes_free(rows, mailboxes);
    free(ops);
}

void
run_hook_journal(struct sim *sim, int client)
{
    journal_on_commit(sim->clients[client].journal, on_commit, &sim->world);
}

void
run_open_journal(struct sim *sim, int client, const void *image, size_t size)
{
    struct client *it = &sim->clients[client];
    struct error err = {0};

    own_marks(sim, it->journal);
    sim_journal_close(it->journal);
    it->index_lost = it->index_lost || it->maildir.quarantined > 0;
    for (int m = 0; m < SIM_MAILBOXES; m++)
        sim->server.boxes[m].id_told &= ~(1u << client);
    memset(it->maildir.box, 0, sizeof it->maildir.box);
    memset(sim->away_row[client], 0, sizeof sim->away_row[client]);
    for (int i = 0; i < sim->world.next_content; i++) /* what it knew of keywords that no server keeps */
        ledger_unkeyed(&sim->world, i, ~0u);
    it->journal = sim_journal_open(image, size, &err);
    if (it->journal == NULL) {
        violation(&sim->world, "the journal can't be opened: %s", err.what);
        return;
    }
    run_hook_journal(sim, client);
}

static void
forget_lists(struct sim *sim)
{
    sim->server.lists = 0;
    memset(sim->server.listed, 0, sizeof sim->server.listed);
    for (int m = 0; m < SIM_MAILBOXES; m++)
        sim->server.boxes[m].id_sent = false;
}

/* What a run was told of which mailbox is which, it keeps once it got to its end. */
static void
note_told(struct sim *sim, int client, bool whole)
{
    sim->server.lists = 0;
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        struct sim_mailbox *box = &sim->server.boxes[m];

        sim->clients[client].maildir.box[m] = whole ? sim->server.listed[m] : 0;
        sim->clients[client].maildir.next[m] = box->uidnext;
        sim->clients[client].maildir.modseq[m] = box->modseq;
        if (box->id_sent && whole) {
            box->id_told |= 1u << client;
            box->was_at[client] = m;
        }
        box->id_sent = false;
    }
}

static void
save_image(struct sim *sim, struct journal *journal, void **image, size_t *size)
{
    struct error err = {0};

    if (!journal_image(journal, image, size, &err))
        violation(&sim->world, "no image of the journal: %s", err.what);
}

static void
copy_tree(struct sim_tree *to, const struct sim_tree *from)
{
    to->root = from->root;
    memcpy(to->folder, from->folder, sizeof to->folder);
    memcpy(to->aside, from->aside, sizeof to->aside);
    memcpy(to->tables, from->tables, sizeof to->tables);
    memcpy(to->files, from->files, from->count * sizeof from->files[0]);
    to->count = from->count;
    to->mark = from->mark;
}

/* After a run: what was the last backup is the older one now. */
static void
keep_backups(struct sim *sim, struct client *client)
{
    if (!sim->disasters && !kind_on(&sim->world, KIND_TORN))
        return;
    if (client->has_last) {
        copy_tree(&client->older, &client->last);
        memcpy(client->older_changed, client->last_changed, sizeof client->older_changed);
        free(client->older_image);
        client->older_image = client->last_image;
        client->older_size = client->last_size;
        client->last_image = NULL;
        client->has_older = true;
    }
    ledger_backs_up(&sim->world, client->maildir.client);
    copy_tree(&client->last, &client->maildir.tree);
    memcpy(client->last_changed, client->maildir.changed, sizeof client->last_changed);
    client->has_last = true;
    save_image(sim, client->journal, &client->last_image, &client->last_size);
}

/* The process is gone: only what was committed is left of the journal. */
static void
after_crash(struct sim *sim, int client)
{
    /* Nothing else lives in the handle: what is rolled back is as gone as after a new open, which costs twenty times as much. */
    journal_rollback(sim->clients[client].journal);
    maildir_sim_undrop(&sim->clients[client].maildir);
    sim->world.crashed = sim->world.failed;
}

/* Files that stand for this message, whatever became of their bytes. */
static int
count_standing(const struct maildir_sim *maildir, int mailbox, int content)
{
    int found = 0;

    for (size_t i = 0; i < maildir->tree.count; i++) {
        const struct sim_file *file = &maildir->tree.files[i];
        found += file->mailbox == mailbox && file->original == content;
    }
    return found;
}

/* Somebody may have moved the one that was sent meanwhile, and the server has it still where it was. */
static bool
was_sent(struct sim *sim, const struct maildir_sim *maildir, const struct sim_file *file)
{
    int more = 0;

    for (int m = 0; m < SIM_MAILBOXES; m++)
        more += server_multiplicity(&sim->server, m, file->content) - count_standing(maildir, m, file->content);
    return more > 0 && server_multiplicity(&sim->server, file->mailbox, file->content) >
                           count_standing(maildir, file->mailbox, file->content);
}

/* What was sent up after it was edited is the message now. */
static void
adopt_edited(struct sim *sim, struct maildir_sim *maildir)
{
    for (size_t i = 0; i < maildir->tree.count; i++) {
        struct sim_file *file = &maildir->tree.files[i];
        if (file->mailbox < SIM_MAILBOXES && file->content != file->original &&
            server_multiplicity(&sim->server, file->mailbox, file->original) == 0 && was_sent(sim, maildir, file))
            file->original = file->content;
    }
}

static int
run_engine(struct sim *sim, int client, bool dry, struct journal *journal)
{
    static const struct names_mapped maps[SIM_MAPS][3] = {
        {{0}},
        {{"Work", 0, "Job"}},
        {{"Work/Old", 0, "Attic"}},
        {{"Work", 0, "Post"}, {"Work/Old", 0, "Old/Work"}},
    };
    struct client *it = &sim->clients[client];
    const struct account account = {
        .name = "sim",
        .connection = {.host = "sim.example.org", .user = "ana", .timeout_s = sim->world.silence},
        .maildir = "/sim/mail",
        .state = "/sim/state",
        .fsync = !it->maildir.lazy,
        .policy = {.pull = it->choice.pull,
                   .push = it->choice.push,
                   .deletes_here = sim->configured && it->choice.pull.deletes,
                   .deletes_there = sim->configured && it->choice.push.deletes,
                   .expunge = sim->world.expunges,
                   .sent = sim->server.sent != 0 ? SENT_SERVER : SENT_UPLOAD,
                   .delete = sim->server.trash != 0 || sim->server.guessed ? DELETE_TRASH : DELETE_AUTO,
                   .guard = true,
                   .max_delete = 25,
                   .quarantine_days = 30,
                   .layout = sim->layout,
                   .map = maps[dry ? it->maildir.map : it->choice.map],
                   .patterns = sim->patterns != NULL ? sim->patterns : it->choice.patterns}};
    struct sync_options options = {.dry_run = dry,
                                   .confirm = it->choice.confirm,
                                   .deletes_id = it->choice.confirm_id,
                                   .confirm_additions = it->choice.confirm && it->choice.confirm_id == NULL,
                                   .mailboxes = sim->only != NULL ? sim->only : it->choice.only,
                                   .descriptors = sim->descriptors,
                                   .piece = sim->piece,
                                   .now = virtual_now,
                                   .now_context = &sim->world,
                                   .wait = virtual_wait,
                                   .wait_context = &sim->world};

    if (!dry && it->maildir.map != it->choice.map) {
        folders_map(&it->maildir, it->choice.map);
        it->watched.well = false; /* its paths are others now */
    }
    if (!dry)
        watched_begin(sim, it, &options);
    sim->server.avoided[0] = '\0'; /* each run has an object of its own */
    return engine_run(&account, &options, server_remote(&sim->server), maildir_sim_local(&it->maildir), journal,
                      report_of(&sim->world));
}

int
run_sync(struct sim *sim, int client)
{
    struct world *world = &sim->world;
    struct client *it = &sim->clients[client];
    uint32_t numbers[SIM_MAILBOXES];

    kinds_run(sim, client);
    world->wished = false;
    memset(&world->advice[client], 0, sizeof world->advice[client]);
    it->maildir.began++;
    check_before(sim, it);
    guard_before(sim, it);
    intents_begin(sim, client);
    world->client = client;
    forget_lists(sim);
    world->step = world->steps = world->remote_step = 0;
    world->interfered = 0;
    world->exchanged = 0;
    note_unsure(sim, it->journal);
    for (int m = 0; m < SIM_MAILBOXES; m++)
        numbers[m] = sim->server.boxes[m].uidvalidity;
    world->golub = true;
    const int status = run_engine(sim, client, false, it->journal);
    world->golub = false;
    sim->server.connected = false;
    sim->syncs++;
    const bool crashed = world->crashed, lost = world->lost;
    watched_end(it, !crashed && (status == 0 || status == 3));
    const bool clean = status == 0 && it->choice.plain && !crashed && !lost && world->interfered == 0;
    if (!crashed && it->maildir.drafts != 0)
        violation(world, "%d drafts are left open", it->maildir.drafts);
    if (!crashed && !lost &&
        (status < 0 || (status == 2 && !sim->refusals && it->choice.confirm_id == NULL) || status > 3))
        violation(world, "a run ended with status %d", status);
    if (!crashed && status == 1 && world->complaints == 0)
        violation(world, "a run ended with status 1 and said nothing");
    say(world, "    status %d%s", crashed ? -1 : status, clean ? "" : " (disturbed)");
    it->maildir.drafts = 0;
    if (!crashed && !lost && (status == 0 || status == 1 || status == 3))
        maildir_sim_ended(&it->maildir);
    guard_after(sim, it);
    kinds_ran(sim, client, !crashed && !lost && (status == 0 || status == 1 || status == 3));
    it->confirm = world->held > 0;
    world->met[client] = world->met[client] || clean;
    note_told(sim, client, clean);
    if (crashed) {
        trash_killed(&sim->server, client);
        after_crash(sim, client);
    }
    world->crash_at = world->lose_at = 0;
    world->aim_left = 0;
    world->dying = world->lost = world->down = false;
    world->interfere = 0;
    world->tick++;
    if (!crashed && !lost) /* else another's message with those bytes may not have its file here yet */
        adopt_edited(sim, &it->maildir);
    check_after(sim, it, clean);
    for (int i = 0; i < world->clients * SIM_MAILBOXES; i++) /* to the others nothing counts as removed there */
        if (i / SIM_MAILBOXES != client &&
            numbers[i % SIM_MAILBOXES] != sim->server.boxes[i % SIM_MAILBOXES].uidvalidity)
            check_forget(&sim->clients[i / SIM_MAILBOXES]);
    keep_backups(sim, it);
    return crashed ? -1 : status;
}

void
run_dry(struct sim *sim, int client)
{
    struct world *world = &sim->world;
    struct client *it = &sim->clients[client];
    struct error err = {0};
    void *image = NULL;
    size_t size;

    save_image(sim, it->journal, &image, &size);
    struct journal *copy = sim_journal_open(image, size, &err);
    free(image);
    if (copy == NULL) {
        violation(world, "the journal's copy can't be opened: %s", err.what);
        return;
    }
    world->step = world->steps = world->remote_step = 0;
    world->changes = 0;
    world->client = client;
    kinds_run(sim, client);
    world->golub = true;
    (void)run_engine(sim, client, true, copy);
    world->golub = false;
    sim->server.connected = false;
    sim_journal_close(copy);
    if (world->changes != 0)
        violation(world, "a dry run changed something");
    if (it->maildir.drafts != 0)
        violation(world, "a dry run left drafts open");
}

void
run_close(struct sim *sim)
{
    for (int i = 0; i < SIM_CLIENTS; i++) {
        struct client *it = &sim->clients[i];
        sim_journal_close(it->journal);
        free(it->last_image);
        free(it->older_image);
        it->journal = NULL;
        it->last_image = it->older_image = NULL;
    }
}
