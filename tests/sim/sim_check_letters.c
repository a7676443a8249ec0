/*
 * Keyword letters, when all is quiet: those in a name are exactly those of the keywords that golub knows of this side, as far as they have letters. Where a
 * mail reader whose removals nobody believes has cut some off, some may be missing (and of keywords that got a line once there was none left), there and in names of that folder that wait for another change. Where a
 * table was written anew names are left as they are. And what
 * golub knows of the server's is what that shows.
 */
#include "store/journal/letters.h"
#include "sync/base/keyword_note.h"
#include "tests/sim/sim_history.h"

static bool
find_row(const struct client *client, const struct sim_file *file, struct journal_message *row)
{
    struct error err = {0};
    bool found = false;
    const int64_t mailbox = event_mailbox_id(client->journal, file->mailbox);

    return mailbox != 0 && journal_message_by_base(client->journal, mailbox, file->base, row, &found, &err) && found &&
           row->uid != 0 && row->has_wire &&
           (row->facts & (FACT_ALIAS | FACT_ALTERED | FACT_PLACEHOLDER | FACT_GONE_HERE | FACT_GONE_THERE)) == 0;
}

static bool
is_known(const struct sim *sim, const struct journal_message *row, int mailbox, unsigned key, const char *word)
{
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];

    for (size_t i = server_hidden(&sim->server, mailbox); i < box->count; i++)
        if (box->messages[i].uid == row->uid)
            return keywords_have(row->keywords, text_of(word)) == ((box->messages[i].keys & 1u << key) != 0);
    return true;
}

static void
check_one(struct sim *sim, const struct client *client, const struct sim_file *file, bool told)
{
    const struct sim_table *table = &client->maildir.tree.tables[file->mailbox];
    const unsigned shown = letters_sim_keys(&client->maildir, file->mailbox, file->info);
    char has[KEYWORDS_MAX + 1], word[KEYWORDS_MAX + 1];
    char info[LOCAL_INFO_MAX + 1];
    struct journal_message row;
    struct error err = {0};
    bool waits;

    if (!find_row(client, file, &row) || !keyword_here(client->journal, &row, has, &err) ||
        !journal_letter_get(client->journal, LETTER_WAITS, row.mailbox, row.id, info, &waits, &err))
        return;
    for (unsigned i = 0; i < SIM_KEYWORDS; i++) {
        const bool shows = (shown & 1u << i) != 0;

        server_keywords(1u << i, word);
        if (told && !is_known(sim, &row, file->mailbox, i, word))
            violation(&sim->world, "keyword %x of #%d in %s on the server is not as client %d knows it", 1u << i,
                      file->content, server_mailbox_name(file->mailbox), client->maildir.client);
        if (table->letter[i] != 0 && (table->renumbered & 1u << i) == 0 && shows != keywords_have(has, text_of(word)) &&
            !waits &&
            (shows || !((file->cut && !client->maildir.dovecot) || client->maildir.letters_max < LETTERS_COUNT)))
            violation(&sim->world, "no convergence: the name of #%d in %s at client %d %s keyword %x: %s",
                      file->content, server_mailbox_name(file->mailbox), client->maildir.client,
                      shows ? "still shows" : "lacks", 1u << i, file->info);
    }
}

bool
check_has_row(const struct client *client, const struct sim_file *file)
{
    struct journal_message row;

    return find_row(client, file, &row);
}

bool
check_letters_known(const struct client *client, const struct sim_file *file)
{
    struct journal_message row;

    return find_row(client, file, &row) && strcmp(row.info, file->info) == 0;
}

bool
check_letters_cut(const struct client *client, const struct sim_file *file)
{
    struct journal_message row;

    return file->cut && file->mailbox < SIM_MAILBOXES && find_row(client, file, &row) &&
           (letters_of_info(row.info) & ~letters_of_info(file->info)) != 0;
}

unsigned
check_letter_waits(const struct client *client, const struct sim_file *file)
{
    char info[LOCAL_INFO_MAX + 1];
    struct journal_message row;
    struct error err = {0};
    bool waits = false;

    if (!find_row(client, file, &row) ||
        !journal_letter_get(client->journal, LETTER_WAITS, row.mailbox, row.id, info, &waits, &err))
        return 0;
    return (waits || (file->forwarded && (row.flags.lseen & FLAG_FORWARDED) == 0)
                ? letters_sim_flags(&client->maildir, file->mailbox, file->info)
                : 0) |
           (waits ? row.flags.lseen & FLAG_FORWARDED : 0);
}

void
check_letters(struct sim *sim, const struct client *client, bool told)
{
    const struct maildir_sim *maildir = &client->maildir;

    for (size_t i = 0; maildir->letters && i < maildir->tree.count && !sim->world.failed; i++) {
        const struct sim_file *file = &maildir->tree.files[i];

        if (file->mailbox < SIM_MAILBOXES && file->content == file->original && strstr(file->info, ":2,") != NULL)
            check_one(sim, client, file, told);
    }
}
