/* Which mailboxes hold drafts, and which messages are some. */
#include "sync/rows/drafts.h"

#include "sync/rules/merge.h"

enum drafts
mailbox_drafts(const struct mailbox *mailbox)
{
    if ((mailbox->uses & REMOTE_DRAFTS) != 0)
        return DRAFTS_SAID;
    return special_is_called(mailbox->row.name, REMOTE_DRAFTS) ? DRAFTS_BY_NAME : DRAFTS_NONE;
}

static bool
has_draft_flag(const struct journal_message *message)
{
    return merge_one_shows(message->flags, FLAG_DRAFT);
}

bool
draft_is_watched(const struct mailbox *mailbox, const struct journal_message *message)
{
    return has_draft_flag(message) || mailbox_drafts(mailbox) != DRAFTS_NONE;
}

bool
draft_is_replaced(const struct mailbox *mailbox, const struct journal_message *message)
{
    return has_draft_flag(message) || mailbox_drafts(mailbox) == DRAFTS_SAID;
}
