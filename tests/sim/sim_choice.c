/* What the user says for a run: patterns, policies, words, one mailbox; and a clock that is wrong. */
#include "tests/sim/sim_events.h"

/* ---- what the user says for a run ---- */

static const struct direction everything = {true, true, true, true, false};

static void
choose_policies(struct sim *sim, struct sim_choice *choice)
{
    static const struct direction nothing = {0};
    struct direction *way = rng_chance(dice(sim), 50) ? &choice->pull : &choice->push;

    switch (rng_below(dice(sim), 6)) {
    case 0: /* --pull or --push: removals go on all the same */
        *way = nothing;
        way->deletes = true;
        break;
    case 1:
        *way = nothing;
        break;
    case 2:
        way->deletes = false;
        break;
    case 3:
        way->new_mail = false;
        break;
    case 4:
        way->flags = false;
        break;
    default:
        choice->pull.deletes = choice->push.deletes = false;
    }
    choice->plain = false;
    say(&sim->world, "    policies: pull %d%d%d%d push %d%d%d%d", choice->pull.new_mail, choice->pull.flags,
        choice->pull.deletes, choice->pull.mailboxes, choice->push.new_mail, choice->push.flags, choice->push.deletes,
        choice->push.mailboxes);
    kind_met(&sim->world, KIND_POLICIES);
}

static const struct {
    const char *const patterns[4];
    bool left_out[SIM_MAILBOXES];
} lists[] = {
    {{"*", NULL}, {false, false, false}},
    {{"INBOX", NULL}, {false, true, true}},
    {{"*", "!Work", NULL}, {false, true, false}},
    {{"!Work/Old", NULL}, {false, false, true}},
    {{"INBOX", "Work/*", NULL}, {false, true, false}},
};

static void
choose_patterns(struct sim *sim, int client, struct sim_choice *choice)
{
    const unsigned drawn = rng_chance(dice(sim), 50) ? 0 : 1 + rng_below(dice(sim), 4);
    /* What is left out before its folder has followed is in the way of the other one, which is said until the user moves it. */
    const unsigned which = sim->named[client] ? 0 : drawn;

    choice->patterns = lists[which].patterns;
    choice->plain = choice->plain && which == 0;
    memcpy(choice->left_out, lists[which].left_out, sizeof choice->left_out);
    if (which != 0) {
        say(&sim->world, "    patterns: list %u", which);
        kind_met(&sim->world, KIND_PATTERNS);
    }
}

/* What happened outside of the patterns, or waited before, is nothing to be carried as a removal. */
static void
forget_mailbox(struct sim *sim, int client, int mailbox)
{
    if (sim->world.clients > 1) /* the other one may carry it later */
        return;
    ledger_forget(&sim->world, mailbox, client);
    ledger_forget(&sim->world, mailbox, SIM_SERVER);
    /* What a file was before it was edited is not remembered either: paired anew it is altered, and replaces nothing. */
    struct sim_tree *tree = &sim->clients[client].maildir.tree;
    for (size_t i = 0; i < tree->count; i++)
        if (tree->files[i].mailbox == mailbox && tree->files[i].content != tree->files[i].original)
            tree->files[i].strange = true;
}

void
kinds_ran(struct sim *sim, int client, bool whole)
{
    const struct sim_choice *choice = &sim->clients[client].choice;

    if (whole && sim->world.clock_off == 0)
        sim->clients[client].wrong_clock = false;
    sim->named[client] = sim->named[client] && !(whole && choice->only == NULL);
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        if (choice->left_out[m] && whole)
            forget_mailbox(sim, client, m);
        if (choice->left_out[m])
            letters_sim_left_out(sim, client, m);
        /* Where golub made a folder in its place, or did not come so far, it does not know that this one is away. */
        const bool away = sim->away_here[client][m] && !sim->clients[client].maildir.tree.folder[m];
        if (away && whole)
            ledger_forget_away(&sim->world, m, client);
        sim->was_away_here[client][m] = away && (whole || sim->was_away_here[client][m]);
        sim->was_away_there[client][m] = sim->away_there[m];
        sim->left_out[client][m] = choice->left_out[m] && whole;
        if (sim->away_there[m])
            sim->missed[client][m] = true;
        else if (whole)
            sim->missed[client][m] = false;
    }
    for (int m = 0; on(sim, KIND_GOES) && m < SIM_MAILBOXES; m++)
        if (sim->away_there[m])
            event_back_there(sim, m);
}

/* A folder that golub has never seen is a mailbox of its own under another map, or one in the way of it: that is no matter of these histories. */
static bool
knows_all(const struct client *it)
{
    struct journal_mailbox *rows = NULL;
    struct error err = {0};
    size_t count = 0;
    bool all = it->journal != NULL && journal_mailboxes(it->journal, &rows, &count, &err);

    for (int m = 0; all && m < SIM_MAILBOXES; m++) {
        bool known = !it->maildir.tree.folder[m];
        for (size_t i = 0; !known && i < count; i++)
            known = strcmp(rows[i].name, server_mailbox_name(m)) == 0 &&
                    strcmp(rows[i].folder, maildir_sim_folder(&it->maildir, m)) == 0;
        all = known;
    }
    journal_mailboxes_free(rows, count);
    return all;
}

/* Where nobody takes folders away, or puts back those of another day. */
static void
choose_map(struct sim *sim, int client, struct sim_choice *choice)
{
    static const enum kind others[] = {KIND_AWAY_HERE, KIND_STATES,   KIND_TORN, KIND_COPYING,
                                       KIND_SEPARATOR, KIND_PATTERNS, KIND_RACES};

    choice->map = sim->clients[client].maildir.map;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (on(sim, others[i]))
            return;
    if (sim->quiet || sim->disasters || !on(sim, KIND_MAP) || !rng_chance(dice(sim), 40) ||
        !knows_all(&sim->clients[client]))
        return;
    choice->map = (int)rng_below(dice(sim), SIM_MAPS);
    if (choice->map != sim->clients[client].maildir.map) {
        say(&sim->world, "    map: %d", choice->map);
        kind_met(&sim->world, KIND_MAP);
    }
}

static void
choose_word(struct sim *sim, struct client *it, struct sim_choice *choice)
{
    choice->confirm = rng_chance(dice(sim), it->confirm ? 50 : 15);
    choice->confirm_id = NULL;
    if (choice->confirm && rng_chance(dice(sim), 40))
        choice->confirm_id =
            it->lists > 0 && rng_chance(dice(sim), 80)
                ? it->list[rng_below(dice(sim), (unsigned)(it->lists < SIM_LISTS ? it->lists : SIM_LISTS))]
                : "aaaaaaaa";
    if (choice->confirm) {
        say(&sim->world, "    --confirm-deletes%s", choice->confirm_id != NULL ? " of one list" : "");
        kind_met(&sim->world, KIND_WORDS);
    }
}

/* By this name, or by the one that its folder got. */
static bool
is_known(const struct client *it, const char *name)
{
    struct journal_mailbox *rows;
    struct error ignored = {0};
    size_t count;
    bool known = false;

    if (!journal_mailboxes(it->journal, &rows, &count, &ignored))
        return false;
    for (size_t i = 0; i < count; i++)
        known = known || strcmp(rows[i].name, name) == 0 ||
                (rows[i].goal_there != NULL && strcmp(rows[i].goal_there, name) == 0);
    journal_mailboxes_free(rows, count);
    return known;
}

/* Only what is on both sides, and was there before: another name is refused, before golub asks the server. */
static void
choose_mailbox(struct sim *sim, int client, int mailbox, struct sim_choice *choice)
{
    static const char *names[SIM_MAILBOXES][2];

    if (!sim->world.met[client] || choice->left_out[mailbox] || !sim->server.boxes[mailbox].exists ||
        !sim->clients[client].maildir.tree.folder[mailbox] ||
        !is_known(&sim->clients[client], server_mailbox_name(mailbox)))
        return;
    names[mailbox][0] = server_mailbox_name(mailbox);
    choice->only = names[mailbox];
    choice->plain = false;
    say(&sim->world, "    %s alone", names[mailbox][0]);
    kind_met(&sim->world, KIND_ONE);
}

void
kinds_run(struct sim *sim, int client)
{
    struct client *it = &sim->clients[client];
    struct sim_choice *choice = &it->choice;

    *choice = (struct sim_choice){
        .patterns = lists[0].patterns, .pull = everything, .push = everything, .confirm = it->confirm, .plain = true};
    choice->pull.mailbox_deletes = choice->push.mailbox_deletes = on(sim, KIND_GOES);
    sim->world.clock_off = 0;
    for (int m = 0; m < SIM_MAILBOXES; m++) {
        if (sim->away_there[m] || sim->away_here[client][m])
            sim->world.unseen |= 1u << m;
        if (sim->was_away_here[client][m])
            ledger_forget_away(&sim->world, m, client);
        if (sim->away_there[m] || sim->was_away_there[client][m] || sim->away_here[client][m] ||
            sim->was_away_here[client][m])
            choice->plain = false;
        if (sim->left_out[client][m])
            forget_mailbox(sim, client, m);
    }
    choose_map(sim, client, choice);
    if (sim->quiet)
        return;
    if (on(sim, KIND_PATTERNS))
        choose_patterns(sim, client, choice);
    for (int m = 0; m < SIM_MAILBOXES; m++)
        sim->world.unseen |= (unsigned)choice->left_out[m] << m;
    if (on(sim, KIND_POLICIES) && rng_chance(dice(sim), 40))
        choose_policies(sim, choice);
    if (on(sim, KIND_WORDS) || (on(sim, KIND_MANY) && !on(sim, KIND_SWAPS)))
        choose_word(sim, it, choice);
    if (on(sim, KIND_ONE) && rng_chance(dice(sim), 35))
        choose_mailbox(sim, client, (int)rng_below(dice(sim), SIM_MAILBOXES), choice);
    if (it->forced > 0) {
        choose_mailbox(sim, client, it->forced - 1, choice);
    } else if (it->forced == FORCED_KEEP) {
        choice->pull.deletes = choice->push.deletes = choice->plain = false;
        choice->only = NULL;
    } else if (it->forced == FORCED_PULL) {
        choice->push = (struct direction){0};
        choice->plain = false;
    } else if (it->forced == FORCED_PUSH) {
        choice->pull = (struct direction){0};
        choice->plain = false;
    } else if (it->forced == FORCED_LIST) {
        choice->confirm = true;
        choice->confirm_id = it->list[0];
    } else if (it->forced == FORCED_SILENCE) {
        choice->confirm = false;
        choice->confirm_id = NULL;
    }
    /* A clock that is wrong twice on end can't be told from a right one. */
    if (event_is_copying(it)) { /* nobody says that these are to go */
        choice->confirm = false;
        choice->plain = false;
    }
    if (on(sim, KIND_CLOCK) && !it->wrong_clock && rng_chance(dice(sim), 20)) {
        sim->world.clock_off = (rng_chance(dice(sim), 70) ? 1 : -1) * (int64_t)(1 + rng_below(dice(sim), 90)) * DAY;
        say(&sim->world, "    the clock is %d days off", (int)(sim->world.clock_off / DAY));
        it->maildir.wrong_clocks++;
        it->wrong_clock = true;
        kind_met(&sim->world, KIND_CLOCK);
    }
}
