/* See repair.h. */
#include "sync/observe/repair.h"

#include "sync/observe/renamed_there.h"
#include "sync/observe/uneven.h"
#include "sync/rows/missing.h"
#include "sync/run/attempts.h"
#include "sync/run/attempts_bare.h"

bool
repair_unpair(struct run *run, struct mailbox *mailbox, bool past)
{
    if (!missing_unpair(run, mailbox, past) || !journal_gmail_forget(run->journal, mailbox->row.id, &run->err))
        return false;
    /* Its folder is gone here: that stays so, and it is paired once that is back. */
    mailbox->look_here = mailbox->row.state != MAILBOX_GONE_LOCAL;
    if (mailbox->look_here)
        mailbox->row.state = MAILBOX_REPAIR;
    mailbox->given_back = false;
    mailbox->row.uidnext = mailbox->row.messages = 0;
    mailbox->row.modseq = mailbox->ours_to = 0;
    mailbox->row.past = 0; /* nothing of it is known by its UID any more */
    uneven_forget(&mailbox->row);
    mailbox->current = false;
    attempts_unpaired(run, mailbox);
    return true;
}

bool
repair_begin(struct run *run, struct sight *sight, bool back, const char *why)
{
    /* Under another UIDVALIDITY it may be another mailbox that has this name now, and so under one that several have. */
    bool past = back && sight->selected.uidvalidity == sight->mailbox->row.uidvalidity &&
                !renamed_there_perhaps(run, sight->mailbox, &sight->selected);

    if (sight->mailbox->said_repair == NULL || strcmp(sight->mailbox->said_repair, why) != 0)
        report_mailbox(run->report, run->account->name, run_called(sight->mailbox), "repair", why);
    sight->mailbox->said_repair = why;
    sight->again_full = true;
    /*
     * What seems to have vanished elsewhere may be here under another UID. In the run after one in which the server had gone back it may have been
     * set forward again, whatever tells it. A mailbox that is so in each run has numbers that mean nothing: from the third on it tells of itself
     * alone.
     */
    bool once = back;
    const int runs = attempts_repaired(run, sight->mailbox, &once);
    run->went_back = run->went_back || (once && runs <= 2);
    sight->mailbox->adrift = runs > 2;
    run->restored = run->restored || past;
    sight->mailbox->renumbered = sight->selected.uidvalidity != sight->mailbox->row.uidvalidity;
    run->vanished = true; /* and may be in a mailbox that was made meanwhile */
    if (!told_take_back(run, &sight->told) || !repair_unpair(run, sight->mailbox, past))
        return false;
    /*
     * Saved at once, with the rows: the next run would send rows without UIDs as new mail if the cursors still said
     * "nothing new".
     */
    sight->mailbox->row.uidvalidity = sight->selected.uidvalidity;
    return journal_mailbox_save(run->journal, &sight->mailbox->row, &run->err);
}

bool
repair_doubt(struct run *run, struct sight *sight)
{
    struct journal_mailbox *row = &sight->mailbox->row;

    report_mailbox(run->report, run->account->name, row->name, "back-in-time",
                   "the server's MODSEQ went back: what a backup may have lost is not taken for removed");
    sight->again_full = true;
    (void)attempts_repaired(run, sight->mailbox, &(bool){true});
    run->went_back = run->vanished = true;
    row->modseq = sight->mailbox->ours_to = 0;
    row->past = missing_first_id(run);
    sight->mailbox->look_here = row->state != MAILBOX_GONE_LOCAL;
    return journal_mailbox_save(run->journal, row, &run->err);
}

bool
repair_is_ahead(struct run *run, const struct sight *sight, const struct said_ops *said, bool *ahead)
{
    const uint32_t highest = sight->request.check_uid;
    struct journal_message message;
    bool found;

    *ahead = false;
    if (highest == 0 || sight->selected.uidnext == 0 || highest < sight->selected.uidnext)
        return true;
    if (!journal_message_by_uid(run->journal, sight->mailbox->row.id, highest, &message, &found, &run->err))
        return false;
    *ahead = found && (said_op_of(said, message.id) != NULL || (message.facts & (FACT_ECHO | FACT_COPIED)) != 0);
    return true;
}

bool
repair_is_given_back(const struct sight *sight)
{
    const struct mailbox *mailbox = sight->mailbox;

    return (sight->selected.uidnext == 0 || mailbox->row.uneven != 0) && mailbox->given_back &&
           mailbox->row.state != MAILBOX_REPAIR && sight->top < mailbox->uidnext;
}
