/* See gone.h. */
#include "sync/observe/gone.h"

#include "sync/rows/missing.h"

void
gone_note_same(const struct run *run, struct sight *sight, const struct journal_message *message,
               const struct remote_message *seen)
{
    if (seen->size == 0 || seen->date == 0 || message->size == 0 || message->date == 0)
        return;
    if (message->id <= sight->mailbox->row.past && message->uid > sight->same)
        sight->same = message->uid;
    if (message->id <= missing_first_id(run) && message->uid > sight->proven)
        sight->proven = message->uid;
}

/* Each row that went did so in a look of its own: the lowest proof holds for all of them. */
void
gone_looked(struct sight *sight)
{
    struct mailbox *mailbox = sight->mailbox;

    if (!mailbox->unproven)
        return;
    mailbox->gone_below = mailbox->went && mailbox->gone_below < sight->proven ? mailbox->gone_below : sight->proven;
    mailbox->went = true;
    mailbox->unproven = false;
}

/* Its mailbox or folder was away, or the server went back: nothing of it counts as removed. */
static bool
is_paired_anew(const struct sight *sight, const struct journal_message *message)
{
    const struct journal_mailbox *row = &sight->mailbox->row;

    return row->state == MAILBOX_REPAIR || (row->past && message->uid >= sight->same);
}

static bool
is_met_anew(const struct sight *sight, const struct journal_message *message)
{
    return is_paired_anew(sight, message) && (message->facts & FACT_GONE_HERE) == 0;
}

/* Then on neither side any more: its file, should it have got another name meanwhile, is not what anybody removed. */
static bool
is_lost_anew(const struct sight *sight, const struct journal_message *message)
{
    const unsigned missed = FACT_GONE_HERE | FACT_UNPAIRED;

    return is_paired_anew(sight, message) && (message->facts & missed) == missed;
}

bool
gone_set(struct observation *observation, struct sight *sight, int64_t id)
{
    struct run *run = observation->run;
    struct journal_message message;
    bool perhaps_anew = false;

    if (!run_load(run, id, &message))
        return false;
    if (message.uid == 0 || (message.facts & FACT_GONE_THERE) != 0)
        return true;
    run->vanished = true;
    if (!said_op_end(run, &observation->said, id))
        return false;
    if (is_met_anew(sight, &message))
        return missing_lost_uid(run, &message);
    if (is_lost_anew(sight, &message))
        return missing_lost_uid(run, &message) && journal_message_delete(run->journal, message.id, &run->err);
    if (!missing_perhaps_anew(run, &message, &perhaps_anew))
        return false;
    if (perhaps_anew)
        return true;
    message.facts |= FACT_GONE_THERE;
    message.facts &= ~(unsigned)(FACT_ECHO | FACT_UNPAIRED | FACT_REMOVED);
    sight->mailbox->unproven = true;
    return journal_message_save(run->journal, &message, &run->err);
}

static bool
sweep_row(struct observation *observation, struct sight *sight, int64_t id, bool cut)
{
    struct run *run = observation->run;
    struct journal_message message;

    if (!cut)
        return gone_set(observation, sight, id);
    if (!run_load(run, id, &message))
        return false;
    if (!sight->partial &&
        message.uid > sight->view.lowest) /* a view shows the newest: what is missing between them is gone */
        return gone_set(observation, sight, id);
    view_set(run, sight->mailbox, sight->selected.exists);
    /* A row that lost its UID while it was out of view has none to compare: view_spare. */
    return is_met_anew(sight, &message) ? missing_lost_uid(run, &message) : view_leave_out(run, &message);
}

/* A message that was sent, and disappeared before it was ever listed, is not counted among those that were there. */
static bool
count_missing(struct run *run, struct sight *sight, int64_t id)
{
    struct journal_message message;

    if (!run_load(run, id, &message))
        return false;
    sight->view.vanished += message.uid < sight->mailbox->row.uidnext || sight->view.uneven;
    return true;
}

static bool
is_unseen(const void *context, int64_t id)
{
    return !id_set_has(context, id);
}

/* A listing of everything is complete: what it did not name is gone, or out of the server's view. */
bool
gone_sweep(struct observation *observation, struct sight *sight)
{
    struct run *run = observation->run;
    struct mailbox *mailbox = sight->mailbox;
    const uint32_t known = mailbox->row.view;
    int64_t *ids;
    size_t count;
    bool ok = true, cut;

    sight->view.exists = sight->selected.exists;
    sight->view.slid = sight->slid;
    sight->view.uneven = mailbox->row.uneven != 0;
    if (!journal_message_ids_kept(run->journal, mailbox->row.id, WHICH_WITH_UID, is_unseen, &sight->seen, &ids, &count,
                                  &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = count_missing(run, sight, ids[i]);
    ok = ok && (!mailbox->row.past || missing_past(run, mailbox, sight->same)) &&
         view_count_sent(run, mailbox, &sight->view);
    view_learn(run, mailbox, &sight->view);
    cut = ok && view_is_cut(run, mailbox, &sight->view);
    for (size_t i = 0; ok && i < count; i++)
        ok = sweep_row(observation, sight, ids[i], cut);
    free(ids);
    ok = ok && (known == mailbox->row.view || mailbox->row.view != sight->view.exists ||
                view_recall(run, mailbox, sight->view.lowest));
    view_begin(run, mailbox, &sight->view);
    if (!ok || mailbox->row.view == 0 || sight->partial)
        return ok;
    return mailbox->row.view == sight->selected.exists ? view_reaches(run, mailbox, sight->view.lowest)
                                                       : view_end(run, mailbox, &sight->view);
}
