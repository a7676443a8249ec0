/* What seldom happens to a Maildir: backups, damage, power cuts, a command in its place, the IMAP account beside. */
#include "tests/sim/sim_import_trouble.h"

static unsigned
dice(struct import_sim *sim, unsigned below)
{
    return rng_below(&sim->world.rng, below);
}

static void
count_files(const struct import_sim *sim, int files[SIM_CONTENTS])
{
    memset(files, 0, SIM_CONTENTS * sizeof *files);
    for (size_t i = 0; i < sim->maildir.tree.count; i++)
        files[sim->maildir.tree.files[i].content]++;
}

/* What went and what came was neither the user's doing nor golub's. */
static void
account_for(struct import_sim *sim, const int before[SIM_CONTENTS])
{
    int after[SIM_CONTENTS];

    count_files(sim, after);
    for (int i = 0; i < SIM_CONTENTS; i++) {
        struct tally *tally = &sim->tally[i];
        const int came = after[i] > before[i] ? after[i] - before[i] : 0;
        const int back = came < tally->cut ? came : tally->cut; /* what a power cut took is here again */
        tally->taken += before[i] > after[i] ? before[i] - after[i] : 0;
        tally->added += came - back;
        tally->cut -= back;
    }
}

static void
excuse_unsure(struct import_sim *sim)
{
    for (size_t i = 0; i < sim->maildir.tree.count; i++) {
        if (tally_is_unsure(sim, &sim->maildir.tree.files[i]))
            sim->tally[sim->maildir.tree.files[i].content].excused++;
        tally_note_loose(sim, &sim->maildir.tree.files[i]);
    }
}

bool
trouble_backup(struct import_sim *sim)
{
    int before[SIM_CONTENTS];

    if (sim->command || !sim->maildir.tree.root)
        return false;
    if (!sim->has_then || dice(sim, 2) == 0) {
        *sim->then = sim->maildir.tree;
        sim->has_then = true;
        return false;
    }
    const bool reborn = dice(sim, 100) < 40;
    say(&sim->world, "  here: the Maildir is out of a backup%s", reborn ? ", copied" : "");
    count_files(sim, before);
    excuse_unsure(sim);
    sim->maildir.tree = *sim->then;
    for (size_t i = 0; i < sim->maildir.tree.count;
         i++) /* whoever restores a backup sees to it that it is on the disk */
        sim->maildir.tree.files[i].unflushed = false;
    for (int i = 0; i < SIM_MAILBOXES; i++)
        maildir_sim_touch(&sim->maildir, i);
    account_for(sim, before);
    if (reborn)
        maildir_sim_reborn(&sim->maildir);
    if (sim->journal_lost)
        tally_excuse_unfound(sim);
    sim->accident = true;
    return true;
}

bool
trouble_folder_goes(struct import_sim *sim)
{
    struct maildir_sim *maildir = &sim->maildir;
    int before[SIM_CONTENTS];

    const bool others =
        maildir->tree.folder[(sim->deliver_to + 1) % SIM_MAILBOXES] ||
        maildir->tree.folder[(sim->deliver_to + 2) % SIM_MAILBOXES]; /* else it is the root that is empty */

    if (sim->command || !others || !maildir->tree.folder[sim->deliver_to] ||
        (maildir->layout == LAYOUT_MAILDIRPP && sim->deliver_to == 0))
        return false;
    say(&sim->world, "  here: the deliver folder is gone");
    count_files(sim, before);
    excuse_unsure(sim);
    for (size_t i = maildir->tree.count; i > 0; i--)
        if (maildir->tree.files[i - 1].mailbox == sim->deliver_to)
            maildir_sim_drop(maildir, &maildir->tree.files[i - 1]);
    account_for(sim, before);
    maildir->tree.folder[sim->deliver_to] = false;
    maildir->born[sim->deliver_to] = maildir->next_birth++;
    maildir_sim_touch(maildir, sim->deliver_to);
    if (sim->journal_lost)
        tally_excuse_unfound(sim);
    sim->accident = true;
    return true;
}

/* A copy onto a full disk, a repaired file system: the name is there, and not all of its bytes. */
bool
trouble_damages(struct import_sim *sim)
{
    struct sim_tree *tree = &sim->maildir.tree;

    if (sim->command || tree->count == 0)
        return false;
    struct sim_file *file = &tree->files[dice(sim, (unsigned)tree->count)];
    const struct content *content = content_get(file->content);
    const size_t len = dice(sim, 3) == 0 ? 0 : content->len - 1 - dice(sim, (unsigned)content->len / 2);
    const int part = file->content < SIM_CONTENTS / 2 ? content_cut(file->content, len) : -1;
    if (part < 0)
        return false;
    say(&sim->world, "  here: the file of #%d is damaged", file->content);
    if (tally_is_unmet(sim, file->content) || tally_is_unsure(sim, file)) {
        sim->tally[file->content].excused++;
        tally_forget_row(sim, file); /* what was begun is met as what is here now */
    }
    tally_note_loose(sim, file);
    sim->tally[file->content].taken++;
    sim->was_here[file->content] = sim->damaged[file->content] = true;
    file->content = part;
    maildir_sim_touch(&sim->maildir, file->mailbox);
    return true;
}

bool
trouble_any_odd(const struct import_sim *sim)
{
    for (size_t i = 0; i < sim->drop.count; i++) {
        const struct drop_message *message = &sim->drop.messages[i];
        if (message->here && (message->odd_line || sim->damaged[message->content]))
            return true;
    }
    return false;
}

/* Mail goes to a command from now on, or into the Maildir again. */
bool
trouble_changes_hands(struct import_sim *sim)
{
    if (sim->beside || sim->maildir.lazy)
        return false;
    excuse_unsure(sim);
    sim->command = !sim->command;
    sim->policy.deliver_command = sim->command ? "deliver" : NULL;
    say(&sim->world, "  here: mail goes to %s", sim->command ? "a command" : "the Maildir");
    return true;
}

/* Not mounted: nothing may be touched. */
bool
trouble_rootless(struct import_sim *sim)
{
    static struct sim_tree away;
    struct maildir_sim *maildir = &sim->maildir;
    struct error err = {0};
    char *root = NULL;

    if (sim->command || !maildir->tree.root || !journal_get(sim->journal, "root", &root, &err) || root == NULL)
        return false;
    free(root);
    say(&sim->world, "  here: the Maildir is not mounted");
    away = maildir->tree;
    maildir->tree.root = dice(sim, 2) == 0;
    maildir->tree.count = 0;
    memset(maildir->tree.folder, 0, sizeof maildir->tree.folder);
    sim->away = true;
    const int64_t rows = journal_changes(sim->journal);
    const int status = import_sim_run(sim);
    if (status != 2 || journal_changes(sim->journal) != rows || sim->drop.marks + sim->drop.retrieved > 0)
        violation(&sim->world, "a run without a root ended with status %d, or touched something", status);
    maildir->tree = away;
    sim->away = false;
    return true;
}

/* The IMAP account sends up all that is here, and somebody deletes some of it there. */
bool
trouble_goes_beside(struct import_sim *sim)
{
    struct sim_tree *tree = &sim->maildir.tree;
    bool any = false;

    if (!sim->beside || !tree->root)
        return false;
    say(&sim->world, "  beside: all goes up");
    for (size_t i = 0; i < tree->count && sim->sent < SIM_SENT; i++)
        if (!beside_sim_knows(sim, tree->files[i].base))
            text_print(sim->sent_base[sim->sent++], LOCAL_BASE_MAX + 1, "%s", tree->files[i].base);
    for (size_t i = tree->count; i > 0; i--) {
        struct sim_file *file = &tree->files[i - 1];
        if (!beside_sim_knows(sim, file->base) || dice(sim, 100) >= 15)
            continue;
        say(&sim->world, "  beside: #%d is deleted there, and goes here", file->content);
        /* That account knows of what was begun; not so a journal that did not meet it. */
        if (tally_is_unmet(sim, file->content) || (sim->journal_lost && tally_is_unsure(sim, file)))
            sim->tally[file->content].excused++;
        tally_note_loose(sim, file);
        sim->tally[file->content].taken++;
        mua_remove(&sim->maildir, file);
        any = true;
    }
    return any;
}

bool
beside_sim_knows(const struct import_sim *sim, const char *base)
{
    for (size_t i = 0; i < sim->sent; i++)
        if (strcmp(sim->sent_base[i], base) == 0)
            return true;
    return false;
}
