/* See renamed_there.h. */
#include "sync/observe/renamed_there.h"

#include "sync/run/lookup.h"

/*
 * Does the list show `other` with the numbers that the journal has of it, so that it has its name still? Where the journal has the very same numbers of
 * `mailbox`, two that exchanged their names would show that, too: then HIGHESTMODSEQ must be the same as well, which grows by a rename on servers that
 * count renames as changes.
 */
static bool
is_unchanged(const struct mailbox *other, const struct mailbox *mailbox)
{
    const struct journal_mailbox *row = &other->row;
    const bool alike = mailbox->row.uidvalidity == row->uidvalidity && mailbox->row.uidnext == row->uidnext &&
                       mailbox->row.messages == row->messages;

    return other->listed && other->has_status && other->uidvalidity == row->uidvalidity &&
           other->uidnext == row->uidnext && other->messages == row->messages &&
           (!alike || (other->modseq != 0 && other->modseq == row->modseq));
}

bool
renamed_there_perhaps(struct run *run, const struct mailbox *mailbox, const struct remote_selected *selected)
{
    const struct mailbox *other;
    size_t at = 0;

    while ((other = lookup_next_of(run, selected->uidvalidity, &at)) != NULL) {
        if (other != mailbox && selected->uidnext >= other->row.uidnext && !is_unchanged(other, mailbox))
            return true;
    }
    return false;
}

bool
renamed_there_was(struct run *run, const struct mailbox *mailbox, uint32_t uidvalidity)
{
    const struct mailbox *other;
    size_t at = 0;

    while ((other = lookup_next_of(run, uidvalidity, &at)) != NULL) {
        if (other == mailbox)
            continue;
        if (!other->listed || other->row.uidvalidity != uidvalidity ||
            (other->has_status && other->uidvalidity != uidvalidity))
            return true;
    }
    return false;
}
