/* See sim_trash.h. */
#include "tests/sim/sim_trash.h"

#include "tests/sim/sim_kinds.h"

static bool
is_trash(const struct server *server, int mailbox)
{
    return mailbox + 1 == server->trash;
}

static struct sim_message *
find_instance(struct server *server, int mailbox, unsigned serial)
{
    struct sim_mailbox *box = &server->boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].serial == serial)
            return &box->messages[i];
    return NULL;
}

/* So many of it stand in the Trash by this client's doing; of one instance, if serial is not 0. */
static int
count_copies(const struct server *server, int content, unsigned serial, int client)
{
    const struct sim_mailbox *box = &server->boxes[server->trash - 1];
    int count = 0;

    for (size_t i = 0; i < box->count; i++) {
        const struct sim_message *message = &box->messages[i];

        count += message->content == content && message->copy_of != 0 && message->copier == client &&
                 (serial == 0 || message->copy_of == serial);
    }
    return count;
}

static bool
is_told(const struct server *server, unsigned serial, int client)
{
    const struct sim_mailbox *box = &server->boxes[server->trash - 1];
    bool told = false;

    for (size_t i = 0; i < box->count; i++)
        told =
            told || (box->messages[i].told && box->messages[i].copy_of == serial && box->messages[i].copier == client);
    return told;
}

void
trash_told(struct server *server, uint32_t uid)
{
    struct sim_message *message = server->trash != 0 ? server_message(server, server->trash - 1, uid) : NULL;

    if (message != NULL)
        message->told = true;
}

void
trash_killed(struct server *server, int client)
{
    struct sim_mailbox *box = server->trash != 0 ? &server->boxes[server->trash - 1] : NULL;

    for (size_t i = 0; box != NULL && i < box->count; i++)
        box->messages[i].told = box->messages[i].told && box->messages[i].copier != client;
}

void
trash_asked(struct server *server, struct sim_message *message)
{
    if (server->trash == 0 || message->asked != 0)
        return;
    message->asked = server->boxes[server->trash - 1].uidnext;
    server->world->ledger[message->content].asked++;
}

void
trash_came(struct server *server, int from, unsigned serial, int to, uint32_t uid, int client, bool trash)
{
    struct world *world = server->world;
    struct sim_message *source = find_instance(server, from, serial), *copy = server_message(server, to, uid);
    const int content = copy->content;

    if (source != NULL && from != to) /* a COPY within one mailbox is no move */
        source->went |= is_trash(server, to) ? WENT_TO_TRASH : WENT_ELSEWHERE;
    if (trash && server->guessed)
        violation(world, "golub takes #%d, which was removed, to %s, and nobody says that this is the \\Trash", content,
                  server_mailbox_name(to));
    if (!trash || server->trash == 0)
        return;
    if (!is_trash(server, to))
        violation(world, "golub takes #%d, which was removed, to %s", content, server_mailbox_name(to));
    copy->copy_of = serial;
    copy->copier = client;
    kind_met(world, KIND_TRASH);
    /*
     * Under another UIDVALIDITY nobody can tell the copy that was made from what stood there, unless the answer did. Nor of which of several equal ones it
     * is the copy: as many come as were asked for.
     */
    if (count_copies(server, content, serial, client) > 1 &&
        count_copies(server, content, 0, client) > world->ledger[content].asked &&
        (!kind_on(world, KIND_UIDVALIDITY) || is_told(server, serial, client)))
        violation(world, "doubled: #%d comes into the Trash once more for one removal", content);
    /*
     * Whoever marked it \Deleted removed it wherever it is, and how often that was nobody counts. Of several that others copied about, one that moves may
     * be found where it was to go, and be missing where it was.
     */
    const struct ledger *entry = &world->ledger[content];
    const int moved = entry->left < entry->moves ? entry->left : entry->moves;
    const int removals =
        entry->removals[client] + (kind_on(world, KIND_BROKEN) ? entry->moves : entry->torn[client] + moved);
    if (!ledger_expunges(world, content) && entry->total < 2 && count_copies(server, content, 0, client) > removals)
        violation(world, "#%d is %d times in the Trash by client %d, where it was removed %d times", content,
                  count_copies(server, content, 0, client), client, removals);
}

/* Of a copy that was asked for nobody can tell whether it is this one: it came into the Trash since then, by somebody else's doing. */
static bool
came_since(const struct server *server, const struct sim_message *message)
{
    const struct sim_mailbox *box = &server->boxes[server->trash - 1];

    for (size_t i = 0; message->asked != 0 && i < box->count; i++)
        if (box->messages[i].content == message->content && box->messages[i].uid >= message->asked)
            return true;
    return false;
}

void
trash_expunges(struct server *server, int mailbox, const struct sim_message *message)
{
    struct ledger *entry = &server->world->ledger[message->content];

    if (server->guessed && message->went == 0 && server_stands(server, message->content) < 2 &&
        !ledger_expunges(server->world, message->content)) /* its copy is gone since */
        violation(server->world, "golub expunges #%d, which is to go into the \\Trash", message->content);
    if (server->trash != 0 && is_trash(server, mailbox)) /* somebody else may want it back */
        trash_removed(server, mailbox, message);
    if (server->trash == 0 || is_trash(server, mailbox) || (message->went & WENT_TO_TRASH) != 0 ||
        came_since(server, message))
        return;
    /* Where a file of it came from elsewhere it may have been sent, and not copied. */
    if ((message->went & WENT_ELSEWHERE) == 0 && server_stands(server, message->content) < 2)
        violation(server->world, "golub expunges #%d, which is not in the Trash", message->content);
    else if (++entry->halves > entry->moves && entry->total < 2)
        violation(server->world, "golub expunges #%d as one that moved, and it was moved %d times", message->content,
                  entry->moves);
}

int
trash_brought(const struct server *server, int content)
{
    int count = 0;

    for (int c = 0; server->trash != 0 && c < SIM_CLIENTS; c++)
        count += count_copies(server, content, 0, c);
    return count;
}

/* From now on they are as if somebody had put them there. @param serial  0: of whatever */
static void
let_go(struct server *server, int mailbox, unsigned serial)
{
    struct sim_mailbox *box = &server->boxes[mailbox];

    for (size_t i = 0; i < box->count; i++) {
        if (box->messages[i].copy_of == 0 || (serial != 0 && box->messages[i].copy_of != serial))
            continue;
        box->messages[i].copy_of = 0;
        ledger_put(server->world, box->messages[i].content, mailbox);
    }
}

void
trash_wanted(struct server *server, const struct sim_message *message)
{
    if (server->trash != 0 && message->went != 0)
        let_go(server, server->trash - 1, message->serial);
}

void
trash_removed(struct server *server, int mailbox, const struct sim_message *message)
{
    if (message->copy_of != 0)
        let_go(server, mailbox, message->copy_of);
}

void
trash_renumbered(struct server *server, int mailbox)
{
    let_go(server, mailbox, 0);
}
