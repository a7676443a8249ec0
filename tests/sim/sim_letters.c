/* Keyword letters in the simulated Maildir: the table of each folder. The law: golub gives a name no letter before its line. */
#include "tests/sim/sim_local.h"
#include "tests/sim/sim_server.h"

static struct sim_table *
table_of(struct maildir_sim *maildir, int place)
{
    return &maildir->tree.tables[place];
}

static void
fill(const struct maildir_sim *maildir, int place, struct local_letters *letters)
{
    const struct sim_table *table = &maildir->tree.tables[place];

    *letters = (struct local_letters){.present = maildir->letters, .dovecot = maildir->letters && maildir->dovecot};
    for (unsigned i = 0; maildir->letters && i < SIM_KEYWORDS; i++) {
        char word[KEYWORDS_MAX + 1];

        if (table->letter[i] == 0)
            continue;
        server_keywords(1u << i, word);
        letters->letters.taken |= 1u << (table->letter[i] - 1);
        text_print(letters->letters.word[table->letter[i] - 1], KEYWORD_MAX + 1, "%s", word);
    }
}

unsigned
letters_sim_keys(const struct maildir_sim *maildir, int place, const char *info)
{
    const unsigned shown = letters_of_info(info);
    unsigned keys = 0;

    for (unsigned i = 0; place < SIM_PLACES && i < SIM_KEYWORDS; i++) {
        const int letter = maildir->tree.tables[place].letter[i];
        if (letter != 0 && (shown & 1u << (letter - 1)) != 0)
            keys |= 1u << i;
    }
    return keys;
}

bool
letters_sim_line(struct maildir_sim *maildir, int place, unsigned key, unsigned avoid)
{
    struct sim_table *table = table_of(maildir, place);

    for (size_t i = 0; i < maildir->tree.count;
         i++) /* what a name shows is never another keyword: Dovecot calls it unknown-N */
        avoid |= maildir->tree.files[i].mailbox == place ? letters_of_info(maildir->tree.files[i].info) : 0;
    for (int letter = 1; table->letter[key] == 0 && letter <= maildir->letters_max; letter++) {
        bool taken = (avoid & 1u << (letter - 1)) != 0;
        for (unsigned i = 0; i < SIM_KEYWORDS; i++)
            taken = taken || table->letter[i] == letter;
        if (!taken) {
            table->letter[key] = (signed char)letter;
            maildir_sim_touch(maildir, place);
        }
    }
    return table->letter[key] != 0;
}

bool
letters_sim_read(void *local, const char *folder, struct local_letters *letters, struct error *err)
{
    struct maildir_sim *maildir = local;
    const int place = folders_find(maildir, folder);

    if (!local_alive(maildir, err))
        return false;
    if (place < 0) {
        error_set(err, ERROR_LOCAL, "read the keywords of folder %s", folder);
        return false;
    }
    fill(maildir, place, letters);
    return true;
}

bool
letters_sim_add(void *local, const char *folder, const struct local_words *words, struct local_letters *letters,
                bool *busy, struct error *err)
{
    struct maildir_sim *maildir = local;
    const int place = folders_find(maildir, folder);

    world_between(maildir->world);
    *busy = false;
    if (!local_alive(maildir, err))
        return false;
    if (place < 0) {
        error_set(err, ERROR_LOCAL, "write the keywords of folder %s", folder);
        return false;
    }
    *busy = maildir->busy && rng_chance(&maildir->world->rng, 10);
    if (*busy)
        return true;
    const enum fate fate = world_step(maildir->world, STEP_FOLDER, false);
    for (size_t k = 0; fate != FATE_BEFORE && k < words->count; k++)
        for (unsigned i = 0; i < SIM_KEYWORDS; i++) {
            char word[KEYWORDS_MAX + 1];
            server_keywords(1u << i, word);
            if (text_is_nocase(text_of(words->words[k]), word))
                (void)letters_sim_line(maildir, place, i, words->avoid);
        }
    fill(maildir, place, letters);
    return fate == FATE_GO || local_dead(maildir, err);
}

void
letters_sim_renamed(struct maildir_sim *maildir, const struct sim_file *file, const char *to)
{
    const unsigned fresh = letters_of_info(to) & ~letters_of_info(file->info);
    unsigned known = 0;

    for (unsigned i = 0; file->mailbox < SIM_PLACES && i < SIM_KEYWORDS; i++) {
        const int letter = maildir->tree.tables[file->mailbox].letter[i];
        known |= letter != 0 ? 1u << (letter - 1) : 0;
    }
    if ((fresh & ~known) != 0)
        violation(maildir->world, "golub gives #%d a letter without a line: %s", file->content, to);
}
