/*
 * RENAME on the simulated server. Beside those that its mailboxes have there is one name more, which nobody but golub gives: a temporary one, under which
 * a mailbox is listed and can be renamed, and nothing else.
 */
#include "tests/sim/sim_kinds.h"
#include "tests/sim/sim_remote.h"

static const struct remote_outcome fine = {.ok = true};

/* Whoever asked for it, users renamed its folder: all that is in it is where they put it. */
static void
tell_ledger(struct server *server, const struct sim_mailbox *box, int from, int to)
{
    struct world *world = server->world;

    for (size_t i = 0; i < box->count; i++) {
        const int content = box->messages[i].content;

        ledger_carry(world, content, from, to);
        ledger_flags(world, content, to, 0, box->messages[i].flags, true);
        ledger_put(world, content, to);
    }
}

static bool
is_temporary(struct text name)
{
    return memmem(name.at, name.len, "golub-rename-", 13) != NULL;
}

#define KID (SIM_MAILBOXES + 1) /* the place of what stands below the temporary name */

static void
name_kid(const struct server *server, bool encodes, char *to, size_t size)
{
    (void)text_print(to, size, "%s%cOld%s", server->aside.name, server->separator, encodes ? "&-" : "");
}

/* The mailbox that has these wire bytes; NULL: none. *place: which, SIM_MAILBOXES for the temporary name */
static struct sim_mailbox *
find_from(struct server *server, struct text wire, int *place)
{
    char kid[80];

    *place = server_find(server, wire);
    if (*place >= 0)
        return &server->boxes[*place];
    name_kid(server, server->encodes, kid, sizeof kid);
    *place = text_is(wire, kid) ? KID : SIM_MAILBOXES;
    if (*place == KID)
        return server->aside.kid.exists ? &server->aside.kid : NULL;
    return server->aside.box.exists && text_is(wire, server->aside.name) ? &server->aside.box : NULL;
}

static void
move_box(struct sim_mailbox *from, struct sim_mailbox *to)
{
    *to = *from;
    from->exists = false;
    from->count = from->expunged_count = 0;
}

/* What stands below it goes along. */
static void
carry_kid(struct server *server, int from, int to)
{
    if (from == 1 && to == SIM_MAILBOXES && server->boxes[2].exists && server_nests()) {
        move_box(&server->boxes[2], &server->aside.kid);
    } else if (from == SIM_MAILBOXES && to == 1 && server->aside.kid.exists) {
        move_box(&server->aside.kid, &server->boxes[2]);
        tell_ledger(server, &server->boxes[2], 2, 2);
    }
}

static void
carry_out(struct server *server, struct sim_mailbox *box, int from, int to, struct text name)
{
    const bool was_inside = server->world->inside;
    struct sim_mailbox *goal = to < SIM_MAILBOXES ? &server->boxes[to] : &server->aside.box;
    const int origin = from < SIM_MAILBOXES ? from : from == KID ? 2 : server->aside.origin;

    move_box(box, goal);
    if (to == SIM_MAILBOXES) {
        server->aside.origin = origin;
        (void)text_print(server->aside.name, sizeof server->aside.name, "%.*s", (int)name.len, name.at);
    }
    if (server->renumbers && to < SIM_MAILBOXES)
        server_reset_uidvalidity(server, to);
    server->world->inside = true;
    if (to != SIM_MAILBOXES)
        tell_ledger(server, goal, origin, to);
    carry_kid(server, from, to);
    server->world->inside = was_inside;
}

/* Not below itself; nor may there be anything below the goal, or of what stands below it where only two levels have names. */
static bool
may_go(const struct server *server, int from, int to)
{
    const bool kid = server->aside.kid.exists;

    if (from == SIM_MAILBOXES)
        return !kid || (to == 1 && !server->boxes[2].exists);
    return from != 1 || !server_nests() || (to != 2 && !(kid && server->boxes[2].exists));
}

bool
remote_rename_mailbox(void *remote, const struct remote_rename *what,
                      bool (*done)(void *context, struct text wire_name, const struct remote_outcome *outcome),
                      void *context, struct error *err)
{
    struct server *server = remote;
    const struct remote_outcome no = {.answer = "no"};
    struct sim_mailbox *box;
    char wire[64];
    int from, to;

    if (!remote_alive(server, err) || !remote_writes(server, "RENAME"))
        return false;
    world_between(server->world);
    box = find_from(server, what->from, &from);
    to = is_temporary(what->to) ? SIM_MAILBOXES : server_find_plain(server, what->to);
    if (to < 0) {
        violation(server->world, "RENAME to a name that nobody gave: %.*s", (int)what->to.len, what->to.at);
        return remote_broken(server, err);
    }
    if (to < SIM_MAILBOXES)
        server_wire_name(server, to, wire, sizeof wire);
    else
        (void)text_print(wire, sizeof wire, "%s%.*s", server->prefix, (int)what->to.len, what->to.at);
    struct sim_mailbox *goal = to < SIM_MAILBOXES ? &server->boxes[to] : &server->aside.box;
    const bool can = box != NULL && !goal->exists && may_go(server, from, to);
    enum fate fate = world_step(server->world, what->carried_out ? STEP_READ : STEP_CREATE, true);
    if (fate != FATE_BEFORE && !what->carried_out && server->world->on_mailbox != NULL)
        server->world->on_mailbox(server->world, what->from, what->to, false);
    if (fate != FATE_BEFORE && can && !what->carried_out) {
        say(server->world, "      RENAME %.*s %s", (int)what->from.len, what->from.at, wire);
        carry_out(server, box, from, to, text_of(wire));
    }
    if (fate != FATE_GO)
        return remote_broken(server, err);
    box = find_from(server, what->from, &from);
    const bool told = what->uidvalidity == 0 ? can || what->carried_out : goal->uidvalidity == what->uidvalidity;
    const bool proven = box == NULL && goal->exists && told;
    struct remote_outcome outcome = proven ? fine : no;
    outcome.doubtful = !proven && box == NULL;
    outcome.came_to = proven && what->uidvalidity == 0 ? goal->uidvalidity : 0;
    return done(context, text_of(wire), &outcome);
}

static bool
list_aside(struct server *server, const struct sim_mailbox *box, const char *name, const char *utf8,
           bool (*listed)(void *context, const struct remote_listed *mailbox), void *context)
{
    struct remote_listed item = {.name = text_of(name),
                                 .utf8 = text_of(utf8),
                                 .separator = server->separator,
                                 .has_status = true,
                                 .messages = (uint32_t)box->count,
                                 .uidnext = box->uidnext,
                                 .uidvalidity = box->uidvalidity,
                                 .modseq = server->condstore ? box->modseq : 0};

    if (server->identifies)
        (void)text_print(item.objectid, sizeof item.objectid, "M%u", box->id);
    return listed(context, &item);
}

bool
remote_list_aside(struct server *server, bool (*listed)(void *context, const struct remote_listed *mailbox),
                  void *context)
{
    const char *name = server->aside.name;
    char kid[80], utf8[80];

    name_kid(server, server->encodes, kid, sizeof kid);
    name_kid(server, false, utf8, sizeof utf8);
    return (!server->aside.box.exists || list_aside(server, &server->aside.box, name, name, listed, context)) &&
           (!server->aside.kid.exists || list_aside(server, &server->aside.kid, kid, utf8, listed, context));
}
