/* See held.h. */
#include "sync/rows/held.h"

const struct held_reason held_reasons[HOLD_REASONS] = {
    [HOLD_NOT] = {"", "", ""},
    [HOLD_GUARD] = {"guard", "too many removals at once: waits for --confirm-deletes", ""},
    [HOLD_COPIED] =
        {"copied", "the folder was copied, or restored from a backup, since the last run: waits for --confirm-deletes",
         "the Maildir was copied or restored since the last run"},
    [HOLD_ADOPTED] = {"adopted", "another program's state says that it was removed: waits for --confirm-deletes",
                      "removed since the last run of the program that kept this tree"},
    [HOLD_ALLOWED] = {"allowed", "the configuration kept it back until now: waits for --confirm-deletes",
                      "removed while the configuration kept removals back"},
    [HOLD_TAKEN] = {"taken", "perhaps mbsync took it away here, and nobody removed it: waits for --confirm-deletes",
                    "mbsync was at work here, and may have taken them away itself"},
    [HOLD_STANDS] = {"stands-here",
                     "most of its mail stands here in a folder that is not synced: waits for --confirm-deletes",
                     "most of that mail stands here in a folder that is not synced"},
};

/* List and reason, among what is held, of a removal that the user let go and the other side refused: it is not judged again. */
const char held_let_go[] = "released";

const char *
held_word(bool here)
{
    return plan_verb_word(here ? PLAN_REMOVE_HERE : PLAN_REMOVE_THERE);
}

bool
held_before(struct run *run, const struct mailbox *mailbox, int64_t message, bool here, enum hold_reason *reason,
            bool *word)
{
    struct journal_pending pending;
    struct journal_hold *lists;
    size_t count;
    bool found;

    *reason = HOLD_NOT;
    *word = false;
    if (!journal_pending_get(run->journal, mailbox->row.id, message, &pending, &found, &run->err))
        return false;
    if (!found || strcmp(pending.detail, held_word(here)) != 0)
        return true;
    if (!journal_holds_of(run->journal, message, &lists, &count, &run->err))
        return false;
    *reason = pending.kind == PENDING_HELD || count != 0 ? HOLD_GUARD : HOLD_NOT;
    for (size_t i = 0; i < count; i++) {
        for (enum hold_reason r = HOLD_GUARD; r < HOLD_REASONS; r++) {
            if (strcmp(lists[i].reason, held_reasons[r].word) == 0)
                *reason = r; /* of the newest list */
        }
        *word = *word || strcmp(lists[i].reason, held_let_go) == 0;
    }
    free(lists);
    if (*word)
        *reason = HOLD_NOT;
    return true;
}

bool
held_is_doubted(struct run *run, uint32_t mailbox, int64_t message, bool *doubted)
{
    enum hold_reason reason;
    struct journal_message row;
    bool word;

    if (!run_load(run, message, &row))
        return false;
    *doubted = run->mailboxes[mailbox].copied || (row.facts & FACT_LACKED) != 0;
    if (*doubted)
        return true;
    if (!held_before(run, &run->mailboxes[mailbox], message, false, &reason, &word))
        return false;
    *doubted = reason == HOLD_COPIED || reason == HOLD_TAKEN;
    return true;
}

bool
held_end_word(struct run *run, const struct mailbox *mailbox, int64_t message)
{
    struct journal_pending pending;
    bool found;

    if (!journal_pending_get(run->journal, mailbox->row.id, message, &pending, &found, &run->err))
        return false;
    return !found || pending.kind != PENDING_FAILED ||
           (journal_pending_clear(run->journal, mailbox->row.id, message, &run->err) &&
            journal_hold_clear(run->journal, message, &run->err));
}
