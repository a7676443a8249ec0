/*
 * What other programs do with keyword letters. The law that it is about stands in sim_keyword.c: a keyword goes from the server only where somebody said
 * so, whatever a mail reader cut off.
 */
#include "store/journal/letters.h"
#include "sync/rows/own_name.h"
#include "tests/sim/sim_events.h"

static struct sim_file *
pick(struct sim *sim, struct maildir_sim *maildir, bool with_letters)
{
    for (int tries = 0; maildir->tree.count != 0 && tries < 8; tries++) {
        struct sim_file *file = &maildir->tree.files[rng_below(dice(sim), (unsigned)maildir->tree.count)];

        if (file->mailbox < SIM_MAILBOXES && file->content == file->original && file->info[0] == 'c' &&
            (!with_letters || letters_of_info(file->info) != 0))
            return file;
    }
    return NULL;
}

static void
rename_to(struct maildir_sim *maildir, struct sim_file *file, unsigned flags, unsigned letters)
{
    char info[LOCAL_INFO_MAX + 1], with[LOCAL_INFO_MAX + 1], small[7];

    flags_to_letters(flags, small);
    text_print(info, sizeof info, "c:2,%s", small);
    if (!letters_in_info(info, letters, with, sizeof with) ||
        maildir_sim_file(maildir, file->mailbox, file->base, with) != NULL)
        return;
    maildir_sim_set_info(maildir, file, with);
}

/* A run was cut off before it knew this file of its own. */
static bool
is_nobodys(const struct sim *sim, int client, const struct sim_file *file)
{
    return own_name_is_ours(file->base) && !check_has_row(&sim->clients[client], file);
}

/* It shows the letters by now that an equal message shows in another folder: for all that anybody can tell it was copied from there with them. */
static void
note_alike(struct maildir_sim *maildir, const struct sim_file *file, unsigned letters)
{
    struct ledger *entry = &maildir->world->ledger[file->content];

    for (size_t i = 0; letters != 0 && i < maildir->tree.count; i++) {
        const struct sim_file *other = &maildir->tree.files[i];

        if (other->content != file->content || other->mailbox == file->mailbox ||
            letters_of_info(other->info) != letters)
            continue;
        entry->key_set |= letters_sim_keys(maildir, other->mailbox, other->info);
        entry->set[file->mailbox] |= letters_sim_flags(maildir, other->mailbox, other->info);
    }
}

/* A program that knows letters: a Dovecot over the tree, or somebody by hand, whose removals nobody believes. */
static void
know(struct sim *sim, struct maildir_sim *maildir, int client)
{
    struct sim_file *file = pick(sim, maildir, false);
    const unsigned any = rng_below(dice(sim), world_keywords(&sim->world) + 1),
                   key = any == world_keywords(&sim->world) ? SIM_FORWARDED : any;
    unsigned shown;

    /* What another program has cut off there and golub has not seen yet, this one says nothing about. */
    if (file == NULL || (maildir->dovecot && file->cut) || !letters_sim_line(maildir, file->mailbox, key, 0))
        return;
    const unsigned letter = 1u << (maildir->tree.tables[file->mailbox].letter[key] - 1),
                   letters = letters_of_info(file->info);
    struct ledger *entry = &sim->world.ledger[file->content];

    /* $Forwarded is a flag, and in the ledger as such. Of a name that a run gave which was cut off nobody knows which letters were in it. */
    if (key == SIM_FORWARDED)
        sim->world.ledger[file->content].cleared[file->mailbox] |= is_nobodys(sim, client, file) ? FLAG_FORWARDED : 0;
    else if ((letters & letter) == 0)
        entry->key_set |= 1u << key;
    else if (maildir->dovecot)
        entry->key_off |= 1u << key;
    file->cut = file->cut || ((letters & letter) != 0 && !maildir->dovecot);
    say(&sim->world, "  here %d: #%d in %s letter %c keyword %x", client, file->content,
        server_mailbox_name(file->mailbox), (letters & letter) == 0 ? '+' : '-', 1u << key);
    note_alike(maildir, file, letters ^ letter);
    rename_to(maildir, file, local_info_flags(file->info, &shown), letters ^ letter);
}

/*
 * In a Dovecot's tree removals are believed, but for what bears the mark of a program that knows no letters: a flag changed with them, and they were two
 * or more, or all. So golub must know the name that they stood in.
 */
static bool
bears_its_mark(const struct sim *sim, const struct maildir_sim *maildir, int client, const struct sim_file *file,
               bool all)
{
    return !maildir->dovecot || (check_letters_known(&sim->clients[client], file) &&
                                 (all || __builtin_popcount(letters_of_info(file->info)) > 2));
}

#define NAME_LETTERS 12 /* an older neomutt leaves so many in a name, flags and keywords */

/* The first ones that fit beside these flags. */
static unsigned
fit_letters(unsigned flags, unsigned letters)
{
    char small[7];

    flags_to_letters(flags, small);
    for (size_t room = NAME_LETTERS - strlen(small); (size_t)__builtin_popcount(letters) > room;)
        letters &= ~(1u << (31 - __builtin_clz(letters)));
    return letters;
}

/* One that does not: it changes a flag, and cuts off letters, all (perhaps with P, which it does not know either), those at the end, or those that do not fit. */
static void
strip(struct sim *sim, struct maildir_sim *maildir, int client)
{
    const bool may = !maildir->dovecot || sim->world.wordy || sim->world.seed % 16 == 9 || sim->world.seed % 16 == 14;
    struct sim_file *file = may ? pick(sim, maildir, true) : NULL;
    const unsigned letters = file != NULL ? letters_of_info(file->info) : 0;
    bool all = rng_chance(dice(sim), 50), unknown = all && rng_chance(dice(sim), 50);
    unsigned shown;

    const unsigned fitting =
        file != NULL ? fit_letters(local_info_flags(file->info, &shown) ^ FLAG_FLAGGED, letters) : 0;

    all = all && fitting == letters;
    if (file == NULL || !bears_its_mark(sim, maildir, client, file, all))
        return;
    /* That P went with letters can be seen only by who has seen them. */
    unknown = unknown && all && !maildir->dovecot && check_letters_known(&sim->clients[client], file);
    unsigned *cleared = &sim->world.ledger[file->content].cleared[file->mailbox];
    const unsigned was = *cleared, flags = local_info_flags(file->info, &shown);
    const unsigned keys = letters_sim_keys(maildir, file->mailbox, file->info) |
                          (letters_sim_flags(maildir, file->mailbox, file->info) != 0 ? 1u << SIM_FORWARDED : 0);

    say(&sim->world, "  here %d: letters of #%d in %s are cut off%s", client, file->content,
        server_mailbox_name(file->mailbox), unknown ? ", and P" : "");
    file->cut = true;
    rename_to(maildir, file, (flags ^ FLAG_FLAGGED) & ~(unknown ? (unsigned)FLAG_FORWARDED : 0),
              all                  ? 0
              : fitting != letters ? fitting
                                   : letters & -letters);
    file->p_cut = unknown;
    file->cut_from = maildir->dovecot ? flags + 1 : 0;
    file->cut_keys = keys;
    *cleared = (*cleared & ~(unsigned)FLAG_FORWARDED) | (was & FLAG_FORWARDED); /* nobody wanted that */
}

/* The line of a letter as the table has it, and as the journal was last told. */
static bool
is_line_known(const struct client *client, int place, unsigned key)
{
    const int64_t mailbox = event_mailbox_id(client->journal, place);
    struct journal_lettered row;
    struct letters known;
    struct error err = {0};
    bool found = false;
    char word[KEYWORDS_MAX + 1] = "$Forwarded";

    if (mailbox == 0 || !journal_lettered_get(client->journal, mailbox, &row, &found, &err) || !found || !row.used)
        return false;
    if (key != SIM_FORWARDED)
        server_keywords(1u << key, word);
    letters_parse(text_of(row.letters), &known);
    return letters_of_word(&known, text_of(word)) == client->maildir.tree.tables[place].letter[key] - 1;
}

/* The table is written anew, in another order: two letters mean what the other one did, and nobody has set or taken off anything. */
static void
renumber(struct sim *sim, struct maildir_sim *maildir, int client)
{
    const int place = (int)rng_below(dice(sim), SIM_MAILBOXES);
    const unsigned one = rng_below(dice(sim), world_keywords(&sim->world)),
                   other = rng_below(dice(sim), world_keywords(&sim->world));
    signed char *letter = maildir->tree.tables[place].letter, was = letter[one];

    /* What a letter meant must be known, or nobody can see that it means something else. */
    if (one == other || was == 0 || letter[other] == 0 || !is_line_known(&sim->clients[client], place, one) ||
        !is_line_known(&sim->clients[client], place, other))
        return;
    letter[one] = letter[other];
    letter[other] = was;
    maildir->tree.tables[place].renumbered |= 1u << one | 1u << other;
    maildir_sim_touch(maildir, place);
    say(&sim->world, "  here %d: in %s the letters of keywords %x and %x are exchanged", client,
        server_mailbox_name(place), 1u << one, 1u << other);
}

void
event_letters(struct sim *sim)
{
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    if (!maildir->letters)
        return;
    if ((sim->world.seed % 16 == 6 || sim->world.seed % 16 == 10) && rng_chance(dice(sim), 25))
        renumber(sim, maildir, client);
    else if (rng_chance(dice(sim), 65))
        know(sim, maildir, client);
    else
        strip(sim, maildir, client);
}

void
letters_sim_forget(struct sim *sim, int client)
{
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    maildir->forgotten = true;
    for (size_t i = 0; i < maildir->tree.count; i++)
        letters_sim_forgive(maildir, maildir->tree.files[i].content, maildir->tree.files[i].mailbox,
                            maildir->tree.files[i].info);
}

void
letters_sim_renumbered(struct maildir_sim *maildir, const struct sim_file *file)
{
    if (maildir->letters && file->mailbox < SIM_MAILBOXES)
        maildir->world->ledger[file->content].key_set |=
            letters_sim_keys(maildir, file->mailbox, file->info) & maildir->tree.tables[file->mailbox].renumbered;
}

void
letters_sim_left_out(struct sim *sim, int client, int mailbox)
{
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    for (size_t i = 0; i < maildir->tree.count; i++)
        if (maildir->tree.files[i].mailbox == mailbox || maildir->tree.files[i].mailbox == HIDDEN + mailbox) {
            letters_sim_renumbered(maildir, &maildir->tree.files[i]);
            if (!sim->server.boxes[mailbox].keywords) /* those that it does not keep were known here alone */
                ledger_unkeyed(&sim->world, maildir->tree.files[i].content, ~0u);
        }
}

void
letters_sim_begin(struct sim *sim, int client)
{
    struct maildir_sim *maildir = &sim->clients[client].maildir;

    maildir->letters = kind_on(&sim->world, KIND_KEYWORDS) && sim->world.seed % 4 != 0;
    maildir->dovecot = (sim->world.seed / 4 + (uint64_t)client) % 2 == 0;
    maildir->letters_max = sim->world.seed % 4 == 1 ? 2 : LETTERS_COUNT;
    maildir->busy = true;
    memset(maildir->tree.tables, 0, sizeof maildir->tree.tables);
}
