/* What seldom happens to an import: servers that show too little, backups, clocks, journals that are lost, accounts that move. */
#include "tests/sim/sim_import_laws.h"
#include "tests/sim/sim_import_trouble.h"

#define AGREES_AFTER ((int64_t)20 * 3600)

static const struct {
    const char *word, *what;
} troubles[TROUBLE_ALL] = {
    [TROUBLE_WINDOW] = {"window", "session that shows a part"},
    [TROUBLE_LACKS] = {"lacks", "UIDL shorter than STAT"},
    [TROUBLE_EQUAL] = {"equal", "session with all UIDLs equal"},
    [TROUBLE_RENUMBER] = {"renumber", "some UIDLs changed"},
    [TROUBLE_SHIFT] = {"shift", "UIDLs moved on to other messages"},
    [TROUBLE_RESTORED] = {"restored", "message back on the server"},
    [TROUBLE_TOP] = {"top", "TOP differs from RETR"},
    [TROUBLE_CUT] = {"cut", "RETR gave a part"},
    [TROUBLE_IGNORE] = {"ignore", "DELE not carried out"},
    [TROUBLE_BACKUP] = {"backup", "Maildir out of a backup"},
    [TROUBLE_FOLDER] = {"folder", "deliver folder gone"},
    [TROUBLE_ROOT] = {"root", "run without a root"},
    [TROUBLE_CLOCK] = {"clock", "run under a wrong clock"},
    [TROUBLE_LOST] = {"lost", "journal lost"},
    [TROUBLE_OLD] = {"old", "journal older"},
    [TROUBLE_HOST] = {"host", "server under another name"},
    [TROUBLE_BESIDE] = {"beside", "deleted by the IMAP account"},
    [TROUBLE_COPIES] = {"copies", "copy, or equal header"},
    [TROUBLE_POWER] = {"power", "power cut without fsync"},
    [TROUBLE_ONE_MAILBOX] = {"one-mailbox", "mailbox of the account beside"},
    [TROUBLE_DAMAGE] = {"damage", "file damaged"},
    [TROUBLE_ODD] = {"odd", "TOP has a line nobody knows"},
    [TROUBLE_SIZES] = {"sizes", "LIST counts anew"},
    [TROUBLE_COMMAND] = {"command", "account changes to a command, or back"},
};

/* Not yet kept to in every history: only with --kinds. */
static bool off[TROUBLE_ALL] = {[TROUBLE_CUT] = true,
                                [TROUBLE_DAMAGE] = true,
                                [TROUBLE_ODD] = true,
                                [TROUBLE_SIZES] = true,
                                [TROUBLE_COMMAND] = true};
#define TROUBLE_EVERYDAY TROUBLE_DAMAGE /* of a bit of everything: those before this one */

bool
trouble_is_on(enum trouble trouble)
{
    return !off[trouble];
}

const char *
trouble_name(enum trouble trouble)
{
    return troubles[trouble].what;
}

bool
history_kinds(const char *list, bool without)
{
    for (int i = 0; !without && i < TROUBLE_ALL; i++)
        off[i] = true;
    while (*list != '\0') {
        const size_t len = strcspn(list, ",");
        int i = 0;
        while (i < TROUBLE_ALL && (strlen(troubles[i].word) != len || strncmp(troubles[i].word, list, len) != 0))
            i++;
        if (i == TROUBLE_ALL)
            return strncmp(list, "none", len) == 0;
        off[i] = without;
        list += list[len] == ',' ? len + 1 : len;
    }
    return true;
}

static unsigned
dice(struct import_sim *sim, unsigned below)
{
    return rng_below(&sim->world.rng, below);
}

static bool
chance(struct import_sim *sim, enum trouble trouble, unsigned percent)
{
    return rng_chance(&sim->world.rng, percent) && trouble_is_on(trouble);
}

bool
trouble_is_theme(const struct import_sim *sim, enum trouble trouble)
{
    return (sim->theme & 1UL << trouble) != 0;
}

/* A bit of everything seldom meets what needs the same kind twice, or two kinds one after the other. */
void
trouble_choose_theme(struct import_sim *sim)
{
    struct rng rng = rng_for(sim->world.seed, 200000);

    sim->theme = 0;
    if (!rng_chance(&rng, 70))
        return;
    for (unsigned left = 1 + rng_below(&rng, 3); left > 0; left--) {
        const enum trouble one = (enum trouble)rng_below(&rng, TROUBLE_EVERYDAY);
        sim->theme |= trouble_is_on(one) ? 1UL << one : 0;
    }
    if (trouble_is_on(TROUBLE_COPIES) && rng_chance(&rng, 50))
        sim->theme |= 1UL << TROUBLE_COPIES;
}

/* In this history? Surely, where it is about that. */
static bool
is_chosen(struct import_sim *sim, enum trouble trouble, unsigned percent)
{
    return chance(sim, trouble, percent) || trouble_is_theme(sim, trouble);
}

void
trouble_choose(struct import_sim *sim)
{
    sim->drop.cuts = is_chosen(sim, TROUBLE_CUT, 12) ? 8 : 0;
    sim->drop.ignores = is_chosen(sim, TROUBLE_IGNORE, 15) ? 30 : 0;
    sim->beside = is_chosen(sim, TROUBLE_BESIDE, 20) && !sim->command;
    sim->maildir.lazy = is_chosen(sim, TROUBLE_POWER, 10) && !sim->command;
    sim->one_mailbox = sim->beside && is_chosen(sim, TROUBLE_ONE_MAILBOX, 15);
    sim->met[MET_ALL + TROUBLE_ONE_MAILBOX] += sim->one_mailbox;
    sim->copies = is_chosen(sim, TROUBLE_COPIES, 25) && !sim->beside ? 200 : 0;
}

/* ---- time, journal, account ---- */

/*
 * A run ages by a week at most. After one whose clock was back the rest of the gap counts once a later run agrees: what came in it is that old.
 * So it does where two in a row are ahead, 20 hours or more from each other: CONTRACT, quarantine-days.
 */
static void
count_wrong_clock(struct import_sim *sim)
{
    const int64_t clock = sim->world.now + sim->clock_off;

    sim->wrong_clocks += sim->clock_off < 0 ? CLOCK_WAS_BACK : 1;
    if (sim->clock_off > 0 && sim->ahead > 0 && clock - sim->ahead_at >= AGREES_AFTER)
        sim->wrong_clocks += (int)(sim->ahead / (7 * DAY)) + 1;
}

static bool
wrong_clock(struct import_sim *sim)
{
    static const int days[] = {60, -60, 3650, -3650, 8, -1};

    sim->clock_off = (int64_t)days[dice(sim, sizeof days / sizeof days[0])] * DAY;
    count_wrong_clock(sim);
    say(&sim->world, "  run, the clock is wrong by %lld days", (long long)(sim->clock_off / DAY));
    (void)import_sim_run(sim);
    return true;
}

/* By the journal that is there now. */
static bool
is_stored(const struct import_sim *sim, const struct drop_message *message)
{
    struct journal_pop row;

    return row_left(sim, message, &row) && row.state == POP_STORED;
}

/* A file that the IMAP account found on its own server shows nobody that the journal is older: it is looked at where something new is listed. */
static void
excuse_one_mailbox(struct import_sim *sim)
{
    for (size_t i = 0; sim->one_mailbox && i < sim->drop.count; i++) {
        const struct drop_message *message = &sim->drop.messages[i];
        sim->tally[message->content].excused += message->here && tally_is_forgotten(sim, message);
    }
}

static bool
journal_goes(struct import_sim *sim, bool old)
{
    struct error err = {0};

    if (old && (sim->image == NULL || dice(sim, 2) == 0)) {
        free(sim->image);
        sim->image_host = sim->host;
        sim->image_born = sim->maildir.born[sim->deliver_to];
        sim->image_accident = sim->accident;
        if (!journal_image(sim->journal, &sim->image, &sim->image_size, &err))
            sim->image = NULL;
        return false;
    }
    say(&sim->world, old ? "  here: the journal is an older one" : "  here: the journal is lost");
    import_sim_journal(sim, old ? sim->image : NULL, old ? sim->image_size : 0);
    sim->host =
        old ? sim->image_host : sim->host; /* the configuration is of that day, too: golub says so where it is not */
    /* An older one may know of a folder that is gone, or another one by now: what was said of that is said again. */
    sim->accident =
        sim->accident || (old && sim->image_accident) ||
        (old && (!sim->maildir.tree.folder[sim->deliver_to] || sim->maildir.born[sim->deliver_to] != sim->image_born));
    sim->journal_lost = true;
    tally_excuse_unfound(sim);
    excuse_one_mailbox(sim);
    for (size_t i = 0; i < sim->drop.count; i++) {
        struct drop_message *message = &sim->drop.messages[i];
        message->ever_had = message->ever_had || message->may_be_had || message->had;
        message->may_be_had = old && message->ever_had;
        message->had = message->stored = message->has_keep = message->held = message->released = false;
        message->gone_known = message->returned = message->came_back = false;
        /* That it was told to go is not known any more: so it is where an older journal has it from before that. */
        message->unread_since = message->unread_since && !message->here && !(old && is_stored(sim, message));
        if (!old) /* what is met is read before it goes */
            message->read_as[0] = '\0';
        else if (message->fetched_at != 0) /* it may be known to that one */
            memcpy(message->read_as, message->uidl, sizeof message->read_as);
        message->forgotten = message->unmet = true;
        message->row = 0;
    }
    sim->unmet = true;
    return true;
}

static bool
moves_house(struct import_sim *sim)
{
    const char *before = sim->host;

    sim->host = strcmp(before, "sim.example.org") == 0 ? "other.example.org" : "sim.example.org";
    sim->moved = true;
    say(&sim->world, "  run, the server is called %s", sim->host);
    if (import_sim_run(sim) != 2)
        return true;
    if (sim->drop.marks + sim->drop.retrieved > 0)
        violation(&sim->world, "a run that refused a server touched something");
    sim->host = before;
    return true;
}

void
trouble_act(struct import_sim *sim)
{
    enum trouble trouble = TROUBLE_ALL;
    bool met = false;

    const enum trouble end = profile_is_all(sim) ? TROUBLE_EVERYDAY : TROUBLE_ALL;

    for (int i = 0; i < 200 && (trouble == TROUBLE_ALL || !trouble_is_on(trouble)); i++)
        trouble = (enum trouble)dice(sim, end);
    if (sim->theme != 0 && (!profile_is_all(sim) || dice(sim, 100) < 80))
        for (int i = 0; i < 200 && !trouble_is_theme(sim, trouble); i++)
            trouble = (enum trouble)dice(sim, end);
    if (profile_is_all(sim) && !trouble_is_on(trouble))
        return;
    switch (trouble) {
    case TROUBLE_WINDOW:
        met = trouble_shows_less(sim);
        break;
    case TROUBLE_LACKS:
        met = sim->drop.lacks_lines = true;
        break;
    case TROUBLE_EQUAL:
        met = sim->drop.equal = !sim->beside;
        for (size_t i = 0; met && i < sim->drop.count; i++)
            sim->drop.messages[i].had = false;
        break;
    case TROUBLE_RENUMBER:
        met = trouble_renames_some(sim);
        break;
    case TROUBLE_SHIFT:
        met = trouble_shifts(sim);
        break;
    case TROUBLE_RESTORED:
        met = trouble_restores(sim);
        break;
    case TROUBLE_TOP:
        met = trouble_reads(sim);
        break;
    case TROUBLE_DAMAGE:
        met = trouble_damages(sim);
        break;
    case TROUBLE_ODD:
        met = trouble_looks_odd(sim);
        break;
    case TROUBLE_SIZES:
        met = trouble_counts_anew(sim);
        break;
    case TROUBLE_COMMAND:
        met = trouble_changes_hands(sim);
        break;
    case TROUBLE_BACKUP:
        met = trouble_backup(sim);
        break;
    case TROUBLE_FOLDER:
        met = trouble_folder_goes(sim);
        break;
    case TROUBLE_ROOT:
        met = trouble_rootless(sim);
        break;
    case TROUBLE_CLOCK:
        met = wrong_clock(sim);
        break;
    case TROUBLE_LOST:
    case TROUBLE_OLD:
        met = journal_goes(sim, trouble == TROUBLE_OLD);
        break;
    case TROUBLE_HOST:
        met = moves_house(sim);
        break;
    case TROUBLE_POWER:
        met = trouble_power_fails(sim);
        break;
    case TROUBLE_BESIDE:
        met = trouble_goes_beside(sim);
        break;
    default:
        break; /* it goes by itself, or with others */
    }
    sim->met[MET_ALL + trouble] += met;
    sim->doubt = sim->doubt || !(trouble == TROUBLE_WINDOW || trouble == TROUBLE_LACKS || trouble == TROUBLE_BACKUP ||
                                 trouble == TROUBLE_ROOT || trouble == TROUBLE_CLOCK || trouble == TROUBLE_DAMAGE);
    check_counts(sim);
}
