/*
 * Runs of a watcher: it was told each name that came or went in a folder since the run before began, and the engine does not list that folder
 * (sync/observe/named.h). After a run that did not end well, or that died, it knows nothing.
 */
#include "tests/sim/sim_watched.h"
#ifdef SIM_WATCHER
#include "tests/sim/sim_watcher.h"
#endif

static bool
is_in(const struct sim_tree *tree, const struct sim_file *file)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct sim_file *other = &tree->files[i];

        if (other->mailbox == file->mailbox && strcmp(other->base, file->base) == 0 &&
            strcmp(other->info, file->info) == 0)
            return true;
    }
    return false;
}

static void
add_those_not_in(struct names_told *watched, const struct maildir_sim *maildir, const struct sim_tree *of,
                 const struct sim_tree *other)
{
    for (size_t i = 0; i < of->count; i++) {
        const struct sim_file *file = &of->files[i];

        if (file->mailbox < SIM_MAILBOXES && !is_in(other, file))
            watched->list[watched->count++] =
                (struct sync_named){maildir_sim_folder(maildir, file->mailbox), file->base, file->info};
    }
}

static int
compare(const void *a, const void *b)
{
    const struct sync_named *one = a, *other = b;
    const int folders = strcmp(one->folder, other->folder), bases = strcmp(one->base, other->base);

    return folders != 0 ? folders : bases != 0 ? bases : strcmp(one->info, other->info);
}

void
watched_begin(struct sim *sim, struct client *client, struct sync_options *options)
{
    struct names_told *watched = &client->watched;
    bool known;

#ifdef SIM_WATCHER
    if (client == &sim->clients[0]) {
        const struct sync_named *named;

        if (watcher_names(&named, &options->named_count))
            options->named = named;
        else
            options->named_count = 0;
        return;
    }
#endif
    if (!kind_on(&sim->world, KIND_WATCHED))
        return;
    watched->then = watched->now;
    watched->now = client->maildir.tree;
    watched->count = client->maildir.told_count;
    known = watched->well && watched->count < SIM_TOLD;
    memcpy(watched->told, client->maildir.told, watched->count * sizeof watched->told[0]);
    client->maildir.told_count = 0;
    for (size_t i = 0; i < watched->count; i++)
        watched->list[i] = (struct sync_named){maildir_sim_folder(&client->maildir, watched->told[i].mailbox),
                                               watched->told[i].base, watched->told[i].info};
    if (!known || watched->count == 0)
        return;
    /* What a backup, or a folder that is away, does to names is told name by name, too. */
    add_those_not_in(watched, &client->maildir, &watched->now, &watched->then);
    add_those_not_in(watched, &client->maildir, &watched->then, &watched->now);
    qsort(watched->list, watched->count, sizeof watched->list[0], compare);
    options->named = watched->list;
    options->named_count = watched->count;
    kind_met(&sim->world, KIND_WATCHED);
}

void
watched_end(struct client *client, bool well)
{
    client->watched.well = well;
}
