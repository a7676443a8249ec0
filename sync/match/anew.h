/* Is a mailbox met as a whole, or is this mail that is new in one that is settled? */
#ifndef SYNC_MATCH_ANEW_H
#define SYNC_MATCH_ANEW_H

#include "sync/match/meeting.h"

/** Before anything is joined: meeting->anew and meeting->unjudged. Inside a transaction. */
MUST_CHECK bool anew_judge(struct meeting *meeting);
/** What is left now that could not be read: the next run judges it, though by then some of the mailbox is settled. Inside a transaction. */
MUST_CHECK bool anew_note_unjudged(const struct meeting *meeting);
/**
 * Does a header that names one message, and the size, say that they are one? Where a mailbox is met as a whole no body travels; there both were on
 * either side before, and what has one header is one message but for very few. What is new here and what is new there in a mailbox that is
 * settled are mostly two messages, and only their bodies say whether they are. What had a UID is known by the date that the server told; what was
 * sent and not answered by the date that it was given, and by a UID that was not given before.
 */
bool anew_suffices(const struct meeting *meeting, const struct half *file, const struct half *uid);

#endif
