/* What seldom happens to an import: servers that show too little, backups, clocks, journals that are lost, accounts that move. */
#include "tests/sim/sim_import.h"

#define DAY 86400
#define RESTORE_DAYS 20 /* a row is forgotten after 30 */
/* After a run whose clock was back two later ones that agree count all of the gap, and what went in it is that old: CONTRACT, quarantine-days. */
#define CLOCK_WAS_BACK 10000
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
};

/* Not yet kept to in every history: only with --kinds. */
static bool off[TROUBLE_ALL] = {[TROUBLE_CUT] = true};

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
        const enum trouble one = (enum trouble)rng_below(&rng, TROUBLE_ALL);
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

/* ---- the server ---- */

static bool
shows_less(struct import_sim *sim)
{
    sim->drop.window = WINDOW_NONE + (enum drop_window)dice(sim, 3);
    sim->drop.windows = 1 + (int)dice(sim, 3);
    say(&sim->world, "  there: %d sessions show a part", sim->drop.windows);
    return true;
}

static bool
renames_some(struct import_sim *sim)
{
    /* Where names are used again some get that of another: without TOP a name is all there is. */
    if (sim->beside || (sim->drop.uidls != UIDLS_UNIQUE && (sim->drop.uidls != UIDLS_REUSED || !sim->drop.top)))
        return false;
    say(&sim->world, "  there: some UIDLs change");
    drop_renumber(&sim->drop, 20 + dice(sim, 70));
    for (size_t i = 0; i < sim->drop.count; i++)
        sim->drop.messages[i].had = false; /* its header may not have been read yet */
    return true;
}

static bool
shifts(struct import_sim *sim)
{
    /* Without TOP, and where LIST does not tell the sizes, a name is all there is. */
    if (sim->beside || !sim->drop.top || sim->drop.wrong_sizes || sim->drop.lied ||
        (sim->drop.uidls != UIDLS_UNIQUE && sim->drop.uidls != UIDLS_REUSED))
        return false;
    say(&sim->world, "  there: UIDLs move on");
    sim->shifted = true;
    drop_shift(&sim->drop);
    for (size_t i = 0; i < sim->drop.count; i++)
        sim->drop.messages[i].had = false;
    return true;
}

/* Out of a backup of the server: what golub had removed is not new, what it never saw is. */
static bool
restores(struct import_sim *sim)
{
    bool any = false;

    for (size_t i = 0; i < sim->drop.count; i++) {
        struct drop_message *message = &sim->drop.messages[i];
        if (message->here || message->left == 0 || sim->world.now - message->left_at > RESTORE_DAYS * DAY ||
            dice(sim, 100) >= 30)
            continue;
        const bool again = tally_comes_again(sim, message);
        const bool renamed = !sim->beside && dice(sim, 100) < 30;
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
        tally_back(sim, message);
        any = true;
    }
    return any;
}

static bool
reads(struct import_sim *sim)
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

/* ---- the Maildir ---- */

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

static bool
backup(struct import_sim *sim)
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

static bool
folder_goes(struct import_sim *sim)
{
    struct maildir_sim *maildir = &sim->maildir;
    int before[SIM_CONTENTS];

    const bool others =
        maildir->tree.folder[(sim->deliver_to + 1) % SIM_MAILBOXES] ||
        maildir->tree.folder[(sim->deliver_to + 2) % SIM_MAILBOXES]; /* else it is the root that is empty */

    if (sim->command || !others || !maildir->tree.folder[sim->deliver_to] ||
        (maildir->plusplus && sim->deliver_to == 0))
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

/* Not mounted: nothing may be touched. */
static bool
rootless(struct import_sim *sim)
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
static bool
goes_beside(struct import_sim *sim)
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
        if (tally_is_unmet(sim, file->content) ||
            tally_is_unsure(sim, file)) /* as if the user had removed it before the journal knew it */
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
        message->gone_known = false;
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

    for (int i = 0; i < 200 && (trouble == TROUBLE_ALL || !trouble_is_on(trouble)); i++)
        trouble = (enum trouble)dice(sim, TROUBLE_ALL);
    if (sim->theme != 0 && dice(sim, 100) < 80)
        for (int i = 0; i < 200 && !trouble_is_theme(sim, trouble); i++)
            trouble = (enum trouble)dice(sim, TROUBLE_ALL);
    if (!trouble_is_on(trouble))
        return;
    switch (trouble) {
    case TROUBLE_WINDOW:
        met = shows_less(sim);
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
        met = renames_some(sim);
        break;
    case TROUBLE_SHIFT:
        met = shifts(sim);
        break;
    case TROUBLE_RESTORED:
        met = restores(sim);
        break;
    case TROUBLE_TOP:
        met = reads(sim);
        break;
    case TROUBLE_BACKUP:
        met = backup(sim);
        break;
    case TROUBLE_FOLDER:
        met = folder_goes(sim);
        break;
    case TROUBLE_ROOT:
        met = rootless(sim);
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
        met = goes_beside(sim);
        break;
    default:
        break; /* it goes by itself, or with others */
    }
    sim->met[MET_ALL + trouble] += met;
    check_counts(sim);
}
