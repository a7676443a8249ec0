/* See anew.h. */
#include "sync/match/anew.h"

#include <inttypes.h>

/*
 * In `meta`, for each mailbox:
 *   unjudged-ID   "1": not all of it could be judged when it was new
 *   met-ID        the highest id of a row when both of its sides were read for the first time. None: no run has come so far. An id of a mailbox may be
 *                 given again, so it counts only for one that was known before the run
 */
#define UNJUDGED "unjudged"
#define MET "met"
#define NOT_MET (-1)

static void
name_key(const struct mailbox *mailbox, const char *what, char key[static 40])
{
    (void)text_print(key, 40, "%s-%" PRId64, what, mailbox->row.id);
}

static bool
read_met(struct run *run, const struct mailbox *mailbox, int64_t *met)
{
    char key[40], *text;

    name_key(mailbox, MET, key);
    if (!journal_get(run->journal, key, &text, &run->err))
        return false;
    *met = text != NULL && mailbox->known_uidvalidity != 0 ? strtoll(text, NULL, 10) : NOT_MET;
    free(text);
    return true;
}

bool
anew_came_later(struct run *run, const struct mailbox *mailbox, int64_t file, bool *later)
{
    char key[40], *text;

    *later = false;
    name_key(mailbox, MET, key);
    if (!mailbox->met) /* by no run that ended its pairs */
        return true;
    if (!journal_get(run->journal, key, &text, &run->err))
        return false;
    *later = text != NULL && file > strtoll(text, NULL, 10);
    free(text);
    return true;
}

static bool
save_met(struct run *run, struct mailbox *mailbox)
{
    char key[40], text[24];
    int64_t highest;

    if (!journal_highest_id(run->journal, &highest, &run->err))
        return false;
    name_key(mailbox, MET, key);
    (void)text_print(text, sizeof text, "%" PRId64, highest);
    mailbox->met = true;
    return journal_set(run->journal, key, text, &run->err);
}

/* Both of its sides were read in this run. */
static bool
is_looked_at(const struct mailbox *mailbox)
{
    return mailbox_is_open(mailbox) && mailbox->row.id != 0 && mailbox->row.uidvalidity != 0 && mailbox->current &&
           mailbox->folder_here && !mailbox->look_here && !run_learned(mailbox, CAUTION_UNREAD_FOLDER) &&
           !run_learned(mailbox, CAUTION_UNSTABLE_FOLDER);
}

bool
anew_judge(struct meeting *meeting)
{
    struct run *run = meeting->run;
    const struct mailbox *mailbox = meeting->mailbox;
    uint64_t there;
    char key[40], *text;

    name_key(mailbox, UNJUDGED, key);
    if (!journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_UID, &there, &run->err) ||
        !read_met(run, mailbox, &meeting->met) || !journal_get(run->journal, key, &text, &run->err))
        return false;
    meeting->unjudged = text != NULL && strcmp(text, "1") == 0;
    free(text);
    meeting->whole = run->first || run->pair_all || mailbox->renumbered || run_learned(mailbox, CAUTION_REPAIRED);
    meeting->settled = there > meeting->uids.count; /* those that are not halves have a file */
    meeting->anew = meeting->whole || !meeting->settled;
    return true;
}

bool
anew_note_unjudged(const struct meeting *meeting)
{
    bool is = false;
    char key[40];

    for (size_t u = 0; !is && u < meeting->uids.count; u++)
        is = !meeting->uids.at[u].paired && meeting->uids.at[u].doubt;
    name_key(meeting->mailbox, UNJUDGED, key);
    return meeting->unjudged == is || journal_set(meeting->run->journal, key, is ? "1" : "0", &meeting->run->err);
}

bool
anew_note_met(struct meeting *meeting)
{
    return meeting->met != NOT_MET || !is_looked_at(meeting->mailbox) || save_met(meeting->run, meeting->mailbox);
}

bool
anew_note_all(struct run *run)
{
    bool ok = true, begun = false;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        int64_t met;

        if (mailbox->met || !is_looked_at(mailbox))
            continue;
        ok = read_met(run, mailbox, &met);
        mailbox->met = ok;
        if (!ok || met != NOT_MET)
            continue;
        ok = begun || run_begin(run);
        begun = begun || ok;
        ok = ok && save_met(run, mailbox);
    }
    return begun ? run_end(run, ok) : ok;
}

/* No run has read both sides of this mailbox before; or one has that could not judge all, and had seen both of these. */
static bool
is_met_with_all(const struct meeting *meeting, const struct half *file, const struct half *uid)
{
    if (meeting->whole)
        return true;
    return (meeting->anew || meeting->unjudged) &&
           (meeting->met == NOT_MET || (file->id <= meeting->met && uid->id <= meeting->met));
}

bool
anew_is_settled_in_part(const struct meeting *meeting)
{
    return meeting->settled && (meeting->whole || meeting->met == NOT_MET);
}

bool
anew_suffices(const struct meeting *meeting, const struct half *file, const struct half *uid)
{
    if (file->dated)
        return file->date == uid->date;
    if (is_met_with_all(meeting, file, uid))
        return true;
    if (file->placeholder) /* it is nobody's mail, and mbsync makes one more of what is fetched beside it */
        return true;
    return file->accepted && uid->uid >= file->intent_uidnext && uid->date == file->intent_date;
}
