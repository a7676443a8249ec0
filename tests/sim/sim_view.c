/* What nobody can tell where a server shows only the newest messages of a mailbox, and does not say so. */
#include "tests/sim/sim_history.h"

enum knows {
    KNOWS_NOT,
    KNOWS_VIEW,
    KNOWS_ANEW /* not that it is a view; but under another UIDVALIDITY nothing that is missing is a removal */
};

/*
 * CONTRACT promises that nothing is removed where EXISTS is as at the last look. A mailbox that was smaller then, and has grown up to the
 * limit since, is one that lost its oldest messages, unless the limit is known of another mailbox. "Last look" is what this client's journal
 * has of it: others may be newer, or lost.
 */
static enum knows
could_know(const struct client *client, const struct sim_mailbox *box, int mailbox, uint32_t shown)
{
    struct journal_mailbox *rows;
    struct error err = {0};
    size_t count;
    bool limit = false, same = false, met = false, anew = false;

    if (!journal_mailboxes(client->journal, &rows, &count, &err))
        return KNOWS_VIEW;
    for (size_t i = 0; i < count; i++) {
        const bool this = strcmp(rows[i].name, server_mailbox_name(mailbox)) == 0;
        met = met || (this && rows[i].uidnext != 0);
        limit = limit || rows[i].view == shown;
        same = same || (this && rows[i].messages == shown);
        anew = anew || (this && rows[i].uidvalidity != 0 && rows[i].uidvalidity != box->uidvalidity);
    }
    journal_mailboxes_free(rows, count);
    if (limit || !met) /* at a first meeting nothing is missing */
        return KNOWS_VIEW;
    return anew ? KNOWS_ANEW : same ? KNOWS_VIEW : KNOWS_NOT;
}

void
view_looked_at(struct world *world, int mailbox)
{
    const struct sim *sim = (struct sim *)(void *)world; /* its first member */
    const struct sim_mailbox *box = &sim->server.boxes[mailbox];
    const size_t hidden = server_hidden(&sim->server, mailbox);

    if (sim->server.examine) /* what a dry run sees, nobody remembers */
        return;
    ledger_unslid(world, mailbox, world->client);
    if (hidden == 0 || sim->server.announces)
        return;
    const enum knows knows = could_know(&sim->clients[world->client], box, mailbox, (uint32_t)(box->count - hidden));
    for (size_t i = 0; i < hidden; i++) {
        if (knows == KNOWS_NOT)
            ledger_slid(world, box->messages[i].content, mailbox, world->client);
        else if (knows == KNOWS_ANEW) /* what stands elsewhere by now may be where it went */
            world->ledger[box->messages[i].content].unsure[mailbox] = true;
    }
}
