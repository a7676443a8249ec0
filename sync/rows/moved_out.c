/* See moved_out.h. */
#include "sync/rows/moved_out.h"

bool
moved_out_is_gone(const struct mailbox *mailbox)
{
    return mailbox->chosen && mailbox->row.id != 0 && mailbox->listed && !mailbox->folder_here &&
           mailbox->going == GOING_NOT && /* else all that is gone of it is planned */
           (mailbox->row.state == MAILBOX_GONE_LOCAL || mailbox->moved_out);
}

void
moved_out_look(const struct run *run, struct mailbox *mailbox)
{
    mailbox->look_there = mailbox->look_there || (!mailbox->moved_out && mailbox->asked && !run->dry);
    mailbox->moved_out = true;
}

bool
moved_out_is_seen(const struct run *run, const struct mailbox *mailbox)
{
    return run->dry || !mailbox->asked || mailbox->current || mailbox->weighed;
}

bool
moved_out_note(struct run *run, const struct mailbox *mailbox, struct journal_message *message)
{
    if (!mailbox->moved_out || (message->facts & FACT_GONE_HERE) != 0)
        return true;
    message->facts |= FACT_GONE_HERE;
    return journal_message_save(run->journal, message, &run->err);
}

bool
moved_out_is_rest(const struct run *run, struct mailbox *mailbox, const struct journal_message *message)
{
    const unsigned moved = FACT_MOVED | FACT_GONE_HERE;

    if (!moved_out_is_gone(mailbox) || mailbox_is_unsure(mailbox->cautions) ||
        (message->facts & (moved | FACT_GONE_THERE)) != moved)
        return false;
    moved_out_look(run, mailbox);
    return moved_out_is_seen(run, mailbox);
}
