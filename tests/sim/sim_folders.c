/*
 * Folders of the simulated Maildir that get other paths, with all below them: beside those of the mailboxes' names there are a few places for paths
 * that no mailbox has, for as long as a folder stands there.
 */
#include "tests/sim/sim_local.h"
#include "tests/sim/sim_server.h"

static const char *
path_of(const struct maildir_sim *maildir, int place)
{
    return place < SIM_MAILBOXES ? maildir_sim_folder(maildir, place) : maildir->tree.aside[place - SIM_MAILBOXES].path;
}

int
folders_find(const struct maildir_sim *maildir, const char *path)
{
    for (int i = 0; i < SIM_PLACES; i++)
        if ((i < SIM_MAILBOXES || path_of(maildir, i)[0] != '\0') && strcmp(path, path_of(maildir, i)) == 0)
            return i;
    return -1;
}

static bool
is_below(const char *path, const char *above)
{
    const size_t length = strlen(above);

    return length != 0 && strncmp(path, above, length) == 0 && path[length] == '/';
}

static bool
is_there(const struct maildir_sim *maildir, int place)
{
    return maildir->tree.folder[place];
}

/* A folder, or a directory with one in it. */
static bool
is_taken(const struct maildir_sim *maildir, const char *path)
{
    for (int i = 0; i < SIM_PLACES; i++)
        if (is_there(maildir, i) && (strcmp(path_of(maildir, i), path) == 0 || is_below(path_of(maildir, i), path)))
            return true;
    return false;
}

bool
folders_taken(void *local, const char *folder, bool *taken, struct error *err)
{
    struct maildir_sim *maildir = local;

    *taken = is_taken(maildir, folder);
    return local_alive(maildir, err);
}

/* Nothing stands in a directory but folders. */
bool
folders_only_above(void *local, const char *folder, const char *const *folders, size_t count)
{
    const struct maildir_sim *maildir = local;

    for (int i = 0; i < SIM_PLACES; i++) {
        bool known = false;

        if (!is_there(maildir, i) ||
            (strcmp(path_of(maildir, i), folder) != 0 && !is_below(path_of(maildir, i), folder)))
            continue;
        for (size_t k = 0; k < count; k++)
            known = known || strcmp(folders[k], path_of(maildir, i)) == 0 || is_below(path_of(maildir, i), folders[k]);
        if (!known)
            return false;
    }
    return true;
}

/* A place for this path, which is free. */
static int
take_place(struct maildir_sim *maildir, const char *path)
{
    int place = folders_find(maildir, path);

    for (int i = SIM_MAILBOXES; place < 0 && i < SIM_PLACES; i++)
        if (path_of(maildir, i)[0] == '\0')
            place = i;
    if (place >= SIM_MAILBOXES)
        text_print(maildir->tree.aside[place - SIM_MAILBOXES].path, SIM_PATH, "%s", path);
    return place;
}

/* What it held in the last run stands there. */
static bool
has_all(const struct maildir_sim *maildir, int place, int mailbox)
{
    for (size_t i = 0; i < maildir->tree.count; i++) {
        const struct sim_file *file = &maildir->tree.files[i];

        if (file->mailbox == place && file->put <= maildir->ended &&
            server_multiplicity(maildir->world->server, mailbox, file->original) == 0)
            return false;
    }
    return true;
}

/* A folder gets another mailbox's name only where its own has that on the server, or one that nobody can tell from it. */
static void
check_followed(struct maildir_sim *maildir, int from, int to)
{
    struct world *world = maildir->world;
    const struct server *server = world->server;
    const struct sim_mailbox *box = &server->boxes[to];
    const uint32_t was = maildir->box[to], now = server->listed[to];

    if (from == to || server == NULL || server->identifies || !world->golub || world->inside)
        return;
    if (was != 0 && now != 0 && was != now && !(box->id == now && box->twin_of == was) && !has_all(maildir, to, to))
        violation(world, "folder %s becomes %s, and its mailbox does not have that name", server_mailbox_name(from),
                  server_mailbox_name(to));
    world->renamed = true;
}

/* The files of a mailbox are those of another name now. */
static void
tell_ledger(struct maildir_sim *maildir, int from, int to)
{
    check_followed(maildir, from, to);
    for (int i = 0; from != to && i < maildir->world->next_content; i++) {
        if (maildir_sim_multiplicity(maildir, to, i, true) > 0)
            ledger_renamed_here(maildir->world, i, to);
    }
}

static void
move_place(struct maildir_sim *maildir, int from, const char *path)
{
    const int to = take_place(maildir, path);
    const int origin = from < SIM_MAILBOXES ? from : maildir->tree.aside[from - SIM_MAILBOXES].from;

    if (to < 0) {
        violation(maildir->world, "too many folders are aside");
        return;
    }
    for (size_t i = 0; i < maildir->tree.count; i++)
        if (maildir->tree.files[i].mailbox == from)
            maildir->tree.files[i].mailbox = to;
    maildir->tree.folder[from] = false;
    maildir->tree.folder[to] = true;
    maildir->tree.tables[to] = maildir->tree.tables[from];
    memset(&maildir->tree.tables[from], 0, sizeof maildir->tree.tables[from]);
    maildir->changed[to] = maildir->changed[from];
    maildir->version[to]++;
    maildir->version[from]++;
    maildir->node[to] = maildir->node[from];
    maildir->node[from] = maildir->next_node++;
    maildir->box[to] = maildir->box[from];
    maildir->box[from] = 0;
    maildir->born[to] = maildir->born[from];
    maildir->born[from] = maildir->born[to] != 0 ? maildir->next_birth++ : 0;
    if (from >= SIM_MAILBOXES)
        maildir->tree.aside[from - SIM_MAILBOXES].path[0] = '\0';
    if (to >= SIM_MAILBOXES)
        maildir->tree.aside[to - SIM_MAILBOXES].from = origin;
    else
        tell_ledger(maildir, origin, to);
}

static void
move_all(struct maildir_sim *maildir, const char *from, const char *to)
{
    bool moves[SIM_PLACES];
    char path[SIM_PATH];

    for (int i = 0; i < SIM_PLACES; i++)
        moves[i] =
            is_there(maildir, i) && (strcmp(path_of(maildir, i), from) == 0 || is_below(path_of(maildir, i), from));
    for (int i = 0; i < SIM_PLACES; i++) {
        if (!moves[i])
            continue;
        text_print(path, sizeof path, "%s%s", to, path_of(maildir, i) + strlen(from));
        move_place(maildir, i, path);
    }
}

bool
folders_move(void *local, const char *from, const char *to, bool *taken, struct error *err)
{
    struct maildir_sim *maildir = local;

    *taken = false;
    world_between(maildir->world);
    if (!local_alive(maildir, err))
        return false;
    if (!is_taken(maildir, from))
        return is_taken(maildir, to);
    *taken = is_taken(maildir, to);
    if (*taken) {
        error_set(err, ERROR_LOCAL, "rename folder %s", from);
        return false;
    }
    const enum fate fate = world_step(maildir->world, STEP_FOLDER, false);
    if (fate != FATE_BEFORE) {
        say(maildir->world, "      folder %s becomes %s", from, to);
        if (maildir->world->on_folder != NULL)
            maildir->world->on_folder(maildir->world, from, to);
        move_all(maildir, from, to);
    }
    return fate == FATE_GO || local_dead(maildir, err);
}

void
folders_map(struct maildir_sim *maildir, int map)
{
    char paths[SIM_PLACES][SIM_PATH];
    bool there[SIM_PLACES];

    for (int i = 0; i < SIM_PLACES; i++) {
        text_print(paths[i], sizeof paths[i], "%s", path_of(maildir, i));
        there[i] = is_there(maildir, i);
    }
    /* All of them are nowhere for a moment, so that none takes another one's place. */
    maildir->map = map;
    for (int i = 0; i < SIM_MAILBOXES; i++) {
        if (!there[i] || strcmp(paths[i], path_of(maildir, i)) == 0)
            continue;
        char passing[SIM_PATH];
        text_print(passing, sizeof passing, "/%d", i);
        move_place(maildir, i, passing);
        text_print(maildir->tree.aside[folders_find(maildir, passing) - SIM_MAILBOXES].path, SIM_PATH, "/%s", paths[i]);
    }
    for (int i = SIM_MAILBOXES; i < SIM_PLACES; i++) {
        char path[SIM_PATH];
        text_print(path, sizeof path, "%s", path_of(maildir, i));
        if (!is_there(maildir, i))
            continue;
        if (path[0] == '/')
            move_place(maildir, i, path + 1);
        else if (folders_find(maildir, path) < SIM_MAILBOXES)
            move_place(maildir, i, path);
    }
}

void
folders_exchange(struct maildir_sim *maildir, int a, int b)
{
    move_place(maildir, a, "/on its way");
    move_place(maildir, b, path_of(maildir, a));
    move_place(maildir, folders_find(maildir, "/on its way"), path_of(maildir, b));
}

void
folders_rename(struct maildir_sim *maildir, int from, int to)
{
    move_place(maildir, from, path_of(maildir, to));
}

void
folders_order(struct maildir_sim *maildir, const int order[SIM_MAILBOXES])
{
    char path[SIM_PATH];
    bool moves[SIM_MAILBOXES];

    for (int m = 0; m < SIM_MAILBOXES; m++) {
        moves[m] = order[m] != m && is_there(maildir, m);
        text_print(path, sizeof path, "/%d on its way", m);
        if (moves[m])
            move_place(maildir, m, path);
    }
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        text_print(path, sizeof path, "/%d on its way", m);
        if (moves[m])
            move_place(maildir, folders_find(maildir, path), path_of(maildir, order[m]));
    }
}
