/* Is a mailbox met as a whole, or is this mail that is new in one that is settled? */
#ifndef SYNC_MATCH_ANEW_H
#define SYNC_MATCH_ANEW_H

#include "sync/match/meeting.h"

/** Before anything is joined: meeting->anew and meeting->unjudged. Inside a transaction. */
MUST_CHECK bool anew_judge(struct meeting *meeting);
/** After all was joined: where both sides were read for the first time, what comes from here on is new. Inside the transaction of the pairs. */
MUST_CHECK bool anew_note_met(struct meeting *meeting);
/** The same for each mailbox in which there was nothing to pair. In a transaction of its own; each is asked for in the journal once a run. */
MUST_CHECK bool anew_note_all(struct run *run);
/** What is left now that could not be read: the next run judges it, though by then some of the mailbox is settled. Inside a transaction. */
MUST_CHECK bool anew_note_unjudged(const struct meeting *meeting);
/** Did this file come after both sides of its mailbox were read for the first time, by an earlier run or this one? */
MUST_CHECK bool anew_came_later(struct run *run, const struct mailbox *mailbox, int64_t file, bool *later);
/** Is it met for the first time, or as a whole, and is some of it settled, as by another program's state? */
bool anew_is_settled_in_part(const struct meeting *meeting);
/**
 * Does a header that names one message, and the size, say that they are one? Where a mailbox is met as a whole no body travels; there both were on
 * either side before, and what has one header is one message but for very few. What comes here and what comes there after that, at once or one long
 * after the other, are mostly two messages, and only their bodies say whether they are. What had a UID is known by the date that the server told; what was
 * sent and accepted by the date that it was given, and by a UID that was not given before. Of an APPEND, COPY or MOVE without an answer it is not known
 * whether it was carried out: what another client put there meanwhile may look like it.
 */
bool anew_suffices(const struct meeting *meeting, const struct half *file, const struct half *uid);

#endif
