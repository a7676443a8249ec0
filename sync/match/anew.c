/* See anew.h. */
#include "sync/match/anew.h"

#include <inttypes.h>

/* In `meta`, for each mailbox: "1": not all of it could be judged when it was new. */
static void
name_key(const struct meeting *meeting, char key[static 40])
{
    (void)text_print(key, 40, "unjudged-%" PRId64, meeting->mailbox->row.id);
}

bool
anew_judge(struct meeting *meeting)
{
    struct run *run = meeting->run;
    const struct mailbox *mailbox = meeting->mailbox;
    uint64_t there;
    char key[40], *text;

    name_key(meeting, key);
    if (!journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_UID, &there, &run->err) ||
        !journal_get(run->journal, key, &text, &run->err))
        return false;
    meeting->unjudged = text != NULL && strcmp(text, "1") == 0;
    free(text);
    meeting->whole = run->first || run->pair_all || mailbox->renumbered || run_learned(mailbox, CAUTION_REPAIRED);
    meeting->anew = meeting->whole || there <= meeting->uids.count; /* those that are not halves have a file */
    return true;
}

bool
anew_note_unjudged(const struct meeting *meeting)
{
    bool is = false;
    char key[40];

    for (size_t u = 0; !is && u < meeting->uids.count; u++)
        is = !meeting->uids.at[u].paired && meeting->uids.at[u].doubt;
    name_key(meeting, key);
    return meeting->unjudged == is || journal_set(meeting->run->journal, key, is ? "1" : "0", &meeting->run->err);
}

/* An earlier run that was cut off, or could not read all, left it; or no run has seen this mailbox before. */
static bool
is_met_with_all(const struct meeting *meeting, const struct half *uid)
{
    if (meeting->whole)
        return true;
    return (meeting->anew || meeting->unjudged) &&
           (meeting->mailbox->known_uidvalidity == 0 || uid->id <= meeting->run->first_id);
}

bool
anew_suffices(const struct meeting *meeting, const struct half *file, const struct half *uid)
{
    if (file->dated)
        return file->date == uid->date;
    if (is_met_with_all(meeting, uid))
        return true;
    if (file->placeholder) /* it is nobody's mail, and mbsync makes one more of what is fetched beside it */
        return true;
    return file->intent && uid->uid >= file->intent_uidnext && uid->date == file->intent_date;
}
