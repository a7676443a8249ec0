/* The simulated server's UID MOVE, UID COPY and removal as the engine sees them. */
#include "tests/sim/sim_kinds.h"
#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_remote.h"
#include "tests/sim/sim_trash.h"

#define SET_MAX 4096 /* UIDs of one request; the mailboxes here are far smaller */

struct item {
    uint32_t uid, new_uid;
    uint64_t modseq; /* when it was verified */
    bool chosen;     /* still to be done */
    unsigned flags;  /* before golub marked it */
    struct remote_outcome outcome;
};

struct change {
    struct server *server;
    const struct remote_change *wanted;
    size_t index;
    int mailbox;
    bool removes, moves;
    struct item *items;
    const struct remote_changer *to;
    void *context;
};

static bool
verify_item(struct change *change, size_t i)
{
    static char keywords[KEYWORDS_MAX + 1];
    unsigned char header[DIGEST_SIZE];
    struct item *item = &change->items[i];
    const struct sim_message *message = remote_message(change->server, change->mailbox, item->uid);

    if (message == NULL || (change->server->untouchable && message->content + 1 == change->server->unlisted)) {
        item->outcome.gone = true;
        return true;
    }
    const struct content *content = server_bytes(message);
    server_keywords(message->keys, keywords);
    if (!digest_bytes(content->bytes, content->header_len, header))
        return false;
    const struct remote_message now = {.uid = item->uid,
                                       .has_flags = true,
                                       .flags = message->flags,
                                       .keywords = keywords,
                                       .has_meta = true,
                                       .size = server_size(change->server, message),
                                       .date = message->date,
                                       .header = change->wanted->headers ? header : NULL};
    if (!change->removes)
        ledger_brought(change->server->world, message->content, message->keys);
    item->modseq = message->modseq;
    item->chosen = change->to->verify == NULL || change->to->verify(change->context, change->index, i, &now);
    /* With `expunge` what somebody marked \Deleted goes (CONTRACT, expunge), whatever other flag it has. */
    const bool marked = change->server->world->expunges && (message->flags & FLAG_DELETED) != 0;
    if (item->chosen && change->removes && !marked && message->content + 1 == change->server->world->wanted)
        violation(change->server->world, "#%d was flagged before it was looked at again, and is removed all the same",
                  message->content);
    item->outcome.changed = !item->chosen;
    return true;
}

/* Mailbox, UIDVALIDITY, and each message read again. */
static bool
verify_all(struct change *change, struct error *err)
{
    struct world *world = change->server->world;
    struct remote_outcome whole;
    const bool there =
        remote_target(change->server, change->wanted->mailbox, change->wanted->uidvalidity, &change->mailbox, &whole);

    if (world_step(world, STEP_READ, true) != FATE_GO)
        return remote_broken(change->server, err);
    for (size_t i = 0; i < change->wanted->count; i++) {
        change->items[i] = (struct item){.uid = change->wanted->uids[i], .outcome = whole};
        change->items[i].outcome.ok = false;
        if (there && !verify_item(change, i))
            return false;
    }
    return true;
}

static bool
tell_items(const struct change *change)
{
    for (size_t i = 0; i < change->wanted->count; i++)
        if (!change->to->done(change->context, change->index, i, change->items[i].new_uid, &change->items[i].outcome))
            return false;
        else if (change->items[i].outcome.came_to != 0 && !change->moves)
            trash_told(change->server, change->items[i].outcome.came_as);
    return true;
}

static bool
any_chosen(const struct change *change)
{
    for (size_t i = 0; i < change->wanted->count; i++)
        if (change->items[i].chosen)
            return true;
    return false;
}

/* How many of a set are carried out by a command that was cut: none, some or (FATE_AFTER) all. */
static size_t
carried_out(struct world *world, enum fate fate, size_t count)
{
    if (fate != FATE_BEFORE)
        return count;
    return rng_chance(&world->rng, 30) ? rng_below(&world->rng, (unsigned)count) : 0;
}

/* MOVE or COPY of one message. A message that is gone by now is passed over in silence: OK without its COPYUID. */
static void
carry_over(struct change *change, struct item *item, int target, bool move)
{
    struct server *server = change->server;
    const struct sim_message *message = remote_message(server, change->mailbox, item->uid);
    uint32_t uid;

    item->outcome = (struct remote_outcome){.ok = true};
    if (message == NULL)
        return;
    if (message->content + 1 == server->pretended) {
        item->new_uid = server_pretend(server, target);
        return;
    }
    if (!move && change->wanted->undelete && server->hollow > 0) {
        server->hollow--;
        say(server->world, "      COPY #%d: OK, and nothing is copied", message->content);
        item->new_uid = server->uidplus ? server_given_last(server, target) : 0;
        return;
    }
    const int content = message->content, dress = message->dress;
    const unsigned serial = message->serial;
    const unsigned flags = message->flags & ~(change->wanted->undelete ? FLAG_DELETED : 0u), marked = message->flags;
    if (change->wanted->undelete)
        ledger_trashed(server->world, content, change->mailbox, target);
    server->world->copies = true;
    const bool room = (move || !server_is_full(server)) &&
                      server_add(server, target, content, flags, message->keys, message->date, &uid);
    server->world->copies = false;
    if (!room) {
        item->outcome = (struct remote_outcome){.over_quota = true, .throttled = true};
        return;
    }
    server_message(server, target, uid)->dress = dress;
    if ((server->world->exchanged >> target & 1) != 0)
        server->world->ledger[content].strayed[target] = true;
    trash_came(server, change->mailbox, serial, target, uid, server->world->client, change->wanted->undelete);
    if (!move && content + 1 == server->grudged) {
        item->outcome = (struct remote_outcome){.passing = true, .answer = "[SERVERBUG] not now"};
        return;
    }
    say(server->world, "      %s #%d %s UID %u to %s: UID %u", move ? "MOVE" : "COPY", content,
        server_mailbox_name(change->mailbox), item->uid, server_mailbox_name(target), uid);
    if (move)
        ledger_follows(server->world, content, change->mailbox, SIM_SERVER, change->wanted->undelete ? marked : 0,
                       "moves");
    if (move) {
        /* Out of the Trash: somebody moved its file, and another client may have one as well. */
        if (!change->wanted->undelete)
            trash_removed(server, change->mailbox, server_message(server, change->mailbox, item->uid));
        server_expunge(server, change->mailbox, item->uid);
    }
    if (server->uidplus && server->boxes[target].uidvalidity == change->wanted->target_uidvalidity)
        item->new_uid = uid;
    else if (server->uidplus) {
        item->outcome.came_to = server->boxes[target].uidvalidity;
        item->outcome.came_as = uid;
    }
}

/* Nobody waits for the answer, and it takes some seconds. */
static void
carry_over_later(struct change *change, const struct item *item, int target, bool move)
{
    struct server *server = change->server;
    const struct sim_message *message = remote_message(server, change->mailbox, item->uid);

    if (message == NULL || server->delayed_count == SIM_DELAYED)
        return;
    say(server->world, "      %s #%d %s UID %u to %s: still under way", move ? "MOVE" : "COPY", message->content,
        server_mailbox_name(change->mailbox), item->uid, server_mailbox_name(target));
    ledger_cross(server->world, message->content, target);
    if (change->wanted->undelete)
        ledger_trashed(server->world, message->content, change->mailbox, target);
    const bool gone = move && rng_chance(&server->world->rng, 50); /* the source at once, the target later */
    server->delayed[server->delayed_count++] =
        (struct sim_delayed){.mailbox = target,
                             .content = message->content,
                             .dress = message->dress,
                             .flags = message->flags & ~(change->wanted->undelete ? FLAG_DELETED : 0u),
                             .keys = message->keys,
                             .serial = message->serial,
                             .client = server->world->client,
                             .trash = change->wanted->undelete,
                             .date = message->date,
                             .nowhere = gone,
                             .transfer = !gone,
                             .move = move,
                             .from = change->mailbox,
                             .uid = item->uid,
                             .uidvalidity = server->boxes[change->mailbox].uidvalidity,
                             .due = server->world->now + rng_below(&server->world->rng, 5)};
    if (gone) {
        ledger_add(server->world, message->content);
        ledger_follows(server->world, message->content, change->mailbox, SIM_SERVER, 0, "moves");
        server_expunge(server, change->mailbox, item->uid);
    }
}

/* The other way round, where neither size nor date tells. */
static void
cross_uids(struct change *change, int target)
{
    struct server *server = change->server;

    for (size_t i = 0; i < change->wanted->count; i++) {
        struct item *item = &change->items[i];
        const struct sim_message *message = remote_message(server, target, item->new_uid);
        for (size_t k = i + 1; message != NULL && k < change->wanted->count; k++) {
            const struct sim_message *other = remote_message(server, target, change->items[k].new_uid);
            if (other == NULL || other->date != message->date ||
                server_size(server, other) != server_size(server, message))
                continue;
            const uint32_t uid = item->new_uid;
            item->new_uid = change->items[k].new_uid;
            change->items[k].new_uid = uid;
            message = NULL;
        }
    }
}

static bool
is_protected(const struct change *change, int mailbox, int target)
{
    const unsigned all = change->server->protected;

    return (mailbox >= 0 && (all >> mailbox & 1) != 0) || (target >= 0 && (all >> target & 1) != 0);
}

static bool
deny_all(struct change *change)
{
    change->server->denials++;
    for (size_t i = 0; i < change->wanted->count; i++)
        if (change->items[i].chosen) {
            change->items[i].outcome = (struct remote_outcome){.denied = true, .answer = "[NOPERM] no right"};
            change->items[i].chosen = false;
        }
    return tell_items(change);
}

/* Does the line end at this command? */
static bool
chokes(const struct change *change, bool move)
{
    bool any = false;

    for (size_t i = 0; i < change->wanted->count; i++) {
        const struct sim_message *message =
            change->items[i].chosen ? remote_message(change->server, change->mailbox, change->items[i].uid) : NULL;

        any = any || (message != NULL && (message->content + 1 == change->server->choked ||
                                          (move && message->content + 1 == change->server->immovable)));
    }
    return any;
}

static bool
transfer(struct change *change, bool move, struct error *err)
{
    struct server *server = change->server;
    const int target = server_find(server, change->wanted->target);

    change->moves = move;
    if (!verify_all(change, err))
        return false;
    world_between(server->world);
    if (chokes(change, move))
        return remote_died(server, err);
    if (is_protected(change, move ? change->mailbox : -1, target))
        return deny_all(change);
    if (!move && change->wanted->undelete && target >= 0 && kind_on(server->world, KIND_UIDVALIDITY) &&
        rng_chance(&server->world->rng, 50)) {
        say(server->world, "      meanwhile: UIDVALIDITY of %s changes", server_mailbox_name(target));
        server_reset_uidvalidity(server, target);
        kind_met(server->world, KIND_UIDVALIDITY);
    }
    for (size_t i = 0; target < 0 && i < change->wanted->count; i++) {
        change->items[i].chosen = false;
        text_print(change->items[i].outcome.answer, 512, "[TRYCREATE] no such mailbox");
    }
    for (size_t i = 0; change->wanted->undelete && i < change->wanted->count; i++)
        if (change->items[i].chosen && remote_message(server, change->mailbox, change->items[i].uid) != NULL)
            trash_asked(server, remote_message(server, change->mailbox, change->items[i].uid));
    if (any_chosen(change)) {
        const bool later = server->dawdles && rng_chance(&server->world->rng, 85);
        const enum fate fate = world_step(server->world, move ? STEP_MOVE : STEP_COPY, true);
        const size_t count = carried_out(server->world, fate, change->wanted->count);
        for (size_t i = 0; i < count; i++)
            if (change->items[i].chosen && fate == FATE_AFTER && later)
                carry_over_later(change, &change->items[i], target, move);
            else if (change->items[i].chosen)
                carry_over(change, &change->items[i], target, move);
        if (server->crosses)
            cross_uids(change, target);
        if (fate != FATE_GO)
            return remote_broken(server, err);
    }
    return tell_items(change);
}

/* +FLAGS \Deleted; refused where UNCHANGEDSINCE says that somebody was faster. */
static void
mark_deleted(struct change *change, struct item *item)
{
    struct server *server = change->server;
    struct sim_message *message = remote_message(server, change->mailbox, item->uid);

    item->flags = message != NULL ? message->flags : 0;
    if (message != NULL) { /* ours: who dies here, or is told otherwise, takes it off again */
        ledger_may_follow(server->world, message->content, change->mailbox, SIM_SERVER, message->flags,
                          "marks for its removal");
        server->world->ledger[message->content].copied[change->mailbox] |= FLAG_DELETED;
    }
    if (message != NULL && server->condstore && message->modseq != item->modseq) {
        item->chosen = false;
        item->outcome = (struct remote_outcome){.changed = true};
    } else if (message != NULL) {
        server_set_flags(server, change->mailbox, message, message->flags | FLAG_DELETED, message->keys);
    }
}

/* Without UID EXPUNGE nothing else may carry \Deleted. */
static bool
others_deleted(const struct change *change)
{
    const struct sim_mailbox *box = &change->server->boxes[change->mailbox];

    for (size_t k = 0; k < box->count; k++) {
        bool ours = (box->messages[k].flags & FLAG_DELETED) == 0;
        for (size_t i = 0; i < change->wanted->count; i++)
            ours = ours || (change->items[i].chosen && change->items[i].uid == box->messages[k].uid);
        if (!ours)
            return true;
    }
    return false;
}

/* What somebody saved in its place is there first (or was, until another client removed it), and the old version is kept somewhere. */
static void
check_replaced(const struct server *server, int mailbox, int content)
{
    struct world *world = server->world;

    if (world->ledger[content].outs[SIM_SERVER + 1][mailbox] > 1) /* it was removed, too */
        return;
    for (int c = 0; c < world->clients; c++) {
        const struct sim_tree *tree = &world->maildirs[c]->tree;
        for (size_t i = 0; i < tree->count; i++) {
            const struct sim_file *file = &tree->files[i];
            unsigned shown;
            if (file->original != content || file->content == content || file->mailbox != mailbox || file->strange ||
                (local_info_flags(file->info, &shown) & FLAG_DRAFT) == 0)
                continue;
            if (server_multiplicity(server, mailbox, file->content) == 0 && !world->ledger[file->content].out[mailbox])
                violation(world, "#%d is removed before #%d, which was saved in its place, is there", content,
                          file->content);
            else if (world->ledger[content].live < 2)
                violation(world, "#%d is replaced by #%d and kept nowhere", content, file->content);
        }
    }
}

/* It was not copied before: somebody removed it, or so it seemed, and what comes of it later is new mail. */
static void
note_unkeyed(const struct server *server, int content)
{
    int count = 0;

    for (int m = 0; m < SIM_MAILBOXES; m++)
        count += server_multiplicity(server, m, content);
    if (count == 1 || ledger_expunges(server->world, content))
        ledger_unkeyed(server->world, content, ~0u);
}

static void
expunge_items(struct change *change, size_t count)
{
    struct server *server = change->server;

    for (size_t i = 0; i < count; i++) {
        struct item *item = &change->items[i];
        const struct sim_message *message = remote_message(server, change->mailbox, item->uid);
        if (!item->chosen)
            continue;
        item->outcome = (struct remote_outcome){.ok = true};
        if (message != NULL && (message->flags & FLAG_DELETED) == 0) {
            item->outcome = (struct remote_outcome){.changed = true};
        } else if (message != NULL) {
            say(server->world, "      EXPUNGE #%d %s UID %u", message->content, server_mailbox_name(change->mailbox),
                item->uid);
            if (server->world->clients == 1 && server->world->strict)
                check_replaced(server, change->mailbox, message->content);
            trash_expunges(server, change->mailbox, message);
            ledger_follows(server->world, message->content, change->mailbox, SIM_SERVER, item->flags, "expunges");
            ledger_removed(server->world, message->content, change->mailbox, SIM_SERVER);
            note_unkeyed(server, message->content);
            server_expunge(server, change->mailbox, item->uid);
        }
    }
}

static bool
refuse_all(struct change *change)
{
    for (size_t i = 0; i < change->wanted->count; i++) {
        const struct sim_message *message = remote_message(change->server, change->mailbox, change->items[i].uid);
        if (message != NULL && change->items[i].chosen)
            change->server->world->ledger[message->content].refused[change->mailbox] = true;
        if (change->items[i].chosen)
            text_print(change->items[i].outcome.answer, 512, "others carry \\Deleted and there is no UID EXPUNGE");
    }
    return tell_items(change);
}

static bool
cling(struct change *change)
{
    for (size_t i = 0; i < change->wanted->count; i++)
        if (change->items[i].chosen)
            change->items[i].outcome = (struct remote_outcome){.marked = true, .answer = "not now"};
    return tell_items(change);
}

static bool
remove_items(struct change *change, struct error *err)
{
    struct world *world = change->server->world;
    const size_t all = change->wanted->count;

    if (!verify_all(change, err))
        return false;
    world_between(world);
    if (!any_chosen(change))
        return tell_items(change);
    if (is_protected(change, change->mailbox, -1))
        return deny_all(change);
    if (!change->server->uidplus && others_deleted(change))
        return refuse_all(change);
    enum fate fate = world_step(world, STEP_DELETED, true);
    const size_t marked = carried_out(world, fate, all);
    for (size_t i = 0; i < marked; i++)
        if (change->items[i].chosen)
            mark_deleted(change, &change->items[i]);
    if (fate != FATE_GO)
        return remote_broken(change->server, err);
    world_between(world);
    if ((change->server->clinging >> change->mailbox & 1) != 0)
        return cling(change);
    fate = world_step(world, STEP_EXPUNGE, true);
    expunge_items(change, carried_out(world, fate, all));
    return fate == FATE_GO ? tell_items(change) : remote_broken(change->server, err);
}

enum change_kind { CHANGE_MOVE, CHANGE_COPY, CHANGE_REMOVE };

static bool
change_all(struct server *server, const struct remote_change *changes, size_t count, const struct remote_changer *to,
           void *context, enum change_kind kind, struct error *err)
{
    static struct item items[SET_MAX];

    if (!remote_alive(server, err) || !remote_writes(server, "a change"))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct change change = {
            .server = server, .wanted = &changes[i], .index = i, .items = items, .to = to, .context = context};
        change.removes = kind == CHANGE_REMOVE;
        if (changes[i].count > SET_MAX)
            abort();
        world_between(server->world);
        server->selected = server_find(server, changes[i].mailbox);
        const bool told =
            kind == CHANGE_REMOVE ? remove_items(&change, err) : transfer(&change, kind == CHANGE_MOVE, err);
        server->selected = -1;
        if (!told)
            return false;
    }
    return true;
}

bool
remote_move(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
            void *context, struct error *err)
{
    struct server *server = remote;

    if (!server->move)
        violation(server->world, "UID MOVE on a server without it");
    return change_all(server, changes, count, to, context, CHANGE_MOVE, err);
}

bool
remote_copy(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
            void *context, struct error *err)
{
    return change_all(remote, changes, count, to, context, CHANGE_COPY, err);
}

bool
remote_remove(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
              void *context, struct error *err)
{
    return change_all(remote, changes, count, to, context, CHANGE_REMOVE, err);
}
