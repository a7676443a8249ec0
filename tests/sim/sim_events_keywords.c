/* golub keyword: a user says something about a file. */
#include "sync/keyword/keyword.h"
#include "tests/sim/sim_events.h"

int64_t
event_mailbox_id(struct journal *journal, int mailbox)
{
    struct journal_mailbox *rows = NULL;
    struct error err = {0};
    size_t count = 0;
    int64_t id = 0;

    if (!journal_mailboxes(journal, &rows, &count, &err))
        return 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, server_mailbox_name(mailbox)) == 0)
            id = rows[i].id;
    journal_mailboxes_free(rows, count);
    return id;
}

bool
event_say_keyword(struct sim *sim, int client, const struct sim_file *file, unsigned key, bool set)
{
    struct journal *journal = sim->clients[client].journal;
    struct ledger *entry = &sim->world.ledger[file->content];
    struct journal_message message;
    struct error err = {0};
    char word[KEYWORDS_MAX + 1];
    bool found = false, changed;
    const int64_t mailbox = event_mailbox_id(journal, file->mailbox);

    server_keywords(key, word);
    const struct keyword_word said = {.word = word, .set = set};

    if (mailbox == 0 || !journal_message_by_base(journal, mailbox, file->base, &message, &found, &err) || !found ||
        !message.has_wire || (message.facts & (FACT_ALIAS | FACT_ALTERED | FACT_PLACEHOLDER)) != 0 ||
        memcmp(message.wire, content_dressed(file->content, file->dress)->digests.wire, DIGEST_SIZE) != 0)
        return false;
    journal_on_commit(journal, NULL, NULL);
    if (!journal_begin(journal, &err) || !keyword_note(journal, &message, &said, sim->world.now, &changed, &err) ||
        !journal_commit(journal, &err)) {
        violation(&sim->world, "a keyword can't be written down: %s", err.what);
        return false;
    }
    run_hook_journal(sim, client);
    sim->world.wished = true;
    if (set)
        entry->key_set |= key;
    else
        entry->key_off |= key;
    say(&sim->world, "  here %d: golub keyword #%d in %s %c%x", client, file->content,
        server_mailbox_name(file->mailbox), set ? '+' : '-', key);
    return true;
}

void
event_keyword(struct sim *sim)
{
    const int client = (int)rng_below(dice(sim), (unsigned)sim->world.clients);
    struct maildir_sim *maildir = &sim->clients[client].maildir;
    const unsigned key = 1u << rng_below(dice(sim), world_keywords(&sim->world));
    const bool set = rng_chance(dice(sim), 65);

    if (maildir->tree.count == 0)
        return;
    const struct sim_file *file = &maildir->tree.files[rng_below(dice(sim), (unsigned)maildir->tree.count)];
    if (file->mailbox < SIM_MAILBOXES && file->content == file->original &&
        event_say_keyword(sim, client, file, key, set))
        kind_met(&sim->world, KIND_KEYWORDS);
}
