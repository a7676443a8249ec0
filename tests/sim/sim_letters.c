/* Keyword letters in the simulated Maildir: the table of each folder. The law: golub gives a name no letter before its line. */
#include "tests/sim/sim_local.h"
#include "tests/sim/sim_server.h"

static struct sim_table *
table_of(struct maildir_sim *maildir, int place)
{
    return &maildir->tree.tables[place];
}

static void
word_of(unsigned key, char word[static KEYWORDS_MAX + 1])
{
    if (key == SIM_FORWARDED)
        text_print(word, KEYWORDS_MAX + 1, "$Forwarded");
    else
        server_keywords(1u << key, word);
}

static void
fill(const struct maildir_sim *maildir, int place, struct local_letters *letters)
{
    const struct sim_table *table = &maildir->tree.tables[place];

    *letters = (struct local_letters){.present = maildir->letters, .dovecot = maildir->letters && maildir->dovecot};
    for (unsigned i = 0; maildir->letters && i <= SIM_FORWARDED; i++) {
        char word[KEYWORDS_MAX + 1];

        if (table->letter[i] == 0)
            continue;
        word_of(i, word);
        letters->letters.taken |= 1u << (table->letter[i] - 1);
        text_print(letters->letters.word[table->letter[i] - 1], KEYWORD_MAX + 1, "%s", word);
    }
    /* Where there are fewer, the others are words that nobody uses any more: a table that is full is one that golub knows to be. */
    for (int i = maildir->letters_max; maildir->letters && i < LETTERS_COUNT; i++) {
        letters->letters.taken |= 1u << i;
        text_print(letters->letters.word[i], KEYWORD_MAX + 1, "Unused-%c", 'a' + i);
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

unsigned
letters_sim_flags(const struct maildir_sim *maildir, int place, const char *info)
{
    const int letter = place < SIM_PLACES && maildir->letters ? maildir->tree.tables[place].letter[SIM_FORWARDED] : 0;

    return letter != 0 && (letters_of_info(info) & 1u << (letter - 1)) != 0 ? FLAG_FORWARDED : 0;
}

void
letters_sim_forgive(struct maildir_sim *maildir, int content, int place, const char *info)
{
    const unsigned flags = letters_sim_flags(maildir, place, info);

    maildir->world->ledger[content].key_set |= letters_sim_keys(maildir, place, info);
    if (flags != 0)
        ledger_flags(maildir->world, content, place, 0, flags, true);
}

unsigned
letters_sim_left(const struct maildir_sim *maildir, int place, const char *info)
{
    const bool left = (maildir->tree.tables[place].renumbered & 1u << SIM_FORWARDED) != 0;

    return left ? letters_sim_flags(maildir, place, info) : 0;
}

void
letters_sim_carry(struct maildir_sim *maildir, const struct sim_file *file, int to,
                  char info[static LOCAL_INFO_MAX + 1])
{
    const unsigned keys = letters_sim_keys(maildir, file->mailbox, file->info) |
                          (letters_sim_flags(maildir, file->mailbox, file->info) != 0 ? 1u << SIM_FORWARDED : 0);
    unsigned letters = 0;

    text_print(info, LOCAL_INFO_MAX + 1, "%s", file->info);
    if (to >= SIM_PLACES || letters_of_info(info) == 0)
        return;
    if (!maildir->dovecot) {
        /* Its letters mean what they meant there: also that of $Forwarded; and one that says so here is nobody's, but where P does, too. */
        unsigned shown;
        if (to < SIM_MAILBOXES && (keys & 1u << SIM_FORWARDED) != 0)
            maildir->world->ledger[file->content].set[to] |= FLAG_FORWARDED;
        if (to < SIM_MAILBOXES && (keys & 1u << SIM_FORWARDED) == 0)
            maildir->world->ledger[file->content].cleared[to] |=
                letters_sim_flags(maildir, to, info) & ~local_info_flags(info, &shown);
        return;
    }
    for (unsigned i = 0; i <= SIM_FORWARDED; i++)
        if ((keys & 1u << i) != 0 && letters_sim_line(maildir, to, i, 0))
            letters |= 1u << (maildir->tree.tables[to].letter[i] - 1);
    (void)letters_in_info(file->info, letters, info, LOCAL_INFO_MAX + 1);
    /* What a letter means by now, whatever it did when it was set, this program says of the copy. */
    if (file->mailbox < SIM_PLACES)
        maildir->world->ledger[file->content].key_set |= keys & maildir->tree.tables[file->mailbox].renumbered;
}

void
letters_sim_lost(struct maildir_sim *maildir, struct sim_file *file, unsigned keys)
{
    if (!maildir->dovecot)
        return;
    file->lost = keys | (file->lost_in > maildir->ended ? file->lost : 0);
    file->lost_in = maildir->began + 1;
}

void
letters_sim_back(struct maildir_sim *maildir, const struct sim_file *file, unsigned keys)
{
    if (file->lost_in > maildir->ended)
        maildir->world->ledger[file->content].key_off |= file->lost & keys;
}

void
letters_sim_lose(struct maildir_sim *maildir, struct sim_file *file, int to)
{
    unsigned has = 0;

    for (unsigned i = 0; to < SIM_PLACES && i < SIM_KEYWORDS; i++)
        has |= maildir->tree.tables[to].letter[i] != 0 ? 1u << i : 0;
    letters_sim_back(maildir, file, has);
    letters_sim_lost(maildir, file, letters_sim_keys(maildir, file->mailbox, file->info) & ~has);
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
        for (unsigned i = 0; i <= SIM_FORWARDED; i++)
            taken = taken || table->letter[i] == letter;
        if (!taken) {
            table->letter[key] = (signed char)letter;
            if ((table->freed & 1u << (letter - 1)) != 0) /* golub may have known it as another keyword's */
                table->renumbered |= 1u << key;
            say(maildir->world, "      place %d: letter %c means keyword %x", place, 'a' + letter - 1, 1u << key);
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
    if ((maildir->shut & 1u << place) != 0 ||
        (maildir->busy && maildir->letters && rng_chance(&maildir->world->rng, 4))) {
        error_set(err, ERROR_LOCAL, "read the keywords of folder %s", folder);
        return false;
    }
    fill(maildir, place, letters);
    /* It is being written in its place: lines are missing. */
    const bool cut = maildir->cut_read != 0 && --maildir->cut_read == 0;
    if (cut || (maildir->busy && maildir->letters && rng_chance(&maildir->world->rng, 4))) {
        const unsigned from = cut ? 0 : rng_below(&maildir->world->rng, 3);
        say(maildir->world, "      %s: letters from %c on have no line for a moment", folder, 'a' + (int)from);
        for (unsigned i = from; i < LETTERS_COUNT; i++)
            letters->letters.word[i][0] = '\0';
        letters->letters.taken &= (1u << from) - 1;
    }
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
        for (unsigned i = 0; i <= SIM_FORWARDED; i++) {
            char word[KEYWORDS_MAX + 1];
            word_of(i, word);
            if (text_is_nocase(text_of(words->words[k]), word))
                (void)letters_sim_line(maildir, place, i, words->avoid);
        }
    fill(maildir, place, letters);
    return fate == FATE_GO || local_dead(maildir, err);
}

void
letters_sim_renamed(struct maildir_sim *maildir, struct sim_file *file, const char *to)
{
    const unsigned fresh = letters_of_info(to) & ~letters_of_info(file->info);
    unsigned known = 0;

    file->cut = file->cut && letters_of_info(to) == letters_of_info(file->info);
    for (unsigned i = 0; file->mailbox < SIM_PLACES && i <= SIM_FORWARDED; i++) {
        const int letter = maildir->tree.tables[file->mailbox].letter[i];
        known |= letter != 0 ? 1u << (letter - 1) : 0;
    }
    if ((fresh & ~known) != 0)
        violation(maildir->world, "golub gives #%d a letter without a line: %s", file->content, to);
}
