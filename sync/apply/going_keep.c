/* See going.h. Here: one that stays in this run, and how `status` is told of it. */
#include "sync/apply/going.h"

const char *
going_waits_word(const struct mailbox *mailbox)
{
    if (mailbox->row.state == MAILBOX_GONE_REMOTE)
        return mailbox->going_kept_back ? GOING_WAITS_HERE GOING_KEPT_BACK : GOING_WAITS_HERE;
    return mailbox->going_kept_back ? GOING_WAITS_THERE GOING_KEPT_BACK : GOING_WAITS_THERE;
}

bool
going_keep(struct run *run, struct mailbox *mailbox, const char *why)
{
    mailbox->going = GOING_NOT;
    return run_begin(run) &&
           run_end(run, run_pending(run, mailbox, 0, PENDING_MAILBOX, going_waits_word(mailbox), why, NULL));
}

bool
going_is_below(const struct mailbox *mailbox, const struct mailbox *above)
{
    const size_t length = strlen(above->row.name);

    return strncmp(mailbox->row.name, above->row.name, length) == 0 && mailbox->row.name[length] == '/';
}
