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

static bool
is_kept_back(const struct run *run)
{
    return !run->account->policy.push.mailboxes || !run->account->policy.push.new_mail;
}

/* Why it is not made there; NULL: nothing keeps it. */
static const char *
find_reason(const struct run *run, const struct mailbox *mailbox)
{
    const struct direction *push = &run->account->policy.push;

    if (is_kept_back(run))
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

/* @param why  NULL: it is made */
static bool
want(struct run *run, struct mailbox *mailbox, const char *why)
{
    mailbox->wanted_there = true;
    if (why != NULL) {
        run_learn(run, mailbox, CAUTION_NOT_MADE);
        run_complain(run, mailbox, "make this mailbox again on the server, where it is gone", why,
                     "What was held in it is not sent, and stays held.");
        return true;
    }
    mailbox->going = GOING_NOT;
    return name_it(run, mailbox);
}

/* Additions have their word: they are to go there. */
static bool
want_confirmed(struct run *run, struct mailbox *mailbox)
{
    return want(run, mailbox, find_reason(run, mailbox));
}

/* Removals were rejected: nobody removed what is in it. Where nothing may go up it is here alone from now on. */
static bool
want_rejected(struct run *run, struct mailbox *mailbox)
{
    if (is_kept_back(run))
        return true;
    mailbox->nobody_removed = true;
    return want(run, mailbox, find_reason(run, mailbox));
}

static bool
look_at(struct run *run, int64_t id, struct journal_message *message,
        bool (*found_one)(struct run *run, struct mailbox *mailbox))
{
    struct mailbox *mailbox;
    bool found;

    if (!journal_message_get(run->journal, id, message, &found, &run->err))
        return false;
    mailbox = found ? run_mailbox_by_id(run, message->mailbox) : NULL;
    return mailbox == NULL || !is_gone(mailbox) || mailbox->wanted_there || found_one(run, mailbox);
}

bool
made_again_find(struct run *run)
{
    const bool confirmed = run->options->confirm_additions, rejected = run->options->reject;
    struct journal_message *message;
    bool ok = true;

    if (!confirmed && !rejected)
        return true;
    message = calloc(1, sizeof *message);
    ok = message != NULL || run_no_memory(run);
    for (size_t i = 0; ok && confirmed && i < run->additions_count; i++)
        ok = look_at(run, run->additions[i], message, want_confirmed);
    for (size_t i = 0; ok && rejected && i < run->released_count; i++)
        ok = !run->released[i].here || look_at(run, run->released[i].message, message, want_rejected);
    free(message);
    return ok;
}

bool
made_again_return(struct run *run, struct mailbox *mailbox)
{
    mailbox->row.stamp[0] = mailbox->row.objectid[0] = '\0';
    mailbox->row.uidvalidity = 0;
    return missing_return(run, mailbox) && repair_unpair(run, mailbox, mailbox->nobody_removed);
}
