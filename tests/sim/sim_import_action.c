/* What users, other clients and bad luck do while mail is imported. */
#include "tests/sim/sim_import.h"

#define FULL_HERE 120 /* files of the Maildir: from here on nobody adds more */

static unsigned
dice(struct import_sim *sim, unsigned below)
{
    return rng_below(&sim->world.rng, below);
}

/*
 * One that is or was somewhere, or a new one; -1: none left. Copies, and messages of one header and other bodies, come in some histories: of
 * copies each may be taken for the other.
 */
static int
choose_content(struct import_sim *sim)
{
    int content;

    if (sim->world.next_content > 0 && dice(sim, 1000) < sim->copies)
        return (int)dice(sim, (unsigned)sim->world.next_content);
    /* Where a history is about that, most are like another one. */
    const bool many = sim->copies > 0 && trouble_is_theme(sim, TROUBLE_COPIES);
    do
        content = world_new_content(&sim->world, true);
    while (content >= 0 && ((content_like_neighbour(content) && sim->copies == 0) ||
                            (many && content % 16 < 8 && (content % 16 < 2 || content % 16 > 4) && dice(sim, 4) > 0)));
    return content;
}

/* ---- the maildrop ---- */

static void
there_arrives(struct import_sim *sim)
{
    const int content = drop_here(&sim->drop) >= (size_t)sim->full ? -1 : choose_content(sim);
    struct drop_message *message = content < 0 ? NULL : drop_arrive(&sim->drop, content);

    if (message == NULL)
        return;
    say(&sim->world, "  there: #%d arrives as %s", content, message->uidl);
    tally_born(sim, message);
}

static void
there_leaves(struct import_sim *sim)
{
    struct maildrop_sim *drop = &sim->drop;
    size_t left = drop_here(drop);

    if (left == 0 || (drop->line.open && !drop->lax))
        return;
    left = dice(sim, (unsigned)left);
    for (size_t i = 0; i < drop->count; i++) {
        struct drop_message *message = &drop->messages[i];
        if (!message->here || left-- > 0)
            continue;
        say(&sim->world, "  there: #%d %s is removed", message->content, message->uidl);
        sim->met[MET_GONE_IN_SESSION] += drop->line.open;
        drop_leave(drop, message);
        tally_left(sim, message);
        return;
    }
}

/* ---- the Maildir ---- */

static void
here_moves(struct import_sim *sim, struct sim_file *file, bool new_base)
{
    const int target = (int)dice(sim, SIM_MAILBOXES);

    if (!sim->maildir.tree.folder[target] || target == file->mailbox)
        return;
    say(&sim->world, "  here: #%d moved to %d%s", file->content, target, new_base ? " under a new name" : "");
    /* A base name that is taken there makes a new one too. */
    new_base = new_base || maildir_sim_base(&sim->maildir, target, file->base) != NULL;
    if (new_base && (sim->unmet || tally_is_unsure(sim, file)))
        sim->tally[file->content].excused++;
    if (new_base)
        tally_note_loose(sim, file);
    mua_move(&sim->maildir, file, target, new_base);
}

static void
here_removes(struct import_sim *sim, struct sim_file *file)
{
    say(&sim->world, "  here: #%d removed", file->content);
    if (tally_is_unmet(sim, file->content) || tally_is_unsure(sim, file))
        sim->tally[file->content].excused++;
    tally_note_loose(sim, file);
    sim->tally[file->content].taken++;
    sim->was_here[file->content] = true;
    mua_remove(&sim->maildir, file);
}

static void
here_changes(struct import_sim *sim)
{
    struct sim_tree *tree = &sim->maildir.tree;
    struct sim_file *file = &tree->files[dice(sim, (unsigned)tree->count)];
    const unsigned what = dice(sim, 100);

    if (what < 30) {
        say(&sim->world, "  here: flags of #%d", file->content);
        mua_set_flags(&sim->maildir, file, dice(sim, FLAG_ALL + 1));
    } else if (what < 35) {
        mua_back_to_new(&sim->maildir, file);
    } else if (what < 60) {
        here_moves(sim, file, false);
    } else if (what < 70) {
        here_moves(sim, file, true);
    } else if (what < 95 || tree->count >= FULL_HERE) {
        here_removes(sim, file);
    } else {
        say(&sim->world, "  here: #%d copied", file->content);
        sim->tally[file->content].added += mua_copy(&sim->maildir, file, file->mailbox);
    }
}

static void
act_here(struct import_sim *sim)
{
    struct sim_tree *tree = &sim->maildir.tree;

    if (sim->command || !tree->root)
        return;
    if (!tree->folder[1] || !tree->folder[2]) {
        const int fresh = tree->folder[1] ? 2 : 1;
        if (dice(sim, 100) < 30) {
            tree->folder[fresh] = true;
            maildir_sim_touch(&sim->maildir, fresh);
        }
    }
    if (tree->count > 0)
        here_changes(sim);
}

void
import_outside(struct world *world)
{
    struct import_sim *sim = world->import;
    const unsigned what = rng_below(&world->rng, 100);

    const unsigned arrive = profile_is_all(sim) ? 45 : sim->profile->arrive,
                   leave = profile_is_all(sim) ? 12 : sim->profile->leave;

    if (what < arrive)
        there_arrives(sim);
    else if (what < arrive + leave)
        there_leaves(sim);
    else
        act_here(sim);
    check_counts(sim);
}

void
import_users_act(struct import_sim *sim, unsigned times)
{
    for (; times > 0; times--)
        import_outside(&sim->world);
}
