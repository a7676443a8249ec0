/* What seldom happens to a server: it shows too little, names and counts its mail anew, comes out of a backup. */
#include "tests/sim/sim_import_laws.h"
#include "tests/sim/sim_import_trouble.h"

#define RESTORE_DAYS 20 /* a row is forgotten after 30 */

static unsigned
dice(struct import_sim *sim, unsigned below)
{
    return rng_below(&sim->world.rng, below);
}

bool
trouble_shows_less(struct import_sim *sim)
{
    sim->drop.window = WINDOW_NONE + (enum drop_window)dice(sim, 3);
    sim->drop.windows = 1 + (int)dice(sim, 3);
    say(&sim->world, "  there: %d sessions show a part", sim->drop.windows);
    return true;
}

/*
 * A name went from one that was listed and never came, and whose header names nothing, to one of that header that did: a twin that stood beside it,
 * or the names moved on. Nobody can tell, and it comes once more.
 */
static void
excuse_names_of_begun(struct import_sim *sim, char (*before)[DROP_KEY])
{
    struct drop_message *messages = sim->drop.messages;

    for (size_t i = 0; i < sim->drop.count; i++) {
        if (!messages[i].here || content_names(messages[i].content) || strcmp(messages[i].uidl, before[i]) == 0)
            continue;
        for (size_t k = 0; k < sim->drop.count; k++)
            if (k != i && messages[k].seen && messages[k].fetched_at == 0 && strcmp(before[k], messages[i].uidl) == 0 &&
                same_header(&messages[k], &messages[i])) {
                sim->tally[messages[i].content].excused++;
                break;
            }
    }
}

/* As they are before they change. */
static void
note_names(const struct import_sim *sim, char (*before)[DROP_KEY])
{
    for (size_t i = 0; i < sim->drop.count; i++)
        memcpy(before[i], sim->drop.messages[i].uidl, DROP_KEY);
}

bool
trouble_renames_some(struct import_sim *sim)
{
    char before[DROP_MESSAGES][DROP_KEY];

    /* Where names are used again some get that of another: without TOP a name is all there is. */
    if (sim->beside || (sim->drop.uidls != UIDLS_UNIQUE && (sim->drop.uidls != UIDLS_REUSED || !sim->drop.top)))
        return false;
    say(&sim->world, "  there: some UIDLs change");
    note_names(sim, before);
    drop_renumber(&sim->drop, !profile_is_all(sim) && dice(sim, 3) == 0 ? 100 : 20 + dice(sim, 70));
    excuse_names_of_begun(sim, before);
    tally_sizes(sim);
    for (size_t i = 0; i < sim->drop.count; i++)
        sim->drop.messages[i].had = false; /* its header may not have been read yet */
    return true;
}

bool
trouble_shifts(struct import_sim *sim)
{
    char before[DROP_MESSAGES][DROP_KEY];

    /* Without TOP, and where LIST does not tell the sizes, a name is all there is. */
    if (sim->beside || !sim->drop.top || sim->drop.wrong_sizes || sim->drop.lied ||
        (sim->drop.uidls != UIDLS_UNIQUE && sim->drop.uidls != UIDLS_REUSED))
        return false;
    say(&sim->world, "  there: UIDLs move on");
    sim->shifted = true;
    note_names(sim, before);
    drop_shift(&sim->drop);
    excuse_names_of_begun(sim, before);
    tally_sizes(sim);
    for (size_t i = 0; i < sim->drop.count; i++)
        sim->drop.messages[i].had = false;
    return true;
}

/* Out of a backup of the server: what golub had removed is not new, what it never saw is. */
bool
trouble_restores(struct import_sim *sim)
{
    bool any = false;

    for (size_t i = 0; i < sim->drop.count; i++) {
        struct drop_message *message = &sim->drop.messages[i];
        if (message->here || message->left == 0 || sim->world.now - message->left_at > RESTORE_DAYS * DAY ||
            dice(sim, 100) >= 30)
            continue;
        const bool again = tally_comes_again(sim, message) || (sim->one_mailbox && tally_is_forgotten(sim, message));
        const bool renamed = (!sim->beside || !profile_is_all(sim)) && dice(sim, 100) < 30;
        const bool aged = sim->wrong_clocks >= CLOCK_WAS_BACK && tally_is_forgotten(sim, message);
        if (!drop_restore(&sim->drop, message, renamed))
            continue;
        /* What was recorded as had, and went before its header was read, is nothing that is known under another name; nor is one whose
         * header names nothing: it is read, and new. */
        message->had =
            message->had && (!renamed || (tally_knows_header(sim, message) && content_names(message->content)));
        say(&sim->world, "  there: #%d is back as %s", message->content, message->uidl);
        sim->tally[message->content].excused += (sim->journal_lost && again) || aged;
        message->row = 0;
        /* A journal that was lost since does not know it; an older one perhaps. */
        message->returned = renamed && message->unread_since && !message->forgotten;
        sim->circle = sim->circle || (sim->beside && renamed && message->unread_since);
        tally_back(sim, message);
        any = true;
    }
    return any;
}

bool
trouble_reads(struct import_sim *sim)
{
    bool any = false;

    for (size_t i = 0; i < sim->drop.count; i++) {
        struct drop_message *message = &sim->drop.messages[i];
        /* Where the header is the name, one of several copies would get another. */
        if (!message->here || message->read_line || dice(sim, 100) >= 30 ||
            (sim->copies > 0 && sim->drop.uidls == UIDLS_NONE))
            continue;
        say(&sim->world, "  there: #%d gets a line in its header", message->content);
        message->had = false; /* where names are in doubt it is read, to be compared */
        any = message->read_line = true;
    }
    return any;
}

/* The server's TOP has a line more that no program is known to write, or has it no longer. */
bool
trouble_looks_odd(struct import_sim *sim)
{
    bool any = false;

    for (size_t i = 0; i < sim->drop.count; i++) {
        struct drop_message *message = &sim->drop.messages[i];
        /* What nothing names is new mail where all of its header is another. */
        if (!message->here || !content_names(message->content) || dice(sim, 100) >= 30)
            continue;
        any = true;
        message->odd_line = !message->odd_line;
        message->had = false;
        say(&sim->world, "  there: the header of #%d looks %s", message->content, message->odd_line ? "odd" : "right");
    }
    return any;
}

bool
trouble_counts_anew(struct import_sim *sim)
{
    static const unsigned counts[] = {0, 1, 1, RECOUNT_ALL, RECOUNT_NONE};

    sim->drop.recounted = counts[dice(sim, sizeof counts / sizeof counts[0])];
    if (dice(sim, 3) == 0)
        sim->drop.wrong_sizes = !sim->drop.wrong_sizes;
    sim->drop.lied = true;
    say(&sim->world, "  there: LIST counts anew (%u%s)", sim->drop.recounted, sim->drop.wrong_sizes ? ", wrong" : "");
    tally_sizes(sim);
    return true;
}
