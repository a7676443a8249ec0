/*
 * Rows one half of which is missing although nobody removed it: they are kept until it is found, or certainly is
 * nowhere.
 */
#ifndef SYNC_ROWS_MISSING_H
#define SYNC_ROWS_MISSING_H

#include "sync/run/run.h"

/**
 * UIDs of this mailbox mean nothing any more: rows lose them and are kept, with digests and bases, to be found again by content.
 * Inside a transaction.
 *
 * @param past  the server shows the past: what it lacks it lost. Else another UIDVALIDITY: how many messages are missing afterwards says
 *              whether the provider is still filling it
 */
MUST_CHECK bool missing_unpair(struct run *run, struct mailbox *mailbox, bool past);
/** Would that bring back what is known to be removed on one side of a message? What waits for a word or for the policy would go on waiting. */
MUST_CHECK bool missing_unpair_forgets(struct run *run, const struct mailbox *mailbox, bool *forgets);
/**
 * *left: all that the mailbox had on the server has left its folder here, and nothing is in that but what never was there. In a transaction or not.
 */
MUST_CHECK bool missing_all_left(struct run *run, const struct mailbox *mailbox, bool *left);
/** Folder or mailbox was away and is back: nothing that is gone of its messages counts as removed. Inside a transaction. */
MUST_CHECK bool missing_return(struct run *run, struct mailbox *mailbox);
/**
 * One mailbox shows that the server went back in time: until each other one was listed whole, nothing that is gone of its messages counts as
 * removed there. Inside the transaction in which that was seen.
 */
MUST_CHECK bool missing_doubt_past(struct run *run);
/** What row.past becomes then. */
static inline int64_t
missing_first_id(const struct run *run)
{
    return run->first_id > 0 ? run->first_id : 1;
}
/**
 * It is listed whole: what was known to be gone, and has a UID not below `same`, the highest one that is the message that it was, may have been
 * lost with the backup. Inside the transaction of the listing.
 */
MUST_CHECK bool missing_past(struct run *run, const struct mailbox *mailbox, uint32_t same);
/** Was this removal seen before, and does it wait for a word or for the policy, or was it begun there? */
MUST_CHECK bool missing_waits(struct run *run, const struct journal_message *message, enum plan_verb verb, bool *waits);
/**
 * Its file is gone, and what may be it was found there under another UID: does its removal go on? One that was only begun does if our \Deleted
 * stands on it, or if it was to be moved or copied elsewhere, without \Deleted (unfinished_unmarks): that it shows none is nobody's wish then, and
 * `message` says so. Else that one may have come since, and the intent is forgotten. Inside a transaction.
 *
 * @param shown  its flags
 */
MUST_CHECK bool missing_goes_on(struct run *run, struct journal_message *message, unsigned shown, bool *goes);
/**
 * This UID was not there any more when its mailbox came back: the row loses the UID and is kept. Inside a transaction.
 */
MUST_CHECK bool missing_lost_uid(struct run *run, struct journal_message *message);
/**
 * Its UID is gone. Was it to be removed there, by another program's word, and was that not begun? Then another client may have saved it anew: the row
 * loses the UID, and what waits goes on under the one that its message has now (held_again.h). Inside a transaction.
 */
MUST_CHECK bool missing_perhaps_anew(struct run *run, struct journal_message *message, bool *perhaps);
/**
 * The user says that nobody removed this message, which is gone on one side: it comes back there. Inside a transaction.
 */
MUST_CHECK bool missing_is_no_removal(struct run *run, struct journal_message *message);
/**
 * Its file was gone before golub came, as another program's state says, and that waits: nothing but what was read of it there says which message that
 * was.
 */
static inline bool
missing_is_adopted(const struct journal_message *message)
{
    return (message->facts & (FACT_ADOPTED | FACT_GONE_HERE)) == (FACT_ADOPTED | FACT_GONE_HERE);
}
/** Its UID is shown: should another program have said that it is gone there, that means nothing any more. */
static inline void
missing_is_shown(struct journal_message *message)
{
    if ((message->facts & (FACT_GONE_THERE | FACT_GONE_HERE | FACT_APART)) == FACT_GONE_THERE)
        message->facts &= ~(unsigned)FACT_ADOPTED;
    message->facts &= ~(unsigned)(FACT_GONE_THERE | FACT_OUT_OF_VIEW | FACT_REMOVED);
}
/** Behind which rows mail may have left a mailbox that was seen last in an earlier run: run->seen_id. Once run->first_id is known. */
MUST_CHECK bool missing_begin(struct run *run);
/**
 * The first observation is over: what happens in mailboxes that it left out is not known from here on. Rows that have one half then get new
 * ids, above `behind`: what gets its other half later may have left one of these mailboxes.
 */
MUST_CHECK bool missing_fall_behind(struct run *run);
/**
 * Its file and its message were both new in their mailbox, and are paired: neither came from a mailbox that has an equal file and was not
 * seen for a while. What came to others before this is not told from it by its id: in doubt that file stays. Inside a transaction.
 */
MUST_CHECK bool missing_met(struct run *run, const struct journal_message *message);

#endif
