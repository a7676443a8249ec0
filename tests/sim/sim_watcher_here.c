/* The events of a watcher's tree, store/maildir/watch.h, on the simulated Maildir: which folders moved, and which names came and went. */
#include "tests/sim/sim_watcher_here.h"

#include "store/maildir/watch.h"
#include "tests/sim/sim_local.h"

struct maildir_watch {
    struct maildir_sim *tree;
    struct sim_tree before, then; /* what is told is the difference */
    uint64_t version_before[SIM_MAILBOXES], version[SIM_MAILBOXES];
    struct sim_told told[SIM_TOLD];
    size_t told_count;
};

static struct maildir_watch it; /* one at a time */

void
watcher_here_begin(struct maildir_sim *tree)
{
    it = (struct maildir_watch){.tree = tree};
}

struct maildir *
maildir_new(const struct maildir_settings *settings)
{
    (void)settings;
    return (struct maildir *)(void *)it.tree;
}

struct local
maildir_local(struct maildir *maildir)
{
    return maildir_sim_local((struct maildir_sim *)(void *)maildir);
}

void
maildir_free(struct maildir *maildir)
{
    (void)maildir;
}

/* What happens while it is told is told the next time. */
static void
note_tree(struct maildir_watch *watch)
{
    struct maildir_sim *maildir = watch->tree;

    watch->before = watch->then;
    memcpy(watch->version_before, watch->version, sizeof watch->version);
    watch->told_count = maildir->told_count;
    memcpy(watch->told, maildir->told, watch->told_count * sizeof watch->told[0]);
    watch->then = maildir->tree;
    memcpy(watch->version, maildir->version, sizeof watch->version);
    maildir->told_count = 0;
}

struct maildir_watch *
maildir_watch_new(const struct maildir_settings *settings, struct error *err)
{
    (void)settings, (void)err;
    if (!it.tree->tree.root)
        return NULL;
    note_tree(&it);
    return &it;
}

int
maildir_watch_descriptor(const struct maildir_watch *watch)
{
    (void)watch;
    return -1;
}

int
maildir_watch_look_ms(const struct maildir_watch *watch)
{
    (void)watch;
    return -1;
}

const char *
maildir_watch_why(const struct maildir_watch *watch)
{
    (void)watch;
    return NULL;
}

void
maildir_watch_free(struct maildir_watch *watch)
{
    (void)watch;
}

static bool
is_in(const struct sim_tree *tree, const struct sim_file *file)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->files[i].mailbox == file->mailbox && strcmp(tree->files[i].base, file->base) == 0 &&
            strcmp(tree->files[i].info, file->info) == 0)
            return true;
    return false;
}

bool
maildir_watch_read(struct maildir_watch *watch, void (*moved)(void *context, const char *folder, bool written),
                   void (*named)(void *context, const char *folder, const char *base, const char *info), void *context)
{
    struct maildir_sim *maildir = watch->tree;
    const struct sim_tree *trees[2] = {&watch->before, &watch->then};

    if (!maildir->tree.root)
        return false;
    note_tree(watch);
    if (watch->told_count == SIM_TOLD)
        moved(context, NULL, false);
    for (size_t i = 0; i < watch->told_count; i++)
        named(context, maildir_sim_folder(maildir, watch->told[i].mailbox), watch->told[i].base, watch->told[i].info);
    /* What a backup, or a folder that is away, does to names is told name by name, too. */
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; i < trees[t]->count; i++)
            if (trees[t]->files[i].mailbox < SIM_MAILBOXES && !is_in(trees[1 - t], &trees[t]->files[i]))
                named(context, maildir_sim_folder(maildir, trees[t]->files[i].mailbox), trees[t]->files[i].base,
                      trees[t]->files[i].info);
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        const bool folder = watch->before.folder[m] != watch->then.folder[m];

        if (folder)
            named(context, maildir_sim_folder(maildir, m), NULL, NULL);
        if (folder || watch->version_before[m] != watch->version[m])
            moved(context, maildir_sim_folder(maildir, m), false);
    }
    return true;
}
