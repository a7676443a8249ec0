/* What a server made of a message that it was given, where it rewrote even what the header names it by. */
#ifndef SYNC_MATCH_SAME_BODY_H
#define SYNC_MATCH_SAME_BODY_H

#include "sync/match/meeting.h"

#define SAME_BODY_MIN 64 /* bytes; a smaller one says little where the Message-IDs differ */

/**
 * Of what is left, in this order:
 *   - a file that had a UID here, or of which nothing is known, is the UID of its date that has its bytes, whatever header the server shows of it;
 *   - a file that was sent and not confirmed is the UID that came after that with its date and its body;
 *   - one whose UID is not valid any more, or that the server is known to have in other bytes, is outside of \Drafts the UID of its date, its body
 *     and its size, which is that of what was read where no sizes are listed.
 * The last two want another header, unless the server is known to have the message in other bytes, and one that names the same message: by its
 * Message-ID, or by what people read of it. Inside a transaction.
 */
MUST_CHECK bool same_body_join(struct meeting *meeting);

#endif
