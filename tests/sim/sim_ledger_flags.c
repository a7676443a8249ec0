/* What users and other clients said of the flags of each message, and what golub may do because of it; see world.h. */
#include "tests/sim/sim_kinds.h"
#include "tests/sim/sim_server.h"

static void
users_give(struct world *world, struct ledger *entry, int content, int mailbox, unsigned before, unsigned after,
           bool fresh)
{
    if (world->expunges && (after & FLAG_DELETED) != 0) {
        for (int i = 0; i < SIM_MAILBOXES; i++)
            if (i == mailbox || ledger_is_moved(entry)) /* perhaps it is in another one by now */
                ledger_out(world, content, i);
        kind_met(world, KIND_EXPUNGE);
    }
    /* Another instance stands, or stood, there with other flags: whichever of them is which. */
    if (fresh && entry->most[mailbox] > 0)
        before |= entry->set[mailbox];
    if (world->golub &&
        entry->was_copied[mailbox]) /* given to the copy before golub has seen it: part of what the COPY brought */
        entry->copied[mailbox] |= after;
    /*
     * What was taken out and is there still, since its removal waits, is wanted back; so is the old one, in whose place a file was saved with
     * other lines. What came meanwhile is there as well.
     */
    if ((entry->saved || entry->outs[SIM_SERVER + 1][mailbox] > entry->followed[SIM_SERVER + 1][mailbox]) &&
        ((after & ~before & FLAG_FLAGGED) | (before & ~after & FLAG_DELETED)) != 0) {
        const int now = world_multiplicity(world, content, mailbox, false);
        entry->most[mailbox] = now > entry->most[mailbox] ? now : entry->most[mailbox];
    }
    entry->set[mailbox] |= after;
    entry->cleared[mailbox] |= before & ~after;
}

/* What a mailbox may show of a message: where it was moved about, that is what any of them was given. */
static unsigned
given(const struct ledger *entry, const unsigned flags[SIM_MAILBOXES], int mailbox)
{
    unsigned all = 0;

    for (int i = 0; i < SIM_MAILBOXES; i++)
        all |= flags[i] | entry->copied[i];
    return ledger_is_moved(entry) ? all : flags[mailbox] | entry->copied[mailbox];
}

/* In a folder whose name no mailbox has now, since a map that was followed in part is followed to its end first: it may be any mailbox's. */
static void
flags_aside(struct world *world, int content, unsigned before, unsigned after)
{
    struct ledger *entry = &world->ledger[content];
    const bool users = (!world->golub || world->inside) && !world->late;
    unsigned all = 0;

    for (int i = 0; i < SIM_MAILBOXES; i++) {
        all |= entry->set[i] | entry->copied[i];
        entry->set[i] |= users ? after : 0;
        entry->cleared[i] |= users ? before & ~after : 0;
    }
    if (!users && (after & ~before & ~all) != 0)
        violation(world, "flag on another message: golub gives #%d flags %x, and nobody gave it more than %x", content,
                  after & ~before, all);
}

void
ledger_flags(struct world *world, int content, int mailbox, unsigned before, unsigned after, bool fresh)
{
    struct ledger *entry = &world->ledger[content];

    if (world->inside) {
        entry->contested |= entry->undone & before & ~after;
        entry->undone |= before & ~after;
    }
    if (!world->strict)
        return;
    if (mailbox >= SIM_MAILBOXES) {
        flags_aside(world, content, before, after);
        return;
    }
    if ((!world->golub || world->inside) && !world->late) {
        users_give(world, entry, content, mailbox, before, after, fresh);
        return;
    }
    /* What another one marked for its removal, and could not remove then, goes along, or goes up again from where it was fetched so. */
    if ((world->copies || fresh) && world->clients > 1)
        entry->set[mailbox] |= after & FLAG_DELETED;
    if (world->copies) {
        entry->copied[mailbox] |= after;
        entry->was_copied[mailbox] = true;
    }
    if ((after & ~before & ~given(entry, entry->set, mailbox)) != 0)
        violation(world,
                  "flag on another message: golub gives #%d in mailbox %d flags %x, and nobody gave it more than %x",
                  content, mailbox, after & ~before, entry->set[mailbox]);
    /* Of two that are equal, or of one that came a second way, nobody can tell which is which. */
    if (!fresh && entry->most[mailbox] < 2 && !entry->out[mailbox] && !ledger_is_moved(entry) &&
        (world->strict_copies || !entry->was_copied[mailbox]) &&
        (before & ~after & ~given(entry, entry->cleared, mailbox)) != 0)
        violation(world, "golub takes flags %x off #%d in mailbox %d, and nobody took off more than %x",
                  before & ~after, content, mailbox, entry->cleared[mailbox]);
}

void
ledger_carry_mark(struct world *world, int content, int to, unsigned flags)
{
    if (!world->expunges || (flags & FLAG_DELETED) == 0)
        return;
    world->ledger[content].set[to] |= FLAG_DELETED;
    ledger_out(world, content, to);
}

void
ledger_forgive_flags(struct world *world, int content, int mailbox)
{
    world->ledger[content].set[mailbox] = world->ledger[content].cleared[mailbox] = FLAG_ALL;
}

void
ledger_own_mark(struct world *world, uint32_t uid, const unsigned char *header)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        for (size_t i = 0; i < world->server->boxes[m].count; i++) {
            const struct sim_message *message = &world->server->boxes[m].messages[i];
            if (message->uid == uid ||
                (header != NULL && memcmp(content_get(message->content)->digests.header, header, DIGEST_SIZE) == 0))
                world->ledger[message->content].set[m] |= message->flags & FLAG_DELETED;
        }
}
