/*
 * The simulated server as the engine sees it: its lists, and flags. Bodies are in sim_fetch.c, what comes in sim_append.c, what leaves a mailbox in
 * sim_change.c.
 *
 * Each command is a step. Where the line breaks "after" it, the server has done it (an APPEND perhaps later) and
 * perhaps some of the commands that were in the pipeline behind it, and nobody ever hears of that.
 */
#include "tests/sim/sim_remote.h"

static const struct remote_outcome fine = {.ok = true};

bool
remote_broken(struct server *server, struct error *err)
{
    if (server->connected && server->world->lost)
        server->world->now += server->world->silence;
    server->connected = false;
    world_stop(server->world);
    if (server->world->crashed)
        error_set(err, ERROR_LOCAL, "simulated crash");
    else
        error_set(err, ERROR_NETWORK, "simulated line break");
    return false;
}

/* It dies of what it was asked for. */
bool
remote_died(struct server *server, struct error *err)
{
    server->world->lost = true;
    say(server->world, "      the server ends the line");
    return remote_broken(server, err);
}

bool
remote_alive(struct server *server, struct error *err)
{
    return (server->connected && !server->world->crashed) || remote_broken(server, err);
}

bool
remote_writes(struct server *server, const char *what)
{
    if (server->examine)
        violation(server->world, "a dry run sent %s", what);
    return !server->examine;
}

static bool
sim_open(void *remote, bool examine, struct error *err)
{
    struct server *server = remote;

    world_between(server->world);
    if ((server->world->lost && server->world->down) || world_step(server->world, STEP_READ, true) != FATE_GO)
        return remote_broken(server, err);
    if (server->unlisted != 0 && server->unlisted_for-- == 0)
        server->unlisted = 0;
    server->connected = true;
    server->examine = examine;
    server_delayed(server, false); /* golub may have waited for this line: what is due by now was carried out */
    world_break_again(server->world);
    return true;
}

static void
sim_info(void *remote, struct remote_info *out)
{
    const struct server *server = remote;

    memset(out, 0, sizeof *out);
    text_print(out->server, sizeof out->server, "simulator");
    text_print(out->prefix, sizeof out->prefix, "%s", server->prefix);
    out->separator = server->separator;
    out->condstore = server->condstore;
    out->qresync = server->qresync;
    out->uidplus = server->uidplus;
    (void)text_print(out->unlisted, sizeof out->unlisted, "%s", server->garbled != 0 ? "a line of the list" : "");
    (void)text_print(out->avoided, sizeof out->avoided, "%s", server->avoided);
    out->move = server->move;
    out->list_status = server->list_status;
    out->utf8 = !server->encodes;
    out->lost = !server->connected;
    out->capabilities = server->announces ? "IMAP4rev1 MESSAGELIMIT=50" : "IMAP4rev1";
}

static void
sim_avoid(void *remote, const char *what)
{
    struct server *server = remote;

    (void)text_print(server->avoided, sizeof server->avoided, "%s", what);
}

/* Only what a client knows it may miss: of what it was never told nobody can say that it was renamed. */
static bool
is_mute(struct server *server, const struct sim_mailbox *box)
{
    return (box->id_told >> server->world->client & 1) != 0 &&
           (server->list_mute || (server->list_gaps && rng_chance(&server->world->rng, 50)));
}

static bool
list_one(struct server *server, int mailbox, bool (*listed)(void *context, const struct remote_listed *mailbox),
         void *context)
{
    const struct sim_mailbox *box = &server->boxes[mailbox];
    char name[64], other[64];

    server_wire_name(server, mailbox, name, sizeof name);
    server_encoded_name(server, mailbox, !server->encodes, other, sizeof other);
    struct remote_listed item = {.name = text_of(name),
                                 .utf8 = text_of(server->encodes ? other : name),
                                 .other = text_of(other),
                                 .separator = server->separator};
    if (mailbox + 1 == server->trash)
        item.attributes |= REMOTE_TRASH;
    if (mailbox + 1 == server->sent)
        item.attributes |= REMOTE_SENT;
    item.has_status = !(server->status_gaps && (server->status_mute || rng_chance(&server->world->rng, 30)));
    if (item.has_status) {
        item.messages = server_exists(server, mailbox);
        item.uidnext = server_uidnext(box, server->status_lags);
        item.uidvalidity = box->uidvalidity;
        item.modseq = server->condstore ? box->modseq : 0;
    }
    server->listed[mailbox] = box->id;
    if (server->identifies && !is_mute(server, box)) {
        text_print(item.objectid, sizeof item.objectid, "M%u", box->id);
        server->boxes[mailbox].id_sent = server->boxes[mailbox].id_sent || server->lists == 1;
    }
    return listed(context, &item);
}

static bool
sim_survey(void *remote, bool (*listed)(void *context, const struct remote_listed *mailbox), void *context,
           struct error *err)
{
    struct server *server = remote;
    const int start = server->reorders ? (int)rng_below(&server->world->rng, SIM_MAILBOXES) : 0;

    if (!remote_alive(server, err))
        return false;
    if (server->mute && server->avoided[0] == '\0') {
        server->muted++;
        (void)text_print(server->avoided, sizeof server->avoided, "status");
        return remote_died(server, err);
    }
    memset(server->listed, 0, sizeof server->listed);
    server->lists++; /* the first one is what the journal learns from */
    server->list_mute =
        server->identifies && server->mute_ids != 0 && rng_chance(&server->world->rng, server->mute_ids);
    server->list_gaps =
        server->identifies && server->mute_ids != 0 && rng_chance(&server->world->rng, server->mute_ids);
    for (int i = 0; i < SIM_MAILBOXES; i++) {
        const int mailbox = (start + i) % SIM_MAILBOXES;
        world_between(server->world);
        if (world_step(server->world, STEP_READ, true) != FATE_GO)
            return remote_broken(server, err);
        if (server->boxes[mailbox].exists && (server->garbled >> mailbox & 1) == 0 &&
            !list_one(server, mailbox, listed, context))
            return false;
    }
    return remote_list_aside(server, listed, context);
}

/* ---- observe ---- */

struct listing { /* one mailbox being read out */
    struct server *server;
    const struct remote_select *select;
    size_t index;
    int mailbox;
    bool known, delta;
    bool unsized; /* it came to a message whose size it can't find out */
    uint64_t since;
    const struct remote_observer *to;
    void *context;
};

static bool
tell_message(const struct listing *listing, const struct sim_message *message, bool flags, bool meta)
{
    static char keywords[KEYWORDS_MAX + 1];
    struct remote_message item = {
        .uid = message->uid, .has_flags = flags, .has_meta = meta && !listing->select->sizeless};

    meta = meta && !listing->select->bare;

    if (flags) {
        server_keywords(message->keys, keywords);
        item.flags = message->flags;
        item.keywords = keywords;
    }
    if (meta) {
        item.size = item.has_meta ? server_size(listing->server, message) : 0;
        item.date = message->date;
    }
    return listing->to->message(listing->context, listing->index, &item);
}

static bool
tell_vanished(const struct listing *listing, const struct sim_mailbox *then)
{
    for (size_t i = 0; i < then->expunged_count; i++) {
        const uint32_t uid = then->expunged[i].uid;
        if (then->expunged[i].modseq > listing->since && uid < listing->select->uidnext &&
            listing->to->vanished != NULL && !listing->to->vanished(listing->context, listing->index, uid, uid))
            return false;
    }
    return true;
}

/* Its size and date are asked for again. */
static bool
is_checked(const struct remote_select *select, uint32_t uid)
{
    const uint32_t from = select->check_from != 0 ? select->check_from : select->check_uid;

    return uid >= from && uid <= select->check_uid;
}

static bool
tell_one(struct listing *listing, const struct sim_message *message)
{
    const struct remote_select *select = listing->select;
    const bool no_size = message->content + 1 == listing->server->unsized && !select->sizeless;
    const bool no_date = message->content + 1 == listing->server->unmeasured && !select->bare;

    if (select->first != 0) {
        if (message->uid < select->first || message->uid > select->last)
            return true;
        listing->unsized = no_size || no_date;
        return listing->unsized || message->content + 1 == listing->server->undated ||
               tell_message(listing, message, false, true);
    }
    const bool changed = !listing->delta || message->modseq > listing->since || message->uid >= select->uidnext;
    const bool meta = (!listing->known || select->full || message->uid >= select->uidnext) &&
                      message->content + 1 != listing->server->undated;

    listing->unsized = (no_size || no_date) && (meta || is_checked(select, message->uid));
    if (listing->unsized)
        return true;
    if (message->content + 1 == listing->server->unchanged && listing->delta && message->uid < select->uidnext)
        return true;
    if (message->content + 1 == listing->server->unlisted && (!listing->delta || message->uid >= select->uidnext))
        return true;
    return !changed || tell_message(listing, message, true, meta);
}

/* The answer to a command of its own, after those that tell of changes: flags may have been told of what turns out to be another message. */
static bool
tell_checked(const struct listing *listing, const struct sim_message *message)
{
    const struct remote_select *select = listing->select;

    return !listing->known || select->full || select->first != 0 || message->uid >= select->uidnext ||
           !is_checked(select, message->uid) || message->content + 1 == listing->server->undated ||
           tell_message(listing, message, false, true);
}

static void
shuffle(struct rng *rng, struct sim_message *messages, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        const size_t k = rng_below(rng, (unsigned)i);
        const struct sim_message other = messages[k];
        messages[k] = messages[i - 1];
        messages[i - 1] = other;
    }
}

static bool
is_cut_off(const struct listing *listing)
{
    const struct server *server = listing->server;

    return server->part > 0 && !listing->delta && server->boxes[listing->mailbox].count > (size_t)server->part;
}

/* What the server shows after the SELECT; others may have acted since. */
static bool
tell_messages(struct listing *listing, struct error *err)
{
    struct server *server = listing->server;
    struct world *world = server->world;
    struct sim_message messages[SIM_MESSAGES];
    const size_t hidden = server_hidden(server, listing->mailbox);
    const size_t count = server->boxes[listing->mailbox].count - hidden;

    memcpy(messages, server->boxes[listing->mailbox].messages + hidden, count * sizeof messages[0]);
    if (server->reorders)
        shuffle(&world->rng, messages, count);
    const enum fate fate = world_step(world, STEP_READ, true);
    const size_t listed = is_cut_off(listing) ? (size_t)server->part : count;
    const size_t stop = fate == FATE_GO ? listed : rng_below(&world->rng, (unsigned)count + 1);
    for (size_t i = 0; i < stop && !listing->unsized; i++)
        if (!tell_one(listing, &messages[i]))
            return false;
    if (listing->unsized && server->rude)
        return remote_died(server, err);
    for (size_t i = 0; i < listed && fate == FATE_GO && !listing->unsized; i++)
        if (!tell_checked(listing, &messages[i]))
            return false;
    return fate == FATE_GO || remote_broken(server, err);
}

static bool
observe_one(struct listing *listing, struct error *err)
{
    struct server *server = listing->server;
    static const struct remote_outcome changed = {.changed = true, .answer = "UIDVALIDITY changed"};
    const struct remote_select *select = listing->select;
    static struct sim_mailbox then; /* as it was at the SELECT */

    then = server->boxes[listing->mailbox];
    if (server->world->on_look != NULL)
        server->world->on_look(server->world, listing->mailbox);
    listing->known = select->uidvalidity == then.uidvalidity;
    listing->delta = listing->known && !select->full && server->condstore && select->modseq > 0;
    listing->since = select->modseq;
    const struct remote_selected selected = {.uidvalidity = then.uidvalidity,
                                             .uidnext = server->silent ? 0 : server_uidnext(&then, server->lags),
                                             .exists = server_exists(server, listing->mailbox),
                                             .modseq = server->condstore ? then.modseq : 0,
                                             .permanent = then.permanent,
                                             .keywords = then.keywords,
                                             .delta = listing->delta,
                                             .read_only =
                                                 server->examine || (server->protected >> listing->mailbox & 1) != 0};
    if (listing->to->selected != NULL && !listing->to->selected(listing->context, listing->index, &selected))
        return false;
    if (!listing->known && select->uidvalidity != 0) /* nothing that was asked for makes sense under another one */
        return listing->to->done(listing->context, listing->index, &changed);
    if (listing->delta && server->qresync && !tell_vanished(listing, &then))
        return false;
    world_between(server->world);
    const struct remote_outcome partly = {.ok = true, .shown = (uint32_t)server->part};
    const struct remote_outcome disturbed = {
        .changed = true, .disturbed = true, .answer = "[EXPUNGEISSUED] somebody else"};
    if (listing->mailbox == 0 && server->disturbed > 0) {
        server->disturbed--;
        return tell_messages(listing, err) && listing->to->done(listing->context, listing->index, &disturbed);
    }
    static const struct remote_outcome unread = {.answer = "[SERVERBUG] internal error"};
    return tell_messages(listing, err) && listing->to->done(listing->context, listing->index,
                                                            listing->unsized      ? &unread
                                                            : is_cut_off(listing) ? &partly
                                                                                  : &fine);
}

static bool
sim_observe(void *remote, const struct remote_select *mailboxes, size_t count, const struct remote_observer *to,
            void *context, struct error *err)
{
    static const struct remote_outcome gone = {.gone = true, .answer = "[NONEXISTENT] no such mailbox"};
    static const struct remote_outcome unavailable = {.answer = "[UNAVAILABLE] try again later"};
    struct server *server = remote;

    if (!remote_alive(server, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct listing listing = {.server = server, .select = &mailboxes[i], .index = i, .to = to, .context = context};
        world_between(server->world);
        if (world_step(server->world, STEP_READ, true) != FATE_GO)
            return remote_broken(server, err);
        listing.mailbox = server_find(server, mailboxes[i].mailbox);
        if (listing.mailbox >= 0 && (server->unreadable >> listing.mailbox & 1) != 0) {
            if (server->rude)
                return remote_died(server, err);
            if (!to->done(context, i, &unavailable))
                return false;
            continue;
        }
        server->selected = listing.mailbox;
        const bool told = listing.mailbox < 0 ? to->done(context, i, &gone) : observe_one(&listing, err);
        server->selected = -1;
        if (!told)
            return false;
    }
    return true;
}

bool
remote_target(struct server *server, struct text mailbox, uint32_t uidvalidity, int *found,
              struct remote_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    *found = server_find(server, mailbox);
    if (*found < 0) {
        outcome->gone = true;
        text_print(outcome->answer, sizeof outcome->answer, "[NONEXISTENT] no such mailbox");
    } else if (uidvalidity != server->boxes[*found].uidvalidity) {
        outcome->changed = true;
    } else {
        outcome->ok = true;
    }
    return outcome->ok;
}

/* ---- store ---- */

static void
store_flags(struct server *server, int mailbox, const struct remote_store *change, size_t count)
{
    for (size_t i = 0; i < count && !server->deaf; i++) {
        struct sim_message *message = remote_message(server, mailbox, change->uids[i]);
        if (message == NULL)
            continue;
        server_set_flags(server, mailbox, message, (message->flags | change->add) & ~change->del, message->keys);
        say(server->world, "      STORE %s UID %u #%d +%x -%x: %x", server_mailbox_name(mailbox), message->uid,
            message->content, change->add, change->del, message->flags);
    }
}

/* Has each message of it a change number of its own since, and nobody else any? As store/imap tells it (store_flags.c). */
static void
say_what_is_ours(struct server *server, int mailbox, const struct remote_store *change, uint64_t before,
                 struct remote_outcome *out)
{
    const uint64_t after = before + change->count;

    for (size_t i = 0; i < change->count; i++) {
        const struct sim_message *message = remote_message(server, mailbox, change->uids[i]);
        if (message == NULL || message->modseq <= before || message->modseq > after)
            return;
    }
    if (!server->condstore)
        return;
    out->ours_after = before;
    out->ours_to = after;
}

static bool
store_one(struct server *server, int mailbox, const struct remote_store *change, size_t index,
          const struct remote_observer *to, void *context, struct remote_outcome *out, struct error *err)
{
    const uint64_t before = server->boxes[mailbox].modseq;
    struct world *world = server->world;
    const struct listing echo = {.server = server, .index = index, .to = to, .context = context};
    const enum fate fate = world_step(world, STEP_STORE, true);

    if (fate == FATE_BEFORE) { /* a set is not atomic */
        store_flags(server, mailbox, change,
                    rng_chance(&world->rng, 30) ? rng_below(&world->rng, (unsigned)change->count) : 0);
        return remote_broken(server, err);
    }
    store_flags(server, mailbox, change, change->count);
    const bool alone = server->boxes[mailbox].modseq == before + change->count;
    world_between(world);
    if (alone)
        say_what_is_ours(server, mailbox, change, before, out);
    const size_t told = fate == FATE_GO ? change->count : rng_below(&world->rng, (unsigned)change->count + 1);
    for (size_t i = 0; i < told; i++) {
        const struct sim_message *message = remote_message(server, mailbox, change->uids[i]);
        if (message != NULL && !tell_message(&echo, message, true, false))
            return false;
    }
    return fate == FATE_GO || remote_broken(server, err);
}

static bool
sim_store(void *remote, const struct remote_store *changes, size_t count, const struct remote_observer *to,
          void *context, struct error *err)
{
    struct server *server = remote;
    struct remote_outcome outcome;
    int mailbox;

    if (!remote_alive(server, err) || !remote_writes(server, "STORE"))
        return false;
    for (size_t i = 0; i < count; i++) {
        world_between(server->world);
        bool told = true;
        if (remote_target(server, changes[i].mailbox, changes[i].uidvalidity, &mailbox, &outcome)) {
            server->selected = mailbox;
            const bool protected = (server->protected >> mailbox & 1) != 0;
            server->denials += protected;
            if (protected)
                outcome = (struct remote_outcome){.denied = true, .answer = REMOTE_READ_ONLY};
            else
                told = store_one(server, mailbox, &changes[i], i, to, context, &outcome, err);
            server->selected = -1;
        }
        if (!told)
            return false;
        if (!to->done(context, i, &outcome))
            return false;
    }
    return true;
}

/* ---- create ---- */

static bool
sim_create(void *remote, const struct text *mailboxes, size_t count,
           bool (*done)(void *context, size_t index, struct text wire_name, const struct remote_outcome *outcome),
           void *context, struct error *err)
{
    struct server *server = remote;
    char wire[64];

    if (!remote_alive(server, err) || !remote_writes(server, "CREATE"))
        return false;
    for (size_t i = 0; i < count; i++) {
        const int mailbox = server_find_plain(server, mailboxes[i]);
        world_between(server->world);
        if (mailbox < 0) {
            violation(server->world, "CREATE of a mailbox nobody made: %.*s", (int)mailboxes[i].len, mailboxes[i].at);
            return remote_broken(server, err);
        }
        if ((server->unmakeable >> mailbox & 1) != 0)
            return remote_died(server, err);
        const enum fate fate = world_step(server->world, STEP_CREATE, true);
        if (fate != FATE_BEFORE) {
            say(server->world, "      CREATE %s", server_mailbox_name(mailbox));
            server_create(server, mailbox);
        }
        if (fate != FATE_GO)
            return remote_broken(server, err);
        server_wire_name(server, mailbox, wire, sizeof wire);
        if (!done(context, i, text_of(wire), &fine))
            return false;
    }
    return true;
}

static void
sim_close(void *remote)
{
    ((struct server *)remote)->connected = false;
}

static const struct remote_ops ops = {
    .open = sim_open,
    .info = sim_info,
    .survey = sim_survey,
    .observe = sim_observe,
    .fetch = remote_fetch_messages,
    .store = sim_store,
    .keyword = remote_keyword_messages,
    .append = remote_append_messages,
    .move = remote_move,
    .copy = remote_copy,
    .remove = remote_remove,
    .create = sim_create,
    .rename = remote_rename_mailbox,
    .delete = remote_delete_mailbox,
    .avoid = sim_avoid,
    .close = sim_close,
};

struct remote
server_remote(struct server *server)
{
    return (struct remote){&ops, server};
}
