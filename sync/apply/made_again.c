/* See made_again.h. */
#include "sync/apply/made_again.h"

#include "sync/observe/repair.h"
#include "sync/rows/missing.h"
#include "sync/rows/renaming.h"
#include "sync/run/lookup.h"

static bool
is_gone(const struct mailbox *mailbox)
{
    return mailbox->row.id != 0 && mailbox->row.state == MAILBOX_GONE_REMOTE && !mailbox->listed &&
           mailbox->folder_here && mailbox->chosen && mailbox->asked;
}

/* Why it is not made there; NULL: nothing keeps it. */
static const char *
find_reason(const struct run *run, const struct mailbox *mailbox)
{
    const struct direction *push = &run->account->policy.push;

    if (!push->mailboxes || !push->new_mail)
        return run->options->one_way ? "this run lets nothing go up"
               : push->mailboxes     ? "`push` lacks \"new\""
                                     : "`push` lacks \"mailboxes\"";
    if (run->info.unlisted[0] != '\0')
        return "the server's list could not be read";
    if (mailbox->undecided || mailbox->elsewhere || mailbox->fits_one || mailbox->name_waits || mailbox->stuck)
        return "it may have another name there";
    return NULL;
}

/* Its folder was renamed here after it had gone: it is made under the name that people know, if no other one has that. */
static bool
name_it(struct run *run, struct mailbox *mailbox)
{
    return mailbox->row.goal_there == NULL || lookup_name(run, mailbox->row.goal_there) != NULL ||
           renaming_as_folder(run, mailbox);
}

static bool
want(struct run *run, struct mailbox *mailbox)
{
    const char *why = find_reason(run, mailbox);

    mailbox->wanted_there = true;
    if (why != NULL) {
        run_learn(run, mailbox, CAUTION_NOT_MADE);
        run_complain(run, mailbox, "make this mailbox again on the server, where it is gone", why,
                     "What was confirmed is not sent, and stays held.");
        return true;
    }
    mailbox->going = GOING_NOT;
    return name_it(run, mailbox);
}

bool
made_again_find(struct run *run)
{
    struct journal_message *message;
    bool ok = true;

    if (run->additions_count == 0 || run->options->reject_additions)
        return true;
    message = calloc(1, sizeof *message);
    ok = message != NULL || run_no_memory(run);
    for (size_t i = 0; ok && i < run->additions_count; i++) {
        struct mailbox *mailbox;
        bool found;

        ok = journal_message_get(run->journal, run->additions[i], message, &found, &run->err);
        mailbox = ok && found ? run_mailbox_by_id(run, message->mailbox) : NULL;
        if (mailbox != NULL && is_gone(mailbox) && !mailbox->wanted_there)
            ok = want(run, mailbox);
    }
    free(message);
    return ok;
}

bool
made_again_return(struct run *run, struct mailbox *mailbox)
{
    mailbox->row.stamp[0] = mailbox->row.objectid[0] = '\0';
    mailbox->row.uidvalidity = 0;
    return missing_return(run, mailbox) && repair_unpair(run, mailbox, false);
}
