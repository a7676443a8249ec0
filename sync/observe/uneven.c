/*
 * See uneven.h.
 *
 * `excess` is EXISTS minus the rows that have a UID. It changes when the server counts another message that it does not show, and when one is
 * gone that we know, of which no VANISHED told: it is counted in `unjudged`, and waits until a listing adds up.
 * `hidden` are those that are counted and were not listed. Where they are more than before, what vanished elsewhere may be among them: nothing
 * is removed here in that run. What waits for longer than that: uneven_may_hide.
 */
#include "sync/observe/uneven.h"

#include <inttypes.h>

#define LINES_A_DAY 10000 /* of a larger mailbox as many on average */

bool
uneven_is_due(const struct run *run, const struct journal_mailbox *row)
{
    const int64_t days = row->uneven == 0 ? 1 + row->messages / LINES_A_DAY : 1;

    if (row->uneven != 0 && row->uneven < UNEVEN_KNOWN)
        return true;
    if (row->uneven == 0 && row->weighed == 0)
        return false;
    return !run_within(run, row->weighed, days * AGE_DAY);
}

void
uneven_note_changes(const struct run *run, struct journal_mailbox *row)
{
    if (row->uneven == 0 && row->weighed == 0)
        row->weighed = run->now;
}

bool
uneven_adds_up(const struct journal_mailbox *row, uint64_t known, uint32_t exists)
{
    return (int64_t)known + (row->uneven == UNEVEN_KNOWN ? row->excess : 0) == (int64_t)exists;
}

void
uneven_forget(struct journal_mailbox *row)
{
    row->uneven = row->hidden = row->unjudged = 0;
    row->excess = row->weighed = 0;
}

/* A view that ends somewhere judges what is below its end (view.c). */
bool
uneven_end(struct run *run, const struct mailbox *mailbox)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (mailbox->row.uneven == 0 || mailbox->row.view != 0)
        return true;
    if (!journal_message_ids(run->journal, mailbox->row.id, WHICH_OUT_OF_VIEW, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (!ok || (message.facts & FACT_GONE_HERE) == 0)
            continue;
        message.facts &= ~(unsigned)FACT_OUT_OF_VIEW;
        ok = journal_message_save(run->journal, &message, &run->err);
    }
    free(ids);
    return ok;
}

/* A view has rows of its own that are out of it (view.c). */
bool
uneven_take_back(struct run *run, struct mailbox *mailbox)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (mailbox->row.uneven == 0 || mailbox->row.view != 0)
        return true;
    if (!journal_message_ids(run->journal, mailbox->row.id, WHICH_OUT_OF_VIEW, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        ok = run_load(run, ids[i], &message);
        if (!ok || message.uid == 0 || (message.facts & FACT_GONE_HERE) != 0)
            continue;
        message.facts &= ~(unsigned)(FACT_GONE_THERE | FACT_OUT_OF_VIEW | FACT_REMOVED);
        mailbox->row.excess--;
        ok = journal_message_save(run->journal, &message, &run->err);
    }
    free(ids);
    return ok;
}

bool
uneven_met_again(struct run *run, struct mailbox *mailbox, int64_t id)
{
    struct journal_mailbox *row = &mailbox->row;

    id_set_remove(&mailbox->lacked, id);
    row->excess++;
    row->unjudged -= row->unjudged != 0;
    return journal_mailbox_save(run->journal, row, &run->err);
}

bool
uneven_may_hide(struct run *run, const struct mailbox *mailbox, const struct journal_op *tried, bool *hides)
{
    const struct journal_mailbox *row = &mailbox->row;
    uint32_t known;

    *hides = row->hidden != 0 && (tried != NULL || (row->uneven < UNEVEN_KNOWN && row->uidnext == 0));
    if (!*hides || row->uneven < UNEVEN_KNOWN || tried->uidvalidity != row->uidvalidity || tried->uidnext == 0)
        return true;
    if (!journal_count_uids_from(run->journal, row->id, tried->uidnext, &known, &run->err))
        return false;
    *hides = (uint64_t)tried->uidnext + known < row->uidnext;
    return true;
}

static void
say(struct run *run, const struct mailbox *mailbox, const struct uneven_look *look)
{
    char text[200];

    (void)text_print(text, sizeof text,
                     "the server counts %" PRIu32 " message%s and lists %" PRIu64
                     ": what is missing in its list is not taken for removed",
                     look->exists, look->exists == 1 ? "" : "s", look->listed);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "uneven", text);
}

/* How many more of the missing ones are gone than before, or fewer. */
static void
judge(struct journal_mailbox *row, int64_t excess, bool first, uint64_t missing)
{
    const int64_t gone = (first ? 0 : row->excess) - excess;
    const int64_t waits = gone > 0 ? (int64_t)row->unjudged + gone : row->unjudged;

    row->unjudged = waits > (int64_t)missing ? (uint32_t)missing : (uint32_t)waits;
}

/*
 * The file is gone here, and the server does not show the message any more: there is nothing left to remove. But it may show it again, and
 * nobody wants it back then: the row stays, out of view. *dropped: so many, which do not count as known from now on.
 */
static bool
drop_gone(struct run *run, const struct mailbox *mailbox, const struct id_set *seen, uint64_t *dropped)
{
    struct journal_message message;
    int64_t *ids;
    size_t count;
    bool ok = true;

    *dropped = 0;
    if (!journal_message_ids(run->journal, mailbox->row.id, WHICH_WITH_UID, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++) {
        if (id_set_has(seen, ids[i]))
            continue;
        ok = run_load(run, ids[i], &message);
        if (!ok || (message.facts & FACT_GONE_HERE) == 0)
            continue;
        message.facts |= FACT_GONE_THERE | FACT_OUT_OF_VIEW;
        message.facts &= ~(unsigned)FACT_ECHO;
        ok = journal_message_save(run->journal, &message, &run->err);
        ++*dropped;
    }
    free(ids);
    return ok;
}

/* Known on both sides, and not listed: should it stand there under another UID, that is the same message (meeting.c). */
static bool
note_lacked(struct run *run, struct mailbox *mailbox, const struct id_set *seen)
{
    int64_t *ids;
    size_t count;
    bool ok = true;

    if (!journal_message_ids(run->journal, mailbox->row.id, WHICH_WITH_UID, &ids, &count, &run->err))
        return false;
    for (size_t i = 0; ok && i < count; i++)
        ok = id_set_has(seen, ids[i]) || id_set_add(&mailbox->lacked, ids[i]) || run_no_memory(run);
    free(ids);
    return ok;
}

bool
uneven_learn(struct run *run, struct mailbox *mailbox, const struct uneven_look *look, bool *known)
{
    struct journal_mailbox *row = &mailbox->row;
    const int64_t excess = (int64_t)look->exists - (int64_t)look->known;
    const uint32_t hidden = look->exists > look->listed ? look->exists - (uint32_t)look->listed : 0;
    const bool first = row->uneven == 0, same = !first && row->excess == excess;
    uint64_t dropped;

    judge(row, excess, first, look->known - look->listed);
    if (!same) {
        row->uneven = 1;
        row->excess = excess;
        say(run, mailbox, look);
    } else if (row->uneven < UNEVEN_KNOWN && !mailbox->weighed) {
        row->uneven++;
    }
    if (look->unread[0] != '\0') {
        row->uneven = row->uneven < UNEVEN_KNOWN ? row->uneven : UNEVEN_KNOWN - 1;
        run_complain(run, mailbox, "read all of this mailbox's list of messages", look->unread,
                     "What it was about is left alone, and the next run reads the list again; the rest is in sync.");
    }
    if (hidden > row->hidden)
        run_learn(run, mailbox, CAUTION_UNEVEN);
    row->hidden = hidden;
    mailbox->weighed = true;
    if (look->whole)
        row->weighed = run->now;
    mailbox->unlisted = look->known != look->listed;
    *known = row->uneven == UNEVEN_KNOWN;
    if (!note_lacked(run, mailbox, look->seen))
        return false;
    if (!*known)
        return true;
    if (!drop_gone(run, mailbox, look->seen, &dropped))
        return false;
    row->excess += (int64_t)dropped;
    return true;
}

void
uneven_disturbed(struct run *run, struct mailbox *mailbox, const char *why)
{
    struct journal_mailbox *row = &mailbox->row;

    if (row->hidden == 0)
        run_learn(run, mailbox, CAUTION_UNEVEN);
    row->hidden = row->hidden != 0 ? row->hidden : 1;
    row->uneven = row->uneven == 0 ? 1 : UNEVEN_KNOWN - 1; /* never known: it is listed whole again */
    mailbox->weighed = mailbox->unlisted = true;
    run_complain(run, mailbox, "list the messages of this mailbox undisturbed", why, "The next run tries again.");
}

void
uneven_say(struct run *run)
{
    char what[120];

    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];
        const uint32_t waits = mailbox->row.unjudged;

        if (waits == 0 || !mailbox_is_open(mailbox))
            continue;
        (void)text_print(what, sizeof what, "remove %" PRIu32 " message%s here that %s gone on the server", waits,
                         waits == 1 ? "" : "s", waits == 1 ? "is" : "are");
        run_complain(run, mailbox, what, "its list of messages and its count of them do not agree",
                     "They stay here until the two agree; each run compares them.");
    }
}
