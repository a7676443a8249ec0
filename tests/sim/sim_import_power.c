/* fsync = false, and a power cut: what was not flushed is gone, and what somebody took away before it was flushed looks so. */
#include "tests/sim/sim_import.h"

/* As far as the journal knows its file is here, or was, and is not on the disk; of one that the last list lacked this is not asked. */
static bool
is_loose(const struct import_sim *sim, const char *base)
{
    struct error err = {0};
    struct journal_pop row;
    int64_t *ids = NULL;
    size_t count = 0;
    bool loose = false, found = false, any;

    if (!journal_pop_ids(sim->journal, 0, &ids, &count, &err))
        return false;
    for (size_t i = 0; i < count && !found; i++)
        found = journal_pop_get(sim->journal, ids[i], &row, &any, &err) && any && strcmp(row.base, base) == 0;
    free(ids);
    if (found)
        return (row.facts & POP_UNFLUSHED) != 0 && row.missed == 0;
    return journal_pop_has_base(sim->journal, base, &loose, &err) && loose;
}

/* A power cut was, and no run has looked since what it took. */
static bool
is_cut(const struct import_sim *sim)
{
    struct error err = {0};
    char *note = NULL, boot[16];
    bool cut;

    text_print(boot, sizeof boot, "%d", sim->maildir.boots);
    cut = journal_get(sim->journal, "unflushed", &note, &err) && note != NULL && note[0] != '\0' &&
          strcmp(note, boot) != 0;
    free(note);
    return cut;
}

void
tally_note_loose(struct import_sim *sim, const struct sim_file *file)
{
    if (!sim->maildir.lazy || sim->command || !is_loose(sim, file->base))
        return;
    if (is_cut(sim)) {
        sim->tally[file->content].excused++;
        return;
    }
    if (sim->loose_count == SIM_LOOSE)
        abort();
    sim->loose[sim->loose_count].content = file->content;
    text_print(sim->loose[sim->loose_count++].base, LOCAL_BASE_MAX + 1, "%s", file->base);
}

static void
excuse_loose(struct import_sim *sim)
{
    for (size_t i = 0; i < sim->loose_count; i++)
        sim->tally[sim->loose[i].content].excused += is_loose(sim, sim->loose[i].base);
    sim->loose_count = 0;
}

/* What was delivered and not flushed is gone, and must come again: nothing of it was removed from the server. */
bool
trouble_power_fails(struct import_sim *sim)
{
    struct maildir_sim *maildir = &sim->maildir;
    bool any = false;

    if (!maildir->lazy || sim->command)
        return false;
    for (size_t i = 0; i < maildir->tree.count; i++) {
        const struct sim_file *file = &maildir->tree.files[i];
        if (!file->unflushed)
            continue;
        any = true;
        if (!tally_is_own(file)) { /* missed before, and nobody's removal to undo */
            sim->tally[file->content].taken++;
            continue;
        }
        sim->tally[file->content].cut++;
        for (size_t k = 0; k < sim->drop.count; k++) {
            struct drop_message *message = &sim->drop.messages[k];
            /* Owed by what golub removed it stays; what somebody else removed meanwhile is nowhere. */
            if (message->content == file->content && (message->here || !message->by_golub))
                message->owed = message->stored = false; /* it comes under the `keep` of that day */
        }
    }
    excuse_loose(sim);
    say(&sim->world, "  here: the power fails%s", any ? ", and takes what was not flushed" : "");
    maildir_sim_power_cut(maildir);
    return any;
}
