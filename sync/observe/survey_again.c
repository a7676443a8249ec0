/*
 * What moved since the survey, while the run was at work: a mailbox or a folder that was made meanwhile, and numbers that are other ones than they were.
 * See observe.h.
 */
#include "sync/observe/closed.h"
#include "sync/observe/observe.h"
#include "sync/observe/survey.h"
#include "sync/observe/survey_ask.h"
#include "sync/observe/undecided.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/uses.h"

/* This mailbox was made after the survey, and what vanished may be in it. The next run knows it, and sees the move. */
static void
say_grown(struct run *run, const char *name)
{
    report_mailbox(
        run->report, run->account->name, name, "made-meanwhile",
        "it was made while golub was at work: what is gone elsewhere may have moved there, so that nothing is "
        "removed before the next run");
}

/* Only folders that see_folder would take are mailboxes. */
static bool
see_folder_again(void *context, const char *folder)
{
    struct run *run = context;
    const struct mailbox *mailbox = lookup_folder(run, folder);
    char here[LIMIT_MAILBOX_NAME + 1], name[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};

    if (mailbox != NULL ? mailbox->folder_here || !mailbox->chosen
                        : !names_from_folder(folder, run->account->policy.layout, here, &ignored) ||
                              !names_map_there(&run->map, here, name, &ignored) || lookup_name(run, name) != NULL ||
                              !uses_choose(run, name, 0) || closed_is(run, folder, &ignored))
        return true;
    if ((run->cautions & CAUTION_MADE_HERE) == 0)
        say_grown(run, mailbox != NULL ? mailbox->row.name : name);
    run_learn(run, NULL, CAUTION_MADE_HERE);
    return true;
}

bool
survey_folders_again(struct run *run)
{
    return (run->cautions & CAUTION_MADE_HERE) != 0 || run->no_root ||
           run->local.ops->folders(run->local.self, see_folder_again, run, &run->err);
}

/* A name that is left out, or can't have a folder, may be what one that seems to be gone is called now. */
static void
see_elsewhere(struct run *run, const struct remote_listed *listed)
{
    for (size_t i = 0; run->seeks_elsewhere && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->going != GOING_HERE)
            continue;
        if (listed->objectid[0] != '\0' && mailbox->row.objectid[0] != '\0'
                ? strcmp(listed->objectid, mailbox->row.objectid) == 0
                : undecided_fits(listed, mailbox) && listed->messages != 0)
            mailbox->elsewhere = true;
    }
}

static bool
see_again(void *context, const struct remote_listed *listed)
{
    struct run *run = context;
    struct mailbox *mailbox = lookup_listed(run, listed->name);
    char name[LIMIT_MAILBOX_NAME + 1];

    if ((listed->attributes & REMOTE_NOSELECT) != 0 || aside_is_deleted(listed))
        return true;
    if (mailbox == NULL || !mailbox->chosen)
        see_elsewhere(run, listed);
    if (mailbox == NULL) {
        if ((run->cautions & CAUTION_MADE_THERE) == 0 && survey_is_grown(run, listed, name)) {
            run_learn(run, NULL, CAUTION_MADE_THERE);
            say_grown(run, name);
        }
        return true;
    }
    if (mailbox->elsewhere)
        return true;
    if (!mailbox->listed && mailbox->chosen && mailbox->row.id != 0) { /* it is back: what vanished may be in it */
        if ((run->cautions & CAUTION_MADE_THERE) == 0)
            say_grown(run, mailbox->row.name);
        run_learn(run, NULL, CAUTION_MADE_THERE);
    }
    mailbox->named_again = true;
    mailbox->at_rest = mailbox->has_status && listed->has_status && mailbox->messages == listed->messages &&
                       mailbox->uidnext == listed->uidnext && mailbox->uidvalidity == listed->uidvalidity;
    mailbox->has_status = listed->has_status;
    mailbox->messages = listed->messages;
    mailbox->uidnext = listed->uidnext;
    mailbox->uidvalidity = listed->uidvalidity;
    mailbox->modseq = listed->modseq;
    return true;
}

bool
survey_again(struct run *run)
{
    struct remote_info info;

    for (size_t i = 0; i < run->count; i++)
        run->mailboxes[i].named_again = false;
    if (!survey_ask(run, see_again, run))
        return false;
    run->remote.ops->info(run->remote.self, &info);
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        const struct journal_mailbox *row = &mailbox->row;
        bool above;
        /*
         * Without HIGHESTMODSEQ the numbers tell at least whether a message arrived: what vanished elsewhere may be
         * there.
         */
        bool moved = !mailbox->has_status || (info.unlisted[0] != '\0' && !mailbox->named_again) ||
                     row->uidvalidity != mailbox->uidvalidity || row->uidnext != mailbox->uidnext ||
                     row->messages != mailbox->messages || (mailbox->modseq != 0 && row->modseq != mailbox->modseq);

        if (!mailbox->listed)
            continue;
        if (!survey_check_highest(run, mailbox, &above))
            return false;
        mailbox->current = mailbox->current && !moved;
        if (mailbox_is_open(mailbox) || (run->look_everywhere && mailbox_is_usable(mailbox)))
            mailbox->look_there = mailbox->look_there || moved;
    }
    return true;
}

/* What came or went since it was listed: flags aside. A server's STATUS and SELECT need not tell the same UIDNEXT. */
static bool
has_stirred(const struct mailbox *mailbox)
{
    const struct journal_mailbox *row = &mailbox->row;

    if (!mailbox->listed || !mailbox->has_status || mailbox->at_rest)
        return false;
    return row->uidvalidity != mailbox->uidvalidity || row->uidnext != mailbox->uidnext ||
           row->messages != mailbox->messages;
}

bool
survey_proves(struct run *run, bool *at_rest)
{
    *at_rest = true;
    if (!survey_ask(run, see_again, run))
        return false;
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (!has_stirred(mailbox) ||
            !(mailbox_is_open(mailbox) || (run->look_everywhere && mailbox_is_usable(mailbox))))
            continue;
        mailbox->current = *at_rest = false;
        mailbox->look_there = true;
    }
    return true;
}

bool
survey_on_new_line(struct run *run)
{
    const bool move = run->info.move; /* one that was refused is not asked for again */

    if (!survey_again(run))
        return false;
    run->remote.ops->info(run->remote.self, &run->info);
    run->info.move = run->info.move && move;
    return survey_look_at_intents(run);
}
