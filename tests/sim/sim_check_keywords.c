/*
 * The ledger of messages and keywords, when all is quiet: what a server once showed on a message that golub stored, copied or moved is on the server still, or
 * known here of a file of it (where its mailbox does not keep it), unless somebody else took it off, or may have.
 */
#include "sync/base/keyword_note.h"
#include "tests/sim/sim_history.h"

static bool
is_there(const struct sim *sim, int content, unsigned key)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        for (size_t i = 0; i < sim->server.boxes[m].count; i++)
            if (sim->server.boxes[m].messages[i].content == content &&
                (sim->server.boxes[m].messages[i].keys & key) != 0)
                return true;
    return false;
}

static bool
is_known_of(const struct client *client, const struct sim_file *file, struct text word)
{
    const int64_t mailbox = event_mailbox_id(client->journal, file->mailbox);
    struct journal_message row;
    struct error err = {0};
    char has[KEYWORDS_MAX + 1];
    bool found = false;

    return mailbox != 0 && journal_message_by_base(client->journal, mailbox, file->base, &row, &found, &err) && found &&
           keyword_here(client->journal, &row, has, &err) && keywords_have(has, word);
}

static bool
is_known(const struct sim *sim, int content, unsigned key)
{
    char word[KEYWORDS_MAX + 1];

    server_keywords(key, word);
    for (int c = 0; c < sim->world.clients; c++) {
        const struct sim_tree *tree = &sim->clients[c].maildir.tree;

        for (size_t i = 0; i < tree->count; i++)
            if (tree->files[i].mailbox < SIM_MAILBOXES && tree->files[i].content == content &&
                is_known_of(&sim->clients[c], &tree->files[i], text_of(word)))
                return true;
    }
    return false;
}

static bool
stands_there(const struct sim *sim, int content)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        if (server_multiplicity(&sim->server, m, content) != 0)
            return true;
    return false;
}

void
check_keywords(struct sim *sim)
{
    for (int i = 0; i < sim->world.next_content && !sim->world.failed; i++) {
        const struct ledger *entry = &sim->world.ledger[i];
        const unsigned due = entry->key_brought & ~(entry->key_off | entry->key_taken);

        /*
         * Of equal messages nobody can tell which had which, once one of them is gone; and what a client saves anew
         * has the keywords that it writes.
         */
        if (due == 0 || entry->total > 1 || entry->saved || !stands_there(sim, i))
            continue;
        for (unsigned key = 1; key < 1u << SIM_KEYWORDS; key <<= 1)
            if ((due & key) != 0 && !is_there(sim, i, key) && !is_known(sim, i, key))
                violation(&sim->world, "keyword %x of #%d is lost: golub brought it somewhere, and nobody took it off",
                          key, i);
    }
}
