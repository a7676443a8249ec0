/* Moments around one message: its change is cut off, others touch it, it can't be read. See sim_moments.h. */
#include "tests/sim/sim_cast.h"

/* ---- broken off ---- */

/* A mail reader died while it renamed: the file stands there under two infos. */
static void
second_name(const struct cast *cast)
{
    struct sim *sim = cast->sim;
    const char *info = strcmp(cast->file->info, "c:2,RS") == 0 ? "c:2,S" : "c:2,RS";
    char base[LOCAL_BASE_MAX + 1];

    text_print(base, sizeof base, "%s", cast->file->base);
    /* Where a mailbox is left out, or away, what was taken out of it is forgotten, and this is. */
    if ((sim->world.kinds & (KIND_BIT(KIND_PATTERNS) | KIND_BIT(KIND_AWAY_HERE) | KIND_BIT(KIND_AWAY_THERE))) != 0)
        return;
    const int dress = cast->file->dress;
    struct sim_file *second = maildir_sim_add(cast->maildir, cast->from, base, info, cast->content, cast->file->date);
    if (second == NULL)
        return;
    second->dress = dress;
    ledger_put(&sim->world, cast->content, cast->from);
    ledger_out(&sim->world, cast->content, cast->from); /* of two files one may go */
    say(&sim->world, "  here %d: #%d in %s has a second name", cast->client, cast->content,
        server_mailbox_name(cast->from));
}

/* Something that golub will have to carry over. @return the step that does it */
static enum step_kind
give_work(struct cast *cast)
{
    struct sim *sim = cast->sim;

    switch (rng_below(dice(sim), 17)) {
    case 9: /* many flags, and the line breaks while they are listed */
        for (size_t i = 0; i < sim->server.boxes[cast->from].count; i++)
            if (rng_chance(dice(sim), 60))
                cast_flag_there(sim, sim->server.boxes[cast->from].messages[i].content, FLAG_FLAGGED);
        return STEP_READ;
    case 10:
        second_name(cast);
        return STEP_QUARANTINE;
    case 11:
    case 12:
        action_remove_here(sim, cast->maildir, cast->file);
        cast->removed = true;
        return STEP_MARK;
    case 0:
    case 13:
        (void)cast_deliver_here(cast, cast->to, cast->content = world_new_content(&sim->world, false), 0);
        return STEP_APPEND;
    case 1:
    case 2:
    case 14:
        (void)action_transfer_here(sim, cast->maildir, cast->file, cast->to, true);
        return sim->server.move ? STEP_MOVE : STEP_COPY;
    case 3:
    case 15:
    case 16:
        action_remove_here(sim, cast->maildir, cast->file);
        cast->removed = true;
        return rng_chance(dice(sim), 50) ? STEP_DELETED : STEP_EXPUNGE;
    case 4:
        action_remove_there(sim, cast->from, cast->message);
        cast->removed = true;
        return STEP_QUARANTINE;
    case 5:
        (void)action_transfer_there(sim, cast->from, cast->message, cast->to, true);
        return rng_chance(dice(sim), 50) ? STEP_LINK : STEP_UNLINK;
    case 6:
        (void)action_transfer_here(sim, cast->maildir, cast->file, cast->to, false);
        return STEP_COPY;
    case 7:
        cast_arrive_there(sim, cast->to, cast->content = world_new_content(&sim->world, false));
        return STEP_DELIVER;
    default:
        cast_flag_there(sim, cast->content, FLAG_ANSWERED);
        return STEP_RENAME;
    }
}

/* Between the run that was cut off and the next one. */
static void
touch(struct cast *cast, enum step_kind step)
{
    struct sim *sim = cast->sim;
    struct sim_tree *tree = &cast->maildir->tree;
    struct sim_file *file = NULL;

    for (size_t i = 0; i < tree->count; i++)
        if (tree->files[i].content == cast->content && tree->files[i].mailbox < SIM_MAILBOXES)
            file = &tree->files[i];
    if ((step == STEP_DELETED || step == STEP_EXPUNGE) && rng_chance(dice(sim), 70)) {
        if (rng_chance(dice(sim), 60)) /* somebody wants it, or brings it again */
            cast_flag_there(sim, cast->content, FLAG_FLAGGED);
        else
            (void)cast_deliver_here(cast, cast->to, cast->content, 0);
        return;
    }
    if (step == STEP_APPEND && file != NULL && rng_chance(dice(sim), 50)) {
        (void)mua_move(cast->maildir, file, file->mailbox, true);
        return;
    }
    switch (rng_below(dice(sim), 5)) {
    case 0:
        cast_flag_there(sim, cast->content, FLAG_FLAGGED);
        break;
    case 1:
        if (file != NULL && cast_is_open(sim, cast->maildir, cast->from))
            (void)action_transfer_here(sim, cast->maildir, file, cast->from, true);
        break;
    case 2:
        if (file != NULL)
            action_remove_here(sim, cast->maildir, file);
        break;
    case 3:
        if (file != NULL)
            (void)mua_move(cast->maildir, file, file->mailbox, true);
        break;
    default:
        action_outside(&sim->world);
    }
}

void
moment_broken_off(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;

    /* What is removed where nothing else differs stays removed. */
    const bool in_sync = world->clients == 1 && rng_chance(dice(sim), 60) && cast_choose_client(sim, &cast) &&
                         cast_sync_after(&cast, 10) == 0 && sim->clients[cast.client].choice.plain;
    if (!cast_choose_message(sim, &cast))
        return;
    /* One that a list lacked, and that somebody flagged on one side, is wanted back: nobody has seen that yet. */
    unsigned shown;
    const bool wanted = ((cast.message->flags ^ local_info_flags(cast.file->info, &shown)) & FLAG_FLAGGED) != 0;
    kind_met(world, KIND_BROKEN);
    const enum step_kind step = give_work(&cast);
    bool touched = false;
    const unsigned which = rng_below(dice(sim), 10);
    world->aim = which == 0 ? STEP_COMMIT : which < 3 ? STEP_MARK : step;
    world->aim_left = step == STEP_READ ? 1 + (int)rng_below(dice(sim), 30) : rng_chance(dice(sim), 80) ? 1 : 2;
    world->aim_lose = rng_chance(dice(sim), step == STEP_READ ? 100 : 60);
    /* Between mark and removal, mostly: there golub's own mark stands alone. */
    const bool alone = world->aim == STEP_DELETED || world->aim == STEP_EXPUNGE;
    world->crash_after = alone ? world->aim == STEP_DELETED : rng_chance(dice(sim), 50);
    world->lose_after = alone ? world->aim == STEP_DELETED : rng_chance(dice(sim), 75);
    sim->server.dawdles = true;
    (void)cast_sync_after(&cast, 1);
    sim->server.dawdles = false;
    bool plain = sim->clients[cast.client].choice.plain && in_sync;
    if (rng_chance(dice(sim), 50) && !world->failed) {
        touched = true;
        touch(&cast, step);
    }
    int status = -1;
    for (unsigned i = 1 + rng_below(dice(sim), 2); i > 0; i--) {
        status = cast_sync_after(&cast, rng_below(dice(sim), 3));
        plain = plain && sim->clients[cast.client].choice.plain;
    }
    /* What is out of a server's view stays here, whoever removed it there; and what it remade of golub's bytes is another message once its file is gone. */
    if (status == 0 && plain && !touched && !wanted && cast.removed && !server_is_cut(&sim->server, cast.from) &&
        !world->ledger[cast.content].remade[cast.from] &&
        ((sim->server.trash == 0 && cast_stands_here(&cast)) ||
         server_multiplicity(&sim->server, cast.from, cast.content) > 0))
        violation(world, "#%d was removed, that was cut off, and it is there again", cast.content);
}

/* ---- races ---- */

static struct { /* what the others do in this run */
    struct cast *cast;
    void (*act)(struct cast *cast);
    int left, done;
    unsigned wait; /* steps before the first one */
} race;

static struct sim_file *
file_of(const struct cast *cast)
{
    struct sim_tree *tree = &cast->maildir->tree;

    for (size_t i = 0; i < tree->count; i++)
        if (tree->files[i].content == cast->content && tree->files[i].mailbox < SIM_MAILBOXES)
            return &tree->files[i];
    return NULL;
}

/* Its message on the server, wherever it is. */
static struct sim_message *
find_there(const struct cast *cast, int *mailbox)
{
    for (*mailbox = 0; *mailbox < SIM_MAILBOXES; ++*mailbox) {
        const struct sim_message *found = cast_message_of(cast->sim, *mailbox, cast->content);
        if (found != NULL && cast->sim->server.boxes[*mailbox].exists)
            return server_message(&cast->sim->server, *mailbox, found->uid);
    }
    return NULL;
}

/* Another mailbox, one that is not there yet if there is such a one. */
static int
another_mailbox(const struct cast *cast, int from, bool here)
{
    const struct sim *sim = cast->sim;

    for (int m = 1; m < SIM_MAILBOXES; m++)
        if (m != from && !sim->away_there[m] && !sim->away_here[cast->client][m] &&
            !(here ? cast->maildir->tree.folder[m] : sim->server.boxes[m].exists))
            return m;
    return (from + 1 + (int)rng_below(dice(cast->sim), SIM_MAILBOXES - 1)) % SIM_MAILBOXES;
}

static void
race_moves_there(struct cast *cast)
{
    int from;
    const struct sim_message *message = find_there(cast, &from);
    const int to = another_mailbox(cast, from % SIM_MAILBOXES, false);

    if (message == NULL || cast->sim->away_there[to])
        return;
    server_create(&cast->sim->server, to);
    (void)action_transfer_there(cast->sim, from, message, to, true);
}

static void
race_moves_here(struct cast *cast)
{
    struct sim_file *file = file_of(cast);

    if (file == NULL)
        return;
    const int to = race.done > 1 ? cast->from : another_mailbox(cast, file->mailbox, true);
    if (to == file->mailbox || cast->sim->away_here[cast->client][to] ||
        ((cast->sim->world.renamed || maildir_sim_moves(cast->maildir)) && !cast->maildir->tree.folder[to]))
        return;
    cast->maildir->tree.folder[to] = true;
    (void)action_transfer_here(cast->sim, cast->maildir, file, to, true);
}

static void
race_flags_there(struct cast *cast)
{
    int mailbox;
    struct sim_message *message = find_there(cast, &mailbox);

    if (message == NULL)
        return;
    server_set_flags(&cast->sim->server, mailbox, message, message->flags ^ 1u << rng_below(dice(cast->sim), 3),
                     message->keys);
    say(&cast->sim->world, "  there: #%d %s UID %u has flags %x", cast->content, server_mailbox_name(mailbox),
        message->uid, message->flags);
}

/* Somebody wants it, whose file was removed here. */
static void
race_wants_there(struct cast *cast)
{
    int mailbox;
    struct sim_message *message = find_there(cast, &mailbox);

    if (message == NULL || (message->flags & FLAG_FLAGGED) != 0 ||
        (cast->sim->server.boxes[mailbox].permanent & FLAG_FLAGGED) == 0)
        return;
    cast_flag_there(cast->sim, cast->content, FLAG_FLAGGED);
    cast->sim->world.wanted = cast->content + 1;
}

/* Names change all the time, and with them the order of the folder. */
static void
race_renames_here(struct cast *cast)
{
    struct sim_tree *tree = &cast->maildir->tree;
    unsigned shown;

    if (tree->count == 0)
        return;
    struct sim_file *file = &tree->files[rng_below(dice(cast->sim), (unsigned)tree->count)];
    if (file->mailbox >= SIM_MAILBOXES || file->content != file->original)
        return;
    const int folder = file->mailbox;
    mua_set_flags(cast->maildir, file, local_info_flags(file->info, &shown) ^ 1u << rng_below(dice(cast->sim), 3));
    for (size_t i = tree->count; i > 1; i--) {
        struct sim_file *a = &tree->files[i - 1], *b = &tree->files[rng_below(dice(cast->sim), (unsigned)i)];
        const struct sim_file moved = *a;
        if (a->mailbox != folder || b->mailbox != folder)
            continue; /* another folder does not change */
        *a = *b;
        *b = moved;
    }
}

static void
race_on(struct world *world)
{
    if (rng_chance(&world->rng, 60))
        world->tick++;
    if (race.done >= race.left || (race.wait > 0 && race.wait-- > 0))
        return;
    race.done++;
    race.act(race.cast);
}

/* What the journal says of a UID, or of a file of this name. @return false: nothing */
static bool
find_row(const struct client *client, int mailbox, uint32_t uid, const char *base, struct journal_message *message)
{
    struct journal_mailbox *rows = NULL;
    struct error err = {0};
    size_t count = 0;
    bool found = false;

    if (!journal_mailboxes(client->journal, &rows, &count, &err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, server_mailbox_name(mailbox)) == 0 &&
            !(base != NULL ? journal_message_by_base(client->journal, rows[i].id, base, message, &found, &err)
                           : journal_message_by_uid(client->journal, rows[i].id, uid, message, &found, &err)))
            found = false;
    journal_mailboxes_free(rows, count);
    return found;
}

/* Flagged when both sides last agreed: who takes that off, and sets it again before it is looked at, has changed nothing. */
static bool
was_flagged(const struct cast *cast)
{
    const struct client *it = &cast->sim->clients[cast->client];
    struct journal_message message;
    unsigned shown;

    return (local_info_flags(cast->file->info, &shown) & FLAG_FLAGGED) != 0 ||
           (find_row(it, cast->from, cast->message->uid, NULL, &message) && (message.flags.rbase & FLAG_FLAGGED) != 0);
}

/* What others do, and what golub has to do at the same time. */
static void
choose_race(struct cast *cast)
{
    struct sim *sim = cast->sim;

    race.cast = cast;
    race.act = race_flags_there;
    race.done = 0;
    race.left = 1 + (int)rng_below(dice(sim), 6);
    race.wait = rng_below(dice(sim), 1u << rng_below(dice(sim), 7));
    switch (rng_below(dice(sim), 6)) {
    case 0:
        race.act = race_moves_there;
        race.left = 1;
        cast_arrive_there(sim, cast->to, world_new_content(&sim->world, false));
        break;
    case 1:
        race.act = race_moves_here;
        race.left = 1 + (int)rng_below(dice(sim), 2); /* there and back */
        (void)cast_deliver_here(cast, cast->to, world_new_content(&sim->world, false), 0);
        break;
    case 2:
        mua_set_flags(cast->maildir, cast->file, cast->message->flags ^ FLAG_ANSWERED);
        break;
    case 3:
        (void)cast_deliver_here(cast, cast->to, cast->content = world_new_content(&sim->world, false), 0);
        break;
    case 4:
        if (was_flagged(cast))
            return; /* it was wanted before, and is removed all the same */
        race.act = race_wants_there;
        race.left = 1;
        action_remove_here(sim, cast->maildir, cast->file);
        break;
    default:
        race.act = race_renames_here;
        race.left = 1000;
    }
}

/* `expunge = true`, and one of it bears \Deleted, on whichever side: it is removed, wherever it moves. */
static bool
is_marked(const struct cast *cast)
{
    const struct sim *sim = cast->sim;
    const struct sim_tree *tree = &cast->maildir->tree;
    unsigned shown, marked = 0;

    for (int m = 0; m < SIM_MAILBOXES; m++)
        for (size_t i = 0; i < sim->server.boxes[m].count; i++)
            if (sim->server.boxes[m].messages[i].content == cast->content)
                marked |= sim->server.boxes[m].messages[i].flags;
    for (size_t i = 0; i < tree->count; i++)
        if (tree->files[i].content == cast->content)
            marked |= local_info_flags(tree->files[i].info, &shown);
    return sim->world.expunges && (marked & FLAG_DELETED) != 0;
}

void
moment_race(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;
    static const int shares[] = {4, 12, 30, 70};

    if (!cast_choose_message(sim, &cast))
        return;
    kind_met(world, KIND_RACES);
    choose_race(&cast);
    const bool moves = race.act == race_moves_there || race.act == race_moves_here;
    const size_t kept = cast_kept_times(cast.maildir, cast.content);
    world->interfere = moves ? 100 : shares[rng_below(dice(sim), 4)];
    world->outside = race_on;
    const bool marked = is_marked(&cast); /* none of those who race marks anything */
    (void)cast_sync_after(&cast, 10);
    world->outside = action_outside;
    world->wanted = 0;
    if (marked)
        return;
    int mailbox;
    if (moves && cast_kept_times(cast.maildir, cast.content) > kept && !cast_stands_here(&cast) &&
        sim->clients[cast.client].choice.plain)
        violation(world, "#%d moved while golub was at work, and was quarantined", cast.content);
    if (moves && find_there(&cast, &mailbox) == NULL && sim->clients[cast.client].choice.plain)
        violation(world, "#%d moved while golub was at work, and was removed on the server", cast.content);
}

/* ---- what can't be read ---- */

void
moment_unreadable(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;
    const unsigned what = rng_below(dice(sim), 5);

    if (!cast_choose_message(sim, &cast) || cast_sync_after(&cast, 10) != 0 ||
        !cast_stands_once(sim, cast.maildir, cast.content))
        return;
    for (size_t i = 0; i < cast.maildir->tree.count; i++)
        if (cast.maildir->tree.files[i].content == cast.content)
            cast.file = &cast.maildir->tree.files[i];
    cast.from = cast.file->mailbox;
    cast.message = cast_message_of(sim, cast.from, cast.content);
    if (cast.message == NULL || cast.to == cast.from || !cast_is_open(sim, cast.maildir, cast.to))
        return;
    kind_met(world, KIND_UNREADABLE);
    const size_t kept = cast_kept_times(cast.maildir, cast.content);
    if (what == 3) { /* no room for the copy */
        (void)action_transfer_here(sim, cast.maildir, cast.file, cast.to, true);
        sim->server.quota = 1;
    } else if (what == 4) { /* it is gone, and something else can't be fetched: that may be it */
        const int other = world_new_content(world, false);
        action_remove_there(sim, cast.from, cast.message);
        cast_arrive_there(sim, cast.to, other);
        sim->server.withheld = other + 1;
    } else if (what == 0) {
        (void)action_transfer_here(sim, cast.maildir, cast.file, cast.to, true);
        cast.maildir->unreadable = 1u << cast.to;
    } else {
        (void)action_transfer_there(sim, cast.from, cast.message, cast.to, true);
        if (what == 1)
            sim->server.unreadable |= 1u << cast.to;
        else
            sim->server.withheld = cast.content + 1;
    }
    say(world, "  %s can't be %s", what == 2 || what == 4 ? "a body" : server_mailbox_name(cast.to),
        what == 3 ? "added to" : "read");
    const int quota = what == 3 ? 0 : sim->server.quota;
    sim->server.rude = rng_chance(dice(sim), 50);
    (void)cast_sync_after(&cast, 10);
    cast.maildir->unreadable = sim->server.unreadable = 0;
    sim->server.rude = false;
    sim->server.withheld = 0;
    sim->server.quota = quota;
    if (!sim->clients[cast.client].choice.plain)
        return;
    if (what == 4 && !cast_stands_here(&cast))
        violation(world, "#%d was removed here in a run that could not fetch everything", cast.content);
    if ((what == 0 || what == 3) && server_multiplicity(&sim->server, cast.from, cast.content) == 0 &&
        server_multiplicity(&sim->server, cast.to, cast.content) == 0)
        violation(world, "#%d moved to where it could not be added, and is gone on the server", cast.content);
    if ((what == 1 || what == 2) && cast_kept_times(cast.maildir, cast.content) > kept && !cast_stands_here(&cast))
        violation(world, "#%d moved to where it could not be read, and was quarantined", cast.content);
}

/* ---- wanted back ---- */

/* It was paired with a file: until then a file of it, with lines of another program, is another message. */
static bool
is_paired(const struct client *client, int mailbox, uint32_t uid)
{
    struct journal_message message;

    return find_row(client, mailbox, uid, NULL, &message) && message.base[0] != '\0';
}

/* Its removal waits for a word, or its folder, which was copied, never had its file. */
static bool
is_held(const struct client *client, int mailbox, uint32_t uid)
{
    struct journal_message message;
    struct journal_hold *lists = NULL;
    struct error err = {0};
    size_t held = 0;

    if (!find_row(client, mailbox, uid, NULL, &message) ||
        !journal_holds_of(client->journal, message.id, &lists, &held, &err))
        return false;
    free(lists);
    return held > 0 || (message.facts & FACT_LACKED) != 0;
}

/* It is gone on one side, and wanted on the other. @return false: it was to move, and its new place is full */
static bool
part_ways(struct sim *sim, const struct cast *cast, bool here, bool moves)
{
    unsigned shown;

    if (here) {
        cast_flag_there(sim, cast->content, FLAG_FLAGGED);
        if (moves)
            return action_transfer_here(sim, cast->maildir, cast->file, cast->to, true);
        action_remove_here(sim, cast->maildir, cast->file);
        return true;
    }
    mua_set_flags(cast->maildir, cast->file, local_info_flags(cast->file->info, &shown) | FLAG_FLAGGED);
    if (moves)
        return action_transfer_there(sim, cast->from, cast->message, cast->to, true);
    action_remove_there(sim, cast->from, cast->message);
    return true;
}

void
moment_wanted(struct sim *sim)
{
    struct world *world = &sim->world;
    struct cast cast;
    unsigned shown;

    if (!cast_choose_message(sim, &cast) || (sim->server.boxes[cast.from].permanent & FLAG_FLAGGED) == 0 ||
        ((local_info_flags(cast.file->info, &shown) | cast.message->flags) & FLAG_FLAGGED) != 0)
        return;
    struct client *it = &sim->clients[cast.client];
    const bool here = rng_chance(dice(sim), 50), moves = rng_chance(dice(sim), 60);
    const bool paired = is_paired(it, cast.from, cast.message->uid), marked = is_marked(&cast);
    /* Under the name of a file that was another message there it is that one, with other bytes, and has moved nowhere. */
    struct journal_message message;
    const bool named = here && moves && find_row(it, cast.to, 0, cast.file->base, &message);
    kind_met(world, KIND_WANTED);
    if (!part_ways(sim, &cast, here, moves))
        return;
    it->forced = moves && rng_chance(dice(sim), 70) ? cast.from + 1 : FORCED_NOT;
    const uint32_t uid = here ? cast.message->uid : 0;
    const bool held = here && is_held(it, cast.from, uid);
    const int repairs = world->repairs;
    const int status = cast_sync_after(&cast, 10);
    it->forced = FORCED_NOT;
    /* Where the server went back nothing counts as gone; and of two that came on two sides nobody said that they are one. */
    if (world->repairs != repairs || world->ledger[cast.content].spread > 0 || !paired)
        return;
    if (world->clients > 1 || (status != 0 && status != 1) || kind_on(world, KIND_PATTERNS) || sim->disasters)
        return;
    /* What a copied tree lacked is held and has moved nowhere, as long as it is, though its file came since: what is flagged comes back. */
    if (named || (here && moves && it->restored && (event_is_copying(it) || held || is_held(it, cast.from, uid))))
        return;
    /* Of what a server makes of the files that it is sent nothing is known: where it moves it is new. */
    if (!here && sim->server.rewrites != DRESS_PLAIN)
        return;
    /* A list that does not add up proves not that anything is gone there; nor that it did not move there, for which it waits. */
    for (int m = 0; !here && m < SIM_MAILBOXES; m++)
        if (sim->server.boxes[m].phantoms != 0)
            return;
    int there = 0, found = 0;
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        there += server_multiplicity(&sim->server, m, cast.content);
        found += maildir_sim_multiplicity(cast.maildir, m, cast.content, true);
    }
    const int again = here ? maildir_sim_multiplicity(cast.maildir, cast.from, cast.content, true)
                           : server_multiplicity(&sim->server, cast.from, cast.content);
    /* Into the Trash is a removal, which the flag outlives. */
    if (moves && again > 0 && (here || cast.to + 1 != sim->server.trash))
        violation(world, "#%d moved on one side, was flagged on the other, and is where it was once more",
                  cast.content);
    /* What comes back bearing \Deleted is on both sides then, and `expunge` takes it (plan.c), in the same run. */
    if (!moves && !marked && it->choice.plain && status == 0 && (there == 0 || found == 0))
        violation(world, "#%d was removed on one side and flagged on the other, and is %d times there and %d here",
                  cast.content, there, found);
}
