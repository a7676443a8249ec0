/* Mailboxes that only one side has, or that no sync has met: a line each, and no list of messages. */
#include "sync/inspect/verify_private.h"

static bool
count_name(void *context, const char *base, const char *info)
{
    (void)base;
    (void)info;
    ++*(uint64_t *)context;
    return true;
}

static bool
count_odd(void *context, const char *name, const char *why)
{
    (void)why;
    return count_name(context, name, "");
}

/* No sync has met it. */
static bool
say_new(struct verifying *verifying, const struct mailbox *mailbox)
{
    static const struct local_scanner scanner = {count_name, count_odd};
    struct run *run = &verifying->run;
    struct local_stamp stamp;
    uint64_t count = 0;
    bool stable;

    if (mailbox->folder_here) {
        if (!run->local.ops->scan(run->local.self, mailbox->row.folder, &scanner, &count, &stamp, &stable, &run->err))
            return false;
        verify_say_many(verifying, mailbox, CLASS_EXTRA_HERE, true, count,
                        mailbox->listed ? "no sync has met this mailbox yet: golub sync pairs it"
                                        : "a folder that no sync has met yet: golub sync makes it on the server");
    }
    if (mailbox->listed)
        verify_say_many(verifying, mailbox, CLASS_EXTRA_THERE, false, mailbox->messages,
                        "a mailbox that no sync has met yet: golub sync fetches it");
    return true;
}

static bool
say_known(struct verifying *verifying, const struct mailbox *mailbox)
{
    struct run *run = &verifying->run;
    const bool cut = !mailbox->listed && run->info.unlisted[0] != '\0';
    const bool known = (mailbox->row.state == MAILBOX_GONE_REMOTE && !mailbox->listed) ||
                       (mailbox->row.state == MAILBOX_GONE_LOCAL && !mailbox->folder_here);
    const bool back = mailbox->listed && mailbox->folder_here;
    const enum report_class class = mailbox->listed ? CLASS_MISSING_HERE : CLASS_MISSING_THERE;
    uint64_t count;
    char why[512];

    if (!journal_message_count(run->journal, mailbox->row.id, WHICH_PRESENT, &count, &run->err) ||
        !verify_why_mailbox(verifying, mailbox, why))
        return false;
    if (known || why[0] != '\0')
        verify_say_many(verifying, mailbox, CLASS_WAITING, false, count,
                        why[0] != '\0'     ? why
                        : !mailbox->listed ? "the mailbox is gone on the server, what is here stays"
                                           : "its folder is gone here, what is on the server stays");
    else
        verify_say_many(verifying, mailbox, cut ? CLASS_BUSY : class, true, count,
                        cut    ? "the server's list could not be read whole: try again"
                        : back ? "it is there again: golub sync pairs both sides"
                        : !mailbox->listed
                            ? "the mailbox is not on the server: golub sync leaves what is here as it is"
                            : "its folder is not here: golub sync leaves what is on the server as it is");
    return true;
}

bool
verify_one_sided(struct verifying *verifying, const struct mailbox *mailbox)
{
    return mailbox->row.id == 0 ? say_new(verifying, mailbox) : say_known(verifying, mailbox);
}
