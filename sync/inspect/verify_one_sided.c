/* Mailboxes that only one side has, or that no sync has met: a line each, and no list of messages. */
#include "sync/inspect/verify_private.h"
#include "sync/run/uses.h"

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

/* A folder that no sync has met, and that the server has no mailbox for. *waits: it is no fault. */
static const char *
words_of_new_here(const struct policy *policy, bool *waits)
{
    *waits = !policy->push.mailboxes;
    if (*waits)
        return "a folder that no sync has met yet: `push` lacks \"mailboxes\", so it stays here alone";
    return policy->push.new_mail ? "a folder that no sync has met yet: golub sync makes it on the server"
                                 : "a folder that no sync has met yet: golub sync makes it on the server, and sends "
                                   "nothing of it (`push` lacks \"new\")";
}

static const char *
words_of_new_there(const struct policy *policy)
{
    if (!policy->pull.mailboxes)
        return "a mailbox that no sync has met yet: `pull` lacks \"mailboxes\", so it stays there alone";
    return policy->pull.new_mail ? "a mailbox that no sync has met yet: golub sync fetches it"
                                 : "a mailbox that no sync has met yet: golub sync makes its folder, and fetches "
                                   "nothing of it (`pull` lacks \"new\")";
}

/* No sync has met it. */
static bool
say_new(struct verifying *verifying, const struct mailbox *mailbox)
{
    static const struct local_scanner scanner = {count_name, count_odd};
    struct run *run = &verifying->run;
    const struct policy *policy = &run->account->policy;
    const char *words = "no sync has met this mailbox yet: golub sync pairs it";
    struct local_stamp stamp;
    uint64_t count = 0;
    bool stable, waits = false;

    if (mailbox->folder_here) {
        if (!run->local.ops->scan(run->local.self, mailbox->row.folder, &scanner, &count, &stamp, &stable, &run->err))
            return false;
        if (!mailbox->listed)
            words = words_of_new_here(policy, &waits);
        verify_say_many(verifying, mailbox, waits ? CLASS_WAITING : CLASS_EXTRA_HERE, !waits, count, words);
    }
    if (mailbox->listed)
        verify_say_many(verifying, mailbox, CLASS_EXTRA_THERE, false, mailbox->messages,
                        mailbox->folder_here ? words : words_of_new_there(policy));
    return true;
}

/* One side has lost it. @param known  a sync has seen that. *waits: it is no fault */
static const char *
words_of_gone(const struct run *run, const struct mailbox *mailbox, bool known, bool *waits)
{
    const struct policy *policy = &run->account->policy;
    const bool there = mailbox->listed;

    *waits = known || (there ? !policy->push.deletes : !policy->pull.deletes);
    if (mailbox_may_go(there ? SIDE_THERE : SIDE_HERE, uses_is_special(mailbox), policy))
        return there ? "its folder is not here: golub sync removes the mailbox on the server, with what it holds "
                       "(`push` has \"mailbox-deletes\"); bring the folder back if that is not meant"
                     : "the mailbox is not on the server: the second golub sync that misses it removes its folder "
                       "here, and what it holds goes into the quarantine (`pull` has \"mailbox-deletes\"); make it "
                       "again there if that is not meant";
    if (known)
        return there ? "its folder is gone here, what is on the server stays"
                     : "the mailbox is gone on the server, what is here stays";
    if (*waits)
        return there ? "its folder is not here: `push` lacks \"deletes\", so what is on the server stays"
                     : "the mailbox is not on the server: `pull` lacks \"deletes\", so what is here stays";
    return there ? "its folder is not here: golub sync leaves what is on the server as it is"
                 : "the mailbox is not on the server: golub sync leaves what is here as it is";
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
    const char *words;
    bool waits;
    uint64_t count;
    char why[512];

    if (!journal_message_count(run->journal, mailbox->row.id, WHICH_PRESENT, &count, &run->err) ||
        !verify_why_mailbox(verifying, mailbox, why))
        return false;
    words = words_of_gone(run, mailbox, known, &waits);
    if (why[0] != '\0')
        verify_say_many(verifying, mailbox, CLASS_WAITING, false, count, why);
    else if (!known && (cut || back))
        verify_say_many(verifying, mailbox, cut ? CLASS_BUSY : class, true, count,
                        cut ? "the server's list could not be read whole: try again"
                            : "it is there again: golub sync pairs both sides");
    else
        verify_say_many(verifying, mailbox, waits ? CLASS_WAITING : class, !waits, count, words);
    return true;
}

bool
verify_one_sided(struct verifying *verifying, const struct mailbox *mailbox)
{
    return mailbox->row.id == 0 ? say_new(verifying, mailbox) : say_known(verifying, mailbox);
}
