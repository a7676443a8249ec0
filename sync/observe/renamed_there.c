/* See renamed_there.h. */
#include "sync/observe/renamed_there.h"

#include "sync/run/lookup.h"

/* Is it as the journal has it? */
static bool
is_unchanged(const struct mailbox *mailbox)
{
    return mailbox->listed && mailbox->has_status && mailbox->uidvalidity == mailbox->row.uidvalidity &&
           mailbox->uidnext == mailbox->row.uidnext && mailbox->messages == mailbox->row.messages;
}

bool
renamed_there_perhaps(struct run *run, const struct mailbox *mailbox, const struct remote_selected *selected)
{
    const struct mailbox *other;
    size_t at = 0;

    while ((other = lookup_next_of(run, selected->uidvalidity, &at)) != NULL) {
        if (other != mailbox && selected->uidnext >= other->row.uidnext && !is_unchanged(other))
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
