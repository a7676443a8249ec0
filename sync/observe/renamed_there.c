/* See renamed_there.h. */
#include "sync/observe/renamed_there.h"

/* Is it as the journal has it? */
static bool
is_unchanged(const struct mailbox *mailbox)
{
    return mailbox->listed && mailbox->has_status && mailbox->uidvalidity == mailbox->row.uidvalidity &&
           mailbox->uidnext == mailbox->row.uidnext && mailbox->messages == mailbox->row.messages;
}

bool
renamed_there_perhaps(const struct run *run, const struct mailbox *mailbox, const struct remote_selected *selected)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *other = &run->mailboxes[i];

        if (other != mailbox && other->known_uidvalidity == selected->uidvalidity &&
            selected->uidnext >= other->row.uidnext && !is_unchanged(other))
            return true;
    }
    return false;
}

bool
renamed_there_was(const struct run *run, const struct mailbox *mailbox, uint32_t uidvalidity)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *other = &run->mailboxes[i];

        if (other == mailbox || other->known_uidvalidity != uidvalidity)
            continue;
        if (!other->listed || other->row.uidvalidity != uidvalidity ||
            (other->has_status && other->uidvalidity != uidvalidity))
            return true;
    }
    return false;
}
