/* DELETE on the simulated server, and on the disk: a mailbox that is empty gets a temporary name, and goes; a folder goes that holds no file. */
#include "store/base/deleting.h"
#include "tests/sim/sim_kinds.h"
#include "tests/sim/sim_local.h"
#include "tests/sim/sim_remote.h"

static bool
is_aside(const struct server *server, struct text name)
{
    return server->aside.box.exists && text_is(name, server->aside.name);
}

static bool
say_no(struct remote_outcome *outcome, const char *why, bool changed)
{
    *outcome = (struct remote_outcome){.changed = changed};
    (void)text_print(outcome->answer, sizeof outcome->answer, "%s", why);
    return true;
}

static void
tell(struct server *server, const struct remote_delete *what)
{
    if (server->world->on_mailbox != NULL)
        server->world->on_mailbox(server->world, what->name, what->aside, true);
}

/* @param to  SIM_MAILBOXES: the temporary name; else its own one */
static bool
rename_to(struct server *server, const struct remote_delete *what, int from, int to, struct error *err)
{
    const enum fate fate = world_step(server->world, STEP_CREATE, true);

    if (fate != FATE_BEFORE)
        tell(server, what);
    if (fate != FATE_BEFORE && to == SIM_MAILBOXES) {
        say(server->world, "      RENAME %s to delete it", server_mailbox_name(from));
        server->aside.box = server->boxes[from];
        server->aside.origin = from;
        (void)text_print(server->aside.name, sizeof server->aside.name, "%.*s", (int)what->aside.len, what->aside.at);
        server->boxes[from].exists = false;
        server->boxes[from].count = server->boxes[from].expunged_count = 0;
    } else if (fate != FATE_BEFORE) {
        say(server->world, "      RENAME %s back", server_mailbox_name(to));
        server->boxes[to] = server->aside.box;
        server->aside.box.exists = false;
    }
    return fate == FATE_GO || remote_broken(server, err);
}

static bool
delete_aside(struct server *server, const struct remote_delete *what, struct remote_outcome *outcome, struct error *err)
{
    const enum fate fate = world_step(server->world, STEP_CREATE, true);

    if (server->aside.box.count > 0)
        violation(server->world, "a mailbox with mail in it is deleted on the server");
    if (fate != FATE_BEFORE) {
        say(server->world, "      DELETE %s", server_mailbox_name(server->aside.origin));
        tell(server, what);
        server->aside.box.exists = false;
    }
    outcome->ok = true;
    return fate == FATE_GO || remote_broken(server, err);
}

static bool
is_proven(const struct server *server, const struct remote_delete *what)
{
    const struct sim_mailbox *box = &server->aside.box;
    const struct deleting_sight sight = {.has_messages = true,
                                         .has_uidvalidity = true,
                                         .has_uidnext = true,
                                         .messages = (uint32_t)box->count,
                                         .uidvalidity = box->uidvalidity,
                                         .uidnext = server_uidnext(box, server->status_lags),
                                         .objectid = ""};

    return deleting_is_proven(what, &sight);
}

/* New mail comes to it. */
static void
deliver(struct server *server, int place)
{
    struct world *world = server->world;
    const int content = world_new_content(world, false);
    uint32_t uid;

    if (content < 0)
        return;
    world->inside = true;
    world->interfered++;
    if (server_add(server, place, content, 0, 0, content_get(content)->date, &uid)) {
        ledger_put(world, content, place);
        say(world, "  there: #%d arrives in %s as UID %u, which is about to be deleted", content,
            server_mailbox_name(place), uid);
    }
    world->inside = false;
}

/* Others may do something to it between the look and the RENAME. @return was it renamed? */
static bool
take_aside(struct server *server, const struct remote_delete *what, int place, struct remote_outcome *outcome, bool *ok,
           struct error *err)
{
    const uint32_t id = server->boxes[place].id;

    world_between(server->world);
    if (rng_chance(&server->world->rng, server->fills))
        deliver(server, place);
    if (!server->boxes[place].exists || server->boxes[place].id != id) {
        *ok = say_no(outcome, "another client renamed or deleted it a moment ago", true);
        return false;
    }
    *ok = rename_to(server, what, place, SIM_MAILBOXES, err);
    return *ok;
}

static bool
finish(struct server *server, const struct remote_delete *what, struct remote_outcome *outcome, struct error *err)
{
    const int origin = server->aside.origin;

    world_between(server->world);
    if ((!what->undo || server->boxes[origin].exists) && is_proven(server, what))
        return delete_aside(server, what, outcome, err);
    if (server->boxes[origin].exists) {
        outcome->doubtful = true;
        return say_no(outcome, "its name is another one's", true);
    }
    return rename_to(server, what, SIM_MAILBOXES, origin, err) && say_no(outcome, "mail came to it", true);
}

bool
remote_delete_mailbox(void *remote, const struct remote_delete *what, struct remote_outcome *outcome, struct error *err)
{
    struct server *server = remote;
    const struct sim_mailbox *box;
    bool ok;
    int place;

    *outcome = (struct remote_outcome){0};
    if (!remote_alive(server, err) || !remote_writes(server, "DELETE"))
        return false;
    world_between(server->world);
    if (world_step(server->world, STEP_READ, true) != FATE_GO)
        return remote_broken(server, err);
    place = server_find(server, what->name);
    if (what->begun && is_aside(server, what->aside))
        return finish(server, what, outcome, err);
    if (place < 0) {
        outcome->ok = true;
        return true;
    }
    box = &server->boxes[place];
    if (what->begun)
        return say_no(outcome, "it has its name", true);
    if (place == 1 && server->boxes[2].exists && server_nests())
        return say_no(outcome, "others stand below it", false);
    if (server->aside.box.exists)
        return say_no(outcome, "there is one of that name", false);
    /* Nothing came since it was looked at: whoever asks knew of the mail in it. The store sees it, and says no; that is no leave to ask. */
    if (box->count > 0 && box->uidvalidity == what->uidvalidity && box->uidnext == what->uidnext)
        violation(server->world, "a mailbox is to be deleted on the server in which mail was seen");
    if (box->count > 0 || box->uidvalidity != what->uidvalidity ||
        server_uidnext(box, server->status_lags) != what->uidnext)
        return say_no(outcome, "it is not what it was", true);
    return take_aside(server, what, place, outcome, &ok, err) ? finish(server, what, outcome, err) : ok;
}

/* ---- here ---- */

bool
folders_beside(void *local, const char *folder, bool (*entry)(void *context, const char *name, bool directory),
               void *context, bool *missing, bool *empty, struct error *err)
{
    struct maildir_sim *maildir = local;
    const int place = folders_find(maildir, folder);

    (void)entry;
    (void)context;
    *missing = place < 0 || !maildir->tree.folder[place];
    *empty = false;
    return local_alive(maildir, err);
}

void
folders_forget(struct maildir_sim *maildir, int place)
{
    maildir->tree.folder[place] = false;
    maildir->version[place]++;
    maildir->node[place] = maildir->next_node++;
    maildir->born[place] = maildir->born[place] != 0 ? maildir->next_birth++ : 0;
}

bool
folders_remove(void *local, const char *folder, bool *holds, struct error *err)
{
    struct maildir_sim *maildir = local;
    const int place = folders_find(maildir, folder);

    *holds = false;
    world_between(maildir->world);
    if (!local_alive(maildir, err))
        return false;
    if (place < 0 || !maildir->tree.folder[place])
        return true;
    for (size_t i = 0; i < maildir->tree.count; i++)
        *holds = *holds || maildir->tree.files[i].mailbox == place;
    if (*holds)
        return true;
    const enum fate fate = world_step(maildir->world, STEP_FOLDER, false);
    if (fate != FATE_BEFORE) {
        say(maildir->world, "      folder %s is removed", folder);
        if (maildir->world->on_folder != NULL)
            maildir->world->on_folder(maildir->world, folder, NULL);
        folders_forget(maildir, place);
    }
    return fate == FATE_GO || local_dead(maildir, err);
}
